/* restored.c - the row that says a node is RESTORED, and what makes it so. */
#include "node/core/restored_impl.h"

#include <string.h>

/* ---- the row ------------------------------------------------------------------------------------- */

static size_t read_names(struct dg_txn *txn, struct dg_row *row, struct dg_bytes **ret)
{
    uint32_t count = dg_row_u32(row);
    if (count > DG_RESTORED_NAMES_MAX)
        row->bad = true;
    struct dg_bytes *names = row->bad ? NULL : dg_arena_array(txn->arena, count + 1u, sizeof *names);
    if (names == NULL)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        names[i] = dg_row_run(row);
    *ret = names;
    return count;
}

static struct dg_row_key row_key(void)
{
    return dg_key_name("restored");
}

bool dg_is_restored(struct dg_txn *txn)
{
    struct dg_row_key key = row_key();
    struct dg_bytes value;
    return dg_get(txn, DG_TABLE_META, dg_row_key_bytes(&key), &value);
}

bool dg_restored_get(struct dg_txn *txn, struct dg_restored *ret)
{
    struct dg_row_key key = row_key();
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_META, dg_row_key_bytes(&key), &value))
        return false;
    struct dg_row row = {.rest = value};
    *ret = (struct dg_restored){.cause = (enum dg_restored_cause)dg_row_u8(&row)};
    ret->since = (dg_ms)dg_row_u64(&row);
    ret->from_size = dg_row_u64(&row);
    ret->other_log = dg_row_u8(&row) != 0;
    ret->known_size = dg_row_u64(&row);
    dg_row_fixed(&row, ret->known_root.b, sizeof ret->known_root.b);
    ret->known_by = dg_row_run(&row);
    ret->answered_count = read_names(txn, &row, &ret->answered);
    ret->without_count = read_names(txn, &row, &ret->without);
    ret->replaying = dg_row_u8(&row) != 0;
    ret->replayed_count = read_names(txn, &row, &ret->replayed);
    return dg_row_good(txn, &row);
}

static void write_names(struct dg_buf *buf, size_t count, const struct dg_bytes names[])
{
    dg_buf_add_u32be(buf, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        dg_row_add_run(buf, names[i]);
}

void dg_restored_put(struct dg_txn *txn, const struct dg_restored *restored)
{
    struct dg_row_key key = row_key();
    struct dg_buf buf;
    dg_buf_init(&buf, 3 * DG_RESTORED_NAMES_MAX * (DG_SLUG_MAX + 8));
    dg_buf_add_u8(&buf, (uint8_t)restored->cause);
    dg_buf_add_u64be(&buf, (uint64_t)restored->since);
    dg_buf_add_u64be(&buf, restored->from_size);
    dg_buf_add_u8(&buf, restored->other_log ? 1 : 0);
    dg_buf_add_u64be(&buf, restored->known_size);
    dg_buf_add(&buf, restored->known_root.b, sizeof restored->known_root.b);
    dg_row_add_run(&buf, restored->known_by);
    write_names(&buf, restored->answered_count, restored->answered);
    write_names(&buf, restored->without_count, restored->without);
    dg_buf_add_u8(&buf, restored->replaying ? 1 : 0);
    write_names(&buf, restored->replayed_count, restored->replayed);
    dg_row_put(txn, DG_TABLE_META, &key, &buf);
}

void dg_restored_end(struct dg_txn *txn)
{
    struct dg_row_key key = row_key();
    dg_del(txn, DG_TABLE_META, dg_row_key_bytes(&key));
}

void dg_restored_mark(struct dg_txn *txn, enum dg_restored_cause cause, dg_ms now)
{
    if (dg_is_restored(txn))
        return;
    struct dg_restored restored = {.cause = cause, .since = now, .from_size = dg_meta_u64(txn, "log-size")};
    dg_restored_put(txn, &restored);
}

/* ---- what is shown ------------------------------------------------------------------------------- */

/* True when it is a root that this log has had. */
static bool is_own_root(struct dg_txn *txn, const struct dg_checkpoint *checkpoint)
{
    struct dg_tree_reader tree = dg_log_tree(txn);
    struct dg_hash root;
    enum dg_err err = dg_tree_root(&tree, checkpoint->size, &root);
    if (err != DG_OK)
        dg_txn_fail(txn, err);
    return err == DG_OK && dg_hash_equal(&root, &checkpoint->root);
}

/* Two roots of one size are for a person to look at, whoever made them. */
static void keep_evidence(struct dg_txn *txn, const struct dg_checkpoint *checkpoint, struct dg_bytes note,
                          dg_ms now)
{
    struct dg_bytes origin = dg_bytes_of(checkpoint->origin);
    if (!dg_attention_has(txn, DG_ERR_FORK, origin))
        dg_attention_put(txn, now, DG_ERR_FORK, origin, note);
}

void dg_restored_shown(struct dg_txn *txn, const struct dg_checkpoint *checkpoint, struct dg_bytes note,
                       struct dg_bytes by, enum dg_restored_cause cause, dg_ms now)
{
    struct dg_restored restored;
    bool longer = checkpoint->size > dg_meta_u64(txn, "log-size");
    bool other = !longer && !is_own_root(txn, checkpoint);
    if ((!longer && !other) || txn->err != DG_OK)
        return;
    dg_restored_mark(txn, cause, now);
    if (!dg_restored_get(txn, &restored))
        return;
    if (other)
        keep_evidence(txn, checkpoint, note, now);
    restored.other_log = restored.other_log || other;
    if (longer && checkpoint->size > restored.known_size) {
        restored.known_size = checkpoint->size;
        restored.known_root = checkpoint->root;
        restored.known_by = by;
    }
    dg_restored_put(txn, &restored);
}

/* ---- the tip ------------------------------------------------------------------------------------- */

struct dg_bytes dg_tip_text(struct dg_txn *txn)
{
    struct dg_log_view log;
    dg_log_get(txn, &log);
    return dg_is_restored(txn) ? dg_bytes_at(NULL, 0) : log.checkpoint;
}

static void tip_answers(struct dg_txn *txn)
{
    struct dg_restored restored;
    struct dg_bytes name = dg_bytes_of(DG_RESTORED_TIP_NAME);
    if (!dg_restored_get(txn, &restored))
        return;
    for (size_t i = 0; i < restored.answered_count; i++)
        if (dg_bytes_equal(restored.answered[i], name))
            return;
    restored.answered[restored.answered_count++] = name;
    dg_restored_put(txn, &restored);
}

/* A tip of another log, or that nobody signed, says nothing. */
void dg_restored_tip(struct dg_txn *txn, const struct dg_identity *identity, const char *tip, dg_ms now)
{
    struct dg_verifier log = dg_verifier_of(identity->origin, DG_NOTE_ED25519, &identity->log_key);
    struct dg_checkpoint checkpoint;
    if (tip == NULL || DG_MUTANT("ignore-tip") ||
        dg_checkpoint_verify(dg_bytes_of(tip), &log, &checkpoint) != DG_OK)
        return;
    dg_restored_shown(txn, &checkpoint, dg_bytes_of(tip), dg_bytes_of(DG_RESTORED_TIP_NAME), DG_RESTORED_TIP,
                      now);
    tip_answers(txn);
}

/* ---- who is waited for --------------------------------------------------------------------------- */

static bool listed(size_t count, const struct dg_bytes names[], struct dg_bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (dg_bytes_equal(names[i], name))
            return true;
    return false;
}

struct waits {
    const struct dg_restored *restored;
    struct dg_bytes *name;
    size_t count;
};

/* While it replays, a neighbour is waited for until it has given back what it had, too. The tip has nothing.
 */
static void wait_for(struct waits *waits, struct dg_bytes name)
{
    const struct dg_restored *restored = waits->restored;
    bool answered = listed(restored->answered_count, restored->answered, name);
    if (restored->replaying && !dg_bytes_is(name, DG_RESTORED_TIP_NAME))
        answered = answered && listed(restored->replayed_count, restored->replayed, name);
    if (!answered && !listed(restored->without_count, restored->without, name))
        waits->name[waits->count++] = name;
}

size_t dg_restored_waits(struct dg_arena *arena, const struct dg_restored *restored,
                         const struct dg_identity *identity, const struct dg_directory *directory,
                         struct dg_bytes **ret)
{
    struct waits waits = {.restored = restored,
                          .name = dg_arena_array(arena, directory->unit_count + 2, sizeof *waits.name)};
    if (waits.name == NULL)
        return 0;
    wait_for(&waits, dg_bytes_of(DG_RESTORED_TIP_NAME));
    if (identity->parent[0] != '\0')
        wait_for(&waits, dg_bytes_of(identity->parent));
    for (size_t i = 0; i < directory->unit_count; i++)
        if (dg_bytes_is(directory->unit[i].parent_slug, identity->unit))
            wait_for(&waits, directory->unit[i].slug);
    *ret = waits.name;
    return waits.count;
}
