/*
 * What the files of the hub share: _hub.c has the zone, the workers and the
 * journal, _hub_record.c what is kept.  How it lies in memory, so that whoever
 * is killed harms nobody, is in lib/mcp: _journal, _gone, _keep.
 */

#ifndef _NGX_HTTP_SANZARU_HUB_ROOM_H_INCLUDED_
#define _NGX_HTTP_SANZARU_HUB_ROOM_H_INCLUDED_


#include "ngx_http_sanzaru_bell.h"
#include "ngx_http_sanzaru_hub.h"

#include "mcp/sz_mcp_gone.h"
#include "mcp/sz_mcp_journal.h"
#include "mcp/sz_mcp_keep.h"


#define NGX_HTTP_SANZARU_HUB_WORKERS  512

/* Of a session, so that a signal that looks through them finds an end. */
#define NGX_HTTP_SANZARU_HUB_URIS     256


/* A slot: it is in use when it has a pid, which is stored last. */

typedef struct {
    ngx_pid_t           pid;
    ngx_int_t           streams;
    u_char              bell[NGX_HTTP_SANZARU_BELL_NAME];
} ngx_http_sanzaru_worker_t;


typedef struct {
    uint32_t                    magic;
    sz_journal_t               *journal;
    sz_gone_t                  *gone;
    sz_keep_t                  *keep;
    ngx_uint_t                  n_workers;      /* slots that were ever used */
    ngx_http_sanzaru_worker_t   workers[NGX_HTTP_SANZARU_HUB_WORKERS];
} ngx_http_sanzaru_shared_t;


typedef struct {
    ngx_slab_pool_t            *shpool;
    ngx_http_sanzaru_shared_t  *sh;
    ngx_cycle_t                *cycle;
    ngx_http_sanzaru_worker_t  *me;             /* NULL: no slot yet */
    ngx_http_sanzaru_worker_t   copy;           /* what is to stand there */
    size_t                      read;           /* of the journal */
    ngx_event_t                 look;
    ngx_event_t                 more;
    ngx_http_sanzaru_heard_pt   heard;
    void                      (*quit)(void);
} ngx_http_sanzaru_hub_ctx_t;


/* of this worker */
extern ngx_http_sanzaru_hub_ctx_t  ngx_http_sanzaru_hub_ctx;


/* _hub_record.c: what sz_hub_t promises */

bool ngx_http_sanzaru_session_get(const unsigned char *id,
    sz_hub_session_t *state);
void ngx_http_sanzaru_session_delete(const unsigned char *id,
    const unsigned char *caller);
bool ngx_http_sanzaru_session_level(const unsigned char *id,
    const unsigned char *caller, int level, int64_t until);

bool ngx_http_sanzaru_subscribe(const unsigned char *id,
    const unsigned char *caller, sz_str_t uri, int64_t until);
void ngx_http_sanzaru_unsubscribe(const unsigned char *id, sz_str_t uri);
bool ngx_http_sanzaru_subscribed(const unsigned char *id, sz_str_t uri);

bool ngx_http_sanzaru_stream_open(const unsigned char *id,
    const unsigned char *session, const unsigned char *caller,
    int64_t seconds);
bool ngx_http_sanzaru_stream_put(const unsigned char *id, unsigned n,
    sz_str_t json, bool last, sz_code_e outcome, int64_t seconds);
bool ngx_http_sanzaru_stream_get(const unsigned char *id,
    const unsigned char *session, unsigned n, sz_buf_t *json,
    sz_hub_event_t *event);

bool ngx_http_sanzaru_question_open(const unsigned char *id,
    const unsigned char *session, const unsigned char *caller,
    int64_t seconds);
bool ngx_http_sanzaru_question_answer(const unsigned char *id,
    const unsigned char *session, sz_str_t text);
bool ngx_http_sanzaru_question_take(const unsigned char *id, sz_buf_t *text);


#endif /* _NGX_HTTP_SANZARU_HUB_ROOM_H_INCLUDED_ */
