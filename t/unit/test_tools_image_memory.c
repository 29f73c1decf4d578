/*
 * An answer of 32 MB with a picture in it: what it takes beside its text.
 */

#include "tools/sz_tools_image_reader.h"

#include "media/sz_media_base64.h"

#include "folder.h"
#include "tap.h"


#if defined(__SANITIZE_ADDRESS__)
#define MEASURED  0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEASURED  0
#endif
#endif

#ifndef MEASURED
#define MEASURED  1
#endif


#define ANSWER  (32 * 1024 * 1024)
#define HEAD    "{\"created\":1,\"data\":[{\"b64_json\":\""
#define TAIL    "\"}],\"usage\":{\"total_tokens\":7}}"

/* Up to the first byte of a chunk IDAT, whose length is put in. */

static unsigned char  png[42] = {
    0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0, 0, 13,
    'I', 'H', 'D', 'R', 0, 0, 8, 0, 0, 0, 8, 0, 8, 2, 0, 0, 0,
    0x3d, 0xc5, 0x44, 0x67, 0, 0, 0, 0, 'I', 'D', 'A', 'T'
};


/* Resident memory in KB: "VmHWM", or "VmRSS"; -1 where it cannot be told. */

static long
memory(const char *what)
{
    long   kb;
    char   line[200];
    FILE  *f;

    kb = -1;
    f = fopen("/proc/self/status", "r");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, what, strlen(what)) == 0) {
            kb = strtol(line + strlen(what) + 1, NULL, 10);
        }
    }

    if (f != NULL) {
        fclose(f);
    }

    return kb;
}


static void
memory_forget_peak(void)
{
    FILE  *f;

    f = fopen("/proc/self/clear_refs", "w");

    if (f != NULL) {
        fputs("5", f);
        fclose(f);
    }
}


/* A picture's head, and nothing but zero bytes behind it. */

static void
put_answer(sz_buf_t *text)
{
    char    *p;
    size_t   head, zeros, idat;

    head = sizeof(HEAD) - 1 + sz_base64_encoded_size(sizeof(png));
    zeros = (ANSWER - head - sizeof(TAIL)) / 4 * 4;
    idat = 1 + zeros / 4 * 3 - 4;

    png[33] = (unsigned char) (idat >> 24);
    png[34] = (unsigned char) (idat >> 16);
    png[35] = (unsigned char) (idat >> 8);
    png[36] = (unsigned char) idat;

    sz_buf_init(text, ANSWER);
    p = sz_buf_reserve(text, ANSWER);

    memcpy(p, HEAD, sizeof(HEAD) - 1);
    sz_base64_encode(png, sizeof(png), p + sizeof(HEAD) - 1);
    memset(p + head, 'A', zeros);
    memcpy(p + head + zeros, TAIL, sizeof(TAIL) - 1);

    text->len = head + zeros + sizeof(TAIL) - 1;
}


int
main(void)
{
    long                before, peak;
    sz_setup_t          setup;
    sz_image_reader_t  *r;

    memset(&setup, 0, sizeof(setup));
    setup.folder[SZ_MEDIA_IMAGE] = folder_make();

    r = sz_image_reader_create(&setup, "a.png", true, 0);
    r->reader.job.run(&r->reader.job);
    is_str(r->reader.job.error.text, "", "the folder can be written");

    put_answer(&r->reader.text);
    r->op = SZ_READ_IMAGES;

    before = memory("VmRSS");
    memory_forget_peak();

    r->reader.job.run(&r->reader.job);

    peak = memory("VmHWM");

    is_str(r->reader.job.error.text, "", "the answer is read");
    is_int(r->n, 1, "it has a picture");
    is_str(r->pictures[0].error.text, "", "which is saved");
    is_int(r->pictures[0].info.width, 2048, "as it is");
    is_int(folder_size("media/a.png"), r->pictures[0].size, "in full length");
    ok(r->usage != NULL, "and what stands behind it is found");
    ok(r->reader.text.data == NULL, "the text is free");

    if (MEASURED && before > 0 && peak > 0) {
        ok(peak - before <= 1024, "at most a megabyte more than the answer");
        printf("# %ld KB, and %ld KB more\n", before, peak - before);
    }

    r->reader.job.destroy(&r->reader.job);
    folder_remove();

    return done();
}
