/*
 * Which instruction sets the kernels of this room are built for.  What is
 * built is asked for again when it runs; so one binary serves every machine
 * of an architecture.
 *
 * With -DSZ_PORTABLE only the portable paths are built, as they are for other
 * architectures: the tests run both ways.
 */

#ifndef SZ_MEDIA_CPU_H
#define SZ_MEDIA_CPU_H


#include <stdbool.h>


#if defined(__x86_64__) && !defined(SZ_PORTABLE)

#define SZ_HAVE_AVX2  1

static inline bool
sz_cpu_has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}

#endif


#endif /* SZ_MEDIA_CPU_H */
