/*
 * The fast PNG decoder against the one on libpng: the same verdict, and the
 * same rows.  Build with -DSZ_HAVE_ISAL and -lisal, or there is nothing to
 * compare.
 *
 * Byte 0 says what the rest is: a file; a zlib stream; or filtered rows that
 * are deflated here, and one byte of the stream changed.  Chunks get right
 * checksums, so that the doubts are about the stream.
 */

#include "media/sz_media_decode_png.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>


#define HEAD  8


typedef struct {
    uint8_t  *data;
    size_t    len;
    size_t    size;
} file_t;


static void
add(file_t *f, const void *data, size_t len)
{
    if (f->len + len >= f->size) {
        f->size = 2 * (f->len + len) + 64;
        f->data = realloc(f->data, f->size);
    }

    memcpy(f->data + f->len, data, len);
    f->len += len;
}


static void
chunk(file_t *f, const char *type, const void *data, size_t len)
{
    uint32_t       crc;
    unsigned char  n[4];

    sz_put_be32(n, (uint32_t) len);
    add(f, n, 4);
    crc = (uint32_t) crc32(crc32(0, (const Bytef *) type, 4), data,
                           (uInt) len);
    add(f, type, 4);
    add(f, data, len);
    sz_put_be32(n, crc);
    add(f, n, 4);
}


static void
build(file_t *f, const uint8_t *p, const uint8_t *data, size_t size)
{
    size_t         raw, at, n;
    uint8_t       *rows, *z;
    uLongf         len;
    unsigned char  ihdr[13] = { 0 };

    static const uint8_t  colours[] = { 0, 2, 6, 2 }, pixels[] = { 1, 3, 4,
                                                                   3 };

    sz_put_be32(ihdr, 1u + p[1]);
    sz_put_be32(ihdr + 4, 1u + p[2] % 64);
    ihdr[8] = 8;
    ihdr[9] = colours[p[3] & 3];

    add(f, "\x89PNG\r\n\x1a\n", 8);
    chunk(f, "IHDR", ihdr, 13);

    if (p[3] & 4) {
        chunk(f, "tEXt", "Comment\0x", 9);
    }

    raw = ((1u + p[1]) * pixels[p[3] & 3] + 1) * (1u + p[2] % 64);

    if (p[0] % 3 == 1) {
        len = size;
        z = malloc(size + 1);
        memcpy(z, data, size);

    } else {
        rows = calloc(1, raw + 1);
        memcpy(rows, data, (size < raw) ? size : raw);

        for (at = 0; at < raw && !(p[3] & 8); at += raw / (1u + p[2] % 64)) {
            rows[at] %= 5;
        }

        raw += (p[3] & 16) ? 1 : 0;
        len = compressBound(raw);
        z = malloc(len + 1);
        compress2(z, &len, rows, raw, p[4] % 10);
        free(rows);

        if (p[3] & 32) {
            z[(p[5] << 8 | p[6]) % len] ^= p[7];
        }

        len -= (p[3] & 64) ? 1 : 0;
    }

    for (at = 0; at < len; at += n) {
        n = 1 + (size_t) p[4] * (p[3] & 128 ? 1 : 50);
        n = (n < len - at) ? n : len - at;
        chunk(f, "IDAT", z + at, n);
    }

    chunk(f, "IEND", "", 0);
    free(z);
}


/* All rows from the one `skip` says on; NULL and the code when refused. */

static uint8_t *
decode(sz_decoder_t *decoder, uint32_t skip, sz_code_e *code)
{
    size_t          row;
    uint8_t        *all;
    unsigned        n, i;
    uint32_t        y;
    sz_error_t      err;
    const uint8_t  *rows[SZ_BLOCK];

    *code = SZ_E_INPUT;

    if (decoder == NULL) {
        return NULL;
    }

    row = (size_t) decoder->width * 3;
    all = calloc(decoder->height, row);
    skip %= decoder->height;
    *code = decoder->skip(decoder, skip, &err);

    for (y = skip; *code == SZ_OK && y < decoder->height - skip / 2; y += n) {
        n = decoder->height - skip / 2 - y;
        n = (n < SZ_BLOCK) ? n : SZ_BLOCK;
        *code = decoder->read(decoder, n, rows, &err);

        for (i = 0; *code == SZ_OK && i < n; i++) {
            memcpy(all + (y + i) * row, rows[i], row);
        }
    }

    if (*code == SZ_OK) {
        *code = decoder->finish(decoder, &err);
    }

    return all;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int     fd = -1;
    file_t         f = { NULL, 0, 0 };
    uint8_t       *a, *b;
    sz_view_t      view;
    sz_code_e      ca, cb;
    sz_error_t     err;
    sz_guard_t     guard;
    sz_decode_t    decode_how;
    sz_decoder_t  *fast, *slow;
    sz_prepare_t   how = { .background = 0x204060 };
    sz_picture_t   pic;

    if (size < HEAD) {
        return 0;
    }

    if (fd == -1) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    }

    if (data[0] % 3 == 0) {
        add(&f, data + HEAD, size - HEAD);

    } else {
        build(&f, data, data + HEAD, size - HEAD);
    }

    if (ftruncate(fd, 0) != 0
        || pwrite(fd, f.data, f.len, 0) != (ssize_t) f.len)
    {
        abort();
    }

    if (sz_view_file(&view, fd, &err) == SZ_OK
        && sz_picture_read(&pic, &view, &err) == SZ_OK
        && pic.info.type == SZ_IMAGE_PNG
        && (int64_t) pic.info.width * pic.info.height < 100000)
    {
        sz_guard_start(&guard, &how);
        decode_how = (sz_decode_t) {
            .fd = fd, .size = view.size, .pic = &pic, .guard = &guard,
            .kernels = sz_kernels_best(), .background = how.background,
            .shrink = 1, .high = pic.info.width
        };

        fast = sz_decoder_png(&decode_how, &err);
        slow = sz_decoder_libpng(&decode_how, &err);
        a = decode(fast, data[1] ^ data[7], &ca);
        b = decode(slow, data[1] ^ data[7], &cb);

        if (ca != cb || (ca == SZ_OK
                         && memcmp(a, b, (size_t) pic.info.width
                                   * pic.info.height * 3) != 0))
        {
            abort();
        }

        free(a);
        free(b);

        if (fast != NULL) {
            fast->destroy(fast);
        }

        if (slow != NULL) {
            slow->destroy(slow);
        }
    }

    free(f.data);

    return 0;
}
