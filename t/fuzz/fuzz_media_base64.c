/*
 * Base64: whole and in pieces the same verdict and bytes, portable and vector
 * paths too; what is accepted, encoded again, is the same text; and any bytes
 * come back.
 */

#include "media/sz_media_base64.h"

#include <stdlib.h>


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
