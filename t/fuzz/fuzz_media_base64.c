/*
 * Base64: whole and in pieces the same verdict and bytes, portable and vector
 * paths too; as a string in JSON the same bytes; what is accepted, encoded
 * again, is the same text; and any bytes come back.
 */

#include "media/sz_media_base64_json.h"

#include <stdlib.h>


typedef struct {
    const uint8_t  *want;
    size_t          len;
    bool            same;
} expected_t;


static sz_code_e
compare(void *data, const void *bytes, size_t n, sz_error_t *err)
{
    expected_t  *e = data;

    (void) err;

    if (n == 0 || n > SZ_BASE64_PIECE) {
        abort();
    }

    e->same = e->same && n <= e->len && memcmp(e->want, bytes, n) == 0;
    e->want += e->same ? n : 0;
    e->len -= e->same ? n : 0;

    return SZ_OK;
}


/*
 * The text as JSON may have it: every slash, or some characters of others,
 * escaped.  `verdict` and the bytes are those of the text as it is.
 */

static void
in_json(const uint8_t *data, size_t size, sz_code_e verdict,
    const uint8_t *bytes, size_t len)
{
    char              *json, *to;
    size_t             i;
    int64_t            written;
    sz_code_e          rc;
    sz_error_t         err;
    expected_t         e = { bytes, len, true };
    sz_base64_sink_t   sink = { compare, &e, NULL };

    json = to = malloc(size * 6 + 1);

    for (i = 0; i < size; i++) {

        if (data[i] == '/' && i % 3 != 0) {
            *to++ = '\\';
            *to++ = '/';

        } else if ((data[i] == '+' || data[i] == '=') && i % 2 == 0) {
            memcpy(to, (data[i] == '+') ? "\\u002B" : "\\u003d", 6);
            to += 6;

        } else {
            *to++ = (char) data[i];
        }
    }

    rc = sz_base64_json_decode((sz_str_t) { (size_t) (to - json), json },
                               &sink, &written, &err);

    /* it takes more than the strict one, and what that takes as that does */

    if (verdict == SZ_OK && (rc != SZ_OK || !e.same || e.len != 0
                             || written != (int64_t) len))
    {
        abort();
    }

    if (written > (int64_t) size) {
        abort();
    }

    free(json);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char                 *text;
    size_t                at, n, len, whole, got, step;
    uint8_t              *a, *b, *room;
    sz_str_t              in = { size, (const char *) data };
    sz_code_e             ra, rb;
    sz_error_t            err;
    sz_base64_decoder_t   decoder;

    whole = sz_base64_decoded_size(in);
    a = malloc(whole + 1);
    b = malloc(size + 4);
    ra = sz_base64_decode(in, a, &err);

    sz_base64_decoder_init(&decoder);
    rb = SZ_OK;

    for (at = got = 0; at < size && rb == SZ_OK; at += n) {
        step = 1 + data[at] % 61;
        n = (step < size - at) ? step : size - at;
        room = malloc(SZ_BASE64_ROOM(n));
        rb = sz_base64_decoder_feed(&decoder, (sz_str_t) { n, in.data + at },
                                    room, &len, &err);
        memcpy(b + got, room, (rb == SZ_OK) ? len : 0);
        got += (rb == SZ_OK) ? len : 0;
        free(room);
    }

    if (rb == SZ_OK) {
        rb = sz_base64_decoder_finish(&decoder, &err);
    }

    if (ra != rb || (ra == SZ_OK && (got != whole
                                     || memcmp(a, b, whole) != 0)))
    {
        abort();
    }

    in_json(data, size, ra, a, whole);

    if (ra == SZ_OK) {
        text = malloc(sz_base64_encoded_size(whole) + 1);
        sz_base64_encode(a, whole, text);

        if (sz_base64_encoded_size(whole) != size
            || memcmp(text, data, size) != 0)
        {
            abort();
        }

        free(text);
    }

    n = sz_base64_portable.decode(in.data, size, b);
    len = sz_base64_best()->decode(in.data, size, b);

    if (len > n || len % 4 != 0) {
        abort();
    }

    free(a);
    free(b);

    n = sz_base64_encoded_size(size);
    text = malloc(n + 1);
    a = malloc(size + 1);
    sz_base64_encode(data, size, text);

    if (sz_base64_decode((sz_str_t) { n, text }, a, &err) != SZ_OK
        || memcmp(a, data, size) != 0)
    {
        abort();
    }

    free(text);
    free(a);

    return 0;
}
