/*
 * What a provider says about a failure, whatever shape it gives it, and what
 * of it nobody may see.
 */

#include "openai/sz_openai.h"

#include <stdio.h>


/* An error in an error in an error: more is not looked at. */
#define SZ_SAID_DEPTH  4

/* Characters of a key behind its beginning; fewer are a word. */
#define SZ_KEY_REST  8

/* Fewer bytes of a secret than this tell nothing, and are in any text. */
#define SZ_SECRET_PART  8

/* Of the beginning of one in a result, whose strings may have been cut. */
#define SZ_SECRET_CUT   16


static bool sz_said_value(sz_said_t *said, const cJSON *value,
    unsigned depth);


static void
sz_said_add(char *dst, size_t max, const char *between, const char *text)
{
    size_t    len;
    sz_buf_t  all;

    len = strlen(dst);

    sz_buf_init(&all, len + strlen(between) + strlen(text) + 1);
    sz_buf_add(&all, dst, len);

    if (len > 0) {
        sz_buf_str(&all, sz_str_of(between));
    }

    sz_buf_str(&all, sz_str_of(text));
    sz_str_show(dst, max, sz_buf_view(&all));
    sz_buf_free(&all);
}


static bool
sz_said_message(sz_said_t *said, const cJSON *object, unsigned depth)
{
    size_t        i;
    const cJSON  *value;

    static const char *const  names[] = {
        "message", "msg", "error", "errors", "detail", "error_description",
        "description", "reason", "title"
    };

    for (i = 0; i < sz_array_len(names); i++) {
        value = sz_json_get(object, names[i]);

        if (sz_said_value(said, value, depth + 1)) {
            return true;
        }
    }

    return false;
}


static bool
sz_said_code(sz_said_t *said, const cJSON *object)
{
    size_t  i;

    static const char *const  names[] = { "code", "type" };

    for (i = 0; i < sz_array_len(names) && said->code[0] == '\0'; i++) {
        if (cJSON_IsString(sz_json_get(object, names[i]))
            || cJSON_IsNumber(sz_json_get(object, names[i])))
        {
            (void) sz_json_show(object, names[i], said->code, SZ_SAID_CODE);
        }
    }

    return said->code[0] != '\0';
}


/* FastAPI: {"loc":["body","size"],"msg":"field required"} */

static void
sz_said_place(sz_said_t *said, const cJSON *object)
{
    char          name[84];
    const cJSON  *step;

    name[0] = '\0';

    cJSON_ArrayForEach(step, sz_json_array(object, "loc")) {
        if (cJSON_IsString(step)) {
            sz_said_add(name, 80, ".", step->valuestring);
        }
    }

    if (name[0] != '\0') {
        sz_said_add(said->message, SZ_SAID_MESSAGE, "; ", name);
        sz_said_add(said->message, SZ_SAID_MESSAGE, ": ", "");
    }
}


static bool
sz_said_object(sz_said_t *said, const cJSON *object, unsigned depth)
{
    bool  code, message;

    code = (sz_json_array(object, "loc") == NULL)
           && sz_said_code(said, object);
    sz_said_place(said, object);
    message = sz_said_message(said, object, depth);

    return code || message;
}


static bool
sz_said_list(sz_said_t *said, const cJSON *list, unsigned depth)
{
    bool          any;
    const cJSON  *item;

    any = false;

    cJSON_ArrayForEach(item, list) {
        any = sz_said_value(said, item, depth + 1) || any;
    }

    return any;
}


/* Adds what a value has to say; false: nothing. */

static bool
sz_said_value(sz_said_t *said, const cJSON *value, unsigned depth)
{
    const char  *between;

    if (depth > SZ_SAID_DEPTH) {
        return false;
    }

    if (cJSON_IsArray(value)) {
        return sz_said_list(said, value, depth);
    }

    if (cJSON_IsObject(value)) {
        return sz_said_object(said, value, depth);
    }

    if (!cJSON_IsString(value) || value->valuestring[0] == '\0') {
        return false;
    }

    between = sz_str_ends(sz_str_of(said->message), ": ") ? "" : "; ";
    sz_said_add(said->message, SZ_SAID_MESSAGE, between, value->valuestring);

    return true;
}


bool
sz_said_error(sz_said_t *said, const cJSON *error)
{
    memset(said, 0, sizeof(sz_said_t));

    return sz_said_value(said, error, 0);
}


bool
sz_said(sz_said_t *said, const cJSON *answer)
{
    memset(said, 0, sizeof(sz_said_t));

    if (cJSON_IsArray(answer)) {
        return sz_said_value(said, answer, 0);
    }

    if (!sz_said_message(said, answer, 0)) {
        return false;
    }

    /* the code beside the message, or at the top */

    (void) sz_said_code(said, answer);

    return true;
}


void
sz_said_show(const sz_said_t *said, char *dst, size_t size)
{
    (void) snprintf(dst, size, "%s%s%s", said->code,
                    (said->code[0] != '\0' && said->message[0] != '\0')
                    ? ": " : "", said->message);
}


/* The bytes at p that a secret has, too: as many as there are. */

static size_t
sz_secret_match(sz_str_t secret, const char *p, size_t len)
{
    size_t       n, best;
    const char  *at, *end;

    if (len < SZ_SECRET_PART || secret.len < SZ_SECRET_PART) {
        return 0;
    }

    best = 0;
    at = secret.data;
    end = secret.data + secret.len;

    while ((at = memmem(at, (size_t) (end - at), p, SZ_SECRET_PART)) != NULL) {

        for (n = SZ_SECRET_PART; at + n < end && n < len && at[n] == p[n]; n++)
        {
            /* void */
        }

        best = (n > best) ? n : best;
        at++;
    }

    return best;
}


static size_t
sz_secrets_match(const sz_http_t *http, const char *p, size_t len)
{
    size_t  i, n, best;

    for (best = 0, i = 0; i < http->n_secrets; i++) {
        n = sz_secret_match(http->secrets[i], p, len);
        best = (n > best) ? n : best;
    }

    return best;
}


void
sz_http_blank(const sz_http_t *http, char *text)
{
    char    *to;
    size_t   n, len;

    len = strlen(text);

    for (to = text; len > 0; text += n, len -= n) {

        n = sz_secrets_match(http, text, len);

        if (n > 0) {
            memcpy(to, "***", 3);
            to += 3;

        } else {
            n = 1;
            *to++ = *text;
        }
    }

    *to = '\0';
}


/* As many bytes at p as begin the secret, if that is all of it or too much. */

static size_t
sz_secret_begins(sz_str_t secret, const char *p, size_t len)
{
    size_t  n;

    for (n = 0; n < len && n < secret.len && p[n] == secret.data[n]; n++) {
        /* void */
    }

    return (n == secret.len || (n >= SZ_SECRET_CUT && n >= secret.len / 2))
           ? n : 0;
}


static void
sz_secret_blank(sz_str_t secret, sz_buf_t *json)
{
    char    *to, *from, *end, *p;
    size_t   n;

    to = from = json->data;
    end = json->data + json->len;

    while ((p = memmem(from, (size_t) (end - from), secret.data,
                       SZ_SECRET_PART)) != NULL)
    {
        memmove(to, from, (size_t) (p - from));
        to += p - from;
        from = p;

        n = sz_secret_begins(secret, p, (size_t) (end - p));

        if (n > 0) {
            memcpy(to, "***", 3);
            to += 3;
            from += n;

        } else {
            *to++ = *from++;
        }
    }

    memmove(to, from, (size_t) (end - from));
    json->len -= (size_t) (from - to);
}


void
sz_http_blank_result(const sz_http_t *http, sz_buf_t *json)
{
    size_t  i;

    for (i = 0; i < http->n_secrets; i++) {
        if (http->secrets[i].len >= SZ_SECRET_PART && json->len > 0) {
            sz_secret_blank(http->secrets[i], json);
        }
    }
}


/*
 * The shapes of keys, for what is quoted of one that the gateway did not send:
 * by their beginnings, or behind "Bearer".
 */

static size_t
sz_key_begins(const char *text)
{
    size_t  i, n;

    static const char *const  beginnings[] = {
        "sk-", "sk_", "gsk_", "xai-", "AIza", "r8_", "hf_", "pplx-", "nvapi-",
        "fw_", "tgp_", "key_", "eyJ", "Bearer ", "bearer "
    };

    for (i = 0; i < sz_array_len(beginnings); i++) {
        n = strlen(beginnings[i]);

        if (strncmp(text, beginnings[i], n) == 0) {
            return n;
        }
    }

    return 0;
}


static bool
sz_key_has(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || (c != '\0' && strchr("-_.~*+/=", c));
}


void
sz_http_mask_keys(char *text)
{
    bool         word;
    char        *p, *end;
    size_t       n;

    for (word = false, p = text; *p != '\0'; p++) {

        n = word ? 0 : sz_key_begins(p);
        word = sz_key_has(*p);

        if (n == 0) {
            continue;
        }

        for (end = p + n; sz_key_has(*end); end++) {
            /* void */
        }

        while (end[-1] == '.' && end > p + n) {
            end--;                      /* of the sentence */
        }

        if ((size_t) (end - p) >= n + SZ_KEY_REST) {
            memcpy(p + n, "***", 3);
            memmove(p + n + 3, end, strlen(end) + 1);
            p += n + 2;
        }
    }
}
