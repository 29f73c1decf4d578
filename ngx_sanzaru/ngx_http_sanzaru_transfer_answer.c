#include "ngx_http_sanzaru_transfer_room.h"


/* Heavy parsing, away from the loop: the answer travels with the job. */

typedef struct {
    sz_job_t                        job;        /* first */
    sz_http_t                       http;
} ngx_http_sanzaru_parse_t;


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
        ngx_http_sanzaru_transfer_vanish(t);

    } else {
        t->http->answer = p->http.answer;
        t->http->answer_json = p->http.answer_json;
        sz_http_init(&p->http, p->http.service);

        ngx_http_sanzaru_transfer_report(t);
    }

    job->destroy(job);
}


void
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


/*
 * The reader: one text at a time.
 */

static void
ngx_http_sanzaru_transfer_read_done(sz_job_t *job, void *data)
{
    ngx_http_sanzaru_transfer_t  *t = data;

    t->reading = 0;
    job->running = false;

    if (t->cancelled) {

        if (sz_job_cancelled(job)) {
            ngx_http_sanzaru_job_abandon(t->pool, job);
        }

        ngx_http_sanzaru_transfer_vanish(t);
        return;
    }

    if (job->error.code != SZ_OK) {
        ngx_http_sanzaru_transfer_stop(t);
        t->http->error = job->error;
    }

    t->moved(t->data);

    if (t->ended || !t->streaming || job->error.code != SZ_OK) {
        ngx_http_sanzaru_transfer_report(t);
        return;
    }

    if (t->paused) {
        ngx_http_sanzaru_transfer_resume(t);
    }
}


static void
ngx_http_sanzaru_transfer_read_post(ngx_http_sanzaru_transfer_t *t)
{
    t->reading = 1;
    t->reader->job.running = true;

    (void) ngx_http_sanzaru_job_post(t->pool, &t->reader->job,
                                     ngx_http_sanzaru_transfer_read_done, t,
                                     NGX_HTTP_SANZARU_JOB_MANDATORY);
}


void
ngx_http_sanzaru_transfer_read(ngx_http_sanzaru_transfer_t *t)
{
    sz_http_t  *http;

    http = t->http;

    t->reader->text = http->answer;
    t->reader->event = false;
    sz_buf_init(&http->answer, http->max_answer);

    ngx_http_sanzaru_transfer_read_post(t);
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

    if (t->reader != NULL && status / 100 == 2) {

        /* a large answer whose size is known needs no growing */

        if (!sz_str_casestarts(sz_str_of(http->type), SZ_SSE_TYPE)
            && length > 0
            && (uint64_t) length <= http->max_answer)
        {
            (void) sz_buf_reserve(&http->answer, (size_t) length);
        }
    }
}


size_t
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
        { "Location", t->http->location, sizeof(t->http->location) },
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


/* The data of one event, to the thread; the next one waits for it. */

void
ngx_http_sanzaru_transfer_event(ngx_http_sanzaru_transfer_t *t)
{
    sz_reader_t  *reader;

    reader = t->reader;

    reader->text = t->sse.data;
    reader->event = true;
    sz_buf_init(&t->sse.data, t->http->max_answer);

    ngx_http_sanzaru_transfer_read_post(t);
}


/*
 * A chunk may hold the end of one event and the beginning of the next: what
 * was taken of it is skipped when it comes again after the pause.
 */

static size_t
ngx_http_sanzaru_transfer_stream(ngx_http_sanzaru_transfer_t *t, char *p,
    size_t len)
{
    bool      event;
    size_t    n;
    sz_str_t  rest;

    n = ngx_min(t->taken, len);
    t->taken -= n;

    rest.data = p + n;
    rest.len = len - n;

    while (rest.len > 0) {

        if (t->reading) {
            t->taken = len - rest.len;
            t->paused = 1;
            return CURL_WRITEFUNC_PAUSE;
        }

        n = sz_sse_feed(&t->sse, rest, &event);
        rest.data += n;
        rest.len -= n;

        if (t->sse.data.failed) {
            t->too_large = 1;
            return 0;
        }

        if (event) {
            ngx_http_sanzaru_transfer_event(t);
        }
    }

    t->http->received += (int64_t) len;

    return len;
}


size_t
ngx_http_sanzaru_transfer_write(char *p, size_t size, size_t n, void *data)
{
    size_t                        len;
    ngx_http_sanzaru_transfer_t  *t = data;

    len = size * n;

    if (t->http->status / 100 == 2 && t->sink != NULL) {
        return ngx_http_sanzaru_sink_keep(t, p, len);
    }

    if (t->reader != NULL && t->http->status / 100 == 2
        && t->http->received == 0 && !t->streaming)
    {
        t->streaming = sz_sse_is(sz_str_of(t->http->type),
                                 (sz_str_t) { len, p });
    }

    if (t->streaming) {
        return ngx_http_sanzaru_transfer_stream(t, p, len);
    }

    t->http->received += (int64_t) len;

    return ngx_http_sanzaru_transfer_keep(t, p, len);
}
