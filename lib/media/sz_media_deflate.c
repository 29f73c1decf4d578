#include "media/sz_media_deflate.h"
#include "media/sz_media_huffman.h"

#include <stdlib.h>


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

/* What a match has to save, in bits, to be worth the trouble. */
#define SZ_GAIN_MIN       3

/* And what the next one has to save more, when the search looks ahead. */
#define SZ_GAIN_MORE      4

/* Symbols: literals, the end, lengths; behind them those of distances. */
#define SZ_LITERALS       256
#define SZ_END_OF_BLOCK   256
#define SZ_LENGTHS        257
#define SZ_SYMBOLS        286
#define SZ_DISTANCES      30
#define SZ_ALL_SYMBOLS    (SZ_SYMBOLS + SZ_DISTANCES)

#define SZ_CODE_BITS      14
#define SZ_LENGTH_CODES   19
#define SZ_LENGTH_BITS    7

/* What a symbol without a code would cost if it got one. */
#define SZ_COST_LITERAL   13
#define SZ_COST_DISTANCE  8

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
    uint8_t            *to;

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


/* Symbols for lengths and distances: the first value, and bits behind it. */

static const uint16_t  sz_length_base[] = {
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59,
    67, 83, 99, 115, 131, 163, 195, 227, 258
};

static const uint8_t  sz_length_bits[] = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5,
    5, 5, 5, 0
};

/* The order in which the lengths of the code for lengths are written. */

static const uint8_t  sz_length_order[SZ_LENGTH_CODES] = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
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


/* Tables that do not change, and a guess about the first block. */

static void
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
sz_deflate_parse(sz_deflate_t *z, unsigned ways, bool lazy, bool inside)
{
    size_t       at, stop, next, last;
    sz_match_t   m, other;
    sz_search_t  s = { z->buffer, z->heads, z->counts, z->items, z->begin,
                       z->end, z->base, ways };

    at = SZ_HISTORY;
    stop = (s.end > SZ_HISTORY + 8) ? s.end - 8 : SZ_HISTORY;

    while (at < stop) {

        if (!sz_deflate_search(z, &s, at, &m)) {
            sz_deflate_item(&s, s.buffer[at++], 0);
            continue;
        }

        while (lazy && at + 1 < stop
               && sz_deflate_search(z, &s, at + 1, &other)
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


/* Bits, lowest first, in a register. */

typedef struct {
    uint64_t   bits;
    unsigned   n;
    uint8_t   *to;
} sz_bits_t;


SZ_INLINE void
sz_bits_add(sz_bits_t *b, uint64_t value, unsigned n)
{
    b->bits |= value << b->n;
    b->n += n;
}


/* A code as sz_huffman_codes() makes it. */

SZ_INLINE void
sz_bits_code(sz_bits_t *b, uint32_t code)
{
    sz_bits_add(b, code >> 8, code & 0xff);
}


/* Afterwards at most 7 bits are left, so that 57 more fit. */

SZ_INLINE void
sz_bits_flush(sz_bits_t *b)
{
    uint64_t  v;

    v = b->bits;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    v = __builtin_bswap64(v);
#endif

    memcpy(b->to, &v, sizeof(v));
    b->to += b->n / 8;
    b->bits >>= b->n / 8 * 8;
    b->n %= 8;
}


/*
 * The lengths of both codes, one behind the other, as symbols of a third
 * code: 0 to 15 a length, 16 the last one again, 17 and 18 many zeros.
 */

typedef struct {
    unsigned  n;
    unsigned  n_literals;
    unsigned  n_distances;
    unsigned  n_lengths;
    uint8_t   symbols[SZ_ALL_SYMBOLS];
    uint8_t   extra[SZ_ALL_SYMBOLS];
    uint8_t   lengths[SZ_LENGTH_CODES];
    uint32_t  counts[SZ_LENGTH_CODES];
} sz_head_t;


static void
sz_head_add(sz_head_t *head, unsigned symbol, unsigned extra)
{
    head->symbols[head->n] = (uint8_t) symbol;
    head->extra[head->n++] = (uint8_t) extra;
    head->counts[symbol]++;
}


static void
sz_head_run(sz_head_t *head, uint8_t length, unsigned n)
{
    unsigned  part;

    while (length == 0 && n >= 3) {
        part = (n < 138) ? n : 138;
        sz_head_add(head, (part < 11) ? 17 : 18, part - ((part < 11) ? 3 : 11));
        n -= part;
    }

    if (n > 0) {
        sz_head_add(head, length, 0);
        n--;
    }

    while (n >= 3) {
        part = (n < 6) ? n : 6;
        sz_head_add(head, 16, part - 3);
        n -= part;
    }

    while (n-- > 0) {
        sz_head_add(head, length, 0);
    }
}


static void
sz_head_make(sz_head_t *head, const sz_deflate_t *z)
{
    uint8_t   all[SZ_ALL_SYMBOLS];
    unsigned  i, k, n;

    memset(head, 0, sizeof(sz_head_t));

    head->n_literals = SZ_SYMBOLS;
    head->n_distances = SZ_DISTANCES;

    while (z->lengths[head->n_literals - 1] == 0) {
        head->n_literals--;
    }

    while (z->lengths[SZ_SYMBOLS + head->n_distances - 1] == 0) {
        head->n_distances--;
    }

    memcpy(all, z->lengths, head->n_literals);
    memcpy(all + head->n_literals, z->lengths + SZ_SYMBOLS,
           head->n_distances);
    n = head->n_literals + head->n_distances;

    for (i = 0; i < n; i += k) {
        for (k = 1; i + k < n && all[i + k] == all[i]; k++) {
            /* a run */
        }

        sz_head_run(head, all[i], k);
    }

    sz_huffman_lengths(head->counts, SZ_LENGTH_CODES, SZ_LENGTH_BITS,
                       head->lengths);

    head->n_lengths = SZ_LENGTH_CODES;

    while (head->lengths[sz_length_order[head->n_lengths - 1]] == 0) {
        head->n_lengths--;
    }
}


static unsigned
sz_head_extra(unsigned symbol)
{
    return (symbol < 16) ? 0 : (symbol == 16) ? 2 : (symbol == 17) ? 3 : 7;
}


/* The bits a block will take; nothing is written. */

static size_t
sz_deflate_size(const sz_deflate_t *z, const sz_head_t *head)
{
    size_t    size;
    unsigned  i;

    size = 17 + 3 * (size_t) head->n_lengths;

    for (i = 0; i < SZ_LENGTH_CODES; i++) {
        size += (size_t) head->counts[i] * (head->lengths[i]
                                            + sz_head_extra(i));
    }

    for (i = 0; i < SZ_ALL_SYMBOLS; i++) {
        size += (size_t) z->counts[i] * (z->lengths[i] + z->extra[i]);
    }

    return size;
}


static void
sz_deflate_put_head(sz_bits_t *b, const sz_head_t *head)
{
    unsigned  i;
    uint32_t  codes[SZ_LENGTH_CODES];

    sz_huffman_codes(head->lengths, SZ_LENGTH_CODES, codes);

    sz_bits_add(b, head->n_literals - 257, 5);
    sz_bits_add(b, head->n_distances - 1, 5);
    sz_bits_add(b, head->n_lengths - 4, 4);
    sz_bits_flush(b);

    for (i = 0; i < head->n_lengths; i++) {
        sz_bits_add(b, head->lengths[sz_length_order[i]], 3);
        sz_bits_flush(b);
    }

    for (i = 0; i < head->n; i++) {
        sz_bits_code(b, codes[head->symbols[i]]);
        sz_bits_add(b, head->extra[i], sz_head_extra(head->symbols[i]));
        sz_bits_flush(b);
    }
}


/* One loop for all kinds of items, without a branch to be guessed. */

SZ_INLINE void
sz_deflate_put_item(sz_bits_t *b, const uint32_t *codes, uint32_t item)
{
    uint32_t  code;

    code = codes[item & 0xffff];

    sz_bits_add(b, (code & 0xffff) | (uint64_t) (item >> 16)
                                     << (code >> 16 & 0xff), code >> 24);
}


static void
sz_deflate_put_items(const sz_deflate_t *z, sz_bits_t *b)
{
    uint32_t  i;

    for (i = 0; i + 2 <= z->n_items; i += 2) {
        sz_deflate_put_item(b, z->codes, z->items[i]);
        sz_deflate_put_item(b, z->codes, z->items[i + 1]);
        sz_bits_flush(b);
    }

    if (i < z->n_items) {
        sz_deflate_put_item(b, z->codes, z->items[i]);
        sz_bits_flush(b);
    }
}


static void
sz_deflate_put_stored(sz_deflate_t *z, sz_bits_t *b)
{
    size_t  n;

    n = z->end - SZ_HISTORY;

    sz_bits_flush(b);
    b->n = (b->n + 7) / 8 * 8;
    sz_bits_flush(b);
    sz_bits_add(b, n, 16);
    sz_bits_add(b, n ^ 0xffff, 16);
    sz_bits_flush(b);

    memcpy(b->to, z->buffer + SZ_HISTORY, n);
    b->to += n;
}


/*
 * A code as the loop over items wants it: its bits, their number in the third
 * byte, and in the fourth that number with the bits behind it.
 */

static void
sz_deflate_codes(sz_deflate_t *z)
{
    unsigned  i, length;

    sz_huffman_lengths(z->counts, SZ_SYMBOLS, SZ_CODE_BITS, z->lengths);
    sz_huffman_lengths(z->counts + SZ_SYMBOLS, SZ_DISTANCES, SZ_CODE_BITS,
                       z->lengths + SZ_SYMBOLS);

    sz_huffman_codes(z->lengths, SZ_SYMBOLS, z->codes);
    sz_huffman_codes(z->lengths + SZ_SYMBOLS, SZ_DISTANCES,
                     z->codes + SZ_SYMBOLS);

    for (i = 0; i < SZ_ALL_SYMBOLS; i++) {
        length = z->codes[i] & 0xff;
        z->codes[i] = z->codes[i] >> 8 | length << 16
                      | (length + z->extra[i]) << 24;
    }
}


/* Each form is compiled with its numbers known. */

static void
sz_deflate_items(sz_deflate_t *z)
{
    const sz_deflate_how_t  *how = &z->how;

    sz_deflate_costs(z);

    memset(z->counts, 0, sizeof(z->counts));

    if (how->ways == 1 && !how->lazy && how->inside) {
        sz_deflate_parse(z, 1, false, true);

    } else if (how->ways == 1 && !how->lazy) {
        sz_deflate_parse(z, 1, false, false);

    } else {
        sz_deflate_parse(z, how->ways, how->lazy, how->inside);
    }
}


/* What was a block becomes history. */

static void
sz_deflate_slide(sz_deflate_t *z)
{
    size_t  shift;

    shift = z->end - SZ_HISTORY;

    memmove(z->buffer, z->buffer + shift, SZ_HISTORY);

    z->base = (uint16_t) (z->base + shift);
    z->begin = (z->begin > shift) ? z->begin - shift : 0;
    z->end = SZ_HISTORY;
}


static bool
sz_deflate_block(sz_deflate_t *z, bool last)
{
    sz_bits_t  b = { z->bits, z->n_bits, z->output };
    sz_head_t  head;

    sz_deflate_items(z);
    sz_deflate_codes(z);
    sz_head_make(&head, z);

    sz_bits_add(&b, last, 1);

    if (sz_deflate_size(z, &head) / 8 < z->end - SZ_HISTORY) {
        sz_bits_add(&b, 2, 2);
        sz_deflate_put_head(&b, &head);
        sz_deflate_put_items(z, &b);

    } else {
        sz_bits_add(&b, 0, 2);
        sz_deflate_put_stored(z, &b);
    }

    if (last) {
        b.n = (b.n + 7) / 8 * 8;
        sz_bits_flush(&b);
    }

    z->bits = b.bits;
    z->n_bits = b.n;

    sz_deflate_slide(z);

    return z->put(z->data, z->output, (size_t) (b.to - z->output));
}


sz_deflate_t *
sz_deflate_create(const sz_deflate_how_t *how, sz_deflate_put_fn put,
    void *data)
{
    sz_deflate_t  *z;

    z = calloc(1, sizeof(sz_deflate_t));
    if (z == NULL) {
        return NULL;
    }

    z->how = *how;
    z->put = put;
    z->data = data;
    z->begin = z->end = SZ_HISTORY;

    sz_deflate_init(z);

    return z;
}


bool
sz_deflate_add(sz_deflate_t *z, const uint8_t *bytes, size_t len)
{
    size_t  n;

    while (len > 0) {

        n = SZ_HISTORY + SZ_BLOCK_BYTES - z->end;

        if (n == 0) {
            if (!sz_deflate_block(z, false)) {
                return false;
            }

            continue;
        }

        n = (len < n) ? len : n;
        memcpy(z->buffer + z->end, bytes, n);

        z->end += n;
        bytes += n;
        len -= n;
    }

    return true;
}


bool
sz_deflate_finish(sz_deflate_t *z)
{
    return sz_deflate_block(z, true);
}


void
sz_deflate_destroy(sz_deflate_t *z)
{
    free(z);
}
