/*
 * Inside the store: opening by name below a directory.
 */

#ifndef SZ_STORE_BENEATH_H
#define SZ_STORE_BENEATH_H


#include "store/sz_store.h"


/* A descriptor of the folder (O_RDONLY), -1 on error; close() it. */
int sz_folder_open(const sz_folder_t *where, sz_error_t *err);

/*
 * openat() that cannot leave dir and follows no symbolic link at all: openat2
 * where the kernel has it, else component by component with O_NOFOLLOW.
 * -1 and errno on error.
 */
int sz_open_beneath(int dir, const char *path, int flags, mode_t mode);

/* The component-wise way alone, for kernels and sandboxes without openat2. */
int sz_open_stepwise(int dir, const char *path, int flags, mode_t mode);


#endif /* SZ_STORE_BENEATH_H */
