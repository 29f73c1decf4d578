#include "ngx_http_sanzaru_bell.h"
#include "ngx_http_sanzaru_hub_room.h"
#include "ngx_http_sanzaru_module.h"


/* Changes with the layout of the zone. */
#define NGX_HTTP_SANZARU_HUB_MAGIC    0x535a4802

/* The journal's part of the zone; at least two signals of full size. */
#define NGX_HTTP_SANZARU_HUB_SHARE    4
#define NGX_HTTP_SANZARU_HUB_JOURNAL  (128 * 1024)

/* In the ring, unaligned, key and text behind it. */

typedef struct {
    uint32_t            key;
    uint32_t            text;
    uint32_t            type;
    u_char              id[SZ_HUB_ID];
} ngx_http_sanzaru_entry_t;


static ngx_int_t ngx_http_sanzaru_hub_zone_init(ngx_shm_zone_t *zone,
    void *data);
static void ngx_http_sanzaru_hub_rung(void);


/* of this worker */
ngx_http_sanzaru_hub_ctx_t  ngx_http_sanzaru_hub_ctx;


ngx_shm_zone_t *
ngx_http_sanzaru_hub_zone(ngx_conf_t *cf, size_t size)
{
    ngx_shm_zone_t  *zone;

    ngx_str_t  name = ngx_string("sanzaru");

    zone = ngx_shared_memory_add(cf, &name, size, &ngx_http_sanzaru_module);

    if (zone != NULL) {
        zone->init = ngx_http_sanzaru_hub_zone_init;
    }

    return zone;
}


static ngx_int_t
ngx_http_sanzaru_hub_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t            *shpool;
    ngx_http_sanzaru_shared_t  *sh;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data != NULL) {
        zone->data = data;              /* a reload: all goes on */
        return NGX_OK;
    }

    if (zone->shm.exists && shpool->data != NULL) {
        sh = shpool->data;

        if (sh->magic == NGX_HTTP_SANZARU_HUB_MAGIC) {
            zone->data = sh;
            return NGX_OK;
        }
    }

    sh = ngx_slab_calloc(shpool, sizeof(ngx_http_sanzaru_shared_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    sh->size = zone->shm.size / NGX_HTTP_SANZARU_HUB_SHARE;

    if (sh->size < NGX_HTTP_SANZARU_HUB_JOURNAL) {
        sh->size = NGX_HTTP_SANZARU_HUB_JOURNAL;
    }

    sh->ring = ngx_slab_alloc(shpool, sh->size);
    if (sh->ring == NULL) {
        return NGX_ERROR;
    }

    sh->magic = NGX_HTTP_SANZARU_HUB_MAGIC;
    sh->place = (uint64_t) ngx_random() << 32 ^ (uint64_t) ngx_random()
                ^ (uint64_t) ngx_pid << 16 ^ (uint64_t) ngx_time();

    ngx_rbtree_init(&sh->rbtree, &sh->sentinel, ngx_http_sanzaru_record_insert);
    ngx_queue_init(&sh->lru);
    ngx_queue_init(&sh->gone);

    shpool->data = sh;
    shpool->log_nomem = 0;
    zone->data = sh;

    return NGX_OK;
}


/*
 * Workers.
 */

ngx_int_t
ngx_http_sanzaru_hub_init(ngx_cycle_t *cycle, ngx_shm_zone_t *zone,
    ngx_http_sanzaru_heard_pt heard, void (*quit)(void))
{
    ngx_uint_t                   i;
    ngx_http_sanzaru_worker_t   *w;
    ngx_http_sanzaru_shared_t   *sh;
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;
    sh = zone->data;

    ctx->shpool = (ngx_slab_pool_t *) zone->shm.addr;
    ctx->sh = sh;
    ctx->heard = heard;
    ctx->me = NULL;

    if (ngx_http_sanzaru_bell_init(cycle, sh->place,
                                   ngx_http_sanzaru_hub_rung, quit)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_shmtx_lock(&ctx->shpool->mutex);

    for (i = 0; i < NGX_HTTP_SANZARU_HUB_WORKERS; i++) {
        w = &sh->workers[i];

        /* a pid may come again after a crash */

        if (w->pid == 0 || w->pid == ngx_pid) {
            w->pid = ngx_pid;
            w->streams = 0;
            ctx->me = w;
            break;
        }
    }

    ctx->read = sh->head;

    ngx_shmtx_unlock(&ctx->shpool->mutex);

    if (ctx->me == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "sanzaru: more than %d workers",
                      NGX_HTTP_SANZARU_HUB_WORKERS);
        return NGX_ERROR;
    }

    return NGX_OK;
}


void
ngx_http_sanzaru_hub_exit(void)
{
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;

    if (ctx->me == NULL) {
        return;
    }

    ngx_shmtx_lock(&ctx->shpool->mutex);
    ctx->me->pid = 0;
    ngx_shmtx_unlock(&ctx->shpool->mutex);

    ctx->me = NULL;

    ngx_http_sanzaru_bell_exit();
}


void
ngx_http_sanzaru_hub_streams(ngx_int_t change)
{
    /* this worker's own number; others only look at it */

    ngx_http_sanzaru_hub_ctx.me->streams += change;
}


/*
 * The journal.
 */

static void
ngx_http_sanzaru_hub_write(const void *data, size_t len)
{
    size_t                      n, pos;
    ngx_http_sanzaru_shared_t  *sh;

    sh = ngx_http_sanzaru_hub_ctx.sh;
    pos = (size_t) (sh->head % sh->size);
    n = ngx_min(len, (size_t) sh->size - pos);

    ngx_memcpy(sh->ring + pos, data, n);
    ngx_memcpy(sh->ring, (const u_char *) data + n, len - n);

    sh->head += len;
}


static void
ngx_http_sanzaru_hub_read(uint64_t *from, void *data, size_t len)
{
    size_t                      n, pos;
    ngx_http_sanzaru_shared_t  *sh;

    sh = ngx_http_sanzaru_hub_ctx.sh;
    pos = (size_t) (*from % sh->size);
    n = ngx_min(len, (size_t) sh->size - pos);

    ngx_memcpy(data, sh->ring + pos, n);
    ngx_memcpy((u_char *) data + n, sh->ring, len - n);

    *from += len;
}


/* Signals that concern streams only are nothing while there are none. */

static ngx_uint_t
ngx_http_sanzaru_hub_wanted(sz_signal_e type)
{
    ngx_uint_t                  i;
    ngx_http_sanzaru_shared_t  *sh;

    if (type == SZ_SIGNAL_ANSWER || type == SZ_SIGNAL_CANCEL
        || type == SZ_SIGNAL_TASK || type == SZ_SIGNAL_TASKS)
    {
        return 1;
    }

    sh = ngx_http_sanzaru_hub_ctx.sh;

    for (i = 0; i < NGX_HTTP_SANZARU_HUB_WORKERS; i++) {
        if (sh->workers[i].pid != 0 && sh->workers[i].streams != 0) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_sanzaru_hub_publish(const sz_signal_t *signal)
{
    ngx_pid_t                    pid;
    ngx_uint_t                   i;
    ngx_http_sanzaru_entry_t     entry;
    ngx_http_sanzaru_shared_t   *sh;
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;
    sh = ctx->sh;

    if (signal->key.len + signal->text.len > SZ_HUB_TEXT) {
        ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                      "sanzaru: a signal of %uz bytes is too long",
                      signal->key.len + signal->text.len);
        return;
    }

    entry.key = (uint32_t) signal->key.len;
    entry.text = (uint32_t) signal->text.len;
    entry.type = (uint32_t) signal->type;
    ngx_memcpy(entry.id, signal->id, SZ_HUB_ID);

    ngx_shmtx_lock(&ctx->shpool->mutex);

    if (!ngx_http_sanzaru_hub_wanted(signal->type)) {
        ngx_shmtx_unlock(&ctx->shpool->mutex);
        return;
    }

    ngx_http_sanzaru_hub_write(&entry, sizeof(entry));
    ngx_http_sanzaru_hub_write(signal->key.data, signal->key.len);
    ngx_http_sanzaru_hub_write(signal->text.data, signal->text.len);

    ngx_shmtx_unlock(&ctx->shpool->mutex);

    for (i = 0; i < NGX_HTTP_SANZARU_HUB_WORKERS; i++) {
        pid = sh->workers[i].pid;

        if (pid == 0 || ngx_http_sanzaru_bell_ring(pid) == NGX_OK) {
            continue;
        }

        /* it was killed, or it is this moment going */

        ngx_shmtx_lock(&ctx->shpool->mutex);

        if (sh->workers[i].pid == pid) {
            sh->workers[i].pid = 0;
        }

        ngx_shmtx_unlock(&ctx->shpool->mutex);
    }
}


/* The next signal into the buffer; false: there is none. */

static ngx_uint_t
ngx_http_sanzaru_hub_next(sz_signal_t *signal, u_char *buffer)
{
    uint64_t                     behind;
    ngx_http_sanzaru_entry_t     entry;
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;

    ngx_shmtx_lock(&ctx->shpool->mutex);

    behind = ctx->sh->head - ctx->read;

    if (behind > ctx->sh->size) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "sanzaru: signals were missed; a larger "
                      "sanzaru_zone_size helps");
        ctx->read = ctx->sh->head;
        behind = 0;
    }

    if (behind == 0) {
        ngx_shmtx_unlock(&ctx->shpool->mutex);
        return 0;
    }

    ngx_http_sanzaru_hub_read(&ctx->read, &entry, sizeof(entry));
    ngx_http_sanzaru_hub_read(&ctx->read, buffer, entry.key + entry.text);

    ngx_shmtx_unlock(&ctx->shpool->mutex);

    signal->type = entry.type;
    ngx_memcpy(signal->id, entry.id, SZ_HUB_ID);
    signal->key = (sz_str_t) { entry.key, (char *) buffer };
    signal->text = (sz_str_t) { entry.text, (char *) buffer + entry.key };

    return 1;
}


static void
ngx_http_sanzaru_hub_rung(void)
{
    sz_signal_t    signal;
    static u_char  buffer[SZ_HUB_TEXT];

    while (ngx_http_sanzaru_hub_next(&signal, buffer)) {
        ngx_http_sanzaru_hub_ctx.heard(&signal);
    }
}


const sz_hub_t  ngx_http_sanzaru_hub = {
    .publish = ngx_http_sanzaru_hub_publish,
    .session_get = ngx_http_sanzaru_session_get,
    .session_set = ngx_http_sanzaru_session_set,
    .subscribe = ngx_http_sanzaru_subscribe,
    .unsubscribe = ngx_http_sanzaru_unsubscribe,
    .subscribed = ngx_http_sanzaru_subscribed,
    .stream_put = ngx_http_sanzaru_stream_put,
    .stream_get = ngx_http_sanzaru_stream_get
};
