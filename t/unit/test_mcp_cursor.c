#include "mcp/sz_mcp_cursor.h"
#include "mcp/sz_mcp_seal.h"
#include "tap.h"

#include <stdlib.h>


static sz_server_t    server;
static sz_exchange_t  x;

static const unsigned char  me[SZ_CALLER_ID] = { 'm', 'e' };


static bool
opens(const char *method, const char *text)
{
    sz_cursor_t  at;

    return sz_cursor_read(&x, method, text, &at);
}


/* Sealed with the right key, but nothing this version writes. */

static bool
foreign(const char *plain)
{
    char  *text, bound[100];

    strcpy(bound, "cursor\nlist\n");
    sz_hex_encode(bound + strlen(bound), me, SZ_CALLER_ID);

    text = sz_seal(x.arena, server.secret, sz_str_of(bound),
                   sz_str_of(plain));

    return opens("list", text);
}


int
main(void)
{
    char         *text, *again, name[SZ_PATH_MAX + 1];
    sz_cursor_t   at = { SZ_MEDIA_IMAGE, "trip/a b.png" };
    sz_cursor_t   got;

    x.arena = sz_arena_create((size_t) -1);
    x.server = &server;
    memcpy(x.caller_id, me, SZ_CALLER_ID);
    memset(server.secret, 3, sizeof(server.secret));

    text = sz_cursor_make(&x, "list", &at);
    ok(text != NULL && strncmp(text, "v1.", 3) == 0, "a cursor");
    ok(strstr(text, "trip") == NULL, "that cannot be read");
    ok(sz_cursor_read(&x, "list", text, &got) && got.kind == SZ_MEDIA_IMAGE,
       "opens");
    is_str(got.name, "trip/a b.png", "and says where it was");

    ok(!opens("other", text), "not for another method");
    x.caller_id[0] ^= 1;
    ok(!opens("list", text), "nor for another caller");
    x.caller_id[0] ^= 1;
    server.secret[0] ^= 1;
    ok(!opens("list", text), "nor under another secret");
    server.secret[0] ^= 1;

    memcpy(server.previous, server.secret, 32);
    server.has_previous = true;
    server.secret[0] ^= 1;
    ok(opens("list", text), "but where it is the previous one");
    server.secret[0] ^= 1;
    server.has_previous = false;

    again = sz_strdup(x.arena, sz_str_of(text));
    again[strlen(again) - 1] ^= 1;
    ok(!opens("list", again), "nor when its end is changed");
    again[10] = '\0';
    ok(!opens("list", again), "nor when it is cut");
    ok(!opens("list", "") && !opens("list", "v1.") && !opens("list", "5"),
       "nor what is none");

    ok(foreign("1/a.png"), "a position");
    ok(!foreign("3/a.png"), "of a kind there is not");
    ok(!foreign("1/../x") && !foreign("1//x") && !foreign("1/"),
       "of a name that cannot be");
    ok(!foreign("a.png") && !foreign("") && !foreign("1"), "of none");

    memset(name, 'x', SZ_PATH_MAX);
    memset(name + 200, '/', 1);
    memset(name + 400, '/', 1);
    memset(name + 600, '/', 1);
    memset(name + 800, '/', 1);
    name[SZ_PATH_MAX] = '\0';
    at.name = name;
    text = sz_cursor_make(&x, "list", &at);
    ok(sz_cursor_read(&x, "list", text, &got) && strcmp(got.name, name) == 0,
       "the longest name");

    text = malloc(100001);
    memset(text, 'A', 100000);
    text[100000] = '\0';
    ok(!opens("list", text), "a text that is far too long");
    free(text);

    sz_arena_destroy(x.arena);

    return done();
}
