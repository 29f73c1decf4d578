#include "store/sz_store_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>


#define SZ_CACHE_WRITABLE  60           /* seconds a probe is believed */


typedef struct {
    char      *root;                    /* NULL: a free place */
    char      *folder;
    uint64_t   used;                    /* the cache's clock */
    int64_t    writable;                /* until then; 0: not known */
} sz_entry_t;


struct sz_cache_s {
    pthread_mutex_t  mutex;             /* for all of it; never held long */
    uint64_t         clock;             /* counts what was asked for */
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
sz_cache_create(void)
{
    sz_cache_t  *cache;

    cache = calloc(1, sizeof(sz_cache_t));

    if (cache != NULL && pthread_mutex_init(&cache->mutex, NULL) != 0) {
        free(cache);
        cache = NULL;
    }

    return cache;
}


static void
sz_entry_clear(sz_entry_t *entry)
{
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
        sz_entry_clear(&cache->entries[i]);
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

    sz_entry_clear(entry);

    entry->root = strdup(where->root);
    entry->folder = (where->folder != NULL) ? strdup(where->folder) : NULL;
    entry->used = ++cache->clock;

    if (entry->root == NULL
        || (where->folder != NULL && entry->folder == NULL))
    {
        sz_entry_clear(entry);
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
