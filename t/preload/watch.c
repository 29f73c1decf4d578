/*
 * Law 3, watched: an LD_PRELOAD library that writes down which blocking work
 * a worker does on which thread.  Every interposed call is a line
 *
 *     event openat /srv/media/a.png
 *     job fdatasync
 *
 * in the file that SANZARU_WATCH names: "event" on the worker's main thread,
 * "job" on any other.  Calls of nginx itself and of libc are not counted, nor
 * is what a worker does before it accepts its first connection.
 *
 * With SANZARU_FULL=N every write() to a regular file beyond N bytes in all
 * fails as on a full disk.  With SANZARU_LINKS=ERRNO there are no files without
 * a name, no hard links and no RENAME_NOREPLACE, as on many FUSE mounts.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>


static int    master;
static bool   serving;
static long   room = -1;
static int    links;
static int    out = -1;


__attribute__((constructor)) static void
watch_start(void)
{
    const char  *file = getenv("SANZARU_WATCH");
    const char  *full = getenv("SANZARU_FULL");
    const char  *no_links = getenv("SANZARU_LINKS");

    master = getpid();

    if (file != NULL) {
        out = (int) syscall(SYS_openat, AT_FDCWD, file,
                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    }

    if (full != NULL) {
        room = atol(full);
    }

    if (no_links != NULL) {
        links = atoi(no_links);
    }
}


/* Whether the caller is the module, or a library that works for it. */

static bool
watch_is_ours(void *caller)
{
    Dl_info      info;
    const char  *name;

    if (dladdr(caller, &info) == 0 || info.dli_fname == NULL) {
        return false;
    }

    name = strrchr(info.dli_fname, '/');
    name = (name != NULL) ? name + 1 : info.dli_fname;

    return strncmp(name, "nginx", 5) != 0 && strncmp(name, "libc.", 5) != 0
           && strncmp(name, "libc-", 5) != 0 && strncmp(name, "ld-", 3) != 0
           && strncmp(name, "libasan", 7) != 0
           && strncmp(name, "libubsan", 8) != 0;
}


static void
watch_note(void *caller, const char *call, const char *what)
{
    int   n;
    char  line[512];

    if (out == -1 || !serving || getpid() == master
        || !watch_is_ours(caller))
    {
        return;
    }

    n = snprintf(line, sizeof(line), "%s %s %s\n",
                 (syscall(SYS_gettid) == getpid()) ? "event" : "job", call,
                 what);
    (void) !syscall(SYS_write, out, line,
                    (n < (int) sizeof(line)) ? (size_t) n : sizeof(line));
}


static bool
watch_regular(int fd)
{
    struct stat  st;

    return syscall(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode);
}


#define NEXT(name)  ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))
#define CALLER      __builtin_return_address(0)


int
accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
    int  s = NEXT(accept4)(fd, addr, len, flags);

    serving = serving || s != -1;

    return s;
}


int
open(const char *path, int flags, ...)
{
    mode_t   mode;
    va_list  args;

    va_start(args, flags);
    mode = va_arg(args, mode_t);
    va_end(args);

    watch_note(CALLER, "open", path);

    return NEXT(open)(path, flags, mode);
}


int
openat(int dir, const char *path, int flags, ...)
{
    mode_t   mode;
    va_list  args;

    va_start(args, flags);
    mode = va_arg(args, mode_t);
    va_end(args);

    watch_note(CALLER, "openat", path);

    if (links != 0 && (flags & O_TMPFILE) == O_TMPFILE) {
        errno = EOPNOTSUPP;
        return -1;
    }

    return NEXT(openat)(dir, path, flags, mode);
}


long
syscall(long number, ...)
{
    long     a[6];
    int      i;
    va_list  args;

    static long (*next)(long, ...);

    va_start(args, number);

    for (i = 0; i < 6; i++) {
        a[i] = va_arg(args, long);
    }

    va_end(args);

    if (next == NULL) {
        next = (long (*)(long, ...)) dlsym(RTLD_NEXT, "syscall");
    }

    if (number == SYS_openat2) {
        watch_note(CALLER, "openat2", (const char *) a[1]);
    }

    return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}


ssize_t
read(int fd, void *buf, size_t n)
{
    if (watch_regular(fd)) {
        watch_note(CALLER, "read", "");
    }

    return NEXT(read)(fd, buf, n);
}


ssize_t
pread(int fd, void *buf, size_t n, off_t offset)
{
    watch_note(CALLER, "pread", "");

    return NEXT(pread)(fd, buf, n, offset);
}


/* Room on the disk of SANZARU_FULL, for all regular files together. */

static bool
watch_full(int fd, size_t n)
{
    if (room < 0 || getpid() == master || !watch_regular(fd)) {
        return false;
    }

    if (__atomic_sub_fetch(&room, (long) n, __ATOMIC_RELAXED) >= 0) {
        return false;
    }

    __atomic_store_n(&room, 0, __ATOMIC_RELAXED);
    errno = ENOSPC;

    return true;
}


ssize_t
write(int fd, const void *buf, size_t n)
{
    if (watch_is_ours(CALLER) && watch_regular(fd)) {
        watch_note(CALLER, "write", "");

        if (watch_full(fd, n)) {
            return -1;
        }
    }

    return NEXT(write)(fd, buf, n);
}


ssize_t
pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    if (watch_is_ours(CALLER)) {
        watch_note(CALLER, "pwrite", "");

        if (watch_full(fd, n)) {
            return -1;
        }
    }

    return NEXT(pwrite)(fd, buf, n, offset);
}


int
fdatasync(int fd)
{
    watch_note(CALLER, "fdatasync", "");

    return NEXT(fdatasync)(fd);
}


int
fsync(int fd)
{
    watch_note(CALLER, "fsync", "");

    return NEXT(fsync)(fd);
}


int
linkat(int from, const char *old, int to, const char *new, int flags)
{
    watch_note(CALLER, "linkat", new);

    if (links != 0) {
        errno = links;
        return -1;
    }

    return NEXT(linkat)(from, old, to, new, flags);
}


int
renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
    watch_note(CALLER, "renameat2", new);

    if (links != 0 && flags != 0) {
        errno = EINVAL;
        return -1;
    }

    return NEXT(renameat2)(from, old, to, new, flags);
}


int
renameat(int from, const char *old, int to, const char *new)
{
    watch_note(CALLER, "renameat", new);

    return NEXT(renameat)(from, old, to, new);
}


int
unlinkat(int dir, const char *path, int flags)
{
    watch_note(CALLER, "unlinkat", path);

    return NEXT(unlinkat)(dir, path, flags);
}


int
mkdirat(int dir, const char *path, mode_t mode)
{
    watch_note(CALLER, "mkdirat", path);

    return NEXT(mkdirat)(dir, path, mode);
}


/* What they are called for who is compiled with 64-bit file offsets. */

#define SAME(name)  __attribute__((alias(#name)))

int      open64(const char *path, int flags, ...) SAME(open);
int      openat64(int dir, const char *path, int flags, ...) SAME(openat);
ssize_t  pread64(int fd, void *buf, size_t n, off_t offset) SAME(pread);
ssize_t  pwrite64(int fd, const void *buf, size_t n, off_t offset)
             SAME(pwrite);


/* Libraries whose work is heavy: one call of each that stands for it. */

void  *cJSON_ParseWithLength(const char *text, size_t len);
int    jpeg_start_decompress(void *info);
void  *png_create_read_struct(const char *v, void *e, void *f, void *w);
void  *png_create_write_struct(const char *v, void *e, void *f, void *w);


void *
cJSON_ParseWithLength(const char *text, size_t len)
{
    if (len > 65536) {
        watch_note(CALLER, "json", "above 64 KB");
    }

    return NEXT(cJSON_ParseWithLength)(text, len);
}


int
jpeg_start_decompress(void *info)
{
    watch_note(CALLER, "image", "jpeg");

    return NEXT(jpeg_start_decompress)(info);
}


void *
png_create_read_struct(const char *v, void *e, void *f, void *w)
{
    watch_note(CALLER, "image", "png");

    return NEXT(png_create_read_struct)(v, e, f, w);
}


void *
png_create_write_struct(const char *v, void *e, void *f, void *w)
{
    watch_note(CALLER, "image", "png");

    return NEXT(png_create_write_struct)(v, e, f, w);
}


void
isal_inflate_init(void *state)
{
    watch_note(CALLER, "image", "inflate");

    NEXT(isal_inflate_init)(state);
}
