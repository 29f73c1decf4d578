/*
 * A reply as a stream.  One buffer is under way to the client and one gathers
 * what comes meanwhile; of progress, which is worth nothing when it is late,
 * nothing is gathered.  So a client that does not read costs two buffers, and
 * when the second one is full, its stream is closed.
 */

#include "ngx_http_sanzaru_run.h"

#include "mcp/sz_mcp_sse.h"


#define NGX_HTTP_SANZARU_EVENTS_MAX  (256 * 1024)


static ngx_int_t ngx_http_sanzaru_sse_begin(ngx_http_request_t *r,
    sz_exchange_t *x);
static ngx_int_t ngx_http_sanzaru_sse_flush(ngx_http_request_t *r);
static ngx_int_t ngx_http_sanzaru_sse_wait(ngx_http_request_t *r);
static ngx_int_t ngx_http_sanzaru_sse_send(ngx_http_request_t *r,
    sz_str_t bytes);
static void ngx_http_sanzaru_sse_writer(ngx_http_request_t *r);
static ngx_int_t ngx_http_sanzaru_sse_last(ngx_http_request_t *r,
    sz_str_t data, sz_str_t tail);
static void ngx_http_sanzaru_sse_free(void *data);


/* A stream that has nothing to say yet: its header goes out by itself. */

ngx_int_t
ngx_http_sanzaru_sse_open(ngx_http_request_t *r, sz_exchange_t *x)
{
    ngx_int_t                rc;
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx->stream) {
        return NGX_OK;
    }

    if (ngx_http_sanzaru_sse_begin(r, x) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ctx->waiting.len == 0) {
        rc = ngx_http_send_special(r, NGX_HTTP_FLUSH);

        if (rc == NGX_ERROR || rc == NGX_AGAIN) {
            return (rc == NGX_AGAIN) ? ngx_http_sanzaru_sse_wait(r)
                                     : NGX_ERROR;
        }
    }

    return ngx_http_sanzaru_sse_flush(r);
}


static ngx_int_t
ngx_http_sanzaru_sse_begin(ngx_http_request_t *r, sz_exchange_t *x)
{
    ngx_pool_cleanup_t        *cln;
    ngx_http_sanzaru_ctx_t    *ctx;
    ngx_http_core_loc_conf_t  *clcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx->stream) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_sanzaru_sse_free;
    cln->data = ctx;

    sz_buf_init(&ctx->event, NGX_HTTP_SANZARU_EVENTS_MAX);
    sz_buf_init(&ctx->waiting, NGX_HTTP_SANZARU_EVENTS_MAX);

    ctx->stream = 1;

    x->reply.status = 200;
    sz_reply_header(&x->reply, "X-Accel-Buffering", "no");

    if (ngx_http_sanzaru_reply_headers(r, &x->reply) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_str_set(&r->headers_out.content_type, SZ_SSE_TYPE);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    r->write_event_handler = ngx_http_sanzaru_sse_writer;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->tcp_nodelay && ngx_tcp_nodelay(r->connection) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_send_header(r) == NGX_ERROR) {
        return NGX_ERROR;
    }

    sz_exchange_prime(x, &ctx->waiting);

    return NGX_OK;
}


static void
ngx_http_sanzaru_sse_free(void *data)
{
    ngx_http_sanzaru_ctx_t  *ctx = data;

    sz_buf_free(&ctx->event);
    sz_buf_free(&ctx->waiting);
}


ngx_int_t
ngx_http_sanzaru_sse_event(ngx_http_request_t *r, sz_exchange_t *x,
    sz_str_t json, ngx_uint_t droppable)
{
    ngx_http_sanzaru_ctx_t  *ctx;

    if (ngx_http_sanzaru_sse_begin(r, x) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (droppable && ctx->busy != NULL) {
        return NGX_OK;
    }

    sz_exchange_frame(x, &ctx->waiting, json, false);

    if (ctx->waiting.failed) {
        ngx_log_error(NGX_LOG_INFO, r->connection->log, 0,
                      "sanzaru: a client does not read its stream");
        return NGX_ERROR;
    }

    return ngx_http_sanzaru_sse_flush(r);
}


ngx_int_t
ngx_http_sanzaru_sse_comment(ngx_http_request_t *r, sz_exchange_t *x)
{
    ngx_http_sanzaru_ctx_t  *ctx;

    if (ngx_http_sanzaru_sse_begin(r, x) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx->busy != NULL) {
        return NGX_OK;
    }

    return (ctx->waiting.len == 0)
           ? ngx_http_sanzaru_sse_send(r, sz_str(SZ_SSE_KEEPALIVE))
           : ngx_http_sanzaru_sse_flush(r);
}


/* What has gathered goes out, as soon as the buffer before it is gone. */

static ngx_int_t
ngx_http_sanzaru_sse_flush(ngx_http_request_t *r)
{
    sz_buf_t                 sent;
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx->busy != NULL) {
        return NGX_OK;
    }

    if (ctx->waiting.len == 0) {

        /* a stream that waits keeps no buffers */

        sz_buf_free(&ctx->event);
        sz_buf_free(&ctx->waiting);
        return NGX_OK;
    }

    sent = ctx->event;
    ctx->event = ctx->waiting;
    ctx->waiting = sent;
    ctx->waiting.len = 0;

    return ngx_http_sanzaru_sse_send(r, sz_buf_view(&ctx->event));
}


/* The bytes must stay until they are sent: ctx->busy is NULL again. */

static ngx_int_t
ngx_http_sanzaru_sse_send(ngx_http_request_t *r, sz_str_t bytes)
{
    ngx_int_t                rc;
    ngx_chain_t             *cl;
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    cl = ngx_chain_get_free_buf(r->pool, &ctx->free);
    if (cl == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(cl->buf, sizeof(ngx_buf_t));

    cl->buf->pos = (u_char *) bytes.data;
    cl->buf->last = cl->buf->pos + bytes.len;
    cl->buf->memory = 1;
    cl->buf->flush = 1;
    cl->buf->tag = (ngx_buf_tag_t) &ngx_http_sanzaru_module;

    ctx->last_event = ngx_current_msec;

    rc = ngx_http_output_filter(r, cl);

    ngx_chain_update_chains(r->pool, &ctx->free, &ctx->busy, &cl,
                            (ngx_buf_tag_t) &ngx_http_sanzaru_module);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    return (ctx->busy != NULL) ? ngx_http_sanzaru_sse_wait(r)
                               : ngx_http_sanzaru_sse_flush(r);
}


/* The rest goes out in the writer, never here: a call may be in its step. */

static ngx_int_t
ngx_http_sanzaru_sse_wait(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_http_core_loc_conf_t  *clcf;

    wev = r->connection->write;
    clcf = ngx_http_get_module_loc_conf(r->main, ngx_http_core_module);

    if (!wev->delayed) {
        ngx_add_timer(wev, clcf->send_timeout);

        if (wev->ready) {
            ngx_post_event(wev, &ngx_posted_next_events);
        }
    }

    return (ngx_handle_write_event(wev, clcf->send_lowat) == NGX_OK)
           ? NGX_OK : NGX_ERROR;
}


/* The client is slow: goes on when its socket takes more. */

static void
ngx_http_sanzaru_sse_writer(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_chain_t               *none;
    ngx_connection_t          *c;
    ngx_http_sanzaru_ctx_t    *ctx;

    c = r->connection;
    wev = c->write;
    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx->waiting.failed) {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    if (wev->timedout) {
        ngx_log_error(NGX_LOG_INFO, c->log, NGX_ETIMEDOUT,
                      "client timed out");
        c->timedout = 1;
        ngx_http_finalize_request(r, NGX_HTTP_REQUEST_TIME_OUT);
        return;
    }

    if (wev->ready && !wev->delayed
        && ngx_http_output_filter(r, NULL) == NGX_ERROR)
    {
        ngx_http_finalize_request(r, NGX_ERROR);
        return;
    }

    none = NULL;
    ngx_chain_update_chains(r->pool, &ctx->free, &ctx->busy, &none,
                            (ngx_buf_tag_t) &ngx_http_sanzaru_module);

    if (ctx->busy == NULL) {
        if (wev->timer_set && !wev->delayed) {
            ngx_del_timer(wev);
        }

        if (ngx_http_sanzaru_sse_flush(r) != NGX_OK) {
            ngx_http_finalize_request(r, NGX_ERROR);
        }

        return;
    }

    if (ngx_http_sanzaru_sse_wait(r) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


/* The answer goes out from where it is: it may be large. */

ngx_int_t
ngx_http_sanzaru_sse_finish(ngx_http_request_t *r, sz_exchange_t *x)
{
    sz_str_t                 json;
    ngx_http_sanzaru_ctx_t  *ctx;

    if (ngx_http_sanzaru_sse_begin(r, x) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);
    json = sz_buf_view(&x->reply.body);

    sz_exchange_frame_id(x, &ctx->waiting, json, true);
    sz_buf_lit(&ctx->waiting, SZ_SSE_HEAD);

    if (ctx->waiting.failed) {
        return NGX_ERROR;
    }

    return ngx_http_sanzaru_sse_last(r, json, sz_str(SZ_SSE_TAIL));
}


ngx_int_t
ngx_http_sanzaru_sse_end(ngx_http_request_t *r)
{
    return ngx_http_sanzaru_sse_last(r, sz_str_null, sz_str_null);
}


/* Behind what still waits; from here on nothing is added to it. */

static ngx_int_t
ngx_http_sanzaru_sse_last(ngx_http_request_t *r, sz_str_t data, sz_str_t tail)
{
    ngx_buf_t               *b;
    ngx_uint_t               i;
    ngx_chain_t              out[3], *first;
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    sz_str_t  parts[3] = { sz_buf_view(&ctx->waiting), data, tail };

    first = &out[2];
    first->next = NULL;

    for (i = 3; i-- > 0; /* void */) {

        if (parts[i].len == 0 && i != 2) {
            continue;
        }

        b = ngx_calloc_buf(r->pool);
        if (b == NULL) {
            return NGX_ERROR;
        }

        b->pos = (u_char *) parts[i].data;
        b->last = b->pos + parts[i].len;
        b->memory = (parts[i].len != 0);
        b->last_buf = (i == 2);
        b->last_in_chain = (i == 2);

        out[i].buf = b;

        if (i != 2) {
            out[i].next = first;
            first = &out[i];
        }
    }

    return ngx_http_output_filter(r, first);
}
