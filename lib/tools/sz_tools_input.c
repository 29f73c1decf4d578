#include "tools/sz_tools_input.h"

#include <stdlib.h>


static void
sz_input_destroy(sz_job_t *job)
{
    sz_input_t  *in = (sz_input_t *) job;

    sz_folder_free(&in->where);
    free(in->name);
    free(in->data);
    free(in);
}


static void
sz_input_run(sz_job_t *job)
{
    sz_str_t      bytes;
    sz_input_t   *in = (sz_input_t *) job;
    sz_error_t    why;

    in->data = sz_store_read(&in->where, in->name, in->max, &in->len,
                             &job->error);
    if (in->data == NULL) {
        return;
    }

    bytes = (sz_str_t) { in->len, in->data };

    if (sz_image_probe_bytes(bytes, &in->info, &why) != SZ_OK) {
        sz_error_set(&job->error, SZ_E_INPUT, "`%s` names \"%.120s\", which "
                     "is not a picture that can be used: %.400s",
                     in->parameter, in->name, why.text);
    }
}


sz_input_t *
sz_input_create(const sz_setup_t *setup, const char *name,
    const char *parameter)
{
    sz_input_t  *in;

    in = calloc(1, sizeof(sz_input_t));
    if (in == NULL) {
        return NULL;
    }

    in->job.run = sz_input_run;
    in->job.destroy = sz_input_destroy;
    in->job.name = "read picture";

    in->parameter = parameter;
    in->max = (size_t) setup->max_image_size;
    in->name = strdup(name);

    if (in->name == NULL
        || !sz_folder_copy(&in->where, &setup->folder[SZ_MEDIA_IMAGE]))
    {
        sz_input_destroy(&in->job);
        return NULL;
    }

    return in;
}
