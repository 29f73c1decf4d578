#include "ngx_http_sanzaru_hub.h"
#include "ngx_http_sanzaru_job.h"
#include "ngx_http_sanzaru_run.h"
#include "ngx_http_sanzaru_task.h"


#define NGX_HTTP_SANZARU_TICK  500

/* one block for a run that waits: thousands may */
#define NGX_HTTP_SANZARU_RUN_POOL                                            \
    (sizeof(ngx_pool_t) + sizeof(ngx_http_sanzaru_run_t) + 256)

/* bytes of a method's name that the log is shown */
#define NGX_HTTP_SANZARU_NAME  64


/*
 * What each run hears, side by side: a signal looks at thousands of them, and
 * their runs lie far from each other.
 */

typedef struct {
    uint64_t                 bits;
    ngx_http_sanzaru_run_t  *run;
} ngx_http_sanzaru_ear_t;


static ngx_int_t ngx_http_sanzaru_ear_add(ngx_http_sanzaru_run_t *run);
static void ngx_http_sanzaru_ear_remove(ngx_http_sanzaru_run_t *run);
static void ngx_http_sanzaru_run_start(ngx_http_sanzaru_run_t *run);
static void ngx_http_sanzaru_run_deadline(ngx_event_t *ev);
static void ngx_http_sanzaru_run_tick(ngx_event_t *ev);
static void ngx_http_sanzaru_run_hurry(ngx_event_t *ev);
static void ngx_http_sanzaru_run_lose(ngx_http_sanzaru_run_t *run);
static ngx_uint_t ngx_http_sanzaru_run_unattend(ngx_http_sanzaru_run_t *run);
static void ngx_http_sanzaru_run_give_up(ngx_http_sanzaru_run_t *run,
    const sz_error_t *err);
static void ngx_http_sanzaru_run_send_last(ngx_http_sanzaru_run_t *run);
static void ngx_http_sanzaru_run_more(ngx_http_sanzaru_run_t *run);
static void ngx_http_sanzaru_run_end(ngx_http_sanzaru_run_t *run);


/* of this worker: all, and those that go on without a client */
static ngx_queue_t  ngx_http_sanzaru_runs;
static ngx_queue_t  ngx_http_sanzaru_lone_runs;

static ngx_http_sanzaru_ear_t  *ngx_http_sanzaru_ears;
static ngx_uint_t               ngx_http_sanzaru_n_ears;
static ngx_uint_t               ngx_http_sanzaru_max_ears;

/* told to finish: no new stream begins */
static ngx_uint_t   ngx_http_sanzaru_quitting;

/* and the time for that is over: nothing goes on without a client */
static ngx_uint_t   ngx_http_sanzaru_hurried;
static ngx_event_t  ngx_http_sanzaru_shutdown;


void
ngx_http_sanzaru_run_init(void)
{
    ngx_queue_init(&ngx_http_sanzaru_runs);
    ngx_queue_init(&ngx_http_sanzaru_lone_runs);
    ngx_http_sanzaru_quitting = 0;
    ngx_http_sanzaru_hurried = 0;

    ngx_memzero(&ngx_http_sanzaru_shutdown, sizeof(ngx_event_t));
    ngx_http_sanzaru_shutdown.data = &ngx_http_sanzaru_runs;
    ngx_http_sanzaru_shutdown.handler = ngx_http_sanzaru_run_hurry;
    ngx_http_sanzaru_shutdown.log = ngx_cycle->log;
    ngx_http_sanzaru_shutdown.cancelable = 1;
}


void
ngx_http_sanzaru_run_exit(void)
{
    ngx_queue_t             *q;
    ngx_http_sanzaru_run_t  *run;
    ngx_http_sanzaru_ctx_t  *ctx;

    if (ngx_http_sanzaru_shutdown.timer_set) {
        ngx_del_timer(&ngx_http_sanzaru_shutdown);
    }

    while (!ngx_queue_empty(&ngx_http_sanzaru_runs)) {
        q = ngx_queue_head(&ngx_http_sanzaru_runs);
        run = ngx_queue_data(q, ngx_http_sanzaru_run_t, queue);

        if (run->request != NULL) {
            ctx = ngx_http_get_module_ctx(run->request,
                                          ngx_http_sanzaru_module);
            ctx->run = NULL;
        }

        if (run->on_thread) {
            run->dead = 1;
            ngx_http_sanzaru_ears[run->ear].bits = 0;
            ngx_queue_remove(q);
            ngx_queue_init(q);
            continue;
        }

        ngx_http_sanzaru_run_destroy(run);
    }
}


static ngx_int_t
ngx_http_sanzaru_ear_add(ngx_http_sanzaru_run_t *run)
{
    ngx_uint_t               max;
    ngx_http_sanzaru_ear_t  *ears;

    if (ngx_http_sanzaru_n_ears == ngx_http_sanzaru_max_ears) {

        max = ngx_max(64, 2 * ngx_http_sanzaru_max_ears);
        ears = ngx_alloc(max * sizeof(ngx_http_sanzaru_ear_t), ngx_cycle->log);

        if (ears == NULL) {
            return NGX_ERROR;
        }

        if (ngx_http_sanzaru_n_ears > 0) {
            ngx_memcpy(ears, ngx_http_sanzaru_ears, ngx_http_sanzaru_n_ears
                                            * sizeof(ngx_http_sanzaru_ear_t));
            ngx_free(ngx_http_sanzaru_ears);
        }

        ngx_http_sanzaru_ears = ears;
        ngx_http_sanzaru_max_ears = max;
    }

    run->ear = ngx_http_sanzaru_n_ears++;
    ngx_http_sanzaru_ears[run->ear].bits = (uint64_t) -1;
    ngx_http_sanzaru_ears[run->ear].run = run;

    return NGX_OK;
}


static void
ngx_http_sanzaru_ear_remove(ngx_http_sanzaru_run_t *run)
{
    ngx_http_sanzaru_ear_t  *last;

    last = &ngx_http_sanzaru_ears[--ngx_http_sanzaru_n_ears];

    ngx_http_sanzaru_ears[run->ear] = *last;
    last->run->ear = run->ear;
}


ngx_http_sanzaru_run_t *
ngx_http_sanzaru_run_create(ngx_http_request_t *r,
    ngx_http_sanzaru_loc_conf_t *conf)
{
    ngx_pool_t              *pool;
    ngx_http_sanzaru_run_t  *run;

    pool = ngx_create_pool(NGX_HTTP_SANZARU_RUN_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    run = ngx_pcalloc(pool, sizeof(ngx_http_sanzaru_run_t));
    if (run == NULL || ngx_http_sanzaru_ear_add(run) != NGX_OK) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    run->pool = pool;
    run->conf = conf;
    run->request = r;
    run->task.claim = -1;

    run->deadline.data = run;
    run->deadline.handler = ngx_http_sanzaru_run_deadline;
    run->deadline.log = ngx_cycle->log;

    run->tick.data = run;
    run->tick.handler = ngx_http_sanzaru_run_tick;
    run->tick.log = ngx_cycle->log;
    run->tick.cancelable = 1;

    ngx_queue_insert_tail(&ngx_http_sanzaru_runs, &run->queue);

    return run;
}


void
ngx_http_sanzaru_run_destroy(ngx_http_sanzaru_run_t *run)
{
    sz_job_t    *job;
    ngx_uint_t   i;

    ngx_queue_remove(&run->queue);
    ngx_http_sanzaru_ear_remove(run);
    ngx_http_sanzaru_run_timers(run);

    if (run->unattended) {
        ngx_queue_remove(&run->lone);
    }

    if (run->listening) {
        ngx_http_sanzaru_hub_streams(-1);
    }

    for (i = 0; i < run->n_calls; i++) {
        ngx_http_sanzaru_call_cancel(&run->calls[i]);

        while ((job = sz_call_leftover(run->calls[i].message->call)) != NULL) {
            ngx_http_sanzaru_job_abandon(run->conf->pool, job);
        }
    }

    sz_exchange_close(run->exchange);

    if (run->task.claim != -1) {
        sz_store_unlock(run->task.claim);
    }

    ngx_destroy_pool(run->pool);
}


void
ngx_http_sanzaru_run_timers(ngx_http_sanzaru_run_t *run)
{
    if (run->deadline.timer_set) {
        ngx_del_timer(&run->deadline);
    }

    if (run->tick.timer_set) {
        ngx_del_timer(&run->tick);
    }
}


void
ngx_http_sanzaru_run_receive(ngx_http_sanzaru_run_t *run)
{
    sz_verdict_e  verdict;

    run->on_thread = 1;

    /* keeps a worker that is told to quit until the answer is out */
    ngx_add_timer(&run->deadline, run->conf->call_timeout);

    if (ngx_http_sanzaru_body_receive(run, &verdict)) {
        ngx_http_sanzaru_run_received(run, verdict);
    }
}


static void
ngx_http_sanzaru_run_name(ngx_http_request_t *r, ngx_str_t *copy,
    const char *name)
{
    size_t  len;

    if (name == NULL) {
        return;
    }

    len = ngx_min(ngx_strlen(name), NGX_HTTP_SANZARU_NAME);

    copy->data = ngx_pnalloc(r->pool, len);

    if (copy->data != NULL) {
        ngx_memcpy(copy->data, name, len);
        copy->len = len;
    }
}


/* For the log: what was called, which the exchange may not outlive. */

static void
ngx_http_sanzaru_run_names(ngx_http_sanzaru_run_t *run,
    ngx_http_sanzaru_ctx_t *ctx)
{
    sz_exchange_t  *x;

    x = run->exchange;

    ngx_http_sanzaru_run_name(run->request, &ctx->method, x->method);
    ngx_http_sanzaru_run_name(run->request, &ctx->tool, x->tool);
}


void
ngx_http_sanzaru_run_received(ngx_http_sanzaru_run_t *run,
    sz_verdict_e verdict)
{
    ngx_http_sanzaru_ctx_t  *ctx;

    run->on_thread = 0;

    if (run->dead) {
        ngx_http_sanzaru_run_destroy(run);
        return;
    }

    ctx = ngx_http_get_module_ctx(run->request, ngx_http_sanzaru_module);
    ngx_http_sanzaru_run_names(run, ctx);

    switch (verdict) {

    case SZ_X_CALLS:
        ngx_http_sanzaru_run_start(run);
        break;

    case SZ_X_LISTEN:
        ngx_http_sanzaru_run_listen(run);
        break;

    default: /* SZ_X_REPLY */
        ngx_http_sanzaru_run_deliver(run);
    }
}


static void
ngx_http_sanzaru_run_start(ngx_http_sanzaru_run_t *run)
{
    size_t                    i;
    sz_error_t                err;
    ngx_uint_t                n;
    sz_exchange_t            *x;
    ngx_http_sanzaru_call_t  *call;

    x = run->exchange;

    if (ngx_http_sanzaru_setup(run, &err) != NGX_OK) {

        for (i = 0; i < x->n_messages; i++) {
            if (!x->messages[i].done) {
                sz_exchange_fail(&x->messages[i], &err);
            }
        }

        sz_exchange_reply(x);
        ngx_http_sanzaru_run_deliver(run);
        return;
    }

    /* setup has made room for a call for each message */

    for (n = 0, i = 0; i < x->n_messages; i++) {

        if (x->messages[i].done) {
            continue;
        }

        call = &run->calls[n++];
        call->run = run;
        call->message = &x->messages[i];
    }

    run->n_calls = n;
    run->active = n;

    ngx_add_timer(&run->tick, NGX_HTTP_SANZARU_TICK);

    for (i = 0; i < n; i++) {

        /* the last one to end takes the run with it */

        ngx_http_sanzaru_call_step(&run->calls[i]);
    }
}


void
ngx_http_sanzaru_run_deliver(ngx_http_sanzaru_run_t *run)
{
    ngx_int_t                rc;
    sz_exchange_t           *x;
    ngx_http_request_t      *r;
    ngx_http_sanzaru_ctx_t  *ctx;

    x = run->exchange;
    r = run->request;

    ngx_http_sanzaru_run_timers(run);
    run->ended = 1;

    if (r == NULL) {
        ngx_http_sanzaru_run_send_last(run);

        ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                      "sanzaru: %s ended (%s) after its client had left",
                      (x->tool != NULL) ? x->tool : "call",
                      sz_code_name(x->outcome));

        ngx_http_sanzaru_run_destroy(run);
        return;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    ctx->outcome = sz_code_name(x->outcome);
    ctx->upstream_status = run->upstream_status;
    ctx->upstream_time = run->upstream_time;

    if (ctx->stream && x->reply.body.len == 0) {
        rc = ngx_http_sanzaru_sse_end(r);

    } else if (ctx->stream || (!x->accepts_json && x->reply.status == 200)) {
        rc = ngx_http_sanzaru_sse_finish(r, x);

    } else {
        rc = ngx_http_sanzaru_reply(r, &x->reply);
    }

    ngx_http_finalize_request(r, rc);
}


ngx_connection_t *
ngx_http_sanzaru_run_enter(ngx_http_sanzaru_run_t *run)
{
    ngx_connection_t  *c;

    if (run->request == NULL) {
        return NULL;
    }

    c = run->request->connection;
    ngx_http_set_log_request(c->log, run->request);

    return c;
}


void
ngx_http_sanzaru_run_leave(ngx_connection_t *c)
{
    if (c != NULL) {
        ngx_http_run_posted_requests(c);
    }
}


void
ngx_http_sanzaru_run_client_gone(ngx_http_sanzaru_run_t *run)
{
    run->request = NULL;

    if (run->on_thread) {
        run->dead = 1;
        return;
    }

    if (run->detached) {
        return;
    }

    if (run->n_calls == 0
        || (sz_exchange_cancels(run->exchange)
            && !ngx_http_sanzaru_call_keep(&run->calls[0])))
    {
        ngx_http_sanzaru_run_destroy(run);
        return;
    }

    run->keeps = sz_exchange_cancels(run->exchange);

    if (ngx_http_sanzaru_hurried || !ngx_http_sanzaru_run_unattend(run)) {
        ngx_http_sanzaru_run_lose(run);
    }
}


/* 0: there are too many already that go on for nobody. */

static ngx_uint_t
ngx_http_sanzaru_run_unattend(ngx_http_sanzaru_run_t *run)
{
    ngx_uint_t                     n, mine;
    ngx_queue_t                   *q;
    ngx_http_sanzaru_run_t        *other;
    ngx_http_sanzaru_main_conf_t  *smcf;

    n = 0;
    mine = 0;

    for (q = ngx_queue_head(&ngx_http_sanzaru_lone_runs);
         q != ngx_queue_sentinel(&ngx_http_sanzaru_lone_runs);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_http_sanzaru_run_t, lone);

        n++;
        mine += (ngx_memcmp(other->exchange->caller_id,
                            run->exchange->caller_id, SZ_CALLER_ID) == 0);
    }

    smcf = run->conf->main;

    if (n >= smcf->max_unattended || mine >= smcf->max_unattended_caller) {
        return 0;
    }

    run->unattended = 1;
    ngx_queue_insert_tail(&ngx_http_sanzaru_lone_runs, &run->lone);

    return 1;
}


static void
ngx_http_sanzaru_run_lose(ngx_http_sanzaru_run_t *run)
{
    sz_error_t   err;
    ngx_uint_t   level, held;
    const char  *why;

    static ngx_http_sanzaru_hush_t  hush;

    why = ngx_http_sanzaru_hurried
          ? "the time of this worker is over (worker_shutdown_timeout)"
          : "too many calls go on without one (sanzaru_max_unattended)";

    level = (ngx_http_sanzaru_hush(&hush, &held) == NGX_LOG_ERR)
            ? NGX_LOG_WARN : NGX_LOG_INFO;

    ngx_log_error(level, ngx_cycle->log, 0,
                  "sanzaru: %s is given up with its client: %s",
                  (run->exchange->tool != NULL) ? run->exchange->tool : "call",
                  why);

    sz_error_set(&err, SZ_E_LIMIT, "The gateway has given up this call, whose "
                 "client had left: %s. What was begun at a provider may go on "
                 "there: look before you start it again.", why);

    ngx_http_sanzaru_run_give_up(run, &err);
}


ngx_log_t *
ngx_http_sanzaru_run_log(ngx_http_sanzaru_run_t *run, ngx_str_t *whose)
{
    u_char      *p;
    const char  *tool;

    static u_char  text[NGX_HTTP_SANZARU_NAME + SZ_TASK_ID + 40];

    ngx_str_null(whose);

    if (run->request != NULL) {
        return run->request->connection->log;
    }

    tool = (run->exchange != NULL) ? run->exchange->tool : NULL;

    whose->data = text;
    p = ngx_snprintf(text, sizeof(text), " (without a client: %s",
                     (tool != NULL) ? tool : "a call");

    if (run->detached) {
        p = ngx_snprintf(p, text + sizeof(text) - p, ", task %s",
                         run->task.id);
    }

    p = ngx_snprintf(p, text + sizeof(text) - p, ")");

    whose->len = p - text;

    return ngx_cycle->log;
}


static void
ngx_http_sanzaru_run_deadline(ngx_event_t *ev)
{
    sz_error_t               err;
    ngx_connection_t        *c;
    ngx_http_sanzaru_run_t  *run = ev->data;

    if (run->on_thread) {

        /* a body that is being parsed; it will be done soon */

        ngx_add_timer(ev, NGX_HTTP_SANZARU_TICK);
        return;
    }

    c = ngx_http_sanzaru_run_enter(run);

    sz_error_set(&err, SZ_E_TIMEOUT,
                 "The gateway has given up after %g seconds "
                 "(sanzaru_call_timeout). What was begun at a provider may "
                 "go on there: look before you start it again.",
                 (double) run->conf->call_timeout / 1000);

    ngx_http_sanzaru_run_give_up(run, &err);

    ngx_http_sanzaru_run_leave(c);
}


/* The calls that are not done fail; the run may be gone afterwards. */

static void
ngx_http_sanzaru_run_give_up(ngx_http_sanzaru_run_t *run,
    const sz_error_t *err)
{
    ngx_uint_t     i;
    sz_message_t  *m;

    for (i = 0; i < run->n_calls; i++) {
        m = run->calls[i].message;

        if (!m->done) {
            ngx_http_sanzaru_call_cancel(&run->calls[i]);
            sz_exchange_fail(m, err);
        }
    }

    if (run->detached) {
        ngx_http_sanzaru_task_finish(&run->calls[0]);
        return;
    }

    sz_exchange_reply(run->exchange);
    ngx_http_sanzaru_run_deliver(run);
}


/* Progress of what moves, and a sign of life for what does not. */

static void
ngx_http_sanzaru_run_tick(ngx_event_t *ev)
{
    ngx_int_t                rc;
    ngx_uint_t               i;
    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_http_sanzaru_ctx_t  *ctx;
    ngx_http_sanzaru_run_t  *run = ev->data;

    r = run->request;
    c = ngx_http_sanzaru_run_enter(run);

    if (c == NULL && !run->detached) {
        return;
    }

    for (i = 0; !run->on_thread && i < run->n_calls; i++) {
        ngx_http_sanzaru_call_tick(&run->calls[i]);
    }

    ngx_add_timer(ev, run->listening ? run->conf->keepalive
                                     : NGX_HTTP_SANZARU_TICK);

    if (r == NULL) {
        return;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (!run->exchange->accepts_sse
        || run->conf->keepalive == 0
        || (ngx_current_msec - ctx->last_event < run->conf->keepalive
            && !run->listening))
    {
        return;
    }

    rc = ngx_http_sanzaru_sse_comment(r, run->exchange);

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);
        ngx_http_sanzaru_run_leave(c);
    }
}


/* An event for the client, or for the one that comes back for it. */

void
ngx_http_sanzaru_run_send(ngx_http_sanzaru_run_t *run, sz_str_t json,
    ngx_uint_t droppable)
{
    sz_buf_t             event;
    ngx_http_request_t  *r;

    r = run->request;

    if (r != NULL) {

        if (ngx_http_sanzaru_sse_event(r, run->exchange, json, droppable)
            != NGX_OK)
        {
            /* the request must not end here, but soon */

            r->connection->error = 1;
            ngx_post_event(r->connection->write, &ngx_posted_events);
        }

        return;
    }

    if (run->exchange->resumable && !droppable) {
        sz_buf_init(&event, json.len + 256);
        sz_exchange_frame(run->exchange, &event, json, false);
        sz_buf_free(&event);
    }
}


static void
ngx_http_sanzaru_run_send_last(ngx_http_sanzaru_run_t *run)
{
    sz_buf_t        event;
    sz_exchange_t  *x;

    x = run->exchange;

    if (x->resumable) {
        sz_buf_init(&event, x->reply.body.len + 256);
        sz_exchange_frame(x, &event, sz_buf_view(&x->reply.body), true);
        sz_buf_free(&event);
    }
}


void
ngx_http_sanzaru_run_hang_up(ngx_http_sanzaru_run_t *run)
{
    ngx_http_request_t      *r;
    ngx_http_sanzaru_ctx_t  *ctx;

    r = run->request;

    if (r == NULL || !run->exchange->accepts_sse
        || ngx_http_sanzaru_sse_open(r, run->exchange) != NGX_OK
        || !run->exchange->resumable
        || !ngx_http_sanzaru_run_unattend(run))
    {
        return;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);
    ctx->run = NULL;
    ctx->outcome = "ok";
    run->request = NULL;

    ngx_http_finalize_request(r, ngx_http_sanzaru_sse_end(r));
}


/*
 * Streams that wait.
 */

static ngx_uint_t
ngx_http_sanzaru_run_crowded(ngx_http_sanzaru_run_t *run)
{
    ngx_uint_t               n;
    ngx_queue_t             *q;
    ngx_http_sanzaru_run_t  *other;

    n = 0;

    for (q = ngx_queue_head(&ngx_http_sanzaru_runs);
         q != ngx_queue_sentinel(&ngx_http_sanzaru_runs);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_http_sanzaru_run_t, queue);

        if (other->listening && other->conf == run->conf
            && ngx_memcmp(other->exchange->caller_id,
                          run->exchange->caller_id, SZ_CALLER_ID)
               == 0
            && ++n == run->conf->max_streams)
        {
            return 1;
        }
    }

    return 0;
}


/* Why there will be no stream; NULL: there will. */

static const char *
ngx_http_sanzaru_run_refuse(ngx_http_sanzaru_run_t *run, sz_error_t *err)
{
    if (ngx_http_sanzaru_quitting || ngx_exiting) {
        return "This worker is going; open the stream again.";
    }

    if (ngx_http_sanzaru_run_crowded(run)) {
        return "You have too many streams open (sanzaru_max_streams); close "
               "some first.";
    }

    return (ngx_http_sanzaru_setup(run, err) != NGX_OK) ? err->text : NULL;
}


void
ngx_http_sanzaru_run_listen(ngx_http_sanzaru_run_t *run)
{
    sz_error_t      err;
    const char     *reason;
    sz_exchange_t  *x;

    x = run->exchange;
    reason = ngx_http_sanzaru_run_refuse(run, &err);

    if (reason != NULL) {
        sz_exchange_refuse(x, 503, SZ_RPC_INTERNAL_ERROR, "%s", reason);
        ngx_http_sanzaru_run_deliver(run);
        return;
    }

    ngx_http_sanzaru_run_timers(run);
    ngx_http_sanzaru_body_free(run->request);
    sz_exchange_settle(x);

    ngx_http_sanzaru_ears[run->ear].bits = x->listen->bits;
    run->listening = 1;
    ngx_http_sanzaru_hub_streams(1);

    if (run->conf->keepalive != 0) {
        ngx_add_timer(&run->tick, run->conf->keepalive);
    }

    if (ngx_http_sanzaru_sse_open(run->request, x) != NGX_OK) {
        ngx_http_finalize_request(run->request, NGX_ERROR);
        return;
    }

    ngx_http_sanzaru_run_more(run);
}


/* What a stream has to say; it may end with that. */

static void
ngx_http_sanzaru_run_more(ngx_http_sanzaru_run_t *run)
{
    bool           last;
    sz_buf_t       json;
    ngx_uint_t     found;

    sz_buf_init(&json, run->conf->max_memory);

    do {
        found = sz_exchange_next(run->exchange, &json, &last);

        if (found) {
            ngx_http_sanzaru_run_send(run, sz_buf_view(&json), 0);
        }

    } while (found && !last);

    sz_buf_free(&json);

    if (last) {
        ngx_http_sanzaru_run_end(run);
    }
}


static void
ngx_http_sanzaru_run_end(ngx_http_sanzaru_run_t *run)
{
    ngx_int_t                rc;
    sz_exchange_t           *x;
    ngx_http_request_t      *r;
    ngx_http_sanzaru_ctx_t  *ctx;

    x = run->exchange;
    r = run->request;

    ngx_http_sanzaru_run_timers(run);
    run->ended = 1;

    if (x->listen->answered) {
        ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);
        ctx->outcome = sz_code_name(x->outcome);
    }

    rc = sz_exchange_end(x, &x->reply.body)
         ? ngx_http_sanzaru_sse_finish(r, x) : ngx_http_sanzaru_sse_end(r);

    ngx_http_finalize_request(r, rc);
}


/*
 * What all workers are told.
 */

static void
ngx_http_sanzaru_run_heard(ngx_http_sanzaru_run_t *run,
    const sz_signal_t *signal)
{
    sz_buf_t           json;
    ngx_uint_t         i;
    sz_message_t      *m;
    ngx_connection_t  *c;

    if (run->ended || run->on_thread
        || (run->request == NULL && run->listening))
    {
        return;
    }

    if (run->detached) {
        if (signal->type == SZ_SIGNAL_TASK) {
            ngx_http_sanzaru_task_hear(run, signal);
        }

        return;
    }

    /* of thousands nearly none: their connections are not even touched */

    if (!sz_exchange_concerns(run->exchange, signal)) {
        return;
    }

    c = ngx_http_sanzaru_run_enter(run);
    sz_buf_init(&json, 2 * SZ_HUB_TEXT);
    m = NULL;

    switch (sz_exchange_hear(run->exchange, signal, &json, &m)) {

    case SZ_HEARD_EVENT:
        ngx_http_sanzaru_run_send(run, sz_buf_view(&json), 0);
        break;

    case SZ_HEARD_MORE:
        ngx_http_sanzaru_run_more(run);
        break;

    case SZ_HEARD_END:
        ngx_http_sanzaru_run_end(run);
        break;

    case SZ_HEARD_ANSWER:
    case SZ_HEARD_CANCEL:
        for (i = 0; i < run->n_calls; i++) {
            if (run->calls[i].message == m) {
                ngx_http_sanzaru_call_heard(&run->calls[i],
                                            signal->type == SZ_SIGNAL_CANCEL);
                break;
            }
        }

        break;

    case SZ_HEARD_NOTHING:
        break;
    }

    sz_buf_free(&json);
    ngx_http_sanzaru_run_leave(c);
}


/* Backwards: who ends with what it hears gives its place to one behind it. */

void
ngx_http_sanzaru_run_hear(const sz_signal_t *signal)
{
    uint64_t    bit;
    ngx_uint_t  i;

    bit = sz_signal_bit(signal->id);

    for (i = ngx_http_sanzaru_n_ears; i-- > 0; /* void */ ) {
        if (i < ngx_http_sanzaru_n_ears
            && (ngx_http_sanzaru_ears[i].bits & bit))
        {
            ngx_http_sanzaru_run_heard(ngx_http_sanzaru_ears[i].run, signal);
        }
    }

    if (signal->type == SZ_SIGNAL_TASKS) {
        ngx_http_sanzaru_task_look();
    }
}


/*
 * Streams end in order, so that their clients open them at another worker; and
 * tasks are left to one.
 */

void
ngx_http_sanzaru_run_quit(void)
{
    ngx_queue_t             *q, *next;
    ngx_core_conf_t         *ccf;
    ngx_connection_t        *c;
    ngx_http_sanzaru_run_t  *run;

    ngx_http_sanzaru_quitting = 1;

    ccf = (ngx_core_conf_t *) ngx_get_conf(ngx_cycle->conf_ctx,
                                           ngx_core_module);

    if (ccf->shutdown_timeout) {
        ngx_add_timer(&ngx_http_sanzaru_shutdown, ccf->shutdown_timeout);
    }

    for (q = ngx_queue_head(&ngx_http_sanzaru_runs);
         q != ngx_queue_sentinel(&ngx_http_sanzaru_runs);
         q = next)
    {
        next = ngx_queue_next(q);
        run = ngx_queue_data(q, ngx_http_sanzaru_run_t, queue);

        if (run->listening && !run->ended && run->request != NULL) {
            c = ngx_http_sanzaru_run_enter(run);
            ngx_http_sanzaru_run_end(run);
            ngx_http_sanzaru_run_leave(c);

        } else if (run->detached && !run->on_thread
                   && ngx_http_sanzaru_task_is_saved(&run->calls[0]))
        {
            ngx_http_sanzaru_run_destroy(run);
        }
    }

    ngx_http_sanzaru_task_quit();
}


/*
 * worker_shutdown_timeout: nginx closes the connections there are; calls that
 * have none would keep the worker until their deadline.
 */

static void
ngx_http_sanzaru_run_hurry(ngx_event_t *ev)
{
    ngx_queue_t             *q, *next;
    ngx_http_sanzaru_run_t  *run;

    ngx_http_sanzaru_hurried = 1;

    for (q = ngx_queue_head(&ngx_http_sanzaru_lone_runs);
         q != ngx_queue_sentinel(&ngx_http_sanzaru_lone_runs);
         q = next)
    {
        next = ngx_queue_next(q);
        run = ngx_queue_data(q, ngx_http_sanzaru_run_t, lone);

        if (!run->on_thread) {
            ngx_http_sanzaru_run_lose(run);
        }
    }
}


/*
 * Tasks.
 */

static void
ngx_http_sanzaru_run_background(ngx_http_sanzaru_run_t *run)
{
    run->detached = 1;

    /* neither holds up a worker that is told to finish */

    ngx_http_sanzaru_run_timers(run);
    run->deadline.cancelable = 1;

    ngx_add_timer(&run->deadline,
                  (ngx_msec_t) run->setup.task_ttl * 1000);
    ngx_add_timer(&run->tick, NGX_HTTP_SANZARU_TICK);
}


void
ngx_http_sanzaru_run_release(ngx_http_sanzaru_run_t *run)
{
    ngx_int_t                rc;
    sz_exchange_t           *x;
    ngx_connection_t        *c;
    ngx_http_request_t      *r;
    ngx_http_sanzaru_ctx_t  *ctx;

    x = run->exchange;
    r = run->request;

    ngx_http_sanzaru_run_background(run);
    sz_exchange_reply(x);
    x->messages[0].done = false;

    if (r == NULL) {
        return;
    }

    c = ngx_http_sanzaru_run_enter(run);
    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    ctx->outcome = sz_code_name(x->outcome);
    ctx->upstream_status = run->upstream_status;
    ctx->upstream_time = run->upstream_time;

    rc = ctx->stream ? ngx_http_sanzaru_sse_finish(r, x)
                     : ngx_http_sanzaru_reply(r, &x->reply);

    /* the bytes on their way are the request's from here on */

    ctx->body = x->reply.body;
    sz_buf_init(&x->reply.body, run->conf->max_memory);

    ctx->run = NULL;
    run->request = NULL;

    ngx_http_finalize_request(r, rc);
    ngx_http_sanzaru_run_leave(c);
}


ngx_http_sanzaru_run_t *
ngx_http_sanzaru_run_adopt(ngx_http_sanzaru_loc_conf_t *conf,
    sz_task_job_t *claimed, sz_error_t *err)
{
    ngx_http_sanzaru_run_t  *run;

    run = ngx_http_sanzaru_run_create(NULL, conf);

    if (run == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    run->record = claimed->record;

    if (ngx_http_sanzaru_setup(run, err) != NGX_OK) {
        goto failed;
    }

    run->exchange = sz_task_adopt(conf->server, &run->setup, claimed->record,
                                  conf->max_memory, ngx_time(), err);
    if (run->exchange == NULL) {
        goto failed;
    }

    run->record = NULL;

    run->n_calls = 1;
    run->active = 1;
    run->calls[0].run = run;
    run->calls[0].message = &run->exchange->messages[0];

    ngx_memcpy(run->task.id, claimed->id, SZ_TASK_ID);
    run->task.claim = claimed->claim;
    claimed->claim = -1;

    ngx_http_sanzaru_run_background(run);

    return run;

failed:

    ngx_http_sanzaru_run_destroy(run);

    return NULL;
}
