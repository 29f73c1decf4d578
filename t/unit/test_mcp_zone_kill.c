/*
 * A worker is killed at every instruction that it executes inside the memory
 * of the hub: one process works there, step by step (PTRACE_SINGLESTEP), and
 * after each step that has changed the memory another one takes a copy over,
 * as if the first had been killed there.
 */

#include "keep_sound.h"
#include "mcp/sz_mcp_gone.h"
#include "mcp/sz_mcp_journal.h"
#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>


#define RING    1024
#define GONE    1024
#define KEEP    SZ_KEEP_LEAST
#define NOW     1000

/* A step may evict more than one record: what is in between is allowed. */
#define SEVERAL(op)  ((op) >= 34 && (op) < 46)
#define OPS     64


typedef struct {
    _Alignas(16) unsigned char  journal[sizeof(sz_journal_t) + RING];
    _Alignas(16) unsigned char  gone[GONE];
    _Alignas(16) unsigned char  keep[KEEP];
} zone_t;


typedef struct {
    zone_t             zone;
    volatile unsigned  op;          /* that is under way */
} shared_t;


static char  text[8192];

/* What there is before each operation. */

static uint64_t  digests[OPS + 1];
static size_t    heads[OPS + 1];


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


static sz_journal_t *
journal(zone_t *z)
{
    return (sz_journal_t *) z->journal;
}


static sz_gone_t *
gone(zone_t *z)
{
    return (sz_gone_t *) z->gone;
}


static sz_keep_t *
keep(zone_t *z)
{
    return (sz_keep_t *) z->keep;
}


static void
begin(zone_t *z)
{
    memset(z, 0, sizeof(zone_t));

    journal(z)->size = RING;
    sz_gone_init(gone(z), GONE);
    (void) sz_keep_init(z->keep, KEEP);
}


/* Signal n: its lengths and its bytes follow from the number. */

static void
signal_of(sz_signal_t *s, unsigned n)
{
    s->type = SZ_SIGNAL_EVENT;
    s->key = (sz_str_t) { 5 + n % 7, text + n };
    s->text = (sz_str_t) { n * 13 % 150, text + 100 + n };
    memcpy(s->id, id(n), SZ_HUB_ID);
}


static sz_keep_record_t *
open_record(sz_keep_t *k, unsigned n, unsigned caller)
{
    return sz_keep_open(k, SZ_KEEP_SESSION, id(n), id(caller), id(n),
                        NOW + 100 + n, NOW);
}


static void
operate(zone_t *z, unsigned op)
{
    sz_signal_t        s;
    sz_keep_t         *k = keep(z);
    sz_keep_record_t  *r;

    if (op % 2 == 0) {
        signal_of(&s, op);
        sz_journal_write(journal(z), &s);
        return;
    }

    sz_keep_enter(k);

    if (op < 14) {
        (void) open_record(k, op, op % 5);

    } else if (op < 34) {
        r = open_record(k, 1 + op % 6 * 2, 1);
        (void) sz_keep_add(k, r, op, op == 29,
                           (sz_str_t) { op * op * 3 % 1500, text });

    } else if (SEVERAL(op)) {
        r = open_record(k, 100 + op / 6, 9);
        (void) sz_keep_add(k, r, op, false, (sz_str_t) { 7000, text });

    } else if (op < 50) {
        r = sz_keep_find(k, SZ_KEEP_SESSION, id(100 + 45 / 6), NOW);
        sz_keep_add(k, r, op, false, (sz_str_t) { 10, text });

    } else if (op == 51) {
        r = sz_keep_find(k, SZ_KEEP_SESSION, id(100 + 45 / 6), NOW);
        sz_keep_remove(k, r, (sz_str_t) { 10, text });

    } else if (op == 53) {
        sz_keep_drop(k, sz_keep_find(k, SZ_KEEP_SESSION, id(100 + 45 / 6),
                                     NOW));

    } else if (op < 58) {
        (void) open_record(k, 200 + op, 3);

    } else if (op == 59) {
        (void) sz_keep_enter(k);            /* as if one had died inside */

    } else {
        sz_gone_add(gone(z), id(op), id(1), NOW + op);
    }

    sz_keep_leave(k);
}


/* Reads all from where a reader was; false: something nobody has written. */

static bool
read_from(zone_t *z, unsigned op, unsigned last)
{
    size_t                at;
    unsigned              n;
    sz_signal_t           s, want;
    sz_journal_e          rc;
    static unsigned char  buffer[SZ_HUB_TEXT];

    at = heads[op];

    for (n = op + op % 2; /* void */; n += 2) {
        rc = sz_journal_read(journal(z), &at, &s, buffer);

        if (rc == SZ_JOURNAL_MISSED) {
            return op + 3 < last && at == journal(z)->head;
        }

        if (rc == SZ_JOURNAL_NONE) {
            return n >= last && n <= last + 2;
        }

        signal_of(&want, n);

        if (rc != SZ_JOURNAL_SIGNAL || !sz_str_eq(s.key, want.key)
            || !sz_str_eq(s.text, want.text)
            || memcmp(s.id, want.id, SZ_HUB_ID) != 0)
        {
            return false;
        }
    }
}


/* The worker has been killed in this operation; another one goes on. */

static const char *
survives(zone_t *z, unsigned op)
{
    unsigned   i;
    uint64_t   digest;
    sz_keep_t *k = keep(z);

    (void) sz_keep_enter(k);

    if (!keep_sound(k)) {
        return keep_fault;
    }

    digest = keep_digest(k);

    if (!SEVERAL(op) && digest != digests[op] && digest != digests[op + 1]) {
        return "neither what was before nor what comes behind";
    }

    for (i = 0; i <= op; i++) {
        if (!read_from(z, i, op)) {
            return "the journal";
        }
    }

    for (i = 61; i < op; i += 2) {
        if (!sz_gone_has(gone(z), id(i))) {
            return "a deleted session is back";
        }
    }

    /* and it is of use */

    if (op % 16 == 15
        && (open_record(k, 999, 9) == NULL || !keep_sound(k)))
    {
        return "a new record";
    }

    return NULL;
}


static void
work(shared_t *shared)
{
    unsigned  op;

    (void) ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    (void) raise(SIGSTOP);

    for (op = 0; op < OPS; op++) {
        shared->op = op;
        operate(&shared->zone, op);
    }

    _exit(0);
}


static void
model(zone_t *z)
{
    unsigned  op;

    begin(z);

    for (op = 0; op < OPS; op++) {
        digests[op] = keep_digest(keep(z));
        heads[op] = journal(z)->head;
        operate(z, op);
    }

    digests[OPS] = keep_digest(keep(z));
    heads[OPS] = journal(z)->head;
}


int
main(void)
{
    int         status;
    pid_t       pid;
    size_t      i, steps, deaths;
    shared_t   *shared;
    unsigned    op;
    const char *fault;

    static zone_t  before, copy;

    for (i = 0; i < sizeof(text); i++) {
        text[i] = (char) ('a' + (i * 7 + i / 251) % 26);
    }

    shared = mmap(NULL, sizeof(shared_t), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (shared == MAP_FAILED) {
        return 1;
    }

    model(&copy);
    begin(&shared->zone);
    before = shared->zone;

    pid = fork();

    if (pid == 0) {
        work(shared);
    }

    if (pid == -1 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)
        || ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1)
    {
        if (pid > 0) {
            (void) kill(pid, SIGKILL);
        }

        printf("1..0 # SKIP a process cannot be stepped here: %s\n",
               strerror(errno));
        return 0;
    }

    steps = 0;
    deaths = 0;
    fault = NULL;

    while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
        steps++;

        if (memcmp(&before, &shared->zone, sizeof(zone_t)) != 0) {
            before = shared->zone;
            copy = shared->zone;
            op = shared->op;
            deaths++;

            fault = survives(&copy, op);

            if (fault != NULL) {
                ok(false, "killed in operation %u, step %zu: %s", op, steps,
                   fault);
                break;
            }
        }

        if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1) {
            break;
        }
    }

    if (fault == NULL) {
        ok(WIFEXITED(status) && WEXITSTATUS(status) == 0
           && shared->op == OPS - 1, "all operations were stepped through");
        ok(deaths > 1000, "killed at each of %zu stores, the memory is whole",
           deaths);
        printf("# %zu steps\n", steps);
    } else {
        (void) kill(pid, SIGKILL);
    }

    return done();
}
