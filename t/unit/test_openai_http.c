#include "openai/sz_openai.h"

#include "tap.h"

#include <stdio.h>


static void
result(int status, const char *type, const char *body, sz_code_e code,
    const char *want)
{
    sz_http_t   http;
    sz_error_t  err;

    sz_http_init(&http, SZ_SERVICE_VIDEO);
    http.status = status;
    strcpy(http.type, type);
    strcpy(http.request_id, "req_1");
    sz_buf_str(&http.answer, sz_str_of(body));
    sz_http_parse(&http);

    err.text[0] = '\0';
    is_int(sz_http_result(&http, "create the video", &err), code, body);
    is_str(err.text, want, "its text");

    sz_http_free(&http);
}


static void
test_result(void)
{
    result(200, "application/json", "{\"id\":1}", SZ_OK, "");
    result(200, "application/problem+json; charset=utf-8", "{}", SZ_OK, "");

    result(400, "application/json",
           "{\"error\":{\"message\":\"Bad size\",\"code\":\"invalid_value\"}}",
           SZ_E_UPSTREAM, "Could not create the video: the video provider "
           "answered 400 invalid_value: Bad size (request req_1)");
    result(400, "application/json",
           "{\"error\":{\"message\":\"Bad\",\"type\":\"t\",\"code\":null}}",
           SZ_E_UPSTREAM, "Could not create the video: the video provider "
           "answered 400 t: Bad (request req_1)");
    result(422, "application/json", "{\"message\":\"top\"}",
           SZ_E_UPSTREAM, "Could not create the video: the video provider "
           "answered 422: top (request req_1)");
    result(400, "application/json", "{\"error\":\"plain\"}",
           SZ_E_UPSTREAM, "Could not create the video: the video provider "
           "answered 400: plain (request req_1)");
    result(404, "application/json", "{\"detail\":\"none\"}", SZ_E_NOT_FOUND,
           "Could not create the video: the video provider answered 404: none "
           "(request req_1). Check the id or the model name.");
    result(401, "application/json", "{\"error\":{\"message\":"
           "\"Incorrect API key provided: sk-proj-abc***def.\"}}",
           SZ_E_UPSTREAM, "Could not create the video: the video provider "
           "answered 401: Incorrect API key provided: sk-***. (request req_1) "
           "The operator of the gateway has to look at the key of this "
           "provider.");
    result(502, "text/html", "<html>\nBad gateway", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 502 with "
           "text/html instead of a JSON answer: <html>?Bad gateway (request "
           "req_1). Try again later.");
    result(200, "text/html", "<html>", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 200 with "
           "text/html instead of a JSON answer: <html> (request req_1)");
    result(200, "application/json", "{\"id\":", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 200 with "
           "application/json instead of a JSON answer: {\"id\": (request "
           "req_1)");
    result(200, "application/json", "[1]", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 200 with "
           "a list instead of an object: [1] (request req_1)");
    result(400, "application/json", "{}", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 400 with "
           "no reason: {} (request req_1)");
    result(500, "", "", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 500 "
           "without saying why (request req_1). Try again later.");
}


/* A label is no reason to lose what was paid for. */

static void
test_labels(void)
{
    result(200, "text/plain", "{\"id\":\"v\"}", SZ_OK, "");
    result(200, "text/json", " \n{\"id\":\"v\"}", SZ_OK, "");
    result(200, "", "\xef\xbb\xbf{\"id\":7}", SZ_OK, "");
    result(200, "application/json", "{\"id\":\"v\",\"prompt\":\"caf\xe9 "
           "\\ud83d \\u0000\",\"n\":NaN,\"id\":2}", SZ_OK, "");
}


/* What a refusal says, in every shape that was met. */

static void
said(int status, const char *body, const char *want)
{
    char         text[SZ_ERROR_TEXT];

    snprintf(text, sizeof(text), "Could not create the video: the video "
             "provider answered %d%s", status, want);
    result(status, "text/plain", body,
           (status == 404) ? SZ_E_NOT_FOUND : SZ_E_UPSTREAM, text);
}


static void
test_reasons(void)
{
    said(200, "{\"error\":{\"message\":\"Insufficient credits\",\"code\":"
         "\"no_credit\"}}", " no_credit: Insufficient credits (request req_1)");
    said(200, "{\"code\":10001,\"message\":\"quota exceeded\",\"data\":"
         "null}", " 10001: quota exceeded (request req_1)");
    said(422, "{\"detail\":[{\"loc\":[\"body\",\"size\"],\"msg\":\"field "
         "required\",\"type\":\"missing\"},{\"loc\":[\"body\",\"n\"],"
         "\"msg\":\"not a number\"}]}",
         ": body.size: field required; body.n: not a number (request req_1)");
    said(400, "[{\"error\":{\"code\":400,\"message\":\"Google style\"}}]",
         " 400: Google style (request req_1)");
    said(400, "{\"errors\":[\"one\",\"two\"]}",
         ": one; two (request req_1)");
    said(400, "{\"error\":{\"error\":{\"message\":\"inside\"}}}",
         ": inside (request req_1)");
    said(400, "{\"error\":{\"code\":\"x\\n\\u001b[31my\",\"message\":"
         "\"a\\u0007b\"}}", " x??[31my: a?b (request req_1)");
    said(429, "{\"error\":{\"type\":\"insufficient_quota\",\"message\":"
         "\"gone\"}}", " insufficient_quota: gone (request req_1). The "
         "operator of the gateway has to look at the account with this "
         "provider.");
    said(400, "{\"error\":{\"code\":\"moderation_blocked\",\"message\":"
         "\"No.\"}}", " moderation_blocked: No. (request req_1) Change the "
         "prompt: the same one will be refused again.");
    said(404, "404 page not found", " with text/plain instead of a JSON "
         "answer: 404 page not found (request req_1). The operator of the "
         "gateway has to look at the base_url of this provider.");
    said(404, "{\"error\":{\"code\":\"unknown_url\",\"message\":\"?\"}}",
         " unknown_url: ? (request req_1) The operator of the gateway has to "
         "look at the base_url of this provider.");
}


static void
one(sz_http_t *http, const char *want, const char *name)
{
    sz_error_t  err;

    err.text[0] = '\0';
    (void) sz_http_result(http, "do it", &err);
    is_str(err.text, want, name);
    sz_http_free(http);
}


static void
test_methods(void)
{
    sz_http_t  http;

    sz_http_init(&http, SZ_SERVICE_VIDEO);
    http.method = SZ_DELETE;
    http.status = 204;
    one(&http, "", "a DELETE needs no body");

    http.status = 200;
    sz_buf_lit(&http.answer, "{\"message\":\"ok\"}");
    sz_http_parse(&http);
    one(&http, "", "nor what is in it");

    sz_buf_lit(&http.answer, "{\"error\":{\"message\":\"no\"}}");
    sz_http_parse(&http);
    one(&http, "Could not do it: the video provider answered 200: no",
        "but an error is one");

    sz_http_init(&http, SZ_SERVICE_VIDEO);
    http.method = SZ_POST;
    http.creates = true;
    http.status = 307;
    strcpy(http.location, "https://a.example/v1/videos/?sig=abc");
    one(&http, "Could not do it: the video provider answered 307 and sends "
        "the gateway on to \"https://a.example/v1/videos/\", where it does "
        "not go with what costs money. The operator of the gateway has to look "
        "at the base_url of this provider.", "a POST that is sent on");

    http.location[0] = '\0';
    http.status = 502;
    one(&http, "Could not do it: the video provider answered 502 without "
        "saying why. It may have begun the job: look before you start it "
        "again.", "what may have been begun");

    http.status = 404;
    http.hint = " Wait for it.";
    sz_buf_lit(&http.answer, "{\"error\":\"not ready\"}");
    sz_http_parse(&http);
    one(&http, "Could not do it: the video provider answered 404: not ready. "
        "Wait for it.", "what the tool knows about it");
}


static void
blank(const char *body, const char *want, const char *name)
{
    sz_http_t   http;

    static const sz_str_t  secrets[] = {
        sz_str("z9-Kd83hd.Qm27xa"), sz_str("short"), sz_str("Q8/second+key==")
    };

    sz_http_init(&http, SZ_SERVICE_VIDEO);
    http.secrets = secrets;
    http.n_secrets = 3;
    http.status = 400;
    sz_buf_str(&http.answer, sz_str_of(body));
    sz_http_parse(&http);
    one(&http, want, name);
}


/* A result of 4 MB that is made of them, and of their beginnings. */

static void
blank_many(void)
{
    size_t     i;
    sz_buf_t   json;
    sz_http_t  http;

    static const sz_str_t  key = sz_str("z9-Kd83hd.Qm27xa-4tB7");

    sz_http_init(&http, SZ_SERVICE_VIDEO);
    http.secrets = &key;
    http.n_secrets = 1;

    sz_buf_init(&json, 4200000);

    for (i = 0; i < 200000; i++) {
        sz_buf_str(&json, key);
    }

    sz_http_blank_result(&http, &json);
    ok(json.len == 600000 && strspn(json.data, "*") >= 600000,
       "each of very many in a result, in one pass");

    json.len = 0;
    sz_buf_lit(&json, "z9-Kd83hd.Qm27xa\xe2\x80\xa6 z9-Kd83hd.Qm27 "
               "z9-Kd83hdz9-Kd83hd.Qm27xa-4tB7");
    sz_http_blank_result(&http, &json);
    ok(sz_str_is(sz_buf_view(&json), "***\xe2\x80\xa6 z9-Kd83hd.Qm27 "
                 "z9-Kd83hd***"),
       "and one that was cut, unless little of it is left");

    sz_buf_free(&json);
}


static void
test_secrets(void)
{
    size_t     i;
    char       text[200];
    sz_buf_t   json;
    sz_http_t  http;

    static const sz_str_t  key = sz_str("z9-Kd83hd.Qm27xa");
    static const char *const  shapes[] = {
        "gsk_0123456789abcdef", "xai-0123456789abcdef", "r8_0123456789abcd",
        "AIzaSy0123456789abc", "hf_0123456789abcdef", "Bearer abcdefgh123",
        "sk-proj-0123456789"
    };

    blank("{\"error\":{\"message\":\"Wrong key z9-Kd83hd.Qm27xa.\"}}",
          "Could not do it: the video provider answered 400: Wrong key ***.",
          "a secret");
    blank("{\"error\":{\"message\":\"key Kd83hd.Q, short, Q8\\/second+k\","
          "\"code\":\"z9-Kd83hd\"}}",
          "Could not do it: the video provider answered 400 ***: key ***, "
          "short, ***", "eight bytes of one; not what is shorter");
    blank("your z9-Kd83hd.Qm27xa is wrong", "Could not do it: the video "
          "provider answered 400 with no type instead of a JSON answer: your "
          "*** is wrong", "in what is no JSON");

    sz_http_init(&http, SZ_SERVICE_VIDEO);
    http.secrets = &key;
    http.n_secrets = 1;
    sz_error_set(&http.error, SZ_E_UPSTREAM, "it says: z9-Kd83hd");
    one(&http, "Could not do it: it says: ***", "in what a reader has found");

    sz_buf_init(&json, 200);
    sz_buf_lit(&json, "{\"a\":\"z9-Kd83hd.Qm27xa\",\"b\":\"z9-Kd83hd\"}");
    sz_http_blank_result(&http, &json);
    ok(sz_str_is(sz_buf_view(&json),
                 "{\"a\":\"***\",\"b\":\"z9-Kd83hd\"}"),
       "whole ones in a result");
    sz_buf_free(&json);

    blank_many();

    for (i = 0; i < sz_array_len(shapes); i++) {
        snprintf(text, sizeof(text), "key (%s).", shapes[i]);
        sz_http_mask_keys(text);
        ok(strstr(text, "***).") != NULL && strstr(text, "0123") == NULL
           && strstr(text, "abcdefgh") == NULL, "%s", text);
    }

    strcpy(text, "a task-force of sk-ills, key_one");
    sz_http_mask_keys(text);
    is_str(text, "a task-force of sk-ills, key_one", "words are no keys");
}


static void
test_status(void)
{
    size_t  i;

    static const char *const  done[] = { "completed", "COMPLETED",
                                         "succeeded", "Success" };
    static const char *const  failed[] = { "failed", "cancelled", "canceled",
        "expired", "incomplete", "deleted", "FAILED" };
    static const char *const  running[] = { "queued", "in_progress",
        "processing", "unknown", "pending", "", "IN_QUEUE" };

    for (i = 0; i < sz_array_len(done); i++) {
        is_int(sz_status(done[i]), SZ_STATUS_DONE, done[i]);
    }

    for (i = 0; i < sz_array_len(failed); i++) {
        is_int(sz_status(failed[i]), SZ_STATUS_FAILED, failed[i]);
    }

    for (i = 0; i < sz_array_len(running); i++) {
        is_int(sz_status(running[i]), SZ_STATUS_RUNNING, running[i]);
    }

    is_int(sz_status(NULL), SZ_STATUS_RUNNING, "none");
}


static void
test_code(void)
{
    sz_http_t  http;

    sz_http_init(&http, SZ_SERVICE_TEXT);
    strcpy(http.type, "application/json");
    sz_buf_lit(&http.answer, "{\"error\":{\"code\":\"insufficient_quota\"}}");
    sz_http_parse(&http);
    is_str(sz_http_error_code(&http), "insufficient_quota", "the code");

    sz_http_reset(&http);
    ok(sz_http_error_code(&http) == NULL && http.answer.len == 0,
       "none after a reset");
    sz_http_free(&http);
}


static void
test_path(void)
{
    sz_arena_t  *arena = sz_arena_create(4096);

    is_str(sz_path(arena, "/videos/%s", "video_1-a.b~c"),
           "/videos/video_1-a.b~c", "plain");
    is_str(sz_path(arena, "/videos/%s/content?variant=%s", "../f/x?y=1#z",
                   "a b&c"),
           "/videos/..%2Ff%2Fx%3Fy%3D1%23z/content?variant=a%20b%26c",
           "one segment, whatever it holds");
    is_str(sz_path(arena, "/%s", "\xc3\xa9%"), "/%C3%A9%25", "bytes");
    is_str(sz_path(arena, "/v/%s/x", ".."), "/v/%2E%2E/x", "no way up");
    is_str(sz_path(arena, "/v/%s", "."), "/v/%2E", "nor here");

    sz_arena_destroy(arena);

    is_str(sz_service_name(SZ_SERVICE_TRANSCRIPTION), "transcription",
           "services have names");
    ok(sz_service_name(SZ_SERVICES) == NULL, "which end");
}


/* What may be paid for is not started again on our advice. */

static void
doubt(int status, const char *body, bool doubted)
{
    bool        again;
    sz_http_t   http;
    sz_error_t  err;

    sz_http_init(&http, SZ_SERVICE_VIDEO);
    http.method = SZ_POST;
    http.creates = true;
    http.doubt = " Look first.";
    http.status = status;
    sz_buf_str(&http.answer, sz_str_of(body));
    sz_http_parse(&http);

    (void) sz_http_result(&http, "create the video", &err);
    again = (strstr(err.text, "Try again") != NULL);

    ok(doubted == (strstr(err.text, " Look first.") != NULL)
       && (!doubted || !again), "%d %s: %s", status, body,
       doubted ? "may have begun" : "has not begun");

    http.creates = false;
    (void) sz_http_result(&http, "create the video", &err);
    ok(strstr(err.text, "Look first") == NULL, "in doubt only when it creates");

    sz_http_free(&http);
}


/* What the operator has to look at; NULL: it is the caller who has to act. */

static void
needs(int status, const char *body, const char *what)
{
    sz_http_t    http;
    const char  *concern;

    sz_http_init(&http, SZ_SERVICE_VIDEO);
    http.status = status;
    sz_buf_str(&http.answer, sz_str_of(body));
    sz_http_parse(&http);

    concern = sz_http_concern(&http);

    ok((concern == NULL) == (what == NULL)
       && (what == NULL || strcmp(concern, what) == 0), "%d %s: %s", status,
       body, (what == NULL) ? "the caller"
             : (*what != '\0') ? what : "the provider is down");

    sz_http_free(&http);
}


static void
test_needs(void)
{
    needs(401, "{}", "key");
    needs(402, "{}", "account");
    needs(403, "{}", "key");
    needs(403, "{\"error\":{\"code\":\"moderation_blocked\"}}", NULL);
    needs(429, "{\"error\":{\"code\":\"insufficient_quota\"}}",
          "account");
    needs(429, "{\"error\":{\"code\":\"rate_limit_exceeded\"}}", NULL);
    needs(500, "", "");
    needs(503, "{}", "");
    needs(307, "", "base_url");
    needs(404, "<html>", "base_url");
    needs(404, "{\"error\":{\"code\":\"unknown_url\"}}", "base_url");
    needs(404, "{\"error\":{\"code\":\"not_found\"}}", NULL);
    needs(400, "{}", NULL);
    needs(422, "{}", NULL);
}


static void
test_doubt(void)
{
    sz_http_t  http;

    doubt(500, "", true);
    doubt(502, "<html>", true);
    doubt(504, "{}", true);
    doubt(200, "<html>", true);
    doubt(200, "{\"id\":", true);
    doubt(503, "", false);
    doubt(429, "", false);
    doubt(400, "{}", false);
    doubt(200, "{\"error\":{\"message\":\"No.\"}}", false);

    sz_http_init(&http, SZ_SERVICE_IMAGE);
    is_str(sz_http_doubt(&http), "", "a request that creates nothing");
    http.creates = true;
    is_str(sz_http_doubt(&http), " It may have begun the job: look before you "
           "start it again.", "one of a tool that knows no place to look");
}


int
main(void)
{
    test_result();
    test_labels();
    test_reasons();
    test_methods();
    test_secrets();
    test_status();
    test_code();
    test_path();
    test_doubt();
    test_needs();

    return done();
}
