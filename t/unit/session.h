/*
 * A legacy session for a test, and requests of it; its hub is that of hub.h.
 */

#ifndef SESSION_H
#define SESSION_H


#include "script.h"
#include "hub.h"
#include "mcp/sz_mcp_caller.h"
#include "mcp/sz_mcp_session.h"


static sz_session_t  session;
static char          session_text[SZ_SESSION_TEXT];


/* Nobody's, of revision 2025-11-25. */

__attribute__((unused)) static bool
session_make(void)
{
    unsigned char  nobody[SZ_CALLER_ID];

    session.revision = SZ_REV_2025_11_25;
    session.issued = HUB_CLOCK;
    script_server.hub = &hub;

    return sz_caller_id(sz_str_null, nobody)
           && sz_session_create(&script_server, nobody, &session,
                                session_text);
}


/* POST; anything else is to be set in it. */

__attribute__((unused)) static sz_head_t
session_head(void)
{
    sz_head_t  head = script_post();

    head.mcp_session = sz_str_of(session_text);

    return head;
}


#endif /* SESSION_H */
