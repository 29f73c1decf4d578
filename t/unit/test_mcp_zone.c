#include "keep_sound.h"
#include "tap.h"


#define MEMORY  (256 * 1024)
#define NOW     1000

static char        text[SZ_KEEP_BYTES + 1];
static sz_keep_t  *k;


static const unsigned char *
id(unsigned n)
{
    static unsigned char  ids[4][SZ_HUB_ID];
    static unsigned       turn;
    unsigned char        *p = ids[turn++ % 4];

    n = (n + 1) * 2654435761u;

    memset(p, 0, SZ_HUB_ID);
    memcpy(p, &n, sizeof(n));

    return p;
}


static sz_str_t
words(size_t n)
{
    return (sz_str_t) { n, text };
}


static sz_keep_record_t *
session(unsigned n, unsigned caller)
{
    return sz_keep_open(k, SZ_KEEP_SESSION, id(n), id(caller), id(n),
                        NOW + 100, NOW);
}


static sz_keep_record_t *
find(unsigned n)
{
    return sz_keep_find(k, SZ_KEEP_SESSION, id(n), NOW);
}


static void
fresh(void *memory)
{
    memset(memory, 0xa5, MEMORY);
    k = sz_keep_init(memory, MEMORY);
    sz_keep_enter(k);
}


static void
sound(const char *name)
{
    if (!ok(keep_sound(k), "sound: %s", name)) {
        printf("#   %s\n", keep_fault);
    }
}


static void
check_items(void *memory)
{
    bool               last;
    size_t             i;
    sz_buf_t           b;
    sz_keep_record_t  *r;

    static const size_t  sizes[] = { 0, 1, SZ_ITEM_DATA, SZ_ITEM_DATA + 1,
        SZ_ITEM_DATA + SZ_BLOCK_DATA, SZ_ITEM_DATA + SZ_BLOCK_DATA + 1, 9000 };

    fresh(memory);
    sz_buf_init(&b, SZ_KEEP_BYTES);

    r = sz_keep_open(k, SZ_KEEP_STREAM, id(1), id(9), id(2), NOW + 5, NOW);
    ok(r != NULL && memcmp(r->session, id(2), SZ_HUB_ID) == 0, "a stream");

    for (i = 0; i < sz_array_len(sizes); i++) {
        sz_keep_add(k, r, (uint32_t) i + 1, i + 1 == sz_array_len(sizes),
                    words(sizes[i]));
    }

    for (i = 0; i < sz_array_len(sizes); i++) {
        b.len = 0;
        ok(sz_keep_next(k, r, (uint32_t) i, &b, &last)
           && b.len == sizes[i]
           && (sizes[i] == 0 || memcmp(b.data, text, sizes[i]) == 0)
           && last == (i + 1 == sz_array_len(sizes)),
           "an event of %zu bytes", sizes[i]);
    }

    ok(!sz_keep_next(k, r, (uint32_t) i, &b, &last) && last,
       "nothing is behind the last one");
    sound("a stream with events");

    ok(!sz_keep_find(k, SZ_KEEP_SESSION, id(1), NOW), "of another kind: none");
    ok(!sz_keep_find(k, SZ_KEEP_STREAM, id(1), NOW + 5), "over: none");
    sound("over");
    is_int(k->n_free, k->n - 1, "all of it is free again");

    r = session(1, 9);
    sz_keep_add(k, r, 0, false, words(10));
    sz_keep_add(k, r, 0, false, words(5000));
    sz_keep_add(k, r, 0, false, words(20));
    ok(sz_keep_has(k, r, words(5000)) && !sz_keep_has(k, r, words(4999)),
       "an item is known by its text");
    sz_keep_remove(k, r, words(5000));
    sz_keep_remove(k, r, words(5000));
    ok(!sz_keep_has(k, r, words(5000)) && sz_keep_has(k, r, words(20)),
       "and is removed");
    sz_keep_remove(k, r, words(20));
    sz_keep_add(k, r, 0, false, words(30));
    sound("removed from the middle and the end");
    is_int(r->items, 2, "two are left");

    sz_buf_free(&b);
}


static void
check_bounds(void *memory)
{
    unsigned           i;
    sz_keep_record_t  *r;

    fresh(memory);

    session(1, 1);
    session(2, 2);
    r = session(3, 3);

    for (i = 0; sz_keep_add(k, r, i, false, words(2048)); i++) {
        /* void */
    }

    ok(r->blocks <= k->n / 8, "a record has at most an eighth of all");
    ok(find(1) && find(2) && find(3), "and pushes nobody out");
    ok(!sz_keep_add(k, r, 0, false, words(SZ_KEEP_BYTES)),
       "an item that is larger is refused");
    ok(find(1) && find(2), "and has pushed nobody out");

    r = session(4, 3);

    for (i = 0; sz_keep_add(k, r, i, false, words(1)); i++) {
        /* void */
    }

    ok(i == SZ_KEEP_ITEMS || r->blocks == k->n / 8, "a bound of items");
    sound("at its bounds");
}


/* Who has most loses the oldest; nobody else loses anything. */

static void
check_callers(void *memory)
{
    unsigned           i, j, lost;
    sz_keep_record_t  *r;

    fresh(memory);

    for (i = 0; i < 10; i++) {
        r = session(i, i);
        sz_keep_add(k, r, 0, false, words(1000));
    }

    for (i = 0; i < 400; i++) {
        r = session(1000 + i, 77);
        for (j = 0; j < 12; j++) {
            sz_keep_add(k, r, j, false, words(1024 + j));
        }
    }

    lost = 0;

    for (i = 0; i < 10; i++) {
        lost += (find(i) == NULL);
    }

    is_int(lost, 0, "one caller's records push out no one else's");
    ok(find(1399) != NULL && find(1000) == NULL, "but its own, oldest first");
    sound("one who takes it all");

    /* others come, while the zone is full */

    for (i = 0; i < 60; i++) {
        lost += session(2000 + i, 2000 + i) == NULL;
    }

    for (i = 0; i < 60; i++) {
        lost += (find(2000 + i) == NULL);
    }

    is_int(lost, 0, "those who come later have room, too");
    ok(find(1399) != NULL && find(5) != NULL, "from the one who has most");

    /* a question is waited for: it is the last to go */

    sz_keep_open(k, SZ_KEEP_QUESTION, id(3000), id(77), id(1), NOW + 9, NOW);

    for (i = 0; i < 100; i++) {
        r = session(4000 + i, 77);
        for (j = 0; j < 12; j++) {
            sz_keep_add(k, r, j, false, words(1024 + j));
        }
    }

    ok(sz_keep_find(k, SZ_KEEP_QUESTION, id(3000), NOW) != NULL,
       "a question that waits outlives subscriptions");
    sound("a crowd");

    for (i = 0; i < 10000; i++) {
        lost += session(10000 + i, 10000 + i) == NULL;
    }

    is_int(lost, 0, "ten thousand callers: there is always room for one");
    sound("ten thousand callers");
}


/* The same state, whether links and counts are old or made anew. */

static void
check_again(void *memory)
{
    bool               last;
    unsigned           i, n;
    uint64_t           digest;
    sz_buf_t           b;
    sz_keep_record_t  *r;

    fresh(memory);

    for (i = 0; i < 50; i++) {
        r = session(i, i % 7);
        for (n = 0; n < i % 5; n++) {
            sz_keep_add(k, r, n + 1, n == 4, words(i * n * 10));
        }
    }

    for (i = 0; i < 50; i += 3) {
        sz_keep_drop(k, find(i));
    }

    digest = keep_digest(k);
    sz_keep_leave(k);
    ok(!sz_keep_enter(k), "left in order");
    ok(sz_keep_enter(k), "entered while another one was inside: it died");
    ok(keep_digest(k) == digest, "nothing is lost");
    sound("made anew");

    sz_buf_init(&b, 100000);
    n = 0;
    for (i = 0; i < 5; i++) {
        n += sz_keep_next(k, find(49), i, &b, &last);
    }
    is_int(n, 4, "items are in their order");
    sz_buf_free(&b);
}


/* Noise where blocks were: no access outside, and no loop without an end. */

static void
check_noise(void *memory)
{
    bool               last;
    size_t             at;
    unsigned           round, i;
    sz_buf_t           b;
    sz_keep_record_t  *r;

    sz_buf_init(&b, 2 * SZ_KEEP_BYTES);
    srand(1);

    for (round = 0; round < 300; round++) {
        fresh(memory);

        for (i = 0; i < 60; i++) {
            r = session(i, i % 5);
            sz_keep_add(k, r, i, false, words(i * 30));
            sz_keep_add(k, r, i, false, words(300));
        }

        at = offsetof(sz_keep_t, busy);

        for (i = 0; i < 200; i++) {
            ((unsigned char *) memory)[at + (size_t) rand()
                                       % ((i % 2) ? 4000 : MEMORY - at)]
                = (unsigned char) rand();
        }

        for (i = 0; i < 80; i++) {
            r = session(i, i % 6);

            if (r != NULL) {
                sz_keep_add(k, r, i, false, words(i * 40));
                sz_keep_next(k, r, 0, &b, &last);
                sz_keep_remove(k, r, words(300));
                b.len = 0;
            }

            if (i % 7 == 0 && r != NULL) {
                sz_keep_drop(k, r);
            }
        }

        sz_keep_enter(k);
        sz_keep_enter(k);               /* whatever `busy` is by now */

        if (!keep_sound(k)) {
            ok(false, "round %u: %s", round, keep_fault);
        }
    }

    sz_buf_free(&b);
    ok(true, "noise harms nobody, and is cleared away");
}


int
main(void)
{
    size_t   i;
    void    *memory = malloc(MEMORY);

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (char) ('a' + (i * 7 + i / 251) % 26);
    }

    check_items(memory);
    check_bounds(memory);
    check_callers(memory);
    check_again(memory);
    check_noise(memory);

    free(memory);

    return done();
}
