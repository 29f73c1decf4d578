/*
 * Sessions that were deleted before their token expired, in memory that
 * several processes share: a table of fixed size, eight entries to a row.
 * Nothing in it is a link, so no writer that is killed can damage it.
 *
 * An entry is there until its row needs the place.  Then the oldest entry of
 * the caller who has most of the row goes: whoever deletes thousands of
 * sessions forgets its own, not those of others.
 *
 * Thread rules: all functions with the lock of the memory held.
 */

#ifndef SZ_MCP_GONE_H
#define SZ_MCP_GONE_H


#include "mcp/sz_mcp_hub.h"


#define SZ_GONE_ROW  8

typedef struct {
    uint32_t       when;            /* Unix time; 0: not in use */
    uint32_t       caller;          /* the first bytes of its id */
    unsigned char  id[SZ_HUB_ID];
} sz_gone_entry_t;


typedef struct {
    size_t           rows;
    sz_gone_entry_t  row[][SZ_GONE_ROW];
} sz_gone_t;


/* In so many bytes of zeroed memory; at least one row. */
void sz_gone_init(sz_gone_t *gone, size_t bytes);

void sz_gone_add(sz_gone_t *gone, const unsigned char *id,
    const unsigned char *caller, uint32_t now);
bool sz_gone_has(const sz_gone_t *gone, const unsigned char *id);


#endif /* SZ_MCP_GONE_H */
