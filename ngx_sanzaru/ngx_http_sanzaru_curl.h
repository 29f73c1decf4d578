/*
 * libcurl's multi interface on nginx's event loop: one multi per worker, made
 * after the fork.  The only room that calls curl_multi_*.
 *
 * Who owns what: the easy handle is the caller's, and between add and done()
 * or remove it must live.  Sockets are libcurl's; a socket that libcurl wants
 * watched borrows an nginx connection, which is given back on
 * CURL_POLL_REMOVE.  done() is called outside of libcurl, so it may add,
 * remove, free and finalize as it likes.
 *
 * Kept connections: nobody watches one that is idle, and libcurl looks at them
 * only when a request is made.  So that none stays half-closed, all of them are
 * closed, and the multi is made anew, when there was no request for a while.
 */

#ifndef _NGX_HTTP_SANZARU_CURL_H_INCLUDED_
#define _NGX_HTTP_SANZARU_CURL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include <curl/curl.h>


typedef struct ngx_http_sanzaru_curl_s  ngx_http_sanzaru_curl_t;

struct ngx_http_sanzaru_curl_s {
    CURL          *easy;
    void         (*done)(ngx_http_sanzaru_curl_t *h, CURLcode rc);

    ngx_queue_t    queue;           /* the room's */
    CURLcode       rc;
    unsigned       added:1;
    unsigned       queued:1;
};


ngx_int_t ngx_http_sanzaru_curl_init(ngx_cycle_t *cycle,
    ngx_uint_t max_transfers);
void ngx_http_sanzaru_curl_exit(void);

/* The handle's CURLOPT_PRIVATE points to h. */
ngx_int_t ngx_http_sanzaru_curl_add(ngx_http_sanzaru_curl_t *h);

/* done() will not be called; nothing happens to a handle not added. */
void ngx_http_sanzaru_curl_remove(ngx_http_sanzaru_curl_t *h);


#endif /* _NGX_HTTP_SANZARU_CURL_H_INCLUDED_ */
