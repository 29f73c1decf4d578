#include "media/sz_media.h"

#include "tap.h"
#include "test_media_make.h"

#include <dirent.h>
#include <webp/decode.h>


static sz_error_t     err;
static sz_prepared_t  result;


/* The job on bytes in memory; data is NULL when it fails. */

static bytes_t
prepare(const sz_prepare_t *how, const bytes_t *in, sz_code_e *rc)
{
    int      from, to;
    bytes_t  out = { NULL, 0 };

    from = file_of(in->data, in->len);
    to = file_of("", 0);

    lseek(from, 3, SEEK_SET);
    lseek(to, 5, SEEK_SET);

    err.text[0] = '\0';
    memset(&result, 0, sizeof(result));
    *rc = sz_image_prepare(how, from, to, &result, &err);

    if (*rc == SZ_OK) {
        out = bytes_of(to);
    }

    close(from);
    close(to);

    return out;
}


static sz_prepare_t
preset(void)
{
    return (sz_prepare_t) {
        .width = 64, .height = 36, .output = SZ_IMAGE_PNG,
        .max_bytes = { 10000000, "sanzaru_max_bytes" },
        .max_pixels = { 1000000, "sanzaru_max_pixels" },
        .max_edge = { 4000, "sanzaru_max_edge" },
        .max_memory = { 64000000, "sanzaru_max_memory" },
        .max_time = { 20000, "sanzaru_max_time" }
    };
}


/* A PNG as RGB. */

static unsigned char *
rgb_of(const bytes_t *png, unsigned *width, unsigned *height)
{
    png_image       image = { .version = PNG_IMAGE_VERSION };
    unsigned char  *rgb;

    if (!png_image_begin_read_from_memory(&image, png->data, png->len)) {
        return NULL;
    }

    image.format = PNG_FORMAT_RGB;
    rgb = malloc(PNG_IMAGE_SIZE(image));

    if (!png_image_finish_read(&image, NULL, rgb, 0, NULL)) {
        free(rgb);
        return NULL;
    }

    *width = image.width;
    *height = image.height;

    return rgb;
}


static int
open_files(void)
{
    int   n;
    DIR  *dir;

    dir = opendir("/proc/self/fd");

    for (n = 0; dir != NULL && readdir(dir) != NULL; n++) {
        /* counting */
    }

    if (dir != NULL) {
        closedir(dir);
    }

    return n;
}


static void
outputs(const unsigned char *pixels)
{
    int              w, h;
    bytes_t          in, out;
    unsigned         width, height;
    sz_code_e        rc;
    sz_prepare_t     how = preset();
    unsigned char   *rgb;
    sz_image_info_t  info;

    in = make_jpeg(pixels, 160, 90, 3, 0x22, false, 0, 6);

    out = prepare(&how, &in, &rc);
    rgb = (rc == SZ_OK) ? rgb_of(&out, &width, &height) : NULL;
    ok(rgb != NULL && width == 64 && height == 36, "png out: %s", err.text);
    ok(result.type == SZ_IMAGE_JPEG && result.width == 90
       && result.height == 160 && result.orientation == 6
       && result.size == (int64_t) out.len, "what was done is told");
    free(rgb);
    free(out.data);

    how.output = SZ_IMAGE_JPEG;
    out = prepare(&how, &in, &rc);
    ok(rc == SZ_OK && sz_image_probe_bytes((sz_str_t) { out.len,
       (char *) out.data }, &info, NULL) == SZ_OK
       && info.type == SZ_IMAGE_JPEG && info.width == 64 && info.height == 36
       && info.orientation == 1, "jpeg out: %s", err.text);
    free(out.data);

    how.output = SZ_IMAGE_WEBP;
    out = prepare(&how, &in, &rc);
    ok(rc == SZ_OK && WebPGetInfo(out.data, out.len, &w, &h) && w == 64
       && h == 36, "webp out: %s", err.text);
    free(out.data);

    free(in.data);
}


static size_t
find(const bytes_t *b, const void *what, size_t len)
{
    unsigned char  *p;

    p = memmem(b->data, b->len, what, len);

    return (p != NULL) ? (size_t) (p - b->data) : 0;
}


/* An RGB or grey profile that only its header makes one. */

static bytes_t
with_profile(bytes_t jpeg, const char *space, size_t len)
{
    size_t         i, piece, pieces;
    bytes_t        b;
    unsigned char  *p, *icc;

    icc = calloc(1, len);
    icc[0] = (unsigned char) (len >> 24);
    icc[1] = (unsigned char) (len >> 16);
    icc[2] = (unsigned char) (len >> 8);
    icc[3] = (unsigned char) len;
    memcpy(icc + 16, space, 4);
    memcpy(icc + 36, "acsp", 4);
    memcpy(icc + len - 8, "LastWord", 8);

    pieces = (len + 65518) / 65519;
    b.len = jpeg.len + len + 18 * pieces;
    b.data = malloc(b.len);
    memcpy(b.data, jpeg.data, 2);
    p = b.data + 2;

    for (i = 0; i < pieces; i++) {
        piece = (i + 1 < pieces) ? 65519 : len - 65519 * i;
        p[0] = 0xff;
        p[1] = 0xe2;
        p[2] = (unsigned char) ((piece + 16) >> 8);
        p[3] = (unsigned char) (piece + 16);
        memcpy(p + 4, "ICC_PROFILE\0", 12);
        p[16] = (unsigned char) (i + 1);
        p[17] = (unsigned char) pieces;
        memcpy(p + 18, icc + 65519 * i, piece);
        p += 18 + piece;
    }

    memcpy(p, jpeg.data + 2, jpeg.len - 2);
    free(jpeg.data);
    free(icc);

    return b;
}


/* The first piece of a profile behind the second one, of `len` bytes. */

static void
swap_pieces(bytes_t *jpeg, size_t len)
{
    unsigned char  *first;

    first = malloc(18 + 65519);
    memcpy(first, jpeg->data + 2, 18 + 65519);
    memmove(jpeg->data + 2, jpeg->data + 2 + 18 + 65519, 18 + len);
    memcpy(jpeg->data + 2 + 18 + len, first, 18 + 65519);
    free(first);
}


/* The length of the profile a PNG has, 0 for none. */

static size_t
profile_of(const bytes_t *png)
{
    int           method;
    char         *name;
    png_infop     info;
    png_bytep     icc;
    png_image     image = { .version = PNG_IMAGE_VERSION };
    png_uint_32   len;
    png_structp   p;
    FILE         *f;

    (void) image;

    len = 0;
    f = fmemopen(png->data, png->len, "rb");
    p = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, png_hush);
    info = png_create_info_struct(p);

    if (setjmp(png_jmpbuf(p)) == 0) {
        png_init_io(p, f);
        png_set_benign_errors(p, 1);
        png_read_info(p, info);

        if (!png_get_iCCP(p, info, &name, &method, &icc, &len)) {
            len = find(png, "iCCP", 4) > 0 ? 1 : 0;
        }
    }

    png_destroy_read_struct(&p, &info, NULL);
    fclose(f);

    return len;
}


static void
profiles(const unsigned char *pixels)
{
    bytes_t       in, out, again;
    sz_code_e     rc;
    sz_prepare_t  how = preset();

    in = with_profile(make_jpeg(pixels, 160, 90, 3, 0x22, false, 0, 0),
                      "RGB ", 70001);
    out = prepare(&how, &in, &rc);
    ok(rc == SZ_OK && profile_of(&out) > 0, "a profile in two pieces is kept "
       "in png");

    again = prepare(&how, &out, &rc);
    ok(rc == SZ_OK && profile_of(&again) > 0, "and from png to png");
    free(again.data);

    how.output = SZ_IMAGE_JPEG;
    again = prepare(&how, &out, &rc);
    ok(rc == SZ_OK && find(&again, "LastWord", 8) > 0, "and from png to "
       "jpeg");
    free(again.data);

    how.output = SZ_IMAGE_WEBP;
    how.fit = SZ_FIT_PAD;
    again = prepare(&how, &out, &rc);
    ok(rc == SZ_OK && find(&again, "LastWord", 8) > 0
       && find(&again, "VP8X", 4) == 12, "and from png to webp, padded");
    free(out.data);

    out = prepare(&how, &again, &rc);
    ok(rc == SZ_OK && find(&out, "LastWord", 8) > 0, "and from webp to webp");
    ok(out.len == 8 + (out.data[4] | (size_t) out.data[5] << 8
                       | (size_t) out.data[6] << 16), "whose size is right");
    free(again.data);
    free(out.data);
    free(in.data);

    how = preset();

    in = with_profile(make_jpeg(pixels, 160, 90, 1, 0x11, false, 0, 0),
                      "GRAY", 500);
    out = prepare(&how, &in, &rc);
    ok(rc == SZ_OK && profile_of(&out) == 0, "one for grey does not fit");
    free(in.data);
    free(out.data);

    in = with_profile(make_jpeg(pixels, 160, 90, 3, 0x22, false, 0, 0),
                      "RGB ", 1024 * 1024 + 8);
    out = prepare(&how, &in, &rc);
    ok(rc == SZ_OK && profile_of(&out) == 0, "one above 1 MiB is dropped");
    free(out.data);

    in.data[20 + 16] = 'X';
    in.data[18 + 3]++;
    out = prepare(&how, &in, &rc);
    ok(rc == SZ_OK && profile_of(&out) == 0, "a broken one is dropped");
    free(in.data);
    free(out.data);
}


/* In what order the pieces of a profile come does not matter. */

static void
pieces(const unsigned char *pixels)
{
    bytes_t       in, out;
    sz_code_e     rc;
    sz_prepare_t  how = preset();

    how.output = SZ_IMAGE_JPEG;
    in = with_profile(make_jpeg(pixels, 160, 90, 3, 0x22, false, 0, 0),
                      "RGB ", 70001);

    swap_pieces(&in, 70001 - 65519);
    out = prepare(&how, &in, &rc);
    ok(rc == SZ_OK && find(&out, "LastWord", 8) > 65519, "a profile whose "
       "pieces are out of order is kept");
    free(out.data);

    in.data[2 + 16] = 1;
    out = prepare(&how, &in, &rc);
    ok(rc == SZ_OK && find(&out, "LastWord", 8) == 0, "one with the same "
       "piece twice is dropped");
    free(out.data);

    in.data[2 + 16] = 3;
    out = prepare(&how, &in, &rc);
    ok(rc == SZ_OK && find(&out, "LastWord", 8) == 0, "one with a piece too "
       "many is dropped");
    free(out.data);
    free(in.data);
}


/* Who is refused is told what helps. */

static void
refusals(const unsigned char *pixels)
{
    size_t        i;
    bytes_t       in[6], out;
    sz_code_e     rc;
    sz_prepare_t  how = preset();

    in[0] = make_jpeg(pixels, 160, 90, 3, 0x22, false, 0, 0);
    in[0].len /= 2;
    in[1] = make_jpeg(pixels, 160, 90, 3, 0x22, true, 0, 0);
    in[1].len /= 2;
    in[2] = make_png(pixels, 640, 160, 90, PNG_COLOR_TYPE_RGBA, 8, false, 0);
    in[2].len /= 2;
    in[3] = make_png(pixels, 640, 160, 90, PNG_COLOR_TYPE_RGBA, 8, true, 0);
    in[3].data[in[3].len - 100] ^= 1;
    in[4] = make_png(pixels, 640, 160, 90, PNG_COLOR_TYPE_RGBA, 8, false, 0);
    in[4].data[in[4].len - 100] ^= 1;
    in[5] = make_webp(pixels, 160, 90, 4, true);
    in[5].data[30] ^= 0x55;

    for (i = 0; i < sz_array_len(in); i++) {
        out = prepare(&how, &in[i], &rc);
        ok(rc == SZ_E_INPUT && strstr(err.text, "with an ordinary program")
           != NULL, "%s", err.text);
        free(out.data);
        free(in[i].data);
    }
}


static void
limited(const char *name, const sz_prepare_t *how, const bytes_t *in,
    sz_code_e want, const char *mention)
{
    bytes_t    out;
    sz_code_e  rc;

    out = prepare(how, in, &rc);
    free(out.data);

    if (!ok(rc == want && strstr(err.text, mention) != NULL, "%s: %s", name,
            err.text))
    {
        printf("#   code %d, want %d, and \"%s\"\n", rc, want, mention);
    }
}


static void
limits(const unsigned char *pixels)
{
    sz_job_t      job;
    bytes_t       in, other;
    sz_prepare_t  how;

    in = make_jpeg(pixels, 160, 90, 3, 0x22, false, 0, 0);

    how = preset();
    how.max_bytes.value = (int64_t) in.len - 1;
    limited("bytes", &how, &in, SZ_E_LIMIT, "(sanzaru_max_bytes)");

    how = preset();
    how.max_pixels.value = 160 * 90 - 1;
    limited("pixels", &how, &in, SZ_E_LIMIT, "(sanzaru_max_pixels)");

    how = preset();
    how.max_edge.value = 159;
    limited("edge", &how, &in, SZ_E_LIMIT, "(sanzaru_max_edge)");

    how.max_edge.value = 160;
    how.width = 161;
    limited("edge of the target", &how, &in, SZ_E_LIMIT,
            "(sanzaru_max_edge)");

    how = preset();
    how.max_memory.value = 500000;
    limited("memory", &how, &in, SZ_E_LIMIT, "(sanzaru_max_memory)");

    how = preset();
    how.max_memory = (sz_limit_t) { 1, NULL };
    limited("a limit without a name", &how, &in, SZ_E_LIMIT, "a limit of");

    how = preset();
    how.output = SZ_IMAGE_WEBP;
    how.max_edge.value = 20000;
    how.width = 16384;
    limited("too wide for webp", &how, &in, SZ_E_INPUT, "16383");

    how = preset();
    how.width = 0;
    limited("no width", &how, &in, SZ_E_INPUT, "0x36");

    how = preset();
    how.quality = 101;
    limited("quality", &how, &in, SZ_E_INPUT, "101");

    how = preset();
    how.output = SZ_IMAGE_NONE;
    limited("no output type", &how, &in, SZ_E_INPUT, "png, jpeg or webp");

    memset(&job, 0, sizeof(job));
    job.cancelled = 1;
    how = preset();
    how.job = &job;
    limited("cancelled", &how, &in, SZ_E_CANCELLED, "cancelled");
    free(in.data);

    /* bombs: a header that promises much costs nothing */

    how = preset();
    in = make_png(pixels, 300, 100, 40, PNG_COLOR_TYPE_RGB, 8, false, 0);
    memcpy(in.data + 16, "\0\0\xc3\x50\0\0\xc3\x50", 8);
    limited("50000x50000", &how, &in, SZ_E_LIMIT, "50000x50000");
    free(in.data);

    how.max_pixels.value = 0;
    how.max_edge.value = 0;
    how.max_memory.value = 8000000;
    in = make_png(pixels, 300, 100, 40, PNG_COLOR_TYPE_RGB, 8, true, 0);
    memcpy(in.data + 16, "\0\0\x0f\xa0\0\0\x0f\xa0", 8);
    limited("4000x4000 interlaced in 8 MB", &how, &in, SZ_E_LIMIT,
            "(sanzaru_max_memory)");
    free(in.data);

    other = make_jpeg(pixels, 160, 90, 3, 0x11, true, 0, 0);
    how.max_memory.value = 2500000;
    limited("progressive in 2.5 MB", &how, &other, SZ_OK, "");
    free(other.data);
}


/* Time runs out in the middle of a large job. */

static void
time_limit(void)
{
    bytes_t         in;
    sz_prepare_t    how = preset();
    unsigned char  *pixels;

    pixels = pixels_of(3000, 2000, 3);
    in = make_jpeg(pixels, 3000, 2000, 3, 0x22, true, 0, 0);

    how.max_pixels.value = 0;
    how.max_memory.value = 0;
    how.max_time.value = 3;
    limited("3 ms for a large progressive picture", &how, &in, SZ_E_TIMEOUT,
            "(sanzaru_max_time)");
    free(in.data);

    how.max_edge.value = 0;
    how.width = how.height = 4000;
    how.max_time.value = 10;
    in = make_png(pixels, 9000, 3000, 2000, PNG_COLOR_TYPE_RGB, 8, false, 0);
    limited("10 ms for a large png", &how, &in, SZ_E_TIMEOUT,
            "(sanzaru_max_time)");

    free(in.data);

    /* one row in, a great many out */

    how.fit = SZ_FIT_RESCALE;
    how.width = how.height = 30000;
    how.max_time.value = 50;
    in = make_png(pixels, 3, 1, 1, PNG_COLOR_TYPE_RGB, 8, false, 0);
    limited("50 ms for a large target", &how, &in, SZ_E_TIMEOUT,
            "(sanzaru_max_time)");
    free(in.data);

    free(pixels);
}


/* Orientation o of stored pixels, as shown. */

static unsigned char *
turned(const unsigned char *p, unsigned w, unsigned h, unsigned o)
{
    unsigned        x, y, sx, sy, sw, sh;
    unsigned char  *q, *to;

    sw = (o < 5) ? w : h;
    sh = (o < 5) ? h : w;
    q = to = malloc((size_t) w * h * 3);

    for (y = 0; y < sh; y++) {
        for (x = 0; x < sw; x++) {
            sx = (o < 5) ? x : y;
            sy = (o < 5) ? y : x;

            if (o == 2 || o == 3 || o == 7 || o == 8) {
                sx = w - 1 - sx;
            }

            if (o == 3 || o == 4 || o == 6 || o == 7) {
                sy = h - 1 - sy;
            }

            memcpy(to, p + ((size_t) sy * w + sx) * 3, 3);
            to += 3;
        }
    }

    return q;
}


/* A picture with a note is the picture turned, to the byte. */

static void
orientations(const unsigned char *pixels)
{
    bytes_t         noted, plain, a, b;
    unsigned        o, fit, size, same, jobs;
    sz_code_e       rc;
    sz_prepare_t    how = preset();
    unsigned char  *q;

    static const unsigned  sizes[][2] = {
        { 64, 36 }, { 36, 64 }, { 7, 90 }, { 300, 11 }, { 131, 77 },
        { 77, 131 }
    };

    for (o = 2; o <= 8; o++) {
        noted = make_png(pixels, 131 * 3, 131, 77, PNG_COLOR_TYPE_RGB, 8,
                         false, o);
        q = turned(pixels, 131, 77, o);
        plain = make_png(q, (o < 5 ? 131 : 77) * 3, o < 5 ? 131 : 77,
                         o < 5 ? 77 : 131, PNG_COLOR_TYPE_RGB, 8, false, 0);
        same = jobs = 0;

        for (fit = SZ_FIT_CROP; fit <= SZ_FIT_RESCALE; fit++) {
            for (size = 0; size < sz_array_len(sizes); size++) {
                how.fit = (sz_fit_e) fit;
                how.width = sizes[size][0];
                how.height = sizes[size][1];
                how.background = 0x336699;

                a = prepare(&how, &noted, &rc);
                b = prepare(&how, &plain, &rc);
                jobs++;
                same += (a.data != NULL && b.data != NULL && a.len == b.len
                         && memcmp(a.data, b.data, a.len) == 0);
                free(a.data);
                free(b.data);
            }
        }

        ok(same == jobs, "orientation %u: %u of %u are the same", o, same,
           jobs);
        free(noted.data);
        free(plain.data);
        free(q);
    }
}


/* The same size in and out is the same picture. */

static void
copies(const unsigned char *pixels)
{
    bytes_t         in, out;
    unsigned        fit, w, h;
    sz_code_e       rc;
    sz_prepare_t    how = preset();
    unsigned char  *rgb;

    how.width = 131;
    how.height = 77;
    in = make_png(pixels, 131 * 3, 131, 77, PNG_COLOR_TYPE_RGB, 8, false, 0);

    for (fit = SZ_FIT_CROP; fit <= SZ_FIT_RESCALE; fit++) {
        how.fit = (sz_fit_e) fit;
        out = prepare(&how, &in, &rc);
        rgb = rgb_of(&out, &w, &h);
        ok(rgb != NULL && memcmp(rgb, pixels, 131 * 77 * 3) == 0,
           "fit %u of the same size changes nothing", fit);
        free(rgb);
        free(out.data);
    }

    free(in.data);
}


static void
shapes(void)
{
    size_t         i;
    bytes_t        in, out;
    sz_code_e      rc;
    unsigned       fit, good;
    sz_prepare_t   how;
    unsigned char  *pixels;

    static const unsigned  sizes[][2] = {
        { 1, 1 }, { 1, 2 }, { 3, 1 }, { 30000, 3 }, { 3, 30000 }, { 1, 9999 },
        { 8, 8 }, { 7, 9 }
    };

    pixels = pixels_of(30000, 3, 3);

    for (i = 0; i < sz_array_len(sizes); i++) {
        good = 0;

        for (fit = SZ_FIT_CROP; fit <= SZ_FIT_RESCALE; fit++) {
            how = preset();
            how.max_edge.value = 30000;
            how.fit = (sz_fit_e) fit;
            how.width = 320;
            how.height = 180;

            in = make_png(pixels, sizes[i][0] * 3, sizes[i][0], sizes[i][1],
                          PNG_COLOR_TYPE_RGB, 8, i & 1, 0);
            out = prepare(&how, &in, &rc);
            good += (rc == SZ_OK);
            free(out.data);
            free(in.data);

            in = make_jpeg(pixels, sizes[i][0], sizes[i][1], 3, 0x22, i & 1,
                           0, 1 + (i + fit) % 8);
            out = prepare(&how, &in, &rc);
            good += (rc == SZ_OK);
            free(out.data);
            free(in.data);

            if (sizes[i][0] < 16384 && sizes[i][1] < 16384) {
                in = make_webp(pixels, sizes[i][0], sizes[i][1], 3, i & 1);
                out = prepare(&how, &in, &rc);
                good += (rc == SZ_OK);
                free(out.data);
                free(in.data);

            } else {
                good++;
            }
        }

        is_int(good, 9, "odd shapes");
    }

    free(pixels);
}


static void
descriptors(const unsigned char *pixels)
{
    int            in, out, pipes[2];
    bytes_t        b;
    sz_prepare_t   how = preset();
    sz_prepared_t  what;

    b = make_jpeg(pixels, 160, 90, 3, 0x22, false, 0, 0);
    in = file_of(b.data, b.len);
    out = file_of("", 0);

    is_int(sz_image_prepare(&how, -1, out, &what, &err), SZ_E_IO,
           "no input descriptor");
    is_int(sz_image_prepare(&how, in, -1, &what, &err), SZ_E_IO,
           "no output descriptor");

    if (pipe(pipes) == 0) {
        is_int(sz_image_prepare(&how, pipes[0], out, &what, NULL), SZ_E_IO,
               "a pipe is no file");
        close(pipes[0]);
        close(pipes[1]);
    }

    is_int(sz_image_prepare(&how, in, out, &what, NULL), SZ_OK,
           "errors need not be asked for");

    close(in);
    close(out);
    free(b.data);
}


/* The libraries have warnings and errors to tell, and must not print them. */

static void
quiet(const unsigned char *pixels)
{
    int           old, log;
    size_t        i, n, refused;
    bytes_t       in[4], out;
    sz_code_e     rc;
    sz_prepare_t  how = preset();

    in[0] = with_profile(make_jpeg(pixels, 160, 90, 3, 0x22, true, 0, 0),
                         "RGB ", 500);
    in[1] = prepare(&how, &in[0], &rc);         /* libpng dislikes that one */
    in[2] = make_png(pixels, 160 * 4, 160, 90, PNG_COLOR_TYPE_RGBA, 8, true,
                     0);
    in[3] = make_webp(pixels, 160, 90, 4, false);

    fflush(stderr);
    old = dup(STDERR_FILENO);
    log = file_of("", 0);
    dup2(log, STDERR_FILENO);

    for (refused = 0, i = 0; i < sz_array_len(in); i++) {
        for (n = 0; n < in[i].len; n += in[i].len / 50) {
            in[i].data[n] ^= 0x55;
            out = prepare(&how, &in[i], &rc);
            in[i].data[n] ^= 0x55;
            refused += (rc != SZ_OK);
            free(out.data);
        }

        free(in[i].data);
    }

    fflush(stderr);
    dup2(old, STDERR_FILENO);
    close(old);

    ok(refused > 50 && lseek(log, 0, SEEK_END) == 0, "%zu broken pictures, "
       "and nothing on stderr", refused);
    close(log);
}


int
main(void)
{
    int             files;
    unsigned char  *pixels;

    pixels = pixels_of(160, 90, 4);
    files = open_files();

    outputs(pixels);
    profiles(pixels);
    pieces(pixels);
    refusals(pixels);
    limits(pixels);
    time_limit();
    orientations(pixels);
    copies(pixels);
    shapes();
    descriptors(pixels);
    quiet(pixels);

    is_int(open_files(), files, "no descriptor is left open");

    free(pixels);

    return done();
}
