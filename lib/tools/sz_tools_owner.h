/*
 * Whose the jobs are that a call names and makes: around the step function of
 * every tool, so that no tool can forget it.
 *
 *     FIRST ─► [ASKED: the records of the ids in the arguments] ─► STEPPING
 *                 │ not the caller's                             │   ▲
 *                 ▼                                              ▼   │
 *               done, with an error            [ADDING: a record of what the
 *                                               tool has made; what the tool
 *                                               wanted next comes after it]
 *
 * Which arguments are ids says the tool's table (sz_from_jobs).
 */

#ifndef SZ_TOOLS_OWNER_H
#define SZ_TOOLS_OWNER_H


#include "tools/sz_tools.h"


/* The tool's step, with what comes before and behind it: for sz_call_step(). */
sz_step_e sz_owner_step(sz_call_t *call);


#endif /* SZ_TOOLS_OWNER_H */
