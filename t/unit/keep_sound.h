/*
 * Looks into the memory of a keep: whether all that follows from its records
 * and items does follow, and what it holds, as one number.
 */

#ifndef KEEP_SOUND_H
#define KEEP_SOUND_H


#include "mcp/sz_mcp_keep.c"

#include <stdio.h>
#include <stdlib.h>


static const char  *keep_fault;

/* The use of each block, at most one. */
static unsigned char  keep_used[1 << 16];


static bool
keep_use(sz_keep_t *k, uint32_t i, uint32_t type)
{
    if (i == 0 || i >= k->fresh || keep_used[i]
        || sz_keep_at(k, i)->type != type)
    {
        return false;
    }

    keep_used[i] = 1;

    return true;
}


static bool
keep_sound_items(sz_keep_t *k, uint32_t at)
{
    uint32_t                 i, j, n, items, last, blocks;
    const sz_keep_record_t  *r = &sz_keep_at(k, at)->record;

    items = 0;
    last = 0;
    blocks = 1;

    for (i = r->first; i != 0; i = sz_keep_at(k, i)->item.after) {

        if (!keep_use(k, i, SZ_BLOCK_ITEM)
            || sz_keep_at(k, i)->item.record != at)
        {
            return false;
        }

        n = sz_keep_blocks(sz_keep_at(k, i)->item.len);
        blocks += n;

        for (j = sz_keep_at(k, i)->next; n > 1; n--) {
            if (!keep_use(k, j, SZ_BLOCK_PLAIN)) {
                return false;
            }
            j = sz_keep_at(k, j)->next;
        }

        items++;
        last = i;
    }

    return r->items == items && r->last == last && r->blocks == blocks;
}


static bool
keep_sound_caller(sz_keep_t *k, uint32_t at)
{
    uint32_t                 i, newest, blocks;
    const sz_keep_record_t  *r;
    const sz_keep_caller_t  *c = &sz_keep_at(k, at)->caller;

    newest = 0;
    blocks = 0;

    for (i = c->oldest; i != 0; i = r->newer) {
        r = &sz_keep_at(k, i)->record;

        if (!keep_use(k, i, SZ_BLOCK_RECORD) || r->older != newest
            || r->owner != at || memcmp(r->caller, c->id, SZ_HUB_ID) != 0
            || !keep_sound_items(k, i))
        {
            return false;
        }

        blocks += r->blocks;
        newest = i;
    }

    return newest != 0 && c->newest == newest && c->blocks == blocks
           && c->rank == (uint32_t) (31 - __builtin_clz(blocks));
}


static bool
keep_sound(sz_keep_t *k)
{
    uint32_t  i, j, n, records, hashed, callers, ranked, n_free;

    memset(keep_used, 0, sizeof(keep_used));

    records = callers = hashed = ranked = n_free = 0;

    for (i = 0; i < SZ_KEEP_RANKS; i++) {
        for (j = k->rank[i]; j != 0; j = sz_keep_at(k, j)->caller.behind) {
            keep_fault = "callers by rank";
            if (!keep_use(k, j, SZ_BLOCK_CALLER)
                || sz_keep_at(k, j)->caller.rank != i
                || !keep_sound_caller(k, j)
                || sz_keep_caller(k, sz_keep_at(k, j)->caller.id) != j)
            {
                return false;
            }
            ranked++;
        }
    }

    for (i = 0; i < k->buckets; i++) {
        for (j = k->heads[i]; j != 0; j = sz_keep_at(k, j)->record.chain) {
            keep_fault = "records by id";
            if (sz_keep_at(k, j)->type != SZ_BLOCK_RECORD
                || ++hashed > k->n)
            {
                return false;
            }
        }
    }

    for (j = k->free; j != 0; j = sz_keep_at(k, j)->next) {
        keep_fault = "free blocks";
        if (!keep_use(k, j, SZ_BLOCK_PLAIN)) {
            return false;
        }
        n_free++;
    }

    n = 0;

    for (i = 1; i < k->fresh; i++) {
        n += (keep_used[i] == 0);
        records += sz_keep_at(k, i)->type == SZ_BLOCK_RECORD;
        callers += sz_keep_at(k, i)->type == SZ_BLOCK_CALLER;
    }

    keep_fault = "counts";

    return n == 0 && records == hashed && callers == ranked
           && k->n_free == n_free + k->n - k->fresh;
}


static uint64_t
keep_hash(uint64_t h, const void *data, size_t len)
{
    size_t                i;
    const unsigned char  *p = data;

    for (i = 0; i < len; i++) {
        h = (h ^ p[i]) * 0x100000001b3;
    }

    return h;
}


/* Of what is held, in no order. */

__attribute__((unused)) static uint64_t
keep_digest(sz_keep_t *k)
{
    uint32_t                 i, item, p;
    size_t                   done, n;
    uint64_t                 h, sum;
    const sz_keep_record_t  *r;
    const sz_keep_item_t    *it;
    const unsigned char     *data;

    sum = 0;

    for (i = 1; i < k->fresh; i++) {

        if (sz_keep_at(k, i)->type != SZ_BLOCK_RECORD) {
            continue;
        }

        r = &sz_keep_at(k, i)->record;
        h = keep_hash(0xcbf29ce484222325, r, offsetof(sz_keep_record_t, chain));

        for (item = r->first; item != 0; item = it->after) {
            it = &sz_keep_at(k, item)->item;
            h = keep_hash(h, &it->n, 3 * sizeof(uint32_t));
            p = item;

            for (done = 0; done < it->len; done += n) {
                data = sz_keep_piece(k, item, &p, it->len - done, &n);
                h = keep_hash(h, data, n);
            }
        }

        sum += h;
    }

    return sum;
}


#endif /* KEEP_SOUND_H */
