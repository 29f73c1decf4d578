/*
 * The hub of a test: signals are noted, and what the shell keeps in shared
 * memory lies in a room like its, of this process.
 */

#ifndef HUB_H
#define HUB_H


#include "mcp/sz_mcp_hub.h"
#include "mcp/sz_mcp_keep.h"

#include <stdio.h>
#include <string.h>


#define HUB_SIGNALS  8
#define HUB_NOTED    1024               /* bytes of a key, of a text */
#define HUB_CLOCK    1700000000

static uint64_t     hub_memory[2 * SZ_KEEP_LEAST / sizeof(uint64_t)];
static sz_keep_t   *hub_keep;
static bool         hub_full;           /* nothing more is kept */
static int64_t      hub_kept;           /* seconds of what was kept last */
static unsigned     hub_n;              /* signals; the first ones are here */
static sz_signal_t  hub_signals[HUB_SIGNALS];


static void
hub_publish(const sz_signal_t *signal)
{
    size_t       key, text;
    sz_signal_t  *copy;

    static char  noted[HUB_SIGNALS][2][HUB_NOTED];

    if (hub_n < HUB_SIGNALS) {
        key = (signal->key.len < HUB_NOTED) ? signal->key.len : HUB_NOTED;
        text = (signal->text.len < HUB_NOTED) ? signal->text.len : HUB_NOTED;

        if (key > 0) {
            memcpy(noted[hub_n][0], signal->key.data, key);
        }

        if (text > 0) {
            memcpy(noted[hub_n][1], signal->text.data, text);
        }

        copy = &hub_signals[hub_n];
        *copy = *signal;
        copy->key = (sz_str_t) { key, noted[hub_n][0] };
        copy->text = (sz_str_t) { text, noted[hub_n][1] };
    }

    hub_n++;
}


static sz_keep_record_t *
hub_find(sz_keep_kind_e kind, const unsigned char *id)
{
    if (hub_keep == NULL) {
        hub_keep = sz_keep_init(hub_memory, sizeof(hub_memory));
    }

    return sz_keep_find(hub_keep, kind, id, HUB_CLOCK);
}


static sz_keep_record_t *
hub_open(sz_keep_kind_e kind, const unsigned char *id,
    const unsigned char *session, const unsigned char *caller,
    int64_t seconds)
{
    (void) hub_find(kind, id);
    hub_kept = seconds;

    return hub_full ? NULL
           : sz_keep_open(hub_keep, kind, id, caller, session,
                          (uint32_t) (HUB_CLOCK + seconds), HUB_CLOCK);
}


static bool
hub_session_get(const unsigned char *id, sz_hub_session_t *state)
{
    sz_keep_record_t  *r = hub_find(SZ_KEEP_SESSION, id);

    if (r == NULL || r->value == 0) {
        return false;
    }

    state->deleted = (r->value == UINT32_MAX);
    state->log_level = (int) r->value - 1;

    return true;
}


static void
hub_session_delete(const unsigned char *id, const unsigned char *caller)
{
    sz_keep_record_t  *r;

    r = hub_open(SZ_KEEP_SESSION, id, id, caller, 3600);

    if (r != NULL) {
        sz_keep_value(r, UINT32_MAX);
    }
}


static bool
hub_session_level(const unsigned char *id, const unsigned char *caller,
    int level, int64_t until)
{
    sz_keep_record_t  *r;

    r = hub_open(SZ_KEEP_SESSION, id, id, caller, until - HUB_CLOCK);

    if (r != NULL) {
        sz_keep_value(r, (uint32_t) level + 1);
    }

    return r != NULL;
}


static bool
hub_subscribe(const unsigned char *id, const unsigned char *caller,
    sz_str_t uri, int64_t until)
{
    sz_keep_record_t  *r;

    r = hub_open(SZ_KEEP_SESSION, id, id, caller, until - HUB_CLOCK);

    return r != NULL && sz_keep_add(hub_keep, r, 0, false, uri);
}


static void
hub_unsubscribe(const unsigned char *id, sz_str_t uri)
{
    sz_keep_record_t  *r = hub_find(SZ_KEEP_SESSION, id);

    if (r != NULL) {
        sz_keep_remove(hub_keep, r, uri);
    }
}


static bool
hub_subscribed(const unsigned char *id, sz_str_t uri)
{
    sz_keep_record_t  *r = hub_find(SZ_KEEP_SESSION, id);

    return r != NULL && sz_keep_has(hub_keep, r, uri);
}


static bool
hub_stream_open(const unsigned char *id, const unsigned char *session,
    const unsigned char *caller, int64_t seconds)
{
    return hub_open(SZ_KEEP_STREAM, id, session, caller, seconds) != NULL;
}


static bool
hub_stream_put(const unsigned char *id, unsigned n, sz_str_t json, bool last,
    sz_code_e outcome, int64_t seconds)
{
    sz_keep_record_t  *r = hub_find(SZ_KEEP_STREAM, id);

    if (r == NULL || hub_full) {
        return false;
    }

    hub_kept = seconds;

    if (last) {
        sz_keep_value(r, outcome);
    }

    return sz_keep_add(hub_keep, r, n, last, json);
}


static bool
hub_stream_get(const unsigned char *id, const unsigned char *session,
    unsigned n, sz_buf_t *json, sz_hub_event_t *event)
{
    bool               found;
    sz_keep_record_t  *r = hub_find(SZ_KEEP_STREAM, id);

    memset(event, 0, sizeof(*event));
    event->gone = true;

    if (r == NULL || memcmp(r->session, session, SZ_HUB_ID) != 0) {
        return false;
    }

    found = sz_keep_next(hub_keep, r, n, json, &event->last);
    event->gone = !found && event->last;
    event->outcome = (sz_code_e) r->value;

    return found;
}


static bool
hub_question_open(const unsigned char *id, const unsigned char *session,
    const unsigned char *caller, int64_t seconds)
{
    return hub_open(SZ_KEEP_QUESTION, id, session, caller, seconds) != NULL;
}


static bool
hub_question_answer(const unsigned char *id, const unsigned char *session,
    sz_str_t text)
{
    sz_keep_record_t  *r = hub_find(SZ_KEEP_QUESTION, id);

    return r != NULL && r->items == 0
           && memcmp(r->session, session, SZ_HUB_ID) == 0
           && sz_keep_add(hub_keep, r, 1, true, text);
}


static bool
hub_question_take(const unsigned char *id, sz_buf_t *text)
{
    bool               last, taken;
    sz_keep_record_t  *r = hub_find(SZ_KEEP_QUESTION, id);

    taken = r != NULL && sz_keep_next(hub_keep, r, 0, text, &last);

    if (taken) {
        sz_keep_drop(hub_keep, r);
    }

    return taken;
}


static const sz_hub_t  hub = {
    .publish = hub_publish,
    .session_get = hub_session_get,
    .session_delete = hub_session_delete,
    .session_level = hub_session_level,
    .subscribe = hub_subscribe,
    .unsubscribe = hub_unsubscribe,
    .subscribed = hub_subscribed,
    .stream_open = hub_stream_open,
    .stream_put = hub_stream_put,
    .stream_get = hub_stream_get,
    .question_open = hub_question_open,
    .question_answer = hub_question_answer,
    .question_take = hub_question_take
};


#endif /* HUB_H */
