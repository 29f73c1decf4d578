/*
 * Tools for the extension io.modelcontextprotocol/tasks.
 */

#include "pack.h"


typedef struct {
    const char  *name;
    int64_t      seconds;
} sz_pack_task_t;


static const sz_field_t  sz_pack_greet_input[] = {
    { .name = "name", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_pack_task_t, name),
      .description = "Whom to greet." },
    { .name = NULL }
};

static sz_step_e
sz_pack_greet_step(sz_call_t *call)
{
    sz_pack_task_t  *s = call->state;

    return sz_pack_text(call, "Hello, %s!", s->name);
}

const sz_tool_t  sz_pack_greet = {
    .name = "greet",
    .title = "greet",
    .description = "Greets, at once.",
    .hints = SZ_HINTS_READ_CLOSED,
    .flags = SZ_TOOL_RAW,
    .input = sz_pack_greet_input,
    .state_size = sizeof(sz_pack_task_t),
    .step = sz_pack_greet_step
};


/* The first step of a task: true when the client is let go now. */

static bool
sz_pack_detaches(sz_call_t *call)
{
    if (call->phase > 0) {
        return false;
    }

    call->phase = 1;

    if (call->resume != NULL || call->detached) {
        return false;
    }

    (void) sz_call_detach(call, "{}");

    return true;
}


static const sz_field_t  sz_pack_slow_input[] = {
    { .name = "seconds", .type = SZ_INTEGER,
      .offset = offsetof(sz_pack_task_t, seconds), .min = 0, .max = 3600,
      .preset = "0", .description = "How long it takes." },
    { .name = "label", .type = SZ_STRING,
      .offset = offsetof(sz_pack_task_t, name), .preset = "job",
      .description = "What to call it." },
    { .name = NULL }
};

static sz_step_e
sz_pack_slow_step(sz_call_t *call)
{
    sz_pack_task_t  *s = call->state;

    if (sz_pack_detaches(call)) {
        return SZ_STEP_WAIT;
    }

    if (call->phase == 1) {
        call->phase = 2;
        return sz_call_wait(call, s->seconds * 1000);
    }

    return sz_pack_text(call, "%s: computed for %d s", s->name,
                        (int) s->seconds);
}

const sz_tool_t  sz_pack_slow = {
    .name = "slow_compute",
    .title = "slow_compute",
    .description = "Takes its time.",
    .hints = SZ_HINTS_READ_CLOSED,
    .flags = SZ_TOOL_RAW,
    .input = sz_pack_slow_input,
    .state_size = sizeof(sz_pack_task_t),
    .step = sz_pack_slow_step
};


static sz_step_e
sz_pack_failing_step(sz_call_t *call)
{
    if (sz_pack_detaches(call)) {
        return SZ_STEP_WAIT;
    }

    if (call->phase == 1) {
        call->phase = 2;
        return sz_call_wait(call, 1000);
    }

    return sz_pack_failed(call, "This job always fails.");
}

const sz_tool_t  sz_pack_failing = {
    .name = "failing_job",
    .title = "failing_job",
    .description = "Fails as a tool.",
    .hints = SZ_HINTS_READ_CLOSED,
    .flags = SZ_TOOL_RAW | SZ_TOOL_TASK_ONLY,
    .input = sz_no_fields,
    .step = sz_pack_failing_step
};


static sz_step_e
sz_pack_protocol_error_step(sz_call_t *call)
{
    sz_error_t  err;

    if (sz_pack_detaches(call)) {
        return SZ_STEP_WAIT;
    }

    if (call->phase == 1) {
        call->phase = 2;
        return sz_call_wait(call, 200);
    }

    call->rpc_code = -32603;
    sz_error_set(&err, SZ_E_INTERNAL, "This job breaks.");

    return sz_call_fail(call, &err);
}

const sz_tool_t  sz_pack_protocol_error = {
    SZ_PACK_TOOL("protocol_error_job", "Fails as a protocol.",
                 sz_pack_protocol_error_step)
};


#define SZ_PACK_CONFIRM(message)                                             \
    sz_str(SZ_PACK_FORM(message, "confirm", "boolean"))

static const sz_field_t  sz_pack_confirm_input[] = {
    { .name = "filename", .type = SZ_STRING, .flags = SZ_REQUIRED,
      .offset = offsetof(sz_pack_task_t, name),
      .description = "What would be deleted." },
    { .name = NULL }
};

static sz_step_e
sz_pack_confirm_step(sz_call_t *call)
{
    bool             confirmed;
    const cJSON     *answer;
    sz_pack_task_t  *s = call->state;

    if (sz_pack_detaches(call)) {
        return SZ_STEP_WAIT;
    }

    answer = sz_call_ask(call, "confirm", "elicitation/create",
                         SZ_PACK_CONFIRM("Delete the file?"));

    if (answer == NULL) {
        return sz_call_asked(call);
    }

    confirmed = cJSON_IsTrue(sz_json_get(sz_call_content(answer), "confirm"));

    return sz_pack_text(call, "%s %s", confirmed ? "Deleted" : "Kept",
                        s->name);
}

const sz_tool_t  sz_pack_confirm = {
    .name = "confirm_delete",
    .title = "confirm_delete",
    .description = "Asks before it would delete.",
    .hints = SZ_HINTS_READ_CLOSED,
    .flags = SZ_TOOL_RAW,
    .input = sz_pack_confirm_input,
    .state_size = sizeof(sz_pack_task_t),
    .step = sz_pack_confirm_step
};


static sz_step_e
sz_pack_multi_step(sz_call_t *call)
{
    const cJSON  *first, *second;

    if (sz_pack_detaches(call)) {
        return SZ_STEP_WAIT;
    }

    first = sz_call_ask(call, "first", "elicitation/create",
                        SZ_PACK_CONFIRM("The first question?"));
    second = sz_call_ask(call, "second", "elicitation/create",
                         SZ_PACK_CONFIRM("The second question?"));

    return (first != NULL && second != NULL)
           ? sz_pack_text(call, "Both questions are answered.")
           : sz_call_asked(call);
}

const sz_tool_t  sz_pack_multi = {
    SZ_PACK_TOOL("multi_input", "Asks two things at once.",
                 sz_pack_multi_step)
};


/* Asks first, and becomes a task when it knows what it needs. */

static sz_step_e
sz_pack_with_task_step(sz_call_t *call)
{
    const char   *name;
    const cJSON  *answer;

    answer = sz_call_ask(call, "user_name", "elicitation/create",
              sz_str(SZ_PACK_FORM("What is your name?", "name", "string")));

    if (answer == NULL) {
        return sz_call_asked(call);
    }

    if (sz_pack_detaches(call)) {
        return SZ_STEP_WAIT;
    }

    name = sz_pack_filled(answer, "name");

    return sz_pack_text(call, "Hello, %s!", (name != NULL) ? name : "you");
}

const sz_tool_t  sz_pack_with_task = {
    .name = "test_tool_with_task",
    .title = "test_tool_with_task",
    .description = "Asks, then goes on as a task.",
    .hints = SZ_HINTS_READ_CLOSED,
    .flags = SZ_TOOL_RAW | SZ_TOOL_TASK_ONLY,
    .input = sz_no_fields,
    .step = sz_pack_with_task_step
};
