/* issuing.c - what an organ of this unit issues: signed, logged, stored, and sent on its way. */
#include <string.h>

#include "node/core/issued_impl.h"

/* ---- the way ------------------------------------------------------------------------------------- */

static void send_to(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, struct dg_bytes key,
                    dg_ms now)
{
    dg_outbox_push_record(node, txn, unit, DG_QUEUED_ISSUED, 0, 0, key, now);
}

static void spread_calendar(struct dg_node *node, struct dg_txn *txn, struct dg_bytes key,
                            struct dg_bytes except, dg_ms now)
{
    const struct dg_directory *dir = dg_node_directory(node, txn);
    bool first = true;
    for (size_t i = 0; i < dir->unit_count; i++) {
        const struct dg_dir_unit *unit = &dir->unit[i];
        if (!dg_bytes_is(unit->parent_slug, node->identity.unit) || dg_bytes_equal(unit->slug, except))
            continue;
        if (!DG_MUTANT("calendar-skips-one") || !first)
            send_to(node, txn, unit->slug, key, now);
        first = false;
    }
}

void dg_issued_spread(struct dg_node *node, struct dg_txn *txn, const struct dg_issued *issued,
                      struct dg_bytes key, struct dg_bytes except, dg_ms now)
{
    struct dg_bytes parent = dg_bytes_of(node->identity.parent);
    if (issued->duty == NULL) {
        spread_calendar(node, txn, key, except, now);
        return;
    }
    struct dg_bytes route = dg_node_route(node, txn, issued->duty->unit);
    if (route.size > 0 && !dg_bytes_equal(route, except) && !dg_bytes_equal(route, parent))
        send_to(node, txn, route, key, now);
    bool escalated = issued->kind == DG_RECORD_REMINDER && issued->is.reminder.escalated;
    if (escalated && parent.size > 0 && dg_bytes_is(issued->issuer.unit, node->identity.unit))
        send_to(node, txn, parent, key, now);
}

struct welcome {
    struct dg_node *node;
    struct dg_txn *txn;
    struct dg_bytes child;
    dg_ms now;
};

/* A calendar that is over asks nothing of a unit that was not yet there. */
static bool welcome_calendar(void *ctx, const struct dg_issued_row *row)
{
    struct welcome *welcome = ctx;
    struct dg_calendar calendar;
    if (dg_calendar_decode(welcome->txn->arena, row->record.sealed.body, &calendar, NULL) != DG_OK) {
        dg_txn_fail(welcome->txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    if (calendar.until.n >= dg_day_of(welcome->now).n)
        send_to(welcome->node, welcome->txn, welcome->child, row->key, welcome->now);
    return true;
}

void dg_issued_welcome(struct dg_node *node, struct dg_txn *txn, struct dg_bytes child, dg_ms now)
{
    struct welcome welcome = {.node = node, .txn = txn, .child = child, .now = now};
    dg_issued_calendars_each(txn, welcome_calendar, &welcome);
}

/* ---- the body ------------------------------------------------------------------------------------ */

/* Counts a calendar's serial or a reminder's number up. */
static void number(struct dg_txn *txn, struct dg_issued *issued)
{
    bool known;
    if (issued->kind == DG_RECORD_CALENDAR) {
        struct dg_calendar *calendar = &issued->is.calendar;
        calendar->issuer = issued->issuer;
        calendar->serial = dg_calendar_serial(txn, &issued->issuer, calendar->name) + 1;
    } else if (issued->kind == DG_RECORD_REMINDER) {
        issued->duty = &issued->is.reminder.duty;
        issued->is.reminder.issuer = issued->issuer;
        issued->is.reminder.count = dg_issued_count(txn, issued, &known) + 1;
    } else {
        issued->duty = &issued->is.absence.duty;
        issued->is.absence.issuer = issued->issuer;
    }
}

static enum dg_err encode(const struct dg_issued *issued, struct dg_buf *out)
{
    if (issued->kind == DG_RECORD_CALENDAR)
        return dg_calendar_encode(&issued->is.calendar, out);
    if (issued->kind == DG_RECORD_REMINDER)
        return dg_reminder_encode(&issued->is.reminder, out);
    return dg_absence_encode(&issued->is.absence, out);
}

/* Writes the body and reads it again, as a stranger would. */
static enum dg_err complete(struct dg_txn *txn, struct dg_issued *issued, struct dg_fault *fault)
{
    struct dg_buf buf;
    number(txn, issued);
    dg_buf_init(&buf, DG_CALENDAR_MAX);
    enum dg_err err = encode(issued, &buf);
    struct dg_bytes body = dg_arena_copy(txn->arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    if (err == DG_OK && body.size == 0)
        err = DG_ERR_NO_MEMORY;
    if (err != DG_OK)
        return dg_fault(fault, err);
    return dg_issued_decode(txn->arena, issued->kind, body, issued, fault);
}

static enum dg_err check_room(struct dg_txn *txn, const struct dg_issued *issued, struct dg_fault *fault)
{
    bool known;
    if (issued->duty == NULL)
        return dg_calendar_rows(txn) < DG_CALENDARS_MAX ? DG_OK : dg_fault(fault, DG_ERR_TOO_LARGE);
    uint32_t max = issued->kind == DG_RECORD_REMINDER ? DG_REMINDERS_MAX : DG_ABSENCES_MAX;
    return dg_issued_count(txn, issued, &known) < max ? DG_OK : dg_faultf(fault, DG_ERR_TOO_LARGE, "%u", max);
}

/* ---- issuing ------------------------------------------------------------------------------------- */

static struct dg_row_key key_of(struct dg_txn *txn, const struct dg_issued *issued)
{
    bool known;
    if (issued->duty == NULL)
        return dg_key_calendar(&issued->issuer, issued->is.calendar.name, issued->is.calendar.serial);
    uint32_t count = issued->kind == DG_RECORD_REMINDER ? issued->is.reminder.count
                                                        : dg_issued_count(txn, issued, &known) + 1;
    return dg_key_issued(issued->kind, issued->duty, &issued->issuer, count);
}

static enum dg_err record(struct dg_node *node, struct dg_txn *txn, const struct dg_issued *issued,
                          const struct dg_sig *sig, dg_ms now)
{
    struct dg_leaf leaf;
    if (!dg_issued_leaf(txn->arena, issued, &leaf))
        return DG_ERR_NO_MEMORY;
    leaf.time = now;
    struct dg_row_key key = key_of(txn, issued);
    struct dg_issued_row row = {.key = dg_row_key_bytes(&key), .origin = dg_bytes_of(node->identity.origin)};
    row.record = (struct dg_record){.kind = issued->kind, .has_signed = true};
    row.record.sealed = (struct dg_signed){.body = issued->body, .sig = *sig};
    row.record.index = dg_ledger_append(txn, &leaf);
    (void)dg_leaf_get(txn, row.record.index, &row.record.leaf);
    dg_issued_put(txn, &row);
    dg_node_issued_changed(node, issued->kind);
    dg_issued_spread(node, txn, issued, row.key, dg_bytes_at(NULL, 0), now);
    return txn->err;
}

enum dg_err dg_issue(struct dg_node *node, struct dg_txn *txn, struct dg_issued *issued,
                     const struct dg_dir_organ *organ, bool dry_run, dg_ms now, struct dg_fault *fault)
{
    struct dg_sig sig;
    issued->issuer = (struct dg_issuer){.federation = dg_bytes_of(node->identity.federation),
                                        .organ = organ->slug,
                                        .unit = dg_bytes_of(node->identity.unit),
                                        .certificate = organ->certificate,
                                        .signed_ms = now};
    enum dg_err err = complete(txn, issued, fault);
    if (err == DG_OK)
        err = check_room(txn, issued, fault);
    if (err != DG_OK || dry_run)
        return err;
    err = node->env.signer->sign(node->env.signer->ctx, &organ->signing, dg_issued_context(issued->kind),
                                 issued->body, &sig);
    if (err == DG_OK)
        err = record(node, txn, issued, &sig, now);
    return err == DG_OK ? DG_OK : dg_fault(fault, err);
}
