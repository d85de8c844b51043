/* export_audit.c - does this node's store still say what its log says, and was everything sent on?
 *
 * The log is walked once, a thousand leaves to a transaction, so that neither memory nor a reader's
 * hold on old pages grows with it. What the daemon adds meanwhile is left to the next audit.
 */
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "node/audit/trail_form.h"
#include "node/cli/audit_copies.h"
#include "node/cli/audit_duties.h"
#include "node/cli/audit_numbers.h"
#include "node/cli/export.h"
#include "proto/pass.h"

enum { LEAVES_PER_TXN = 1000 };

/* The roots of the complete subtrees from the left: the tree so far, in 64 hashes; and those that the
 * newest leaf completed, its own first. */
struct growing_tree {
    uint64_t size;
    struct dg_hash hash[64];
    unsigned row_count;
    struct dg_hash row[64];
};

struct auditing {
    struct dg_store *store;
    struct dg_audit_notes notes;
    struct dg_audit_copies copies;
    struct dg_audit_numbers numbers;
    struct dg_audit_duties duties;
    dg_ms since;
    struct dg_log_view log; /* as it was when the audit began; the note is in the arena */
    struct dg_identity identity;
    struct growing_tree tree;
};

/* --- the tree, hashed anew ------------------------------------------------------------------ */

static void tree_add(struct growing_tree *tree, struct dg_hash hash)
{
    unsigned level = 0;

    tree->row[0] = hash;
    for (; (tree->size >> level & 1) != 0; level++) {
        hash = dg_merkle_node(&tree->hash[level], &hash);
        tree->row[level + 1] = hash;
    }
    tree->hash[level] = hash;
    tree->row_count = level + 1;
    tree->size++;
}

static struct dg_hash tree_root(const struct growing_tree *tree)
{
    struct dg_hash root = dg_merkle_empty();
    bool any = false;

    for (unsigned level = 0; level < 64; level++) {
        if ((tree->size >> level & 1) == 0)
            continue;
        root = any ? dg_merkle_node(&tree->hash[level], &root) : tree->hash[level];
        any = true;
    }
    return root;
}

/* Each hash that leaf `index` completed stands in its row of the stored tree. */
static bool row_fits(const struct growing_tree *tree, struct dg_txn *txn, uint64_t index)
{
    struct dg_tree_reader reader = dg_log_tree(txn);

    for (unsigned level = 0; level < tree->row_count; level++) {
        struct dg_hash stored;
        if (reader.read(reader.ctx, level, index >> level, &stored) != DG_OK ||
            !dg_hash_equal(&stored, &tree->row[level]))
            return false;
    }
    return true;
}

/* --- reports -------------------------------------------------------------------------------- */

/* Every mailbox that the leaf names has its row. */
static void check_mail(struct auditing *a, struct dg_txn *txn, const struct dg_leaf *leaf, uint64_t index)
{
    for (size_t i = 0; i < leaf->delivery_count; i++) {
        struct dg_mail mail;
        if (!dg_mail_get(txn, leaf->delivery[i].organ, index, &mail) || !dg_id_equal(&mail.id, &leaf->report))
            dg_audit_note_report(&a->notes, true, "MAIL_MISSING", &leaf->report, leaf->delivery[i].organ);
    }
}

struct pass_search {
    uint64_t index;
    struct dg_hash object;
    bool found;
};

static bool is_pass(void *ctx, const struct dg_custody *custody)
{
    struct pass_search *search = ctx;
    struct dg_hash object = dg_sha256(custody->record.sealed.body);

    search->found = custody->record.kind == DG_RECORD_PASS && custody->checkpoint_size == 0 &&
                    custody->record.index == search->index && dg_hash_equal(&object, &search->object);
    return !search->found;
}

/* The pass that a leaf names is kept beside its report. */
static void check_pass(struct auditing *a, struct dg_txn *txn, const struct dg_leaf *leaf, uint64_t index)
{
    struct pass_search search = {.index = index, .object = leaf->object};
    struct dg_held held;

    if (dg_held_get(txn, &leaf->report, &held) == DG_OK)
        dg_custody_each(txn, held.position, is_pass, &search);
    if (!search.found)
        dg_audit_note_report(&a->notes, true, "PASS_MISSING", &leaf->report, leaf->organ);
}

/* No row is open to one who waits before the via organ has decided. */
static void check_shut(struct auditing *a, struct dg_txn *txn, const struct dg_held *held,
                       const struct dg_leaf *leaf)
{
    for (size_t i = 0; i < leaf->delivery_count; i++) {
        const struct dg_leaf_delivery *delivery = &leaf->delivery[i];
        struct dg_mail mail;
        struct dg_passage passage;
        if (delivery->through.size == 0 || !dg_mail_get(txn, delivery->organ, held->position, &mail) ||
            !mail.open)
            continue;
        dg_passage_of(txn, dg_bytes_of(a->identity.unit), held, delivery->through, &passage);
        if (!passage.open)
            dg_audit_note_report(&a->notes, true, "MAIL_EARLY", &leaf->report, delivery->organ);
    }
}

static void check_report(struct auditing *a, struct dg_txn *txn, const struct dg_leaf *leaf, uint64_t index)
{
    struct dg_held held;
    enum dg_err err = dg_held_get(txn, &leaf->report, &held);

    if (err == DG_OK && held.verdict == leaf->verdict && held.position == index) {
        if (held.verdict == DG_VERDICT_ACCEPTED && held.from_unit.size == 0) {
            dg_audit_numbers_add(&a->numbers, &held.report);
            dg_audit_draft_leaf(&a->notes, txn, leaf, index);
        }
        if (held.verdict != DG_VERDICT_ACCEPTED || held.arrived_ms < a->since)
            return;
        a->notes.audit->reports++;
        check_mail(a, txn, leaf, index);
        check_shut(a, txn, &held, leaf);
        dg_audit_report_copies(&a->copies, &a->notes, txn, &held, leaf);
        return;
    }
    dg_audit_note_report(&a->notes, true, err == DG_ERR_STORE_CORRUPT ? "REPORT_ALTERED" : "REPORT_MISSING",
                         &leaf->report, dg_bytes_of(dg_err_name(err)));
}

/* --- leaves --------------------------------------------------------------------------------- */

static void check_leaf(struct auditing *a, struct dg_txn *txn, uint64_t index)
{
    struct dg_bytes text;
    struct dg_leaf leaf;

    if (!dg_leaf_get(txn, index, &text)) {
        struct dg_hash none = {.b = {0}};
        tree_add(&a->tree, none);
        dg_audit_note_leaf(&a->notes, txn->err == DG_OK ? "LEAF_MISSING" : "LEAF_ALTERED", index);
        return;
    }
    tree_add(&a->tree, dg_merkle_leaf(text));
    if (!row_fits(&a->tree, txn, index))
        dg_audit_note_leaf(&a->notes, "TREE_MISMATCH", index);
    else if (dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK)
        dg_audit_note_leaf(&a->notes, "BAD_LEAF", index);
    else if (leaf.kind == DG_LEAF_REPORT)
        check_report(a, txn, &leaf, index);
    else if (leaf.kind == DG_LEAF_PASS)
        check_pass(a, txn, &leaf, index);
    else if (leaf.kind == DG_LEAF_VOID)
        dg_audit_draft_leaf(&a->notes, txn, &leaf, index);
    else
        dg_audit_issued_leaf(&a->duties, &a->notes, &leaf, index);
}

/* A row that does not read back spoils its transaction: the rest is seen in the next one. */
static enum dg_err check_some(struct auditing *a, uint64_t *index)
{
    struct dg_txn *txn;
    enum dg_err err = dg_begin_read(a->store, &txn);

    if (err != DG_OK)
        return err;
    for (uint64_t end = *index + LEAVES_PER_TXN; *index < end && *index < a->log.size && txn->err == DG_OK;)
        check_leaf(a, txn, (*index)++);
    err = txn->err == DG_ERR_STORE_CORRUPT ? DG_OK : txn->err;
    dg_abort(a->store, txn);
    return err;
}

/* --- the log as a whole --------------------------------------------------------------------- */

static void check_root(struct auditing *a)
{
    struct dg_verifier log = dg_verifier_of(a->identity.origin, DG_NOTE_ED25519, &a->identity.log_key);
    struct dg_checkpoint checkpoint;
    struct dg_hash root = tree_root(&a->tree);

    if (dg_checkpoint_verify(a->log.checkpoint, &log, &checkpoint) != DG_OK || checkpoint.size != a->log.size)
        dg_audit_note_leaf(&a->notes, "BAD_CHECKPOINT", a->log.size);
    else if (!dg_hash_equal(&root, &checkpoint.root))
        dg_audit_note_leaf(&a->notes, "ROOT_MISMATCH", a->log.size);
}

/* A row that does not read back is as good as missing, and its leaf tells. */
static enum dg_err but_corrupt(enum dg_err err)
{
    return err == DG_ERR_STORE_CORRUPT ? DG_OK : err;
}

static enum dg_err begin(struct auditing *a, struct dg_arena *arena, struct dg_fault *fault)
{
    struct dg_txn *txn;
    enum dg_err err = dg_begin_read(a->store, &txn);

    if (err != DG_OK)
        return dg_fault(fault, err);
    if (!dg_identity_load(txn, &a->identity))
        err = txn->err != DG_OK ? txn->err : DG_ERR_BAD_NODE;
    dg_log_get(txn, &a->log);
    a->log.checkpoint = dg_arena_copy(arena, a->log.checkpoint);
    if (err == DG_OK)
        err = dg_audit_copies_begin(&a->copies, txn, arena, &a->identity);
    if (err == DG_OK)
        err = dg_audit_numbers_begin(&a->numbers, txn, arena);
    if (err == DG_OK)
        err = txn->err;
    if (err == DG_OK)
        err = but_corrupt(dg_audit_duties_begin(&a->duties, &a->notes, txn, &a->identity));
    dg_abort(a->store, txn);
    return err == DG_OK ? DG_OK : dg_fault(fault, err);
}

static enum dg_err check_duties(struct auditing *a, dg_ms now)
{
    struct dg_txn *txn;
    enum dg_err err = dg_begin_read(a->store, &txn);

    if (err != DG_OK)
        return err;
    err =
        but_corrupt(dg_audit_duties_judge(&a->notes, txn, &a->identity, dg_day_of(a->since), dg_day_of(now)));
    dg_abort(a->store, txn);
    return err;
}

enum dg_err dg_node_audit(struct dg_store *store, dg_ms since, dg_ms now, struct dg_arena *arena,
                          struct dg_audit *ret, struct dg_fault *fault)
{
    struct dg_audit audit = {.leaves = 0};
    struct auditing a = {.store = store, .since = since, .notes = {.arena = arena, .audit = &audit}};
    enum dg_err err = begin(&a, arena, fault);

    if (err != DG_OK)
        return err;
    for (uint64_t index = 0; err == DG_OK && index < a.log.size;)
        err = check_some(&a, &index);
    if (err == DG_OK)
        dg_audit_numbers_end(&a.numbers, &a.notes);
    err = check_duties(&a, now);
    if (err == DG_OK)
        err = a.notes.err;
    if (err != DG_OK)
        return dg_fault(fault, err);
    audit.leaves = a.log.size;
    check_root(&a);
    *ret = audit;
    return a.notes.err == DG_OK ? DG_OK : dg_fault(fault, a.notes.err);
}
