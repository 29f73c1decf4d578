#include "tools/sz_tools_input.h"

#include "media/sz_media_base64.h"

#include <stdio.h>
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


void
sz_input_missing(sz_error_t *err)
{
    if (err->code == SZ_E_NOT_FOUND) {
        sz_error_add(err, " list_reference_images shows what the image folder "
                     "holds.");
    }
}


/* A whole file, if it is a picture. */

static sz_code_e
sz_input_read(const sz_folder_t *where, const char *name,
    const char *parameter, size_t max, sz_input_file_t *file, sz_error_t *err)
{
    sz_error_t  why;

    file->data = sz_store_read(where, name, max, &file->len, err);

    if (file->data == NULL) {
        sz_input_missing(err);
        return err->code;
    }

    if (sz_image_probe_bytes((sz_str_t) { file->len, file->data },
                             &file->info, &why)
        != SZ_OK)
    {
        return sz_error_set(err, SZ_E_INPUT, "`%s` names \"%.120s\", which "
                            "is not a picture that can be used: %.400s",
                            parameter, name, why.text);
    }

    return SZ_OK;
}


static void
sz_input_run(sz_job_t *job)
{
    sz_input_t       *in = (sz_input_t *) job;
    sz_input_file_t   file;

    memset(&file, 0, sizeof(file));

    if (sz_name_check(in->name, in->parameter, &job->error) != SZ_OK) {
        return;
    }

    (void) sz_input_read(&in->where, in->name, in->parameter, in->max, &file,
                         &job->error);

    in->data = file.data;
    in->len = file.len;
    in->info = file.info;
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


static void
sz_inputs_destroy(sz_job_t *job)
{
    unsigned      i;
    sz_inputs_t  *in = (sz_inputs_t *) job;

    for (i = 0; i < in->n; i++) {
        free(in->files[i].name);
        free(in->files[i].data);
    }

    free(in->mask.name);
    free(in->mask.data);
    sz_buf_free(&in->body);
    sz_folder_free(&in->where);
    free(in);
}


/* {"type":"input_image","image_url":"data:image/png;base64,…"} */

static sz_code_e
sz_inputs_encode(sz_inputs_t *in, sz_input_file_t *file, sz_error_t *err)
{
    char      *text;
    size_t     len;
    sz_buf_t  *b = &in->body;

    len = sz_base64_encoded_size(file->len);

    sz_buf_fmt(b, ",{\"type\":\"input_image\",\"image_url\":\"data:%s;base64,",
               file->info.mime);

    text = sz_buf_reserve(b, len);

    if (text != NULL) {
        sz_base64_encode(file->data, file->len, text);
        b->len += len;
    }

    sz_buf_lit(b, "\",\"detail\":\"auto\"}");

    free(file->data);
    file->data = NULL;

    return b->failed ? sz_error_memory(err) : SZ_OK;
}


static sz_code_e
sz_inputs_pictures(sz_inputs_t *in, sz_error_t *err)
{
    size_t            sum;
    unsigned          i;
    sz_code_e         rc;
    sz_input_file_t  *file;

    for (sum = 0, i = 0; i < in->n; i++) {

        if (sz_job_cancelled(&in->job)) {
            return sz_error_set(err, SZ_E_CANCELLED, "Cancelled.");
        }

        file = &in->files[i];

        rc = sz_input_read(&in->where, file->name, "input_images", in->max,
                           file, err);
        sum += file->len;

        if (rc == SZ_OK && sum > SZ_INPUTS_SUM * in->max) {
            rc = sz_error_set(err, SZ_E_LIMIT, "The `input_images` have more "
                              "than %zu bytes together, %d times "
                              "sanzaru_max_image_size: use fewer, or smaller "
                              "ones.", SZ_INPUTS_SUM * in->max, SZ_INPUTS_SUM);
        }

        if (rc == SZ_OK && in->encode) {
            rc = sz_inputs_encode(in, file, err);
        }

        if (rc != SZ_OK) {
            return rc;
        }
    }

    return SZ_OK;
}


/* A PNG that can be transparent, of the first picture's size. */

static sz_code_e
sz_inputs_mask(sz_inputs_t *in, sz_error_t *err)
{
    const sz_image_info_t  *mask, *first;

    if (in->mask.name == NULL) {
        return SZ_OK;
    }

    if (sz_input_read(&in->where, in->mask.name, "mask_filename", in->max,
                      &in->mask, err)
        != SZ_OK)
    {
        return err->code;
    }

    mask = &in->mask.info;
    first = &in->files[0].info;

    if (mask->type != SZ_IMAGE_PNG || !mask->alpha) {
        return sz_error_set(err, SZ_E_INPUT, "The mask \"%.120s\" must be a "
                            "PNG with an alpha channel: what is transparent "
                            "in it is what changes. It is %s%s.",
                            in->mask.name, mask->mime,
                            mask->alpha ? "" : " without one");
    }

    if (mask->width != first->width || mask->height != first->height) {
        return sz_error_set(err, SZ_E_INPUT, "The mask \"%.120s\" has %ux%u "
                            "pixels, but the first input image \"%.120s\" has "
                            "%ux%u: they must be of the same size.",
                            in->mask.name, mask->width, mask->height,
                            in->files[0].name, first->width, first->height);
    }

    return SZ_OK;
}


static void
sz_inputs_run(sz_job_t *job)
{
    sz_inputs_t  *in = (sz_inputs_t *) job;

    if (sz_inputs_pictures(in, &job->error) != SZ_OK
        || sz_inputs_mask(in, &job->error) != SZ_OK)
    {
        return;
    }

    /* so that what follows need not move it all */

    if (in->encode && sz_buf_reserve(&in->body, in->tail) == NULL) {
        sz_error_memory(&job->error);
    }
}


static sz_code_e
sz_inputs_names(sz_inputs_t *in, const cJSON *names, const char *mask,
    sz_error_t *err)
{
    const cJSON  *name;

    cJSON_ArrayForEach(name, names) {

        if (sz_name_check(name->valuestring, "input_images", err) != SZ_OK) {
            return err->code;
        }

        in->files[in->n].name = strdup(name->valuestring);

        if (in->files[in->n].name == NULL) {
            return sz_error_memory(err);
        }

        in->n++;
    }

    if (mask == NULL) {
        return SZ_OK;
    }

    if (sz_name_check(mask, "mask_filename", err) != SZ_OK) {
        return err->code;
    }

    in->mask.name = strdup(mask);

    return (in->mask.name != NULL) ? SZ_OK : sz_error_memory(err);
}


sz_inputs_t *
sz_inputs_create(const sz_setup_t *setup, const cJSON *names,
    const char *mask, sz_error_t *err)
{
    sz_inputs_t  *in;

    in = calloc(1, sizeof(sz_inputs_t));

    if (in == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    in->job.run = sz_inputs_run;
    in->job.destroy = sz_inputs_destroy;
    in->job.name = "read pictures";

    in->max = (size_t) setup->max_image_size;

    if (sz_inputs_names(in, names, mask, err) != SZ_OK) {
        sz_inputs_destroy(&in->job);
        return NULL;
    }

    if (!sz_folder_copy(&in->where, &setup->folder[SZ_MEDIA_IMAGE])) {
        sz_inputs_destroy(&in->job);
        sz_error_memory(err);
        return NULL;
    }

    return in;
}
