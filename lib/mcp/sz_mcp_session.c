#include "mcp/sz_mcp_session.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>


#define SZ_SESSION_SIGNED  26           /* bytes before the HMAC */
#define SZ_SESSION_MAC     32
#define SZ_SESSION_MARK    0x51         /* format, above the revision */

/* Clocks of replicas differ a little. */
#define SZ_SESSION_SKEW    300


static const char  sz_base64url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


/* Without padding (RFC 4648, section 5). */

static void
sz_session_encode(char *dst, const unsigned char *src, size_t len)
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

    if (len - i == 1) {
        *dst++ = sz_base64url[src[i] >> 2];
        *dst++ = sz_base64url[src[i] << 4 & 63];
    }

    *dst = '\0';
}


static bool
sz_session_decode(unsigned char *dst, sz_str_t text)
{
    size_t       i, n;
    uint32_t     bits;
    const char  *digit;

    if (text.len != SZ_SESSION_TEXT - 1) {
        return false;
    }

    for (bits = 0, n = 0, i = 0; i < text.len; i++) {

        digit = (text.data[i] != '\0') ? strchr(sz_base64url, text.data[i])
                                       : NULL;
        if (digit == NULL) {
            return false;
        }

        bits = bits << 6 | (uint32_t) (digit - sz_base64url);

        if (i % 4 == 0) {
            continue;
        }

        dst[n++] = (unsigned char) (bits >> (6 - 2 * (i % 4)));
    }

    /* the last digit's spare bits: one text for one token */

    return (bits & 15) == 0;
}


static bool
sz_session_mac(const sz_server_t *server, const unsigned char *token,
    unsigned char *mac)
{
    unsigned  len;

    return HMAC(EVP_sha256(), server->secret, sizeof(server->secret), token,
                SZ_SESSION_SIGNED, mac, &len) != NULL;
}


bool
sz_session_create(const sz_server_t *server, sz_revision_e revision,
    int64_t clock, char text[SZ_SESSION_TEXT])
{
    unsigned       i;
    unsigned char  token[SZ_SESSION_BYTES];

    token[0] = SZ_SESSION_MARK;
    token[1] = (unsigned char) revision;

    for (i = 0; i < 8; i++) {
        token[2 + i] = (unsigned char) ((uint64_t) clock >> (56 - 8 * i));
    }

    if (RAND_bytes(token + 10, 16) != 1
        || !sz_session_mac(server, token, token + SZ_SESSION_SIGNED))
    {
        return false;
    }

    sz_session_encode(text, token, sizeof(token));

    return true;
}


bool
sz_session_open(const sz_server_t *server, sz_str_t text, int64_t clock,
    sz_session_t *session)
{
    unsigned       i;
    unsigned char  token[SZ_SESSION_BYTES];
    unsigned char  mac[SZ_SESSION_MAC];

    if (!sz_session_decode(token, text)
        || token[0] != SZ_SESSION_MARK
        || token[1] >= SZ_REV_MODERN
        || !sz_session_mac(server, token, mac)
        || CRYPTO_memcmp(mac, token + SZ_SESSION_SIGNED, SZ_SESSION_MAC) != 0)
    {
        return false;
    }

    session->revision = token[1];
    session->issued = 0;

    for (i = 0; i < 8; i++) {
        session->issued = session->issued << 8 | token[2 + i];
    }

    memcpy(session->nonce, token + 10, sizeof(session->nonce));

    return clock - session->issued < server->session_timeout
           && clock - session->issued > -SZ_SESSION_SKEW;
}
