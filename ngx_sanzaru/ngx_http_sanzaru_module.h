/*
 * Configuration of the gateway: what the directives say.
 */

#ifndef _NGX_HTTP_SANZARU_MODULE_H_INCLUDED_
#define _NGX_HTTP_SANZARU_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_sanzaru_compat.h"

#include "mcp/sz_mcp.h"


typedef struct {
    ngx_str_t                     prefix;       /* "Name:", terminated */
    ngx_http_complex_value_t      value;
} ngx_http_sanzaru_header_t;


/*
 * Lines of the error log that would be many: one at `error` in a minute, with
 * the number of those between.  Of one worker.
 */

typedef struct {
    time_t                        until;
    ngx_uint_t                    held;
} ngx_http_sanzaru_hush_t;


/* sanzaru_provider: one API of the OpenAI wire format */

typedef struct {
    ngx_str_t                     name;

    ngx_str_t                     base_url;     /* without a slash behind */
    ngx_str_t                     query;        /* "api-version=1"; or empty */
    ngx_str_t                     key_prefix;   /* "Authorization: Bearer" */
    ngx_uint_t                    key_header;   /* key_header stands here */
    ngx_http_complex_value_t     *key;
    ngx_str_t                     secret;       /* of key_file, terminated */
    ngx_array_t                  *headers;      /* ngx_http_sanzaru_header_t */

    ngx_msec_t                    connect_timeout;
    ngx_msec_t                    timeout;
    ngx_msec_t                    stall_timeout;
    ngx_uint_t                    retries;

    ngx_str_t                     trusted_certificate;
    void                         *store;        /* X509_STORE, of https */

    ngx_http_sanzaru_hush_t       hush;
} ngx_http_sanzaru_provider_t;


typedef struct {
    ngx_str_t                     provider_name;
    ngx_http_sanzaru_provider_t  *provider;
    ngx_str_t                     model;        /* terminated; or empty */
    ngx_str_t                     file;         /* for errors */
    ngx_uint_t                    line;
} ngx_http_sanzaru_service_t;


/* A path without variables, for a look at worker start. */

typedef struct {
    ngx_str_t                     directive;
    ngx_str_t                     path;
    ngx_str_t                     file;
    ngx_uint_t                    line;
} ngx_http_sanzaru_path_t;


/* sanzaru_foreign_jobs: jobs at a provider that have no owner record */

#define NGX_HTTP_SANZARU_FOREIGN_AUTO    0  /* refuse where callers differ */
#define NGX_HTTP_SANZARU_FOREIGN_REFUSE  1
#define NGX_HTTP_SANZARU_FOREIGN_ALLOW   2


typedef struct ngx_http_sanzaru_main_conf_s  ngx_http_sanzaru_main_conf_t;

struct ngx_http_sanzaru_main_conf_s {
    ngx_array_t                   providers;    /* .._provider_t * */
    ngx_array_t                   paths;        /* .._path_t */
    void                         *store;        /* X509_STORE of the system */

    u_char                        secret[32];
    ngx_uint_t                    secret_set;   /* from a file, */
    ngx_uint_t                    secret_kept;  /* from before a reload */
    u_char                        previous[32]; /* the one before it, */
    ngx_uint_t                    previous_set; /* if it is named */

    ngx_uint_t                    max_transfers;
    ngx_uint_t                    max_transfers_queue;
    ngx_uint_t                    max_unattended;   /* calls, of a worker */
    ngx_uint_t                    max_unattended_caller;
    ngx_uint_t                    image_jobs;
    ngx_uint_t                    image_jobs_queue;

    ngx_int_t                     thread_nice;
    size_t                        zone_size;
    size_t                        listing_memory;
    ngx_shm_zone_t               *zone;

    ngx_path_t                   *state_path;
    time_t                        task_ttl;
    time_t                        job_ttl;      /* of owner records */
    ngx_thread_pool_t            *pool;         /* for the gateway's own jobs */

    ngx_uint_t                    endpoints;    /* how many there are */
    ngx_array_t                   locations;    /* .._loc_conf_t * of them */
};


typedef struct {
    ngx_flag_t                    endpoint;     /* sanzaru_mcp stands here */
    ngx_str_t                     identity;     /* "server:location" */
    ngx_http_sanzaru_main_conf_t  *main;
    ngx_str_t                     file;
    ngx_uint_t                    line;

    ngx_http_sanzaru_service_t    services[SZ_SERVICES];

    ngx_http_complex_value_t     *media_path;
    ngx_http_complex_value_t     *paths[SZ_MEDIA_KINDS];
    ngx_uint_t                    access;

    off_t                         max_file_size;
    off_t                         min_free_space;
    ngx_uint_t                    existing;     /* sz_existing_e */
    size_t                        max_image_size;
    ngx_int_t                     max_image_pixels;
    ngx_msec_t                    image_timeout;
    size_t                        max_image_memory;
    size_t                        max_resource_size;
    ngx_uint_t                    image_effort;
    ngx_flag_t                    image_scaled;

    ngx_flag_t                    confirm;
    time_t                        max_wait;
    ngx_msec_t                    poll_first;
    ngx_msec_t                    poll_last;
    ngx_msec_t                    call_timeout;
    ngx_msec_t                    keepalive;
    ngx_msec_t                    progress_interval;
    time_t                        session_timeout;
    ngx_uint_t                    max_streams;  /* of one caller */
    ngx_http_complex_value_t     *caller;
    ngx_uint_t                    foreign_jobs; /* .._FOREIGN_* */
    size_t                        max_memory;   /* of one exchange */

    ngx_str_t                     public_url;
    ngx_array_t                  *origins;      /* sz_str_t */
    ngx_array_t                  *allow_headers;        /* sz_str_t */
    ngx_array_t                  *tools;        /* sz_str_t */
    ngx_array_t                  *host_regexes; /* ngx_http_regex_t * */

    ngx_thread_pool_t            *pool;

    ngx_http_sanzaru_hush_t       hush;         /* of its folders */

    sz_server_t                  *server;       /* of an endpoint */
} ngx_http_sanzaru_loc_conf_t;


/* _conf.c */

#define NGX_HTTP_SANZARU_PROVIDER_CONF  0x00100000

char *ngx_http_sanzaru_mcp(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_sanzaru_service(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_sanzaru_path(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_sanzaru_poll_interval(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_enum(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_sanzaru_size(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_sanzaru_bounded(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_sanzaru_allow_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_allow_headers(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_choose_tools(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_public_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_thread_pool(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_secret_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

char *ngx_http_sanzaru_secret_init(ngx_conf_t *cf,
    ngx_http_sanzaru_main_conf_t *smcf);
char *ngx_http_sanzaru_endpoint_init(ngx_conf_t *cf,
    ngx_http_sanzaru_loc_conf_t *slcf);
void ngx_http_sanzaru_path_check(ngx_cycle_t *cycle,
    ngx_http_sanzaru_main_conf_t *smcf);

/*
 * _state.c: all in the master.  The secret that is kept below
 * sanzaru_state_path, made if there is none: NGX_DECLINED, it can be neither
 * made nor read, and the log says so.
 */
ngx_int_t ngx_http_sanzaru_state_secret(ngx_conf_t *cf,
    ngx_http_sanzaru_main_conf_t *smcf);

/* What is below sanzaru_state_path goes to the user of the workers. */
void ngx_http_sanzaru_state_repair(ngx_cycle_t *cycle,
    ngx_http_sanzaru_main_conf_t *smcf);

/*
 * A warning for each path without variables that a worker could not use.
 * NGX_ERROR: the process has lost its user and must not go on.
 */
ngx_int_t ngx_http_sanzaru_paths_try(ngx_cycle_t *cycle,
    ngx_http_sanzaru_main_conf_t *smcf);

/* Who the workers are, for a log; terminated. */
void ngx_http_sanzaru_user(ngx_cycle_t *cycle, u_char *text, size_t size);

/* Whether it can be the name of a header; the error is logged. */
ngx_int_t ngx_http_sanzaru_header_name(ngx_conf_t *cf, ngx_str_t *name);

/* _provider.c: the block sanzaru_provider and what stands in it */

char *ngx_http_sanzaru_provider(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_provider_base_url(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_provider_query(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_provider_key(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_provider_key_file(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_provider_key_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_sanzaru_provider_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * _setup.c: as ngx_http_complex_value(), but whatever an expression of a "map"
 * captures, the next value finds $1 as the location has set it.
 */

ngx_int_t ngx_http_sanzaru_value(ngx_http_request_t *r,
    ngx_http_complex_value_t *cv, ngx_str_t *value);

/* _setup.c: what threads remember about folders; NGX_ERROR: no memory */

ngx_int_t ngx_http_sanzaru_setup_init(size_t listings);
void ngx_http_sanzaru_setup_exit(void);

/* Tries a folder as a paid call would; NGX_DECLINED: *err says why not. */
ngx_int_t ngx_http_sanzaru_setup_probe(ngx_http_sanzaru_path_t *path,
    sz_error_t *err);

/* _endpoint.c */

ngx_int_t ngx_http_sanzaru_handler(ngx_http_request_t *r);

/* All but who asks; it points into the request. */
void ngx_http_sanzaru_head(ngx_http_request_t *r, sz_head_t *head);

/* _error.c: bare error pages of an endpoint become JSON-RPC errors */

ngx_int_t ngx_http_sanzaru_error_init(ngx_conf_t *cf);

/* _vars.c */

ngx_int_t ngx_http_sanzaru_add_variables(ngx_conf_t *cf);


extern ngx_module_t  ngx_http_sanzaru_module;


#endif /* _NGX_HTTP_SANZARU_MODULE_H_INCLUDED_ */
