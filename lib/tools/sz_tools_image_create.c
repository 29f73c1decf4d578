/*
 * create_image: a picture in the background at the provider and, if it is
 * asked for, the wait for its end.
 *
 *   START ─► [READ: inputs and mask] ─► [MASK: uploaded] ─► SENT ─► done
 *                                           wait or task │
 *                                                        ▼
 *                                      [OPEN] ─► PAUSE ◄─► LOOK ─► done
 *
 * READ tries the folder of a task, too, whose file comes after it is paid for.
 * A task brings the file as well: who lets the gateway wait does not want to
 * come back for it.
 */

#include "tools/sz_tools_image.h"
#include "tools/sz_tools_input.h"
#include "tools/sz_tools_poll.h"
#include "tools/sz_tools_probe.h"

#include <stdio.h>


/* The model that calls the image tool, as the original has it. */
#define SZ_CREATE_MODEL     "gpt-5.2"

/* Of tool_config, which is copied into the request on the event loop. */
#define SZ_CREATE_CONFIG    SZ_JSON_INLINE

#define SZ_CREATE_PROMPT    (256 * 1024)

/* Masks are forgotten by the provider a day later. */
#define SZ_CREATE_EXPIRES   "86400"

#define SZ_CREATE_WHAT      "create the image"


typedef struct {
    const char         *prompt;
    const char         *model;
    const cJSON        *config;
    const char         *previous;
    const cJSON        *images;
    const char         *mask;
    int64_t             wait;

    sz_image_options_t  options;        /* out of tool_config */
    sz_probe_t         *probe;          /* of a task, which brings a file */
    sz_inputs_t        *inputs;
    sz_buf_t            body;           /* without inputs */
    sz_http_t           upload;
    sz_part_t           parts[4];
    sz_http_t           http;
    sz_http_t           cancel;
    sz_image_reader_t  *reader;
    char               *id;
    sz_poll_t           poll;
} sz_create_t;


enum {
    SZ_CREATE_START = 0,
    SZ_CREATE_READ,
    SZ_CREATE_MASK,
    SZ_CREATE_SENT,
    SZ_CREATE_DETACH,
    SZ_CREATE_OPEN,
    SZ_CREATE_PAUSE,
    SZ_CREATE_LOOK
};


static const char *const  sz_create_actions[] = {
    "auto", "generate", "edit", NULL
};

/* Told only: the members are checked with the options of a picture. */

static const sz_field_t  sz_create_config[] = {
    { .name = "model", .type = SZ_STRING,
      .description = "The image model. Leave out for the gateway's default." },
    { .name = "size", .type = SZ_STRING,
      .description = "auto, or pixels such as 1536x1024." },
    { .name = "quality", .type = SZ_STRING, .flags = SZ_OPEN,
      .values = sz_image_qualities },
    { .name = "background", .type = SZ_STRING,
      .values = sz_image_backgrounds },
    { .name = "output_format", .type = SZ_STRING, .values = sz_image_formats },
    { .name = "output_compression", .type = SZ_INTEGER, .max = 100,
      .description = "Of jpeg and webp." },
    { .name = "moderation", .type = SZ_STRING, .values = sz_image_moderations },
    { .name = "input_fidelity", .type = SZ_STRING,
      .values = sz_image_fidelities,
      .description = "Only for models before gpt-image-2." },
    { .name = "action", .type = SZ_STRING, .values = sz_create_actions },
    { .name = NULL }
};


static const sz_field_t  sz_create_input[] = {
    { .name = "prompt", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_create_t, prompt),
      .min = 1, .max = 32000,
      .description = "What the picture shows, or what to change in the input "
          "images or in the picture of `previous_response_id`." },
    { .name = "model", .type = SZ_STRING, .flags = SZ_OPEN,
      .offset = offsetof(sz_create_t, model),
      .preset = SZ_CREATE_MODEL, .min = 1, .max = SZ_ID_MAX,
      .description = "The text model that reads the prompt and calls the "
          "image tool, not the image model: that one is `model` of "
          "`tool_config`." },
    { .name = "tool_config", .type = SZ_OBJECT,
      .offset = offsetof(sz_create_t, config),
      .fields = sz_create_config,
      .description = "Options of the image tool. What else it holds is passed "
          "on." },
    { .name = "previous_response_id", .type = SZ_STRING,
      .offset = offsetof(sz_create_t, previous),
      .aliases = sz_alias_previous_response,
      .source = sz_from_jobs(SZ_SERVICE_IMAGE), .min = 1, .max = SZ_ID_MAX,
      .description = "The id of an earlier create_image: the model goes on "
          "from its picture and its prompt." },
    { .name = "input_images", .type = SZ_ARRAY,
      .offset = offsetof(sz_create_t, images),
      .aliases = sz_alias_images,
      .max = SZ_INPUTS_MAX,
      .fields = &(const sz_field_t) { .type = SZ_STRING },
      .description = SZ_INPUTS_HELP },
    { .name = "mask_filename", .type = SZ_STRING,
      .offset = offsetof(sz_create_t, mask),
      .aliases = sz_alias_mask, .min = 1, .max = 1000,
      .description = "A PNG in the image folder with the pixel size of the "
          "first input image; where it is transparent the picture changes. "
          "Needs `input_images`." },
    { .name = "wait", .type = SZ_INTEGER,
      .offset = offsetof(sz_create_t, wait),
      .preset = "0", .min = 0, .max = 3600,
      .description = "Seconds to wait for the finished image. Most clients "
          "end a call after 60 s: pass 45 or less, then call "
          "get_image_status. 0 returns at once; the gateway may wait less." },
    { .name = NULL }
};


static const sz_field_t  sz_create_output[] = {
    { .name = "id", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "Use it with get_image_status, download_image, or as "
          "previous_response_id." },
    { .name = "status", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "queued, in_progress, completed, failed, incomplete or "
          "cancelled." },
    { .name = "created_at", .type = SZ_INTEGER,
      .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "Unix time, seconds." },
    { .name = "error", .type = SZ_OBJECT, .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "Why it failed: code and message." },
    { .name = "incomplete_reason", .type = SZ_STRING,
      .flags = SZ_REQUIRED|SZ_NULLABLE,
      .description = "Why it is incomplete, such as content_filter." },
    { .name = "filename", .type = SZ_STRING,
      .description = "Of a task only: the file, as download_image returns "
          "it." },
    { .name = "size", .type = SZ_ARRAY, .fields = &sz_image_pixel,
      .min = 2, .max = 2 },
    { .name = "format", .type = SZ_STRING },
    { .name = "size_bytes", .type = SZ_INTEGER },
    { .name = "mime_type", .type = SZ_STRING },
    { .name = "note", .type = SZ_STRING, .flags = SZ_NULLABLE,
      .description = "What is not as it was asked for." },
    { .name = "images", .type = SZ_ARRAY, .fields = &sz_image_row },
    { .name = NULL }
};


/*
 * The tool's configuration
 */

static const char *
sz_create_option(const cJSON *config, const char *key)
{
    return sz_json_string(config, key);
}


static sz_code_e
sz_create_numbers(sz_create_t *s, sz_error_t *err)
{
    size_t        i;
    int64_t       n;
    const cJSON  *value;

    static const struct {
        const char  *name;
        int64_t      max;
    } numbers[] = {
        { "output_compression", 100 }, { "partial_images", 3 }
    };

    for (i = 0; i < sz_array_len(numbers); i++) {

        value = sz_json_get(s->config, numbers[i].name);

        if (value == NULL || cJSON_IsNull(value)) {
            continue;
        }

        if (!sz_json_integer(value, &n) || n < 0 || n > numbers[i].max) {
            return sz_error_set(err, SZ_E_INPUT, "`%s` of `tool_config` must "
                                "be an integer from 0 to %d.",
                                numbers[i].name, (int) numbers[i].max);
        }

        if (i == 0) {
            s->options.output_compression = n;
        }
    }

    return SZ_OK;
}


/* Options that are words: anything else would pass the checks unseen. */

static sz_code_e
sz_create_words(const sz_create_t *s, sz_error_t *err)
{
    size_t        i;
    const cJSON  *value;

    static const char *const  words[] = {
        "type", "model", "size", "quality", "background", "output_format",
        "input_fidelity", "moderation", "action"
    };

    for (i = 0; i < sz_array_len(words); i++) {
        value = sz_json_get(s->config, words[i]);

        if (value != NULL && !cJSON_IsNull(value) && !cJSON_IsString(value)) {
            return sz_error_set(err, SZ_E_INPUT, "`%s` of `tool_config` must "
                                "be a string.", words[i]);
        }
    }

    return SZ_OK;
}


/* Files at the provider have no record: none is the caller's. */

static bool
sz_create_names_file(const cJSON *value)
{
    const cJSON  *item;

    cJSON_ArrayForEach(item, value) {
        if ((item->string != NULL && strcmp(item->string, "file_id") == 0)
            || sz_create_names_file(item))
        {
            return true;
        }
    }

    return false;
}


static sz_code_e
sz_create_check(sz_call_t *call, sz_create_t *s)
{
    const char          *preset, *type;
    sz_error_t          *err = &call->error;
    sz_image_options_t  *o = &s->options;

    if (sz_create_words(s, err) != SZ_OK) {
        return err->code;
    }

    preset = call->setup->model[SZ_SERVICE_IMAGE];
    type = sz_create_option(s->config, "type");

    if (type != NULL && strcmp(type, "image_generation") != 0) {
        return sz_error_set(err, SZ_E_INPUT, "`type` of `tool_config` can only "
                            "be \"image_generation\"; leave it out.");
    }

    if (sz_call_is_owned_only(call, SZ_SERVICE_IMAGE)
        && sz_create_names_file(s->config))
    {
        return sz_error_set(err, SZ_E_INPUT, "`tool_config` names a file of "
                            "the provider (file_id), and whose that is the "
                            "gateway does not know. Use mask_filename and "
                            "input_images.");
    }

    if (s->mask != NULL && cJSON_GetArraySize(s->images) == 0) {
        return sz_error_set(err, SZ_E_INPUT, "`mask_filename` needs "
                            "`input_images`: the mask is for the first of "
                            "them.");
    }

    if (s->mask != NULL && sz_json_object(s->config, "input_image_mask")) {
        return sz_error_set(err, SZ_E_INPUT, "`mask_filename` and "
                            "`input_image_mask` of `tool_config` exclude each "
                            "other.");
    }

    o->model = sz_create_option(s->config, "model");

    if (o->model == NULL) {
        o->model = (preset != NULL) ? preset : SZ_IMAGE_MODEL;
    }

    o->size = sz_create_option(s->config, "size");
    o->quality = sz_create_option(s->config, "quality");
    o->background = sz_create_option(s->config, "background");
    o->output_format = sz_create_option(s->config, "output_format");
    o->input_fidelity = sz_create_option(s->config, "input_fidelity");
    o->output_compression = 100;

    if (sz_create_numbers(s, err) != SZ_OK) {
        return err->code;
    }

    return sz_image_check(call, o);
}


/* As it came, in its order, without nulls and what was dropped; type and model
 * if they are missing, and the mask. */

static void
sz_create_write_tool(sz_jw_t *w, const sz_create_t *s, const char *mask)
{
    const cJSON  *member;

    sz_jw_open(w, '{');
    sz_jw_kstr(w, "type", "image_generation");

    cJSON_ArrayForEach(member, s->config) {
        if (!cJSON_IsNull(member) && strcmp(member->string, "type") != 0
            && (strcmp(member->string, "input_fidelity") != 0
                || s->options.input_fidelity != NULL))
        {
            sz_jw_knode(w, member->string, member);
        }
    }

    if (sz_create_option(s->config, "model") == NULL) {
        sz_jw_kstr(w, "model", s->options.model);
    }

    if (mask != NULL) {
        sz_jw_key(w, "input_image_mask");
        sz_jw_open(w, '{');
        sz_jw_kstr(w, "file_id", mask);
        sz_jw_close(w, '}');
    }

    sz_jw_close(w, '}');
}


/*
 * The body: a head with the prompt, the pictures, a tail with the tool.
 */

static void
sz_create_write_head(sz_buf_t *body, const sz_create_t *s)
{
    sz_jw_t  w;

    sz_buf_lit(body, "{\"background\":true,\"input\":");
    sz_jw_init(&w, body);

    if (s->inputs == NULL) {
        sz_jw_cstr(&w, s->prompt);
        return;
    }

    sz_buf_lit(body, "[{\"role\":\"user\",\"content\":["
               "{\"type\":\"input_text\",\"text\":");
    sz_jw_cstr(&w, s->prompt);
    sz_buf_c(body, '}');
}


static void
sz_create_write_tail(sz_buf_t *body, const sz_create_t *s, const char *mask)
{
    sz_jw_t  w;

    if (s->inputs != NULL) {
        sz_buf_lit(body, "]}]");
    }

    sz_jw_init(&w, body);
    w.comma = true;

    sz_jw_kstr(&w, "model", s->model);

    if (s->previous != NULL) {
        sz_jw_kstr(&w, "previous_response_id", s->previous);
    }

    sz_jw_kbool(&w, "store", true);
    sz_jw_key(&w, "tools");
    sz_jw_open(&w, '[');
    sz_create_write_tool(&w, s, mask);
    sz_jw_close(&w, ']');
    sz_jw_close(&w, '}');
}


static void
sz_create_free(void *data)
{
    sz_buf_free(data);
}


static sz_step_e
sz_create_memory(sz_call_t *call)
{
    sz_error_memory(&call->error);

    return SZ_STEP_DONE;
}


/* Whatever is paid for comes behind this. */

static sz_step_e
sz_create_send(sz_call_t *call, sz_create_t *s, const char *mask)
{
    sz_buf_t  *body;

    s->reader = sz_image_reader_create(call->setup, NULL, false, 0);

    if (s->reader == NULL) {
        return sz_create_memory(call);
    }

    sz_call_own(call, &s->reader->reader.job);

    body = (s->inputs != NULL) ? &s->inputs->body : &s->body;
    sz_create_write_tail(body, s, mask);

    if (body->failed) {
        return sz_create_memory(call);
    }

    if (!sz_call_init_http(call, &s->http, SZ_SERVICE_IMAGE)) {
        return sz_create_memory(call);
    }

    s->http.method = SZ_POST;
    s->http.path = "/responses";
    s->http.json = sz_buf_view(body);
    s->http.creates = true;
    s->http.doubt = SZ_IMAGE_DOUBT;
    s->http.reader = &s->reader->reader;

    call->phase = SZ_CREATE_SENT;

    return sz_call_http(call, &s->http);
}


/* The tail's length, with room for the id of a file in it. */

static sz_code_e
sz_create_tail(sz_create_t *s, size_t *len, sz_error_t *err)
{
    sz_jw_t   w;
    sz_buf_t  tail;

    sz_buf_init(&tail, SZ_CREATE_CONFIG);
    sz_jw_init(&w, &tail);
    sz_create_write_tail(&tail, s, NULL);

    *len = tail.len + 6 * SZ_ID_MAX + 64;

    if (tail.failed) {
        sz_error_set(err, SZ_E_LIMIT, "`tool_config` is too large: at most %d "
                     "bytes. Name pictures with `input_images` and "
                     "`mask_filename` instead.", SZ_CREATE_CONFIG);
    }

    sz_buf_free(&tail);

    return err->code;
}


static sz_step_e
sz_create_start(sz_call_t *call, sz_create_t *s)
{
    size_t  tail;

    if (sz_create_check(call, s) != SZ_OK
        || sz_create_tail(s, &tail, &call->error) != SZ_OK)
    {
        return SZ_STEP_DONE;
    }

    call->phase = SZ_CREATE_READ;

    if (call->client & SZ_CLIENT_TASKS) {

        s->probe = sz_probe_create(call->setup, SZ_MEDIA_IMAGE);

        if (sz_call_job(call, (sz_job_t *) s->probe) == SZ_STEP_DONE) {
            return SZ_STEP_DONE;
        }
    }

    if (cJSON_GetArraySize(s->images) == 0) {

        sz_buf_init(&s->body, SZ_CREATE_PROMPT + SZ_CREATE_CONFIG);

        if (!sz_arena_defer(call->arena, sz_create_free, &s->body)) {
            return sz_create_memory(call);
        }

        sz_create_write_head(&s->body, s);

        return (s->probe != NULL) ? SZ_STEP_WAIT
                                  : sz_create_send(call, s, NULL);
    }

    s->inputs = sz_inputs_create(call->setup, s->images, s->mask,
                                 &call->error);
    if (s->inputs == NULL) {
        return SZ_STEP_DONE;
    }

    s->inputs->encode = true;
    s->inputs->tail = tail;

    sz_buf_init(&s->inputs->body, SZ_CREATE_PROMPT + SZ_CREATE_CONFIG
                + sz_image_answer_max(call->setup, SZ_INPUTS_SUM));
    sz_create_write_head(&s->inputs->body, s);

    return sz_call_job(call, &s->inputs->job);
}


/* Not for ever: the provider keeps what nobody deletes. */

static sz_step_e
sz_create_upload(sz_call_t *call, sz_create_t *s)
{
    const sz_input_file_t  *mask = &s->inputs->mask;

    s->parts[0] = (sz_part_t) { .name = "purpose", .data = sz_str("vision") };
    s->parts[1] = (sz_part_t) {
        .name = "expires_after[anchor]", .data = sz_str("created_at")
    };
    s->parts[2] = (sz_part_t) {
        .name = "expires_after[seconds]", .data = sz_str(SZ_CREATE_EXPIRES)
    };
    s->parts[3] = (sz_part_t) {
        .name = "file", .data = { mask->len, mask->data },
        .filename = mask->name, .type = mask->info.mime
    };

    if (!sz_call_init_http(call, &s->upload, SZ_SERVICE_IMAGE)) {
        return sz_create_memory(call);
    }

    s->upload.method = SZ_POST;
    s->upload.path = "/files";
    s->upload.parts = s->parts;
    s->upload.n_parts = sz_array_len(s->parts);

    call->phase = SZ_CREATE_MASK;

    return sz_call_http(call, &s->upload);
}


static sz_step_e
sz_create_uploaded(sz_call_t *call, sz_create_t *s)
{
    const char  *id;

    if (sz_http_result(&s->upload, "upload the mask", &call->error) != SZ_OK) {
        return SZ_STEP_DONE;
    }

    id = sz_json_string(s->upload.answer_json, "id");

    if (id == NULL || strlen(id) > SZ_ID_MAX) {
        sz_error_set(&call->error, SZ_E_UPSTREAM, "Could not upload the mask: "
                     "the provider's answer has no file id.");
        return SZ_STEP_DONE;
    }

    return sz_create_send(call, s, id);
}


/* The response as it stands; isError when it has failed. */

static sz_step_e
sz_create_result(sz_call_t *call, const sz_create_t *s)
{
    call->failed = sz_response_has_failed(s->reader);

    return sz_response_result(call, &s->http, s->reader, SZ_CREATE_WHAT,
                              s->options.note);
}


/*
 * The wait
 */

static sz_step_e
sz_create_pause(sz_call_t *call, sz_create_t *s)
{
    call->phase = SZ_CREATE_PAUSE;

    return sz_poll_wait(&s->poll, call);
}


/* Nobody knows how far it is; how long it takes is what can be told. */

static void
sz_create_tell(sz_call_t *call, const sz_create_t *s)
{
    char    id[64], status[44];
    double  waited;

    waited = (double) (call->now - s->poll.begun) / 1000;

    sz_str_show(id, 60, sz_str_of(s->id));
    sz_str_show(status, 40, sz_str_of(sz_response_status(s->reader)));
    sz_call_progress(call, "%s: %s, %.0f s", id, status, waited);
}


static sz_step_e
sz_create_follow(sz_call_t *call, sz_create_t *s, int64_t wait)
{
    sz_poll_begin(&s->poll, call, wait);

    sz_create_tell(call, s);

    return sz_response_get(call, &s->http, s->reader, s->id)
           ? sz_create_pause(call, s) : SZ_STEP_DONE;
}


/* A task: the file it brings is opened first, then its id is saved. */

static sz_step_e
sz_create_open(sz_call_t *call, sz_create_t *s)
{
    char  *name;

    name = sz_printf(call->arena, "img_%lld.png", (long long) call->clock);

    s->reader = (name != NULL)
                ? sz_image_reader_create(call->setup, name, false, 0) : NULL;

    call->phase = SZ_CREATE_OPEN;

    return sz_call_job(call, (sz_job_t *) s->reader);
}


static sz_step_e
sz_create_detach(sz_call_t *call, sz_create_t *s)
{
    char      *saved;
    sz_jw_t    w;
    sz_buf_t   json;

    sz_buf_init(&json, 6 * SZ_ID_MAX + 64);
    sz_jw_init(&w, &json);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "id", s->id);
    sz_jw_close(&w, '}');

    saved = json.failed ? NULL : sz_strdup(call->arena, sz_buf_view(&json));
    sz_buf_free(&json);

    if (saved == NULL) {
        return sz_create_result(call, s);
    }

    call->phase = SZ_CREATE_DETACH;

    return sz_call_detach(call, saved);
}


static sz_step_e
sz_create_resume(sz_call_t *call, sz_create_t *s)
{
    const char  *id;

    id = sz_json_string(call->resume, "id");
    s->id = (id != NULL) ? sz_strdup(call->arena, sz_str_of(id)) : NULL;

    if (s->id == NULL) {
        sz_error_set(&call->error, SZ_E_INTERNAL, "The gateway does not know "
                     "any more which image this was.");
        return SZ_STEP_DONE;
    }

    return sz_create_open(call, s);
}


static sz_step_e
sz_create_sent(sz_call_t *call, sz_create_t *s)
{
    int64_t      wait;
    const char  *id;

    id = (s->http.error.code == SZ_OK) ? sz_json_string(s->reader->about, "id")
                                       : NULL;
    wait = s->wait;

    if (id != NULL && s->http.status < 300) {
        sz_call_created(call, SZ_SERVICE_IMAGE, id);
    }

    if (wait > call->setup->max_wait) {
        wait = call->setup->max_wait;
    }

    if (id == NULL || s->http.status >= 300
        || !sz_response_is_active(s->reader)
        || (wait == 0 && !(call->client & SZ_CLIENT_TASKS)))
    {
        return sz_create_result(call, s);
    }

    s->id = sz_strdup(call->arena, sz_str_of(id));

    if (s->id == NULL) {
        return sz_create_memory(call);
    }

    return (call->client & SZ_CLIENT_TASKS) ? sz_create_detach(call, s)
                                            : sz_create_follow(call, s, wait);
}


/* The image is paid for: whatever goes wrong now, the caller gets its id. */

static sz_step_e
sz_create_lost(sz_call_t *call, const sz_create_t *s, const sz_error_t *why)
{
    char  id[SZ_ID_SHOWN + 4];

    sz_str_show(id, SZ_ID_SHOWN, sz_str_of(s->id));
    sz_error_set(&call->error, why->code, "The image %s was created, but: "
                 "%.500s Do not create it again; call get_image_status.", id,
                 why->text);

    return SZ_STEP_DONE;
}


static sz_step_e
sz_create_opened(sz_call_t *call, sz_create_t *s)
{
    if (s->reader->reader.job.error.code != SZ_OK) {
        return sz_create_lost(call, s, &s->reader->reader.job.error);
    }

    s->reader->op = SZ_READ_RESPONSE;

    return sz_create_follow(call, s, call->setup->task_ttl);
}


static sz_step_e
sz_create_over(sz_call_t *call, sz_create_t *s)
{
    sz_jw_t     w;
    sz_error_t  err;

    if (s->reader->op == SZ_READ_STATUS
        || sz_response_is_active(s->reader)
        || sz_response_has_failed(s->reader))
    {
        return sz_create_result(call, s);
    }

    if (sz_response_pictures(s->reader, s->id, &err) != SZ_OK) {
        return sz_call_fail(call, &err);
    }

    w = sz_call_result_open(call);
    sz_response_write(&w, s->reader);
    sz_response_write_pictures(call, &w, s->reader, s->options.note);

    return sz_call_result_close(call, &w);
}


static sz_step_e
sz_create_look(sz_call_t *call, sz_create_t *s)
{
    bool        over;
    sz_error_t  err;

    over = sz_poll_is_over(&s->poll, call);

    if (sz_http_result(&s->http, "read its status", &err) != SZ_OK) {

        if (sz_poll_may_retry(&s->poll, call, &s->http)) {
            return sz_create_pause(call, s);
        }

        return sz_create_lost(call, s, &err);
    }

    if (!over && sz_response_is_active(s->reader)) {
        sz_create_tell(call, s);
        return sz_create_pause(call, s);
    }

    return sz_create_over(call, s);
}


static sz_step_e
sz_create_read(sz_call_t *call, sz_create_t *s)
{
    if (s->probe != NULL && s->probe->job.error.code != SZ_OK) {
        return sz_call_fail(call, &s->probe->job.error);
    }

    if (s->inputs != NULL && s->inputs->job.error.code != SZ_OK) {
        return sz_call_fail(call, &s->inputs->job.error);
    }

    return (s->inputs != NULL && s->mask != NULL)
           ? sz_create_upload(call, s) : sz_create_send(call, s, NULL);
}


static sz_step_e
sz_create_step(sz_call_t *call)
{
    sz_create_t  *s = call->state;

    switch (call->phase) {

    case SZ_CREATE_START:
        return (call->resume != NULL) ? sz_create_resume(call, s)
                                      : sz_create_start(call, s);

    case SZ_CREATE_READ:
        return sz_create_read(call, s);

    case SZ_CREATE_MASK:
        return sz_create_uploaded(call, s);

    case SZ_CREATE_SENT:
        return sz_create_sent(call, s);

    case SZ_CREATE_DETACH:
        return call->detached
               ? sz_create_open(call, s)
               : sz_create_result(call, s);

    case SZ_CREATE_OPEN:
        return sz_create_opened(call, s);

    case SZ_CREATE_PAUSE:
        call->phase = SZ_CREATE_LOOK;
        return sz_call_http(call, &s->http);

    default: /* SZ_CREATE_LOOK */
        return sz_create_look(call, s);
    }
}


static void
sz_create_lost_call(sz_call_t *call, sz_error_t *err)
{
    char          id[SZ_ID_SHOWN + 4];
    sz_create_t  *s = call->state;

    if (s->id != NULL) {
        sz_str_show(id, SZ_ID_SHOWN, sz_str_of(s->id));
        sz_error_add(err, " The response %s was begun: do not create it "
                     "again; call get_image_status.", id);
    }
}


static sz_http_t *
sz_create_cancel(sz_call_t *call)
{
    sz_create_t  *s = call->state;

    if (s->id == NULL
        || !sz_call_init_http(call, &s->cancel, SZ_SERVICE_IMAGE))
    {
        return NULL;
    }

    s->cancel.method = SZ_POST;
    s->cancel.json = sz_str("");
    s->cancel.path = sz_path(call->arena, "/responses/%s/cancel", s->id);

    return (s->cancel.path != NULL) ? &s->cancel : NULL;
}


const sz_tool_t  sz_tool_create_image = {
    .name = "create_image",
    .title = "Create an image",
    .description = "Starts an image in the background, from a text prompt, "
        "from input images, or from an earlier image by its response id, and "
        "returns that id and its status; get_image_status and download_image "
        "take the id, and only those of this tool. It costs money: start an "
        "image once, follow it with get_image_status (or pass `wait`), and "
        "save it with download_image when its status is completed. Best for "
        "working on a picture in several rounds, and where a client gives up "
        "after a minute; for a single picture generate_image is simpler.",
    .hints = SZ_HINTS_WRITE_OPEN,
    .needs = sz_needs_service(SZ_SERVICE_IMAGE)
             | sz_needs_folder(SZ_MEDIA_IMAGE),
    .input = sz_create_input,
    .output = sz_create_output,
    .state_size = sizeof(sz_create_t),
    .step = sz_create_step,
    .lost = sz_create_lost_call,
    .cancel = sz_create_cancel
};
