/*
 * Bytes to literals and matches: what is worth a match is decided by the code
 * lengths of the block before.
 */

#include "media/sz_media_deflate_block.h"


/* What a match has to save, in bits, to be worth the trouble. */
#define SZ_GAIN_MIN       3

/* And what the next one has to save more, when the search looks ahead. */
#define SZ_GAIN_MORE      4

/* What a symbol without a code would cost if it got one. */
#define SZ_COST_LITERAL   13
#define SZ_COST_DISTANCE  8


/* Symbols for lengths and distances: the first value, and bits behind it. */

static const uint16_t  sz_length_base[] = {
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59,
    67, 83, 99, 115, 131, 163, 195, 227, 258
};

static const uint8_t  sz_length_bits[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5,
    5, 5, 5, 0
};

/*
 * The search is compiled once for each way it is called, with the numbers in
 * it known.
 */
#define SZ_INLINE  static inline __attribute__((always_inline))


SZ_INLINE uint64_t
sz_load64(const uint8_t *p)
{
    uint64_t  v;

    memcpy(&v, p, sizeof(v));

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif

    return v;
}


/* Of the six bytes a match begins with. */

SZ_INLINE uint32_t
sz_deflate_hash(uint64_t v)
{
    return (uint32_t) (((v << 16) * UINT64_C(0x9e3779b97f4a7c15))
                       >> (64 - SZ_HASH_BITS));
}


/* The symbol of a match's length, less 257. */

static unsigned
sz_length_symbol(unsigned length)
{
    unsigned  top;

    if (length < 11) {
        return length - 3;
    }

    if (length == SZ_MATCH_MAX) {
        return 28;
    }

    top = 31 - (unsigned) __builtin_clz(length - 3);

    return 4 * (top - 1) + ((length - 3) >> (top - 2) & 3);
}


/* The symbol of a distance less 1, and the bits that follow it. */

SZ_INLINE unsigned
sz_distance_symbol(unsigned distance)
{
    unsigned  top;

    if (distance < 4) {
        return distance;
    }

    top = 31 - (unsigned) __builtin_clz(distance);

    return 2 * top + (distance >> (top - 1) & 1);
}


SZ_INLINE unsigned
sz_distance_bits(unsigned symbol)
{
    return (symbol < 4) ? 0 : symbol / 2 - 1;
}


/* How many bytes are equal, at most `most`; 8 may be read beyond. */

SZ_INLINE unsigned
sz_match_length(const uint8_t *a, const uint8_t *b, unsigned from,
    unsigned most)
{
    unsigned  n;
    uint64_t  differ;

    for (n = from; n < most; n += 8) {
        differ = sz_load64(a + n) ^ sz_load64(b + n);

        if (differ != 0) {
            n += (unsigned) __builtin_ctzll(differ) / 8;
            break;
        }
    }

    return (n < most) ? n : most;
}


void
sz_deflate_init(sz_deflate_t *z)
{
    unsigned  i;

    for (i = 0; i < SZ_ALL_SYMBOLS; i++) {
        z->lengths[i] = (i < SZ_LITERALS) ? 6 : (i < SZ_SYMBOLS) ? 8 : 5;
        z->extra[i] = (uint8_t) ((i < SZ_LENGTHS) ? 0
                                 : (i < SZ_SYMBOLS)
                                 ? sz_length_bits[i - SZ_LENGTHS]
                                 : sz_distance_bits(i - SZ_SYMBOLS));
    }

    for (i = 3; i <= SZ_MATCH_MAX; i++) {
        z->length_symbol[i] = (uint8_t) sz_length_symbol(i);
    }
}


static uint8_t
sz_deflate_cost(const sz_deflate_t *z, unsigned symbol, unsigned unused)
{
    return (uint8_t) ((z->lengths[symbol] ? z->lengths[symbol] : unused)
                      + z->extra[symbol]);
}


/* Code lengths of the last block as the costs for the next one. */

static void
sz_deflate_costs(sz_deflate_t *z)
{
    unsigned  i;

    for (i = 0; i < SZ_LITERALS; i++) {
        z->literal_cost[i] = sz_deflate_cost(z, i, SZ_COST_LITERAL);
    }

    for (i = 3; i <= SZ_MATCH_MAX; i++) {
        z->length_cost[i] = sz_deflate_cost(z, SZ_LENGTHS
                                            + z->length_symbol[i],
                                            SZ_COST_LITERAL);
    }

    for (i = 0; i < SZ_DISTANCES; i++) {
        z->distance_cost[i] = sz_deflate_cost(z, SZ_SYMBOLS + i,
                                              SZ_COST_DISTANCE);
    }
}


/*
 * The bits a match saves.  What it begins with is counted; the rest counts as
 * the average of that, which needs no loop and so no guess of the processor
 * about its length.
 */

SZ_INLINE int
sz_match_gain(const sz_deflate_t *z, const uint8_t *p, unsigned length,
    unsigned distance)
{
    unsigned  literals;

    literals = z->literal_cost[p[0]] + z->literal_cost[p[1]]
               + z->literal_cost[p[2]] + z->literal_cost[p[3]]
               + z->literal_cost[p[4]] + z->literal_cost[p[5]];

    literals += (length - SZ_MATCH_MIN) * literals / SZ_MATCH_MIN;

    return (int) literals - z->length_cost[length]
           - z->distance_cost[sz_distance_symbol(distance)];
}


typedef struct {
    int       gain;
    unsigned  length;
    unsigned  distance;             /* less 1 */
} sz_match_t;

/* What the search needs of a sz_deflate_t, for registers. */

typedef struct {
    const uint8_t  *buffer;
    uint16_t       *heads;
    uint32_t       *counts;
    uint32_t       *item;           /* the next */
    size_t          begin;
    size_t          end;
    uint16_t        base;
    unsigned        ways;
} sz_search_t;


SZ_INLINE void
sz_search_remember(const sz_search_t *s, uint16_t *head, size_t at)
{
    unsigned  i;
    uint16_t  place, swap;

    place = (uint16_t) (s->base + at);

    for (i = 0; i < s->ways; i++) {
        swap = head[i];
        head[i] = place;
        place = swap;
    }
}


SZ_INLINE uint16_t *
sz_search_head(const sz_search_t *s, uint64_t bytes)
{
    return s->heads + (size_t) sz_deflate_hash(bytes) * s->ways;
}


/*
 * The best match for the bytes at `at`, and the place is remembered.  A head
 * holds 16 bits of a place: a distance of 1 to 65535, or 0, which is itself.
 */

SZ_INLINE bool
sz_deflate_search(const sz_deflate_t *z, const sz_search_t *s, size_t at,
    sz_match_t *best)
{
    int              gain;
    unsigned         i, distance, length, most;
    uint16_t        *head;
    uint64_t         v;
    const uint8_t   *p;

    p = s->buffer + at;
    v = sz_load64(p);
    head = sz_search_head(s, v);
    *best = (sz_match_t) { SZ_GAIN_MIN - 1, 0, 0 };

    for (i = 0; i < s->ways; i++) {

        distance = (uint16_t) (s->base + at - head[i] - 1);

        if ((sz_load64(p - distance - 1) ^ v) << 16 == 0
            && distance < SZ_REACH && distance < at - s->begin)
        {
            most = (s->end - at < SZ_MATCH_MAX) ? (unsigned) (s->end - at)
                                                : SZ_MATCH_MAX;
            length = sz_match_length(p, p - distance - 1, SZ_MATCH_MIN, most);
            gain = sz_match_gain(z, p, length, distance);

            if (gain > best->gain) {
                best->gain = gain;
                best->length = length;
                best->distance = distance;
            }
        }
    }

    sz_search_remember(s, head, at);

    return best->gain >= SZ_GAIN_MIN;
}


/* Without a search: whether the byte before is repeated. */

SZ_INLINE bool
sz_deflate_repeat(const sz_deflate_t *z, const sz_search_t *s, size_t at,
    sz_match_t *run)
{
    unsigned        most;
    const uint8_t  *p;

    p = s->buffer + at;

    if (at == s->begin || (sz_load64(p) ^ sz_load64(p - 1)) << 16 != 0) {
        return false;
    }

    most = (s->end - at < SZ_MATCH_MAX) ? (unsigned) (s->end - at)
                                        : SZ_MATCH_MAX;
    run->length = sz_match_length(p, p - 1, SZ_MATCH_MIN, most);
    run->distance = 0;
    run->gain = sz_match_gain(z, p, run->length, 0);

    return run->gain >= SZ_GAIN_MIN;
}


SZ_INLINE bool
sz_deflate_find(const sz_deflate_t *z, const sz_search_t *s, size_t at,
    sz_match_t *best)
{
    return (s->ways == 0) ? sz_deflate_repeat(z, s, at, best)
                          : sz_deflate_search(z, s, at, best);
}


/* A symbol and what stands behind it. */

SZ_INLINE void
sz_deflate_item(sz_search_t *s, unsigned symbol, unsigned extra)
{
    *s->item++ = symbol | extra << 16;
    s->counts[symbol]++;
}


SZ_INLINE void
sz_deflate_match(const sz_deflate_t *z, sz_search_t *s, const sz_match_t *m)
{
    unsigned  symbol;

    symbol = z->length_symbol[m->length];
    sz_deflate_item(s, SZ_LENGTHS + symbol,
                    m->length - sz_length_base[symbol]);

    symbol = sz_distance_symbol(m->distance);
    sz_deflate_item(s, SZ_SYMBOLS + symbol,
                    m->distance & ((1u << sz_distance_bits(symbol)) - 1));
}


/* The block's bytes as literals and matches. */

SZ_INLINE void
sz_deflate_pass(sz_deflate_t *z, unsigned ways, bool lazy, bool inside)
{
    size_t       at, stop, next, last;
    sz_match_t   m, other;
    sz_search_t  s = { z->buffer, z->heads, z->counts, z->items, z->begin,
                       z->end, z->base, ways };

    at = SZ_HISTORY;
    stop = (s.end > SZ_HISTORY + 8) ? s.end - 8 : SZ_HISTORY;

    while (at < stop) {

        if (!sz_deflate_find(z, &s, at, &m)) {
            sz_deflate_item(&s, s.buffer[at++], 0);
            continue;
        }

        while (lazy && at + 1 < stop
               && sz_deflate_find(z, &s, at + 1, &other)
               && other.gain > m.gain + SZ_GAIN_MORE)
        {
            sz_deflate_item(&s, s.buffer[at++], 0);
            m = other;
        }

        sz_deflate_match(z, &s, &m);

        next = at + m.length;
        last = (next < stop) ? next : stop;

        for (at++; inside && at < last; at++) {
            sz_search_remember(&s, sz_search_head(&s, sz_load64(s.buffer
                                                                + at)), at);
        }

        at = next;
    }

    while (at < s.end) {
        sz_deflate_item(&s, s.buffer[at++], 0);
    }

    sz_deflate_item(&s, SZ_END_OF_BLOCK, 0);
    z->n_items = (uint32_t) (s.item - z->items);
}


/* Each form is compiled with its numbers known. */

void
sz_deflate_parse(sz_deflate_t *z)
{
    const sz_deflate_how_t  *how = &z->how;

    sz_deflate_costs(z);

    memset(z->counts, 0, sizeof(z->counts));

    if (how->ways == 0) {
        sz_deflate_pass(z, 0, false, false);

    } else if (how->ways == 1 && !how->lazy && how->inside) {
        sz_deflate_pass(z, 1, false, true);

    } else {
        sz_deflate_pass(z, how->ways, how->lazy, how->inside);
    }
}
