/*
 * What every long loop of a job asks: is it still wanted, is there time left.
 *
 * It is asked at least after every SZ_GUARD_STEP bytes of input, and as often
 * for output, unless a library makes more at once: a row of a PNG, an MCU row
 * of a JPEG, what a piece of input gives with libpng (1 KiB) and libwebp.
 */

#ifndef SZ_MEDIA_GUARD_H
#define SZ_MEDIA_GUARD_H


#include "media/sz_media.h"


#define SZ_GUARD_STEP  65536

typedef struct {
    const sz_prepare_t  *how;
    int64_t              deadline;  /* monotonic, ns; INT64_MAX: none */
} sz_guard_t;


void sz_guard_start(sz_guard_t *guard, const sz_prepare_t *how);

/* SZ_OK, SZ_E_CANCELLED or SZ_E_TIMEOUT. */
sz_code_e sz_guard_check(const sz_guard_t *guard, sz_error_t *err);

/* The name of a limit for a text. */
const char *sz_limit_name(const sz_limit_t *limit);

/* SZ_E_LIMIT when the estimated need is above max_memory. */
sz_code_e sz_guard_memory(const sz_guard_t *guard, int64_t need,
    sz_error_t *err);


#endif /* SZ_MEDIA_GUARD_H */
