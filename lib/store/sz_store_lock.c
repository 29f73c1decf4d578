#include "store/sz_store_beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>


/*
 * Locks belong to the open file description (F_OFD_SETLK): they hold between
 * threads of one process as well, and end with it, however it ends.
 */

int
sz_store_lock(const sz_folder_t *where, const char *name, bool wait,
    sz_error_t *err)
{
    int           dir, fd, rc;
    struct flock  lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

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

    do {
        rc = fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
    } while (rc == -1 && errno == EINTR);

    if (rc == 0) {
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


sz_code_e
sz_store_remove(const sz_folder_t *where, const char *name, sz_error_t *err)
{
    int  dir, rc;

    dir = sz_folder_open(where, err);

    if (dir == -1) {
        return err->code;
    }

    rc = unlinkat(dir, name, 0);

    if (rc == -1 && errno != ENOENT) {
        sz_error_errno(err, errno, "Cannot remove \"%s\"", name);
    }

    (void) close(dir);

    return (rc == 0 || errno == ENOENT) ? SZ_OK : err->code;
}
