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
           ? sz_json_parse_lenient(value, NULL) : NULL;
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


/*
 * *text becomes strict JSON, in *mended where it is none.  A copy is made of
 * what is wrong only.
 */

static bool
sz_image_is_json(sz_image_reader_t *r, sz_str_t *text, sz_buf_t *mended)
{
    char         shown[84];
    sz_error_t   why;
    sz_error_t  *err = &r->reader.job.error;

    sz_buf_init(mended, 0);

    if (sz_json_check(*text, NULL) == SZ_OK) {
        return true;
    }

    if (sz_json_mend(*text, mended, &why) == SZ_OK) {
        *text = sz_buf_view(mended);
        return true;
    }

    sz_str_show(shown, 80, *text);

    sz_error_set(err, SZ_E_UPSTREAM, "the answer of the image provider is "
                 "no JSON that can be read (%s); it begins with \"%s\".",
                 why.text, shown);

    return false;
}


/* "code: message" of an error, whatever its shape. */

static bool
sz_image_why(char *dst, size_t size, sz_str_t error)
{
    bool       found;
    cJSON     *tree;
    sz_said_t  said;

    tree = sz_image_small(error);
    found = sz_said_error(&said, tree);

    if (found) {
        sz_said_show(&said, dst, size);
    }

    cJSON_Delete(tree);

    return found;
}


/* An error that came in place of pictures. */

static bool
sz_image_read_error(sz_image_reader_t *r, sz_str_t text)
{
    char  why[SZ_SAID_TEXT];

    if (!sz_image_why(why, sizeof(why), sz_json_member(text, "error"))
        && ((r->reader.event && !sz_image_member_is(text, "type", "error"))
            || !sz_image_why(why, sizeof(why), text)))
    {
        return false;
    }

    sz_http_mask_keys(why);
    sz_error_set(&r->reader.job.error, SZ_E_UPSTREAM,
                 "the image provider says: %s", why);

    return true;
}


/* {"b64_json":…}, or a URL of old and foreign models; it may be the data. */

static void
sz_image_read_item(sz_image_reader_t *r, sz_str_t item)
{
    sz_str_t       value, url;
    sz_drawing_t  *picture;

    value = sz_json_member(item, "b64_json");
    url = sz_json_member(item, "url");

    if (sz_image_is_string(value)) {
        sz_image_save(r, value);
        return;
    }

    if (sz_str_starts(url, "\"data:")) {
        sz_image_save(r, url);
        return;
    }

    picture = sz_image_room(r);

    if (picture == NULL) {
        return;
    }

    sz_error_set(&picture->error, SZ_E_UPSTREAM,
                 sz_image_is_string(url)
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


static void
sz_image_read_answer(sz_image_reader_t *r, sz_str_t text)
{
    sz_str_t  rest, item;

    rest = sz_json_member(text, "data");

    if (sz_str_starts(rest, "{")) {             /* one, without its list */
        sz_image_read_item(r, rest);
    }

    while ((item = sz_json_item(&rest)).data != NULL) {
        sz_image_read_item(r, item);
    }

    if (r->n == 0 && sz_image_read_error(r, text)) {
        return;
    }

    sz_image_read_usage(r, text);
    r->done = true;
}


static void
sz_image_read_event(sz_image_reader_t *r, sz_str_t text)
{
    sz_str_t  value;

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

    if (!ok || !sz_answer_settle(about)) {
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


static void
sz_image_read_response(sz_image_reader_t *r, sz_str_t text)
{
    sz_str_t     rest, item;
    const char  *status;

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


void
sz_image_read(sz_image_reader_t *r, sz_str_t text)
{
    sz_buf_t  mended;

    text = sz_str_trim(text);

    if (r->reader.event && (text.len == 0 || sz_str_is(text, "[DONE]"))) {
        return;
    }

    if (r->op == SZ_READ_IMAGES && !r->reader.event
        && sz_image_is_bytes(text))
    {
        sz_image_save(r, text);
        r->done = true;
        return;
    }

    if (!sz_image_is_json(r, &text, &mended)) {
        sz_buf_free(&mended);
        return;
    }

    if (r->op != SZ_READ_IMAGES) {
        sz_image_read_response(r, text);

    } else if (r->reader.event) {
        sz_image_read_event(r, text);

    } else {
        sz_image_read_answer(r, text);
    }

    sz_buf_free(&mended);
}
