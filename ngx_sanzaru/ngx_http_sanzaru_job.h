/*
 * Jobs: the work of lib/ that must not run on the event loop, on an nginx
 * thread pool.
 *
 *     posted ──► pool's queue ──► run() on a thread ──► done() here
 *        │            ▲
 *        └─► waiting ─┘   heavy jobs beyond sanzaru_image_jobs, and
 *                         mandatory ones that the full queue refused
 *
 * Who owns what: the entry of the queue is the room's and lies in the job, so a
 * job that is under way cannot be posted again.  The job is the poster's; while
 * it is under way only its thread touches it, but for `cancelled`.  done() is
 * always called, once, on the event thread and never before post() has
 * returned; what `data` points to must live until then, or done() must find out
 * from the job that it does not.
 *
 * Ways out: done(); or the worker exits.  Then the pool has drained its queue
 * but delivers nothing more: from close() on what is posted waits for exit(),
 * which calls done() for what has run and runs what waits, until nothing is
 * left.
 */

#ifndef _NGX_HTTP_SANZARU_JOB_H_INCLUDED_
#define _NGX_HTTP_SANZARU_JOB_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_thread_pool.h>

#include "base/sz_base.h"


typedef void (*ngx_http_sanzaru_job_pt)(sz_job_t *job, void *data);

#define NGX_HTTP_SANZARU_JOB_OPTIONAL   0
#define NGX_HTTP_SANZARU_JOB_MANDATORY  1


/*
 * In the master: threads may go back to this priority after a heavy job, which
 * takes a privilege that workers do not have.
 */
void ngx_http_sanzaru_job_allow(ngx_log_t *log, ngx_int_t priority);

/* nice: for threads while they do a heavy job; 0 leaves them alone. */
void ngx_http_sanzaru_job_init(ngx_uint_t max_heavy, ngx_uint_t max_waiting,
    ngx_int_t nice);

/* The pools have ended: from here on what is posted is left to exit(). */
void ngx_http_sanzaru_job_close(void);
void ngx_http_sanzaru_job_exit(void);

/*
 * NGX_ERROR only for an optional job when there is no room for it: it was not
 * taken, job->error says so (SZ_E_BUSY) and done() is not called.
 */
ngx_int_t ngx_http_sanzaru_job_post(ngx_thread_pool_t *pool, sz_job_t *job,
    ngx_http_sanzaru_job_pt done, void *data, ngx_uint_t mandatory);

/* The end of a job that nobody waits for: undone on a thread, destroyed. */
void ngx_http_sanzaru_job_abandon(ngx_thread_pool_t *pool, sz_job_t *job);


#endif /* _NGX_HTTP_SANZARU_JOB_H_INCLUDED_ */
