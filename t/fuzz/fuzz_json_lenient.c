/*
 * JSON of providers: what the strict reader takes, the lenient one takes, too;
 * what was mended is strict and bounded, and mending it changes nothing; what
 * was read can be written again, without doubled members.
 */

#include "base/sz_json.h"

#include <stdlib.h>


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool       strict;
    cJSON     *root, *again;
    sz_jw_t    w;
    sz_buf_t   mended, twice, out;
    sz_str_t   text = { size, (const char *) data };

    if (size > 65536) {
        return 0;
    }

    strict = (sz_json_check(text, NULL) == SZ_OK);

    if (sz_json_mend(text, &mended, NULL) != SZ_OK) {
        if (strict) {
            abort();
        }

        sz_buf_free(&mended);
        return 0;
    }

    if (mended.len > SZ_JSON_MENDED(size)
        || sz_json_mend(sz_buf_view(&mended), &twice, NULL) != SZ_OK
        || !sz_str_eq(sz_buf_view(&mended), sz_buf_view(&twice)))
    {
        abort();
    }

    root = sz_json_parse_lenient(text, NULL);

    if (root == NULL) {
        abort();
    }

    sz_buf_init(&out, 1 << 22);
    sz_jw_init(&w, &out);
    sz_jw_node(&w, root);

    again = out.failed ? NULL : sz_json_parse(sz_buf_view(&out), NULL);

    if (again == NULL && !out.failed) {
        abort();
    }

    cJSON_Delete(again);
    cJSON_Delete(root);
    sz_buf_free(&out);
    sz_buf_free(&twice);
    sz_buf_free(&mended);

    return 0;
}
