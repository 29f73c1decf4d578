#include "mcp/sz_mcp_exchange.h"

#include "tap.h"


static void
text(const char *value, const char *want)
{
    bool         good;
    sz_str_t     got;
    sz_arena_t  *arena = sz_arena_create(65536);

    good = sz_header_text(arena, sz_str_of(value), &got);

    ok((want == NULL) ? !good : good && sz_str_is(got, want), "%s", value);

    sz_arena_destroy(arena);
}


int
main(void)
{
    text("create_video", "create_video");
    text(" \tcreate_video\t ", "create_video");
    text("", "");
    text("=?base64?SGVsbG8=?=", "Hello");
    text("=?base64?w6k=?=", "\xc3\xa9");
    text("=?base64?" "?=", "");

    /* literals: head or tail is not exact */
    text("=?base64?SGVsbG8=", "=?base64?SGVsbG8=");
    text("=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?=");
    text("SGVsbG8=?=", "SGVsbG8=?=");
    text("=?base64?=", "=?base64?=");

    text("=?base64?SGVsbG8?=", NULL);           /* no padding */
    text("=?base64?SGVs!!!bG8=?=", NULL);       /* another alphabet */
    text("=?base64?SGVs-_8=?=", NULL);          /* the URL alphabet */
    text("=?base64?SGVs bG8=?=", NULL);         /* a blank */
    text("=?base64?SGVsbG9=?=", NULL);          /* hidden bits */
    text("=?base64?====?=", NULL);
    text("=?base64?A===?=", NULL);
    text("=?base64?SGVsbG8==?=", NULL);
    text("=?base64?/w==?=", NULL);              /* not UTF-8 */
    text("\xc3\xa9", NULL);                     /* raw bytes */
    text("a\x01", NULL);

    return done();
}
