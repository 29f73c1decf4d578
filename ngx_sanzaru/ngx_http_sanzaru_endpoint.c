/*
 * sanzaru_mcp: from nginx's request to an exchange.
 */

#include "ngx_http_sanzaru_run.h"


/* More headers of this kind than any tool has; what is behind is not seen. */
#define NGX_HTTP_SANZARU_PARAMS  32


static ngx_http_sanzaru_ctx_t *ngx_http_sanzaru_ctx_create(
    ngx_http_request_t *r);
static void ngx_http_sanzaru_ctx_detach(void *data);
static void ngx_http_sanzaru_ctx_free(void *data);
static ngx_int_t ngx_http_sanzaru_redirected(ngx_http_request_t *r);
static void ngx_http_sanzaru_head_join(ngx_http_request_t *r, sz_str_t *list,
    sz_str_t more);
static void ngx_http_sanzaru_head_lines(ngx_http_request_t *r,
    sz_head_t *head);
static ngx_int_t ngx_http_sanzaru_caller(ngx_http_request_t *r,
    sz_str_t *caller);
static ngx_uint_t ngx_http_sanzaru_host_known(ngx_http_request_t *r);
static ngx_uint_t ngx_http_sanzaru_is_loopback(ngx_connection_t *c);
static void ngx_http_sanzaru_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_sanzaru_watch_client(ngx_http_request_t *r);


ngx_int_t
ngx_http_sanzaru_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    sz_head_t                     head;
    sz_verdict_e                  verdict;
    ngx_http_sanzaru_run_t       *run;
    ngx_http_sanzaru_ctx_t       *ctx;
    ngx_http_sanzaru_loc_conf_t  *slcf;

    if (r != r->main) {
        return NGX_HTTP_FORBIDDEN;
    }

    rc = ngx_http_sanzaru_redirected(r);
    if (rc != NGX_OK) {
        return rc;
    }

    /* an answer is no copy of anything that the client could have */

    r->disable_not_modified = 1;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sanzaru_module);

    ctx = ngx_http_sanzaru_ctx_create(r);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    run = ngx_http_sanzaru_run_create(r, slcf);
    if (run == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->run = run;

    ngx_http_sanzaru_head(r, &head);

    if (ngx_http_sanzaru_caller(r, &head.caller) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    run->exchange = sz_exchange_open(slcf->server, &head, slcf->max_memory,
                                     &verdict);
    if (run->exchange == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    run->exchange->setup = &run->setup;

    if (verdict == SZ_X_REPLY) {
        run->ended = 1;

        if (run->exchange->reply.status >= 400) {
            ctx->outcome = "refused";
        }

        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        return ngx_http_sanzaru_reply(r, &run->exchange->reply);
    }

    if (verdict == SZ_X_LISTEN) {

        rc = ngx_http_discard_request_body(r);
        if (rc != NGX_OK) {
            return rc;
        }

        r->main->count++;

        if (ngx_http_sanzaru_watch_client(r) == NGX_OK) {
            ngx_http_sanzaru_run_received(run, verdict);
        }

        return NGX_DONE;
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_sanzaru_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {
        return rc;
    }

    return NGX_DONE;
}


/*
 * error_page with a URI and X-Accel-Redirect turn a request into a GET, which
 * would be one for a stream.  What was refused stays refused, and is not
 * redirected again.
 */

static ngx_int_t
ngx_http_sanzaru_redirected(ngx_http_request_t *r)
{
    ngx_str_t  *line, *method;

    line = &r->request_line;
    method = &r->method_name;

    if (r->err_status == 0
        && line->len > method->len && line->data[method->len] == ' '
        && ngx_strncmp(line->data, method->data, method->len) == 0)
    {
        return NGX_OK;
    }

    r->error_page = 1;

    if (r->err_status >= NGX_HTTP_BAD_REQUEST) {
        return (ngx_int_t) r->err_status;
    }

    ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                  "sanzaru: error_page or X-Accel-Redirect leads to an "
                  "endpoint, as %V; a named location keeps the method",
                  method);

    return NGX_HTTP_INTERNAL_SERVER_ERROR;
}


static ngx_http_sanzaru_ctx_t *
ngx_http_sanzaru_ctx_create(ngx_http_request_t *r)
{
    ngx_http_cleanup_t      *hcln;
    ngx_pool_cleanup_t      *cln;
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_sanzaru_ctx_t));
    hcln = ngx_http_cleanup_add(r, 0);
    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (ctx == NULL || hcln == NULL || cln == NULL) {
        return NULL;
    }

    ctx->last_event = ngx_current_msec;

    hcln->handler = ngx_http_sanzaru_ctx_detach;
    hcln->data = ctx;

    cln->handler = ngx_http_sanzaru_ctx_free;
    cln->data = ctx;

    ngx_http_set_ctx(r, ctx, ngx_http_sanzaru_module);

    return ctx;
}


/* The request is over: before its run is, if the client has left. */

static void
ngx_http_sanzaru_ctx_detach(void *data)
{
    ngx_http_sanzaru_run_t  *run;
    ngx_http_sanzaru_ctx_t  *ctx = data;

    run = ctx->run;

    if (run != NULL && !run->ended) {
        ctx->run = NULL;

        if (ctx->outcome == NULL) {
            ctx->outcome = "client_gone";
        }

        ngx_http_sanzaru_run_client_gone(run);
    }
}


static void
ngx_http_sanzaru_ctx_free(void *data)
{
    ngx_http_sanzaru_ctx_t  *ctx = data;

    sz_buf_free(&ctx->body);

    if (ctx->run != NULL) {
        ngx_http_sanzaru_run_destroy(ctx->run);
    }
}


static void
ngx_http_sanzaru_body_handler(ngx_http_request_t *r)
{
    ngx_http_sanzaru_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_sanzaru_module);

    if (ngx_http_sanzaru_watch_client(r) == NGX_OK) {
        ngx_http_sanzaru_run_receive(ctx->run);
    }
}


/* From here on a client that closes is noticed. */

static ngx_int_t
ngx_http_sanzaru_watch_client(ngx_http_request_t *r)
{
    ngx_connection_t  *c;

    c = r->connection;

    r->read_event_handler = ngx_http_test_reading;

    if (c->read->ready) {

        /* its edge may have passed while the body was read */

        ngx_post_event(c->read, &ngx_posted_events);

    } else if (ngx_handle_read_event(c->read, 0) != NGX_OK) {
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static sz_str_t
ngx_http_sanzaru_str(ngx_str_t *s)
{
    return (sz_str_t) { s->len, (const char *) s->data };
}


/* Who asks: what sanzaru_caller says, or whom nginx has authenticated. */

static ngx_int_t
ngx_http_sanzaru_caller(ngx_http_request_t *r, sz_str_t *caller)
{
    ngx_str_t                     value;
    ngx_http_sanzaru_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sanzaru_module);

    if (slcf->caller == NULL) {
        *caller = ngx_http_sanzaru_str(&r->headers_in.user);
        return NGX_OK;
    }

    if (ngx_http_sanzaru_value(r, slcf->caller, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    *caller = ngx_http_sanzaru_str(&value);

    return NGX_OK;
}


static sz_str_t
ngx_http_sanzaru_header(ngx_table_elt_t *h)
{
    return (h != NULL) ? ngx_http_sanzaru_str(&h->value) : sz_str_null;
}


/* Of HTTP/3 and of absolute URIs the host is no header. */

static sz_str_t
ngx_http_sanzaru_authority(ngx_http_request_t *r)
{
    ngx_str_t  host;

    if (r->headers_in.host != NULL) {
        return ngx_http_sanzaru_header(r->headers_in.host);
    }

    host.data = r->host_start;
    host.len = (r->host_start != NULL) ? r->host_end - r->host_start : 0;

    return ngx_http_sanzaru_str(&host);
}


void
ngx_http_sanzaru_head(ngx_http_request_t *r, sz_head_t *head)
{
    ngx_memzero(head, sizeof(sz_head_t));

    head->method = ngx_http_sanzaru_str(&r->method_name);
    head->host = ngx_http_sanzaru_str(&r->headers_in.server);
    head->content_type = ngx_http_sanzaru_header(r->headers_in.content_type);
    head->host_known = ngx_http_sanzaru_host_known(r);
    head->authority = ngx_http_sanzaru_authority(r);
    head->loopback = ngx_http_sanzaru_is_loopback(r->connection);
#if (NGX_HTTP_SSL)
    head->tls = (r->connection->ssl != NULL);
#endif
    head->clock = ngx_time();

    ngx_http_sanzaru_head_lines(r, head);
}


static void
ngx_http_sanzaru_head_line(ngx_http_request_t *r, ngx_table_elt_t *h,
    sz_head_t *head)
{
    sz_str_t    value;
    ngx_uint_t  i;

    struct {
        const char  *name;
        sz_str_t    *value;
    } wanted[] = {
        { "Accept", &head->accept },
        { "Content-Encoding", &head->content_encoding },
        { "Origin", &head->origin },
        { "MCP-Protocol-Version", &head->mcp_version },
        { "Mcp-Session-Id", &head->mcp_session },
        { "Mcp-Method", &head->mcp_method },
        { "Mcp-Name", &head->mcp_name },
        { "Last-Event-ID", &head->last_event_id },
        { "Access-Control-Request-Headers", &head->asked_headers }
    };

    for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {

        if (h->key.len != ngx_strlen(wanted[i].name)
            || ngx_strncasecmp(h->key.data, (u_char *) wanted[i].name,
                               h->key.len) != 0)
        {
            continue;
        }

        value = ngx_http_sanzaru_str(&h->value);

        if (wanted[i].value->data == NULL) {
            *wanted[i].value = value;

        } else if (i == 0) {
            ngx_http_sanzaru_head_join(r, wanted[i].value, value);

        } else if (!sz_str_eq(*wanted[i].value, value)) {
            head->doubled = wanted[i].name;
        }

        return;
    }
}


/* Accept may come in several lines, which are one list (RFC 9110, 5.3). */

static void
ngx_http_sanzaru_head_join(ngx_http_request_t *r, sz_str_t *list,
    sz_str_t more)
{
    u_char  *p;

    p = ngx_pnalloc(r->pool, list->len + 1 + more.len);

    if (p != NULL) {
        ngx_memcpy(p, list->data, list->len);
        p[list->len] = ',';
        ngx_memcpy(p + list->len + 1, more.data, more.len);

        list->data = (char *) p;
        list->len += 1 + more.len;
    }
}


/* Mcp-Param-Name: the arguments that a tool wants to see in headers, too. */

static void
ngx_http_sanzaru_head_param(ngx_http_request_t *r, ngx_table_elt_t *h,
    sz_head_t *head)
{
    sz_param_header_t  *params;

    static const size_t  prefix = sizeof("Mcp-Param-") - 1;

    if (h->key.len <= prefix
        || ngx_strncasecmp(h->key.data, (u_char *) "Mcp-Param-", prefix) != 0
        || head->n_params == NGX_HTTP_SANZARU_PARAMS)
    {
        return;
    }

    params = (sz_param_header_t *) head->params;

    if (params == NULL) {
        params = ngx_palloc(r->pool, NGX_HTTP_SANZARU_PARAMS
                                     * sizeof(sz_param_header_t));
        if (params == NULL) {
            return;
        }

        head->params = params;
    }

    params[head->n_params].name.len = h->key.len - prefix;
    params[head->n_params].name.data = (char *) h->key.data + prefix;
    params[head->n_params++].value = ngx_http_sanzaru_str(&h->value);
}


static void
ngx_http_sanzaru_head_lines(ngx_http_request_t *r, sz_head_t *head)
{
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &r->headers_in.headers.part; part; part = part->next) {

        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            ngx_http_sanzaru_head_line(r, &h[i], head);
            ngx_http_sanzaru_head_param(r, &h[i], head);
        }
    }
}


/*
 * Plain names of server_name are the server's; expressions are tried here, and
 * leave $1 and named captures as the location has set them.
 */

static ngx_uint_t
ngx_http_sanzaru_host_known(ngx_http_request_t *r)
{
#if (NGX_PCRE)
    ngx_uint_t                     i;
    ngx_http_regex_t             **regex;
    ngx_http_sanzaru_loc_conf_t   *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_sanzaru_module);

    regex = slcf->host_regexes->elts;

    for (i = 0; i < slcf->host_regexes->nelts; i++) {
        if (ngx_regex_exec(regex[i]->regex, &r->headers_in.server, NULL, 0)
            >= 0)
        {
            return 1;
        }
    }
#endif

    return 0;
}


static ngx_uint_t
ngx_http_sanzaru_is_loopback(ngx_connection_t *c)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    struct sockaddr_in6  *sin6;
#endif

    if (ngx_connection_local_sockaddr(c, NULL, 0) != NGX_OK) {
        return 0;
    }

    switch (c->local_sockaddr->sa_family) {

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) c->local_sockaddr;
        return IN6_IS_ADDR_LOOPBACK(&sin6->sin6_addr);
#endif

    case AF_INET:
        sin = (struct sockaddr_in *) c->local_sockaddr;
        return (ntohl(sin->sin_addr.s_addr) >> 24) == 127;

    default: /* AF_UNIX */
        return 1;
    }
}
