/*
 * URIs and cursors from clients: whatever a template lets through is a value
 * without control characters that becomes the same value again, and whatever
 * the store then accepts stays inside.  No cursor is ours by accident.
 */

#include "mcp/sz_mcp_cursor.h"
#include "tools/sz_tools_resource.h"

#include <stdlib.h>


static void
check_value(sz_arena_t *arena, const char *value)
{
    const char  *p;
    sz_buf_t     uri;
    char        *again;

    for (p = value; *p != '\0'; p++) {
        if ((unsigned char) *p < 0x20 || *p == 0x7f) {
            abort();
        }
    }

    sz_buf_init(&uri, 65536);
    sz_resource_uri(&uri, SZ_MEDIA_IMAGE, value);
    sz_buf_c(&uri, '\0');

    if (uri.failed) {
        abort();
    }

    again = sz_resource_match(arena, "sanzaru://images/{+name}", uri.data);

    if (again == NULL || strcmp(again, value) != 0) {
        abort();
    }

    if (sz_name_check(value, "uri", NULL) == SZ_OK
        && (value[0] == '/' || strstr(value, "/../") != NULL
            || strncmp(value, "../", 3) == 0))
    {
        abort();
    }

    sz_buf_free(&uri);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char           *text, *value;
    size_t          i;
    sz_cursor_t     at;
    sz_server_t     server;
    sz_exchange_t   x;

    static const char *const  patterns[] = {
        "sanzaru://images/{+name}", "{+name}", "test://{id}/data", "{id}"
    };

    if (size > 4000) {
        return 0;
    }

    memset(&server, 0, sizeof(server));
    memset(server.secret, 5, sizeof(server.secret));
    memset(&x, 0, sizeof(x));
    x.arena = sz_arena_create(1 << 20);
    x.server = &server;

    text = sz_strdup(x.arena, (sz_str_t) { size, (const char *) data });

    for (i = 0; i < sz_array_len(patterns); i++) {
        value = sz_resource_match(x.arena, patterns[i], text);

        if (value != NULL) {
            check_value(x.arena, value);
        }
    }

    if (sz_cursor_read(&x, "resources/list", text, &at)) {
        abort();
    }

    sz_arena_destroy(x.arena);

    return 0;
}
