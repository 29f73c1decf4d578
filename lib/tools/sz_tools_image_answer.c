/*
 * Where the pictures are in what a provider sends.  The text is found by its
 * spans, never parsed as a whole; only what is small becomes a tree.
 */

#include "tools/sz_tools_image_reader.h"

#include <stdio.h>


/* Of what is parsed; the rest is pictures, or nothing we know. */
#define SZ_IMAGE_SMALL  65536


static cJSON *
sz_image_small(sz_str_t value)
{
    return (value.len > 0 && value.len <= SZ_IMAGE_SMALL)
           ? sz_json_parse(value, NULL) : NULL;
}


static bool
sz_image_is_string(sz_str_t value)
{
    return value.len > 2 && value.data[0] == '"';
}


/* Whether a member is this string. */

static bool
sz_image_member_is(sz_str_t object, const char *key, const char *want)
{
    bool    same;
    cJSON  *value;

    value = sz_image_small(sz_json_member(object, key));
    same = cJSON_IsString(value) && strcmp(value->valuestring, want) == 0;
    cJSON_Delete(value);

    return same;
}


static bool
sz_image_is_json(sz_image_reader_t *r, sz_str_t text)
{
    char         shown[84];
    sz_error_t   why;
    sz_error_t  *err = &r->reader.job.error;

    if (sz_json_check(text, &why) == SZ_OK) {
        return true;
    }

    sz_str_show(shown, 80, text);

    sz_error_set(err, SZ_E_UPSTREAM, "the answer of the image provider is "
                 "no JSON that can be read (%.200s); it begins with \"%s\".",
                 why.text, shown);

    return false;
}


/* "code: message" of an error object, wherever it has them. */

static bool
sz_image_why(char *dst, size_t size, sz_str_t error)
{
    char         shown[304];
    cJSON       *tree;
    const char  *code, *message;

    tree = sz_image_small(error);
    message = cJSON_IsString(tree) ? tree->valuestring
                                   : sz_json_string(tree, "message");
    code = sz_json_string(tree, "code");

    if (code == NULL) {
        code = sz_json_string(tree, "type");
    }

    if (message != NULL || code != NULL) {
        sz_str_show(shown, 300, sz_str_of(message));
        (void) snprintf(dst, size, "%.80s%s%s", (code != NULL) ? code : "",
                        (code != NULL && message != NULL) ? ": " : "", shown);
    }

    cJSON_Delete(tree);

    return message != NULL || code != NULL;
}


/* An error that came in place of pictures. */

static bool
sz_image_read_error(sz_image_reader_t *r, sz_str_t text)
{
    char  why[404];

    if (!sz_image_why(why, sizeof(why), sz_json_member(text, "error"))
        && (!sz_image_member_is(text, "type", "error")
            || !sz_image_why(why, sizeof(why), text)))
    {
        return false;
    }

    sz_error_set(&r->reader.job.error, SZ_E_UPSTREAM,
                 "the image provider says: %s", why);

    return true;
}


/* {"b64_json":…}, or a URL of old and foreign models. */

static void
sz_image_read_item(sz_image_reader_t *r, sz_str_t item)
{
    sz_str_t       value;
    sz_picture_t  *picture;

    value = sz_json_member(item, "b64_json");

    if (sz_image_is_string(value)) {
        sz_image_save(r, value);
        return;
    }

    picture = sz_image_room(r);

    if (picture == NULL) {
        return;
    }

    sz_error_set(&picture->error, SZ_E_UPSTREAM,
                 sz_image_is_string(sz_json_member(item, "url"))
                 ? "the provider sent a URL instead of the picture, and the "
                   "gateway fetches nothing from elsewhere. Use a model that "
                   "returns Base64, as the GPT image models do."
                 : "the provider's answer has no picture data.");
    r->n++;
}


static void
sz_image_read_usage(sz_image_reader_t *r, sz_str_t text)
{
    cJSON  *usage;

    usage = sz_image_small(sz_json_member(text, "usage"));

    if (cJSON_IsObject(usage)) {
        cJSON_Delete(r->usage);
        r->usage = usage;

    } else {
        cJSON_Delete(usage);
    }
}


void
sz_image_read_answer(sz_image_reader_t *r, sz_str_t text)
{
    sz_str_t  rest, item;

    if (!sz_image_is_json(r, text)) {
        return;
    }

    rest = sz_json_member(text, "data");

    while ((item = sz_json_item(&rest)).data != NULL) {
        sz_image_read_item(r, item);
    }

    if (r->n == 0 && sz_image_read_error(r, text)) {
        return;
    }

    sz_image_read_usage(r, text);
    r->done = true;
}


void
sz_image_read_event(sz_image_reader_t *r, sz_str_t text)
{
    sz_str_t  value;

    text = sz_str_trim(text);

    if (text.len == 0 || sz_str_is(text, "[DONE]")) {
        return;
    }

    if (!sz_image_is_json(r, text)) {
        return;
    }

    value = sz_json_member(text, "b64_json");

    if (sz_json_member(text, "partial_image_index").data != NULL) {

        if (sz_image_is_string(value)) {
            sz_image_preview(r, value);
        }

        return;
    }

    if (sz_image_is_string(value)
        || sz_image_is_string(sz_json_member(text, "url")))
    {
        sz_image_read_item(r, text);
        sz_image_read_usage(r, text);
        r->done = true;
        return;
    }

    (void) sz_image_read_error(r, text);
}


/*
 * Responses: {"id":…,"status":…,"output":[…]}
 */

static bool
sz_image_read_about(sz_image_reader_t *r, sz_str_t text)
{
    bool    ok;
    size_t  i;
    cJSON  *about, *value;

    static const char *const  names[] = {
        "id", "status", "created_at", "error", "incomplete_details"
    };

    about = cJSON_CreateObject();
    ok = (about != NULL);

    for (i = 0; i < sz_array_len(names); i++) {
        value = sz_image_small(sz_json_member(text, names[i]));

        if (value != NULL && !sz_json_put(about, names[i], value)) {
            ok = false;
        }
    }

    if (!ok) {
        cJSON_Delete(about);
        sz_error_memory(&r->reader.job.error);
        return false;
    }

    cJSON_Delete(r->about);
    r->about = about;

    return true;
}


/* A call of the image tool: its picture, or why there is none. */

static void
sz_image_read_call(sz_image_reader_t *r, sz_str_t item)
{
    sz_str_t  result;

    result = sz_json_member(item, "result");

    if (sz_image_is_string(result)) {
        sz_image_save(r, result);
        return;
    }

    if (r->why[0] == '\0'
        && !sz_image_why(r->why, sizeof(r->why),
                         sz_json_member(item, "error"))
        && sz_image_member_is(item, "status", "failed"))
    {
        strcpy(r->why, "the provider does not say why");
    }
}


/* A message: what the model says or refuses, the first text of it. */

static void
sz_image_read_message(sz_image_reader_t *r, sz_str_t item)
{
    cJSON       *part;
    sz_str_t     rest, span;
    const char  *text, *refusal;

    rest = sz_json_member(item, "content");

    while ((span = sz_json_item(&rest)).data != NULL) {

        part = sz_image_small(span);
        text = sz_json_string(part, "text");
        refusal = sz_json_string(part, "refusal");

        if (refusal != NULL) {
            r->refused = true;
            sz_str_show(r->said, 400, sz_str_of(refusal));

        } else if (text != NULL && !r->refused) {
            sz_str_show(r->said, 400, sz_str_of(text));
        }

        cJSON_Delete(part);
    }
}


void
sz_image_read_response(sz_image_reader_t *r, sz_str_t text)
{
    sz_str_t     rest, item;
    const char  *status;

    if (!sz_image_is_json(r, text)) {
        return;
    }

    if (!sz_image_read_about(r, text)) {
        return;
    }

    r->done = true;

    status = sz_json_string(r->about, "status");

    if (r->op == SZ_READ_STATUS
        || (status != NULL && (strcmp(status, "queued") == 0
                               || strcmp(status, "in_progress") == 0)))
    {
        return;                 /* what is there already comes again */
    }

    rest = sz_json_member(text, "output");

    while ((item = sz_json_item(&rest)).data != NULL) {

        if (sz_image_member_is(item, "type", "image_generation_call")) {
            sz_image_read_call(r, item);

        } else if (sz_image_member_is(item, "type", "message")) {
            sz_image_read_message(r, item);
        }
    }
}
