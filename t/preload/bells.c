/*
 * Bells that fail: an LD_PRELOAD library.  While there is a file "send" in the
 * folder that SANZARU_BELLS names, sendto() between workers fails with
 * ENOBUFS; while there is a file "bind", the socket gets no name.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>


static bool
fails(const struct sockaddr *address, socklen_t len, const char *file)
{
    char                      path[512];
    const char               *dir = getenv("SANZARU_BELLS");
    const struct sockaddr_un *sun = (const struct sockaddr_un *) address;

    if (dir == NULL || address == NULL || address->sa_family != AF_UNIX
        || len < 16 || memcmp(sun->sun_path + 1, "ngx_sanzaru/", 12) != 0)
    {
        return false;
    }

    snprintf(path, sizeof(path), "%s/%s", dir, file);

    return access(path, F_OK) == 0;
}


ssize_t
sendto(int fd, const void *data, size_t n, int flags,
    const struct sockaddr *address, socklen_t len)
{
    static ssize_t  (*next)(int, const void *, size_t, int,
                            const struct sockaddr *, socklen_t);

    if (fails(address, len, "send")) {
        errno = ENOBUFS;
        return -1;
    }

    if (next == NULL) {
        *(void **) &next = dlsym(RTLD_NEXT, "sendto");
    }

    return next(fd, data, n, flags, address, len);
}


int
bind(int fd, const struct sockaddr *address, socklen_t len)
{
    static int  (*next)(int, const struct sockaddr *, socklen_t);

    if (fails(address, len, "bind")) {
        errno = EADDRINUSE;
        return -1;
    }

    if (next == NULL) {
        *(void **) &next = dlsym(RTLD_NEXT, "bind");
    }

    return next(fd, address, len);
}
