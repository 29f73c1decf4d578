#include "mcp/sz_mcp_session.h"
#include "mcp/sz_mcp_seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>


#define SZ_SESSION_SIGNED  26           /* bytes before the HMAC */
#define SZ_SESSION_MAC     32
#define SZ_SESSION_MARK    0x51         /* format, above the revision */

/* Clocks of replicas differ a little. */
#define SZ_SESSION_SKEW    300


/* Capabilities of a client, in the bits that the revision leaves free. */
#define SZ_SESSION_CLIENT  (SZ_CLIENT_ELICIT_FORM | SZ_CLIENT_ELICIT_URL     \
                            | SZ_CLIENT_SAMPLING | SZ_CLIENT_ROOTS)


/* This is done for each request: HMAC() of one text takes a quarter of the
 * time that an EVP_PKEY does. */

static bool
sz_session_mac(const unsigned char *secret, const unsigned char *caller_id,
    const unsigned char *token, unsigned char *mac)
{
    bool           ok;
    unsigned       len;
    unsigned char  key[32], text[SZ_SESSION_SIGNED + SZ_CALLER_ID];

    memcpy(text, token, SZ_SESSION_SIGNED);
    memcpy(text + SZ_SESSION_SIGNED, caller_id, SZ_CALLER_ID);

    ok = sz_secret_key(secret, "sanzaru session v1", key)
         && HMAC(EVP_sha256(), key, sizeof(key), text, sizeof(text), mac, &len)
            != NULL;

    OPENSSL_cleanse(key, sizeof(key));

    return ok;
}


bool
sz_session_create(const sz_server_t *server,
    const unsigned char caller_id[SZ_CALLER_ID], sz_session_t *session,
    char text[SZ_SESSION_TEXT])
{
    unsigned       i;
    unsigned char  token[SZ_SESSION_BYTES];

    token[0] = SZ_SESSION_MARK;
    token[1] = (unsigned char) (session->revision
                                | (session->client & SZ_SESSION_CLIENT) << 2);

    for (i = 0; i < 8; i++) {
        token[2 + i] = (unsigned char)
                       ((uint64_t) session->issued >> (56 - 8 * i));
    }

    if (RAND_bytes(token + 10, sizeof(session->id)) != 1
        || !sz_session_mac(server->secret, caller_id, token,
                           token + SZ_SESSION_SIGNED))
    {
        return false;
    }

    memcpy(session->id, token + 10, sizeof(session->id));
    sz_base64url_encode(text, token, sizeof(token));

    return true;
}


static bool
sz_session_is_signed(const unsigned char *secret,
    const unsigned char *caller_id, const unsigned char *token)
{
    unsigned char  mac[SZ_SESSION_MAC];

    return sz_session_mac(secret, caller_id, token, mac)
           && CRYPTO_memcmp(mac, token + SZ_SESSION_SIGNED, SZ_SESSION_MAC)
              == 0;
}


bool
sz_session_open(const sz_server_t *server,
    const unsigned char caller_id[SZ_CALLER_ID], sz_str_t text, int64_t clock,
    sz_session_t *session)
{
    size_t         len;
    unsigned       i;
    unsigned char  token[SZ_SESSION_BYTES + 2];

    if (text.len != SZ_SESSION_TEXT - 1
        || !sz_base64url_decode(token, &len, text)
        || token[0] != SZ_SESSION_MARK
        || (!sz_session_is_signed(server->secret, caller_id, token)
            && (!server->has_previous
                || !sz_session_is_signed(server->previous, caller_id, token))))
    {
        return false;
    }

    session->revision = token[1] & 3;
    session->client = (unsigned) token[1] >> 2;
    session->issued = 0;

    for (i = 0; i < 8; i++) {
        session->issued = session->issued << 8 | token[2 + i];
    }

    memcpy(session->id, token + 10, sizeof(session->id));

    return session->revision < SZ_REV_MODERN
           && clock - session->issued < server->session_timeout
           && clock - session->issued > -SZ_SESSION_SKEW;
}
