/*
 * Base64 (RFC 4648, section 4), strictly: the standard alphabet, padding to
 * a multiple of four characters, no blanks, no line ends, and no bits set
 * that padding leaves over.  So there is one text for given bytes and no
 * other.
 */

#ifndef SZ_MEDIA_BASE64_H
#define SZ_MEDIA_BASE64_H


#include "base/sz_base.h"
#include "media/sz_media_cpu.h"


/* Characters for n bytes; n is at most SIZE_MAX / 2. */
static inline size_t
sz_base64_encoded_size(size_t n)
{
    return (n + 2) / 3 * 4;
}

/* Writes exactly that many characters, no NUL behind them. */
void sz_base64_encode(const void *data, size_t n, char *text);

/*
 * The bytes a whole text stands for, by its length and its padding; 0 for a
 * length that no text has.  Its characters are not looked at.
 */
size_t sz_base64_decoded_size(sz_str_t text);

/*
 * A whole text; dst has sz_base64_decoded_size() bytes.  SZ_E_INPUT, and *err
 * says where, when it is no Base64; dst is then undefined.
 */
sz_code_e sz_base64_decode(sz_str_t text, void *dst, sz_error_t *err);


/*
 * A text in pieces of any length.  It lives where its owner puts it and holds
 * nothing that has to be freed.
 */

typedef struct {
    uint64_t  offset;               /* characters fed so far */
    unsigned  n;                    /* of them kept, fewer than four */
    bool      ended;                /* padding has been seen */
    char      kept[4];
} sz_base64_decoder_t;

void sz_base64_decoder_init(sz_base64_decoder_t *decoder);

/*
 * The next piece.  *len is what was written to dst, which has room for
 * SZ_BASE64_ROOM(text.len) bytes.
 */
#define SZ_BASE64_ROOM(len)  ((len) / 4 * 3 + 3)

sz_code_e sz_base64_decoder_feed(sz_base64_decoder_t *decoder, sz_str_t text,
    void *dst, size_t *len, sz_error_t *err);

/*
 * Between groups: the whole groups at the front of a text, up to the first
 * that has padding or a stray character, which is left.  Answers how many
 * characters that were; dst has text.len / 4 * 3 bytes.
 */
size_t sz_base64_decoder_run(sz_base64_decoder_t *decoder, sz_str_t text,
    void *dst);

/* After the last piece: whether the text was whole. */
sz_code_e sz_base64_decoder_finish(const sz_base64_decoder_t *decoder,
    sz_error_t *err);


/*
 * The inner loops, one table per instruction set, all of the same effect.
 * Each does as much as it can from the front and says how much that was, in
 * characters or bytes; the portable ones do all whole groups.
 */

typedef struct {
    const char  *name;

    /* Groups of four without padding; stops before a group it dislikes. */
    size_t  (*decode)(const char *text, size_t n, uint8_t *dst);

    /* Groups of three bytes. */
    size_t  (*encode)(const uint8_t *data, size_t n, char *text);
} sz_base64_kernel_t;

extern const sz_base64_kernel_t  sz_base64_portable;

#ifdef SZ_HAVE_AVX2
extern const sz_base64_kernel_t  sz_base64_avx2;
#endif

const sz_base64_kernel_t *sz_base64_best(void);


#endif /* SZ_MEDIA_BASE64_H */
