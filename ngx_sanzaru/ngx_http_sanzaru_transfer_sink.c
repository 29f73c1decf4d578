#include "ngx_http_sanzaru_transfer_room.h"


/*
 * Bytes that all downloads together copy in one turn of the event loop.  After
 * a pause libcurl reads a socket until it is told to pause again; without a
 * common share a hundred of them would keep the loop from everything else.
 */
#define NGX_HTTP_SANZARU_SHARE  (1024 * 1024)

/* How many that had to wait go on in one turn. */
#define NGX_HTTP_SANZARU_FED    4


typedef struct {
    size_t        left;
    ngx_queue_t   hungry;
    ngx_event_t   turn;
} ngx_http_sanzaru_share_t;


static void ngx_http_sanzaru_sink_turn(ngx_event_t *ev);
static void ngx_http_sanzaru_sink_done(sz_job_t *job, void *data);


/* of this worker */
static ngx_http_sanzaru_share_t  ngx_http_sanzaru_share;


void
ngx_http_sanzaru_sink_init(void)
{
    ngx_http_sanzaru_share_t  *share;

    share = &ngx_http_sanzaru_share;

    ngx_memzero(share, sizeof(ngx_http_sanzaru_share_t));
    ngx_queue_init(&share->hungry);

    share->left = NGX_HTTP_SANZARU_SHARE;
    share->turn.handler = ngx_http_sanzaru_sink_turn;
    share->turn.log = ngx_cycle->log;
}


/* The next turn of the loop: a new share, for some of those that wait first. */

static void
ngx_http_sanzaru_sink_turn(ngx_event_t *ev)
{
    ngx_uint_t                    i;
    ngx_queue_t                  *q;
    ngx_http_sanzaru_share_t     *share;
    ngx_http_sanzaru_transfer_t  *t;

    share = &ngx_http_sanzaru_share;
    share->left = NGX_HTTP_SANZARU_SHARE;

    for (i = 0; i < NGX_HTTP_SANZARU_FED; i++) {

        if (ngx_queue_empty(&share->hungry)) {
            return;
        }

        q = ngx_queue_head(&share->hungry);
        t = ngx_queue_data(q, ngx_http_sanzaru_transfer_t, hungry);

        ngx_http_sanzaru_sink_rest(t);

        if (t->paused) {
            ngx_http_sanzaru_transfer_resume(t);
        }
    }

    if (!ngx_queue_empty(&share->hungry)) {
        ngx_post_event(ev, &ngx_posted_next_events);
    }
}


void
ngx_http_sanzaru_sink_rest(ngx_http_sanzaru_transfer_t *t)
{
    if (t->is_hungry) {
        t->is_hungry = 0;
        ngx_queue_remove(&t->hungry);
    }
}


/* False: this turn's share is used up, and the transfer waits for the next. */

static ngx_uint_t
ngx_http_sanzaru_sink_take(ngx_http_sanzaru_transfer_t *t, size_t len)
{
    ngx_http_sanzaru_share_t  *share;

    share = &ngx_http_sanzaru_share;

    if (!share->turn.posted) {
        ngx_post_event(&share->turn, &ngx_posted_next_events);
    }

    if (share->left >= len) {
        share->left -= len;
        return 1;
    }

    t->paused = 1;
    t->is_hungry = 1;
    ngx_queue_insert_tail(&share->hungry, &t->hungry);

    return 0;
}


/* One job at a time. */

static void
ngx_http_sanzaru_sink_post(ngx_http_sanzaru_transfer_t *t, sz_sink_op_e op)
{
    t->sink->op = op;
    t->sink_busy = 1;

    (void) ngx_http_sanzaru_job_post(t->pool, &t->sink->job,
                                     ngx_http_sanzaru_sink_done, t,
                                     NGX_HTTP_SANZARU_JOB_MANDATORY);
}


void
ngx_http_sanzaru_sink_open(ngx_http_sanzaru_transfer_t *t)
{
    ngx_http_sanzaru_sink_post(t, SZ_SINK_OPEN);
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

    ngx_http_sanzaru_transfer_vanish(t);
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
        ngx_http_sanzaru_transfer_stop(t);

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

        } else if (t->paused && !t->is_hungry) {
            ngx_http_sanzaru_transfer_resume(t);
        }

        break;

    default: /* SZ_SINK_COMMIT */
        ngx_http_sanzaru_transfer_report(t);
    }
}


void
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


/* Inside libcurl: a buffer's worth, or a pause while both are full. */

size_t
ngx_http_sanzaru_sink_keep(ngx_http_sanzaru_transfer_t *t, const char *p,
    size_t len)
{
    ngx_http_sanzaru_chunk_t  *chunk;

    if (!ngx_http_sanzaru_sink_take(t, len)) {
        return CURL_WRITEFUNC_PAUSE;
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
