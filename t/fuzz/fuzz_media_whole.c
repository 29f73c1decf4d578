/*
 * The container check, for every type it knows.  What passes must not pass
 * any more with bytes behind it, for the types that say where they end.
 */

#include "media/sz_media.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>


static const char *const  types[] = {
    "video/mp4", "video/quicktime", "audio/mp4", "image/png", "image/jpeg",
    "image/webp", "image/gif", "audio/wav", "application/x-unknown"
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int         fd;
    size_t      i;
    sz_code_e   rc;
    sz_error_t  err;

    fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (write(fd, data, size) != (ssize_t) size) {
        abort();
    }

    for (i = 0; i < sz_array_len(types); i++) {
        rc = sz_media_whole(fd, (int64_t) size, types[i], &err);

        if (rc != SZ_OK && err.text[0] == '\0') {
            abort();
        }
    }

    rc = sz_media_whole(fd, (int64_t) size, "image/png", NULL);

    if (rc == SZ_OK) {
        if (write(fd, "12345678", 8) != 8
            || sz_media_whole(fd, (int64_t) size + 8, "image/png", NULL)
               == SZ_OK)
        {
            abort();
        }
    }

    close(fd);

    return 0;
}
