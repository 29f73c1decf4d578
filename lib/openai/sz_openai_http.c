#include "openai/sz_openai.h"

#include <stdio.h>
#include <stdlib.h>


#define SZ_ANSWER_MAX    (4 * 1024 * 1024)
#define SZ_SHOWN_ANSWER  240


static const char *const  sz_service_names[] = {
    [SZ_SERVICE_VIDEO] = "video",
    [SZ_SERVICE_IMAGE] = "image",
    [SZ_SERVICE_SPEECH] = "speech",
    [SZ_SERVICE_TRANSCRIPTION] = "transcription",
    [SZ_SERVICE_TEXT] = "text",
    [SZ_SERVICES] = NULL
};


const char *
sz_service_name(sz_service_e service)
{
    return sz_service_names[service];
}


void
sz_http_init(sz_http_t *http, sz_service_e service)
{
    memset(http, 0, sizeof(sz_http_t));

    http->service = service;
    http->expected = -1;
    http->max_answer = SZ_ANSWER_MAX;
    sz_buf_init(&http->answer, SZ_ANSWER_MAX);
}


void
sz_http_reset(sz_http_t *http)
{
    sz_http_free(http);

    http->error.code = SZ_OK;
    http->status = 0;
    http->type[0] = '\0';
    http->location[0] = '\0';
    http->request_id[0] = '\0';
    http->received = 0;
    http->expected = -1;

    sz_buf_init(&http->answer, http->max_answer);
}


void
sz_http_free(sz_http_t *http)
{
    sz_buf_free(&http->answer);
    cJSON_Delete(http->answer_json);
    http->answer_json = NULL;
}


void
sz_http_parse(sz_http_t *http)
{
    sz_str_t  text;

    text = sz_buf_view(&http->answer);

    if (sz_str_starts(text, "\xef\xbb\xbf")) {
        text.data += 3;
        text.len -= 3;
    }

    while (text.len > 0 && strchr(" \t\r\n", text.data[0]) != NULL) {
        text.data++;
        text.len--;
    }

    if (text.len > 0 && (text.data[0] == '{' || text.data[0] == '[')) {
        http->answer_json = sz_answer_parse(text);
    }
}


/* The unreserved characters of RFC 3986. */

static bool
sz_path_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9')
           || c == '-' || c == '.' || c == '_' || c == '~';
}


/* One value; "." and ".." would be steps of the path. */

static char *
sz_path_encode(char *p, const char *s)
{
    bool  dots;

    static const char  hex[] = "0123456789ABCDEF";

    dots = (strcmp(s, ".") == 0 || strcmp(s, "..") == 0);

    for ( /* void */ ; *s != '\0'; s++) {

        if (sz_path_plain(*s) && !dots) {
            *p++ = *s;
            continue;
        }

        *p++ = '%';
        *p++ = hex[(unsigned char) *s >> 4];
        *p++ = hex[(unsigned char) *s & 15];
    }

    return p;
}


char *
sz_path(sz_arena_t *arena, const char *fmt, ...)
{
    char        *path, *p;
    size_t       size;
    va_list      args;
    const char  *f;

    size = strlen(fmt) + 1;

    va_start(args, fmt);

    for (f = fmt; (f = strstr(f, "%s")) != NULL; f += 2) {
        size += 3 * strlen(va_arg(args, const char *));
    }

    va_end(args);

    path = sz_alloc(arena, size);
    if (path == NULL) {
        return NULL;
    }

    va_start(args, fmt);

    for (p = path, f = fmt; *f != '\0'; f++) {

        if (f[0] != '%' || f[1] != 's') {
            *p++ = *f;
            continue;
        }

        p = sz_path_encode(p, va_arg(args, const char *));
        f++;
    }

    va_end(args);

    return path;
}


/* {"error":{"message":…,"code":…}}, or the same fields at the top. */

static const cJSON *
sz_http_error_object(const sz_http_t *http)
{
    const cJSON  *answer, *error;

    answer = http->answer_json;

    if (cJSON_IsArray(answer)) {
        answer = answer->child;
    }

    error = sz_json_object(answer, "error");

    return (error != NULL) ? error : answer;
}


const char *
sz_http_error_code(const sz_http_t *http)
{
    const char   *code;
    const cJSON  *error;

    error = sz_http_error_object(http);
    code = sz_json_string(error, "code");

    return (code != NULL) ? code : sz_json_string(error, "type");
}


/* An answer that is none of ours, by its first bytes. */

static void
sz_http_describe_text(const sz_http_t *http, char *dst, size_t size)
{
    char  shown[SZ_SHOWN_ANSWER + 4], type[104];

    sz_str_show(shown, SZ_SHOWN_ANSWER, sz_buf_view(&http->answer));
    sz_str_show(type, 100, (http->type[0] != '\0') ? sz_str_of(http->type)
                                                   : sz_str("no type"));

    (void) snprintf(dst, size, " with %s%s: %s",
                    (http->answer_json == NULL) ? type : "",
                    (http->answer_json == NULL) ? " instead of a JSON answer"
                    : cJSON_IsArray(http->answer_json)
                      ? "a list instead of an object" : "no reason", shown);
}


static void
sz_http_describe(const sz_http_t *http, char *dst, size_t size)
{
    char       place[124], words[SZ_SAID_TEXT];
    sz_str_t   location;
    sz_said_t  said;

    if (sz_said(&said, http->answer_json)) {
        sz_said_show(&said, words, sizeof(words));
        (void) snprintf(dst, size, "%s%s",
                        (said.code[0] != '\0') ? " " : ": ", words);

    } else if (http->location[0] != '\0' && http->status / 100 == 3) {

        /* what follows a question mark may be a signature */

        location = sz_str_of(http->location);
        location.len = strcspn(http->location, "?#");
        sz_str_show(place, 120, location);
        (void) snprintf(dst, size, " and sends the gateway on to \"%s\", "
                        "where it does not go with %s", place,
                        http->creates ? "what costs money" : "the key");

    } else if (http->answer.len > 0) {
        sz_http_describe_text(http, dst, size);

    } else {
        (void) snprintf(dst, size, " without saying why");
    }
}


/* An address of the provider that does not exist is the operator's mistake. */

static bool
sz_http_is_lost(const sz_http_t *http, const char *code)
{
    return http->answer_json == NULL
           || (code != NULL && strcmp(code, "unknown_url") == 0);
}


static bool
sz_http_is_moderated(const char *code)
{
    size_t  i;

    static const char *const  codes[] = {
        "moderation_blocked", "content_policy_violation", "content_filter"
    };

    for (i = 0; i < sz_array_len(codes) && code != NULL; i++) {
        if (strcmp(code, codes[i]) == 0) {
            return true;
        }
    }

    return false;
}


const char *
sz_http_doubt(const sz_http_t *http)
{
    if (!http->creates) {
        return "";
    }

    return (http->doubt != NULL) ? http->doubt
           : " It may have begun the job: look before you start it again.";
}


const char *
sz_http_concern(const sz_http_t *http)
{
    int          status = http->status;
    const char  *code;

    code = sz_http_error_code(http);

    if (sz_retry_spent(code) || status == 402) {
        return "account";
    }

    if (status == 401 || (status == 403 && !sz_http_is_moderated(code))) {
        return "key";
    }

    if (status / 100 == 3
        || ((status == 404 || status == 405) && sz_http_is_lost(http, code)))
    {
        return "base_url";
    }

    return (status == 407 || status >= 500) ? "" : NULL;
}


/* What the caller can do about it. */

static const char *
sz_http_advice(const sz_http_t *http)
{
    int          status = http->status;
    const char  *code;

    code = sz_http_error_code(http);

    if (sz_retry_spent(code) || status == 402) {
        return " The operator of the gateway has to look at the account with "
               "this provider.";
    }

    if (sz_http_is_moderated(code)) {
        return " Change the prompt: the same one will be refused again.";
    }

    if (status == 401 || status == 403) {
        return " The operator of the gateway has to look at the key of this "
               "provider.";
    }

    if (status / 100 == 3
        || ((status == 404 || status == 405) && sz_http_is_lost(http, code)))
    {
        return " The operator of the gateway has to look at the base_url of "
               "this provider.";
    }

    if (http->hint != NULL
        && (status == 400 || status == 404 || status == 409))
    {
        return http->hint;
    }

    if (status == 404) {
        return " Check the id or the model name.";
    }

    if (http->creates
        && ((status >= 500 && status != 503)
            || (status / 100 == 2 && !cJSON_IsObject(http->answer_json))))
    {
        return sz_http_doubt(http);
    }

    return (status == 429 || status >= 500) ? " Try again later." : "";
}


/*
 * Some answer 200 and an error.  What has an id or rows is what was asked for,
 * such as a job that failed.
 */

static bool
sz_http_is_error(const sz_http_t *http)
{
    sz_said_t     said;
    const cJSON  *answer = http->answer_json, *id, *data;

    id = sz_json_get(answer, "id");
    data = sz_json_get(answer, "data");

    if (cJSON_IsString(id) || cJSON_IsNumber(id)
        || cJSON_IsObject(data) || cJSON_IsArray(data))
    {
        return false;
    }

    return sz_said_error(&said, sz_json_get(answer, "error"))
           || (http->method != SZ_DELETE && sz_said(&said, answer));
}


static bool
sz_http_is_good(const sz_http_t *http)
{
    if (http->status < 200 || http->status >= 300) {
        return false;
    }

    if (http->sink != NULL || http->reader != NULL) {
        return true;
    }

    if (http->method == SZ_DELETE && http->answer.len == 0) {
        return true;
    }

    return cJSON_IsObject(http->answer_json) && !sz_http_is_error(http);
}


/* Ends the provider's sentence where another one follows. */

static const char *
sz_http_stop(const char *said, const char *advice)
{
    size_t  len = strlen(said);

    return (advice[0] == '\0' || len == 0
            || strchr(".!?", said[len - 1]) != NULL) ? "" : ".";
}


sz_code_e
sz_http_result(const sz_http_t *http, const char *what, sz_error_t *err)
{
    char         said[SZ_SAID_MESSAGE + 256];
    char         id[160], shown[132];
    const char  *advice;

    if (sz_http_is_good(http) && http->error.code == SZ_OK) {
        return SZ_OK;
    }

    if (http->error.code != SZ_OK) {
        if (err != NULL) {
            sz_error_from(err, &http->error, "Could not %s: %s", what,
                          http->error.text);
        }

    } else {
        sz_http_describe(http, said, sizeof(said));
        sz_http_blank(http, said);
        sz_http_mask_keys(said);

        id[0] = '\0';

        if (http->request_id[0] != '\0') {
            sz_str_show(shown, 128, sz_str_of(http->request_id));
            (void) snprintf(id, sizeof(id), " (request %s)", shown);
        }

        advice = sz_http_advice(http);

        sz_error_set(err, (http->status == 404) ? SZ_E_NOT_FOUND
                                                : SZ_E_UPSTREAM,
                     "Could not %s: the %s provider answered %d%s%s%s%s",
                     what, sz_service_name(http->service), http->status,
                     said, id, sz_http_stop(said, advice), advice);
    }

    if (err != NULL) {
        sz_http_blank(http, err->text);
    }

    return (http->error.code != SZ_OK) ? http->error.code
           : (http->status == 404) ? SZ_E_NOT_FOUND : SZ_E_UPSTREAM;
}
