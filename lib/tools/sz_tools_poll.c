#include "tools/sz_tools_poll.h"


void
sz_poll_begin(sz_poll_t *poll, const sz_call_t *call, int64_t seconds)
{
    poll->begun = call->now;
    poll->until = call->now + seconds * 1000;
    poll->pause = call->setup->poll_first;
}


bool
sz_poll_is_over(const sz_poll_t *poll, const sz_call_t *call)
{
    return call->now >= poll->until;
}


sz_step_e
sz_poll_wait(sz_poll_t *poll, sz_call_t *call)
{
    int64_t  pause;

    pause = poll->pause
            + poll->pause * ((int64_t) (call->random % 201) - 100) / 1000;

    if (pause > poll->until - call->now) {
        pause = poll->until - call->now;
    }

    poll->pause += poll->pause / 2;

    if (poll->pause > call->setup->poll_last) {
        poll->pause = call->setup->poll_last;
    }

    return sz_call_wait(call, pause);
}


bool
sz_poll_may_retry(const sz_poll_t *poll, const sz_call_t *call,
    const sz_http_t *http)
{
    return !sz_poll_is_over(poll, call)
           && (http->status == 0 || http->status == 408 || http->status == 409
               || http->status == 429 || http->status >= 500);
}
