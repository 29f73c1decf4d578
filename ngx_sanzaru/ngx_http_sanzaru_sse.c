/*
 * A reply as a stream.  At most one event is under way: what comes while the
 * client is slow is dropped, because progress that is late is worth nothing,
 * and so a client that does not read costs one buffer.  Only the answers wait.
 */

#include "ngx_http_sanzaru_run.h"

#include "mcp/sz_mcp_sse.h"


#define NGX_HTTP_SANZARU_EVENT_MAX  131072


static ngx_int_t ngx_http_sanzaru_sse_start(ngx_http_request_t *r,
    sz_exchange_t *x);
static ngx_int_t ngx_http_sanzaru_sse_send(ngx_http_request_t *r,
    sz_str_t bytes);
static void ngx_http_sanzaru_sse_writer(ngx_http_request_t *r);
static void ngx_http_sanzaru_sse_free(void *data);


static ngx_int_t
ngx_http_sanzaru_sse_start(ngx_http_request_t *r, sz_exchange_t *x)
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

    sz_buf_init(&ctx->event, NGX_HTTP_SANZARU_EVENT_MAX);

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

    return (ngx_http_send_header(r) == NGX_ERROR) ? NGX_ERROR : NGX_OK;
}


static void
ngx_http_sanzaru_sse_free(void *data)
{
    ngx_http_sanzaru_ctx_t  *ctx = data;

    sz_buf_free(&ctx->event);
}


ngx_int_t
ngx_http_sanzaru_sse_event(ngx_http_request_t *r, sz_str_t json)
{
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx->busy != NULL) {
        return NGX_AGAIN;
    }

    if (ngx_http_sanzaru_sse_start(r, ctx->run->exchange) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->event.len = 0;
    sz_sse_message(&ctx->event, json);

    return ngx_http_sanzaru_sse_send(r, sz_buf_view(&ctx->event));
}


ngx_int_t
ngx_http_sanzaru_sse_comment(ngx_http_request_t *r)
{
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx->busy != NULL) {
        return NGX_AGAIN;
    }

    if (ngx_http_sanzaru_sse_start(r, ctx->run->exchange) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_sanzaru_sse_send(r, sz_str(SZ_SSE_KEEPALIVE));
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

    if (ctx->busy != NULL) {
        ngx_http_sanzaru_sse_writer(r);
    }

    return NGX_OK;
}


/* The client is slow: goes on when its socket takes more. */

static void
ngx_http_sanzaru_sse_writer(ngx_http_request_t *r)
{
    ngx_event_t               *wev;
    ngx_chain_t               *none;
    ngx_connection_t          *c;
    ngx_http_sanzaru_ctx_t    *ctx;
    ngx_http_core_loc_conf_t  *clcf;

    c = r->connection;
    wev = c->write;
    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);
    clcf = ngx_http_get_module_loc_conf(r->main, ngx_http_core_module);

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

        return;
    }

    if (!wev->delayed) {
        ngx_add_timer(wev, clcf->send_timeout);
    }

    if (ngx_handle_write_event(wev, clcf->send_lowat) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}


ngx_int_t
ngx_http_sanzaru_sse_finish(ngx_http_request_t *r, sz_exchange_t *x)
{
    sz_str_t     json;
    sz_buf_t    *body;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    if (ngx_http_sanzaru_sse_start(r, x) != NGX_OK) {
        return NGX_ERROR;
    }

    /* in the exchange's buffer, behind the answer it frames */

    body = &x->reply.body;
    json = sz_buf_view(body);

    if (sz_buf_reserve(body, json.len + 64) == NULL) {
        return NGX_ERROR;
    }

    json.data = body->data;
    sz_sse_message(body, json);

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) body->data + json.len;
    b->last = (u_char *) body->data + body->len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
