/*
 * The hub in shared memory: what sz_hub_t promises, for all workers, old ones
 * that are shutting down included.
 *
 *     publish ─► journal (a ring of signals) ─► bells of all workers
 *                                                    │
 *                                      heard(signal) ◄┘ each reads on from
 *                                                       where it was
 *
 * Beside the journal lies what is kept of sessions, streams, questions and
 * owners of jobs (_hub_record.c).
 *
 * The journal has room for some thousand signals.  A worker that is behind by
 * more misses some: of files, whose lists clients read anew anyway, and of
 * answers, whose calls then end by their deadline.
 *
 * A bell is a datagram socket with a random name, which stands in the worker's
 * slot.  nginx's own channels have no place for a module, and an eventfd must
 * be there before the fork, so that workers of different generations would not
 * know each other's; a name they do.
 *
 * A worker may be killed at any instruction in here: what it leaves behind is
 * the state before or the state behind, see lib/mcp, _journal, _gone, _keep.
 */

#ifndef _NGX_HTTP_SANZARU_HUB_H_INCLUDED_
#define _NGX_HTTP_SANZARU_HUB_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "mcp/sz_mcp_hub.h"
#include "state/sz_state_owner.h"


typedef void (*ngx_http_sanzaru_heard_pt)(const sz_signal_t *signal);


/* Adds the zone; NULL on error, which is logged. */
ngx_shm_zone_t *ngx_http_sanzaru_hub_zone(ngx_conf_t *cf, size_t size);

/*
 * A worker begins: signals from now on come to heard(), outside of any other
 * handler.  quit() is called once, when the worker is told to finish.
 */
ngx_int_t ngx_http_sanzaru_hub_init(ngx_cycle_t *cycle, ngx_shm_zone_t *zone,
    ngx_http_sanzaru_heard_pt heard, void (*quit)(void));
void ngx_http_sanzaru_hub_exit(void);

/*
 * How many streams of this worker wait for signals that nobody else needs:
 * without any, they are not written down at all.
 */
void ngx_http_sanzaru_hub_streams(ngx_int_t change);


extern const sz_hub_t  ngx_http_sanzaru_hub;

/* Owners of jobs, where there is no state to keep them. */
extern const sz_owner_memory_t  ngx_http_sanzaru_owner_memory;


#endif /* _NGX_HTTP_SANZARU_HUB_H_INCLUDED_ */
