#include "ngx_http_sanzaru_curl.h"
#include "ngx_http_sanzaru_job.h"
#include "ngx_http_sanzaru_transfer.h"

#include "store/sz_store.h"

#include <openssl/ssl.h>


/* One of the two buffers between a socket and a file. */
#define NGX_HTTP_SANZARU_CHUNK      (256 * 1024)

#define NGX_HTTP_SANZARU_REDIRECTS  3

/* How much later than libcurl's own timeout ours comes. */
#define NGX_HTTP_SANZARU_GRACE      1000

#define NGX_HTTP_SANZARU_MAX_IDLE   60L


/* What happens to the sink when its job is free. */

typedef enum {
    NGX_HTTP_SANZARU_SINK_NONE = 0,
    NGX_HTTP_SANZARU_SINK_COMMIT,
    NGX_HTTP_SANZARU_SINK_REWIND,
    NGX_HTTP_SANZARU_SINK_ABORT
} ngx_http_sanzaru_sink_next_e;


typedef struct {
    u_char   *data;
    size_t    len;
} ngx_http_sanzaru_chunk_t;


struct ngx_http_sanzaru_transfer_s {
    ngx_http_sanzaru_curl_t         curl;

    sz_http_t                      *http;
    ngx_http_sanzaru_upstream_t    *upstream;
    ngx_thread_pool_t              *pool;
    ngx_http_sanzaru_transfer_pt    done;
    void                           *data;

    ngx_queue_t                     queue;      /* while it waits its turn */
    ngx_event_t                     timer;      /* the pause, or the guard */

    char                           *url;
    struct curl_slist              *headers;
    curl_mime                      *mime;
    char                            error[CURL_ERROR_SIZE];

    unsigned                        retries;
    unsigned                        redirects;

    /* of the answer under way */
    char                            retry_after[64];
    char                            retry_after_ms[32];
    char                            should_retry[8];

    sz_sink_t                      *sink;
    ngx_http_sanzaru_chunk_t        chunks[2];
    ngx_uint_t                      filling;
    ngx_http_sanzaru_sink_next_e    next;

    unsigned                        waiting:1;  /* in the queue */
    unsigned                        running:1;  /* counted */
    unsigned                        sink_busy:1;
    unsigned                        paused:1;
    unsigned                        parsing:1;
    unsigned                        too_large:1;
    unsigned                        cancelled:1;
};


/* Heavy parsing, away from the loop: the answer travels with the job. */

typedef struct {
    sz_job_t                        job;        /* first */
    sz_http_t                       http;
} ngx_http_sanzaru_parse_t;


typedef struct {
    ngx_queue_t                     queue;
    ngx_uint_t                      running;
    ngx_uint_t                      max;
    ngx_uint_t                      waiting;
    ngx_uint_t                      max_waiting;
} ngx_http_sanzaru_transfers_t;


static ngx_int_t ngx_http_sanzaru_transfer_easy(
    ngx_http_sanzaru_transfer_t *t);
static ngx_int_t ngx_http_sanzaru_transfer_headers(
    ngx_http_sanzaru_transfer_t *t);
static ngx_int_t ngx_http_sanzaru_transfer_body(
    ngx_http_sanzaru_transfer_t *t);
static void ngx_http_sanzaru_transfer_run(ngx_http_sanzaru_transfer_t *t);
static void ngx_http_sanzaru_transfer_attempt(ngx_http_sanzaru_transfer_t *t);
static void ngx_http_sanzaru_transfer_answered(ngx_http_sanzaru_curl_t *h,
    CURLcode rc);
static void ngx_http_sanzaru_transfer_timeout(ngx_event_t *ev);
static ngx_int_t ngx_http_sanzaru_transfer_redirect(
    ngx_http_sanzaru_transfer_t *t);
static int64_t ngx_http_sanzaru_transfer_retry(ngx_http_sanzaru_transfer_t *t,
    CURLcode rc);
static void ngx_http_sanzaru_transfer_fail(ngx_http_sanzaru_transfer_t *t,
    CURLcode rc);
static void ngx_http_sanzaru_transfer_conclude(
    ngx_http_sanzaru_transfer_t *t);
static void ngx_http_sanzaru_transfer_report(ngx_http_sanzaru_transfer_t *t);
static void ngx_http_sanzaru_transfer_leave(ngx_http_sanzaru_transfer_t *t);
static void ngx_http_sanzaru_transfer_free(ngx_http_sanzaru_transfer_t *t);

static void ngx_http_sanzaru_sink_post(ngx_http_sanzaru_transfer_t *t,
    sz_sink_op_e op);
static void ngx_http_sanzaru_sink_write(ngx_http_sanzaru_transfer_t *t);
static void ngx_http_sanzaru_sink_done(sz_job_t *job, void *data);
static void ngx_http_sanzaru_sink_advance(ngx_http_sanzaru_transfer_t *t);

static size_t ngx_http_sanzaru_transfer_header(char *p, size_t size, size_t n,
    void *data);
static size_t ngx_http_sanzaru_transfer_write(char *p, size_t size, size_t n,
    void *data);


/* of this worker */
static ngx_http_sanzaru_transfers_t  ngx_http_sanzaru_transfers;


void
ngx_http_sanzaru_transfer_init(ngx_uint_t max, ngx_uint_t max_queue)
{
    ngx_http_sanzaru_transfers_t  *ts;

    ts = &ngx_http_sanzaru_transfers;

    ngx_queue_init(&ts->queue);

    ts->running = 0;
    ts->waiting = 0;
    ts->max = max;
    ts->max_waiting = max_queue;
}


ngx_http_sanzaru_transfer_t *
ngx_http_sanzaru_transfer_start(sz_http_t *http,
    ngx_http_sanzaru_upstream_t *upstream, ngx_thread_pool_t *pool,
    ngx_http_sanzaru_transfer_pt done, void *data)
{
    ngx_http_sanzaru_transfer_t   *t;
    ngx_http_sanzaru_transfers_t  *ts;

    ts = &ngx_http_sanzaru_transfers;

    if (upstream->keyless) {
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
    t->data = data;
    t->sink = http->sink;
    t->curl.done = ngx_http_sanzaru_transfer_answered;

    t->timer.data = t;
    t->timer.handler = ngx_http_sanzaru_transfer_timeout;
    t->timer.log = ngx_cycle->log;

    if (ngx_http_sanzaru_transfer_easy(t) != NGX_OK) {
        ngx_http_sanzaru_transfer_free(t);
        sz_error_memory(&http->error);
        return NULL;
    }

    http->attempts = 0;

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

    return t;
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

    ngx_http_sanzaru_curl_remove(&t->curl);

    if (t->timer.timer_set) {
        ngx_del_timer(&t->timer);
    }

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

    ngx_free(t->url);
    ngx_free(t);
}


void
ngx_http_sanzaru_transfer_cancel(ngx_http_sanzaru_transfer_t *t)
{
    ngx_http_sanzaru_curl_remove(&t->curl);

    if (t->timer.timer_set) {
        ngx_del_timer(&t->timer);
    }

    t->cancelled = 1;
    t->http = NULL;

    if (t->parsing) {
        return;                     /* ends in ..._parsed() */
    }

    if (t->sink != NULL && t->running) {
        t->next = NGX_HTTP_SANZARU_SINK_ABORT;
        ngx_http_sanzaru_sink_advance(t);
        return;
    }

    if (t->sink != NULL) {
        t->sink->job.running = false;
    }

    ngx_http_sanzaru_transfer_leave(t);
    ngx_http_sanzaru_transfer_free(t);
}


/*
 * Options that hold for every attempt.
 */

static CURLcode
ngx_http_sanzaru_transfer_ssl(CURL *easy, void *ctx, void *data)
{
    ngx_http_sanzaru_provider_t  *provider = data;

    /* read with the configuration: no file is opened on the event loop */

    SSL_CTX_set1_cert_store(ctx, provider->store);

    return CURLE_OK;
}


static ngx_int_t
ngx_http_sanzaru_transfer_url(ngx_http_sanzaru_transfer_t *t)
{
    size_t                        len;
    u_char                       *p;
    ngx_http_sanzaru_provider_t  *provider;

    provider = t->upstream->provider;

    len = provider->base_url.len + ngx_strlen(t->http->path)
          + provider->query.len + 2;

    t->url = ngx_alloc(len, ngx_cycle->log);
    if (t->url == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf((u_char *) t->url, "%V%s", &provider->base_url,
                    t->http->path);

    if (provider->query.len) {
        *p++ = (ngx_strchr(t->http->path, '?') != NULL) ? '&' : '?';
        p = ngx_sprintf(p, "%V", &provider->query);
    }

    *p = '\0';

    return NGX_OK;
}


static ngx_int_t
ngx_http_sanzaru_transfer_easy(ngx_http_sanzaru_transfer_t *t)
{
    CURL                         *easy;
    sz_http_t                    *http;
    ngx_http_sanzaru_provider_t  *provider;

    http = t->http;
    provider = t->upstream->provider;

    easy = curl_easy_init();
    t->curl.easy = easy;

    if (easy == NULL
        || ngx_http_sanzaru_transfer_url(t) != NGX_OK
        || ngx_http_sanzaru_transfer_headers(t) != NGX_OK)
    {
        return NGX_ERROR;
    }

    curl_easy_setopt(easy, CURLOPT_PRIVATE, &t->curl);
    curl_easy_setopt(easy, CURLOPT_URL, t->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "ngx_sanzaru/" SZ_VERSION);

    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION,
                     ngx_http_sanzaru_transfer_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                     ngx_http_sanzaru_transfer_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);

    /* a threaded process, and a resolver that must not hold up a cancel */

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);

    /* the key goes where the configuration says and nowhere else */

    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                     (provider->store != NULL) ? "https" : "http");

    if (provider->store != NULL) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
        curl_easy_setopt(easy, CURLOPT_CAINFO, NULL);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION,
                         ngx_http_sanzaru_transfer_ssl);
        curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, provider);
    }

    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     (long) provider->connect_timeout);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, NGX_HTTP_SANZARU_MAX_IDLE);

    if (http->sink != NULL) {

        /*
         * A stream over HTTP/2 that is paused goes on filling a window of
         * many megabytes; HTTP/1.1 leaves it in the socket.
         */

        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                         (long) CURL_HTTP_VERSION_1_1);
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128 * 1024L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                         (long) (provider->stall_timeout + 999) / 1000);

    } else {
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                         (long) CURL_HTTP_VERSION_2TLS);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long) provider->timeout);
    }

    if (http->creates) {

        /*
         * On a connection that was kept, libcurl itself repeats a request
         * whose connection is lost: it could be paid for twice.
         */

        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    }

    return ngx_http_sanzaru_transfer_body(t);
}


static ngx_int_t
ngx_http_sanzaru_transfer_add_header(ngx_http_sanzaru_transfer_t *t,
    const char *line)
{
    struct curl_slist  *list;

    list = curl_slist_append(t->headers, line);

    if (list == NULL) {
        return NGX_ERROR;
    }

    t->headers = list;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sanzaru_transfer_headers(ngx_http_sanzaru_transfer_t *t)
{
    u_char       accept[160];
    ngx_str_t   *line;
    ngx_uint_t   i;

    ngx_snprintf(accept, sizeof(accept), "Accept: %s%Z",
                 (t->http->accept != NULL) ? t->http->accept
                                           : "application/json");

    /* libcurl would wait a second for "100 Continue" */

    if (ngx_http_sanzaru_transfer_add_header(t, (char *) accept) != NGX_OK
        || ngx_http_sanzaru_transfer_add_header(t, "Expect:") != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (t->http->method == SZ_POST && t->http->parts == NULL
        && ngx_http_sanzaru_transfer_add_header(t,
                              "Content-Type: application/json") != NGX_OK)
    {
        return NGX_ERROR;
    }

    line = t->upstream->headers->elts;

    for (i = 0; i < t->upstream->headers->nelts; i++) {
        if (ngx_http_sanzaru_transfer_add_header(t, (char *) line[i].data)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* A part's bytes are read from where they are; libcurl would copy them. */

typedef struct {
    const sz_part_t  *part;
    size_t            pos;
} ngx_http_sanzaru_part_t;


static size_t
ngx_http_sanzaru_part_read(char *buf, size_t size, size_t n, void *data)
{
    size_t                    len;
    ngx_http_sanzaru_part_t  *p = data;

    len = ngx_min(size * n, p->part->data.len - p->pos);

    ngx_memcpy(buf, p->part->data.data + p->pos, len);
    p->pos += len;

    return len;
}


static int
ngx_http_sanzaru_part_seek(void *data, curl_off_t offset, int origin)
{
    ngx_http_sanzaru_part_t  *p = data;

    if (origin != SEEK_SET || offset < 0
        || (size_t) offset > p->part->data.len)
    {
        return CURL_SEEKFUNC_FAIL;
    }

    p->pos = (size_t) offset;

    return CURL_SEEKFUNC_OK;
}


static ngx_int_t
ngx_http_sanzaru_transfer_part(ngx_http_sanzaru_transfer_t *t,
    const sz_part_t *part)
{
    CURLcode                  rc;
    curl_mimepart            *mp;
    ngx_http_sanzaru_part_t  *p;

    mp = curl_mime_addpart(t->mime);

    if (mp == NULL || curl_mime_name(mp, part->name) != CURLE_OK) {
        return NGX_ERROR;
    }

    if (part->filename == NULL) {
        rc = curl_mime_data(mp, part->data.data, part->data.len);
        return (rc == CURLE_OK) ? NGX_OK : NGX_ERROR;
    }

    p = ngx_calloc(sizeof(ngx_http_sanzaru_part_t), ngx_cycle->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    p->part = part;

    /* from here on the form frees p */

    rc = curl_mime_data_cb(mp, (curl_off_t) part->data.len,
                           ngx_http_sanzaru_part_read,
                           ngx_http_sanzaru_part_seek, free, p);

    if (rc != CURLE_OK) {
        ngx_free(p);
        return NGX_ERROR;
    }

    return (curl_mime_filename(mp, part->filename) == CURLE_OK
            && curl_mime_type(mp, part->type) == CURLE_OK)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_sanzaru_transfer_body(ngx_http_sanzaru_transfer_t *t)
{
    CURL       *easy;
    size_t      i;
    sz_http_t  *http;

    easy = t->curl.easy;
    http = t->http;

    if (http->method == SZ_GET) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        return NGX_OK;
    }

    if (http->method == SZ_DELETE) {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, "DELETE");
        return NGX_OK;
    }

    if (http->parts == NULL) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t) http->json.len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         (http->json.len != 0) ? http->json.data : "");
        return NGX_OK;
    }

    t->mime = curl_mime_init(easy);
    if (t->mime == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < http->n_parts; i++) {
        if (ngx_http_sanzaru_transfer_part(t, &http->parts[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    curl_easy_setopt(easy, CURLOPT_MIMEPOST, t->mime);

    return NGX_OK;
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
        ngx_http_sanzaru_sink_post(t, SZ_SINK_OPEN);
        return;
    }

    ngx_http_sanzaru_transfer_attempt(t);
}


static void
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

    if (ngx_http_sanzaru_curl_add(&t->curl) != NGX_OK) {
        sz_error_memory(&http->error);
        ngx_http_sanzaru_transfer_conclude(t);
        return;
    }

    /* libcurl's timeouts are hints with better texts; this one is the law */

    if (t->sink == NULL) {
        ngx_add_timer(&t->timer, t->upstream->provider->timeout
                                 + NGX_HTTP_SANZARU_GRACE);
    }
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


/* One attempt has an outcome; the handle is out of the multi. */

static void
ngx_http_sanzaru_transfer_answered(ngx_http_sanzaru_curl_t *h, CURLcode rc)
{
    int64_t                       delay;
    sz_http_t                    *http;
    ngx_http_sanzaru_transfer_t  *t;

    t = (ngx_http_sanzaru_transfer_t *) h;
    http = t->http;

    if (t->timer.timer_set) {
        ngx_del_timer(&t->timer);
    }

    if (rc == CURLE_OK && http->status / 100 == 3
        && ngx_http_sanzaru_transfer_redirect(t) == NGX_OK)
    {
        return;
    }

    if (rc == CURLE_OK && http->status / 100 == 2) {
        ngx_http_sanzaru_transfer_conclude(t);
        return;
    }

    delay = ngx_http_sanzaru_transfer_retry(t, rc);

    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "sanzaru: provider \"%V\": %s %s: status %d%s%s%s",
                  &t->upstream->provider->name,
                  (http->method == SZ_GET) ? "GET"
                  : (http->method == SZ_POST) ? "POST" : "DELETE",
                  http->path, http->status,
                  (rc != CURLE_OK) ? ", " : "",
                  (rc != CURLE_OK) ? ((t->error[0] != '\0') ? t->error
                                       : curl_easy_strerror(rc)) : "",
                  (delay >= 0) ? ", will be repeated" : "");

    if (delay >= 0) {
        t->retries++;
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
    curl_off_t    sent;
    sz_attempt_t  attempt;

    http = t->http;
    sent = 0;

    if (http->error.code != SZ_OK || t->too_large) {
        return -1;
    }

    if (http->status >= 400 && http->answer.len <= SZ_JSON_INLINE) {
        sz_http_parse(http);
    }

    (void) curl_easy_getinfo(t->curl.easy, CURLINFO_PRETRANSFER_TIME_T, &sent);

    attempt.creates = http->creates;
    attempt.retries = t->retries;
    attempt.max_retries = (unsigned) t->upstream->provider->retries;
    attempt.connected = (sent > 0);
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
    const char  *service;

    http = t->http;
    service = sz_service_name(http->service);

    if (http->error.code != SZ_OK || http->status >= 400) {
        return;                     /* what was answered says more */
    }

    if (rc == CURLE_PARTIAL_FILE && http->expected < 0) {
        rc = CURLE_RECV_ERROR;      /* cut before the last chunk */
    }

    if (t->too_large) {
        sz_error_set(&http->error, SZ_E_LIMIT,
                     "the answer of the %s provider is larger than the "
                     "gateway accepts (%lld bytes%s).", service,
                     (long long) ((t->sink != NULL) ? t->sink->max
                                  : (int64_t) http->answer.max),
                     (t->sink != NULL) ? ", sanzaru_max_file_size" : "");
        return;
    }

    switch (rc) {

    case CURLE_OPERATION_TIMEDOUT:
        sz_error_set(&http->error, SZ_E_TIMEOUT,
                     "the %s provider did not %s in time (%s of its "
                     "sanzaru_provider). Try again later.", service,
                     (t->sink != NULL && http->received > 0)
                     ? "send on" : "answer",
                     (t->sink != NULL) ? "stall_timeout"
                     : "connect_timeout, timeout");
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

    case CURLE_PARTIAL_FILE:
        sz_error_set(&http->error, SZ_E_UPSTREAM,
                     "the answer of the %s provider was cut: %lld of %lld "
                     "bytes came. Nothing was kept; try again.", service,
                     (long long) http->received, (long long) http->expected);
        break;

    default:
        sz_error_set(&http->error, SZ_E_UPSTREAM,
                     "the connection to the %s provider was lost after %lld "
                     "bytes of its answer.%s", service,
                     (long long) http->received, http->creates
                     ? " It may have begun the job: look before you start it "
                       "again." : " Nothing was kept; try again.");
    }
}


/*
 * The last attempt is over.
 */

static void
ngx_http_sanzaru_parse_run(sz_job_t *job)
{
    sz_http_parse(&((ngx_http_sanzaru_parse_t *) job)->http);
}


static void
ngx_http_sanzaru_parse_destroy(sz_job_t *job)
{
    sz_http_free(&((ngx_http_sanzaru_parse_t *) job)->http);
    ngx_free(job);
}


static void
ngx_http_sanzaru_transfer_parsed(sz_job_t *job, void *data)
{
    ngx_http_sanzaru_parse_t     *p = (ngx_http_sanzaru_parse_t *) job;
    ngx_http_sanzaru_transfer_t  *t = data;

    t->parsing = 0;

    if (t->cancelled) {
        ngx_http_sanzaru_transfer_leave(t);
        ngx_http_sanzaru_transfer_free(t);

    } else {
        t->http->answer = p->http.answer;
        t->http->answer_json = p->http.answer_json;
        sz_http_init(&p->http, p->http.service);

        ngx_http_sanzaru_transfer_report(t);
    }

    job->destroy(job);
}


static void
ngx_http_sanzaru_transfer_parse(ngx_http_sanzaru_transfer_t *t)
{
    sz_http_t                 *http;
    ngx_http_sanzaru_parse_t  *p;

    http = t->http;

    if (http->answer.len <= SZ_JSON_INLINE) {

        if (http->answer_json == NULL) {
            sz_http_parse(http);
        }

        ngx_http_sanzaru_transfer_report(t);
        return;
    }

    p = ngx_calloc(sizeof(ngx_http_sanzaru_parse_t), ngx_cycle->log);

    if (p == NULL) {
        sz_error_memory(&http->error);
        ngx_http_sanzaru_transfer_report(t);
        return;
    }

    p->job.run = ngx_http_sanzaru_parse_run;
    p->job.destroy = ngx_http_sanzaru_parse_destroy;
    p->job.name = "parse answer";

    sz_http_init(&p->http, http->service);
    p->http.answer = http->answer;
    ngx_memcpy(p->http.type, http->type, sizeof(http->type));
    sz_buf_init(&http->answer, 0);

    t->parsing = 1;

    (void) ngx_http_sanzaru_job_post(t->pool, &p->job,
                                     ngx_http_sanzaru_transfer_parsed, t,
                                     NGX_HTTP_SANZARU_JOB_MANDATORY);
}


static void
ngx_http_sanzaru_transfer_conclude(ngx_http_sanzaru_transfer_t *t)
{
    sz_http_t  *http;

    http = t->http;

    if (t->sink == NULL) {
        ngx_http_sanzaru_transfer_parse(t);
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


static void
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


/*
 * The sink: one job at a time.
 */

static void
ngx_http_sanzaru_sink_post(ngx_http_sanzaru_transfer_t *t, sz_sink_op_e op)
{
    t->sink->op = op;
    t->sink_busy = 1;

    (void) ngx_http_sanzaru_job_post(t->pool, &t->sink->job,
                                     ngx_http_sanzaru_sink_done, t,
                                     NGX_HTTP_SANZARU_JOB_MANDATORY);
}


/* Hands the full buffer over and goes on with the other one. */

static void
ngx_http_sanzaru_sink_write(ngx_http_sanzaru_transfer_t *t)
{
    ngx_http_sanzaru_chunk_t  *chunk;

    chunk = &t->chunks[t->filling];
    t->filling = !t->filling;
    t->chunks[t->filling].len = 0;

    t->sink->data = chunk->data;
    t->sink->len = chunk->len;

    ngx_http_sanzaru_sink_post(t, SZ_SINK_WRITE);
}


static void
ngx_http_sanzaru_sink_opened(ngx_http_sanzaru_transfer_t *t)
{
    u_char  *p;

    p = ngx_alloc(2 * NGX_HTTP_SANZARU_CHUNK, ngx_cycle->log);

    if (p == NULL) {
        sz_error_memory(&t->http->error);
        ngx_http_sanzaru_transfer_conclude(t);
        return;
    }

    t->chunks[0].data = p;
    t->chunks[1].data = p + NGX_HTTP_SANZARU_CHUNK;

    ngx_http_sanzaru_transfer_attempt(t);
}


static void
ngx_http_sanzaru_sink_gone(ngx_http_sanzaru_transfer_t *t)
{
    sz_job_t  *job;

    if (!t->cancelled) {
        ngx_http_sanzaru_transfer_report(t);
        return;
    }

    job = &t->sink->job;
    job->running = false;

    if (sz_job_cancelled(job)) {
        job->destroy(job);
    }

    ngx_http_sanzaru_transfer_leave(t);
    ngx_http_sanzaru_transfer_free(t);
}


static void
ngx_http_sanzaru_sink_done(sz_job_t *job, void *data)
{
    sz_sink_op_e                  op;
    ngx_http_sanzaru_transfer_t  *t = data;

    op = t->sink->op;
    t->sink_busy = 0;

    if (op == SZ_SINK_ABORT) {
        ngx_http_sanzaru_sink_gone(t);
        return;
    }

    if (t->cancelled) {
        ngx_http_sanzaru_sink_advance(t);
        return;
    }

    if (job->error.code != SZ_OK) {
        ngx_http_sanzaru_curl_remove(&t->curl);

        if (t->timer.timer_set) {
            ngx_del_timer(&t->timer);
        }

        t->http->error = job->error;
        t->next = NGX_HTTP_SANZARU_SINK_ABORT;

        ngx_http_sanzaru_sink_advance(t);
        return;
    }

    switch (op) {

    case SZ_SINK_OPEN:
        ngx_http_sanzaru_sink_opened(t);
        break;

    case SZ_SINK_REWIND:
        ngx_http_sanzaru_transfer_attempt(t);
        break;

    case SZ_SINK_WRITE:
        if (t->next != NGX_HTTP_SANZARU_SINK_NONE) {
            ngx_http_sanzaru_sink_advance(t);

        } else if (t->paused) {

            /* may call the write callback at once, with what it refused */

            t->paused = 0;
            (void) curl_easy_pause(t->curl.easy, CURLPAUSE_CONT);
        }

        break;

    default: /* SZ_SINK_COMMIT */
        ngx_http_sanzaru_transfer_report(t);
    }
}


static void
ngx_http_sanzaru_sink_advance(ngx_http_sanzaru_transfer_t *t)
{
    ngx_http_sanzaru_sink_next_e  next;

    if (t->sink_busy) {
        return;
    }

    next = t->next;

    if (next == NGX_HTTP_SANZARU_SINK_COMMIT
        && t->chunks[t->filling].len > 0)
    {
        ngx_http_sanzaru_sink_write(t);
        return;
    }

    t->next = NGX_HTTP_SANZARU_SINK_NONE;
    t->chunks[0].len = 0;
    t->chunks[1].len = 0;

    ngx_http_sanzaru_sink_post(t,
        (next == NGX_HTTP_SANZARU_SINK_COMMIT) ? SZ_SINK_COMMIT
        : (next == NGX_HTTP_SANZARU_SINK_REWIND) ? SZ_SINK_REWIND
        : SZ_SINK_ABORT);
}


/*
 * Inside libcurl: record, copy, return.
 */

static ngx_int_t
ngx_http_sanzaru_header_value(const char *line, size_t len, const char *name,
    char *dst, size_t size)
{
    size_t    n;
    sz_str_t  value;

    n = ngx_strlen(name);

    if (len <= n || line[n] != ':'
        || ngx_strncasecmp((u_char *) line, (u_char *) name, n) != 0)
    {
        return NGX_DECLINED;
    }

    while (len > n && (line[len - 1] == '\r' || line[len - 1] == '\n')) {
        len--;
    }

    value = sz_str_trim((sz_str_t) { len - n - 1, line + n + 1 });
    n = ngx_min(value.len, size - 1);

    ngx_memcpy(dst, value.data, n);
    dst[n] = '\0';

    return NGX_OK;
}


static void
ngx_http_sanzaru_transfer_head(ngx_http_sanzaru_transfer_t *t)
{
    long         status;
    curl_off_t   length;
    sz_http_t   *http;

    http = t->http;
    status = 0;
    length = -1;

    (void) curl_easy_getinfo(t->curl.easy, CURLINFO_RESPONSE_CODE, &status);
    (void) curl_easy_getinfo(t->curl.easy,
                             CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);

    http->status = (int) status;
    http->expected = length;

    if (t->sink != NULL && status / 100 == 2) {
        ngx_memcpy(t->sink->announced, http->type, sizeof(http->type));

        t->too_large = (length > t->sink->max);
    }
}


static size_t
ngx_http_sanzaru_transfer_header(char *p, size_t size, size_t n, void *data)
{
    size_t                        len, i;
    ngx_http_sanzaru_transfer_t  *t = data;

    struct {
        const char  *name;
        char        *dst;
        size_t       size;
    } wanted[] = {
        { "Content-Type", t->http->type, sizeof(t->http->type) },
        { "x-request-id", t->http->request_id, sizeof(t->http->request_id) },
        { "Retry-After", t->retry_after, sizeof(t->retry_after) },
        { "retry-after-ms", t->retry_after_ms, sizeof(t->retry_after_ms) },
        { "x-should-retry", t->should_retry, sizeof(t->should_retry) }
    };

    len = size * n;

    if (len <= 2) {
        ngx_http_sanzaru_transfer_head(t);
        return t->too_large ? 0 : len;
    }

    for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (ngx_http_sanzaru_header_value(p, len, wanted[i].name,
                                          wanted[i].dst, wanted[i].size)
            == NGX_OK)
        {
            break;
        }
    }

    return len;
}


static size_t
ngx_http_sanzaru_transfer_keep(ngx_http_sanzaru_transfer_t *t, char *p,
    size_t len)
{
    size_t      room;
    sz_http_t  *http;

    http = t->http;

    if (http->status / 100 != 2) {

        /* of an error page the beginning is enough */

        room = (http->answer.len < SZ_JSON_INLINE)
               ? SZ_JSON_INLINE - http->answer.len : 0;

        sz_buf_add(&http->answer, p, ngx_min(len, room));
        return len;
    }

    sz_buf_add(&http->answer, p, len);

    if (http->answer.failed) {
        t->too_large = 1;
        return 0;
    }

    return len;
}


static size_t
ngx_http_sanzaru_transfer_write(char *p, size_t size, size_t n, void *data)
{
    size_t                        len;
    ngx_http_sanzaru_chunk_t     *chunk;
    ngx_http_sanzaru_transfer_t  *t = data;

    len = size * n;

    if (t->sink == NULL || t->http->status / 100 != 2) {
        t->http->received += (int64_t) len;
        return ngx_http_sanzaru_transfer_keep(t, p, len);
    }

    chunk = &t->chunks[t->filling];

    if (len > NGX_HTTP_SANZARU_CHUNK - chunk->len) {

        if (t->sink_busy) {
            t->paused = 1;
            return CURL_WRITEFUNC_PAUSE;
        }

        ngx_http_sanzaru_sink_write(t);
        chunk = &t->chunks[t->filling];
    }

    ngx_memcpy(chunk->data + chunk->len, p, len);
    chunk->len += len;

    t->http->received += (int64_t) len;

    return len;
}
