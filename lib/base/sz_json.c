#include "base/sz_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>


/* cJSON copies a number into 64 bytes and cuts what is longer. */
#define SZ_JSON_MAX_NUMBER  60

#define SZ_JSON_MAX_SAFE    9007199254740991.0


typedef struct {
    const char   *start;
    const char   *p;
    const char   *end;
    size_t        values;
    sz_error_t   *err;
} sz_scan_t;


static bool sz_scan_value(sz_scan_t *s, unsigned depth);
static bool sz_scan_object(sz_scan_t *s, unsigned depth);
static bool sz_scan_array(sz_scan_t *s, unsigned depth);
static bool sz_scan_string(sz_scan_t *s);
static bool sz_scan_escape(sz_scan_t *s);
static bool sz_scan_hex4(sz_scan_t *s, unsigned *code);
static bool sz_scan_number(sz_scan_t *s);
static bool sz_scan_digits(sz_scan_t *s);
static bool sz_scan_word(sz_scan_t *s, const char *word);
static bool sz_json_unique(const cJSON *node, sz_error_t *err);


static bool
sz_scan_fail(sz_scan_t *s, const char *why)
{
    sz_error_set(s->err, SZ_E_INPUT, "%s at byte %zu", why,
                 (size_t) (s->p - s->start));
    return false;
}


static void
sz_scan_blank(sz_scan_t *s)
{
    while (s->p < s->end
           && (*s->p == ' ' || *s->p == '\n' || *s->p == '\r'
               || *s->p == '\t'))
    {
        s->p++;
    }
}


static bool
sz_scan_is(sz_scan_t *s, char c)
{
    if (s->p < s->end && *s->p == c) {
        s->p++;
        return true;
    }

    return false;
}


sz_code_e
sz_json_check(sz_str_t text, sz_error_t *err)
{
    sz_scan_t  s;

    if (text.len == 0) {
        return sz_error_set(err, SZ_E_INPUT, "the text is empty");
    }

    s = (sz_scan_t) { text.data, text.data, text.data + text.len, 0, err };

    if (!sz_utf8_valid(text)) {
        return sz_error_set(err, SZ_E_INPUT, "the text is not valid UTF-8");
    }

    sz_scan_blank(&s);

    if (!sz_scan_value(&s, 0)) {
        return SZ_E_INPUT;
    }

    sz_scan_blank(&s);

    if (s.p != s.end) {
        sz_scan_fail(&s, "unexpected text after the value");
        return SZ_E_INPUT;
    }

    return SZ_OK;
}


static bool
sz_scan_value(sz_scan_t *s, unsigned depth)
{
    if (s->p == s->end) {
        return sz_scan_fail(s, "the text ends too early");
    }

    if (++s->values > SZ_JSON_MAX_VALUES) {
        return sz_scan_fail(s, "more than 100000 values");
    }

    switch (*s->p) {

    case '{':
        return sz_scan_object(s, depth + 1);

    case '[':
        return sz_scan_array(s, depth + 1);

    case '"':
        return sz_scan_string(s);

    case 't':
        return sz_scan_word(s, "true");

    case 'f':
        return sz_scan_word(s, "false");

    case 'n':
        return sz_scan_word(s, "null");

    default:
        return sz_scan_number(s);
    }
}


static bool
sz_scan_object(sz_scan_t *s, unsigned depth)
{
    if (depth > SZ_JSON_MAX_DEPTH) {
        return sz_scan_fail(s, "nested deeper than 64 levels");
    }

    s->p++;
    sz_scan_blank(s);

    if (sz_scan_is(s, '}')) {
        return true;
    }

    for ( ;; ) {

        if (s->p == s->end || *s->p != '"') {
            return sz_scan_fail(s, "a member name is expected");
        }

        if (!sz_scan_string(s)) {
            return false;
        }

        sz_scan_blank(s);

        if (!sz_scan_is(s, ':')) {
            return sz_scan_fail(s, "':' is expected");
        }

        sz_scan_blank(s);

        if (!sz_scan_value(s, depth)) {
            return false;
        }

        sz_scan_blank(s);

        if (sz_scan_is(s, '}')) {
            return true;
        }

        if (!sz_scan_is(s, ',')) {
            return sz_scan_fail(s, "',' or '}' is expected");
        }

        sz_scan_blank(s);
    }
}


static bool
sz_scan_array(sz_scan_t *s, unsigned depth)
{
    if (depth > SZ_JSON_MAX_DEPTH) {
        return sz_scan_fail(s, "nested deeper than 64 levels");
    }

    s->p++;
    sz_scan_blank(s);

    if (sz_scan_is(s, ']')) {
        return true;
    }

    for ( ;; ) {

        if (!sz_scan_value(s, depth)) {
            return false;
        }

        sz_scan_blank(s);

        if (sz_scan_is(s, ']')) {
            return true;
        }

        if (!sz_scan_is(s, ',')) {
            return sz_scan_fail(s, "',' or ']' is expected");
        }

        sz_scan_blank(s);
    }
}


#define sz_bytes(c)    (0x0101010101010101ULL * (c))
#define sz_no_byte(w)  (((w) - sz_bytes(1)) & ~(w))

/*
 * Past what means nothing special in a string, eight bytes at a time: pictures
 * come as strings of tens of megabytes.
 */

static void
sz_scan_plain(sz_scan_t *s)
{
    uint64_t  w;

    while (s->end - s->p >= 8) {
        memcpy(&w, s->p, 8);

        if ((sz_no_byte(w ^ sz_bytes('"')) | sz_no_byte(w ^ sz_bytes('\\'))
             | ((w - sz_bytes(0x20)) & ~w)) & sz_bytes(0x80))
        {
            return;
        }

        s->p += 8;
    }
}


static bool
sz_scan_string(sz_scan_t *s)
{
    unsigned char  c;

    for (s->p++; s->p < s->end; s->p++) {

        sz_scan_plain(s);

        if (s->p == s->end) {
            break;
        }

        c = (unsigned char) *s->p;

        if (c == '"') {
            s->p++;
            return true;
        }

        if (c < 0x20) {
            return sz_scan_fail(s, "a control character in a string");
        }

        if (c == '\\' && !sz_scan_escape(s)) {
            return false;
        }
    }

    return sz_scan_fail(s, "a string without its end");
}


/* From the backslash to the last byte of the escape. */

static bool
sz_scan_escape(sz_scan_t *s)
{
    unsigned  code, low;

    s->p++;

    if (s->p == s->end) {
        return sz_scan_fail(s, "a string without its end");
    }

    if (*s->p != 'u') {
        return (*s->p != '\0' && strchr("\"\\/bfnrt", *s->p) != NULL)
               || sz_scan_fail(s, "an unknown escape");
    }

    if (!sz_scan_hex4(s, &code)) {
        return false;
    }

    if (code == 0) {
        return sz_scan_fail(s, "\\u0000 is not accepted");
    }

    if (code >= 0xdc00 && code <= 0xdfff) {
        return sz_scan_fail(s, "a lone surrogate");
    }

    if (code < 0xd800 || code > 0xdbff) {
        return true;
    }

    if (s->end - s->p < 3 || s->p[1] != '\\' || s->p[2] != 'u') {
        return sz_scan_fail(s, "a lone surrogate");
    }

    s->p += 2;

    return sz_scan_hex4(s, &low)
           && ((low >= 0xdc00 && low <= 0xdfff)
               || sz_scan_fail(s, "a lone surrogate"));
}


static bool
sz_scan_hex4(sz_scan_t *s, unsigned *code)
{
    int       digit;
    unsigned  i;

    *code = 0;

    for (i = 0; i < 4; i++) {
        s->p++;

        digit = (s->p < s->end) ? sz_hex(*s->p) : -1;

        if (digit < 0) {
            return sz_scan_fail(s, "four hex digits are expected");
        }

        *code = *code << 4 | (unsigned) digit;
    }

    return true;
}


static bool
sz_scan_number(sz_scan_t *s)
{
    const char  *first = s->p;

    (void) sz_scan_is(s, '-');

    if (!sz_scan_is(s, '0') && !sz_scan_digits(s)) {
        return sz_scan_fail(s, "a value is expected");
    }

    if (sz_scan_is(s, '.') && !sz_scan_digits(s)) {
        return sz_scan_fail(s, "a digit is expected");
    }

    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;

        if (!sz_scan_is(s, '+')) {
            (void) sz_scan_is(s, '-');
        }

        if (!sz_scan_digits(s)) {
            return sz_scan_fail(s, "a digit is expected");
        }
    }

    return s->p - first <= SZ_JSON_MAX_NUMBER
           || sz_scan_fail(s, "a number of more than 60 characters");
}


static bool
sz_scan_digits(sz_scan_t *s)
{
    const char  *first = s->p;

    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') {
        s->p++;
    }

    return s->p != first;
}


static bool
sz_scan_word(sz_scan_t *s, const char *word)
{
    size_t  n = strlen(word);

    if ((size_t) (s->end - s->p) < n || memcmp(s->p, word, n) != 0) {
        return sz_scan_fail(s, "a value is expected");
    }

    s->p += n;

    return true;
}


cJSON *
sz_json_parse(sz_str_t text, sz_error_t *err)
{
    cJSON  *root;

    if (sz_json_check(text, err) != SZ_OK) {
        return NULL;
    }

    root = cJSON_ParseWithLength(text.data, text.len);

    if (root == NULL) {
        sz_error_memory(err);
        return NULL;
    }

    if (!sz_json_unique(root, err)) {
        cJSON_Delete(root);
        return NULL;
    }

    return root;
}


static int
sz_json_by_name(const void *a, const void *b)
{
    return strcmp((*(const cJSON *const *) a)->string,
                  (*(const cJSON *const *) b)->string);
}


/*
 * Two members of one name: every reader picks another one, so none is safe
 * (RFC 8259, section 4).  Names are compared after their escapes are undone.
 */

static bool
sz_json_unique_members(const cJSON *object, sz_error_t *err)
{
    size_t         i, n;
    char           name[68];
    const cJSON   *member, **sorted, *few[16];

    n = (size_t) cJSON_GetArraySize(object);

    if (n < 2) {
        return true;
    }

    sorted = (n <= sz_array_len(few)) ? few : malloc(n * sizeof(cJSON *));

    if (sorted == NULL) {
        sz_error_memory(err);
        return false;
    }

    i = 0;

    cJSON_ArrayForEach(member, object) {
        sorted[i++] = member;
    }

    qsort(sorted, n, sizeof(cJSON *), sz_json_by_name);

    for (i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1]->string, sorted[i]->string) == 0) {
            sz_str_show(name, 64, sz_str_of(sorted[i]->string));
            sz_error_set(err, SZ_E_INPUT, "the member \"%s\" stands twice",
                         name);
            break;
        }
    }

    if (sorted != few) {
        free(sorted);
    }

    return i == n;
}


static bool
sz_json_unique(const cJSON *node, sz_error_t *err)
{
    const cJSON  *child;

    if (cJSON_IsObject(node) && !sz_json_unique_members(node, err)) {
        return false;
    }

    cJSON_ArrayForEach(child, node) {
        if (child->child != NULL && !sz_json_unique(child, err)) {
            return false;
        }
    }

    return true;
}


/*
 * Whether the raw text of a member name, quotes included, is key: names with
 * escapes are rare and go through cJSON.
 */

static bool
sz_json_name_is(sz_str_t raw, const char *key)
{
    bool    same;
    cJSON  *name;

    if (memchr(raw.data, '\\', raw.len) == NULL) {
        return sz_str_is((sz_str_t) { raw.len - 2, raw.data + 1 }, key);
    }

    name = cJSON_ParseWithLength(raw.data, raw.len);
    same = cJSON_IsString(name) && strcmp(name->valuestring, key) == 0;
    cJSON_Delete(name);

    return same;
}


sz_str_t
sz_json_member(sz_str_t object, const char *key)
{
    bool         found;
    sz_str_t     name;
    sz_scan_t    s;
    const char  *first;

    if (object.len == 0) {
        return sz_str_null;
    }

    s = (sz_scan_t) { object.data, object.data, object.data + object.len, 0,
                      NULL };
    sz_scan_blank(&s);

    if (!sz_scan_is(&s, '{')) {
        return sz_str_null;
    }

    for ( ;; ) {
        sz_scan_blank(&s);

        name.data = s.p;

        if (s.p == s.end || *s.p != '"' || !sz_scan_string(&s)) {
            return sz_str_null;
        }

        name.len = (size_t) (s.p - name.data);
        found = sz_json_name_is(name, key);

        sz_scan_blank(&s);
        (void) sz_scan_is(&s, ':');
        sz_scan_blank(&s);

        first = s.p;

        if (!sz_scan_value(&s, 0)) {
            return sz_str_null;
        }

        if (found) {
            return (sz_str_t) { (size_t) (s.p - first), first };
        }

        sz_scan_blank(&s);
        (void) sz_scan_is(&s, ',');
    }
}


/* What is left begins with the bracket or the comma before the element. */

sz_str_t
sz_json_item(sz_str_t *rest)
{
    sz_scan_t    s;
    const char  *first;

    if (rest->len == 0) {
        return sz_str_null;
    }

    s = (sz_scan_t) { rest->data, rest->data, rest->data + rest->len, 0,
                      NULL };
    sz_scan_blank(&s);

    if (!sz_scan_is(&s, '[') && !sz_scan_is(&s, ',')) {
        return sz_str_null;
    }

    sz_scan_blank(&s);
    first = s.p;

    if (s.p == s.end || *s.p == ']' || !sz_scan_value(&s, 0)) {
        return sz_str_null;
    }

    rest->data = s.p;
    rest->len = (size_t) (s.end - s.p);

    return (sz_str_t) { (size_t) (s.p - first), first };
}


const cJSON *
sz_json_get(const cJSON *object, const char *key)
{
    return cJSON_IsObject(object)
           ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}


const char *
sz_json_string(const cJSON *object, const char *key)
{
    const cJSON  *value = sz_json_get(object, key);

    return cJSON_IsString(value) ? value->valuestring : NULL;
}


const cJSON *
sz_json_given(const cJSON *object, const char *key)
{
    const cJSON  *value = sz_json_get(object, key);

    return cJSON_IsNull(value) ? NULL : value;
}


const cJSON *
sz_json_object(const cJSON *object, const char *key)
{
    const cJSON  *value = sz_json_get(object, key);

    return cJSON_IsObject(value) ? value : NULL;
}


const cJSON *
sz_json_array(const cJSON *object, const char *key)
{
    const cJSON  *value = sz_json_get(object, key);

    return cJSON_IsArray(value) ? value : NULL;
}


bool
sz_json_integer(const cJSON *value, int64_t *n)
{
    double  d;

    if (!cJSON_IsNumber(value)) {
        return false;
    }

    d = value->valuedouble;

    if (!(fabs(d) <= SZ_JSON_MAX_SAFE) || d != floor(d)) {
        return false;
    }

    *n = (int64_t) d;

    return true;
}


void
sz_jw_init(sz_jw_t *w, sz_buf_t *buf)
{
    w->buf = buf;
    w->comma = false;
}


static void
sz_jw_next(sz_jw_t *w)
{
    if (w->comma) {
        sz_buf_c(w->buf, ',');
    }

    w->comma = true;
}


void
sz_jw_open(sz_jw_t *w, char bracket)
{
    sz_jw_next(w);
    sz_buf_c(w->buf, bracket);
    w->comma = false;
}


void
sz_jw_close(sz_jw_t *w, char bracket)
{
    sz_buf_c(w->buf, bracket);
    w->comma = true;
}


void
sz_jw_key(sz_jw_t *w, const char *key)
{
    sz_jw_str(w, sz_str_of(key));
    sz_buf_c(w->buf, ':');
    w->comma = false;
}


void
sz_jw_str(sz_jw_t *w, sz_str_t s)
{
    size_t          i, first;
    const char     *escape;
    unsigned char   c;

    static const char  escapes[] = "\b\t\n\f\r\"\\";
    static const char  letters[] = "btnfr\"\\";

    sz_jw_next(w);
    sz_buf_c(w->buf, '"');

    for (first = 0, i = 0; i < s.len; i++) {

        c = (unsigned char) s.data[i];

        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }

        sz_buf_add(w->buf, s.data + first, i - first);
        first = i + 1;

        escape = memchr(escapes, c, sizeof(escapes) - 1);

        if (escape != NULL) {
            sz_buf_c(w->buf, '\\');
            sz_buf_c(w->buf, letters[escape - escapes]);

        } else {
            sz_buf_fmt(w->buf, "\\u%04x", c);
        }
    }

    if (first < s.len) {
        sz_buf_add(w->buf, s.data + first, s.len - first);
    }

    sz_buf_c(w->buf, '"');
}


void
sz_jw_cstr(sz_jw_t *w, const char *s)
{
    if (s == NULL) {
        sz_jw_null(w);
        return;
    }

    sz_jw_str(w, sz_str_of(s));
}


void
sz_jw_int(sz_jw_t *w, int64_t n)
{
    sz_jw_next(w);
    sz_buf_fmt(w->buf, "%lld", (long long) n);
}


void
sz_jw_num(sz_jw_t *w, double d)
{
    int   digits;
    char  text[32];

    if (!isfinite(d)) {
        sz_jw_null(w);
        return;
    }

    if (fabs(d) <= SZ_JSON_MAX_SAFE && d == floor(d)) {
        sz_jw_int(w, (int64_t) d);
        return;
    }

    /* the shortest of the three that reads back as the same double */

    for (digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, d);

        if (strtod(text, NULL) == d) {
            break;
        }
    }

    sz_jw_raw(w, sz_str_of(text));
}


void
sz_jw_bool(sz_jw_t *w, bool b)
{
    sz_jw_raw(w, b ? sz_str("true") : sz_str("false"));
}


void
sz_jw_null(sz_jw_t *w)
{
    sz_jw_raw(w, sz_str("null"));
}


void
sz_jw_raw(sz_jw_t *w, sz_str_t json)
{
    sz_jw_next(w);
    sz_buf_str(w->buf, json);
}


void
sz_jw_node(sz_jw_t *w, const cJSON *node)
{
    char          bracket;
    const cJSON  *child;

    if (cJSON_IsString(node)) {
        sz_jw_cstr(w, node->valuestring);

    } else if (cJSON_IsNumber(node)) {
        sz_jw_num(w, node->valuedouble);

    } else if (cJSON_IsBool(node)) {
        sz_jw_bool(w, cJSON_IsTrue(node));

    } else if (cJSON_IsObject(node) || cJSON_IsArray(node)) {
        bracket = cJSON_IsObject(node) ? '{' : '[';

        sz_jw_open(w, bracket);

        cJSON_ArrayForEach(child, node) {
            if (bracket == '{') {
                sz_jw_key(w, child->string);
            }

            sz_jw_node(w, child);
        }

        sz_jw_close(w, (bracket == '{') ? '}' : ']');

    } else {
        sz_jw_null(w);
    }
}


void
sz_jw_kstr(sz_jw_t *w, const char *key, const char *s)
{
    sz_jw_key(w, key);
    sz_jw_cstr(w, s);
}


void
sz_jw_kint(sz_jw_t *w, const char *key, int64_t n)
{
    sz_jw_key(w, key);
    sz_jw_int(w, n);
}


void
sz_jw_kbool(sz_jw_t *w, const char *key, bool b)
{
    sz_jw_key(w, key);
    sz_jw_bool(w, b);
}


void
sz_jw_kraw(sz_jw_t *w, const char *key, sz_str_t json)
{
    sz_jw_key(w, key);
    sz_jw_raw(w, json);
}


void
sz_jw_knode(sz_jw_t *w, const char *key, const cJSON *node)
{
    sz_jw_key(w, key);
    sz_jw_node(w, node);
}
