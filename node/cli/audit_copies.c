/* audit_copies.c - every recipient beyond this node: receipted, waiting, or lost. */
#include "node/cli/audit_copies.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "node/audit/trail_form.h"
#include "proto/pass.h"

/* --- findings ------------------------------------------------------------------------------- */

static bool has_room(const struct dg_audit_notes *notes)
{
    return notes->err == DG_OK && notes->audit->finding_count < DG_FINDINGS_MAX;
}

static void note(struct dg_audit_notes *notes, const struct dg_audit_finding *finding)
{
    struct dg_audit *audit = notes->audit;

    /* The list is full whenever its count is 0 or a power of two from 16 on. */
    size_t count = audit->finding_count;
    if (count == 0 || (count >= 16 && (count & (count - 1)) == 0)) {
        struct dg_audit_finding *grown =
            dg_arena_array(notes->arena, count == 0 ? 16 : 2 * count, sizeof *grown);
        if (grown == NULL) {
            notes->err = DG_ERR_NO_MEMORY;
            return;
        }
        if (count > 0)
            memcpy(grown, audit->finding, count * sizeof *grown);
        audit->finding = grown;
    }
    audit->finding[audit->finding_count++] = *finding;
}

void dg_audit_note_report(struct dg_audit_notes *notes, bool evidence, const char *what,
                          const struct dg_id *id, struct dg_bytes detail)
{
    char hex[DG_HEX_BYTES];

    dg_hex(id->b, sizeof id->b, hex);
    dg_audit_note_about(notes, evidence, what, dg_bytes_of(hex), detail);
}

void dg_audit_note_about(struct dg_audit_notes *notes, bool evidence, const char *what, struct dg_bytes about,
                         struct dg_bytes detail)
{
    if (!has_room(notes))
        return;
    struct dg_audit_finding finding = {.evidence = evidence,
                                       .what = what,
                                       .about = dg_arena_copy(notes->arena, about),
                                       .detail = dg_arena_copy(notes->arena, detail)};
    note(notes, &finding);
}

void dg_audit_note_leaf(struct dg_audit_notes *notes, const char *what, uint64_t index)
{
    if (!has_room(notes))
        return;
    const char *text = dg_arena_printf(notes->arena, "%llu", (unsigned long long)index);
    struct dg_audit_finding finding = {.evidence = true, .what = what, .about = dg_bytes_of(text)};
    note(notes, &finding);
}

/* --- what waits ----------------------------------------------------------------------------- */

static bool collect_waiting(void *ctx, const struct dg_queued *queued)
{
    struct dg_audit_copies *copies = ctx;

    if (queued->kind != DG_QUEUED_REPORT)
        return true;
    if (copies->waiting_count == copies->waiting_capacity) {
        size_t capacity = copies->waiting_capacity == 0 ? 64 : 2 * copies->waiting_capacity;
        struct dg_audit_waiting *grown = dg_arena_array(copies->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            copies->err = DG_ERR_NO_MEMORY;
            return false;
        }
        if (copies->waiting_count > 0)
            memcpy(grown, copies->waiting, copies->waiting_count * sizeof *grown);
        copies->waiting = grown;
        copies->waiting_capacity = capacity;
    }
    copies->waiting[copies->waiting_count++] =
        (struct dg_audit_waiting){.unit = dg_arena_copy(copies->arena, queued->unit),
                                  .position = queued->position,
                                  .held = queued->held};
    return true;
}

static int waiting_order(const void *a, const void *b)
{
    const struct dg_audit_waiting *left = a, *right = b;
    return dg_log_place_compare(left->unit, left->position, right->unit, right->position);
}

enum dg_err dg_audit_copies_begin(struct dg_audit_copies *copies, struct dg_txn *txn, struct dg_arena *arena,
                                  const struct dg_identity *identity)
{
    *copies = (struct dg_audit_copies){.identity = identity, .arena = arena};
    enum dg_err err = dg_directory_load(txn, arena, &copies->dir);

    if (err != DG_OK)
        return err;
    dg_queue_each(txn, dg_bytes_at(NULL, 0), collect_waiting, copies);
    if (copies->waiting_count > 1)
        qsort(copies->waiting, copies->waiting_count, sizeof *copies->waiting, waiting_order);
    return copies->err != DG_OK ? copies->err : txn->err;
}

static const struct dg_audit_waiting *find_waiting(const struct dg_audit_copies *copies, struct dg_bytes unit,
                                                   uint64_t position)
{
    struct dg_audit_waiting key = {.unit = unit, .position = position};

    if (copies->waiting_count == 0)
        return NULL;
    return bsearch(&key, copies->waiting, copies->waiting_count, sizeof key, waiting_order);
}

/* --- receipts ------------------------------------------------------------------------------- */

/* A receipt of the report under audit that holds. */
struct receipt {
    struct dg_bytes unit;
    struct dg_leaf leaf;
};

struct receipts {
    struct dg_audit_copies *copies;
    struct dg_audit_notes *notes;
    struct dg_txn *txn;
    const struct dg_held *held;
    size_t count, capacity;
    struct receipt *item;
};

/* Many receipts rest on one checkpoint, and it is verified once. */
static bool open_checkpoint(struct receipts *r, const struct dg_custody *custody,
                            const struct dg_dir_unit *unit)
{
    struct dg_audit_copies *copies = r->copies;
    struct dg_certificate certificate = {.federation = copies->dir.federation,
                                         .unit = unit->slug,
                                         .epoch = unit->epoch,
                                         .keys = {.has_log = true, .log = unit->log_key}};
    struct dg_verifier log = dg_log_verifier(&certificate);
    struct dg_bytes bytes;

    if (!dg_bytes_is(custody->origin, log.name) ||
        !dg_checkpoint_get(r->txn, custody->origin, custody->checkpoint_size, &bytes))
        return false;
    struct dg_hash hash = dg_sha256(bytes);
    if (dg_hash_equal(&hash, &copies->note) && dg_bytes_is(custody->origin, copies->checkpoint.origin))
        return true;
    if (dg_checkpoint_verify(bytes, &log, &copies->checkpoint) != DG_OK) {
        memset(&copies->note, 0, sizeof copies->note);
        return false;
    }
    copies->note = hash;
    return true;
}

static const struct dg_dir_unit *proven_by(struct receipts *r, const struct dg_custody *custody)
{
    struct dg_bytes slug;
    const struct dg_dir_unit *unit =
        dg_origin_unit_slug(custody->origin, &slug) ? dg_directory_unit(&r->copies->dir, slug) : NULL;

    if (unit == NULL || !open_checkpoint(r, custody, unit))
        return NULL;
    const struct dg_checkpoint *checkpoint = &r->copies->checkpoint;
    struct dg_hash leaf = dg_merkle_leaf(custody->record.leaf);
    bool good = dg_inclusion_verify(&leaf, custody->record.index, checkpoint->size, &custody->record.proof,
                                    &checkpoint->root) == DG_OK &&
                dg_id_equal(&custody->leaf.report, &r->held->id);
    return good ? unit : NULL;
}

static bool collect_receipt(void *ctx, const struct dg_custody *custody)
{
    struct receipts *r = ctx;

    if (custody->record.kind != DG_RECORD_RECEIPT)
        return true;
    const struct dg_dir_unit *unit = proven_by(r, custody);
    if (unit == NULL) {
        dg_audit_note_report(r->notes, true, "BAD_RECEIPT", &r->held->id, custody->origin);
        return true;
    }
    if (r->count == r->capacity) {
        size_t capacity = r->capacity == 0 ? 8 : 2 * r->capacity;
        struct receipt *grown = dg_arena_array(r->txn->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            r->notes->err = DG_ERR_NO_MEMORY;
            return false;
        }
        if (r->count > 0)
            memcpy(grown, r->item, r->count * sizeof *grown);
        r->item = grown;
        r->capacity = capacity;
    }
    r->item[r->count++] = (struct receipt){.unit = unit->slug, .leaf = custody->leaf};
    return true;
}

static const struct receipt *receipt_of(const struct receipts *r, struct dg_bytes unit)
{
    for (size_t i = 0; i < r->count; i++) {
        if (dg_bytes_equal(r->item[i].unit, unit))
            return &r->item[i];
    }
    return NULL;
}

static bool names(const struct dg_leaf_delivery *line, size_t count, const struct dg_recipient *recipient)
{
    for (size_t i = 0; i < count; i++) {
        if (dg_bytes_equal(line[i].organ, recipient->organ) && dg_bytes_equal(line[i].unit, recipient->unit))
            return true;
    }
    return false;
}

/* --- recipients ----------------------------------------------------------------------------- */

/* The neighbour through which a unit is reached: a child, or the superior unit. */
static struct dg_bytes route(const struct dg_audit_copies *copies, struct dg_bytes slug)
{
    const struct dg_dir_unit *unit = dg_directory_unit(&copies->dir, slug);

    for (; unit != NULL; unit = unit->parent) {
        if (dg_bytes_is(unit->parent_slug, copies->identity->unit))
            return unit->slug;
    }
    return dg_bytes_of(copies->identity->parent);
}

/* Only what a rule demands can be evidence: what an author adds is nobody's duty. */
static void note_copy(struct receipts *r, bool evidence, const char *what,
                      const struct dg_recipient *recipient)
{
    const char *address = dg_arena_printf(r->txn->arena, "%.*s@%.*s %s", DG_SHOW(recipient->organ),
                                          DG_SHOW(recipient->unit), dg_as_name(recipient->as));

    dg_audit_note_report(r->notes, evidence && recipient->rule_count > 0, what, &r->held->id,
                         dg_bytes_of(address));
}

static struct dg_audit_copy_count *count_of(struct receipts *r, const struct dg_recipient *recipient)
{
    struct dg_audit *audit = r->notes->audit;

    if (recipient->rule_count == 0)
        return &audit->additions;
    return recipient->as == DG_AS_OBSERVE ? &audit->observers : &audit->mandated;
}

/* The receipt of a unit between here and the recipient that refused the report: it went no further there. */
static const struct receipt *refusal_before(const struct receipts *r, const struct dg_recipient *recipient)
{
    const struct dg_directory *dir = &r->copies->dir;
    const struct dg_dir_unit *self = dg_directory_unit(dir, dg_bytes_of(r->copies->identity->unit));
    const struct dg_dir_unit *to = dg_directory_unit(dir, recipient->unit);

    for (size_t i = 0; i < r->count; i++) {
        const struct dg_dir_unit *unit = dg_directory_unit(dir, r->item[i].unit);
        if (r->item[i].leaf.verdict == DG_VERDICT_ACCEPTED || unit == NULL || self == NULL)
            continue;
        /* A unit unknown here is reached through the superior units, as far up as need be. */
        if (to != NULL ? dg_dir_unit_between(unit, self, to) : dg_dir_unit_within(self, unit))
            return &r->item[i];
    }
    return NULL;
}

static void note_refusal(struct receipts *r, const struct dg_recipient *recipient,
                         const struct receipt *refusal)
{
    size_t before = r->notes->audit->finding_count;

    count_of(r, recipient)->refused++;
    note_copy(r, false, "COPY_REFUSED", recipient);
    if (r->notes->audit->finding_count == before)
        return; /* the list was full */
    struct dg_audit_finding *finding = &r->notes->audit->finding[before];
    finding->by = dg_arena_copy(r->notes->arena, refusal->unit);
    finding->code = dg_arena_copy(r->notes->arena, refusal->leaf.code);
}

/* What a unit that took the report says of a recipient it did not deliver to. */
static void check_taken(struct receipts *r, const struct dg_recipient *recipient, const struct receipt *taken)
{
    bool own = dg_bytes_equal(taken->unit, recipient->unit);

    if (names(taken->leaf.unresolved, taken->leaf.unresolved_count, recipient))
        note_copy(r, false, "COPY_UNRESOLVED", recipient);
    else if (own)
        note_copy(r, true, "COPY_WITHHELD", recipient);
    else {
        count_of(r, recipient)->waiting++; /* beyond the next hop, on its way */
        note_copy(r, false, "COPY_WAITING", recipient);
    }
}

/* What the next hop has not taken must wait here. */
static void check_waiting(struct receipts *r, const struct dg_recipient *recipient, struct dg_bytes next)
{
    const struct dg_audit_waiting *waiting = find_waiting(r->copies, next, r->held->position);

    if (waiting == NULL) {
        note_copy(r, true, "COPY_LOST", recipient);
        return;
    }
    count_of(r, recipient)->waiting++;
    note_copy(r, false, waiting->held ? "COPY_HELD" : "COPY_WAITING", recipient);
}

/* Notes what waits for a via organ, or came back from it. True when it has reached its recipient, or the
 * report that consolidates it has its place. */
static bool check_passage(struct receipts *r, const struct dg_recipient *recipient)
{
    struct dg_passage passage;
    char since[DG_INSTANT_TEXT];

    if (recipient->through.size == 0)
        return true;
    dg_passage_of(r->txn, dg_bytes_of(r->copies->identity->unit), r->held, recipient->through, &passage);
    if (passage.decision == DG_DECISION_PASSED || passage.decision == DG_DECISION_CONSOLIDATED)
        return true;
    if (passage.decision == DG_DECISION_RETURNED) {
        note_copy(r, false, "COPY_RETURNED", recipient);
        return false;
    }
    dg_instant_text(passage.since_ms, since);
    const char *detail =
        dg_arena_printf(r->txn->arena, "%.*s@%.*s waits at %.*s since %s", DG_SHOW(recipient->organ),
                        DG_SHOW(recipient->unit), DG_SHOW(recipient->through), since);
    r->notes->audit->at_via++;
    dg_audit_note_report(r->notes, false, "COPY_AT_VIA", &r->held->id, dg_bytes_of(detail));
    return false;
}

static void check_recipient(struct receipts *r, const struct dg_leaf *own,
                            const struct dg_recipient *recipient)
{
    struct dg_bytes next = route(r->copies, recipient->unit);
    const struct receipt *taken = receipt_of(r, recipient->unit);

    if (dg_bytes_is(recipient->unit, r->copies->identity->unit)) {
        if (names(own->unresolved, own->unresolved_count, recipient))
            note_copy(r, false, "COPY_UNRESOLVED", recipient);
        else
            (void)check_passage(r, recipient);
        return;
    }
    if (dg_bytes_equal(next, r->held->from_unit))
        return; /* whoever sent it here sees to those on that side */
    count_of(r, recipient)->owed++;
    if (taken != NULL && names(taken->leaf.delivery, taken->leaf.delivery_count, recipient)) {
        if (check_passage(r, recipient))
            count_of(r, recipient)->receipted++;
        return;
    }
    const struct receipt *refusal = refusal_before(r, recipient);
    if (refusal != NULL) {
        note_refusal(r, recipient, refusal);
        return;
    }
    if (taken == NULL)
        taken = receipt_of(r, next);
    if (taken != NULL)
        check_taken(r, recipient, taken);
    else if (next.size == 0)
        note_copy(r, false, "COPY_UNRESOLVED", recipient);
    else
        check_waiting(r, recipient, next);
}

/* The organs that somebody waits for are owed the report like a recipient. */
static void check_vias(struct receipts *r, const struct dg_leaf *own)
{
    struct dg_via *via;
    size_t count;

    if (dg_report_vias(r->txn->arena, &r->held->report, &count, &via) != DG_OK) {
        r->notes->err = DG_ERR_NO_MEMORY;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct dg_recipient recipient = {.organ = via[i].organ,
                                               .unit = via[i].unit,
                                               .as = DG_AS_VIA,
                                               .rule_count = via[i].rule_count,
                                               .rule = via[i].rule};
        if (!via[i].is_recipient)
            check_recipient(r, own, &recipient);
    }
}

void dg_audit_report_copies(struct dg_audit_copies *copies, struct dg_audit_notes *notes, struct dg_txn *txn,
                            const struct dg_held *held, const struct dg_leaf *leaf)
{
    struct receipts r = {.copies = copies, .notes = notes, .txn = txn, .held = held};

    dg_custody_each(txn, held->position, collect_receipt, &r);
    for (size_t i = 0; i < held->report.recipient_count && txn->err == DG_OK; i++)
        check_recipient(&r, leaf, &held->report.recipient[i]);
    check_vias(&r, leaf);
}
