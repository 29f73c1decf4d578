#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_thread_pool.h>

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "ngx_http_sanzaru_compat.h"
#include "ngx_http_sanzaru_job.h"


/* how soon a queue that was full is tried again */
#define NGX_HTTP_SANZARU_JOB_RETRY  50

/* milliseconds for threads that have no more work to end */
#define NGX_HTTP_SANZARU_THREADS_WAIT  500

/* blocks of pictures are larger, the usual buffers of nginx smaller */
#define NGX_HTTP_SANZARU_LARGE  (256 * 1024)


typedef struct {
    ngx_thread_task_t         task;         /* first */
    ngx_queue_t               queue;
    ngx_thread_pool_t        *pool;
    sz_job_t                 *job;
    ngx_http_sanzaru_job_pt   done;
    void                     *data;
} ngx_http_sanzaru_job_entry_t;

_Static_assert(sizeof(ngx_http_sanzaru_job_entry_t) <= SZ_JOB_ENTRY,
               "a job has no room for its entry");


typedef struct {
    ngx_queue_t               posted;
    ngx_queue_t               waiting;
    ngx_uint_t                heavy;        /* posted ones */
    ngx_uint_t                max_heavy;
    ngx_int_t                 nice;         /* of threads at heavy work */
    ngx_int_t                 priority;     /* of those that are not */
    ngx_uint_t                n_waiting;
    ngx_uint_t                max_waiting;
    ngx_event_t               retry;
    unsigned                  exiting:1;
} ngx_http_sanzaru_jobs_t;


static ngx_int_t ngx_http_sanzaru_job_start(ngx_http_sanzaru_job_entry_t *t);
static void ngx_http_sanzaru_job_wake(void);
static void ngx_http_sanzaru_job_thread(void *data, ngx_log_t *log);
static void ngx_http_sanzaru_job_thread_gone(void *data);
static void ngx_http_sanzaru_job_event(ngx_event_t *ev);
static void ngx_http_sanzaru_job_retry(ngx_event_t *ev);


/* of this worker */
static ngx_http_sanzaru_jobs_t  ngx_http_sanzaru_jobs;

/* threads that have run a job and are there, each with a value of the key */
static ngx_atomic_t   ngx_http_sanzaru_threads;
static pthread_key_t  ngx_http_sanzaru_thread_key;
static ngx_uint_t     ngx_http_sanzaru_thread_counted;


void
ngx_http_sanzaru_job_init(ngx_uint_t max_heavy, ngx_uint_t max_waiting,
    ngx_int_t nice)
{
    ngx_http_sanzaru_jobs_t  *jobs;

    jobs = &ngx_http_sanzaru_jobs;

    ngx_memzero(jobs, sizeof(ngx_http_sanzaru_jobs_t));

    ngx_queue_init(&jobs->posted);
    ngx_queue_init(&jobs->waiting);

    ngx_http_sanzaru_thread_counted =
        (pthread_key_create(&ngx_http_sanzaru_thread_key,
                            ngx_http_sanzaru_job_thread_gone) == 0);

#if (defined M_ARENA_MAX)

    /*
     * Large blocks of one thread after the other would stay in the heaps of
     * all of them; so they go back to the system.  Buffers of nginx and other
     * modules stay, which would else be mapped anew for each request.
     */

    (void) mallopt(M_MMAP_THRESHOLD, NGX_HTTP_SANZARU_LARGE);
    (void) mallopt(M_TRIM_THRESHOLD, 4 * NGX_HTTP_SANZARU_LARGE);
    (void) mallopt(M_ARENA_MAX, 4);

#endif

    jobs->max_heavy = max_heavy;
    jobs->nice = nice;
    jobs->priority = getpriority(PRIO_PROCESS, 0);
    jobs->max_waiting = max_waiting;

    jobs->retry.data = jobs;
    jobs->retry.handler = ngx_http_sanzaru_job_retry;
    jobs->retry.log = ngx_cycle->log;
    jobs->retry.cancelable = 1;
}


ngx_int_t
ngx_http_sanzaru_job_post(ngx_thread_pool_t *pool, sz_job_t *job,
    ngx_http_sanzaru_job_pt done, void *data, ngx_uint_t mandatory)
{
    ngx_http_sanzaru_job_entry_t  *t;
    ngx_http_sanzaru_jobs_t  *jobs;

    jobs = &ngx_http_sanzaru_jobs;

    t = (ngx_http_sanzaru_job_entry_t *) job->entry;
    ngx_memzero(t, sizeof(ngx_http_sanzaru_job_entry_t));

    t->pool = pool;
    t->job = job;
    t->done = done;
    t->data = data;

    t->task.ctx = t;
    t->task.handler = ngx_http_sanzaru_job_thread;
    t->task.event.data = t;
    t->task.event.handler = ngx_http_sanzaru_job_event;
    t->task.event.log = ngx_cycle->log;

    if (!jobs->exiting
        && (!job->heavy || jobs->heavy < jobs->max_heavy)
        && ngx_http_sanzaru_job_start(t) == NGX_OK)
    {
        return NGX_OK;
    }

    if (!mandatory && (!job->heavy || jobs->n_waiting >= jobs->max_waiting)) {
        sz_error_set(&job->error, SZ_E_BUSY, job->heavy
                     ? "The gateway has too many pictures to work on "
                       "(sanzaru_image_jobs). Try again in a few seconds."
                     : "The gateway's threads are all busy (max_queue of "
                       "thread_pool). Try again in a few seconds.");
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&jobs->waiting, &t->queue);
    jobs->n_waiting++;

    if (!jobs->retry.timer_set && !jobs->exiting) {
        ngx_add_timer(&jobs->retry, NGX_HTTP_SANZARU_JOB_RETRY);
    }

    return NGX_OK;
}


static void
ngx_http_sanzaru_job_abandoned(sz_job_t *job, void *data)
{
    job->destroy(job);
}


void
ngx_http_sanzaru_job_abandon(ngx_thread_pool_t *pool, sz_job_t *job)
{
    if (job->undo == NULL) {
        job->destroy(job);
        return;
    }

    job->run = job->undo;

    (void) ngx_http_sanzaru_job_post(pool, job,
                                     ngx_http_sanzaru_job_abandoned, NULL,
                                     NGX_HTTP_SANZARU_JOB_MANDATORY);
}


static ngx_int_t
ngx_http_sanzaru_job_start(ngx_http_sanzaru_job_entry_t *t)
{
    if (ngx_thread_task_post(t->pool, &t->task) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_queue_insert_tail(&ngx_http_sanzaru_jobs.posted, &t->queue);

    if (t->job->heavy) {
        ngx_http_sanzaru_jobs.heavy++;
    }

    return NGX_OK;
}


/* Posts what waits, in order, as far as there is room. */

static void
ngx_http_sanzaru_job_wake(void)
{
    ngx_queue_t                   *q, *next;
    ngx_thread_pool_t             *full;
    ngx_http_sanzaru_jobs_t       *jobs;
    ngx_http_sanzaru_job_entry_t  *t;

    jobs = &ngx_http_sanzaru_jobs;
    full = NULL;

    for (q = ngx_queue_head(&jobs->waiting);
         q != ngx_queue_sentinel(&jobs->waiting);
         q = next)
    {
        next = ngx_queue_next(q);
        t = ngx_queue_data(q, ngx_http_sanzaru_job_entry_t, queue);

        if (t->pool == full
            || (t->job->heavy && jobs->heavy >= jobs->max_heavy))
        {
            continue;
        }

        ngx_queue_remove(q);

        if (ngx_http_sanzaru_job_start(t) != NGX_OK) {
            ngx_queue_insert_tail(next, q);     /* where it was */
            full = t->pool;
            continue;
        }

        jobs->n_waiting--;
    }

    if (jobs->n_waiting && !jobs->retry.timer_set) {
        ngx_add_timer(&jobs->retry, NGX_HTTP_SANZARU_JOB_RETRY);
    }
}


static void
ngx_http_sanzaru_job_retry(ngx_event_t *ev)
{
    ngx_http_sanzaru_job_wake();
}


void
ngx_http_sanzaru_job_allow(ngx_log_t *log, ngx_int_t priority)
{
    rlim_t         needed;
    struct rlimit  limit;

    needed = (rlim_t) (20 - priority);

    if (getrlimit(RLIMIT_NICE, &limit) == -1 || limit.rlim_cur >= needed) {
        return;
    }

    limit.rlim_cur = needed;
    limit.rlim_max = ngx_max(limit.rlim_max, needed);

    if (setrlimit(RLIMIT_NICE, &limit) == -1) {
        ngx_log_error(NGX_LOG_INFO, log, ngx_errno,
                      "sanzaru: threads stay nice after a picture: "
                      "setrlimit(RLIMIT_NICE, %i) failed", (ngx_int_t) needed);
    }
}


static ngx_int_t
ngx_http_sanzaru_job_priority(ngx_int_t nice)
{
    return setpriority(PRIO_PROCESS, (id_t) syscall(SYS_gettid), (int) nice);
}


/*
 * A processor that is short goes to the event loop first.  Behind the picture
 * the thread is as it was, because other jobs of it hold locks for which event
 * loops wait; where it may not go back, it stays nice.
 */

static void
ngx_http_sanzaru_job_heavy(sz_job_t *job, ngx_log_t *log)
{
    ngx_http_sanzaru_jobs_t    *jobs;
    static __thread ngx_uint_t  stays;

    jobs = &ngx_http_sanzaru_jobs;

    if (jobs->nice == 0 || stays) {
        job->run(job);
        return;
    }

    if (ngx_http_sanzaru_job_priority(jobs->nice) == -1) {
        ngx_log_error(NGX_LOG_WARN, log, ngx_errno,
                      "sanzaru: setpriority(%i) failed", jobs->nice);
    }

    job->run(job);

    stays = (ngx_http_sanzaru_job_priority(jobs->priority) == -1);
}


/*
 * Destructors of keys run in the order of their creation: those of libraries
 * that were there before, such as OpenSSL's, have run.
 */

static void
ngx_http_sanzaru_job_thread_gone(void *data)
{
    (void) ngx_atomic_fetch_add(&ngx_http_sanzaru_threads, -1);
}


static void
ngx_http_sanzaru_job_thread_count(void)
{
    if (ngx_http_sanzaru_thread_counted
        && pthread_getspecific(ngx_http_sanzaru_thread_key) == NULL
        && pthread_setspecific(ngx_http_sanzaru_thread_key,
                               &ngx_http_sanzaru_jobs) == 0)
    {
        (void) ngx_atomic_fetch_add(&ngx_http_sanzaru_threads, 1);
    }
}


/* On a thread: nothing of nginx is touched. */

static void
ngx_http_sanzaru_job_thread(void *data, ngx_log_t *log)
{
    ngx_http_sanzaru_job_entry_t  *t = data;

    ngx_http_sanzaru_job_thread_count();

    ngx_log_debug1(NGX_LOG_DEBUG_CORE, log, 0, "sanzaru job \"%s\"",
                   t->job->name);

    if (t->job->heavy) {
        ngx_http_sanzaru_job_heavy(t->job, log);
        return;
    }

    t->job->run(t->job);
}


static void
ngx_http_sanzaru_job_finish(ngx_http_sanzaru_job_entry_t *t)
{
    void                     *data;
    sz_job_t                 *job;
    ngx_http_sanzaru_job_pt   done;

    job = t->job;
    done = t->done;
    data = t->data;

    ngx_queue_remove(&t->queue);

    done(job, data);                    /* may free the job, and t with it */
}


static void
ngx_http_sanzaru_job_event(ngx_event_t *ev)
{
    ngx_http_sanzaru_job_entry_t  *t = ev->data;

    if (t->job->heavy) {
        ngx_http_sanzaru_jobs.heavy--;
    }

    ngx_http_sanzaru_job_finish(t);

    if (ngx_http_sanzaru_jobs.n_waiting) {
        ngx_http_sanzaru_job_wake();
    }
}


void
ngx_http_sanzaru_job_close(void)
{
    ngx_http_sanzaru_jobs.exiting = 1;
}


void
ngx_http_sanzaru_job_exit(void)
{
    ngx_uint_t                i;
    ngx_queue_t              *q;
    ngx_http_sanzaru_job_entry_t  *t;
    ngx_http_sanzaru_jobs_t  *jobs;

    jobs = &ngx_http_sanzaru_jobs;

    if (jobs->retry.timer_set) {
        ngx_del_timer(&jobs->retry);
    }

    /* what has run is reported first; that may post more */

    for ( ;; ) {

        if (!ngx_queue_empty(&jobs->posted)) {
            q = ngx_queue_head(&jobs->posted);
            t = ngx_queue_data(q, ngx_http_sanzaru_job_entry_t, queue);

        } else if (!ngx_queue_empty(&jobs->waiting)) {
            q = ngx_queue_head(&jobs->waiting);
            t = ngx_queue_data(q, ngx_http_sanzaru_job_entry_t, queue);
            t->job->run(t->job);

        } else {
            break;
        }

        ngx_http_sanzaru_job_finish(t);
    }

    /*
     * nginx does not join its threads.  What libraries keep for a thread would
     * be freed by its end and by exit() at once.
     */

    for (i = 0; i < NGX_HTTP_SANZARU_THREADS_WAIT; i++) {

        if (ngx_http_sanzaru_threads == 0) {
            break;
        }

        ngx_msleep(1);
    }
}
