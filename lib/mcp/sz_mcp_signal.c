/*
 * Signals of the hub: what one means to an exchange, a stream that waits or a
 * call under way, and which ones tell of what a call has changed.
 */

#include "mcp/sz_mcp_exchange.h"
#include "tools/sz_tools_resource.h"
#include "mcp/sz_mcp_task.h"

#include <stdio.h>


static bool
sz_hear_named(const cJSON *array, sz_str_t name)
{
    const cJSON  *item;

    for (item = (array != NULL) ? array->child : NULL; item; item = item->next)
    {
        if (sz_str_is(name, item->valuestring)) {
            return true;
        }
    }

    return false;
}


/* Whether a file's folder is one of those this stream may see. */

static bool
sz_hear_sees(const sz_listen_t *listen, const unsigned char *scope)
{
    unsigned  i;

    for (i = 0; i < listen->n_scopes; i++) {
        if (memcmp(listen->scopes[i], scope, SZ_HUB_ID) == 0) {
            return true;
        }
    }

    return false;
}


static void
sz_hear_updated(const sz_exchange_t *x, sz_str_t uri, sz_buf_t *json)
{
    sz_jw_t  w;

    sz_listen_open(x, &w, json, "notifications/resources/updated");
    sz_jw_key(&w, "uri");
    sz_jw_str(&w, uri);
    sz_listen_close(&w);
}


static void
sz_hear_changed(const sz_exchange_t *x, const char *list, sz_buf_t *json)
{
    char     method[48];
    sz_jw_t  w;

    snprintf(method, sizeof(method), "notifications/%.16s/list_changed", list);

    sz_listen_open(x, &w, json, method);
    sz_listen_close(&w);
}


static bool
sz_hear_subscribed(const sz_exchange_t *x, sz_str_t uri)
{
    return x->has_session
           ? x->server->hub->subscribed(x->session.id, uri)
           : sz_hear_named(x->listen->uris, uri);
}


static sz_heard_e
sz_hear_resource(const sz_exchange_t *x, const sz_signal_t *signal,
    sz_buf_t *json)
{
    if (!sz_hear_subscribed(x, signal->key)) {
        return SZ_HEARD_NOTHING;
    }

    sz_hear_updated(x, signal->key, json);

    return SZ_HEARD_EVENT;
}


/* A list by its name in signals; NULL: it is not one this stream wants. */

static const char *
sz_hear_wanted(const sz_listen_t *listen, sz_str_t name)
{
    if (sz_str_is(name, "tools")) {
        return listen->tools ? "tools" : NULL;
    }

    if (sz_str_is(name, "prompts")) {
        return listen->prompts ? "prompts" : NULL;
    }

    return listen->resources ? "resources" : NULL;
}


static sz_heard_e
sz_hear_task(const sz_exchange_t *x, const sz_signal_t *signal,
    sz_buf_t *json)
{
    sz_jw_t  w;

    if (!sz_hear_named(x->listen->tasks, signal->key) || signal->text.len < 2)
    {
        return SZ_HEARD_NOTHING;
    }

    sz_listen_open(x, &w, json, "notifications/tasks");
    sz_jw_raw(&w, (sz_str_t) { signal->text.len - 2, signal->text.data + 1 });
    sz_listen_close(&w);

    return SZ_HEARD_EVENT;
}


/* Whether a stream that waits is told of what this signal is about. */

static bool
sz_hear_is_stream(const sz_exchange_t *x, const sz_signal_t *signal)
{
    const sz_listen_t  *listen = x->listen;

    switch (signal->type) {

    case SZ_SIGNAL_RESOURCE:
        return !listen->resumes && sz_hear_sees(listen, signal->id);

    case SZ_SIGNAL_LIST:
        return !listen->resumes && sz_hear_wanted(listen, signal->key) != NULL
               && (!sz_str_is(signal->key, "resources")
                   || sz_hear_sees(listen, signal->id));

    case SZ_SIGNAL_TASK:
        return listen->tasks != NULL
               && memcmp(signal->id, x->caller_id, SZ_HUB_ID) == 0;

    case SZ_SIGNAL_EVENT:
        return listen->resumes
               && memcmp(signal->id, x->stream, SZ_HUB_ID) == 0;

    case SZ_SIGNAL_STREAM:
        return !listen->resumes && x->has_session
               && memcmp(signal->id, x->session.id, SZ_HUB_ID) == 0
               && memcmp(signal->key.data, x->stream, SZ_HUB_ID) != 0;

    case SZ_SIGNAL_SESSION:
        return x->has_session
               && memcmp(signal->id, x->session.id, SZ_HUB_ID) == 0;

    default:
        return false;
    }
}


bool
sz_exchange_concerns(const sz_exchange_t *x, const sz_signal_t *signal)
{
    if (x->listen != NULL) {
        return sz_hear_is_stream(x, signal);
    }

    return x->has_session
           && (signal->type == SZ_SIGNAL_CANCEL
               || signal->type == SZ_SIGNAL_ANSWER)
           && memcmp(signal->id, x->session.id, SZ_HUB_ID) == 0;
}


static sz_heard_e
sz_hear_listening(const sz_exchange_t *x, const sz_signal_t *signal,
    sz_buf_t *json)
{
    switch (signal->type) {

    case SZ_SIGNAL_RESOURCE:
        return sz_hear_resource(x, signal, json);

    case SZ_SIGNAL_LIST:
        sz_hear_changed(x, sz_hear_wanted(x->listen, signal->key), json);
        return SZ_HEARD_EVENT;

    case SZ_SIGNAL_TASK:
        return sz_hear_task(x, signal, json);

    case SZ_SIGNAL_EVENT:
        return SZ_HEARD_MORE;

    default: /* SZ_SIGNAL_STREAM, SZ_SIGNAL_SESSION */
        return SZ_HEARD_END;
    }
}


/* The call that a legacy client cancels or answers. */

static sz_heard_e
sz_hear_calling(sz_exchange_t *x, const sz_signal_t *signal,
    sz_message_t **m)
{
    size_t  i;

    for (i = 0; i < x->n_messages; i++) {
        *m = &x->messages[i];

        if ((*m)->done || (*m)->call == NULL) {
            continue;
        }

        if (signal->type == SZ_SIGNAL_CANCEL
            && sz_str_eq(signal->key, (*m)->id))
        {
            return SZ_HEARD_CANCEL;
        }

        if (signal->type == SZ_SIGNAL_ANSWER
            && sz_ask_answer(*m, signal->key))
        {
            return SZ_HEARD_ANSWER;
        }
    }

    return SZ_HEARD_NOTHING;
}


sz_heard_e
sz_exchange_hear(sz_exchange_t *x, const sz_signal_t *signal, sz_buf_t *json,
    sz_message_t **m)
{
    if (!sz_exchange_concerns(x, signal)) {
        return SZ_HEARD_NOTHING;
    }

    return (x->listen != NULL) ? sz_hear_listening(x, signal, json)
                               : sz_hear_calling(x, signal, m);
}


/*
 * What a call has changed.
 */

static void
sz_publish_lists(const sz_hub_t *hub, unsigned lists)
{
    size_t       i;
    sz_signal_t  signal;

    static const struct {
        unsigned     list;
        const char  *name;
    } names[] = {
        { SZ_LIST_TOOLS, "tools" },
        { SZ_LIST_PROMPTS, "prompts" }
    };

    memset(&signal, 0, sizeof(signal));
    signal.type = SZ_SIGNAL_LIST;

    for (i = 0; i < sz_array_len(names); i++) {
        if (lists & names[i].list) {
            signal.key = sz_str_of(names[i].name);
            hub->publish(&signal);
        }
    }
}


/* Those who watch the file are told of it, and those who watch the list. */

static void
sz_publish_file(const sz_exchange_t *x, const sz_changed_t *changed)
{
    sz_buf_t     uri;
    sz_signal_t  signal;

    memset(&signal, 0, sizeof(signal));

    if (!sz_scope(&x->setup->folder[changed->kind], signal.id)) {
        return;
    }

    sz_buf_init(&uri, SZ_HUB_TEXT);
    sz_resource_uri(&uri, changed->kind, changed->name);

    if (!uri.failed) {
        signal.type = SZ_SIGNAL_RESOURCE;
        signal.key = sz_buf_view(&uri);
        x->server->hub->publish(&signal);
    }

    sz_buf_free(&uri);

    if (changed->change != SZ_CHANGE_REPLACED) {
        signal.type = SZ_SIGNAL_LIST;
        signal.key = sz_str("resources");
        x->server->hub->publish(&signal);
    }
}


void
sz_exchange_publish(const sz_message_t *m)
{
    const sz_changed_t   *changed;
    const sz_exchange_t  *x = m->exchange;

    if (x->server->hub == NULL) {
        return;
    }

    sz_publish_lists(x->server->hub, m->call->lists_changed);

    if (m->call->changed_task != NULL) {
        sz_task_publish(x->server->hub, m->call->changed_task);
    }

    for (changed = m->call->changed; changed; changed = changed->next) {
        sz_publish_file(x, changed);
    }
}
