/*
 * The arguments of a call against their table.
 */

#include "mcp/sz_mcp_schema_room.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>


#define SZ_SHOWN_VALUE  80


static cJSON *sz_schema_coerce(const sz_field_t *f, cJSON *args,
    cJSON *value);
static bool sz_schema_is_absent(const sz_field_t *f, const cJSON *value);
static cJSON *sz_schema_value(const sz_field_t *f, const cJSON *args);


/* A piece of the error text; the pieces are joined by "; ". */

static bool
sz_schema_problem_of(sz_buf_t *problems, const char *name, const char *text)
{
    sz_buf_fmt(problems, "%s`%s` %s", (problems->len > 0) ? "; " : "",
               name, text);

    return false;
}


static bool
sz_schema_problem(sz_buf_t *problems, const sz_field_t *f, const char *fmt, ...)
    SZ_PRINTF(3, 4);

static bool
sz_schema_problem(sz_buf_t *problems, const sz_field_t *f, const char *fmt, ...)
{
    char     text[512];
    va_list  args;

    va_start(args, fmt);
    sz_utf8_format(text, sizeof(text), fmt, args);
    va_end(args);

    return sz_schema_problem_of(problems, f->name, text);
}


/* What came, for the text of a problem. */

static void
sz_schema_shown(char *dst, const cJSON *value)
{
    sz_jw_t   w;
    sz_buf_t  buf;

    sz_buf_init(&buf, 4096);
    sz_jw_init(&w, &buf);
    sz_jw_node(&w, value);

    sz_str_show(dst, SZ_SHOWN_VALUE,
                buf.failed ? sz_str("a long value") : sz_buf_view(&buf));

    sz_buf_free(&buf);
}


/*
 * A value as it is compared: without blanks, in lower case, with "x" for the
 * sign of multiplication, and "jpeg" for "jpg".
 */

static void
sz_schema_plain(char *dst, size_t size, const char *s)
{
    size_t  n;

    for (n = 0; *s != '\0' && n + 1 < size; s++) {

        if (strncmp(s, "\xc3\x97", 2) == 0) {
            dst[n++] = 'x';
            s++;

        } else if (*s >= 'A' && *s <= 'Z') {
            dst[n++] = (char) (*s | 0x20);

        } else if (*s != ' ') {
            dst[n++] = *s;
        }
    }

    dst[n] = '\0';

    if (strcmp(dst, "jpg") == 0) {
        strcpy(dst, "jpeg");
    }
}


/* The value that is meant; NULL: none. */

static const char *
sz_schema_one_of(const sz_field_t *f, const char *s)
{
    char                plain[SZ_SHOWN_VALUE], known[SZ_SHOWN_VALUE];
    const char *const  *value;

    sz_schema_plain(plain, sizeof(plain), s);

    for (value = f->values; *value != NULL; value++) {

        sz_schema_plain(known, sizeof(known), *value);

        if (strcmp(known, plain) == 0) {
            return *value;
        }
    }

    return NULL;
}


static const char *
sz_schema_meant(const sz_field_t *f, const char *s)
{
    const char  *value;

    value = sz_field_closed(f) ? sz_schema_one_of(f, s) : NULL;

    return (value != NULL) ? value : s;
}


static bool
sz_schema_check_string(const sz_field_t *f, const char *s, sz_buf_t *problems)
{
    char                shown[SZ_SHOWN_VALUE + 4];
    char                list[256];
    size_t              length, used;
    const char *const  *value;

    if (sz_field_closed(f) && sz_schema_one_of(f, s) == NULL) {

        for (used = 0, value = f->values; *value != NULL; value++) {
            used += (size_t) snprintf(list + used, sizeof(list) - used,
                                      "%s\"%s\"", (used > 0) ? ", " : "",
                                      *value);

            if (used >= sizeof(list)) {
                break;
            }
        }

        sz_str_show(shown, SZ_SHOWN_VALUE, sz_str_of(s));

        return sz_schema_problem(problems, f, "must be one of %s, not \"%s\"",
                                 list, shown);
    }

    if (!sz_field_bounded(f)) {
        return true;
    }

    length = sz_utf8_length(s);

    if (length < f->min) {
        return (length == 0)
               ? sz_schema_problem(problems, f, "must not be empty")
               : sz_schema_problem(problems, f, "has %zu characters; "
                                   "at least %.0f are needed", length, f->min);
    }

    if (f->max != 0 && length > f->max) {
        return sz_schema_problem(problems, f, "has %zu characters; "
                                 "at most %.0f are allowed", length, f->max);
    }

    return true;
}


static bool
sz_schema_check_number(const sz_field_t *f, double d, sz_buf_t *problems)
{
    if (sz_field_bounded(f) && (d < f->min || (f->max != 0 && d > f->max))) {
        return sz_schema_problem(problems, f,
                                 "must be from %.15g to %.15g, not %.15g",
                                 f->min, f->max, d);
    }

    return true;
}


static bool
sz_schema_check_array(const sz_field_t *f, const cJSON *array,
    sz_buf_t *problems)
{
    int            n, i;
    char           shown[SZ_SHOWN_VALUE + 4];
    const cJSON   *item;

    n = cJSON_GetArraySize(array);

    if (sz_field_bounded(f) && (n < f->min || (f->max != 0 && n > f->max))) {
        return sz_schema_problem(problems, f,
                                 "must have from %.0f to %.0f items, not %d",
                                 f->min, f->max, n);
    }

    i = 0;

    cJSON_ArrayForEach(item, array) {

        if (f->fields->type == SZ_STRING && !cJSON_IsString(item)) {
            sz_schema_shown(shown, item);
            return sz_schema_problem(problems, f,
                                     "must be an array of strings; "
                                     "item %d is %s", i, shown);
        }

        i++;
    }

    return true;
}


static void
sz_schema_preset(const sz_field_t *f, void *slot)
{
    if (f->preset == NULL) {
        return;
    }

    switch (f->type) {

    case SZ_STRING:
        *(const char **) slot = f->preset;
        break;

    case SZ_INTEGER:
        *(int64_t *) slot = strtoll(f->preset, NULL, 10);
        break;

    case SZ_NUMBER:
        *(double *) slot = strtod(f->preset, NULL);
        break;

    case SZ_BOOLEAN:
        *(bool *) slot = (strcmp(f->preset, "true") == 0);
        break;

    default:
        break;
    }
}


/*
 * Null is as good as absent, and so are "" and, where it could not be meant, []
 * for a value that may be left out.
 */

static bool
sz_schema_is_absent(const sz_field_t *f, const cJSON *value)
{
    if (value == NULL || cJSON_IsNull(value)) {
        return true;
    }

    if (f->flags & SZ_REQUIRED) {
        return false;
    }

    return (cJSON_IsString(value) && value->valuestring[0] == '\0')
           || (cJSON_IsArray(value) && value->child == NULL && f->min > 0);
}


/* What was sent for a field, under its name or an alias; NULL: nothing. */

static cJSON *
sz_schema_value(const sz_field_t *f, const cJSON *args)
{
    cJSON              *value;
    const char *const  *alias;

    value = cJSON_GetObjectItemCaseSensitive(args, f->name);

    for (alias = f->aliases;
         sz_schema_is_absent(f, value) && alias != NULL && *alias != NULL;
         alias++)
    {
        value = cJSON_GetObjectItemCaseSensitive(args, *alias);
    }

    return sz_schema_is_absent(f, value) ? NULL : value;
}


static bool
sz_schema_store(const sz_field_t *f, const cJSON *value, void *slot,
    sz_buf_t *problems)
{
    char     shown[SZ_SHOWN_VALUE + 4];
    int64_t  n;

    switch (f->type) {

    case SZ_STRING:
        if (!cJSON_IsString(value)) {
            break;
        }

        *(const char **) slot = sz_schema_meant(f, value->valuestring);
        return sz_schema_check_string(f, value->valuestring, problems);

    case SZ_INTEGER:
        if (!sz_json_integer(value, &n)) {
            break;
        }

        *(int64_t *) slot = n;
        return sz_schema_check_number(f, (double) n, problems);

    case SZ_NUMBER:
        if (!cJSON_IsNumber(value) || !isfinite(value->valuedouble)) {
            break;
        }

        *(double *) slot = value->valuedouble;
        return sz_schema_check_number(f, value->valuedouble, problems);

    case SZ_BOOLEAN:
        if (!cJSON_IsBool(value)) {
            break;
        }

        *(bool *) slot = cJSON_IsTrue(value);
        return true;

    case SZ_OBJECT:
        if (!cJSON_IsObject(value)) {
            break;
        }

        *(const cJSON **) slot = value;
        return true;

    case SZ_ARRAY:
        if (!cJSON_IsArray(value)) {
            break;
        }

        *(const cJSON **) slot = value;
        return sz_schema_check_array(f, value, problems);
    }

    sz_schema_shown(shown, value);

    return sz_schema_problem(problems, f, "must be %s %s, not %s",
                             (f->type == SZ_INTEGER || f->type == SZ_OBJECT
                              || f->type == SZ_ARRAY) ? "an" : "a",
                             sz_type_names[f->type], shown);
}


static bool
sz_schema_member(const sz_field_t *f, cJSON *args, void *values,
    sz_buf_t *problems)
{
    void   *slot;
    cJSON  *value;

    slot = (char *) values + f->offset;
    value = sz_schema_value(f, args);

    if (value != NULL) {
        return sz_schema_store(f, sz_schema_coerce(f, args, value), slot,
                               problems);
    }

    if (f->flags & SZ_REQUIRED) {
        return sz_schema_problem(problems, f, "is required");
    }

    sz_schema_preset(f, slot);

    return true;
}


/*
 * Characters of a decimal number, of which strtod() must then take all: neither
 * 0x10 nor infinity; and of an integer, which may be "5.0", no exponent.
 */

static bool
sz_schema_is_decimal(const sz_field_t *f, const char *s)
{
    s += (*s == '-' || *s == '+');

    return *s >= '0' && *s <= '9'
           && s[strspn(s, (f->type == SZ_NUMBER) ? "0123456789.eE+-"
                                                 : "0123456789.")] == '\0';
}


/* The value as the type asks for it, in place of the one that came. */

static cJSON *
sz_schema_coerce(const sz_field_t *f, cJSON *args, cJSON *value)
{
    char         text[32], *end;
    cJSON       *other;
    double       d;
    int64_t      n;
    const char  *s;

    other = NULL;
    s = cJSON_IsString(value) ? value->valuestring : NULL;

    switch (f->type) {

    case SZ_STRING:
        if (sz_field_closed(f) && sz_json_integer(value, &n)) {
            snprintf(text, sizeof(text), "%lld", (long long) n);
            other = cJSON_CreateString(text);
        }

        break;

    case SZ_INTEGER:
    case SZ_NUMBER:
        if (s != NULL && sz_schema_is_decimal(f, s)) {
            d = strtod(s, &end);

            if (*end == '\0' && isfinite(d)) {
                other = cJSON_CreateNumber(d);
            }
        }

        break;

    case SZ_BOOLEAN:
        if (s != NULL && (strcmp(s, "true") == 0 || strcmp(s, "false") == 0)) {
            other = cJSON_CreateBool(strcmp(s, "true") == 0);
        }

        break;

    case SZ_OBJECT:
    case SZ_ARRAY:
        if (s != NULL) {
            other = sz_json_parse(sz_str_of(s), NULL);
        }

        if (s != NULL && other == NULL && f->type == SZ_ARRAY
            && f->fields->type == SZ_STRING)
        {
            other = cJSON_CreateStringArray(&s, 1);
        }

        break;
    }

    if (other == NULL) {
        return value;
    }

    return sz_json_put(args, f->name, other) ? other : value;
}


/*
 * Names
 */

static const sz_field_t *
sz_schema_find(const sz_field_t *fields, const char *name)
{
    const sz_field_t   *f;
    const char *const  *alias;

    for (f = fields; f->name != NULL; f++) {

        if (strcmp(f->name, name) == 0) {
            return f;
        }

        for (alias = f->aliases; alias != NULL && *alias != NULL; alias++) {
            if (strcmp(*alias, name) == 0) {
                return f;
            }
        }
    }

    return NULL;
}


static unsigned
sz_schema_min(unsigned a, unsigned b)
{
    return (a < b) ? a : b;
}


unsigned
sz_schema_distance(const char *a, const char *b)
{
    size_t    i, j, n;
    unsigned  row[SZ_NAME_SHOWN + 1], left, corner;

    n = strlen(b);

    for (j = 0; j <= n; j++) {
        row[j] = (unsigned) j;
    }

    for (i = 0; a[i] != '\0'; i++) {
        corner = row[0];
        row[0] = (unsigned) i + 1;

        for (j = 0; j < n; j++) {
            left = row[j + 1];
            row[j + 1] = sz_schema_min(corner + ((a[i] | 0x20)
                                                 != (b[j] | 0x20)),
                                       sz_schema_min(row[j], left) + 1);
            corner = left;
        }
    }

    return row[n];
}


/* The field whose name is nearly this one; NULL: none is. */

static const sz_field_t *
sz_schema_nearest(const sz_field_t *fields, const char *name)
{
    unsigned           distance, least;
    const sz_field_t  *f, *nearest;

    if (strlen(name) > SZ_NAME_SHOWN) {
        return NULL;
    }

    nearest = NULL;
    least = (unsigned) strlen(name) / 4 + 2;

    for (f = fields; f->name != NULL; f++) {
        distance = sz_schema_distance(name, f->name);

        if (distance < least) {
            least = distance;
            nearest = f;
        }
    }

    return nearest;
}


static bool
sz_schema_unknown(const sz_field_t *fields, const char *name,
    sz_buf_t *problems)
{
    char               shown[SZ_NAME_SHOWN + 4], text[512];
    size_t             used;
    const sz_field_t  *f;

    sz_str_show(shown, SZ_NAME_SHOWN, sz_str_of(name));
    f = sz_schema_nearest(fields, name);

    if (f != NULL) {
        snprintf(text, sizeof(text), "is not known (did you mean `%s`?)",
                 f->name);
        return sz_schema_problem_of(problems, shown, text);
    }

    used = (size_t) snprintf(text, sizeof(text), "is not known; there %s",
                             (fields->name != NULL) ? "are"
                                                    : "are no arguments");

    for (f = fields; f->name != NULL && used < sizeof(text); f++) {
        used += (size_t) snprintf(text + used, sizeof(text) - used, "%s `%s`",
                                  (f == fields) ? "" : ",", f->name);
    }

    return sz_schema_problem_of(problems, shown, text);
}


/* One name that was sent: it is known, and says nothing twice. */

static bool
sz_schema_name(const sz_field_t *fields, const cJSON *args,
    const cJSON *member, sz_buf_t *notes, sz_buf_t *problems)
{
    const sz_field_t  *f;

    f = sz_schema_find(fields, member->string);

    if (f == NULL) {
        return sz_schema_unknown(fields, member->string, problems);
    }

    if (strcmp(f->name, member->string) == 0
        || sz_schema_is_absent(f, member))
    {
        return true;
    }

    if (sz_schema_value(f, args) != member) {
        return sz_schema_problem(problems, f, "and `%s` are the same; give "
                                 "one of them", member->string);
    }

    if (notes != NULL) {
        sz_buf_fmt(notes, "%s`%s` was taken for `%s`.",
                   (notes->len > 0) ? " " : "", member->string, f->name);
    }

    return true;
}


static bool
sz_schema_names(const sz_field_t *fields, const cJSON *args, sz_buf_t *notes,
    sz_buf_t *problems)
{
    bool          good;
    const cJSON  *member;

    good = true;

    cJSON_ArrayForEach(member, args) {
        good = sz_schema_name(fields, args, member, notes, problems) && good;

        if (problems->failed) {
            break;                      /* the text has no room for more */
        }
    }

    return good;
}


sz_code_e
sz_schema_read(const sz_field_t *fields, cJSON *args, void *values,
    sz_buf_t *notes, sz_error_t *err)
{
    bool               good;
    sz_buf_t           problems;
    const sz_field_t  *f;

    sz_buf_init(&problems, SZ_ERROR_TEXT);

    good = sz_schema_names(fields, args, notes, &problems);

    for (f = fields; f->name != NULL; f++) {
        good = sz_schema_member(f, args, values, &problems) && good;
    }

    if (good) {
        sz_buf_free(&problems);
        return SZ_OK;
    }

    sz_error_set(err, SZ_E_INPUT, "Wrong arguments: %.*s%s.",
                 (int) problems.len,
                 (problems.data != NULL) ? problems.data : "",
                 problems.failed ? " and more" : "");

    sz_buf_free(&problems);

    return SZ_E_INPUT;
}
