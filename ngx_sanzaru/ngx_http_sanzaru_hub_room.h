/*
 * What the files of the hub share: _hub.c has the zone, the workers and the
 * journal, _hub_record.c what is remembered.
 */

#ifndef _NGX_HTTP_SANZARU_HUB_ROOM_H_INCLUDED_
#define _NGX_HTTP_SANZARU_HUB_ROOM_H_INCLUDED_


#include "ngx_http_sanzaru_hub.h"


#define NGX_HTTP_SANZARU_HUB_WORKERS  512


typedef struct {
    ngx_pid_t           pid;
    ngx_int_t           streams;
} ngx_http_sanzaru_worker_t;


typedef struct {
    uint32_t                    magic;
    uint64_t                    place;

    ngx_rbtree_t                rbtree;
    ngx_rbtree_node_t           sentinel;
    ngx_queue_t                 lru;            /* newest first */
    ngx_queue_t                 gone;           /* deleted sessions, kept */

    ngx_http_sanzaru_worker_t   workers[NGX_HTTP_SANZARU_HUB_WORKERS];

    u_char                     *ring;
    uint64_t                    size;
    uint64_t                    head;           /* bytes ever written */
} ngx_http_sanzaru_shared_t;


typedef struct {
    ngx_slab_pool_t            *shpool;
    ngx_http_sanzaru_shared_t  *sh;
    ngx_http_sanzaru_worker_t  *me;
    uint64_t                    read;
    ngx_http_sanzaru_heard_pt   heard;
} ngx_http_sanzaru_hub_ctx_t;


/* of this worker */
extern ngx_http_sanzaru_hub_ctx_t  ngx_http_sanzaru_hub_ctx;


/* _hub_record.c: the order of the tree, and what sz_hub_t promises */

void ngx_http_sanzaru_record_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);

bool ngx_http_sanzaru_session_get(const unsigned char *id,
    sz_hub_session_t *state);
bool ngx_http_sanzaru_session_set(const unsigned char *id,
    const sz_hub_session_t *state, int64_t until);
bool ngx_http_sanzaru_subscribe(const unsigned char *id, sz_str_t uri,
    int64_t until);
void ngx_http_sanzaru_unsubscribe(const unsigned char *id, sz_str_t uri);
bool ngx_http_sanzaru_subscribed(const unsigned char *id, sz_str_t uri);
bool ngx_http_sanzaru_stream_put(const unsigned char *id,
    const unsigned char *session, unsigned n, sz_str_t json, bool last,
    int64_t seconds);
bool ngx_http_sanzaru_stream_get(const unsigned char *id,
    const unsigned char *session, unsigned n, sz_buf_t *json, bool *last,
    bool *gone);


#endif /* _NGX_HTTP_SANZARU_HUB_ROOM_H_INCLUDED_ */
