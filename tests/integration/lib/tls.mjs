// Certificates of an authority of the test's own, made with openssl.

import path from 'node:path';
import { run } from './process.mjs';

async function openssl(...args) {
  const { code, stderr } = await run('openssl', args);
  if (code) throw new Error(`openssl ${args.join(' ')}\n${stderr}`);
}

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
             '-nodes', '-days', '2'];

export class Authority {
  constructor(folder, name) {
    this.folder = folder;
    this.name = name;
  }

  file(name) { return path.join(this.folder, `${this.name}-${name}`); }
  get ca() { return this.file('ca.pem'); }

  async create() {
    await openssl('req', '-x509', ...key, '-subj', `/CN=${this.name}`,
                  '-keyout', this.file('ca.key'), '-out', this.ca);
    return this;
  }

  // A certificate for `names`, as subjectAltName writes them.
  async certificate(name, names) {
    const made = { cert: this.file(`${name}.pem`), key: this.file(`${name}.key`) };
    await openssl('req', '-x509', ...key, '-subj', `/CN=${name}`,
                  '-addext', `subjectAltName=${names}`,
                  '-addext', 'basicConstraints=critical,CA:FALSE',
                  '-CA', this.ca, '-CAkey', this.file('ca.key'),
                  '-keyout', made.key, '-out', made.cert);
    return made;
  }
}
