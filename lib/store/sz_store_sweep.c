#include "store/sz_store_beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>


#define SZ_SWEEP_MARK  "swept"          /* its time is that of the last one */


/* Whether it is time; then the mark says that somebody is at it. */

static bool
sz_sweep_is_due(int dir, int64_t every, int64_t clock)
{
    int              fd;
    struct stat      st;
    struct timespec  times[2];

    if (fstatat(dir, SZ_SWEEP_MARK, &st, AT_SYMLINK_NOFOLLOW) == 0
        && st.st_mtime > clock - every && st.st_mtime <= clock)
    {
        return false;
    }

    /* whatever another process has put there, it is not waited for */

    fd = sz_open_beneath(dir, SZ_SWEEP_MARK,
                         O_WRONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd == -1) {
        return false;
    }

    times[0].tv_sec = (time_t) clock;
    times[0].tv_nsec = 0;
    times[1] = times[0];

    (void) futimens(fd, times);
    (void) close(fd);

    return true;
}


static bool
sz_sweep_is_old(int dir, const char *name, int64_t before)
{
    struct stat  st;

    return name[0] != '.' && strcmp(name, SZ_SWEEP_MARK) != 0
           && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0
           && S_ISREG(st.st_mode) && st.st_mtime < before;
}


static void
sz_sweep_folder(DIR *folder, int64_t before, unsigned max)
{
    int             dir;
    struct dirent  *entry;

    dir = dirfd(folder);

    while (max > 0) {
        entry = readdir(folder);

        if (entry == NULL) {
            return;
        }

        if (sz_sweep_is_old(dir, entry->d_name, before)) {
            (void) unlinkat(dir, entry->d_name, 0);
            max--;
        }
    }
}


void
sz_store_sweep(const sz_folder_t *where, int64_t every, int64_t clock,
    int64_t age, unsigned max)
{
    int   dir;
    DIR  *folder;

    dir = sz_folder_open(where, NULL);

    if (dir == -1) {
        return;
    }

    folder = sz_sweep_is_due(dir, every, clock) ? fdopendir(dir) : NULL;

    if (folder == NULL) {
        (void) close(dir);
        return;
    }

    sz_sweep_folder(folder, clock - age, max);
    (void) closedir(folder);
}
