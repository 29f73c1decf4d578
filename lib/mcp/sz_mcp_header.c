#include "mcp/sz_mcp_exchange.h"

#include <openssl/evp.h>


#define SZ_SENTINEL_HEAD  "=?base64?"
#define SZ_SENTINEL_TAIL  "?="


/*
 * Strict: standard alphabet, padding, no blanks, and the one text that these
 * bytes have.  EVP_DecodeBlock() trims blanks and ignores what padding hides,
 * so its result is encoded again and compared.
 */

static bool
sz_header_base64(sz_arena_t *arena, sz_str_t code, sz_str_t *text)
{
    int             n;
    unsigned char  *bytes, *again;

    bytes = sz_alloc(arena, code.len + 1);
    again = sz_alloc(arena, code.len + 4);

    if (bytes == NULL || again == NULL || code.len % 4 != 0) {
        return false;
    }

    n = EVP_DecodeBlock(bytes, (const unsigned char *) code.data,
                        (int) code.len);
    if (n < 0) {
        return false;
    }

    if (sz_str_ends(code, "==")) {
        n -= 2;

    } else if (sz_str_ends(code, "=")) {
        n -= 1;
    }

    if (EVP_EncodeBlock(again, bytes, n) != (int) code.len
        || memcmp(again, code.data, code.len) != 0)
    {
        return false;
    }

    *text = (sz_str_t) { (size_t) n, (const char *) bytes };

    return sz_utf8_valid(*text);
}


bool
sz_header_text(sz_arena_t *arena, sz_str_t value, sz_str_t *text)
{
    size_t    i, head, tail;
    sz_str_t  code;

    value = sz_str_trim(value);

    for (i = 0; i < value.len; i++) {
        if (value.data[i] != '\t'
            && (value.data[i] < 0x20 || value.data[i] > 0x7e))
        {
            return false;
        }
    }

    head = sizeof(SZ_SENTINEL_HEAD) - 1;
    tail = sizeof(SZ_SENTINEL_TAIL) - 1;

    if (value.len < head + tail
        || !sz_str_starts(value, SZ_SENTINEL_HEAD)
        || !sz_str_ends(value, SZ_SENTINEL_TAIL))
    {
        *text = value;
        return true;
    }

    code.data = value.data + head;
    code.len = value.len - head - tail;

    return sz_header_base64(arena, code, text);
}
