#include "tools/sz_tools_resource.h"
#include "tools/sz_tools_image.h"
#include "tools/sz_tools_video.h"

#include "media/sz_media.h"
#include "media/sz_media_base64.h"

#include <stdlib.h>


#define SZ_RESOURCE_FRAME  16384        /* of a result, besides its content */


typedef struct {
    sz_job_t       job;                 /* first */

    sz_folder_t    where;
    char          *name;
    char          *uri;
    size_t         max;
    const char    *directive;           /* of that limit */

    sz_buf_t       result;              /* a whole result object */
} sz_read_job_t;


typedef struct {
    sz_reading_t    reading;            /* first */
    sz_read_job_t  *job;
} sz_read_t;


const sz_field_t  sz_no_fields[] = {
    { .name = NULL }
};


/* {"contents":[{"uri":…,"mimeType":… */

static void
sz_resource_open(sz_jw_t *w, const char *uri, const char *mime)
{
    sz_jw_open(w, '{');
    sz_jw_key(w, "contents");
    sz_jw_open(w, '[');
    sz_jw_open(w, '{');
    sz_jw_kstr(w, "uri", uri);
    sz_jw_kstr(w, "mimeType", mime);
}


static void
sz_resource_close(sz_jw_t *w, const char *meta)
{
    if (meta != NULL) {
        sz_jw_kraw(w, "_meta", sz_str_of(meta));
    }

    sz_jw_close(w, '}');
    sz_jw_close(w, ']');
    sz_jw_close(w, '}');
}


static void
sz_resource_bytes(sz_jw_t *w, sz_str_t bytes)
{
    char    *room;
    size_t   len;

    len = sz_base64_encoded_size(bytes.len);

    sz_jw_key(w, "blob");
    sz_buf_c(w->buf, '"');
    room = sz_buf_reserve(w->buf, len);

    if (room != NULL) {
        sz_base64_encode(bytes.data, bytes.len, room);
        w->buf->len += len;
    }

    sz_buf_c(w->buf, '"');
    w->comma = true;
}


static sz_step_e
sz_resource_done(sz_call_t *call)
{
    if (call->result.failed) {
        sz_error_memory(&call->error);
    }

    return SZ_STEP_DONE;
}


sz_step_e
sz_resource_text(sz_call_t *call, const char *mime, sz_str_t text)
{
    sz_jw_t               w;
    const sz_reading_t   *s = call->state;
    const sz_resource_t  *resource = (const sz_resource_t *) call->tool;

    sz_jw_init(&w, &call->result);
    sz_resource_open(&w, s->uri, (mime != NULL) ? mime : resource->mime);
    sz_jw_key(&w, "text");
    sz_jw_str(&w, text);
    sz_resource_close(&w, resource->meta);

    return sz_resource_done(call);
}


sz_step_e
sz_resource_blob(sz_call_t *call, const char *mime, sz_str_t bytes)
{
    sz_jw_t               w;
    const sz_reading_t   *s = call->state;
    const sz_resource_t  *resource = (const sz_resource_t *) call->tool;

    sz_jw_init(&w, &call->result);
    sz_resource_open(&w, s->uri, (mime != NULL) ? mime : resource->mime);
    sz_resource_bytes(&w, bytes);
    sz_resource_close(&w, resource->meta);

    return sz_resource_done(call);
}


/*
 * Media files.
 */

static bool
sz_read_is_text(const char *mime, sz_str_t bytes)
{
    return (strncmp(mime, "text/", 5) == 0
            || strcmp(mime, "application/json") == 0
            || strcmp(mime, "application/x-subrip") == 0)
           && memchr(bytes.data, '\0', bytes.len) == NULL
           && sz_utf8_valid(bytes);
}


/* Media are what their bytes say, all else is what its name says. */

static const char *
sz_read_mime(const char *name, sz_str_t bytes)
{
    sz_str_t     head;
    const char  *mime;

    head = bytes;
    head.len = (head.len < SZ_MEDIA_HEAD) ? head.len : SZ_MEDIA_HEAD;
    mime = sz_media_sniff(head);

    if (mime == NULL) {
        mime = sz_media_mime(name);
    }

    return (mime != NULL) ? mime : "application/octet-stream";
}


static void
sz_read_write(sz_read_job_t *s, sz_str_t bytes)
{
    sz_jw_t      w;
    const char  *mime;

    mime = sz_read_mime(s->name, bytes);

    sz_buf_init(&s->result, 6 * bytes.len + SZ_RESOURCE_FRAME);
    sz_jw_init(&w, &s->result);
    sz_resource_open(&w, s->uri, mime);

    if (sz_read_is_text(mime, bytes)) {
        sz_jw_key(&w, "text");
        sz_jw_str(&w, bytes);

    } else {
        sz_resource_bytes(&w, bytes);
    }

    sz_resource_close(&w, NULL);

    if (s->result.failed) {
        sz_error_memory(&s->job.error);
    }
}


static void
sz_read_job_run(sz_job_t *job)
{
    char           *data;
    size_t          len;
    sz_read_job_t  *s = (sz_read_job_t *) job;

    data = sz_store_read(&s->where, s->name, s->max, &len, &job->error);

    if (data != NULL) {
        sz_read_write(s, (sz_str_t) { len, data });
        free(data);
    }
}


static void
sz_read_job_destroy(sz_job_t *job)
{
    sz_read_job_t  *s = (sz_read_job_t *) job;

    sz_folder_free(&s->where);
    sz_buf_free(&s->result);
    free(s->name);
    free(s->uri);
    free(s);
}


static size_t
sz_read_max(const sz_setup_t *setup, const char **directive)
{
    int64_t  max;

    max = (setup->max_resource_size > 0) ? setup->max_resource_size
                                         : SZ_RESOURCE_SIZE;

    if (max <= setup->max_file_size) {
        *directive = "sanzaru_max_resource_size";
        return (size_t) max;
    }

    *directive = "sanzaru_max_file_size";

    return (size_t) setup->max_file_size;
}


static sz_read_job_t *
sz_read_job_create(const sz_setup_t *setup, sz_media_e kind,
    const sz_reading_t *what)
{
    sz_read_job_t  *s;

    s = calloc(1, sizeof(sz_read_job_t));
    if (s == NULL) {
        return NULL;
    }

    s->job.run = sz_read_job_run;
    s->job.destroy = sz_read_job_destroy;
    s->job.name = "read resource";

    s->max = sz_read_max(setup, &s->directive);
    s->name = strdup(what->value);
    s->uri = strdup(what->uri);

    if (s->name == NULL || s->uri == NULL
        || !sz_folder_copy(&s->where, &setup->folder[kind]))
    {
        sz_read_job_destroy(&s->job);
        return NULL;
    }

    return s;
}


/* A name that cannot be, and a link, are as little there as what is missing. */

static sz_step_e
sz_read_fail(sz_call_t *call, const sz_error_t *err, const char *directive)
{
    if (err->code == SZ_E_LIMIT && directive != NULL) {
        sz_error_set(&call->error, SZ_E_LIMIT, "%.500s The limit is %s.",
                     err->text, directive);
        return SZ_STEP_DONE;
    }

    call->error = *err;

    if (err->code == SZ_E_INPUT) {
        call->error.code = SZ_E_NOT_FOUND;
    }

    return SZ_STEP_DONE;
}


static sz_step_e
sz_read_start(sz_call_t *call, sz_read_t *s, sz_media_e kind)
{
    sz_error_t  err;

    if (call->setup->folder[kind].root == NULL) {
        sz_error_set(&err, SZ_E_NOT_FOUND, "There is no folder of %s files "
                     "here.", sz_media_name(kind));
        return sz_read_fail(call, &err, NULL);
    }

    if (sz_name_check(s->reading.value, "uri", &err) != SZ_OK) {
        return sz_read_fail(call, &err, NULL);
    }

    s->job = sz_read_job_create(call->setup, kind, &s->reading);
    call->phase = 1;

    return sz_call_job(call, (sz_job_t *) s->job);
}


static sz_step_e
sz_read_step(sz_call_t *call, sz_media_e kind)
{
    sz_read_t  *s = call->state;

    if (call->phase == 0) {
        return sz_read_start(call, s, kind);
    }

    if (s->job->job.error.code != SZ_OK) {
        return sz_read_fail(call, &s->job->job.error, s->job->directive);
    }

    sz_buf_free(&call->result);
    call->result = s->job->result;
    sz_buf_init(&s->job->result, 0);

    return SZ_STEP_DONE;
}


static sz_step_e
sz_read_video_step(sz_call_t *call)
{
    return sz_read_step(call, SZ_MEDIA_VIDEO);
}


static sz_step_e
sz_read_image_step(sz_call_t *call)
{
    return sz_read_step(call, SZ_MEDIA_IMAGE);
}


static sz_step_e
sz_read_audio_step(sz_call_t *call)
{
    return sz_read_step(call, SZ_MEDIA_AUDIO);
}


#define SZ_MEDIA_ROW(id, heading, text, kind, function)                      \
    .read = {                                                                \
        .name = id,                                                          \
        .title = heading,                                                    \
        .description = text,                                                 \
        .needs = sz_needs_folder(kind),                                      \
        .input = sz_no_fields,                                               \
        .state_size = sizeof(sz_read_t),                                     \
        .step = function                                                     \
    },                                                                       \
    .source = sz_from_files(kind)


const sz_resource_t  sz_resource_videos = {
    SZ_MEDIA_ROW("video", "Video file",
                 "A file in the gateway's video folder, by its name.",
                 SZ_MEDIA_VIDEO, sz_read_video_step),
    .uri = "sanzaru://videos/{+name}"
};

const sz_resource_t  sz_resource_images = {
    SZ_MEDIA_ROW("image", "Image file",
                 "A file in the gateway's image folder, by its name.",
                 SZ_MEDIA_IMAGE, sz_read_image_step),
    .uri = "sanzaru://images/{+name}"
};

const sz_resource_t  sz_resource_audio = {
    SZ_MEDIA_ROW("audio", "Audio file",
                 "A file in the gateway's audio folder, by its name.",
                 SZ_MEDIA_AUDIO, sz_read_audio_step),
    .uri = "sanzaru://audio/{+name}"
};


/*
 * What this gateway can do and how much of it.
 */

static void
sz_about_limit(sz_buf_t *out, const char *what, int64_t bytes)
{
    if (bytes >= 10 * 1024 * 1024) {
        sz_buf_fmt(out, "| %s | %lld MB |\n", what,
                   (long long) (bytes / (1024 * 1024)));

    } else {
        sz_buf_fmt(out, "| %s | %lld KB |\n", what,
                   (long long) (bytes / 1024));
    }
}


/* What tools ask when neither the call nor the operator names a model. */

static const char *const  sz_about_models[SZ_SERVICES] = {
    [SZ_SERVICE_VIDEO] = SZ_VIDEO_MODEL,
    [SZ_SERVICE_IMAGE] = SZ_IMAGE_MODEL
};


static const char *
sz_about_model(const sz_setup_t *setup, unsigned service)
{
    return (setup->model[service] != NULL) ? setup->model[service]
           : (sz_about_models[service] != NULL) ? sz_about_models[service]
           : "none";
}


static void
sz_about_services(sz_buf_t *out, const sz_setup_t *setup)
{
    unsigned  i;

    sz_buf_lit(out, "\n## Services\n\n| service | default model |\n"
                    "|---|---|\n");

    for (i = 0; i < SZ_SERVICES; i++) {
        if (setup->service[i]) {
            sz_buf_fmt(out, "| %s | %s |\n",
                       sz_service_name((sz_service_e) i),
                       sz_about_model(setup, i));
        }
    }
}


static void
sz_about_limits(sz_buf_t *out, const sz_setup_t *setup)
{
    const char  *directive;

    sz_buf_lit(out, "\n## Limits\n\n| limit | value |\n|---|---|\n");
    sz_about_limit(out, "a downloaded file", setup->max_file_size);
    sz_about_limit(out, "a file read as a resource",
                   (int64_t) sz_read_max(setup, &directive));
    sz_about_limit(out, "a picture used as input", setup->max_image_size);
    sz_buf_fmt(out, "| pixels of such a picture | %lld |\n",
               (long long) setup->max_image_pixels);
    sz_buf_fmt(out, "| seconds a call may wait | %lld |\n",
               (long long) setup->max_wait);
}


static sz_step_e
sz_about_step(sz_call_t *call)
{
    unsigned           kind;
    sz_buf_t           text;
    sz_step_e          step;
    const sz_setup_t  *setup = call->setup;

    sz_buf_init(&text, SZ_RESOURCE_FRAME);
    sz_buf_lit(&text, "# Sanzaru media gateway " SZ_VERSION "\n\n"
                      "Folders:");

    for (kind = 0; kind < SZ_MEDIA_KINDS; kind++) {
        if (setup->folder[kind].root != NULL) {
            sz_buf_fmt(&text, " %s", sz_media_name((sz_media_e) kind));
        }
    }

    sz_buf_c(&text, '\n');
    sz_about_services(&text, setup);
    sz_about_limits(&text, setup);

    step = sz_resource_text(call, NULL, sz_buf_view(&text));
    sz_buf_free(&text);

    return step;
}


const sz_resource_t  sz_resource_about = {
    .read = {
        .name = "about",
        .title = "About this gateway",
        .description = "Default models and limits of this gateway.",
        .input = sz_no_fields,
        .state_size = sizeof(sz_reading_t),
        .step = sz_about_step
    },
    .uri = "sanzaru://gateway/about",
    .mime = "text/markdown"
};


const sz_resource_t *const  sz_resources[] = {
    &sz_resource_about,
    &sz_resource_videos,
    &sz_resource_images,
    &sz_resource_audio,
    NULL
};
