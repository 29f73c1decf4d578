/*
 * Makes one call of lib/ to the outside fail, for unit tests: an allocation, a
 * system call, OpenSSL.  In the copy of libsz.a that is linked with this file
 * the names in t/torture/calls lead here, and its code lies in a section of
 * its own, so that neither the tests' own calls fail nor are their crashes
 * taken for the library's.  t/torture/run.py runs it:
 *
 *     SZ_TORTURE=N         the Nth call fails, once
 *     SZ_TORTURE_LIST=FILE writes, for each chain of callers that has not been
 *                          there before: the number of the call and its name
 *
 * A test goes on with what it gets.  When it fails by that, that is no fault;
 * when it runs into a null pointer itself, or hands one to lib/ in a later
 * call, it ends there, quietly.  What counts is that lib/ neither crashes nor
 * leaks.
 */

#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <ucontext.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>


/* Callers that make a chain, and chains that are told apart. */
#define DEPTH   12
#define CHAINS  65536

/* After the fault a test may go on so long; what follows is not about it. */
#define SECONDS  3

/* An address below is a null pointer's member. */
#define NOWHERE  65536

/* The exit status where there are leaks. */
#define LEAKS   23


extern const char  __executable_start[], etext[];
extern const char  __start_lib_text[] __attribute__((weak));
extern const char  __stop_lib_text[] __attribute__((weak));

static long               calls, fails_at;
static const void        *from;             /* the test's call that failed */
static FILE              *list;
static uint64_t           chains[CHAINS];
static struct sigaction   sanitizers;

static volatile sig_atomic_t  late;


static bool
in_program(const void *pc)
{
    return (const char *) pc >= __executable_start
           && (const char *) pc < etext;
}


static bool
in_lib(const void *pc)
{
    return (const char *) pc >= __start_lib_text
           && (const char *) pc < __stop_lib_text;
}


/*
 * The innermost frame of the program itself, from i on, and the innermost one
 * of the test.
 */

static bool
is_lib(void **frames, int n, int i, const void **test)
{
    bool  lib = false;

    for ( ; i < n; i++) {
        if (in_lib(frames[i])) {
            lib = true;

        } else if (in_program(frames[i])) {
            *test = frames[i];
            break;
        }
    }

    return lib;
}


static void
leave(const char *why)
{
    fprintf(stderr, "torture: %s\n", why);
    fflush(NULL);
    _exit(__lsan_do_recoverable_leak_check() ? LEAKS : 0);
}


/* Locks may be held here; the next call ends the test. */

static void
over(int sig)
{
    (void) sig;

    late = 1;
}


/* lib/'s, if it has not returned since the fault, or is lost otherwise. */

static void
crashed(int sig, siginfo_t *info, void *context)
{
    int          i, n;
    bool         lib;
    void        *frames[64], *pc;
    const void  *test = NULL;
    ucontext_t  *u = context;

#if defined(__x86_64__)
    pc = (void *) u->uc_mcontext.gregs[REG_RIP];
#else
    pc = (void *) u->uc_mcontext.pc;
#endif

    n = backtrace(frames, 64);

    for (i = 0; i < n && frames[i] != pc; i++) {
        /* frames of this handler */
    }

    lib = is_lib(frames, n, i, &test);

    if (lib && (test == from || (uintptr_t) info->si_addr >= NOWHERE)) {
        sanitizers.sa_sigaction(sig, info, context);
    }

    if (lib && getenv("SZ_TORTURE_SHOW") != NULL) {
        __sanitizer_print_stack_trace();
    }

    leave(lib ? "the test has handed on a null pointer"
              : "the test's own code has stopped");
}


static void
fired(const char *name)
{
    int               n;
    void             *frames[64];
    struct sigaction  sa;

    n = backtrace(frames, 64);
    (void) is_lib(frames, n, 2, &from);

    fprintf(stderr, "torture: call %ld, %s, fails, from 0x%lx\n", calls, name,
            (unsigned long) ((const char *) from - __executable_start));

    memset(&sa, 0, sizeof(sa));
    sa.sa_sigaction = crashed;
    sa.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &sa, &sanitizers);
    sigaction(SIGBUS, &sa, NULL);

    signal(SIGALRM, over);
    alarm(SECONDS);
}


/* Writes it down, if it is the first from these callers. */

static void
note(const char *name)
{
    int        i, n;
    void      *frames[DEPTH];
    uint64_t   hash;

    n = backtrace(frames, DEPTH);
    hash = 14695981039346656037u;

    for (i = 1; i < n; i++) {
        if (in_program(frames[i])) {
            hash ^= (uint64_t) ((char *) frames[i] - __executable_start);
            hash *= 1099511628211u;
        }
    }

    for (i = (int) (hash % CHAINS); chains[i] != 0; i = (i + 1) % CHAINS) {
        if (chains[i] == hash) {
            return;
        }
    }

    chains[i] = hash;
    fprintf(list, "%ld %s\n", calls, name);
    fflush(list);
}


static bool
fails(const char *name, int errnum)
{
    calls++;

    if (late) {
        leave("the test goes on");
    }

    if (list != NULL) {
        note(name);
    }

    if (calls != fails_at) {
        return false;
    }

    fired(name);
    errno = errnum;

    return true;
}


/* cJSON allocates for the tests, too: theirs never fail. */

static void *
json_malloc(size_t size)
{
    int          n;
    void        *frames[DEPTH];
    const void  *test;

    n = backtrace(frames, DEPTH);

    if (is_lib(frames, n, 2, &test) && fails("cJSON's malloc", ENOMEM)) {
        return NULL;
    }

    return malloc(size);
}


__attribute__((constructor)) static void
begin(void)
{
    const char  *s;

    s = getenv("SZ_TORTURE");
    fails_at = (s != NULL) ? atol(s) : 0;

    s = getenv("SZ_TORTURE_LIST");
    list = (s != NULL) ? fopen(s, "w") : NULL;

    cJSON_InitHooks(&(cJSON_Hooks) { json_malloc, free });
}


#define torture(type, name, params, args, errnum, value)                      \
    type torture_##name params;                                               \
                                                                              \
    type                                                                      \
    torture_##name params                                                     \
    {                                                                         \
        return fails(#name, errnum) ? value : name args;                      \
    }

/* With a second name, for large files. */
#define torture64(type, name, params, args, errnum, value)                    \
    torture(type, name, params, args, errnum, value)                          \
    type torture_##name##64 params __attribute__((alias("torture_" #name)));

torture(void *, malloc, (size_t n), (n), ENOMEM, NULL)
torture(void *, calloc, (size_t n, size_t m), (n, m), ENOMEM, NULL)
torture(void *, realloc, (void *p, size_t n), (p, n), ENOMEM, NULL)
torture(void *, aligned_alloc, (size_t a, size_t n), (a, n), ENOMEM, NULL)
torture(char *, strdup, (const char *s), (s), ENOMEM, NULL)
torture(char *, strndup, (const char *s, size_t n), (s, n), ENOMEM, NULL)
torture64(void *, mmap, (void *p, size_t n, int prot, int flags, int fd,
        off_t at), (p, n, prot, flags, fd, at), ENOMEM, MAP_FAILED)

torture64(int, open, (const char *path, int flags, mode_t mode),
        (path, flags, mode), EIO, -1)
torture64(int, openat, (int fd, const char *path, int flags, mode_t mode),
        (fd, path, flags, mode), EIO, -1)
torture(long, syscall, (long n, long a, long b, long c, long d, long e),
        (n, a, b, c, d, e), EIO, -1)
torture(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), EIO, -1)
torture64(ssize_t, pread, (int fd, void *p, size_t n, off_t at),
        (fd, p, n, at), EIO, -1)
torture(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n),
        ENOSPC, -1)
torture64(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at),
        (fd, p, n, at), ENOSPC, -1)
torture(int, fsync, (int fd), (fd), EIO, -1)
torture(int, fdatasync, (int fd), (fd), EIO, -1)
torture64(int, ftruncate, (int fd, off_t n), (fd, n), EIO, -1)
torture64(int, fallocate, (int fd, int mode, off_t at, off_t n),
        (fd, mode, at, n), ENOSPC, -1)
torture(int, linkat, (int a, const char *from, int b, const char *to,
        int flags), (a, from, b, to, flags), ENOSPC, -1)
torture(int, renameat, (int a, const char *from, int b, const char *to),
        (a, from, b, to), ENOSPC, -1)
torture(int, renameat2, (int a, const char *from, int b, const char *to,
        unsigned flags), (a, from, b, to, flags), ENOSPC, -1)
torture(int, unlinkat, (int fd, const char *path, int flags),
        (fd, path, flags), EIO, -1)
torture(int, unlink, (const char *path), (path), EIO, -1)
torture(int, mkdir, (const char *path, mode_t mode), (path, mode), ENOSPC,
        -1)
torture(int, mkdirat, (int fd, const char *path, mode_t mode),
        (fd, path, mode), ENOSPC, -1)
torture(int, access, (const char *path, int mode), (path, mode), EIO, -1)
torture64(int, fstat, (int fd, struct stat *st), (fd, st), EIO, -1)
torture64(int, stat, (const char *path, struct stat *st), (path, st), EIO,
        -1)
torture64(int, fstatat, (int fd, const char *path, struct stat *st,
        int flags), (fd, path, st, flags), EIO, -1)
torture64(int, fstatvfs, (int fd, struct statvfs *st), (fd, st), EIO, -1)
torture(int, futimens, (int fd, const struct timespec *ts), (fd, ts), EIO,
        -1)
torture64(int, fcntl, (int fd, int what, void *arg), (fd, what, arg),
        ENOLCK, -1)

torture(DIR *, opendir, (const char *path), (path), EIO, NULL)
torture(DIR *, fdopendir, (int fd), (fd), ENOMEM, NULL)
torture64(struct dirent *, readdir, (DIR *dir), (dir), EIO, NULL)

torture(int, RAND_bytes, (unsigned char *p, int n), (p, n), 0, 0)
torture(EVP_MD_CTX *, EVP_MD_CTX_new, (void), (), ENOMEM, NULL)
torture(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, (void), (), ENOMEM, NULL)
torture(EVP_PKEY *, EVP_PKEY_new_raw_private_key, (int type, ENGINE *e,
        const unsigned char *key, size_t n), (type, e, key, n), ENOMEM, NULL)
torture(int, EVP_Digest, (const void *p, size_t n, unsigned char *md,
        unsigned *len, const EVP_MD *type, ENGINE *e),
        (p, n, md, len, type, e), ENOMEM, 0)
torture(int, EVP_DigestInit_ex, (EVP_MD_CTX *md, const EVP_MD *type,
        ENGINE *e), (md, type, e), ENOMEM, 0)
torture(unsigned char *, HMAC, (const EVP_MD *type, const void *key, int len,
        const unsigned char *p, size_t n, unsigned char *md, unsigned *mdlen),
        (type, key, len, p, n, md, mdlen), ENOMEM, NULL)
