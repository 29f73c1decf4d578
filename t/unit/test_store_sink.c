#include "store/sz_store.h"

#include "folder.h"
#include "tap.h"


static sz_folder_t  where;


static sz_code_e
op(sz_sink_t *sink, sz_sink_op_e what, const char *data)
{
    sink->op = what;
    sink->data = data;
    sink->len = (data != NULL) ? strlen(data) : 0;
    sink->job.error.code = SZ_OK;
    sink->job.run(&sink->job);

    return sink->job.error.code;
}


static sz_code_e
accept_film(const void *wanted, sz_str_t head, const char *announced,
    const char **mime, sz_error_t *err)
{
    if (head.len < 4 || memcmp(head.data, wanted, 4) != 0) {
        return sz_error_set(err, SZ_E_UPSTREAM, "%s", announced);
    }

    *mime = "video/film";

    return SZ_OK;
}


static sz_code_e
whole_even(int fd, int64_t size, const char *mime, sz_error_t *err)
{
    (void) fd;
    (void) mime;

    return (size % 2 == 0) ? SZ_OK
                           : sz_error_set(err, SZ_E_INPUT, "odd");
}


int
main(void)
{
    sz_sink_t  *sink;

    where = folder_make();

    sink = sz_sink_create(&where, "a.bin", SZ_REPLACE, 100);
    is_int(op(sink, SZ_SINK_OPEN, NULL), SZ_OK, "open");
    is_int(op(sink, SZ_SINK_WRITE, "he"), SZ_OK, "write");
    is_int(op(sink, SZ_SINK_WRITE, "llo"), SZ_OK, "write");
    is_int(folder_size("media/a.bin"), -1, "nothing to see yet");
    is_int(op(sink, SZ_SINK_COMMIT, NULL), SZ_OK, "commit");
    is_int(folder_size("media/a.bin"), 5, "there");
    is_int(sink->size, 5, "its size");
    is_str(sink->sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e"
           "1b161e5c1fa7425e73043362938b9824", "SHA-256 of hello");
    sink->job.destroy(&sink->job);

    sink = sz_sink_create(&where, "a.bin", SZ_REPLACE, 100);
    op(sink, SZ_SINK_OPEN, NULL);
    op(sink, SZ_SINK_WRITE, "a first attempt that is cut");
    is_int(op(sink, SZ_SINK_REWIND, NULL), SZ_OK, "rewind");
    op(sink, SZ_SINK_WRITE, "hello");
    is_int(op(sink, SZ_SINK_COMMIT, NULL), SZ_OK, "commit");
    is_int(sink->size, 5, "only the second attempt counts");
    is_str(sink->sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e"
           "1b161e5c1fa7425e73043362938b9824", "in the digest, too");
    sink->job.destroy(&sink->job);

    sink = sz_sink_create(&where, "big.bin", SZ_REPLACE, 7);
    op(sink, SZ_SINK_OPEN, NULL);
    is_int(op(sink, SZ_SINK_WRITE, "1234567"), SZ_OK, "up to the limit");
    is_int(op(sink, SZ_SINK_WRITE, "8"), SZ_E_LIMIT, "not beyond");
    is_int(op(sink, SZ_SINK_ABORT, NULL), SZ_OK, "abort");
    is_int(folder_size("media/big.bin"), -1, "leaves nothing");
    sink->job.destroy(&sink->job);

    sink = sz_sink_create(&where, "film.bin", SZ_REPLACE, 10000);
    sink->accept = accept_film;
    sink->wanted = "FILM";
    sink->whole = whole_even;
    strcpy(sink->announced, "text/html");
    op(sink, SZ_SINK_OPEN, NULL);
    is_int(op(sink, SZ_SINK_WRITE, "FI"), SZ_OK, "two bytes tell nothing");
    is_int(op(sink, SZ_SINK_WRITE, "LM1"), SZ_OK, "nor do five");
    is_int(op(sink, SZ_SINK_COMMIT, NULL), SZ_E_UPSTREAM,
           "an odd film is not whole");
    is_int(op(sink, SZ_SINK_ABORT, NULL), SZ_OK, "abort");
    is_int(folder_size("media/film.bin"), -1, "leaves nothing");

    op(sink, SZ_SINK_OPEN, NULL);
    op(sink, SZ_SINK_WRITE, "FILM");
    is_int(op(sink, SZ_SINK_COMMIT, NULL), SZ_OK, "an even one is");
    is_str(sink->mime, "video/film", "its type");
    sink->job.destroy(&sink->job);

    sink = sz_sink_create(&where, "page.bin", SZ_REPLACE, 10000);
    sink->accept = accept_film;
    sink->wanted = "FILM";
    strcpy(sink->announced, "text/html");
    op(sink, SZ_SINK_OPEN, NULL);
    op(sink, SZ_SINK_WRITE, "<html>");
    is_int(op(sink, SZ_SINK_COMMIT, NULL), SZ_E_UPSTREAM,
           "a short page is seen at the end");
    is_str(sink->job.error.text, "text/html", "as what was announced");
    op(sink, SZ_SINK_ABORT, NULL);
    sink->job.destroy(&sink->job);

    sink = sz_sink_create(&where, "nodir/x", SZ_REPLACE, 10000);
    is_int(op(sink, SZ_SINK_OPEN, NULL), SZ_E_INPUT, "a missing folder");
    is_int(op(sink, SZ_SINK_ABORT, NULL), SZ_OK, "abort after a failed open");
    sink->job.destroy(&sink->job);

    is_int(folder_count("media"), 2, "two files in the end");

    folder_remove();

    return done();
}
