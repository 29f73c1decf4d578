#include "mcp/sz_mcp_gone.h"
#include "mcp/sz_mcp_journal.h"
#include "tap.h"

#include <stdlib.h>


#define RING  4096

static char           text[SZ_HUB_TEXT];
static unsigned char  buffer[SZ_HUB_TEXT];


static void
put(sz_journal_t *j, unsigned n)
{
    sz_signal_t  s;

    s.type = SZ_SIGNAL_EVENT;
    memset(s.id, (int) n, SZ_HUB_ID);
    s.key = (sz_str_t) { n % 50, text + n % 100 };
    s.text = (sz_str_t) { n * 7 % 300, text + n % 70 };

    sz_journal_write(j, &s);
}


static bool
is_signal(const sz_signal_t *s, unsigned n)
{
    return s->type == SZ_SIGNAL_EVENT && s->id[3] == (unsigned char) n
           && sz_str_eq(s->key, (sz_str_t) { n % 50, text + n % 100 })
           && sz_str_eq(s->text, (sz_str_t) { n * 7 % 300, text + n % 70 });
}


/* Near the end of what a size_t counts to, too. */

static void
check_ring(sz_journal_t *j, size_t start, const char *where)
{
    size_t       near, far;
    unsigned     i, good;
    sz_signal_t  s;

    j->size = RING;
    j->head = j->taken = near = far = start;
    good = 0;

    for (i = 0; i < 500; i++) {
        put(j, i);
        good += sz_journal_read(j, &near, &s, buffer) == SZ_JOURNAL_SIGNAL
                && is_signal(&s, i);
    }

    is_int(good, 500, where);
    is_int(sz_journal_read(j, &near, &s, buffer), SZ_JOURNAL_NONE,
           "and nothing more");
    is_int(sz_journal_read(j, &far, &s, buffer), SZ_JOURNAL_MISSED,
           "who is far behind is told");
    is_int(sz_journal_read(j, &far, &s, buffer), SZ_JOURNAL_NONE,
           "and goes on at the head");
}


static void
check_torn(sz_journal_t *j)
{
    size_t        at, i;
    unsigned      n, torn;
    sz_signal_t   s;
    sz_journal_e  rc;

    srand(7);
    torn = 0;

    for (n = 0; n < 2000; n++) {

        for (i = 0; i < RING; i++) {
            j->ring[i] = (unsigned char) (rand() % ((n % 3) ? 256 : 2));
        }

        at = (size_t) rand();
        j->head = at + (size_t) (rand() % RING);
        j->taken = j->head;

        do {
            rc = sz_journal_read(j, &at, &s, buffer);
            torn += (rc == SZ_JOURNAL_TORN);

            if (rc == SZ_JOURNAL_SIGNAL
                && (s.key.len + s.text.len > RING
                    || s.key.data != (char *) buffer))
            {
                ok(false, "lengths of a signal");
            }
        } while (rc == SZ_JOURNAL_SIGNAL);

        if (rc != SZ_JOURNAL_NONE && at != j->head) {
            ok(false, "goes on at the head");
        }
    }

    ok(torn > 1000, "lengths that nobody wrote are not believed");
}


static void
check_size(void)
{
    sz_journal_t  j;

    ok(!sz_journal_init(&j, 64 * 1024), "64 KB are no journal");
    ok(sz_journal_init(&j, sizeof(j) + 128 * 1024) && j.size == 128 * 1024,
       "128 KB are");
    ok(sz_journal_init(&j, 3000000) && j.size == 2097152, "a power of two");
}


static const unsigned char *
id(unsigned n)
{
    static unsigned char  bytes[SZ_HUB_ID];

    n = (n + 1) * 2654435761u;
    memset(bytes, 0, SZ_HUB_ID);
    memcpy(bytes, &n, sizeof(n));

    return bytes;
}


static void
check_gone(sz_gone_t *gone)
{
    unsigned       i, kept;
    unsigned char  mine[SZ_HUB_ID] = { 1 }, other[SZ_HUB_ID] = { 2 };

    memset(gone, 0, 64 * 1024);
    sz_gone_init(gone, 64 * 1024);

    ok(!sz_gone_has(gone, id(1)), "not deleted");
    sz_gone_add(gone, id(1), mine, 5);
    sz_gone_add(gone, id(1), mine, 6);
    ok(sz_gone_has(gone, id(1)) && !sz_gone_has(gone, id(2)), "deleted");

    for (i = 2; i < 100; i++) {
        sz_gone_add(gone, id(i), mine, 10);
    }

    for (i = 1000; i < 100000; i++) {
        sz_gone_add(gone, id(i), other, 20 + i);
    }

    for (kept = 0, i = 1; i < 100; i++) {
        kept += sz_gone_has(gone, id(i));
    }

    is_int(kept, 99, "a hundred thousand of one caller forget none of another");

    for (kept = 0, i = 99000; i < 100000; i++) {
        kept += sz_gone_has(gone, id(i));
    }

    ok(kept > 800, "and of its own the oldest");
    ok(!sz_gone_has(gone, id(1000)), "which is gone");
}


int
main(void)
{
    size_t         i;
    void          *gone = malloc(64 * 1024);
    sz_journal_t  *j = malloc(sizeof(sz_journal_t) + RING);

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (char) ('a' + (i * 7 + i / 251) % 26);
    }

    check_ring(j, 0, "all signals, in order");
    check_ring(j, (size_t) -5000, "and where the count begins anew");
    check_torn(j);
    check_size();
    check_gone(gone);

    free(j);
    free(gone);

    return done();
}
