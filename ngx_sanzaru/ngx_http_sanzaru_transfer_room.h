/*
 * What the files of the transfer room share: _transfer.c has the lifetime and
 * the attempts, _request.c what is sent, _answer.c what comes back, _sink.c the
 * way into a file.
 */

#ifndef _NGX_HTTP_SANZARU_TRANSFER_ROOM_H_INCLUDED_
#define _NGX_HTTP_SANZARU_TRANSFER_ROOM_H_INCLUDED_


#include "ngx_http_sanzaru_curl.h"
#include "ngx_http_sanzaru_job.h"
#include "ngx_http_sanzaru_transfer.h"

#include "mcp/sz_mcp_sse.h"
#include "store/sz_store.h"


/* One of the two buffers between a socket and a file. */
#define NGX_HTTP_SANZARU_CHUNK  (256 * 1024)


/* What happens to the sink when its job is free. */

typedef enum {
    NGX_HTTP_SANZARU_SINK_NONE = 0,
    NGX_HTTP_SANZARU_SINK_COMMIT,
    NGX_HTTP_SANZARU_SINK_REWIND,
    NGX_HTTP_SANZARU_SINK_ABORT
} ngx_http_sanzaru_sink_next_e;


typedef struct {
    u_char   *data;
    size_t    len;
} ngx_http_sanzaru_chunk_t;


struct ngx_http_sanzaru_transfer_s {
    ngx_http_sanzaru_curl_t         curl;

    sz_http_t                      *http;
    ngx_http_sanzaru_upstream_t    *upstream;
    ngx_thread_pool_t              *pool;
    ngx_http_sanzaru_transfer_pt    done;
    ngx_http_sanzaru_transfer_moved_pt  moved;
    ngx_http_sanzaru_transfer_log_pt  log;
    void                           *data;

    ngx_queue_t                     queue;      /* while it waits its turn */
    ngx_event_t                     timer;      /* the pause, or the guard */
    ngx_event_t                     failed;     /* posted: it cannot begin */

    char                           *url;
    struct curl_slist              *headers;
    curl_mime                      *mime;
    char                            error[CURL_ERROR_SIZE];

    unsigned                        retries;
    unsigned                        redirects;
    unsigned                        sent;       /* requests of an attempt */

    /* of the answer under way */
    char                            retry_after[64];
    char                            retry_after_ms[32];
    char                            should_retry[8];

    sz_sink_t                      *sink;
    ngx_http_sanzaru_chunk_t        chunks[2];
    ngx_uint_t                      filling;
    ngx_http_sanzaru_sink_next_e    next;

    ngx_queue_t                     hungry;     /* while the turn's share is */
                                                /* used up                   */
    sz_reader_t                    *reader;
    sz_sse_t                        sse;
    size_t                          taken;      /* of a chunk, before a pause */

    unsigned                        waiting:1;  /* in the queue */
    unsigned                        running:1;  /* counted */
    unsigned                        sink_busy:1;
    unsigned                        paused:1;
    unsigned                        is_hungry:1;
    unsigned                        parsing:1;
    unsigned                        streaming:1;    /* events to the reader */
    unsigned                        reading:1;      /* the reader has one */
    unsigned                        ended:1;        /* while it was reading */
    unsigned                        too_large:1;
    unsigned                        last:1;     /* no attempt follows */
    unsigned                        cancelled:1;
};


/* _transfer.c */

/* From the first byte, again. */
void ngx_http_sanzaru_transfer_attempt(ngx_http_sanzaru_transfer_t *t);

/*
 * The end of a pause.  libcurl may call the write callback at once, with what
 * it refused; when it fails there, 7.88 would go on without these bytes.
 */
void ngx_http_sanzaru_transfer_resume(ngx_http_sanzaru_transfer_t *t);

/* No more bytes are wanted. */
void ngx_http_sanzaru_transfer_stop(ngx_http_sanzaru_transfer_t *t);

/* The last attempt is over: what remains to be done with the answer. */
void ngx_http_sanzaru_transfer_conclude(ngx_http_sanzaru_transfer_t *t);

/* The outcome to the caller; the transfer is gone afterwards. */
void ngx_http_sanzaru_transfer_report(ngx_http_sanzaru_transfer_t *t);

/* The end of a cancelled transfer. */
void ngx_http_sanzaru_transfer_vanish(ngx_http_sanzaru_transfer_t *t);


/* _request.c: the easy handle, for every attempt */

ngx_int_t ngx_http_sanzaru_transfer_easy(ngx_http_sanzaru_transfer_t *t);


/* _answer.c: libcurl's callbacks, and large answers on a thread */

size_t ngx_http_sanzaru_transfer_header(char *p, size_t size, size_t n,
    void *data);
size_t ngx_http_sanzaru_transfer_write(char *p, size_t size, size_t n,
    void *data);

/* The event that is in t->sse, to the reader. */
void ngx_http_sanzaru_transfer_event(ngx_http_sanzaru_transfer_t *t);

/* Both end in a report. */
void ngx_http_sanzaru_transfer_parse(ngx_http_sanzaru_transfer_t *t);
void ngx_http_sanzaru_transfer_read(ngx_http_sanzaru_transfer_t *t);


/* _sink.c */

void ngx_http_sanzaru_sink_init(void);
void ngx_http_sanzaru_sink_open(ngx_http_sanzaru_transfer_t *t);

/* It wants no share of this worker's turns any more. */
void ngx_http_sanzaru_sink_rest(ngx_http_sanzaru_transfer_t *t);
size_t ngx_http_sanzaru_sink_keep(ngx_http_sanzaru_transfer_t *t,
    const char *p, size_t len);

/* Posts what t->next asks for as soon as the sink is free. */
void ngx_http_sanzaru_sink_advance(ngx_http_sanzaru_transfer_t *t);


#endif /* _NGX_HTTP_SANZARU_TRANSFER_ROOM_H_INCLUDED_ */
