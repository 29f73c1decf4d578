#include "media/sz_media.h"

#include "tap.h"
#include "test_media_make.h"


static sz_image_info_t  info;
static sz_error_t       err;


/* From the file and from memory: the same answer. */

static sz_code_e
probe(const void *data, size_t len)
{
    int              fd;
    sz_code_e        rc, again;
    sz_image_info_t  other;

    memset(&info, 0, sizeof(info));
    memset(&other, 0, sizeof(other));
    err.text[0] = '\0';

    fd = file_of(data, len);
    again = sz_image_probe(fd, &other, NULL);
    close(fd);

    rc = sz_image_probe_bytes((sz_str_t) { len, data }, &info, &err);

    if (rc != again || memcmp(&info, &other, sizeof(info)) != 0) {
        ok(false, "file and memory disagree");
    }

    return rc;
}


static void
expect(const char *name, bytes_t b, sz_image_e type, unsigned width,
    unsigned height, unsigned orientation, unsigned channels, unsigned depth,
    bool alpha)
{
    bool       turned = orientation > 4;
    sz_code_e  rc;

    rc = probe(b.data, b.len);

    ok(rc == SZ_OK && info.type == type
       && info.width == width && info.height == height
       && info.shown_width == (turned ? height : width)
       && info.shown_height == (turned ? width : height)
       && info.orientation == orientation && info.channels == channels
       && info.depth == depth && info.alpha == alpha && !info.animated,
       "%s: %s %ux%u shown %ux%u orientation %u channels %u depth %u%s %s",
       name, info.mime, info.width, info.height, info.shown_width,
       info.shown_height, info.orientation, info.channels, info.depth,
       info.alpha ? " alpha" : "", err.text);

    free(b.data);
}


/* No prefix may do harm, and those without the size must fail. */

static void
prefixes(const char *name, bytes_t b, size_t least)
{
    size_t  n;
    long    early;

    for (early = 0, n = 0; n < b.len; n++) {
        if (probe(b.data, n) == SZ_OK && n < least) {
            early++;
        }
    }

    is_int(early, 0, name);
    free(b.data);
}


/* A chunk behind the signature and IHDR of a PNG. */

static bytes_t
with_chunks(bytes_t png, const char *type, size_t count)
{
    size_t          i;
    bytes_t         b;
    unsigned char  *p;

    b.len = png.len + 12 * count;
    b.data = calloc(1, b.len);
    memcpy(b.data, png.data, 33);

    for (p = b.data + 33, i = 0; i < count; i++, p += 12) {
        memcpy(p + 4, type, 4);
    }

    memcpy(p, png.data + 33, png.len - 33);
    free(png.data);

    return b;
}


static void
animations(const unsigned char *pixels)
{
    bytes_t        frame;
    size_t         len;
    sz_code_e      rc;
    unsigned char  file[4096], *p;

    frame = make_webp(pixels, 20, 10, 3, true);
    memset(file, 0, sizeof(file));
    len = frame.len - 12;

    memcpy(file, "RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0", 24);
    file[24] = 39;                          /* canvas 40x30 */
    file[27] = 29;
    memcpy(file + 30, "ANIM\6\0\0\0\0\0\0\0\0\0", 14);
    memcpy(file + 44, "ANMF", 4);
    p = file + 48;
    p[0] = (unsigned char) (len + 16);
    p[1] = (unsigned char) ((len + 16) >> 8);
    p[4] = 5;                               /* at 10,4 */
    p[7] = 2;
    p[10] = 19;
    p[13] = 9;
    memcpy(p + 20, frame.data + 12, len);
    len += 68;
    file[4] = (unsigned char) (len - 8);
    file[5] = (unsigned char) ((len - 8) >> 8);

    rc = probe(file, len);
    ok(rc == SZ_OK && info.animated && info.width == 40
       && info.height == 30 && info.alpha, "animated webp: %ux%u %s",
       info.width, info.height, err.text);

    p[4] = 11;
    rc = probe(file, len);
    ok(rc == SZ_E_INPUT, "a frame that leaves the canvas: %s",
       err.text);

    p[4] = 5;
    p[10] = 18;
    rc = probe(file, len);
    ok(rc == SZ_E_INPUT, "a frame of two sizes: %s", err.text);

    free(frame.data);
}


static void
refusals(void)
{
    is_int(probe("", 0), SZ_E_INPUT, "an empty file");
    is_str(err.text, "The file is no picture that can be read: it is empty. "
           "PNG, JPEG and WebP can be read.", "says so");
    is_int(probe("{\"a\": 1}", 8), SZ_E_INPUT, "JSON");
    is_str(err.text, "The file is no picture that can be read: it is text. "
           "PNG, JPEG and WebP can be read.", "says so");
    is_int(probe("GIF89a\1\0\1\0", 10), SZ_E_INPUT, "a GIF");
    is_str(err.text, "The file is no picture that can be read: it is "
           "image/gif. PNG, JPEG and WebP can be read.", "says so");
    is_int(probe("\x89PNG\r\n\x1a\n", 8), SZ_E_INPUT, "a signature alone");
    is_int(probe("\xff\xd8\xff\xd9", 4), SZ_E_INPUT, "a JPEG of no frame");
    is_int(probe("RIFF\4\0\0\0WEBP", 12), SZ_E_INPUT, "a WebP of no pixels");
}


static void
headers(const unsigned char *pixels)
{
    int             i;
    bytes_t         b;
    sz_code_e       rc;
    unsigned char   keep;

    static const struct {
        int            at;
        unsigned char  value;
        const char    *name;
    } broken[] = {
        { 15, 'x', "IHDR of another name" }, { 11, 14, "IHDR too long" },
        { 16, 0x80, "a width above 2^31" }, { 24, 3, "a depth of 3" },
        { 24, 0, "a depth of 0" }, { 25, 5, "colour type 5" },
        { 25, 7, "colour type 7" }, { 26, 1, "compression 1" },
        { 27, 1, "filter method 1" }, { 28, 2, "interlace 2" }
    };

    b = make_png(pixels, 300, 100, 40, PNG_COLOR_TYPE_RGB, 8, false, 0);

    for (i = 0; i < (int) sz_array_len(broken); i++) {
        keep = b.data[broken[i].at];
        b.data[broken[i].at] = broken[i].value;
        rc = probe(b.data, b.len);
        ok(rc == SZ_E_INPUT, "%s: %s", broken[i].name,
           err.text);
        b.data[broken[i].at] = keep;
    }

    memset(b.data + 16, 0, 4);
    rc = probe(b.data, b.len);
    ok(rc == SZ_E_INPUT, "no width: %s", err.text);
    memcpy(b.data + 16, "\0\0\xc3\x50\0\0\xc3\x50", 8);
    rc = probe(b.data, b.len);
    ok(rc == SZ_OK && info.width == 50000
       && info.height == 50000, "a bomb is only a number to the probe");
    free(b.data);

    b = with_chunks(make_png(pixels, 300, 100, 40, PNG_COLOR_TYPE_RGB, 8,
                             false, 0), "teST", 150000);
    is_int(probe(b.data, b.len), SZ_OK, "150000 chunks");
    b = with_chunks(b, "teST", 60000);
    is_int(probe(b.data, b.len), SZ_E_LIMIT, "210000 chunks");
    free(b.data);
}


int
main(void)
{
    unsigned        o;
    unsigned char  *pixels;

    pixels = pixels_of(100, 40, 4);

    expect("png grey", make_png(pixels, 100, 100, 40, PNG_COLOR_TYPE_GRAY, 8,
                                false, 0), SZ_IMAGE_PNG, 100, 40, 1, 1, 8,
           false);
    expect("png grey 1", make_png(pixels, 100, 99, 40, PNG_COLOR_TYPE_GRAY, 1,
                                  false, 0), SZ_IMAGE_PNG, 99, 40, 1, 1, 1,
           false);
    expect("png rgb 16", make_png(pixels, 100, 16, 30, PNG_COLOR_TYPE_RGB, 16,
                                  true, 0), SZ_IMAGE_PNG, 16, 30, 1, 3, 16,
           false);
    expect("png palette", make_png(pixels, 100, 100, 40,
                                   PNG_COLOR_TYPE_PALETTE, 8, false, 0),
           SZ_IMAGE_PNG, 100, 40, 1, 3, 8, false);
    expect("png rgba", make_png(pixels, 400, 100, 40, PNG_COLOR_TYPE_RGBA, 8,
                                false, 0), SZ_IMAGE_PNG, 100, 40, 1, 4, 8,
           true);
    expect("png grey alpha", make_png(pixels, 200, 100, 40,
                                      PNG_COLOR_TYPE_GA, 8, false, 0),
           SZ_IMAGE_PNG, 100, 40, 1, 2, 8, true);

    for (o = 1; o <= 8; o++) {
        expect("png turned", make_png(pixels, 300, 100, 40,
                                      PNG_COLOR_TYPE_RGB, 8, false, o),
               SZ_IMAGE_PNG, 100, 40, o, 3, 8, false);
        expect("jpeg turned", make_jpeg(pixels, 100, 40, 3, 0x22, o & 1, 0,
                                        o), SZ_IMAGE_JPEG, 100, 40, o, 3, 8,
               false);
    }

    expect("jpeg with an orientation of 9",
           make_jpeg(pixels, 100, 40, 3, 0x22, false, 0, 9), SZ_IMAGE_JPEG,
           100, 40, 1, 3, 8, false);
    expect("jpeg grey", make_jpeg(pixels, 100, 40, 1, 0x11, false, 0, 0),
           SZ_IMAGE_JPEG, 100, 40, 1, 1, 8, false);
    expect("jpeg cmyk", make_jpeg(pixels, 100, 40, 4, 0x11, false, 0, 0),
           SZ_IMAGE_JPEG, 100, 40, 1, 4, 8, false);

    expect("webp", make_webp(pixels, 100, 40, 3, false), SZ_IMAGE_WEBP, 100,
           40, 1, 3, 8, false);
    expect("webp alpha", make_webp(pixels, 100, 40, 4, false), SZ_IMAGE_WEBP,
           100, 40, 1, 4, 8, true);
    expect("webp lossless alpha", make_webp(pixels, 100, 40, 4, true),
           SZ_IMAGE_WEBP, 100, 40, 1, 4, 8, true);

    prefixes("png cut anywhere before its pixels",
             make_png(pixels, 300, 100, 40, PNG_COLOR_TYPE_RGB, 8, false, 3),
             33);
    prefixes("jpeg cut anywhere before its frame",
             make_jpeg(pixels, 100, 40, 3, 0x22, true, 0, 3), 200);
    prefixes("webp cut anywhere", make_webp(pixels, 100, 40, 4, false), 1000);

    animations(pixels);
    refusals();
    headers(pixels);

    free(pixels);

    return done();
}
