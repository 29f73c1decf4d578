/*
 * prepare_reference_image: a picture of any size into one that a video of the
 * wanted size can start from.
 */

#include "tools/sz_tools_input.h"
#include "tools/sz_tools_reference.h"
#include "tools/sz_tools_alias.h"
#include "tools/sz_tools_video.h"

#include "media/sz_media.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


typedef struct {
    sz_job_t        job;            /* first */

    sz_folder_t     where;
    char           *input;
    char           *output;
    sz_publish_e    how;
    sz_prepare_t    prepare;

    sz_draft_t      draft;          /* the result */
    sz_prepared_t   done;
} sz_prepare_job_t;


typedef struct {
    const char        *input;
    const char        *size;
    const char        *output;
    const char        *mode;
    const char        *color;
    int64_t            quality;

    sz_prepare_job_t  *job;
} sz_reference_t;


static const char *const  sz_mode_names[] = { "crop", "pad", "rescale", NULL };


static const sz_field_t  sz_reference_input[] = {
    { .name = "input_filename", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_reference_t, input),
      .aliases = sz_alias_input,
      .description = "A JPEG, PNG or WebP file in the image folder; "
          "list_reference_images shows them." },
    { .name = "target_size", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_reference_t, size),
      .values = sz_video_sizes,
      .aliases = sz_alias_target_size,
      .description = "The `size` of the video it is for." },
    { .name = "output_filename", .type = SZ_STRING,
      .offset = offsetof(sz_reference_t, output),
      .aliases = sz_alias_output,
      .description = "Name of the new file in the image folder, ending in "
          ".png, .jpg or .webp, which is the format it gets; a file of this "
          "name is replaced, unless the operator keeps it. Leave out for a "
          "free name made of the input's name and the size." },
    { .name = "resize_mode", .type = SZ_STRING,
      .offset = offsetof(sz_reference_t, mode),
      .values = sz_mode_names, .preset = "crop",
      .aliases = sz_alias_mode,
      .description = "crop: fill the frame and cut what sticks out, nothing "
          "is distorted; pad: show all of it with bars around; rescale: "
          "stretch, distorts." },
    { .name = "pad_color", .type = SZ_STRING,
      .offset = offsetof(sz_reference_t, color),
      .preset = "#000000",
      .aliases = sz_alias_color,
      .description = "Colour of the bars, and behind transparent pixels, as "
          "#RRGGBB." },
    { .name = "quality", .type = SZ_INTEGER,
      .offset = offsetof(sz_reference_t, quality),
      .preset = "90", .min = 1, .max = 100,
      .description = "Of a .jpg or .webp output: 1 is small, 100 is best. "
          "PNG loses nothing." },
    { .name = NULL }
};


static const sz_field_t  sz_pixel = { .type = SZ_INTEGER };

static const sz_field_t  sz_reference_output[] = {
    { .name = "output_filename", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .description = "Use it as input_reference_filename of create_video." },
    { .name = "original_size", .type = SZ_ARRAY, .flags = SZ_REQUIRED,
      .fields = &sz_pixel, .min = 2, .max = 2,
      .description = "Width and height of the input as it is shown." },
    { .name = "target_size", .type = SZ_ARRAY, .flags = SZ_REQUIRED,
      .fields = &sz_pixel, .min = 2, .max = 2 },
    { .name = "resize_mode", .type = SZ_STRING, .flags = SZ_REQUIRED },
    { .name = NULL }
};


static void
sz_prepare_job_run(sz_job_t *job)
{
    int                in;
    int64_t            size;
    sz_error_t        *err = &job->error;
    sz_prepare_job_t  *s = (sz_prepare_job_t *) job;

    in = sz_store_open(&s->where, s->input, &size, err);
    if (in == -1) {
        sz_input_missing(err);
        return;
    }

    if (sz_draft_open(&s->draft, &s->where, s->output, err) == SZ_OK) {

        s->prepare.job = job;

        if (sz_draft_check(&s->draft, s->how, err) == SZ_OK
            && sz_image_prepare(&s->prepare, in, s->draft.fd, &s->done, err)
            == SZ_OK)
        {
            (void) sz_draft_publish(&s->draft, s->how, err);

        } else {
            sz_draft_discard(&s->draft);
        }
    }

    close(in);
}


static void
sz_prepare_job_destroy(sz_job_t *job)
{
    sz_prepare_job_t  *s = (sz_prepare_job_t *) job;

    sz_folder_free(&s->where);
    free(s->input);
    free(s->output);
    free(s);
}


static sz_prepare_job_t *
sz_prepare_job_create(const sz_setup_t *setup, const char *input,
    const char *output)
{
    sz_prepare_job_t  *s;

    s = calloc(1, sizeof(sz_prepare_job_t));
    if (s == NULL) {
        return NULL;
    }

    s->job.run = sz_prepare_job_run;
    s->job.destroy = sz_prepare_job_destroy;
    s->job.name = "prepare picture";
    s->job.heavy = true;

    s->prepare.max_bytes.value = setup->max_image_size;
    s->prepare.max_bytes.name = "sanzaru_max_image_size";
    s->prepare.max_pixels.value = setup->max_image_pixels;
    s->prepare.max_pixels.name = "sanzaru_max_image_pixels";
    s->prepare.max_memory.value = setup->max_image_memory;
    s->prepare.max_memory.name = "sanzaru_max_image_memory";
    s->prepare.max_time.value = setup->image_timeout;
    s->prepare.max_time.name = "sanzaru_image_timeout";
    s->prepare.effort = setup->image_effort;
    s->prepare.scaled = setup->image_scaled;

    s->input = strdup(input);
    s->output = strdup(output);

    if (s->input == NULL || s->output == NULL
        || !sz_folder_copy(&s->where, &setup->folder[SZ_MEDIA_IMAGE]))
    {
        sz_prepare_job_destroy(&s->job);
        return NULL;
    }

    return s;
}


/* "#1a2b3c", or "#fff" for "#ffffff", and without the sign as well. */

static sz_code_e
sz_reference_color(const char *text, uint32_t *color, sz_error_t *err)
{
    char      shown[44];
    size_t    n;
    uint32_t  value;

    const char  *digits = text + (text[0] == '#');

    n = strspn(digits, "0123456789abcdefABCDEF");
    value = (uint32_t) strtoul(digits, NULL, 16);

    if (digits[n] == '\0' && n == 6) {
        *color = value;
        return SZ_OK;
    }

    if (digits[n] == '\0' && n == 3) {
        *color = 0x11 * ((value & 0xf00) << 8 | (value & 0xf0) << 4
                         | (value & 0xf));
        return SZ_OK;
    }

    sz_str_show(shown, 40, sz_str_of(text));

    return sz_error_set(err, SZ_E_INPUT, "`pad_color` must look like "
                        "\"#1a2b3c\" (red, green, blue), not \"%s\".", shown);
}


/* "trip/beach.jpg" and "1280x720" give "trip/beach_1280x720.png". */

static char *
sz_reference_name(sz_call_t *call, const sz_reference_t *s)
{
    size_t       stem;
    const char  *ext;

    ext = sz_name_extension(s->input);
    stem = strlen(s->input) - strlen(ext) - (*ext != '\0');

    return sz_printf(call->arena, "%.*s_%s.png", (int) stem, s->input,
                     s->size);
}


static sz_step_e
sz_reference_start(sz_call_t *call, sz_reference_t *s)
{
    char          *output;
    uint32_t       color = 0;
    unsigned       width = 0, height = 0;
    sz_image_e     type;
    sz_error_t    *err = &call->error;

    output = (s->output != NULL) ? (char *) s->output
                                 : sz_reference_name(call, s);
    if (output == NULL) {
        sz_error_memory(err);
        return SZ_STEP_DONE;
    }

    if (sz_name_check(s->input, "input_filename", err) != SZ_OK
        || (s->output != NULL
            && sz_name_check_new(output, "output_filename", err) != SZ_OK)
        || sz_name_check(output, "output_filename", err) != SZ_OK
        || sz_reference_color(s->color, &color, err) != SZ_OK)
    {
        return SZ_STEP_DONE;
    }

    type = sz_image_type(sz_name_extension(output));

    if (type == SZ_IMAGE_NONE) {
        sz_error_set(err, SZ_E_INPUT, "`output_filename` must end in .png, "
                     ".jpg or .webp, not \"%.120s\".", output);
        return SZ_STEP_DONE;
    }

    s->job = sz_prepare_job_create(call->setup, s->input, output);

    if (s->job != NULL) {
        (void) sz_video_size(s->size, &width, &height);

        s->job->how = (s->output != NULL)
                      ? sz_existing_publish(call->setup->existing, false)
                      : SZ_UNIQUE;
        s->job->prepare.width = width;
        s->job->prepare.height = height;
        s->job->prepare.background = color;
        s->job->prepare.output = type;
        s->job->prepare.quality = (int) s->quality;
        s->job->prepare.fit = (strcmp(s->mode, "pad") == 0) ? SZ_FIT_PAD
                              : (strcmp(s->mode, "crop") == 0) ? SZ_FIT_CROP
                              : SZ_FIT_RESCALE;
    }

    call->phase = 1;

    return sz_call_job(call, (sz_job_t *) s->job);
}


static void
sz_reference_pair(sz_jw_t *w, const char *key, uint32_t width, uint32_t height)
{
    sz_jw_key(w, key);
    sz_jw_open(w, '[');
    sz_jw_int(w, width);
    sz_jw_int(w, height);
    sz_jw_close(w, ']');
}


static sz_step_e
sz_reference_step(sz_call_t *call)
{
    sz_jw_t          w;
    sz_reference_t  *s = call->state;

    if (call->phase == 0) {
        return sz_reference_start(call, s);
    }

    if (s->job->job.error.code != SZ_OK) {
        return sz_call_fail(call, &s->job->job.error);
    }

    sz_call_published(call, SZ_MEDIA_IMAGE, &s->job->draft,
                      sz_image_mime(s->job->prepare.output),
                      s->job->done.size);

    sz_call_renamed(call, s->output, s->job->draft.name);

    w = sz_call_result_open(call);
    sz_jw_kstr(&w, "output_filename", s->job->draft.name);
    sz_reference_pair(&w, "original_size", s->job->done.width,
                      s->job->done.height);
    sz_reference_pair(&w, "target_size", s->job->prepare.width,
                      s->job->prepare.height);
    sz_jw_kstr(&w, "resize_mode", s->mode);

    return sz_call_result_close(call, &w);
}


const sz_tool_t  sz_tool_prepare_reference_image = {
    .name = "prepare_reference_image",
    .title = "Prepare a reference image",
    .description = "Makes a picture from the image folder into one with "
        "exactly the pixels a video of `target_size` needs, and returns the "
        "new file's name for input_reference_filename of create_video. The "
        "original stays as it is.",
    .hints = SZ_HINTS_SAVE_CLOSED,
    .flags = SZ_TOOL_SAVES,
    .needs = sz_needs_folder(SZ_MEDIA_IMAGE),
    .input = sz_reference_input,
    .output = sz_reference_output,
    .state_size = sizeof(sz_reference_t),
    .step = sz_reference_step
};
