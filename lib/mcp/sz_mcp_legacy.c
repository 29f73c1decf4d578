/*
 * Revisions with a handshake: 2025-03-26, 2025-06-18, 2025-11-25.  Sessions
 * are signed tokens and optional: a client that sends none is served by the
 * revision its header names, or by 2025-03-26, which had no header.
 */

#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_session.h"

#include <string.h>


#define SZ_REV_LEGACY_LAST  SZ_REV_2025_11_25


unsigned
sz_legacy_client(const cJSON *capabilities)
{
    unsigned      client;
    const cJSON  *elicitation;

    client = 0;
    elicitation = sz_json_object(capabilities, "elicitation");

    if (elicitation != NULL) {

        /* without either mode it is a client from before there were two */

        if (sz_json_object(elicitation, "url") != NULL) {
            client |= SZ_CLIENT_ELICIT_URL;
        }

        if (sz_json_object(elicitation, "form") != NULL || client == 0) {
            client |= SZ_CLIENT_ELICIT_FORM;
        }
    }

    if (sz_json_object(capabilities, "sampling") != NULL) {
        client |= SZ_CLIENT_SAMPLING;
    }

    if (sz_json_object(capabilities, "roots") != NULL) {
        client |= SZ_CLIENT_ROOTS;
    }

    return client;
}


bool
sz_legacy_session(sz_exchange_t *x)
{
    const sz_hub_t    *hub;
    sz_hub_session_t   state;

    if (!sz_session_open(x->server, x->caller_id, x->head.mcp_session,
                         x->head.clock, &x->session))
    {
        return false;
    }

    x->revision = x->session.revision;
    x->has_session = true;

    hub = x->server->hub;

    if (hub == NULL || !hub->session_get(x->session.id, &state)) {
        return true;
    }

    x->log_level = state.log_level;

    return !state.deleted;
}


/* A client that gives a request up; which worker has it, the hub knows. */

void
sz_legacy_notified(sz_message_t *m)
{
    sz_signal_t           signal;
    const sz_exchange_t  *x = m->exchange;

    if (strcmp(m->method, "notifications/cancelled") != 0
        || !x->has_session || x->server->hub == NULL)
    {
        return;
    }

    signal.type = SZ_SIGNAL_CANCEL;
    signal.key = sz_json_member(sz_json_member(m->text, "params"),
                                "requestId");
    signal.text = sz_str_null;
    memcpy(signal.id, x->session.id, SZ_HUB_ID);

    if (signal.key.data != NULL && signal.key.len <= SZ_HUB_KEY) {
        x->server->hub->publish(&signal);
    }
}


/* Only what was asked, and once: nobody else's message is worth a signal. */


void
sz_legacy_responded(sz_message_t *m, sz_str_t id)
{
    sz_signal_t           signal;
    unsigned char         question[SZ_HUB_ID];
    const sz_exchange_t  *x = m->exchange;

    if (!x->has_session || x->server->hub == NULL
        || m->text.len > SZ_HUB_TEXT || !sz_ask_id(id, question)
        || !x->server->hub->question_answer(question, x->session.id, m->text))
    {
        return;
    }

    signal.type = SZ_SIGNAL_ANSWER;
    signal.key = id;
    signal.text = sz_str_null;
    memcpy(signal.id, x->session.id, SZ_HUB_ID);

    x->server->hub->publish(&signal);
}


/*
 * initialize is what settles the revision, so no header settles it before: that
 * of a client which falls back to a handshake names what it would like best.
 */

static bool
sz_legacy_admit_initialize(sz_message_t *m)
{
    m->exchange->revision = SZ_REV_LEGACY_LAST;

    if (m->exchange->head.mcp_session.data != NULL
        && sz_legacy_session(m->exchange))
    {
        sz_answer_error(m, 400, SZ_RPC_INVALID_REQUEST,
                        "This session is initialized already.");
        return false;
    }

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

    if (m->method != NULL && strcmp(m->method, "initialize") == 0
        && m->id.data != NULL)
    {
        return sz_legacy_admit_initialize(m);
    }

    if (version.data != NULL && (!known || revision >= SZ_REV_MODERN)) {
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

    x->session.revision = x->revision;
    x->session.issued = x->head.clock;
    x->session.client = sz_legacy_client(sz_json_object(m->params,
                                                        "capabilities"));

    if (session == NULL
        || !sz_session_create(x->server, x->caller_id, &x->session,
                              session))
    {
        sz_answer_error(m, 500, SZ_RPC_INTERNAL_ERROR,
                        "The gateway cannot make a session now.");
        return;
    }

    sz_reply_header(&x->reply, "Mcp-Session-Id", session);

    w = sz_answer_open(m);
    sz_jw_kstr(&w, "protocolVersion", sz_revision_name(x->revision));
    sz_jw_key(&w, "capabilities");
    sz_answer_capabilities(&w, x->server, x->revision);
    sz_jw_key(&w, "serverInfo");
    sz_answer_server_info(&w);
    sz_jw_kstr(&w, "instructions", sz_instructions);
    sz_answer_close(m, &w);
}
