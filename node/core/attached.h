/* attached.h - attachments as the store knows them: which there are, how far they have come, what is missing.
 *
 * Whoever brings chunks, over a line or by another carrier, does the same three things in this order:
 *
 *   dg_attached_put_piece   check a piece against its manifest and write it into its part (no transaction)
 *   files->ops->sync        make it durable
 *   dg_attached_took        set its bits, in the write transaction
 *
 * A bit is only ever set for what is durable, so that after any crash the bits tell the truth, or less.
 * When the last bit is set, the node checks the whole file in its own time (checking.c).
 *
 * Memory: what is handed out lives as long as txn.
 */
#ifndef DG_NODE_CORE_ATTACHED_H
#define DG_NODE_CORE_ATTACHED_H

#include "node/core/files.h"
#include "node/core/store.h"
#include "proto/attachment.h"

enum dg_attached_state {
    DG_ATTACHED_COMING = 1, /* some chunks may be here */
    DG_ATTACHED_CHECKING,   /* all are; the file as a whole has not been checked yet */
    DG_ATTACHED_WHOLE,      /* checked, and durable under its own name */
    DG_ATTACHED_REFUSED,    /* it is none: impossible, or not what its manifest says */
};

/* One attachment, known by its content however many reports and names it has. */
struct dg_attached {
    struct dg_hash content;
    enum dg_attached_state state;
    struct dg_attachment what; /* name empty */
    uint32_t here;             /* chunks */
    bool counted;              /* its size is in the sums that quotas are held against */
    dg_ms since_ms;            /* of this state */
    struct dg_bytes from;      /* the neighbour it comes from; empty: it was attached here */
    struct dg_bytes code;      /* refused, or put off: why */
};

/* Reads the row of a content. False when no report here names it and nobody attached it. */
bool dg_attached_get(struct dg_txn *txn, const struct dg_hash *content, struct dg_attached *ret);
/* The row for an entry of a manifest; content, what and nothing else are filled in when there is none. */
bool dg_attached_find(struct dg_txn *txn, const struct dg_attachment *attachment, struct dg_attached *ret);
/* Inserts the row or replaces it. */
void dg_attached_put(struct dg_txn *txn, const struct dg_attached *attached);
/* Calls each for every attachment, by content, until it returns false. */
void dg_attached_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_attached *attached),
                      void *ctx);
/* How many bytes of it are here, by its chunks. */
uint64_t dg_attached_bytes(const struct dg_attached *attached);
/* "coming", "checking", "here", "refused". */
const char *dg_attached_state_name(enum dg_attached_state state);

/* Writes to ret the first runs of chunks that are missing, `most` at most; returns how many. */
size_t dg_attached_missing(struct dg_txn *txn, const struct dg_attached *attached, struct dg_run ret[],
                           size_t most);
/* True when every chunk of the run is here. */
bool dg_attached_has(struct dg_txn *txn, const struct dg_attached *attached, struct dg_run run);
/* Checks data, as it was unpacked, against the manifest, and writes it into the part. DG_ERR_BAD_PROOF and
 * those of files. */
enum dg_err dg_attached_put_piece(struct dg_files *files, const struct dg_attached *attached,
                                  struct dg_run run, struct dg_bytes data,
                                  const struct dg_proof *proof) DG_MUST_CHECK;
/* Notes that a run is durable. With the last one the state becomes CHECKING. Writes the row. */
void dg_attached_took(struct dg_txn *txn, struct dg_attached *attached, struct dg_run run, dg_ms now);
/* Forgets which chunks are here. The caller writes the row. */
void dg_attached_clear(struct dg_txn *txn, struct dg_attached *attached);

/* Stores the hashes of all its pieces, in the place of its bits: it is whole. */
void dg_attached_put_pieces(struct dg_txn *txn, const struct dg_attached *attached,
                            const struct dg_hash piece[], size_t count);
/* Reads them, in txn's arena. False when they are not there. */
bool dg_attached_pieces(struct dg_txn *txn, const struct dg_attached *attached, struct dg_hash **ret,
                        size_t *ret_count);
/* Reads the run of a whole attachment and proves it. piece must hold DG_PIECE_BYTES; *ret_data points into
 * it. tree is that of its pieces. Errors of files, DG_ERR_NO_MEMORY. */
enum dg_err dg_attached_read_piece(struct dg_files *files, const struct dg_attached *attached,
                                   const struct dg_hash_tree *tree, struct dg_run run, uint8_t *piece,
                                   struct dg_bytes *ret_data, struct dg_proof *ret_proof) DG_MUST_CHECK;

#endif
