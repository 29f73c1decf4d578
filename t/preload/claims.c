/*
 * Who claims which task, and when: an LD_PRELOAD library that writes a line
 *
 *     1234 got
 *     1234 missed
 *
 * into the file that SANZARU_CLAIMS names whenever process 1234 tries the lock
 * of a task's claim.  The process whose number is in the file SANZARU_HOLD
 * keeps the second lock that it gets from then on until that file is gone: the
 * first one is the look whether anybody works on the task.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define HOLD_MAX  3000          /* times 10 ms */


static bool
claims_is_claim(int fd)
{
    char     link[32], path[4096];
    ssize_t  n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path));

    return n > 6 && memcmp(path + n - 6, ".claim", 6) == 0;
}


static void
claims_note(bool got)
{
    FILE  *f;

    f = fopen(getenv("SANZARU_CLAIMS"), "a");

    if (f != NULL) {
        fprintf(f, "%d %s\n", (int) getpid(), got ? "got" : "missed");
        fclose(f);
    }
}


static bool
claims_are_held(void)
{
    int    pid = 0;
    FILE  *f;

    f = fopen(getenv("SANZARU_HOLD"), "r");

    if (f != NULL) {
        if (fscanf(f, "%d", &pid) != 1) {
            pid = 0;
        }

        fclose(f);
    }

    return pid == (int) getpid();
}


int
fcntl(int fd, int command, ...)
{
    int          i, rc;
    void        *arg;
    va_list      args;
    static int   got;

    int  (*next)(int, int, ...) = (int (*)(int, int, ...))
                                      dlsym(RTLD_NEXT, "fcntl");

    va_start(args, command);
    arg = va_arg(args, void *);
    va_end(args);

    rc = next(fd, command, arg);

    if (command == F_OFD_SETLK && claims_is_claim(fd)) {
        claims_note(rc == 0);

        if (rc == 0 && claims_are_held()
            && __atomic_add_fetch(&got, 1, __ATOMIC_RELAXED) == 2)
        {
            for (i = 0; i < HOLD_MAX && claims_are_held(); i++) {
                usleep(10000);
            }
        }
    }

    return rc;
}


int  fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));
