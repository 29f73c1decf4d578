#include "base/sz_base.h"

#include <errno.h>
#include <stdio.h>


static const char *const  sz_code_names[] = {
    [SZ_OK] = "ok",
    [SZ_E_INPUT] = "input",
    [SZ_E_NOT_FOUND] = "not_found",
    [SZ_E_EXISTS] = "exists",
    [SZ_E_LIMIT] = "limit",
    [SZ_E_IO] = "io",
    [SZ_E_UPSTREAM] = "upstream",
    [SZ_E_BUSY] = "busy",
    [SZ_E_TIMEOUT] = "timeout",
    [SZ_E_CANCELLED] = "cancelled",
    [SZ_E_INTERNAL] = "internal"
};


static void
sz_error_vset(sz_error_t *err, sz_code_e code, const char *fmt, va_list args)
{
    err->code = code;
    err->errnum = 0;
    sz_utf8_format(err->text, SZ_ERROR_TEXT, fmt, args);
}


sz_code_e
sz_error_set(sz_error_t *err, sz_code_e code, const char *fmt, ...)
{
    va_list  args;

    if (err != NULL) {
        va_start(args, fmt);
        sz_error_vset(err, code, fmt, args);
        va_end(args);
    }

    return code;
}


void
sz_error_add(sz_error_t *err, const char *fmt, ...)
{
    size_t   len;
    va_list  args;

    len = strlen(err->text);

    va_start(args, fmt);
    sz_utf8_format(err->text + len, SZ_ERROR_TEXT - len, fmt, args);
    va_end(args);
}


sz_code_e
sz_error_from(sz_error_t *err, const sz_error_t *why, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    sz_error_vset(err, why->code, fmt, args);
    va_end(args);

    err->errnum = why->errnum;

    return why->code;
}


sz_code_e
sz_error_file(sz_error_t *err, sz_code_e code, int errnum, const char *fmt,
    ...)
{
    va_list  args;

    if (err != NULL) {
        va_start(args, fmt);
        sz_error_vset(err, code, fmt, args);
        va_end(args);

        err->errnum = errnum;
    }

    return code;
}


sz_code_e
sz_error_memory(sz_error_t *err)
{
    return sz_error_set(err, SZ_E_INTERNAL,
                        "The gateway is out of memory for this call. "
                        "Try again later or with less data.");
}


sz_code_e
sz_error_errno(sz_error_t *err, int errnum, const char *fmt, ...)
{
    char       reason[128];
    va_list    args;
    sz_code_e  code;

    code = (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG)
           ? SZ_E_LIMIT : SZ_E_IO;

    if (err == NULL) {
        return code;
    }

    va_start(args, fmt);
    sz_error_vset(err, code, fmt, args);
    va_end(args);

    err->errnum = errnum;

    /* the GNU form: strerror() is not for threads */
    sz_error_add(err, ": %s.", strerror_r(errnum, reason, sizeof(reason)));

    return code;
}


const char *
sz_code_name(sz_code_e code)
{
    return sz_code_names[code];
}
