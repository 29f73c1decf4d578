/*
 * Inside the store: what the threads of a process remember about folders.
 *
 * An entry is found by the folder's path.  There are at most SZ_CACHE_FOLDERS
 * of them; the one that was not asked for the longest goes first.
 */

#ifndef SZ_STORE_CACHE_H
#define SZ_STORE_CACHE_H


#include "store/sz_store.h"


#define SZ_CACHE_FOLDERS  256

/* Whether the folder was writable less than a minute ago. */
bool sz_cache_is_writable(const sz_folder_t *where);

/* What sz_store_probe() found, until a minute from now. */
void sz_cache_writable(const sz_folder_t *where);

/* Something could not be written. */
void sz_cache_failed(const sz_folder_t *where);


#endif /* SZ_STORE_CACHE_H */
