/*
 * Many preparations on some threads, without a server: what the gateway's job
 * does, from opening the input to the synced file with its name, by the same
 * functions.
 *
 *     together [-t THREADS] [-n NICE] [-p] JOBS FOLDER INPUT OUTPUT WxH
 *         -> wall_ms cpu_ms KiB of peak above idle
 *
 * INPUT is a name in FOLDER; the outputs are there, too, as OUTPUT0.png,
 * OUTPUT1.png, ...  With -p they are plain files, not synced and not renamed.
 */

#include "media/sz_media.h"
#include "store/sz_store.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>


#define THREADS_MAX  64


typedef struct {
    sz_prepare_t  how;
    sz_folder_t   where;
    const char   *input;
    const char   *output;
    int           jobs;
    int           nice;
    bool          plain;

    atomic_int    next;
} work_t;


static double
clock_ms(clockid_t id)
{
    struct timespec  ts;

    clock_gettime(id, &ts);

    return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}


/* Of this process, in KiB. */

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


static sz_code_e
plain(const work_t *w, int in, const char *name, sz_error_t *err)
{
    int            out;
    char           path[1024];
    sz_code_e      rc;
    sz_prepared_t  done;

    snprintf(path, sizeof(path), "%s/%s", w->where.root, name);

    out = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, w->where.access);
    if (out == -1) {
        return sz_error_set(err, SZ_E_IO, "no output");
    }

    rc = sz_image_prepare(&w->how, in, out, &done, err);

    close(out);

    return rc;
}


static sz_code_e
published(const work_t *w, int in, const char *name, sz_error_t *err)
{
    sz_draft_t     draft;
    sz_prepared_t  done;

    if (sz_draft_open(&draft, &w->where, name, err) != SZ_OK) {
        return err->code;
    }

    if (sz_image_prepare(&w->how, in, draft.fd, &done, err) != SZ_OK) {
        sz_draft_discard(&draft);
        return err->code;
    }

    return sz_draft_publish(&draft, SZ_REPLACE, err);
}


static void
job(const work_t *w, int n)
{
    int         in;
    char        name[256];
    int64_t     size;
    sz_code_e   rc;
    sz_error_t  err;

    memset(&err, 0, sizeof(err));
    snprintf(name, sizeof(name), "%s%d.png", w->output, n);

    in = sz_store_open(&w->where, w->input, &size, &err);
    rc = (in == -1) ? err.code
         : w->plain ? plain(w, in, name, &err) : published(w, in, name, &err);

    if (rc != SZ_OK) {
        fprintf(stderr, "%s: %s %s\n", name, sz_code_name(err.code), err.text);
        exit(1);
    }

    close(in);
}


static void *
run(void *data)
{
    int      n;
    work_t  *w = data;

    if (w->nice) {
        (void) setpriority(PRIO_PROCESS, (id_t) syscall(SYS_gettid), w->nice);
    }

    while ((n = atomic_fetch_add(&w->next, 1)) < w->jobs) {
        job(w, n);
    }

    return NULL;
}


int
main(int argc, char **argv)
{
    int            c, i, n_threads;
    long           idle;
    double         wall, cpu;
    pthread_t      threads[THREADS_MAX];
    static work_t  w;

    n_threads = 2;

    while ((c = getopt(argc, argv, "t:n:p")) != -1) {

        switch (c) {

        case 't':
            n_threads = atoi(optarg);
            break;

        case 'n':
            w.nice = atoi(optarg);
            break;

        case 'p':
            w.plain = true;
            break;

        default:
            return 2;
        }
    }

    if (argc - optind != 5 || n_threads < 1 || n_threads > THREADS_MAX
        || sscanf(argv[optind + 4], "%ux%u", &w.how.width, &w.how.height) != 2)
    {
        fprintf(stderr, "usage: see the head of the source\n");
        return 2;
    }

    w.jobs = atoi(argv[optind]);
    w.where.root = argv[optind + 1];
    w.where.directive = "FOLDER";
    w.where.access = 0640;
    w.input = argv[optind + 2];
    w.output = argv[optind + 3];
    w.how.output = SZ_IMAGE_PNG;

    idle = resident("VmRSS:");
    wall = clock_ms(CLOCK_MONOTONIC);
    cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID);

    for (i = 0; i < n_threads; i++) {
        if (pthread_create(&threads[i], NULL, run, &w) != 0) {
            return 1;
        }
    }

    for (i = 0; i < n_threads; i++) {
        pthread_join(threads[i], NULL);
    }

    wall = clock_ms(CLOCK_MONOTONIC) - wall;
    cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu;

    printf("%.3f %.3f %ld\n", wall, cpu, resident("VmHWM:") - idle);

    return 0;
}
