#include "store/sz_store_beneath.h"
#include "store/sz_store_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>


/* Automatic names: a.mp4, a-2.mp4, ... up to this number. */
#define SZ_UNIQUE_MAX  9999

#define SZ_COPY_PIECE  (32 * 1024)


/*
 * How a draft gets its name without taking that of another file.  What a file
 * system refuses is not asked of it again for the same draft; the last way is
 * for those with neither hard links nor RENAME_NOREPLACE (exFAT, many FUSE
 * mounts).
 */

enum {
    SZ_WAY_PROC = 0,                /* linkat() of a file without a name */
    SZ_WAY_RENAME,                  /* renameat2(RENAME_NOREPLACE) */
    SZ_WAY_LINK,                    /* linkat() and unlinkat() */
    SZ_WAY_HOLD                     /* an empty file, and renameat() over it */
};


static sz_code_e
sz_draft_error(const char *name, int errnum, sz_error_t *err)
{
    char  shown[124];

    sz_str_show(shown, 120, sz_str_of(name));

    switch (errnum) {

    case ENOENT:
    case ENOTDIR:
        return sz_error_set(err, SZ_E_INPUT,
                            "Cannot write \"%s\": its folder does not exist "
                            "in the media folder, and folders are not made. "
                            "Use a name without a folder.", shown);

    case ELOOP:
    case EXDEV:
        return sz_error_set(err, SZ_E_INPUT,
                            "Cannot write \"%s\": its path passes a symbolic "
                            "link or leaves the media folder.", shown);

    case EACCES:
    case EROFS:
    case EPERM:
        return sz_error_file(err, SZ_E_IO, errnum,
                             "Cannot write \"%s\": the media folder is not "
                             "writable for the gateway.", shown);

    case ENOSPC:
    case EDQUOT:
        return sz_error_file(err, SZ_E_LIMIT, errnum,
                             "Cannot write \"%s\": the disk of the gateway "
                             "is full.", shown);

    default:
        return sz_error_errno(err, errnum, "Cannot write \"%s\"", shown);
    }
}


static const char *
sz_draft_base(const sz_draft_t *draft)
{
    const char  *slash;

    slash = strrchr(draft->name, '/');

    return (slash != NULL) ? slash + 1 : draft->name;
}


/* A name that no caller can ask for: it begins with a dot. */

static sz_code_e
sz_draft_hide(sz_draft_t *draft, sz_error_t *err)
{
    char           hex[17];
    unsigned char  bytes[8];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return sz_error_set(err, SZ_E_INTERNAL,
                            "The gateway has no random numbers.");
    }

    sz_hex_encode(hex, bytes, sizeof(bytes));
    snprintf(draft->hidden, sizeof(draft->hidden), ".sanzaru-%s.part", hex);

    return SZ_OK;
}


/* The folder the file will appear in, as a descriptor of its own. */

static int
sz_draft_dir(const sz_folder_t *where, const char *name, sz_error_t *err)
{
    int          root, dir;
    char         parent[SZ_PATH_MAX + 1];
    const char  *slash;

    root = sz_folder_open(where, err);

    slash = strrchr(name, '/');

    if (root == -1 || slash == NULL) {
        return root;
    }

    memcpy(parent, name, (size_t) (slash - name));
    parent[slash - name] = '\0';

    dir = sz_open_beneath(root, parent, O_RDONLY | O_DIRECTORY, 0);

    if (dir == -1) {
        sz_draft_error(name, errno, err);
    }

    close(root);

    return dir;
}


/* The draft under its hidden name; -1 and errno. */

static int
sz_draft_create(const sz_draft_t *draft)
{
    return openat(draft->dir, draft->hidden,
                  O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC,
                  draft->where->access);
}


sz_code_e
sz_draft_open(sz_draft_t *draft, const sz_folder_t *where, const char *name,
    sz_error_t *err)
{
    int        errnum;
    sz_code_e  rc;

    rc = sz_name_check(name, "filename", err);
    if (rc != SZ_OK) {
        return rc;
    }

    memset(draft, 0, sizeof(sz_draft_t));
    strcpy(draft->name, name);
    draft->where = where;

    rc = sz_draft_hide(draft, err);
    if (rc != SZ_OK) {
        return rc;
    }

    draft->dir = sz_draft_dir(where, name, err);
    if (draft->dir == -1) {
        return err->code;
    }

    /*
     * Without a name a draft vanishes with its descriptor, whatever happens
     * to the process; /proc is what gives it its name later.
     */

    draft->fd = -1;

    if (access("/proc/self/fd", X_OK) == 0) {
        draft->fd = openat(draft->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC,
                           draft->where->access);
    }

    if (draft->fd == -1) {
        draft->fd = sz_draft_create(draft);
        draft->named = true;
        draft->way = SZ_WAY_RENAME;
    }

    if (draft->fd == -1) {
        errnum = errno;
        close(draft->dir);
        return sz_draft_error(name, errnum, err);
    }

    return SZ_OK;
}


static void
sz_draft_close(sz_draft_t *draft)
{
    close(draft->fd);
    close(draft->dir);

    draft->fd = -1;
    draft->dir = -1;
}


void
sz_draft_discard(sz_draft_t *draft)
{
    if (draft->named) {
        (void) unlinkat(draft->dir, draft->hidden, 0);
    }

    sz_draft_close(draft);
}


/* A file system without such a call has nothing to sync. */

static int
sz_draft_sync(int fd)
{
    if (fdatasync(fd) == 0 || errno == EINVAL || errno == ENOSYS
        || errno == EOPNOTSUPP)
    {
        return 0;
    }

    return -1;
}


static int
sz_draft_copy(int from, int to)
{
    char     piece[SZ_COPY_PIECE];
    off_t    done;
    ssize_t  n, written;

    for (done = 0; (n = pread(from, piece, sizeof(piece), done)) > 0;
         done += n)
    {
        written = pwrite(to, piece, (size_t) n, done);

        if (written != n) {
            errno = (written == -1) ? errno : ENOSPC;
            return -1;
        }
    }

    return (n == 0) ? sz_draft_sync(to) : -1;
}


/* A copy with a hidden name, of a draft that has none and may get none. */

static int
sz_draft_recreate(sz_draft_t *draft)
{
    int  fd, errnum;

    fd = sz_draft_create(draft);

    if (fd == -1) {
        return -1;
    }

    draft->named = true;
    draft->way = SZ_WAY_RENAME;

    if (sz_draft_copy(draft->fd, fd) == -1) {
        errnum = errno;
        close(fd);
        errno = errnum;
        return -1;
    }

    close(draft->fd);
    draft->fd = fd;

    return 0;
}


/*
 * The name is taken by an empty file, which the draft then replaces.  Who
 * dies in between leaves the empty file.
 */

static int
sz_draft_hold(sz_draft_t *draft, const char *base)
{
    int          fd, errnum;
    struct stat  st;

    fd = openat(draft->dir, base,
                O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC,
                draft->where->access);

    if (fd == -1) {
        return -1;
    }

    close(fd);

    if (renameat(draft->dir, draft->hidden, draft->dir, base) == 0) {
        return 0;
    }

    errnum = errno;

    if (fstatat(draft->dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISREG(st.st_mode) && st.st_size == 0)
    {
        (void) unlinkat(draft->dir, base, 0);
    }

    errno = errnum;

    return -1;
}


static int
sz_draft_try(sz_draft_t *draft, const char *base)
{
    char  proc[32];

    switch (draft->way) {

    case SZ_WAY_PROC:
        snprintf(proc, sizeof(proc), "/proc/self/fd/%d", draft->fd);
        return linkat(AT_FDCWD, proc, draft->dir, base, AT_SYMLINK_FOLLOW);

    case SZ_WAY_RENAME:
        return renameat2(draft->dir, draft->hidden, draft->dir, base,
                         RENAME_NOREPLACE);

    case SZ_WAY_LINK:
        if (linkat(draft->dir, draft->hidden, draft->dir, base, 0) == -1) {
            return -1;
        }

        (void) unlinkat(draft->dir, draft->hidden, 0);

        return 0;

    default: /* SZ_WAY_HOLD */
        return sz_draft_hold(draft, base);
    }
}


/*
 * Whether another way could do better.  File systems refuse links in many
 * words: EPERM, EINVAL, ENOSYS, EOPNOTSUPP, EMLINK, EIO.
 */

static bool
sz_draft_is_refused(int errnum)
{
    return errnum != EEXIST && errnum != ENAMETOOLONG && errnum != ENOSPC
           && errnum != EDQUOT && errnum != EROFS && errnum != ENOMEM;
}


/* Calls the draft `base`; EEXIST when that is taken. */

static int
sz_draft_link(sz_draft_t *draft, const char *base)
{
    while (sz_draft_try(draft, base) == -1) {

        if (draft->way == SZ_WAY_HOLD || !sz_draft_is_refused(errno)) {
            return -1;
        }

        if (draft->way != SZ_WAY_PROC) {
            draft->way++;

        } else if (sz_draft_recreate(draft) == -1) {
            return -1;
        }
    }

    draft->named = false;

    return 0;
}


/* Gives a draft without a name its hidden one. */

static int
sz_draft_expose(sz_draft_t *draft)
{
    if (sz_draft_try(draft, draft->hidden) == 0) {
        draft->named = true;
        return 0;
    }

    return sz_draft_is_refused(errno) ? sz_draft_recreate(draft) : -1;
}


/* Puts the draft in the place of whatever regular file has the name. */

static int
sz_draft_replace(sz_draft_t *draft, const char *base)
{
    int          rc;
    struct stat  st;

    rc = sz_draft_link(draft, base);

    if (rc == 0 || errno != EEXIST) {
        return rc;
    }

    if (fstatat(draft->dir, base, &st, AT_SYMLINK_NOFOLLOW) == 0
        && !S_ISREG(st.st_mode))
    {
        errno = EEXIST;
        return -1;
    }

    if (!draft->named && sz_draft_expose(draft) == -1) {
        return -1;
    }

    rc = renameat(draft->dir, draft->hidden, draft->dir, base);

    if (rc == 0) {
        draft->named = false;
        draft->replaced = true;
    }

    return rc;
}


/* The n-th name of a row: "a.mp4", "a-2.mp4". */

static bool
sz_draft_number(char *name, const char *first, unsigned n)
{
    int          len;
    size_t       stem;
    const char  *ext;

    ext = sz_name_extension(first);
    stem = strlen(first) - strlen(ext) - (*ext != '\0');

    len = snprintf(name, SZ_PATH_MAX + 1, "%.*s-%u%s%s", (int) stem, first, n,
                   (*ext != '\0') ? "." : "", ext);

    return len > 0 && len <= SZ_PATH_MAX
           && sz_name_check(name, "filename", NULL) == SZ_OK;
}


static int
sz_draft_unique(sz_draft_t *draft)
{
    char      first[SZ_PATH_MAX + 1];
    unsigned  n;

    strcpy(first, draft->name);

    for (n = 2; n <= SZ_UNIQUE_MAX; n++) {

        if (sz_draft_link(draft, sz_draft_base(draft)) == 0) {
            return 0;
        }

        if (errno != EEXIST || !sz_draft_number(draft->name, first, n)) {
            return -1;
        }
    }

    return -1;
}


static sz_code_e
sz_draft_taken(const sz_draft_t *draft, sz_publish_e how, sz_error_t *err)
{
    const char  *text;

    text = (how == SZ_REPLACE)
           ? "Cannot write \"%.120s\": something that is not a regular file "
             "has this name. Choose another name."
           : (how == SZ_REFUSE)
           ? "There is a file \"%.120s\" already, and here none is replaced "
             "(sanzaru_existing_file). Choose another name."
           : "Cannot find a free name like \"%.120s\". Choose a name.";

    return sz_error_set(err, SZ_E_EXISTS, text, draft->name);
}


sz_code_e
sz_draft_check(const sz_draft_t *draft, sz_publish_e how, sz_error_t *err)
{
    struct stat  st;

    if (how == SZ_UNIQUE
        || fstatat(draft->dir, sz_draft_base(draft), &st, AT_SYMLINK_NOFOLLOW)
           == -1
        || (how == SZ_REPLACE && S_ISREG(st.st_mode)))
    {
        return SZ_OK;
    }

    return sz_draft_taken(draft, how, err);
}


sz_code_e
sz_draft_reserve(sz_draft_t *draft, int64_t size, sz_error_t *err)
{
    if (size <= 0) {
        return SZ_OK;
    }

    if (fallocate(draft->fd, 0, 0, (off_t) size) == 0) {
        draft->reserved = (off_t) size;
        return SZ_OK;
    }

    return (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)
           ? sz_draft_error(draft->name, errno, err) : SZ_OK;
}


sz_code_e
sz_draft_write(sz_draft_t *draft, const void *data, size_t len,
    sz_error_t *err)
{
    size_t   done;
    ssize_t  n;

    draft->written += (off_t) len;

    for (done = 0; done < len; done += (size_t) n) {

        n = write(draft->fd, (const char *) data + done, len - done);

        if (n == -1 && errno == EINTR) {
            n = 0;

        } else if (n <= 0) {
            sz_cache_failed(draft->where);
            return sz_draft_error(draft->name, (n == 0) ? EIO : errno, err);
        }
    }

    return SZ_OK;
}


sz_code_e
sz_draft_rewind(sz_draft_t *draft, sz_error_t *err)
{
    if (ftruncate(draft->fd, 0) == -1 || lseek(draft->fd, 0, SEEK_SET) == -1) {
        return sz_draft_error(draft->name, errno, err);
    }

    draft->reserved = 0;
    draft->written = 0;

    return SZ_OK;
}


/* On error the draft is still open. */

static sz_code_e
sz_draft_finish(sz_draft_t *draft, sz_publish_e how, sz_error_t *err)
{
    int  rc;

    /* gives back what was reserved and not needed */

    rc = (draft->reserved > draft->written)
         ? ftruncate(draft->fd, draft->written) : 0;

    if (rc == 0) {
        rc = sz_draft_sync(draft->fd);
    }

    if (rc == 0) {
        rc = (how == SZ_REPLACE)
             ? sz_draft_replace(draft, sz_draft_base(draft))
             : (how == SZ_REFUSE)
             ? sz_draft_link(draft, sz_draft_base(draft))
             : sz_draft_unique(draft);
    }

    if (rc == 0) {
        return SZ_OK;
    }

    if (errno == EEXIST) {
        return sz_draft_taken(draft, how, err);
    }

    sz_cache_failed(draft->where);

    return sz_draft_error(draft->name, errno, err);
}


sz_code_e
sz_draft_publish(sz_draft_t *draft, sz_publish_e how, sz_error_t *err)
{
    sz_code_e  rc;

    rc = sz_draft_finish(draft, how, err);

    if (rc != SZ_OK) {
        sz_draft_discard(draft);
        return rc;
    }

    /* the name itself must survive, too; a file system may not offer it */
    (void) fsync(draft->dir);

    sz_cache_changed(draft->where);

    sz_draft_close(draft);

    return SZ_OK;
}


/*
 * A file under a hidden name, and another one in its place.
 */

static sz_code_e
sz_probe_put(const sz_folder_t *where, char *name, sz_error_t *err)
{
    sz_code_e   rc;
    sz_draft_t  draft;

    rc = sz_draft_open(&draft, where, "probe", err);

    if (rc != SZ_OK) {
        return rc;
    }

    if (*name == '\0') {
        snprintf(name, sizeof(draft.hidden), "%.25s.probe", draft.hidden);
    }

    strcpy(draft.name, name);

    rc = sz_draft_write(&draft, "?", 1, err);

    if (rc == SZ_OK) {
        rc = sz_draft_finish(&draft, SZ_REPLACE, err);
    }

    sz_draft_discard(&draft);

    return rc;
}


static sz_code_e
sz_probe_write(const sz_folder_t *where, sz_error_t *err)
{
    char       name[40] = "";
    sz_code_e  rc;

    rc = sz_probe_put(where, name, err);

    if (rc != SZ_OK) {
        return rc;
    }

    rc = sz_probe_put(where, name, err);

    if (rc != SZ_OK) {
        (void) sz_store_remove(where, name, NULL);
        return rc;
    }

    return sz_store_remove(where, name, err);
}


/*
 * The folder can be opened, and has room: one whose file system does not know
 * how much is free (0 blocks) has.
 */

static sz_code_e
sz_probe_room(const sz_folder_t *where, sz_error_t *err)
{
    int             fd;
    uint64_t        bytes;
    struct statvfs  st;

    fd = sz_folder_open(where, err);

    if (fd == -1) {
        return err->code;
    }

    if (where->min_free == 0) {
        close(fd);
        return SZ_OK;
    }

    if (fstatvfs(fd, &st) == -1 || st.f_blocks == 0) {
        bytes = UINT64_MAX;

    } else {
        bytes = (uint64_t) st.f_bavail * st.f_frsize;
    }

    close(fd);

    if (bytes >= (uint64_t) where->min_free) {
        return SZ_OK;
    }

    return sz_error_file(err, SZ_E_LIMIT, ENOSPC,
                         "The disk of the gateway is nearly full: %llu MB are "
                         "free in the media folder, less than "
                         "sanzaru_min_free_space. Nothing was sent; the "
                         "operator has to make room.",
                         (unsigned long long) (bytes >> 20));
}


sz_code_e
sz_store_probe(const sz_folder_t *where, sz_error_t *err)
{
    sz_code_e   rc;
    sz_error_t  why;

    rc = sz_probe_room(where, err);

    if (rc != SZ_OK || sz_cache_is_writable(where)) {
        return rc;
    }

    rc = sz_probe_write(where, &why);

    if (rc == SZ_OK) {
        sz_cache_writable(where);
        return SZ_OK;
    }

    /* not of a file that nobody has named */

    return (why.errnum != 0)
           ? sz_error_errno(err, why.errnum, "Nothing can be written to the "
                            "media folder, which the operator has to look at")
           : sz_error_set(err, rc, "%s", why.text);
}
