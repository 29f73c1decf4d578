/*
 * edit_image: new pictures out of existing ones.
 *
 *   START ─► READ: the inputs, and the file to come ─► SENT ─► (CLEAN) ─► done
 */

#include "tools/sz_tools_image.h"
#include "tools/sz_tools_input.h"

#include <stdio.h>


#define SZ_EDIT_WHAT   "edit the image"
#define SZ_EDIT_PARTS  (13 + SZ_INPUTS_MAX + 1)


typedef struct {
    const char          *prompt;
    const cJSON         *images;
    const char          *mask;
    sz_image_options_t   options;

    const char          *name;
    sz_inputs_t         *inputs;
    sz_image_request_t   request;
    sz_part_t           *parts;
    size_t               n_parts;
    char                 numbers[3][8];
} sz_edit_t;


enum {
    SZ_EDIT_START = 0,
    SZ_EDIT_READ,
    SZ_EDIT_SENT,
    SZ_EDIT_CLEAN
};


static const sz_field_t  sz_edit_input[] = {
    { .name = "prompt", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_edit_t, prompt),
      .min = 1, .max = 32000,
      .description = "What to change and what to keep, or how to bring the "
          "input images together; call them the first image, the second." },
    { .name = "input_images", .type = SZ_ARRAY, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_edit_t, images),
      .aliases = sz_alias_images,
      .min = 1, .max = SZ_INPUTS_MAX,
      .fields = &(const sz_field_t) { .type = SZ_STRING },
      .description = SZ_INPUTS_HELP },
    { .name = "mask_filename", .type = SZ_STRING,
      .offset = offsetof(sz_edit_t, mask),
      .aliases = sz_alias_mask, .min = 1, .max = 1000,
      .description = "A PNG in the image folder with the pixel size of the "
          "first input image; where it is transparent the picture changes." },
    SZ_IMAGE_ROWS(sz_edit_t),
    { SZ_IMAGE_ROW(sz_edit_t, input_fidelity, SZ_STRING),
      .values = sz_image_fidelities,
      .description = "How closely faces and details of the inputs are kept. "
          "Only for models before gpt-image-2; later ones always keep to "
          "them, and it is left out for those." },
    { .name = NULL }
};


static sz_step_e
sz_edit_start(sz_call_t *call, sz_edit_t *s)
{
    if (sz_image_settle(call, &s->options, "edit", &s->name) != SZ_OK) {
        return SZ_STEP_DONE;
    }

    s->inputs = sz_inputs_create(call->setup, s->images, s->mask,
                                 &call->error);
    s->parts = sz_alloc(call->arena, SZ_EDIT_PARTS * sizeof(sz_part_t));

    if (s->inputs == NULL) {
        return SZ_STEP_DONE;
    }

    (void) sz_call_job(call, &s->inputs->job);

    if (s->parts == NULL) {
        sz_error_memory(&call->error);
        return SZ_STEP_DONE;
    }

    call->phase = SZ_EDIT_READ;

    return sz_image_open(call, &s->request, &s->options, s->name, 0)
           ? SZ_STEP_WAIT : SZ_STEP_DONE;
}


static void
sz_edit_part(sz_edit_t *s, const char *name, const char *value)
{
    if (sz_image_tells(&s->options, value)) {
        s->parts[s->n_parts++] = (sz_part_t) {
            .name = name, .data = sz_str_of(value)
        };
    }
}


static void
sz_edit_file(sz_edit_t *s, const char *name, const sz_input_file_t *file)
{
    s->parts[s->n_parts++] = (sz_part_t) {
        .name = name, .data = { file->len, file->data },
        .filename = file->name, .type = file->info.mime
    };
}


static const char *
sz_edit_number(char number[8], int64_t n)
{
    (void) snprintf(number, 8, "%d", (int) n);

    return number;
}


static void
sz_edit_parts(sz_call_t *call, sz_edit_t *s)
{
    unsigned                   i;
    const sz_image_options_t  *o = &s->options;

    s->n_parts = 0;

    s->parts[s->n_parts++] = (sz_part_t) {
        .name = "prompt", .data = sz_str_of(s->prompt)
    };

    sz_edit_part(s, "background", o->background);
    sz_edit_part(s, "input_fidelity", o->input_fidelity);
    sz_edit_part(s, "model", o->model);
    sz_edit_part(s, "n", sz_edit_number(s->numbers[0], o->n));

    if (o->output_compression < 100) {
        sz_edit_part(s, "output_compression",
                     sz_edit_number(s->numbers[1], o->output_compression));
    }

    sz_edit_part(s, "output_format", o->output_format);

    if (sz_image_streams(call, o)) {
        sz_edit_part(s, "partial_images",
                     sz_edit_number(s->numbers[2], o->partial_images));
    }

    sz_edit_part(s, "quality", o->quality);
    sz_edit_part(s, "response_format", o->base64 ? "b64_json" : NULL);
    sz_edit_part(s, "size", o->size);
    sz_edit_part(s, "stream", sz_image_streams(call, o) ? "true" : NULL);

    for (i = 0; i < s->inputs->n; i++) {
        sz_edit_file(s, (s->inputs->n > 1) ? "image[]" : "image",
                     &s->inputs->files[i]);
    }

    if (s->inputs->mask.name != NULL) {
        sz_edit_file(s, "mask", &s->inputs->mask);
    }
}


static sz_step_e
sz_edit_send(sz_call_t *call, sz_edit_t *s)
{
    sz_error_t  *err = &s->inputs->job.error;

    if (err->code == SZ_OK) {
        err = &s->request.reader->reader.job.error;
    }

    if (err->code != SZ_OK) {
        return sz_call_fail(call, err);
    }

    sz_edit_parts(call, s);

    if (!sz_image_send(call, &s->request, &s->options, "/images/edits")) {
        return SZ_STEP_DONE;
    }

    s->request.http.parts = s->parts;
    s->request.http.n_parts = s->n_parts;

    call->phase = SZ_EDIT_SENT;

    return SZ_STEP_WAIT;
}


/* Once more, without `response_format`. */

static sz_step_e
sz_edit_again(sz_call_t *call, sz_edit_t *s)
{
    s->options.base64 = false;

    sz_edit_parts(call, s);
    s->request.http.n_parts = s->n_parts;

    return sz_call_http(call, &s->request.http);
}


static sz_step_e
sz_edit_step(sz_call_t *call)
{
    sz_edit_t  *s = call->state;

    switch (call->phase) {

    case SZ_EDIT_START:
        return sz_edit_start(call, s);

    case SZ_EDIT_READ:
        return sz_edit_send(call, s);

    case SZ_EDIT_SENT:

        if (sz_image_refuses_format(&s->request.http, &s->options)) {
            return sz_edit_again(call, s);
        }

        call->phase = SZ_EDIT_CLEAN;

        if (sz_image_clean(call, &s->request, 1)) {
            return SZ_STEP_WAIT;
        }

        /* fall through */

    default: /* SZ_EDIT_CLEAN */
        return sz_image_finish(call, &s->request, 1, &s->options, NULL,
                               SZ_EDIT_WHAT);
    }
}


static void
sz_edit_tick(sz_call_t *call)
{
    sz_edit_t  *s = call->state;

    if (call->phase == SZ_EDIT_SENT) {
        sz_image_tell(call, &s->request, 1, &s->options);
    }
}


static void
sz_edit_lost(sz_call_t *call, sz_error_t *err)
{
    sz_edit_t  *s = call->state;

    sz_image_lost(call, &s->request, 1, err);
}


const sz_tool_t  sz_tool_edit_image = {
    .name = "edit_image",
    .title = "Edit images",
    .description = "Makes a new picture out of 1 to 16 pictures in the image "
        "folder and a text prompt: changes one, combines several, takes over "
        "a style, fills a masked part. Saves it and returns its name and "
        "pixel size; the inputs stay as they are. It answers when the picture "
        "is there, which takes seconds to minutes, and costs money. If your "
        "client gives up after a minute, use create_image with input_images.",
    .hints = SZ_HINTS_SAVE_OPEN,
    .flags = SZ_TOOL_SAVES|SZ_TOOL_PAYS,
    .needs = sz_needs_service(SZ_SERVICE_IMAGE)
             | sz_needs_folder(SZ_MEDIA_IMAGE),
    .input = sz_edit_input,
    .output = sz_image_output,
    .state_size = sizeof(sz_edit_t),
    .step = sz_edit_step,
    .tick = sz_edit_tick,
    .lost = sz_edit_lost
};
