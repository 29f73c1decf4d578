#include "ngx_http_sanzaru_module.h"

#include <curl/curl.h>
#include <openssl/ssl.h>


#define NGX_HTTP_SANZARU_KEY_MAX  4096


static char *ngx_http_sanzaru_provider_check(ngx_conf_t *cf,
    ngx_http_sanzaru_provider_t *provider);
static char *ngx_http_sanzaru_provider_store(ngx_conf_t *cf,
    ngx_http_sanzaru_provider_t *provider);
static void ngx_http_sanzaru_provider_wipe(void *data);
static void ngx_http_sanzaru_store_free(void *data);


/* sanzaru_provider name { ... } */

char *
ngx_http_sanzaru_provider(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sanzaru_main_conf_t  *smcf = conf;

    char                          *rv;
    void                         **ctx;
    ngx_str_t                     *value;
    ngx_uint_t                     i;
    ngx_conf_t                     save;
    ngx_http_conf_ctx_t            block;
    ngx_http_sanzaru_provider_t   *provider, **providers, **slot;

    value = cf->args->elts;

    providers = smcf->providers.elts;

    for (i = 0; i < smcf->providers.nelts; i++) {
        if (providers[i]->name.len == value[1].len
            && ngx_strncmp(providers[i]->name.data, value[1].data,
                           value[1].len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate sanzaru_provider \"%V\"", &value[1]);
            return NGX_CONF_ERROR;
        }
    }

    provider = ngx_pcalloc(cf->pool, sizeof(ngx_http_sanzaru_provider_t));
    slot = ngx_array_push(&smcf->providers);
    ctx = ngx_pcalloc(cf->temp_pool, sizeof(void *) * ngx_http_max_module);

    if (provider == NULL || slot == NULL || ctx == NULL) {
        return NGX_CONF_ERROR;
    }

    *slot = provider;

    provider->name = value[1];
    ngx_str_set(&provider->key_prefix, "Authorization: Bearer");

    provider->connect_timeout = NGX_CONF_UNSET_MSEC;
    provider->timeout = NGX_CONF_UNSET_MSEC;
    provider->stall_timeout = NGX_CONF_UNSET_MSEC;
    provider->retries = NGX_CONF_UNSET_UINT;
    provider->headers = NGX_CONF_UNSET_PTR;

    /*
     * The directives of the block are of a type of their own and find the
     * provider where others find the configuration of their location.
     */

    ctx[ngx_http_sanzaru_module.ctx_index] = provider;

    block = *(ngx_http_conf_ctx_t *) cf->ctx;
    block.loc_conf = ctx;

    save = *cf;

    cf->ctx = &block;
    cf->cmd_type = NGX_HTTP_SANZARU_PROVIDER_CONF;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    return ngx_http_sanzaru_provider_check(cf, provider);
}


/* A header that would take the place of the key, or of the gateway's own. */

static ngx_int_t
ngx_http_sanzaru_provider_headers(ngx_conf_t *cf,
    ngx_http_sanzaru_provider_t *provider)
{
    size_t                      len;
    ngx_uint_t                  i;
    ngx_http_sanzaru_header_t  *header;

    if (provider->key == NULL && provider->secret.data == NULL) {

        if (provider->key_header) {
            ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                               "\"key_header\" without \"key\" or "
                               "\"key_file\" in sanzaru_provider \"%V\"",
                               &provider->name);
        }

        return NGX_OK;
    }

    if (provider->headers == NGX_CONF_UNSET_PTR) {
        return NGX_OK;
    }

    header = provider->headers->elts;
    len = strcspn((char *) provider->key_prefix.data, ":") + 1;

    for (i = 0; i < provider->headers->nelts; i++) {

        if (ngx_strncasecmp(header[i].prefix.data, provider->key_prefix.data,
                            len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "\"header %*s\" and the key exclude each other "
                               "in sanzaru_provider \"%V\"", len - 1,
                               header[i].prefix.data, &provider->name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static char *
ngx_http_sanzaru_provider_check(ngx_conf_t *cf,
    ngx_http_sanzaru_provider_t *provider)
{
    if (provider->base_url.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "no \"base_url\" in sanzaru_provider \"%V\"",
                           &provider->name);
        return NGX_CONF_ERROR;
    }

    if (provider->key != NULL && provider->secret.data != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"key\" and \"key_file\" exclude each other in "
                           "sanzaru_provider \"%V\"", &provider->name);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_sanzaru_provider_headers(cf, provider) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    ngx_conf_init_msec_value(provider->connect_timeout, 5000);
    ngx_conf_init_msec_value(provider->timeout, 600000);
    ngx_conf_init_msec_value(provider->stall_timeout, 60000);
    ngx_conf_init_uint_value(provider->retries, 2);
    ngx_conf_init_ptr_value(provider->headers, NULL);

    if (ngx_strncmp(provider->base_url.data, "https:", 6) == 0) {
        return ngx_http_sanzaru_provider_store(cf, provider);
    }

    if (provider->trusted_certificate.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"trusted_certificate\" needs an https \"base_url\""
                           " in sanzaru_provider \"%V\"", &provider->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


/*
 * Certificates are read here, once, and not by libcurl on the event loop at
 * the first connection.
 */

static char *
ngx_http_sanzaru_provider_store(ngx_conf_t *cf,
    ngx_http_sanzaru_provider_t *provider)
{
    u_char                        *file;
    X509_STORE                    *store;
    ngx_pool_cleanup_t            *cln;
    ngx_http_sanzaru_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sanzaru_module);

    if (provider->trusted_certificate.len == 0 && smcf->store != NULL) {
        provider->store = smcf->store;
        return NGX_CONF_OK;
    }

    if (provider->trusted_certificate.len == 0) {
        file = (u_char *) curl_version_info(CURLVERSION_NOW)->cainfo;

        if (file == NULL) {
            file = (u_char *) X509_get_default_cert_file();
        }

    } else {
        if (ngx_conf_full_name(cf->cycle, &provider->trusted_certificate, 1)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        file = provider->trusted_certificate.data;
    }

    store = X509_STORE_new();
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (store == NULL || cln == NULL) {
        X509_STORE_free(store);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_sanzaru_store_free;
    cln->data = store;

    if (X509_STORE_load_locations(store, (char *) file, NULL) != 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "cannot read certificates from \"%s\" for "
                           "sanzaru_provider \"%V\"; %s", file,
                           &provider->name,
                           (provider->trusted_certificate.len != 0)
                           ? "\"trusted_certificate\" needs a file in PEM"
                           : "set \"trusted_certificate\", or install the "
                             "package ca-certificates");
        return NGX_CONF_ERROR;
    }

    provider->store = store;

    if (provider->trusted_certificate.len == 0) {
        smcf->store = store;
    }

    return NGX_CONF_OK;
}


static void
ngx_http_sanzaru_store_free(void *data)
{
    X509_STORE_free(data);
}


static const char *
ngx_http_sanzaru_base_url_fault(CURLU *url, char **host)
{
    char        *part;
    CURLUcode    rc;

    if (curl_url_get(url, CURLUPART_HOST, host, 0) != CURLUE_OK) {
        return "has no host";
    }

    rc = curl_url_get(url, CURLUPART_USER, &part, 0);

    if (rc == CURLUE_OK) {
        curl_free(part);
        return "holds a user name; use \"key\" or \"header\"";
    }

    rc = curl_url_get(url, CURLUPART_QUERY, &part, 0);

    if (rc == CURLUE_OK) {
        curl_free(part);
        return "holds a query; use \"query\"";
    }

    rc = curl_url_get(url, CURLUPART_FRAGMENT, &part, 0);

    if (rc == CURLUE_OK) {
        curl_free(part);
        return "holds a fragment";
    }

    return NULL;
}


static ngx_uint_t
ngx_http_sanzaru_is_local_name(const char *host)
{
    return ngx_strcmp(host, "localhost") == 0
           || ngx_strncmp(host, "127.", 4) == 0
           || ngx_strcmp(host, "[::1]") == 0;
}


char *
ngx_http_sanzaru_provider_base_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sanzaru_provider_t  *provider = conf;

    char        *host;
    CURLU       *url;
    ngx_str_t   *value;
    const char  *fault;

    if (provider->base_url.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strncasecmp(value[1].data, (u_char *) "https://", 8) != 0
        && ngx_strncasecmp(value[1].data, (u_char *) "http://", 7) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"base_url\" must begin with https:// or http://, "
                           "not \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    url = curl_url();
    if (url == NULL) {
        return NGX_CONF_ERROR;
    }

    host = NULL;
    fault = "is not a URL";

    if (curl_url_set(url, CURLUPART_URL, (char *) value[1].data, 0)
        == CURLUE_OK)
    {
        fault = ngx_http_sanzaru_base_url_fault(url, &host);
    }

    curl_url_cleanup(url);

    if (fault != NULL) {
        curl_free(host);
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"base_url\" \"%V\" %s",
                           &value[1], fault);
        return NGX_CONF_ERROR;
    }

    if (ngx_strncasecmp(value[1].data, (u_char *) "http:", 5) == 0
        && !ngx_http_sanzaru_is_local_name(host))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "\"base_url\" \"%V\" is not https: keys and media "
                           "travel in clear", &value[1]);
    }

    curl_free(host);

    provider->base_url = value[1];
    ngx_strlow(provider->base_url.data, provider->base_url.data, 5);

    while (provider->base_url.data[provider->base_url.len - 1] == '/') {
        provider->base_url.len--;
    }

    provider->base_url.data[provider->base_url.len] = '\0';

    return NGX_CONF_OK;
}


/* The file is read here, by the master: workers need no right to it. */

char *
ngx_http_sanzaru_provider_key_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sanzaru_provider_t  *provider = conf;

    u_char              *p;
    ssize_t              i, n;
    ngx_fd_t             fd;
    ngx_str_t           *value;
    ngx_pool_cleanup_t  *cln;

    if (provider->secret.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_conf_full_name(cf->cycle, &value[1], 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    p = ngx_pnalloc(cf->pool, NGX_HTTP_SANZARU_KEY_MAX + 1);
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (p == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_sanzaru_provider_wipe;
    cln->data = &provider->secret;

    fd = ngx_open_file(value[1].data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "cannot open key_file \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    n = ngx_read_fd(fd, p, NGX_HTTP_SANZARU_KEY_MAX);
    (void) ngx_close_file(fd);

    if (n >= 3 && ngx_memcmp(p, "\xef\xbb\xbf", 3) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key_file \"%V\" begins with a byte order mark; "
                           "save it as plain text", &value[1]);
        return NGX_CONF_ERROR;
    }

    while (n > 0 && ngx_strchr(" \t\r\n", p[n - 1]) != NULL) {
        n--;
    }

    while (n > 0 && ngx_strchr(" \t\r\n", *p) != NULL) {
        p++;
        n--;
    }

    if (n <= 0 || n == NGX_HTTP_SANZARU_KEY_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key_file \"%V\" holds no key", &value[1]);
        return NGX_CONF_ERROR;
    }

    p[n] = '\0';

    for (i = 0; i < n && p[i] >= ' ' && p[i] != 0x7f; i++) { /* void */ }

    if (i < n) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key_file \"%V\" must hold the key on one line",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    provider->secret.data = p;
    provider->secret.len = (size_t) n;

    return NGX_CONF_OK;
}


static void
ngx_http_sanzaru_provider_wipe(void *data)
{
    ngx_str_t  *secret = data;

    ngx_explicit_memzero(secret->data, secret->len);
}


/* A terminated "Name:" of a header name. */

static ngx_int_t
ngx_http_sanzaru_header_prefix(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *prefix)
{
    if (ngx_http_sanzaru_header_name(cf, name) != NGX_OK) {
        return NGX_ERROR;
    }

    prefix->data = ngx_pnalloc(cf->pool, name->len + 2);
    if (prefix->data == NULL) {
        return NGX_ERROR;
    }

    prefix->len = ngx_sprintf(prefix->data, "%V:%Z", name) - prefix->data - 1;

    return NGX_OK;
}


/* What can be the value of a header, as it stands in the configuration. */

static ngx_int_t
ngx_http_sanzaru_header_value(ngx_conf_t *cf, ngx_str_t *name,
    ngx_str_t *value)
{
    ngx_uint_t   i;
    const char  *fault;

    fault = (value->len == 0) ? "is empty" : NULL;

    for (i = 0; i < value->len; i++) {
        if ((value->data[i] < ' ' && value->data[i] != '\t')
            || value->data[i] == 0x7f)
        {
            fault = "holds a line break or another control character";
        }
    }

    if (fault != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "the value of \"%V\" %s",
                           name, fault);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* The gateway writes bodies, and the headers that say how. */

static ngx_int_t
ngx_http_sanzaru_header_free(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t  i;

    static ngx_str_t  ours[] = {
        ngx_string("Content-Type"), ngx_string("Content-Length"),
        ngx_string("Transfer-Encoding"), ngx_string("Connection"),
        ngx_string("Expect")
    };

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (ours[i].len == name->len
            && ngx_strncasecmp(ours[i].data, name->data, name->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "the header \"%V\" is the gateway's own", name);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


char *
ngx_http_sanzaru_provider_key(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t  *value;

    value = cf->args->elts;

    return (ngx_http_sanzaru_header_value(cf, &value[0], &value[1]) == NGX_OK)
           ? ngx_http_set_complex_value_slot(cf, cmd, conf) : NGX_CONF_ERROR;
}


/* "api-version=1", which is put behind "?" or "&" */

char *
ngx_http_sanzaru_provider_query(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_str_t   *value;
    ngx_uint_t   i;

    value = cf->args->elts;

    if (value[1].len == 0 || ngx_strchr("?&", value[1].data[0]) != NULL) {
        return "needs parameters without \"?\" or \"&\" in front";
    }

    for (i = 0; i < value[1].len; i++) {
        if (value[1].data[i] <= ' ' || value[1].data[i] >= 0x7f
            || value[1].data[i] == '#')
        {
            return "holds a character that must be percent-encoded";
        }
    }

    return ngx_conf_set_str_slot(cf, cmd, conf);
}


char *
ngx_http_sanzaru_provider_key_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sanzaru_provider_t  *provider = conf;

    ngx_str_t  *value;

    if (provider->key_header) {
        return "is duplicate";
    }

    provider->key_header = 1;

    value = cf->args->elts;

    return (ngx_http_sanzaru_header_prefix(cf, &value[1],
                                           &provider->key_prefix) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}


char *
ngx_http_sanzaru_provider_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_sanzaru_provider_t  *provider = conf;

    ngx_str_t                         *value;
    ngx_http_sanzaru_header_t         *header;
    ngx_http_compile_complex_value_t   ccv;

    value = cf->args->elts;

    if (provider->headers == NGX_CONF_UNSET_PTR) {
        provider->headers = ngx_array_create(cf->pool, 2,
                                        sizeof(ngx_http_sanzaru_header_t));
        if (provider->headers == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    header = ngx_array_push(provider->headers);
    if (header == NULL) {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_sanzaru_header_prefix(cf, &value[1], &header->prefix)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_http_sanzaru_header_value(cf, &value[0], &value[2]) != NGX_OK
        || ngx_http_sanzaru_header_free(cf, &value[1]) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[2];
    ccv.complex_value = &header->value;

    return (ngx_http_compile_complex_value(&ccv) == NGX_OK)
           ? NGX_CONF_OK : NGX_CONF_ERROR;
}
