/*
 * Huffman codes as deflate wants them (RFC 1951): lengths of at most so many
 * bits, codes by rule, and their description in front of a block.
 */

#ifndef SZ_MEDIA_HUFFMAN_H
#define SZ_MEDIA_HUFFMAN_H


#include "base/sz_base.h"


#define SZ_HUFFMAN_MAX  288

/*
 * The lengths of an optimal code for n (2..SZ_HUFFMAN_MAX) symbols, none
 * longer than `most`.  At least two symbols get a code, used or not: there
 * are decoders that want a complete one.
 */
void sz_huffman_lengths(const uint32_t *counts, unsigned n, unsigned most,
    uint8_t *lengths);

/*
 * The codes for the lengths, turned so that the first bit is the lowest:
 * code << 8 | length.
 */
void sz_huffman_codes(const uint8_t *lengths, unsigned n, uint32_t *codes);


#endif /* SZ_MEDIA_HUFFMAN_H */
