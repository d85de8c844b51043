/* ledger.h - this node's log: append a leaf, sign what has grown.
 *
 * Private to node/core. Every leaf carries the newest checkpoint of the parent that this node has
 * stored (its beacon), so that its earliest possible time can be shown.
 */
#ifndef DG_NODE_CORE_LEDGER_H
#define DG_NODE_CORE_LEDGER_H

#include "common/crypto.h"
#include "common/note.h"
#include "node/core/identity.h"
#include "node/core/query.h"
#include "node/core/store.h"
#include "proto/leaf.h"

/* Appends leaf (its beacon is filled in here) and returns its index. Errors are the transaction's. */
uint64_t dg_ledger_append(struct dg_txn *txn, struct dg_leaf *leaf);
/* Puts the text of a leaf, which this node had logged before, back at the end of its log. */
void dg_ledger_put(struct dg_txn *txn, uint64_t index, struct dg_bytes text);
/* Remembers the parent's newest checkpoint; true when it is newer than the one stored. */
bool dg_ledger_beacon(struct dg_txn *txn, const struct dg_checkpoint *checkpoint);
/* Signs the checkpoint of the present size by the log key, if it is not the one stored. */
enum dg_err dg_ledger_seal(struct dg_txn *txn, const struct dg_identity *identity,
                           const struct dg_signer *signer) DG_MUST_CHECK;
/* The present checkpoint's note, its size, and the proof of one leaf under it. */
struct dg_ledger_proof {
    struct dg_bytes leaf;
    struct dg_proof proof;
};
/* Proof of leaf index under the checkpoint of `size` leaves (usually the stored one). */
bool dg_ledger_prove(struct dg_txn *txn, uint64_t index, uint64_t size, struct dg_ledger_proof *ret);

/* Proves many leaves under one checkpoint. Neighbouring leaves share nearly all hashes of their proofs, so
 * those read last are kept, a few for each level of the tree. For one transaction. */
struct dg_prover {
    struct dg_txn *txn;
    uint64_t size;
    struct dg_prover_hash {
        bool has;
        uint64_t number;
        struct dg_hash hash;
    } kept[DG_TREE_ROW_MAX][4];
};
/* Starts proofs into the tree of size leaves; txn is borrowed for the prover's life. */
void dg_prover_init(struct dg_prover *prover, struct dg_txn *txn, uint64_t size);
/* Like dg_ledger_prove. */
bool dg_prover_prove(struct dg_prover *prover, uint64_t index, struct dg_ledger_proof *ret);

/* SHA-256 over the sorted ids of the certificates that issuer has issued and that stand in the
 * directory: the list of live members at this moment. */
struct dg_hash dg_members_hash(struct dg_txn *txn, const struct dg_cert_id *issuer);

#endif
