#include "mcp/sz_mcp_gone.h"
#include "mcp/sz_mcp_commit.h"


void
sz_gone_init(sz_gone_t *gone, size_t bytes)
{
    gone->rows = (bytes - sizeof(sz_gone_t)) / sizeof(gone->row[0]);
}


/* Ids are random, so their first bytes choose a row as well as a hash. */

static size_t
sz_gone_row(const sz_gone_t *gone, const unsigned char *id)
{
    uint32_t  n;

    memcpy(&n, id, sizeof(n));

    return n % gone->rows;
}


bool
sz_gone_has(const sz_gone_t *gone, const unsigned char *id)
{
    unsigned                i;
    const sz_gone_entry_t  *row;

    row = gone->row[sz_gone_row(gone, id)];

    for (i = 0; i < SZ_GONE_ROW; i++) {
        if (row[i].when != 0 && memcmp(row[i].id, id, SZ_HUB_ID) == 0) {
            return true;
        }
    }

    return false;
}


static unsigned
sz_gone_held(const sz_gone_entry_t *row, uint32_t caller)
{
    unsigned  i, n;

    n = 0;

    for (i = 0; i < SZ_GONE_ROW; i++) {
        n += (row[i].caller == caller);
    }

    return n;
}


static sz_gone_entry_t *
sz_gone_place(sz_gone_entry_t *row, uint32_t caller)
{
    unsigned          i, held, most;
    sz_gone_entry_t  *entry;

    entry = &row[0];
    most = 0;

    for (i = 0; i < SZ_GONE_ROW; i++) {

        if (row[i].when == 0) {
            return &row[i];
        }

        /* the one that comes counts, so equals lose their own */

        held = sz_gone_held(row, row[i].caller) + (row[i].caller == caller);

        if (held > most || (held == most && row[i].when < entry->when)) {
            entry = &row[i];
            most = held;
        }
    }

    return entry;
}


void
sz_gone_add(sz_gone_t *gone, const unsigned char *id,
    const unsigned char *caller, uint32_t now)
{
    uint32_t          who;
    sz_gone_entry_t  *entry;

    if (sz_gone_has(gone, id)) {
        return;
    }

    memcpy(&who, caller, sizeof(who));
    entry = sz_gone_place(gone->row[sz_gone_row(gone, id)], who);

    sz_commit(&entry->when, 0);

    entry->caller = who;
    memcpy(entry->id, id, SZ_HUB_ID);

    sz_commit(&entry->when, now);
}
