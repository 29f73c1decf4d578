/*
 * The image path as a worker: lines on stdin, one answer a line on stdout.
 *
 *     lat FILE MODE W H OUT   one job          -> wall_ms cpu_ms
 *     thr FILE MODE W H OUT   two threads, 1.5 s -> ops/s busy ops
 *     mem FILE MODE W H OUT   one job          -> KiB of peak above idle
 *
 * MODE is crop, pad or rescale.  A job that fails answers "error CODE TEXT".
 * OUT is overwritten.  Options: -o png|jpeg|webp, -e default|faster|smaller,
 * -q QUALITY, -b RRGGBB, -s (scaled JPEG decoding), -m MiB (max_memory).
 */

#include "media/sz_media.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>


#define THREADS     2
#define BUDGET_MS   1500.0


typedef struct {
    sz_prepare_t  how;
    char          in[1024];
    char          out[1040];
    double        stop;
    long          done;
    sz_error_t    err;
} work_t;


static double
clock_ms(clockid_t id)
{
    struct timespec  ts;

    clock_gettime(id, &ts);

    return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}


static sz_code_e
job(work_t *w)
{
    int            in, out;
    sz_code_e      rc;
    sz_prepared_t  done;

    in = open(w->in, O_RDONLY | O_CLOEXEC);
    if (in == -1) {
        return sz_error_set(&w->err, SZ_E_NOT_FOUND, "no input");
    }

    out = open(w->out, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (out == -1) {
        close(in);
        return sz_error_set(&w->err, SZ_E_IO, "no output");
    }

    rc = sz_image_prepare(&w->how, in, out, &done, &w->err);

    close(in);
    close(out);

    return rc;
}


static void *
loop(void *data)
{
    work_t  *w = data;

    do {
        if (job(w) != SZ_OK) {
            w->done = -1;
            return NULL;
        }

        w->done++;

    } while (clock_ms(CLOCK_MONOTONIC) < w->stop);

    return NULL;
}


static void
failed(const work_t *w)
{
    printf("error %s %s\n", sz_code_name(w->err.code), w->err.text);
}


static void
latency(work_t *w)
{
    double  wall, cpu;

    wall = clock_ms(CLOCK_MONOTONIC);
    cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID);

    if (job(w) != SZ_OK) {
        failed(w);
        return;
    }

    printf("%.3f %.3f\n", clock_ms(CLOCK_MONOTONIC) - wall,
           clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}


static void
throughput(const work_t *proto)
{
    int        i;
    long       n;
    double     wall, cpu;
    work_t    *w;
    pthread_t  threads[THREADS];

    w = calloc(THREADS, sizeof(work_t));
    if (w == NULL) {
        exit(1);
    }

    wall = clock_ms(CLOCK_MONOTONIC);
    cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID);

    for (i = 0; i < THREADS; i++) {
        w[i] = *proto;
        w[i].stop = wall + BUDGET_MS;
        snprintf(w[i].out, sizeof(w[i].out), "%.1020s.%d", proto->out, i);

        if (pthread_create(&threads[i], NULL, loop, &w[i]) != 0) {
            exit(1);
        }
    }

    for (n = 0, i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        n += w[i].done;
    }

    wall = clock_ms(CLOCK_MONOTONIC) - wall;
    cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu;

    printf("%.3f %.3f %ld\n", (double) n / wall * 1e3, cpu / wall, n);
    free(w);
}


/* Resident now, and at its highest, in KiB. */

static long
resident(const char *key)
{
    FILE  *f;
    char   line[256];
    long   kib;

    kib = -1;
    f = fopen("/proc/self/status", "r");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, key, strlen(key)) == 0) {
            kib = strtol(line + strlen(key), NULL, 10);
        }
    }

    if (f != NULL) {
        fclose(f);
    }

    return kib;
}


static void
memory(work_t *w)
{
    long  idle;

    idle = resident("VmRSS:");

    if (job(w) != SZ_OK) {
        failed(w);
        return;
    }

    printf("%ld\n", resident("VmHWM:") - idle);
}


static bool
mode(const char *name, sz_fit_e *fit)
{
    *fit = (strcmp(name, "pad") == 0) ? SZ_FIT_PAD
           : (strcmp(name, "rescale") == 0) ? SZ_FIT_RESCALE : SZ_FIT_CROP;

    return *fit != SZ_FIT_CROP || strcmp(name, "crop") == 0;
}


static void
options(int argc, char **argv, sz_prepare_t *how)
{
    int  c;

    how->output = SZ_IMAGE_PNG;

    while ((c = getopt(argc, argv, "o:e:q:b:m:s")) != -1) {

        switch (c) {

        case 'o':
            how->output = sz_image_type(optarg);
            break;

        case 'e':
            how->effort = (optarg[0] == 'f') ? SZ_EFFORT_FASTER
                          : (optarg[0] == 's') ? SZ_EFFORT_SMALLER
                          : SZ_EFFORT_DEFAULT;
            break;

        case 'q':
            how->quality = atoi(optarg);
            break;

        case 'b':
            how->background = (uint32_t) strtoul(optarg, NULL, 16);
            break;

        case 'm':
            how->max_memory.value = atol(optarg) * 1024 * 1024;
            how->max_memory.name = "-m";
            break;

        case 's':
            how->scaled = true;
            break;

        default:
            fprintf(stderr, "usage: see the head of the source\n");
            exit(2);
        }
    }
}


int
main(int argc, char **argv)
{
    char           kind[8], fit[16];
    static work_t  w;

    options(argc, argv, &w.how);

    while (scanf("%7s %1023s %15s %u %u %1023s", kind, w.in, fit,
                 &w.how.width, &w.how.height, w.out) == 6)
    {
        if (!mode(fit, &w.how.fit)) {
            printf("error input no such mode\n");

        } else if (kind[0] == 't') {
            throughput(&w);

        } else if (kind[0] == 'm') {
            memory(&w);

        } else {
            latency(&w);
        }

        fflush(stdout);
    }

    return 0;
}
