#include "ngx_http_sanzaru_hub.h"
#include "ngx_http_sanzaru_module.h"

#include <curl/curl.h>
#include <openssl/rand.h>
#include <openssl/sha.h>


#define NGX_HTTP_SANZARU_SECRET_MIN  16
#define NGX_HTTP_SANZARU_SECRET_MAX  4096


static ngx_int_t ngx_http_sanzaru_secret_keep(ngx_conf_t *cf,
    ngx_http_sanzaru_main_conf_t *smcf);
static char *ngx_http_sanzaru_services_init(ngx_conf_t *cf,
    ngx_http_sanzaru_loc_conf_t *slcf);
static ngx_int_t ngx_http_sanzaru_hosts_init(ngx_conf_t *cf,
    ngx_http_sanzaru_loc_conf_t *slcf);
static ngx_int_t ngx_http_sanzaru_push_str(ngx_array_t *array, size_t len,
    u_char *data);
static void ngx_http_sanzaru_arena_free(void *data);


char *
ngx_http_sanzaru_mcp(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sanzaru_loc_conf_t  *slcf = conf;

    ngx_http_core_loc_conf_t  *clcf;

    if (slcf->endpoint != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    slcf->endpoint = 1;
    slcf->file = cf->conf_file->file.name;
    slcf->line = cf->conf_file->line;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_sanzaru_handler;

    return NGX_CONF_OK;
}


/* sanzaru_service video provider=openai [model=sora-2]; */

char *
ngx_http_sanzaru_service(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sanzaru_loc_conf_t  *slcf = conf;

    ngx_str_t                   *value;
    ngx_uint_t                   i, n;
    ngx_http_sanzaru_service_t  *service;

    value = cf->args->elts;

    for (n = 0; n < SZ_SERVICES; n++) {
        if (ngx_strcmp(value[1].data, sz_service_name(n)) == 0) {
            break;
        }
    }

    if (n == SZ_SERVICES) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "unknown service \"%V\"; there are video, image, "
                           "speech, transcription and text", &value[1]);
        return NGX_CONF_ERROR;
    }

    service = &slcf->services[n];

    if (service->provider_name.len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate sanzaru_service \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (!sz_service_is_used((sz_service_e) n)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "no tool uses the service \"%V\" yet", &value[1]);
    }

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "provider=", 9) == 0
            && service->provider_name.data == NULL)
        {
            service->provider_name.data = value[i].data + 9;
            service->provider_name.len = value[i].len - 9;

        } else if (ngx_strncmp(value[i].data, "model=", 6) == 0
                   && value[i].len > 6 && service->model.data == NULL)
        {
            service->model.data = value[i].data + 6;
            service->model.len = value[i].len - 6;

        } else {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"; provider= and "
                               "model= are known", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    if (service->provider_name.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "sanzaru_service \"%V\" needs provider=",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    /* the provider may come later in the file */

    service->file = cf->conf_file->file.name;
    service->line = cf->conf_file->line;

    return NGX_CONF_OK;
}


/* A media folder; one without variables must be there already. */

char *
ngx_http_sanzaru_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    ngx_str_t                          *value;
    ngx_file_info_t                     fi;
    ngx_http_complex_value_t          **cv;
    ngx_http_sanzaru_path_t            *path;
    ngx_http_sanzaru_main_conf_t       *smcf;
    ngx_http_compile_complex_value_t    ccv;

    cv = (ngx_http_complex_value_t **) (p + cmd->offset);

    if (*cv != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (value[1].data[0] != '/' && value[1].data[0] != '$') {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" must be an absolute path, not \"%V\"",
                           &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    *cv = ngx_palloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*cv == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = *cv;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if ((*cv)->lengths != NULL) {
        return NGX_CONF_OK;
    }

    if (ngx_file_info(value[1].data, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "\"%V\" \"%V\" cannot be used; make the directory "
                           "and give it to the user of nginx's workers",
                           &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    if (!ngx_is_dir(&fi)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" \"%V\" is not a directory",
                           &cmd->name, &value[1]);
        return NGX_CONF_ERROR;
    }

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sanzaru_module);

    path = ngx_array_push(&smcf->paths);
    if (path == NULL) {
        return NGX_CONF_ERROR;
    }

    path->directive = cmd->name;
    path->path = value[1];
    path->file = cf->conf_file->file.name;
    path->line = cf->conf_file->line;

    return NGX_CONF_OK;
}


/* In a worker, because it is the worker that has to write. */

void
ngx_http_sanzaru_path_check(ngx_cycle_t *cycle,
    ngx_http_sanzaru_main_conf_t *smcf)
{
    u_char                    user[128];
    sz_error_t                err;
    ngx_uint_t                i;
    ngx_http_sanzaru_path_t  *path;

    path = smcf->paths.elts;

    for (i = 0; i < smcf->paths.nelts; i++) {

        if (ngx_http_sanzaru_setup_probe(&path[i], &err) == NGX_OK) {
            continue;
        }

        ngx_http_sanzaru_user(cycle, user, sizeof(user));

        ngx_log_error(NGX_LOG_ERR, cycle->log, 0,
                      "sanzaru: \"%V\" of \"%V\" in %V:%ui is not readable "
                      "and writable for the worker processes (%s): %s",
                      &path[i].path, &path[i].directive, &path[i].file,
                      path[i].line, user, err.text);
    }
}


/* sanzaru_poll_interval 5s 20s; */

char *
ngx_http_sanzaru_poll_interval(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sanzaru_loc_conf_t  *slcf = conf;

    ngx_int_t    first, last;
    ngx_str_t   *value;

    if (slcf->poll_first != NGX_CONF_UNSET_MSEC) {
        return "is duplicate";
    }

    value = cf->args->elts;

    first = ngx_parse_time(&value[1], 0);
    last = (cf->args->nelts == 3) ? ngx_parse_time(&value[2], 0) : 4 * first;

    if (first <= 0 || last <= 0) {
        return "needs times above zero, such as 5s";
    }

    slcf->poll_first = (ngx_msec_t) first;
    slcf->poll_last = (ngx_msec_t) last;

    if (slcf->poll_last < slcf->poll_first) {
        return "has a last interval that is shorter than the first";
    }

    return NGX_CONF_OK;
}


/* ngx_conf_set_enum_slot() with the words that there are. */

char *
ngx_http_sanzaru_enum(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    u_char           *last, words[128];
    ngx_str_t        *value;
    ngx_uint_t       *slot;
    ngx_conf_enum_t  *e;

    slot = (ngx_uint_t *) (p + cmd->offset);

    if (*slot != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;
    last = words;

    for (e = cmd->post; e->name.len != 0; e++) {

        if (e->name.len == value[1].len
            && ngx_strcasecmp(e->name.data, value[1].data) == 0)
        {
            *slot = e->value;
            return NGX_CONF_OK;
        }

        last = ngx_slprintf(last, words + sizeof(words), " \"%V\"", &e->name);
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid value \"%V\" in \"%V\" directive, it must be "
                       "one of%*s", &value[1], &cmd->name,
                       (size_t) (last - words), words);

    return NGX_CONF_ERROR;
}


/* ngx_conf_set_size_slot() that knows gigabytes, as offsets do. */

char *
ngx_http_sanzaru_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    off_t             bytes;
    size_t           *slot;
    ngx_str_t        *value;
    ngx_conf_post_t  *post = cmd->post;

    slot = (size_t *) (p + cmd->offset);

    if (*slot != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;

    bytes = ngx_parse_offset(&value[1]);

    if (bytes == NGX_ERROR || (uint64_t) bytes > NGX_MAX_SIZE_T_VALUE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\" in \"%V\" directive, it must "
                           "be a size such as 512k, 20m or 1g", &value[1],
                           &cmd->name);
        return NGX_CONF_ERROR;
    }

    *slot = (size_t) bytes;

    return (post != NULL) ? post->post_handler(cf, post, slot) : NGX_CONF_OK;
}


/*
 * sanzaru_max_transfers, sanzaru_image_jobs: number [queue=number];
 * sanzaru_max_unattended: number [caller=number].
 */

char *
ngx_http_sanzaru_bounded(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    char  *p = conf;

    size_t       len;
    ngx_int_t    n;
    ngx_str_t   *value;
    ngx_uint_t  *pair;
    const char  *name = cmd->post;

    pair = (ngx_uint_t *) (p + cmd->offset);

    if (pair[0] != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    n = ngx_atoi(value[1].data, value[1].len);

    if (n == NGX_ERROR || n == 0) {
        return "needs a number above zero";
    }

    pair[0] = (ngx_uint_t) n;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    len = ngx_strlen(name);
    n = (ngx_strncmp(value[2].data, name, len) == 0)
        ? ngx_atoi(value[2].data + len, value[2].len - len) : NGX_ERROR;

    if (n == NGX_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\"; %snumber is known",
                           &value[2], name);
        return NGX_CONF_ERROR;
    }

    pair[1] = (ngx_uint_t) n;

    return NGX_CONF_OK;
}


char *
ngx_http_sanzaru_thread_pool(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sanzaru_loc_conf_t  *slcf = conf;

    ngx_str_t  *value;

    if (slcf->pool != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    slcf->pool = ngx_thread_pool_add(cf, &value[1]);

    return (slcf->pool != NULL) ? NGX_CONF_OK : NGX_CONF_ERROR;
}


/* The origin of a URL, "https://host:port", and its host. */

static const char *
ngx_http_sanzaru_origin(ngx_conf_t *cf, ngx_str_t *text, ngx_str_t *origin,
    ngx_str_t *host)
{
    u_char     *p, *end, *colon;
    ngx_int_t   port;

    if (ngx_strncasecmp(text->data, (u_char *) "https://", 8) == 0) {
        p = text->data + 8;

    } else if (ngx_strncasecmp(text->data, (u_char *) "http://", 7) == 0) {
        p = text->data + 7;

    } else {
        return "must begin with https:// or http://";
    }

    end = p + strcspn((char *) p, "/?#");

    if (end == p || strpbrk((char *) p, "@ ") != NULL) {
        return "has no plain host";
    }

    if (memchr(p, '*', end - p) != NULL) {
        return "holds a \"*\", which stands for no name here; list the names";
    }

    ngx_strlow(text->data, text->data, end - text->data);

    origin->data = text->data;
    origin->len = end - text->data;

    host->data = p;

    colon = (u_char *) ((*p == '[') ? memchr(p, ']', end - p)
                                    : memchr(p, ':', end - p));

    host->len = (colon == NULL) ? (size_t) (end - p)
                                : (size_t) (colon - p) + (*p == '[');

    p += host->len;

    if (p == end) {
        return NULL;
    }

    port = (*p == ':') ? ngx_atoi(p + 1, end - p - 1) : NGX_ERROR;

    if (port < 1 || port > 65535) {
        return "has no valid port";
    }

    /* an Origin never names the port of its scheme */

    if (port == ((text->data[4] == 's') ? 443 : 80)) {
        origin->len = p - text->data;
    }

    return NULL;
}


/* A slash at the end of a URL is none. */

static ngx_uint_t
ngx_http_sanzaru_has_path(ngx_str_t *url)
{
    const char  *path;

    path = strpbrk(ngx_strchr(url->data, '/') + 2, "/?#");

    return path != NULL && ngx_strcmp(path, "/") != 0;
}


char *
ngx_http_sanzaru_allow_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sanzaru_loc_conf_t  *slcf = conf;

    ngx_str_t   *value, origin, host;
    ngx_uint_t   i;
    const char  *fault;

    if (slcf->origins == NGX_CONF_UNSET_PTR) {
        slcf->origins = ngx_array_create(cf->pool, 4, sizeof(sz_str_t));
        if (slcf->origins == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        origin = value[i];

        fault = NULL;

        if (ngx_strcmp(value[i].data, "*") != 0) {
            fault = ngx_http_sanzaru_origin(cf, &value[i], &origin, &host);

            if (fault == NULL && ngx_http_sanzaru_has_path(&value[i])) {
                fault = "has a path, which no origin has";
            }
        }


        if (fault != NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "origin \"%V\" %s",
                               &value[i], fault);
            return NGX_CONF_ERROR;
        }

        if (ngx_http_sanzaru_push_str(slcf->origins, origin.len, origin.data)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_sanzaru_header_name(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_uint_t  i;

    for (i = 0; i < name->len; i++) {
        if (name->data[i] <= ' ' || name->data[i] >= 0x7f
            || ngx_strchr("()<>@,;:\\\"/[]?={}", name->data[i]) != NULL)
        {
            break;
        }
    }

    if (i == 0 || i < name->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V\" is not the name of a header", name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* What pages may send beside the headers of the protocol. */

char *
ngx_http_sanzaru_allow_headers(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sanzaru_loc_conf_t  *slcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (slcf->allow_headers == NGX_CONF_UNSET_PTR) {
        slcf->allow_headers = ngx_array_create(cf->pool, 4, sizeof(sz_str_t));
        if (slcf->allow_headers == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "*") == 0) {
            return "needs names: \"*\" would not allow Authorization";
        }

        if (ngx_http_sanzaru_header_name(cf, &value[i]) != NGX_OK
            || ngx_http_sanzaru_push_str(slcf->allow_headers, value[i].len,
                                         value[i].data) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* sanzaru_tools list_* -delete_video; */

char *
ngx_http_sanzaru_choose_tools(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sanzaru_loc_conf_t  *slcf = conf;

    sz_str_t     item;
    ngx_str_t   *value;
    ngx_uint_t   i;
    const char  *nearest;

    if (slcf->tools == NGX_CONF_UNSET_PTR) {
        slcf->tools = ngx_array_create(cf->pool, 4, sizeof(sz_str_t));
        if (slcf->tools == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        item.len = value[i].len;
        item.data = (char *) value[i].data;

        if (!sz_choice_known(item, &nearest)) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "there is no tool \"%V\"; nearest is \"%s\"",
                               &value[i], (nearest != NULL) ? nearest : "*");
            return NGX_CONF_ERROR;
        }

        if (ngx_http_sanzaru_push_str(slcf->tools, value[i].len,
                                      value[i].data) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


char *
ngx_http_sanzaru_public_url(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sanzaru_loc_conf_t  *slcf = conf;

    ngx_str_t   *value, origin, host;
    const char  *fault;

    if (slcf->public_url.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    fault = ngx_http_sanzaru_origin(cf, &value[1], &origin, &host);

    if (fault != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "URL \"%V\" %s", &value[1],
                           fault);
        return NGX_CONF_ERROR;
    }

    slcf->public_url = value[1];

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_sanzaru_push_str(ngx_array_t *array, size_t len, u_char *data)
{
    sz_str_t  *s;

    s = ngx_array_push(array);
    if (s == NULL) {
        return NGX_ERROR;
    }

    s->len = len;
    s->data = (char *) data;

    return NGX_OK;
}


/*
 * What signs sessions: the digest of a file, whatever bytes it holds; the same
 * on all replicas and after a restart.
 */

static ngx_int_t
ngx_http_sanzaru_secret_read(ngx_conf_t *cf, ngx_str_t *name, u_char *secret,
    const char *advice)
{
    u_char    text[NGX_HTTP_SANZARU_SECRET_MAX];
    ssize_t   n;
    ngx_fd_t  fd;

    if (ngx_conf_full_name(cf->cycle, name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(name->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           "cannot open sanzaru_secret_file \"%V\"; %s", name,
                           advice);
        return NGX_ERROR;
    }

    n = ngx_read_fd(fd, text, sizeof(text));
    (void) ngx_close_file(fd);

    if (n < NGX_HTTP_SANZARU_SECRET_MIN) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "sanzaru_secret_file \"%V\" holds less than 16 "
                           "bytes; %s", name, advice);
        return NGX_ERROR;
    }

    SHA256(text, (size_t) n, secret);
    ngx_explicit_memzero(text, sizeof(text));

    return NGX_OK;
}


char *
ngx_http_sanzaru_secret_file(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_sanzaru_main_conf_t  *smcf = conf;

    ngx_str_t  *value;

    if (smcf->secret_set) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_sanzaru_secret_read(cf, &value[1], smcf->secret,
                                     "make it with \"openssl rand -hex 32\"")
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts > 2) {

        if (ngx_http_sanzaru_secret_read(cf, &value[2], smcf->previous,
                                         "a previous secret that is lost "
                                         "must not be named")
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        smcf->previous_set = 1;
    }

    smcf->secret_set = 1;

    return NGX_CONF_OK;
}


/*
 * Without sanzaru_secret_file: a file of our own below sanzaru_state_path; and
 * without that random bytes, which a reload keeps.
 */

char *
ngx_http_sanzaru_secret_init(ngx_conf_t *cf,
    ngx_http_sanzaru_main_conf_t *smcf)
{
    ngx_int_t  rc;

    if (!smcf->secret_set && smcf->state_path != NULL) {
        rc = ngx_http_sanzaru_state_secret(cf, smcf);

        if (rc == NGX_ERROR) {
            return NGX_CONF_ERROR;
        }

        smcf->secret_set = (rc == NGX_OK);
    }

    if (smcf->secret_set) {
        return NGX_CONF_OK;
    }

    smcf->secret_kept = (ngx_http_sanzaru_secret_keep(cf, smcf) == NGX_OK);

    if (smcf->secret_kept
        || RAND_bytes(smcf->secret, sizeof(smcf->secret)) == 1)
    {
        return NGX_CONF_OK;
    }

    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "sanzaru: OpenSSL has no random bytes");

    return NGX_CONF_ERROR;
}


/* From the configuration that is being replaced, if it had this module. */

static ngx_int_t
ngx_http_sanzaru_secret_keep(ngx_conf_t *cf,
    ngx_http_sanzaru_main_conf_t *smcf)
{
    ngx_uint_t                     i;
    ngx_cycle_t                   *old;
    ngx_http_sanzaru_main_conf_t  *osmcf;

    old = cf->cycle->old_cycle;

    if (old == NULL || old->conf_ctx == NULL || old->modules == NULL) {
        return NGX_DECLINED;
    }

    for (i = 0; old->modules[i] != &ngx_http_sanzaru_module; i++) {
        if (old->modules[i] == NULL) {
            return NGX_DECLINED;
        }
    }

    osmcf = ngx_http_cycle_get_module_main_conf(old, ngx_http_sanzaru_module);

    if (osmcf == NULL) {
        return NGX_DECLINED;
    }

    ngx_memcpy(smcf->secret, osmcf->secret, sizeof(smcf->secret));

    return NGX_OK;
}


/* Locations of the same name before this one: servers need not have names. */

static ngx_uint_t
ngx_http_sanzaru_identity_twins(ngx_http_sanzaru_main_conf_t *smcf,
    ngx_str_t *server, ngx_str_t *location)
{
    ngx_uint_t                     i, n;
    ngx_str_t                      name;
    ngx_http_sanzaru_loc_conf_t  **slcf;

    slcf = smcf->locations.elts;

    for (n = 0, i = 0; i < smcf->locations.nelts; i++) {

        name = slcf[i]->identity;

        if (name.len > server->len + location->len + 1
            && ngx_strncmp(name.data, server->data, server->len) == 0
            && name.data[server->len] == ':'
            && ngx_strncmp(name.data + server->len + 1, location->data,
                           location->len) == 0
            && name.data[server->len + 1 + location->len] == '#')
        {
            n++;
        }
    }

    return n;
}


/*
 * What a task that outlives the configuration finds its location by.  An "if"
 * or "limit_except" has inherited that of its location, where its tasks go on.
 */

static ngx_int_t
ngx_http_sanzaru_identity_init(ngx_conf_t *cf,
    ngx_http_sanzaru_main_conf_t *smcf, ngx_http_sanzaru_loc_conf_t *slcf)
{
    ngx_uint_t                     n;
    ngx_http_core_loc_conf_t      *clcf;
    ngx_http_core_srv_conf_t      *cscf;
    ngx_http_sanzaru_loc_conf_t  **location;

    slcf->main = smcf;

    if (slcf->identity.len) {
        return NGX_OK;
    }

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    n = ngx_http_sanzaru_identity_twins(smcf, &cscf->server_name, &clcf->name);

    slcf->identity.data = ngx_pnalloc(cf->pool, cscf->server_name.len
                                                + clcf->name.len + 3
                                                + NGX_INT_T_LEN);
    location = ngx_array_push(&smcf->locations);

    if (slcf->identity.data == NULL || location == NULL) {
        return NGX_ERROR;
    }

    slcf->identity.len = ngx_sprintf(slcf->identity.data, "%V:%V#%ui%Z",
                                     &cscf->server_name, &clcf->name, n)
                         - slcf->identity.data - 1;

    *location = slcf;

    if (smcf->pool == NULL) {
        smcf->pool = slcf->pool;
    }

    return NGX_OK;
}


/*
 * A location with sanzaru_mcp, when all there is to inherit is known.
 */

char *
ngx_http_sanzaru_endpoint_init(ngx_conf_t *cf,
    ngx_http_sanzaru_loc_conf_t *slcf)
{
    char                          *rv;
    unsigned                       has, i;
    sz_arena_t                    *arena;
    ngx_pool_cleanup_t            *cln;
    ngx_http_sanzaru_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sanzaru_module);
    smcf->endpoints++;

    rv = ngx_http_sanzaru_services_init(cf, slcf);
    if (rv != NGX_CONF_OK) {
        return rv;
    }

    slcf->server = ngx_pcalloc(cf->pool, sizeof(sz_server_t));
    arena = sz_arena_create((size_t) -1);
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (slcf->server == NULL || arena == NULL || cln == NULL
        || ngx_http_sanzaru_identity_init(cf, smcf, slcf) != NGX_OK)
    {
        sz_arena_destroy(arena);
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_http_sanzaru_arena_free;
    cln->data = arena;

    slcf->server->session_timeout = slcf->session_timeout;
    slcf->server->call_timeout = (int64_t) slcf->call_timeout / 1000 + 1;
    slcf->server->existing = (sz_existing_e) slcf->existing;
    slcf->server->hub = &ngx_http_sanzaru_hub;
    slcf->server->tasks = (smcf->state_path != NULL);
    ngx_memcpy(slcf->server->secret, smcf->secret, sizeof(smcf->secret));
    ngx_memcpy(slcf->server->previous, smcf->previous,
               sizeof(smcf->previous));
    slcf->server->has_previous = (smcf->previous_set != 0);

    if (ngx_http_sanzaru_hosts_init(cf, slcf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (has = 0, i = 0; i < SZ_SERVICES; i++) {
        if (slcf->services[i].provider != NULL) {
            has |= sz_needs_service(i);
        }
    }

    for (i = 0; i < SZ_MEDIA_KINDS; i++) {
        if (slcf->media_path != NULL || slcf->paths[i] != NULL) {
            has |= sz_needs_folder(i);
        }
    }

    if (slcf->tools != NULL) {
        slcf->server->choice = slcf->tools->elts;
        slcf->server->n_choice = slcf->tools->nelts;
    }

    if (!sz_server_init(slcf->server, arena, has)) {
        return NGX_CONF_ERROR;
    }

    if (slcf->server->n_tools == 0) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "sanzaru_mcp offers no tool here: %s, in %V:%ui",
                      (slcf->tools != NULL)
                      ? "sanzaru_tools chooses none of those that the folders "
                        "and services are enough for"
                      : "set sanzaru_media_path, and sanzaru_service with a "
                        "sanzaru_provider", &slcf->file, slcf->line);
    }

    return NGX_CONF_OK;
}


static void
ngx_http_sanzaru_arena_free(void *data)
{
    sz_arena_destroy(data);
}


static char *
ngx_http_sanzaru_services_init(ngx_conf_t *cf,
    ngx_http_sanzaru_loc_conf_t *slcf)
{
    ngx_uint_t                     i, n;
    ngx_http_sanzaru_service_t    *service;
    ngx_http_sanzaru_provider_t  **provider;
    ngx_http_sanzaru_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sanzaru_module);

    provider = smcf->providers.elts;

    for (i = 0; i < SZ_SERVICES; i++) {

        service = &slcf->services[i];

        if (service->provider_name.len == 0) {
            continue;
        }

        for (n = 0; n < smcf->providers.nelts; n++) {
            if (provider[n]->name.len == service->provider_name.len
                && ngx_strncmp(provider[n]->name.data,
                               service->provider_name.data,
                               provider[n]->name.len) == 0)
            {
                service->provider = provider[n];
                break;
            }
        }

        if (service->provider == NULL) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "unknown sanzaru_provider \"%V\" in %V:%ui",
                          &service->provider_name, &service->file,
                          service->line);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* One more, for this endpoint alone: it may have inherited the array. */

static ngx_int_t
ngx_http_sanzaru_origins_add(ngx_conf_t *cf,
    ngx_http_sanzaru_loc_conf_t *slcf, ngx_str_t *origin)
{
    sz_str_t     *inherited;
    ngx_uint_t    i, n;
    ngx_array_t  *origins;

    n = (slcf->origins != NULL) ? slcf->origins->nelts : 0;

    origins = ngx_array_create(cf->pool, n + 1, sizeof(sz_str_t));
    if (origins == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < n; i++) {
        inherited = slcf->origins->elts;

        if (ngx_http_sanzaru_push_str(origins, inherited[i].len,
                                      (u_char *) inherited[i].data)
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    slcf->origins = origins;

    return ngx_http_sanzaru_push_str(origins, origin->len, origin->data);
}


/* The names this endpoint goes by: server_name and sanzaru_public_url. */

static ngx_int_t
ngx_http_sanzaru_hosts_init(ngx_conf_t *cf, ngx_http_sanzaru_loc_conf_t *slcf)
{
    ngx_str_t                  origin, host;
    ngx_uint_t                 i;
    ngx_array_t               *hosts;
    ngx_http_server_name_t    *sn;
    ngx_http_core_srv_conf_t  *cscf;
#if (NGX_PCRE)
    ngx_http_regex_t         **regex;
#endif

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    hosts = ngx_array_create(cf->pool, 4, sizeof(sz_str_t));
    slcf->host_regexes = ngx_array_create(cf->pool, 1, sizeof(void *));

    if (hosts == NULL || slcf->host_regexes == NULL) {
        return NGX_ERROR;
    }

    sn = cscf->server_names.elts;

    for (i = 0; i < cscf->server_names.nelts; i++) {

#if (NGX_PCRE)
        if (sn[i].regex != NULL) {
            regex = ngx_array_push(slcf->host_regexes);
            if (regex == NULL) {
                return NGX_ERROR;
            }

            *regex = sn[i].regex;
            continue;
        }
#endif

        if (sn[i].name.len != 0
            && ngx_http_sanzaru_push_str(hosts, sn[i].name.len,
                                         sn[i].name.data) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (slcf->public_url.len) {
        (void) ngx_http_sanzaru_origin(cf, &slcf->public_url, &origin, &host);

        if (ngx_http_sanzaru_push_str(hosts, host.len, host.data) != NGX_OK) {
            return NGX_ERROR;
        }

        if (ngx_http_sanzaru_origins_add(cf, slcf, &origin) != NGX_OK) {
            return NGX_ERROR;
        }

        slcf->server->strict = true;
    }

    slcf->server->hosts = hosts->elts;
    slcf->server->n_hosts = hosts->nelts;

    if (slcf->origins != NULL) {
        slcf->server->origins = slcf->origins->elts;
        slcf->server->n_origins = slcf->origins->nelts;
    }

    if (slcf->allow_headers != NULL) {
        slcf->server->allow_headers = slcf->allow_headers->elts;
        slcf->server->n_allow_headers = slcf->allow_headers->nelts;
    }

    return NGX_OK;
}
