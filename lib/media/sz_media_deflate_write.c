/*
 * A block of deflate: the codes for its symbols, their description, and the
 * items as bits.
 */

#include "media/sz_media_deflate_block.h"
#include "media/sz_media_huffman.h"


#define SZ_CODE_BITS      14
#define SZ_LENGTH_CODES   19
#define SZ_LENGTH_BITS    7

#define SZ_INLINE  static inline __attribute__((always_inline))


/* The order in which the lengths of the code for lengths are written. */

static const uint8_t  sz_length_order[SZ_LENGTH_CODES] = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
};


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


size_t
sz_deflate_write(sz_deflate_t *z, bool last)
{
    sz_bits_t  b = { z->bits, z->n_bits, z->output };
    sz_head_t  head;

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

    return (size_t) (b.to - z->output);
}
