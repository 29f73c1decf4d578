/*
 * A client of the newer revisions takes a 4xx without a JSON-RPC body for the
 * sign of an old server and may remember that.  So what nginx itself answers
 * at an endpoint (413, 403 of allow and deny, 401 of auth_basic, 503 of
 * limit_req, ...) gets such a body, with status and headers as they are.
 */

#include "ngx_http_sanzaru_run.h"


static ngx_int_t ngx_http_sanzaru_error_header_filter(ngx_http_request_t *r);
static ngx_int_t ngx_http_sanzaru_error_body_filter(ngx_http_request_t *r,
    ngx_chain_t *in);
static void ngx_http_sanzaru_error_free(void *data);


static ngx_http_output_header_filter_pt  ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt    ngx_http_next_body_filter;


static ngx_uint_t
ngx_http_sanzaru_error_is_bare(ngx_http_request_t *r,
    ngx_http_sanzaru_ctx_t *ctx)
{
    ngx_http_sanzaru_loc_conf_t  *slcf;

    if (r != r->main || r->headers_out.status < 400
        || (ctx != NULL && ctx->replied))
    {
        return 0;
    }

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sanzaru_module);

    return slcf->endpoint == 1;
}


static const char *
ngx_http_sanzaru_error_text(ngx_http_request_t *r, char *text, size_t size)
{
    ngx_http_core_loc_conf_t  *clcf;

    switch (r->headers_out.status) {

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

        ngx_snprintf((u_char *) text, size,
                     "The request's body is larger than %O bytes, the "
                     "client_max_body_size of this endpoint.%Z",
                     clcf->client_max_body_size);
        return text;

    case NGX_HTTP_UNAUTHORIZED:
        return "This endpoint asks for credentials.";

    case NGX_HTTP_FORBIDDEN:
        return "This endpoint is not open to this client.";

    case NGX_HTTP_REQUEST_TIME_OUT:
        return "The request did not arrive in time.";

    case NGX_HTTP_TOO_MANY_REQUESTS:
    case NGX_HTTP_SERVICE_UNAVAILABLE:
        return "Too many requests; try again later.";

    default:
        return "The gateway could not serve this request.";
    }
}


/* A page that may use the endpoint may also see why it was refused. */

static ngx_int_t
ngx_http_sanzaru_error_cors(ngx_http_request_t *r, sz_reply_t *reply)
{
    u_char                       *origin;
    sz_head_t                     head;
    ngx_http_sanzaru_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sanzaru_module);

    ngx_http_sanzaru_head(r, &head);

    if (!sz_gate_page(slcf->server, &head)) {
        return NGX_OK;
    }

    origin = ngx_pnalloc(r->pool, head.origin.len + 1);
    if (origin == NULL) {
        return NGX_ERROR;
    }

    *ngx_cpymem(origin, head.origin.data, head.origin.len) = '\0';

    sz_reply_cors(reply, (char *) origin);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sanzaru_error_header_filter(ngx_http_request_t *r)
{
    char                     text[128];
    ngx_pool_cleanup_t      *cln;
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (!ngx_http_sanzaru_error_is_bare(r, ctx)) {
        return ngx_http_next_header_filter(r);
    }

    if (ctx == NULL) {
        ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_sanzaru_ctx_t));
        if (ctx == NULL) {
            return NGX_ERROR;
        }

        ngx_http_set_ctx(r, ctx, ngx_http_sanzaru_module);
    }

    cln = ngx_pool_cleanup_add(r->pool, sizeof(sz_reply_t));
    if (cln == NULL) {
        return NGX_ERROR;
    }

    ctx->error = cln->data;
    ngx_memzero(ctx->error, sizeof(sz_reply_t));

    cln->handler = ngx_http_sanzaru_error_free;
    sz_buf_init(&ctx->error->body, 4096);

    sz_reply_error(ctx->error, (int) r->headers_out.status,
                   (r->headers_out.status >= 500) ? SZ_RPC_INTERNAL_ERROR
                                                  : SZ_RPC_INVALID_REQUEST,
                   "%s", ngx_http_sanzaru_error_text(r, text, sizeof(text)));

    ctx->outcome = "refused";

    ngx_str_set(&r->headers_out.content_type, "application/json");
    r->headers_out.content_type_len = r->headers_out.content_type.len;
    r->headers_out.content_type_lowcase = NULL;
    r->headers_out.charset.len = 0;

    if (ngx_http_sanzaru_error_cors(r, ctx->error) != NGX_OK
        || ngx_http_sanzaru_reply_fields(r, ctx->error) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_clear_content_length(r);
    r->headers_out.content_length_n = (off_t) ctx->error->body.len;

    return ngx_http_next_header_filter(r);
}


static void
ngx_http_sanzaru_error_free(void *data)
{
    sz_reply_t  *reply = data;

    sz_buf_free(&reply->body);
}


/* Instead of the page, when its last buffer comes. */

static ngx_int_t
ngx_http_sanzaru_error_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t               *b;
    ngx_uint_t               last;
    ngx_chain_t             *cl, out;
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx == NULL || ctx->error == NULL || in == NULL) {
        return ngx_http_next_body_filter(r, in);
    }

    for (last = 0, cl = in; cl != NULL; cl = cl->next) {
        last = last || cl->buf->last_buf;
        cl->buf->pos = cl->buf->last;
        cl->buf->file_pos = cl->buf->file_last;
    }

    if (!last || ctx->replied) {
        return NGX_OK;
    }

    ctx->replied = 1;

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = (u_char *) ctx->error->body.data;
    b->last = b->pos + ctx->error->body.len;
    b->memory = 1;
    b->last_buf = 1;
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_next_body_filter(r, &out);
}


ngx_int_t
ngx_http_sanzaru_error_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_sanzaru_error_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_sanzaru_error_body_filter;

    return NGX_OK;
}
