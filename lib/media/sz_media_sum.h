/*
 * The two checksums of PNG, by the fastest there is.
 */

#ifndef SZ_MEDIA_SUM_H
#define SZ_MEDIA_SUM_H


#include "base/sz_base.h"


/* CRC-32 of what came before (0 at first) and of these bytes. */
uint32_t sz_crc32(uint32_t crc, const void *data, size_t len);

/* Adler-32, likewise; 1 at first. */
uint32_t sz_adler32(uint32_t adler, const void *data, size_t len);


#endif /* SZ_MEDIA_SUM_H */
