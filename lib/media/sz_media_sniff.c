#include "media/sz_media.h"


/* A file type by bytes at a fixed place; '?' in the pattern is any byte. */

typedef struct {
    size_t       offset;
    size_t       len;
    const char  *bytes;
    const char  *mime;
} sz_magic_t;

static const sz_magic_t  sz_magics[] = {
    { 0, 8, "\x89PNG\r\n\x1a\n", "image/png" },
    { 0, 3, "\xff\xd8\xff", "image/jpeg" },
    { 0, 12, "RIFF????WEBP", "image/webp" },
    { 0, 12, "RIFF????WAVE", "audio/wav" },
    { 0, 6, "GIF87a", "image/gif" },
    { 0, 6, "GIF89a", "image/gif" },
    { 0, 4, "OggS", "audio/ogg" },
    { 0, 4, "fLaC", "audio/flac" },
    { 0, 3, "ID3", "audio/mpeg" },
    { 4, 8, "ftypqt  ", "video/quicktime" },
    { 4, 8, "ftypM4A ", "audio/mp4" },
    { 4, 8, "ftypM4B ", "audio/mp4" },
    { 4, 8, "ftypavif", "image/avif" },
    { 4, 8, "ftypavis", "image/avif" },
    { 4, 7, "ftyphei", "image/heic" },
    { 4, 7, "ftyphev", "image/heic" },
    { 4, 8, "ftypmif1", "image/heic" },
    { 4, 8, "ftypmsf1", "image/heic" },
    { 4, 4, "ftyp", "video/mp4" }
};


static bool
sz_magic_matches(const sz_magic_t *magic, sz_str_t head)
{
    size_t  i;

    if (head.len < magic->offset + magic->len) {
        return false;
    }

    for (i = 0; i < magic->len; i++) {
        if (magic->bytes[i] != '?'
            && magic->bytes[i] != head.data[magic->offset + i])
        {
            return false;
        }
    }

    return true;
}


/* EBML: the document's type is an element (0x4282) of the first header. */

static const char *
sz_sniff_ebml(sz_str_t head)
{
    size_t  i;

    if (head.len < 4 || memcmp(head.data, "\x1a\x45\xdf\xa3", 4) != 0) {
        return NULL;
    }

    for (i = 4; i + 7 <= head.len; i++) {

        if (memcmp(head.data + i, "\x42\x82\x84webm", 7) == 0) {
            return "video/webm";
        }
    }

    return "video/x-matroska";
}


/*
 * A bare MPEG audio frame: eleven bits of sync, then a version, a layer, a
 * bit rate and a sampling rate none of which is a reserved value.  Layer I is
 * left out: nobody uses it, and its header looks like UTF-16's byte order
 * mark.  Layer 0 is ADTS, that is AAC.
 */

static const char *
sz_sniff_mpeg_audio(sz_str_t head)
{
    unsigned  second, third;

    if (head.len < 4 || (unsigned char) head.data[0] != 0xff) {
        return NULL;
    }

    second = (unsigned char) head.data[1];
    third = (unsigned char) head.data[2];

    if ((second & 0xf6) == 0xf0) {
        return (((third >> 2) & 15) < 13) ? "audio/aac" : NULL;
    }

    if ((second & 0xe0) != 0xe0
        || (second & 0x18) == 0x08
        || ((second & 0x06) != 0x02 && (second & 0x06) != 0x04)
        || (third & 0xf0) == 0xf0
        || (third & 0x0c) == 0x0c)
    {
        return NULL;
    }

    return "audio/mpeg";
}


const char *
sz_media_sniff(sz_str_t head)
{
    size_t       i;
    const char  *mime;

    for (i = 0; i < sz_array_len(sz_magics); i++) {
        if (sz_magic_matches(&sz_magics[i], head)) {
            return sz_magics[i].mime;
        }
    }

    mime = sz_sniff_ebml(head);

    return (mime != NULL) ? mime : sz_sniff_mpeg_audio(head);
}


static bool
sz_text_has_control(sz_str_t head)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < head.len; i++) {
        c = (unsigned char) head.data[i];

        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f')
            || c == 0x7f)
        {
            return true;
        }
    }

    return false;
}


static bool
sz_text_opens_markup(sz_str_t head)
{
    head = sz_str_trim(head);

    while (head.len > 0 && (head.data[0] == '\n' || head.data[0] == '\r')) {
        head = sz_str_trim((sz_str_t) { head.len - 1, head.data + 1 });
    }

    return head.len > 0 && (head.data[0] == '<' || head.data[0] == '{'
                            || head.data[0] == '[');
}


bool
sz_media_is_text(sz_str_t head)
{
    if (head.len > SZ_MEDIA_HEAD) {
        head.len = SZ_MEDIA_HEAD;
    }

    if (head.len == 0 || sz_media_sniff(head) != NULL) {
        return false;
    }

    if (sz_str_starts(head, "\xef\xbb\xbf") || sz_str_starts(head, "\xff\xfe")
        || sz_str_starts(head, "\xfe\xff"))
    {
        return true;
    }

    if (sz_text_has_control(head)) {
        return false;
    }

    /* a page in an old 8-bit encoding is no UTF-8, but begins like a page */

    if (sz_text_opens_markup(head)) {
        return true;
    }

    /* the head may end inside a character */

    head.len = sz_utf8_cut(head, head.len - ((head.len > 3) ? 1 : 0));

    return sz_utf8_valid(head);
}
