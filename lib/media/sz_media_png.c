#include "media/sz_media_png.h"

#include <stdlib.h>
#include <zlib.h>


unsigned char *
sz_png_profile(const unsigned char *icc, size_t icc_len, size_t *len)
{
    uLongf          room;
    unsigned char  *chunk;

    static const char  name[] = "ICC Profile\0";    /* and the method, 0 */

    *len = 0;
    room = compressBound(icc_len);
    chunk = malloc(sizeof(name) + room);

    if (chunk == NULL) {
        return NULL;
    }

    memcpy(chunk, name, sizeof(name));

    if (compress2(chunk + sizeof(name), &room, icc, icc_len,
                  Z_DEFAULT_COMPRESSION) != Z_OK)
    {
        free(chunk);
        return NULL;
    }

    *len = sizeof(name) + room;

    return chunk;
}
