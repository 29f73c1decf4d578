/*
 * Every allocation of a job refused once: no crash, an error that says so,
 * and nothing left behind.  malloc() and its kin are replaced here, for the
 * format libraries, too.
 */

#include "media/sz_media.h"

#include "tap.h"
#include "test_media_make.h"

#include <errno.h>


#if defined(__SANITIZE_ADDRESS__)
#define REPLACED  0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REPLACED  0
#endif
#endif

#if !defined(REPLACED) && defined(__GLIBC__)
#define REPLACED  1
#endif


#if REPLACED

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void __libc_free(void *p);


static long    calls, refuse, live;
static size_t  spared;


/* Whether this one is refused; counted when it is not. */

static bool
refused(size_t size)
{
    if (++calls == refuse && size != spared) {
        errno = ENOMEM;
        return true;
    }

    live++;

    return false;
}


void *
malloc(size_t size)
{
    return refused(size) ? NULL : __libc_malloc(size);
}


void *
calloc(size_t n, size_t size)
{
    return refused(n * size) ? NULL : __libc_calloc(n, size);
}


void *
realloc(void *p, size_t size)
{
    if (refused(size)) {
        return NULL;
    }

    live -= (p != NULL);

    return __libc_realloc(p, size);
}


void *
aligned_alloc(size_t align, size_t size)
{
    return refused(size) ? NULL : __libc_memalign(align, size);
}


int
posix_memalign(void **p, size_t align, size_t size)
{
    *p = refused(size) ? NULL : __libc_memalign(align, size);

    return (*p == NULL) ? 12 : 0;
}


void
free(void *p)
{
    live -= (p != NULL);
    __libc_free(p);
}


static void
starve(const char *name, bytes_t b, sz_image_e output)
{
    int            in, out;
    long           n, before, bad, leaks, least;
    sz_code_e      rc;
    sz_error_t     err;
    sz_prepare_t   how = { .width = 60, .height = 34, .output = output };
    sz_prepared_t  done;

    in = file_of(b.data, b.len);
    out = file_of("", 0);
    bad = leaks = least = 0;

    for (n = 1; n < 5000; n++) {

        err.text[0] = '\0';
        calls = 0;
        refuse = n;
        before = live;
        rc = sz_image_prepare(&how, in, out, &done, &err);
        refuse = 0;

        leaks += (live != before);

        if (rc == SZ_OK && calls < n) {
            break;
        }

        /* what can be done without is: the fast decoder, the profile */

        bad += (rc != SZ_OK && (rc != SZ_E_INTERNAL
                                 || err.text[0] == '\0'));
        least += (rc == SZ_OK);

        if (rc != SZ_OK && rc != SZ_E_INTERNAL) {
            printf("# %ld: %d %s\n", n, rc, err.text);
        }
    }

    ok(bad == 0 && leaks == 0 && n < 5000, "%s: %ld allocations refused in "
       "turn: %ld wrong answers, %ld leaks, %ld done without", name, n - 1,
       bad, leaks, least);

    close(in);
    close(out);
    free(b.data);
}


int
main(void)
{
    unsigned char  *p;

    setvbuf(stdout, NULL, _IONBF, 0);
    p = pixels_of(100, 70, 4);

    starve("jpeg to png", make_jpeg(p, 100, 70, 3, 0x22, false, 0, 6),
           SZ_IMAGE_PNG);
    starve("progressive jpeg to jpeg",
           make_jpeg(p, 100, 70, 3, 0x22, true, 0, 0), SZ_IMAGE_JPEG);
    starve("cmyk jpeg to webp", make_jpeg(p, 100, 70, 4, 0x11, false, 0, 0),
           SZ_IMAGE_WEBP);
    starve("png to png", make_png(p, 300, 100, 70, PNG_COLOR_TYPE_RGB, 8,
                                  false, 0), SZ_IMAGE_PNG);
    starve("interlaced png with alpha to png",
           make_png(p, 400, 100, 70, PNG_COLOR_TYPE_RGBA, 8, true, 3),
           SZ_IMAGE_PNG);
    starve("webp to png", make_webp(p, 100, 70, 3, false), SZ_IMAGE_PNG);

    /*
     * When the table for the code of code lengths is refused, libwebp (seen
     * in 1.2.4) frees a list of tables it has not begun yet.
     */

    spared = 128 * 4;

    starve("lossless webp with alpha to webp",
           make_webp(p, 100, 70, 4, true), SZ_IMAGE_WEBP);

    free(p);

    return done();
}

#else

int
main(void)
{
    printf("1..0 # SKIP malloc() belongs to a sanitizer here\n");

    return 0;
}

#endif
