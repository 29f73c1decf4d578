/*
 * Whose a provider's job is: records in files, in memory, and in neither.
 */

#include "state/sz_state_owner.h"

#include "folder.h"
#include "tap.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


#define CLOCK  1700000000

static sz_owners_t    owners;
static unsigned char  memory_key[SZ_OWNER_KEY];
static unsigned char  memory_owner[SZ_OWNER_ID];
static bool           memory_used;
static bool           memory_full;


static bool
memory_add(const unsigned char *key, const unsigned char *owner, int64_t until)
{
    if (memory_full || until != CLOCK + owners.ttl) {
        return false;
    }

    memcpy(memory_key, key, SZ_OWNER_KEY);
    memcpy(memory_owner, owner, SZ_OWNER_ID);
    memory_used = true;

    return true;
}


static bool
memory_get(const unsigned char *key, unsigned char *owner)
{
    if (!memory_used || memcmp(memory_key, key, SZ_OWNER_KEY) != 0) {
        return false;
    }

    memcpy(owner, memory_owner, SZ_OWNER_ID);

    return true;
}


static void
memory_forget(const unsigned char *key)
{
    if (memory_used && memcmp(memory_key, key, SZ_OWNER_KEY) == 0) {
        memory_used = false;
    }
}


static const sz_owner_memory_t  memory = {
    memory_add, memory_get, memory_forget
};


static void
become(const char *caller)
{
    if (!sz_owner_digest(owners.self, (const unsigned char *) caller,
                         strlen(caller), NULL, 0))
    {
        exit(1);
    }
}


/* The code of an operation on one id at a clock. */

static sz_code_e
operate(sz_owner_op_e op, const char *scope, const char *id, int64_t clock)
{
    sz_code_e        code;
    sz_owner_job_t  *j;

    j = sz_owner_job_create(&owners, op, scope, &id, 1, clock);

    if (j == NULL) {
        return SZ_E_INTERNAL;
    }

    j->job.run(&j->job);
    code = j->job.error.code;
    j->job.destroy(&j->job);

    return code;
}


static void
records(const char *where)
{
    become("alice");
    ok(operate(SZ_OWNER_ADD, "https://a/v1", "v1", CLOCK) == SZ_OK,
       "%s: a record is written", where);
    ok(operate(SZ_OWNER_GET, "https://a/v1", "v1", CLOCK) == SZ_OK,
       "%s: its owner may use the job", where);
    ok(operate(SZ_OWNER_GET, "https://b/v1", "v1", CLOCK) == SZ_E_NOT_FOUND,
       "%s: the same id at another provider is another job", where);

    become("bob");
    ok(operate(SZ_OWNER_GET, "https://a/v1", "v1", CLOCK) == SZ_E_NOT_FOUND,
       "%s: nobody else may", where);

    owners.others = true;
    ok(operate(SZ_OWNER_GET, "https://a/v1", "v1", CLOCK) == SZ_E_NOT_FOUND,
       "%s: not even where jobs made elsewhere are allowed", where);
    ok(operate(SZ_OWNER_GET, "https://a/v1", "v2", CLOCK) == SZ_OK,
       "%s: which are those without a record", where);
    owners.others = false;

    become("alice");
    ok(operate(SZ_OWNER_FORGET, "https://a/v1", "v1", CLOCK) == SZ_OK,
       "%s: a record is forgotten", where);
    ok(operate(SZ_OWNER_GET, "https://a/v1", "v1", CLOCK) == SZ_E_NOT_FOUND,
       "%s: then the job is one made elsewhere", where);
}


static void
listing(void)
{
    sz_owner_job_t  *j;
    const char      *ids[] = { "mine", "theirs", "unknown" };

    become("bob");
    (void) operate(SZ_OWNER_ADD, "s", "theirs", CLOCK);
    become("alice");
    (void) operate(SZ_OWNER_ADD, "s", "mine", CLOCK);

    j = sz_owner_job_create(&owners, SZ_OWNER_LIST, "s", ids, 3, CLOCK);
    j->job.run(&j->job);

    ok(j->job.error.code == SZ_OK && sz_owner_may_use(j, 0)
       && !sz_owner_may_use(j, 1) && !sz_owner_may_use(j, 2),
       "of a list only the caller's are shown");

    j->owners.others = true;
    ok(sz_owner_may_use(j, 0) && !sz_owner_may_use(j, 1)
       && sz_owner_may_use(j, 2), "and those made elsewhere, if allowed");

    j->job.destroy(&j->job);
}


static void
ends(void)
{
    become("alice");
    (void) operate(SZ_OWNER_ADD, "s", "old", CLOCK);

    is_int(operate(SZ_OWNER_GET, "s", "old", CLOCK + owners.ttl - 1), SZ_OK,
           "a record holds until its time is over");
    is_int(operate(SZ_OWNER_GET, "s", "old", CLOCK + owners.ttl),
           SZ_E_NOT_FOUND, "and no longer");
}


/* What other processes write is not believed. */

static void
hostile(const char *root)
{
    char              path[512];
    struct dirent    *entry;
    DIR              *dir;
    FILE             *f;

    become("alice");
    (void) operate(SZ_OWNER_ADD, "s", "torn", CLOCK);

    snprintf(path, sizeof(path), "%s/owners", root);
    dir = opendir(path);

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof(path), "%s/owners/%s", root, entry->d_name);
            f = fopen(path, "w");
            fputs("{\"owner\":7}", f);
            fclose(f);
        }
    }

    if (dir != NULL) {
        closedir(dir);
    }

    owners.others = true;
    is_int(operate(SZ_OWNER_GET, "s", "torn", CLOCK), SZ_E_IO,
           "a record that cannot be read opens nothing");
    owners.others = false;
}


static void
sweeps(const char *root)
{
    char         path[512], name[300];
    FILE        *f;
    struct stat  st;

    snprintf(path, sizeof(path), "%s/owners/swept", root);
    (void) remove(path);
    snprintf(name, sizeof(name), "%s/owners/0123", root);
    f = fopen(name, "w");
    fclose(f);

    struct timespec  old[2] = { { .tv_sec = CLOCK - owners.ttl - 1 },
                                { .tv_sec = CLOCK - owners.ttl - 1 } };
    (void) utimensat(AT_FDCWD, name, old, 0);

    become("alice");
    (void) operate(SZ_OWNER_ADD, "s", "new", CLOCK);

    ok(stat(name, &st) == -1 && stat(path, &st) == 0,
       "a record that is over goes with a later one");
    is_int(operate(SZ_OWNER_GET, "s", "new", CLOCK), SZ_OK,
           "which stays itself");

    f = fopen(name, "w");
    fclose(f);
    (void) utimensat(AT_FDCWD, name, old, 0);
    (void) operate(SZ_OWNER_ADD, "s", "newer", CLOCK + 10);
    ok(stat(name, &st) == 0, "the folder is not looked through each time");

    (void) remove(path);
    (void) mkfifo(path, 0600);
    (void) utimensat(AT_FDCWD, path, old, 0);
    (void) alarm(20);
    is_int(operate(SZ_OWNER_ADD, "s", "newest", CLOCK), SZ_OK,
           "a pipe in the place of its mark is waited for by nobody");
    (void) alarm(0);
    (void) remove(path);
}


static void
digests(void)
{
    unsigned char      a[SZ_OWNER_ID], b[SZ_OWNER_ID];
    const char *const  red[] = { "/media/red", NULL, NULL };
    const char *const  blue[] = { "/media/blue", NULL, NULL };
    const char *const  none[] = { NULL, NULL, NULL };

    ok(sz_owner_digest(a, (const unsigned char *) "x", 1, red, 3)
       && sz_owner_digest(b, (const unsigned char *) "x", 1, blue, 3)
       && memcmp(a, b, SZ_OWNER_ID) != 0,
       "a folder of its own makes another owner");
    ok(sz_owner_digest(a, (const unsigned char *) "x", 1, none, 3)
       && sz_owner_digest(b, (const unsigned char *) "x", 1, NULL, 0)
       && memcmp(a, b, SZ_OWNER_ID) == 0, "the same folder for all does not");
}


/* A folder in whose place something else is: neither written nor read. */

static void
broken(const char *root)
{
    char   path[512];
    FILE  *f;

    snprintf(path, sizeof(path), "%s/broken", root);
    f = fopen(path, "w");
    fclose(f);

    owners.where.root = path;
    become("alice");

    is_int(operate(SZ_OWNER_ADD, "s", "paid", CLOCK), SZ_OK,
           "a state that is broken leaves memory");
    is_int(operate(SZ_OWNER_GET, "s", "paid", CLOCK), SZ_OK,
           "from which the owner may use the job");
    is_int(operate(SZ_OWNER_GET, "s", "older", CLOCK), SZ_E_IO,
           "what it does not know nobody may use");

    become("bob");
    is_int(operate(SZ_OWNER_GET, "s", "paid", CLOCK), SZ_E_NOT_FOUND,
           "nor what it knows to be somebody else's");

    memory_used = false;
}


int
main(void)
{
    const char  *root;

    (void) folder_make();
    root = folder_root;
    owners.ttl = 3600;

    owners.memory = &memory;
    records("in memory");

    memory_full = true;
    is_int(operate(SZ_OWNER_ADD, "s", "v", CLOCK), SZ_E_LIMIT,
           "memory that is full is told");
    memory_full = false;

    owners.where.root = "/proc/1/no";
    owners.where.folder = "owners";
    owners.where.directive = "sanzaru_state_path";
    owners.where.access = 0600;
    become("alice");
    is_int(operate(SZ_OWNER_ADD, "s", "v", CLOCK), SZ_OK,
           "a state that cannot be written leaves memory");
    memory_used = false;

    broken(root);

    owners.where.root = root;
    records("in files");

    owners.memory = NULL;
    records("in files alone");
    listing();
    ends();
    sweeps(root);
    hostile(root);
    digests();

    folder_remove();

    return done();
}
