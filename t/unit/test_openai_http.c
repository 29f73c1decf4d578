#include "openai/sz_openai.h"

#include "tap.h"


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
           "(request req_1) Check the id or the model name.");
    result(401, "application/json", "{\"error\":{\"message\":"
           "\"Incorrect API key provided: sk-proj-abc***def.\"}}",
           SZ_E_UPSTREAM, "Could not create the video: the video provider "
           "answered 401: Incorrect API key provided: sk-*** (request req_1) "
           "The operator of the gateway has to look at the key of this "
           "provider.");
    result(502, "text/html", "<html>\nBad gateway", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 502 with "
           "text/html instead of a JSON answer: <html>?Bad gateway (request "
           "req_1) Try again later.");
    result(200, "text/html", "<html>", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 200 with "
           "text/html instead of a JSON answer: <html> (request req_1)");
    result(200, "application/json", "{\"id\":", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 200 with "
           "application/json instead of a JSON answer: {\"id\": (request "
           "req_1)");
    result(200, "application/json", "[1]", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 200 with "
           "application/json instead of a JSON answer: [1] (request req_1)");
    result(500, "", "", SZ_E_UPSTREAM,
           "Could not create the video: the video provider answered 500 "
           "without saying why (request req_1) Try again later.");
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


int
main(void)
{
    test_result();
    test_code();
    test_path();

    return done();
}
