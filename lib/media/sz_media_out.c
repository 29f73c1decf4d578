#include "media/sz_media_encode.h"

#include <errno.h>
#include <unistd.h>


void
sz_out_init(sz_out_t *out, int fd)
{
    out->fd = fd;
    out->errnum = 0;
    out->total = 0;
    out->used = 0;
}


static bool
sz_out_write(sz_out_t *out, const unsigned char *data, size_t len)
{
    ssize_t  n;

    while (len > 0 && out->errnum == 0) {

        n = pwrite(out->fd, data, len, out->total);

        if (n > 0) {
            data += n;
            len -= (size_t) n;
            out->total += n;

        } else if (n == 0 || errno != EINTR) {
            out->errnum = (n == 0) ? ENOSPC : errno;
        }
    }

    return out->errnum == 0;
}


bool
sz_out_flush(sz_out_t *out)
{
    size_t  used;

    used = out->used;
    out->used = 0;

    return sz_out_write(out, out->buffer, used);
}


bool
sz_out_add(sz_out_t *out, const void *data, size_t len)
{
    if (len > SZ_OUT_BUFFER - out->used && !sz_out_flush(out)) {
        return false;
    }

    if (len > SZ_OUT_BUFFER) {
        return sz_out_write(out, data, len);
    }

    memcpy(out->buffer + out->used, data, len);
    out->used += len;

    return out->errnum == 0;
}


sz_code_e
sz_out_error(const sz_out_t *out, sz_error_t *err)
{
    return sz_error_errno(err, out->errnum, "The picture cannot be written");
}
