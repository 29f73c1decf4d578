#include "ngx_http_sanzaru_hub_room.h"
#include "ngx_http_sanzaru_module.h"


/* Per record, so that no session takes all there is. */
#define NGX_HTTP_SANZARU_HUB_URIS     256
#define NGX_HTTP_SANZARU_HUB_EVENTS   512
#define NGX_HTTP_SANZARU_HUB_BYTES    (256 * 1024)


typedef enum {
    NGX_HTTP_SANZARU_SESSION = 1,
    NGX_HTTP_SANZARU_STREAM,
    NGX_HTTP_SANZARU_OWNER              /* of a job; one item: who it is */
} ngx_http_sanzaru_kind_e;


/* One URI of a session, or one event of a stream. */

typedef struct {
    ngx_queue_t         queue;
    ngx_uint_t          n;
    ngx_uint_t          last;
    size_t              len;
    u_char              data[1];
} ngx_http_sanzaru_item_t;


typedef struct {
    ngx_rbtree_node_t   node;           /* key: the first bytes of id */
    ngx_queue_t         lru;
    ngx_uint_t          kind;
    u_char              id[SZ_HUB_ID];
    time_t              until;

    sz_hub_session_t    state;          /* of a session */
    u_char              session[SZ_HUB_ID];     /* of a stream */

    ngx_queue_t         items;
    ngx_uint_t          n_items;
    size_t              bytes;
} ngx_http_sanzaru_record_t;


void
ngx_http_sanzaru_record_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel)
{
    ngx_int_t                   rc;
    ngx_rbtree_node_t         **p;
    ngx_http_sanzaru_record_t  *a, *b;

    for ( ;; ) {

        a = (ngx_http_sanzaru_record_t *) node;
        b = (ngx_http_sanzaru_record_t *) temp;

        rc = ngx_memcmp(a->id, b->id, SZ_HUB_ID);

        p = (node->key < temp->key || (node->key == temp->key && rc < 0))
            ? &temp->left : &temp->right;

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


/*
 * Records.  All of the following with the lock held.
 */

static uint32_t
ngx_http_sanzaru_record_key(const u_char *id)
{
    uint32_t  key;

    ngx_memcpy(&key, id, sizeof(key));

    return key;
}


static void
ngx_http_sanzaru_record_drop_item(ngx_http_sanzaru_record_t *record,
    ngx_http_sanzaru_item_t *item)
{
    ngx_queue_remove(&item->queue);
    record->n_items--;
    record->bytes -= item->len;

    ngx_slab_free_locked(ngx_http_sanzaru_hub_ctx.shpool, item);
}


static void
ngx_http_sanzaru_record_drop(ngx_http_sanzaru_record_t *record)
{
    ngx_queue_t                *q;
    ngx_http_sanzaru_shared_t  *sh;

    sh = ngx_http_sanzaru_hub_ctx.sh;

    while (!ngx_queue_empty(&record->items)) {
        q = ngx_queue_head(&record->items);
        ngx_http_sanzaru_record_drop_item(record,
                        ngx_queue_data(q, ngx_http_sanzaru_item_t, queue));
    }

    ngx_rbtree_delete(&sh->rbtree, &record->node);
    ngx_queue_remove(&record->lru);

    ngx_slab_free_locked(ngx_http_sanzaru_hub_ctx.shpool, record);
}


static ngx_http_sanzaru_record_t *
ngx_http_sanzaru_record_find(ngx_uint_t kind, const u_char *id)
{
    uint32_t                    key;
    ngx_int_t                   rc;
    ngx_rbtree_node_t          *node, *sentinel;
    ngx_http_sanzaru_record_t  *record;
    ngx_http_sanzaru_shared_t  *sh;

    sh = ngx_http_sanzaru_hub_ctx.sh;
    key = ngx_http_sanzaru_record_key(id);

    node = sh->rbtree.root;
    sentinel = sh->rbtree.sentinel;

    while (node != sentinel) {

        if (key != node->key) {
            node = (key < node->key) ? node->left : node->right;
            continue;
        }

        record = (ngx_http_sanzaru_record_t *) node;
        rc = ngx_memcmp(id, record->id, SZ_HUB_ID);

        if (rc == 0) {
            return (record->kind == kind && record->until > ngx_time())
                   ? record : NULL;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}


/* Memory; the records that are longest unused make room for it. */

static void *
ngx_http_sanzaru_record_alloc(size_t size, ngx_http_sanzaru_record_t *keep)
{
    void                        *p;
    ngx_queue_t                 *q;
    ngx_http_sanzaru_record_t   *record;
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;

    for ( ;; ) {
        p = ngx_slab_alloc_locked(ctx->shpool, size);

        if (p != NULL || ngx_queue_empty(&ctx->sh->lru)) {
            return p;
        }

        q = ngx_queue_last(&ctx->sh->lru);
        record = ngx_queue_data(q, ngx_http_sanzaru_record_t, lru);

        if (record == keep) {
            return NULL;
        }

        ngx_http_sanzaru_record_drop(record);
    }
}


/* A few that are over go with each new one. */

static void
ngx_http_sanzaru_record_sweep(ngx_queue_t *queue)
{
    ngx_uint_t                  i;
    ngx_queue_t                *q;
    ngx_http_sanzaru_record_t  *record;

    for (i = 0; i < 2 && !ngx_queue_empty(queue); i++) {
        q = ngx_queue_last(queue);
        record = ngx_queue_data(q, ngx_http_sanzaru_record_t, lru);

        if (record->until > ngx_time()) {
            return;
        }

        ngx_http_sanzaru_record_drop(record);
    }
}


static ngx_http_sanzaru_record_t *
ngx_http_sanzaru_record_open(ngx_uint_t kind, const u_char *id, time_t until)
{
    ngx_http_sanzaru_record_t  *record;
    ngx_http_sanzaru_shared_t  *sh;

    sh = ngx_http_sanzaru_hub_ctx.sh;
    record = ngx_http_sanzaru_record_find(kind, id);

    if (record != NULL) {

        if (!record->state.deleted) {
            ngx_queue_remove(&record->lru);
            ngx_queue_insert_head(&sh->lru, &record->lru);
        }

        return record;
    }

    ngx_http_sanzaru_record_sweep(&sh->lru);
    ngx_http_sanzaru_record_sweep(&sh->gone);

    record = ngx_http_sanzaru_record_alloc(sizeof(ngx_http_sanzaru_record_t),
                                        NULL);
    if (record == NULL) {
        return NULL;
    }

    ngx_memzero(record, sizeof(ngx_http_sanzaru_record_t));

    record->node.key = ngx_http_sanzaru_record_key(id);
    record->kind = kind;
    record->until = until;
    record->state.log_level = SZ_LOG_INFO;
    ngx_memcpy(record->id, id, SZ_HUB_ID);
    ngx_queue_init(&record->items);

    ngx_rbtree_insert(&sh->rbtree, &record->node);
    ngx_queue_insert_head(&sh->lru, &record->lru);

    return record;
}


static ngx_http_sanzaru_item_t *
ngx_http_sanzaru_record_add(ngx_http_sanzaru_record_t *record, sz_str_t data)
{
    ngx_http_sanzaru_item_t  *item;

    item = ngx_http_sanzaru_record_alloc(offsetof(ngx_http_sanzaru_item_t, data)
                                      + data.len + 1, record);
    if (item == NULL) {
        return NULL;
    }

    item->n = 0;
    item->last = 0;
    item->len = data.len;
    ngx_memcpy(item->data, data.data, data.len);

    ngx_queue_insert_tail(&record->items, &item->queue);
    record->n_items++;
    record->bytes += data.len;

    return item;
}


static ngx_http_sanzaru_item_t *
ngx_http_sanzaru_record_item(ngx_http_sanzaru_record_t *record, sz_str_t data)
{
    ngx_queue_t              *q;
    ngx_http_sanzaru_item_t  *item;

    for (q = ngx_queue_head(&record->items);
         q != ngx_queue_sentinel(&record->items);
         q = ngx_queue_next(q))
    {
        item = ngx_queue_data(q, ngx_http_sanzaru_item_t, queue);

        if (item->len == data.len
            && ngx_memcmp(item->data, data.data, data.len) == 0)
        {
            return item;
        }
    }

    return NULL;
}


/*
 * What the core asks for.
 */

bool
ngx_http_sanzaru_session_get(const unsigned char *id,
    sz_hub_session_t *state)
{
    ngx_shmtx_t                *mutex;
    ngx_http_sanzaru_record_t  *record;

    mutex = &ngx_http_sanzaru_hub_ctx.shpool->mutex;

    ngx_shmtx_lock(mutex);

    record = ngx_http_sanzaru_record_find(NGX_HTTP_SANZARU_SESSION, id);

    if (record != NULL) {
        *state = record->state;
    }

    ngx_shmtx_unlock(mutex);

    return record != NULL;
}


bool
ngx_http_sanzaru_session_set(const unsigned char *id,
    const sz_hub_session_t *state, int64_t until)
{
    ngx_queue_t                *q;
    ngx_shmtx_t                *mutex;
    ngx_http_sanzaru_record_t  *record;

    mutex = &ngx_http_sanzaru_hub_ctx.shpool->mutex;

    ngx_shmtx_lock(mutex);

    record = ngx_http_sanzaru_record_open(NGX_HTTP_SANZARU_SESSION, id,
                                         (time_t) until);

    if (record != NULL) {

        /* a session that was deleted must not come to life again */

        if (state->deleted && !record->state.deleted) {
            ngx_queue_remove(&record->lru);
            ngx_queue_insert_head(&ngx_http_sanzaru_hub_ctx.sh->gone,
                                  &record->lru);
        }

        record->state = *state;

        while (state->deleted && !ngx_queue_empty(&record->items)) {
            q = ngx_queue_head(&record->items);
            ngx_http_sanzaru_record_drop_item(record,
                        ngx_queue_data(q, ngx_http_sanzaru_item_t, queue));
        }
    }

    ngx_shmtx_unlock(mutex);

    return record != NULL;
}


bool
ngx_http_sanzaru_subscribe(const unsigned char *id, sz_str_t uri,
    int64_t until)
{
    bool                        done;
    ngx_shmtx_t                *mutex;
    ngx_http_sanzaru_record_t  *record;

    mutex = &ngx_http_sanzaru_hub_ctx.shpool->mutex;

    ngx_shmtx_lock(mutex);

    record = ngx_http_sanzaru_record_open(NGX_HTTP_SANZARU_SESSION, id,
                                         (time_t) until);

    done = record != NULL
           && (ngx_http_sanzaru_record_item(record, uri) != NULL
               || (record->n_items < NGX_HTTP_SANZARU_HUB_URIS
                   && ngx_http_sanzaru_record_add(record, uri) != NULL));

    ngx_shmtx_unlock(mutex);

    return done;
}


void
ngx_http_sanzaru_unsubscribe(const unsigned char *id, sz_str_t uri)
{
    ngx_shmtx_t                *mutex;
    ngx_http_sanzaru_item_t    *item;
    ngx_http_sanzaru_record_t  *record;

    mutex = &ngx_http_sanzaru_hub_ctx.shpool->mutex;

    ngx_shmtx_lock(mutex);

    record = ngx_http_sanzaru_record_find(NGX_HTTP_SANZARU_SESSION, id);
    item = (record != NULL) ? ngx_http_sanzaru_record_item(record, uri) : NULL;

    if (item != NULL) {
        ngx_http_sanzaru_record_drop_item(record, item);
    }

    ngx_shmtx_unlock(mutex);
}


bool
ngx_http_sanzaru_subscribed(const unsigned char *id, sz_str_t uri)
{
    bool                        found;
    ngx_shmtx_t                *mutex;
    ngx_http_sanzaru_record_t  *record;

    mutex = &ngx_http_sanzaru_hub_ctx.shpool->mutex;

    ngx_shmtx_lock(mutex);

    record = ngx_http_sanzaru_record_find(NGX_HTTP_SANZARU_SESSION, id);
    found = record != NULL && ngx_http_sanzaru_record_item(record, uri) != NULL;

    ngx_shmtx_unlock(mutex);

    return found;
}


/* Event 0 only opens the record. */

bool
ngx_http_sanzaru_stream_put(const unsigned char *id,
    const unsigned char *session, unsigned n, sz_str_t json, bool last,
    int64_t seconds)
{
    bool                        done;
    ngx_shmtx_t                *mutex;
    ngx_http_sanzaru_item_t    *item;
    ngx_http_sanzaru_record_t  *record;

    mutex = &ngx_http_sanzaru_hub_ctx.shpool->mutex;
    done = false;

    ngx_shmtx_lock(mutex);

    record = (n == 0)
             ? ngx_http_sanzaru_record_open(NGX_HTTP_SANZARU_STREAM, id,
                                            ngx_time() + (time_t) seconds)
             : ngx_http_sanzaru_record_find(NGX_HTTP_SANZARU_STREAM, id);

    if (record == NULL) {
        goto done;
    }

    if (n == 0) {
        ngx_memcpy(record->session, session, SZ_HUB_ID);
        done = true;
        goto done;
    }

    record->until = ngx_time() + (time_t) seconds;

    item = (record->n_items < NGX_HTTP_SANZARU_HUB_EVENTS
            && record->bytes + json.len <= NGX_HTTP_SANZARU_HUB_BYTES)
           ? ngx_http_sanzaru_record_add(record, json) : NULL;

    if (item == NULL) {
        ngx_http_sanzaru_record_drop(record);
        goto done;
    }

    item->n = n;
    item->last = last;
    done = true;

done:

    ngx_shmtx_unlock(mutex);

    return done;
}


bool
ngx_http_sanzaru_stream_get(const unsigned char *id,
    const unsigned char *session, unsigned n, sz_buf_t *json, bool *last,
    bool *gone)
{
    bool                        found;
    ngx_queue_t                *q;
    ngx_shmtx_t                *mutex;
    ngx_http_sanzaru_item_t    *item;
    ngx_http_sanzaru_record_t  *record;

    mutex = &ngx_http_sanzaru_hub_ctx.shpool->mutex;

    found = false;
    *last = false;
    *gone = true;

    ngx_shmtx_lock(mutex);

    record = ngx_http_sanzaru_record_find(NGX_HTTP_SANZARU_STREAM, id);

    if (record == NULL
        || ngx_memcmp(record->session, session, SZ_HUB_ID) != 0)
    {
        goto done;
    }

    *gone = false;

    for (q = ngx_queue_head(&record->items);
         q != ngx_queue_sentinel(&record->items);
         q = ngx_queue_next(q))
    {
        item = ngx_queue_data(q, ngx_http_sanzaru_item_t, queue);
        *gone = item->last;             /* behind the last one: nothing */

        if (item->n > n) {
            sz_buf_add(json, item->data, item->len);
            *last = item->last;
            *gone = false;
            found = true;
            break;
        }
    }

done:

    ngx_shmtx_unlock(mutex);

    return found;
}


/*
 * Owners of jobs, where there is no sanzaru_state_path.  Half of the digest is
 * enough of a name.
 */

static bool
ngx_http_sanzaru_owner_add(const unsigned char *key,
    const unsigned char *owner, int64_t until)
{
    ngx_shmtx_t                *mutex;
    ngx_http_sanzaru_item_t    *item;
    ngx_http_sanzaru_record_t  *record;

    mutex = &ngx_http_sanzaru_hub_ctx.shpool->mutex;
    item = NULL;

    ngx_shmtx_lock(mutex);

    record = ngx_http_sanzaru_record_open(NGX_HTTP_SANZARU_OWNER, key,
                                          (time_t) until);

    if (record != NULL && record->n_items == 0) {
        item = ngx_http_sanzaru_record_add(record, (sz_str_t) {
                                    SZ_OWNER_ID, (const char *) owner });
        if (item == NULL) {
            ngx_http_sanzaru_record_drop(record);
        }
    }

    ngx_shmtx_unlock(mutex);

    return item != NULL;
}


static bool
ngx_http_sanzaru_owner_get(const unsigned char *key, unsigned char *owner)
{
    bool                        found;
    ngx_shmtx_t                *mutex;
    ngx_http_sanzaru_item_t    *item;
    ngx_http_sanzaru_record_t  *record;

    mutex = &ngx_http_sanzaru_hub_ctx.shpool->mutex;
    found = false;

    ngx_shmtx_lock(mutex);

    record = ngx_http_sanzaru_record_find(NGX_HTTP_SANZARU_OWNER, key);

    if (record != NULL && !ngx_queue_empty(&record->items)) {
        item = ngx_queue_data(ngx_queue_head(&record->items),
                              ngx_http_sanzaru_item_t, queue);
        found = (item->len == SZ_OWNER_ID);
        ngx_memcpy(owner, item->data, SZ_OWNER_ID);
    }

    ngx_shmtx_unlock(mutex);

    return found;
}


static void
ngx_http_sanzaru_owner_forget(const unsigned char *key)
{
    ngx_shmtx_t                *mutex;
    ngx_http_sanzaru_record_t  *record;

    mutex = &ngx_http_sanzaru_hub_ctx.shpool->mutex;

    ngx_shmtx_lock(mutex);

    record = ngx_http_sanzaru_record_find(NGX_HTTP_SANZARU_OWNER, key);

    if (record != NULL) {
        ngx_http_sanzaru_record_drop(record);
    }

    ngx_shmtx_unlock(mutex);
}


const sz_owner_memory_t  ngx_http_sanzaru_owner_memory = {
    ngx_http_sanzaru_owner_add,
    ngx_http_sanzaru_owner_get,
    ngx_http_sanzaru_owner_forget
};
