#include "media/sz_media.h"

#include "tap.h"


#define head(literal)  { sizeof(literal) - 1, (literal) }

static const struct {
    const char  *name;
    sz_str_t     head;
    const char  *mime;
    bool         text;
} cases[] = {
    { "png", head("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "image/png", false },
    { "jpeg jfif", head("\xff\xd8\xff\xe0\0\x10JFIF"), "image/jpeg", false },
    { "jpeg exif", head("\xff\xd8\xff\xe1"), "image/jpeg", false },
    { "webp", head("RIFF\x10\0\0\0WEBPVP8 "), "image/webp", false },
    { "wav", head("RIFF\xff\xff\xff\xffWAVEfmt "), "audio/wav", false },
    { "riff of another kind", head("RIFF\x10\0\0\0AVI LIST"), NULL, false },
    { "gif", head("GIF89a\1\0\1\0"), "image/gif", false },
    { "old gif", head("GIF87a\1\0\1\0"), "image/gif", false },
    { "mp4", head("\0\0\0\x20" "ftypisom\0\0\2\0"), "video/mp4", false },
    { "mov", head("\0\0\0\x14" "ftypqt  \0\0\2\0"), "video/quicktime",
      false },
    { "m4a", head("\0\0\0\x14" "ftypM4A \0\0\2\0"), "audio/mp4", false },
    { "avif", head("\0\0\0\x14" "ftypavif\0\0\2\0"), "image/avif", false },
    { "heic", head("\0\0\0\x14" "ftypheic\0\0\2\0"), "image/heic", false },
    { "webm", head("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm"),
      "video/webm", false },
    { "matroska", head("\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska"),
      "video/x-matroska", false },
    { "mp3 with tags", head("ID3\4\0\0\0\0\0\0"), "audio/mpeg", false },
    { "mp3 bare", head("\xff\xfb\x90\x64\0\0"), "audio/mpeg", false },
    { "mp3 mpeg 2", head("\xff\xf3\x84\xc4\0\0"), "audio/mpeg", false },
    { "mp3 with a reserved bit rate", head("\xff\xfb\xf0\x64"), NULL, false },
    { "mp3 with a reserved sampling rate", head("\xff\xfb\x9c\x64"), NULL,
      false },
    { "aac", head("\xff\xf1\x50\x80\0\0"), "audio/aac", false },
    { "ogg", head("OggS\0\2\0\0"), "audio/ogg", false },
    { "flac", head("fLaC\0\0\0\x22"), "audio/flac", false },
    { "empty", head(""), NULL, false },
    { "two bytes of a jpeg", head("\xff\xd8"), NULL, false },
    { "half a png", head("\x89PNG"), NULL, false },
    { "plain text", head("Not found\r\n"), NULL, true },
    { "json", head("{\"error\": {\"message\": \"no\"}}"), NULL, true },
    { "json array behind blanks", head(" \n\t[1, 2]"), NULL, true },
    { "html", head("<!DOCTYPE html><html>"), NULL, true },
    { "html in latin-1", head("\r\n<html><title>F\xfcr Sie</title>"), NULL,
      true },
    { "xml with a byte order mark", head("\xef\xbb\xbf<?xml?>"), NULL, true },
    { "utf-16", head("\xff\xfe{\0\"\0"), NULL, true },
    { "utf-16 big endian", head("\xfe\xff\0<\0h"), NULL, true },
    { "utf-8", head("Stra\xc3\x9f" "e"), NULL, true },
    { "utf-8 cut inside a character", head("Stra\xc3"), NULL, true },
    { "latin-1 alone", head("Stra\xdf" "e und mehr"), NULL, false },
    { "bytes with a NUL", head("abc\0def"), NULL, false },
    { "bytes with controls", head("abc\1\2"), NULL, false }
};


int
main(void)
{
    size_t  i;
    char    long_text[2 * SZ_MEDIA_HEAD];

    for (i = 0; i < sz_array_len(cases); i++) {
        is_str(sz_media_sniff(cases[i].head), cases[i].mime, cases[i].name);
        ok(sz_media_is_text(cases[i].head) == cases[i].text, "%s is %stext",
           cases[i].name, cases[i].text ? "" : "no ");
    }

    /* the head ends inside a two-byte character; what follows is no text */

    long_text[0] = 'a';

    for (i = 1; i + 1 < sizeof(long_text); i += 2) {
        memcpy(long_text + i, "\xc3\x9f", 2);
    }

    memset(long_text + SZ_MEDIA_HEAD, 0, SZ_MEDIA_HEAD);

    ok(sz_media_is_text((sz_str_t) { sizeof(long_text), long_text }) == true,
       "only the head is looked at");

    return done();
}
