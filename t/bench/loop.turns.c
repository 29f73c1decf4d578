/*
 * Preloaded into nginx: the processor time of each turn of the event loop, from
 * the return of epoll_wait() to its next call.  Waiting for a processor is not
 * in it.  The file that LOOP_TURNS names gets a histogram: a uint64_t for every
 * 10 us, the last one for all that is longer.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>


#define STEP     10000                          /* ns */
#define BUCKETS  20000


typedef int wait_pt(int, struct epoll_event *, int, int);


static uint64_t  *turns;
static wait_pt   *next;


__attribute__((constructor)) static void
begin(void)
{
    int          fd;
    void        *p;
    const char  *path;

    path = getenv("LOOP_TURNS");
    next = (wait_pt *) dlsym(RTLD_NEXT, "epoll_wait");

    if (path == NULL || next == NULL) {
        return;
    }

    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd == -1 || ftruncate(fd, BUCKETS * sizeof(uint64_t)) == -1) {
        return;
    }

    p = mmap(NULL, BUCKETS * sizeof(uint64_t), PROT_READ | PROT_WRITE,
             MAP_SHARED, fd, 0);

    if (p != MAP_FAILED) {
        turns = p;
    }

    close(fd);
}


static int64_t
had(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);

    return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}


int
epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    int             n;
    int64_t         turn;
    static int64_t  woken;

    if (turns != NULL && woken != 0) {
        turn = (had() - woken) / STEP;
        turns[(turn < BUCKETS) ? turn : BUCKETS - 1]++;
    }

    n = next(fd, events, max, timeout);
    woken = had();

    return n;
}
