/*
 * A media folder for a test, removed at its end.
 */

#ifndef FOLDER_H
#define FOLDER_H


#include "store/sz_store.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


static char  folder_root[64];


__attribute__((unused)) static sz_folder_t
folder_make(void)
{
    strcpy(folder_root, "/tmp/sz_unit_XXXXXX");

    if (mkdtemp(folder_root) == NULL) {
        perror("mkdtemp");
        exit(1);
    }

    return (sz_folder_t) {
        .root = folder_root, .folder = "media",
        .directive = "sanzaru_media_path", .access = 0640
    };
}


static int
folder_remove_one(const char *path, const struct stat *st, int type,
    struct FTW *ftw)
{
    (void) st;
    (void) type;
    (void) ftw;

    return remove(path);
}


__attribute__((unused)) static void
folder_remove(void)
{
    nftw(folder_root, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}


/* "media/a.png" below the root, in a buffer that the next call reuses. */

__attribute__((unused)) static const char *
folder_path(const char *name)
{
    static char  path[4096];

    snprintf(path, sizeof(path), "%s/%s", folder_root, name);

    return path;
}


__attribute__((unused)) static void
folder_put(const char *name, const void *data, size_t len)
{
    FILE  *f;

    f = fopen(folder_path(name), "wb");

    if (f == NULL || fwrite(data, 1, len, f) != len) {
        perror(name);
        exit(1);
    }

    fclose(f);
}


/* The file's size, -1 when there is none. */

__attribute__((unused)) static long
folder_size(const char *name)
{
    struct stat  st;

    return (lstat(folder_path(name), &st) == 0) ? (long) st.st_size : -1;
}


/* How many entries lie in it, hidden ones too. */

#include <dirent.h>

__attribute__((unused)) static int
folder_count(const char *name)
{
    int             n;
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(folder_path(name));

    for (n = 0; dir != NULL && (entry = readdir(dir)) != NULL; /* void */) {
        n += strcmp(entry->d_name, ".") != 0
             && strcmp(entry->d_name, "..") != 0;
    }

    if (dir != NULL) {
        closedir(dir);
    }

    return n;
}


#endif /* FOLDER_H */
