/* issued_hear.c - calendars, reminders and findings of other units: verified, kept, passed on. */
#include <string.h>

#include "node/core/issued_impl.h"

struct heard {
    struct dg_node *node;
    struct dg_txn *txn;
    const struct dg_event *event;
    const struct dg_claims *claims;
    const struct dg_link *link;
    const struct dg_record *record;
    dg_ms now;
    struct dg_fault *fault;
    struct dg_issued issued;
    const struct dg_dir_unit *issuer; /* the unit */
};

/* What comes from above is issued above; what comes from below is a child's own escalated reminder about a
 * unit that it answers for. */
static enum dg_err check_side(const struct heard *h)
{
    const struct dg_directory *dir = dg_node_directory(h->node, h->txn);
    const struct dg_dir_unit *self = dg_node_self(h->node, h->txn);
    const struct dg_duty_name *duty = h->issued.duty;
    const struct dg_dir_unit *owner = duty != NULL ? dg_directory_unit(dir, duty->unit) : NULL;
    if (h->link->up) {
        bool above = h->issuer != self && dg_dir_unit_within(self, h->issuer);
        bool ours = duty == NULL || (owner != NULL && dg_dir_unit_within(owner, self));
        return above && ours ? DG_OK : DG_ERR_NOT_YOURS;
    }
    bool escalated = h->record->kind == DG_RECORD_REMINDER && h->issued.is.reminder.escalated;
    bool own =
        dg_bytes_is(h->issuer->slug, h->link->unit) && owner != NULL && dg_dir_unit_within(owner, h->issuer);
    return escalated && own ? DG_OK : DG_ERR_NOT_YOURS;
}

static enum dg_err check_organ(struct heard *h)
{
    const struct dg_issuer *issuer = &h->issued.issuer;
    h->issuer = dg_directory_unit(dg_node_directory(h->node, h->txn), issuer->unit);
    const struct dg_dir_organ *organ =
        h->issuer != NULL ? dg_dir_unit_certificate(h->issuer, &issuer->certificate) : NULL;
    if (organ == NULL)
        return DG_ERR_STALE_DIRECTORY;
    if (!dg_bytes_equal(organ->slug, issuer->organ))
        return DG_ERR_BAD_CHAIN;
    enum dg_err err = dg_claimed(h->claims, h->event, dg_issued_context(h->record->kind), &organ->signing,
                                 h->record->sealed.body, &h->record->sealed.sig);
    if (err != DG_OK)
        return err;
    if (issuer->signed_ms > organ->not_after_ms)
        return DG_ERR_EXPIRED;
    if (issuer->signed_ms < organ->not_before_ms - DG_CLOCK_SKEW_MS)
        return DG_ERR_NOT_YET_VALID;
    if (issuer->signed_ms > h->now + DG_FUTURE_MS)
        return DG_ERR_RETRY_LATER; /* our clock may be the wrong one */
    err = check_side(h);
    if (err == DG_OK && !dg_duty_may_issue(h->issuer, issuer->organ, dg_day_of(issuer->signed_ms)))
        err = DG_ERR_NOT_PERMITTED;
    return err;
}

/* The leaf stands in the log of the issuer's unit, and says what the signed body says. */
static enum dg_err check_leaf(struct heard *h, struct dg_issued_row *row)
{
    struct dg_proven *proven;
    struct dg_leaf leaf;
    enum dg_err err = dg_record_proven(h->node, h->txn, h->event, h->claims, h->record, &proven, &leaf);
    if (err != DG_OK)
        return err;
    if (proven->unit != h->issuer || !dg_issued_is_leaf(h->txn->arena, &h->issued, &leaf))
        return DG_ERR_BAD_LEAF;
    row->origin = dg_arena_copy(h->txn->arena, dg_bytes_of(proven->checkpoint.origin));
    row->checkpoint_size = proven->checkpoint.size;
    err = dg_proven_keep(h->txn, proven);
    if (err == DG_ERR_FORK && !dg_attention_has(h->txn, err, row->origin))
        dg_attention_put(h->txn, h->now, err, row->origin, proven->note);
    return err;
}

/* The key it gets; DG_ERR_NOT_FOUND when it is here already, which leaves nothing to do. */
static enum dg_err place(const struct heard *h, struct dg_row_key *ret)
{
    const struct dg_issued *issued = &h->issued;
    struct dg_issued_row there;
    bool known = false;
    if (issued->duty == NULL) {
        *ret = dg_key_calendar(&issued->issuer, issued->is.calendar.name, issued->is.calendar.serial);
    } else {
        uint32_t number = dg_issued_count(h->txn, issued, &known) + 1;
        uint32_t max = issued->kind == DG_RECORD_REMINDER ? DG_REMINDERS_MAX : DG_ABSENCES_MAX;
        if (!known && number > max)
            return DG_ERR_TOO_LARGE;
        if (issued->kind == DG_RECORD_REMINDER)
            number = issued->is.reminder.count;
        *ret = dg_key_issued(issued->kind, issued->duty, &issued->issuer, number);
    }
    if (known)
        return DG_ERR_NOT_FOUND;
    if (dg_issued_get(h->txn, dg_row_key_bytes(ret), &there))
        return dg_bytes_equal(there.record.sealed.body, issued->body) ? DG_ERR_NOT_FOUND
                                                                      : DG_ERR_SERIAL_TAKEN;
    bool full = issued->duty == NULL && dg_calendar_rows(h->txn) >= DG_CALENDARS_MAX;
    return full ? DG_ERR_TOO_LARGE : DG_OK;
}

/* A reminder to an organ of this unit, or one that a child could not get heeded, is for a person to see. */
static void notice(const struct heard *h)
{
    const struct dg_duty_name *duty = h->issued.duty;
    bool ours = duty != NULL && dg_bytes_is(duty->unit, h->node->identity.unit);
    if (h->record->kind != DG_RECORD_REMINDER || (!ours && h->link->up))
        return;
    struct dg_arena *arena = h->txn->arena;
    const char *about = dg_arena_printf(arena, "%s@%s", dg_arena_string(arena, duty->organ),
                                        dg_arena_string(arena, duty->unit));
    const char *detail =
        dg_arena_printf(arena, "%s %s (%u)", dg_arena_string(arena, duty->rule),
                        dg_arena_string(arena, duty->period), (unsigned)h->issued.is.reminder.count);
    if (about != NULL && detail != NULL)
        dg_attention_put(h->txn, h->now, ours ? DG_ERR_REMINDED : DG_ERR_UNHEEDED, dg_bytes_of(about),
                         dg_bytes_of(detail));
}

static enum dg_err hear(struct heard *h)
{
    const struct dg_record *record = h->record;
    struct dg_row_key key;
    if (!record->has_signed || record->has_report || record->regime.size > 0 ||
        record->sealed.possession_count > 0 || record->has_by || record->envelope.size > 0 ||
        record->code.size > 0)
        return DG_ERR_MALFORMED;
    enum dg_err err =
        dg_issued_decode(h->txn->arena, record->kind, record->sealed.body, &h->issued, h->fault);
    if (err == DG_OK && !dg_bytes_is(h->issued.issuer.federation, h->node->identity.federation))
        err = DG_ERR_NOT_YOURS;
    if (err == DG_OK)
        err = place(h, &key);
    if (err == DG_OK)
        err = check_organ(h);
    if (err != DG_OK)
        return err;
    struct dg_issued_row row = {.key = dg_row_key_bytes(&key), .record = *record};
    err = check_leaf(h, &row);
    if (err != DG_OK)
        return err;
    row.record.tag = 0;
    dg_issued_put(h->txn, &row);
    dg_node_issued_changed(h->node, record->kind);
    notice(h);
    dg_issued_spread(h->node, h->txn, &h->issued, row.key, dg_bytes_of(h->link->unit), h->now);
    return DG_OK;
}

void dg_issued_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                      const struct dg_claims *claims, struct dg_link *link, const struct dg_record *record,
                      dg_ms now, struct dg_out *out)
{
    struct dg_fault fault;
    (void)dg_fault(&fault, DG_OK);
    struct heard h = {.node = node,
                      .txn = txn,
                      .event = event,
                      .claims = claims,
                      .link = link,
                      .record = record,
                      .now = now,
                      .fault = &fault};
    enum dg_err err = hear(&h);
    if (err == DG_OK || err == DG_ERR_NOT_FOUND) {
        dg_out_ack(out, event->conn, record->tag);
        return;
    }
    fault.err = err;
    dg_fault_unit(&fault, link->unit);
    dg_out_answer(out, event->conn, record->tag, &fault, DG_RETRY_MIN_MS);
    if (dg_err_group(err) != DG_GROUP_TEMPORARY)
        dg_out_fact(out, &fault, "issued");
}
