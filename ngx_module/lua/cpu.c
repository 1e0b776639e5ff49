/*
 * The CPU clock.
 *
 * ITIMER_PROF counts the process's CPU time, so an idle worker is never woken.
 * It is started by the first run and goes on ticking while runs come; a tick
 * that finds nothing running stops it.  So a run costs no system call.  A run
 * past its ticks gets a count hook, set from the signal handler (as the lua
 * interpreter does for SIGINT), which raises again and again until the run is
 * over, so that a pcall in the script cannot keep it.
 */

#include "vm_private.h"

#include <errno.h>
#include <sys/time.h>


#define CPU_TICK_MS  10


static void cpu_signal(int signo);
static void cpu_hook(lua_State *L, lua_Debug *ar);
static void cpu_timer(int ms);


static assist_vm_t *volatile  cpu_vm;      /* one state a process */


uint32_t
assist_cpu_ticks(uint32_t ms)
{
    /* the first tick may come at once: one more, so that ms are granted */
    return (ms + CPU_TICK_MS - 1) / CPU_TICK_MS + 1;
}


void
assist_cpu_start(assist_vm_t *vm, uint32_t ticks)
{
    struct sigaction  sa;

    if (cpu_vm != vm) {
        memset(&sa, 0, sizeof(sa));
        sa.sa_handler = cpu_signal;
        sa.sa_flags = SA_RESTART;
        sigemptyset(&sa.sa_mask);
        sigaction(SIGPROF, &sa, NULL);
        cpu_vm = vm;
    }

    vm->ticks = 0;
    vm->past = 0;
    vm->limit = (sig_atomic_t) ticks;

    if (!vm->ticking) {
        vm->ticking = 1;
        cpu_timer(CPU_TICK_MS);
    }
}


void
assist_cpu_stop(assist_vm_t *vm)
{
    vm->limit = 0;

    if (vm->past) {
        lua_sethook(vm->L, NULL, 0, 0);
    }
}


uint32_t
assist_cpu_spent(const assist_vm_t *vm)
{
    return ((uint32_t) vm->ticks + 1) * CPU_TICK_MS;
}


void
assist_cpu_forget(assist_vm_t *vm)
{
    if (cpu_vm == vm) {
        cpu_timer(0);
        cpu_vm = NULL;
    }
}


static void
cpu_signal(int signo)
{
    int           saved;
    assist_vm_t  *vm;

    (void) signo;

    vm = cpu_vm;

    if (vm == NULL) {
        return;
    }

    saved = errno;

    if (vm->limit == 0) {
        vm->ticking = 0;
        cpu_timer(0);

    } else if (++vm->ticks >= vm->limit) {
        vm->past = 1;
        lua_sethook(vm->L, cpu_hook, LUA_MASKCOUNT, 1);
    }

    errno = saved;
}


static void
cpu_hook(lua_State *L, lua_Debug *ar)
{
    (void) ar;

    /* a tick between a run's end and this instruction: not this run's fault */
    if (assist_vm_of(L)->limit == 0) {
        lua_sethook(L, NULL, 0, 0);
        return;
    }

    assist_cpu_check(L);
}


void
assist_cpu_check(lua_State *L)
{
    if (assist_vm_of(L)->past) {
        assist_raise(L, "used more CPU than assist_hook_cpu allows");
    }
}


static void
cpu_timer(int ms)
{
    struct itimerval  it;

    it.it_interval.tv_sec = 0;
    it.it_interval.tv_usec = ms * 1000;
    it.it_value = it.it_interval;

    setitimer(ITIMER_PROF, &it, NULL);
}
