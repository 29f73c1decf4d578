/*
 * The options of a picture: what a model is known to refuse is refused here,
 * where it costs nothing and the reason can be told.  What is not known
 * passes; the provider decides.
 */

#include "tools/sz_tools_image.h"

#include <stdio.h>
#include <strings.h>


/* What a name may get behind it: a number or two, ".partial", an ending. */
#define SZ_IMAGE_NAME_ROOM  32


const char *const  sz_image_models[] = {
    "gpt-image-2", "gpt-image-2.5-sunburst", "gpt-image-2.5-flare", NULL
};

const char *const  sz_image_sizes[] = {
    "auto", "1024x1024", "1536x1024", "1024x1536", "2048x2048", "2048x1152",
    "2560x1440", "1440x2560", "3840x2160", "2160x3840", NULL
};

const char *const  sz_image_qualities[] = {
    "auto", "low", "medium", "high", "xhigh", "max", NULL
};

const char *const  sz_image_backgrounds[] = {
    "auto", "transparent", "opaque", NULL
};

const char *const  sz_image_formats[] = { "png", "jpeg", "webp", NULL };
const char *const  sz_image_fidelities[] = { "high", "low", NULL };
const char *const  sz_image_moderations[] = { "auto", "low", NULL };


/*
 * The generation of a model, times ten, dated names included: 20 of
 * "gpt-image-2-2026-04-21"; 0 when it is not known.
 */

static unsigned
sz_image_generation(const char *model)
{
    int       n;
    unsigned  major, minor;

    if (strcmp(model, "chatgpt-image-latest") == 0) {
        return 15;
    }

    n = 0;

    if (sscanf(model, "gpt-image-%2u.%1u%n", &major, &minor, &n) != 2
        || n == 0)
    {
        minor = 0;
        n = 0;

        if (sscanf(model, "gpt-image-%2u%n", &major, &n) != 1 || n == 0) {
            return 0;
        }
    }

    return (model[n] == '\0' || model[n] == '-') ? major * 10 + minor : 0;
}


/* "auto", or two numbers of one to five digits. */

static bool
sz_image_size_is(const char *size)
{
    size_t       w, h;
    const char  *p;

    static const char  digits[] = "0123456789";

    if (strcmp(size, "auto") == 0) {
        return true;
    }

    w = strspn(size, digits);

    if (w < 1 || w > 5 || size[0] == '0' || size[w] != 'x') {
        return false;
    }

    p = size + w + 1;
    h = strspn(p, digits);

    return h >= 1 && h <= 5 && p[0] != '0' && p[h] == '\0';
}


static bool
sz_image_is(const char *value, const char *what)
{
    return value != NULL && strcmp(value, what) == 0;
}


/*
 * Newer models always keep to the inputs as closely as they can, smaller ones
 * cannot: the parameter is dropped, for who names no model cannot know.
 */

static sz_code_e
sz_image_settle_fidelity(sz_call_t *call, sz_image_options_t *o,
    unsigned generation)
{
    char  shown[104];
    bool  mini;

    mini = generation > 0 && strstr(o->model, "-mini") != NULL
           && !sz_image_is(o->input_fidelity, "low");

    if (o->input_fidelity == NULL || (generation < 20 && !mini)) {
        return SZ_OK;
    }

    sz_str_show(shown, 100, sz_str_of(o->model));
    o->note = sz_printf(call->arena, "`input_fidelity` was left out: the model "
                        "\"%s\" %s.", shown,
                        (generation >= 20)
                        ? "has none and always keeps to the input images as "
                          "closely as it can" : "knows only low");
    o->input_fidelity = NULL;

    return (o->note != NULL) ? SZ_OK : sz_error_memory(&call->error);
}


sz_code_e
sz_image_check(sz_call_t *call, sz_image_options_t *o)
{
    char         shown[44];
    unsigned     generation;
    sz_error_t  *err = &call->error;

    generation = sz_image_generation(o->model);

    if (o->size != NULL && !sz_image_size_is(o->size)) {
        sz_str_show(shown, 40, sz_str_of(o->size));
        return sz_error_set(err, SZ_E_INPUT, "`size` must be auto or a width "
                            "and a height such as \"1536x1024\", not \"%s\".",
                            shown);
    }

    if (sz_image_is(o->background, "transparent")
        && sz_image_is(o->output_format, "jpeg"))
    {
        return sz_error_set(err, SZ_E_INPUT, "A JPEG cannot be transparent: "
                            "set `output_format` to png or webp, or leave "
                            "`background` out.");
    }

    if (o->output_compression < 100
        && (o->output_format == NULL || sz_image_is(o->output_format, "png")))
    {
        return sz_error_set(err, SZ_E_INPUT, "A PNG is always lossless: leave "
                            "`output_compression` out, or set "
                            "`output_format` to jpeg or webp.");
    }

    if (generation > 0 && generation < 25
        && (sz_image_is(o->quality, "xhigh") || sz_image_is(o->quality, "max")))
    {
        return sz_error_set(err, SZ_E_INPUT, "The model \"%.100s\" has no "
                            "`quality` \"%s\": use low, medium, high or auto, "
                            "or a model from gpt-image-2.5 on.", o->model,
                            o->quality);
    }

    o->foreign = (generation == 0 && strstr(o->model, "gpt-image") == NULL);
    o->base64 = o->foreign;

    return sz_image_settle_fidelity(call, o, generation);
}


sz_code_e
sz_image_name_check(const char *name, sz_error_t *err)
{
    size_t       len;
    const char  *ext;

    if (sz_name_check_new(name, "filename", err) != SZ_OK) {
        return err->code;
    }

    ext = sz_name_extension(name);

    if (*ext != '\0' && sz_image_type(ext) == SZ_IMAGE_NONE) {
        return sz_error_set(err, SZ_E_INPUT, "`filename` must end in .png, "
                            ".jpg or .webp, or have no ending, not "
                            "\"%.120s\".", name);
    }

    len = strlen(sz_name_base(name));

    if (len > SZ_NAME_MAX - SZ_IMAGE_NAME_ROOM
        || strlen(name) > SZ_PATH_MAX - SZ_IMAGE_NAME_ROOM)
    {
        return sz_error_set(err, SZ_E_INPUT, "`filename` is too long: at most "
                            "%d bytes, please.",
                            SZ_NAME_MAX - SZ_IMAGE_NAME_ROOM);
    }

    return SZ_OK;
}


/* The format, from what was said about it or from the name. */

static sz_code_e
sz_image_format(sz_image_options_t *o, sz_error_t *err)
{
    sz_image_e   named, wanted;
    const char  *ext;

    ext = (o->filename != NULL) ? sz_name_extension(o->filename) : "";
    named = sz_image_type(ext);

    if (o->output_format == NULL) {
        o->output_format = (named == SZ_IMAGE_JPEG) ? "jpeg"
                           : (named == SZ_IMAGE_WEBP) ? "webp" : "png";
        return SZ_OK;
    }

    wanted = sz_image_type(o->output_format);

    if (named != SZ_IMAGE_NONE && named != wanted) {
        return sz_error_set(err, SZ_E_INPUT, "`filename` ends in .%.8s, but "
                            "`output_format` is %s: change one of them, or "
                            "leave one out.", ext, o->output_format);
    }

    return SZ_OK;
}


sz_code_e
sz_image_settle(sz_call_t *call, sz_image_options_t *o, const char *prefix,
    const char **name)
{
    const char  *preset;
    sz_error_t  *err = &call->error;

    preset = call->setup->model[SZ_SERVICE_IMAGE];

    if (o->model == NULL) {
        o->model = (preset != NULL) ? preset : SZ_IMAGE_MODEL;
    }

    if ((o->filename != NULL && sz_image_name_check(o->filename, err) != SZ_OK)
        || sz_image_format(o, err) != SZ_OK
        || sz_image_check(call, o) != SZ_OK)
    {
        return err->code;
    }

    *name = o->filename;

    if (*name == NULL) {
        *name = sz_printf(call->arena, "%s_%lld%s", prefix,
                          (long long) call->clock,
                          sz_image_extension(sz_image_type(o->output_format)));
    }

    return (*name != NULL) ? SZ_OK : sz_error_memory(err);
}


/*
 * Models of other vendors refuse what they do not know, and take what is not
 * said for what "auto" and "png" say.
 */

bool
sz_image_tells(const sz_image_options_t *o, const char *value)
{
    return value != NULL
           && !(o->foreign && (strcmp(value, "auto") == 0
                               || strcmp(value, "png") == 0));
}
