/*
 * Sealing: text that a client carries for us and can neither read nor change
 * (requestState, cursors).  AES-256-GCM with a key made of the server's secret
 * (NIST SP 800-38D; the key by HMAC over a label, as in HKDF, RFC 5869).
 *
 *     "v1." base64url( 96 random bits, ciphertext, 128 bits of tag )
 */

#ifndef SZ_MCP_SEAL_H
#define SZ_MCP_SEAL_H


#include "base/sz_base.h"


#define SZ_SEAL_MAX  16384          /* bytes that can be sealed */

/*
 * In the arena; NULL at its limit, without randomness, or when plain is too
 * long.  `bound` is what the seal only opens with: purpose, caller, request.
 */
char *sz_seal(sz_arena_t *arena, const unsigned char secret[32],
    sz_str_t bound, sz_str_t plain);

/*
 * The key for one purpose, so that none serves two (RFC 5869); wipe it.  False:
 * the library has no memory.
 */
bool sz_secret_key(const unsigned char secret[32], const char *label,
    unsigned char key[32]);

/* False when it is not ours, was changed, or is bound to something else. */
bool sz_unseal(sz_arena_t *arena, const unsigned char secret[32],
    sz_str_t bound, sz_str_t text, sz_str_t *plain);


/* base64url without padding (RFC 4648, section 5). */

/* dst has (len + 2) / 3 * 4 + 1 bytes and is terminated. */
void sz_base64url_encode(char *dst, const unsigned char *src, size_t len);

/* dst has text.len / 4 * 3 + 3 bytes; false: no base64url, or not the one
 * text of these bytes. */
bool sz_base64url_decode(unsigned char *dst, size_t *len, sz_str_t text);


#endif /* SZ_MCP_SEAL_H */
