/*
 * Inside the store: what the threads of a process remember about folders.
 *
 * An entry is found by the folder's path.  There are at most SZ_CACHE_FOLDERS
 * of them; the one that was not asked for the longest goes first.
 */

#ifndef SZ_STORE_CACHE_H
#define SZ_STORE_CACHE_H


#include "store/sz_store_index.h"


#define SZ_CACHE_FOLDERS  256

/* Whether the folder was writable less than a minute ago. */
bool sz_cache_is_writable(const sz_folder_t *where);

/* What sz_store_probe() found, until a minute from now. */
void sz_cache_writable(const sz_folder_t *where);

/* Something could not be written. */
void sz_cache_failed(const sz_folder_t *where);

/* The listing that is kept, if there is one; release it. */
sz_index_t *sz_cache_listing(const sz_folder_t *where);

/* Keeps it, too, if there is room; others go that were not asked for longer. */
void sz_cache_keep(const sz_folder_t *where, sz_index_t *index);

/* A file was made, replaced or removed: what is kept is not true any more. */
void sz_cache_changed(const sz_folder_t *where);


#endif /* SZ_STORE_CACHE_H */
