/*
 * Following a job at a provider: when to look at it again, and until when.
 */

#ifndef SZ_TOOLS_POLL_H
#define SZ_TOOLS_POLL_H


#include "tools/sz_tools.h"


typedef struct {
    int64_t  begun;                 /* ms, as call->now */
    int64_t  until;
    int64_t  pause;
} sz_poll_t;


/* From now on, for so many seconds. */
void sz_poll_begin(sz_poll_t *poll, const sz_call_t *call, int64_t seconds);

bool sz_poll_is_over(const sz_poll_t *poll, const sz_call_t *call);

/*
 * The wait before the next look: half as long again each time, up to
 * setup->poll_last, and a tenth more or less, so that many calls do not look
 * at once; never beyond the end.
 */
sz_step_e sz_poll_wait(sz_poll_t *poll, sz_call_t *call);

/* Whether a look that failed is worth another one. */
bool sz_poll_may_retry(const sz_poll_t *poll, const sz_call_t *call,
    const sz_http_t *http);


#endif /* SZ_TOOLS_POLL_H */
