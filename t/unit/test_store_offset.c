/*
 * Files above 2 GB on every machine: off_t has 64 bits, because whoever
 * compiles lib/ asks for it.  On 64 bits it would have them anyway, so what
 * asks is looked at, too.
 */

#include "store/sz_store.h"
#include "tap.h"


static bool
asks(const char *path)
{
    bool   found = false;
    char   line[1024];
    FILE  *f;

    f = fopen(path, "r");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        found = found || strstr(line, "-D_FILE_OFFSET_BITS=64") != NULL;
    }

    if (f != NULL) {
        fclose(f);
    }

    return found;
}


int
main(void)
{
    is_int((long) sizeof(off_t), 8, "off_t has 64 bits");

#ifdef _FILE_OFFSET_BITS
    is_int(_FILE_OFFSET_BITS, 64, "by _FILE_OFFSET_BITS");
#else
    ok(false, "by _FILE_OFFSET_BITS");
#endif

    ok(asks("config"), "the module's build asks for it");

    return done();
}
