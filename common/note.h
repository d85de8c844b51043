/* note.h - C2SP signed notes, checkpoints, cosignatures and .tlog-proof files.
 *
 * Sources: c2sp.org/signed-note v1.0.0, c2sp.org/tlog-checkpoint v1.0.0 (three lines, no
 * extensions), c2sp.org/tlog-cosignature v1.0.1 (Ed25519, type 0x04), c2sp.org/tlog-proof@v1.
 * All text is parsed strictly: canonical base64, LF only, no leading zeros, one final newline.
 * Memory: parsed values borrow the text they were parsed from.
 */
#ifndef DG_COMMON_NOTE_H
#define DG_COMMON_NOTE_H

#include "common/bytes.h"
#include "common/crypto.h"
#include "common/id.h"
#include "common/limits.h"
#include "common/merkle.h"
#include "common/when.h"

enum {
    DG_NOTE_SIGNATURES_MAX = 16,
    DG_NOTE_BLOB_MAX = 8 + DG_SIG_BYTES,
    DG_VERIFIER_TEXT_MAX = DG_ORIGIN_MAX + 64,
    DG_NOTE_ED25519 = 0x01,
    DG_NOTE_COSIGNATURE = 0x04
};

/* A named key that can verify: in text, name+hhhhhhhh+base64(type ‖ key). */
struct dg_verifier {
    char name[DG_ORIGIN_MAX + 1];
    uint8_t type;      /* DG_NOTE_ED25519 or DG_NOTE_COSIGNATURE */
    uint32_t key_hash; /* first four bytes of SHA-256(name ‖ "\n" ‖ type ‖ key) */
    struct dg_key key;
};

/* True for what may name a key: UTF-8, not empty, without white space, control characters and '+'. */
bool dg_note_name_ok(struct dg_bytes name);
/* The verifier of a key of ours; name is at most DG_ORIGIN_MAX bytes and dg_note_name_ok. */
struct dg_verifier dg_verifier_of(const char *name, uint8_t type, const struct dg_key *key);
/* Writes the verifier's line of text, without a newline. */
void dg_verifier_text(const struct dg_verifier *verifier, struct dg_buf *out);
/* Reads that text. DG_ERR_MALFORMED, or DG_ERR_WEAK_KEY. */
enum dg_err dg_verifier_parse(struct dg_bytes text, struct dg_verifier *ret) DG_MUST_CHECK;

/* The three lines of a checkpoint. */
struct dg_checkpoint {
    char origin[DG_ORIGIN_MAX + 1];
    uint64_t size;
    struct dg_hash root;
};

/* One signature line of a note. */
struct dg_note_signature {
    struct dg_bytes name;
    uint32_t key_hash;
    size_t blob_size; /* after the key hash: 64 bytes, or 8 of time and 64; 0 for a kind we do not know */
    uint8_t blob[DG_NOTE_BLOB_MAX];
};

struct dg_note {
    struct dg_bytes text; /* with its final newline: what is signed */
    size_t signature_count;
    struct dg_note_signature signature[DG_NOTE_SIGNATURES_MAX];
};

/* Splits a note. DG_ERR_BAD_CHECKPOINT for anything not strictly a note, including more than 16
 * signature lines or DG_CHECKPOINT_MAX bytes. */
enum dg_err dg_note_parse(struct dg_bytes note, struct dg_note *ret) DG_MUST_CHECK;
/* The one signature line by the verifier's name and key hash. DG_ERR_NOT_FOUND when it has none,
 * DG_ERR_BAD_CHECKPOINT when it has several. */
enum dg_err dg_note_find(const struct dg_note *note, const struct dg_verifier *verifier,
                         const struct dg_note_signature **ret) DG_MUST_CHECK;
/* Writes a signature line of the verifier's with the given bytes after the key hash. */
void dg_note_add_signature(const struct dg_verifier *verifier, struct dg_bytes blob, struct dg_buf *out);

/* Writes the checkpoint's body (three lines). */
void dg_checkpoint_body(const struct dg_checkpoint *checkpoint, struct dg_buf *out);
/* Reads exactly that; a size is at most INT64_MAX. DG_ERR_BAD_CHECKPOINT. */
enum dg_err dg_checkpoint_body_parse(struct dg_bytes body, struct dg_checkpoint *ret) DG_MUST_CHECK;
/* Appends a checkpoint to out, signed as a note with one Ed25519 line by the log key `key` through
 * signer. The signer's error, or out's. */
enum dg_err dg_checkpoint_sign(const struct dg_checkpoint *checkpoint, const struct dg_signer *signer,
                               const struct dg_key *key, struct dg_buf *out) DG_MUST_CHECK;
/* Parses the note, checks that its origin is the verifier's name and that exactly the verifier's
 * line verifies (a line by a known name and hash with a bad signature fails the whole note).
 * Unknown signers are ignored. DG_ERR_BAD_CHECKPOINT, DG_ERR_BAD_SIGNATURE (also when the log did
 * not sign at all) or DG_ERR_WEAK_KEY. */
enum dg_err dg_checkpoint_verify(struct dg_bytes note, const struct dg_verifier *log,
                                 struct dg_checkpoint *ret) DG_MUST_CHECK;
/* The parts of that check for a caller whose workers verify: the signed text, the signature to be
 * checked with context "" and log->key, a key that passed dg_key_check before. Same errors but for
 * the signature itself. */
enum dg_err dg_checkpoint_open(struct dg_bytes note, const struct dg_verifier *log, struct dg_checkpoint *ret,
                               struct dg_bytes *ret_text, struct dg_sig *ret_sig) DG_MUST_CHECK;

/* Writes the bytes a cosigner signs: "cosignature/v1\ntime N\n" and the checkpoint body. */
void dg_cosignature_message(uint64_t unix_seconds, struct dg_bytes checkpoint_body, struct dg_buf *out);
/* Appends a cosignature line to a checkpoint's note. DG_ERR_BAD_CHECKPOINT when note is not one or
 * the cosigner's line is there already, DG_ERR_TOO_LARGE when it is full, the signer's error, or
 * note's own. */
enum dg_err dg_cosign(struct dg_buf *note, const struct dg_verifier *cosigner, const struct dg_signer *signer,
                      uint64_t unix_seconds) DG_MUST_CHECK;
/* Checks the cosigner's line on a checkpoint's note, not the log's. ret_seconds is its time.
 * DG_ERR_NOT_FOUND when it did not sign, DG_ERR_BAD_CHECKPOINT, DG_ERR_BAD_SIGNATURE or
 * DG_ERR_WEAK_KEY. */
enum dg_err dg_cosignature_verify(struct dg_bytes note, const struct dg_verifier *cosigner,
                                  uint64_t *ret_seconds) DG_MUST_CHECK;

/* A c2sp.org/tlog-proof@v1 file: extra data is not used by us and refused when read. */
struct dg_tlog_proof {
    uint64_t index;
    struct dg_proof proof;
    struct dg_bytes checkpoint; /* the signed note, borrowed */
};
/* Writes the file. */
void dg_tlog_proof_write(const struct dg_tlog_proof *proof, struct dg_buf *out);
/* Reads it; the checkpoint is left to dg_checkpoint_verify. DG_ERR_MALFORMED. */
enum dg_err dg_tlog_proof_parse(struct dg_bytes text, struct dg_tlog_proof *ret) DG_MUST_CHECK;

#endif
