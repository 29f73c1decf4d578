#include "media/sz_media_huffman.h"


#define SZ_HUFFMAN_BITS  15

/* Larger counts do not change the code enough to matter. */
#define SZ_COUNT_MAX     65535


typedef struct {
    uint16_t  count;
    uint16_t  symbol;
} sz_leaf_t;


/* The used symbols, rarest first: two passes of counting by a byte. */

static unsigned
sz_huffman_sort(const uint32_t *counts, unsigned n, sz_leaf_t *leaves)
{
    unsigned   i, m, byte, sum, at[256];
    sz_leaf_t  other[SZ_HUFFMAN_MAX], *from, *to, *swap;

    for (m = 0, i = 0; i < n; i++) {
        if (counts[i] > 0) {
            leaves[m].count = (uint16_t) ((counts[i] < SZ_COUNT_MAX)
                                          ? counts[i] : SZ_COUNT_MAX);
            leaves[m++].symbol = (uint16_t) i;
        }
    }

    from = leaves;
    to = other;

    for (byte = 0; byte < 16; byte += 8) {

        memset(at, 0, sizeof(at));

        for (i = 0; i < m; i++) {
            at[from[i].count >> byte & 0xff]++;
        }

        for (sum = 0, i = 0; i < 256; i++) {
            sum += at[i];
            at[i] = sum - at[i];
        }

        for (i = 0; i < m; i++) {
            to[at[from[i].count >> byte & 0xff]++] = from[i];
        }

        swap = from;
        from = to;
        to = swap;
    }

    return m;
}


/*
 * How deep each of m (at least 2) sorted leaves lies in the tree: leaves and
 * the nodes made of them are both queues in order of weight, so the two
 * lightest are always at their heads.  Depths come rarest first, too.
 */

static void
sz_huffman_depths(const sz_leaf_t *leaves, unsigned m, uint8_t *depths)
{
    unsigned  i, k, leaf, node, made;
    uint16_t  parent[2 * SZ_HUFFMAN_MAX];
    uint32_t  weight[SZ_HUFFMAN_MAX];
    uint8_t   deep[SZ_HUFFMAN_MAX];

    leaf = node = 0;

    for (made = 0; made + 1 < m; made++) {

        weight[made] = 0;

        for (k = 0; k < 2; k++) {

            if (leaf < m && (node >= made
                             || leaves[leaf].count <= weight[node]))
            {
                parent[leaf] = (uint16_t) made;
                weight[made] += leaves[leaf++].count;

            } else {
                parent[m + node] = (uint16_t) made;
                weight[made] += weight[node++];
            }
        }
    }

    deep[made - 1] = 0;

    for (i = made - 1; i-- > 0; /* void */) {
        deep[i] = (uint8_t) (deep[parent[m + i]] + 1);
    }

    for (i = 0; i < m; i++) {
        depths[i] = (uint8_t) (deep[parent[i]] + 1);
    }
}


/*
 * Too deep leaves are lifted to the limit, which takes more code space than
 * there is; it is won back a unit at a time by pushing the deepest leaf that
 * is above the limit one down and hanging another one beside it.
 */

static void
sz_huffman_limit(unsigned *n_of, unsigned most, unsigned deepest)
{
    unsigned  i;
    uint32_t  space;

    for (i = most + 1; i <= deepest; i++) {
        n_of[most] += n_of[i];
        n_of[i] = 0;
    }

    for (space = 0, i = 1; i <= most; i++) {
        space += n_of[i] << (most - i);
    }

    for ( /* void */ ; space > 1u << most; space--) {

        for (i = most - 1; n_of[i] == 0; i--) {
            /* the deepest above the limit */
        }

        n_of[i]--;
        n_of[i + 1] += 2;
        n_of[most]--;
    }
}


void
sz_huffman_lengths(const uint32_t *counts, unsigned n, unsigned most,
    uint8_t *lengths)
{
    unsigned   i, m, length, deepest, n_of[SZ_HUFFMAN_MAX];
    uint8_t    depths[SZ_HUFFMAN_MAX];
    sz_leaf_t  leaves[SZ_HUFFMAN_MAX];

    memset(lengths, 0, n);

    m = sz_huffman_sort(counts, n, leaves);

    if (m < 2) {
        lengths[0] = lengths[1] = 1;

        if (m == 1 && leaves[0].symbol > 1) {
            lengths[1] = 0;
            lengths[leaves[0].symbol] = 1;
        }

        return;
    }

    sz_huffman_depths(leaves, m, depths);

    memset(n_of, 0, sizeof(n_of));

    for (deepest = 0, i = 0; i < m; i++) {
        n_of[depths[i]]++;
        deepest = (depths[i] > deepest) ? depths[i] : deepest;
    }

    if (deepest > most) {
        sz_huffman_limit(n_of, most, deepest);
    }

    for (length = most, i = 0; i < m; i++) {

        while (n_of[length] == 0) {
            length--;
        }

        n_of[length]--;
        lengths[leaves[i].symbol] = (uint8_t) length;
    }
}


static uint32_t
sz_huffman_turn(uint32_t code, unsigned length)
{
    uint32_t  turned;

    for (turned = 0; length > 0; length--) {
        turned = turned << 1 | (code & 1);
        code >>= 1;
    }

    return turned;
}


void
sz_huffman_codes(const uint8_t *lengths, unsigned n, uint32_t *codes)
{
    unsigned  i;
    uint32_t  next[SZ_HUFFMAN_BITS + 1], n_of[SZ_HUFFMAN_BITS + 1];

    memset(n_of, 0, sizeof(n_of));

    for (i = 0; i < n; i++) {
        n_of[lengths[i]]++;
    }

    n_of[0] = next[0] = 0;

    for (i = 1; i <= SZ_HUFFMAN_BITS; i++) {
        next[i] = (next[i - 1] + n_of[i - 1]) << 1;
    }

    for (i = 0; i < n; i++) {
        codes[i] = 0;

        if (lengths[i] > 0) {
            codes[i] = sz_huffman_turn(next[lengths[i]]++, lengths[i]) << 8
                       | lengths[i];
        }
    }
}
