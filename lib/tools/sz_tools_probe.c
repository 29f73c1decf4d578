#include "tools/sz_tools_probe.h"

#include <stdlib.h>


static void
sz_probe_run(sz_job_t *job)
{
    (void) sz_store_probe(&((sz_probe_t *) job)->where, &job->error);
}


static void
sz_probe_destroy(sz_job_t *job)
{
    sz_probe_t  *probe = (sz_probe_t *) job;

    sz_folder_free(&probe->where);
    free(probe);
}


sz_probe_t *
sz_probe_create(const sz_setup_t *setup, sz_media_e kind)
{
    sz_probe_t  *probe;

    probe = calloc(1, sizeof(sz_probe_t));

    if (probe == NULL) {
        return NULL;
    }

    probe->job.run = sz_probe_run;
    probe->job.destroy = sz_probe_destroy;
    probe->job.name = "try folder";

    if (!sz_folder_copy(&probe->where, &setup->folder[kind])) {
        free(probe);
        return NULL;
    }

    return probe;
}
