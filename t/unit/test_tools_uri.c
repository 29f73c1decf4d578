#include "tools/sz_tools_resource.h"
#include "tap.h"


static sz_arena_t  *arena;


static void
make(const char *name, const char *want)
{
    sz_buf_t  uri;

    sz_buf_init(&uri, 4096);
    sz_resource_uri(&uri, SZ_MEDIA_IMAGE, name);
    sz_buf_c(&uri, '\0');
    is_str(uri.data, want, name);
    is_str(sz_resource_match(arena, "sanzaru://images/{+name}", uri.data),
           name, "and back");
    sz_buf_free(&uri);
}


static void
match(const char *pattern, const char *uri, const char *want)
{
    is_str(sz_resource_match(arena, pattern, uri), want, uri);
}


int
main(void)
{
    arena = sz_arena_create((size_t) -1);

    make("a.png", "sanzaru://images/a.png");
    make("trip/a.png", "sanzaru://images/trip/a.png");
    make("a b%?#.png", "sanzaru://images/a%20b%25%3F%23.png");
    make("\xc3\xbc.png", "sanzaru://images/%C3%BC.png");
    make("~-._", "sanzaru://images/~-._");
    make("'\"<>{}|^`[]@:!$&()*+,;=", "sanzaru://images/%27%22%3C%3E%7B%7D%7C"
         "%5E%60%5B%5D%40%3A%21%24%26%28%29%2A%2B%2C%3B%3D");

    match("t://{id}/data", "t://12/data", "12");
    match("t://{id}/data", "t://a%20b/data", "a b");
    match("t://{id}/data", "t://%C3%bc/data", "\xc3\xbc");
    match("t://{id}/data", "t://a+b(1)/data", "a+b(1)");
    match("t://{id}/data", "t://a/b/data", NULL);
    match("t://{id}/data", "t:///data", NULL);
    match("t://{id}/data", "t://12/dat", NULL);
    match("t://{id}/data", "t://12/data2", NULL);
    match("t://{id}/data", "T://12/data", NULL);
    match("t://{id}/data", "t://data", NULL);
    match("t://{id}/data", "t://%2F/data", NULL);
    match("t://{+id}/data", "t://a/b/data", "a/b");
    match("t://{+id}", "t://a%2fb", NULL);
    match("t://{+id}", "t://%00", NULL);
    match("t://{+id}", "t://%1f", NULL);
    match("t://{+id}", "t://%7f", NULL);
    match("t://{+id}", "t://%", NULL);
    match("t://{+id}", "t://%4", NULL);
    match("t://{+id}", "t://%4g", NULL);
    match("t://{+id}", "t://%C3", NULL);
    match("t://{+id}", "t://\xc3\xbc", NULL);
    match("t://{+id}", "t://a b", NULL);
    match("t://{+id}", "t://a?b", NULL);
    match("t://{+id}", "t://a#b", NULL);
    match("t://{+id}", "t://a\\b", NULL);
    is_str(sz_resource_match(arena, "t://{+id}", "t://a\nb"), NULL,
           "a line end");
    match("t://plain", "t://plain", NULL);
    match("t://{broken", "t://x", NULL);

    is_str(sz_media_mime("a.PNG"), "image/png", "a type by its name");
    is_str(sz_media_mime("a.b.mp4"), "video/mp4", "another");
    ok(sz_media_mime("a") == NULL && sz_media_mime("png") == NULL
       && sz_media_mime("a.exe") == NULL, "and none");

    sz_arena_destroy(arena);

    return done();
}
