/*
 * Session ids of the legacy revisions: signed tokens, so that nothing is
 * stored and any worker, replica or restarted gateway that has the same secret
 * knows them.
 *
 *     base64url( mark, revision and capabilities, issued at, 128 random bits,
 *                HMAC over these and the caller )
 *
 * A session id is a name, not a credential: it lets nobody in.
 */

#ifndef SZ_MCP_SESSION_H
#define SZ_MCP_SESSION_H


#include "mcp/sz_mcp.h"


#define SZ_SESSION_BYTES  58            /* 1 + 1 + 8 + 16 + 32 */
#define SZ_SESSION_TEXT   79            /* terminated */


/*
 * A new session of this revision, with SZ_CLIENT_* bits of what its client
 * can do.  False when there is no randomness.
 */
bool sz_session_create(const sz_server_t *server,
    const unsigned char caller_id[SZ_CALLER_ID], sz_session_t *session,
    char text[SZ_SESSION_TEXT]);

/* False when the id is not ours, not this caller's, or has expired. */
bool sz_session_open(const sz_server_t *server,
    const unsigned char caller_id[SZ_CALLER_ID], sz_str_t text, int64_t clock,
    sz_session_t *session);


#endif /* SZ_MCP_SESSION_H */
