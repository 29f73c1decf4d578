/*
 * Pictures of every kind and of odd sizes, whole, and cut and changed at every
 * 97th byte: a picture is refused when a sample of it is lost, by the verdict
 * of the format's own library, and else the pixels must be the library's.
 */

#include "media/sz_media.h"
#include "media/sz_media_view.h"

#include "tap.h"
#include "test_media_make.h"

#include <jerror.h>
#include <webp/decode.h>
#include <webp/demux.h>
#include <zlib.h>


#define STEP  97


static bytes_t        file;
static unsigned       wide, high;


/* The libraries' verdicts: RGB, or NULL. */

static jmp_buf  away;

static void
jpeg_leave(j_common_ptr jpeg)
{
    (void) jpeg;
    longjmp(away, 1);
}


static bool  jpeg_ended;

/* What tells of a lost sample, and what does not. */

static void
jpeg_warn(j_common_ptr jpeg, int level)
{
    int         marker, ahead;
    bool        lost;
    const int  *i = jpeg->err->msg_parm.i;

    if (level >= 0) {
        return;
    }

    marker = i[0];
    lost = true;

    switch (jpeg->err->msg_code) {

    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
        lost = false;
        break;

    case JWRN_JPEG_EOF:
        jpeg_ended = true;
        lost = false;
        break;

    case JWRN_EXTRANEOUS_DATA:
        lost = (i[1] >= JPEG_RST0 && i[1] < JPEG_RST0 + 8);
        break;

    case JWRN_MUST_RESYNC:
        ahead = (marker - JPEG_RST0 - i[1] + 16) % 8;
        lost = (marker < JPEG_RST0 || marker > JPEG_RST0 + 7
                || ahead < 3 || ahead > 5);
        break;

    default:
        break;
    }

    if (lost) {
        longjmp(away, 1);
    }
}


/* A file without its end has all its scans nonetheless. */

static bool
jpeg_has_all(const struct jpeg_decompress_struct *jpeg)
{
    int   c, k;
    long  missing;

    for (missing = 0, c = 0; c < jpeg->num_components; c++) {

        missing += (jpeg->comp_info[c].quant_table == NULL);

        for (k = 0; jpeg->progressive_mode && k < DCTSIZE2; k++) {
            missing += (jpeg->coef_bits[c][k] != 0);
        }
    }

    return missing == 0;
}


/* Inks on white paper, stored inverted. */

static void
jpeg_inks(const unsigned char *raw, unsigned char *rgb)
{
    unsigned  i, c, ink, black;

    for (i = 0; i < wide; i++, raw += 4) {
        black = 255u - raw[3];

        for (c = 0; c < 3; c++) {
            ink = 255u - raw[c];
            *rgb++ = (unsigned char) (255 - black
                                      - (unsigned) (ink * (255 - black) / 255.0
                                                    + 0.5));
        }
    }
}


static bool
jpeg_reference(unsigned char *rgb)
{
    JSAMPROW                       row, raw;
    static JSAMPLE                 inks[4 * 200];
    struct jpeg_error_mgr          errors;
    struct jpeg_decompress_struct  jpeg;

    jpeg.err = jpeg_std_error(&errors);
    errors.error_exit = jpeg_leave;
    errors.emit_message = jpeg_warn;
    jpeg_create_decompress(&jpeg);

    if (setjmp(away) != 0) {
        jpeg_destroy_decompress(&jpeg);
        return false;
    }

    jpeg_ended = false;
    jpeg_mem_src(&jpeg, file.data, file.len);
    jpeg_read_header(&jpeg, TRUE);
    jpeg.out_color_space = (jpeg.num_components == 4) ? JCS_CMYK : JCS_RGB;

    if (jpeg.image_width != wide || jpeg.image_height != high) {
        longjmp(away, 1);
    }

    jpeg_start_decompress(&jpeg);
    raw = inks;

    if (jpeg_ended && !jpeg_has_all(&jpeg)) {
        longjmp(away, 1);
    }

    while (jpeg.output_scanline < high) {
        row = rgb + (size_t) jpeg.output_scanline * wide * 3;

        if (jpeg.num_components < 4) {
            jpeg_read_scanlines(&jpeg, &row, 1);

        } else {
            jpeg_read_scanlines(&jpeg, &raw, 1);
            jpeg_inks(raw, row);
        }
    }

    jpeg_destroy_decompress(&jpeg);

    return true;
}


static void
png_leave(png_structp png, png_const_charp text)
{
    (void) png;
    (void) text;
    longjmp(away, 1);
}


static size_t  png_at;

static void
png_get(png_structp png, png_bytep data, size_t len)
{
    if (len > file.len - png_at) {
        png_error(png, "end");
    }

    memcpy(data, file.data + png_at, len);
    png_at += len;
}


/* RGBA of 8 bits on black. */

static void
flatten(const unsigned char *rgba, unsigned char *rgb)
{
    size_t    i;
    unsigned  c;

    for (i = 0; i < (size_t) wide * high; i++) {
        for (c = 0; c < 3; c++) {
            rgb[3 * i + c] = (unsigned char)
                             ((rgba[4 * i + c] * rgba[4 * i + 3] + 127) / 255);
        }
    }
}


/* What libpng makes of a file that has no fault. */

static bool
png_decode(unsigned char *rgb)
{
    int                      pass, passes;
    unsigned                 y;
    png_infop                info;
    png_structp              png;
    static unsigned char    *rgba;

    rgba = calloc((size_t) wide * high, 4);
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_leave,
                                 png_hush);
    info = png_create_info_struct(png);

    if (setjmp(away) != 0) {
        png_destroy_read_struct(&png, &info, NULL);
        free(rgba);
        return false;
    }

    png_at = 0;
    png_set_read_fn(png, NULL, png_get);
    png_set_benign_errors(png, 1);
    png_read_info(png, info);

    if (png_get_image_width(png, info) != wide
        || png_get_image_height(png, info) != high)
    {
        longjmp(away, 1);
    }

    png_set_expand(png);
    png_set_scale_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
    passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    png_set_benign_errors(png, 0);

    for (pass = 0; pass < passes; pass++) {
        for (y = 0; y < high; y++) {
            png_read_row(png, rgba + (size_t) y * wide * 4, NULL);
        }
    }

    png_set_benign_errors(png, 1);
    png_read_end(png, NULL);
    png_destroy_read_struct(&png, &info, NULL);
    flatten(rgba, rgb);
    free(rgba);

    return true;
}


static uint32_t
get_be(const unsigned char *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}


/* The bytes of filtered rows that IHDR promises. */

static size_t
png_raw_size(const unsigned char *ihdr)
{
    int       pass;
    size_t    size, bits, w, h;

    static const unsigned char  channels[] = { 1, 0, 3, 1, 2, 0, 4 };

    bits = ihdr[9] < 7 ? (size_t) channels[ihdr[9]] * ihdr[8] : 0;

    if (ihdr[12] == 0) {
        return high * ((wide * bits + 7) / 8 + 1);
    }

    for (size = 0, pass = 0; pass < 7; pass++) {
        w = PNG_PASS_COLS(wide, pass);
        h = PNG_PASS_ROWS(high, pass);
        size += (w > 0) ? h * ((w * bits + 7) / 8 + 1) : 0;
    }

    return size;
}


/*
 * The stream of the pixels from `at` on, as far as it is there; false when the
 * checksum of a chunk is.
 */

static bool
png_stream(size_t at, bytes_t *stream)
{
    size_t  len;

    stream->len = 0;
    stream->data = malloc(file.len + 1);

    for ( ; file.len >= at + 8 && memcmp(file.data + at + 4, "IDAT", 4) == 0;
         at += len + 12)
    {
        len = get_be(file.data + at);

        if (len > file.len - at - 8) {
            memcpy(stream->data + stream->len, file.data + at + 8,
                   file.len - at - 8);
            stream->len += file.len - at - 8;
            break;
        }

        memcpy(stream->data + stream->len, file.data + at + 8, len);
        stream->len += len;

        if (file.len - at - 8 - len >= 4
            && crc32(0, file.data + at + 4, (uInt) len + 4)
               != get_be(file.data + at + 8 + len))
        {
            return false;
        }
    }

    return true;
}


/* All rows out of the stream, whatever comes behind them. */

static bool
png_rows(const bytes_t *stream, unsigned char *raw, size_t len)
{
    z_stream  z;

    memset(&z, 0, sizeof(z));
    inflateInit(&z);
    z.next_in = stream->data;
    z.avail_in = (uInt) stream->len;
    z.next_out = raw;
    z.avail_out = (uInt) len;
    (void) inflate(&z, Z_SYNC_FLUSH);
    inflateEnd(&z);

    return z.avail_out == 0;
}


static unsigned char *
put_chunk(unsigned char *p, const char *type, const void *data, size_t len)
{
    p = sz_put_be32(p, (uint32_t) len);
    memcpy(p, type, 4);
    memmove(p + 4, data, len);

    return sz_put_be32(p + 4 + len,
                       (uint32_t) crc32(0, p, (uInt) (4 + len)));
}


/*
 * When all rows are there, libpng decodes them from a file that has them and
 * no fault.
 */

static bool
png_reference(unsigned char *rgb)
{
    bool            good;
    uLongf          packed;
    size_t          at, len, size;
    bytes_t         keep = file, stream;
    unsigned char  *raw, *p;

    for (at = 8; at + 8 <= file.len
         && memcmp(file.data + at + 4, "IDAT", 4) != 0; at += len + 12)
    {
        len = get_be(file.data + at);

        if (len > file.len) {
            return false;
        }
    }

    if (at + 8 > file.len) {
        return false;
    }

    size = png_raw_size(file.data + 16);
    raw = malloc(size + 1);
    good = png_stream(at, &stream) && png_rows(&stream, raw, size);

    if (good) {
        packed = compressBound(size);
        p = malloc(packed);
        compress(p, &packed, raw, size);

        file.data = malloc(at + packed + 24);
        memcpy(file.data, keep.data, at);
        file.len = (size_t) (put_chunk(put_chunk(file.data + at, "IDAT", p,
                                                 packed), "IEND", "", 0)
                             - file.data);
        free(p);
        good = png_decode(rgb);
        free(file.data);
        file = keep;
    }

    free(stream.data);
    free(raw);

    return good;
}


static bool
webp_reference(unsigned char *rgb)
{
    int             w, h;
    unsigned char  *rgba;

    if (!WebPGetInfo(file.data, file.len, &w, &h) || (unsigned) w != wide
        || (unsigned) h != high)
    {
        return false;
    }

    rgba = WebPDecodeRGBA(file.data, file.len, &w, &h);

    if (rgba == NULL) {
        return false;
    }

    flatten(rgba, rgb);
    WebPFree(rgba);

    return true;
}


/* The first frame of an animation, in its place on black. */

static bool
frame_reference(unsigned char *rgb)
{
    int             w, h, y;
    bool            good;
    WebPData        data = { file.data, file.len };
    unsigned        keep_wide, keep_high;
    WebPDemuxer    *demux;
    WebPIterator    frame;
    unsigned char  *rgba, *part;

    demux = WebPDemux(&data);
    rgba = NULL;

    if (demux != NULL && WebPDemuxGetI(demux, WEBP_FF_CANVAS_WIDTH) == wide
        && WebPDemuxGetI(demux, WEBP_FF_CANVAS_HEIGHT) == high
        && WebPDemuxGetFrame(demux, 1, &frame))
    {
        rgba = WebPDecodeRGBA(frame.fragment.bytes, frame.fragment.size, &w,
                              &h);
        WebPDemuxReleaseIterator(&frame);
    }

    WebPDemuxDelete(demux);

    good = (rgba != NULL && w == frame.width && h == frame.height);

    if (good) {
        keep_wide = wide;
        keep_high = high;
        wide = (unsigned) w;
        high = (unsigned) h;
        part = malloc((size_t) w * (size_t) h * 3);
        flatten(rgba, part);
        wide = keep_wide;
        high = keep_high;

        for (y = 0; y < h; y++) {
            memcpy(rgb + ((size_t) (frame.y_offset + y) * wide
                          + (size_t) frame.x_offset) * 3,
                   part + (size_t) y * (size_t) w * 3, (size_t) w * 3);
        }

        free(part);
    }

    WebPFree(rgba);

    return good;
}


/* Ours: the window of the same size, so that nothing is resampled. */

static bool
ours(unsigned width, unsigned height, unsigned char *rgb)
{
    int            in, out;
    bool           good;
    bytes_t        b;
    sz_error_t     err;
    sz_prepare_t   how = { .width = width, .height = height,
                           .output = SZ_IMAGE_PNG,
                           .max_pixels = { 1000000, "pixels" } };
    sz_prepared_t  what;
    png_image      image = { .version = PNG_IMAGE_VERSION };

    in = file_of(file.data, file.len);
    out = file_of("", 0);
    good = (sz_image_prepare(&how, in, out, &what, &err) == SZ_OK);

    if (good && (what.width != wide || what.height != high)) {
        good = false;
    }

    if (good) {
        b = bytes_of(out);
        good = png_image_begin_read_from_memory(&image, b.data, b.len) != 0;
        image.format = PNG_FORMAT_RGB;
        good = good && png_image_finish_read(&image, NULL, rgb, 0, NULL);
        free(b.data);
    }

    close(in);
    close(out);

    return good;
}


static bool
same_window(const unsigned char *all, const unsigned char *part,
    unsigned width, unsigned height)
{
    unsigned  y, left, top;

    left = (wide - width) / 2;
    top = (high - height) / 2;

    for (y = 0; y < height; y++) {
        if (memcmp(all + ((size_t) (top + y) * wide + left) * 3,
                   part + (size_t) y * width * 3, (size_t) width * 3) != 0)
        {
            return false;
        }
    }

    return true;
}


typedef struct {
    long  files, good, verdicts, pixels;
} tally_t;


static void
check(bool (*reference)(unsigned char *), tally_t *t)
{
    bool            want;
    unsigned        i, w, h;
    unsigned char  *all, *part;

    all = calloc((size_t) wide * high, 3);
    part = calloc((size_t) wide * high, 3);
    want = reference(all);

    for (i = 0; i < 3; i++) {
        w = (i == 1) ? wide / 3 + 1 : wide;
        h = (i == 2) ? high / 3 + 1 : high;

        t->files++;
        t->good += want;

        if (ours(w, h, part) != want) {
            t->verdicts++;

        } else if (want && !same_window(all, part, w, h)) {
            t->pixels++;
        }
    }

    free(all);
    free(part);
}


/* `until`: what lies behind is not changed, only cut. */

static void
corrupt_until(const char *name, bytes_t b, size_t until, unsigned width,
    unsigned height, bool (*reference)(unsigned char *))
{
    size_t         n;
    tally_t        t = { 0, 0, 0, 0 };
    unsigned char  keep;

    file = b;
    wide = width;
    high = height;
    check(reference, &t);

    if (t.good != 3) {
        ok(false, "%s: the library refuses it", name);
        return;
    }

    for (n = 0; n < b.len; n += STEP) {
        file.len = n;
        check(reference, &t);
    }

    file.len = b.len - 1;
    check(reference, &t);
    file.len = b.len;

    for (n = 1; n < until; n += STEP) {
        keep = b.data[n];
        b.data[n] ^= (unsigned char) (1 << n % 8);
        check(reference, &t);
        b.data[n] = keep;
    }

    ok(t.verdicts == 0 && t.pixels == 0, "%s: %ld jobs, %ld accepted, %ld "
       "other verdicts, %ld with other pixels", name, t.files, t.good,
       t.verdicts, t.pixels);

    free(b.data);
}


static void
corrupt(const char *name, bytes_t b, unsigned width, unsigned height,
    bool (*reference)(unsigned char *))
{
    corrupt_until(name, b, b.len, width, height, reference);
}


static void
jpegs(const unsigned char *p)
{
    size_t  i;
    char    name[64];

    static const int  samplings[] = { 0x11, 0x21, 0x12, 0x22, 0x41, 0x24 };

    for (i = 0; i < 2 * sz_array_len(samplings); i++) {
        snprintf(name, sizeof(name), "jpeg sampling %x%s", samplings[i / 2],
                 (i & 1) ? " progressive" : "");
        corrupt(name, make_jpeg(p, 150, 110, 3, samplings[i / 2], i & 1,
                                (i % 4) ? 0 : 3, 0), 150, 110,
                jpeg_reference);
    }

    corrupt("jpeg grey", make_jpeg(p, 150, 110, 1, 0x11, false, 0, 0), 150,
            110, jpeg_reference);
    corrupt("jpeg cmyk", make_jpeg(p, 90, 70, 4, 0x11, false, 0, 0), 90, 70,
            jpeg_reference);
    corrupt("jpeg cmyk progressive", make_jpeg(p, 70, 40, 4, 0x22, true, 0,
                                               0), 70, 40, jpeg_reference);
}


/* With a chunk tRNS in front of the pixels. */

static bytes_t
with_trns(bytes_t png, size_t len)
{
    size_t                at;
    bytes_t               b;
    uint32_t              crc;
    unsigned char        *chunk;
    const unsigned char  *pixels;

    static const unsigned char  trns[] = "tRNS\0\1\0\2\0\3";

    pixels = memmem(png.data, png.len, "IDAT", 4);
    at = (size_t) (pixels - png.data) - 4;

    b.len = png.len + 12 + len;
    b.data = malloc(b.len);
    memcpy(b.data, png.data, at);
    memcpy(b.data + at + 12 + len, png.data + at, png.len - at);

    chunk = b.data + at;
    memcpy(chunk, "\0\0\0", 3);
    chunk[3] = (unsigned char) len;
    memcpy(chunk + 4, trns, 4 + len);
    crc = (uint32_t) crc32(0, chunk + 4, (uInt) (4 + len));
    chunk[8 + len] = (unsigned char) (crc >> 24);
    chunk[9 + len] = (unsigned char) (crc >> 16);
    chunk[10 + len] = (unsigned char) (crc >> 8);
    chunk[11 + len] = (unsigned char) crc;

    free(png.data);

    return b;
}


static void
transparent_pngs(const unsigned char *p)
{
    corrupt("png grey, transparent colour",
            with_trns(make_png(p, 50, 50, 37, 0, 8, false, 0), 2), 50, 37,
            png_reference);
    corrupt("png RGB of 16 bits, transparent colour",
            with_trns(make_png(p, 300, 50, 37, 2, 16, true, 0), 6), 50, 37,
            png_reference);
    corrupt("png palette, transparent colours",
            with_trns(make_png(p, 50, 50, 37, 3, 4, false, 0), 6), 50, 37,
            png_reference);
}


static void
pngs(const unsigned char *p)
{
    int     depth;
    size_t  i;
    char    name[64];

    static const int  colours[] = { 0, 2, 3, 4, 6 };

    for (i = 0; i < 2 * sz_array_len(colours); i++) {
        for (depth = 1; depth <= 16; depth *= 2) {

            if ((colours[i / 2] == 3 && depth == 16)
                || (colours[i / 2] != 0 && colours[i / 2] != 3 && depth < 8))
            {
                continue;
            }

            snprintf(name, sizeof(name), "png type %d depth %d%s",
                     colours[i / 2], depth, (i & 1) ? " interlaced" : "");
            corrupt(name, make_png(p, 50 * 8, 50, 37, colours[i / 2], depth,
                                   i & 1, 0), 50, 37, png_reference);
        }
    }
}


/* A still picture's chunks behind RIFF and VP8X. */

static size_t
chunks_of(const bytes_t *still, const unsigned char **chunks)
{
    size_t  head;

    head = (memcmp(still->data + 12, "VP8X", 4) == 0) ? 30 : 12;
    *chunks = still->data + head;

    return still->len - head;
}


static unsigned char *
put_le(unsigned char *p, size_t v, unsigned n)
{
    while (n-- > 0) {
        *p++ = (unsigned char) v;
        v >>= 8;
    }

    return p;
}


/* Two times the same frame at 4, 6 on a canvas of 60 x 50. */

static bytes_t
animation(bytes_t still, unsigned width, unsigned height)
{
    int                   i;
    size_t                n;
    bytes_t               b;
    unsigned char        *p;
    const unsigned char  *chunks;

    n = chunks_of(&still, &chunks);
    b.len = 12 + 18 + 14 + 2 * (24 + n);
    b.data = p = malloc(b.len);

    memcpy(p, "RIFF", 4);
    p = put_le(p + 4, b.len - 8, 4);
    memcpy(p, "WEBPVP8X", 8);
    p = put_le(p + 8, 10, 4);
    p = put_le(p, 0x12, 4);         /* it moves, it has alpha */
    p = put_le(put_le(p, 60 - 1, 3), 50 - 1, 3);
    memcpy(p, "ANIM", 4);
    p = put_le(put_le(p + 4, 6, 4), 0, 6);

    for (i = 0; i < 2; i++) {
        memcpy(p, "ANMF", 4);
        p = put_le(p + 4, 16 + n, 4);
        p = put_le(put_le(p, 4 / 2, 3), 6 / 2, 3);
        p = put_le(put_le(p, width - 1, 3), height - 1, 3);
        p = put_le(put_le(p, 100, 3), 0, 1);
        memcpy(p, chunks, n);
        p += n;
    }

    free(still.data);

    return b;
}


static void
webps(const unsigned char *p)
{
    bytes_t  b;

    corrupt("webp", make_webp(p, 150, 110, 3, false), 150, 110,
            webp_reference);
    corrupt("webp lossless", make_webp(p, 60, 70, 3, true), 60, 70,
            webp_reference);
    corrupt("webp with alpha", make_webp(p, 90, 70, 4, false), 90, 70,
            webp_reference);
    corrupt("webp lossless with alpha", make_webp(p, 60, 40, 4, true), 60, 40,
            webp_reference);

    b = animation(make_webp(p, 40, 30, 4, false), 40, 30);
    corrupt_until("webp animated", b, b.len / 2, 60, 50, frame_reference);
    b = animation(make_webp(p, 40, 30, 4, true), 40, 30);
    corrupt_until("webp animated, lossless", b, b.len / 2, 60, 50,
                  frame_reference);
}


static void
whole(tally_t *t, bytes_t b, bool (*reference)(unsigned char *))
{
    file = b;
    check(reference, t);
    free(b.data);
}


/* Every kind in a size. */

static void
shape(const unsigned char *p, unsigned w, unsigned h)
{
    size_t   i;
    tally_t  t = { 0, 0, 0, 0 };

    static const struct { int colour, depth; } pngs[] = {
        { 0, 1 }, { 0, 8 }, { 0, 16 }, { 2, 8 }, { 2, 16 }, { 3, 4 },
        { 4, 8 }, { 6, 8 }, { 6, 16 }
    };

    static const int  samplings[] = { 0x11, 0x21, 0x12, 0x22, 0x41, 0x24 };

    wide = w;
    high = h;

    for (i = 0; i < 2 * sz_array_len(pngs); i++) {
        whole(&t, make_png(p, (size_t) w * 8, w, h, pngs[i / 2].colour,
                           pngs[i / 2].depth, i & 1, 0), png_reference);
    }

    for (i = 0; i < 2 * sz_array_len(samplings); i++) {
        whole(&t, make_jpeg(p, w, h, 3, samplings[i / 2], i & 1, 0, 0),
              jpeg_reference);
    }

    whole(&t, make_jpeg(p, w, h, 1, 0x11, false, 0, 0), jpeg_reference);

    for (i = 0; i < 4 && w < 16384 && h < 16384; i++) {
        whole(&t, make_webp(p, w, h, 3 + (i & 1), i > 1), webp_reference);
    }

    ok(t.good == t.files && t.verdicts == 0 && t.pixels == 0, "%ux%u: %ld "
       "jobs, %ld accepted, %ld other verdicts, %ld with other pixels", w, h,
       t.files, t.good, t.verdicts, t.pixels);
}


static void
shapes(void)
{
    size_t          i;
    unsigned char  *p;

    static const unsigned  sizes[][2] = {
        { 1, 1 }, { 1, 2 }, { 2, 1 }, { 3, 1 }, { 7, 9 }, { 8, 8 },
        { 17, 5 }, { 33, 16 }, { 1, 999 }, { 999, 1 }, { 30000, 3 },
        { 3, 30000 }
    };

    p = pixels_of(30000, 3, 8);

    for (i = 0; i < sz_array_len(sizes); i++) {
        shape(p, sizes[i][0], sizes[i][1]);
    }

    free(p);
}


int
main(void)
{
    unsigned char  *p;

    p = pixels_of(150, 110, 8);

    pngs(p);
    transparent_pngs(p);
    corrupt("png of many chunks", make_png(p, 150 * 8, 150, 110, 2, 8, false,
                                           0), 150, 110, png_reference);
    jpegs(p);
    webps(p);
    shapes();

    free(p);

    return done();
}
