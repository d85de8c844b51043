/* store.h - the transaction the core reads and writes through: a table of functions.
 *
 * store_lmdb implements it in the node, store_mem in the simulator; the core never knows which.
 *
 * Life:    begin → get/put/del/cursor … → commit or abort. At most one write transaction at a time.
 * Memory:  keys and values given are copied. What get and cursors return lives until the
 *          transaction ends, whatever is written meanwhile.
 * Errors:  a transaction keeps its first error (sticky): later calls do nothing, and commit fails
 *          with it. So a step writes in a row and the loop checks once. "Not found" is no error.
 * Threads: a transaction belongs to the thread that began it.
 * Limits:  keys 1 to 500 bytes; values up to 4 MiB.
 */
#ifndef DG_NODE_CORE_STORE_H
#define DG_NODE_CORE_STORE_H

#include "common/bytes.h"
#include "common/err.h"

/* The tables. FORMAT.md tells every key and value; X(name, checked by: SUM or ID). A table checked
 * by ID is keyed by the SHA-256 of its values. */
#define DG_TABLES(X)                                                                                         \
    X(META, SUM)       /* name → what this node is and counts */                                           \
    X(LEAF, SUM)       /* index → the text of that leaf of this node's log */                              \
    X(TREE, SUM)       /* index → the hashes that leaf completes */                                        \
    X(REPORT, SUM)     /* position → an envelope and when it came */                                       \
    X(REPORT_IX, SUM)  /* report id → position and verdict */                                              \
    X(MAIL, SUM)       /* organ, position → one delivery into that organ's mailbox */                      \
    X(SENT, SUM)       /* organ, position → one report that organ authored here */                         \
    X(OUTBOX, SUM)     /* peer unit, lane, sequence → what must be sent */                                 \
    X(CUSTODY, SUM)    /* position, number → a receipt or state from another node */                       \
    X(CHECKPOINT, SUM) /* origin hash, size → a signed checkpoint of another log */                        \
    X(DIRECTORY, SUM)  /* unit, kind, organ, serial → a certificate or adoption, with its proof */         \
    X(CERT_IX, SUM)    /* certificate id → its key in DIRECTORY */                                         \
    X(REGIME, ID)      /* hash → a compiled regime */                                                      \
    X(INVITATION, SUM) /* invitation id → what was offered, and to whom it was granted */                  \
    X(PEER, SUM)       /* unit → boot counter, nonce, what is known of the link */                         \
    X(ATTENTION, SUM)  /* number → something a person must look at */                                      \
    X(FILED, SUM)      /* rule, period, unit, organ, position → a report under that rule and period */     \
    X(SOURCE, SUM)     /* report id → a source that was asked for below, or came from there */             \
    X(OPEN, SUM)       /* organ, position → a delivery that its organ has not finished with */             \
    X(NAMED, SUM)      /* report id, how, position → a report that names it */                             \
    X(REGISTER, SUM)   /* unit, organ, position → the number of a report of that organ */                  \
    X(DRAFT, SUM)      /* report id → a joint report that not everybody has signed */                      \
    X(ISSUED, SUM)     /* kind, duty, issuer, number → a calendar, reminder or finding, with its proof */  \
    X(CARRIED, SUM)    /* unit, tag → what its next bundle must be told of what came in one */             \
    X(QUARANTINE, SUM) /* neighbour, number → what could not be taken, as it came */                       \
    X(ATTACHMENT, SUM) /* content → an attachment, and how far it has come */                              \
    X(CHUNK, SUM)      /* content, kind, block → which chunks are here; the hashes of its pieces */        \
    X(MIRROR, SUM)     /* origin hash, kind, index → leaves of a neighbour's log */

enum dg_table {
#define X(name, check) DG_TABLE_##name,
    DG_TABLES(X)
#undef X
        DG_TABLE_COUNT
};

struct dg_txn;

/* Walks one table in key order. Not valid after its transaction, nor after a write to its table
 * until the next seek. */
struct dg_cursor {
    struct dg_txn *txn;
    enum dg_table table;
    void *impl;          /* the store's own */
    struct dg_bytes key; /* where it stands; meaningful after a true seek or step */
    struct dg_bytes value;
};

struct dg_txn_ops {
    bool (*get)(struct dg_txn *txn, enum dg_table table, struct dg_bytes key, struct dg_bytes *ret);
    void (*put)(struct dg_txn *txn, enum dg_table table, struct dg_bytes key, struct dg_bytes value);
    void (*del)(struct dg_txn *txn, enum dg_table table, struct dg_bytes key);
    bool (*cursor_open)(struct dg_cursor *cursor);
    void (*cursor_close)(struct dg_cursor *cursor);
    bool (*cursor_seek)(struct dg_cursor *cursor, struct dg_bytes key);
    bool (*cursor_next)(struct dg_cursor *cursor);
    bool (*cursor_prev)(struct dg_cursor *cursor);
    bool (*cursor_last)(struct dg_cursor *cursor);
};

/* A row of META as a write transaction sees it (store.c). */
struct dg_meta_row;

/* The head of every transaction; a store's own follows it. */
struct dg_txn {
    const struct dg_txn_ops *ops;
    struct dg_meta_row *meta; /* those it has touched; written when it commits */
    struct dg_arena *arena;   /* what get and cursors return lives here; the step may use it too */
    enum dg_err err;          /* sticky */
    bool writable;
    uint64_t writes; /* rows put and removed in it, but for those of META */
};

/* True and *ret when the table has the key. */
bool dg_get(struct dg_txn *txn, enum dg_table table, struct dg_bytes key, struct dg_bytes *ret);
/* Inserts or replaces. */
void dg_put(struct dg_txn *txn, enum dg_table table, struct dg_bytes key, struct dg_bytes value);
/* Removes; nothing happens when there is no such key. */
void dg_del(struct dg_txn *txn, enum dg_table table, struct dg_bytes key);
/* Keeps err as the transaction's unless it has one already. */
void dg_txn_fail(struct dg_txn *txn, enum dg_err err);

/* Opens a cursor; close it before the transaction ends. A failed open sets the sticky error, and
 * the cursor then finds nothing. */
void dg_cursor_open(struct dg_cursor *cursor, struct dg_txn *txn, enum dg_table table);
/* Closes it; one that failed to open or is closed already is fine. */
void dg_cursor_close(struct dg_cursor *cursor);
/* Moves to the first key >= key. False at the end. */
bool dg_cursor_seek(struct dg_cursor *cursor, struct dg_bytes key);
/* Steps to the next key. False at the end and after the sticky error. */
bool dg_cursor_next(struct dg_cursor *cursor);
/* Steps to the key before. False at the beginning and after the sticky error. */
bool dg_cursor_prev(struct dg_cursor *cursor);
/* Moves to the last key of the table. False when it is empty and after the sticky error. */
bool dg_cursor_last(struct dg_cursor *cursor);
/* True when the cursor's key begins with prefix. */
bool dg_cursor_at_prefix(const struct dg_cursor *cursor, struct dg_bytes prefix);

/* Proof that a write transaction is durable. Only a store's commit makes one, and only with it can
 * the loop take what a step wants to say (node.h): an answer before its commit cannot be written. */
struct dg_committed {
    uint64_t number;   /* of the transaction in this process, from 1 */
    const void *store; /* which store made it */
};

/* The store itself. */
struct dg_store {
    const struct dg_store_ops *ops;
};

struct dg_store_ops {
    /* Begins; ret's arena is emptied. DG_ERR_STORE_IO, DG_ERR_STORE_FULL, DG_ERR_NO_MEMORY. */
    enum dg_err (*begin)(struct dg_store *store, bool writable, struct dg_txn **ret);
    /* Makes durable (fdatasync) and ends. On any error nothing was written and the txn is gone:
     * the sticky error, DG_ERR_STORE_FULL (go on), DG_ERR_STORE_IO (stop: the disk is sick). */
    enum dg_err (*commit)(struct dg_txn *txn, struct dg_committed *ret);
    void (*abort)(struct dg_txn *txn);
    void (*close)(struct dg_store *store);
};

/* Begins a transaction that only reads; end it with dg_abort. Errors of begin above. */
enum dg_err dg_begin_read(struct dg_store *store, struct dg_txn **ret) DG_MUST_CHECK;
/* Begins the write transaction; end it with dg_commit or dg_abort. Errors of begin above. */
enum dg_err dg_begin_write(struct dg_store *store, struct dg_txn **ret) DG_MUST_CHECK;
/* Makes a write transaction durable; txn is gone afterwards, on an error too. Errors of commit above. */
enum dg_err dg_commit(struct dg_store *store, struct dg_txn *txn, struct dg_committed *ret) DG_MUST_CHECK;
/* Ends a transaction of either kind; nothing it wrote remains. */
void dg_abort(struct dg_store *store, struct dg_txn *txn);
/* Closes and frees the store, in which no transaction may be open; NULL is fine. */
void dg_store_close(struct dg_store *store);

#endif
