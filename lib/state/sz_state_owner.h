/*
 * Owner records: whose a provider's job (a video, a response) is.
 *
 * A provider knows keys, not callers: with one key it shows each caller the
 * jobs of all.  So the gateway writes down who has made a job, as soon as the
 * provider has told its id, and asks before an id that a caller names is sent
 * to the provider.
 *
 *     sanzaru_state_path/owners/<digest of scope and id>
 *
 * One small file per job, which appears whole (see sz_store.h).  Where there is
 * no state, or it cannot be written, the record goes into memory that the shell
 * shares between its workers; that one is bounded, and what it has evicted is
 * not found any more.
 *
 * Thread rules: sz_owner_job_create() and destroy() may be called on any
 * thread; run() blocks.  A job owns copies of all that it needs.
 */

#ifndef SZ_STATE_OWNER_H
#define SZ_STATE_OWNER_H


#include "base/sz_base.h"
#include "store/sz_store.h"


#define SZ_OWNER_ID   32            /* bytes: SHA-256 */
#define SZ_OWNER_KEY  32            /* bytes: SHA-256 of scope and id */


/*
 * Memory of the shell.  Every function may be called on any thread.
 *
 * add: false when there is no room.  until: Unix time, seconds.
 * get: false when nothing is known.
 */

typedef struct {
    bool  (*add)(const unsigned char *key, const unsigned char *owner,
                 int64_t until);
    bool  (*get)(const unsigned char *key, unsigned char *owner);
    void  (*forget)(const unsigned char *key);
} sz_owner_memory_t;


/* Where records are, as one call sees it. */

typedef struct {
    sz_folder_t               where;        /* root NULL: no state */
    const sz_owner_memory_t  *memory;       /* NULL: none */
    unsigned char             self[SZ_OWNER_ID];    /* who asks */
    int64_t                   ttl;          /* seconds; 0: nothing is checked */
    bool                      others;       /* jobs without a record may be */
                                            /* used                         */
} sz_owners_t;


/*
 * Who owns what is made here: the caller's id and the folders that a variable
 * chose for it, in order; a NULL element is left out.  False: no digest could
 * be made, and nothing must be allowed.
 */
bool sz_owner_digest(unsigned char owner[SZ_OWNER_ID],
    const unsigned char *caller_id, size_t len, const char *const *folders,
    size_t n);


typedef enum {
    SZ_OWNER_ADD = 0,               /* the id is `self`'s from now on */
    SZ_OWNER_GET,                   /* may `self` use it? */
    SZ_OWNER_LIST,                  /* the same for every id, without error */
    SZ_OWNER_FORGET                 /* it is gone at the provider */
} sz_owner_op_e;

typedef enum {
    SZ_OWNED_BY_NOBODY = 0,         /* no record: made elsewhere, or too old */
    SZ_OWNED_BY_SELF,
    SZ_OWNED_BY_OTHER,
    SZ_OWNED_UNKNOWN                /* the record cannot be read */
} sz_owned_e;

typedef struct {
    sz_job_t        job;            /* first */
    sz_owner_op_e   op;
    sz_owners_t     owners;         /* a copy */
    int64_t         clock;          /* Unix time, seconds */
    char           *scope;
    size_t          n;
    char          **ids;
    sz_owned_e     *owned;          /* GET, LIST: the answers */
} sz_owner_job_t;

/*
 * An operation on n ids of one scope; a scope is what ids are unique in, such
 * as the base URL of a provider.  NULL when out of memory.
 *
 * run() sets job.error: GET, to SZ_E_NOT_FOUND when one of the ids is not
 * self's to use; ADD, when no record could be written.
 */
sz_owner_job_t *sz_owner_job_create(const sz_owners_t *owners,
    sz_owner_op_e op, const char *scope, const char *const *ids, size_t n,
    int64_t clock);

/* Whether self may use what LIST has found for ids[i]. */
bool sz_owner_may_use(const sz_owner_job_t *j, size_t i);


#endif /* SZ_STATE_OWNER_H */
