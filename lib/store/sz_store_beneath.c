#include "store/sz_store_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>


#define SZ_FOLDER_ACCESS  0750

/*
 * What is in the way of an open() for a moment: three tries at once, then one
 * each 20 ms for a second.
 */
#define SZ_OPEN_AT_ONCE   3
#define SZ_OPEN_TRIES     53
#define SZ_OPEN_PAUSE     (20 * 1000 * 1000)    /* ns */


/*
 * One step.  A link where a folder is wanted is ENOTDIR; like openat2() this
 * says ELOOP of every link.
 */

static int
sz_open_step(int dir, const char *part, int flags, mode_t mode)
{
    int          fd;
    struct stat  st;

    fd = openat(dir, part, flags | O_NOFOLLOW | O_CLOEXEC, mode);

    if (fd == -1 && errno == ENOTDIR) {
        errno = (fstatat(dir, part, &st, AT_SYMLINK_NOFOLLOW) == 0
                 && S_ISLNK(st.st_mode))
                ? ELOOP : ENOTDIR;
    }

    return fd;
}


int
sz_open_stepwise(int dir, const char *path, int flags, mode_t mode)
{
    int     fd, next;
    char    part[SZ_NAME_MAX + 1];
    size_t  len;

    fd = dir;

    for ( ;; ) {
        len = strcspn(path, "/");

        if (len == 0 || len > SZ_NAME_MAX
            || (len <= 2 && memcmp(path, "..", len) == 0))
        {
            next = -1;
            errno = (len > SZ_NAME_MAX) ? ENAMETOOLONG : EXDEV;

        } else {
            memcpy(part, path, len);
            part[len] = '\0';

            next = (path[len] == '\0')
                   ? sz_open_step(fd, part, flags, mode)
                   : sz_open_step(fd, part, O_RDONLY | O_DIRECTORY, 0);
        }

        if (fd != dir) {
            close(fd);
        }

        if (next == -1 || path[len] == '\0') {
            return next;
        }

        fd = next;
        path += len + 1;
    }
}


/*
 * Whether to try again.  EAGAIN: something was renamed meanwhile and the walk
 * is not sure; or another program has a lease on the file, which it is asked
 * to give back.
 */

static bool
sz_open_again(unsigned *tries)
{
    struct timespec  pause = { .tv_nsec = SZ_OPEN_PAUSE };

    if (errno == EINTR) {
        return true;
    }

    if (errno != EAGAIN || ++*tries == SZ_OPEN_TRIES) {
        return false;
    }

    if (*tries > SZ_OPEN_AT_ONCE) {
        (void) nanosleep(&pause, NULL);
    }

    return true;
}


int
sz_open_beneath(int dir, const char *path, int flags, mode_t mode)
{
    long             fd;
    unsigned         tries;
    struct open_how  how;

    memset(&how, 0, sizeof(how));

    how.flags = (uint64_t) (flags | O_NOFOLLOW | O_CLOEXEC);
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS
                  | RESOLVE_NO_MAGICLINKS;

    tries = 0;

    do {
        fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
    } while (fd == -1 && sz_open_again(&tries));

    if (fd == -1 && (errno == ENOSYS || errno == EPERM)) {
        return sz_open_stepwise(dir, path, flags, mode);
    }

    return (int) fd;
}


static sz_code_e
sz_folder_error(const sz_folder_t *where, int errnum, sz_error_t *err)
{
    return sz_error_errno(err, errnum, "The gateway cannot open a folder of "
                          "its own; the operator has to look at %s",
                          where->directive);
}


/*
 * The root is the operator's word and is opened as it stands; it may hold a
 * variable, so its last component may have to be made.
 */

static int
sz_folder_root(const sz_folder_t *where)
{
    int  fd;

    fd = open(where->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd == -1 && errno == ENOENT
        && (mkdir(where->root, SZ_FOLDER_ACCESS) == 0 || errno == EEXIST))
    {
        fd = open(where->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }

    return fd;
}


int
sz_folder_open(const sz_folder_t *where, sz_error_t *err)
{
    int  root, fd;

    root = sz_folder_root(where);

    if (root == -1) {
        sz_folder_error(where, errno, err);
        return -1;
    }

    if (where->folder == NULL) {
        return root;
    }

    fd = sz_open_beneath(root, where->folder, O_RDONLY | O_DIRECTORY, 0);

    if (fd == -1 && errno == ENOENT
        && (mkdirat(root, where->folder, SZ_FOLDER_ACCESS) == 0
            || errno == EEXIST))
    {
        fd = sz_open_beneath(root, where->folder, O_RDONLY | O_DIRECTORY, 0);
    }

    if (fd == -1) {
        sz_folder_error(where, errno, err);
    }

    close(root);

    return fd;
}


/* "images/a.png" is what the file is called for whoever made the folder. */

static sz_code_e
sz_open_missing(const sz_folder_t *where, const char *name, const char *shown,
    sz_error_t *err)
{
    size_t  len;

    len = (where->folder != NULL) ? strlen(where->folder) : 0;

    if (len > 0 && strncmp(name, where->folder, len) == 0 && name[len] == '/') {
        return sz_error_set(err, SZ_E_NOT_FOUND, "There is no file \"%s\" in "
                            "the media folder: names begin below \"%s\", use "
                            "\"%s\".", shown, where->folder, shown + len + 1);
    }

    return sz_error_set(err, SZ_E_NOT_FOUND, "There is no file \"%s\" in the "
                        "media folder.", shown);
}


static sz_code_e
sz_open_error(const sz_folder_t *where, const char *name, int errnum,
    sz_error_t *err)
{
    char  shown[124];

    sz_str_show(shown, 120, sz_str_of(name));

    switch (errnum) {

    case ENOENT:
    case ENOTDIR:
        return sz_open_missing(where, name, shown, err);

    case ELOOP:
    case EXDEV:
        return sz_error_set(err, SZ_E_INPUT,
                            "\"%s\" is or passes a symbolic link, or leaves "
                            "the media folder; name the file itself.", shown);

    case ENAMETOOLONG:
        return sz_error_set(err, SZ_E_INPUT, "The file name \"%s\" is too "
                            "long.", shown);

    case EACCES:
    case EPERM:
        return sz_error_file(err, SZ_E_IO, errnum,
                             "The gateway may not read \"%s\": the operator "
                             "has to look at its permissions.", shown);

    case EBADF:
        return sz_error_set(err, SZ_E_INPUT, "\"%s\" is not a regular file.",
                            shown);

    case EAGAIN:
        return sz_error_set(err, SZ_E_BUSY, "\"%s\" is in use by another "
                            "program. Try again.", shown);

    default:
        return sz_error_errno(err, errnum, "Cannot open \"%s\"", shown);
    }
}


/*
 * From a descriptor that stands for the file (O_PATH) to one that reads it.
 * The file is that of the descriptor whatever has its name by now.  Without
 * O_NONBLOCK a lease would be waited for in the kernel, for as long as 45 s.
 */

static int
sz_open_to_read(int path)
{
    int       fd;
    char      proc[32];
    unsigned  tries;

    snprintf(proc, sizeof(proc), "/proc/self/fd/%d", path);
    tries = 0;

    do {
        fd = open(proc, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    } while (fd == -1 && sz_open_again(&tries));

    return fd;
}


/* 0, or the errno that says why this is not to be opened. */

static int
sz_open_check(int path, struct stat *st)
{
    if (fstat(path, st) == -1) {
        return errno;
    }

    return S_ISREG(st->st_mode) ? 0 : S_ISLNK(st->st_mode) ? ELOOP : EBADF;
}


/*
 * A device or a FIFO does things when it is opened, so the file is looked at
 * first.  -1 and errno.
 */

static int
sz_open_regular(int dir, const char *name, int64_t *size)
{
    int          path, fd, errnum;
    struct stat  st;

    path = sz_open_beneath(dir, name, O_PATH, 0);

    if (path == -1) {
        return -1;
    }

    fd = -1;
    errnum = sz_open_check(path, &st);

    if (errnum == 0) {
        *size = st.st_size;
        fd = sz_open_to_read(path);
        errnum = errno;

        if (fd == -1 && errnum == ENOENT) {

            /* there is no /proc */

            fd = sz_open_beneath(dir, name,
                                 O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
            errnum = errno;
        }
    }

    close(path);
    errno = errnum;

    return fd;
}


int
sz_store_open(const sz_folder_t *where, const char *name, int64_t *size,
    sz_error_t *err)
{
    int  dir, fd;

    if (sz_name_check(name, "filename", err) != SZ_OK) {
        return -1;
    }

    dir = sz_folder_open(where, err);
    if (dir == -1) {
        return -1;
    }

    fd = sz_open_regular(dir, name, size);

    if (fd == -1) {
        sz_open_error(where, name, errno, err);
    }

    close(dir);

    return fd;
}


static sz_code_e
sz_read_whole(int fd, char *data, size_t size, const char *name,
    sz_error_t *err)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < size; done += (size_t) n) {
        n = pread(fd, data + done, size - done, (off_t) done);

        if (n == -1 && errno == EINTR) {
            n = 0;

        } else if (n == -1) {
            return sz_error_errno(err, errno, "Cannot read \"%.120s\"", name);

        } else if (n == 0) {
            return sz_error_set(err, SZ_E_IO, "\"%.120s\" became shorter "
                                "while it was read. Try again.", name);
        }
    }

    return SZ_OK;
}


char *
sz_store_read(const sz_folder_t *where, const char *name, size_t max,
    size_t *len, sz_error_t *err)
{
    int       fd;
    char     *data;
    int64_t   size;

    fd = sz_store_open(where, name, &size, err);
    if (fd == -1) {
        return NULL;
    }

    data = NULL;

    if ((uint64_t) size > max) {
        sz_error_set(err, SZ_E_LIMIT, "\"%.120s\" has %lld bytes; at most %zu "
                     "are accepted.", name, (long long) size, max);

    } else if ((data = malloc((size_t) size + 1)) == NULL) {
        sz_error_memory(err);

    } else if (sz_read_whole(fd, data, (size_t) size, name, err) != SZ_OK) {
        free(data);
        data = NULL;

    } else {
        data[size] = '\0';
        *len = (size_t) size;
    }

    close(fd);

    return data;
}
