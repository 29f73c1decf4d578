/*
 * Memory that another process has left: a journal of any bytes is read to its
 * end, and a keep in which any bytes are changed is used, and is sound again
 * when somebody has taken it over.
 */

#include "keep_sound.h"
#include "mcp/sz_mcp_journal.h"


#define MEMORY  SZ_KEEP_LEAST
#define RING    4096
#define NOW     1000


static void
read_journal(const uint8_t *data, size_t size)
{
    size_t                at;
    unsigned              n;
    sz_signal_t           s;
    sz_journal_e          rc;
    static size_t         memory[(sizeof(sz_journal_t) + RING) / 8];
    static unsigned char  buffer[SZ_HUB_TEXT];
    sz_journal_t         *j = (sz_journal_t *) memory;

    j->size = RING;
    memcpy(j->ring, data, (size < RING) ? size : RING);
    memcpy(&at, data, sizeof(at));
    j->head = at + size;
    j->taken = j->head;

    for (n = 0; n < RING; n++) {
        rc = sz_journal_read(j, &at, &s, buffer);

        if (rc == SZ_JOURNAL_NONE) {
            return;
        }

        if (rc == SZ_JOURNAL_SIGNAL && s.key.len + s.text.len > RING) {
            abort();
        }
    }

    abort();
}


static void
use(sz_keep_t *k, const uint8_t *p)
{
    bool               last;
    sz_buf_t           text;
    sz_keep_record_t  *r;
    unsigned char      id[SZ_HUB_ID] = { 0 }, caller[SZ_HUB_ID] = { 0 };

    static const char  words[4096];

    id[0] = p[1] % 32;
    caller[0] = p[1] % 5;

    r = sz_keep_open(k, SZ_KEEP_STREAM, id, caller, id, NOW + p[2], NOW);

    if (r == NULL) {
        return;
    }

    switch (p[0] % 4) {

    case 0:
        (void) sz_keep_add(k, r, p[2], false, (sz_str_t) { p[3] * 16, words });
        break;

    case 1:
        sz_keep_remove(k, r, (sz_str_t) { p[3] * 16, words });
        break;

    case 2:
        sz_buf_init(&text, 2 * SZ_KEEP_BYTES);
        (void) sz_keep_next(k, r, p[2], &text, &last);
        sz_buf_free(&text);
        break;

    default:
        sz_keep_drop(k, r);
    }
}


/* Four bytes: what to do; or, above 200, which byte to change. */

static void
use_keep(const uint8_t *data, size_t size)
{
    size_t               at;
    sz_keep_t           *k;
    static size_t        memory[MEMORY / sizeof(size_t)];
    const size_t         fixed = offsetof(sz_keep_t, fresh);

    memset(memory, 0, MEMORY);
    k = sz_keep_init(memory, MEMORY);
    (void) sz_keep_enter(k);

    for (/* void */; size >= 4; data += 4, size -= 4) {

        if (data[0] < 200) {
            use(k, data);
            continue;
        }

        at = fixed + ((size_t) data[1] << 8 | data[2]) * 4 % (MEMORY - fixed);
        at += data[0] % 4;

        if (at >= fixed && at < MEMORY
            && (at < offsetof(sz_keep_t, buckets)
                || at >= offsetof(sz_keep_t, busy)))
        {
            ((uint8_t *) memory)[at] = data[3];
        }
    }

    /* whatever `busy` is by now: the second one finds the first inside */

    (void) sz_keep_enter(k);
    (void) sz_keep_enter(k);

    if (!keep_sound(k)) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 9 || size > 65536) {
        return 0;
    }

    if (data[0] % 2 == 0) {
        read_journal(data + 1, size - 1);

    } else {
        use_keep(data + 1, size - 1);
    }

    return 0;
}
