/*
 * Responses with pictures: what their state is, and getting the pictures out
 * of them.  get_image_status and download_image.
 */

#include "tools/sz_tools_image.h"

#include <stdio.h>


/* Pictures that one response may have, for the limit of its answer. */
#define SZ_RESPONSE_PICTURES  4

#define SZ_RESPONSE_ID                                                        \
    "The id that create_image returned, such as "                             \
    "\"resp_68af4030592c81938ec0a5fbab4a3e9f\"."


static const sz_field_t  sz_response_error_fields[] = {
    { .name = "code", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = "message", .type = SZ_STRING, .flags = SZ_NULLABLE },
    { .name = NULL }
};

const sz_field_t  sz_response_fields[] = {
    { .name = "id", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "Use it with get_image_status, download_image, or as "
          "previous_response_id of create_image." },
    { .name = "status", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "queued, in_progress, completed, failed, incomplete or "
          "cancelled." },
    { .name = "created_at", .type = SZ_INTEGER,
      .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "Unix time, seconds." },
    { .name = "error", .type = SZ_OBJECT, .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "Why it failed.", .fields = sz_response_error_fields },
    { .name = "incomplete_reason", .type = SZ_STRING,
      .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "Why it is incomplete, such as content_filter." },
    { .name = NULL }
};


const char *
sz_response_status(const sz_image_reader_t *r)
{
    const char  *status;

    status = sz_json_string(r->about, "status");

    return (status != NULL) ? status : "unknown";
}


/* A word that nobody knows, with pictures beside it, is an end. */

bool
sz_response_is_active(const sz_image_reader_t *r)
{
    return sz_image_first(r) == NULL
           && sz_status(sz_json_string(r->about, "status"))
              == SZ_STATUS_RUNNING;
}


bool
sz_response_has_failed(const sz_image_reader_t *r)
{
    return sz_status(sz_json_string(r->about, "status")) == SZ_STATUS_FAILED;
}


void
sz_response_write(sz_jw_t *w, const sz_image_reader_t *r)
{
    double        created;
    const cJSON  *error;

    sz_jw_kstr(w, "id", sz_json_string(r->about, "id"));
    sz_jw_kstr(w, "status", sz_response_status(r));
    sz_jw_key(w, "created_at");

    if (sz_json_number(sz_json_get(r->about, "created_at"), &created)
        && created > 0 && created < 1e15)
    {
        sz_jw_int(w, (int64_t) created);

    } else {
        sz_jw_null(w);
    }

    error = sz_json_object(r->about, "error");
    sz_jw_key(w, "error");

    if (error != NULL) {
        sz_jw_open(w, '{');
        sz_schema_shape_known(w, sz_response_error_fields, error);
        sz_jw_close(w, '}');

    } else {
        sz_jw_null(w);
    }

    sz_jw_kstr(w, "incomplete_reason",
               sz_json_string(sz_json_object(r->about, "incomplete_details"),
                              "reason"));
}


sz_step_e
sz_response_result(sz_call_t *call, const sz_http_t *http,
    const sz_image_reader_t *r, const char *what, const char *note)
{
    sz_jw_t  w;

    if (sz_image_http_result(http, what, &call->error) != SZ_OK) {
        return SZ_STEP_DONE;
    }

    if (sz_json_string(r->about, "id") == NULL) {
        sz_error_set(&call->error, SZ_E_UPSTREAM,
                     "Could not %s: the provider's answer has no response "
                     "id.%s", what, sz_http_doubt(http));
        return SZ_STEP_DONE;
    }

    w = sz_call_result_open(call);
    sz_response_write(&w, r);

    if (note != NULL) {
        sz_jw_kstr(&w, "note", note);
    }

    return sz_call_result_close(call, &w);
}


/* Failed, incomplete, cancelled: what the response itself says. */

static sz_code_e
sz_response_failed(const sz_image_reader_t *r, const char *id,
    sz_error_t *err)
{
    char       why[SZ_SAID_TEXT], status[44];
    sz_said_t  said;

    sz_str_show(status, 40, sz_str_of(sz_response_status(r)));

    if (sz_said_error(&said, sz_json_get(r->about, "error"))) {
        sz_said_show(&said, why, sizeof(why));
        sz_http_mask_keys(why);

    } else if (!sz_json_show(sz_json_get(r->about, "incomplete_details"),
                             "reason", why, SZ_SAID_CODE))
    {
        strcpy(why, "no reason given");
    }

    return sz_error_set(err, SZ_E_UPSTREAM, "There is no image in the response "
                        "%s: its status is %s (%s). Change the prompt as the "
                        "reason demands and call create_image again.", id,
                        status, why);
}


sz_code_e
sz_response_pictures(const sz_image_reader_t *r, const char *response,
    sz_error_t *err)
{
    char  id[SZ_ID_SHOWN + 4], status[44];

    if (sz_image_first(r) != NULL) {
        return SZ_OK;
    }

    sz_str_show(id, SZ_ID_SHOWN, sz_str_of(response));
    sz_str_show(status, 40, sz_str_of(sz_response_status(r)));

    if (r->n > 0) {
        return sz_error_from(err, &r->pictures[0].error, "Could not save "
                             "the image of the response %s: %.500s", id,
                             r->pictures[0].error.text);
    }

    if (sz_response_is_active(r)) {
        return sz_error_set(err, SZ_E_BUSY, "The image of the response %s "
                            "is not there yet: its status is %s. Call "
                            "get_image_status until it is completed, then "
                            "download_image again.", id, status);
    }

    if (sz_response_has_failed(r)) {
        return sz_response_failed(r, id, err);
    }

    if (r->why[0] != '\0') {
        return sz_error_set(err, SZ_E_UPSTREAM, "There is no image in the "
                            "response %s: drawing it failed (%s). "
                            "Change the prompt and call create_image again.",
                            id, r->why);
    }

    if (r->said[0] != '\0') {
        return sz_error_set(err, SZ_E_UPSTREAM, "There is no image in the "
                            "response %s: the model %s (\"%s\"). Change "
                            "the prompt and call create_image again.", id,
                            r->refused ? "refused" : "only said", r->said);
    }

    return sz_error_set(err, SZ_E_UPSTREAM, "There is no image in the response "
                        "%s, although it is completed. Ask for a picture "
                        "in the prompt and call create_image again.", id);
}


void
sz_response_write_pictures(sz_call_t *call, sz_jw_t *w,
    const sz_image_reader_t *r, const char *note)
{
    unsigned  i;

    sz_image_write_picture(w, sz_image_first(r), note);

    for (i = 0; i < r->n; i++) {
        sz_image_made(call, &r->pictures[i]);
    }

    if (r->n < 2) {
        return;
    }

    sz_jw_key(w, "images");
    sz_jw_open(w, '[');

    for (i = 0; i < r->n; i++) {
        sz_image_write_row(w, &r->pictures[i], -1);
    }

    sz_jw_close(w, ']');
}


bool
sz_response_get(sz_call_t *call, sz_http_t *http, sz_image_reader_t *r,
    const char *id)
{
    if (!sz_call_init_http(call, http, SZ_SERVICE_IMAGE)) {
        sz_error_memory(&call->error);
        return false;
    }

    http->path = sz_path(call->arena, "/responses/%s", id);
    http->reader = &r->reader;
    http->max_answer = sz_image_answer_max(call->setup, SZ_RESPONSE_PICTURES);

    if (http->path == NULL) {
        sz_error_memory(&call->error);
        return false;
    }

    return true;
}


/*
 * get_image_status
 */

typedef struct {
    const char         *id;
    sz_http_t           http;
    sz_image_reader_t  *reader;
} sz_status_t;


static const sz_field_t  sz_status_input[] = {
    { .name = "response_id", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_status_t, id),
      .aliases = sz_alias_id,
      .source = sz_from_jobs(SZ_SERVICE_IMAGE),
      .min = 1, .max = SZ_ID_MAX,
      .description = SZ_RESPONSE_ID },
    { .name = NULL }
};


static sz_step_e
sz_status_step(sz_call_t *call)
{
    sz_status_t  *s = call->state;

    if (call->phase == 1) {
        return sz_response_result(call, &s->http, s->reader,
                                  "read the status of the image", NULL);
    }

    s->reader = sz_image_reader_create(call->setup, NULL, false, 0);

    if (s->reader == NULL) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    sz_call_own(call, &s->reader->reader.job);

    call->phase = 1;

    return sz_response_get(call, &s->http, s->reader, s->id)
           ? sz_call_http(call, &s->http) : SZ_STEP_DONE;
}


const sz_tool_t  sz_tool_get_image_status = {
    .name = "get_image_status",
    .title = "Look at an image",
    .description = "Returns the status of an image that create_image has "
        "started: queued, in_progress, completed, failed, incomplete or "
        "cancelled. Look every few seconds; when it is completed call "
        "download_image, when it failed read `error`.",
    .hints = SZ_HINTS_READ_OPEN,
    .needs = sz_needs_service(SZ_SERVICE_IMAGE)
             | sz_needs_folder(SZ_MEDIA_IMAGE),
    .input = sz_status_input,
    .output = sz_response_fields,
    .state_size = sizeof(sz_status_t),
    .step = sz_status_step
};


/*
 * download_image
 */

typedef struct {
    const char         *id;
    const char         *filename;

    sz_http_t           http;
    sz_image_reader_t  *reader;
} sz_fetch_t;


static const sz_field_t  sz_fetch_input[] = {
    { .name = "response_id", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_fetch_t, id),
      .aliases = sz_alias_id,
      .source = sz_from_jobs(SZ_SERVICE_IMAGE),
      .min = 1, .max = SZ_ID_MAX,
      .description = SZ_RESPONSE_ID },
    { .name = "filename", .type = SZ_STRING,
      .offset = offsetof(sz_fetch_t, filename),
      .aliases = sz_alias_filename,
      .min = 1, .max = 1000,
      .description = "Name in the image folder, ending in .png, .jpg or "
          ".webp, or without an ending; a file of this name is replaced once "
          "the new one is whole, unless the operator keeps it. If the "
          "picture is of another format the file gets the right ending, and "
          "`note` says so. Leave out for a free name." },
    { .name = NULL }
};


static const sz_field_t  sz_fetch_output[] = {
    { .name = "filename", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "Name in the image folder; its ending is what the file "
          "is." },
    { .name = "size", .type = SZ_ARRAY, .flags = SZ_REQUIRED,
      .fields = &sz_image_pixel, .min = 2, .max = 2,
      .description = "Width and height in pixels." },
    { .name = "format", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "png, jpeg or webp, by the bytes." },
    { .name = "size_bytes", .type = SZ_INTEGER, .flags = SZ_REQUIRED },
    { .name = "mime_type", .type = SZ_STRING, .flags = SZ_REQUIRED },
    { .name = "note", .type = SZ_STRING, .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "What is not as it was asked for, such as the name." },
    { .name = "images", .type = SZ_ARRAY, .fields = &sz_image_row,
      .description = "All pictures, where the response has several; the "
          "members above are those of the first." },
    { .name = NULL }
};


static sz_step_e
sz_fetch_start(sz_call_t *call, sz_fetch_t *s)
{
    const char  *name;

    if (s->filename != NULL
        && sz_image_name_check(s->filename, &call->error) != SZ_OK)
    {
        return SZ_STEP_DONE;
    }

    name = (s->filename != NULL)
           ? s->filename
           : sz_printf(call->arena, "img_%lld.png", (long long) call->clock);

    s->reader = (name != NULL)
                ? sz_image_reader_create(call->setup, name,
                                         s->filename != NULL, 0)
                : NULL;

    if (s->reader != NULL) {
        s->reader->existing = sz_existing_publish(call->setup->existing,
                                                  false);
    }

    call->phase = 1;

    return sz_call_job(call, (sz_job_t *) s->reader);
}


static sz_step_e
sz_fetch_send(sz_call_t *call, sz_fetch_t *s)
{
    if (s->reader->reader.job.error.code != SZ_OK) {
        return sz_call_fail(call, &s->reader->reader.job.error);
    }

    s->reader->op = SZ_READ_RESPONSE;
    call->phase = 2;

    return sz_response_get(call, &s->http, s->reader, s->id)
           ? sz_call_http(call, &s->http) : SZ_STEP_DONE;
}


static sz_step_e
sz_fetch_done(sz_call_t *call, sz_fetch_t *s)
{
    sz_jw_t  w;

    if (sz_image_http_result(&s->http, "download the image", &call->error)
        != SZ_OK
        || sz_response_pictures(s->reader, s->id, &call->error) != SZ_OK)
    {
        return SZ_STEP_DONE;
    }

    w = sz_call_result_open(call);
    sz_response_write_pictures(call, &w, s->reader, NULL);

    return sz_call_result_close(call, &w);
}


static sz_step_e
sz_fetch_step(sz_call_t *call)
{
    sz_fetch_t  *s = call->state;

    switch (call->phase) {

    case 0:
        return sz_fetch_start(call, s);

    case 1:
        return sz_fetch_send(call, s);

    default:
        return sz_fetch_done(call, s);
    }
}


const sz_tool_t  sz_tool_download_image = {
    .name = "download_image",
    .title = "Download an image",
    .description = "Saves the finished image of create_image in the image "
        "folder and returns its name and pixel size. Download soon after "
        "completion: some providers forget it within minutes.",
    .hints = SZ_HINTS_SAVE_OPEN,
    .flags = SZ_TOOL_SAVES,
    .needs = sz_needs_service(SZ_SERVICE_IMAGE)
             | sz_needs_folder(SZ_MEDIA_IMAGE),
    .input = sz_fetch_input,
    .output = sz_fetch_output,
    .state_size = sizeof(sz_fetch_t),
    .step = sz_fetch_step
};
