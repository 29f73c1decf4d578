/*
 * kill_step PID SIZE LOCK STEP: kills a worker while it is inside the shared
 * memory of SIZE bytes: when it has taken the lock there for the LOCKth time
 * and has executed STEP more instructions.
 *
 * Prints "ready" when the worker is stepped, and then one of
 *
 *     killed          it was inside
 *     left STEPS      it had given the lock back after so many steps
 *
 * and in the second case lets the worker go on.  Exits with 77 where no
 * process can be stepped.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>


/* Where the lock of the zone is: the first word of an anonymous mapping. */

static off_t
find_zone(pid_t pid, size_t size)
{
    char           path[64], line[512];
    FILE          *maps;
    unsigned long  from, to;
    off_t          found;

    snprintf(path, sizeof(path), "/proc/%d/maps", (int) pid);
    maps = fopen(path, "r");
    found = 0;

    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx", &from, &to) == 2 && to - from == size
            && strstr(line, "rw-s") != NULL)
        {
            found = (off_t) from;
        }
    }

    if (maps != NULL) {
        fclose(maps);
    }

    return found;
}


static bool
inside(int memory, off_t zone, pid_t pid)
{
    unsigned long  lock = 0;

    return pread(memory, &lock, sizeof(lock), zone) == sizeof(lock)
           && lock == (unsigned long) pid;
}


/*
 * Where the processor can watch the lock, the worker runs until it is written;
 * else it is stepped all the way, which takes seconds.
 */

static bool
watch(pid_t pid, off_t lock, bool on)
{
#if defined(__x86_64__)

    const unsigned long  write8 = (1UL << 0) | (1UL << 16) | (2UL << 18);

    return ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]),
                  0) == 0
           && (!on
               || (ptrace(PTRACE_POKEUSER, pid,
                          offsetof(struct user, u_debugreg[0]), lock) == 0
                   && ptrace(PTRACE_POKEUSER, pid,
                             offsetof(struct user, u_debugreg[7]), write8)
                      == 0));

#else

    (void) pid;
    (void) lock;
    (void) on;

    return false;

#endif
}


/*
 * One instruction, or on to the next write of the lock; signals of the worker
 * are its own.  False: it is gone.
 */

static bool
step(pid_t pid, bool watched, int *status)
{
    long  signo = 0;

    if (WIFSTOPPED(*status) && WSTOPSIG(*status) != SIGTRAP
        && WSTOPSIG(*status) != SIGSTOP)
    {
        signo = WSTOPSIG(*status);
    }

    return ptrace(watched ? PTRACE_CONT : PTRACE_SINGLESTEP, pid, NULL,
                  (void *) signo) == 0
           && waitpid(pid, status, __WALL) == pid && WIFSTOPPED(*status);
}


int
main(int argc, char **argv)
{
    int    memory, status;
    char   path[64];
    bool   was, is, watched;
    long   locks, steps, want_lock, want_step;
    off_t  zone;
    pid_t  pid;

    if (argc != 5) {
        return 2;
    }

    pid = (pid_t) atol(argv[1]);
    want_lock = atol(argv[3]);
    want_step = atol(argv[4]);

    zone = find_zone(pid, strtoul(argv[2], NULL, 10));
    snprintf(path, sizeof(path), "/proc/%d/mem", (int) pid);
    memory = open(path, O_RDONLY);

    if (zone == 0 || memory == -1
        || ptrace(PTRACE_ATTACH, pid, NULL, NULL) == -1
        || waitpid(pid, &status, __WALL) != pid)
    {
        return 77;
    }

    puts("ready");
    fflush(stdout);

    was = false;
    locks = 0;
    steps = 0;

    watched = watch(pid, zone, true);

    while (step(pid, watched, &status)) {

        is = inside(memory, zone, pid);
        locks += (is && !was);

        if (locks == want_lock) {

            if (watched) {
                watched = false;
                (void) watch(pid, zone, false);
            }

            if (!is) {
                (void) ptrace(PTRACE_DETACH, pid, NULL, NULL);
                printf("left %ld\n", steps);
                return 0;
            }

            if (steps++ == want_step) {
                (void) kill(pid, SIGKILL);
                puts("killed");
                return 0;
            }
        }

        was = is;
    }

    return 1;
}
