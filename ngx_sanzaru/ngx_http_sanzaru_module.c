#include "ngx_http_sanzaru_module.h"

#include "ngx_http_sanzaru_curl.h"
#include "ngx_http_sanzaru_hub.h"
#include "ngx_http_sanzaru_job.h"
#include "ngx_http_sanzaru_run.h"
#include "ngx_http_sanzaru_task.h"

#include "media/sz_media.h"


#define NGX_HTTP_SANZARU_MIN_ZONE    (512 * 1024)
#define NGX_HTTP_SANZARU_MIN_MEMORY  (16 * 1024)

/* of a worker, besides those of clients and to providers */
#define NGX_HTTP_SANZARU_CONNECTIONS  32


/* A value whose zero would let nothing work; by the size of its type. */

typedef struct {
    ngx_conf_post_handler_pt  handler;          /* first */
    size_t                    size;
} ngx_http_sanzaru_above_zero_t;


static char *ngx_http_sanzaru_zone_size(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_sanzaru_above_zero(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_sanzaru_memory_size(ngx_conf_t *cf, void *post,
    void *data);
static char *ngx_http_sanzaru_num_bounds(ngx_conf_t *cf, void *post,
    void *data);
static ngx_int_t ngx_http_sanzaru_postconfiguration(ngx_conf_t *cf);
static void *ngx_http_sanzaru_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_sanzaru_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_sanzaru_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_sanzaru_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_sanzaru_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_sanzaru_init_process(ngx_cycle_t *cycle);
static void ngx_http_sanzaru_exit_process(ngx_cycle_t *cycle);


#define NGX_HTTP_SANZARU_ANY_CONF                                            \
    (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF)


static ngx_conf_enum_t  ngx_http_sanzaru_efforts[] = {
    { ngx_string("default"), SZ_EFFORT_DEFAULT },
    { ngx_string("faster"), SZ_EFFORT_FASTER },
    { ngx_string("smaller"), SZ_EFFORT_SMALLER },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_sanzaru_foreign_jobs[] = {
    { ngx_string("auto"), NGX_HTTP_SANZARU_FOREIGN_AUTO },
    { ngx_string("refuse"), NGX_HTTP_SANZARU_FOREIGN_REFUSE },
    { ngx_string("allow"), NGX_HTTP_SANZARU_FOREIGN_ALLOW },
    { ngx_null_string, 0 }
};

static ngx_conf_enum_t  ngx_http_sanzaru_existing[] = {
    { ngx_string("rename"), SZ_EXISTING_RENAME },
    { ngx_string("replace"), SZ_EXISTING_REPLACE },
    { ngx_string("refuse"), SZ_EXISTING_REFUSE },
    { ngx_null_string, 0 }
};

static ngx_conf_num_bounds_t  ngx_http_sanzaru_streams_bounds = {
    ngx_http_sanzaru_num_bounds, 1, 1000000
};

static ngx_conf_num_bounds_t  ngx_http_sanzaru_nice_bounds = {
    ngx_http_sanzaru_num_bounds, 0, 19
};

static ngx_http_sanzaru_above_zero_t  ngx_http_sanzaru_above_zero_msec = {
    ngx_http_sanzaru_above_zero, sizeof(ngx_msec_t)
};

static ngx_http_sanzaru_above_zero_t  ngx_http_sanzaru_above_zero_sec = {
    ngx_http_sanzaru_above_zero, sizeof(time_t)
};

static ngx_http_sanzaru_above_zero_t  ngx_http_sanzaru_above_zero_num = {
    ngx_http_sanzaru_above_zero, sizeof(ngx_int_t)
};

static ngx_http_sanzaru_above_zero_t  ngx_http_sanzaru_above_zero_size = {
    ngx_http_sanzaru_above_zero, sizeof(size_t)
};

static ngx_http_sanzaru_above_zero_t  ngx_http_sanzaru_above_zero_off = {
    ngx_http_sanzaru_above_zero, sizeof(off_t)
};

static ngx_conf_post_t  ngx_http_sanzaru_memory_bounds = {
    ngx_http_sanzaru_memory_size
};

static ngx_conf_post_t  ngx_http_sanzaru_zone_bounds = {
    ngx_http_sanzaru_zone_size
};


static ngx_command_t  ngx_http_sanzaru_commands[] = {

    { ngx_string("sanzaru_mcp"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_sanzaru_mcp,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sanzaru_service"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE23,
      ngx_http_sanzaru_service,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sanzaru_media_path"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_path,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, media_path),
      NULL },

    { ngx_string("sanzaru_video_path"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_path,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, paths[SZ_MEDIA_VIDEO]),
      NULL },

    { ngx_string("sanzaru_image_path"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_path,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, paths[SZ_MEDIA_IMAGE]),
      NULL },

    { ngx_string("sanzaru_audio_path"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_path,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, paths[SZ_MEDIA_AUDIO]),
      NULL },

    { ngx_string("sanzaru_file_access"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE123,
      ngx_conf_set_access_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, access),
      NULL },

    { ngx_string("sanzaru_max_file_size"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_off_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, max_file_size),
      &ngx_http_sanzaru_above_zero_off },

    { ngx_string("sanzaru_existing_file"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, existing),
      ngx_http_sanzaru_existing },

    { ngx_string("sanzaru_min_free_space"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_off_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, min_free_space),
      NULL },

    { ngx_string("sanzaru_max_image_size"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_size,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, max_image_size),
      &ngx_http_sanzaru_above_zero_size },

    { ngx_string("sanzaru_max_image_pixels"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, max_image_pixels),
      &ngx_http_sanzaru_above_zero_num },

    { ngx_string("sanzaru_image_timeout"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, image_timeout),
      &ngx_http_sanzaru_above_zero_msec },

    { ngx_string("sanzaru_max_image_memory"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_size,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, max_image_memory),
      &ngx_http_sanzaru_above_zero_size },

    { ngx_string("sanzaru_max_resource_size"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_size,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, max_resource_size),
      &ngx_http_sanzaru_above_zero_size },

    { ngx_string("sanzaru_image_effort"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, image_effort),
      ngx_http_sanzaru_efforts },

    { ngx_string("sanzaru_image_scaled_decoding"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, image_scaled),
      NULL },

    { ngx_string("sanzaru_confirm"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_FLAG,
      ngx_conf_set_flag_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, confirm),
      NULL },

    { ngx_string("sanzaru_max_wait"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, max_wait),
      NULL },

    { ngx_string("sanzaru_poll_interval"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE12,
      ngx_http_sanzaru_poll_interval,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sanzaru_call_timeout"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, call_timeout),
      &ngx_http_sanzaru_above_zero_msec },

    { ngx_string("sanzaru_progress_interval"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, progress_interval),
      &ngx_http_sanzaru_above_zero_msec },

    { ngx_string("sanzaru_keepalive"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, keepalive),
      NULL },

    { ngx_string("sanzaru_session_timeout"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, session_timeout),
      &ngx_http_sanzaru_above_zero_sec },

    { ngx_string("sanzaru_foreign_jobs"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_enum,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, foreign_jobs),
      ngx_http_sanzaru_foreign_jobs },

    { ngx_string("sanzaru_caller"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, caller),
      NULL },

    { ngx_string("sanzaru_max_streams"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, max_streams),
      &ngx_http_sanzaru_streams_bounds },

    { ngx_string("sanzaru_max_memory"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_size,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_loc_conf_t, max_memory),
      &ngx_http_sanzaru_memory_bounds },

    { ngx_string("sanzaru_public_url"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_public_url,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sanzaru_allow_origin"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_sanzaru_allow_origin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sanzaru_allow_headers"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_sanzaru_allow_headers,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sanzaru_tools"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_1MORE,
      ngx_http_sanzaru_choose_tools,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sanzaru_thread_pool"),
      NGX_HTTP_SANZARU_ANY_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_thread_pool,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sanzaru_secret_file"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_sanzaru_secret_file,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("sanzaru_thread_nice"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_main_conf_t, thread_nice),
      &ngx_http_sanzaru_nice_bounds },

    { ngx_string("sanzaru_state_path"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_path_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_main_conf_t, state_path),
      NULL },

    { ngx_string("sanzaru_task_ttl"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_main_conf_t, task_ttl),
      &ngx_http_sanzaru_above_zero_sec },

    { ngx_string("sanzaru_job_ttl"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_main_conf_t, job_ttl),
      NULL },

    { ngx_string("sanzaru_listing_memory"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_size,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_main_conf_t, listing_memory),
      NULL },

    { ngx_string("sanzaru_zone_size"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_size,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_main_conf_t, zone_size),
      &ngx_http_sanzaru_zone_bounds },

    { ngx_string("sanzaru_max_transfers"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_sanzaru_bounded,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_main_conf_t, max_transfers),
      "queue=" },

    { ngx_string("sanzaru_image_jobs"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_sanzaru_bounded,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_main_conf_t, image_jobs),
      "queue=" },

    { ngx_string("sanzaru_max_unattended"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_sanzaru_bounded,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_main_conf_t, max_unattended),
      "caller=" },

    { ngx_string("sanzaru_provider"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_sanzaru_provider,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    /* inside sanzaru_provider */

    { ngx_string("base_url"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_provider_base_url,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("query"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_provider_query,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_provider_t, query),
      NULL },

    { ngx_string("key"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_provider_key,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_provider_t, key),
      NULL },

    { ngx_string("key_file"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_provider_key_file,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("key_header"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_http_sanzaru_provider_key_header,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("header"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE2,
      ngx_http_sanzaru_provider_header,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("connect_timeout"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_provider_t, connect_timeout),
      &ngx_http_sanzaru_above_zero_msec },

    { ngx_string("timeout"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_provider_t, timeout),
      &ngx_http_sanzaru_above_zero_msec },

    { ngx_string("stall_timeout"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_provider_t, stall_timeout),
      &ngx_http_sanzaru_above_zero_msec },

    { ngx_string("retries"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_provider_t, retries),
      NULL },

    { ngx_string("trusted_certificate"),
      NGX_HTTP_SANZARU_PROVIDER_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_sanzaru_provider_t, trusted_certificate),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_sanzaru_module_ctx = {
    ngx_http_sanzaru_add_variables,        /* preconfiguration */
    ngx_http_sanzaru_postconfiguration,    /* postconfiguration */

    ngx_http_sanzaru_create_main_conf,     /* create main configuration */
    ngx_http_sanzaru_init_main_conf,       /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_sanzaru_create_loc_conf,      /* create location configuration */
    ngx_http_sanzaru_merge_loc_conf        /* merge location configuration */
};


ngx_module_t  ngx_http_sanzaru_module = {
    NGX_MODULE_V1,
    &ngx_http_sanzaru_module_ctx,          /* module context */
    ngx_http_sanzaru_commands,             /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_sanzaru_init_module,          /* init module */
    ngx_http_sanzaru_init_process,         /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_sanzaru_exit_process,         /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static char *
ngx_http_sanzaru_zone_size(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data;

    if (*size < NGX_HTTP_SANZARU_MIN_ZONE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"sanzaru_zone_size\" must be at least %uzk",
                           (size_t) NGX_HTTP_SANZARU_MIN_ZONE / 1024);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_sanzaru_above_zero(ngx_conf_t *cf, void *post, void *data)
{
    ngx_http_sanzaru_above_zero_t  *type = post;

    static const u_char  zero[sizeof(int64_t)];

    return (ngx_memcmp(data, zero, type->size) != 0) ? NGX_CONF_OK
                                                     : "must be above zero";
}


/* ngx_conf_check_num_bounds() with the name of the directive. */

static char *
ngx_http_sanzaru_num_bounds(ngx_conf_t *cf, void *post, void *data)
{
    ngx_conf_num_bounds_t  *bounds = post;
    ngx_int_t              *n = data;

    ngx_str_t  *value;

    if (*n >= bounds->low && *n <= bounds->high) {
        return NGX_CONF_OK;
    }

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "\"%V\" must be between %i and %i, not %i",
                       &value[0], bounds->low, bounds->high, *n);

    return NGX_CONF_ERROR;
}


static char *
ngx_http_sanzaru_memory_size(ngx_conf_t *cf, void *post, void *data)
{
    size_t  *size = data;

    return (*size >= NGX_HTTP_SANZARU_MIN_MEMORY) ? NGX_CONF_OK
           : "must be at least 16k: no request fits into less";
}


static ngx_int_t
ngx_http_sanzaru_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_sanzaru_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sanzaru_module);

    if (smcf->endpoints == 0) {
        return NGX_OK;
    }

    if (!smcf->secret_set && !smcf->secret_kept && smcf->state_path == NULL) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "sanzaru: sessions end when nginx is restarted; set "
                      "sanzaru_state_path, where a secret is made and kept, or "
                      "sanzaru_secret_file");
    }

    smcf->zone = ngx_http_sanzaru_hub_zone(cf, smcf->zone_size);
    if (smcf->zone == NULL) {
        return NGX_ERROR;
    }

    return ngx_http_sanzaru_error_init(cf);
}


static void *
ngx_http_sanzaru_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_sanzaru_main_conf_t  *smcf;

    smcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sanzaru_main_conf_t));
    if (smcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&smcf->providers, cf->pool, 2, sizeof(void *)) != NGX_OK
        || ngx_array_init(&smcf->paths, cf->pool, 2,
                          sizeof(ngx_http_sanzaru_path_t)) != NGX_OK
        || ngx_array_init(&smcf->locations, cf->pool, 2, sizeof(void *))
           != NGX_OK)
    {
        return NULL;
    }

    smcf->max_transfers = NGX_CONF_UNSET_UINT;
    smcf->max_transfers_queue = NGX_CONF_UNSET_UINT;
    smcf->max_unattended = NGX_CONF_UNSET_UINT;
    smcf->max_unattended_caller = NGX_CONF_UNSET_UINT;
    smcf->image_jobs = NGX_CONF_UNSET_UINT;
    smcf->image_jobs_queue = NGX_CONF_UNSET_UINT;
    smcf->zone_size = NGX_CONF_UNSET_SIZE;
    smcf->listing_memory = NGX_CONF_UNSET_SIZE;
    smcf->task_ttl = NGX_CONF_UNSET;
    smcf->job_ttl = NGX_CONF_UNSET;
    smcf->thread_nice = NGX_CONF_UNSET;

    return smcf;
}


static char *
ngx_http_sanzaru_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_sanzaru_main_conf_t  *smcf = conf;

    ngx_conf_init_uint_value(smcf->max_transfers, 256);
    ngx_conf_init_uint_value(smcf->max_transfers_queue, 1024);
    ngx_conf_init_uint_value(smcf->max_unattended, 64);
    ngx_conf_init_uint_value(smcf->max_unattended_caller, 8);
    ngx_conf_init_uint_value(smcf->image_jobs, (ngx_uint_t) ngx_ncpu);
    ngx_conf_init_uint_value(smcf->image_jobs_queue, 512);
    ngx_conf_init_size_value(smcf->zone_size, 8 * 1024 * 1024);
    ngx_conf_init_size_value(smcf->listing_memory, 128 * 1024 * 1024);
    ngx_conf_init_value(smcf->task_ttl, 86400);
    ngx_conf_init_value(smcf->job_ttl, 90 * 86400);
    ngx_conf_init_value(smcf->thread_nice, 10);

    return ngx_http_sanzaru_secret_init(cf, smcf);
}


static void *
ngx_http_sanzaru_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_sanzaru_loc_conf_t  *slcf;

    slcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_sanzaru_loc_conf_t));
    if (slcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     slcf->services = { 0 };
     *     slcf->media_path = NULL;
     *     slcf->paths = { NULL };
     *     slcf->public_url = { 0, NULL };
     *     slcf->server = NULL;
     */

    slcf->endpoint = NGX_CONF_UNSET;
    slcf->access = NGX_CONF_UNSET_UINT;
    slcf->max_file_size = NGX_CONF_UNSET;
    slcf->min_free_space = NGX_CONF_UNSET;
    slcf->existing = NGX_CONF_UNSET_UINT;
    slcf->max_image_size = NGX_CONF_UNSET_SIZE;
    slcf->max_image_pixels = NGX_CONF_UNSET;
    slcf->image_timeout = NGX_CONF_UNSET_MSEC;
    slcf->max_image_memory = NGX_CONF_UNSET_SIZE;
    slcf->max_resource_size = NGX_CONF_UNSET_SIZE;
    slcf->image_effort = NGX_CONF_UNSET_UINT;
    slcf->image_scaled = NGX_CONF_UNSET;
    slcf->confirm = NGX_CONF_UNSET;
    slcf->max_wait = NGX_CONF_UNSET;
    slcf->poll_first = NGX_CONF_UNSET_MSEC;
    slcf->poll_last = NGX_CONF_UNSET_MSEC;
    slcf->call_timeout = NGX_CONF_UNSET_MSEC;
    slcf->keepalive = NGX_CONF_UNSET_MSEC;
    slcf->progress_interval = NGX_CONF_UNSET_MSEC;
    slcf->session_timeout = NGX_CONF_UNSET;
    slcf->max_streams = NGX_CONF_UNSET_UINT;
    slcf->foreign_jobs = NGX_CONF_UNSET_UINT;
    slcf->max_memory = NGX_CONF_UNSET_SIZE;
    slcf->origins = NGX_CONF_UNSET_PTR;
    slcf->allow_headers = NGX_CONF_UNSET_PTR;
    slcf->tools = NGX_CONF_UNSET_PTR;
    slcf->pool = NGX_CONF_UNSET_PTR;

    return slcf;
}


/* Values that are each in order and together are probably a mistake. */

static void
ngx_http_sanzaru_doubt(ngx_conf_t *cf, ngx_http_sanzaru_loc_conf_t *conf)
{
    ngx_http_sanzaru_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_sanzaru_module);

    if (conf->max_wait > (time_t) (conf->call_timeout / 1000)) {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"sanzaru_max_wait\" (%T s) is longer than "
                      "\"sanzaru_call_timeout\" (%M s): a call that waits so "
                      "long ends with an error, in %V:%ui", conf->max_wait,
                      conf->call_timeout / 1000, &conf->file, conf->line);
    }

    if (smcf->job_ttl == 0
        && conf->foreign_jobs == NGX_HTTP_SANZARU_FOREIGN_REFUSE)
    {
        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
                      "\"sanzaru_foreign_jobs refuse\" does nothing with "
                      "\"sanzaru_job_ttl 0\": nobody knows whose a job is, in "
                      "%V:%ui", &conf->file, conf->line);
    }
}


/* All values are there: whether this location is an endpoint, and what then. */

static char *
ngx_http_sanzaru_merge_endpoint(ngx_conf_t *cf,
    ngx_http_sanzaru_loc_conf_t *prev, ngx_http_sanzaru_loc_conf_t *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    /*
     * An "if" or "limit_except" in an endpoint is the same endpoint, unless
     * another module answers there; for "if" nginx keeps the handler itself.
     */

    if (conf->endpoint == NGX_CONF_UNSET && clcf->noname
        && prev->endpoint == 1 && clcf->handler == NULL)
    {
        conf->endpoint = 1;
        conf->identity = prev->identity;
        conf->file = prev->file;
        conf->line = prev->line;

        if (clcf->lmt_excpt) {
            clcf->handler = ngx_http_sanzaru_handler;
        }
    }

    if (conf->endpoint != 1) {
        return NGX_CONF_OK;
    }

    if (!clcf->noname && clcf->handler != ngx_http_sanzaru_handler) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"sanzaru_mcp\" and the directive of another module "
                      "that answers requests exclude each other in location "
                      "\"%V\" in %V:%ui", &clcf->name, &conf->file,
                      conf->line);
        return NGX_CONF_ERROR;
    }

    if (conf->pool == NULL) {
        conf->pool = ngx_thread_pool_add(cf, NULL);

        if (conf->pool == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    ngx_http_sanzaru_doubt(cf, conf);

    return ngx_http_sanzaru_endpoint_init(cf, conf);
}


static char *
ngx_http_sanzaru_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_sanzaru_loc_conf_t  *prev = parent;
    ngx_http_sanzaru_loc_conf_t  *conf = child;

    ngx_uint_t  i;

    for (i = 0; i < SZ_SERVICES; i++) {
        if (conf->services[i].provider_name.len == 0) {
            conf->services[i] = prev->services[i];
        }
    }

    /* a folder of its own loses against a root that is set closer */

    for (i = 0; i < SZ_MEDIA_KINDS; i++) {
        if (conf->paths[i] == NULL && conf->media_path == NULL) {
            conf->paths[i] = prev->paths[i];
        }
    }

    if (conf->media_path == NULL) {
        conf->media_path = prev->media_path;
    }

    if (conf->public_url.data == NULL) {
        conf->public_url = prev->public_url;
    }

    ngx_conf_merge_uint_value(conf->access, prev->access, 0640);
    ngx_conf_merge_off_value(conf->max_file_size, prev->max_file_size,
                             (off_t) 4 * 1024 * 1024 * 1024);
    ngx_conf_merge_uint_value(conf->existing, prev->existing,
                              SZ_EXISTING_DEFAULT);
    ngx_conf_merge_off_value(conf->min_free_space, prev->min_free_space,
                             64 * 1024 * 1024);
    ngx_conf_merge_size_value(conf->max_image_size, prev->max_image_size,
                              50 * 1024 * 1024);
    ngx_conf_merge_value(conf->max_image_pixels, prev->max_image_pixels,
                         100000000);
    ngx_conf_merge_msec_value(conf->image_timeout, prev->image_timeout, 60000);
    ngx_conf_merge_size_value(conf->max_image_memory, prev->max_image_memory,
                              512 * 1024 * 1024);
    ngx_conf_merge_size_value(conf->max_resource_size,
                              prev->max_resource_size, 10 * 1024 * 1024);
    ngx_conf_merge_uint_value(conf->image_effort, prev->image_effort,
                              SZ_EFFORT_DEFAULT);
    ngx_conf_merge_value(conf->image_scaled, prev->image_scaled, 0);
    ngx_conf_merge_value(conf->confirm, prev->confirm, 1);
    ngx_conf_merge_sec_value(conf->max_wait, prev->max_wait, 900);
    ngx_conf_merge_msec_value(conf->poll_first, prev->poll_first, 5000);
    ngx_conf_merge_msec_value(conf->poll_last, prev->poll_last, 20000);
    ngx_conf_merge_msec_value(conf->call_timeout, prev->call_timeout, 1800000);
    ngx_conf_merge_msec_value(conf->keepalive, prev->keepalive, 15000);
    ngx_conf_merge_msec_value(conf->progress_interval,
                              prev->progress_interval, 10000);
    ngx_conf_merge_sec_value(conf->session_timeout, prev->session_timeout,
                             86400);
    ngx_conf_merge_uint_value(conf->max_streams, prev->max_streams, 1024);
    ngx_conf_merge_uint_value(conf->foreign_jobs, prev->foreign_jobs,
                              NGX_HTTP_SANZARU_FOREIGN_AUTO);

    if (conf->caller == NULL) {
        conf->caller = prev->caller;
    }

    ngx_conf_merge_size_value(conf->max_memory, prev->max_memory,
                              64 * 1024 * 1024);
    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);
    ngx_conf_merge_ptr_value(conf->allow_headers, prev->allow_headers, NULL);
    ngx_conf_merge_ptr_value(conf->tools, prev->tools, NULL);
    ngx_conf_merge_ptr_value(conf->pool, prev->pool, NULL);

    return ngx_http_sanzaru_merge_endpoint(cf, prev, conf);
}


/*
 * In the master, also of nginx -t, when the whole configuration is known.  The
 * log is that of the lines before, not the new one with a level of its own.
 */

static ngx_int_t
ngx_http_sanzaru_init_module(ngx_cycle_t *cycle)
{
    ngx_uint_t                     needed;
    ngx_core_conf_t               *ccf;
    ngx_http_sanzaru_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_sanzaru_module);

    if (smcf == NULL || smcf->endpoints == 0) {
        return NGX_OK;
    }

    needed = 2 * smcf->max_transfers + NGX_HTTP_SANZARU_CONNECTIONS;

    if (cycle->connection_n < needed) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "%ui worker_connections are less than "
                      "sanzaru_max_transfers %ui may need (%ui, and those of "
                      "clients)", cycle->connection_n, smcf->max_transfers,
                      needed);
    }

    if (smcf->thread_nice != 0) {
        ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx,
                                               ngx_core_module);
        ngx_http_sanzaru_job_allow(ngx_cycle->log, ccf->priority);
    }

    ngx_http_sanzaru_state_repair(cycle, smcf);

    return ngx_http_sanzaru_paths_try(cycle, smcf);
}


static ngx_int_t
ngx_http_sanzaru_init_process(ngx_cycle_t *cycle)
{
    ngx_http_sanzaru_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_sanzaru_module);

    if ((ngx_process != NGX_PROCESS_WORKER
         && ngx_process != NGX_PROCESS_SINGLE)
        || smcf == NULL || smcf->endpoints == 0)
    {
        return NGX_OK;
    }

    if (ngx_http_sanzaru_setup_init(smcf->listing_memory) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_sanzaru_run_init();
    ngx_http_sanzaru_job_init(smcf->image_jobs, smcf->image_jobs_queue,
                              smcf->thread_nice);
    ngx_http_sanzaru_transfer_init(smcf->max_transfers,
                                   smcf->max_transfers_queue);
    ngx_http_sanzaru_path_check(cycle, smcf);

    if (ngx_http_sanzaru_hub_init(cycle, smcf->zone, ngx_http_sanzaru_run_hear,
                                  ngx_http_sanzaru_run_quit)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ngx_http_sanzaru_task_init(cycle, smcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_sanzaru_curl_init(cycle, smcf->max_transfers);
}


/* The threads have ended by now: core modules exit before this one. */

static void
ngx_http_sanzaru_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_sanzaru_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_sanzaru_module);

    if ((ngx_process != NGX_PROCESS_WORKER
         && ngx_process != NGX_PROCESS_SINGLE)
        || smcf == NULL || smcf->endpoints == 0)
    {
        return;
    }

    ngx_http_sanzaru_job_close();
    ngx_http_sanzaru_task_exit();
    ngx_http_sanzaru_run_exit();
    ngx_http_sanzaru_job_exit();
    ngx_http_sanzaru_task_quit();
    ngx_http_sanzaru_setup_exit();
    ngx_http_sanzaru_curl_exit();
    ngx_http_sanzaru_hub_exit();
}
