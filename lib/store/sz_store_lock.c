#include "store/sz_store_beneath.h"
#include "store/sz_store_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>


#define SZ_LOCK_PAUSE  5                /* ms */


/*
 * The kernel's own wait for a lock (F_OFD_SETLKW) has no end, and a process
 * that was stopped while it had the lock would take every thread with it.
 */

static int
sz_store_lock_wait(int fd, unsigned wait)
{
    unsigned         waited;
    struct flock     lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    struct timespec  pause = { .tv_nsec = SZ_LOCK_PAUSE * 1000 * 1000 };

    for (waited = 0; ; waited += SZ_LOCK_PAUSE) {

        if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
            return 0;
        }

        if ((errno != EAGAIN && errno != EACCES) || waited >= wait) {
            return -1;
        }

        (void) nanosleep(&pause, NULL);
    }
}


/*
 * Locks belong to the open file description (F_OFD_SETLK): they hold between
 * threads of one process as well, and end with it, however it ends.
 */

int
sz_store_lock(const sz_folder_t *where, const char *name, unsigned wait,
    sz_error_t *err)
{
    int  dir, fd;

    dir = sz_folder_open(where, err);

    if (dir == -1) {
        return -1;
    }

    fd = sz_open_beneath(dir, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    (void) close(dir);

    if (fd == -1) {
        sz_error_errno(err, errno, "Cannot open the lock \"%s\"", name);
        return -1;
    }

    if (sz_store_lock_wait(fd, wait) == 0) {
        return fd;
    }

    if (errno == EAGAIN || errno == EACCES) {
        sz_error_set(err, SZ_E_BUSY, "\"%s\" is locked.", name);

    } else {
        sz_error_errno(err, errno, "Cannot lock \"%s\"", name);
    }

    (void) close(fd);

    return -1;
}


void
sz_store_unlock(int fd)
{
    (void) close(fd);
}


/* The folder a name is in, and what it is called there. */

static int
sz_store_parent(const sz_folder_t *where, const char **name, sz_error_t *err)
{
    int          root, dir;
    char         parent[SZ_PATH_MAX + 1];
    size_t       len;
    const char  *slash;

    root = sz_folder_open(where, err);
    slash = strrchr(*name, '/');

    if (root == -1 || slash == NULL) {
        return root;
    }

    len = (size_t) (slash - *name);
    dir = -1;
    errno = ENAMETOOLONG;

    if (len <= SZ_PATH_MAX) {
        memcpy(parent, *name, len);
        parent[len] = '\0';
        dir = sz_open_beneath(root, parent, O_RDONLY | O_DIRECTORY, 0);
    }

    if (dir == -1) {
        sz_error_errno(err, errno, "Cannot remove \"%.120s\"", *name);
    }

    *name = slash + 1;
    (void) close(root);

    return dir;
}


sz_code_e
sz_store_remove(const sz_folder_t *where, const char *name, sz_error_t *err)
{
    int          dir;
    sz_code_e    rc;
    sz_error_t   why;
    const char  *base = name;

    dir = sz_store_parent(where, &base, &why);
    rc = SZ_OK;

    if (dir == -1) {
        rc = why.code;

    } else if (unlinkat(dir, base, 0) == -1 && errno != ENOENT) {
        rc = sz_error_errno(&why, errno, "Cannot remove \"%.120s\"", name);
    }

    sz_cache_changed(where);

    if (rc != SZ_OK && err != NULL) {
        *err = why;
    }

    if (dir != -1) {
        (void) close(dir);
    }

    return rc;
}
