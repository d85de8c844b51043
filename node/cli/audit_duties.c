/* audit_duties.c - what was issued here against the log, and how the duties stand. */
#include "node/cli/audit_duties.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "node/core/issued.h"

/* --- what was issued ------------------------------------------------------------------------ */

struct collecting {
    struct dg_audit_duties *duties;
    struct dg_audit_notes *notes;
    const struct dg_identity *identity;
};

static bool collect(void *ctx, const struct dg_issued_row *row)
{
    struct collecting *c = ctx;
    struct dg_audit_duties *duties = c->duties;

    if (!dg_bytes_is(row->origin, c->identity->origin))
        return true;
    if (duties->count == duties->capacity) {
        size_t capacity = duties->capacity == 0 ? 64 : 2 * duties->capacity;
        struct dg_hash *grown = dg_arena_array(c->notes->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            c->notes->err = DG_ERR_NO_MEMORY;
            return false;
        }
        if (duties->count > 0)
            memcpy(grown, duties->issued, duties->count * sizeof *grown);
        duties->issued = grown;
        duties->capacity = capacity;
    }
    duties->issued[duties->count++] = dg_sha256(row->record.sealed.body);
    return true;
}

static int hash_order(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct dg_hash));
}

enum dg_err dg_audit_duties_begin(struct dg_audit_duties *duties, struct dg_audit_notes *notes,
                                  struct dg_txn *txn, const struct dg_identity *identity)
{
    struct collecting c = {.duties = duties, .notes = notes, .identity = identity};

    *duties = (struct dg_audit_duties){.count = 0};
    dg_issued_each(txn, collect, &c);
    if (duties->count > 1)
        qsort(duties->issued, duties->count, sizeof *duties->issued, hash_order);
    return notes->err != DG_OK ? notes->err : txn->err;
}

void dg_audit_issued_leaf(const struct dg_audit_duties *duties, struct dg_audit_notes *notes,
                          const struct dg_leaf *leaf, uint64_t index)
{
    if (leaf->kind != DG_LEAF_CALENDAR && leaf->kind != DG_LEAF_REMINDER && leaf->kind != DG_LEAF_ABSENCE)
        return;
    if (duties->count == 0 ||
        bsearch(&leaf->object, duties->issued, duties->count, sizeof *duties->issued, hash_order) == NULL)
        dg_audit_note_leaf(notes, "ISSUED_MISSING", index);
}

/* --- how the duties stand ------------------------------------------------------------------- */

struct judging {
    struct dg_audit_notes *notes;
    struct dg_txn *txn;
    const struct dg_dir_unit *self;
    struct dg_day today;
    const struct dg_duty *duty; /* at hand */
    uint64_t filed_at;          /* position of the report that meets it */
};

static void note_duty(struct judging *j, bool evidence, const char *what, const char *detail)
{
    const struct dg_duty *duty = j->duty;
    struct dg_arena *arena = j->notes->arena;
    const char *about =
        dg_arena_printf(arena, "%s@%s %s %s", dg_arena_string(arena, duty->organ->slug),
                        dg_arena_string(arena, duty->unit->slug), dg_arena_string(arena, duty->entry->rule),
                        dg_arena_string(arena, duty->entry->period));

    dg_audit_note_about(j->notes, evidence, what, dg_bytes_of(about), dg_bytes_of(detail));
}

/* Whoever signs that nothing came, with the report in the log he names, is caught by that log. */
static bool check_finding(void *ctx, const struct dg_absence *absence, const struct dg_hash *hash)
{
    struct judging *j = ctx;

    (void)hash;
    if (absence->finding == DG_FINDING_MISSING && dg_bytes_equal(absence->issuer.unit, j->self->slug) &&
        j->filed_at < absence->after.size)
        note_duty(j, true, "ABSENCE_FALSE", dg_arena_string(j->notes->arena, absence->issuer.organ));
    return true;
}

static bool judge(void *ctx, const struct dg_duty *duty)
{
    struct judging *j = ctx;
    struct dg_audit *audit = j->notes->audit;
    struct dg_duty_facts facts;
    uint32_t days;

    if (!dg_duty_seen(duty, j->self))
        return true;
    j->duty = duty;
    dg_duty_facts(j->txn, duty, &facts);
    enum dg_duty_state state = dg_duty_judge(duty, &facts, j->today, &days);
    audit->duties[state]++;
    if (state == DG_DUTY_MISSING)
        note_duty(j, false, "DUTY_MISSING", "");
    if (facts.submitted) {
        j->filed_at = facts.position;
        dg_absences_each(j->txn, duty, check_finding, j);
    }
    return j->txn->err == DG_OK;
}

enum dg_err dg_audit_duties_judge(struct dg_audit_notes *notes, struct dg_txn *txn,
                                  const struct dg_identity *identity, struct dg_day since,
                                  struct dg_day today)
{
    struct dg_duty_filter filter = {.first = since, .last = {.n = INT32_MAX}};
    struct dg_held_calendar *calendar;
    struct dg_directory dir;
    size_t count;

    enum dg_err err = dg_directory_load(txn, txn->arena, &dir);
    if (err == DG_OK)
        err = dg_calendars_load(txn, txn->arena, &count, &calendar);
    if (err != DG_OK || count == 0)
        return err;
    struct judging j = {.notes = notes,
                        .txn = txn,
                        .self = dg_directory_unit(&dir, dg_bytes_of(identity->unit)),
                        .today = today};
    err = dg_duty_each(&dir, calendar, count, &filter, txn->arena, judge, &j);
    return err != DG_OK ? err : txn->err;
}
