/*
 * create_video: a job at the provider, and, if it is asked for, the wait for
 * its end.
 *
 *   START ─► [INPUT: read the reference, try the folder] ─► SENT ─► done
 *     │                                      wait, or DETACH │
 *     │ a task goes on                       ┌───────────────┘
 *     │                                      ▼
 *     └──────────────────────────► PAUSE ◄─► LOOK ─► done
 *                                            │ a task
 *                                            └─► FETCH the file ─► done
 */

#include "tools/sz_tools_video.h"
#include "tools/sz_tools_alias.h"
#include "tools/sz_tools_input.h"
#include "tools/sz_tools_poll.h"
#include "tools/sz_tools_probe.h"

#include <stdio.h>


#define SZ_VIDEO_SIZE   "720x1280"      /* the API's own default */

/* What every model can make of a picture that is wider than high. */
#define SZ_VIDEO_LANDSCAPE  "1280x720"


static const char *const  sz_video_seconds[] = {
    "4", "8", "12", "16", "20", NULL
};

static const char *const  sz_video_models[] = {
    "sora-2", "sora-2-pro", NULL
};


typedef struct {
    const char   *prompt;
    const char   *model;
    const char   *seconds;
    const char   *size;
    const char   *reference;
    int64_t       wait;

    sz_probe_t   *probe;            /* NULL: no file is to come */
    sz_input_t   *input;
    sz_part_t     parts[5];
    sz_http_t     http;
    char         *id;
    sz_sink_t    *sink;             /* of a task */
    sz_http_t     fetch;
    sz_poll_t     poll;
} sz_create_video_t;


enum {
    SZ_CREATE_START = 0,
    SZ_CREATE_INPUT,
    SZ_CREATE_SENT,
    SZ_CREATE_DETACH,
    SZ_CREATE_PAUSE,
    SZ_CREATE_LOOK,
    SZ_CREATE_FETCH
};


static const sz_field_t  sz_create_video_input[] = {
    { .name = "prompt", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_create_video_t, prompt),
      .min = 1, .max = 32000,
      .description = "What happens in the video: subject, action, camera, "
          "light, mood. With a reference image describe only the motion; the "
          "image already says what things look like." },
    { .name = "model", .type = SZ_STRING, .flags = SZ_OPEN,
      .offset = offsetof(sz_create_video_t, model),
      .values = sz_video_models, .min = 1, .max = SZ_ID_MAX,
      .description = "Leave out for the gateway's default. Any model id the "
          "provider knows is accepted." },
    { .name = "seconds", .type = SZ_STRING,
      .offset = offsetof(sz_create_video_t, seconds),
      .values = sz_video_seconds,
      .aliases = sz_alias_seconds,
      .description = "Length in seconds, such as \"8\". Leave out for the "
          "provider's default (4)." },
    { .name = "size", .type = SZ_STRING,
      .offset = offsetof(sz_create_video_t, size),
      .values = sz_video_sizes,
      .aliases = sz_alias_size,
      .description = "Width x height in pixels: 1280x720 is landscape, "
          "720x1280 portrait. With sora-2 only these two; the larger ones, "
          "1080p among them, need sora-2-pro. Leave out for the size of the "
          "reference image, or for the provider's default (720x1280)." },
    { .name = "input_reference_filename", .type = SZ_STRING,
      .offset = offsetof(sz_create_video_t, reference),
      .aliases = sz_alias_reference,
      .description = "A JPEG, PNG or WebP file in the image folder that the "
          "video starts from. It must have exactly the pixels of `size`: "
          "prepare_reference_image makes such a file, list_reference_images "
          "shows what is there." },
    { .name = "wait", .type = SZ_INTEGER,
      .offset = offsetof(sz_create_video_t, wait),
      .preset = "0", .min = 0, .max = 3600,
      .description = "Seconds to wait for the finished video. Most clients "
          "end a call after 60 s: pass 45 or less, then call "
          "get_video_status. If a call was cut, look with list_videos before "
          "you create again: the job may be there, and paid for. 0 returns at "
          "once; the gateway may wait less." },
    { .name = NULL }
};


/* The reference has to fit to the pixel, or the provider refuses the job. */

static sz_code_e
sz_create_video_fit(sz_call_t *call, sz_create_video_t *s)
{
    unsigned             width, height;
    const char          *wanted;
    const char *const   *size;
    sz_image_info_t     *info;

    info = &s->input->info;
    wanted = s->size;

    if (wanted == NULL) {
        wanted = (info->shown_width > info->shown_height)
                 ? SZ_VIDEO_LANDSCAPE : SZ_VIDEO_SIZE;
    }

    for (size = sz_video_sizes; *size != NULL; size++) {

        (void) sz_video_size(*size, &width, &height);

        if (width == info->width && width == info->shown_width
            && height == info->height && height == info->shown_height
            && (s->size == NULL || strcmp(s->size, *size) == 0))
        {
            s->size = *size;
            return SZ_OK;
        }
    }

    return sz_error_set(&call->error, SZ_E_INPUT,
                        "The reference image \"%.120s\" has %ux%u pixels, but "
                        "a video of size %s needs exactly %s. Call "
                        "prepare_reference_image with input_filename="
                        "\"%.120s\" and target_size=\"%s\", then use its "
                        "output_filename.", s->reference,
                        info->shown_width, info->shown_height, wanted, wanted,
                        s->reference, wanted);
}


static void
sz_create_video_part(sz_create_video_t *s, const char *name, const char *value)
{
    if (value != NULL) {
        s->parts[s->http.n_parts++] = (sz_part_t) {
            .name = name, .data = sz_str_of(value)
        };
    }
}


static sz_step_e
sz_create_video_send(sz_call_t *call, sz_create_video_t *s)
{
    const char  *preset;

    preset = call->setup->model[SZ_SERVICE_VIDEO];

    if (s->model == NULL) {
        s->model = (preset != NULL) ? preset : SZ_VIDEO_MODEL;
    }

    if (!sz_call_init_http(call, &s->http, SZ_SERVICE_VIDEO)) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    s->http.method = SZ_POST;
    s->http.path = "/videos";
    s->http.parts = s->parts;
    s->http.creates = true;
    s->http.doubt = SZ_VIDEO_DOUBT;

    sz_create_video_part(s, "prompt", s->prompt);
    sz_create_video_part(s, "model", s->model);
    sz_create_video_part(s, "seconds", s->seconds);
    sz_create_video_part(s, "size", s->size);

    if (s->input != NULL) {
        s->parts[s->http.n_parts++] = (sz_part_t) {
            .name = "input_reference",
            .data = { s->input->len, s->input->data },
            .filename = s->input->name,
            .type = s->input->info.mime
        };
    }

    call->phase = SZ_CREATE_SENT;

    return sz_call_http(call, &s->http);
}


static sz_status_e
sz_video_status(const cJSON *video)
{
    return sz_status(sz_json_string(video, "status"));
}


static sz_step_e
sz_create_video_pause(sz_call_t *call, sz_create_video_t *s)
{
    call->phase = SZ_CREATE_PAUSE;

    return sz_poll_wait(&s->poll, call);
}


static void
sz_create_video_tell(sz_call_t *call, const cJSON *video)
{
    char    id[64], status[44];
    double  percent;

    (void) sz_json_show(video, "id", id, 60);

    if (!sz_json_show(video, "status", status, 40)) {
        strcpy(status, "waiting");
    }

    if (!sz_json_number(sz_json_get(video, "progress"), &percent)) {
        percent = 0;
    }

    sz_call_progress(call, "%s: %s, %.0f %%", id, status, percent);
}


/* From here on the job is followed, for so many seconds. */

static sz_step_e
sz_create_video_follow(sz_call_t *call, sz_create_video_t *s, int64_t wait)
{
    sz_poll_begin(&s->poll, call, wait);

    s->http.method = SZ_GET;
    s->http.path = sz_path(call->arena, "/videos/%s", s->id);
    s->http.parts = NULL;
    s->http.n_parts = 0;
    s->http.creates = false;

    if (s->http.path == NULL) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    return sz_create_video_pause(call, s);
}


/* What a gateway that is started anew needs to go on: the job's id. */

static sz_step_e
sz_create_video_detach(sz_call_t *call, sz_create_video_t *s)
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
        return sz_video_made(call, &s->http, "create the video");
    }

    call->phase = SZ_CREATE_DETACH;

    return sz_call_detach(call, saved);
}


static sz_step_e
sz_create_video_detached(sz_call_t *call, sz_create_video_t *s)
{
    if (!call->detached) {
        return sz_video_made(call, &s->http, "create the video");
    }

    sz_create_video_tell(call, s->http.answer_json);

    return sz_create_video_follow(call, s, call->setup->task_ttl);
}


static sz_step_e
sz_create_video_resume(sz_call_t *call, sz_create_video_t *s)
{
    const char  *id;

    id = sz_json_string(call->resume, "id");
    s->id = (id != NULL) ? sz_strdup(call->arena, sz_str_of(id)) : NULL;

    if (s->id == NULL) {
        sz_error_set(&call->error, SZ_E_INTERNAL,
                     "The gateway does not know any more which video this "
                     "was. Call list_videos.");
        return SZ_STEP_DONE;
    }

    if (!sz_call_init_http(call, &s->http, SZ_SERVICE_VIDEO)) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    return sz_create_video_follow(call, s, call->setup->task_ttl);
}


static sz_step_e
sz_create_video_sent(sz_call_t *call, sz_create_video_t *s)
{
    int64_t      wait;
    const char  *id;

    sz_video_created(call, &s->http);

    id = sz_json_string(s->http.answer_json, "id");
    wait = s->wait;

    if (wait > call->setup->max_wait) {
        wait = call->setup->max_wait;
    }

    if (id == NULL || s->http.status >= 300
        || sz_video_status(s->http.answer_json) != SZ_STATUS_RUNNING
        || (wait == 0 && !(call->client & SZ_CLIENT_TASKS)))
    {
        return sz_video_made(call, &s->http, "create the video");
    }

    s->id = sz_strdup(call->arena, sz_str_of(id));

    if (s->id == NULL) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    if (call->client & SZ_CLIENT_TASKS) {
        return sz_create_video_detach(call, s);
    }

    sz_create_video_tell(call, s->http.answer_json);

    return sz_create_video_follow(call, s, wait);
}


/*
 * A task's result is the file: who lets the gateway wait does not want to come
 * back for it.
 */

static sz_step_e
sz_create_video_fetch(sz_call_t *call, sz_create_video_t *s)
{
    call->phase = SZ_CREATE_FETCH;

    s->sink = sz_video_sink(call, &s->fetch, s->id);

    return (s->sink != NULL) ? sz_call_http(call, &s->fetch) : SZ_STEP_DONE;
}


static sz_step_e
sz_create_video_fetched(sz_call_t *call, sz_create_video_t *s)
{
    char        id[SZ_ID_SHOWN + 4];
    sz_jw_t     w;
    sz_error_t  err;

    if (sz_http_result(&s->fetch, "download it", &err) != SZ_OK) {
        sz_str_show(id, SZ_ID_SHOWN, sz_str_of(s->id));
        sz_error_set(&call->error, err.code,
                     "The video %s is completed, but: %.500s Do not create it "
                     "again; call download_video.", id, err.text);
        return SZ_STEP_DONE;
    }

    sz_call_published(call, SZ_MEDIA_VIDEO, &s->sink->draft, s->sink->mime,
                      s->sink->size);

    w = sz_call_result_open(call);
    sz_schema_shape_known(&w, sz_video_fields, s->http.answer_json);
    sz_jw_kstr(&w, "filename", s->sink->draft.name);
    sz_jw_kint(&w, "size_bytes", s->sink->size);
    sz_jw_kstr(&w, "sha256", s->sink->sha256);
    sz_jw_kstr(&w, "mime_type", s->sink->mime);

    return sz_call_result_close(call, &w);
}


/* The video is paid for: whatever goes wrong now, the caller gets its id. */

static sz_step_e
sz_create_video_look(sz_call_t *call, sz_create_video_t *s)
{
    bool        over;
    char        id[SZ_ID_SHOWN + 4];
    sz_error_t  err;

    over = sz_poll_is_over(&s->poll, call);

    if (sz_http_result(&s->http, "read its status", &err) != SZ_OK) {

        if (sz_poll_may_retry(&s->poll, call, &s->http)) {
            return sz_create_video_pause(call, s);
        }

        sz_str_show(id, SZ_ID_SHOWN, sz_str_of(s->id));
        sz_error_set(&call->error, err.code,
                     "The video %s was created, but: %.500s Do not create it "
                     "again; call get_video_status.", id, err.text);
        return SZ_STEP_DONE;
    }

    if (!over && sz_video_status(s->http.answer_json) == SZ_STATUS_RUNNING) {
        sz_create_video_tell(call, s->http.answer_json);
        return sz_create_video_pause(call, s);
    }

    return (call->detached
            && sz_video_status(s->http.answer_json) == SZ_STATUS_DONE)
           ? sz_create_video_fetch(call, s)
           : sz_video_made(call, &s->http, "create the video");
}


/*
 * Whoever waits for the end, or lets the gateway wait, wants the file: its
 * folder is tried while the reference is read.
 */

static sz_step_e
sz_create_video_start(sz_call_t *call, sz_create_video_t *s)
{
    call->phase = SZ_CREATE_INPUT;

    if (s->wait > 0 || (call->client & SZ_CLIENT_TASKS)) {

        s->probe = sz_probe_create(call->setup, SZ_MEDIA_VIDEO);

        if (sz_call_job(call, (sz_job_t *) s->probe) == SZ_STEP_DONE) {
            return SZ_STEP_DONE;
        }
    }

    if (s->reference == NULL) {
        return (s->probe != NULL) ? SZ_STEP_WAIT
                                  : sz_create_video_send(call, s);
    }

    s->input = sz_input_create(call->setup, s->reference,
                               "input_reference_filename");

    return sz_call_job(call, (sz_job_t *) s->input);
}


static sz_step_e
sz_create_video_input_read(sz_call_t *call, sz_create_video_t *s)
{
    if (s->probe != NULL && s->probe->job.error.code != SZ_OK) {
        return sz_call_fail(call, &s->probe->job.error);
    }

    if (s->input != NULL) {

        if (s->input->job.error.code != SZ_OK) {
            return sz_call_fail(call, &s->input->job.error);
        }

        if (sz_create_video_fit(call, s) != SZ_OK) {
            return SZ_STEP_DONE;
        }
    }

    return sz_create_video_send(call, s);
}


static sz_step_e
sz_create_video_step(sz_call_t *call)
{
    sz_create_video_t  *s = call->state;

    switch (call->phase) {

    case SZ_CREATE_START:

        return (call->resume != NULL) ? sz_create_video_resume(call, s)
                                      : sz_create_video_start(call, s);

    case SZ_CREATE_INPUT:
        return sz_create_video_input_read(call, s);

    case SZ_CREATE_SENT:
        return sz_create_video_sent(call, s);

    case SZ_CREATE_DETACH:
        return sz_create_video_detached(call, s);

    case SZ_CREATE_FETCH:
        return sz_create_video_fetched(call, s);

    case SZ_CREATE_PAUSE:
        call->phase = SZ_CREATE_LOOK;
        return sz_call_http(call, &s->http);

    default: /* SZ_CREATE_LOOK */
        return sz_create_video_look(call, s);
    }
}


static void
sz_create_video_lost(sz_call_t *call, sz_error_t *err)
{
    char                id[SZ_ID_SHOWN + 4];
    sz_create_video_t  *s = call->state;

    if (s->id != NULL) {
        sz_str_show(id, SZ_ID_SHOWN, sz_str_of(s->id));
        sz_error_add(err, " The video %s was created: do not create it again; "
                     "call get_video_status.", id);
    }
}


const sz_tool_t  sz_tool_create_video = {
    .name = "create_video",
    .title = "Create a video",
    .description = "Starts a video job from a text prompt, optionally with a "
        "reference image as its first frame, and returns its id and status; "
        "get_video_status and download_video take that id. Rendering takes "
        "minutes and costs money: start a video once, follow it with "
        "get_video_status (or pass `wait`), and fetch the file with "
        "download_video when its status is completed.",
    .hints = SZ_HINTS_WRITE_OPEN,
    .needs = sz_needs_service(SZ_SERVICE_VIDEO)
             | sz_needs_folder(SZ_MEDIA_VIDEO),
    .input = sz_create_video_input,
    .output = sz_video_fields,
    .state_size = sizeof(sz_create_video_t),
    .step = sz_create_video_step,
    .lost = sz_create_video_lost
};
