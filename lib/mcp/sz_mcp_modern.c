/*
 * Revision 2026-07-28 and later: no handshake, every request carries its
 * claim (_meta) and headers that repeat parts of the body.  The order of the
 * checks is the ladder that clients and the conformance suite expect.
 */

#include "mcp/sz_mcp_exchange.h"

#include <stdio.h>


const cJSON *
sz_modern_claim(const sz_message_t *m)
{
    return sz_json_given(sz_json_object(m->params, "_meta"), SZ_META_VERSION);
}


unsigned
sz_modern_client(const sz_message_t *m)
{
    unsigned      client;
    const cJSON  *declared, *extensions;

    declared = sz_json_object(sz_json_object(m->params, "_meta"),
                              SZ_META_CLIENT);
    extensions = sz_json_object(declared, "extensions");
    client = sz_legacy_client(declared);

    if (sz_json_object(extensions, SZ_EXTENSION_TASKS) != NULL) {
        client |= SZ_CLIENT_TASKS;
    }

    return client;
}


static bool
sz_modern_level(const cJSON *level)
{
    return level == NULL
           || (cJSON_IsString(level)
               && sz_log_find(level->valuestring) != SZ_LOG_NONE);
}


static bool
sz_modern_meta(sz_message_t *m, const cJSON *claim)
{
    const cJSON  *meta;

    meta = sz_json_object(m->params, "_meta");

    if (!cJSON_IsString(claim)) {
        sz_answer_error(m, 400, SZ_RPC_INVALID_PARAMS,
                        "_meta[\"" SZ_META_VERSION "\"] must be a string.");
        return false;
    }

    if (sz_json_object(meta, SZ_META_CLIENT) == NULL) {
        sz_answer_error(m, 400, SZ_RPC_INVALID_PARAMS,
                        "_meta[\"" SZ_META_CLIENT "\"] must be an object; {} "
                        "will do.");
        return false;
    }

    if (!sz_modern_level(sz_json_given(meta, SZ_META_LEVEL))) {
        sz_answer_error(m, 400, SZ_RPC_INVALID_PARAMS,
                        "_meta[\"" SZ_META_LEVEL "\"] must be one of the "
                        "eight levels from debug to emergency.");
        return false;
    }

    return true;
}


/* HeaderMismatch, with both sides for the reader. */

static bool
sz_modern_mismatch(sz_message_t *m, const char *header, sz_str_t came,
    const char *body)
{
    char      shown[84];
    sz_jw_t   w;
    sz_buf_t  data;

    sz_str_show(shown, 80, came);

    sz_buf_init(&data, 8192);
    sz_jw_init(&w, &data);
    sz_jw_open(&w, '{');
    sz_jw_key(&w, "mismatch");
    sz_jw_open(&w, '{');
    sz_jw_kstr(&w, "header", (came.data != NULL) ? shown : NULL);
    sz_jw_kstr(&w, "body", body);
    sz_jw_close(&w, '}');
    sz_jw_close(&w, '}');

    sz_answer_error_data(m, 400, SZ_RPC_HEADER_MISMATCH,
                         data.failed ? sz_str_null : sz_buf_view(&data),
                         "The header %s %s the request's body.", header,
                         (came.data == NULL) ? "is missing; it must repeat"
                                             : "does not agree with");
    sz_buf_free(&data);

    return false;
}


static bool
sz_modern_supported(sz_message_t *m, const char *claim)
{
    sz_jw_t         w;
    sz_buf_t        data;
    sz_revision_e   revision;

    if (sz_revision_find(sz_str_of(claim), &revision)
        && revision >= SZ_REV_MODERN)
    {
        m->exchange->revision = revision;
        return true;
    }

    sz_buf_init(&data, 4096);
    sz_jw_init(&w, &data);
    sz_jw_open(&w, '{');
    sz_jw_key(&w, "supported");
    sz_jw_open(&w, '[');
    sz_jw_cstr(&w, sz_revision_name(SZ_REV_MODERN));
    sz_jw_close(&w, ']');
    sz_jw_kstr(&w, "requested", claim);
    sz_jw_close(&w, '}');

    sz_answer_error_data(m, 400, SZ_RPC_VERSION,
                         data.failed ? sz_str_null : sz_buf_view(&data),
                         "This protocol version is not supported.");
    sz_buf_free(&data);

    return false;
}


/* Mcp-Name repeats one parameter of the methods that have a name. */

static bool
sz_modern_name(sz_message_t *m)
{
    sz_str_t                text;
    const char             *name;
    const sz_rpc_method_t  *method;
    sz_exchange_t          *x = m->exchange;

    method = sz_rpc_method(m);

    if (method == NULL || method->name_param == NULL) {
        return true;
    }

    name = sz_json_string(m->params, method->name_param);

    if (x->head.mcp_name.data == NULL
        || !sz_header_text(x->arena, x->head.mcp_name, &text)
        || name == NULL || !sz_str_is(text, name))
    {
        return sz_modern_mismatch(m, "Mcp-Name", x->head.mcp_name, name);
    }

    return true;
}


bool
sz_modern_admit(sz_message_t *m, const cJSON *claim)
{
    sz_head_t  *head = &m->exchange->head;

    /* errors of this ladder are modern ones, whatever the claim says */

    m->exchange->revision = SZ_REV_MODERN;

    if (!sz_modern_meta(m, claim)) {
        return false;
    }

    if (head->doubled != NULL) {
        sz_answer_error(m, 400, SZ_RPC_HEADER_MISMATCH,
                        "The header %s came more than once.", head->doubled);
        return false;
    }

    if (head->mcp_version.data != NULL
        && !sz_str_is(head->mcp_version, claim->valuestring))
    {
        return sz_modern_mismatch(m, "MCP-Protocol-Version",
                                  head->mcp_version, claim->valuestring);
    }

    if (head->mcp_method.data != NULL
        && !sz_str_is(head->mcp_method, m->method))
    {
        return sz_modern_mismatch(m, "Mcp-Method", head->mcp_method,
                                  m->method);
    }

    if (!sz_modern_supported(m, claim->valuestring)) {
        return false;
    }

    if (head->mcp_version.data == NULL) {
        return sz_modern_mismatch(m, "MCP-Protocol-Version", sz_str_null,
                                  claim->valuestring);
    }

    if (head->mcp_method.data == NULL) {
        return sz_modern_mismatch(m, "Mcp-Method", sz_str_null, m->method);
    }

    return sz_modern_name(m);
}
