#include "ngx_http_sanzaru_hub_room.h"
#include "ngx_http_sanzaru_module.h"


/*
 * What the core asks for, each under the lock of the zone.  What was undone of
 * one who was killed under it is told behind the lock.
 */

static sz_keep_t *
ngx_http_sanzaru_hub_enter(ngx_uint_t *torn)
{
    ngx_http_sanzaru_hub_ctx_t  *ctx;

    ctx = &ngx_http_sanzaru_hub_ctx;

    ngx_shmtx_lock(&ctx->shpool->mutex);

    *torn = sz_keep_enter(ctx->sh->keep);

    return ctx->sh->keep;
}


static void
ngx_http_sanzaru_hub_leave(sz_keep_t *keep, ngx_uint_t torn)
{
    sz_keep_leave(keep);

    ngx_shmtx_unlock(&ngx_http_sanzaru_hub_ctx.shpool->mutex);

    if (torn) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "sanzaru: a worker died while it wrote to the zone; "
                      "what it had not finished is undone");
    }
}


static uint32_t
ngx_http_sanzaru_hub_time(int64_t time)
{
    return (uint32_t) ngx_min(time, (int64_t) NGX_MAX_UINT32_VALUE);
}


static uint32_t
ngx_http_sanzaru_hub_now(void)
{
    return ngx_http_sanzaru_hub_time(ngx_time());
}


/*
 * A session's record, as long as its token is good by now, and the newest of
 * its caller; NULL: there is no room for another one.
 */

static sz_keep_record_t *
ngx_http_sanzaru_session_open(sz_keep_t *keep, const unsigned char *id,
    const unsigned char *caller, int64_t until)
{
    return sz_keep_open(keep, SZ_KEEP_SESSION, id, caller, id,
                        ngx_http_sanzaru_hub_time(until),
                        ngx_http_sanzaru_hub_now());
}


bool
ngx_http_sanzaru_session_get(const unsigned char *id, sz_hub_session_t *state)
{
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_find(keep, SZ_KEEP_SESSION, id,
                          ngx_http_sanzaru_hub_now());

    state->deleted = sz_gone_has(ngx_http_sanzaru_hub_ctx.sh->gone, id);
    state->log_level = (record != NULL && record->value != 0)
                       ? (int) record->value - 1 : SZ_LOG_INFO;

    ngx_http_sanzaru_hub_leave(keep, torn);

    return record != NULL || state->deleted;
}


void
ngx_http_sanzaru_session_delete(const unsigned char *id,
    const unsigned char *caller)
{
    uint32_t           now;
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    now = ngx_http_sanzaru_hub_now();
    keep = ngx_http_sanzaru_hub_enter(&torn);

    sz_gone_add(ngx_http_sanzaru_hub_ctx.sh->gone, id, caller, now);

    record = sz_keep_find(keep, SZ_KEEP_SESSION, id, now);

    if (record != NULL) {
        sz_keep_drop(keep, record);
    }

    ngx_http_sanzaru_hub_leave(keep, torn);
}


bool
ngx_http_sanzaru_session_level(const unsigned char *id,
    const unsigned char *caller, int level, int64_t until)
{
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = ngx_http_sanzaru_session_open(keep, id, caller, until);

    if (record != NULL) {
        sz_keep_value(record, (uint32_t) level + 1);
    }

    ngx_http_sanzaru_hub_leave(keep, torn);

    return record != NULL;
}


bool
ngx_http_sanzaru_subscribe(const unsigned char *id,
    const unsigned char *caller, sz_str_t uri, int64_t until)
{
    bool               done;
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = ngx_http_sanzaru_session_open(keep, id, caller, until);

    done = record != NULL
           && (sz_keep_has(keep, record, uri)
               || (record->items < NGX_HTTP_SANZARU_HUB_URIS
                   && sz_keep_add(keep, record, 0, 0, uri)));

    ngx_http_sanzaru_hub_leave(keep, torn);

    return done;
}


void
ngx_http_sanzaru_unsubscribe(const unsigned char *id, sz_str_t uri)
{
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_find(keep, SZ_KEEP_SESSION, id,
                          ngx_http_sanzaru_hub_now());

    if (record != NULL) {
        sz_keep_remove(keep, record, uri);
    }

    ngx_http_sanzaru_hub_leave(keep, torn);
}


bool
ngx_http_sanzaru_subscribed(const unsigned char *id, sz_str_t uri)
{
    bool               found;
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_find(keep, SZ_KEEP_SESSION, id,
                          ngx_http_sanzaru_hub_now());
    found = record != NULL && sz_keep_has(keep, record, uri);

    ngx_http_sanzaru_hub_leave(keep, torn);

    return found;
}


/* A record of a session, for so many seconds from now; false: no room. */

static bool
ngx_http_sanzaru_hub_open(sz_keep_kind_e kind, const unsigned char *id,
    const unsigned char *session, const unsigned char *caller,
    int64_t seconds)
{
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_open(keep, kind, id, caller, session,
                          ngx_http_sanzaru_hub_time(ngx_time() + seconds),
                          ngx_http_sanzaru_hub_now());

    ngx_http_sanzaru_hub_leave(keep, torn);

    return record != NULL;
}


bool
ngx_http_sanzaru_stream_open(const unsigned char *id,
    const unsigned char *session, const unsigned char *caller,
    int64_t seconds)
{
    return ngx_http_sanzaru_hub_open(SZ_KEEP_STREAM, id, session, caller,
                                     seconds);
}


bool
ngx_http_sanzaru_stream_put(const unsigned char *id, unsigned n,
    sz_str_t json, bool last, sz_code_e outcome, int64_t seconds)
{
    bool               done;
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    done = false;
    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_find(keep, SZ_KEEP_STREAM, id,
                          ngx_http_sanzaru_hub_now());

    if (record != NULL) {

        sz_keep_until(record,
                      ngx_http_sanzaru_hub_time(ngx_time() + seconds));

        if (last) {
            sz_keep_value(record, outcome);
        }

        done = sz_keep_add(keep, record, n, last, json);

        if (!done) {
            sz_keep_drop(keep, record);
        }
    }

    ngx_http_sanzaru_hub_leave(keep, torn);

    return done;
}


bool
ngx_http_sanzaru_stream_get(const unsigned char *id,
    const unsigned char *session, unsigned n, sz_buf_t *json,
    sz_hub_event_t *event)
{
    bool               found;
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    found = false;
    event->last = false;
    event->gone = true;
    event->outcome = SZ_OK;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_find(keep, SZ_KEEP_STREAM, id,
                          ngx_http_sanzaru_hub_now());

    if (record != NULL
        && ngx_memcmp(record->session, session, SZ_HUB_ID) == 0)
    {
        found = sz_keep_next(keep, record, n, json, &event->last);
        event->gone = !found && event->last;    /* behind the last: nothing */
        event->outcome = (record->value < SZ_CODES)
                         ? (sz_code_e) record->value : SZ_E_INTERNAL;
    }

    ngx_http_sanzaru_hub_leave(keep, torn);

    return found;
}


bool
ngx_http_sanzaru_question_open(const unsigned char *id,
    const unsigned char *session, const unsigned char *caller,
    int64_t seconds)
{
    return ngx_http_sanzaru_hub_open(SZ_KEEP_QUESTION, id, session, caller,
                                     seconds);
}


bool
ngx_http_sanzaru_question_answer(const unsigned char *id,
    const unsigned char *session, sz_str_t text)
{
    bool               done;
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_find(keep, SZ_KEEP_QUESTION, id,
                          ngx_http_sanzaru_hub_now());

    done = record != NULL && record->items == 0
           && ngx_memcmp(record->session, session, SZ_HUB_ID) == 0
           && sz_keep_add(keep, record, 1, 1, text);

    ngx_http_sanzaru_hub_leave(keep, torn);

    return done;
}


bool
ngx_http_sanzaru_question_take(const unsigned char *id, sz_buf_t *text)
{
    bool               done, last;
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_find(keep, SZ_KEEP_QUESTION, id,
                          ngx_http_sanzaru_hub_now());

    done = record != NULL && sz_keep_next(keep, record, 0, text, &last);

    if (done) {
        sz_keep_drop(keep, record);
    }

    ngx_http_sanzaru_hub_leave(keep, torn);

    return done;
}


/*
 * Owners of jobs, where there is no sanzaru_state_path.  Half of the key is
 * enough of a name; the owner's digest stands in the two ids of the record,
 * and counts for itself.
 */

static ngx_uint_t
ngx_http_sanzaru_owner_is(const sz_keep_record_t *record,
    const unsigned char *owner)
{
    return ngx_memcmp(record->caller, owner, SZ_HUB_ID) == 0
           && ngx_memcmp(record->session, owner + SZ_HUB_ID, SZ_HUB_ID) == 0;
}


static bool
ngx_http_sanzaru_owner_add(const unsigned char *key,
    const unsigned char *owner, int64_t until)
{
    bool               done;
    uint32_t           now;
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    now = ngx_http_sanzaru_hub_now();
    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_find(keep, SZ_KEEP_OWNER, key, now);

    if (record == NULL) {
        record = sz_keep_open(keep, SZ_KEEP_OWNER, key, owner,
                              owner + SZ_HUB_ID,
                              ngx_http_sanzaru_hub_time(until), now);
    }

    done = record != NULL && ngx_http_sanzaru_owner_is(record, owner);

    ngx_http_sanzaru_hub_leave(keep, torn);

    return done;
}


static bool
ngx_http_sanzaru_owner_get(const unsigned char *key, unsigned char *owner)
{
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_find(keep, SZ_KEEP_OWNER, key,
                          ngx_http_sanzaru_hub_now());

    if (record != NULL) {
        ngx_memcpy(owner, record->caller, SZ_HUB_ID);
        ngx_memcpy(owner + SZ_HUB_ID, record->session, SZ_HUB_ID);
    }

    ngx_http_sanzaru_hub_leave(keep, torn);

    return record != NULL;
}


static void
ngx_http_sanzaru_owner_forget(const unsigned char *key)
{
    ngx_uint_t         torn;
    sz_keep_t         *keep;
    sz_keep_record_t  *record;

    keep = ngx_http_sanzaru_hub_enter(&torn);

    record = sz_keep_find(keep, SZ_KEEP_OWNER, key,
                          ngx_http_sanzaru_hub_now());

    if (record != NULL) {
        sz_keep_drop(keep, record);
    }

    ngx_http_sanzaru_hub_leave(keep, torn);
}


const sz_owner_memory_t  ngx_http_sanzaru_owner_memory = {
    ngx_http_sanzaru_owner_add,
    ngx_http_sanzaru_owner_get,
    ngx_http_sanzaru_owner_forget
};
