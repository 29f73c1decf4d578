/*
 * What a provider sent, in the shape of a result's table.
 */

#include "mcp/sz_mcp_schema_room.h"

#include <math.h>


#define SZ_SHAPED_MAX   400             /* bytes of a string that is cut */
#define SZ_ELLIPSIS     "\xe2\x80\xa6"

/* Bytes of JSON that stand for a string in a result. */
#define SZ_SHAPE_WORDS  4096


/* Words that are no string, so that nothing is lost: as JSON. */

static void
sz_schema_shape_words(sz_jw_t *w, const cJSON *value)
{
    sz_jw_t   words;
    sz_buf_t  text;

    if (value == NULL || cJSON_IsNull(value)) {
        sz_jw_null(w);
        return;
    }

    sz_buf_init(&text, SZ_SHAPE_WORDS);
    sz_jw_init(&words, &text);
    sz_jw_node(&words, value);

    if (text.failed) {
        sz_jw_null(w);

    } else {
        sz_jw_str(w, sz_buf_view(&text));
    }

    sz_buf_free(&text);
}


static void
sz_schema_shape_object(sz_jw_t *w, const sz_field_t *f, const cJSON *value)
{
    if (!cJSON_IsObject(value)) {
        sz_jw_null(w);

    } else if (f->fields == NULL) {
        sz_jw_node(w, value);

    } else {
        sz_jw_open(w, '{');
        sz_schema_shape(w, f->fields, value);
        sz_jw_close(w, '}');
    }
}


/*
 * At most as many characters as the table says, the last an ellipsis then, and
 * at most SZ_SHAPED_MAX bytes.
 */

static void
sz_schema_shape_string(sz_jw_t *w, const sz_field_t *f, const char *s)
{
    char    text[SZ_SHAPED_MAX + sizeof(SZ_ELLIPSIS)];
    size_t  n, len;

    if (f->max == 0 || sz_utf8_length(s) <= f->max) {
        sz_jw_cstr(w, s);
        return;
    }

    for (n = 1, len = 0; n < f->max; n++) {
        do {
            len++;
        } while (((unsigned char) s[len] & 0xc0) == 0x80);
    }

    len = sz_utf8_cut((sz_str_t) { len, s }, SZ_SHAPED_MAX);
    memcpy(text, s, len);
    strcpy(text + len, SZ_ELLIPSIS);
    sz_jw_cstr(w, text);
}


static void
sz_schema_shape_value(sz_jw_t *w, const sz_field_t *f, const cJSON *value)
{
    bool    b;
    double  d;

    switch (f->type) {

    case SZ_STRING:
        if (cJSON_IsString(value)) {
            sz_schema_shape_string(w, f, value->valuestring);

        } else {
            sz_schema_shape_words(w, value);
        }

        return;

    case SZ_INTEGER:
        if (sz_json_number(value, &d) && fabs(d) < 1e15) {
            sz_jw_int(w, (int64_t) d);
            return;
        }

        break;

    case SZ_NUMBER:
        if (sz_json_number(value, &d)) {
            sz_jw_num(w, d);
            return;
        }

        break;

    case SZ_BOOLEAN:
        if (sz_json_bool(value, &b)) {
            sz_jw_bool(w, b);
            return;
        }

        break;

    case SZ_OBJECT:
        sz_schema_shape_object(w, f, value);
        return;

    case SZ_ARRAY:
        break;
    }

    sz_jw_null(w);
}


static bool
sz_schema_knows(const sz_field_t *fields, const char *name)
{
    const sz_field_t  *f;

    for (f = fields; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0) {
            return true;
        }
    }

    return false;
}


void
sz_schema_shape_known(sz_jw_t *w, const sz_field_t *fields,
    const cJSON *object)
{
    const sz_field_t  *f;

    for (f = fields; f->name != NULL; f++) {
        sz_jw_key(w, f->name);
        sz_schema_shape_value(w, f, sz_json_get(object, f->name));
    }
}


void
sz_schema_shape(sz_jw_t *w, const sz_field_t *fields, const cJSON *object)
{
    const cJSON  *member;

    sz_schema_shape_known(w, fields, object);

    if (!cJSON_IsObject(object)) {
        return;
    }

    cJSON_ArrayForEach(member, object) {
        if (!sz_schema_knows(fields, member->string)) {
            sz_jw_knode(w, member->string, member);
        }
    }
}
