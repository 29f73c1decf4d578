/*
 * A bell: how one worker wakes another.
 */

#ifndef _NGX_HTTP_SANZARU_BELL_H_INCLUDED_
#define _NGX_HTTP_SANZARU_BELL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>


/*
 * Hangs up the bell of this worker; `place` tells bells of different gateways
 * apart.  rung() is called for any number of rings at once, quit() when nginx
 * closes idle connections: the worker has been told to finish.
 */
ngx_int_t ngx_http_sanzaru_bell_init(ngx_cycle_t *cycle, uint64_t place,
    void (*rung)(void), void (*quit)(void));
void ngx_http_sanzaru_bell_exit(void);

/* NGX_DECLINED: there is no such worker any more.  On any thread. */
ngx_int_t ngx_http_sanzaru_bell_ring(ngx_pid_t pid);


#endif /* _NGX_HTTP_SANZARU_BELL_H_INCLUDED_ */
