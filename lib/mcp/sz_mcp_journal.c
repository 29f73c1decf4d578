#include "mcp/sz_mcp_journal.h"
#include "mcp/sz_mcp_commit.h"


/* In the ring, unaligned, key and text behind it. */

typedef struct {
    uint32_t       key;
    uint32_t       text;
    uint32_t       type;
    unsigned char  id[SZ_HUB_ID];
} sz_entry_t;


bool
sz_journal_init(sz_journal_t *j, size_t bytes)
{
    size_t  size;

    if (bytes < sizeof(sz_journal_t)) {
        return false;
    }

    for (size = 1; size <= (bytes - sizeof(sz_journal_t)) / 2; size *= 2) {
        /* void */
    }

    j->size = size;
    j->taken = 0;
    j->head = 0;

    return size >= 2 * (sizeof(sz_entry_t) + SZ_HUB_TEXT);
}


static size_t
sz_journal_put(sz_journal_t *j, size_t at, const void *data, size_t len)
{
    size_t  n, pos;

    if (len > 0) {
        pos = at & (j->size - 1);
        n = (len < j->size - pos) ? len : j->size - pos;

        memcpy(j->ring + pos, data, n);
        memcpy(j->ring, (const unsigned char *) data + n, len - n);
    }

    return at + len;
}


static size_t
sz_journal_get(const sz_journal_t *j, size_t at, void *data, size_t len)
{
    size_t  n, pos;

    pos = at & (j->size - 1);
    n = (len < j->size - pos) ? len : j->size - pos;

    memcpy(data, j->ring + pos, n);
    memcpy((unsigned char *) data + n, j->ring, len - n);

    return at + len;
}


void
sz_journal_write(sz_journal_t *j, const sz_signal_t *signal)
{
    size_t      at, end;
    sz_entry_t  entry;

    entry.key = (uint32_t) signal->key.len;
    entry.text = (uint32_t) signal->text.len;
    entry.type = (uint32_t) signal->type;
    memcpy(entry.id, signal->id, SZ_HUB_ID);

    at = j->head;
    end = at + sizeof(entry) + signal->key.len + signal->text.len;

    /* it may be beyond already: a longer signal was not finished here */

    if (end - at > j->taken - at) {
        sz_commit(&j->taken, end);
    }

    at = sz_journal_put(j, at, &entry, sizeof(entry));
    at = sz_journal_put(j, at, signal->key.data, signal->key.len);
    (void) sz_journal_put(j, at, signal->text.data, signal->text.len);

    sz_commit(&j->head, end);
}


sz_journal_e
sz_journal_read(const sz_journal_t *j, size_t *from, sz_signal_t *signal,
    unsigned char *buffer)
{
    size_t      at, behind;
    sz_entry_t  entry;

    at = *from;
    behind = j->head - at;

    if (behind == 0) {
        return SZ_JOURNAL_NONE;
    }

    *from = j->head;

    if (behind > j->size || j->taken - at > j->size) {
        return SZ_JOURNAL_MISSED;
    }

    if (behind < sizeof(entry)) {
        return SZ_JOURNAL_TORN;
    }

    at = sz_journal_get(j, at, &entry, sizeof(entry));
    behind -= sizeof(entry);

    if (entry.key > SZ_HUB_TEXT || entry.text > SZ_HUB_TEXT - entry.key
        || entry.key + entry.text > behind)
    {
        return SZ_JOURNAL_TORN;
    }

    *from = sz_journal_get(j, at, buffer, entry.key + entry.text);

    signal->type = (sz_signal_e) entry.type;
    memcpy(signal->id, entry.id, SZ_HUB_ID);
    signal->key = (sz_str_t) { entry.key, (char *) buffer };
    signal->text = (sz_str_t) { entry.text, (char *) buffer + entry.key };

    return SZ_JOURNAL_SIGNAL;
}
