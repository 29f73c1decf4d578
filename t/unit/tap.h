/*
 * The Test Anything Protocol for plain C programs: checks in main(), then
 * return done();
 */

#ifndef TAP_H
#define TAP_H


#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>


static int  tap_run, tap_failed;


__attribute__((format(printf, 2, 3), unused)) static bool
ok(bool good, const char *fmt, ...)
{
    va_list  args;

    tap_run++;
    tap_failed += !good;

    printf("%sok %d - ", good ? "" : "not ", tap_run);

    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);

    printf("\n");
    fflush(stdout);

    return good;
}


__attribute__((unused)) static bool
is_int(long long got, long long want, const char *name)
{
    if (!ok(got == want, "%s", name)) {
        printf("#   got %lld, want %lld\n", got, want);
    }

    return got == want;
}


__attribute__((unused)) static bool
is_str(const char *got, const char *want, const char *name)
{
    bool  same;

    same = (got == NULL || want == NULL) ? got == want
                                         : strcmp(got, want) == 0;

    if (!ok(same, "%s", name)) {
        printf("#   got \"%s\"\n#  want \"%s\"\n", (got != NULL) ? got : "NULL",
               (want != NULL) ? want : "NULL");
    }

    return same;
}


__attribute__((unused)) static int
done(void)
{
    printf("1..%d\n", tap_run);

    return tap_failed != 0;
}


#endif /* TAP_H */
