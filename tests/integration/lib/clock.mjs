// A clock of nginx's own, which a test sets: a library that is loaded before
// libc adds to the time what a file says.

import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';

const source = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile int64_t  *offset;       /* seconds */

__attribute__ ((constructor)) static void
init(void)
{
    int          fd;
    const char  *name = getenv("CLOCK_FILE");

    fd = name ? open(name, O_RDONLY) : -1;
    offset = fd < 0 ? NULL : mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
}

int
gettimeofday(struct timeval *tv, void *tz)
{
    struct timespec  ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    tv->tv_sec = ts.tv_sec + (offset ? *offset : 0);
    tv->tv_usec = ts.tv_nsec / 1000;
    return 0;
}
`;

export class Clock {
  constructor(folder) {
    this.file = path.join(folder, 'clock');
    this.library = path.join(folder, 'clock.so');
    writeFileSync(this.file, Buffer.alloc(8));
    execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', this.library, '-xc', '-'],
                 { input: source });
  }

  // What nginx needs in its environment.
  env(env) {
    return { CLOCK_FILE: this.file,
             LD_PRELOAD: [env.LD_PRELOAD, this.library].filter(Boolean).join(' ') };
  }

  // Sets it to a time, from which it goes on.
  set(time) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(Math.round((Date.parse(time) - Date.now()) / 1000)));
    const fd = openSync(this.file, 'r+');
    writeSync(fd, bytes, 0, 8, 0);
    closeSync(fd);
  }
}
