#include "base/sz_json.h"

#include "tap.h"

#include <stdlib.h>


/* How a text is read, written again; NULL: not at all. */

static void
reads(sz_str_t text, const char *want, const char *name)
{
    cJSON       *root;
    sz_jw_t      w;
    sz_buf_t     out;
    sz_error_t   err;

    err.text[0] = '\0';
    root = sz_json_parse_lenient(text, &err);

    if (want == NULL || root == NULL) {
        ok(root == NULL && want == NULL, "%s: %s", name, err.text);
        cJSON_Delete(root);
        return;
    }

    sz_buf_init(&out, 1 << 20);
    sz_jw_init(&w, &out);
    sz_jw_node(&w, root);
    sz_buf_c(&out, '\0');
    is_str(out.data, want, name);

    sz_buf_free(&out);
    cJSON_Delete(root);
}


static void
strings(void)
{
    reads(sz_str("{\"a\":\"cut \\ud83d\"}"), "{\"a\":\"cut \xef\xbf\xbd\"}",
          "a lone surrogate");
    reads(sz_str("\"\\udc00\\ud83dx\\ud83d\\ud83d\\ude00\""),
          "\"\xef\xbf\xbd\xef\xbf\xbdx\xef\xbf\xbd\xf0\x9f\x98\x80\"",
          "several, beside a pair");
    reads(sz_str("\"a\\u0000b\""), "\"a\xef\xbf\xbd" "b\"", "\\u0000");
    reads(sz_str("\"a\0b\x01\""), "\"a\xef\xbf\xbd" "b\xef\xbf\xbd\"",
          "control characters");
    reads(sz_str("\"a\nb\tc\rd\""), "\"a\\nb\\tc\\rd\"", "line breaks");
    reads(sz_str("\"caf\xe9 \xc3\xa9 \xf0\x9f\""),
          "\"caf\xef\xbf\xbd \xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd\"",
          "bytes that are no UTF-8");
    reads(sz_str("\"\\alpha \\' \\u12 \\\\ \\/ \\u0041\""),
          "\"\\\\alpha \\\\' \\\\u12 \\\\ / A\"",
          "backslashes that begin no escape");
    reads(sz_str("{\"n\\ud800\":1}"), "{\"n\xef\xbf\xbd\":1}", "in names");
}


static void
numbers(void)
{
    reads(sz_str("[NaN,Infinity,-Infinity,nan,-inf,1]"),
          "[null,null,null,null,null,1]", "what is no number");
    reads(sz_str("{\"id\":12345678901234567890,\"n\":-1234567890123456}"),
          "{\"id\":\"12345678901234567890\",\"n\":\"-1234567890123456\"}",
          "an integer keeps all its digits");
    reads(sz_str("[123456789012345,-5,1.2345678901234567,1e5]"),
          "[123456789012345,-5,1.2345678901234567,100000]", "others stay");
    reads(sz_str("[0.10000000000000000555111512312578270211815834045410156251"
                 "2345]"), "[null]", "a number of 63 characters");
    reads(sz_str("[null,false,true,\"NaN\"]"), "[null,false,true,\"NaN\"]",
          "words and strings stay");
}


static void
structure(void)
{
    reads(sz_str("\xef\xbb\xbf {\"a\":1}\n"), "{\"a\":1}",
          "a byte order mark");
    reads(sz_str("{\"a\":1,\"b\":{\"c\":1,\"c\":2},\"\\u0061\":3,\"a\":4}"),
          "{\"a\":1,\"b\":{\"c\":1}}", "of doubled members the first");
    reads(sz_str("{\"a\":1"), NULL, "a text that is cut");
    reads(sz_str("{\"a\":\"x"), NULL, "in a string");
    reads(sz_str("{\"a\":1} x"), NULL, "text behind the value");
    reads(sz_str("{a:1}"), NULL, "no JSON");
    reads(sz_str(""), NULL, "nothing");
    reads(sz_str("\xe9"), NULL, "a byte outside of strings");
}


static void
limits(void)
{
    size_t      i;
    char       *text;
    sz_buf_t    out;

    enum { DEEP = 100000 };

    text = malloc(DEEP);
    memset(text, '[', DEEP);
    reads((sz_str_t) { DEEP, text }, NULL, "depth");

    memset(text, '\x80', DEEP);
    text[0] = text[DEEP - 1] = '"';
    is_int(sz_json_mend((sz_str_t) { DEEP, text }, &out, NULL), SZ_OK,
           "nothing but wrong bytes");
    is_int((long long) out.len, 3 * (DEEP - 2) + 2, "three for each");
    sz_buf_free(&out);

    for (i = 1; i < DEEP - 1; i++) {
        text[i] = ',';
    }

    text[0] = '[';
    reads((sz_str_t) { DEEP, text }, NULL, "empty elements");
    free(text);
}


int
main(void)
{
    strings();
    numbers();
    structure();
    limits();

    return done();
}
