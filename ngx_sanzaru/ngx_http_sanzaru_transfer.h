/*
 * A transfer performs one sz_http_t: attempts, retries, redirects, and the
 * way of the answer into memory or into a sink.  The only room that calls
 * curl_easy_setopt().
 *
 *                  ┌─────────── retry, redirect ───────────┐
 *                  ▼                                       │
 *   start ─► queue ─► [sink OPEN] ─► attempt ─► answered ──┤
 *                                      │                   ├─► in memory:
 *                                sink WRITE jobs           │   parse ─► done
 *                                (two buffers; when both   └─► in a sink: rest,
 *                                are full: pause)              COMMIT or ABORT
 *                                                                  ─► done
 *
 * An answer for a reader is read by its job, whole or event by event; the next
 * event waits in the socket until the job has run.
 *
 * Who owns what: the transfer owns the easy handle, headers, form and buffers.
 * http belongs to the caller and outlives the transfer or its cancelling.  A
 * sink's job belongs to the transfer from start until done, a reader's while
 * it is under way (job.running).
 *
 * Ways out: done(), once; or cancel(), after which http is not touched any
 * more.  The transfer then lives on until its job has run (and a sink's draft
 * is discarded), and destroys the job if its owner is gone.
 */

#ifndef _NGX_HTTP_SANZARU_TRANSFER_H_INCLUDED_
#define _NGX_HTTP_SANZARU_TRANSFER_H_INCLUDED_


#include "ngx_http_sanzaru_module.h"


typedef struct ngx_http_sanzaru_transfer_s  ngx_http_sanzaru_transfer_t;

typedef void (*ngx_http_sanzaru_transfer_pt)(sz_http_t *http, void *data);
typedef void (*ngx_http_sanzaru_transfer_moved_pt)(void *data);

/* The log to write to, and whose transfer it is: a text in static memory. */
typedef ngx_log_t *(*ngx_http_sanzaru_transfer_log_pt)(void *data,
    ngx_str_t *whose);


/*
 * A provider with the values of one request; all strings are terminated and
 * live as long as the run, which wipes them at its end.
 */

typedef struct {
    ngx_http_sanzaru_provider_t  *provider;
    ngx_array_t                  *headers;      /* ngx_str_t: "Name: value" */
    ngx_array_t                  *secrets;      /* sz_str_t: values of them */
    const char                   *keyless;      /* what is wrong with the key */
    ngx_str_t                    *unsent;       /* "Name:" of the first
                                                   header that is left out */
    const char                   *unsent_why;   /* and why */
} ngx_http_sanzaru_upstream_t;


void ngx_http_sanzaru_transfer_init(ngx_uint_t max, ngx_uint_t max_queue);

/*
 * NULL when there is no room: http->error says so and done() is not called.
 * moved() is called after each event of a stream that http->reader has read;
 * it may not cancel.
 */
ngx_http_sanzaru_transfer_t *ngx_http_sanzaru_transfer_start(sz_http_t *http,
    ngx_http_sanzaru_upstream_t *upstream, ngx_thread_pool_t *pool,
    ngx_http_sanzaru_transfer_pt done, ngx_http_sanzaru_transfer_moved_pt moved,
    ngx_http_sanzaru_transfer_log_pt log, void *data);

/*
 * The level of a line that is for the operator: `error` once in a minute, and
 * *held says how many were not; between them `warn`.
 */
ngx_uint_t ngx_http_sanzaru_hush(ngx_http_sanzaru_hush_t *hush,
    ngx_uint_t *held);

void ngx_http_sanzaru_transfer_cancel(ngx_http_sanzaru_transfer_t *t);

/*
 * Whether it costs money and is sent: then it is worth its end though nobody
 * waits for it, and is not repeated from here on.
 */
ngx_uint_t ngx_http_sanzaru_transfer_hear_out(ngx_http_sanzaru_transfer_t *t);


#endif /* _NGX_HTTP_SANZARU_TRANSFER_H_INCLUDED_ */
