/*
 * Answers with pictures: both APIs, whole and as events.  Whatever comes, the
 * folder holds the files that are reported, whole and no other, and every
 * error is a text that can be shown.
 */

#include "tools/sz_tools_image.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>


static char        root[] = "/tmp/sz_fuzz_XXXXXX";
static sz_setup_t  setup;


static void
leave(void)
{
    (void) rmdir(root);
}


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void) argc;
    (void) argv;

    if (mkdtemp(root) == NULL) {
        abort();
    }

    (void) atexit(leave);

    setup.folder[SZ_MEDIA_IMAGE] = (sz_folder_t) {
        .root = root, .directive = "x", .access = 0640
    };
    setup.max_image_size = 1 << 20;

    return 0;
}


/* Removes all files; how many there were. */

static unsigned
sweep(void)
{
    DIR            *dir;
    unsigned        n;
    struct dirent  *entry;

    dir = opendir(root);

    for (n = 0; (entry = readdir(dir)) != NULL; /* void */) {
        if (strcmp(entry->d_name, ".") != 0
            && strcmp(entry->d_name, "..") != 0)
        {
            n++;
            (void) unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }

    closedir(dir);

    return n;
}


static void
feed(sz_image_reader_t *r, sz_str_t text, bool event)
{
    sz_buf_init(&r->reader.text, text.len + 1);
    sz_buf_str(&r->reader.text, text);
    r->reader.event = event;
    r->reader.job.run(&r->reader.job);

    if (r->reader.text.data != NULL) {
        abort();
    }

    if (r->reader.job.error.code != SZ_OK
        && !sz_utf8_valid(sz_str_of(r->reader.job.error.text)))
    {
        abort();
    }
}


/* Events are parted by empty lines. */

static void
feed_events(sz_image_reader_t *r, sz_str_t text)
{
    const char  *end;

    while (text.len > 0 && r->reader.job.error.code == SZ_OK) {

        end = memmem(text.data, text.len, "\n\n", 2);

        if (end == NULL) {
            feed(r, text, true);
            return;
        }

        feed(r, (sz_str_t) { (size_t) (end - text.data), text.data }, true);

        text.len -= (size_t) (end + 2 - text.data);
        text.data = end + 2;
    }
}


/* What the tools would tell of it. */

static void
tell(const sz_image_reader_t *r, bool response)
{
    sz_jw_t     w;
    unsigned    i;
    sz_buf_t    out;
    sz_error_t  err;

    sz_buf_init(&out, 1 << 20);
    sz_jw_init(&w, &out);
    sz_jw_open(&w, '{');

    if (response) {
        sz_response_write(&w, r);
    }

    sz_jw_key(&w, "images");
    sz_jw_open(&w, '[');

    for (i = 0; i < r->n; i++) {
        sz_image_write_row(&w, &r->pictures[i], -1);
    }

    sz_jw_close(&w, ']');
    sz_jw_close(&w, '}');

    if (out.failed || sz_json_check(sz_buf_view(&out), NULL) != SZ_OK) {
        abort();
    }

    sz_buf_free(&out);

    if (response && sz_response_pictures(r, "resp_1", &err) != SZ_OK
        && !sz_utf8_valid(sz_str_of(err.text)))
    {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned            i, files;
    sz_str_t            text;
    sz_image_reader_t  *r;

    if (size < 1 || size > 65536) {
        return 0;
    }

    text = (sz_str_t) { size - 1, (const char *) data + 1 };

    r = sz_image_reader_create(&setup, "a.png", data[0] & 4, 0);
    r->reader.job.run(&r->reader.job);              /* SZ_READ_OPEN */

    r->op = (data[0] & 1) ? SZ_READ_RESPONSE
            : (data[0] & 8) ? SZ_READ_STATUS : SZ_READ_IMAGES;

    if (data[0] & 2) {
        feed_events(r, text);

    } else {
        feed(r, text, false);
    }

    tell(r, r->op != SZ_READ_IMAGES);

    for (files = 0, i = 0; i < r->n; i++) {
        files += (r->pictures[i].error.code == SZ_OK);
    }

    /* as the shell ends a job */

    if (r->reader.job.undo != NULL) {
        r->reader.job.undo(&r->reader.job);
    }

    r->reader.job.destroy(&r->reader.job);

    if (sweep() != files) {
        abort();
    }

    return 0;
}
