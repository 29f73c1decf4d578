/*
 * JSON as providers write it: first its text is mended, without a look at what
 * stands in what, then the strict reader has the last word.  And what is taken
 * out of it where types are not as promised.
 */

#include "base/sz_json.h"

#include <math.h>
#include <stdlib.h>


/* Doubles hold integers of so many digits. */
#define SZ_MEND_DIGITS  15

#define SZ_MEND_NUMBER  60          /* characters; the strict reader's limit */

#define SZ_REPLACEMENT  "\xef\xbf\xbd"


typedef struct {
    const char  *p;
    const char  *end;
    sz_buf_t    *out;
} sz_mend_t;


static void
sz_mend_copy(sz_mend_t *m, size_t n)
{
    sz_buf_add(m->out, m->p, n);
    m->p += n;
}


static void
sz_mend_replace(sz_mend_t *m, size_t n, const char *with)
{
    sz_buf_str(m->out, sz_str_of(with));
    m->p += n;
}


/* The number of the \u escape at p; -1: there is none. */

static int
sz_mend_code(const char *p, const char *end)
{
    int       code, digit;
    unsigned  i;

    if (end - p < 6 || p[0] != '\\' || p[1] != 'u') {
        return -1;
    }

    for (code = 0, i = 2; i < 6; i++) {
        digit = sz_hex(p[i]);

        if (digit < 0) {
            return -1;
        }

        code = code << 4 | digit;
    }

    return code;
}


/* A backslash that begins nothing JSON knows stands for itself. */

static void
sz_mend_escape(sz_mend_t *m)
{
    int   code, low;
    char  next;

    code = sz_mend_code(m->p, m->end);

    if (code < 0) {
        next = (m->end - m->p >= 2) ? m->p[1] : '\0';

        if (next != '\0' && strchr("\"\\/bfnrt", next) != NULL) {
            sz_mend_copy(m, 2);

        } else {
            sz_mend_replace(m, 1, "\\\\");
        }

        return;
    }

    low = (code >= 0xd800 && code <= 0xdbff) ? sz_mend_code(m->p + 6, m->end)
                                             : -1;

    if (low >= 0xdc00 && low <= 0xdfff) {
        sz_mend_copy(m, 12);

    } else if (code == 0 || (code >= 0xd800 && code <= 0xdfff)) {
        sz_mend_replace(m, 6, "\\ufffd");

    } else {
        sz_mend_copy(m, 6);
    }
}


/* The length of what needs no mending. */

static size_t
sz_mend_plain(const sz_mend_t *m)
{
    size_t          n;
    const char     *p;
    unsigned char   c;

    for (p = m->p; p < m->end; p += n) {

        c = (unsigned char) *p;

        if (c < 0x20 || c == '"' || c == '\\') {
            break;
        }

        n = 1;

        if (c >= 0x80
            && sz_utf8_char((sz_str_t) { (size_t) (m->end - p), p }, &n)
               == SZ_CHAR_INVALID)
        {
            break;
        }
    }

    return (size_t) (p - m->p);
}


/* From its first quote to its last one, or to the end of the text. */

static void
sz_mend_string(sz_mend_t *m)
{
    sz_mend_copy(m, 1);

    while (m->p < m->end) {

        sz_mend_copy(m, sz_mend_plain(m));

        if (m->p == m->end) {
            return;
        }

        switch (*m->p) {

        case '"':
            sz_mend_copy(m, 1);
            return;

        case '\\':
            sz_mend_escape(m);
            break;

        case '\n':
            sz_mend_replace(m, 1, "\\n");
            break;

        case '\r':
            sz_mend_replace(m, 1, "\\r");
            break;

        case '\t':
            sz_mend_replace(m, 1, "\\t");
            break;

        default:
            sz_mend_replace(m, 1, SZ_REPLACEMENT);
        }
    }
}


/* NaN and the infinities, as JavaScript, Python and C write them. */

static size_t
sz_mend_no_number(const sz_mend_t *m)
{
    size_t    i, sign;
    sz_str_t  rest, word;

    static const char *const  words[] = { "infinity", "inf", "nan" };

    sign = (*m->p == '-' || *m->p == '+');
    rest = (sz_str_t) { (size_t) (m->end - m->p) - sign, m->p + sign };

    for (i = 0; i < sz_array_len(words); i++) {
        word = sz_str_of(words[i]);

        if (rest.len >= word.len
            && sz_str_caseeq((sz_str_t) { word.len, rest.data }, word))
        {
            return sign + word.len;
        }
    }

    return 0;
}


/*
 * A number too long for us is no value; an integer of more digits than a double
 * holds, such as an id, becomes a string.
 */

static void
sz_mend_number(sz_mend_t *m)
{
    size_t       n, sign, digits;
    const char  *p;

    for (p = m->p; p < m->end && *p != '\0'; p++) {
        if (strchr("0123456789+-.eE", *p) == NULL) {
            break;
        }
    }

    n = (size_t) (p - m->p);

    sign = (*m->p == '-');
    digits = n - sign;

    if (n > SZ_MEND_NUMBER) {
        sz_mend_replace(m, n, "null");

    } else if (digits > SZ_MEND_DIGITS
               && sz_str_digits((sz_str_t) { digits, m->p + sign }))
    {
        sz_buf_c(m->out, '"');
        sz_mend_copy(m, n);
        sz_buf_c(m->out, '"');

    } else {
        sz_mend_copy(m, n);
    }
}


/* The length of what is neither in a string nor may begin a number. */

static size_t
sz_mend_between(const sz_mend_t *m)
{
    const char  *p;

    for (p = m->p; p < m->end; p++) {
        if (*p != '\0' && strchr("\"+-0123456789iInN", *p) != NULL) {
            break;
        }
    }

    return (size_t) (p - m->p);
}


static void
sz_mend_text(sz_mend_t *m)
{
    size_t  n;

    if (m->end - m->p >= 3 && memcmp(m->p, "\xef\xbb\xbf", 3) == 0) {
        m->p += 3;
    }

    while (m->p < m->end && !m->out->failed) {

        if (*m->p == '"') {
            sz_mend_string(m);
            continue;
        }

        n = sz_mend_between(m);

        if (n > 0) {
            sz_mend_copy(m, n);
            continue;
        }

        n = sz_mend_no_number(m);

        if (n > 0) {
            sz_mend_replace(m, n, "null");

        } else if (*m->p == '-' || (*m->p >= '0' && *m->p <= '9')) {
            sz_mend_number(m);

        } else {
            sz_mend_copy(m, 1);
        }
    }
}


sz_code_e
sz_json_mend(sz_str_t text, sz_buf_t *out, sz_error_t *err)
{
    sz_mend_t  m;

    sz_buf_init(out, SZ_JSON_MENDED(text.len));

    if (text.len > 0) {
        m = (sz_mend_t) { text.data, text.data + text.len, out };
        (void) sz_buf_reserve(out, text.len);
        sz_mend_text(&m);
    }

    if (out->failed) {
        return sz_error_memory(err);
    }

    return sz_json_check(sz_buf_view(out), err);
}


/*
 * Doubled members
 */

typedef struct {
    cJSON   *member;
    size_t   n;                     /* its place in the object */
} sz_member_t;


static int
sz_member_order(const void *a, const void *b)
{
    int                 rc;
    const sz_member_t  *x = a, *y = b;

    rc = strcmp(x->member->string, y->member->string);

    return (rc != 0) ? rc : (x->n > y->n) - (x->n < y->n);
}


static bool
sz_json_thin_object(cJSON *object)
{
    size_t        i, n;
    cJSON        *member;
    sz_member_t  *sorted;

    n = (size_t) cJSON_GetArraySize(object);

    if (n < 2) {
        return true;
    }

    sorted = malloc(n * sizeof(sz_member_t));

    if (sorted == NULL) {
        return false;
    }

    i = 0;

    cJSON_ArrayForEach(member, object) {
        sorted[i] = (sz_member_t) { member, i };
        i++;
    }

    qsort(sorted, n, sizeof(sz_member_t), sz_member_order);

    for (i = n - 1; i > 0; i--) {
        if (strcmp(sorted[i - 1].member->string, sorted[i].member->string)
            == 0)
        {
            cJSON_Delete(cJSON_DetachItemViaPointer(object,
                                                    sorted[i].member));
        }
    }

    free(sorted);

    return true;
}


/* Of members with one name the first stays, as for sz_json_member(). */

static bool
sz_json_thin(cJSON *node)
{
    cJSON  *child;

    if (cJSON_IsObject(node) && !sz_json_thin_object(node)) {
        return false;
    }

    cJSON_ArrayForEach(child, node) {
        if (child->child != NULL && !sz_json_thin(child)) {
            return false;
        }
    }

    return true;
}


cJSON *
sz_json_parse_lenient(sz_str_t text, sz_error_t *err)
{
    cJSON     *root;
    sz_buf_t   mended;

    root = NULL;

    if (sz_json_mend(text, &mended, err) == SZ_OK) {

        root = cJSON_ParseWithLength(mended.data, mended.len);

        if (root == NULL || !sz_json_thin(root)) {
            cJSON_Delete(root);
            root = NULL;
            sz_error_memory(err);
        }
    }

    sz_buf_free(&mended);

    return root;
}


bool
sz_json_number(const cJSON *value, double *d)
{
    char        *end;
    size_t       n;
    const char  *text;

    if (cJSON_IsNumber(value)) {
        *d = value->valuedouble;
        return true;
    }

    if (!cJSON_IsString(value)) {
        return false;
    }

    /* strtod() knows more than numbers */

    text = value->valuestring;
    n = strspn(text, "0123456789+-.eE");

    *d = strtod(text, &end);

    return n > 0 && end == text + n && isfinite(*d)
           && (*end == '\0' || strcmp(end, "%") == 0);
}


bool
sz_json_bool(const cJSON *value, bool *b)
{
    sz_str_t  text;

    if (cJSON_IsBool(value)) {
        *b = cJSON_IsTrue(value);
        return true;
    }

    text = cJSON_IsString(value) ? sz_str_of(value->valuestring) : sz_str_null;
    *b = sz_str_caseeq(text, sz_str("true"));

    return *b || sz_str_caseeq(text, sz_str("false"));
}


bool
sz_json_text(const cJSON *object, const char *key, char *dst, size_t size)
{
    sz_jw_t       w;
    sz_buf_t      out;
    const cJSON  *value;

    value = sz_json_get(object, key);
    sz_buf_init(&out, size - 1);

    if (cJSON_IsString(value)) {
        sz_buf_str(&out, sz_str_of(value->valuestring));

    } else if (cJSON_IsNumber(value)) {
        sz_jw_init(&w, &out);
        sz_jw_num(&w, value->valuedouble);
    }

    if (out.failed) {
        out.len = 0;
    }

    if (out.len > 0) {
        memcpy(dst, out.data, out.len);
    }

    dst[out.len] = '\0';
    sz_buf_free(&out);

    return dst[0] != '\0';
}


bool
sz_json_show(const cJSON *object, const char *key, char *dst, size_t max)
{
    sz_jw_t       w;
    sz_buf_t      out;
    const cJSON  *value;

    value = sz_json_get(object, key);
    dst[0] = '\0';

    if (cJSON_IsString(value)) {
        sz_str_show(dst, max, sz_str_of(value->valuestring));
        return true;
    }

    if (value == NULL || cJSON_IsNull(value)) {
        return false;
    }

    /* as JSON; what does not fit is not shown anyway */

    sz_buf_init(&out, 4 * max + 64);
    sz_jw_init(&w, &out);
    sz_jw_node(&w, value);
    sz_str_show(dst, max, sz_buf_view(&out));
    sz_buf_free(&out);

    return true;
}
