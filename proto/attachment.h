/* attachment.h - what an attachment is, how it is cut into chunks, and how a piece of it is proven.
 *
 * A report's manifest names the root of the RFC 6962 tree over the chunks. A *piece* is a run of chunks that
 * is one complete node of that tree (the last one on the right may be cut short): so it travels with one
 * proof, however many chunks it has. At the height of DG_PIECE_BYTES a file has at most DG_PIECES_MAX of
 * them; their hashes are all that is kept of the tree.
 * Errors:  DG_ERR_BAD_PROOF for a piece that does not fit, whatever the reason.
 */
#ifndef DG_PROTO_ATTACHMENT_H
#define DG_PROTO_ATTACHMENT_H

#include "common/digest.h"
#include "common/hash_tree.h"
#include "proto/frame.h"

/* What two attachments with the same bytes and the same tree have in common, whatever their names: SHA-256
 * over "donggui content v1\n", sha256, size (8 bytes), chunk_size (4), chunk_root. All of it, so that nobody
 * can spoil the transfer of one file by a manifest that is half like its own. */
struct dg_hash dg_attachment_content(const struct dg_attachment *attachment);
/* True when there can be such a file: 1 byte to DG_ATTACHMENT_MAX, chunks of 16, 32, 64, 128 or 256 KiB. */
bool dg_attachment_possible(const struct dg_attachment *attachment);
/* How many chunks it has. */
uint32_t dg_attachment_chunks(const struct dg_attachment *attachment);
/* How many chunks a whole piece of DG_PIECE_BYTES has. */
uint32_t dg_attachment_piece_chunks(const struct dg_attachment *attachment);
/* Where a run begins in the file, and how many bytes it has. The run lies within the attachment. */
uint64_t dg_run_offset(const struct dg_attachment *attachment, struct dg_run run);
/* The bytes of a run; fewer at the end of the file. */
size_t dg_run_bytes(const struct dg_attachment *attachment, struct dg_run run);
/* True when the run is within the attachment, no longer than DG_PIECE_BYTES, and one node of its tree; then
 * *ret_level is how many levels above the chunks. */
bool dg_run_is_node(const struct dg_attachment *attachment, struct dg_run run, unsigned *ret_level);

/* Checks that data, unpacked, is what the manifest has at that run. DG_ERR_BAD_PROOF. */
enum dg_err dg_piece_check(const struct dg_attachment *attachment, struct dg_run run, struct dg_bytes data,
                           const struct dg_proof *proof) DG_MUST_CHECK;
/* Proves a run that lies in piece number `piece`. pieces is the tree over all pieces; data holds that whole
 * piece. DG_ERR_NO_MEMORY. */
enum dg_err dg_piece_prove(const struct dg_attachment *attachment, const struct dg_hash_tree *pieces,
                           struct dg_bytes data, struct dg_run run, struct dg_proof *ret) DG_MUST_CHECK;

/* Reads a file from front to back: its SHA-256, and the hashes of its pieces. */
struct dg_survey {
    struct dg_digest *digest;
    uint32_t chunk_size;
    uint64_t size;
    size_t piece_count, piece_capacity;
    struct dg_hash *piece;
    enum dg_err err; /* sticky */
};
/* Begins one. DG_ERR_NO_MEMORY in err. */
void dg_survey_start(struct dg_survey *survey, uint32_t chunk_size);
/* Takes in the next DG_PIECE_BYTES of the file; fewer only at its end. DG_ERR_TOO_LARGE in err beyond
 * DG_ATTACHMENT_MAX. */
void dg_survey_add(struct dg_survey *survey, struct dg_bytes piece);
/* Fills in all of ret but its name. DG_ERR_TOO_LARGE also when the file is empty. */
enum dg_err dg_survey_end(struct dg_survey *survey, struct dg_attachment *ret) DG_MUST_CHECK;
/* Frees what it holds. */
void dg_survey_free(struct dg_survey *survey);

#endif
