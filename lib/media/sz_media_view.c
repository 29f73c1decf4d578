#include "media/sz_media_view.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>


sz_code_e
sz_view_file(sz_view_t *view, int fd, sz_error_t *err)
{
    struct stat  st;

    view->fd = fd;
    view->memory = NULL;
    view->at = 0;
    view->have = 0;
    view->errnum = 0;
    view->guard = NULL;
    view->unguarded = 0;

    if (fstat(fd, &st) != 0) {
        return sz_error_errno(err, errno, "The file cannot be examined");
    }

    if (!S_ISREG(st.st_mode)) {
        return sz_error_set(err, SZ_E_IO, "This is not a regular file.");
    }

    view->size = st.st_size;

    return SZ_OK;
}


void
sz_view_bytes(sz_view_t *view, sz_str_t bytes)
{
    view->fd = -1;
    view->memory = (const unsigned char *) bytes.data;
    view->size = (int64_t) bytes.len;
    view->at = 0;
    view->have = 0;
    view->errnum = 0;
    view->guard = NULL;
    view->unguarded = 0;
}


ssize_t
sz_media_pread(int fd, void *buf, size_t len, int64_t offset)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < len; done += (size_t) n) {

        n = pread(fd, (char *) buf + done, len - done,
                  offset + (int64_t) done);

        if (n == 0) {
            break;
        }

        if (n < 0) {
            if (errno != EINTR) {
                return -1;
            }

            n = 0;
        }
    }

    return (ssize_t) done;
}


/* Before len bytes are read. */

static bool
sz_view_allowed(sz_view_t *view, size_t len)
{
    if (view->guard == NULL) {
        return true;
    }

    view->unguarded += len;

    if (view->unguarded < SZ_GUARD_STEP) {
        return true;
    }

    if (sz_guard_check(view->guard, NULL) != SZ_OK) {
        return false;
    }

    view->unguarded = len;

    return true;
}


const unsigned char *
sz_view_get(sz_view_t *view, int64_t offset, size_t len)
{
    ssize_t  n;

    if (offset < 0 || len > SZ_VIEW_WINDOW
        || offset > view->size - (int64_t) len)
    {
        return NULL;
    }

    if (view->fd == -1) {
        return view->memory + offset;
    }

    if (offset < view->at
        || offset + (int64_t) len > view->at + (int64_t) view->have)
    {
        if (!sz_view_allowed(view, SZ_VIEW_WINDOW)) {
            return NULL;
        }

        n = sz_media_pread(view->fd, view->window, SZ_VIEW_WINDOW, offset);

        if (n < 0) {
            view->errnum = errno;
            view->have = 0;
            return NULL;
        }

        view->at = offset;
        view->have = (size_t) n;

        if (view->have < len) {
            return NULL;
        }
    }

    return view->window + (offset - view->at);
}


bool
sz_view_copy(sz_view_t *view, int64_t offset, void *dst, size_t len)
{
    ssize_t  n;

    if (offset < 0 || len > (uint64_t) view->size
        || offset > view->size - (int64_t) len)
    {
        return false;
    }

    if (view->fd == -1) {
        memcpy(dst, view->memory + offset, len);
        return true;
    }

    if (!sz_view_allowed(view, len)) {
        return false;
    }

    n = sz_media_pread(view->fd, dst, len, offset);

    if (n < 0) {
        view->errnum = errno;
    }

    return n == (ssize_t) len;
}


sz_code_e
sz_view_error(const sz_view_t *view, const char *what, sz_error_t *err)
{
    sz_code_e  rc;

    rc = (view->guard != NULL) ? sz_guard_check(view->guard, err) : SZ_OK;

    if (rc != SZ_OK) {
        return rc;
    }

    if (view->errnum != 0) {
        return sz_error_errno(err, view->errnum, "The file cannot be read");
    }

    return sz_error_set(err, SZ_E_INPUT,
                        "The file ends early: after %lld bytes, inside %s.",
                        (long long) view->size, what);
}
