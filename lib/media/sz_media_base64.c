#include "media/sz_media_base64.h"


static const char  sz_base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* What is no character of the alphabet has its upper bits set. */
#define SZ_BAD  0xff

#define SZ_BAD16  SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD,     \
                  SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD,     \
                  SZ_BAD, SZ_BAD

static const uint8_t  sz_base64_values[256] = {
    SZ_BAD16, SZ_BAD16,

    SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD,
    SZ_BAD, SZ_BAD, 62, SZ_BAD, SZ_BAD, SZ_BAD, 63,

    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, SZ_BAD, SZ_BAD, SZ_BAD, SZ_BAD,
    SZ_BAD, SZ_BAD,

    SZ_BAD, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, SZ_BAD, SZ_BAD, SZ_BAD,
    SZ_BAD, SZ_BAD,

    SZ_BAD, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, SZ_BAD, SZ_BAD, SZ_BAD,
    SZ_BAD, SZ_BAD,

    SZ_BAD16, SZ_BAD16, SZ_BAD16, SZ_BAD16, SZ_BAD16, SZ_BAD16, SZ_BAD16,
    SZ_BAD16
};


static size_t
sz_base64_decode_portable(const char *text, size_t n, uint8_t *dst)
{
    size_t                i;
    uint8_t               a, b, c, d;
    const unsigned char  *p = (const unsigned char *) text;

    for (i = 0; i + 4 <= n; i += 4) {
        a = sz_base64_values[p[i]];
        b = sz_base64_values[p[i + 1]];
        c = sz_base64_values[p[i + 2]];
        d = sz_base64_values[p[i + 3]];

        if ((a | b | c | d) & 0xc0) {
            break;
        }

        *dst++ = (uint8_t) (a << 2 | b >> 4);
        *dst++ = (uint8_t) (b << 4 | c >> 2);
        *dst++ = (uint8_t) (c << 6 | d);
    }

    return i;
}


static size_t
sz_base64_encode_portable(const uint8_t *data, size_t n, char *text)
{
    size_t  i;

    for (i = 0; i + 3 <= n; i += 3) {
        *text++ = sz_base64_alphabet[data[i] >> 2];
        *text++ = sz_base64_alphabet[(data[i] << 4 | data[i + 1] >> 4) & 63];
        *text++ = sz_base64_alphabet[(data[i + 1] << 2 | data[i + 2] >> 6)
                                     & 63];
        *text++ = sz_base64_alphabet[data[i + 2] & 63];
    }

    return i;
}


const sz_base64_kernel_t  sz_base64_portable = {
    .name = "portable",
    .decode = sz_base64_decode_portable,
    .encode = sz_base64_encode_portable
};


const sz_base64_kernel_t *
sz_base64_best(void)
{
#ifdef SZ_HAVE_AVX2
    if (sz_cpu_has_avx2()) {
        return &sz_base64_avx2;
    }
#endif

    return &sz_base64_portable;
}


void
sz_base64_encode(const void *data, size_t n, char *text)
{
    size_t          done;
    uint8_t         rest[3] = { 0, 0, 0 };
    const uint8_t  *p = data;

    done = sz_base64_best()->encode(p, n, text);
    done += sz_base64_encode_portable(p + done, n - done,
                                      text + done / 3 * 4);

    if (done == n) {
        return;
    }

    memcpy(rest, p + done, n - done);
    text += done / 3 * 4;
    (void) sz_base64_encode_portable(rest, 3, text);

    text[3] = '=';

    if (n - done == 1) {
        text[2] = '=';
    }
}


size_t
sz_base64_decoded_size(sz_str_t text)
{
    size_t  size;

    if (text.len == 0 || text.len % 4 != 0) {
        return 0;
    }

    size = text.len / 4 * 3;
    size -= (text.data[text.len - 1] == '=');
    size -= (text.data[text.len - 1] == '=' && text.data[text.len - 2] == '=');

    return size;
}


void
sz_base64_decoder_init(sz_base64_decoder_t *decoder)
{
    memset(decoder, 0, sizeof(sz_base64_decoder_t));
}


static sz_code_e
sz_base64_stray(uint64_t offset, char c, sz_error_t *err)
{
    char  shown[8];

    sz_str_show(shown, 1, (sz_str_t) { 1, &c });

    return sz_error_set(err, SZ_E_INPUT, "The Base64 text is broken: at "
                        "character %llu there is \"%s\" (0x%02x), which does "
                        "not belong there.", (unsigned long long) offset,
                        shown, (unsigned char) c);
}


/* Which of the four, at `offset`, is to blame. */

static sz_code_e
sz_base64_blame(const char *group, uint64_t offset, sz_error_t *err)
{
    int  i;

    for (i = 0; i < 3; i++) {
        if (sz_base64_values[(unsigned char) group[i]] == SZ_BAD) {
            break;
        }
    }

    return sz_base64_stray(offset + (unsigned) i, group[i], err);
}


/*
 * A group the kernels disliked: the last one with padding, or an error.  Its
 * bytes are 1 or 2, and what their characters have beyond them is zero.
 */

static sz_code_e
sz_base64_last(const char *group, uint64_t offset, uint8_t *dst, size_t *len,
    sz_error_t *err)
{
    uint8_t  a, b, c;

    a = sz_base64_values[(unsigned char) group[0]];
    b = sz_base64_values[(unsigned char) group[1]];
    c = sz_base64_values[(unsigned char) group[2]];

    if (group[3] != '=' || a == SZ_BAD || b == SZ_BAD
        || (c == SZ_BAD && group[2] != '='))
    {
        return sz_base64_blame(group, offset, err);
    }

    *len = (group[2] == '=') ? 1 : 2;

    if ((*len == 1) ? (b & 15) != 0 : (c & 3) != 0) {
        return sz_error_set(err, SZ_E_INPUT, "The Base64 text is broken: its "
                            "last character before the padding, \"%c\", has "
                            "bits that belong to no byte.", group[*len]);
    }

    dst[0] = (uint8_t) (a << 2 | b >> 4);

    if (*len == 2) {
        dst[1] = (uint8_t) (b << 4 | c >> 2);
    }

    return SZ_OK;
}


size_t
sz_base64_decoder_run(sz_base64_decoder_t *decoder, sz_str_t text, void *dst)
{
    size_t    done;
    uint8_t  *to = dst;

    if (decoder->n > 0 || decoder->ended) {
        return 0;
    }

    done = sz_base64_best()->decode(text.data, text.len, to);
    done += sz_base64_decode_portable(text.data + done, text.len - done,
                                      to + done / 4 * 3);

    decoder->offset += done;

    return done;
}


/* Whole groups: *len bytes into dst. */

static sz_code_e
sz_base64_groups(sz_base64_decoder_t *decoder, sz_str_t text, uint8_t *dst,
    size_t *len, sz_error_t *err)
{
    size_t     done, tail;
    sz_code_e  rc;

    *len = tail = 0;

    if (text.len == 0) {
        return SZ_OK;
    }

    if (decoder->ended) {
        return sz_base64_stray(decoder->offset, text.data[0], err);
    }

    done = sz_base64_decoder_run(decoder, text, dst);
    *len = done / 4 * 3;

    if (done == text.len) {
        return SZ_OK;
    }

    rc = sz_base64_last(text.data + done, decoder->offset, dst + *len, &tail,
                        err);
    if (rc != SZ_OK) {
        return rc;
    }

    decoder->ended = true;
    decoder->offset += 4;
    done += 4;
    *len += tail;

    return (done == text.len)
           ? SZ_OK : sz_base64_stray(decoder->offset, text.data[done], err);
}


sz_code_e
sz_base64_decoder_feed(sz_base64_decoder_t *decoder, sz_str_t text,
    void *dst, size_t *len, sz_error_t *err)
{
    size_t     n, first, second;
    sz_code_e  rc;

    first = second = 0;

    if (decoder->n > 0) {

        n = 4 - decoder->n;
        n = (text.len < n) ? text.len : n;
        memcpy(decoder->kept + decoder->n, text.data, n);

        decoder->n += (unsigned) n;
        text.data += n;
        text.len -= n;
    }

    rc = SZ_OK;

    if (decoder->n == 4) {
        decoder->n = 0;
        rc = sz_base64_groups(decoder, (sz_str_t) { 4, decoder->kept }, dst,
                              &first, err);
    }

    n = text.len % 4;
    text.len -= n;

    if (rc == SZ_OK) {
        rc = sz_base64_groups(decoder, text, (uint8_t *) dst + first, &second,
                              err);
    }

    if (n > 0) {
        memcpy(decoder->kept, text.data + text.len, n);
        decoder->n = (unsigned) n;
    }

    *len = first + second;

    return rc;
}


sz_code_e
sz_base64_decoder_finish(const sz_base64_decoder_t *decoder, sz_error_t *err)
{
    if (decoder->n == 0) {
        return SZ_OK;
    }

    return sz_error_set(err, SZ_E_INPUT, "The Base64 text ends early: its "
                        "length, %llu, is no multiple of four.",
                        (unsigned long long) (decoder->offset + decoder->n));
}


sz_code_e
sz_base64_decode(sz_str_t text, void *dst, sz_error_t *err)
{
    size_t               len;
    sz_base64_decoder_t  decoder;

    sz_base64_decoder_init(&decoder);

    if (text.len % 4 != 0) {
        decoder.offset = text.len / 4 * 4;
        decoder.n = (unsigned) (text.len % 4);
        return sz_base64_decoder_finish(&decoder, err);
    }

    return sz_base64_groups(&decoder, text, dst, &len, err);
}
