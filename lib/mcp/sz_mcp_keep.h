/*
 * What is kept for clients in memory that several processes share: records
 * with items, in blocks of fixed size.
 *
 *     record ── item ── item ── item          a session and its URIs,
 *       │         └─ block ─ block            a stream and its events,
 *       └─ of a caller, who has so many       a question and its answer,
 *          blocks                             whose a provider's job is
 *
 * Whose blocks.  When there is no room, the caller who has most (to a factor
 * of two) loses its oldest records; the one who asks, if it is among them.  So
 * no caller pushes out what others have, who have less.
 *
 * Who dies.  A record and an item is there when its block's type says so, and
 * that is one store, the last of those that make it and the first of those
 * that unmake it.  All else (lists, trees, counts, what is free) follows from
 * them.  `busy` is set while somebody is inside: whoever enters and finds it
 * set comes after one who was killed there, and makes all of that anew.
 *
 * Indices and lengths are checked before they are used, so that not even
 * memory full of noise makes anybody read or write outside of it.
 *
 * Thread rules: all functions with the lock of the memory held, between
 * sz_keep_enter() and sz_keep_leave().
 */

#ifndef SZ_MCP_KEEP_H
#define SZ_MCP_KEEP_H


#include "mcp/sz_mcp_hub.h"


#define SZ_KEEP_BLOCK   256
#define SZ_KEEP_ITEMS   512             /* of one record, at most */
#define SZ_KEEP_BYTES   (256 * 1024)    /* and an eighth of all blocks */
#define SZ_KEEP_LEAST   (64 * 1024)     /* of memory */


typedef enum {
    SZ_KEEP_SESSION = 1,
    SZ_KEEP_STREAM,
    SZ_KEEP_QUESTION,
    SZ_KEEP_OWNER
} sz_keep_kind_e;


typedef struct {
    uint32_t       kind;
    uint32_t       until;               /* Unix time, seconds */
    uint32_t       value;               /* a session's log level and 1, or 0; */
                                        /* a stream's sz_code_e, at its end   */
    unsigned char  id[SZ_HUB_ID];
    unsigned char  session[SZ_HUB_ID];  /* of a stream, of a question */
    unsigned char  caller[SZ_HUB_ID];

    /* of the room itself */
    uint32_t       chain;
    uint32_t       owner;
    uint32_t       newer;
    uint32_t       older;
    uint32_t       first;
    uint32_t       last;
    uint32_t       items;
    uint32_t       blocks;
} sz_keep_record_t;


typedef struct sz_keep_s  sz_keep_t;


/* In so many bytes, at least SZ_KEEP_LEAST, aligned for size_t. */
sz_keep_t *sz_keep_init(void *memory, size_t bytes);

/* True: somebody died inside, and what it was about to do is undone. */
bool sz_keep_enter(sz_keep_t *k);
void sz_keep_leave(sz_keep_t *k);

/*
 * NULL: there is none, or no more.  A record is valid until the next call
 * that makes or drops anything.
 */
sz_keep_record_t *sz_keep_find(sz_keep_t *k, sz_keep_kind_e kind,
    const unsigned char *id, uint32_t now);

/* The same, and makes one that is not there; NULL: no room. */
sz_keep_record_t *sz_keep_open(sz_keep_t *k, sz_keep_kind_e kind,
    const unsigned char *id, const unsigned char *caller,
    const unsigned char *session, uint32_t until, uint32_t now);

void sz_keep_until(sz_keep_record_t *record, uint32_t until);
void sz_keep_value(sz_keep_record_t *record, uint32_t value);
void sz_keep_drop(sz_keep_t *k, sz_keep_record_t *record);

/*
 * Items have a number; those of a record are in the order they were added.
 * add: false when the record has too many or too much, or there is no room.
 * has: whether one is equal to the text; remove: that one.
 */
bool sz_keep_add(sz_keep_t *k, sz_keep_record_t *record, uint32_t n,
    bool last, sz_str_t text);
bool sz_keep_has(sz_keep_t *k, const sz_keep_record_t *record, sz_str_t text);
void sz_keep_remove(sz_keep_t *k, sz_keep_record_t *record, sz_str_t text);

/*
 * The first item with a number above n is added to the buffer, *last set.
 * False: there is none; *last: because an item before it was the last.
 */
bool sz_keep_next(sz_keep_t *k, const sz_keep_record_t *record, uint32_t n,
    sz_buf_t *text, bool *last);


#endif /* SZ_MCP_KEEP_H */
