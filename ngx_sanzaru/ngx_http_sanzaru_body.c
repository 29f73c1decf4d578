#include "ngx_http_sanzaru_job.h"
#include "ngx_http_sanzaru_run.h"


/*
 * A body that is too large for the event loop, or lies in a temporary file:
 * read and parsed on a thread.  The descriptor is a duplicate, because that of
 * the request is closed when the client leaves.
 */

typedef struct {
    sz_job_t                 job;           /* first */

    ngx_http_sanzaru_run_t  *run;
    sz_exchange_t           *exchange;
    u_char                  *text;
    size_t                   len;
    ngx_fd_t                 fd;
    off_t                    offset;
    sz_verdict_e             verdict;
} ngx_http_sanzaru_body_job_t;


static size_t ngx_http_sanzaru_body_size(ngx_chain_t *in,
    ngx_uint_t *in_file);
static void ngx_http_sanzaru_body_copy(ngx_chain_t *in, u_char *p);
static u_char *ngx_http_sanzaru_body_text(ngx_http_request_t *r, size_t len);
static ngx_int_t ngx_http_sanzaru_body_job(ngx_http_sanzaru_run_t *run,
    size_t len, ngx_uint_t in_file);
static void ngx_http_sanzaru_body_run(sz_job_t *job);
static void ngx_http_sanzaru_body_destroy(sz_job_t *job);
static void ngx_http_sanzaru_body_done(sz_job_t *job, void *data);


ngx_uint_t
ngx_http_sanzaru_body_receive(ngx_http_sanzaru_run_t *run,
    sz_verdict_e *verdict)
{
    size_t                    len;
    u_char                   *p;
    const char               *why;
    ngx_uint_t                in_file;
    ngx_chain_t              *in;
    ngx_http_request_body_t  *rb;

    rb = run->request->request_body;
    in = (rb != NULL) ? rb->bufs : NULL;

    len = ngx_http_sanzaru_body_size(in, &in_file);

    if (in_file || len > SZ_JSON_INLINE) {

        if (ngx_http_sanzaru_body_job(run, len, in_file) == NGX_OK) {
            return 0;
        }

        why = "no memory or thread is free";

    } else {

        p = ngx_http_sanzaru_body_text(run->request, len);

        if (p != NULL) {

            *verdict = sz_exchange_receive(run->exchange,
                                           (sz_str_t) { len, (char *) p });
            return 1;
        }

        why = "it is out of memory";
    }

    sz_exchange_refuse(run->exchange, 503, SZ_RPC_INTERNAL_ERROR,
                       "The gateway cannot take the request now: %s. Try "
                       "again in a few seconds.", why);

    *verdict = SZ_X_REPLY;

    return 1;
}


static size_t
ngx_http_sanzaru_body_size(ngx_chain_t *in, ngx_uint_t *in_file)
{
    size_t  len;

    *in_file = 0;

    for (len = 0; in != NULL; in = in->next) {

        if (ngx_buf_in_memory(in->buf)) {
            len += in->buf->last - in->buf->pos;

        } else if (in->buf->in_file) {
            len += in->buf->file_last - in->buf->file_pos;
            *in_file = 1;
        }
    }

    return len;
}


/* The parts in memory; nginx writes a body that overflows wholly to a file. */

static void
ngx_http_sanzaru_body_copy(ngx_chain_t *in, u_char *p)
{
    for (/* void */; in != NULL; in = in->next) {
        if (ngx_buf_in_memory(in->buf)) {
            p = ngx_cpymem(p, in->buf->pos, in->buf->last - in->buf->pos);
        }
    }
}


/*
 * In one piece, as it nearly always is already.  Empty is a text, too, and the
 * buffers of an empty body, if there are any, point nowhere.
 */

static u_char *
ngx_http_sanzaru_body_text(ngx_http_request_t *r, size_t len)
{
    u_char       *text;
    ngx_chain_t  *in;

    in = (r->request_body != NULL) ? r->request_body->bufs : NULL;

    if (len == 0) {
        return (u_char *) "";
    }

    if (in->next == NULL) {
        return in->buf->pos;
    }

    text = ngx_pnalloc(r->pool, len + 1);

    if (text != NULL) {
        ngx_http_sanzaru_body_copy(in, text);
    }

    return text;
}


static ngx_int_t
ngx_http_sanzaru_body_job(ngx_http_sanzaru_run_t *run, size_t len,
    ngx_uint_t in_file)
{
    ngx_buf_t                    *b;
    ngx_http_sanzaru_body_job_t  *s;

    s = ngx_calloc(sizeof(ngx_http_sanzaru_body_job_t), ngx_cycle->log);
    if (s == NULL) {
        return NGX_ERROR;
    }

    s->job.run = ngx_http_sanzaru_body_run;
    s->job.destroy = ngx_http_sanzaru_body_destroy;
    s->job.name = "parse request";

    s->run = run;
    s->exchange = run->exchange;
    s->len = len;
    s->fd = NGX_INVALID_FILE;

    s->text = ngx_alloc(len + 1, ngx_cycle->log);
    if (s->text == NULL) {
        goto failed;
    }

    b = run->request->request_body->bufs->buf;

    if (in_file) {
        s->offset = b->file_pos;
        s->fd = dup(b->file->fd);

        if (s->fd == NGX_INVALID_FILE) {
            goto failed;
        }

    } else {
        ngx_http_sanzaru_body_copy(run->request->request_body->bufs, s->text);
    }

    if (ngx_http_sanzaru_job_post(run->conf->pool, &s->job,
                                  ngx_http_sanzaru_body_done, s,
                                  NGX_HTTP_SANZARU_JOB_OPTIONAL)
        == NGX_OK)
    {
        return NGX_OK;
    }

failed:

    ngx_http_sanzaru_body_destroy(&s->job);

    return NGX_ERROR;
}


/* On a thread. */

static ngx_int_t
ngx_http_sanzaru_body_read(ngx_http_sanzaru_body_job_t *s)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < s->len; done += n) {
        n = pread(s->fd, s->text + done, s->len - done,
                  s->offset + (off_t) done);

        if (n <= 0) {
            return NGX_ERROR;
        }
    }

    /* here, because it may be the last one of a deleted file */

    (void) close(s->fd);
    s->fd = NGX_INVALID_FILE;

    return NGX_OK;
}


static void
ngx_http_sanzaru_body_run(sz_job_t *job)
{
    ngx_http_sanzaru_body_job_t  *s = (ngx_http_sanzaru_body_job_t *) job;

    if (s->fd != NGX_INVALID_FILE
        && ngx_http_sanzaru_body_read(s) != NGX_OK)
    {
        sz_exchange_refuse(s->exchange, 500, SZ_RPC_INTERNAL_ERROR,
                           "The gateway cannot read the request's body.");
        s->verdict = SZ_X_REPLY;
        return;
    }

    s->verdict = sz_exchange_receive(s->exchange,
                                     (sz_str_t) { s->len, (char *) s->text });
}


/*
 * nginx keeps the body as long as the request, which for a stream is days: a
 * descriptor of a deleted file, or client_body_buffer_size of memory.
 */

void
ngx_http_sanzaru_body_free(ngx_http_request_t *r)
{
    ngx_buf_t                *b;
    ngx_http_request_body_t  *rb;

    rb = r->request_body;

    if (rb == NULL) {
        return;
    }

    if (rb->temp_file != NULL) {
        ngx_pool_run_cleanup_file(r->pool, rb->temp_file->file.fd);
        rb->temp_file->file.fd = NGX_INVALID_FILE;
    }

    b = rb->buf;
    rb->buf = NULL;
    rb->bufs = NULL;

    if (b != NULL && b->start != NULL) {
        (void) ngx_pfree(r->pool, b->start);
    }
}


static void
ngx_http_sanzaru_body_destroy(sz_job_t *job)
{
    ngx_http_sanzaru_body_job_t  *s = (ngx_http_sanzaru_body_job_t *) job;

    if (s->fd != NGX_INVALID_FILE) {
        (void) close(s->fd);
    }

    if (s->text != NULL) {
        ngx_free(s->text);
    }

    ngx_free(s);
}


static void
ngx_http_sanzaru_body_done(sz_job_t *job, void *data)
{
    sz_verdict_e                  verdict;
    ngx_connection_t             *c;
    ngx_http_sanzaru_run_t       *run;
    ngx_http_sanzaru_body_job_t  *s = data;

    run = s->run;
    verdict = s->verdict;

    ngx_http_sanzaru_body_destroy(job);

    c = (run->request != NULL) ? run->request->connection : NULL;

    ngx_http_sanzaru_run_received(run, verdict);

    if (c != NULL) {
        ngx_http_run_posted_requests(c);
    }
}
