/*
 * The journal: a ring of signals in memory that several processes share.
 *
 * A writer may be killed at any instruction.  It first says which old bytes it
 * is going to overwrite (`taken`), then writes, and commits with one store of
 * `head`.  Dead before that store: the signal was never there, and a reader
 * that has not yet read the overwritten bytes is told that it missed some.
 *
 * Thread rules: all functions with the lock of the memory held.
 */

#ifndef SZ_MCP_JOURNAL_H
#define SZ_MCP_JOURNAL_H


#include "mcp/sz_mcp_hub.h"


/* Positions count all bytes ever written, modulo 2^32 or 2^64. */

typedef struct {
    size_t         size;            /* of the ring, a power of two */
    size_t         taken;
    size_t         head;
    unsigned char  ring[];
} sz_journal_t;


typedef enum {
    SZ_JOURNAL_NONE = 0,            /* all is read */
    SZ_JOURNAL_SIGNAL,
    SZ_JOURNAL_MISSED,              /* overwritten before they were read */
    SZ_JOURNAL_TORN                 /* lengths that no writer writes */
} sz_journal_e;


/*
 * In so many bytes; what is beyond a power of two stays unused.  False: they
 * do not hold two signals of full size.
 */
bool sz_journal_init(sz_journal_t *j, size_t bytes);

/* key and text together are at most SZ_HUB_TEXT bytes. */
void sz_journal_write(sz_journal_t *j, const sz_signal_t *signal);

/*
 * Reads on from `*from`; key and text of the signal lie in the buffer, of
 * SZ_HUB_TEXT bytes.  After MISSED and TORN it goes on at the head.
 */
sz_journal_e sz_journal_read(const sz_journal_t *j, size_t *from,
    sz_signal_t *signal, unsigned char *buffer);


#endif /* SZ_MCP_JOURNAL_H */
