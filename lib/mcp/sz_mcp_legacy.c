/*
 * Revisions with a handshake: 2025-03-26, 2025-06-18, 2025-11-25.  Sessions
 * are signed tokens and optional: a client that sends none is served by the
 * revision its header names, or by 2025-03-26, which had no header.
 */

#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_session.h"

#include <string.h>


#define SZ_REV_LEGACY_LAST  SZ_REV_2025_11_25


bool
sz_legacy_session(sz_exchange_t *x)
{
    sz_session_t  session;

    if (!sz_session_open(x->server, x->head.mcp_session, x->head.clock,
                         &session))
    {
        return false;
    }

    x->revision = session.revision;

    return true;
}


/* initialize stands before any session, so only the header is looked at. */

static bool
sz_legacy_admit_initialize(sz_message_t *m, bool known,
    sz_revision_e revision)
{
    if (known && revision >= SZ_REV_MODERN) {
        sz_answer_error(m, 400, SZ_RPC_HEADER_MISMATCH,
                        "MCP-Protocol-Version is %s, but that revision has no "
                        "initialize; leave the header out, or send the "
                        "request's _meta.", sz_revision_name(revision));
        return false;
    }

    m->exchange->revision = SZ_REV_LEGACY_LAST;

    return true;
}


static void
sz_legacy_version_error(sz_message_t *m, sz_str_t version)
{
    char  shown[44];

    sz_str_show(shown, 40, version);

    /*
     * A header from the time of this revision or later without the claim in
     * the body: a modern client that forgot it, never a legacy one.
     */

    if (version.data != NULL && version.len == 10
        && memcmp(version.data, sz_revision_name(SZ_REV_MODERN), 10) >= 0)
    {
        sz_answer_error(m, 400, SZ_RPC_INVALID_PARAMS,
                        "MCP-Protocol-Version is \"%s\", so params._meta needs "
                        "\"" SZ_META_VERSION "\" and \"" SZ_META_CLIENT "\".",
                        shown);
        return;
    }

    sz_answer_error(m, 400, SZ_RPC_LEGACY,
                    "MCP-Protocol-Version \"%s\" is not served; known are "
                    "2025-03-26, 2025-06-18, 2025-11-25 and 2026-07-28.",
                    shown);
}


bool
sz_legacy_admit(sz_message_t *m)
{
    bool            known;
    sz_str_t        version;
    sz_revision_e   revision;
    sz_exchange_t  *x = m->exchange;

    version = x->head.mcp_version;
    revision = SZ_REV_2025_03_26;
    known = sz_revision_find(version, &revision);

    if (x->head.doubled != NULL) {
        sz_answer_error(m, 400, SZ_RPC_INVALID_REQUEST,
                        "The header %s came more than once.",
                        x->head.doubled);
        return false;
    }

    if (version.data != NULL && !known) {
        sz_legacy_version_error(m, version);
        return false;
    }

    if (m->method != NULL && strcmp(m->method, "initialize") == 0
        && m->id.data != NULL)
    {
        return sz_legacy_admit_initialize(m, known, revision);
    }

    if (known && revision >= SZ_REV_MODERN) {
        sz_legacy_version_error(m, version);
        return false;
    }

    x->revision = revision;

    if (x->head.mcp_session.data == NULL) {
        return true;
    }

    if (!sz_legacy_session(x)) {
        sz_answer_error(m, 404, SZ_RPC_SESSION,
                        "This session is not known here or has expired; "
                        "initialize again.");
        return false;
    }

    return true;
}


void
sz_legacy_initialize(sz_message_t *m)
{
    char           *session;
    sz_jw_t         w;
    const char     *asked;
    sz_revision_e   revision;
    sz_exchange_t  *x = m->exchange;

    asked = sz_json_string(m->params, "protocolVersion");

    if (asked == NULL) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "initialize needs the string protocolVersion.");
        return;
    }

    if (sz_revision_find(sz_str_of(asked), &revision)
        && revision < SZ_REV_MODERN)
    {
        x->revision = revision;

    } else {
        x->revision = SZ_REV_LEGACY_LAST;
    }

    session = sz_alloc(x->arena, SZ_SESSION_TEXT);

    if (session == NULL
        || !sz_session_create(x->server, x->revision, x->head.clock, session))
    {
        sz_answer_error(m, 500, SZ_RPC_INTERNAL_ERROR,
                        "The gateway cannot make a session now.");
        return;
    }

    sz_reply_header(&x->reply, "Mcp-Session-Id", session);

    w = sz_answer_open(m);
    sz_jw_kstr(&w, "protocolVersion", sz_revision_name(x->revision));
    sz_jw_key(&w, "capabilities");
    sz_answer_capabilities(&w, x->server);
    sz_jw_key(&w, "serverInfo");
    sz_answer_server_info(&w);
    sz_jw_kstr(&w, "instructions", sz_instructions);
    sz_answer_close(m, &w);
}
