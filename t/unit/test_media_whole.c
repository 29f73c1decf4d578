#include "media/sz_media.h"

#include "tap.h"
#include "test_media_make.h"


static char  last[SZ_ERROR_TEXT];

static sz_code_e
whole(const void *data, size_t len, const char *mime)
{
    int         fd;
    sz_code_e   rc;
    sz_error_t  err;

    fd = file_of(data, len);
    err.text[0] = '\0';
    rc = sz_media_whole(fd, (int64_t) len, mime, &err);
    snprintf(last, sizeof(last), "%s", err.text);
    close(fd);

    return rc;
}


/* Every shorter file must be refused, and a longer one, too. */

static void
whole_or_not(const char *name, bytes_t b, const char *mime, size_t step,
    bool more)
{
    size_t  n, passed;

    is_int(whole(b.data, b.len, mime), SZ_OK, name);

    for (passed = 0, n = 0; n < b.len; n += step) {
        passed += (whole(b.data, n, mime) == SZ_OK);
    }

    passed += (whole(b.data, b.len - 1, mime) == SZ_OK);
    is_int((long long) passed, 0, "no shorter one passes");

    b.data = realloc(b.data, b.len + 1);
    b.data[b.len] = 'x';

    ok((whole(b.data, b.len + 1, mime) != SZ_OK) == more,
       "one byte more %s", more ? "is refused" : "passes");

    free(b.data);
}


#define ftyp  "\0\0\0\x10" "ftypisom\0\0\0\0"
#define moov  "\0\0\0\x0c" "moov\1\2\3\4"

static void
boxes(void)
{
    static const char  good[] = ftyp moov "\0\0\0\x10" "mdat12345678";
    static const char  large[] = ftyp moov
        "\0\0\0\1" "mdat\0\0\0\0\0\0\0\x18" "12345678";
    static const char  open[] = ftyp moov "\0\0\0\0" "mdat12345678";
    static const char  cut[] = ftyp moov "\0\0\x03\xe8" "mdat" "12345";
    static const char  huge[] = ftyp moov
        "\0\0\0\1" "mdat\xff\xff\xff\xff\xff\xff\xff\xff" "1";
    static const char  tiny[] = ftyp moov "\0\0\0\7" "mdat";
    static const char  small[] = ftyp moov
        "\0\0\0\1" "mdat\0\0\0\0\0\0\0\x0f";
    static const char  zeros[] = ftyp moov "\0\0\0\0\0\0\0\0";
    static const char  no_moov[] = ftyp "\0\0\0\x08" "mdat";
    static const char  no_ftyp[] = moov "\0\0\0\x08" "mdat";

    is_int(whole(good, sizeof(good) - 1, "video/mp4"), SZ_OK, "mp4");
    is_int(whole(large, sizeof(large) - 1, "video/mp4"), SZ_OK,
           "mp4 with a 64-bit size");
    is_int(whole(open, sizeof(open) - 1, "video/quicktime"), SZ_OK,
           "mov whose last box goes to the end");

    is_int(whole(cut, sizeof(cut) - 1, "video/mp4"), SZ_E_INPUT,
           "mp4 cut in its data");
    is_str(last, "The file ends in the middle of box mdat: 13 of 1000 bytes "
           "are there.", "says where");

    is_int(whole(huge, sizeof(huge) - 1, "video/mp4"), SZ_E_INPUT,
           "a size of 2^64");
    is_int(whole(tiny, sizeof(tiny) - 1, "video/mp4"), SZ_E_INPUT,
           "a box smaller than its head");
    is_int(whole(small, sizeof(small) - 1, "video/mp4"), SZ_E_INPUT,
           "a 64-bit box smaller than its head");
    is_int(whole(zeros, sizeof(zeros) - 1, "video/mp4"), SZ_E_INPUT,
           "zeros behind the last box");
    is_int(whole(no_moov, sizeof(no_moov) - 1, "video/mp4"), SZ_E_INPUT,
           "no moov");
    is_int(whole(no_ftyp, sizeof(no_ftyp) - 1, "audio/mp4"), SZ_E_INPUT,
           "no ftyp");
    is_int(whole(good, sizeof(good) - 4, "video/mp4"), SZ_E_INPUT,
           "three bytes missing");
    is_int(whole("", 0, "video/mp4"), SZ_E_INPUT, "nothing at all");
}


static void
sounds(void)
{
    static const char  wav[] = "RIFF\x0c\0\0\0WAVEdata\0\0\0\0";
    static const char  live[] = "RIFF\xff\xff\xff\xffWAVEdata\xff\xff\xff\xff"
                                "12";
    static const char  odd[] = "RIFF\x05\0\0\0WEBPx";

    is_int(whole(wav, 20, "audio/wav"), SZ_OK, "wav");
    is_int(whole(wav, 19, "audio/wav"), SZ_E_INPUT, "wav cut");
    is_int(whole(wav, 21, "audio/wav"), SZ_E_INPUT, "wav with a byte more");
    is_int(whole(wav, 7, "audio/wav"), SZ_E_INPUT, "wav without a head");
    is_int(whole(live, sizeof(live) - 1, "audio/wav"), SZ_OK,
           "wav written without knowing its size");
    is_int(whole(odd, 13, "image/webp"), SZ_OK, "odd RIFF");
    is_int(whole(odd, 14, "image/webp"), SZ_OK, "odd RIFF, padded");
    is_int(whole("anything", 8, "application/x-unknown"), SZ_OK,
           "an unknown type passes");
    is_int(whole("ID3", 3, "audio/mpeg"), SZ_OK,
           "a type without sizes passes");
    is_int(whole("GIF89a;", 7, "image/gif"), SZ_OK, "gif");
    is_int(whole("GIF89a", 6, "image/gif"), SZ_E_INPUT, "gif cut");
}


int
main(void)
{
    int             fd;
    bytes_t         b;
    sz_error_t      err;
    unsigned char  *pixels;

    boxes();
    sounds();

    pixels = pixels_of(70, 50, 4);

    whole_or_not("png", make_png(pixels, 280, 70, 50, PNG_COLOR_TYPE_RGBA, 8,
                                 false, 0), "image/png", 1, true);
    whole_or_not("jpeg", make_jpeg(pixels, 70, 50, 3, 0x22, false, 0, 6),
                 "image/jpeg", 1, true);
    whole_or_not("progressive jpeg",
                 make_jpeg(pixels, 70, 50, 3, 0x22, true, 0, 0),
                 "image/jpeg", 1, true);

    b = make_jpeg(pixels, 70, 50, 3, 0x11, false, 0, 0);
    b.data = realloc(b.data, b.len + 100);
    memset(b.data + b.len, 0, 100);
    is_int(whole(b.data, b.len + 100, "image/jpeg"), SZ_OK,
           "jpeg with zeros behind it");
    free(b.data);

    b = make_webp(pixels, 70, 50, 4, true);
    is_int(whole(b.data, b.len, "image/webp"), SZ_OK, "webp");
    is_int(whole(b.data, b.len - 2, "image/webp"), SZ_E_INPUT, "webp cut");
    free(b.data);

    fd = file_of("12345", 5);
    is_int(sz_media_whole(fd, 6, "image/gif", &err), SZ_E_IO,
           "another size than was written");
    close(fd);
    is_int(sz_media_whole(fd, 5, "image/gif", &err), SZ_E_IO,
           "a closed descriptor");

    free(pixels);

    return done();
}
