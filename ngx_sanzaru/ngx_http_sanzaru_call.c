/*
 * One call: step, perform, step again.
 */

#include "ngx_http_sanzaru_job.h"
#include "ngx_http_sanzaru_run.h"
#include "ngx_http_sanzaru_task.h"


static void ngx_http_sanzaru_call_effect(ngx_http_sanzaru_call_t *call,
    ngx_uint_t i);
static void ngx_http_sanzaru_call_transferred(sz_http_t *http, void *data);
static void ngx_http_sanzaru_call_moved(void *data);
static ngx_log_t *ngx_http_sanzaru_call_log(void *data, ngx_str_t *whose);
static void ngx_http_sanzaru_call_complain(ngx_http_sanzaru_call_t *call);
static void ngx_http_sanzaru_call_ran(sz_job_t *job, void *data);
static void ngx_http_sanzaru_call_waited(ngx_event_t *ev);
static void ngx_http_sanzaru_call_ask(ngx_http_sanzaru_call_t *call,
    sz_ask_t *ask);
static void ngx_http_sanzaru_call_answer(ngx_http_sanzaru_call_t *call);
static void ngx_http_sanzaru_call_finish(ngx_http_sanzaru_call_t *call);
static ngx_uint_t ngx_http_sanzaru_call_is_local(sz_call_t *sc);
static void ngx_http_sanzaru_call_kept(ngx_http_sanzaru_call_t *call);
static void ngx_http_sanzaru_call_tell(ngx_http_sanzaru_call_t *call);


void
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

        if (sc->hang_up) {
            sc->hang_up = false;
            ngx_http_sanzaru_run_hang_up(call->run);
        }

        if (step == SZ_STEP_DONE) {
            ngx_http_sanzaru_call_answer(call);
            return;
        }

        if (sz_exchange_asked(call->message)) {
            ngx_http_sanzaru_call_finish(call);
            return;
        }

        if (call->run->keeps && !ngx_http_sanzaru_call_is_local(sc)) {
            ngx_http_sanzaru_call_kept(call);
            return;
        }

        /* one more than there are, so that none of them steps meanwhile */

        call->pending = sc->n_effects + 1;

        for (i = 0; i < sc->n_effects; i++) {
            ngx_http_sanzaru_call_effect(call, i);
        }

        if (sc->detached && sz_call_is_asking(sc)) {
            ngx_http_sanzaru_task_ask(call);
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
                                          ngx_http_sanzaru_call_moved,
                                          ngx_http_sanzaru_call_log, e);
        if (e->transfer == NULL) {
            call->pending--;
        }

        break;

    case SZ_EFFECT_JOB:
        effect->job->running = true;

        if (ngx_http_sanzaru_job_post(run->conf->pool, effect->job,
                                      ngx_http_sanzaru_call_ran, call,
                                      effect->job->mandatory
                                      ? NGX_HTTP_SANZARU_JOB_MANDATORY
                                      : NGX_HTTP_SANZARU_JOB_OPTIONAL)
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
        if (!call->message->call->detached) {
            ngx_http_sanzaru_call_ask(call, effect->ask);
        }

        break;

    case SZ_EFFECT_DETACH:
        if (ngx_http_sanzaru_task_detach(call) == NGX_DECLINED) {
            call->pending--;
        }

        break;
    }
}


/* An effect has its outcome; a call that was given up takes no more steps. */

void
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
    e->call->created |= http->creates;

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


static ngx_log_t *
ngx_http_sanzaru_call_log(void *data, ngx_str_t *whose)
{
    ngx_http_sanzaru_effect_t  *e = data;

    return ngx_http_sanzaru_run_log(e->call->run, whose);
}


/* A file that cannot be read or written: its name is not for the log. */

static void
ngx_http_sanzaru_call_complain(ngx_http_sanzaru_call_t *call)
{
    ngx_log_t         *log;
    ngx_str_t          whose;
    ngx_uint_t         level, held;
    const sz_error_t  *err;

    err = &call->message->call->error;

    if (err->code == SZ_OK || (err->code != SZ_E_IO && err->errnum == 0)) {
        return;
    }

    log = ngx_http_sanzaru_run_log(call->run, &whose);
    level = ngx_http_sanzaru_hush(&call->run->conf->hush, &held);

    ngx_log_error(level, log, err->errnum, "sanzaru: %s cannot read or write "
                  "a file of the folders of \"sanzaru_mcp\" in %V:%ui%V",
                  call->message->call->tool->name, &call->run->conf->file,
                  call->run->conf->line, &whose);

    if (held != 0) {
        ngx_log_error(level, log, 0, "sanzaru: %ui more such failures since "
                      "the last line at this level are at \"warn\"", held);
    }
}


/* Whether a thread writes where the tool would look. */

static ngx_uint_t
ngx_http_sanzaru_call_is_read(ngx_http_sanzaru_call_t *call)
{
    sz_http_t   *http;
    sz_call_t   *sc;
    ngx_uint_t   i;

    sc = call->message->call;

    for (i = 0; i < sc->n_effects; i++) {
        http = sc->effects[i].http;

        if (call->effects[i].transfer != NULL && http->reader != NULL
            && http->reader->job.running)
        {
            return 1;
        }
    }

    return 0;
}


/* The tool looks at what moves; the client is told that the call lives. */

void
ngx_http_sanzaru_call_tick(ngx_http_sanzaru_call_t *call)
{
    sz_call_t  *sc;

    sc = call->message->call;

    if (call->message->done) {
        return;
    }

    sc->now = (int64_t) ngx_current_msec;

    if (sc->tool->tick != NULL && !ngx_http_sanzaru_call_is_read(call)) {
        sc->tool->tick(sc);
    }

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


void
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


/*
 * For nobody: what is sent and costs money is heard to its end, because that
 * money is gone, and so is the work that is left to do here with what came.
 */

ngx_uint_t
ngx_http_sanzaru_call_keep(ngx_http_sanzaru_call_t *call)
{
    sz_call_t                  *sc;
    ngx_uint_t                  i, paid;
    ngx_http_sanzaru_effect_t  *e;

    sc = call->message->call;
    paid = call->created && ngx_http_sanzaru_call_is_local(sc);

    for (i = 0; i < sc->n_effects; i++) {
        e = &call->effects[i];

        if (e->timer.timer_set) {
            ngx_del_timer(&e->timer);
            call->pending--;
        }

        if (e->transfer == NULL) {
            continue;
        }

        if (ngx_http_sanzaru_transfer_hear_out(e->transfer)) {
            paid = 1;
            continue;
        }

        ngx_http_sanzaru_transfer_cancel(e->transfer);
        e->transfer = NULL;
        call->pending--;

        sz_error_set(&sc->effects[i].http->error, SZ_E_CANCELLED,
                     "the client had left before it was sent.");
    }

    return paid;
}


/* Whether all effects are jobs: nothing of them leaves this machine. */

static ngx_uint_t
ngx_http_sanzaru_call_is_local(sz_call_t *sc)
{
    ngx_uint_t  i;

    for (i = 0; i < sc->n_effects; i++) {
        if (sc->effects[i].kind != SZ_EFFECT_JOB) {
            return 0;
        }
    }

    return 1;
}


/* Its client has left, and what comes next would be begun for nobody. */

static void
ngx_http_sanzaru_call_kept(ngx_http_sanzaru_call_t *call)
{
    sz_call_t   *sc;
    sz_error_t   err;

    sc = call->message->call;
    err.text[0] = '\0';

    if (sc->tool->lost != NULL) {
        sc->tool->lost(sc, &err);
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "sanzaru: %s ends here, since its client has left.%s",
                  sc->tool->name, err.text);

    sz_exchange_publish(call->message);
    ngx_http_sanzaru_run_destroy(call->run);
}


static void
ngx_http_sanzaru_call_given_up(sz_http_t *http, void *data)
{
    ngx_http_sanzaru_effect_t  *e = data;

    e->transfer = NULL;

    ngx_http_sanzaru_run_destroy(e->call->run);
}


void
ngx_http_sanzaru_call_give_up(ngx_http_sanzaru_call_t *call)
{
    sz_http_t                  *http;
    sz_call_t                  *sc;
    ngx_http_sanzaru_run_t     *run;
    ngx_http_sanzaru_effect_t  *e;

    run = call->run;
    sc = call->message->call;

    ngx_http_sanzaru_call_cancel(call);
    call->message->done = true;         /* outcomes move it no more */

    e = &call->effects[0];
    e->call = call;

    http = (sc->tool->cancel != NULL) ? sc->tool->cancel(sc) : NULL;

    if (http != NULL) {
        e->transfer = ngx_http_sanzaru_transfer_start(http,
                                          &run->upstreams[http->service],
                                          run->conf->pool,
                                          ngx_http_sanzaru_call_given_up,
                                          ngx_http_sanzaru_call_moved,
                                          ngx_http_sanzaru_call_log, e);
    }

    if (e->transfer == NULL) {
        ngx_http_sanzaru_run_destroy(run);
    }
}


/* The question goes out; the answer is heard, if ever one comes. */

static void
ngx_http_sanzaru_call_ask(ngx_http_sanzaru_call_t *call, sz_ask_t *ask)
{
    sz_buf_t                 json;
    ngx_http_sanzaru_run_t  *run;

    run = call->run;

    sz_buf_init(&json, SZ_HUB_TEXT);
    sz_exchange_ask(call->message, ask, &json);

    if (!json.failed) {
        ngx_http_sanzaru_run_send(run, sz_buf_view(&json), 0);
    }

    sz_buf_free(&json);
}


/* The client has answered what the call has asked, or gives the call up. */

void
ngx_http_sanzaru_call_heard(ngx_http_sanzaru_call_t *call,
    ngx_uint_t cancelled)
{
    if (!cancelled) {
        ngx_http_sanzaru_call_effect_done(call);
        return;
    }

    ngx_http_sanzaru_call_cancel(call);
    sz_exchange_give_up(call->message);
    ngx_http_sanzaru_call_finish(call);
}


/*
 * The answer's text, on a thread when there is much of it.  The calls of a
 * batch share an arena and stay here: their results are small, or refused.
 */

typedef struct {
    sz_job_t                  job;          /* first */
    ngx_http_sanzaru_call_t  *call;
} ngx_http_sanzaru_answer_t;


static void
ngx_http_sanzaru_answer_run(sz_job_t *job)
{
    sz_exchange_finish(((ngx_http_sanzaru_answer_t *) job)->call->message);
}


static void
ngx_http_sanzaru_answer_destroy(sz_job_t *job)
{
    ngx_free(job);
}


static void
ngx_http_sanzaru_answer_done(sz_job_t *job, void *data)
{
    ngx_connection_t         *c;
    ngx_http_sanzaru_run_t   *run;
    ngx_http_sanzaru_call_t  *call = data;

    ngx_free(job);

    run = call->run;
    run->on_thread = 0;

    if (run->dead && sz_exchange_cancels(run->exchange)) {
        sz_exchange_publish(call->message);
        ngx_http_sanzaru_run_destroy(run);
        return;
    }

    c = ngx_http_sanzaru_run_enter(run);
    ngx_http_sanzaru_call_finish(call);
    ngx_http_sanzaru_run_leave(c);
}


static void
ngx_http_sanzaru_call_answer(ngx_http_sanzaru_call_t *call)
{
    ngx_http_sanzaru_run_t     *run;
    ngx_http_sanzaru_answer_t  *a;

    run = call->run;

    if (run->n_calls > 1 && call->message->call->result.len > SZ_JSON_INLINE) {
        sz_error_set(&call->message->call->error, SZ_E_LIMIT,
                     "The result is too large for a batch; ask for it alone.");
    }

    if (call->message->call->result.len <= SZ_JSON_INLINE || run->n_calls > 1)
    {
        sz_exchange_finish(call->message);
        ngx_http_sanzaru_call_finish(call);
        return;
    }

    a = ngx_calloc(sizeof(ngx_http_sanzaru_answer_t), ngx_cycle->log);

    if (a == NULL) {
        sz_error_memory(&call->message->call->error);
        sz_exchange_finish(call->message);
        ngx_http_sanzaru_call_finish(call);
        return;
    }

    a->job.run = ngx_http_sanzaru_answer_run;
    a->job.destroy = ngx_http_sanzaru_answer_destroy;
    a->job.name = "write answer";
    a->call = call;

    run->on_thread = 1;

    (void) ngx_http_sanzaru_job_post(run->conf->pool, &a->job,
                                     ngx_http_sanzaru_answer_done, call,
                                     NGX_HTTP_SANZARU_JOB_MANDATORY);
}


static void
ngx_http_sanzaru_call_finish(ngx_http_sanzaru_call_t *call)
{
    ngx_http_sanzaru_run_t  *run;

    run = call->run;

    sz_exchange_publish(call->message);
    ngx_http_sanzaru_call_complain(call);

    if (run->detached) {
        ngx_http_sanzaru_task_finish(call);
        return;
    }

    if (--run->active == 0) {
        sz_exchange_reply(run->exchange);
        ngx_http_sanzaru_run_deliver(run);
    }
}


static void
ngx_http_sanzaru_call_tell(ngx_http_sanzaru_call_t *call)
{
    bool      progress;
    sz_buf_t  json;

    if (call->run->detached) {
        ngx_http_sanzaru_task_tell(call);
        return;
    }

    if (!call->run->exchange->accepts_sse) {
        call->message->call->progress.set = false;
        return;
    }

    sz_buf_init(&json, 65536);

    while (sz_exchange_tell(call->message, &json, &progress)) {
        ngx_http_sanzaru_run_send(call->run, sz_buf_view(&json), progress);
    }

    sz_buf_free(&json);
}
