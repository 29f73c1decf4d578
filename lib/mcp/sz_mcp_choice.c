/*
 * Which tools an endpoint offers of those that it could.
 */

#include "mcp/sz_mcp_exchange.h"


static bool
sz_choice_is(sz_str_t item, const char *name)
{
    size_t  len;

    if (item.len > 0 && item.data[item.len - 1] == '*') {
        len = item.len - 1;
        return strncmp(name, item.data, len) == 0;
    }

    return sz_str_is(item, name);
}


static sz_str_t
sz_choice_plain(sz_str_t item)
{
    if (item.len > 0 && item.data[0] == '-') {
        item.data++;
        item.len--;
    }

    return item;
}


bool
sz_choice_offers(const sz_server_t *server, const char *name)
{
    bool      any, chosen;
    size_t    i;
    sz_str_t  item, plain;

    any = chosen = false;

    for (i = 0; i < server->n_choice; i++) {
        item = server->choice[i];
        plain = sz_choice_plain(item);

        if (plain.data != item.data) {

            if (sz_choice_is(plain, name)) {
                return false;
            }

            continue;
        }

        any = true;
        chosen = chosen || sz_choice_is(item, name);
    }

    return chosen || !any;
}


bool
sz_choice_known(sz_str_t item, const char **nearest)
{
    char                     text[SZ_NAME_SHOWN + 1];
    size_t                   i;
    unsigned                 distance, least;
    const char              *name;
    const sz_pack_t *const  *pack;

    item = sz_choice_plain(item);
    *nearest = NULL;
    least = (unsigned) -1;

    if (item.len == 0 || item.len > SZ_NAME_SHOWN) {
        return false;
    }

    memcpy(text, item.data, item.len);
    text[item.len] = '\0';

    for (pack = sz_packs; *pack != NULL; pack++) {

        for (i = 0; (*pack)->tools[i] != NULL; i++) {
            name = (*pack)->tools[i]->name;

            if (sz_choice_is(item, name)) {
                return true;
            }

            if (strlen(name) > SZ_NAME_SHOWN) {
                continue;
            }

            distance = sz_schema_distance(text, name);

            if (distance < least) {
                least = distance;
                *nearest = name;
            }
        }
    }

    return false;
}
