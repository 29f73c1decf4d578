/*
 * What there is besides tools: resources, prompts, completion; and the headers
 * that repeat a tool's arguments.
 */

#ifndef SZ_MCP_LIBRARY_H
#define SZ_MCP_LIBRARY_H


#include "mcp/sz_mcp.h"


/* The methods.  Each answers the message or makes its call. */

void sz_resource_list(sz_message_t *m);         /* resources/list */
void sz_resource_templates(sz_message_t *m);    /* resources/templates/list */
void sz_resource_read(sz_message_t *m);         /* resources/read */
void sz_prompt_list(sz_message_t *m);           /* prompts/list */
void sz_prompt_get(sz_message_t *m);            /* prompts/get */
void sz_complete(sz_message_t *m);              /* completion/complete */

/* What came as a cursor; NULL: the first page, whatever says so. */
const cJSON *sz_library_cursor(const sz_message_t *m);

/* False: a cursor came where there is only one page; the error is out. */
bool sz_library_one_page(sz_message_t *m);

/* The prompt of this name here, or NULL. */
const sz_prompt_t *sz_prompt_find(const sz_server_t *server,
    const char *name);

/* The error of a resource that is not there, as the revision has it. */
void sz_answer_no_resource(sz_message_t *m, const char *uri, const char *why);


/* sz_mcp_param.c */

/* Copies the headers into the exchange's arena; false: no memory. */
bool sz_param_keep(sz_exchange_t *x);

/*
 * Modern revisions: whether Mcp-Param-* repeat the arguments of this tool
 * (NULL: none came).  False: the message is answered.
 */
bool sz_param_check(sz_message_t *m, const sz_tool_t *tool,
    const cJSON *args);


#endif /* SZ_MCP_LIBRARY_H */
