/*
 * What the PNG encoders share.
 */

#ifndef SZ_MEDIA_PNG_H
#define SZ_MEDIA_PNG_H


#include "base/sz_base.h"


/*
 * The content of a chunk iCCP for a profile, in malloc memory; NULL (and *len
 * 0) when out of memory: the picture is then written without it.
 */
unsigned char *sz_png_profile(const unsigned char *icc, size_t icc_len,
    size_t *len);


#endif /* SZ_MEDIA_PNG_H */
