#include "folder.h"
#include "tap.h"


int
main(void)
{
    char         away[4096];
    sz_error_t   err;
    sz_folder_t  where = folder_make();

    mkdir(folder_path("media"), 0755);
    mkdir(folder_path("media/trip"), 0755);
    mkdir(folder_path("away"), 0755);
    folder_put("media/a.png", "x", 1);
    folder_put("media/trip/b.png", "x", 1);
    folder_put("away/c.png", "x", 1);

    snprintf(away, sizeof(away), "%s", folder_path("away"));

    if (symlink(away, folder_path("media/link")) == -1) {
        perror("symlink");
    }

    is_int(sz_store_remove(&where, "a.png", &err), SZ_OK, "a file");
    is_int(folder_size("media/a.png"), -1, "is gone");
    is_int(sz_store_remove(&where, "a.png", &err), SZ_OK, "and was before");
    is_int(sz_store_remove(&where, "trip/b.png", NULL), SZ_OK, "one below");
    is_int(folder_size("media/trip/b.png"), -1, "is gone, too");

    ok(sz_store_remove(&where, "link/c.png", &err) != SZ_OK,
       "none behind a link");
    ok(sz_store_remove(&where, "../away/c.png", NULL) != SZ_OK,
       "nor outside");
    is_int(folder_size("away/c.png"), 1, "which stays");
    is_int(sz_store_remove(&where, "trip", &err), SZ_E_IO, "no folder");
    ok(strstr(err.text, "Cannot remove \"trip\"") != NULL, "and why not");

    where.root = "/dev/null/none";
    ok(sz_store_remove(&where, "a.png", NULL) != SZ_OK,
       "nothing without a root");

    folder_remove();

    return done();
}
