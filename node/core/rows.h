/* rows.h - the keys and values of the tables, in code; FORMAT.md tells them in words.
 *
 * Private to node/core. Keys are built in a small fixed buffer; values are written with the buf
 * functions and read through a sticky-error reader, which copies nothing.
 */
#ifndef DG_NODE_CORE_ROWS_H
#define DG_NODE_CORE_ROWS_H

#include "common/bytes.h"
#include "common/id.h"
#include "common/limits.h"
#include "node/core/query.h"
#include "node/core/store.h"

/* A key under construction. */
struct dg_row_key {
    uint8_t data[500];
    size_t size;
};

/* A view of key, valid as long as key stays where it is. */
struct dg_bytes dg_row_key_bytes(const struct dg_row_key *key);
/* Adds a number, most significant byte first. */
void dg_row_key_add_u64(struct dg_row_key *key, uint64_t n);
struct dg_row_key dg_key_name(const char *name); /* META */
/* META: to-seq/unit, or joint-seq/unit for reports that several sign. */
struct dg_row_key dg_key_to_seq(bool joint, struct dg_bytes unit);
struct dg_row_key dg_key_u64(uint64_t n);            /* LEAF, TREE, REPORT, ATTENTION */
struct dg_row_key dg_key_slug(struct dg_bytes slug); /* slug and NUL: a prefix of the next ones */
struct dg_row_key dg_key_organ(struct dg_bytes organ, uint64_t position); /* MAIL, SENT */
/* OUTBOX: unit's slug, lane, sequence. */
struct dg_row_key dg_key_outbox(struct dg_bytes unit, enum dg_lane lane, uint64_t seq);
/* CUSTODY: the report's position, number. */
struct dg_row_key dg_key_custody(uint64_t position, uint32_t number);
/* CHECKPOINT: the first 16 bytes of the origin's SHA-256, tree size. */
struct dg_row_key dg_key_checkpoint(struct dg_bytes origin, uint64_t size);
/* DIRECTORY: unit's slug, kind, organ's slug (empty for none), serial. */
struct dg_row_key dg_key_directory(struct dg_bytes unit, char kind, struct dg_bytes organ, uint32_t serial);
/* FILED: rule, period, unit, organ, each with a NUL: a prefix of the keys of all their reports. Empty ones at
 * the end are left open. */
struct dg_row_key dg_key_filed(struct dg_bytes rule, struct dg_bytes period, struct dg_bytes unit,
                               struct dg_bytes organ);
/* Takes what stands before the next NUL of a key, and the NUL; a view of the key. */
struct dg_bytes dg_row_key_part(struct dg_bytes *key);

/* Adds a run of bytes with its length before it (u32). */
void dg_row_add_run(struct dg_buf *out, struct dg_bytes run);

/* Reads a value from front to back; once it runs short, bad is set and everything reads as zero. */
struct dg_row {
    struct dg_bytes rest;
    bool bad;
};
/* Takes one byte. */
uint8_t dg_row_u8(struct dg_row *row);
/* Takes four bytes, most significant first. */
uint32_t dg_row_u32(struct dg_row *row);
/* Takes eight bytes, most significant first. */
uint64_t dg_row_u64(struct dg_row *row);
/* Takes a run that dg_row_add_run added; a view of the value. */
struct dg_bytes dg_row_run(struct dg_row *row);
/* Copies the next size bytes to ret. */
void dg_row_fixed(struct dg_row *row, void *ret, size_t size);
/* True when the value was read exactly to its end. */
bool dg_row_ended(const struct dg_row *row);

/* True when row was read exactly to its end; else the store is sick, since we wrote the row ourselves, and
 * the transaction fails with DG_ERR_STORE_CORRUPT. */
bool dg_row_good(struct dg_txn *txn, const struct dg_row *row);
/* Writes what buf holds under key, or fails the transaction with buf's error. Takes buf. */
void dg_row_put(struct dg_txn *txn, enum dg_table table, const struct dg_row_key *key, struct dg_buf *buf);

/* META rows that hold one number; 0 when there is none. */
uint64_t dg_meta_u64(struct dg_txn *txn, const char *name);
/* Writes such a row. */
void dg_meta_put_u64(struct dg_txn *txn, const char *name, uint64_t value);
/* Counts a META number up and returns the new value. */
uint64_t dg_meta_count(struct dg_txn *txn, const char *name);

enum { DG_IX_UNITS_MAX = 16 };

/* What REPORT_IX says of an id. */
struct dg_report_ix {
    uint64_t position;
    enum dg_verdict verdict;
    enum dg_lane lane;
    struct dg_bytes code;
    struct dg_bytes author_unit; /* of the lead author: the way back for receipts and states */
    /* The units that must get it (dg_report_units). None when there are more: see the report. */
    size_t to_count;
    struct dg_bytes to[DG_IX_UNITS_MAX];
};
/* Reads the row of id; its texts live as long as txn. False when the report is unknown here. */
bool dg_report_ix_get(struct dg_txn *txn, const struct dg_id *id, struct dg_report_ix *ret);
/* Writes the row of id in the place of any older one. */
void dg_report_ix_put(struct dg_txn *txn, const struct dg_id *id, const struct dg_report_ix *ix);

/* Writes one delivery into organ's mailbox, at the report's position; and into OPEN while it is open. */
void dg_mail_put(struct dg_txn *txn, struct dg_bytes organ, const struct dg_mail *mail);
/* Writes an outbox row under its unit, lane and sequence; wakes no link, unlike dg_outbox_push. */
void dg_queued_put(struct dg_txn *txn, const struct dg_queued *queued);
/* Reads a row where a cursor over OUTBOX stands. */
bool dg_queued_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value, struct dg_queued *ret);
/* Reads such a row by its key; what ret holds lives as long as txn. False when there is none. */
bool dg_queued_get(struct dg_txn *txn, struct dg_bytes unit, enum dg_lane lane, uint64_t seq,
                   struct dg_queued *ret);
/* Stores a receipt or state as number `number` of its report (the `next` of dg_custody_look). */
void dg_custody_put(struct dg_txn *txn, uint64_t position, uint32_t number, struct dg_bytes origin,
                    uint64_t checkpoint_size, const struct dg_record *record);
/* Reads one back; what ret holds lives as long as txn. False when there is none. */
bool dg_custody_get(struct dg_txn *txn, uint64_t position, uint32_t number, struct dg_custody *ret);

/* What is held about a report, with regard to one leaf. */
struct dg_custody_place {
    bool has;           /* the leaf (origin, index) of that kind is held already */
    bool has_log;       /* something of that kind from that log is held */
    uint32_t log_count; /* so many of that kind from that log are held */
    uint32_t next;      /* the number of the next row; so many are held */
};
/* Walks all that is held about the report at position and compares it with the leaf (origin, index). */
struct dg_custody_place dg_custody_look(struct dg_txn *txn, uint64_t position, enum dg_record_kind kind,
                                        struct dg_bytes origin, uint64_t index);
/* Keeps a verified checkpoint. DG_ERR_FORK when another root of the same size is kept: both are evidence, and
 * the first stays. */
enum dg_err dg_checkpoint_put(struct dg_txn *txn, struct dg_bytes origin, uint64_t size,
                              struct dg_bytes note) DG_MUST_CHECK;
/* The largest checkpoint of a foreign log that is kept; lives as long as txn. False when there is none. */
bool dg_checkpoint_newest(struct dg_txn *txn, struct dg_bytes origin, struct dg_bytes *ret);
/* Writes the row of a source in the place of any older one. */
void dg_source_put(struct dg_txn *txn, const struct dg_source *source);
/* Stores a certificate or adoption with where its leaf is; and CERT_IX for certificates. */
void dg_dir_put(struct dg_txn *txn, const struct dg_dir_row *row);
/* Reads the row of a DIRECTORY key; what ret holds lives as long as txn. False when there is none. */
bool dg_dir_get(struct dg_txn *txn, struct dg_bytes key, struct dg_dir_row *ret);
/* Adds the row of a new organ, or of an adoption of a regime that somebody has adopted already, to a directory
 * that was read into arena at the node self_slug, so that it is as if read anew. False when it must be. */
bool dg_directory_add(struct dg_txn *txn, struct dg_arena *arena, const char *self_slug,
                      const struct dg_dir_row *row, struct dg_directory *directory);
/* Like dg_dir_each over everything, but a row lives only during its call: for walks over a big directory. */
void dg_dir_walk(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_dir_row *row), void *ctx);
/* Writes a joint draft: state, void and envelope_bytes; the rest of joint is read from those. */
void dg_joint_put(struct dg_txn *txn, const struct dg_joint *joint);
/* Removes it: it has been issued. */
void dg_joint_del(struct dg_txn *txn, const struct dg_id *id);
/* True when the same has been noted already, acknowledged or not. */
bool dg_attention_has(struct dg_txn *txn, enum dg_err code, struct dg_bytes about);
/* Notes something for a person to look at, under the next number, even if the same is noted already. */
void dg_attention_put(struct dg_txn *txn, dg_ms at, enum dg_err code, struct dg_bytes about,
                      struct dg_bytes detail);
/* Notes that an organ of this unit has looked at a line; nothing when one has before. */
void dg_attention_ack(struct dg_txn *txn, uint64_t number, struct dg_bytes organ, dg_ms now);
/* The same as dg_attention_put, unless it is noted already and nobody has acknowledged it yet. */
void dg_attention_once(struct dg_txn *txn, dg_ms at, enum dg_err code, struct dg_bytes about,
                       struct dg_bytes detail);

#endif
