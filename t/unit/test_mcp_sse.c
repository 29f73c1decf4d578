#include "mcp/sz_mcp_sse.h"

#include "tap.h"


/* All events of a text fed in pieces of n bytes, joined by '|'. */

static const char *
events(sz_str_t text, size_t n)
{
    static char  joined[4096];
    bool         event;
    size_t       taken;
    sz_sse_t     sse;
    sz_str_t     piece;

    joined[0] = '\0';
    sz_sse_init(&sse, 64);

    while (text.len > 0) {
        piece.data = text.data;
        piece.len = (text.len < n) ? text.len : n;

        taken = sz_sse_feed(&sse, piece, &event);

        if (event) {
            if (sse.data.failed) {
                strcat(joined, "!");

            } else if (sse.data.len > 0) {
                strncat(joined, sse.data.data, sse.data.len);
            }

            strcat(joined, "|");
            sz_buf_free(&sse.data);
            sz_buf_init(&sse.data, 64);
        }

        text.data += taken;
        text.len -= taken;
    }

    sz_sse_free(&sse);

    return joined;
}


static void
parses(const char *text, const char *expected, const char *what)
{
    size_t  n;

    for (n = 1; n < 40; n += (n < 5) ? 1 : 17) {
        is_str(events(sz_str_of(text), n), expected, what);
    }
}


static bool
has_rest(const char *text)
{
    bool      event, rest;
    sz_sse_t  sse;
    sz_str_t  bytes = sz_str_of(text);

    sz_sse_init(&sse, 80);

    while (bytes.len > 0) {
        size_t  n = sz_sse_feed(&sse, bytes, &event);

        bytes.data += n;
        bytes.len -= n;

        if (event) {
            sse.data.len = 0;
        }
    }

    rest = sz_sse_has_rest(&sse);
    sz_sse_free(&sse);

    return rest;
}


int
main(void)
{
    sz_buf_t  out;

    sz_buf_init(&out, 4096);
    sz_sse_message(&out, sz_str("{\"a\":1}"));
    sz_buf_c(&out, '\0');
    is_str(out.data, "event: message\ndata: {\"a\":1}\n\n", "one event");
    parses(out.data, "{\"a\":1}|", "what we write we can read");
    sz_buf_free(&out);

    parses("data: a\n\ndata: b\n\n", "a|b|", "two events");
    parses("data:a\r\n\r\ndata:b\r\n\r\n", "a|b|", "CR LF, no space");
    parses("data: a\r\rdata: b\r\r", "a|b|", "CR alone");
    parses("data:  a \n\n", " a |", "only one space belongs to the framing");
    parses("data: a\ndata: b\ndata\n\n", "a\nb\n|", "several lines");
    parses("data\n\n", "|", "a name alone is an empty value");
    parses("data:\ndata:\n\n", "\n|", "two empty lines");
    parses(": a comment\nevent: x\nid: 1\nretry: 5\ndata: a\n\n", "a|",
           "other fields and comments are skipped");
    parses("event: x\n\n\n\ndata: a\n\n", "a|", "no data, no event");
    parses("data: a\n\ndata: cut", "a|", "a cut event never was one");
    parses("\xef\xbb\xbf" "data: a\n\n", "a|", "a byte order mark");
    parses("database: a\ndat: b\ndata-long: c\nDATA: d\ndata: e\n\n", "e|",
           "names are exact");
    parses("data: a: b\n\n", "a: b|", "a colon in a value");
    parses("data: \xc3\xa9\n\n", "\xc3\xa9|", "UTF-8 passes");
    parses("data: 0123456789012345678901234567890123456789"
           "0123456789012345678901234567890123456789\n\ndata: a\n\n", "!|a|",
           "an event that is too large fails alone");

    ok(has_rest("data: a\n\ndata: b") && has_rest("data: b\n"),
       "what lacks its empty line only is there to be had");
    ok(!has_rest("data: a\n\n") && !has_rest("data: a\n\n: x")
       && !has_rest("data:"), "and nothing else");

    ok(sz_sse_is(sz_str("Text/Event-Stream; charset=utf-8"), sz_str("x"))
       && sz_sse_is(sz_str("application/json"), sz_str("data: {}"))
       && sz_sse_is(sz_str(""), sz_str("\xef\xbb\xbf" "event: x")),
       "a stream by its label, in any case, or by its first bytes");
    ok(!sz_sse_is(sz_str("text/event-stream"), sz_str("{\"a\":1}"))
       && !sz_sse_is(sz_str("text/plain"), sz_str("database")),
       "and what is none");

    return done();
}
