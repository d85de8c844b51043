/* recall.c - a report is asked back by its author, and what rests on one that has changed is flagged.
 *
 * Nothing is erased: a request is a state beside the others, which the recipients answer. A consolidated
 * report whose source was recalled or superseded is flagged by its own author's unit, with a state 20 that
 * goes wherever the consolidated report went; there it flags in turn what was built on that.
 */
#include <string.h>

#include "node/core/node_impl.h"
#include "proto/change.h"
#include "proto/state_table.h"

static bool is_self(const struct dg_node *node, struct dg_bytes unit)
{
    return dg_bytes_is(unit, node->identity.unit);
}

/* ---- what was said before ------------------------------------------------------------------------ */

struct said {
    struct dg_arena *arena;
    uint32_t code;
    struct dg_bytes note; /* empty: any */
    bool found;
};

static bool said_so(void *ctx, const struct dg_custody *custody)
{
    struct said *said = ctx;
    struct dg_state state;
    if (custody->record.kind != DG_RECORD_STATE || custody->leaf.state != said->code)
        return true;
    said->found = said->note.size == 0 ||
                  (dg_state_decode(said->arena, custody->record.sealed.body, &state, NULL) == DG_OK &&
                   dg_bytes_equal(state.note, said->note));
    return !said->found;
}

static bool was_said(struct dg_txn *txn, uint64_t position, uint32_t code, struct dg_bytes note)
{
    struct said said = {.arena = txn->arena, .code = code, .note = note};
    dg_custody_each(txn, position, said_so, &said);
    return said.found;
}

bool dg_recall_asked(struct dg_txn *txn, uint64_t position)
{
    return was_said(txn, position, DG_STATE_RECALL_REQUESTED, dg_bytes_at(NULL, 0));
}

/* ---- flags --------------------------------------------------------------------------------------- */

/* Changes still to be looked at; each report once, so that the walk ends. */
struct changing {
    struct dg_node *node;
    struct dg_txn *txn;
    dg_ms now;
    const struct dg_change *change; /* the one at hand */
    size_t count;
    struct dg_change item[DG_FLAGS_MAX];
};

static void attend(struct dg_txn *txn, const struct dg_id *report, const struct dg_change *change,
                   struct dg_bytes note, dg_ms now)
{
    static const enum dg_err code[] = {[DG_CHANGE_RECALLED] = DG_ERR_SOURCE_RECALLED,
                                       [DG_CHANGE_SUPERSEDED] = DG_ERR_SOURCE_SUPERSEDED,
                                       [DG_CHANGE_SOURCES] = DG_ERR_SOURCE_CHANGED};
    char hex[DG_HEX_BYTES];
    dg_hex(report->b, sizeof report->b, hex);
    if (!dg_attention_has(txn, code[change->how], dg_bytes_of(hex)))
        dg_attention_put(txn, now, code[change->how], dg_bytes_of(hex), note);
}

static void enqueue(struct changing *c, const struct dg_id *report)
{
    for (size_t i = 0; i < c->count; i++)
        if (dg_id_equal(&c->item[i].source, report))
            return;
    if (c->count < DG_FLAGS_MAX)
        c->item[c->count++] = (struct dg_change){.source = *report, .how = DG_CHANGE_SOURCES};
}

/* The unit that wrote the report flags it; everybody else takes that unit's word. Should the organ not be
 * able to sign any more, a person is told all the same. */
static bool flag(void *ctx, const struct dg_named *named)
{
    struct changing *c = ctx;
    struct dg_buf note;
    if (!is_self(c->node, named->unit))
        return true;
    dg_buf_init(&note, DG_NOTE_TEXT_MAX);
    dg_change_write(c->change, &note);
    struct dg_bytes text = dg_arena_copy(c->txn->arena, dg_buf_bytes(&note));
    dg_buf_done(&note);
    if (was_said(c->txn, named->position, DG_STATE_SOURCE_CHANGED, text))
        return true;
    attend(c->txn, &named->id, c->change, text, c->now);
    if (!DG_MUTANT("flag-at-home") && dg_state_say(c->node, c->txn, &named->id, named->organ,
                                                   DG_STATE_SOURCE_CHANGED, text, c->now) != DG_OK)
        return true;
    enqueue(c, &named->id);
    return true;
}

static struct changing *changing_new(struct dg_node *node, struct dg_txn *txn, dg_ms now)
{
    struct changing *c = dg_arena_alloc(txn->arena, sizeof *c);
    if (c == NULL) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return NULL;
    }
    c->node = node;
    c->txn = txn;
    c->now = now;
    c->count = 0;
    return c;
}

/* Flags whatever rests on what has changed, and whatever rests on that. */
static void spread(struct changing *c)
{
    for (size_t i = 0; i < c->count; i++) {
        struct dg_change change = c->item[i];
        c->change = &change;
        dg_named_each(c->txn, &change.source, DG_NAMES_SOURCE, flag, c);
    }
}

static void source_changed(struct dg_node *node, struct dg_txn *txn, const struct dg_change *change,
                           dg_ms now)
{
    struct changing *c = changing_new(node, txn, now);
    if (c == NULL)
        return;
    c->item[c->count++] = *change;
    spread(c);
}

/* How a source has changed so far, by what is known here. */
static bool has_changed(struct dg_txn *txn, const struct dg_id *source, struct dg_change *ret)
{
    struct dg_held held;
    *ret = (struct dg_change){.source = *source};
    if (dg_held_get(txn, source, &held) != DG_OK || held.verdict != DG_VERDICT_ACCEPTED)
        return false;
    if (dg_superseded_by(txn, source, &held.report.author[0], &ret->by))
        ret->how = DG_CHANGE_SUPERSEDED;
    else if (dg_recall_asked(txn, held.position))
        ret->how = DG_CHANGE_RECALLED;
    else if (was_said(txn, held.position, DG_STATE_SOURCE_CHANGED, dg_bytes_at(NULL, 0)))
        ret->how = DG_CHANGE_SOURCES;
    return ret->how != 0;
}

/* A report made from what had changed already is flagged from the beginning. */
static void flag_new(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                     const struct dg_id *id, uint64_t position, dg_ms now)
{
    struct dg_named named = {
        .position = position, .id = *id, .unit = report->author[0].unit, .organ = report->author[0].organ};
    struct changing *c = changing_new(node, txn, now);
    struct dg_change change;
    for (size_t i = 0; c != NULL && i < report->source_count; i++) {
        if (!has_changed(txn, &report->source[i], &change))
            continue;
        c->change = &change;
        (void)flag(c, &named);
    }
}

void dg_supersede_heard(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                        const struct dg_id *id, uint64_t position, dg_ms now)
{
    struct dg_change change = {.source = report->supersedes, .how = DG_CHANGE_SUPERSEDED, .by = *id};
    struct dg_held held;
    if (report->has_supersedes && dg_held_get(txn, &report->supersedes, &held) == DG_OK &&
        held.verdict == DG_VERDICT_ACCEPTED && dg_author_same(&held.report, report))
        source_changed(node, txn, &change, now);
    if (report->source_count > 0 && is_self(node, report->author[0].unit))
        flag_new(node, txn, report, id, position, now);
}

/* ---- an author's word ---------------------------------------------------------------------------- */

/* Every delivery that this unit's own leaf names, also to those whom today's rules have added. Who waits for
 * a via organ is asked too: should it be passed on after all, he will see the request with it. */
static void ask_mailboxes(struct dg_txn *txn, uint64_t position)
{
    struct dg_bytes text;
    struct dg_leaf leaf;
    if (!dg_leaf_get(txn, position, &text) || dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return;
    }
    for (size_t i = 0; i < leaf.delivery_count; i++) {
        struct dg_mail mail;
        if (!dg_mail_get(txn, leaf.delivery[i].organ, position, &mail) || mail.recall != 0 ||
            !dg_state_may_recall(mail.state))
            continue;
        mail.recall = DG_STATE_RECALL_REQUESTED;
        dg_mail_put(txn, leaf.delivery[i].organ, &mail);
    }
}

void dg_recall_heard(struct dg_node *node, struct dg_txn *txn, const struct dg_record *record, uint32_t code,
                     dg_ms now)
{
    struct dg_change change = {.source = record->report, .how = DG_CHANGE_RECALLED}, named;
    struct dg_held held;
    struct dg_state state;
    if (dg_held_get(txn, &record->report, &held) != DG_OK)
        return;
    if (code == DG_STATE_RECALL_REQUESTED) {
        ask_mailboxes(txn, held.position);
    } else {
        if (dg_state_decode(txn->arena, record->sealed.body, &state, NULL) != DG_OK ||
            !dg_change_parse(state.note, &named))
            return;
        attend(txn, &record->report, &named, state.note, now);
        change.how = DG_CHANGE_SOURCES;
    }
    source_changed(node, txn, &change, now);
}

/* ---- the request --------------------------------------------------------------------------------- */

static enum dg_err recall_check(struct dg_node *node, struct dg_txn *txn,
                                const struct dg_ctl_request *request, struct dg_held *ret,
                                struct dg_ctl_reply *reply)
{
    struct dg_id id;
    enum dg_err err = dg_report_find(txn, request->report, &id, &reply->fault);
    if (err != DG_OK)
        return err;
    err = dg_held_get(txn, &id, ret);
    if (err != DG_OK)
        return dg_fault(&reply->fault, err);
    reply->id = id;
    reply->has_id = true;
    bool author = false;
    for (size_t i = 0; ret->verdict == DG_VERDICT_ACCEPTED && i < ret->report.author_count; i++)
        author = author || (is_self(node, ret->report.author[i].unit) &&
                            dg_bytes_equal(ret->report.author[i].organ, request->organ));
    if (!author) {
        err = dg_faultf(&reply->fault, DG_ERR_NOT_AUTHOR, "%.*s", (int)request->report.size,
                        (const char *)request->report.data);
        dg_fault_organ(&reply->fault, dg_arena_string(txn->arena, request->organ));
        return err;
    }
    if (dg_recall_asked(txn, ret->position))
        return dg_faultf(&reply->fault, DG_ERR_BAD_STATE, "%s", dg_state_name(DG_STATE_RECALL_REQUESTED));
    return DG_OK;
}

void dg_control_recall(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply)
{
    struct dg_held held;
    if (recall_check(node, txn, request, &held, reply) != DG_OK || request->dry_run)
        return;
    struct dg_record record = {.kind = DG_RECORD_STATE, .has_report = true, .report = held.id};
    enum dg_err err =
        dg_state_say(node, txn, &held.id, request->organ, DG_STATE_RECALL_REQUESTED, request->note, now);
    if (err != DG_OK) {
        (void)dg_fault(&reply->fault, err);
        return;
    }
    dg_recall_heard(node, txn, &record, DG_STATE_RECALL_REQUESTED, now);
}
