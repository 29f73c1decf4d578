/*
 * One store that others may see only when all stores before it are done, and
 * before any that comes after it: what a process that is killed leaves behind
 * is then either the state before or the state behind.
 */

#ifndef SZ_MCP_COMMIT_H
#define SZ_MCP_COMMIT_H


#define sz_commit(p, value)                                                  \
    do {                                                                      \
        __atomic_thread_fence(__ATOMIC_SEQ_CST);                              \
        __atomic_store_n((p), (value), __ATOMIC_RELAXED);                     \
        __atomic_thread_fence(__ATOMIC_SEQ_CST);                              \
    } while (0)


#endif /* SZ_MCP_COMMIT_H */
