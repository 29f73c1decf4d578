/*
 * What is checked before anything is decoded: the arguments, and the picture
 * against the limits.
 */

#ifndef SZ_MEDIA_LIMITS_H
#define SZ_MEDIA_LIMITS_H


#include "media/sz_media_picture.h"


sz_code_e sz_limits_arguments(const sz_prepare_t *how, sz_error_t *err);

sz_code_e sz_limits_bytes(const sz_prepare_t *how, int64_t size,
    sz_error_t *err);

sz_code_e sz_limits_picture(const sz_prepare_t *how, const sz_picture_t *pic,
    sz_error_t *err);


#endif /* SZ_MEDIA_LIMITS_H */
