/*
 * The inside of the deflate encoder: its state, and what its parts do for it.
 *
 *     add() ─► buffer ─► parse: items, counts ─► write: output ─► put()
 */

#ifndef SZ_MEDIA_DEFLATE_BLOCK_H
#define SZ_MEDIA_DEFLATE_BLOCK_H


#include "media/sz_media_deflate.h"


/*
 * The buffer: history, the block that is being filled, and bytes that may be
 * read but mean nothing.  History is twice what a match may reach back, so
 * that a place remembered as 16 bits can be looked at before it is judged.
 */

#define SZ_HISTORY        65536
#define SZ_BLOCK_BYTES    49152
#define SZ_BEYOND         16

#define SZ_REACH          32768
#define SZ_MATCH_MIN      6
#define SZ_MATCH_MAX      258

#define SZ_HASH_BITS      15
#define SZ_WAYS_MAX       8

/* Symbols: literals, the end, lengths; behind them those of distances. */
#define SZ_LITERALS       256
#define SZ_END_OF_BLOCK   256
#define SZ_LENGTHS        257
#define SZ_SYMBOLS        286
#define SZ_DISTANCES      30
#define SZ_ALL_SYMBOLS    (SZ_SYMBOLS + SZ_DISTANCES)

/* A block is never larger than it would be stored, and that is its size. */
#define SZ_OUTPUT         (SZ_BLOCK_BYTES + 1024)

struct sz_deflate_s {
    sz_deflate_how_t    how;
    sz_deflate_put_fn   put;
    void               *data;

    size_t              begin;      /* of what there is in the buffer */
    size_t              end;
    uint16_t            base;       /* what places count from */

    uint64_t            bits;       /* not written yet, */
    unsigned            n_bits;     /* fewer than 8 between blocks */

    uint32_t            counts[SZ_ALL_SYMBOLS];
    uint32_t            codes[SZ_ALL_SYMBOLS];
    uint8_t             lengths[SZ_ALL_SYMBOLS];
    uint8_t             extra[SZ_ALL_SYMBOLS];  /* bits behind the code */

    uint8_t             length_symbol[SZ_MATCH_MAX + 1];
    uint8_t             literal_cost[SZ_LITERALS];
    uint8_t             length_cost[SZ_MATCH_MAX + 1];
    uint8_t             distance_cost[SZ_DISTANCES];

    uint16_t            heads[(1 << SZ_HASH_BITS) * SZ_WAYS_MAX];
    uint32_t            n_items;
    uint32_t            items[SZ_BLOCK_BYTES + 2];
    uint8_t             output[SZ_OUTPUT];
    uint8_t             buffer[SZ_HISTORY + SZ_BLOCK_BYTES + SZ_BEYOND];
};


/* Tables that do not change, and a guess about the first block. */
void sz_deflate_init(sz_deflate_t *z);

/* The block's bytes as items, and how often each symbol is among them. */
void sz_deflate_parse(sz_deflate_t *z);

/* The items in the shorter of two forms; how many bytes are in z->output. */
size_t sz_deflate_write(sz_deflate_t *z, bool last);


#endif /* SZ_MEDIA_DEFLATE_BLOCK_H */
