/*
 * The job that tries a media folder before a paid call whose file will come
 * later: sz_store_probe() on a thread.
 */

#ifndef SZ_TOOLS_PROBE_H
#define SZ_TOOLS_PROBE_H


#include "tools/sz_tools.h"


typedef struct {
    sz_job_t     job;               /* first */
    sz_folder_t  where;
} sz_probe_t;


/* NULL when out of memory. */
sz_probe_t *sz_probe_create(const sz_setup_t *setup, sz_media_e kind);


#endif /* SZ_TOOLS_PROBE_H */
