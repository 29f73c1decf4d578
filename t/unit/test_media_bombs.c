/*
 * Files that are small or look harmless and would take minutes: each costs a
 * thread less than three seconds of processor time when two are allowed, and
 * the guard of a job is asked all the way: at least after every 64 KiB of
 * input, and as often as a decoder can stop.
 *
 * The clock and pread() are replaced here: between two looks at the clock the
 * bytes are counted that were read.
 */

#include "media/sz_media.h"
#include "media/sz_media_view.h"

#include "tap.h"
#include "test_media_make.h"

#include <dlfcn.h>
#include <time.h>
#include <zlib.h>


#define STEP  65536

/* What the headers' parser has read before, and the checksum of a chunk. */
#define SOME  8192

static long    asked;               /* looks at the clock */
static size_t  since, most;         /* bytes read between two of them */
static size_t  all;                 /* bytes read */


int
clock_gettime(clockid_t id, struct timespec *ts)
{
    static int  (*real)(clockid_t, struct timespec *);

    if (real == NULL) {
        real = (int (*)(clockid_t, struct timespec *))
               dlsym(RTLD_NEXT, "clock_gettime");
    }

    if (id == CLOCK_MONOTONIC) {
        asked++;
        since = 0;
    }

    return real(id, ts);
}


ssize_t
pread(int fd, void *buf, size_t len, off_t offset)
{
    ssize_t           n;
    static ssize_t  (*real)(int, void *, size_t, off_t);

    if (real == NULL) {
        real = (ssize_t (*)(int, void *, size_t, off_t))
               dlsym(RTLD_NEXT, "pread");
    }

    n = real(fd, buf, len, offset);

    since += (n > 0) ? (size_t) n : 0;
    all += (n > 0) ? (size_t) n : 0;
    most = (since > most) ? since : most;

    return n;
}


static double
seconds(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);

    return (double) ts.tv_sec + (double) ts.tv_nsec / 1e9;
}


/* Bytes that grow. */

static void
put(bytes_t *b, const void *data, size_t len)
{
    static size_t  room;

    if (len == 0) {
        return;
    }

    if (b->data == NULL) {
        room = 0;
    }

    if (b->len + len > room) {
        room = 2 * (b->len + len);
        b->data = realloc(b->data, room);
    }

    memcpy(b->data + b->len, data, len);
    b->len += len;
}


static void
put_number(bytes_t *b, uint32_t n)
{
    unsigned char  p[4];

    sz_put_be32(p, n);
    put(b, p, 4);
}


static void
put_chunk(bytes_t *b, const char *type, const void *data, size_t len)
{
    put_number(b, (uint32_t) len);
    put(b, type, 4);
    put(b, data, len);
    put_number(b, (uint32_t) crc32(crc32(0, (const Bytef *) type, 4),
                                   data, (uInt) len));
}


static bytes_t
png_head(unsigned width, unsigned height, int colour, int depth,
    int interlaced)
{
    bytes_t        b = { NULL, 0 };
    unsigned char  ihdr[13] = { 0 };

    sz_put_be32(ihdr, width);
    sz_put_be32(ihdr + 4, height);
    ihdr[8] = (unsigned char) depth;
    ihdr[9] = (unsigned char) colour;
    ihdr[12] = (unsigned char) interlaced;

    put(&b, "\x89PNG\r\n\x1a\n", 8);
    put_chunk(&b, "IHDR", ihdr, 13);

    return b;
}


/* A zlib stream of zeros, 100,000,000 a unit, without its end. */

static bytes_t
zeros(unsigned units)
{
    int             i;
    bytes_t         b = { NULL, 0 };
    z_stream        z;
    unsigned char   out[65536];
    unsigned char  *in;

    in = calloc(1, 1000000);
    memset(&z, 0, sizeof(z));
    deflateInit2(&z, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);

    for (i = 0; i < 100; i++) {
        z.next_in = in;
        z.avail_in = 1000000;

        do {
            z.next_out = out;
            z.avail_out = sizeof(out);
            deflate(&z, (i == 99) ? Z_FULL_FLUSH : Z_NO_FLUSH);
            put(&b, out, sizeof(out) - z.avail_out);
        } while (z.avail_out == 0);
    }

    deflateEnd(&z);
    free(in);

    {
        bytes_t  all = { NULL, 0 };

        put(&all, "\x78\x9c", 2);

        while (units-- > 0) {
            put(&all, b.data, b.len);
        }

        free(b.data);

        return all;
    }
}


static bytes_t
png_of_stream(bytes_t b, bytes_t stream, size_t piece)
{
    size_t  at, n;

    for (at = 0; at < stream.len; at += n) {
        n = (stream.len - at < piece) ? stream.len - at : piece;
        put_chunk(&b, "IDAT", stream.data + at, n);
    }

    put_chunk(&b, "IEND", "", 0);
    free(stream.data);

    return b;
}


/* One job; the limits are what the directives are preset to. */

static sz_code_e
run(const bytes_t *in, int64_t max_time, sz_error_t *err, double *took)
{
    int            from, to;
    double         begun;
    sz_code_e      rc;
    sz_prepare_t   how = {
        .width = 64, .height = 36, .output = SZ_IMAGE_PNG,
        .max_pixels = { 100000000, "sanzaru_max_image_pixels" },
        .max_memory = { 536870912, "sanzaru_max_image_memory" },
        .max_time = { max_time, "sanzaru_image_timeout" }
    };
    sz_prepared_t  done;

    from = file_of(in->data, in->len);
    to = file_of("", 0);
    err->text[0] = '\0';
    asked = 0;
    since = most = 0;

    begun = seconds();
    rc = sz_image_prepare(&how, from, to, &done, err);
    *took = seconds() - begun;

    close(from);
    close(to);

    return rc;
}


/*
 * Without a job there is no guard: the headers' parsers and the check whether
 * a file is whole read no more than is in the file, or little.
 */

static void
frugal(const char *name, const bytes_t *in, const char *mime)
{
    int              fd;
    double           begun;
    sz_error_t       err;
    sz_image_info_t  info;

    fd = file_of(in->data, in->len);
    all = 0;
    begun = seconds();

    (void) sz_image_probe(fd, &info, &err);
    (void) sz_media_whole(fd, (int64_t) in->len, mime, &err);

    ok(all < 2 * in->len + STEP && seconds() - begun < 3.0,
       "%s: headers cost little", name);

    if (all >= 2 * in->len + STEP) {
        printf("#   %zu bytes read of %zu\n", all, in->len);
    }

    close(fd);
}


static void
bomb(const char *name, bytes_t in)
{
    double      took;
    sz_error_t  err;

    frugal(name, &in, (in.data[0] == 'R') ? "image/webp"
           : (in.data[0] == 0xff) ? "image/jpeg" : "image/png");

    (void) run(&in, 2000, &err, &took);

    ok(took < 3.0, "%s, %zu bytes: %s", name, in.len,
       (err.text[0] != '\0') ? err.text : "a picture");

    if (took >= 3.0) {
        printf("#   %.2f s\n", took);
    }

    free(in.data);
}


/*
 * At least `least` looks at the clock, and never 64 KiB without one; however
 * long the machine takes for it.
 */

static void
guarded(const char *name, bytes_t in, long least)
{
    double      took;
    sz_code_e   rc;
    sz_error_t  err;

    rc = run(&in, 600000, &err, &took);

    if (!ok(rc == SZ_OK && asked >= least && most <= STEP + SOME, "%s, %zu "
            "bytes: the clock is looked at often enough", name, in.len))
    {
        printf("#   %ld times of %ld, %zu bytes at once; %s\n", asked, least,
               most, err.text);
    }

    free(in.data);
}


/* A stream with exactly the rows of zeros. */

static bytes_t
png_plain(unsigned width, unsigned height, int colour, int depth,
    int interlaced, size_t piece)
{
    int             pass;
    size_t          raw, bits, w, h;
    uLongf          len;
    bytes_t         stream;
    unsigned char  *rows;

    static const unsigned char  channels[] = { 1, 0, 3, 1, 2, 0, 4 };

    bits = (size_t) channels[colour] * (size_t) depth;
    raw = interlaced ? 0 : height * ((width * bits + 7) / 8 + 1);

    for (pass = 0; interlaced && pass < 7; pass++) {
        w = PNG_PASS_COLS(width, pass);
        h = PNG_PASS_ROWS(height, pass);
        raw += (w > 0) ? h * ((w * bits + 7) / 8 + 1) : 0;
    }

    rows = calloc(1, raw);
    len = compressBound(raw);
    stream.data = malloc(len);
    compress2(stream.data, &len, rows, raw, 1);
    stream.len = len;
    free(rows);

    return png_of_stream(png_head(width, height, colour, depth, interlaced),
                         stream, piece);
}


static bytes_t
png_noise(unsigned width, unsigned height, int colour, int depth,
    bool interlaced)
{
    bytes_t         b;
    unsigned char  *p;

    p = pixels_of(width, height, 8);
    b = make_png(p, (size_t) width * 8, width, height, colour, depth,
                 interlaced, 0);
    free(p);

    return b;
}


static void
png_guards(void)
{
    /* by rows: 64 KiB of them, or one */

    guarded("png, fast, a great many rows of nothing",
            png_plain(6000, 4000, 2, 8, 0, 8192),
            6000L * 3 * 4000 / STEP);
    guarded("png, wide rows", png_plain(300000, 40, 6, 8, 0, 8192), 40);
    guarded("png, 16 bits, a great many rows of nothing",
            png_plain(3000, 2000, 2, 16, 0, 8192),
            3000L * 6 * 2000 / STEP);
    guarded("png, interlaced, a great many rows of nothing",
            png_plain(3000, 2000, 2, 8, 1, 8192),
            3000L * 3 * 2000 / STEP);

    /* by input */

    guarded("png, fast, noise", png_noise(1000, 700, 2, 8, false), 10);
    guarded("png, palette, noise", png_noise(3000, 700, 3, 8, false), 10);
    guarded("png, interlaced, noise", png_noise(1000, 700, 6, 8, true), 10);
    guarded("png, pixels in chunks of one byte",
            png_plain(3000, 2000, 2, 8, 0, 1), 10);
}


static void
png_bombs(void)
{
    size_t          i;
    bytes_t         b, z, text;

    bomb("png with 2 GB behind its rows",
         png_of_stream(png_head(10, 10, 2, 8, 0), zeros(20), INT32_MAX));
    bomb("png with 2 GB behind its rows, grey of 16 bits",
         png_of_stream(png_head(10, 10, 0, 16, 0), zeros(20), 8192));
    bomb("png with 2 GB behind its rows, interlaced",
         png_of_stream(png_head(10, 10, 2, 8, 1), zeros(20), 8192));
    bomb("png of a million rows of one pixel, interlaced",
         png_of_stream(png_head(1, 1000000, 0, 1, 1), zeros(1), 8192));
    bomb("png with 100,000,000 pixels of 16 bits, interlaced",
         png_of_stream(png_head(10000, 10000, 6, 16, 1), zeros(9), 8192));
    bomb("png of one row", png_plain(1000000, 1, 6, 16, 0, 8192));

    b = png_head(10, 10, 2, 8, 0);

    for (i = 0; i < 190000; i++) {
        put_chunk(&b, "IDAT", "", 0);
    }

    bomb("png with 190,000 empty chunks of pixels",
         png_of_stream(b, zeros(1), 8192));

    z = zeros(1);
    text = (bytes_t) { NULL, 0 };
    put(&text, "Raw profile type exif\0", 23);
    put(&text, z.data, z.len);
    b = png_head(10, 10, 2, 8, 0);

    for (i = 0; i < 400; i++) {
        put_chunk(&b, "zTXt", text.data, text.len);
    }

    bomb("png with 400 texts of 100 MB each", png_of_stream(b, zeros(1), 9));

    memcpy(text.data, "XML:com.adobe.xmp\0\1\0\0\0\0", 23);
    b = png_head(10, 10, 2, 8, 0);
    put_chunk(&b, "iTXt", text.data, text.len);
    put_chunk(&b, "iCCP", text.data + 17, text.len - 17);
    bomb("png with XMP and a profile of 100 MB",
         png_of_stream(b, zeros(1), 8192));

    b = png_head(10, 10, 2, 8, 0);

    for (i = 0; i < 190000; i++) {
        put_chunk(&b, "tEXt", "XML:com.adobe.xmp\0", 18);
    }

    bomb("png with 190,000 texts", png_of_stream(b, zeros(1), 8192));

    free(z.data);
    free(text.data);
}


/* A JPEG of one colour; scans: 0 baseline, else progressive with so many. */

static bytes_t
jpeg_of(unsigned width, unsigned height, int scans, bool arithmetic)
{
    int                          n, c, k, bit;
    bytes_t                      b = { NULL, 0 };
    JSAMPROW                     row;
    unsigned long                len = 0;
    struct jpeg_error_mgr        errors;
    struct jpeg_compress_struct  jpeg;

    static jpeg_scan_info  script[1000];

    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &b.data, &len);

    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg.arith_code = arithmetic;

    if (scans > 0) {
        script[0] = (jpeg_scan_info) { 3, { 0, 1, 2, 0 }, 0, 0, 0, 0 };
        n = 1;

        for (bit = 3; bit >= 0; bit--) {
            for (k = 1; k < 64; k++) {
                for (c = 0; c < 3 && n < scans; c++) {
                    script[n++] = (jpeg_scan_info) {
                        1, { c }, k, k, (bit == 3) ? 0 : bit + 1, bit
                    };
                }
            }
        }

        jpeg.scan_info = script;
        jpeg.num_scans = n;
    }

    jpeg_start_compress(&jpeg, TRUE);
    row = calloc(width, 3);

    while (jpeg.next_scanline < height) {
        jpeg_write_scanlines(&jpeg, &row, 1);
    }

    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    b.len = len;

    return b;
}


/* A baseline JPEG with n times the same segment behind its first two bytes. */

static bytes_t
jpeg_with(const void *segment, size_t len, size_t n)
{
    bytes_t  plain, b = { NULL, 0 };

    plain = jpeg_of(64, 64, 0, false);
    put(&b, plain.data, 2);

    while (n-- > 0) {
        put(&b, segment, len);
    }

    put(&b, plain.data + 2, plain.len - 2);
    free(plain.data);

    return b;
}


static void
jpegs(void)
{
    bytes_t         b;
    unsigned char  *p, *filler;

    p = pixels_of(2000, 1500, 3);
    guarded("jpeg, noise", make_jpeg(p, 2000, 1500, 3, 0x22, false, 0, 0),
            1500 / 16);
    guarded("jpeg, progressive noise",
            make_jpeg(p, 2000, 1500, 3, 0x22, true, 0, 0), 1500 / 16 * 10);
    free(p);

    guarded("jpeg of one colour", jpeg_of(6000, 4000, 0, false), 4000 / 16);
    guarded("jpeg of one colour, wide rows", jpeg_of(65000, 600, 0, false),
            600 / 16);

    bomb("jpeg with 490 scans", jpeg_of(1000, 700, 490, false));
    bomb("jpeg with 700 scans", jpeg_of(1000, 700, 700, false));
    bomb("jpeg with 40 scans of 9 megapixels",
         jpeg_of(3000, 3000, 40, false));
    bomb("jpeg, arithmetic, 24 megapixels", jpeg_of(7000, 3500, 0, true));
    bomb("jpeg, arithmetic, 100 scans", jpeg_of(2000, 1500, 100, true));

    bomb("jpeg with 190,000 comments", jpeg_with("\xff\xfe\0\2", 4, 190000));
    bomb("jpeg with 10,000,000 bytes of junk",
         jpeg_with("\xff\xfe\0\2\0\0\0\0\0\0\0\0", 12, 900000));
    bomb("jpeg with 10,000,000 fill bytes", jpeg_with("\xff", 1, 10000000));

    filler = calloc(1, 65537);
    memcpy(filler, "\xff\xe2\xff\xff" "ICC_PROFILE\0\1\xff", 18);
    bomb("jpeg with 500 pieces of a profile", jpeg_with(filler, 65537, 500));
    memcpy(filler, "\xff\xe1\xff\xff" "Exif\0\0MM\0*\0\0\0\x08\xff\xff", 20);
    bomb("jpeg with 500 EXIF notes of 65,535 entries",
         jpeg_with(filler, 65537, 500));
    free(filler);

    b = jpeg_of(1000, 700, 0, false);
    b.data = realloc(b.data, b.len + 50000000);
    memset(b.data + b.len, 0, 50000000);
    b.len += 50000000;
    bomb("jpeg with 50 MB behind it", b);
}


static void
put_riff(bytes_t *b, const char *type, const void *data, size_t len)
{
    unsigned char  n[4];

    n[0] = (unsigned char) len;
    n[1] = (unsigned char) (len >> 8);
    n[2] = (unsigned char) (len >> 16);
    n[3] = (unsigned char) (len >> 24);

    put(b, type, 4);
    put(b, n, 4);
    put(b, data, len);
    put(b, "", len & 1);
}


static bytes_t
webp_of(unsigned width, unsigned height, int channels, bool lossless)
{
    bytes_t         b;
    unsigned char  *p;

    p = calloc((size_t) width * height, (size_t) channels);
    b = make_webp(p, width, height, channels, lossless);
    free(p);

    return b;
}


static bytes_t
webp_with(const char *type, const void *data, size_t len, size_t n)
{
    bytes_t        still, b = { NULL, 0 };
    unsigned char  vp8x[10] = { 0x2a, 0, 0, 0, 63, 0, 0, 63, 0, 0 };

    still = webp_of(64, 64, 3, false);
    put(&b, "RIFF\0\0\0\0WEBP", 12);
    put_riff(&b, "VP8X", vp8x, 10);

    while (n-- > 0) {
        put_riff(&b, type, data, len);
    }

    put(&b, still.data + 12, still.len - 12);
    free(still.data);

    b.data[4] = (unsigned char) (b.len - 8);
    b.data[5] = (unsigned char) ((b.len - 8) >> 8);
    b.data[6] = (unsigned char) ((b.len - 8) >> 16);
    b.data[7] = (unsigned char) ((b.len - 8) >> 24);

    return b;
}


static void
webps(void)
{
    unsigned char  *p;

    p = pixels_of(1200, 900, 4);
    guarded("webp, noise", make_webp(p, 1200, 900, 3, false), 900 / 64);
    guarded("webp, lossless noise", make_webp(p, 1200, 900, 4, true),
            900 / 64);
    free(p);

    bomb("webp of one colour", webp_of(8000, 1500, 3, false));
    bomb("webp of one colour, lossless", webp_of(8000, 1500, 3, true));
    bomb("webp of one colour with alpha", webp_of(8000, 1500, 4, true));
    bomb("webp of a single row", webp_of(16383, 1, 3, true));
    bomb("webp with 190,000 notes", webp_with("EXIF", "", 0, 190000));
    bomb("webp with 190,000 frames of no size",
         webp_with("ANMF", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, 190000));
    bomb("webp with 250,000 unknown chunks",
         webp_with("what", "", 0, 250000));
}


int
main(void)
{
    png_guards();
    png_bombs();
    jpegs();
    webps();

    return done();
}
