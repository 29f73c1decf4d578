/*
 * Session ids of the legacy revisions: signed tokens, so that nothing is
 * stored and any worker, replica or restarted gateway that has the same secret
 * knows them.
 *
 *     base64url( revision, capabilities, issued at, 128 random bits, HMAC )
 *
 * A session id is a name, not a credential: it lets nobody in.
 */

#ifndef SZ_MCP_SESSION_H
#define SZ_MCP_SESSION_H


#include "mcp/sz_mcp.h"


#define SZ_SESSION_BYTES  58            /* 1 + 1 + 8 + 16 + 32 */
#define SZ_SESSION_TEXT   79            /* terminated */


typedef struct {
    sz_revision_e   revision;
    int64_t         issued;             /* Unix time, seconds */
    unsigned char   nonce[16];
} sz_session_t;


/* False when there is no randomness. */
bool sz_session_create(const sz_server_t *server, sz_revision_e revision,
    int64_t clock, char text[SZ_SESSION_TEXT]);

/* False when the id is not ours, was changed, or has expired. */
bool sz_session_open(const sz_server_t *server, sz_str_t text, int64_t clock,
    sz_session_t *session);


#endif /* SZ_MCP_SESSION_H */
