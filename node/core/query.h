/* query.h - what the reading verbs ask of a store: lists and single things, in a read transaction.
 *
 * Pure reading: used by the command line with the daemon running or not, by exports and by audits.
 * Memory: everything handed out lives in txn's arena.
 */
#ifndef DG_NODE_CORE_QUERY_H
#define DG_NODE_CORE_QUERY_H

#include "common/fault.h"
#include "common/note.h"
#include "node/core/directory.h"
#include "node/core/store.h"
#include "proto/frame.h"
#include "proto/leaf.h"

/* Reads the directory as it stands. In arena. DG_ERR_STORE_CORRUPT, DG_ERR_NO_MEMORY. */
enum dg_err dg_directory_load(struct dg_txn *txn, struct dg_arena *arena,
                              struct dg_directory *ret) DG_MUST_CHECK;

/* A report as this node holds it. */
struct dg_held {
    uint64_t position; /* its leaf's index in this node's log */
    struct dg_id id;
    enum dg_verdict verdict;
    struct dg_bytes code; /* of a refused one */
    dg_ms arrived_ms;
    struct dg_bytes from_unit;      /* the neighbour it came from; empty: made here */
    struct dg_bytes envelope_bytes; /* accepted ones */
    struct dg_envelope envelope;
    struct dg_report report;
};

/* Finds by full id or by an unambiguous prefix of 8 or more hex digits. DG_ERR_NOT_FOUND,
 * DG_ERR_AMBIGUOUS, DG_ERR_BAD_VALUE. */
enum dg_err dg_report_find(struct dg_txn *txn, struct dg_bytes hex, struct dg_id *ret,
                           struct dg_fault *fault) DG_MUST_CHECK;
/* Reads one; the envelope is checked against the id. DG_ERR_NOT_FOUND. */
enum dg_err dg_held_get(struct dg_txn *txn, const struct dg_id *id, struct dg_held *ret) DG_MUST_CHECK;

/* One row of a mailbox. */
struct dg_mail {
    uint64_t position;
    struct dg_id id;
    enum dg_as as;
    struct dg_bytes through;
    size_t rule_count;
    struct dg_bytes *rule;
    dg_ms arrived_ms;
    uint32_t state;    /* a code of state_table.h */
    bool open;         /* its organ sees it and may mark it; false for one who waits, and for a via organ that
                        * has decided */
    bool passes;       /* the organ is named in somebody's through, and has not decided yet */
    uint32_t decision; /* enum dg_decision: of the organ in through, of the via organ itself; 0: none yet */
    dg_ms decided_ms;
    uint32_t recall; /* 13 while the author's request waits, 15 or 16 once it was answered; 0: none */
};

/* True while its organ has something to do with it: it sees it, and it is neither done nor refused nor given
 * back, or the author's request to give it back waits for an answer; or it must still pass it on. */
bool dg_mail_is_open(const struct dg_mail *mail);

/* Calls each for every row of the organ's mailbox, oldest first; stops when it returns false. With all
 * false only those of dg_mail_is_open, in time that grows with their number. */
void dg_mail_each(struct dg_txn *txn, struct dg_bytes organ, bool all,
                  bool (*each)(void *ctx, const struct dg_mail *mail), void *ctx);
/* The same for every row at or after a position, in time that grows with their number. */
void dg_mail_since(struct dg_txn *txn, struct dg_bytes organ, uint64_t position,
                   bool (*each)(void *ctx, const struct dg_mail *mail), void *ctx);
/* The row of one report. False when that organ did not receive it. */
bool dg_mail_get(struct dg_txn *txn, struct dg_bytes organ, uint64_t position, struct dg_mail *ret);
/* Calls each for every report an organ of this node authored, oldest first. organ empty: all of them. */
void dg_sent_each(struct dg_txn *txn, struct dg_bytes organ,
                  bool (*each)(void *ctx, struct dg_bytes organ, uint64_t position, const struct dg_id *id),
                  void *ctx);

/* A report as one rule and period know it: what duties, consolidations and corrections look for. */
struct dg_filed {
    struct dg_bytes rule, period; /* period empty: the report names none */
    struct dg_bytes unit, organ;  /* one of its authors */
    uint64_t position;            /* of its leaf in this node's log */
    struct dg_id id;
    dg_ms signed_ms;  /* by the author's clock */
    dg_ms arrived_ms; /* here */
    bool has_supersedes;
    struct dg_id supersedes;
};

/* Calls each for the reports under a rule, by period, unit, organ and arrival, until it returns false. Empty
 * parts at the end are left open: a rule alone gives the reports of every period. */
void dg_filed_each(struct dg_txn *txn, struct dg_bytes rule, struct dg_bytes period, struct dg_bytes unit,
                   struct dg_bytes organ, bool (*each)(void *ctx, const struct dg_filed *filed), void *ctx);

/* The first report for the same period by the same lead author under one of the same rules that lies before
 * position: the given one is then a further one. False when there is none, or the report has no period. */
bool dg_filed_first(struct dg_txn *txn, const struct dg_report *report, uint64_t position, struct dg_id *ret);

/* Why one report names another. */
enum dg_naming { DG_NAMES_SOURCE = 's', DG_NAMES_SUPERSEDED = 'u' };

/* A report that names another, by its lead author. */
struct dg_named {
    uint64_t position; /* of its leaf in this node's log */
    struct dg_id id;
    struct dg_bytes unit, organ;
};

/* Calls each for the reports here that name id so, in the order of arrival, until it returns false. The
 * report of that id itself need not be here. */
void dg_named_each(struct dg_txn *txn, const struct dg_id *id, enum dg_naming how,
                   bool (*each)(void *ctx, const struct dg_named *named), void *ctx);
/* The newest report here by which that author has superseded id. False when there is none. */
bool dg_superseded_by(struct dg_txn *txn, const struct dg_id *id, const struct dg_author *author,
                      struct dg_id *ret);

/* The number of one report. */
struct dg_registered {
    struct dg_bytes unit, organ; /* the lead author */
    uint64_t position;           /* of its leaf in this node's log */
    struct dg_id id;
    struct dg_bytes number, date; /* as the author wrote them */
    bool has_supersedes;
    struct dg_id supersedes;
};

/* Calls each for the numbered reports of a unit, or of one organ of it, in the order of arrival, until it
 * returns false. An empty organ is left open. */
void dg_register_each(struct dg_txn *txn, struct dg_bytes unit, struct dg_bytes organ,
                      bool (*each)(void *ctx, const struct dg_registered *registered), void *ctx);

/* A source that a report names and that never came here by itself: it was asked for, from the unit whose
 * report names it. */
enum dg_source_state {
    DG_SOURCE_WANTED = 1, /* asked for */
    DG_SOURCE_FETCHED,    /* here: signed, and proven to be in the log of the unit that holds it */
    DG_SOURCE_REFUSED,    /* it cannot be had from there */
    DG_SOURCE_GIVEN,      /* it is a report of this node, and the parent asked for it */
};
struct dg_source {
    struct dg_id id;
    enum dg_source_state state;
    struct dg_id by;       /* the report that names it */
    struct dg_bytes asker; /* the neighbour that waits for it; empty: it was asked for here */
    dg_ms since_ms;        /* of this state */
    struct dg_bytes code;  /* refused: why */
    /* Fetched: the record as it came, with the envelope, and where its proof rests. */
    struct dg_bytes origin;
    uint64_t checkpoint_size;
    struct dg_record record;
};
/* Finds the row of a source as dg_report_find finds a report, with the same errors. */
enum dg_err dg_source_find(struct dg_txn *txn, struct dg_bytes hex, struct dg_id *ret,
                           struct dg_fault *fault) DG_MUST_CHECK;
/* Reads the row of that report. False when nobody has asked for it. */
bool dg_source_get(struct dg_txn *txn, const struct dg_id *id, struct dg_source *ret);

enum dg_queued_kind {
    DG_QUEUED_REPORT = 1,
    DG_QUEUED_CUSTODY = 2,
    DG_QUEUED_DIRECTORY = 3,
    DG_QUEUED_ISSUED = 4,
    DG_QUEUED_SOURCE = 5, /* number: enum dg_source_said; directory_key: the report's id */
    DG_QUEUED_BULK = 6,   /* number: which attachment of the report; directory_key: its content */
};
enum dg_source_said { DG_SOURCE_ASK = 1, DG_SOURCE_GIVE = 2 };

/* One row of an outbox. */
struct dg_queued {
    struct dg_bytes unit; /* the neighbour it must reach */
    enum dg_lane lane;
    uint64_t seq;
    enum dg_queued_kind kind;
    uint64_t position;             /* report, custody */
    uint32_t number;               /* custody */
    struct dg_bytes directory_key; /* directory; issued: the key in ISSUED */
    dg_ms since_ms;
    bool held;
    struct dg_bytes code; /* the neighbour's last answer, empty if none */
};

/* Calls each for every outbox row, by neighbour, lane and age. unit empty: every neighbour. */
void dg_queue_each(struct dg_txn *txn, struct dg_bytes unit,
                   bool (*each)(void *ctx, const struct dg_queued *queued), void *ctx);

/* A receipt, state or pass that this node holds about a report: from another node, or an own state or pass.
 */
struct dg_custody {
    uint32_t number;
    struct dg_bytes origin;   /* the log that holds the leaf */
    uint64_t checkpoint_size; /* of that log, under which the proof is; 0: this node's own log */
    struct dg_record record;
    struct dg_leaf leaf; /* parsed */
};

/* Calls each for what is held about the report at position until it returns false. */
void dg_custody_each(struct dg_txn *txn, uint64_t position,
                     bool (*each)(void *ctx, const struct dg_custody *custody), void *ctx);
/* True when the author of the report at position has asked it back. */
bool dg_recall_asked(struct dg_txn *txn, uint64_t position);
/* The stored checkpoint of a foreign log at exactly that size. False when there is none. */
bool dg_checkpoint_get(struct dg_txn *txn, struct dg_bytes origin, uint64_t size, struct dg_bytes *ret);

/* How it stands with a recipient who waits for a via organ, as far as this node knows. */
struct dg_passage {
    dg_ms since_ms;       /* the via organ's unit had it then; the signing, where that is not known here */
    uint32_t decision;    /* enum dg_decision; 0: it still waits */
    dg_ms at_ms;          /* of the decision, by the via organ's node */
    bool open;            /* the report is open to the recipient: passed on, or consolidated past him */
    struct dg_id into;    /* consolidated */
    struct dg_bytes note; /* of the decision */
};
/* Reads it for an accepted report and the through of one of its recipients. self is this node's unit. */
void dg_passage_of(struct dg_txn *txn, struct dg_bytes self, const struct dg_held *held,
                   struct dg_bytes through, struct dg_passage *ret);

/* This node's log. */
struct dg_log_view {
    uint64_t size;
    struct dg_bytes checkpoint; /* the signed note; empty before the first */
};
/* Reads how far this node's log is sealed and that checkpoint, which lives as long as txn. */
void dg_log_get(struct dg_txn *txn, struct dg_log_view *ret);
/* The newest checkpoint of the parent's log that this node has stored. ret_origin lives as long as txn. False
 * when there is none. */
bool dg_beacon_get(struct dg_txn *txn, struct dg_bytes *ret_origin, uint64_t *ret_size);
/* Reads the text of a leaf, which lives as long as txn. False when there is none at index. */
bool dg_leaf_get(struct dg_txn *txn, uint64_t index, struct dg_bytes *ret);
/* The time of the leaf at index, by the clock of this node. 0 when there is none. */
dg_ms dg_leaf_time(struct dg_txn *txn, uint64_t index);
/* How many of the log's first `size` leaves stand before the first that was written at or after an instant. A
 * log's times go backward only where a clock was set back; then this is one of the places of that instant. */
uint64_t dg_log_size_at(struct dg_txn *txn, uint64_t size, dg_ms at);
/* A reader of this node's tree through txn, for merkle.h; ctx is the transaction. */
struct dg_tree_reader dg_log_tree(struct dg_txn *txn);

/* A certificate or adoption with the proof that it is in its issuer's log. */
struct dg_dir_row {
    struct dg_bytes key;         /* in DIRECTORY */
    struct dg_bytes unit, organ; /* organ empty: the unit's */
    char kind;                   /* 'u' unit, 'o' organ, 'r' adoption */
    uint32_t serial;
    struct dg_bytes origin;   /* the log that holds its leaf; empty: the root's own certificate */
    uint64_t checkpoint_size; /* 0: this node's own log */
    struct dg_record record;
};
/* Calls each for the rows of one unit (empty: all), in key order. */
void dg_dir_each(struct dg_txn *txn, struct dg_bytes unit,
                 bool (*each)(void *ctx, const struct dg_dir_row *row), void *ctx);
/* The row of a certificate id. */
bool dg_dir_find(struct dg_txn *txn, const struct dg_cert_id *id, struct dg_dir_row *ret);

/* Things a person must look at. */
struct dg_attention {
    uint64_t number;
    dg_ms at_ms;
    struct dg_bytes code, about, detail;
    dg_ms acked_ms;        /* when somebody acknowledged it; 0: nobody yet */
    struct dg_bytes acker; /* the organ of this unit that did */
};
/* Calls each until it returns false. */
void dg_attention_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_attention *item),
                       void *ctx);
/* Reads one; what ret holds lives as long as txn. False when there is none of that number. */
bool dg_attention_get(struct dg_txn *txn, uint64_t number, struct dg_attention *ret);
/* True when it calls for somebody: nobody has acknowledged it, and it is about this node. A reminder is about
 * a report that is owed, and status names that by itself (OVERDUE). */
bool dg_attention_calls(const struct dg_attention *item);

/* Two checkpoints that one log signed, of one size and with different roots. */
struct dg_fork {
    struct dg_bytes origin;
    uint64_t size;
    struct dg_bytes first, second; /* the signed notes, in the order in which they came here */
};
/* Calls each for every fork that this node has met, until it returns false. */
void dg_fork_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_fork *fork), void *ctx);

/* A report that could not be taken, kept as it came. */
struct dg_quarantined {
    struct dg_bytes from; /* the neighbour that sent it */
    uint64_t number;      /* counts up */
    dg_ms at_ms;
    bool read;          /* false: handling it ended the process twice, and it was not touched any more */
    struct dg_id id;    /* the report's; of what was not read, the SHA-256 of envelope */
    struct dg_bytes code;
    bool packed; /* envelope is packed (common/pack.h) */
    struct dg_bytes envelope;
};
/* Calls each for what came from a neighbour (empty: from anybody), oldest first, until it returns false. */
void dg_quarantine_each(struct dg_txn *txn, struct dg_bytes from,
                        bool (*each)(void *ctx, const struct dg_quarantined *item), void *ctx);

/* A joint report that not everybody has signed. Its numbers (to_seq) were counted when it was pushed. */
enum dg_joint_state { DG_JOINT_WAITING = 1, DG_JOINT_WITHDRAWN };
struct dg_joint {
    struct dg_id id;
    enum dg_joint_state state;
    uint64_t void_index;     /* withdrawn: the leaf of that, in this node's log */
    struct dg_signed voided; /* withdrawn: the signed struct dg_void */
    struct dg_bytes envelope_bytes;
    struct dg_envelope envelope; /* the signatures so far */
    struct dg_report report;
};

/* Finds a draft as dg_report_find finds a report, with the same errors. */
enum dg_err dg_joint_find(struct dg_txn *txn, struct dg_bytes hex, struct dg_id *ret,
                          struct dg_fault *fault) DG_MUST_CHECK;
/* Reads one; what ret holds lives as long as txn. False when there is none. */
bool dg_joint_get(struct dg_txn *txn, const struct dg_id *id, struct dg_joint *ret);
/* Calls each for every draft, waiting or withdrawn, by id until it returns false. */
void dg_joint_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_joint *joint), void *ctx);
/* Calls each for every unit that reports (joint: that several sign) were numbered for, with the last number,
 * until it returns false. */
void dg_numbers_each(struct dg_txn *txn, bool joint,
                     bool (*each)(void *ctx, struct dg_bytes unit, uint64_t last), void *ctx);
/* True when that author of the draft's report has signed it. */
bool dg_joint_has_signed(const struct dg_joint *joint, size_t author);
/* True when nobody can sign it any more because it was pushed too long before now. */
bool dg_joint_is_old(const struct dg_joint *joint, dg_ms now);

#endif
