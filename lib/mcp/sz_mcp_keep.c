#include "mcp/sz_mcp_keep.h"
#include "mcp/sz_mcp_commit.h"

#include <assert.h>


#define SZ_KEEP_RANKS  32
#define SZ_KEEP_SWEEP  2            /* records that are over, per new one */
#define SZ_KEEP_LOOK   32           /* records, and callers, to choose from */


typedef enum {
    SZ_BLOCK_PLAIN = 0,             /* free, or a part of an item's text */
    SZ_BLOCK_CALLER,
    SZ_BLOCK_RECORD,
    SZ_BLOCK_ITEM
} sz_block_type_e;


#define SZ_BLOCK_DATA  (SZ_KEEP_BLOCK - 4 * sizeof(uint32_t))
#define SZ_ITEM_DATA   (SZ_BLOCK_DATA - 5 * sizeof(uint32_t))


/* The record, the number and the text are what counts; `after` follows. */

typedef struct {
    uint32_t           record;
    uint32_t           n;
    uint32_t           last;
    uint32_t           len;
    uint32_t           after;
    unsigned char      data[SZ_ITEM_DATA];
} sz_keep_item_t;


/* Follows from the records, all of it. */

typedef struct {
    unsigned char      id[SZ_HUB_ID];
    uint32_t           chain;
    uint32_t           blocks;
    uint32_t           newest;
    uint32_t           oldest;
    uint32_t           rank;        /* log2(blocks), a list for each */
    uint32_t           before;
    uint32_t           behind;
} sz_keep_caller_t;


typedef struct {
    uint32_t           type;        /* the commit */
    uint32_t           next;        /* of an item's text; of what is free */
    uint32_t           seen;        /* while all that follows is made anew */
    uint32_t           unused;

    union {
        sz_keep_record_t   record;
        sz_keep_item_t     item;
        sz_keep_caller_t   caller;
        unsigned char      data[SZ_BLOCK_DATA];
    };
} sz_block_t;

static_assert(sizeof(sz_block_t) == SZ_KEEP_BLOCK, "the size of a block");


/* Block 0 is not used: an index of 0 is none. */

struct sz_keep_s {
    uint32_t           n;           /* blocks */
    uint32_t           fresh;       /* from here on none was ever used */
    uint32_t           buckets;     /* of each hash, a power of two */
    uint32_t           busy;
    uint32_t           free;
    uint32_t           n_free;
    uint32_t           rank[SZ_KEEP_RANKS];
    uint32_t           heads[];     /* of records, then of callers */
};


static size_t
sz_keep_begin(uint32_t buckets)
{
    return (sizeof(sz_keep_t) + 2 * buckets * sizeof(uint32_t)
            + sizeof(size_t) - 1) & ~(sizeof(size_t) - 1);
}


/* Whatever the index, a block. */

static sz_block_t *
sz_keep_at(sz_keep_t *k, uint32_t i)
{
    sz_block_t  *blocks;

    blocks = (sz_block_t *) ((char *) k + sz_keep_begin(k->buckets));

    return &blocks[(i < k->n) ? i : 0];
}


static uint32_t
sz_keep_index(sz_keep_t *k, const sz_keep_record_t *record)
{
    const char  *block;

    block = (const char *) record - offsetof(sz_block_t, record);

    return (uint32_t) ((block - (char *) sz_keep_at(k, 0)) / SZ_KEEP_BLOCK);
}


/*
 * Blocks.
 */

static void
sz_keep_give(sz_keep_t *k, uint32_t i)
{
    sz_block_t  *b = sz_keep_at(k, i);

    sz_commit(&b->type, SZ_BLOCK_PLAIN);

    b->next = k->free;
    k->free = i;
    k->n_free++;
}


/* What lies there is not known, and it need not be zeroes. */

static uint32_t
sz_keep_fresh(sz_keep_t *k)
{
    uint32_t     i;
    sz_block_t  *b;

    i = k->fresh;

    if (i >= k->n) {
        return 0;
    }

    b = sz_keep_at(k, i);
    b->type = SZ_BLOCK_PLAIN;
    b->next = 0;

    k->n_free--;
    sz_commit(&k->fresh, i + 1);

    return i;
}


/* 0: there is none. */

static uint32_t
sz_keep_take(sz_keep_t *k)
{
    uint32_t     i;
    sz_block_t  *b;

    i = k->free;

    if (i == 0) {
        return sz_keep_fresh(k);
    }

    b = sz_keep_at(k, i);

    k->free = b->next;
    k->n_free--;
    b->next = 0;

    return i;
}


/*
 * Callers.
 */

static uint32_t *
sz_keep_callers(sz_keep_t *k, const unsigned char *id)
{
    uint32_t  n;

    memcpy(&n, id, sizeof(n));

    return &k->heads[k->buckets + (n & (k->buckets - 1))];
}


static uint32_t
sz_keep_caller(sz_keep_t *k, const unsigned char *id)
{
    uint32_t     i, left;
    sz_block_t  *b;

    left = k->n;

    for (i = *sz_keep_callers(k, id); i != 0 && left > 0; left--) {
        b = sz_keep_at(k, i);

        if (memcmp(b->caller.id, id, SZ_HUB_ID) == 0) {
            return i;
        }

        i = b->caller.chain;
    }

    return 0;
}


static void
sz_keep_rank(sz_keep_t *k, uint32_t i)
{
    uint32_t          *first;
    sz_keep_caller_t  *c = &sz_keep_at(k, i)->caller;

    c->rank = (uint32_t) (31 - __builtin_clz(c->blocks | 1));
    first = &k->rank[c->rank];

    c->before = 0;
    c->behind = *first;
    sz_keep_at(k, *first)->caller.before = i;
    *first = i;
}


static void
sz_keep_unrank(sz_keep_t *k, uint32_t i)
{
    sz_keep_caller_t  *c = &sz_keep_at(k, i)->caller;

    if (c->before != 0) {
        sz_keep_at(k, c->before)->caller.behind = c->behind;

    } else {
        k->rank[c->rank % SZ_KEEP_RANKS] = c->behind;
    }

    sz_keep_at(k, c->behind)->caller.before = c->before;
}


static uint32_t
sz_keep_caller_open(sz_keep_t *k, const unsigned char *id)
{
    uint32_t           i, *head;
    sz_block_t        *b;
    sz_keep_caller_t  *c;

    i = sz_keep_caller(k, id);

    if (i == 0) {
        i = sz_keep_take(k);
    } else {
        return i;
    }

    if (i == 0) {
        return 0;
    }

    b = sz_keep_at(k, i);
    b->type = SZ_BLOCK_CALLER;

    head = sz_keep_callers(k, id);

    c = &b->caller;
    memset(c, 0, sizeof(sz_keep_caller_t));
    memcpy(c->id, id, SZ_HUB_ID);
    c->chain = *head;
    *head = i;

    sz_keep_rank(k, i);

    return i;
}


static void
sz_keep_caller_drop(sz_keep_t *k, uint32_t i)
{
    uint32_t          *p, left;
    sz_keep_caller_t  *c = &sz_keep_at(k, i)->caller;

    sz_keep_unrank(k, i);

    left = k->n;

    for (p = sz_keep_callers(k, c->id); *p != 0 && left > 0; left--) {

        if (*p == i) {
            *p = c->chain;
            break;
        }

        p = &sz_keep_at(k, *p)->caller.chain;
    }

    sz_keep_give(k, i);
}


/* A caller has so many blocks more, or fewer. */

static void
sz_keep_count(sz_keep_t *k, uint32_t i, uint32_t more, uint32_t fewer)
{
    sz_keep_caller_t  *c = &sz_keep_at(k, i)->caller;

    if (i == 0) {
        return;
    }

    sz_keep_unrank(k, i);
    c->blocks += more - fewer;
    sz_keep_rank(k, i);
}


/*
 * Records.
 */

static uint32_t *
sz_keep_records(sz_keep_t *k, uint32_t kind, const unsigned char *id)
{
    uint32_t  n;

    memcpy(&n, id, sizeof(n));

    return &k->heads[(n ^ kind) & (k->buckets - 1)];
}


static void
sz_keep_newest(sz_keep_t *k, uint32_t i)
{
    sz_keep_record_t  *r = &sz_keep_at(k, i)->record;
    sz_keep_caller_t  *c = &sz_keep_at(k, r->owner)->caller;

    r->newer = 0;
    r->older = c->newest;

    if (c->newest != 0) {
        sz_keep_at(k, c->newest)->record.newer = i;

    } else {
        c->oldest = i;
    }

    c->newest = i;
}


static void
sz_keep_unlink(sz_keep_t *k, uint32_t i)
{
    sz_keep_record_t  *r = &sz_keep_at(k, i)->record;
    sz_keep_caller_t  *c = &sz_keep_at(k, r->owner)->caller;

    if (r->newer != 0) {
        sz_keep_at(k, r->newer)->record.older = r->older;

    } else {
        c->newest = r->older;
    }

    if (r->older != 0) {
        sz_keep_at(k, r->older)->record.newer = r->newer;

    } else {
        c->oldest = r->newer;
    }
}


/* How many blocks an item with so much text takes. */

static uint32_t
sz_keep_blocks(uint32_t len)
{
    len = (len < SZ_KEEP_BYTES) ? len : SZ_KEEP_BYTES;

    return (len <= SZ_ITEM_DATA)
           ? 1 : 1 + (uint32_t) ((len - SZ_ITEM_DATA + SZ_BLOCK_DATA - 1)
                                 / SZ_BLOCK_DATA);
}


/* Gives an item's blocks back; how many they were. */

static uint32_t
sz_keep_item_drop(sz_keep_t *k, uint32_t i)
{
    uint32_t     n, left, next;
    sz_block_t  *b;

    b = sz_keep_at(k, i);
    n = sz_keep_blocks(b->item.len);
    next = b->next;

    sz_keep_give(k, i);

    for (left = n - 1; left > 0 && next != 0; left--) {
        i = next;
        next = sz_keep_at(k, i)->next;
        sz_keep_give(k, i);
    }

    return n;
}


static void
sz_keep_record_drop(sz_keep_t *k, uint32_t i)
{
    uint32_t           item, next, owner, *p, left;
    sz_block_t        *b;
    sz_keep_record_t  *r;

    b = sz_keep_at(k, i);
    r = &b->record;

    sz_commit(&b->type, SZ_BLOCK_PLAIN);

    left = k->n;

    for (p = sz_keep_records(k, r->kind, r->id); *p != 0 && left > 0; left--) {

        if (*p == i) {
            *p = r->chain;
            break;
        }

        p = &sz_keep_at(k, *p)->record.chain;
    }

    owner = r->owner;
    sz_keep_unlink(k, i);

    item = r->first;

    for (left = SZ_KEEP_ITEMS; item != 0 && left > 0; left--) {
        next = sz_keep_at(k, item)->item.after;
        (void) sz_keep_item_drop(k, item);
        item = next;
    }

    sz_keep_count(k, owner, 0, r->blocks);
    sz_keep_give(k, i);

    if (sz_keep_at(k, owner)->caller.newest == 0) {
        sz_keep_caller_drop(k, owner);
    }
}


/*
 * Room.
 */

/* A caller's oldest record; a question, which a call waits for, last. */

static uint32_t
sz_keep_oldest(sz_keep_t *k, uint32_t caller, uint32_t keep)
{
    uint32_t           i, left, question;
    sz_keep_record_t  *r;

    question = 0;
    i = sz_keep_at(k, caller)->caller.oldest;

    for (left = SZ_KEEP_LOOK; i != 0 && left > 0; left--) {
        r = &sz_keep_at(k, i)->record;

        if (i != keep) {

            if (r->kind != SZ_KEEP_QUESTION) {
                return i;
            }

            question = (question == 0) ? i : question;
        }

        i = r->newer;
    }

    return question;
}


static uint32_t
sz_keep_victim(sz_keep_t *k, uint32_t mine, uint32_t keep)
{
    uint32_t  i, rank, left, record;

    for (rank = SZ_KEEP_RANKS; rank-- > 0; /* void */) {

        if (mine != 0 && sz_keep_at(k, mine)->caller.rank == rank) {

            record = sz_keep_oldest(k, mine, keep);

            if (record != 0) {
                return record;
            }
        }

        i = k->rank[rank];

        for (left = SZ_KEEP_LOOK; i != 0 && left > 0; left--) {

            record = sz_keep_oldest(k, i, keep);

            if (record != 0) {
                return record;
            }

            i = sz_keep_at(k, i)->caller.behind;
        }
    }

    return 0;
}


static bool
sz_keep_room(sz_keep_t *k, const unsigned char *caller, uint32_t keep,
    uint32_t blocks)
{
    uint32_t  victim;

    while (k->n_free < blocks) {

        victim = sz_keep_victim(k, sz_keep_caller(k, caller), keep);

        if (victim == 0) {
            return false;
        }

        sz_keep_record_drop(k, victim);
    }

    return true;
}


/*
 * After a death inside: from the records and items to all that follows.  It
 * may be killed, too, and begins anew then.
 */

static void
sz_keep_again_record(sz_keep_t *k, uint32_t i)
{
    uint32_t          *head;
    sz_keep_record_t  *r = &sz_keep_at(k, i)->record;

    head = sz_keep_records(k, r->kind, r->id);

    r->chain = *head;
    r->owner = 0;
    r->newer = 0;
    r->older = 0;
    r->first = 0;
    r->last = 0;
    r->items = 0;
    r->blocks = 1;

    *head = i;
}


/* The blocks of an item's text are its own, and no block else's. */

static bool
sz_keep_again_text(sz_keep_t *k, uint32_t i)
{
    uint32_t     j, n, left;
    sz_block_t  *b;

    n = sz_keep_blocks(sz_keep_at(k, i)->item.len) - 1;
    j = sz_keep_at(k, i)->next;

    for (left = n; left > 0; left--) {
        b = sz_keep_at(k, j);

        if (j == 0 || j >= k->fresh || b->type != SZ_BLOCK_PLAIN || b->seen) {
            break;
        }

        b->seen = 1;
        j = b->next;
    }

    if (left == 0) {
        return true;
    }

    j = sz_keep_at(k, i)->next;

    for (n -= left; n > 0; n--) {
        b = sz_keep_at(k, j);
        b->seen = 0;
        j = b->next;
    }

    return false;
}


/* In the order of the numbers. */

static void
sz_keep_again_item(sz_keep_t *k, uint32_t i)
{
    uint32_t           before;
    sz_block_t        *b, *at;
    sz_keep_record_t  *r;

    b = sz_keep_at(k, i);
    at = sz_keep_at(k, b->item.record);
    r = &at->record;

    if (b->item.record == 0 || b->item.record >= k->fresh
        || at->type != SZ_BLOCK_RECORD || r->items == SZ_KEEP_ITEMS
        || b->item.len > SZ_KEEP_BYTES || !sz_keep_again_text(k, i))
    {
        sz_commit(&b->type, SZ_BLOCK_PLAIN);
        return;
    }

    b->seen = 1;

    before = 0;

    if (r->last != 0 && sz_keep_at(k, r->last)->item.n <= b->item.n) {
        before = r->last;

    } else if (r->first != 0
               && sz_keep_at(k, r->first)->item.n <= b->item.n)
    {
        before = r->first;

        while (sz_keep_at(k, sz_keep_at(k, before)->item.after)->item.n
               <= b->item.n)
        {
            before = sz_keep_at(k, before)->item.after;
        }
    }

    if (before != 0) {
        b->item.after = sz_keep_at(k, before)->item.after;
        sz_keep_at(k, before)->item.after = i;

    } else {
        b->item.after = r->first;
        r->first = i;
    }

    if (before == r->last) {
        r->last = i;
    }

    r->items++;
    r->blocks += sz_keep_blocks(b->item.len);
}


static void
sz_keep_again(sz_keep_t *k)
{
    uint32_t     i, owner;
    sz_block_t  *b;

    k->fresh = (k->fresh > 0 && k->fresh < k->n) ? k->fresh : k->n;
    k->free = 0;
    k->n_free = k->n - k->fresh;
    memset(k->rank, 0, sizeof(k->rank));
    memset(k->heads, 0, 2 * k->buckets * sizeof(uint32_t));

    for (i = 1; i < k->fresh; i++) {
        b = sz_keep_at(k, i);

        b->seen = (b->type == SZ_BLOCK_RECORD);

        if (b->type == SZ_BLOCK_RECORD) {
            sz_keep_again_record(k, i);

        } else if (b->type != SZ_BLOCK_ITEM) {
            b->type = SZ_BLOCK_PLAIN;
        }
    }

    for (i = 1; i < k->fresh; i++) {
        if (sz_keep_at(k, i)->type == SZ_BLOCK_ITEM) {
            sz_keep_again_item(k, i);
        }
    }

    for (i = k->fresh - 1; i > 0; i--) {
        if (!sz_keep_at(k, i)->seen) {
            sz_keep_give(k, i);
        }
    }

    for (i = 1; i < k->fresh; i++) {
        b = sz_keep_at(k, i);

        if (b->type != SZ_BLOCK_RECORD) {
            continue;
        }

        owner = sz_keep_caller_open(k, b->record.caller);
        b->record.owner = owner;
        sz_keep_newest(k, i);
        sz_keep_count(k, owner, b->record.blocks, 0);
    }
}


sz_keep_t *
sz_keep_init(void *memory, size_t bytes)
{
    uint32_t    buckets;
    sz_keep_t  *k = memory;

    for (buckets = 64; buckets <= bytes / (4 * SZ_KEEP_BLOCK); buckets *= 2) {
        /* void */
    }

    memset(memory, 0, sz_keep_begin(buckets));

    k->buckets = buckets;
    k->n = (uint32_t) ((bytes - sz_keep_begin(buckets)) / SZ_KEEP_BLOCK);
    k->fresh = 1;
    k->n_free = k->n - 1;

    return k;
}


bool
sz_keep_enter(sz_keep_t *k)
{
    bool  torn;

    torn = k->busy != 0;

    sz_commit(&k->busy, 1);

    if (torn) {
        sz_keep_again(k);
    }

    return torn;
}


void
sz_keep_leave(sz_keep_t *k)
{
    sz_commit(&k->busy, 0);
}


/*
 * Records, for others.
 */

sz_keep_record_t *
sz_keep_find(sz_keep_t *k, sz_keep_kind_e kind, const unsigned char *id,
    uint32_t now)
{
    uint32_t           i, left;
    sz_keep_record_t  *r;

    left = k->n;

    for (i = *sz_keep_records(k, kind, id); i != 0 && left > 0; left--) {
        r = &sz_keep_at(k, i)->record;

        if (r->kind != kind || memcmp(r->id, id, SZ_HUB_ID) != 0) {
            i = r->chain;
            continue;
        }

        if (r->until > now) {
            return r;
        }

        sz_keep_record_drop(k, i);
        break;
    }

    return NULL;
}


/* A few of the caller's that are over go with each new one. */

static void
sz_keep_sweep(sz_keep_t *k, const unsigned char *caller, uint32_t now)
{
    uint32_t  i, n, owner;

    for (n = 0; n < SZ_KEEP_SWEEP; n++) {

        owner = sz_keep_caller(k, caller);
        i = (owner != 0) ? sz_keep_at(k, owner)->caller.oldest : 0;

        if (i == 0 || sz_keep_at(k, i)->record.until > now) {
            return;
        }

        sz_keep_record_drop(k, i);
    }
}


sz_keep_record_t *
sz_keep_open(sz_keep_t *k, sz_keep_kind_e kind, const unsigned char *id,
    const unsigned char *caller, const unsigned char *session,
    uint32_t until, uint32_t now)
{
    uint32_t           i, owner, *head;
    sz_block_t        *b;
    sz_keep_record_t  *r;

    r = sz_keep_find(k, kind, id, now);

    if (r != NULL) {
        i = sz_keep_index(k, r);
        sz_keep_unlink(k, i);
        sz_keep_newest(k, i);
        sz_keep_until(r, until);

        return r;
    }

    sz_keep_sweep(k, caller, now);

    if (!sz_keep_room(k, caller, 0, 2)) {
        return NULL;
    }

    owner = sz_keep_caller_open(k, caller);
    i = sz_keep_take(k);

    if (owner == 0 || i == 0) {
        return NULL;
    }

    b = sz_keep_at(k, i);
    r = &b->record;
    head = sz_keep_records(k, kind, id);

    memset(r, 0, sizeof(sz_keep_record_t));
    r->kind = kind;
    r->until = until;
    r->owner = owner;
    r->chain = *head;
    r->blocks = 1;
    memcpy(r->id, id, SZ_HUB_ID);
    memcpy(r->caller, caller, SZ_HUB_ID);
    memcpy(r->session, session, SZ_HUB_ID);

    sz_commit(&b->type, SZ_BLOCK_RECORD);

    *head = i;
    sz_keep_newest(k, i);
    sz_keep_count(k, owner, 1, 0);

    return r;
}


void
sz_keep_until(sz_keep_record_t *record, uint32_t until)
{
    sz_commit(&record->until, until);
}


void
sz_keep_value(sz_keep_record_t *record, uint32_t value)
{
    sz_commit(&record->value, value);
}


void
sz_keep_drop(sz_keep_t *k, sz_keep_record_t *record)
{
    sz_keep_record_drop(k, sz_keep_index(k, record));
}


/*
 * Items.
 */

/* The blocks of an item, chained, with its text; 0: not enough are free. */

static uint32_t
sz_keep_write(sz_keep_t *k, sz_str_t text)
{
    size_t       n;
    uint32_t     item, i, next;
    sz_block_t  *b;

    item = sz_keep_take(k);

    if (item == 0) {
        return 0;
    }

    b = sz_keep_at(k, item);
    n = (text.len < SZ_ITEM_DATA) ? text.len : SZ_ITEM_DATA;

    b->item.len = (uint32_t) text.len;
    memcpy(b->item.data, text.data, n);

    for (i = item; n < text.len; i = next) {
        text.data += n;
        text.len -= n;

        next = sz_keep_take(k);

        if (next == 0) {
            return 0;
        }

        sz_keep_at(k, i)->next = next;

        n = (text.len < SZ_BLOCK_DATA) ? text.len : SZ_BLOCK_DATA;
        memcpy(sz_keep_at(k, next)->data, text.data, n);
    }

    return item;
}


bool
sz_keep_add(sz_keep_t *k, sz_keep_record_t *record, uint32_t n, bool last,
    sz_str_t text)
{
    uint32_t     i, at, blocks, most;
    sz_block_t  *b;

    most = SZ_KEEP_BYTES / SZ_KEEP_BLOCK;
    most = (k->n / 8 < most) ? k->n / 8 : most;

    if (record->items >= SZ_KEEP_ITEMS || text.len > SZ_KEEP_BYTES) {
        return false;
    }

    at = sz_keep_index(k, record);
    blocks = sz_keep_blocks((uint32_t) text.len);

    if (record->blocks + blocks > most
        || !sz_keep_room(k, record->caller, at, blocks))
    {
        return false;
    }

    i = sz_keep_write(k, text);

    if (i == 0) {
        return false;
    }

    b = sz_keep_at(k, i);
    b->item.record = at;
    b->item.n = n;
    b->item.last = last;
    b->item.after = 0;

    sz_commit(&b->type, SZ_BLOCK_ITEM);

    if (record->last != 0) {
        sz_keep_at(k, record->last)->item.after = i;

    } else {
        record->first = i;
    }

    record->last = i;
    record->items++;
    record->blocks += blocks;

    sz_keep_count(k, record->owner, blocks, 0);

    return true;
}


/* The text's piece in the item's next block; *i goes on behind it. */

static const unsigned char *
sz_keep_piece(sz_keep_t *k, uint32_t item, uint32_t *i, size_t left,
    size_t *len)
{
    size_t                n;
    const sz_block_t     *b;
    const unsigned char  *data;

    b = sz_keep_at(k, *i);
    n = (*i == item) ? SZ_ITEM_DATA : SZ_BLOCK_DATA;
    data = (*i == item) ? b->item.data : b->data;

    *i = b->next;
    *len = (left < n) ? left : n;

    return data;
}


static bool
sz_keep_is(sz_keep_t *k, uint32_t item, sz_str_t text)
{
    size_t                done, n;
    uint32_t              i;
    const unsigned char  *data;

    if (sz_keep_at(k, item)->item.len != text.len) {
        return false;
    }

    i = item;

    for (done = 0; done < text.len; done += n) {
        data = sz_keep_piece(k, item, &i, text.len - done, &n);

        if (memcmp(data, text.data + done, n) != 0) {
            return false;
        }
    }

    return true;
}


/* The item that is equal to the text, and the one before it; 0: none. */

static uint32_t
sz_keep_item(sz_keep_t *k, const sz_keep_record_t *record, sz_str_t text,
    uint32_t *before)
{
    uint32_t  i, left;

    *before = 0;
    i = record->first;

    for (left = SZ_KEEP_ITEMS; i != 0 && left > 0; left--) {

        if (sz_keep_is(k, i, text)) {
            return i;
        }

        *before = i;
        i = sz_keep_at(k, i)->item.after;
    }

    return 0;
}


bool
sz_keep_has(sz_keep_t *k, const sz_keep_record_t *record, sz_str_t text)
{
    uint32_t  before;

    return sz_keep_item(k, record, text, &before) != 0;
}


void
sz_keep_remove(sz_keep_t *k, sz_keep_record_t *record, sz_str_t text)
{
    uint32_t  i, n, after, before;

    i = sz_keep_item(k, record, text, &before);

    if (i == 0) {
        return;
    }

    after = sz_keep_at(k, i)->item.after;
    n = sz_keep_item_drop(k, i);

    if (before != 0) {
        sz_keep_at(k, before)->item.after = after;

    } else {
        record->first = after;
    }

    if (record->last == i) {
        record->last = before;
    }

    record->items--;
    record->blocks -= n;

    sz_keep_count(k, record->owner, 0, n);
}


static bool
sz_keep_text(sz_keep_t *k, uint32_t item, sz_buf_t *text)
{
    size_t                done, len, n;
    uint32_t              i;
    const unsigned char  *data;

    len = sz_keep_at(k, item)->item.len;

    if (len > SZ_KEEP_BYTES) {
        return false;
    }

    i = item;

    for (done = 0; done < len; done += n) {
        data = sz_keep_piece(k, item, &i, len - done, &n);
        sz_buf_add(text, data, n);
    }

    return true;
}


bool
sz_keep_next(sz_keep_t *k, const sz_keep_record_t *record, uint32_t n,
    sz_buf_t *text, bool *last)
{
    uint32_t               i, left;
    const sz_keep_item_t  *item;

    *last = false;
    i = record->first;

    for (left = SZ_KEEP_ITEMS; i != 0 && left > 0; left--) {
        item = &sz_keep_at(k, i)->item;
        *last = item->last;

        if (item->n > n) {
            return sz_keep_text(k, i, text);
        }

        i = item->after;
    }

    return false;
}
