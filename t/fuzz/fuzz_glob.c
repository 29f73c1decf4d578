/*
 * Globs on names: the first line is the pattern, the second the name.  Matching
 * ends, and finds what the plain way of trying all finds.
 */

#include "store/sz_store_index.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>


static bool
plain(const char *pattern, const char *name)
{
    char    glob[64], part[64];
    size_t  g = strcspn(pattern, "/"), n = strcspn(name, "/");

    snprintf(glob, sizeof(glob), "%.*s", (int) g, pattern);
    snprintf(part, sizeof(part), "%.*s", (int) n, name);

    if (strcmp(glob, "**") == 0) {
        return pattern[g] == '\0' || plain(pattern + g + 1, name)
               || (name[n] == '/' && plain(pattern, name + n + 1));
    }

    return fnmatch(glob, part, FNM_PERIOD) == 0 && pattern[g] == name[n]
           && (name[n] == '\0' || plain(pattern + g + 1, name + n + 1));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char  text[2048], *name;
    bool  matches;

    if (size >= sizeof(text)) {
        return 0;
    }

    memcpy(text, data, size);
    text[size] = '\0';

    name = strchr(text, '\n');

    if (name == NULL) {
        return 0;
    }

    *name++ = '\0';
    matches = sz_glob_match(text, name);

    if (size < 40 && matches != plain(text, name)) {
        abort();
    }

    return 0;
}
