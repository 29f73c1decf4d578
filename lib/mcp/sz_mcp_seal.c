#include "mcp/sz_mcp_seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>


#define SZ_SEAL_MARK   "v1."
#define SZ_SEAL_NONCE  12
#define SZ_SEAL_TAG    16


static const char  sz_base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


void
sz_base64url_encode(char *dst, const unsigned char *src, size_t len)
{
    size_t    i;
    uint32_t  bits;

    for (i = 0; i + 2 < len; i += 3) {
        bits = (uint32_t) src[i] << 16 | (uint32_t) src[i + 1] << 8
               | src[i + 2];

        *dst++ = sz_base64url[bits >> 18];
        *dst++ = sz_base64url[bits >> 12 & 63];
        *dst++ = sz_base64url[bits >> 6 & 63];
        *dst++ = sz_base64url[bits & 63];
    }

    if (len - i > 0) {
        bits = (uint32_t) src[i] << 8 | (len - i == 2 ? src[i + 1] : 0);

        *dst++ = sz_base64url[bits >> 10];
        *dst++ = sz_base64url[bits >> 4 & 63];

        if (len - i == 2) {
            *dst++ = sz_base64url[bits << 2 & 63];
        }
    }

    *dst = '\0';
}


bool
sz_base64url_decode(unsigned char *dst, size_t *len, sz_str_t text)
{
    size_t       i, n;
    uint32_t     bits;
    const char  *digit;

    if (text.len % 4 == 1) {
        return false;
    }

    for (bits = 0, n = 0, i = 0; i < text.len; i++) {

        digit = (text.data[i] != '\0') ? strchr(sz_base64url, text.data[i])
                                       : NULL;
        if (digit == NULL) {
            return false;
        }

        bits = bits << 6 | (uint32_t) (digit - sz_base64url);

        if (i % 4 != 0) {
            dst[n++] = (unsigned char) (bits >> (6 - 2 * (i % 4)));
        }
    }

    *len = n;

    /* the last digit's spare bits: one text for given bytes */

    return (text.len % 4 == 0)
           || (bits & ((text.len % 4 == 2) ? 15 : 3)) == 0;
}


bool
sz_secret_key(const unsigned char secret[32], const char *label,
    unsigned char key[32])
{
    unsigned  len;

    return HMAC(EVP_sha256(), secret, 32, (const unsigned char *) label,
                strlen(label), key, &len) != NULL;
}


/* One pass of GCM; out has room for in.len bytes. */

static bool
sz_seal_crypt(bool encrypt, const unsigned char secret[32],
    const unsigned char *nonce, sz_str_t bound, sz_str_t in,
    unsigned char *out, unsigned char *tag)
{
    int              n;
    bool             ok;
    unsigned char    key[32];
    EVP_CIPHER_CTX  *ctx;

    ctx = EVP_CIPHER_CTX_new();

    ok = ctx != NULL
         && sz_secret_key(secret, "sanzaru seal v1", key)
         && EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce,
                              encrypt)
         && EVP_CipherUpdate(ctx, NULL, &n,
                             (const unsigned char *) bound.data,
                             (int) bound.len)
         && EVP_CipherUpdate(ctx, out, &n, (const unsigned char *) in.data,
                             (int) in.len)
         && (encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG,
                                            SZ_SEAL_TAG, tag))
         && EVP_CipherFinal_ex(ctx, out + in.len, &n)
         && (!encrypt || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG,
                                             SZ_SEAL_TAG, tag));

    EVP_CIPHER_CTX_free(ctx);
    OPENSSL_cleanse(key, sizeof(key));

    return ok;
}


char *
sz_seal(sz_arena_t *arena, const unsigned char secret[32], sz_str_t bound,
    sz_str_t plain)
{
    char           *text;
    size_t          len;
    unsigned char  *bytes;

    if (plain.len > SZ_SEAL_MAX) {
        return NULL;
    }

    len = SZ_SEAL_NONCE + plain.len + SZ_SEAL_TAG;

    bytes = sz_alloc(arena, len);
    text = sz_alloc(arena, sizeof(SZ_SEAL_MARK) + (len + 2) / 3 * 4);

    if (bytes == NULL || text == NULL
        || RAND_bytes(bytes, SZ_SEAL_NONCE) != 1
        || !sz_seal_crypt(true, secret, bytes, bound, plain,
                          bytes + SZ_SEAL_NONCE,
                          bytes + SZ_SEAL_NONCE + plain.len))
    {
        return NULL;
    }

    memcpy(text, SZ_SEAL_MARK, sizeof(SZ_SEAL_MARK) - 1);
    sz_base64url_encode(text + sizeof(SZ_SEAL_MARK) - 1, bytes, len);

    return text;
}


bool
sz_unseal(sz_arena_t *arena, const unsigned char secret[32], sz_str_t bound,
    sz_str_t text, sz_str_t *plain)
{
    size_t          len;
    sz_str_t        sealed;
    unsigned char  *bytes, *out;

    if (!sz_str_starts(text, SZ_SEAL_MARK) || text.len > 2 * SZ_SEAL_MAX) {
        return false;
    }

    sealed.data = text.data + sizeof(SZ_SEAL_MARK) - 1;
    sealed.len = text.len - (sizeof(SZ_SEAL_MARK) - 1);

    bytes = sz_alloc(arena, sealed.len / 4 * 3 + 3);

    if (bytes == NULL || !sz_base64url_decode(bytes, &len, sealed)
        || len < SZ_SEAL_NONCE + SZ_SEAL_TAG)
    {
        return false;
    }

    len -= SZ_SEAL_NONCE + SZ_SEAL_TAG;
    out = sz_alloc(arena, len + 1);

    if (out == NULL
        || !sz_seal_crypt(false, secret, bytes, bound,
                          (sz_str_t) { len, (char *) bytes + SZ_SEAL_NONCE },
                          out, bytes + SZ_SEAL_NONCE + len))
    {
        return false;
    }

    *plain = (sz_str_t) { len, (const char *) out };

    return true;
}
