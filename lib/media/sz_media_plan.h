/*
 * Geometry: how large the whole is resized, which window of it is used and
 * where that window lies in the target.  All as shown, after orientation.
 */

#ifndef SZ_MEDIA_PLAN_H
#define SZ_MEDIA_PLAN_H


#include "media/sz_media.h"


typedef struct {
    int64_t   full_width;           /* the whole picture, resized */
    int64_t   full_height;
    int64_t   x;                    /* the window of it that is kept */
    int64_t   y;
    uint32_t  width;
    uint32_t  height;
    uint32_t  left;                 /* where it goes in the target */
    uint32_t  top;
} sz_plan_t;


/* The source as shown; all sizes at least 1. */
void sz_plan_make(sz_plan_t *plan, sz_fit_e fit, uint32_t source_width,
    uint32_t source_height, uint32_t width, uint32_t height);


#endif /* SZ_MEDIA_PLAN_H */
