#include "ngx_http_sanzaru_job.h"
#include "ngx_http_sanzaru_run.h"


#define NGX_HTTP_SANZARU_TICK  500

/* bytes of a method's name that the log is shown */
#define NGX_HTTP_SANZARU_NAME  64


static void ngx_http_sanzaru_run_start(ngx_http_sanzaru_run_t *run);
static void ngx_http_sanzaru_run_deliver(ngx_http_sanzaru_run_t *run);
static void ngx_http_sanzaru_run_deadline(ngx_event_t *ev);
static void ngx_http_sanzaru_run_tick(ngx_event_t *ev);
static void ngx_http_sanzaru_run_timers(ngx_http_sanzaru_run_t *run);

static void ngx_http_sanzaru_call_step(ngx_http_sanzaru_call_t *call);
static void ngx_http_sanzaru_call_tick(ngx_http_sanzaru_call_t *call);
static void ngx_http_sanzaru_call_effect(ngx_http_sanzaru_call_t *call,
    ngx_uint_t i);
static void ngx_http_sanzaru_call_effect_done(ngx_http_sanzaru_call_t *call);
static void ngx_http_sanzaru_call_transferred(sz_http_t *http, void *data);
static void ngx_http_sanzaru_call_moved(void *data);
static void ngx_http_sanzaru_call_ran(sz_job_t *job, void *data);
static void ngx_http_sanzaru_call_waited(ngx_event_t *ev);
static void ngx_http_sanzaru_call_finish(ngx_http_sanzaru_call_t *call);
static void ngx_http_sanzaru_call_cancel(ngx_http_sanzaru_call_t *call);
static void ngx_http_sanzaru_call_tell(ngx_http_sanzaru_call_t *call);


/* of this worker */
static ngx_queue_t  ngx_http_sanzaru_runs;


void
ngx_http_sanzaru_run_init(void)
{
    ngx_queue_init(&ngx_http_sanzaru_runs);
}


void
ngx_http_sanzaru_run_exit(void)
{
    ngx_queue_t             *q;
    ngx_http_sanzaru_run_t  *run;

    while (!ngx_queue_empty(&ngx_http_sanzaru_runs)) {
        q = ngx_queue_head(&ngx_http_sanzaru_runs);
        run = ngx_queue_data(q, ngx_http_sanzaru_run_t, queue);

        if (run->on_thread) {
            run->dead = 1;
            ngx_queue_remove(q);
            ngx_queue_init(q);
            continue;
        }

        ngx_http_sanzaru_run_destroy(run);
    }
}


ngx_http_sanzaru_run_t *
ngx_http_sanzaru_run_create(ngx_http_request_t *r,
    ngx_http_sanzaru_loc_conf_t *conf)
{
    ngx_pool_t              *pool;
    ngx_http_sanzaru_run_t  *run;

    pool = ngx_create_pool(2048, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    run = ngx_pcalloc(pool, sizeof(ngx_http_sanzaru_run_t));
    if (run == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    run->pool = pool;
    run->conf = conf;
    run->request = r;

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
    ngx_uint_t  i;

    ngx_queue_remove(&run->queue);
    ngx_http_sanzaru_run_timers(run);

    for (i = 0; i < run->n_calls; i++) {
        ngx_http_sanzaru_call_cancel(&run->calls[i]);
    }

    sz_exchange_close(run->exchange);

    ngx_destroy_pool(run->pool);
}


static void
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

    if (verdict == SZ_X_CALLS) {
        ngx_http_sanzaru_run_start(run);
        return;
    }

    ngx_http_sanzaru_run_deliver(run);
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


/*
 * Everything is answered: the client gets it, or nobody is there any more.
 * Neither the run nor the request may be touched after this.
 */

static void
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

    rc = (ctx->stream || (!x->accepts_json && x->reply.status == 200))
         ? ngx_http_sanzaru_sse_finish(r, x)
         : ngx_http_sanzaru_reply(r, &x->reply);

    ngx_http_finalize_request(r, rc);
}


/*
 * An event of ours that may end a request begins and ends like nginx's own.
 * Returns the connection, NULL when the client is gone.
 */

static ngx_connection_t *
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


static void
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

    if (run->n_calls == 0 || sz_exchange_cancels(run->exchange)) {
        ngx_http_sanzaru_run_destroy(run);
    }
}


static void
ngx_http_sanzaru_run_deadline(ngx_event_t *ev)
{
    ngx_uint_t               i;
    sz_error_t               err;
    sz_message_t            *m;
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

    for (i = 0; i < run->n_calls; i++) {
        m = run->calls[i].message;

        if (!m->done) {
            ngx_http_sanzaru_call_cancel(&run->calls[i]);
            sz_exchange_fail(m, &err);
        }
    }

    sz_exchange_reply(run->exchange);
    ngx_http_sanzaru_run_deliver(run);

    ngx_http_sanzaru_run_leave(c);
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

    if (c == NULL) {
        return;
    }

    for (i = 0; i < run->n_calls; i++) {
        ngx_http_sanzaru_call_tick(&run->calls[i]);
    }

    ngx_add_timer(ev, NGX_HTTP_SANZARU_TICK);

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (!run->exchange->accepts_sse
        || ngx_current_msec - ctx->last_event < run->conf->keepalive)
    {
        return;
    }

    rc = ngx_http_sanzaru_sse_comment(r);

    if (rc == NGX_ERROR) {
        ngx_http_finalize_request(r, NGX_ERROR);
        ngx_http_sanzaru_run_leave(c);
    }
}


/*
 * One call: step, perform, step again.
 */

static void
ngx_http_sanzaru_call_step(ngx_http_sanzaru_call_t *call)
{
    sz_step_e   step;
    sz_call_t  *sc;
    ngx_uint_t  i;

    sc = call->message->call;

    do {
        sc->now = (int64_t) ngx_current_msec;
        sc->clock = ngx_time();
        sc->random = (uint32_t) ngx_random();

        step = sz_call_step(sc);

        ngx_http_sanzaru_call_tell(call);

        if (step == SZ_STEP_DONE) {
            ngx_http_sanzaru_call_finish(call);
            return;
        }

        /* one more than there are, so that none of them steps meanwhile */

        call->pending = sc->n_effects + 1;

        for (i = 0; i < sc->n_effects; i++) {
            ngx_http_sanzaru_call_effect(call, i);
        }

    } while (--call->pending == 0);
}


static void
ngx_http_sanzaru_call_effect(ngx_http_sanzaru_call_t *call, ngx_uint_t i)
{
    sz_http_t                  *http;
    sz_effect_t                *effect;
    ngx_http_sanzaru_run_t     *run;
    ngx_http_sanzaru_effect_t  *e;

    run = call->run;
    effect = &call->message->call->effects[i];

    e = &call->effects[i];
    e->call = call;
    e->started = ngx_current_msec;

    switch (effect->kind) {

    case SZ_EFFECT_HTTP:
        http = effect->http;

        e->transfer = ngx_http_sanzaru_transfer_start(http,
                                          &run->upstreams[http->service],
                                          run->conf->pool,
                                          ngx_http_sanzaru_call_transferred,
                                          ngx_http_sanzaru_call_moved, e);
        if (e->transfer == NULL) {
            call->pending--;
        }

        break;

    case SZ_EFFECT_JOB:
        effect->job->running = true;

        if (ngx_http_sanzaru_job_post(run->conf->pool, effect->job,
                                      ngx_http_sanzaru_call_ran, call,
                                      NGX_HTTP_SANZARU_JOB_OPTIONAL)
            != NGX_OK)
        {
            effect->job->running = false;
            call->pending--;
        }

        break;

    case SZ_EFFECT_WAIT:
        e->timer.data = e;
        e->timer.handler = ngx_http_sanzaru_call_waited;
        e->timer.log = ngx_cycle->log;

        ngx_add_timer(&e->timer, (ngx_msec_t) effect->wait);
        break;

    case SZ_EFFECT_ASK:
    case SZ_EFFECT_DETACH:
        call->pending--;
        break;
    }
}


/* An effect has its outcome; a call that was given up takes no more steps. */

static void
ngx_http_sanzaru_call_effect_done(ngx_http_sanzaru_call_t *call)
{
    ngx_connection_t  *c;

    if (--call->pending > 0 || call->message->done) {
        return;
    }

    c = ngx_http_sanzaru_run_enter(call->run);

    ngx_http_sanzaru_call_step(call);

    ngx_http_sanzaru_run_leave(c);
}


static void
ngx_http_sanzaru_call_transferred(sz_http_t *http, void *data)
{
    ngx_http_sanzaru_effect_t  *e = data;

    e->transfer = NULL;

    e->call->run->upstream_status = (ngx_uint_t) http->status;
    e->call->run->upstream_time += ngx_current_msec - e->started;

    ngx_http_sanzaru_call_effect_done(e->call);
}


static void
ngx_http_sanzaru_call_moved(void *data)
{
    ngx_http_sanzaru_effect_t  *e = data;

    ngx_http_sanzaru_call_tick(e->call);
}


/* The tool looks at what moves, unless a thread is writing there. */

static void
ngx_http_sanzaru_call_tick(ngx_http_sanzaru_call_t *call)
{
    sz_http_t   *http;
    sz_call_t   *sc;
    ngx_uint_t   i;

    sc = call->message->call;

    if (call->message->done || sc->tool->tick == NULL) {
        return;
    }

    for (i = 0; i < sc->n_effects; i++) {
        http = sc->effects[i].http;

        if (call->effects[i].transfer != NULL && http->reader != NULL
            && http->reader->job.running)
        {
            return;
        }
    }

    sc->now = (int64_t) ngx_current_msec;
    sc->tool->tick(sc);
    ngx_http_sanzaru_call_tell(call);
}


static void
ngx_http_sanzaru_call_ran(sz_job_t *job, void *data)
{
    if (sz_job_cancelled(job)) {
        job->destroy(job);          /* the call is gone, and so is data */
        return;
    }

    job->running = false;

    ngx_http_sanzaru_call_effect_done(data);
}


static void
ngx_http_sanzaru_call_waited(ngx_event_t *ev)
{
    ngx_http_sanzaru_effect_t  *e = ev->data;

    ngx_http_sanzaru_call_effect_done(e->call);
}


static void
ngx_http_sanzaru_call_cancel(ngx_http_sanzaru_call_t *call)
{
    ngx_uint_t                  i;
    ngx_http_sanzaru_effect_t  *e;

    for (i = 0; i < SZ_MAX_EFFECTS; i++) {
        e = &call->effects[i];

        if (e->transfer != NULL) {
            ngx_http_sanzaru_transfer_cancel(e->transfer);
            e->transfer = NULL;
        }

        if (e->timer.timer_set) {
            ngx_del_timer(&e->timer);
        }
    }
}


static void
ngx_http_sanzaru_call_finish(ngx_http_sanzaru_call_t *call)
{
    ngx_http_sanzaru_run_t  *run;

    run = call->run;

    sz_exchange_finish(call->message);

    if (--run->active == 0) {
        sz_exchange_reply(run->exchange);
        ngx_http_sanzaru_run_deliver(run);
    }
}


static void
ngx_http_sanzaru_call_tell(ngx_http_sanzaru_call_t *call)
{
    sz_buf_t             json;
    ngx_http_request_t  *r;

    r = call->run->request;

    if (r == NULL || !call->run->exchange->accepts_sse) {
        call->message->call->progress.set = false;
        return;
    }

    sz_buf_init(&json, 65536);

    if (sz_exchange_progress(call->message, &json)) {

        /* a client that cannot be written to is noticed by its connection */

        (void) ngx_http_sanzaru_sse_event(r, sz_buf_view(&json));
    }

    sz_buf_free(&json);
}
