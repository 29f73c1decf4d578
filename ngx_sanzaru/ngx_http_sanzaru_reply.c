#include "ngx_http_sanzaru_run.h"


static ngx_int_t
ngx_http_sanzaru_reply_header(ngx_http_request_t *r, const char *name,
    const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_http_sanzaru_end_header(h);

    h->key.data = (u_char *) name;
    h->key.len = ngx_strlen(name);
    /* a copy, for the log: the exchange may end before the request */

    h->value.len = ngx_strlen(value);
    h->value.data = ngx_pnalloc(r->pool, h->value.len);

    if (h->value.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(h->value.data, value, h->value.len);

    return NGX_OK;
}


ngx_int_t
ngx_http_sanzaru_reply_fields(ngx_http_request_t *r, sz_reply_t *reply)
{
    size_t  i;

    for (i = 0; i < reply->n_headers; i++) {
        if (ngx_http_sanzaru_reply_header(r, reply->headers[i].name,
                                          reply->headers[i].value)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Where nginx looks for it, so that "expires" replaces it. */

static ngx_int_t
ngx_http_sanzaru_reply_cache(ngx_http_request_t *r)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_http_sanzaru_end_header(h);

    ngx_str_set(&h->key, "Cache-Control");
    ngx_str_set(&h->value, "no-store");

    return ngx_http_sanzaru_set_cache_control(r, h);
}


ngx_int_t
ngx_http_sanzaru_reply_headers(ngx_http_request_t *r, sz_reply_t *reply)
{
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);
    ctx->replied = 1;

    r->headers_out.status = reply->status;

    if (ngx_http_sanzaru_reply_fields(r, reply) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_sanzaru_reply_cache(r);
}


/* The bytes stay the exchange's; it lives as long as the request. */

ngx_int_t
ngx_http_sanzaru_reply(ngx_http_request_t *r, sz_reply_t *reply)
{
    ngx_int_t    rc;
    ngx_buf_t   *b;
    ngx_chain_t  out;

    if (ngx_http_sanzaru_reply_headers(r, reply) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.content_length_n = (off_t) reply->body.len;

    if (reply->type == NULL || reply->body.len == 0) {
        r->header_only = 1;
        return ngx_http_send_header(r);
    }

    r->headers_out.content_type.data = (u_char *) reply->type;
    r->headers_out.content_type.len = ngx_strlen(reply->type);
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->pos = (u_char *) reply->body.data;
    b->last = b->pos + reply->body.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}
