/*
 * What the configuration means for one request: variables become strings that
 * live as long as the run.
 */

#include "ngx_http_sanzaru_hub.h"
#include "ngx_http_sanzaru_run.h"


static char *ngx_http_sanzaru_setup_copy(ngx_http_sanzaru_run_t *run,
    const char *text);
static char *ngx_http_sanzaru_setup_value(ngx_http_sanzaru_run_t *run,
    ngx_http_complex_value_t *cv);
static ngx_int_t ngx_http_sanzaru_setup_folder(ngx_http_sanzaru_run_t *run,
    ngx_uint_t kind, sz_error_t *err);
static ngx_int_t ngx_http_sanzaru_setup_owners(ngx_http_sanzaru_run_t *run);
static const char *ngx_http_sanzaru_setup_fault(const char *value);
static ngx_int_t ngx_http_sanzaru_setup_upstream(ngx_http_sanzaru_run_t *run,
    ngx_http_sanzaru_upstream_t *u);
static void ngx_http_sanzaru_setup_wipe(void *data);
static ngx_int_t ngx_http_sanzaru_setup_header(ngx_http_sanzaru_run_t *run,
    ngx_http_sanzaru_upstream_t *u, const char *prefix, const char *value);


static const char *const  ngx_http_sanzaru_folders[] = {
    [SZ_MEDIA_VIDEO] = "videos",
    [SZ_MEDIA_IMAGE] = "images",
    [SZ_MEDIA_AUDIO] = "audio"
};

static const char *const  ngx_http_sanzaru_path_names[] = {
    [SZ_MEDIA_VIDEO] = "sanzaru_video_path",
    [SZ_MEDIA_IMAGE] = "sanzaru_image_path",
    [SZ_MEDIA_AUDIO] = "sanzaru_audio_path"
};


/* Of this worker; its jobs use it on their threads. */

static sz_cache_t  *ngx_http_sanzaru_cache;


ngx_int_t
ngx_http_sanzaru_setup_init(size_t listings)
{
    ngx_http_sanzaru_cache = sz_cache_create(listings);

    return (ngx_http_sanzaru_cache != NULL) ? NGX_OK : NGX_ERROR;
}


void
ngx_http_sanzaru_setup_exit(void)
{
    sz_cache_destroy(ngx_http_sanzaru_cache);
    ngx_http_sanzaru_cache = NULL;
}


ngx_int_t
ngx_http_sanzaru_setup_probe(ngx_http_sanzaru_path_t *path, sz_error_t *err)
{
    ngx_uint_t   i;
    sz_folder_t  folder;

    ngx_memzero(&folder, sizeof(sz_folder_t));

    folder.root = (char *) path->path.data;
    folder.directive = (char *) path->directive.data;
    folder.access = 0640;
    folder.cache = ngx_http_sanzaru_cache;

    if (ngx_strcmp(folder.directive, "sanzaru_media_path") != 0) {
        return (sz_store_probe(&folder, err) == SZ_OK) ? NGX_OK
                                                       : NGX_DECLINED;
    }

    for (i = 0; i < SZ_MEDIA_KINDS; i++) {
        folder.folder = ngx_http_sanzaru_folders[i];

        if (sz_store_probe(&folder, err) != SZ_OK) {
            return NGX_DECLINED;
        }
    }

    return NGX_OK;
}


/* What is the same for all requests of a location. */

static void
ngx_http_sanzaru_setup_values(sz_setup_t *setup,
    const ngx_http_sanzaru_loc_conf_t *conf)
{
    setup->existing = (sz_existing_e) conf->existing;
    setup->max_file_size = (int64_t) conf->max_file_size;
    setup->max_image_size = (int64_t) conf->max_image_size;
    setup->max_image_pixels = (int64_t) conf->max_image_pixels;
    setup->image_timeout = (int64_t) conf->image_timeout;
    setup->max_image_memory = (int64_t) conf->max_image_memory;
    setup->max_resource_size = (int64_t) conf->max_resource_size;
    setup->image_effort = (int) conf->image_effort;
    setup->image_scaled = conf->image_scaled;
    setup->confirm = conf->confirm;
    setup->max_wait = (int64_t) conf->max_wait;
    setup->poll_first = (int64_t) conf->poll_first;
    setup->poll_last = (int64_t) conf->poll_last;
    setup->progress_interval = (int64_t) conf->progress_interval;
}


ngx_int_t
ngx_http_sanzaru_setup(ngx_http_sanzaru_run_t *run, sz_error_t *err)
{
    size_t                        n;
    sz_setup_t                   *setup;
    ngx_uint_t                    i;
    ngx_http_sanzaru_service_t   *service;
    ngx_http_sanzaru_upstream_t  *u;
    ngx_http_sanzaru_loc_conf_t  *conf;

    conf = run->conf;
    setup = &run->setup;

    ngx_http_sanzaru_setup_values(setup, conf);
    ngx_http_sanzaru_setup_state(setup, conf->main);

    for (i = 0; i < SZ_MEDIA_KINDS; i++) {
        if (ngx_http_sanzaru_setup_folder(run, i, err) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (run->exchange != NULL && run->exchange->listen != NULL) {
        return NGX_OK;                  /* it calls nobody */
    }

    /* an adopted task has one call and no exchange yet */

    n = (run->exchange != NULL) ? run->exchange->n_messages : 1;

    run->calls = ngx_pcalloc(run->pool, n * sizeof(ngx_http_sanzaru_call_t));
    if (run->calls == NULL) {
        goto memory;
    }

    for (i = 0; i < SZ_SERVICES; i++) {
        service = &conf->services[i];

        if (service->provider == NULL) {
            continue;
        }

        setup->service[i] = true;
        setup->model[i] = service->model.len
                          ? (const char *) service->model.data : NULL;

        setup->scope[i] = (const char *) service->provider->base_url.data;

        u = &run->upstreams[i];
        u->provider = service->provider;

        if (ngx_http_sanzaru_setup_upstream(run, u) != NGX_OK) {
            goto memory;
        }
    }

    /* the jobs of an adopted task have their records */

    if (run->exchange == NULL || ngx_http_sanzaru_setup_owners(run) == NGX_OK) {
        return NGX_OK;
    }

memory:

    sz_error_memory(err);

    return NGX_ERROR;
}


void
ngx_http_sanzaru_setup_state(sz_setup_t *setup,
    ngx_http_sanzaru_main_conf_t *smcf)
{
    if (smcf->state_path != NULL) {
        setup->state.root = (char *) smcf->state_path->name.data;
        setup->state.folder = "tasks";
        setup->state.directive = "sanzaru_state_path";
        setup->state.access = 0600;
        setup->task_ttl = smcf->task_ttl;
    }
}


ngx_int_t
ngx_http_sanzaru_value(ngx_http_request_t *r, ngx_http_complex_value_t *cv,
    ngx_str_t *value)
{
#if (NGX_PCRE)

    int         *captures;
    u_char      *data;
    ngx_int_t    rc;
    ngx_uint_t   n;

    if (r == NULL) {                    /* no variables, either */
        return ngx_http_complex_value(r, cv, value);
    }

    n = r->ncaptures;
    data = r->captures_data;
    captures = r->captures;

    r->realloc_captures = 1;

    rc = ngx_http_complex_value(r, cv, value);

    r->ncaptures = n;
    r->captures_data = data;
    r->captures = captures;

    return rc;

#else
    return ngx_http_complex_value(r, cv, value);
#endif
}


/*
 * A terminated copy; NULL when it cannot be made.  Without a request, what
 * depends on one is empty.
 */

static char *
ngx_http_sanzaru_setup_value(ngx_http_sanzaru_run_t *run,
    ngx_http_complex_value_t *cv)
{
    char       *copy;
    ngx_str_t   value;

    ngx_str_set(&value, "");

    if ((run->request != NULL || cv->lengths == NULL)
        && ngx_http_sanzaru_value(run->request, cv, &value) != NGX_OK)
    {
        return NULL;
    }

    copy = ngx_pnalloc(run->pool, value.len + 1);

    if (copy != NULL) {
        ngx_memcpy(copy, value.data, value.len);
        copy[value.len] = '\0';
    }

    if (cv->lengths != NULL && value.len != 0) {

        /* it may be a key, and the request's pool is not wiped */

        ngx_explicit_memzero(value.data, value.len);
    }

    return copy;
}


static char *
ngx_http_sanzaru_setup_copy(ngx_http_sanzaru_run_t *run, const char *text)
{
    char    *copy;
    size_t   len;

    if (text == NULL) {
        return NULL;
    }

    len = ngx_strlen(text) + 1;
    copy = ngx_pnalloc(run->pool, len);

    if (copy != NULL) {
        ngx_memcpy(copy, text, len);
    }

    return copy;
}


/*
 * A path that holds a variable must name a folder of its own: an empty value
 * or one with a slash in it could reach that of another team.
 */

static ngx_int_t
ngx_http_sanzaru_setup_path(const char *path, ngx_str_t *source)
{
    size_t       len;
    ngx_int_t    slashes;
    ngx_uint_t   i;
    const char  *p;

    if (*path != '/') {
        return NGX_ERROR;
    }

    /* as many as are written in the configuration: no value has any */

    slashes = 0;

    for (i = 0; i < source->len; i++) {
        slashes += (source->data[i] == '/');
    }

    for (p = path; *p != '\0'; p++) {
        slashes -= (*p == '/');
    }

    if (slashes != 0) {
        return NGX_ERROR;
    }

    for (p = path + 1; ; p += len + 1) {
        len = strcspn(p, "/");

        if (len == 0 || (len == 1 && p[0] == '.')
            || (len == 2 && p[0] == '.' && p[1] == '.'))
        {
            return NGX_ERROR;
        }

        if (p[len] == '\0') {
            return NGX_OK;
        }
    }
}


static ngx_int_t
ngx_http_sanzaru_setup_folder(ngx_http_sanzaru_run_t *run, ngx_uint_t kind,
    sz_error_t *err)
{
    ngx_log_t                    *log;
    ngx_str_t                     whose;
    ngx_uint_t                    level, held;
    sz_folder_t                  *folder;
    ngx_http_complex_value_t     *path;
    ngx_http_sanzaru_loc_conf_t  *conf;

    conf = run->conf;
    folder = &run->setup.folder[kind];

    folder->access = (mode_t) conf->access;
    folder->min_free = (int64_t) conf->min_free_space;
    folder->cache = ngx_http_sanzaru_cache;

    if (conf->paths[kind] != NULL) {
        path = conf->paths[kind];
        folder->directive = ngx_http_sanzaru_path_names[kind];

    } else if (conf->media_path != NULL) {
        path = conf->media_path;
        folder->folder = ngx_http_sanzaru_folders[kind];
        folder->directive = "sanzaru_media_path";

    } else {
        return NGX_OK;
    }

    if (run->record != NULL && sz_task_folder(run->record, kind) == NULL) {
        folder->directive = NULL;
        folder->folder = NULL;
        return NGX_OK;                  /* the call had no such folder */
    }

    folder->root = (run->record != NULL)
                   ? ngx_http_sanzaru_setup_copy(run,
                                             sz_task_folder(run->record, kind))
                   : ngx_http_sanzaru_setup_value(run, path);

    if (folder->root == NULL) {
        sz_error_memory(err);
        return NGX_ERROR;
    }

    if (run->record == NULL && path->lengths != NULL
        && ngx_http_sanzaru_setup_path(folder->root, &path->value) != NGX_OK)
    {
        log = ngx_http_sanzaru_run_log(run, &whose);
        level = ngx_http_sanzaru_hush(&run->conf->hush, &held);

        ngx_log_error(level, log, 0, "sanzaru: %s does not give a path of its "
                      "own in this request%V; %ui more such failures since "
                      "the last line at this level are at \"warn\"",
                      folder->directive, &whose, held);

        sz_error_set(err, SZ_E_IO, "The gateway does not know the media "
                     "folder of this request; the operator has to look at "
                     "%s.", folder->directive);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * Whose jobs at providers are this request's: those of its caller, and, where a
 * variable chooses a folder, of that folder.
 */

static ngx_int_t
ngx_http_sanzaru_setup_owners(ngx_http_sanzaru_run_t *run)
{
    ngx_uint_t                     i, varies;
    sz_owners_t                   *owners;
    const char                    *folders[SZ_MEDIA_KINDS];
    ngx_http_complex_value_t      *path;
    ngx_http_sanzaru_loc_conf_t   *conf;
    ngx_http_sanzaru_main_conf_t  *smcf;

    conf = run->conf;
    smcf = conf->main;
    owners = &run->setup.owners;

    owners->ttl = smcf->job_ttl;
    owners->memory = &ngx_http_sanzaru_owner_memory;

    if (smcf->state_path != NULL) {
        owners->where.root = (char *) smcf->state_path->name.data;
        owners->where.folder = "owners";
        owners->where.directive = "sanzaru_state_path";
        owners->where.access = 0600;
    }

    varies = (conf->caller != NULL) ? (conf->caller->lengths != NULL)
                                    : (run->request->headers_in.user.len > 0);

    for (i = 0; i < SZ_MEDIA_KINDS; i++) {
        path = (conf->paths[i] != NULL) ? conf->paths[i] : conf->media_path;
        folders[i] = NULL;

        if (path != NULL && path->lengths != NULL) {
            folders[i] = run->setup.folder[i].root;
            varies = 1;
        }
    }

    owners->others = (conf->foreign_jobs == NGX_HTTP_SANZARU_FOREIGN_ALLOW
                      || (conf->foreign_jobs == NGX_HTTP_SANZARU_FOREIGN_AUTO
                          && !varies));

    return sz_owner_digest(owners->self, run->exchange->caller_id,
                           SZ_CALLER_ID, folders, SZ_MEDIA_KINDS)
           ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_sanzaru_setup_key(ngx_http_sanzaru_run_t *run,
    ngx_http_sanzaru_upstream_t *u)
{
    char                         *value;
    ngx_int_t                     rc;
    ngx_http_sanzaru_provider_t  *provider;

    provider = u->provider;
    value = (char *) provider->secret.data;

    if (provider->key != NULL) {
        value = ngx_http_sanzaru_setup_value(run, provider->key);

        if (value == NULL) {
            return NGX_ERROR;
        }
    }

    if (value == NULL) {
        return NGX_OK;                  /* a provider without a key */
    }

    u->keyless = ngx_http_sanzaru_setup_fault(value);

    rc = (u->keyless != NULL) ? NGX_OK
         : ngx_http_sanzaru_setup_header(run, u,
                                    (char *) provider->key_prefix.data, value);

    if (provider->key != NULL) {
        ngx_explicit_memzero(value, ngx_strlen(value));
    }

    return rc;
}


static ngx_int_t
ngx_http_sanzaru_setup_upstream(ngx_http_sanzaru_run_t *run,
    ngx_http_sanzaru_upstream_t *u)
{
    char                         *value;
    ngx_int_t                     rc;
    const char                   *fault;
    ngx_uint_t                    i;
    ngx_pool_cleanup_t           *cln;
    ngx_http_sanzaru_header_t    *header;
    ngx_http_sanzaru_provider_t  *provider;

    provider = u->provider;

    u->headers = ngx_array_create(run->pool, 2, sizeof(ngx_str_t));
    u->secrets = ngx_array_create(run->pool, 2, sizeof(sz_str_t));
    cln = ngx_pool_cleanup_add(run->pool, 0);

    if (u->headers == NULL || u->secrets == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_sanzaru_setup_wipe;
    cln->data = u->headers;

    if (ngx_http_sanzaru_setup_key(run, u) != NGX_OK) {
        return NGX_ERROR;
    }

    if (provider->headers == NULL) {
        return NGX_OK;
    }

    header = provider->headers->elts;

    for (i = 0; i < provider->headers->nelts; i++) {
        value = ngx_http_sanzaru_setup_value(run, &header[i].value);

        if (value == NULL) {
            return NGX_ERROR;
        }

        if (*value == '\0') {
            continue;
        }

        fault = ngx_http_sanzaru_setup_fault(value);

        if (fault != NULL) {
            if (u->unsent == NULL) {
                u->unsent = &header[i].prefix;
                u->unsent_why = fault;
            }

            ngx_explicit_memzero(value, ngx_strlen(value));
            continue;
        }

        rc = ngx_http_sanzaru_setup_header(run, u,
                                       (char *) header[i].prefix.data, value);

        ngx_explicit_memzero(value, ngx_strlen(value));

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* Why the value of a variable is not one of a header; NULL: it is. */

static const char *
ngx_http_sanzaru_setup_fault(const char *value)
{
    const char  *p;

    for (p = value; *p != '\0'; p++) {
        if (((u_char) *p < ' ' && *p != '\t') || *p == 0x7f) {
            return "holds a line break or another control character";
        }
    }

    return (p == value) ? "is empty" : NULL;
}


/* "Name: value"; the value is a secret, whatever the operator uses it for. */

static ngx_int_t
ngx_http_sanzaru_setup_header(ngx_http_sanzaru_run_t *run,
    ngx_http_sanzaru_upstream_t *u, const char *prefix, const char *value)
{
    size_t      len, n;
    u_char     *p;
    sz_str_t   *secret;
    ngx_str_t  *line;

    n = ngx_strlen(value);
    len = ngx_strlen(prefix) + n + sizeof(" ");

    p = ngx_pnalloc(run->pool, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    line = ngx_array_push(u->headers);
    secret = ngx_array_push(u->secrets);

    if (line == NULL || secret == NULL) {
        return NGX_ERROR;
    }

    line->data = p;
    line->len = ngx_sprintf(p, "%s %s%Z", prefix, value) - p - 1;

    secret->data = (char *) p + line->len - n;
    secret->len = n;

    return NGX_OK;
}


static void
ngx_http_sanzaru_setup_wipe(void *data)
{
    ngx_str_t    *line;
    ngx_uint_t    i;
    ngx_array_t  *headers = data;

    line = headers->elts;

    for (i = 0; i < headers->nelts; i++) {
        ngx_explicit_memzero(line[i].data, line[i].len);
    }
}
