/*
 * The whole path.  The first eight bytes are the job, the rest is the file:
 *
 *     0  fit (2 bits), output (2 bits), effort (2 bits), scaled (1 bit)
 *     1  quality                      2,3  target size
 *     4  memory: (value + 1) MiB      5..7 background
 *
 * What succeeds must be a picture of the target's size.
 */

#include "media/sz_media.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>


#define HEAD  8


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int       in = -1, out;
    sz_code_e        rc;
    sz_error_t       err;
    sz_prepare_t     how = { .max_pixels = { 300000, "pixels" },
                             .max_time = { 4000, "time" } };
    sz_prepared_t    done;
    sz_image_info_t  info;

    if (size < HEAD) {
        return 0;
    }

    if (in == -1) {
        in = memfd_create("in", MFD_CLOEXEC);
        out = memfd_create("out", MFD_CLOEXEC);
    }

    how.fit = (sz_fit_e) ((data[0] & 3) % 3);
    how.output = (sz_image_e) (1 + (data[0] >> 2 & 3) % 3);
    how.effort = (sz_effort_e) ((data[0] >> 4 & 3) % 3);
    how.scaled = data[0] >> 6 & 1;
    how.quality = data[1] % 101;
    how.width = 1 + data[2];
    how.height = 1 + data[3];
    how.max_memory.value = (data[4] + 1) * 1024 * 1024;
    how.max_memory.name = "memory";
    how.background = (uint32_t) data[5] << 16 | (uint32_t) data[6] << 8
                     | data[7];

    if (ftruncate(in, 0) != 0 || ftruncate(out, 0) != 0
        || pwrite(in, data + HEAD, size - HEAD, 0) != (ssize_t) (size - HEAD))
    {
        abort();
    }

    err.text[0] = '\0';
    rc = sz_image_prepare(&how, in, out, &done, &err);

    if (rc != SZ_OK) {
        if (err.text[0] == '\0' || err.code != rc || rc == SZ_E_INTERNAL) {
            fprintf(stderr, "%d %d %s\n", rc, err.code, err.text);
            abort();
        }

        return 0;
    }

    if (sz_media_whole(out, done.size, sz_image_mime(how.output), &err)
        != SZ_OK
        || sz_image_probe(out, &info, &err) != SZ_OK
        || info.type != how.output || info.width != how.width
        || info.height != how.height)
    {
        fprintf(stderr, "%s\n", err.text);
        abort();
    }

    return 0;
}
