/*
 * A deflate encoder (RFC 1951) for filtered picture rows.
 *
 * Such data has few long repetitions but many short ones that are worth less
 * than they look, so a match is taken when it costs fewer bits than its bytes
 * would have as literals, by the code lengths of the block before.  It works
 * in blocks, holds 64 KiB of history, and gives the same bytes everywhere.
 */

#ifndef SZ_MEDIA_DEFLATE_H
#define SZ_MEDIA_DEFLATE_H


#include "base/sz_base.h"


typedef struct {
    unsigned  ways;                 /* candidates looked at, 1..8; 0: only */
                                    /* whether a byte is repeated */
    bool      lazy;                 /* look one byte ahead for a better one */
    bool      inside;               /* remember places inside matches, too */
} sz_deflate_how_t;

/* Takes the next bytes of the stream; false ends the work. */
typedef bool (*sz_deflate_put_fn)(void *data, const uint8_t *bytes,
    size_t len);

typedef struct sz_deflate_s  sz_deflate_t;


/* NULL when out of memory. */
sz_deflate_t *sz_deflate_create(const sz_deflate_how_t *how,
    sz_deflate_put_fn put, void *data);

/* false when put() was. */
bool sz_deflate_add(sz_deflate_t *z, const uint8_t *bytes, size_t len);
bool sz_deflate_finish(sz_deflate_t *z);

void sz_deflate_destroy(sz_deflate_t *z);


#endif /* SZ_MEDIA_DEFLATE_H */
