/*
 * A view of a file or of bytes in memory: small reads at any offset.  Headers
 * are parsed through it, so that a parser never sees more than it asked for
 * and never reads past the end.  Where it has a guard, that is asked after
 * every SZ_GUARD_STEP bytes; when it says no, nothing can be read any more.
 */

#ifndef SZ_MEDIA_VIEW_H
#define SZ_MEDIA_VIEW_H


#include "media/sz_media_guard.h"

#include <sys/types.h>


#define SZ_VIEW_WINDOW  4096

typedef struct {
    int                   fd;           /* -1: memory */
    const unsigned char  *memory;
    int64_t               size;
    int64_t               at;           /* of the window */
    size_t                have;
    int                   errnum;       /* of a read that failed, or 0 */
    const sz_guard_t     *guard;        /* or NULL */
    size_t                unguarded;    /* bytes read since it was asked */
    unsigned char         window[SZ_VIEW_WINDOW];
} sz_view_t;


/* SZ_E_IO when fd is no regular file.  Neither has a guard yet. */
sz_code_e sz_view_file(sz_view_t *view, int fd, sz_error_t *err);
void sz_view_bytes(sz_view_t *view, sz_str_t bytes);

/*
 * len (at most SZ_VIEW_WINDOW) bytes from offset on; they stay until the next
 * call.  NULL when the file ends before, or view->errnum is set.
 */
const unsigned char *sz_view_get(sz_view_t *view, int64_t offset, size_t len);

/* Any number of bytes into dst; false as above. */
bool sz_view_copy(sz_view_t *view, int64_t offset, void *dst, size_t len);

/*
 * What to say after a read failed: the guard's reason, the errno, or that the
 * file ends early.
 */
sz_code_e sz_view_error(const sz_view_t *view, const char *what,
    sz_error_t *err);

/* pread() until len bytes, the end of the file or an error; -1 on error. */
ssize_t sz_media_pread(int fd, void *buf, size_t len, int64_t offset);


#define sz_fourcc(a, b, c, d)                                                 \
    ((uint32_t) (a) << 24 | (uint32_t) (b) << 16                              \
     | (uint32_t) (c) << 8 | (uint32_t) (d))


static inline uint32_t
sz_be16(const unsigned char *p)
{
    return (uint32_t) p[0] << 8 | p[1];
}

static inline uint32_t
sz_be32(const unsigned char *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}

static inline uint64_t
sz_be64(const unsigned char *p)
{
    return (uint64_t) sz_be32(p) << 32 | sz_be32(p + 4);
}

static inline uint32_t
sz_le16(const unsigned char *p)
{
    return (uint32_t) p[1] << 8 | p[0];
}

static inline uint32_t
sz_le24(const unsigned char *p)
{
    return (uint32_t) p[2] << 16 | (uint32_t) p[1] << 8 | p[0];
}

static inline uint32_t
sz_le32(const unsigned char *p)
{
    return (uint32_t) p[3] << 24 | sz_le24(p);
}

static inline unsigned char *
sz_put_be32(unsigned char *p, uint32_t v)
{
    p[0] = (unsigned char) (v >> 24);
    p[1] = (unsigned char) (v >> 16);
    p[2] = (unsigned char) (v >> 8);
    p[3] = (unsigned char) v;

    return p + 4;
}


#endif /* SZ_MEDIA_VIEW_H */
