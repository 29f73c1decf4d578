/*
 * Who asks.  The shell knows a caller as text: a user name, a certificate's
 * subject, perhaps a token; of any length, in any encoding.  Sessions, tasks,
 * cursors, open questions and jobs belong to the digest of it, so a text is
 * never cut, never has to be UTF-8, and never lies on a disk.
 */

#ifndef SZ_MCP_CALLER_H
#define SZ_MCP_CALLER_H


#include "base/sz_base.h"


#define SZ_CALLER_HEX  (2 * SZ_CALLER_ID + 1)   /* terminated */

/*
 * The id of a caller; the empty text, with data NULL or not, stands for all
 * who are anonymous.  False when the library has no memory.  Any thread.
 */
bool sz_caller_id(sz_str_t caller, unsigned char id[SZ_CALLER_ID]);


#endif /* SZ_MCP_CALLER_H */
