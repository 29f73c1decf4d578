/*
 * Server-sent events of a provider: cut anywhere they say the same, and
 * nothing grows beyond its maximum.
 */

#include "mcp/sz_mcp_sse.h"

#include <stdlib.h>


#define MAX  256


/* A digest of all events when the text comes in pieces of n bytes. */

static uint64_t
digest(sz_str_t text, size_t n)
{
    bool      event;
    size_t    taken, i;
    sz_sse_t  sse;
    sz_str_t  piece;
    uint64_t  sum;

    sum = 14695981039346656037u;
    sz_sse_init(&sse, MAX);

    while (text.len > 0) {
        piece.data = text.data;
        piece.len = (text.len < n) ? text.len : n;
        taken = sz_sse_feed(&sse, piece, &event);

        if (taken == 0 || taken > piece.len || sse.data.len > MAX) {
            abort();
        }

        if (event) {
            for (i = 0; !sse.data.failed && i < sse.data.len; i++) {
                sum = (sum ^ (unsigned char) sse.data.data[i])
                      * 1099511628211u;
            }

            sum = (sum ^ 0x100) * 1099511628211u;
            sz_buf_free(&sse.data);
            sz_buf_init(&sse.data, MAX);
        }

        text.data += taken;
        text.len -= taken;
    }

    sz_sse_free(&sse);

    return sum;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t  whole;
    sz_str_t  text;

    if (size < 1) {
        return 0;
    }

    text = (sz_str_t) { size - 1, (const char *) data + 1 };
    whole = digest(text, size);

    if (digest(text, 1) != whole || digest(text, 1 + data[0] % 13) != whole) {
        abort();
    }

    return 0;
}
