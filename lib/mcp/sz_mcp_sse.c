#include "mcp/sz_mcp_sse.h"


/* Where the parser is within a line. */

enum {
    SZ_SSE_NAME = 0,            /* a field's name, or nothing yet */
    SZ_SSE_BLANK,               /* behind the colon: one space is skipped */
    SZ_SSE_VALUE,               /* of a data field */
    SZ_SSE_SKIP                 /* a comment, or a field of no interest */
};


void
sz_sse_message(sz_buf_t *out, sz_str_t data)
{
    sz_buf_lit(out, SZ_SSE_HEAD);
    sz_buf_str(out, data);
    sz_buf_lit(out, SZ_SSE_TAIL);
}


void
sz_sse_init(sz_sse_t *sse, size_t max)
{
    memset(sse, 0, sizeof(sz_sse_t));
    sz_buf_init(&sse->data, max);
}


void
sz_sse_free(sz_sse_t *sse)
{
    sz_buf_free(&sse->data);
}


/* A field has its name: only data says anything to us. */

static void
sz_sse_field(sz_sse_t *sse)
{
    size_t       skip;
    const char  *name;

    name = sse->name;
    skip = (sse->name_len >= 3 && memcmp(name, "\xef\xbb\xbf", 3) == 0)
           ? 3 : 0;             /* a byte order mark, on the first line */

    if (sse->name_len - skip != 4 || memcmp(name + skip, "data", 4) != 0) {
        sse->state = SZ_SSE_SKIP;
        return;
    }

    if (sse->any) {
        sz_buf_c(&sse->data, '\n');
    }

    sse->any = true;
    sse->state = SZ_SSE_BLANK;
}


/* True when the line was empty and so ended an event. */

static bool
sz_sse_line(sz_sse_t *sse)
{
    bool  event;

    event = false;

    if (sse->state == SZ_SSE_NAME && sse->name_len > 0) {
        sz_sse_field(sse);      /* a name without colon has an empty value */

    } else if (sse->state == SZ_SSE_NAME) {
        event = sse->any;
        sse->any = false;
    }

    sse->state = SZ_SSE_NAME;
    sse->name_len = 0;

    return event;
}


static void
sz_sse_name(sz_sse_t *sse, char c)
{
    if (c == ':') {
        sz_sse_field(sse);

    } else if (sse->name_len == sizeof(sse->name)) {
        sse->state = SZ_SSE_SKIP;

    } else {
        sse->name[sse->name_len++] = c;
    }
}


/* The bytes before the next line end, in one go; 0 when there are none. */

static size_t
sz_sse_value(sz_sse_t *sse, sz_str_t bytes)
{
    size_t       n;
    const char  *end;

    end = memchr(bytes.data, '\n', bytes.len);
    n = (end != NULL) ? (size_t) (end - bytes.data) : bytes.len;

    end = memchr(bytes.data, '\r', n);
    n = (end != NULL) ? (size_t) (end - bytes.data) : n;

    if (sse->state == SZ_SSE_VALUE) {
        sz_buf_add(&sse->data, bytes.data, n);
    }

    return n;
}


size_t
sz_sse_feed(sz_sse_t *sse, sz_str_t bytes, bool *event)
{
    char    c;
    bool    lf;
    size_t  i;

    *event = false;
    i = 0;

    while (i < bytes.len) {

        if (sse->state >= SZ_SSE_VALUE) {
            i += sz_sse_value(sse, (sz_str_t) { bytes.len - i,
                                                bytes.data + i });
            if (i == bytes.len) {
                break;
            }
        }

        c = bytes.data[i++];
        lf = (c == '\n' && sse->cr);
        sse->cr = (c == '\r');

        if (lf) {
            continue;           /* the second half of CR LF */
        }

        if (c == '\n' || c == '\r') {

            if (sz_sse_line(sse)) {
                *event = true;
                break;
            }

        } else if (sse->state == SZ_SSE_NAME) {
            sz_sse_name(sse, c);

        } else {                /* SZ_SSE_BLANK */
            sse->state = SZ_SSE_VALUE;
            i -= (c != ' ');
        }
    }

    return i;
}


bool
sz_sse_has_rest(const sz_sse_t *sse)
{
    return sse->any && sse->data.len > 0;
}


bool
sz_sse_is(sz_str_t type, sz_str_t head)
{
    size_t  i;

    static const char *const  beginnings[] = {
        "data:", "event:", ": ", ":\n", "id:", "retry:"
    };

    if (sz_str_starts(head, "\xef\xbb\xbf")) {
        head.data += 3;
        head.len -= 3;
    }

    for (i = 0; i < sz_array_len(beginnings); i++) {
        if (sz_str_starts(head, beginnings[i])) {
            return true;
        }
    }

    return sz_str_casestarts(type, SZ_SSE_TYPE)
           && !sz_str_starts(head, "{");
}
