/*
 * What a legacy session wants to be told: log messages from some severity on,
 * and changes of single resources.  Kept in the hub, because the next request
 * of the session may reach another worker.
 */

#include "mcp/sz_mcp_exchange.h"


#define SZ_WATCH_URI  2048


static void
sz_watch_answer(sz_message_t *m)
{
    sz_jw_t  w;

    w = sz_answer_open(m);
    sz_answer_close(m, &w);
}


static int64_t
sz_watch_until(const sz_exchange_t *x)
{
    return x->session.issued + x->server->session_timeout;
}


/* Without a session there is nobody to remember it for: accepted, for once. */

void
sz_watch_level(sz_message_t *m)
{
    const char     *name;
    sz_exchange_t  *x = m->exchange;

    name = sz_json_string(m->params, "level");

    if (name == NULL || sz_log_find(name) == SZ_LOG_NONE) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "level must be one of the eight from debug to "
                        "emergency.");
        return;
    }

    if (x->has_session && x->server->hub != NULL
        && !x->server->hub->session_level(x->session.id, x->caller_id,
                                          (int) sz_log_find(name),
                                          sz_watch_until(x)))
    {
        sz_answer_error(m, 200, SZ_RPC_INTERNAL_ERROR,
                        "The gateway remembers too much already "
                        "(sanzaru_zone_size). Try again later.");
        x->outcome = SZ_E_BUSY;
        return;
    }

    sz_watch_answer(m);
}


static const char *
sz_watch_uri(sz_message_t *m)
{
    const char  *uri;

    uri = sz_json_string(m->params, "uri");

    if (uri == NULL || strlen(uri) > SZ_WATCH_URI) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "uri must be a string of at most %d bytes.",
                        SZ_WATCH_URI);
        return NULL;
    }

    return uri;
}


void
sz_watch_subscribe(sz_message_t *m)
{
    const char     *uri;
    sz_exchange_t  *x = m->exchange;

    uri = sz_watch_uri(m);

    if (uri == NULL) {
        return;
    }

    if (x->has_session && x->server->hub != NULL
        && !x->server->hub->subscribe(x->session.id, x->caller_id,
                                      sz_str_of(uri), sz_watch_until(x)))
    {
        sz_answer_error(m, 200, SZ_RPC_INTERNAL_ERROR,
                        "This session subscribes to too much already: at most "
                        "256 URIs and 256 KB, less where sanzaru_zone_size is "
                        "small. Unsubscribe from some.");
        x->outcome = SZ_E_LIMIT;
        return;
    }

    sz_watch_answer(m);
}


void
sz_watch_unsubscribe(sz_message_t *m)
{
    const char     *uri;
    sz_exchange_t  *x = m->exchange;

    uri = sz_watch_uri(m);

    if (uri == NULL) {
        return;
    }

    if (x->has_session && x->server->hub != NULL) {
        x->server->hub->unsubscribe(x->session.id, sz_str_of(uri));
    }

    sz_watch_answer(m);
}
