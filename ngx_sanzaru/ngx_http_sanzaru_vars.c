#include "ngx_http_sanzaru_run.h"


static ngx_int_t ngx_http_sanzaru_variable_str(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sanzaru_variable_outcome(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sanzaru_variable_status(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_sanzaru_variable_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);


static ngx_http_variable_t  ngx_http_sanzaru_variables[] = {

    { ngx_string("sanzaru_method"), NULL, ngx_http_sanzaru_variable_str,
      offsetof(ngx_http_sanzaru_ctx_t, method), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sanzaru_tool"), NULL, ngx_http_sanzaru_variable_str,
      offsetof(ngx_http_sanzaru_ctx_t, tool), NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sanzaru_outcome"), NULL, ngx_http_sanzaru_variable_outcome,
      0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sanzaru_upstream_status"), NULL,
      ngx_http_sanzaru_variable_status, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    { ngx_string("sanzaru_upstream_time"), NULL,
      ngx_http_sanzaru_variable_time, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    ngx_http_null_variable
};


ngx_int_t
ngx_http_sanzaru_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_sanzaru_variables; v->name.len; v++) {
        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


static void
ngx_http_sanzaru_variable_set(ngx_http_variable_value_t *v, u_char *data,
    size_t len)
{
    v->data = data;
    v->len = (unsigned) len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
}


static ngx_int_t
ngx_http_sanzaru_variable_str(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t               *s;
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    s = (ngx_str_t *) ((char *) ctx + data);

    if (s->len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_sanzaru_variable_set(v, s->data, s->len);

    return NGX_OK;
}


static ngx_int_t
ngx_http_sanzaru_variable_outcome(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx == NULL || ctx->outcome == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_http_sanzaru_variable_set(v, (u_char *) ctx->outcome,
                                  ngx_strlen(ctx->outcome));

    return NGX_OK;
}


static ngx_int_t
ngx_http_sanzaru_variable_status(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p;
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx == NULL || ctx->upstream_status == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_sanzaru_variable_set(v, p,
                      ngx_sprintf(p, "%ui", ctx->upstream_status) - p);

    return NGX_OK;
}


/* Seconds with milliseconds, as $upstream_response_time. */

static ngx_int_t
ngx_http_sanzaru_variable_time(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                  *p;
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ctx == NULL || (ctx->upstream_status == 0 && ctx->upstream_time == 0))
    {
        v->not_found = 1;
        return NGX_OK;
    }

    p = ngx_pnalloc(r->pool, NGX_TIME_T_LEN + 4);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_sanzaru_variable_set(v, p,
                      ngx_sprintf(p, "%T.%03M",
                                  (time_t) (ctx->upstream_time / 1000),
                                  ctx->upstream_time % 1000) - p);

    return NGX_OK;
}
