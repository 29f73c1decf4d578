#include "store/sz_store.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "tap.h"


static void *
unlock_soon(void *fd)
{
    usleep(20 * 1000);
    sz_store_unlock(*(int *) fd);

    return NULL;
}


int
main(void)
{
    int          fd, again;
    pid_t        pid;
    pthread_t    thread;
    sz_error_t   err;
    sz_folder_t  where = folder_make();

    mkdir(folder_path("media"), 0755);

    fd = sz_store_lock(&where, "lock", 0, &err);
    ok(fd != -1, "a lock");

    is_int(sz_store_lock(&where, "lock", 0, &err), -1,
           "is not given twice, in one process either");
    is_int(err.code, SZ_E_BUSY, "it is busy");
    is_str(err.text, "\"lock\" is locked.", "and says so");
    is_int(sz_store_lock(&where, "lock", 12, &err), -1, "nor after a wait");
    is_int(err.code, SZ_E_BUSY, "which has an end");

    again = sz_store_lock(&where, "other", 0, &err);
    ok(again != -1, "another name is another lock");
    sz_store_unlock(again);

    ok(pthread_create(&thread, NULL, unlock_soon, &fd) == 0, "a thread");
    again = sz_store_lock(&where, "lock", 60 * 1000, &err);
    ok(again != -1, "who waits gets it when it is free");
    pthread_join(thread, NULL);
    sz_store_unlock(again);

    pid = fork();

    if (pid == 0) {
        _exit(sz_store_lock(&where, "lock", 0, NULL) != -1 ? 0 : 1);
    }

    waitpid(pid, NULL, 0);

    fd = sz_store_lock(&where, "lock", 0, &err);
    ok(fd != -1, "the lock of a process ends with it");
    sz_store_unlock(fd);

    is_int(sz_store_lock(&where, "../lock", 0, &err), -1, "none outside");

    folder_remove();

    return done();
}
