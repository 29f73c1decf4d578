#include "store/sz_store_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>


#define SZ_CACHE_WRITABLE  60           /* seconds a probe is believed */


typedef struct {
    char        *root;                  /* NULL: a free place */
    char        *folder;
    uint64_t     used;                  /* the cache's clock */
    int64_t      writable;              /* until then; 0: not known */
    sz_index_t  *listing;               /* NULL: none is kept */
} sz_entry_t;


struct sz_cache_s {
    pthread_mutex_t  mutex;             /* for all of it; never held long */
    uint64_t         clock;             /* counts what was asked for */
    size_t           max;               /* bytes of all listings, */
    size_t           size;              /* and those that are kept */
    sz_entry_t       entries[SZ_CACHE_FOLDERS];
};


/* Seconds that no one sets back. */

static int64_t
sz_cache_now(void)
{
    struct timespec  now;

    (void) clock_gettime(CLOCK_MONOTONIC, &now);

    return now.tv_sec;
}


sz_cache_t *
sz_cache_create(size_t max)
{
    sz_cache_t  *cache;

    cache = calloc(1, sizeof(sz_cache_t));

    if (cache != NULL && pthread_mutex_init(&cache->mutex, NULL) != 0) {
        free(cache);
        return NULL;
    }

    if (cache != NULL) {
        cache->max = max;
    }

    return cache;
}


static void
sz_entry_drop(sz_cache_t *cache, sz_entry_t *entry)
{
    if (entry->listing != NULL) {
        cache->size -= entry->listing->size;
        sz_index_release(entry->listing);
        entry->listing = NULL;
    }
}


static void
sz_entry_clear(sz_cache_t *cache, sz_entry_t *entry)
{
    sz_entry_drop(cache, entry);
    free(entry->root);
    free(entry->folder);

    memset(entry, 0, sizeof(sz_entry_t));
}


void
sz_cache_destroy(sz_cache_t *cache)
{
    size_t  i;

    if (cache == NULL) {
        return;
    }

    for (i = 0; i < SZ_CACHE_FOLDERS; i++) {
        sz_entry_clear(cache, &cache->entries[i]);
    }

    (void) pthread_mutex_destroy(&cache->mutex);
    free(cache);
}


static bool
sz_entry_is(const sz_entry_t *entry, const sz_folder_t *where)
{
    return entry->root != NULL && strcmp(entry->root, where->root) == 0
           && (entry->folder == NULL) == (where->folder == NULL)
           && (entry->folder == NULL
               || strcmp(entry->folder, where->folder) == 0);
}


/* With the mutex held; NULL: nothing is known of this folder. */

static sz_entry_t *
sz_cache_find(sz_cache_t *cache, const sz_folder_t *where)
{
    size_t  i;

    for (i = 0; i < SZ_CACHE_FOLDERS; i++) {
        if (sz_entry_is(&cache->entries[i], where)) {
            cache->entries[i].used = ++cache->clock;
            return &cache->entries[i];
        }
    }

    return NULL;
}


/* The same, in the place of the oldest if it must be; NULL: no memory. */

static sz_entry_t *
sz_cache_get(sz_cache_t *cache, const sz_folder_t *where)
{
    size_t       i;
    sz_entry_t  *entry;

    entry = sz_cache_find(cache, where);

    if (entry != NULL) {
        return entry;
    }

    entry = &cache->entries[0];

    for (i = 1; i < SZ_CACHE_FOLDERS; i++) {
        if (cache->entries[i].used < entry->used) {
            entry = &cache->entries[i];
        }
    }

    sz_entry_clear(cache, entry);

    entry->root = strdup(where->root);
    entry->folder = (where->folder != NULL) ? strdup(where->folder) : NULL;
    entry->used = ++cache->clock;

    if (entry->root == NULL
        || (where->folder != NULL && entry->folder == NULL))
    {
        sz_entry_clear(cache, entry);
        return NULL;
    }

    return entry;
}


bool
sz_cache_is_writable(const sz_folder_t *where)
{
    bool         writable;
    sz_entry_t  *entry;

    if (where->cache == NULL) {
        return false;
    }

    (void) pthread_mutex_lock(&where->cache->mutex);

    entry = sz_cache_find(where->cache, where);
    writable = (entry != NULL && entry->writable > sz_cache_now());

    (void) pthread_mutex_unlock(&where->cache->mutex);

    return writable;
}


void
sz_cache_writable(const sz_folder_t *where)
{
    sz_entry_t  *entry;

    if (where->cache == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&where->cache->mutex);

    entry = sz_cache_get(where->cache, where);

    if (entry != NULL) {
        entry->writable = sz_cache_now() + SZ_CACHE_WRITABLE;
    }

    (void) pthread_mutex_unlock(&where->cache->mutex);
}


void
sz_cache_failed(const sz_folder_t *where)
{
    sz_entry_t  *entry;

    if (where->cache == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&where->cache->mutex);

    entry = sz_cache_find(where->cache, where);

    if (entry != NULL) {
        entry->writable = 0;
    }

    (void) pthread_mutex_unlock(&where->cache->mutex);
}


sz_index_t *
sz_cache_listing(const sz_folder_t *where)
{
    sz_entry_t  *entry;
    sz_index_t  *listing;

    if (where->cache == NULL) {
        return NULL;
    }

    (void) pthread_mutex_lock(&where->cache->mutex);

    entry = sz_cache_find(where->cache, where);
    listing = (entry != NULL) ? entry->listing : NULL;

    if (listing != NULL) {
        (void) __atomic_add_fetch(&listing->refs, 1, __ATOMIC_RELAXED);
    }

    (void) pthread_mutex_unlock(&where->cache->mutex);

    return listing;
}


/* With the mutex held: lets listings go until `size` more bytes fit. */

static void
sz_cache_make_room(sz_cache_t *cache, size_t size)
{
    size_t       i;
    sz_entry_t  *oldest;

    while (cache->size + size > cache->max) {

        for (oldest = NULL, i = 0; i < SZ_CACHE_FOLDERS; i++) {
            if (cache->entries[i].listing != NULL
                && (oldest == NULL || cache->entries[i].used < oldest->used))
            {
                oldest = &cache->entries[i];
            }
        }

        if (oldest == NULL) {
            return;
        }

        sz_entry_drop(cache, oldest);
    }
}


void
sz_cache_keep(const sz_folder_t *where, sz_index_t *index)
{
    sz_cache_t  *cache = where->cache;
    sz_entry_t  *entry;

    if (cache == NULL || index->size > cache->max) {
        return;
    }

    (void) pthread_mutex_lock(&cache->mutex);

    entry = sz_cache_get(cache, where);

    if (entry != NULL) {
        sz_entry_drop(cache, entry);
        sz_cache_make_room(cache, index->size);

        (void) __atomic_add_fetch(&index->refs, 1, __ATOMIC_RELAXED);
        entry->listing = index;
        cache->size += index->size;
    }

    (void) pthread_mutex_unlock(&cache->mutex);
}


void
sz_cache_changed(const sz_folder_t *where)
{
    sz_entry_t  *entry;

    if (where->cache == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&where->cache->mutex);

    entry = sz_cache_find(where->cache, where);

    if (entry != NULL) {
        sz_entry_drop(where->cache, entry);
    }

    (void) pthread_mutex_unlock(&where->cache->mutex);
}
