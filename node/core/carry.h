/* carry.h - what waits for a neighbour, carried by hand: PROTOCOL.md, "Any carrier".
 *
 * Export reads: rows stay queued until a receipt or answer has come back, by whatever carrier. Import is one
 * more way in for the same events, through the running node (carry_import.c).
 *
 * Memory: struct dg_carrying borrows its node; files are appended to the caller's buffer.
 */
#ifndef DG_NODE_CORE_CARRY_H
#define DG_NODE_CORE_CARRY_H

#include "node/core/node.h"

/* A walk over what must reach one neighbour, file by file. */
struct dg_carrying {
    struct dg_node *node;
    char unit[DG_SLUG_MAX + 1];
    struct dg_curve_key key; /* the neighbour's, for the seal */
    uint8_t bundle[16];
    dg_ms made_ms;
    uint32_t number; /* files made so far */
    uint64_t rows;   /* and what is in them: reports, records, receipts and answers */
    /* Where the walk stands. */
    bool answered;       /* all answers are out */
    uint64_t answer_tag; /* the next one's */
    unsigned lane;
    uint64_t seq; /* of the next row in that lane */
};

/* Makes a node that only reads, for export, beside a running one or without. It takes no lock and starts
 * nothing; close it with dg_node_close. DG_ERR_BAD_NODE, DG_ERR_NO_MEMORY. */
enum dg_err dg_node_peek(struct dg_store *store, struct dg_txn *txn, const struct dg_node_env *env,
                         struct dg_node **ret, struct dg_fault *fault) DG_MUST_CHECK;
/* Calls each for every neighbour for whom something waits, the parent first, until it returns false. unit
 * lives as long as the node. */
void dg_carry_each(struct dg_node *node, struct dg_txn *txn, bool (*each)(void *ctx, struct dg_bytes unit),
                   void *ctx);
/* Begins the bundle for a neighbour. DG_ERR_UNKNOWN_MEMBER when unit is none, DG_ERR_EXPIRED when its
 * certificate has ended. */
enum dg_err dg_carry_begin(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, dg_ms now,
                           struct dg_carrying *ret, struct dg_fault *fault) DG_MUST_CHECK;
/* Appends the next file; *ret_more is false, and nothing is appended, when there is none. Each call may have
 * a transaction of its own. Errors of signer, sealer and store; DG_ERR_TOO_LARGE at DG_CARRIED_PARTS_MAX. */
enum dg_err dg_carry_next(struct dg_carrying *carrying, struct dg_txn *txn, struct dg_buf *file,
                          bool *ret_more) DG_MUST_CHECK;
/* Appends the contents: the file that lists the others by their SHA-256. */
enum dg_err dg_carry_contents(struct dg_carrying *carrying, struct dg_hash part[], size_t count,
                              struct dg_buf *file) DG_MUST_CHECK;

#endif
