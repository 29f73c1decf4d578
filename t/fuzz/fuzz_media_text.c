/*
 * Orientations in texts of a PNG.  Byte 0 says how: the text of a raw profile
 * or of XMP as it is; or the content of a chunk (tEXt, zTXt, iTXt) with the
 * keyword of either.
 */

#include "media/sz_media_text.h"

#include <stdlib.h>


static const uint32_t  types[] = {
    sz_fourcc('t', 'E', 'X', 't'), sz_fourcc('z', 'T', 'X', 't'),
    sz_fourcc('i', 'T', 'X', 't')
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char         *text;
    uint8_t       o;
    sz_view_t     view;
    const char   *keyword;
    sz_section_t  part;

    if (size < 1) {
        return 0;
    }

    keyword = (data[0] & 1) ? SZ_TEXT_PROFILE : SZ_TEXT_XMP;
    text = malloc(size);
    memcpy(text, data + 1, size - 1);

    if (data[0] & 2) {
        o = (data[0] & 1) ? sz_text_profile(text, size - 1)
                          : sz_text_xmp(text, size - 1);

    } else {
        part.type = types[(data[0] >> 2) % 3];
        part.data = 0;
        part.len = (int64_t) size - 1;
        sz_view_bytes(&view, (sz_str_t) { size - 1, text });

        (void) sz_text_is(&view, &part, keyword);
        o = sz_text_orientation(&view, &part, keyword);
    }

    free(text);

    if (o > 8) {
        abort();
    }

    return 0;
}
