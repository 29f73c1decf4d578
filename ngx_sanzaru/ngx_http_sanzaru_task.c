#include "ngx_http_sanzaru_hub.h"
#include "ngx_http_sanzaru_job.h"
#include "ngx_http_sanzaru_task.h"


/* Between two looks for tasks that nobody works on. */
#define NGX_HTTP_SANZARU_TASK_LOOK  30000

/* Between two status messages of a task. */
#define NGX_HTTP_SANZARU_TASK_TELL  2000

/* Between two tries to write a result down. */
#define NGX_HTTP_SANZARU_TASK_RETRY  30000


typedef struct {
    ngx_http_sanzaru_main_conf_t  *smcf;
    sz_setup_t                     setup;       /* of it only the state */
    ngx_event_t                    look;
    unsigned                       looking:1;
    unsigned                       again:1;
    unsigned                       over:1;
    ngx_http_sanzaru_hush_t        hush;
} ngx_http_sanzaru_tasks_t;


static void ngx_http_sanzaru_task_made(sz_job_t *job, void *data);
static void ngx_http_sanzaru_task_told(sz_job_t *job, void *data);
static void ngx_http_sanzaru_task_read(sz_job_t *job, void *data);
static void ngx_http_sanzaru_task_ended(sz_job_t *job, void *data);
static void ngx_http_sanzaru_task_timer(ngx_event_t *ev);
static void ngx_http_sanzaru_task_found(sz_job_t *job, void *data);
static void ngx_http_sanzaru_task_claimed(sz_job_t *job, void *data);
static void ngx_http_sanzaru_task_gave_up(sz_job_t *job, void *data);
static void ngx_http_sanzaru_task_lost(sz_task_job_t *claimed,
    const sz_error_t *err);
static void ngx_http_sanzaru_task_let_go(sz_task_job_t *job);


/* of this worker */
static ngx_http_sanzaru_tasks_t  ngx_http_sanzaru_tasks;


/* The directory cannot be used: each call and each look would say so. */

static void
ngx_http_sanzaru_task_complain(const char *what, const char *id,
    const sz_error_t *err)
{
    ngx_uint_t  level, held;

    level = ngx_http_sanzaru_hush(&ngx_http_sanzaru_tasks.hush, &held);

    ngx_log_error(level, ngx_cycle->log, err->errnum, "sanzaru: %s%s: %s; %ui "
                  "more such failures since the last line at this level are "
                  "at \"warn\"", what, id, err->text, held);
}


/* A job of a call's task; data is the call, alive unless it is cancelled. */

static ngx_int_t
ngx_http_sanzaru_task_post(ngx_http_sanzaru_call_t *call, sz_task_job_t *job,
    ngx_http_sanzaru_job_pt done)
{
    job->job.running = true;

    return ngx_http_sanzaru_job_post(call->run->conf->pool, &job->job, done,
                                     call, NGX_HTTP_SANZARU_JOB_MANDATORY);
}


/* True: the call is gone, and now the job is, too. */

static ngx_uint_t
ngx_http_sanzaru_task_orphan(sz_job_t *job)
{
    job->running = false;

    if (!sz_job_cancelled(job)) {
        return 0;
    }

    ngx_http_sanzaru_task_let_go((sz_task_job_t *) job);

    return 1;
}


static sz_task_job_t *
ngx_http_sanzaru_task_job(ngx_http_sanzaru_call_t *call, sz_task_op_e op,
    sz_str_t text)
{
    sz_task_job_t  *job;

    job = sz_task_job(&call->run->setup, op, (char *) call->run->task.id,
                      ngx_time());
    if (job == NULL) {
        return NULL;
    }

    if (!sz_task_text(job, text)) {
        job->job.destroy(&job->job);
        return NULL;
    }

    sz_call_own(call->message->call, &job->job);

    return job;
}


/*
 * A call lets its client go.
 */

ngx_int_t
ngx_http_sanzaru_task_detach(ngx_http_sanzaru_call_t *call)
{
    sz_call_t      *sc;
    sz_task_job_t  *job;

    sc = call->message->call;

    if (!(sc->client & SZ_CLIENT_TASKS) || sc->detached
        || call->run->n_calls != 1)
    {
        return NGX_DECLINED;
    }

    job = sz_task_new(call->message, (char *) call->run->conf->identity.data);

    if (job == NULL) {
        return NGX_DECLINED;
    }

    sz_call_own(sc, &job->job);

    (void) ngx_http_sanzaru_task_post(call, job, ngx_http_sanzaru_task_made);

    return NGX_AGAIN;
}


/* A record that was made for nobody: no client knows its id. */

static void
ngx_http_sanzaru_task_unmake(sz_task_job_t *made)
{
    sz_task_job_t  *job;

    if (made->job.error.code != SZ_OK) {
        return;
    }

    job = sz_task_job(&ngx_http_sanzaru_tasks.setup, SZ_TASK_CANCEL, made->id,
                      ngx_time());
    if (job == NULL) {
        return;
    }

    job->claim = made->claim;
    made->claim = -1;

    (void) ngx_http_sanzaru_job_post(ngx_http_sanzaru_tasks.smcf->pool,
                                     &job->job, ngx_http_sanzaru_task_gave_up,
                                     job, NGX_HTTP_SANZARU_JOB_MANDATORY);
}


static void
ngx_http_sanzaru_task_made(sz_job_t *job, void *data)
{
    sz_task_job_t            *made = (sz_task_job_t *) job;
    ngx_http_sanzaru_run_t   *run;
    ngx_http_sanzaru_call_t  *call = data;

    if (sz_job_cancelled(job) || call->message->done) {
        ngx_http_sanzaru_task_unmake(made);     /* given up meanwhile */
        (void) ngx_http_sanzaru_task_orphan(job);
        return;
    }

    job->running = false;
    run = call->run;

    if (job->error.code != SZ_OK) {
        ngx_http_sanzaru_task_complain("a task cannot be kept", "",
                                       &job->error);

    } else {
        ngx_memcpy(run->task.id, made->id, SZ_TASK_ID);
        run->task.claim = made->claim;
        made->claim = -1;

        sz_task_detach(call->message, made);
        ngx_http_sanzaru_run_release(run);
        sz_task_publish(&ngx_http_sanzaru_hub, made);

        if (ngx_http_sanzaru_tasks.over) {

            /* this worker is going: another one goes on with it */

            ngx_http_sanzaru_run_destroy(run);
            ngx_http_sanzaru_task_quit();
            return;
        }
    }

    ngx_http_sanzaru_call_effect_done(call);
}


/*
 * What the record is told.
 */

void
ngx_http_sanzaru_task_tell(ngx_http_sanzaru_call_t *call)
{
    sz_call_t               *sc;
    sz_task_job_t           *job;
    ngx_http_sanzaru_run_t  *run;

    run = call->run;
    sc = call->message->call;

    if (!sc->progress.set || run->task.telling
        || ngx_current_msec - run->task.told < NGX_HTTP_SANZARU_TASK_TELL)
    {
        return;
    }

    sc->progress.set = false;
    run->task.told = ngx_current_msec;

    job = run->task.status;

    if (job == NULL) {
        job = ngx_http_sanzaru_task_job(call, SZ_TASK_STATUS, sz_str_null);
        run->task.status = job;
    }

    if (job == NULL
        || !sz_task_again(job, sz_str_of(sc->progress.text), ngx_time()))
    {
        return;
    }

    run->task.telling = 1;
    (void) ngx_http_sanzaru_task_post(call, job, ngx_http_sanzaru_task_told);
}


static void
ngx_http_sanzaru_task_told(sz_job_t *job, void *data)
{
    ngx_http_sanzaru_call_t  *call = data;

    if (ngx_http_sanzaru_task_orphan(job)) {
        return;
    }

    call->run->task.telling = 0;

    if (((sz_task_job_t *) job)->changed) {
        sz_task_publish(&ngx_http_sanzaru_hub, (sz_task_job_t *) job);
    }
}


void
ngx_http_sanzaru_task_ask(ngx_http_sanzaru_call_t *call)
{
    sz_buf_t        json;
    sz_task_job_t  *job;

    sz_buf_init(&json, SZ_HUB_TEXT);
    sz_task_questions(call->message->call, &json);

    job = json.failed ? NULL
          : ngx_http_sanzaru_task_job(call, SZ_TASK_ASK, sz_buf_view(&json));

    sz_buf_free(&json);

    if (job != NULL) {
        (void) ngx_http_sanzaru_task_post(call, job,
                                          ngx_http_sanzaru_task_read);
    }
}


/* A question is out, or an answer is in: both are in the record. */

static void
ngx_http_sanzaru_task_read(sz_job_t *job, void *data)
{
    ngx_uint_t                n;
    sz_task_job_t            *done = (sz_task_job_t *) job;
    ngx_http_sanzaru_call_t  *call = data;

    if (ngx_http_sanzaru_task_orphan(job)) {
        return;
    }

    if (job->error.code != SZ_OK || done->record == NULL) {
        return;
    }

    if (done->changed) {
        sz_task_publish(&ngx_http_sanzaru_hub, done);
    }

    n = sz_task_answers(call->message, done->record);

    while (n--) {
        ngx_http_sanzaru_call_effect_done(call);
    }
}


void
ngx_http_sanzaru_task_finish(ngx_http_sanzaru_call_t *call)
{
    sz_buf_t        json;
    sz_task_job_t  *job;
    sz_task_op_e    op;

    /* its deadline would write the end of it once more */

    ngx_http_sanzaru_run_timers(call->run);

    sz_buf_init(&json, call->run->conf->max_memory);

    op = sz_task_result(call->message, &json) ? SZ_TASK_COMPLETE
                                              : SZ_TASK_FAIL;

    job = ngx_http_sanzaru_task_job(call, op, sz_buf_view(&json));
    sz_buf_free(&json);

    if (job == NULL) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "sanzaru: no memory for the result of task %s",
                      call->run->task.id);
        ngx_http_sanzaru_run_destroy(call->run);
        return;
    }

    /* the claim is the job's: it must not end before the record is written */

    job->claim = call->run->task.claim;
    call->run->task.claim = -1;

    (void) ngx_http_sanzaru_task_post(call, job, ngx_http_sanzaru_task_ended);
}


/*
 * A result that is too large to be kept is told as an error, which is short.
 * When nothing can be written now, the run stays and tries again: nobody is to
 * do the work once more.
 */

static void
ngx_http_sanzaru_task_retry(ngx_event_t *ev)
{
    ngx_http_sanzaru_effect_t  *e = ev->data;

    ngx_http_sanzaru_task_finish(e->call);
}


static void
ngx_http_sanzaru_task_unkept(ngx_http_sanzaru_call_t *call,
    const sz_task_job_t *failed)
{
    sz_buf_t                    json;
    sz_task_job_t              *job;
    ngx_http_sanzaru_effect_t  *e;

    ngx_http_sanzaru_task_complain("cannot keep the result of task ",
                                   (char *) call->run->task.id,
                                   &failed->job.error);

    if (failed->op == SZ_TASK_COMPLETE
        && (failed->job.error.code == SZ_E_LIMIT
            || failed->job.error.code == SZ_E_INPUT))
    {
        sz_buf_init(&json, 4096);
        sz_task_error(&json, &failed->job.error);

        job = ngx_http_sanzaru_task_job(call, SZ_TASK_FAIL,
                                        sz_buf_view(&json));
        sz_buf_free(&json);

        if (job != NULL) {
            (void) ngx_http_sanzaru_task_post(call, job,
                                              ngx_http_sanzaru_task_ended);
            return;
        }
    }

    e = &call->effects[0];
    e->call = call;
    e->timer.data = e;
    e->timer.handler = ngx_http_sanzaru_task_retry;
    e->timer.log = ngx_cycle->log;
    e->timer.cancelable = 1;

    ngx_add_timer(&e->timer, NGX_HTTP_SANZARU_TASK_RETRY);
}


static void
ngx_http_sanzaru_task_ended(sz_job_t *job, void *data)
{
    sz_task_job_t            *done = (sz_task_job_t *) job;
    ngx_http_sanzaru_call_t  *call = data;

    if (sz_job_cancelled(job) && done->changed) {
        sz_task_publish(&ngx_http_sanzaru_hub, done);
    }

    if (ngx_http_sanzaru_task_orphan(job)) {
        return;
    }

    call->run->task.claim = done->claim;
    done->claim = -1;

    if (job->error.code != SZ_OK && job->error.code != SZ_E_NOT_FOUND) {
        ngx_http_sanzaru_task_unkept(call, done);
        return;
    }

    if (done->record != NULL) {
        sz_task_publish(&ngx_http_sanzaru_hub, done);
    }

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "sanzaru: task %s of %s ended (%s)", call->run->task.id,
                  call->message->call->tool->name,
                  sz_code_name(call->run->exchange->outcome));

    ngx_http_sanzaru_run_destroy(call->run);
}


/* Somebody has cancelled the task, or answered a question of it. */

void
ngx_http_sanzaru_task_hear(ngx_http_sanzaru_run_t *run,
    const sz_signal_t *signal)
{
    sz_task_job_t            *job;
    ngx_http_sanzaru_call_t  *call;

    call = &run->calls[0];

    if (!sz_str_is(signal->key, (char *) run->task.id)
        || call->message->done)
    {
        return;
    }

    if (sz_task_is_cancelled(signal->text)) {
        ngx_http_sanzaru_call_give_up(call);
        return;
    }

    if (!sz_call_is_asking(call->message->call)) {
        return;
    }

    job = ngx_http_sanzaru_task_job(call, SZ_TASK_READ, sz_str_null);

    if (job != NULL) {
        (void) ngx_http_sanzaru_task_post(call, job,
                                          ngx_http_sanzaru_task_read);
    }
}


ngx_uint_t
ngx_http_sanzaru_task_is_saved(ngx_http_sanzaru_call_t *call)
{
    return call->message->call->saved != NULL
           || call->message->call->resume != NULL;
}


/*
 * Tasks that nobody works on.
 */

ngx_int_t
ngx_http_sanzaru_task_init(ngx_cycle_t *cycle,
    ngx_http_sanzaru_main_conf_t *smcf)
{
    ngx_http_sanzaru_tasks_t  *ts;

    ts = &ngx_http_sanzaru_tasks;

    ngx_memzero(ts, sizeof(ngx_http_sanzaru_tasks_t));

    if (smcf->state_path == NULL) {
        return NGX_OK;
    }

    ts->smcf = smcf;
    ngx_http_sanzaru_setup_state(&ts->setup, smcf);

    ts->look.handler = ngx_http_sanzaru_task_timer;
    ts->look.data = ts;
    ts->look.log = cycle->log;
    ts->look.cancelable = 1;

    /* not all workers at once */

    ngx_add_timer(&ts->look, 50 + ngx_random() % 500);

    return NGX_OK;
}


void
ngx_http_sanzaru_task_exit(void)
{
    ngx_http_sanzaru_tasks.over = 1;    /* what is found now is not adopted */

    if (ngx_http_sanzaru_tasks.look.timer_set) {
        ngx_del_timer(&ngx_http_sanzaru_tasks.look);
    }
}


static void
ngx_http_sanzaru_task_timer(ngx_event_t *ev)
{
    ngx_http_sanzaru_task_look();

    if (!ngx_http_sanzaru_tasks.over) {
        ngx_add_timer(ev, NGX_HTTP_SANZARU_TASK_LOOK);
    }
}


void
ngx_http_sanzaru_task_look(void)
{
    sz_task_scan_t            *scan;
    ngx_http_sanzaru_tasks_t  *ts;

    ts = &ngx_http_sanzaru_tasks;

    if (ts->smcf == NULL || ts->over) {
        return;
    }

    if (ts->looking) {
        ts->again = 1;
        return;
    }

    scan = sz_task_scan(&ts->setup, ngx_time());

    if (scan == NULL) {
        return;
    }

    ts->looking = 1;

    if (ngx_http_sanzaru_job_post(ts->smcf->pool, &scan->job,
                                  ngx_http_sanzaru_task_found, scan,
                                  NGX_HTTP_SANZARU_JOB_OPTIONAL)
        != NGX_OK)
    {
        ts->looking = 0;
        scan->job.destroy(&scan->job);
    }
}


static void
ngx_http_sanzaru_task_found(sz_job_t *job, void *data)
{
    size_t                     i;
    sz_task_job_t             *claim;
    sz_task_scan_t            *scan = data;
    ngx_http_sanzaru_tasks_t  *ts;

    ts = &ngx_http_sanzaru_tasks;
    ts->looking = 0;

    if (job->error.code != SZ_OK) {
        ngx_http_sanzaru_task_complain("sanzaru_state_path cannot be read", "",
                                       &job->error);
    }

    for (i = 0; !ts->over && i < scan->n; i++) {
        claim = sz_task_job(&ts->setup, SZ_TASK_CLAIM, scan->ids[i],
                            ngx_time());

        if (claim != NULL) {
            (void) ngx_http_sanzaru_job_post(ts->smcf->pool, &claim->job,
                                             ngx_http_sanzaru_task_claimed,
                                             claim,
                                             NGX_HTTP_SANZARU_JOB_MANDATORY);
        }
    }

    if (ts->over && scan->n != 0) {

        /* others may have found them taken, by this very look */

        ngx_http_sanzaru_task_quit();
    }

    job->destroy(job);

    if (ts->again) {
        ts->again = 0;
        ngx_http_sanzaru_task_look();
    }
}


static ngx_http_sanzaru_loc_conf_t *
ngx_http_sanzaru_task_endpoint(const char *identity)
{
    ngx_uint_t                     i;
    ngx_http_sanzaru_loc_conf_t  **slcf;

    slcf = ngx_http_sanzaru_tasks.smcf->locations.elts;

    for (i = 0; i < ngx_http_sanzaru_tasks.smcf->locations.nelts; i++) {
        if (identity != NULL
            && ngx_strcmp(slcf[i]->identity.data, identity) == 0)
        {
            return slcf[i];
        }
    }

    return NULL;
}


static void
ngx_http_sanzaru_task_claimed(sz_job_t *job, void *data)
{
    sz_error_t                    err;
    sz_task_job_t                *claim = data;
    ngx_http_sanzaru_run_t       *run;
    ngx_http_sanzaru_loc_conf_t  *slcf;

    if (job->error.code != SZ_OK || claim->record == NULL || claim->final
        || ngx_http_sanzaru_tasks.over)
    {
        ngx_http_sanzaru_task_let_go(claim);
        return;                         /* another was faster, or it is done */
    }

    slcf = ngx_http_sanzaru_task_endpoint(sz_task_endpoint(claim->record));

    if (slcf == NULL) {
        sz_error_set(&err, SZ_E_INTERNAL,
                     "The location of this task is not configured any more.");
        ngx_http_sanzaru_task_lost(claim, &err);
        return;
    }

    run = ngx_http_sanzaru_run_adopt(slcf, claim, &err);

    if (run == NULL) {
        ngx_http_sanzaru_task_lost(claim, &err);
        return;
    }

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "sanzaru: task %s goes on here", claim->id);

    job->destroy(job);

    ngx_http_sanzaru_call_step(&run->calls[0]);
}


static void
ngx_http_sanzaru_task_gave_up(sz_job_t *job, void *data)
{
    if (((sz_task_job_t *) job)->record != NULL) {
        sz_task_publish(&ngx_http_sanzaru_hub, data);
    }

    ngx_http_sanzaru_task_let_go((sz_task_job_t *) job);
}


/* Nobody can go on with it: its clients are told so. */

static void
ngx_http_sanzaru_task_lost(sz_task_job_t *claimed, const sz_error_t *err)
{
    sz_buf_t        json;
    sz_task_job_t  *job;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0, "sanzaru: task %s: %s",
                  claimed->id, err->text);

    sz_buf_init(&json, 4096);
    sz_task_error(&json, err);

    job = sz_task_job(&ngx_http_sanzaru_tasks.setup, SZ_TASK_FAIL,
                      claimed->id, ngx_time());

    if (job != NULL && sz_task_text(job, sz_buf_view(&json))) {
        (void) ngx_http_sanzaru_job_post(ngx_http_sanzaru_tasks.smcf->pool,
                                         &job->job,
                                         ngx_http_sanzaru_task_gave_up, job,
                                         NGX_HTTP_SANZARU_JOB_MANDATORY);
    }

    sz_buf_free(&json);
    claimed->job.destroy(&claimed->job);
}


/*
 * The end of a job, and of the claim that it may hold.  A worker that is going
 * has told the others already that its tasks are free, and they have looked
 * while this one was still taken: without another word they would look again
 * after NGX_HTTP_SANZARU_TASK_LOOK only.
 */

static void
ngx_http_sanzaru_task_let_go(sz_task_job_t *job)
{
    ngx_uint_t  left;

    left = (job->claim != -1 && !job->final && ngx_http_sanzaru_tasks.over);

    job->job.destroy(&job->job);

    if (left) {
        ngx_http_sanzaru_task_quit();
    }
}


/* No more tasks for this worker; those it had are free. */

void
ngx_http_sanzaru_task_quit(void)
{
    sz_signal_t  signal;

    if (ngx_http_sanzaru_tasks.smcf == NULL) {
        return;
    }

    ngx_http_sanzaru_tasks.over = 1;

    ngx_memzero(&signal, sizeof(sz_signal_t));
    signal.type = SZ_SIGNAL_TASKS;

    ngx_http_sanzaru_hub.publish(&signal);
}
