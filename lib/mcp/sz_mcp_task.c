/*
 * Tasks (the extension io.modelcontextprotocol/tasks): calls that go on in the
 * background, and what a client can ask about them.
 */

#include "mcp/sz_mcp_exchange.h"


bool
sz_task_declared(sz_message_t *m)
{
    if (!m->exchange->server->tasks) {
        sz_answer_error(m, 200, SZ_RPC_INVALID_PARAMS,
                        "There are no tasks here (sanzaru_state_path).");
        return false;
    }

    if (!(sz_modern_client(m) & SZ_CLIENT_TASKS)) {
        sz_answer_error_data(m, 400, SZ_RPC_CAPABILITY,
                             sz_str("{\"requiredCapabilities\":{"
                                    "\"extensions\":{\"" SZ_EXTENSION_TASKS
                                    "\":{}}}}"),
                             "The request has to declare the extension "
                             SZ_EXTENSION_TASKS ".");
        return false;
    }

    return true;
}
