#include "openai/sz_openai.h"

#include <stdio.h>
#include <stdlib.h>


#define SZ_ANSWER_MAX    (4 * 1024 * 1024)
#define SZ_SHOWN_ANSWER  240
#define SZ_SHOWN_TEXT    480


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


/* "application/json", "application/problem+json; charset=utf-8" */

static bool
sz_http_is_json(const sz_http_t *http)
{
    sz_str_t     type;
    const char  *end;

    type = sz_str_of(http->type);
    end = memchr(type.data, ';', type.len);

    if (end != NULL) {
        type.len = (size_t) (end - type.data);
    }

    type = sz_str_trim(type);

    return sz_str_caseeq(type, sz_str("application/json"))
           || (type.len > 5
               && sz_str_caseeq((sz_str_t) { 5, type.data + type.len - 5 },
                                sz_str("+json")));
}


void
sz_http_parse(sz_http_t *http)
{
    if (http->answer.len > 0 && sz_http_is_json(http)) {
        http->answer_json = sz_json_parse(sz_buf_view(&http->answer), NULL);
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
    const cJSON  *error;

    error = sz_json_object(http->answer_json, "error");

    return (error != NULL) ? error : http->answer_json;
}


const char *
sz_http_error_code(const sz_http_t *http)
{
    return sz_json_string(sz_http_error_object(http), "code");
}


/*
 * An error text may quote the key it complains about; nothing that looks like
 * one reaches a client or a log.
 */

static void
sz_http_mask_keys(char *text)
{
    char  *p, *end;

    for (p = text; (p = strstr(p, "sk-")) != NULL; p++) {

        end = p + 3;

        while (sz_path_plain(*end) || *end == '*') {
            end++;
        }

        if (end - p > 6) {
            memcpy(p + 3, "***", 3);
            memmove(p + 6, end, strlen(end) + 1);
        }
    }
}


static void
sz_http_describe(const sz_http_t *http, char *dst, size_t size)
{
    char          shown[SZ_SHOWN_TEXT + 4];
    const char   *message, *code;
    const cJSON  *error;

    error = sz_http_error_object(http);
    message = sz_json_string(error, "message");

    if (message == NULL) {
        message = sz_json_string(http->answer_json, "error");
    }

    if (message == NULL) {
        message = sz_json_string(http->answer_json, "detail");
    }

    if (message != NULL) {
        code = sz_json_string(error, "code");

        if (code == NULL) {
            code = sz_json_string(error, "type");
        }

        sz_str_show(shown, SZ_SHOWN_TEXT, sz_str_of(message));
        snprintf(dst, size, "%s%.80s: %s", (code != NULL) ? " " : "",
                 (code != NULL) ? code : "", shown);

    } else if (http->answer.len > 0) {
        sz_str_show(shown, SZ_SHOWN_ANSWER, sz_buf_view(&http->answer));
        snprintf(dst, size, " with %.100s instead of a JSON answer: %s",
                 (http->type[0] != '\0') ? http->type : "no type", shown);

    } else {
        snprintf(dst, size, " without saying why");
    }

    sz_http_mask_keys(dst);
}


/* What the caller can do about it, by status. */

static const char *
sz_http_advice(int status)
{
    switch (status) {

    case 401:
    case 403:
        return " The operator of the gateway has to look at the key of this "
               "provider.";

    case 404:
        return " Check the id or the model name.";

    case 429:
        return " Try again later.";

    default:
        return (status >= 500) ? " Try again later." : "";
    }
}


sz_code_e
sz_http_result(const sz_http_t *http, const char *what, sz_error_t *err)
{
    char  said[SZ_SHOWN_TEXT + 256];
    char  id[160];

    if (http->error.code != SZ_OK) {
        return sz_error_set(err, http->error.code, "Could not %s: %s", what,
                            http->error.text);
    }

    if (http->status >= 200 && http->status < 300
        && (http->sink != NULL || http->reader != NULL
            || cJSON_IsObject(http->answer_json)))
    {
        return SZ_OK;
    }

    sz_http_describe(http, said, sizeof(said));

    id[0] = '\0';

    if (http->request_id[0] != '\0') {
        snprintf(id, sizeof(id), " (request %s)", http->request_id);
    }

    return sz_error_set(err, (http->status == 404) ? SZ_E_NOT_FOUND
                                                   : SZ_E_UPSTREAM,
                        "Could not %s: the %s provider answered %d%s%s%s",
                        what, sz_service_name(http->service), http->status,
                        said, id, sz_http_advice(http->status));
}
