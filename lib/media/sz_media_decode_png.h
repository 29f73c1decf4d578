/*
 * The two decoders of PNG.
 */

#ifndef SZ_MEDIA_DECODE_PNG_H
#define SZ_MEDIA_DECODE_PNG_H


#include "media/sz_media_decode.h"


/* Everything the format has; NULL with *err set. */
sz_decoder_t *sz_decoder_libpng(const sz_decode_t *decode, sz_error_t *err);

/*
 * The common case, fast; NULL when it is none, or there is any doubt, or no
 * memory: then the other one is asked.
 */
#ifdef SZ_HAVE_ISAL
sz_decoder_t *sz_decoder_pngfast(const sz_decode_t *decode);
#endif


#endif /* SZ_MEDIA_DECODE_PNG_H */
