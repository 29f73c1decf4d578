/*
 * generate_image: pictures from one prompt or from several side by side, in
 * the answer itself.
 *
 *   START ─► OPEN ─► SENT ─► (SENT again) ─► (CLEAN) ─► done
 */

#include "tools/sz_tools_image.h"


#define SZ_GENERATE_PROMPTS  SZ_MAX_EFFECTS
#define SZ_GENERATE_WHAT     "generate the image"


typedef struct {
    const char          *prompt;
    const cJSON         *prompts;
    sz_image_options_t   options;

    const char          *name;
    sz_image_request_t  *requests;
    unsigned             n;
} sz_generate_t;


enum {
    SZ_GENERATE_START = 0,
    SZ_GENERATE_OPEN,
    SZ_GENERATE_SENT,
    SZ_GENERATE_CLEAN
};


static const sz_field_t  sz_generate_input[] = {
    { .name = "prompt", .type = SZ_STRING,
      .offset = offsetof(sz_generate_t, prompt),
      .min = 1, .max = 32000,
      .description = "What the picture shows: subject, setting, style, light, "
          "composition; put text that shall appear in quotes. Either this or "
          "`prompts`." },
    { .name = "prompts", .type = SZ_ARRAY,
      .offset = offsetof(sz_generate_t, prompts),
      .min = 1, .max = SZ_GENERATE_PROMPTS,
      .fields = &(const sz_field_t) { .type = SZ_STRING },
      .description = "Several prompts instead of `prompt`, drawn side by side "
          "with the same options. Each succeeds or fails on its own; `images` "
          "tells." },
    SZ_IMAGE_ROWS(sz_generate_t),
    { SZ_IMAGE_ROW(sz_generate_t, moderation, SZ_STRING),
      .values = sz_image_moderations, .preset = "auto",
      .description = "low filters less strictly." },
    { .name = NULL }
};


/* The n-th prompt; they have been checked. */

static const char *
sz_generate_prompt(const sz_generate_t *s, unsigned n)
{
    return (s->prompts != NULL)
           ? cJSON_GetArrayItem(s->prompts, (int) n)->valuestring : s->prompt;
}


static sz_code_e
sz_generate_prompts(sz_generate_t *s, sz_error_t *err)
{
    size_t    len;
    unsigned  i;

    if ((s->prompt == NULL) == (s->prompts == NULL)) {
        return sz_error_set(err, SZ_E_INPUT, "Wrong arguments: %s.",
                            (s->prompt == NULL)
                            ? "`prompt` is required, or `prompts`"
                            : "`prompt` and `prompts` exclude each other");
    }

    s->n = (s->prompts != NULL)
           ? (unsigned) cJSON_GetArraySize(s->prompts) : 1;

    for (i = 0; i < s->n; i++) {
        len = strlen(sz_generate_prompt(s, i));

        if (len == 0 || len > 4 * 32000) {
            return sz_error_set(err, SZ_E_INPUT, "Wrong arguments: item %u of "
                                "`prompts` %s.", i, (len == 0)
                                ? "must not be empty" : "is too long");
        }
    }

    return SZ_OK;
}


static sz_step_e
sz_generate_start(sz_call_t *call, sz_generate_t *s)
{
    unsigned  i;

    if (sz_generate_prompts(s, &call->error) != SZ_OK
        || sz_image_settle(call, &s->options, "gen", &s->name) != SZ_OK)
    {
        return SZ_STEP_DONE;
    }

    s->requests = sz_alloc(call->arena, s->n * sizeof(sz_image_request_t));

    if (s->requests == NULL) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    for (i = 0; i < s->n; i++) {
        if (!sz_image_open(call, &s->requests[i], &s->options, s->name,
                           i * (unsigned) s->options.n))
        {
            return SZ_STEP_DONE;
        }
    }

    call->phase = SZ_GENERATE_OPEN;

    return SZ_STEP_WAIT;
}


static void
sz_generate_word(sz_jw_t *w, const sz_image_options_t *o, const char *key,
    const char *value)
{
    if (sz_image_tells(o, value)) {
        sz_jw_kstr(w, key, value);
    }
}


static bool
sz_generate_body(sz_call_t *call, sz_generate_t *s, unsigned i)
{
    sz_jw_t                    w;
    const sz_image_options_t  *o = &s->options;

    s->requests[i].body.len = 0;

    sz_jw_init(&w, &s->requests[i].body);
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "prompt", sz_generate_prompt(s, i));
    sz_generate_word(&w, o, "background", o->background);
    sz_jw_kstr(&w, "model", o->model);
    sz_generate_word(&w, o, "moderation", o->moderation);
    sz_jw_kint(&w, "n", o->n);

    if (o->output_compression < 100) {
        sz_jw_kint(&w, "output_compression", o->output_compression);
    }

    sz_generate_word(&w, o, "output_format", o->output_format);

    if (sz_image_streams(call, o)) {
        sz_jw_kint(&w, "partial_images", o->partial_images);
    }

    sz_generate_word(&w, o, "quality", o->quality);

    if (o->base64) {
        sz_jw_kstr(&w, "response_format", "b64_json");
    }

    sz_generate_word(&w, o, "size", o->size);

    if (sz_image_streams(call, o)) {
        sz_jw_kbool(&w, "stream", true);
    }

    sz_jw_close(&w, '}');

    if (s->requests[i].body.failed) {
        sz_error_memory(&call->error);
    }

    return !s->requests[i].body.failed;
}


static sz_step_e
sz_generate_send(sz_call_t *call, sz_generate_t *s)
{
    unsigned  i;

    for (i = 0; i < s->n; i++) {

        if (s->requests[i].reader->reader.job.error.code != SZ_OK) {
            return sz_call_fail(call,
                                &s->requests[i].reader->reader.job.error);
        }

        if (!sz_generate_body(call, s, i)) {
            return SZ_STEP_DONE;
        }
    }

    for (i = 0; i < s->n; i++) {
        if (!sz_image_send(call, &s->requests[i], &s->options,
                           "/images/generations"))
        {
            return SZ_STEP_DONE;
        }
    }

    call->phase = SZ_GENERATE_SENT;

    return SZ_STEP_WAIT;
}


/* Those that were refused for `response_format`, once more without it. */

static sz_step_e
sz_generate_again(sz_call_t *call, sz_generate_t *s)
{
    unsigned             i;
    sz_image_options_t  *o = &s->options;
    bool                 refused[SZ_GENERATE_PROMPTS];

    for (i = 0; i < s->n; i++) {
        refused[i] = sz_image_refuses_format(&s->requests[i].http, o);
    }

    o->base64 = false;

    for (i = 0; i < s->n; i++) {

        if (!refused[i]) {
            continue;
        }

        if (!sz_generate_body(call, s, i)) {
            return SZ_STEP_DONE;
        }

        s->requests[i].http.json = sz_buf_view(&s->requests[i].body);
        (void) sz_call_http(call, &s->requests[i].http);
    }

    return (call->n_effects > 0) ? SZ_STEP_WAIT : SZ_STEP_DONE;
}


static sz_step_e
sz_generate_step(sz_call_t *call)
{
    sz_generate_t  *s = call->state;

    switch (call->phase) {

    case SZ_GENERATE_START:
        return sz_generate_start(call, s);

    case SZ_GENERATE_OPEN:
        return sz_generate_send(call, s);

    case SZ_GENERATE_SENT:

        if (sz_generate_again(call, s) == SZ_STEP_WAIT
            || call->error.code != SZ_OK)
        {
            return (call->error.code == SZ_OK) ? SZ_STEP_WAIT : SZ_STEP_DONE;
        }

        call->phase = SZ_GENERATE_CLEAN;

        if (sz_image_clean(call, s->requests, s->n)) {
            return SZ_STEP_WAIT;
        }

        /* fall through */

    default: /* SZ_GENERATE_CLEAN */
        return sz_image_finish(call, s->requests, s->n, &s->options,
                               s->prompts, SZ_GENERATE_WHAT);
    }
}


static void
sz_generate_tick(sz_call_t *call)
{
    sz_generate_t  *s = call->state;

    if (call->phase == SZ_GENERATE_SENT) {
        sz_image_tell(call, s->requests, s->n, &s->options);
    }
}


static void
sz_generate_lost(sz_call_t *call, sz_error_t *err)
{
    sz_generate_t  *s = call->state;

    sz_image_lost(call, s->requests, s->n, err);
}


const sz_tool_t  sz_tool_generate_image = {
    .name = "generate_image",
    .title = "Generate an image",
    .description = "Makes a picture from a text prompt, saves it in the image "
        "folder and returns its name and pixel size: no id, nothing to "
        "follow. It answers when the picture is there, which takes seconds to "
        "minutes; each picture costs money. If your client gives up after a "
        "minute, use create_image. Pass `n` for variants of one prompt and "
        "`prompts` for several at once. To change existing pictures use "
        "edit_image; to work on a picture in several rounds, create_image.",
    .hints = SZ_HINTS_SAVE_OPEN,
    .flags = SZ_TOOL_SAVES|SZ_TOOL_PAYS,
    .needs = sz_needs_service(SZ_SERVICE_IMAGE)
             | sz_needs_folder(SZ_MEDIA_IMAGE),
    .input = sz_generate_input,
    .output = sz_image_output,
    .state_size = sizeof(sz_generate_t),
    .step = sz_generate_step,
    .tick = sz_generate_tick,
    .lost = sz_generate_lost
};
