#include "ngx_http_sanzaru_hub_room.h"
#include "ngx_http_sanzaru_module.h"

#include "mcp/sz_mcp_commit.h"


/* Changes with the layout of the zone. */
#define NGX_HTTP_SANZARU_HUB_MAGIC    0x535a4804

/* Parts of the zone; the journal holds at least two signals of full size. */
#define NGX_HTTP_SANZARU_HUB_SHARE    4
#define NGX_HTTP_SANZARU_HUB_JOURNAL  (128 * 1024)
#define NGX_HTTP_SANZARU_HUB_GONE     8

/* A worker whose bell was not rung, or whose slot is lost, finds out itself. */
#define NGX_HTTP_SANZARU_HUB_LOOK     5000

/* Then others have their turn. */
#define NGX_HTTP_SANZARU_HUB_TURN     64


static ngx_int_t ngx_http_sanzaru_hub_zone_init(ngx_shm_zone_t *zone,
    void *data);
static void ngx_http_sanzaru_hub_join(void);
static void ngx_http_sanzaru_hub_look(ngx_event_t *ev);
static void ngx_http_sanzaru_hub_more(ngx_event_t *ev);
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


/* The layout of the zone is that of the module that made it. */

static ngx_int_t
ngx_http_sanzaru_hub_zone_goes_on(ngx_shm_zone_t *zone, void *data)
{
    ngx_http_sanzaru_shared_t  *sh = data;

    if (sh->magic != NGX_HTTP_SANZARU_HUB_MAGIC) {
        ngx_log_error(NGX_LOG_EMERG, zone->shm.log, 0,
                      "sanzaru: the module has been replaced by another "
                      "version: restart nginx, or upgrade its binary; a "
                      "reload is not enough");
        return NGX_ERROR;
    }

    zone->data = sh;

    return NGX_OK;
}


static ngx_int_t
ngx_http_sanzaru_hub_zone_init(ngx_shm_zone_t *zone, void *data)
{
    void                       *memory;
    size_t                      size;
    ngx_slab_pool_t            *shpool;
    ngx_http_sanzaru_shared_t  *sh;

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    if (data != NULL) {
        return ngx_http_sanzaru_hub_zone_goes_on(zone, data);
    }

    if (zone->shm.exists && shpool->data != NULL) {
        return ngx_http_sanzaru_hub_zone_goes_on(zone, shpool->data);
    }

    sh = ngx_slab_calloc(shpool, sizeof(ngx_http_sanzaru_shared_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    size = NGX_HTTP_SANZARU_HUB_JOURNAL;

    while (size <= zone->shm.size / NGX_HTTP_SANZARU_HUB_SHARE / 2) {
        size *= 2;
    }

    size += sizeof(sz_journal_t);
    sh->journal = ngx_slab_alloc(shpool, size);

    if (sh->journal == NULL || !sz_journal_init(sh->journal, size)) {
        return NGX_ERROR;
    }

    size = zone->shm.size / NGX_HTTP_SANZARU_HUB_GONE;
    sh->gone = ngx_slab_calloc(shpool, size);

    if (sh->gone == NULL) {
        return NGX_ERROR;
    }

    sz_gone_init(sh->gone, size);

    /* all that is left */

    size = shpool->pfree * ngx_pagesize;
    memory = ngx_slab_alloc(shpool, size);

    if (memory == NULL || size < SZ_KEEP_LEAST) {
        return NGX_ERROR;
    }

    sh->keep = sz_keep_init(memory, size);
    sh->magic = NGX_HTTP_SANZARU_HUB_MAGIC;

    shpool->data = sh;
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
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;

    ngx_memzero(ctx, sizeof(ngx_http_sanzaru_hub_ctx_t));

    ctx->shpool = (ngx_slab_pool_t *) zone->shm.addr;
    ctx->sh = zone->data;
    ctx->cycle = cycle;
    ctx->heard = heard;
    ctx->quit = quit;

    ctx->look.data = ctx;               /* a debug log looks there */
    ctx->look.handler = ngx_http_sanzaru_hub_look;
    ctx->look.log = cycle->log;
    ctx->look.cancelable = 1;

    ctx->more.handler = ngx_http_sanzaru_hub_more;
    ctx->more.log = cycle->log;

    ngx_shmtx_lock(&ctx->shpool->mutex);
    ctx->read = ctx->sh->journal->head;
    ngx_shmtx_unlock(&ctx->shpool->mutex);

    ngx_http_sanzaru_hub_join();

    ngx_add_timer(&ctx->look, NGX_HTTP_SANZARU_HUB_LOOK);

    return NGX_OK;
}


static ngx_uint_t
ngx_http_sanzaru_hub_same(const ngx_http_sanzaru_worker_t *a,
    const ngx_http_sanzaru_worker_t *b)
{
    return a->pid == b->pid
           && ngx_memcmp(a->bell, b->bell, NGX_HTTP_SANZARU_BELL_NAME) == 0;
}


/* Whose slot it is by now: another worker may have it, or nobody. */

static ngx_uint_t
ngx_http_sanzaru_hub_mine(void)
{
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;

    return ctx->me != NULL && ngx_http_sanzaru_hub_same(ctx->me, &ctx->copy);
}


/* So many slots are looked at: whatever stands there, those that there are. */

static ngx_uint_t
ngx_http_sanzaru_hub_slots(void)
{
    return ngx_min(ngx_http_sanzaru_hub_ctx.sh->n_workers,
                   NGX_HTTP_SANZARU_HUB_WORKERS);
}


/* A copy of the slots that are in use; with the lock held. */

static ngx_uint_t
ngx_http_sanzaru_hub_workers(ngx_http_sanzaru_worker_t *workers)
{
    ngx_uint_t                  i, n, slots;
    ngx_http_sanzaru_shared_t  *sh;

    sh = ngx_http_sanzaru_hub_ctx.sh;
    slots = ngx_http_sanzaru_hub_slots();

    for (n = 0, i = 0; i < slots; i++) {
        if (sh->workers[i].pid != 0) {
            workers[n++] = sh->workers[i];
        }
    }

    return n;
}


/* Rings them all; nobody is behind a bell that is refused, so it is free. */

static void
ngx_http_sanzaru_hub_ring(const ngx_http_sanzaru_worker_t *workers,
    ngx_uint_t n)
{
    ngx_uint_t                   i, k;
    ngx_http_sanzaru_worker_t   *w;
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;

    for (i = 0; i < n; i++) {

        if (ngx_http_sanzaru_bell_ring(workers[i].bell) == NGX_OK) {
            continue;
        }

        ngx_shmtx_lock(&ctx->shpool->mutex);

        for (k = 0; k < ngx_http_sanzaru_hub_slots(); k++) {
            w = &ctx->sh->workers[k];

            if (ngx_http_sanzaru_hub_same(w, &workers[i])) {
                sz_commit(&w->pid, 0);
            }
        }

        ngx_shmtx_unlock(&ctx->shpool->mutex);
    }
}


/* With the lock held; NULL: all are in use. */

static ngx_http_sanzaru_worker_t *
ngx_http_sanzaru_hub_take_slot(ngx_http_sanzaru_hub_ctx_t *ctx)
{
    ngx_uint_t                  i;
    ngx_http_sanzaru_worker_t  *w;

    for (i = 0; i < NGX_HTTP_SANZARU_HUB_WORKERS; i++) {
        w = &ctx->sh->workers[i];

        if (w->pid != 0) {
            continue;
        }

        w->streams = ctx->copy.streams;
        ngx_memcpy(w->bell, ctx->copy.bell, NGX_HTTP_SANZARU_BELL_NAME);

        if (ctx->sh->n_workers <= i) {
            sz_commit(&ctx->sh->n_workers, i + 1);
        }

        sz_commit(&w->pid, ctx->copy.pid);

        return w;
    }

    return NULL;
}


/*
 * A bell and a slot for this worker, where it has none (any more).  Without
 * them it goes on: it reads the journal every few seconds, and tries again.
 */

static void
ngx_http_sanzaru_hub_join(void)
{
    ngx_uint_t                   n;
    ngx_http_sanzaru_hub_ctx_t  *ctx;
    ngx_http_sanzaru_worker_t    workers[NGX_HTTP_SANZARU_HUB_WORKERS];

    ctx = &ngx_http_sanzaru_hub_ctx;

    if (ngx_http_sanzaru_bell_open(ctx->cycle, ctx->copy.bell,
                                   ngx_http_sanzaru_hub_rung, ctx->quit)
        != NGX_OK)
    {
        return;
    }

    ngx_shmtx_lock(&ctx->shpool->mutex);

    if (ngx_http_sanzaru_hub_mine()) {
        ngx_shmtx_unlock(&ctx->shpool->mutex);
        return;
    }

    n = ngx_http_sanzaru_hub_workers(workers);

    ngx_shmtx_unlock(&ctx->shpool->mutex);

    if (ctx->me != NULL) {
        ngx_log_error(NGX_LOG_WARN, ctx->cycle->log, 0,
                      "sanzaru: this worker had lost its slot in the zone");
        ctx->me = NULL;
    }

    ngx_http_sanzaru_hub_ring(workers, n);

    ctx->copy.pid = ngx_pid;

    ngx_shmtx_lock(&ctx->shpool->mutex);
    ctx->me = ngx_http_sanzaru_hub_take_slot(ctx);
    ngx_shmtx_unlock(&ctx->shpool->mutex);

    if (ctx->me == NULL) {
        ngx_log_error(NGX_LOG_ALERT, ctx->cycle->log, 0,
                      "sanzaru: more than %d workers; this one hears of "
                      "others only every few seconds",
                      NGX_HTTP_SANZARU_HUB_WORKERS);
    }
}


static void
ngx_http_sanzaru_hub_look(ngx_event_t *ev)
{
    ngx_http_sanzaru_hub_join();
    ngx_http_sanzaru_hub_rung();

    ngx_add_timer(ev, NGX_HTTP_SANZARU_HUB_LOOK);
}


void
ngx_http_sanzaru_hub_exit(void)
{
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;

    ngx_shmtx_lock(&ctx->shpool->mutex);

    if (ngx_http_sanzaru_hub_mine()) {
        sz_commit(&ctx->me->pid, 0);
    }

    ngx_shmtx_unlock(&ctx->shpool->mutex);

    ctx->me = NULL;

    if (ctx->look.timer_set) {
        ngx_del_timer(&ctx->look);
    }

    if (ctx->more.posted) {
        ngx_delete_posted_event(&ctx->more);
    }

    ngx_http_sanzaru_bell_exit();
}


/* This worker's own number; others only look at it. */

void
ngx_http_sanzaru_hub_streams(ngx_int_t change)
{
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;

    ctx->copy.streams += change;

    if (ngx_http_sanzaru_hub_mine()) {
        ctx->me->streams = ctx->copy.streams;
    }
}


/*
 * The journal.
 */

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

    for (i = 0; i < ngx_http_sanzaru_hub_slots(); i++) {
        if (sh->workers[i].pid != 0 && sh->workers[i].streams != 0) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_sanzaru_hub_publish(const sz_signal_t *signal)
{
    ngx_uint_t                   n;
    ngx_http_sanzaru_hub_ctx_t  *ctx;
    ngx_http_sanzaru_worker_t    workers[NGX_HTTP_SANZARU_HUB_WORKERS];

    ctx = &ngx_http_sanzaru_hub_ctx;

    if (signal->key.len + signal->text.len > SZ_HUB_TEXT) {
        ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                      "sanzaru: a signal of %uz bytes is too long",
                      signal->key.len + signal->text.len);
        return;
    }

    ngx_shmtx_lock(&ctx->shpool->mutex);

    if (!ngx_http_sanzaru_hub_wanted(signal->type)) {
        ngx_shmtx_unlock(&ctx->shpool->mutex);
        return;
    }

    sz_journal_write(ctx->sh->journal, signal);
    n = ngx_http_sanzaru_hub_workers(workers);

    ngx_shmtx_unlock(&ctx->shpool->mutex);

    ngx_http_sanzaru_hub_ring(workers, n);
}


/* The next signal into the buffer; false: there is none. */

static ngx_uint_t
ngx_http_sanzaru_hub_next(sz_signal_t *signal, u_char *buffer)
{
    sz_journal_e                 rc;
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;

    do {
        ngx_shmtx_lock(&ctx->shpool->mutex);
        rc = sz_journal_read(ctx->sh->journal, &ctx->read, signal, buffer);
        ngx_shmtx_unlock(&ctx->shpool->mutex);

        if (rc == SZ_JOURNAL_MISSED) {
            ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                          "sanzaru: signals were missed; a larger "
                          "sanzaru_zone_size helps");
        }

        if (rc == SZ_JOURNAL_TORN) {
            ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, 0,
                          "sanzaru: the journal in the zone is damaged; "
                          "reading goes on at its end");
        }

    } while (rc == SZ_JOURNAL_MISSED || rc == SZ_JOURNAL_TORN);

    return rc == SZ_JOURNAL_SIGNAL;
}


static void
ngx_http_sanzaru_hub_rung(void)
{
    ngx_uint_t     i;
    sz_signal_t    signal;
    static u_char  buffer[SZ_HUB_TEXT];

    for (i = 0; i < NGX_HTTP_SANZARU_HUB_TURN; i++) {

        if (!ngx_http_sanzaru_hub_next(&signal, buffer)) {
            return;
        }

        ngx_http_sanzaru_hub_ctx.heard(&signal);
    }

    ngx_post_event(&ngx_http_sanzaru_hub_ctx.more, &ngx_posted_next_events);
}


static void
ngx_http_sanzaru_hub_more(ngx_event_t *ev)
{
    ngx_http_sanzaru_hub_rung();
}


const sz_hub_t  ngx_http_sanzaru_hub = {
    .publish = ngx_http_sanzaru_hub_publish,
    .session_get = ngx_http_sanzaru_session_get,
    .session_delete = ngx_http_sanzaru_session_delete,
    .session_level = ngx_http_sanzaru_session_level,
    .subscribe = ngx_http_sanzaru_subscribe,
    .unsubscribe = ngx_http_sanzaru_unsubscribe,
    .subscribed = ngx_http_sanzaru_subscribed,
    .stream_open = ngx_http_sanzaru_stream_open,
    .stream_put = ngx_http_sanzaru_stream_put,
    .stream_get = ngx_http_sanzaru_stream_get,
    .question_open = ngx_http_sanzaru_question_open,
    .question_answer = ngx_http_sanzaru_question_answer,
    .question_take = ngx_http_sanzaru_question_take
};
