/*
 * Headers: sniffing, the probe on memory and on a file, which must agree.
 *
 * clang -fsanitize=fuzzer,address,undefined -Ilib t/fuzz/fuzz_media_probe.c
 *     lib/base/ *.c lib/media/ *.c -lcjson -ljpeg -lpng -lwebp -lz -lm
 */

#include "media/sz_media.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int              fd;
    sz_str_t         bytes = { size, (const char *) data };
    sz_code_e        rc, again;
    sz_error_t       err;
    sz_image_info_t  info, other;

    if (sz_media_sniff(bytes) != NULL && sz_media_is_text(bytes)) {
        abort();
    }

    memset(&info, 0, sizeof(info));
    memset(&other, 0, sizeof(other));

    fd = memfd_create("fuzz", MFD_CLOEXEC);

    if (write(fd, data, size) != (ssize_t) size) {
        abort();
    }

    rc = sz_image_probe_bytes(bytes, &info, &err);
    again = sz_image_probe(fd, &other, NULL);
    close(fd);

    if (rc != again || memcmp(&info, &other, sizeof(info)) != 0) {
        abort();
    }

    if (rc == SZ_OK
        && (info.width == 0 || info.height == 0 || info.orientation < 1
            || info.orientation > 8 || info.channels < 1
            || info.channels > 4))
    {
        abort();
    }

    return 0;
}
