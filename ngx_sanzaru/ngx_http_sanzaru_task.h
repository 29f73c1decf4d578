/*
 * Tasks: runs whose client follows them by asking, and not on a connection.
 *
 *   call ─► DETACH ─► record made ─► the client has its answer
 *                                           │
 *        ┌── status, questions, answers ◄───┤
 *        ▼                                  ▼
 *     record ◄──────────────────────── end of the call ─► run destroyed
 *        ▲
 *        └── another worker ADOPTs it: this one was told to finish, or died
 *
 * Who owns what: the run goes on like one whose client has left; the record is
 * a file (mcp/sz_mcp_task.h), and the run holds its claim, a lock that ends
 * with the run or the process.  Jobs on the record belong to the call.
 *
 * Ways out: the end of the call; tasks/cancel, heard from any worker; the
 * worker is told to finish: the run is dropped, and the record adopted by
 * another one, from what the call has saved.
 */

#ifndef _NGX_HTTP_SANZARU_TASK_H_INCLUDED_
#define _NGX_HTTP_SANZARU_TASK_H_INCLUDED_


#include "ngx_http_sanzaru_run.h"


ngx_int_t ngx_http_sanzaru_task_init(ngx_cycle_t *cycle,
    ngx_http_sanzaru_main_conf_t *smcf);
void ngx_http_sanzaru_task_exit(void);

/*
 * The effect DETACH: NGX_AGAIN, and the call is told by effect_done when its
 * client has gone; NGX_DECLINED: it stays.
 */
ngx_int_t ngx_http_sanzaru_task_detach(ngx_http_sanzaru_call_t *call);

/* Of a detached call: how far it is, what it asks, what it came to. */
void ngx_http_sanzaru_task_tell(ngx_http_sanzaru_call_t *call);
void ngx_http_sanzaru_task_ask(ngx_http_sanzaru_call_t *call);
void ngx_http_sanzaru_task_finish(ngx_http_sanzaru_call_t *call);

/* Whether another worker can go on where this call is. */
ngx_uint_t ngx_http_sanzaru_task_is_saved(ngx_http_sanzaru_call_t *call);

/* A signal that concerns tasks; this worker is to finish. */
void ngx_http_sanzaru_task_hear(ngx_http_sanzaru_run_t *run,
    const sz_signal_t *signal);
void ngx_http_sanzaru_task_look(void);
void ngx_http_sanzaru_task_quit(void);


#endif /* _NGX_HTTP_SANZARU_TASK_H_INCLUDED_ */
