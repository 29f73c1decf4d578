#include "media/sz_media.h"
#include "media/sz_media_walk.h"

#include <ctype.h>


#define SZ_BOX_FTYP   sz_fourcc('f', 't', 'y', 'p')
#define SZ_BOX_MOOV   sz_fourcc('m', 'o', 'o', 'v')

#define SZ_JPEG_SOS   0xda

/* A RIFF whose writer did not know the size when it began. */
#define SZ_RIFF_OPEN  0xffffffff


static sz_code_e
sz_whole_cut(const char *what, int64_t have, int64_t need, sz_error_t *err)
{
    return sz_error_set(err, SZ_E_INPUT,
                        "The file ends in the middle of %s: %lld of %lld "
                        "bytes are there.", what, (long long) have,
                        (long long) need);
}


static sz_code_e
sz_whole_more(const sz_view_t *view, int64_t end, const char *what,
    sz_error_t *err)
{
    return sz_error_set(err, SZ_E_INPUT,
                        "The file goes on for %lld bytes behind the end of "
                        "%s, which is at byte %lld.",
                        (long long) (view->size - end), what,
                        (long long) end);
}


/* A four-letter type for a text. */

static void
sz_whole_name(char *dst, const char *kind, const unsigned char *letters)
{
    int      i;
    size_t   n;

    n = strlen(kind);
    memcpy(dst, kind, n);

    for (i = 0; i < 4; i++) {
        dst[n++] = isalnum(letters[i]) ? (char) letters[i] : '?';
    }

    dst[n] = '\0';
}


/* One box: its type, and where it ends. */

static sz_code_e
sz_whole_box(sz_view_t *view, int64_t at, uint32_t *type, int64_t *end,
    sz_error_t *err)
{
    char            name[16];
    uint64_t        size;
    unsigned char   head[16];

    if (!sz_view_copy(view, at, head, 8)) {
        return sz_whole_cut("a box's head", view->size - at, 8, err);
    }

    size = sz_be32(head);
    *type = sz_be32(head + 4);
    sz_whole_name(name, "box ", head + 4);

    if (size == 0 && *type != 0) {
        *end = view->size;
        return SZ_OK;
    }

    if (size == 1) {
        if (!sz_view_copy(view, at, head, 16)) {
            return sz_whole_cut("a box's head", view->size - at, 16, err);
        }

        size = sz_be64(head + 8);
    }

    if (size < ((sz_be32(head) == 1) ? 16 : 8)) {
        return sz_error_set(err, SZ_E_INPUT, "The file is broken: %s at byte "
                            "%lld has an impossible size of %llu.", name,
                            (long long) at, (unsigned long long) size);
    }

    if (size > (uint64_t) (view->size - at)) {
        return sz_error_set(err, SZ_E_INPUT,
                            "The file ends in the middle of %s: %lld of %llu "
                            "bytes are there.", name,
                            (long long) (view->size - at),
                            (unsigned long long) size);
    }

    *end = at + (int64_t) size;

    return SZ_OK;
}


static sz_code_e
sz_whole_mp4(sz_view_t *view, sz_error_t *err)
{
    bool       ftyp, moov;
    int64_t    at;
    unsigned   steps;
    uint32_t   type;
    sz_code_e  rc;

    ftyp = moov = false;
    type = 0;

    for (at = 0, steps = 0; at < view->size; steps++) {

        if (steps == SZ_WALK_MAX) {
            return sz_error_set(err, SZ_E_INPUT, "The file has more than %d "
                                "boxes.", SZ_WALK_MAX);
        }

        rc = sz_whole_box(view, at, &type, &at, err);
        if (rc != SZ_OK) {
            return rc;
        }

        ftyp = ftyp || (type == SZ_BOX_FTYP);
        moov = moov || (type == SZ_BOX_MOOV);
    }

    if (!ftyp || !moov) {
        return sz_error_set(err, SZ_E_INPUT, "The file has no box %s, which "
                            "it cannot be played without.",
                            ftyp ? "moov" : "ftyp");
    }

    return SZ_OK;
}


static sz_code_e
sz_whole_png(sz_view_t *view, sz_error_t *err)
{
    char           name[16];
    sz_walk_e      rc;
    sz_walk_t      walk;
    unsigned char  letters[4];
    sz_section_t   part;

    sz_walk_png(&walk, view);

    while ((rc = sz_walk_png_next(&walk, &part)) == SZ_WALK_PART) {

        if (walk.at > view->size) {
            (void) sz_put_be32(letters, part.type);
            sz_whole_name(name, "chunk ", letters);

            return sz_whole_cut(name, view->size - (part.data - 8),
                                part.len + 12, err);
        }
    }

    if (rc == SZ_WALK_SHORT) {
        return sz_whole_cut("a chunk's head", view->size - walk.at, 8, err);
    }

    if (rc != SZ_WALK_END) {
        return sz_error_set(err, SZ_E_INPUT, "The PNG is broken: at byte "
                            "%lld there is no chunk.", (long long) walk.at);
    }

    return (walk.at == view->size)
           ? SZ_OK : sz_whole_more(view, walk.at, "the PNG", err);
}


/*
 * Segments up to the pixels, and the end marker at the end; encoders that
 * write in blocks leave zeros behind it.
 */

static sz_code_e
sz_whole_jpeg(sz_view_t *view, sz_error_t *err)
{
    size_t                n;
    sz_walk_e             rc;
    sz_walk_t             walk;
    sz_section_t          part;
    const unsigned char  *p;

    sz_walk_jpeg(&walk, view);

    do {
        rc = sz_walk_jpeg_next(&walk, &part);
    } while (rc == SZ_WALK_PART && part.type != SZ_JPEG_SOS);

    if (rc == SZ_WALK_SHORT) {
        return sz_whole_cut("the JPEG headers", view->size, walk.at + 2, err);
    }

    if (rc != SZ_WALK_PART) {
        return sz_error_set(err, SZ_E_INPUT, "The JPEG is broken: at byte "
                            "%lld there is no marker.", (long long) walk.at);
    }

    n = (view->size < SZ_VIEW_WINDOW) ? (size_t) view->size : SZ_VIEW_WINDOW;
    p = sz_view_get(view, view->size - (int64_t) n, n);

    if (p == NULL) {
        return sz_view_error(view, "the JPEG", err);
    }

    while (n > 0 && p[n - 1] == 0) {
        n--;
    }

    if (walk.at >= view->size || n < 2 || p[n - 2] != 0xff
        || p[n - 1] != 0xd9)
    {
        return sz_error_set(err, SZ_E_INPUT, "The JPEG does not end with its "
                            "end marker: after %lld bytes it is not whole.",
                            (long long) view->size);
    }

    return SZ_OK;
}


static sz_code_e
sz_whole_riff(sz_view_t *view, bool open, sz_error_t *err)
{
    int64_t               end;
    uint32_t              size;
    const unsigned char  *p;

    p = sz_view_get(view, 0, 12);
    if (p == NULL) {
        return sz_whole_cut("the RIFF head", view->size, 12, err);
    }

    size = sz_le32(p + 4);

    if (open && (size == SZ_RIFF_OPEN || size == 0)) {
        return SZ_OK;
    }

    end = 8 + (int64_t) size;

    if (view->size < end) {
        return sz_whole_cut("the RIFF", view->size, end, err);
    }

    /* an odd chunk at the end may have its padding outside */

    return (view->size <= end + (size & 1))
           ? SZ_OK : sz_whole_more(view, end, "the RIFF", err);
}


static sz_code_e
sz_whole_gif(sz_view_t *view, sz_error_t *err)
{
    const unsigned char  *p;

    p = sz_view_get(view, view->size - 1, 1);

    if (p == NULL || *p != ';') {
        return sz_error_set(err, SZ_E_INPUT, "The GIF does not end with its "
                            "trailer: after %lld bytes it is not whole.",
                            (long long) view->size);
    }

    return SZ_OK;
}


sz_code_e
sz_media_whole(int fd, int64_t size, const char *mime, sz_error_t *err)
{
    sz_code_e  rc;
    sz_view_t  view;

    rc = sz_view_file(&view, fd, err);
    if (rc != SZ_OK) {
        return rc;
    }

    if (view.size != size) {
        return sz_error_set(err, SZ_E_IO, "The file has %lld bytes on disk; "
                            "%lld were written.", (long long) view.size,
                            (long long) size);
    }

    if (strcmp(mime, "video/mp4") == 0 || strcmp(mime, "audio/mp4") == 0
        || strcmp(mime, "video/quicktime") == 0)
    {
        rc = sz_whole_mp4(&view, err);

    } else if (strcmp(mime, "image/png") == 0) {
        rc = sz_whole_png(&view, err);

    } else if (strcmp(mime, "image/jpeg") == 0) {
        rc = sz_whole_jpeg(&view, err);

    } else if (strcmp(mime, "image/webp") == 0) {
        rc = sz_whole_riff(&view, false, err);

    } else if (strcmp(mime, "audio/wav") == 0) {
        rc = sz_whole_riff(&view, true, err);

    } else if (strcmp(mime, "image/gif") == 0) {
        rc = sz_whole_gif(&view, err);
    }

    if (view.errnum != 0) {
        return sz_view_error(&view, "the file", err);
    }

    return rc;
}
