#include "tools/sz_tools_image_reader.h"

#include "media/sz_media_base64_json.h"

#include <stdio.h>
#include <stdlib.h>


static void sz_image_reader_run(sz_job_t *job);
static void sz_image_reader_destroy(sz_job_t *job);


sz_image_reader_t *
sz_image_reader_create(const sz_setup_t *setup, const char *name, bool chosen,
    unsigned number)
{
    sz_image_reader_t  *r;

    r = calloc(1, sizeof(sz_image_reader_t));

    if (r == NULL) {
        return NULL;
    }

    r->reader.job.run = sz_image_reader_run;
    r->reader.job.destroy = sz_image_reader_destroy;
    r->reader.job.name = "read pictures";
    sz_buf_init(&r->reader.text, 0);

    r->chosen = chosen;
    r->number = number;

    if (name == NULL) {
        r->op = SZ_READ_STATUS;
        return r;
    }

    (void) snprintf(r->name, sizeof(r->name), "%s", name);

    if (!sz_folder_copy(&r->where, &setup->folder[SZ_MEDIA_IMAGE])) {
        free(r);
        return NULL;
    }

    return r;
}


size_t
sz_image_answer_max(const sz_setup_t *setup, unsigned pictures)
{
    return pictures * ((size_t) setup->max_image_size / 3 + 1) * 4
           + 1024 * 1024;
}


static void
sz_image_reader_discard(sz_image_reader_t *r)
{
    if (r->open) {
        sz_draft_discard(&r->draft);
        r->open = false;
    }
}


static void
sz_image_reader_destroy(sz_job_t *job)
{
    sz_image_reader_t  *r = (sz_image_reader_t *) job;

    sz_image_reader_discard(r);     /* undo() has, where there are threads */

    sz_buf_free(&r->reader.text);
    sz_folder_free(&r->where);
    cJSON_Delete(r->usage);
    cJSON_Delete(r->about);
    free(r);
}


/* What has the name already must be a file that can be replaced. */

static void
sz_image_reader_open(sz_image_reader_t *r)
{
    sz_error_t  *err = &r->reader.job.error;

    if (sz_store_probe(&r->where, err) != SZ_OK
        || sz_draft_open(&r->draft, &r->where, r->name, err) != SZ_OK)
    {
        return;
    }

    r->open = true;

    if (r->chosen && r->number == 0) {
        (void) sz_draft_check(&r->draft, r->existing, err);
    }
}


/*
 * "beach.png", and for the third picture of the call "beach-3.png".  What is
 * paid for is saved under another name if the wanted one has been taken since.
 */

static sz_publish_e
sz_image_name(const sz_image_reader_t *r, sz_image_e type, const char *infix,
    char *dst, sz_drawing_t *picture)
{
    bool         same;
    char         number[16];
    size_t       stem;
    unsigned     n;
    const char  *ext;

    ext = sz_name_extension(r->name);
    stem = strlen(r->name) - strlen(ext) - (*ext != '\0');
    same = (sz_image_type(ext) == type);
    n = r->number + r->n;

    number[0] = '\0';

    if (r->chosen && n > 0) {
        (void) snprintf(number, sizeof(number), "-%u", n + 1);
    }

    (void) snprintf(dst, SZ_PATH_MAX + 1, "%.*s%s%s%s%s", (int) stem, r->name,
                    number, infix, same ? "." : "",
                    same ? ext : sz_image_extension(type));

    picture->renamed = (r->chosen && !same);

    return (r->chosen && n == 0 && same && r->existing == SZ_REPLACE)
           ? SZ_REPLACE : SZ_UNIQUE;
}


static sz_code_e
sz_image_write(void *data, const void *bytes, size_t n, sz_error_t *err)
{
    return sz_draft_write(data, bytes, n, err);
}


/* Some gateways send a data URL. */

static sz_str_t
sz_image_bare(sz_str_t text)
{
    const char  *comma;

    if (!sz_str_starts(text, "data:")) {
        return text;
    }

    comma = memchr(text.data, ',', (text.len < 100) ? text.len : 100);

    if (comma != NULL) {
        text.len -= (size_t) (comma + 1 - text.data);
        text.data = comma + 1;
    }

    return text;
}


static sz_code_e
sz_image_from_text(sz_image_reader_t *r, sz_draft_t *draft, sz_str_t value,
    sz_drawing_t *picture)
{
    sz_str_t          text;
    sz_code_e         rc;
    sz_error_t        why;
    sz_base64_sink_t  sink = { sz_image_write, draft, &r->reader.job };

    text = sz_image_bare(sz_base64_json_text(value));

    if (sz_draft_reserve(draft, (int64_t) sz_base64_decoded_size(text),
                         &picture->error)
        != SZ_OK)
    {
        return picture->error.code;
    }

    rc = sz_base64_json_decode(text, &sink, &picture->size, &why);

    if (rc == SZ_E_INPUT) {
        return sz_error_set(&picture->error, SZ_E_UPSTREAM, "what came as a "
                            "picture is no Base64 text: %.500s", why.text);
    }

    if (rc != SZ_OK) {
        picture->error = why;
    }

    return rc;
}


bool
sz_image_is_bytes(sz_str_t text)
{
    const char  *mime;

    mime = sz_media_sniff(text);

    return mime != NULL && sz_str_starts(sz_str_of(mime), "image/");
}


/* Into the draft, and whether it is a picture; the draft stays open. */

static sz_code_e
sz_image_decode(sz_image_reader_t *r, sz_draft_t *draft, sz_str_t value,
    sz_drawing_t *picture)
{
    sz_code_e   rc;
    sz_error_t  why;

    if (sz_image_is_bytes(value)) {
        picture->size = (int64_t) value.len;
        rc = sz_draft_write(draft, value.data, value.len, &picture->error);

    } else {
        rc = sz_image_from_text(r, draft, value, picture);
    }

    if (rc != SZ_OK) {
        return rc;
    }

    if (sz_image_probe(draft->fd, &picture->info, &why) != SZ_OK) {
        return sz_error_set(&picture->error, SZ_E_UPSTREAM, "what came as a "
                            "picture cannot be used: %.500s", why.text);
    }

    return SZ_OK;
}


static void
sz_image_take_draft(sz_image_reader_t *r, sz_draft_t *draft,
    sz_drawing_t *picture)
{
    if (r->open) {
        *draft = r->draft;
        r->open = false;

    } else {
        (void) sz_draft_open(draft, &r->where, r->name, &picture->error);
    }
}


sz_drawing_t *
sz_image_room(sz_image_reader_t *r)
{
    return (r->n < SZ_PICTURES_MAX) ? &r->pictures[r->n] : NULL;
}


void
sz_image_save(sz_image_reader_t *r, sz_str_t value)
{
    sz_draft_t     draft;
    sz_publish_e   how;
    sz_drawing_t  *picture;

    picture = sz_image_room(r);

    if (picture == NULL) {
        return;
    }

    sz_image_take_draft(r, &draft, picture);

    if (picture->error.code != SZ_OK) {
        r->n++;
        return;
    }

    if (sz_image_decode(r, &draft, value, picture) != SZ_OK) {
        sz_draft_discard(&draft);

    } else {
        how = sz_image_name(r, picture->info.type, "", draft.name, picture);

        if (sz_draft_publish(&draft, how, &picture->error) == SZ_OK) {
            strcpy(picture->name, draft.name);
            picture->replaced = draft.replaced;
            picture->taken = (r->chosen && r->number + r->n == 0
                              && !picture->renamed
                              && strcmp(draft.name, r->name) != 0);
        }
    }

    r->n++;
}


static void
sz_image_reader_clean(sz_image_reader_t *r)
{
    if (r->partial[0] != '\0') {
        (void) sz_store_remove(&r->where, r->partial, NULL);
        r->partial[0] = '\0';
    }
}


/* What is in the folder, and the draft, whose end is a job of the disk, too. */

static void
sz_image_reader_undo(sz_job_t *job)
{
    sz_image_reader_t  *r = (sz_image_reader_t *) job;

    sz_image_reader_clean(r);
    sz_image_reader_discard(r);
}


/*
 * A preview: a file beside the one to come, "beach.partial.png", that the next
 * one replaces.  One that cannot be saved is no loss.
 */

void
sz_image_preview(sz_image_reader_t *r, sz_str_t value)
{
    sz_draft_t    draft;
    sz_publish_e  how;
    sz_drawing_t  picture;

    memset(&picture, 0, sizeof(picture));

    r->partials++;

    if (sz_draft_open(&draft, &r->where, r->name, &picture.error) != SZ_OK) {
        return;
    }

    if (sz_image_decode(r, &draft, value, &picture) != SZ_OK) {
        sz_draft_discard(&draft);
        return;
    }

    if (r->partial[0] != '\0' && r->partial_type == picture.info.type) {
        strcpy(draft.name, r->partial);
        how = SZ_REPLACE;

    } else {
        sz_image_reader_clean(r);
        (void) sz_image_name(r, picture.info.type, ".partial", draft.name,
                             &picture);
        how = SZ_UNIQUE;
    }

    if (sz_draft_publish(&draft, how, &picture.error) == SZ_OK) {
        strcpy(r->partial, draft.name);
        r->partial_type = picture.info.type;
    }
}


static void
sz_image_reader_run(sz_job_t *job)
{
    sz_str_t            text;
    sz_image_reader_t  *r = (sz_image_reader_t *) job;

    job->error.code = SZ_OK;
    text = sz_buf_view(&r->reader.text);

    switch (r->op) {

    case SZ_READ_OPEN:
        sz_image_reader_open(r);
        break;

    case SZ_READ_IMAGES:
    case SZ_READ_RESPONSE:
    case SZ_READ_STATUS:
        sz_image_read(r, text);
        break;

    case SZ_READ_CLEAN:
        break;
    }

    if (r->op == SZ_READ_CLEAN || r->n > 0) {
        sz_image_reader_clean(r);
    }

    job->undo = (r->open || r->partial[0] != '\0') ? sz_image_reader_undo
                                                   : NULL;

    sz_buf_free(&r->reader.text);
}
