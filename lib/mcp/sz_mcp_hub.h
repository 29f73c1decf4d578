/*
 * The hub: the little that exchanges in different workers have to know of
 * each other.  The core says what; the shell keeps it in shared memory and
 * wakes whoever listens.
 *
 * Thread rules: every function may be called on any thread; none blocks for
 * longer than a copy takes.
 */

#ifndef SZ_MCP_HUB_H
#define SZ_MCP_HUB_H


#include "base/sz_base.h"


#define SZ_HUB_ID    16             /* bytes of a name, random or a digest */

/* The longest key and text together; what is longer is not published. */
#define SZ_HUB_TEXT  (48 * 1024)

/* The longest id of a request that is told to others: more is no id. */
#define SZ_HUB_KEY   256


/*
 * What is told to all workers, the one that tells it included.  `id` says whom
 * it concerns.
 */

typedef enum {
    SZ_SIGNAL_RESOURCE = 1,         /* id: a folder's scope; key: the URI */
    SZ_SIGNAL_LIST,                 /* key: "tools", "prompts", "resources"; */
                                    /* id: of these, a folder's scope */
    SZ_SIGNAL_ANSWER,               /* id: session; key: the question's id, */
                                    /* whose answer is there to be taken */
    SZ_SIGNAL_CANCEL,               /* id: session; key: the request's id */
    SZ_SIGNAL_STREAM,               /* id: session; key: a newer GET stream */
    SZ_SIGNAL_EVENT,                /* id: a stream that has a new event */
    SZ_SIGNAL_SESSION,              /* id: session that was deleted */
    SZ_SIGNAL_TASK,                 /* key: task id; text: the task */
    SZ_SIGNAL_TASKS                 /* some task has lost its worker */
} sz_signal_e;

typedef struct {
    sz_signal_e    type;
    unsigned char  id[SZ_HUB_ID];
    sz_str_t       key;
    sz_str_t       text;
} sz_signal_t;


/* One of 64, by whom it concerns. */
static inline uint64_t
sz_signal_bit(const unsigned char id[SZ_HUB_ID])
{
    return (uint64_t) 1 << (id[0] & 63);
}


/* What is remembered of a legacy session beyond its token. */

typedef struct {
    bool  deleted;
    int   log_level;                /* sz_log_e */
} sz_hub_session_t;


/* What is known of an event beyond its text, or of there being none. */

typedef struct {
    bool       last;
    bool       gone;                /* there is none, and never will be */
    sz_code_e  outcome;             /* of the last one: what the call came to */
} sz_hub_event_t;


typedef struct {

    void  (*publish)(const sz_signal_t *signal);

    /*
     * What is kept counts for its caller (the first SZ_HUB_ID bytes of
     * caller_id): when there is no room, who has most loses the oldest.
     */

    /* False: nothing is remembered, which is the normal case. */
    bool  (*session_get)(const unsigned char *id, sz_hub_session_t *state);

    void  (*session_delete)(const unsigned char *id,
                            const unsigned char *caller);

    /* False when there is no room; until: Unix time, seconds. */
    bool  (*session_level)(const unsigned char *id,
                           const unsigned char *caller, int level,
                           int64_t until);

    /* Subscriptions of a session to single resources; false: no room. */
    bool  (*subscribe)(const unsigned char *id, const unsigned char *caller,
                       sz_str_t uri, int64_t until);
    void  (*unsubscribe)(const unsigned char *id, sz_str_t uri);
    bool  (*subscribed)(const unsigned char *id, sz_str_t uri);

    /*
     * Events of a stream that a client may come back for, for so many seconds
     * from now.  put: `outcome` counts with the last event.  False: it is not
     * kept, and the stream cannot be resumed.  get: the event behind number n
     * into the buffer; false: there is none.
     */
    bool  (*stream_open)(const unsigned char *id, const unsigned char *session,
                         const unsigned char *caller, int64_t seconds);
    bool  (*stream_put)(const unsigned char *id, unsigned n, sz_str_t json,
                        bool last, sz_code_e outcome, int64_t seconds);
    bool  (*stream_get)(const unsigned char *id, const unsigned char *session,
                        unsigned n, sz_buf_t *json, sz_hub_event_t *event);

    /*
     * Questions that calls wait for.  answer: false when this session was not
     * asked, or has answered.  take: the answer's text; there is none later.
     */
    bool  (*question_open)(const unsigned char *id,
                           const unsigned char *session,
                           const unsigned char *caller, int64_t seconds);
    bool  (*question_answer)(const unsigned char *id,
                             const unsigned char *session, sz_str_t text);
    bool  (*question_take)(const unsigned char *id, sz_buf_t *text);

} sz_hub_t;


#endif /* SZ_MCP_HUB_H */
