#include "media/sz_media_guard.h"

#include <time.h>


#define SZ_MIB  (1024.0 * 1024.0)


static int64_t
sz_guard_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (int64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


void
sz_guard_start(sz_guard_t *guard, const sz_prepare_t *how)
{
    guard->how = how;
    guard->deadline = INT64_MAX;

    if (how->max_time.value > 0 && how->max_time.value < INT32_MAX) {
        guard->deadline = sz_guard_now() + how->max_time.value * 1000000;
    }
}


const char *
sz_limit_name(const sz_limit_t *limit)
{
    return (limit->name != NULL) ? limit->name : "a limit of the gateway";
}


sz_code_e
sz_guard_check(const sz_guard_t *guard, sz_error_t *err)
{
    const sz_prepare_t  *how = guard->how;

    if (how->job != NULL && sz_job_cancelled(how->job)) {
        return sz_error_set(err, SZ_E_CANCELLED,
                            "The work on the picture was cancelled.");
    }

    if (guard->deadline != INT64_MAX && sz_guard_now() > guard->deadline) {
        return sz_error_set(err, SZ_E_TIMEOUT,
                            "The work on the picture took longer than %lld "
                            "ms (%s). Use a smaller picture or try again "
                            "when the gateway is less busy.",
                            (long long) how->max_time.value,
                            sz_limit_name(&how->max_time));
    }

    return SZ_OK;
}


sz_code_e
sz_guard_memory(const sz_guard_t *guard, int64_t need, sz_error_t *err)
{
    const sz_limit_t  *limit = &guard->how->max_memory;

    if (limit->value == 0 || need <= limit->value) {
        return SZ_OK;
    }

    return sz_error_set(err, SZ_E_LIMIT,
                        "The work on this picture needs about %.1f MiB of "
                        "memory; at most %.1f MiB are allowed (%s). Use a "
                        "smaller picture, or save it neither progressive nor "
                        "interlaced.",
                        (double) need / SZ_MIB,
                        (double) limit->value / SZ_MIB,
                        sz_limit_name(limit));
}
