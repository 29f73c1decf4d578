/*
 * Inside the store: what lies in a folder and below, as one list.
 *
 *   sz_index_get(): the one that is kept, if nothing has changed since ─┐
 *     │ else                                                            ▼
 *     └► the folder is read ─► kept in the folder's cache ─► rows ─► release
 *
 * An index does not change once it is made, so any number of threads may read
 * it; the last that releases it, or the cache that lets it go, frees it.
 */

#ifndef SZ_STORE_INDEX_H
#define SZ_STORE_INDEX_H


#include "store/sz_store.h"


typedef struct sz_index_s  sz_index_t;

/*
 * All that sz_name_check() accepts, in the order of names; sizes and times are
 * there if they were asked for (`timed`), and may be those of some seconds
 * ago.
 */
struct sz_index_s {
    sz_list_row_t  *rows;
    size_t          n;
    bool            timed;
    bool            cut;            /* there is more than is looked at */
    size_t          size;           /* bytes in memory, about */
    int             refs;           /* atomic */

    /* how it is known to be true still */
    struct sz_index_folder_s  *folders;
    size_t          n_folders;
    bool            settled;        /* no folder had just been changed */
    int64_t         read;           /* when: seconds, monotonic */
    sz_arena_t     *arena;          /* of names */
};

/* dir: where's descriptor.  NULL on error, and when the job is cancelled. */
sz_index_t *sz_index_get(const sz_folder_t *where, int dir, bool timed,
    const sz_job_t *job, sz_error_t *err);
void sz_index_release(sz_index_t *index);

/*
 * A glob on a name: fnmatch() for each part, and "**" for any number of
 * folders, or of anything where it is the last part.  Pure.
 */
bool sz_glob_match(const char *pattern, const char *name);


#endif /* SZ_STORE_INDEX_H */
