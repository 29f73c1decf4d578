/*
 * A bell: how one worker wakes another.  Its name is random, so that no other
 * program on the machine can take it first.
 */

#ifndef _NGX_HTTP_SANZARU_BELL_H_INCLUDED_
#define _NGX_HTTP_SANZARU_BELL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


#define NGX_HTTP_SANZARU_BELL_NAME  16      /* bytes */


/*
 * Hangs up the bell of this worker, if it hangs not yet, and writes its name.
 * rung() is called for any number of rings at once, quit() when nginx closes
 * idle connections: the worker has been told to finish.  NGX_ERROR is logged,
 * and others can be rung all the same.
 */
ngx_int_t ngx_http_sanzaru_bell_open(ngx_cycle_t *cycle, u_char *name,
    void (*rung)(void), void (*quit)(void));
void ngx_http_sanzaru_bell_exit(void);

/*
 * NGX_DECLINED: there is no such worker any more, which only a refused
 * connection tells.  Any other failure is logged, and the worker counts as
 * rung: it looks by itself from time to time.  On any thread.
 */
ngx_int_t ngx_http_sanzaru_bell_ring(const u_char *name);


#endif /* _NGX_HTTP_SANZARU_BELL_H_INCLUDED_ */
