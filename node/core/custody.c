/* custody.c - receipts, states, passes and comments of other nodes: verified, kept, and passed on.
 *
 * Receipts and what recipients say travel toward the author, comments to the collectors too; what the author
 * says of its report travels to wherever the report went.
 */
#include <string.h>

#include "node/core/node_impl.h"
#include "node/core/restored_impl.h"
#include "proto/change.h"
#include "proto/pass.h"
#include "proto/state_table.h"

/* ---- proof -------------------------------------------------------------------------------------- */

/* Opens a checkpoint of this event, unless it is the one that was opened last. */
static enum dg_err open_checkpoint(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                                   const struct dg_claims *claims, struct dg_bytes note)
{
    struct dg_proven *proven = &node->proven;
    struct dg_bytes text;
    struct dg_verifier log;
    struct dg_sig sig;
    if (note.data == proven->note.data && note.size == proven->note.size)
        return DG_OK;
    *proven =
        (struct dg_proven){.unit = dg_origin_unit(dg_node_directory(node, txn), dg_note_origin(note), &log)};
    if (proven->unit == NULL)
        return DG_ERR_STALE_DIRECTORY;
    enum dg_err err = dg_checkpoint_open(note, &log, &proven->checkpoint, &text, &sig);
    if (err == DG_OK)
        err = dg_claimed(claims, event, "", &log.key, text, &sig);
    if (err == DG_OK)
        proven->note = note;
    return err;
}

enum dg_err dg_record_proven(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                             const struct dg_claims *claims, const struct dg_record *record,
                             struct dg_proven **ret, struct dg_leaf *ret_leaf)
{
    if (!record->has_checkpoint || record->leaf.size == 0)
        return DG_ERR_BAD_PROOF;
    enum dg_err err = open_checkpoint(node, txn, event, claims, event->frame->checkpoint[record->checkpoint]);
    if (err != DG_OK)
        return err;
    const struct dg_checkpoint *checkpoint = &node->proven.checkpoint;
    struct dg_hash leaf = dg_merkle_leaf(record->leaf);
    err = dg_inclusion_verify_next(&node->climbed, &leaf, record->index, checkpoint->size, &record->proof,
                                   &checkpoint->root);
    if (err == DG_OK)
        err = dg_leaf_parse(txn->arena, record->leaf, ret_leaf, NULL);
    *ret = &node->proven;
    return err;
}

enum dg_err dg_proven_keep(struct dg_txn *txn, struct dg_proven *proven)
{
    if (proven->kept)
        return DG_OK;
    const struct dg_checkpoint *checkpoint = &proven->checkpoint;
    enum dg_err err = dg_checkpoint_put(txn, dg_bytes_of(checkpoint->origin), checkpoint->size, proven->note);
    proven->kept = err == DG_OK;
    return err;
}

/* ---- states ------------------------------------------------------------------------------------- */

static const struct dg_recipient *find_recipient(const struct dg_report *report, const struct dg_state *state)
{
    for (size_t i = 0; i < report->recipient_count; i++)
        if (dg_bytes_equal(report->recipient[i].organ, state->organ) &&
            dg_bytes_equal(report->recipient[i].unit, state->unit))
            return &report->recipient[i];
    return NULL;
}

/* Who waits for a via organ has nothing to say before that one's pass is here, so that no trail ever shows
 * the one without the other. */
static enum dg_err check_passed(struct dg_node *node, struct dg_txn *txn, const struct dg_held *held,
                                const struct dg_recipient *recipient)
{
    struct dg_passage passage;
    if (recipient->through.size == 0)
        return DG_OK;
    dg_passage_of(txn, dg_bytes_of(node->identity.unit), held, recipient->through, &passage);
    if (passage.decision == 0)
        return DG_ERR_RETRY_LATER;
    return passage.decision == DG_DECISION_RETURNED ? DG_ERR_NOT_RECEIVED : DG_OK;
}

/* A search for an organ among those that a unit's receipt says it delivered to. */
struct added_search {
    const struct dg_state *state;
    bool found;
};

static bool match_added(void *ctx, const struct dg_custody *custody)
{
    struct added_search *search = ctx;
    const struct dg_leaf *leaf = &custody->leaf;
    if (custody->record.kind != DG_RECORD_RECEIPT)
        return true;
    for (size_t i = 0; i < leaf->delivery_count && !search->found; i++)
        search->found = dg_bytes_equal(leaf->delivery[i].organ, search->state->organ) &&
                        dg_bytes_equal(leaf->delivery[i].unit, search->state->unit);
    return !search->found;
}

/* Whom a later regime has added is in no list of the author's, but in the receipt of the unit that added it.
 */
static bool is_added(struct dg_txn *txn, uint64_t position, const struct dg_state *state)
{
    struct added_search search = {.state = state};
    dg_custody_each(txn, position, match_added, &search);
    return search.found;
}

static bool is_author(const struct dg_report *report, const struct dg_state *state)
{
    for (size_t i = 0; i < report->author_count; i++)
        if (dg_bytes_equal(report->author[i].organ, state->organ) &&
            dg_bytes_equal(report->author[i].unit, state->unit))
            return true;
    return false;
}

/* A via organ has nothing to say of the work, but it can give the report back. */
static enum dg_err recipient_fits(struct dg_node *node, struct dg_txn *txn, const struct dg_held *held,
                                  const struct dg_state *state)
{
    const struct dg_recipient *recipient = find_recipient(&held->report, state);
    if (dg_state_is_recall(state->code) && dg_report_goes_through(&held->report, state->organ, state->unit))
        return DG_OK;
    if (recipient == NULL)
        return is_added(txn, held->position, state) ? DG_OK : DG_ERR_NOT_RECEIVED;
    return check_passed(node, txn, held, recipient);
}

/* What only an author may say of a report, and what only its recipients. */
static enum dg_err state_fits(struct dg_node *node, struct dg_txn *txn, const struct dg_held *held,
                              const struct dg_state *state)
{
    struct dg_change change;
    if (!dg_state_by_author(state->code))
        return recipient_fits(node, txn, held, state);
    if (!is_author(&held->report, state))
        return DG_ERR_NOT_AUTHOR;
    if (state->code == DG_STATE_SOURCE_CHANGED && !dg_change_parse(state->note, &change))
        return DG_ERR_MALFORMED;
    return DG_OK;
}

/* The state that a record carries is the one its leaf names, by an organ of the logging unit. */
static enum dg_err state_check(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                               const struct dg_claims *claims, const struct dg_record *record,
                               const struct dg_dir_unit *unit, const struct dg_leaf *leaf)
{
    struct dg_state state;
    struct dg_held held;
    enum dg_err err = dg_state_decode(txn->arena, record->sealed.body, &state, NULL);
    if (err != DG_OK)
        return err;
    struct dg_hash object = dg_sha256(record->sealed.body);
    if (!dg_hash_equal(&object, &leaf->object) || !dg_id_equal(&state.report, &leaf->report) ||
        state.code != leaf->state || !dg_bytes_equal(state.unit, unit->slug) ||
        !dg_bytes_is(state.federation, node->identity.federation))
        return DG_ERR_BAD_LEAF;
    err = dg_held_get(txn, &state.report, &held);
    if (err == DG_OK)
        err =
            held.verdict == DG_VERDICT_ACCEPTED ? state_fits(node, txn, &held, &state) : DG_ERR_NOT_RECEIVED;
    if (err != DG_OK)
        return err;
    const struct dg_dir_organ *organ = dg_dir_unit_certificate(unit, &state.certificate);
    if (organ == NULL)
        return DG_ERR_STALE_DIRECTORY;
    return dg_claimed(claims, event, DG_CONTEXT_STATE, &organ->signing, record->sealed.body,
                      &record->sealed.sig);
}

/* ---- keeping and passing on ---------------------------------------------------------------------- */

/* The neighbour toward the report's lead author; empty when the author is here or unknown. */
static struct dg_bytes toward_author(struct dg_node *node, struct dg_txn *txn, const struct dg_report_ix *ix)
{
    if (dg_bytes_is(ix->author_unit, node->identity.unit))
        return dg_bytes_at(NULL, 0);
    return dg_node_route(node, txn, ix->author_unit);
}

/* An author's word goes wherever its report goes, and never before it: while the report itself still waits
 * for a neighbour, its word waits too, and follows when the neighbour's receipt has come. */
static void send_outward(struct dg_node *node, struct dg_txn *txn, const struct dg_report_ix *ix,
                         const struct dg_id *id, uint32_t number, dg_ms now)
{
    struct dg_held held;
    struct dg_bytes *way;
    struct dg_queued waiting;
    if (dg_held_get(txn, id, &held) != DG_OK)
        return;
    size_t count = dg_delivery_ways(node, txn, &held.report, held.from_unit, &way);
    for (size_t i = 0; i < count && !DG_MUTANT("word-stays"); i++)
        if (!dg_queued_get(txn, way[i], ix->lane, ix->position, &waiting) || DG_MUTANT("word-overtakes"))
            dg_outbox_push_record(node, txn, way[i], DG_QUEUED_CUSTODY, ix->position, number,
                                  dg_bytes_at(NULL, 0), now);
}

void dg_custody_send(struct dg_node *node, struct dg_txn *txn, const struct dg_record *record,
                     const struct dg_report_ix *ix, struct dg_bytes except, uint32_t state, uint32_t number,
                     dg_ms now)
{
    if (record->kind == DG_RECORD_STATE && dg_state_by_author(state)) {
        send_outward(node, txn, ix, &record->report, number, now);
        return;
    }
    struct dg_bytes route = toward_author(node, txn, ix);
    if (route.size > 0 && !dg_bytes_equal(route, except))
        dg_outbox_push_record(node, txn, route, DG_QUEUED_CUSTODY, ix->position, number, dg_bytes_at(NULL, 0),
                              now);
}

/* What the author has said of a report by the time that a neighbour receipted it. */
struct following {
    struct dg_node *node;
    struct dg_txn *txn;
    struct dg_bytes to;
    uint64_t position;
    dg_ms now;
};

static bool follow_one(void *ctx, const struct dg_custody *custody)
{
    struct following *f = ctx;
    if (custody->record.kind == DG_RECORD_STATE && dg_state_by_author(custody->leaf.state))
        dg_outbox_push_record(f->node, f->txn, f->to, DG_QUEUED_CUSTODY, f->position, custody->number,
                              dg_bytes_at(NULL, 0), f->now);
    return true;
}

static enum dg_err keep(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                        const struct dg_record *record, struct dg_proven *proven, const struct dg_leaf *leaf,
                        const struct dg_report_ix *ix, dg_ms now)
{
    uint64_t position = ix->position;
    struct dg_bytes origin = dg_bytes_of(proven->checkpoint.origin);
    struct dg_custody_place place = dg_custody_look(txn, position, record->kind, origin, record->index);
    /* One receipt of a log is enough: an honest node gives every duplicate the same leaf. */
    bool known = place.has && !(record->kind == DG_RECORD_COMMENT && DG_MUTANT("comment-twice"));
    if (DG_MUTANT("forget-custody") || known || (place.has_log && record->kind == DG_RECORD_RECEIPT))
        return DG_OK;
    if (place.next >= DG_CUSTODY_MAX ||
        (record->kind == DG_RECORD_COMMENT && place.log_count >= DG_COMMENTS_PER_UNIT_MAX))
        return DG_ERR_TOO_LARGE;
    enum dg_err err = dg_proven_keep(txn, proven);
    if (err == DG_ERR_FORK && !dg_attention_has(txn, err, origin))
        dg_attention_put(txn, now, err, origin, proven->note);
    if (err != DG_OK)
        return err;
    uint32_t number = place.next;
    dg_custody_put(txn, position, number, origin, proven->checkpoint.size, record);
    if (record->kind == DG_RECORD_COMMENT) {
        dg_comment_spread(node, txn, &leaf->report, dg_bytes_of(link->unit), number, now);
        return DG_OK;
    }
    if (record->kind == DG_RECORD_PASS) {
        dg_pass_kept(node, txn, link, record, number, now);
        return DG_OK;
    }
    if (!DG_MUTANT("no-relay"))
        dg_custody_send(node, txn, record, ix, dg_bytes_of(link->unit), leaf->state, number, now);
    if (record->kind == DG_RECORD_STATE && dg_state_by_author(leaf->state))
        dg_recall_heard(node, txn, record, leaf->state, now);
    bool mine = toward_author(node, txn, ix).size == 0;
    if (mine && record->kind == DG_RECORD_RECEIPT && leaf->verdict != DG_VERDICT_ACCEPTED) {
        char hex[DG_HEX_BYTES];
        dg_hex(leaf->report.b, sizeof leaf->report.b, hex);
        enum dg_err code = dg_err_by_name((const char *)leaf->code.data, leaf->code.size);
        dg_attention_put(txn, now, code, dg_bytes_of(hex), origin);
    }
    return DG_OK;
}

/* A receipt from the neighbour itself ends the retries on that link. */
static void release(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                    const struct dg_dir_unit *unit, const struct dg_leaf *leaf, const struct dg_report_ix *ix,
                    dg_ms now)
{
    struct following following = {
        .node = node, .txn = txn, .to = unit->slug, .position = ix->position, .now = now};
    if (!dg_bytes_is(unit->slug, link->unit) && !DG_MUTANT("release-on-any"))
        return;
    bool waited = dg_outbox_release(node, txn, dg_bytes_of(link->unit), ix->lane, ix->position);
    if (leaf->verdict != DG_VERDICT_ACCEPTED)
        dg_attach_rejected(node, txn, dg_bytes_of(link->unit), ix->position);
    if (waited && leaf->verdict == DG_VERDICT_ACCEPTED && !DG_MUTANT("word-forgotten"))
        dg_custody_each(txn, ix->position, follow_one, &following);
    if (waited && leaf->verdict == DG_VERDICT_ACCEPTED)
        dg_replay_follow(node, txn, unit->slug, ix->position, now);
}

static void note_beacon(struct dg_node *node, const struct dg_proven *proven)
{
    if (dg_bytes_is(proven->unit->slug, node->identity.parent) &&
        proven->checkpoint.size > node->seen_beacon.size)
        node->seen_beacon = proven->checkpoint;
}

/* ---- who has anything to say about a report ------------------------------------------------------ */

/* True when a report may pass through unit: between its author's unit and one that must get it. While that
 * unit is not known here, none can be ruled out. */
static bool is_on_way(const struct dg_directory *dir, struct dg_bytes author_unit, struct dg_bytes to_unit,
                      const struct dg_dir_unit *unit)
{
    const struct dg_dir_unit *author = dg_directory_unit(dir, author_unit);
    const struct dg_dir_unit *to = dg_directory_unit(dir, to_unit);
    return author != NULL && (to == NULL || dg_dir_unit_between(unit, author, to));
}

/* A receipt counts only from a unit that had to handle the report: others could fill the trail with logs that
 * say nothing. Mostly the index knows; of the neighbour it waits for, nothing needs to be looked up. */
static enum dg_err receipt_check(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                                 const struct dg_dir_unit *unit, const struct dg_report_ix *ix,
                                 const struct dg_id *id)
{
    const struct dg_directory *dir = dg_node_directory(node, txn);
    struct dg_queued queued;
    struct dg_held held;
    for (size_t i = 0; i < ix->to_count; i++)
        if (is_on_way(dir, ix->author_unit, ix->to[i], unit))
            return DG_OK;
    if (dg_bytes_is(unit->slug, link->unit) &&
        dg_queued_get(txn, dg_bytes_of(link->unit), ix->lane, ix->position, &queued))
        return DG_OK;
    if (ix->to_count > 0)
        return DG_ERR_NOT_YOURS;
    enum dg_err err = dg_held_get(txn, id, &held);
    if (err != DG_OK)
        return err;
    struct dg_bytes *slug;
    size_t count;
    if (held.verdict != DG_VERDICT_ACCEPTED)
        return DG_ERR_NOT_YOURS;
    err = dg_report_units(txn->arena, &held.report, &count, &slug);
    for (size_t i = 0; err == DG_OK && i < count; i++)
        if (is_on_way(dir, ix->author_unit, slug[i], unit))
            return DG_OK;
    return err == DG_OK ? DG_ERR_NOT_YOURS : err;
}

/* The leaf that a record of that kind rests on. */
static enum dg_leaf_kind leaf_kind_of(enum dg_record_kind kind)
{
    if (kind == DG_RECORD_PASS)
        return DG_LEAF_PASS;
    if (kind == DG_RECORD_COMMENT)
        return DG_LEAF_COMMENT;
    return kind == DG_RECORD_RECEIPT ? DG_LEAF_REPORT : DG_LEAF_STATE;
}

static const char *kind_name(enum dg_record_kind kind)
{
    return kind == DG_RECORD_RECEIPT ? "receipt" : dg_leaf_kind_name(leaf_kind_of(kind));
}

static enum dg_err custody_take(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                                const struct dg_claims *claims, const struct dg_link *link,
                                const struct dg_record *record, dg_ms now)
{
    struct dg_proven *proven;
    struct dg_leaf leaf;
    enum dg_err err = dg_record_proven(node, txn, event, claims, record, &proven, &leaf);
    if (err != DG_OK)
        return err;
    bool receipt = record->kind == DG_RECORD_RECEIPT, pass = record->kind == DG_RECORD_PASS;
    bool comment = record->kind == DG_RECORD_COMMENT;
    if (record->has_signed == receipt || record->regime.size > 0)
        return DG_ERR_MALFORMED; /* nothing travels along that nobody has a use for */
    if (leaf.kind != leaf_kind_of(record->kind) || !record->has_report ||
        (!dg_id_equal(&leaf.report, &record->report) && !DG_MUTANT("any-answer")))
        return DG_ERR_BAD_LEAF;
    if (DG_MUTANT("any-answer"))
        leaf.report = record->report;
    struct dg_report_ix ix;
    if (!dg_report_ix_get(txn, &leaf.report, &ix))
        return pass || comment ? DG_ERR_RETRY_LATER /* it is faster than its report, which is on its way */
                               : DG_OK;             /* about something that never was here: nothing to keep */
    if ((pass || comment) && ix.verdict != DG_VERDICT_ACCEPTED)
        return DG_OK; /* nobody here waits for, or collects about, what was refused */
    if (pass)
        err = dg_pass_check(node, txn, event, claims, record, proven->unit, &leaf);
    else if (comment)
        err = dg_comment_check(node, txn, event, claims, record, proven->unit, &leaf);
    else if (receipt)
        err = receipt_check(node, txn, link, proven->unit, &ix, &leaf.report);
    else
        err = state_check(node, txn, event, claims, record, proven->unit, &leaf);
    if (err != DG_OK)
        return err;
    if (receipt)
        release(node, txn, link, proven->unit, &leaf, &ix, now);
    err = keep(node, txn, link, record, proven, &leaf, &ix, now);
    if (err != DG_OK)
        return err;
    note_beacon(node, proven);
    return DG_OK;
}

void dg_custody_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                       const struct dg_claims *claims, struct dg_link *link, const struct dg_record *record,
                       dg_ms now, struct dg_out *out)
{
    enum dg_err err = custody_take(node, txn, event, claims, link, record, now);
    struct dg_fault fault;
    if (err == DG_OK) {
        dg_out_ack(out, event->conn, record->tag);
        return;
    }
    (void)dg_faultf(&fault, err, "%s from %s", kind_name(record->kind), link->unit);
    dg_out_answer(out, event->conn, record->tag, &fault, DG_RETRY_MIN_MS);
    dg_out_fact(out, &fault, "custody");
}
