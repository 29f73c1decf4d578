/*
 * Base64 beside OpenSSL's EVP_DecodeBlock, memcpy() and write().
 *
 *     base64 FOLDER [BYTES...]      markdown tables; FOLDER is written to
 *
 * All take turns in each round, and before each 64 MiB of other memory are
 * touched, so that none profits from what another one left in the caches.
 */

#include "media/sz_media_base64_json.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>


#define ROUNDS    25
#define OTHER     (64 * 1024 * 1024)

/* The sizes the targets are about. */
#define JUDGED    8388608
#define MEMORY    33554432


static uint8_t  *bytes, *back;
static char     *text, *other, path[1024];
static size_t    n, n_text;


static double
used_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}


static void
check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s failed\n", what);
        exit(1);
    }
}


static void
run_copy(void)
{
    memcpy(back, bytes, n);
}


static void
run_openssl(void)
{
    check(EVP_DecodeBlock(back, (unsigned char *) text, (int) n_text) > 0,
          "EVP_DecodeBlock");
}


static void
run_decode(void)
{
    check(sz_base64_decode((sz_str_t) { n_text, text }, back, NULL) == SZ_OK,
          "decode");
}


static void
run_portable(void)
{
    check(sz_base64_portable.decode(text, n_text, back) + 4 >= n_text,
          "portable");
}


static void
run_encode(void)
{
    sz_base64_encode(bytes, n, text);
}


/* Every file is a new one, as drafts are; `reserved` bytes of it at once. */

static int
create(size_t reserved)
{
    int  fd;

    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    check(fd != -1, "open");
    check(reserved == 0 || posix_fallocate(fd, 0, (off_t) reserved) == 0,
          "posix_fallocate");

    return fd;
}


static void
write_pieces(int fd, size_t piece)
{
    size_t  at, len;

    for (at = 0; at < n; at += len) {
        len = (n - at < piece) ? n - at : piece;
        check(write(fd, bytes + at, len) == (ssize_t) len, "write");
    }

    close(fd);
}


static sz_code_e
write_piece(void *data, const void *piece, size_t len, sz_error_t *err)
{
    const int  *fd = data;

    (void) err;

    return (write(*fd, piece, len) == (ssize_t) len) ? SZ_OK : SZ_E_IO;
}


static void
decode_pieces(int fd)
{
    int64_t                 written;
    const sz_base64_sink_t  sink = { write_piece, &fd, NULL };

    check(sz_base64_json_decode((sz_str_t) { n_text, text }, &sink, &written,
                                NULL) == SZ_OK && written == (int64_t) n,
          "decode and write");
    close(fd);
}


static void
run_write(void)
{
    write_pieces(create(0), n);
}


static void
run_write_pieces(void)
{
    write_pieces(create(0), SZ_BASE64_PIECE);
}


static void
run_write_reserved(void)
{
    write_pieces(create(n), SZ_BASE64_PIECE);
}


static void
run_pieces(void)
{
    decode_pieces(create(0));
}


static void
run_reserved(void)
{
    decode_pieces(create(n));
}


enum { COPY, OPENSSL, DECODE, PORTABLE, ENCODE, WRITE, WRITE_PIECES,
       WRITE_RESERVED, PIECES, RESERVED, PEERS };

static const struct {
    const char   *name;
    void        (*run)(void);
    int           beside;           /* what it is compared with */
} peers[PEERS] = {
    [COPY] = { "memcpy() of the bytes", run_copy, COPY },
    [OPENSSL] = { "EVP_DecodeBlock()", run_openssl, COPY },
    [DECODE] = { "ours, decode", run_decode, COPY },
    [PORTABLE] = { "ours, decode, portable", run_portable, COPY },
    [ENCODE] = { "ours, encode", run_encode, COPY },
    [WRITE] = { "write() of the bytes at once", run_write, WRITE },
    [WRITE_PIECES] = { "write() of the bytes in pieces", run_write_pieces,
                       WRITE },
    [WRITE_RESERVED] = { "the same into a reserved file", run_write_reserved,
                         WRITE },
    [PIECES] = { "ours, decode and write in pieces", run_pieces, WRITE },
    [RESERVED] = { "the same into a reserved file", run_reserved, WRITE }
};


static int
compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return (x > y) - (x < y);
}


static double
once(int i, bool cold)
{
    double       start, ms;
    static char  c;

    if (cold) {
        memset(other, ++c, OTHER);
    }

    start = used_ms();
    peers[i].run();
    ms = used_ms() - start;

    (void) unlink(path);

    return ms;
}


/* Medians and least of all in turn, and the medians of each on its own. */

static void
measure(double *turn, double *least, double *alone)
{
    int            i, round;
    double         ms[ROUNDS];
    static double  turns[PEERS][ROUNDS];

    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < PEERS; i++) {
            turns[i][round] = once(i, true);
        }
    }

    for (i = 0; i < PEERS; i++) {
        qsort(turns[i], ROUNDS, sizeof(double), compare);
        turn[i] = turns[i][ROUNDS / 2];
        least[i] = turns[i][0];

        for (round = 0; round < ROUNDS; round++) {
            ms[round] = once(i, false);
        }

        qsort(ms, ROUNDS, sizeof(double), compare);
        alone[i] = ms[ROUNDS / 2];
    }
}


static void
table(const double *turn, const double *least, const double *alone)
{
    int  i;

    printf("\n### %zu bytes, %zu characters\n\n"
           "| what | ms (min) | times memcpy or write | EVP takes times | "
           "in cache, ms | times |\n|---|---|---|---|---|---|\n", n, n_text);

    for (i = 0; i < PEERS; i++) {
        printf("| %s | %.3f (%.3f) | %.2f | %.2f | %.3f | %.2f |\n",
               peers[i].name, turn[i], least[i],
               turn[i] / turn[peers[i].beside], turn[OPENSSL] / turn[i],
               alone[i], alone[i] / alone[peers[i].beside]);
    }
}


static void
judge(const char *what, double value, double wanted, bool least)
{
    bool  reached;

    reached = least ? value >= wanted : value <= wanted;

    printf("| %s | %.2f | %s %.2f | %s |\n", what, value,
           least ? "at least" : "at most", wanted,
           reached ? "reached" : "**short**");
}


static void
verdicts(const double *turn, const double *alone)
{
    printf("\n| target, for %d bytes | measured | wanted | |\n"
           "|---|---|---|---|\n", JUDGED);

    judge("decode, times memcpy()", turn[DECODE] / turn[COPY], 1.4, false);
    judge("the same in cache", alone[DECODE] / alone[COPY], 1.4, false);
    judge("EVP_DecodeBlock(), times decode", turn[OPENSSL] / turn[DECODE], 5,
          true);
    judge("the same in cache", alone[OPENSSL] / alone[DECODE], 5, true);
    judge("decode and write, times write() in pieces",
          turn[PIECES] / turn[WRITE_PIECES], 1.15, false);
    judge("decode and write, times write() at once",
          turn[PIECES] / turn[WRITE], 1.15, false);
    judge("decode and write into a reserved file, times write() at once",
          turn[RESERVED] / turn[WRITE], 1.15, false);
}


/* The most that was resident so far, in KiB. */

static long
peak(void)
{
    FILE  *f;
    long   kib;
    char   line[256];

    kib = -1;
    f = fopen("/proc/self/status", "r");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtol(line + 6, NULL, 10);
        }
    }

    if (f != NULL) {
        fclose(f);
    }

    return kib;
}


static void
prepare(size_t size)
{
    size_t  i;

    n = size;
    n_text = sz_base64_encoded_size(n);
    bytes = malloc(n);
    text = malloc(n_text + 64);
    check(bytes != NULL && text != NULL, "malloc");

    for (i = 0; i < n; i++) {
        bytes[i] = (uint8_t) (i * 2654435761u >> 13);
    }

    run_encode();
}


static void
release(void)
{
    free(bytes);
    free(text);
}


/* Before anything else, so that nothing else has had its peak yet. */

static void
memory(void)
{
    long  before;

    prepare(MEMORY);
    before = peak();
    run_pieces();

    printf("\nDecoding and writing %d bytes raised the process's peak by %ld "
           "KiB, by the kernel's coarse count; its buffer has %d KiB (at most "
           "1024 beside the text are wanted).\n", MEMORY, peak() - before,
           SZ_BASE64_PIECE / 1024);

    (void) unlink(path);
    release();
}


static void
size(size_t wanted)
{
    double  turn[PEERS], least[PEERS], alone[PEERS];

    prepare(wanted);
    back = malloc(n + 64);
    check(back != NULL, "malloc");

    run_decode();
    check(memcmp(bytes, back, n) == 0, "the result");

    measure(turn, least, alone);
    table(turn, least, alone);

    if (n == JUDGED) {
        verdicts(turn, alone);
    }

    free(back);
    release();
}


int
main(int argc, char **argv)
{
    int  a;

    if (argc < 2) {
        fprintf(stderr, "usage: base64 FOLDER [BYTES...]\n");
        return 2;
    }

    snprintf(path, sizeof(path), "%.1000s/base64.out", argv[1]);

    printf("Milliseconds of processor time, medians of %d rounds in which all "
           "took "
           "turns, each after 64 MiB of other memory had been touched; \"in "
           "cache\" each repeated on its own. Files are new ones, not "
           "synced.\n", ROUNDS);

    memory();

    other = malloc(OTHER);
    check(other != NULL, "malloc");

    for (a = 2; a < argc; a++) {
        size(strtoul(argv[a], NULL, 10));
    }

    if (argc == 2) {
        size(JUDGED);
    }

    free(other);

    return 0;
}
