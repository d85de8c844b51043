/* node_impl.h - the inside of struct dg_node, shared by the files of node/core alone.
 *
 * Everything here may be forgotten at any time (dg_node_forget): the store has all that matters.
 */
#ifndef DG_NODE_CORE_NODE_IMPL_H
#define DG_NODE_CORE_NODE_IMPL_H

#include "node/core/attached.h"
#include "node/core/identity.h"
#include "node/core/ledger.h"
#include "node/core/lineage.h"
#include "node/core/mandate.h"
#include "node/core/mutant.h"
#include "node/core/node.h"
#include "node/core/query.h"
#include "node/core/rows.h"

/* Something sent and not yet receipted or acknowledged. */
struct dg_flight {
    enum dg_lane lane;
    uint64_t seq;
    dg_ms due;     /* send again then */
    dg_ms sent;    /* first on this connection */
    uint32_t size; /* in a frame, were nothing packed */
    uint32_t tries;
};

/* The second line to a neighbour, for attachments, and what is being given to him (bulk.c). One piece is
 * under way at a time: that bounds both the memory and what a cut line loses. */
struct dg_bulk {
    bool up; /* it has been greeted */
    uint64_t conn;
    bool opened; /* toward the parent: the transport was asked for it */
    dg_ms hello_sent;
    dg_ms used; /* needed or used last; 0: not needed */
    /* Giving: the row of the outbox that is at hand. */
    bool wake;        /* there may be a row to give */
    bool giving;      /* there is, and these are it */
    bool asked;       /* an offer is out whose answer says what is missing */
    bool wanted;      /* the runs below are missing there */
    uint64_t seq;     /* of the row */
    size_t off_count; /* rows that were put off until again_at */
    uint64_t off[DG_BULK_ITEMS_MAX];
    dg_ms again_at; /* 0: never */
    dg_ms due;      /* ask again then */
    uint32_t tries, again_tries;
    struct dg_hash content;
    size_t run_count;
    struct dg_run run[DG_RUNS_MAX];
    bool flying; /* a piece was sent and is not taken yet */
    struct dg_run flight;
    size_t flight_bytes;
    dg_ms flown_at, full_until;
    uint32_t rate;    /* bytes per second that were taken; 0: not known */
    uint32_t yielded; /* ordinary reports that have gone since the last piece */
};

/* The line to one neighbour: the parent, or a child. */
struct dg_link {
    char unit[DG_SLUG_MAX + 1];
    bool up;        /* toward the parent */
    bool connected; /* HELLO answered */
    bool refused;   /* the parent said no, and the operator was told */
    bool wake;      /* something new may wait in the outbox */
    uint64_t conn;
    dg_ms heard, since; /* last message; when the present condition began */
    enum dg_err why;    /* of a line that does not stand */
    bool noted;         /* line.h says what the next two say */
    bool noted_connected;
    enum dg_err noted_why;
    dg_ms hello_sent, ping_sent, reset_at;
    uint32_t resets;
    int64_t skew_ms;
    uint64_t ping_number;
    uint32_t window;         /* so many rows may be on their way */
    struct dg_credit credit; /* the neighbour's last; items 0: none yet */
    dg_ms answer_ms;         /* how long its answers take of late; 0: not known */
    dg_ms moved;             /* when it took something last */
    dg_ms full_until;        /* the socket was full: nothing is packed before */
    uint32_t full_tries;
    uint64_t again_seq[DG_LANE_COUNT]; /* lowest row per lane that was answered "later"; 0: none */
    dg_ms again_at;                    /* when those are sent again; 0: never */
    uint32_t again_tries;
    uint64_t cursor[DG_LANE_COUNT]; /* rows up to here were sent on this connection */
    struct dg_bulk bulk;
    /* How many of this node's leaves the neighbour has, once it has said so; how many it will have when what
     * was sent arrives; and when that was. */
    bool mirrors, mirror_waits;
    uint64_t mirrored, mirror_sent;
    dg_ms mirror_at;
    size_t flight_count;
    struct dg_flight flight[DG_WINDOW_MAX];
};

/* A nonce given to somebody who wants to enrol. */
struct dg_challenge {
    uint8_t invitation[16];
    struct dg_hash nonce;
};

enum { DG_CHALLENGES = 64 };

/* What a parcel needs of a stored report. */
struct dg_outgoing {
    uint64_t position;
    struct dg_bytes envelope;
    bool packed;
    struct dg_bytes author_unit; /* of the lead author, whose certificates may go ahead */
    struct dg_cert_id certificate;
};

/* As many reports as one turn mostly sends on. */
enum { DG_FRESH_MAX = 256, DG_FRESH_BYTES_MAX = 2 * 1024 * 1024 };

/* The checkpoint of this event that was found good last: the records of a frame mostly rest on one. */
struct dg_proven {
    struct dg_bytes note; /* as it lies in the frame; empty: none yet */
    struct dg_checkpoint checkpoint;
    const struct dg_dir_unit *unit;
    bool kept; /* it is in CHECKPOINT */
};

struct dg_node {
    struct dg_store *store;
    struct dg_node_env env;
    struct dg_identity identity;
    uint64_t boot;
    uint8_t nonce[16];

    struct dg_arena dir_arena;
    struct dg_directory dir;
    bool dir_fresh; /* dir is what the store says */

    size_t link_count, link_capacity;
    struct dg_link **link; /* link[0] is the parent's when there is one */
    bool lines_fell;       /* those that stood when the node ended are noted as fallen */

    struct dg_challenge challenge[DG_CHALLENGES];
    size_t challenge_next;

    struct dg_arena allowed_arena;
    uint64_t allowed_version;         /* counts up when members or invitations change */
    bool disk_low;                    /* as the last tick said */
    dg_ms last_now;                   /* to notice that somebody has set the clock */
    dg_ms housekept;                  /* when old invitations and gaps were last looked for; 0: not yet */
    dg_ms asked;                      /* when the neighbours were asked last about a log that is RESTORED */
    struct dg_checkpoint seen_beacon; /* newest checkpoint of the parent in this batch; size 0: none */

    struct dg_proven proven;
    struct dg_climbed climbed; /* to its root */
    /* Reports written in this turn: most are sent on in the same turn, and need not be read back. */
    struct dg_arena fresh_arena;
    size_t fresh_count;
    struct dg_outgoing fresh[DG_FRESH_MAX];

    size_t noise_left; /* unused numbers, for jitter alone */
    uint32_t noise[64];

    struct dg_duties *duties;     /* calendars as read, and who must be reminded (duties.c) */
    struct dg_packing *packing;   /* a frame under construction (packing.c) */
    dg_ms alarmed;                /* when alarm.c looked last; 0: not yet */
    uint64_t watched;             /* and from which position on it looks next */
    bool late;                    /* something waits to be sent for too long */
    struct dg_checking *checking; /* a file that is being checked (checking.c) */
    struct dg_giving *giving;     /* what pieces are made in (bulk.c) */
    uint64_t counted_refused;     /* unattributable input, counted and not logged */
};

/* The directory as the transaction sees it; read again after membership writes. */
const struct dg_directory *dg_node_directory(struct dg_node *node, struct dg_txn *txn);
/* To be called after every write to DIRECTORY, REGIME or INVITATION. */
void dg_node_members_changed(struct dg_node *node);
/* The same for one row that is new: most need not read the whole directory anew, which is what a root that
 * hears of thousands of units would spend its days with. */
void dg_node_member_added(struct dg_node *node, struct dg_txn *txn, const struct dg_dir_row *row);
/* Only the invitations have changed, and with them who may connect. */
void dg_node_allowed_changed(struct dg_node *node);
/* This node's own unit in the directory, borrowed until members change. Never NULL: when the directory cannot
 * be read txn has failed, and this is a unit without organs. */
const struct dg_dir_unit *dg_node_self(struct dg_node *node, struct dg_txn *txn);
/* The neighbour through which unit is reached: a child's slug, or the parent's. Empty for this node
 * itself and, at the root, for units it does not know. */
struct dg_bytes dg_node_route(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit);

/* Takes in one record of a frame, by its kind. */
void dg_goods_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     const struct dg_claims *claims, struct dg_link *link, const struct dg_record *record,
                     dg_ms now, struct dg_out *out);

/* ---- links (link.c) ---- */
/* The link of that neighbour, borrowed. NULL when there is none. */
struct dg_link *dg_link_by_unit(struct dg_node *node, struct dg_bytes unit);
/* The link on that connection: the parent's for DG_NODE_UP, else a connected child's. NULL when there is
 * none. */
struct dg_link *dg_link_by_conn(struct dg_node *node, uint64_t conn);
/* Finds or makes the link of a neighbour. NULL when DG_CHILDREN_MAX is reached. */
struct dg_link *dg_link_get(struct dg_node *node, struct dg_bytes unit, bool up);
/* The connection is no more: what was on its way will be sent again, and the parent is greeted at once. */
void dg_link_down(struct dg_link *link, dg_ms now);
/* Answers a child's greeting: a welcome, or a refusal that the operator's log hears of too. */
void dg_link_hello(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event, dg_ms now,
                   struct dg_out *out);
/* Takes the parent's answer to our greeting. One from another unit is only reported to the operator's log. */
void dg_link_welcome(struct dg_node *node, struct dg_link *link, const struct dg_welcome *welcome, dg_ms now,
                     struct dg_out *out);
/* Greets and pings the parent when due, resets its silent line, and gives up children not heard for 2 *
 * DG_PONG_MS. */
void dg_link_tick(struct dg_node *node, struct dg_txn *txn, dg_ms now, struct dg_out *out);
/* Tells line.h how the lines are, where that has changed. */
void dg_link_note(struct dg_node *node, struct dg_txn *txn, dg_ms now);
/* Greets the parent on a line. */
void dg_link_greet(struct dg_node *node, struct dg_txn *txn, uint64_t conn, uint32_t lane, dg_ms now,
                   struct dg_out *out);
/* True when the neighbour knows unit anyway: it is on its path to the root or below it. */
bool dg_link_knows(struct dg_node *node, struct dg_txn *txn, struct dg_bytes neighbour, struct dg_bytes unit);

/* ---- two machines that run one node (fence.c) ---- */
/* Takes the boot counter and nonce of a greeting. The unit is frozen, and its connection dropped, when they
 * show that two machines run it. DG_ERR_CLONE while it is frozen; DG_ERR_OLD_BOOT when its state is older
 * than it was. */
enum dg_err dg_fence(struct dg_node *node, struct dg_txn *txn, const struct dg_hello *hello, dg_ms now,
                     struct dg_out *out, struct dg_fault *fault) DG_MUST_CHECK;
/* Lets a frozen unit in again; whichever machine greets first is it. */
void dg_control_unit(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                     dg_ms now, struct dg_ctl_reply *reply);

/* ---- outbox (outbox.c, packing.c, pump.c) ---- */
/* Stores a row and wakes its link, so that the next pump sends it. */
void dg_outbox_push(struct dg_node *node, struct dg_txn *txn, const struct dg_queued *queued);
/* Queues a custody or directory row on the control lane, numbered by itself. */
void dg_outbox_push_record(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit,
                           enum dg_queued_kind kind, uint64_t position, uint32_t number,
                           struct dg_bytes directory_key, dg_ms now);
/* Removes a row: it was receipted or acknowledged. False when there was none. */
bool dg_outbox_release(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, enum dg_lane lane,
                       uint64_t seq);
/* Takes a neighbour's refusal: a temporary one is tried again later, any other holds the row until a person
 * has looked at it. */
void dg_outbox_answered(struct dg_node *node, struct dg_txn *txn, struct dg_link *link,
                        const struct dg_answer *answer, dg_ms now);
/* The neighbour has just shown that it takes things: what was put off is tried soon, and after a sleep all
 * that waits for an answer, too. */
void dg_outbox_contact(struct dg_node *node, struct dg_link *link, dg_ms now);
/* Takes the credit that a neighbour gives. */
void dg_outbox_credit(struct dg_link *link, const struct dg_credit *credit);
/* What this node gives each neighbour: its part of what may be unanswered on all links. */
struct dg_credit dg_outbox_credit_given(const struct dg_node *node);
/* Lets go of the records that a neighbour refused: nobody can release them by a report's id, and either side
 * may know better after a restart. Held reports stay held. */
void dg_outbox_unhold_records(struct dg_txn *txn);
/* Sends what is new or due on a link. */
void dg_outbox_pump(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                    const struct dg_voice *voice);
/* Makes the node's one workspace for packing frames; free() it. NULL when memory is spent. */
struct dg_packing *dg_packing_new(void);
/* A tag names an outbox row on its link. */
uint64_t dg_tag(enum dg_lane lane, uint64_t seq);

/* ---- outgoing reports (outgoing.c) ---- */
/* Remembers a report that was just written, for the pumps of this turn. Copies; forgets what is too much. */
void dg_outgoing_remember(struct dg_node *node, const struct dg_outgoing *report);
/* Ends what dg_outgoing_remember began: the turn is over, or failed. */
void dg_outgoing_forget(struct dg_node *node);
/* The report at position, remembered or read; what ret holds lives as long as txn and this turn. False when
 * there is none. */
bool dg_outgoing_get(struct dg_node *node, struct dg_txn *txn, uint64_t position, struct dg_outgoing *ret);

/* ---- out (speak.c) ---- */
/* Leaves a frame to be sent, encoded now. False when it does not fit into DG_FRAME_MAX. */
bool dg_out_frame(struct dg_out *out, uint64_t conn, const struct dg_frame *frame);
/* Leaves a receipt for the report whose leaf is at index in this node's log; its proof is made when it is
 * said. */
void dg_out_receipt(struct dg_out *out, uint64_t conn, uint64_t tag, const struct dg_id *id, uint64_t index);
/* Leaves word that the record of that tag was taken; tag 0 asks for none. */
void dg_out_ack(struct dg_out *out, uint64_t conn, uint64_t tag);
/* Leaves a refusal of what that tag names; tag 0 asks for none. fault is copied; retry_after_ms is advice to
 * the peer. */
void dg_out_answer(struct dg_out *out, uint64_t conn, uint64_t tag, const struct dg_fault *fault,
                   uint32_t retry_after_ms);
/* Leaves the answer to a control client, encoded now; one over DG_CTL_MSG_MAX is dropped. */
void dg_out_reply(struct dg_out *out, uint64_t client, const struct dg_ctl_reply *reply);
/* Leaves a line for the operator's log; fault and about are copied. */
void dg_out_fact(struct dg_out *out, const struct dg_fault *fault, const char *about);
/* Asks the transport to make the line to the parent anew. */
void dg_out_uplink_reset(struct dg_out *out);

/* What a step left to be said, for one who says it otherwise. */
enum dg_taken_kind { DG_TAKEN_RECEIPT = 1, DG_TAKEN_ACK, DG_TAKEN_ANSWER };
struct dg_taken {
    enum dg_taken_kind kind;
    uint64_t tag;
    struct dg_id id;              /* receipt */
    uint64_t index;               /* receipt: of our leaf */
    const struct dg_fault *fault; /* answer */
};
/* Takes out the next receipt, acknowledgement or answer for a connection: it will not be said. False when
 * there is none. */
bool dg_out_take(struct dg_out *out, uint64_t conn, struct dg_taken *ret);

/* ---- claims (claims.c) ---- */
/* DG_OK when exactly this signature was claimed for this event and found good, DG_ERR_BAD_SIGNATURE when it
 * was found bad. DG_ERR_RETRY_LATER when it was not claimed: its key became known only in this very batch. */
enum dg_err dg_claimed(const struct dg_claims *claims, const struct dg_event *event, const char *context,
                       const struct dg_key *key, struct dg_bytes message,
                       const struct dg_sig *sig) DG_MUST_CHECK;
/* The unit whose log has this origin, and its key. NULL when unknown. */
const struct dg_dir_unit *dg_origin_unit(const struct dg_directory *dir, struct dg_bytes origin,
                                         struct dg_verifier *ret_log);
/* The origin line of a checkpoint note, not yet verified. Empty when there is none. */
struct dg_bytes dg_note_origin(struct dg_bytes note);

/* ---- delivery (delivery.c, judging.c) ---- */
struct dg_admission {
    const struct dg_report *report;
    struct dg_bytes envelope;
    bool packed; /* envelope is packed (common/pack.h), as it came or as it will travel */
    struct dg_id id;
    struct dg_bytes from_unit; /* the neighbour it came from; empty: made here */
    bool stale_date;
    const struct dg_mandate *mandate; /* as just computed, for what it left unresolved; may be NULL */
    const struct dg_mandate *added;   /* whom today's rules demand beyond the report's own; may be NULL */
};
/* Writes an accepted report: leaf, envelope, mailboxes, outboxes. Returns its position. */
uint64_t dg_delivery_admit(struct dg_node *node, struct dg_txn *txn, const struct dg_admission *admission,
                           dg_ms now);
/* Puts a report back whose leaf this node has logged before, at that leaf's position. False when the leaf is
 * about something else. */
bool dg_delivery_again(struct dg_node *node, struct dg_txn *txn, const struct dg_parcel *parcel,
                       uint64_t position);
/* ---- the numbers that authors' units give their reports (sequence.c) ---- */
/* Notes the number that a report from elsewhere, accepted or rejected, has for this unit. One given twice is
 * told at once. */
void dg_sequence_see(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                     const struct dg_id *id, dg_ms now);
/* Notes that a number for this unit was taken back by a joint draft of that unit, in that epoch of its log. A
 * number that was seen before is evidence, and told. */
void dg_sequence_void(struct dg_txn *txn, struct dg_bytes unit, uint32_t epoch, uint64_t number,
                      const struct dg_id *draft, dg_ms now);
/* Tells of every number that has been missing for an hour, and of joint reports for as long as a draft may
 * wait and a day. */
void dg_sequence_tell(struct dg_txn *txn, dg_ms now);

/* ---- joint drafts that were taken back (voids.c) ---- */
/* The key of a signed void in ISSUED. */
struct dg_row_key dg_key_void(struct dg_bytes unit, struct dg_bytes body);
/* Keeps the void of a draft of this unit, which its log has, and queues it toward each unit that it names. */
void dg_void_send(struct dg_node *node, struct dg_txn *txn, const struct dg_joint *joint, dg_ms now);
/* Takes a void from a neighbour, passes it on and acknowledges it, or answers why not. */
void dg_void_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                    const struct dg_claims *claims, struct dg_link *link, const struct dg_record *record,
                    dg_ms now, struct dg_out *out);
/* True when this node holds a void of that unit by which the number for `to` was taken back in that epoch. */
bool dg_void_names(struct dg_txn *txn, struct dg_bytes unit, uint32_t epoch, struct dg_bytes to,
                   uint64_t number);

/* Puts a member's signed report on the record as rejected or quarantined: a leaf, and a row in the index.
 * Returns its position. */
uint64_t dg_delivery_reject(struct dg_node *node, struct dg_txn *txn, const struct dg_parcel *parcel,
                            enum dg_verdict verdict, enum dg_err code, dg_ms now);
/* Checks that every author is known and has signed R, and that the neighbour may bring their reports.
 * DG_ERR_BAD_SIGNATURE, DG_ERR_STALE_DIRECTORY, DG_ERR_RETRY_LATER, DG_ERR_NOT_YOURS. */
enum dg_err dg_delivery_attributed(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                                   const struct dg_claims *claims, const struct dg_link *link,
                                   const struct dg_parcel *parcel, struct dg_fault *fault) DG_MUST_CHECK;
/* Counts one more leaf by which a neighbour's report is refused. False when it has earned
 * DG_REFUSALS_PER_CHILD_DAY today. */
bool dg_delivery_may_refuse(struct dg_txn *txn, const struct dg_link *link, dg_ms now);
/* Takes a report from a neighbour: admits, refuses or recognises it, and answers by the parcel's tag. */
void dg_delivery_parcel(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                        const struct dg_claims *claims, struct dg_link *link, const struct dg_parcel *parcel,
                        dg_ms now, struct dg_out *out);
/* The neighbours by which a report leaves this node, in *ret, in txn's arena; returns their count. from_unit
 * is the one it came from, and is none of them. */
size_t dg_delivery_ways(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                        struct dg_bytes from_unit, struct dg_bytes **ret);
/* The lane that a report of its urgency travels on: hoa-toc urgent, all others normal. */
enum dg_lane dg_lane_of(const struct dg_report *report);
/* True when the document's date lies so long before its signing that every leaf about it says so. */
bool dg_delivery_is_stale(const struct dg_report *report);
/* Refuses a report whose leaf would not fit into DG_LEAF_MAX. DG_ERR_TOO_LARGE. */
enum dg_err dg_delivery_fits(const struct dg_report *report, struct dg_fault *fault) DG_MUST_CHECK;

/* ---- quarantine (quarantine.c) ---- */
/* Takes a parcel that did not decode: into quarantine if its authors have signed it, else it is only
 * answered. */
void dg_quarantine_parcel(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                          const struct dg_claims *claims, const struct dg_link *link,
                          const struct dg_parcel *parcel, dg_ms now, struct dg_out *out);
/* Keeps a parcel that the guard refused, unread, and answers it. */
void dg_quarantine_unread(struct dg_txn *txn, const struct dg_event *event, const struct dg_link *link,
                          const struct dg_parcel *parcel, dg_ms now, struct dg_out *out);

/* ---- a full disk (excuse.c) ---- */
/* True when the disk is too full for what a person asks for: whatever brings a new document. */
bool dg_disk_refuses(const struct dg_node *node, const struct dg_ctl_request *request);
/* True when it is too full for what a neighbour brings; then that one has been told to come later. */
bool dg_disk_puts_off(const struct dg_node *node, const struct dg_event *event, uint64_t tag,
                      struct dg_out *out);

/* ---- the guard (guarded.c) ---- */
/* Tells the guard what is handled next; false when it must not be. True without a guard. */
bool dg_guarded_enter(const struct dg_node *node, const struct dg_hash *what);
/* The same for a record. */
bool dg_guarded_record(const struct dg_node *node, const struct dg_record *record);
/* Ends what a true enter began; done when nothing of it is left to do. */
void dg_guarded_leave(const struct dg_node *node, bool done);

/* ---- filed (filed.c) ---- */
/* Files an accepted report under every rule that it cites, for each of its authors. */
void dg_filed_put(struct dg_txn *txn, const struct dg_report *report, const struct dg_id *id,
                  uint64_t position, dg_ms arrived_ms);

/* ---- named, register (named.c, register.c) ---- */
/* Notes an accepted report under the report that it supersedes and under each of its sources. */
void dg_named_put(struct dg_txn *txn, const struct dg_report *report, const struct dg_id *id,
                  uint64_t position);
/* Notes the number of an accepted report, if it has one. */
void dg_register_put(struct dg_txn *txn, const struct dg_report *report, const struct dg_id *id,
                     uint64_t position);

/* ---- custody (custody.c) ---- */
/* Takes a receipt, state or pass from a neighbour and acknowledges it, or answers why not. */
void dg_custody_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                       const struct dg_claims *claims, struct dg_link *link, const struct dg_record *record,
                       dg_ms now, struct dg_out *out);
/* Queues a kept receipt or state on the links that it must travel on; except is the neighbour that it came
 * from. state is its code; 0 for a receipt. */
void dg_custody_send(struct dg_node *node, struct dg_txn *txn, const struct dg_record *record,
                     const struct dg_report_ix *ix, struct dg_bytes except, uint32_t state, uint32_t number,
                     dg_ms now);
/* Opens the checkpoint that a record rests on and checks the record's leaf under it. What ret points to lives
 * until the next record. DG_ERR_BAD_PROOF, DG_ERR_BAD_CHECKPOINT, DG_ERR_BAD_SIGNATURE,
 * DG_ERR_STALE_DIRECTORY. */
enum dg_err dg_record_proven(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                             const struct dg_claims *claims, const struct dg_record *record,
                             struct dg_proven **ret, struct dg_leaf *ret_leaf) DG_MUST_CHECK;
/* Stores the note of a proven checkpoint, once. DG_ERR_FORK as dg_checkpoint_put. */
enum dg_err dg_proven_keep(struct dg_txn *txn, struct dg_proven *proven) DG_MUST_CHECK;

/* ---- sources (source.c) ---- */
/* Takes a want or a source from a neighbour and acknowledges it, or answers why not. */
void dg_source_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                      const struct dg_claims *claims, struct dg_link *link, const struct dg_record *record,
                      dg_ms now, struct dg_out *out);
/* Takes the neighbour's lasting refusal of a want or source that was queued: nobody asks for it again by
 * itself. */
void dg_source_answered(struct dg_node *node, struct dg_txn *txn, const struct dg_queued *queued,
                        struct dg_bytes code, dg_ms now);
/* The record that a queued row of kind DG_QUEUED_SOURCE stands for, and where its proof rests (size 0: this
 * node's own log; an empty origin: nowhere). False when its row is gone. */
bool dg_source_queued(struct dg_node *node, struct dg_txn *txn, const struct dg_queued *queued,
                      struct dg_record *ret, struct dg_bytes *ret_origin, uint64_t *ret_checkpoint_size);
/* Asks for the sources of a report, and of its sources, that are not here. A dry run only counts them. */
void dg_control_fetch(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                      dg_ms now, struct dg_ctl_reply *reply);

/* ---- via organs (pass.c) ---- */
/* Checks a pass of another node that a record carries: what its leaf says of it, that the report goes through
 * its organ, that the organ has not decided otherwise before, nor agreed to give the report back, and the
 * signature. DG_ERR_BAD_LEAF, DG_ERR_NOT_VIA, DG_ERR_DECIDED_ALREADY, DG_ERR_RECALL_AGREED,
 * DG_ERR_STALE_DIRECTORY, DG_ERR_BAD_SIGNATURE. */
enum dg_err dg_pass_check(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                          const struct dg_claims *claims, const struct dg_record *record,
                          const struct dg_dir_unit *unit, const struct dg_leaf *leaf) DG_MUST_CHECK;
/* Does what follows from a checked pass that was just kept as row `number` of its report: mailboxes of this
 * unit, and its way on toward the author and those who wait, but not back over link. */
void dg_pass_kept(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                  const struct dg_record *record, uint32_t number, dg_ms now);
/* Refuses a report that would take in a source which one of its authors here, who has it to pass on, has
 * agreed to give back. DG_ERR_RECALL_AGREED. */
enum dg_err dg_pass_may_consolidate(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                                    struct dg_fault *fault) DG_MUST_CHECK;
/* Writes a pass for every source of a report just issued that waits for one of its authors here. */
void dg_pass_consolidate(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                         const struct dg_id *id, dg_ms now);

/* ---- states (state.c) ---- */
/* Says a state of a report here in the name of an organ of this unit: signed, logged, kept and sent on its
 * way. DG_ERR_NO_ORGAN when it has no certificate today, and the signer's errors. */
enum dg_err dg_state_say(struct dg_node *node, struct dg_txn *txn, const struct dg_id *id,
                         struct dg_bytes organ, uint32_t code, struct dg_bytes note, dg_ms now) DG_MUST_CHECK;

/* ---- corrections (supersede.c, recall.c) ---- */
/* Checks what a draft says it supersedes: known here, by the same lead organ, of the same kind, under a rule
 * that it shares, else DG_ERR_BAD_SUPERSEDES; and warns of recipients of the old report that the new one
 * would not reach. A draft that supersedes nothing is fine. */
enum dg_err dg_supersede_check(struct dg_txn *txn, const struct dg_report *report,
                               struct dg_ctl_reply *reply) DG_MUST_CHECK;
/* Looks at what an accepted report, just written, changes for reports that were consolidated here, and what
 * had changed for its own sources already. */
void dg_supersede_heard(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                        const struct dg_id *id, uint64_t position, dg_ms now);
/* True when both have the same lead author. */
bool dg_author_same(const struct dg_report *a, const struct dg_report *b);
/* Acts on an author's word about its report, just kept: mailboxes here are asked to give it back, and reports
 * that rest on it are flagged. */
void dg_recall_heard(struct dg_node *node, struct dg_txn *txn, const struct dg_record *record, uint32_t code,
                     dg_ms now);
/* Asks every recipient to give a report back. */
void dg_control_recall(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply);
/* The next free warning of a reply, cleared; NULL when it has DG_CTL_WARNINGS_MAX. */
struct dg_fault *dg_reply_warn(struct dg_txn *txn, struct dg_ctl_reply *reply);

/* ---- comments (comment.c) ---- */
/* Checks a comment of another node against its leaf, the draft and the organ's certificate. DG_ERR_BAD_LEAF,
 * DG_ERR_NOT_ASKED, DG_ERR_NOT_RECEIVED, DG_ERR_STALE_DIRECTORY, DG_ERR_BAD_SIGNATURE and those of its form.
 */
enum dg_err dg_comment_check(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                             const struct dg_claims *claims, const struct dg_record *record,
                             const struct dg_dir_unit *unit, const struct dg_leaf *leaf) DG_MUST_CHECK;
/* Queues a kept comment for every neighbour but from through which the author or an addressee of the draft is
 * reached. */
void dg_comment_spread(struct dg_node *node, struct dg_txn *txn, const struct dg_id *id, struct dg_bytes from,
                       uint32_t number, dg_ms now);

/* ---- membership (membership.c, enrol.c) ---- */
/* Takes a certificate or adoption from a neighbour, passes it on when it has a tag, and acknowledges it or
 * answers why not. */
void dg_membership_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                          const struct dg_claims *claims, struct dg_link *link,
                          const struct dg_record *record, dg_ms now, struct dg_out *out);
/* Answers a stranger's step of enrolment: a challenge, a grant, or a refusal that the operator's log hears
 * of too. */
void dg_enrol_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                    const struct dg_claims *claims, dg_ms now, struct dg_out *out);
/* Closes the granted invitation of a unit for good, once the unit has greeted with its own key. True when it
 * was the unit's first greeting. */
bool dg_enrol_burn(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit);
/* Issues one certificate or adoption of this node: leaf, DIRECTORY row. Returns false on error. */
bool dg_issue_certificate(struct dg_txn *txn, const struct dg_identity *identity,
                          const struct dg_signer *signer, const struct dg_certificate *certificate,
                          const struct dg_key *issuer_key, bool prove_possession, dg_ms now,
                          struct dg_dir_row *ret);
/* Signs an adoption, logs and stores it with the regime's compiled bytes. DG_ERR_TOO_LARGE, and the signer's;
 * those of the store stay in txn. */
enum dg_err dg_issue_adoption(struct dg_txn *txn, const struct dg_identity *identity,
                              const struct dg_signer *signer, const struct dg_adoption *adoption,
                              struct dg_bytes compiled, dg_ms now, struct dg_dir_row *ret) DG_MUST_CHECK;
/* Puts an adoption just heard before the officers when its unit is the next below this one or stands above
 * it. */
void dg_regime_news(struct dg_node *node, struct dg_txn *txn, const struct dg_dir_row *row, dg_ms now);
/* Tells every neighbour but `except` that needs it: the parent, and with down the children too. */
void dg_membership_spread(struct dg_node *node, struct dg_txn *txn, const struct dg_dir_row *row,
                          struct dg_bytes except, bool down, dg_ms now);

/* One open or used invitation. */
struct dg_invitation_row {
    uint8_t id[16];
    struct dg_bytes unit, level, name;
    struct dg_curve_key one_time;
    dg_ms expires_ms;
    uint8_t state;             /* 0 open, 1 granted, 2 burned */
    struct dg_cert_id granted; /* state >= 1 */
    size_t regime_count;
    struct dg_hash *regime;
};
/* Reads the invitation of that id; what ret holds lives as long as txn. False when there is none. */
bool dg_invitation_get(struct dg_txn *txn, const uint8_t id[16], struct dg_invitation_row *ret);
/* Inserts the row or replaces that of the same id. Errors stay in txn. */
void dg_invitation_put(struct dg_txn *txn, const struct dg_invitation_row *row);
/* Calls each for every row until it returns false. */
void dg_invitation_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_invitation_row *row),
                        void *ctx);
/* Deletes those that ended 30 days ago, whose holders need not be told any more why; pressed, because the
 * table is full, every one that is used or has expired. */
void dg_invitation_purge(struct dg_node *node, struct dg_txn *txn, dg_ms now, bool pressed);

/* ---- attachments (attach.c) ---- */
/* Notes the attachments of a report that is being admitted: what has to come for each, and what has to be
 * given to the neighbours in way[] once they have the report. */
void dg_attach_admit(struct dg_node *node, struct dg_txn *txn, const struct dg_admission *admission,
                     uint64_t position, const struct dg_bytes way[], size_t way_count, dg_ms now);
/* A neighbour has rejected the report at position: nothing of it is given to him. */
void dg_attach_rejected(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, uint64_t position);
/* Refuses a draft whose attachments have not all been taken in. DG_ERR_NOT_FOUND. */
enum dg_err dg_attach_ready(struct dg_txn *txn, const struct dg_report *report,
                            struct dg_fault *fault) DG_MUST_CHECK;
/* Takes in a file that is to be attached; the reply's text says how far it is. */
void dg_control_attach(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply);
/* Makes room in the quotas for an attachment that is about to come. DG_ERR_NO_ROOM, and attention once. */
enum dg_err dg_attach_count(struct dg_node *node, struct dg_txn *txn, struct dg_attached *attached,
                            dg_ms now) DG_MUST_CHECK;

/* Gives that room back: it is not going to come. The caller writes the row. */
void dg_attach_uncount(struct dg_txn *txn, struct dg_attached *attached);

/* ---- attachments: taking (taking.c) ---- */
/* Writes the pieces of a batch into their files and makes them durable, before any step. The files' errors.
 */
enum dg_err dg_taking_prepare(struct dg_node *node, struct dg_txn *txn, struct dg_event events[],
                              size_t count, struct dg_arena *arena) DG_MUST_CHECK;
/* Answers the offers and pieces of a frame. */
void dg_taking_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     struct dg_link *link, dg_ms now, struct dg_out *out);
/* Tells a neighbour how it stands with an attachment, if he is there. */
void dg_taking_tell(struct dg_node *node, struct dg_out *out, const struct dg_attached *attached);

/* ---- attachments: giving (bulk.c) ---- */
/* Makes the node's one workspace for pieces. NULL when memory is spent. */
struct dg_giving *dg_giving_new(void);
/* Frees it; NULL is fine. */
void dg_giving_free(struct dg_giving *giving);
/* Takes what a neighbour says about what is given to him. */
void dg_bulk_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                   struct dg_link *link, dg_ms now);
/* Sends the next offer or piece, opens or closes the line toward the parent. */
void dg_bulk_pump(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                  const struct dg_voice *voice);
/* What was under way on a line is gone with it. */
void dg_bulk_cut(struct dg_link *link, dg_ms now);
/* There may be something new to give to every neighbour. */
void dg_bulk_wake(struct dg_node *node);
/* The bulk line of the connection, NULL when it is none. */
struct dg_link *dg_bulk_by_conn(struct dg_node *node, uint64_t conn);
/* Takes a message that came over a bulk line. */
void dg_bulk_message(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     struct dg_link *link, dg_ms now, struct dg_out *out);
/* Greets the parent on the bulk line when due. */
void dg_bulk_tick(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                  struct dg_out *out);
/* When something of it is due, at most `due`. */
dg_ms dg_bulk_due(const struct dg_link *link, dg_ms now, dg_ms due);
/* Somebody has set the clock. */
void dg_bulk_shift(struct dg_bulk *bulk, dg_ms by);

/* ---- attachments: checking (checking.c) ---- */
/* Makes the node's one workspace for checks. NULL when memory is spent. */
struct dg_checking *dg_checking_new(void);
/* Frees it; NULL is fine. */
void dg_checking_free(struct dg_checking *checking);
/* Removes what no row asks for, and looks for what must be checked: at the start of a process. */
void dg_checking_start(struct dg_node *node, struct dg_txn *txn);
/* Something is to be checked. */
void dg_checking_add(struct dg_node *node, const struct dg_hash *content);
/* Reads on for one slice; a file that has been read to its end and is good becomes a whole. Errors of files
 * that end the process. */
enum dg_err dg_checking_slice(struct dg_node *node, struct dg_txn *txn) DG_MUST_CHECK;
/* Writes down what came of a check, and tells who gave the file. */
void dg_checking_step(struct dg_node *node, struct dg_txn *txn, dg_ms now, struct dg_out *out);
/* True while there is something to check. */
bool dg_checking_busy(const struct dg_node *node);
/* The batch was not committed: what came of a check is found out again. */
void dg_checking_forget(struct dg_node *node);

/* ---- control (control.c, push.c) ---- */
/* Completes, signs and issues the report of an organ of this unit, or keeps it for further signatures; the
 * reply names it, or the fault. A dry run only checks. */
void dg_control_push(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                     dg_ms now, struct dg_ctl_reply *reply);
/* Answers one request of the control socket, with an error when it could not be decoded. */
void dg_control(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event, dg_ms now,
                struct dg_out *out);
/* Makes an invitation and writes its line to reply, or the fault. A dry run only checks. */
void dg_control_invite(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply);
/* Passes a report on, or returns it, in the name of a via organ of this unit; or writes the fault. */
void dg_control_pass(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                     dg_ms now, struct dg_ctl_reply *reply);
/* Adopts a regime for this unit and tells the neighbours; the reply names the adoption, or the fault. A dry
 * run only checks. */
void dg_control_adopt(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                      dg_ms now, struct dg_ctl_reply *reply);
/* Signs a recipient's comment on a draft, logs it and sends it to the author and the collectors. */
void dg_control_comment(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                        dg_ms now, struct dg_ctl_reply *reply);
/* Refuses one joint draft more than DG_JOINT_DRAFTS_MAX. DG_ERR_TOO_MANY_DRAFTS. */
enum dg_err dg_joint_room(struct dg_txn *txn, struct dg_fault *fault) DG_MUST_CHECK;
/* Keeps the report of reply->id, which its lead has signed, until the further signers have; envelope is
 * copied. Leaves in reply who they are. */
void dg_joint_keep(struct dg_txn *txn, struct dg_bytes envelope, struct dg_ctl_reply *reply);
/* Signs a joint draft for a further organ, and issues it with the last signature; or takes it back. */
void dg_control_joint(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                      dg_ms now, struct dg_ctl_reply *reply);
/* Notes that an organ of this unit has looked at lines of the attention list; the reply counts them. A dry
 * run only checks. */
void dg_control_attention(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                          dg_ms now, struct dg_ctl_reply *reply);

/* ---- alarms (alarm.c) ---- */
/* Looks once a minute what has waited too long, and tells each once. */
void dg_alarm_tick(struct dg_node *node, struct dg_txn *txn, dg_ms now);
/* Remembers an accepted report, just written, that somebody must act on: a flash report, or one that waits
 * for an organ of this unit to pass it on. */
void dg_alarm_watch(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                    const struct dg_id *id, uint64_t position, dg_ms now);

/* ---- why (control_why.c) ---- */
/* Tells how the lines are and what is on its way: of one report, or of all that waits. */
void dg_control_why(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request, dg_ms now,
                    struct dg_ctl_reply *reply);

#endif
