/* audit_numbers.c - every number that this unit has given is accounted for. */
#include "node/cli/audit_numbers.h"

static bool add_counter(struct dg_audit_numbers *numbers, bool joint, struct dg_bytes unit, uint64_t last)
{
    if (numbers->count == numbers->capacity) {
        size_t capacity = numbers->capacity == 0 ? 64 : 2 * numbers->capacity;
        struct dg_audit_number *grown = dg_arena_array(numbers->arena, capacity, sizeof *grown);
        if (grown == NULL) {
            numbers->err = DG_ERR_NO_MEMORY;
            return false;
        }
        for (size_t i = 0; i < numbers->count; i++)
            grown[i] = numbers->item[i];
        numbers->item = grown;
        numbers->capacity = capacity;
    }
    numbers->item[numbers->count++] =
        (struct dg_audit_number){.joint = joint, .unit = dg_arena_copy(numbers->arena, unit), .last = last};
    return true;
}

static bool add_plain(void *ctx, struct dg_bytes unit, uint64_t last)
{
    return add_counter(ctx, false, unit, last);
}

static bool add_joint(void *ctx, struct dg_bytes unit, uint64_t last)
{
    return add_counter(ctx, true, unit, last);
}

static struct dg_audit_number *find(struct dg_audit_numbers *numbers, bool joint, struct dg_bytes unit)
{
    for (size_t i = 0; i < numbers->count; i++) {
        if (numbers->item[i].joint == joint && dg_bytes_equal(numbers->item[i].unit, unit))
            return &numbers->item[i];
    }
    return NULL;
}

void dg_audit_numbers_add(struct dg_audit_numbers *numbers, const struct dg_report *report)
{
    for (size_t i = 0; i < report->to_seq_count; i++) {
        struct dg_audit_number *number = find(numbers, report->author_count > 1, report->to_seq[i].unit);
        /* What was pushed since the audit began belongs to the next one. */
        if (number == NULL || report->to_seq[i].seq > number->last)
            continue;
        number->found++;
        number->sum += report->to_seq[i].seq;
    }
}

static bool add_draft(void *ctx, const struct dg_joint *joint)
{
    dg_audit_numbers_add(ctx, &joint->report);
    return true;
}

enum dg_err dg_audit_numbers_begin(struct dg_audit_numbers *numbers, struct dg_txn *txn,
                                   struct dg_arena *arena)
{
    *numbers = (struct dg_audit_numbers){.arena = arena};
    dg_numbers_each(txn, false, add_plain, numbers);
    dg_numbers_each(txn, true, add_joint, numbers);
    dg_joint_each(txn, add_draft, numbers);
    return numbers->err != DG_OK ? numbers->err : txn->err;
}

void dg_audit_draft_leaf(struct dg_audit_notes *notes, struct dg_txn *txn, const struct dg_leaf *leaf,
                         uint64_t index)
{
    struct dg_joint joint;
    bool is_void = leaf->kind == DG_LEAF_VOID;
    bool has_row = dg_joint_get(txn, &leaf->report, &joint);
    struct dg_bytes none = dg_bytes_at(NULL, 0);

    if (is_void && (!has_row || joint.state != DG_JOINT_WITHDRAWN || joint.void_index != index))
        dg_audit_note_report(notes, true, "VOID_MISSING", &leaf->report, none);
    if (!is_void && has_row)
        dg_audit_note_report(notes, true, "ISSUED_AND_DRAFT", &leaf->report, none);
}

/* As many as were given, and with the same sum: then each was found once. */
void dg_audit_numbers_end(struct dg_audit_numbers *numbers, struct dg_audit_notes *notes)
{
    for (size_t i = 0; i < numbers->count; i++) {
        const struct dg_audit_number *number = &numbers->item[i];
        uint64_t last = number->last;
        uint64_t sum = last % 2 == 0 ? last / 2 * (last + 1) : (last + 1) / 2 * last;
        if (number->found == last && number->sum == sum)
            continue;
        const char *detail = dg_arena_printf(numbers->arena, "%llu of %llu",
                                             (unsigned long long)number->found, (unsigned long long)last);
        dg_audit_note_about(notes, true, "NUMBER_MISSING", number->unit, dg_bytes_of(detail));
    }
}
