#include "mcp/sz_mcp_cursor.h"
#include "mcp/sz_mcp_caller.h"
#include "mcp/sz_mcp_exchange.h"
#include "mcp/sz_mcp_seal.h"


/* "v1." and 28 bytes around the longest name, in base64url. */
#define SZ_CURSOR_MAX  ((SZ_PATH_MAX + 64) * 4 / 3 + 8)


static sz_str_t
sz_cursor_bound(const sz_exchange_t *x, const char *method)
{
    char  caller[SZ_CALLER_HEX];

    sz_hex_encode(caller, x->caller_id, SZ_CALLER_ID);

    return sz_str_of(sz_printf(x->arena, "cursor\n%s\n%s", method, caller));
}


char *
sz_cursor_make(const sz_exchange_t *x, const char *method,
    const sz_cursor_t *at)
{
    char      *plain;
    sz_str_t   bound;

    bound = sz_cursor_bound(x, method);
    plain = sz_printf(x->arena, "%u/%s", at->kind, at->name);

    return (bound.data != NULL && plain != NULL)
           ? sz_seal(x->arena, x->server->secret, bound, sz_str_of(plain))
           : NULL;
}


bool
sz_cursor_read(const sz_exchange_t *x, const char *method, const char *text,
    sz_cursor_t *at)
{
    char      *name;
    sz_str_t   bound, plain;

    bound = sz_cursor_bound(x, method);

    if (bound.data == NULL || strlen(text) > SZ_CURSOR_MAX
        || !sz_exchange_unseal(x, bound, sz_str_of(text), &plain))
    {
        return false;
    }

    /* ours, but perhaps of another version: its range is checked, too */

    if (plain.len < 3 || plain.data[0] < '0'
        || plain.data[0] >= '0' + SZ_MEDIA_KINDS || plain.data[1] != '/')
    {
        return false;
    }

    name = sz_strdup(x->arena, (sz_str_t) { plain.len - 2, plain.data + 2 });

    if (name == NULL || sz_name_check(name, "cursor", NULL) != SZ_OK) {
        return false;
    }

    at->kind = (unsigned) (plain.data[0] - '0');
    at->name = name;

    return true;
}
