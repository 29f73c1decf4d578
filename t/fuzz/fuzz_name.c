/*
 * File names: whatever is accepted stays inside, in the kernel's eyes and step
 * by step, and what is made of an id is always accepted.
 */

#include "store/sz_store_beneath.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int          fd;
    char        *name, *made;
    sz_arena_t  *arena;

    static int  dir = -1;

    if (size > 2000) {
        return 0;
    }

    if (dir == -1) {
        char  path[] = "/tmp/sz_fuzz_XXXXXX";

        if (mkdtemp(path) == NULL) {
            abort();
        }

        dir = open(path, O_RDONLY | O_DIRECTORY);
        rmdir(path);                    /* empty, and nameless from here on */
    }

    name = malloc(size + 1);
    memcpy(name, data, size);
    name[size] = '\0';

    /* nothing can be opened in an empty folder, but the folder itself */

    fd = sz_open_beneath(dir, name, O_RDONLY, 0);

    if (fd != -1 && sz_name_check(name, "name", NULL) == SZ_OK) {
        abort();
    }

    if (fd != -1) {
        close(fd);
    }

    fd = sz_open_stepwise(dir, name, O_RDONLY, 0);

    if (fd != -1 && strcmp(name, ".") != 0) {
        abort();
    }

    if (fd != -1) {
        close(fd);
    }

    arena = sz_arena_create(65536);
    made = sz_name_from(arena, name, "mp4");

    if (made == NULL || sz_name_check(made, "name", NULL) != SZ_OK) {
        abort();
    }

    sz_arena_destroy(arena);
    free(name);

    return 0;
}
