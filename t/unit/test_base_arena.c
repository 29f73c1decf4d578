#include "base/sz_base.h"

#include "tap.h"

#include <stdlib.h>


static int  order[4], n_order;


static void
note(void *data)
{
    order[n_order++] = *(int *) data;
}


static void
test_arena(void)
{
    int          one = 1, two = 2, three = 3;
    char        *p, *q;
    size_t       i;
    bool         zero;
    sz_arena_t  *arena;

    arena = sz_arena_create(10000);

    p = sz_alloc(arena, 3);
    q = sz_alloc(arena, 5000);
    ok(p != NULL && q != NULL, "small and large");
    ok(((uintptr_t) p & 15) == 0 && ((uintptr_t) q & 15) == 0, "aligned");

    for (zero = true, i = 0; i < 5000; i++) {
        zero = zero && q[i] == 0;
    }

    ok(zero, "zeroed");
    ok(sz_alloc(arena, 100) - (void *) p < 4096,
       "a large block does not end the small one");

    is_str(sz_strdup(arena, (sz_str_t) { 3, "abcdef" }), "abc", "copy");
    is_str(sz_printf(arena, "%d-%s", 5, "x"), "5-x", "formatted");

    ok(sz_alloc(arena, 6000) == NULL, "the limit holds");
    ok(sz_alloc(arena, 100) != NULL, "and leaves what is below it");
    ok(sz_alloc(arena, (size_t) -1) == NULL, "no overflow");

    ok(sz_arena_defer(arena, note, &one) && sz_arena_defer(arena, note, &two),
       "deferred");
    ok(sz_alloc(arena, 4000) != NULL && sz_alloc(arena, 500) != NULL,
       "nearly full");

    while (sz_alloc(arena, 16) != NULL) { /* void */ }

    ok(!sz_arena_defer(arena, note, &three) && n_order == 1 && order[0] == 3,
       "no room to defer: called at once");

    sz_arena_destroy(arena);

    ok(n_order == 3 && order[1] == 2 && order[2] == 1, "last first");

    sz_arena_destroy(NULL);

    arena = sz_arena_create(64);

    for (i = 0; sz_alloc(arena, 1) != NULL; i++) { /* void */ }

    is_int((long long) i, 4, "the limit counts what is taken");
    sz_arena_destroy(arena);
}


static void
test_buf(void)
{
    sz_buf_t  b;

    sz_buf_init(&b, 300);

    sz_buf_lit(&b, "ab");
    sz_buf_c(&b, 'c');
    sz_buf_fmt(&b, "-%d", 42);
    ok(sz_str_is(sz_buf_view(&b), "abc-42"), "appended");

    ok(sz_buf_reserve(&b, 290) != NULL && !b.failed, "room");
    sz_buf_add(&b, b.data, 0);

    sz_buf_fmt(&b, "%300s", "x");
    ok(b.failed && b.len == 6, "what does not fit changes nothing");

    sz_buf_lit(&b, "d");
    ok(b.len == 6, "nothing more is taken");

    sz_buf_free(&b);

    while (!b.failed) {
        sz_buf_lit(&b, "0123456789");
    }

    is_int((long long) b.len, 300, "filled to the brim");
    sz_buf_free(&b);
    ok(!b.failed && b.max == 300, "as new");
}


typedef struct {
    sz_job_t  job;
    int      *destroyed;
} job_t;


static void
job_destroy(sz_job_t *job)
{
    (*((job_t *) job)->destroyed)++;
}


static void
test_job(void)
{
    int    destroyed = 0;
    job_t  job = { .job = { .destroy = job_destroy },
                   .destroyed = &destroyed };

    sz_job_leave(&job.job);
    ok(destroyed == 1, "an idle job is destroyed when it is left");

    job.job.running = true;
    sz_job_leave(&job.job);
    ok(destroyed == 1 && sz_job_cancelled(&job.job),
       "a running one is cancelled and left to the shell");
}


int
main(void)
{
    test_arena();
    test_buf();
    test_job();

    return done();
}
