#include "ngx_http_sanzaru_transfer_room.h"

#include <malloc.h>


#define NGX_HTTP_SANZARU_REDIRECTS  3

/* How much later than libcurl's own timeout ours comes. */
#define NGX_HTTP_SANZARU_GRACE      1000

/* Seconds between two lines at `error` about one provider. */
#define NGX_HTTP_SANZARU_HUSH       60

/*
 * So many transfers at once leave memory behind that malloc() does not return;
 * it is returned when there was none for so many ms.
 */
#define NGX_HTTP_SANZARU_MANY       64
#define NGX_HTTP_SANZARU_REST       5000


typedef struct {
    ngx_queue_t                     queue;
    ngx_uint_t                      running;
    ngx_uint_t                      max;
    ngx_uint_t                      waiting;
    ngx_uint_t                      max_waiting;
    ngx_uint_t                      peak;       /* since memory was returned */
    ngx_event_t                     rest;
    ngx_thread_pool_t              *pool;       /* of the last one */
} ngx_http_sanzaru_transfers_t;


static void ngx_http_sanzaru_transfer_run(ngx_http_sanzaru_transfer_t *t);
static void ngx_http_sanzaru_transfer_answered(ngx_http_sanzaru_curl_t *h,
    CURLcode rc);
static void ngx_http_sanzaru_transfer_timeout(ngx_event_t *ev);
static void ngx_http_sanzaru_transfer_failed(ngx_event_t *ev);
static void ngx_http_sanzaru_transfer_complain(
    ngx_http_sanzaru_upstream_t *upstream,
    ngx_http_sanzaru_transfer_log_pt get_log, void *data);
static void ngx_http_sanzaru_transfer_held(
    ngx_http_sanzaru_provider_t *provider, ngx_uint_t level, ngx_log_t *log,
    ngx_uint_t held);
static ngx_int_t ngx_http_sanzaru_transfer_redirect(
    ngx_http_sanzaru_transfer_t *t);
static int64_t ngx_http_sanzaru_transfer_retry(ngx_http_sanzaru_transfer_t *t,
    CURLcode rc);
static void ngx_http_sanzaru_transfer_fail(ngx_http_sanzaru_transfer_t *t,
    CURLcode rc);
static void ngx_http_sanzaru_transfer_leave(ngx_http_sanzaru_transfer_t *t);
static void ngx_http_sanzaru_transfer_free(ngx_http_sanzaru_transfer_t *t);
static void ngx_http_sanzaru_transfer_rest(ngx_event_t *ev);


/* of this worker */
static ngx_http_sanzaru_transfers_t  ngx_http_sanzaru_transfers;


void
ngx_http_sanzaru_transfer_init(ngx_uint_t max, ngx_uint_t max_queue)
{
    ngx_http_sanzaru_transfers_t  *ts;

    ts = &ngx_http_sanzaru_transfers;

    ngx_queue_init(&ts->queue);

    ngx_http_sanzaru_sink_init();

    ngx_memzero(&ts->rest, sizeof(ngx_event_t));

    ts->rest.data = ts;
    ts->rest.handler = ngx_http_sanzaru_transfer_rest;
    ts->rest.log = ngx_cycle->log;
    ts->rest.cancelable = 1;

    ts->running = 0;
    ts->waiting = 0;
    ts->peak = 0;
    ts->max = max;
    ts->max_waiting = max_queue;
}


ngx_http_sanzaru_transfer_t *
ngx_http_sanzaru_transfer_start(sz_http_t *http,
    ngx_http_sanzaru_upstream_t *upstream, ngx_thread_pool_t *pool,
    ngx_http_sanzaru_transfer_pt done, ngx_http_sanzaru_transfer_moved_pt moved,
    ngx_http_sanzaru_transfer_log_pt log, void *data)
{
    ngx_http_sanzaru_transfer_t   *t;
    ngx_http_sanzaru_transfers_t  *ts;

    ts = &ngx_http_sanzaru_transfers;

    ngx_http_sanzaru_transfer_complain(upstream, log, data);

    if (upstream->keyless != NULL) {
        sz_error_set(&http->error, SZ_E_UPSTREAM,
                     "the gateway has no key for the %s provider in this "
                     "request. The operator has to look at key of its "
                     "sanzaru_provider.", sz_service_name(http->service));
        return NULL;
    }

    if (ts->running >= ts->max && ts->waiting >= ts->max_waiting) {
        sz_error_set(&http->error, SZ_E_BUSY,
                     "The gateway has too many requests to providers under "
                     "way (sanzaru_max_transfers). Try again in a few "
                     "seconds.");
        return NULL;
    }

    t = ngx_calloc(sizeof(ngx_http_sanzaru_transfer_t), ngx_cycle->log);
    if (t == NULL) {
        sz_error_memory(&http->error);
        return NULL;
    }

    t->http = http;
    t->upstream = upstream;
    t->pool = pool;
    t->done = done;
    t->moved = moved;
    t->log = log;
    t->data = data;
    t->sink = http->sink;
    t->reader = http->reader;
    t->curl.done = ngx_http_sanzaru_transfer_answered;

    t->timer.data = t;
    t->timer.handler = ngx_http_sanzaru_transfer_timeout;
    t->timer.log = ngx_cycle->log;

    t->failed.data = t;
    t->failed.handler = ngx_http_sanzaru_transfer_failed;
    t->failed.log = ngx_cycle->log;

    if (ngx_http_sanzaru_transfer_easy(t) != NGX_OK) {
        ngx_http_sanzaru_transfer_free(t);
        sz_error_memory(&http->error);
        return NULL;
    }

    http->attempts = 0;
    http->secrets = upstream->secrets->elts;
    http->n_secrets = upstream->secrets->nelts;

    if (t->sink != NULL) {
        t->sink->job.running = true;
    }

    if (ts->running < ts->max) {
        ngx_http_sanzaru_transfer_run(t);

    } else {
        t->waiting = 1;
        ts->waiting++;
        ngx_queue_insert_tail(&ts->queue, &t->queue);
    }

    ts->peak = ngx_max(ts->peak, ts->running + ts->waiting);
    ts->pool = pool;

    return t;
}


/*
 * Memory goes back to the system on a thread, when nobody is kept waiting.
 */

static void
ngx_http_sanzaru_trim_run(sz_job_t *job)
{
#if (defined M_ARENA_MAX)
    (void) malloc_trim(0);
#endif
}


static void
ngx_http_sanzaru_trim_destroy(sz_job_t *job)
{
    ngx_free(job);
}


static void
ngx_http_sanzaru_trim_done(sz_job_t *job, void *data)
{
    job->destroy(job);
}


static void
ngx_http_sanzaru_transfer_rest(ngx_event_t *ev)
{
    sz_job_t                      *job;
    ngx_http_sanzaru_transfers_t  *ts = ev->data;

    if (ts->running != 0) {
        return;                     /* its end sets the timer again */
    }

    ts->peak = 0;

    job = ngx_calloc(sizeof(sz_job_t), ngx_cycle->log);
    if (job == NULL) {
        return;
    }

    job->run = ngx_http_sanzaru_trim_run;
    job->destroy = ngx_http_sanzaru_trim_destroy;
    job->name = "return memory";

    if (ngx_http_sanzaru_job_post(ts->pool, job, ngx_http_sanzaru_trim_done,
                                  NULL, NGX_HTTP_SANZARU_JOB_OPTIONAL)
        != NGX_OK)
    {
        job->destroy(job);
    }
}


/* A transfer that has ended leaves its place to the next one that waits. */

static void
ngx_http_sanzaru_transfer_leave(ngx_http_sanzaru_transfer_t *t)
{
    ngx_queue_t                   *q;
    ngx_http_sanzaru_transfer_t   *next;
    ngx_http_sanzaru_transfers_t  *ts;

    ts = &ngx_http_sanzaru_transfers;

    if (t->waiting) {
        t->waiting = 0;
        ts->waiting--;
        ngx_queue_remove(&t->queue);
    }

    if (!t->running) {
        return;
    }

    t->running = 0;
    ts->running--;

    if (ts->running == 0 && ts->peak >= NGX_HTTP_SANZARU_MANY) {
        ngx_add_timer(&ts->rest, NGX_HTTP_SANZARU_REST);
    }

    if (!ngx_queue_empty(&ts->queue) && ts->running < ts->max) {
        q = ngx_queue_head(&ts->queue);
        ngx_queue_remove(q);
        ts->waiting--;

        next = ngx_queue_data(q, ngx_http_sanzaru_transfer_t, queue);
        next->waiting = 0;

        ngx_http_sanzaru_transfer_run(next);
    }
}


static void
ngx_http_sanzaru_transfer_free(ngx_http_sanzaru_transfer_t *t)
{
    struct curl_slist  *header;

    ngx_http_sanzaru_transfer_stop(t);

    if (t->curl.easy != NULL) {
        curl_easy_cleanup(t->curl.easy);
    }

    for (header = t->headers; header != NULL; header = header->next) {
        ngx_explicit_memzero(header->data, ngx_strlen(header->data));
    }

    curl_slist_free_all(t->headers);
    curl_mime_free(t->mime);

    if (t->chunks[0].data != NULL) {
        ngx_free(t->chunks[0].data);
    }

    sz_sse_free(&t->sse);
    ngx_free(t->url);
    ngx_free(t);
}


void
ngx_http_sanzaru_transfer_stop(ngx_http_sanzaru_transfer_t *t)
{
    ngx_http_sanzaru_sink_rest(t);
    ngx_http_sanzaru_curl_remove(&t->curl);

    if (t->timer.timer_set) {
        ngx_del_timer(&t->timer);
    }

    if (t->failed.posted) {
        ngx_delete_posted_event(&t->failed);
    }
}


void
ngx_http_sanzaru_transfer_resume(ngx_http_sanzaru_transfer_t *t)
{
    CURLcode  rc;

    t->paused = 0;

    rc = curl_easy_pause(t->curl.easy, CURLPAUSE_CONT);

    if (rc != CURLE_OK) {
        ngx_http_sanzaru_curl_remove(&t->curl);
        ngx_http_sanzaru_transfer_answered(&t->curl, rc);
    }
}


void
ngx_http_sanzaru_transfer_vanish(ngx_http_sanzaru_transfer_t *t)
{
    ngx_http_sanzaru_transfer_leave(t);
    ngx_http_sanzaru_transfer_free(t);
}


void
ngx_http_sanzaru_transfer_cancel(ngx_http_sanzaru_transfer_t *t)
{
    ngx_http_sanzaru_transfer_stop(t);

    t->cancelled = 1;
    t->http = NULL;

    if (t->parsing || t->reading) {
        return;                     /* ends when the job has run */
    }

    if (t->sink != NULL && t->running) {
        t->next = NGX_HTTP_SANZARU_SINK_ABORT;
        ngx_http_sanzaru_sink_advance(t);
        return;
    }

    if (t->sink != NULL) {
        t->sink->job.running = false;
    }

    ngx_http_sanzaru_transfer_vanish(t);
}


/* Whether the attempt under way may have reached the provider. */

static ngx_uint_t
ngx_http_sanzaru_transfer_is_sent(ngx_http_sanzaru_transfer_t *t)
{
    curl_off_t  sent;

    sent = 0;

    (void) curl_easy_getinfo(t->curl.easy, CURLINFO_PRETRANSFER_TIME_T, &sent);

    return sent > 0;
}


ngx_uint_t
ngx_http_sanzaru_transfer_hear_out(ngx_http_sanzaru_transfer_t *t)
{
    if (!t->http->creates
        || !(t->parsing || t->reading
             || (t->curl.added && ngx_http_sanzaru_transfer_is_sent(t))))
    {
        return 0;
    }

    t->last = 1;

    return 1;
}


/*
 * Attempts.
 */

static void
ngx_http_sanzaru_transfer_run(ngx_http_sanzaru_transfer_t *t)
{
    t->running = 1;
    ngx_http_sanzaru_transfers.running++;

    if (t->sink != NULL) {
        ngx_http_sanzaru_sink_open(t);
        return;
    }

    ngx_http_sanzaru_transfer_attempt(t);
}


void
ngx_http_sanzaru_transfer_attempt(ngx_http_sanzaru_transfer_t *t)
{
    sz_http_t  *http;

    http = t->http;

    sz_http_reset(http);
    http->attempts++;

    t->retry_after[0] = '\0';
    t->retry_after_ms[0] = '\0';
    t->should_retry[0] = '\0';
    t->error[0] = '\0';
    t->too_large = 0;
    t->paused = 0;
    t->streaming = 0;
    t->taken = 0;
    t->sent = 0;

    sz_sse_free(&t->sse);
    sz_sse_init(&t->sse, http->max_answer);

    if (ngx_http_sanzaru_curl_add(&t->curl) != NGX_OK) {

        /* whoever has started it must have it in hand before it is over */

        ngx_post_event(&t->failed, &ngx_posted_events);
        return;
    }

    /* libcurl's timeouts are hints with better texts; this one is the law */

    if (t->sink == NULL) {
        ngx_add_timer(&t->timer, t->upstream->provider->timeout
                                 + NGX_HTTP_SANZARU_GRACE);
    }
}


static void
ngx_http_sanzaru_transfer_failed(ngx_event_t *ev)
{
    ngx_http_sanzaru_transfer_t  *t = ev->data;

    sz_error_memory(&t->http->error);
    ngx_http_sanzaru_transfer_conclude(t);
}


static void
ngx_http_sanzaru_transfer_timeout(ngx_event_t *ev)
{
    ngx_http_sanzaru_transfer_t  *t = ev->data;

    if (t->curl.added) {
        ngx_http_sanzaru_curl_remove(&t->curl);
        ngx_http_sanzaru_transfer_answered(&t->curl, CURLE_OPERATION_TIMEDOUT);
        return;
    }

    /* a pause is over */

    if (t->sink != NULL) {
        t->next = NGX_HTTP_SANZARU_SINK_REWIND;
        ngx_http_sanzaru_sink_advance(t);
        return;
    }

    ngx_http_sanzaru_transfer_attempt(t);
}


ngx_uint_t
ngx_http_sanzaru_hush(ngx_http_sanzaru_hush_t *hush, ngx_uint_t *held)
{
    *held = 0;

    if (ngx_time() < hush->until) {
        hush->held++;
        return NGX_LOG_WARN;
    }

    *held = hush->held;

    hush->held = 0;
    hush->until = ngx_time() + NGX_HTTP_SANZARU_HUSH;

    return NGX_LOG_ERR;
}


/* What the variables of a provider's block give in this request. */

static void
ngx_http_sanzaru_transfer_complain(ngx_http_sanzaru_upstream_t *upstream,
    ngx_http_sanzaru_transfer_log_pt get_log, void *data)
{
    ngx_log_t   *log;
    ngx_str_t    whose;
    ngx_uint_t   level, held;

    if (upstream->keyless == NULL && upstream->unsent == NULL) {
        return;
    }

    log = get_log(data, &whose);
    level = ngx_http_sanzaru_hush(&upstream->provider->hush, &held);

    if (upstream->keyless != NULL) {
        ngx_log_error(level, log, 0, "sanzaru: provider \"%V\": the value of "
                      "\"key\" %s%V; nothing is sent",
                      &upstream->provider->name, upstream->keyless, &whose);

    } else {
        ngx_log_error(level, log, 0, "sanzaru: provider \"%V\": the value of "
                      "\"header %*s\" %s%V; it is left out",
                      &upstream->provider->name, upstream->unsent->len - 1,
                      upstream->unsent->data, upstream->unsent_why, &whose);
    }

    ngx_http_sanzaru_transfer_held(upstream->provider, level, log, held);
}


static void
ngx_http_sanzaru_transfer_held(ngx_http_sanzaru_provider_t *provider,
    ngx_uint_t level, ngx_log_t *log, ngx_uint_t held)
{
    if (held != 0) {
        ngx_log_error(level, log, 0, "sanzaru: provider \"%V\": %ui more "
                      "failures since the last line at this level are at "
                      "\"warn\"", &provider->name, held);
    }
}


/* An attempt has failed; whether it is the operator's concern in the end. */

static void
ngx_http_sanzaru_transfer_note(ngx_http_sanzaru_transfer_t *t, CURLcode rc,
    ngx_uint_t repeated)
{
    ngx_log_t                    *log;
    ngx_str_t                     whose;
    sz_http_t                    *http;
    ngx_uint_t                    level, held;
    const char                   *concern;
    ngx_http_sanzaru_provider_t  *provider;

    http = t->http;
    concern = sz_http_concern(http);
    provider = t->upstream->provider;

    level = NGX_LOG_WARN;
    held = 0;

    if (!repeated && http->error.code == SZ_OK && !t->too_large
        && ((http->status < 400 && rc != CURLE_OK)
            || concern != NULL))
    {
        level = ngx_http_sanzaru_hush(&provider->hush, &held);
    }

    log = t->log(t->data, &whose);

    ngx_log_error(level, log, 0,
                  "sanzaru: provider \"%V\": %s %s%V: status %d%s%s%s%s%s",
                  &provider->name,
                  (http->method == SZ_GET) ? "GET"
                  : (http->method == SZ_POST) ? "POST" : "DELETE",
                  http->path, &whose, http->status,
                  (rc != CURLE_OK) ? ", " : "",
                  (rc != CURLE_OK) ? ((t->error[0] != '\0') ? t->error
                                       : curl_easy_strerror(rc)) : "",
                  (concern != NULL && *concern != '\0') ? "; look at its "
                                                        : "",
                  (concern != NULL) ? concern : "",
                  repeated ? ", will be repeated" : "");

    ngx_http_sanzaru_transfer_held(provider, level, log, held);
}


/* One attempt has an outcome; the handle is out of the multi. */

static void
ngx_http_sanzaru_transfer_answered(ngx_http_sanzaru_curl_t *h, CURLcode rc)
{
    int64_t                       delay;
    sz_http_t                    *http;
    ngx_http_sanzaru_transfer_t  *t;

    t = (ngx_http_sanzaru_transfer_t *) h;
    http = t->http;

    ngx_http_sanzaru_transfer_stop(t);

    if (rc == CURLE_OK && http->status / 100 == 3
        && ngx_http_sanzaru_transfer_redirect(t) == NGX_OK)
    {
        return;
    }

    if (rc == CURLE_OK && http->status / 100 == 2) {
        ngx_http_sanzaru_transfer_conclude(t);
        return;
    }

    /* what a reader has begun to read cannot be repeated */

    delay = t->reading ? -1 : ngx_http_sanzaru_transfer_retry(t, rc);

    ngx_http_sanzaru_transfer_note(t, rc, delay >= 0);

    if (delay >= 0) {
        t->retries++;

        /* a kept connection may have been the reason */

        curl_easy_setopt(t->curl.easy, CURLOPT_FRESH_CONNECT, 1L);

        ngx_add_timer(&t->timer, (ngx_msec_t) delay);
        return;
    }

    if (rc != CURLE_OK) {
        ngx_http_sanzaru_transfer_fail(t, rc);
    }

    ngx_http_sanzaru_transfer_conclude(t);
}


/*
 * Within the same scheme, host and port only, and only what may be repeated:
 * the headers carry the key.
 */

static ngx_int_t
ngx_http_sanzaru_transfer_same_origin(const char *from, const char *to)
{
    CURLU       *a, *b;
    size_t       i;
    char        *x, *y;
    ngx_int_t    rc;

    static const CURLUPart  parts[] = {
        CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT
    };

    a = curl_url();
    b = curl_url();

    rc = (a != NULL && b != NULL
          && curl_url_set(a, CURLUPART_URL, from, 0) == CURLUE_OK
          && curl_url_set(b, CURLUPART_URL, to, 0) == CURLUE_OK)
         ? NGX_OK : NGX_DECLINED;

    for (i = 0; i < 3 && rc == NGX_OK; i++) {
        x = NULL;
        y = NULL;

        if (curl_url_get(a, parts[i], &x, CURLU_DEFAULT_PORT) != CURLUE_OK
            || curl_url_get(b, parts[i], &y, CURLU_DEFAULT_PORT) != CURLUE_OK
            || strcasecmp(x, y) != 0)
        {
            rc = NGX_DECLINED;
        }

        curl_free(x);
        curl_free(y);
    }

    curl_url_cleanup(a);
    curl_url_cleanup(b);

    return rc;
}


static ngx_int_t
ngx_http_sanzaru_transfer_redirect(ngx_http_sanzaru_transfer_t *t)
{
    char  *target;

    target = NULL;

    (void) curl_easy_getinfo(t->curl.easy, CURLINFO_REDIRECT_URL, &target);

    if (target == NULL || t->http->method != SZ_GET) {
        return NGX_DECLINED;
    }

    if (ngx_http_sanzaru_transfer_same_origin(t->url, target) != NGX_OK) {
        sz_error_set(&t->http->error, SZ_E_UPSTREAM,
                     "the %s provider sent the gateway to another host, where "
                     "its key must not go.",
                     sz_service_name(t->http->service));
        return NGX_DECLINED;
    }

    if (t->redirects++ == NGX_HTTP_SANZARU_REDIRECTS) {
        sz_error_set(&t->http->error, SZ_E_UPSTREAM,
                     "the %s provider sent the gateway in circles.",
                     sz_service_name(t->http->service));
        return NGX_DECLINED;
    }

    curl_easy_setopt(t->curl.easy, CURLOPT_URL, target);

    ngx_http_sanzaru_transfer_attempt(t);

    return NGX_OK;
}


static int64_t
ngx_http_sanzaru_transfer_retry(ngx_http_sanzaru_transfer_t *t, CURLcode rc)
{
    sz_http_t    *http;
    sz_attempt_t  attempt;

    http = t->http;

    if (http->error.code != SZ_OK || t->too_large || t->last) {
        return -1;
    }

    if (http->status >= 400 && http->answer.len <= SZ_JSON_INLINE) {
        sz_http_parse(http);
    }

    attempt.creates = http->creates;
    attempt.retries = t->retries;
    attempt.max_retries = (unsigned) t->upstream->provider->retries;
    attempt.connected = ngx_http_sanzaru_transfer_is_sent(t);
    attempt.status = http->status;
    attempt.error_code = sz_http_error_code(http);
    attempt.should_retry = sz_str_of(t->should_retry);
    attempt.retry_after = sz_str_of(t->retry_after);
    attempt.retry_after_ms = sz_str_of(t->retry_after_ms);
    attempt.now = ngx_time();
    attempt.random = (uint32_t) ngx_random();

    return sz_retry(&attempt);
}


/* What libcurl's outcome means to a caller; the log has the details. */

static void
ngx_http_sanzaru_transfer_fail(ngx_http_sanzaru_transfer_t *t, CURLcode rc)
{
    sz_http_t   *http;
    const char  *service, *doubt;

    http = t->http;
    service = sz_service_name(http->service);
    doubt = ngx_http_sanzaru_transfer_is_sent(t) ? sz_http_doubt(http) : "";

    if (http->error.code != SZ_OK || http->status >= 400) {
        return;                     /* what was answered says more */
    }

    if (rc == CURLE_PARTIAL_FILE && http->expected < 0) {
        rc = CURLE_RECV_ERROR;      /* cut before the last chunk */
    }

    if (t->too_large) {
        sz_error_set(&http->error, SZ_E_LIMIT,
                     "the answer of the %s provider is larger than the "
                     "gateway accepts (%lld bytes%s).%s", service,
                     (long long) ((t->sink != NULL) ? t->sink->max
                                  : (int64_t) http->answer.max),
                     (t->sink != NULL) ? ", sanzaru_max_file_size" : "",
                     doubt);
        return;
    }

    switch (rc) {

    case CURLE_OPERATION_TIMEDOUT:
        sz_error_set(&http->error, SZ_E_TIMEOUT,
                     "the %s provider did not %s in time (%s of its "
                     "sanzaru_provider).%s", service,
                     (t->sink != NULL && http->received > 0)
                     ? "send on" : "answer",
                     (t->sink != NULL) ? "stall_timeout"
                     : "connect_timeout, timeout",
                     (*doubt != '\0') ? doubt : " Try again later.");
        break;

    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        sz_error_set(&http->error, SZ_E_UPSTREAM,
                     "the %s provider cannot be reached. Try again later.",
                     service);
        break;

    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
        sz_error_set(&http->error, SZ_E_UPSTREAM,
                     "no secure connection to the %s provider could be made. "
                     "The operator of the gateway has to look at it.",
                     service);
        break;

    case CURLE_BAD_CONTENT_ENCODING:
        sz_error_set(&http->error, SZ_E_UPSTREAM,
                     "the answer of the %s provider is compressed in a way "
                     "that the gateway cannot undo, and did not ask for. The "
                     "operator of the gateway has to look at what is between "
                     "them.%s", service, doubt);
        break;

    case CURLE_PARTIAL_FILE:
        sz_error_set(&http->error, SZ_E_UPSTREAM,
                     "the answer of the %s provider was cut: %lld of %lld "
                     "bytes came.%s", service,
                     (long long) http->received, (long long) http->expected,
                     (*doubt != '\0') ? doubt
                                      : " Nothing was kept; try again.");
        break;

    default:
        sz_error_set(&http->error, SZ_E_UPSTREAM,
                     "the connection to the %s provider was lost after %lld "
                     "bytes of its answer.%s", service,
                     (long long) http->received, (*doubt != '\0') ? doubt
                     : " Nothing was kept; try again.");
    }
}


/*
 * The last attempt is over.
 */

static void
ngx_http_sanzaru_transfer_deliver(ngx_http_sanzaru_transfer_t *t)
{
    sz_http_t  *http;

    http = t->http;

    if (t->reader == NULL || http->status / 100 != 2) {
        ngx_http_sanzaru_transfer_parse(t);

    } else if (t->streaming && http->error.code == SZ_OK
               && sz_sse_has_rest(&t->sse))
    {
        t->ended = 1;               /* the report comes with its end */
        ngx_http_sanzaru_transfer_event(t);

    } else if (t->streaming || http->error.code != SZ_OK) {
        ngx_http_sanzaru_transfer_report(t);

    } else {
        ngx_http_sanzaru_transfer_read(t);
    }
}


void
ngx_http_sanzaru_transfer_conclude(ngx_http_sanzaru_transfer_t *t)
{
    sz_http_t  *http;

    http = t->http;

    if (t->reading) {
        t->ended = 1;               /* the report comes with its end */
        return;
    }

    if (t->sink == NULL) {
        ngx_http_sanzaru_transfer_deliver(t);
        return;
    }

    if (http->answer.len > 0 && http->answer.len <= SZ_JSON_INLINE
        && http->answer_json == NULL)
    {
        sz_http_parse(http);
    }

    t->next = (http->error.code == SZ_OK && http->status / 100 == 2)
              ? NGX_HTTP_SANZARU_SINK_COMMIT : NGX_HTTP_SANZARU_SINK_ABORT;

    ngx_http_sanzaru_sink_advance(t);
}


void
ngx_http_sanzaru_transfer_report(ngx_http_sanzaru_transfer_t *t)
{
    void                          *data;
    sz_http_t                     *http;
    ngx_http_sanzaru_transfer_pt   done;

    http = t->http;
    done = t->done;
    data = t->data;

    if (t->sink != NULL) {
        t->sink->job.running = false;
    }

    ngx_http_sanzaru_transfer_leave(t);
    ngx_http_sanzaru_transfer_free(t);

    done(http, data);
}
