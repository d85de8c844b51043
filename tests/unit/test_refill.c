/* test_refill.c - a log that was cut short, made whole from a mirror, and the mailboxes that belong to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/frontier.h"
#include "node/core/mirror.h"
#include "node/core/restored.h"
#include "node/core/seed.h"
#include "tests/unit/support/snapshot.h"

/* ---- looking ------------------------------------------------------------------------------------- */

static struct dg_txn *reading(struct fed *fed, enum fed_place place)
{
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    return txn;
}

static void done(struct fed *fed, enum fed_place place, struct dg_txn *txn)
{
    dg_abort(fed->node[place].store, txn);
}

static void origin_of(enum fed_place place, char ret[static DG_ORIGIN_MAX + 1])
{
    dg_origin_write(dg_bytes_of(FED_NAME), dg_bytes_of(fed_places[place].unit), 1, ret);
}

static uint64_t log_size(struct fed *fed, enum fed_place place)
{
    struct dg_log_view log;
    struct dg_txn *txn = reading(fed, place);
    dg_log_get(txn, &log);
    done(fed, place, txn);
    return log.size;
}

static struct dg_hash log_root(struct fed *fed, enum fed_place place, uint64_t size)
{
    struct dg_hash root;
    struct dg_txn *txn = reading(fed, place);
    struct dg_tree_reader tree = dg_log_tree(txn);
    assert_int_equal(dg_tree_root(&tree, size, &root), DG_OK);
    done(fed, place, txn);
    return root;
}

static bool is_restored(struct fed *fed, enum fed_place place)
{
    struct dg_txn *txn = reading(fed, place);
    bool is = dg_is_restored(txn);
    done(fed, place, txn);
    return is;
}

/* The state of the report in an organ's mailbox; 0: it is not there. */
static uint32_t mail_state(struct fed *fed, enum fed_place place, const char *organ, const struct dg_id *id)
{
    struct dg_txn *txn = reading(fed, place);
    struct dg_held held;
    struct dg_mail mail = {.state = 0};
    bool has =
        dg_held_get(txn, id, &held) == DG_OK && dg_mail_get(txn, dg_bytes_of(organ), held.position, &mail);
    uint32_t state = has ? mail.state : 0;
    done(fed, place, txn);
    return state;
}

static uint64_t number_of(struct fed *fed, enum fed_place place, const struct dg_id *id)
{
    struct dg_txn *txn = reading(fed, place);
    struct dg_held held;
    assert_int_equal(dg_held_get(txn, id, &held), DG_OK);
    uint64_t seq = held.report.to_seq[0].seq;
    done(fed, place, txn);
    return seq;
}

static void tip_of(struct fed *fed, enum fed_place place, char ret[DG_CHECKPOINT_MAX + 1])
{
    struct dg_txn *txn = reading(fed, place);
    struct dg_bytes tip = dg_tip_text(txn);
    memcpy(ret, tip.data, tip.size);
    ret[tip.size] = '\0';
    done(fed, place, txn);
}

/* ---- mirrors ------------------------------------------------------------------------------------- */

static void check_mirror(struct fed *fed, enum fed_place at, enum fed_place of)
{
    char origin[DG_ORIGIN_MAX + 1];
    struct dg_mirror_head head;
    struct dg_txn *txn = reading(fed, at);
    origin_of(of, origin);
    assert_true(dg_mirror_head(txn, dg_bytes_of(origin), &head));
    uint64_t size = head.good.size;
    struct dg_hash root = dg_frontier_root(&head.good);
    assert_int_equal(head.edge.size, size);
    for (uint64_t i = 0; i < size; i++) {
        struct dg_bytes leaf, own;
        struct dg_txn *there = reading(fed, of);
        assert_true(dg_mirror_leaf(txn, dg_bytes_of(origin), i, &leaf));
        assert_true(dg_leaf_get(there, i, &own));
        assert_true(dg_bytes_equal(leaf, own));
        done(fed, of, there);
    }
    done(fed, at, txn);
    assert_int_equal(size, log_size(fed, of));
    struct dg_hash own = log_root(fed, of, size);
    assert_true(dg_hash_equal(&root, &own));
}

static void parent_mirrors_its_children_and_two_children_the_root(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    fed_push(fed, FED_XA, NULL);
    fed_push(fed, FED_KHOI, NULL);
    fed_run(fed, 5);
    check_mirror(fed, FED_TINH, FED_HUYEN);
    check_mirror(fed, FED_TINH, FED_KHOI);
    check_mirror(fed, FED_HUYEN, FED_XA);
    check_mirror(fed, FED_HUYEN, FED_TINH);
    check_mirror(fed, FED_KHOI, FED_TINH);
    fed_free(fed);
}

static void leaves_that_do_not_make_the_root_are_dropped(void **state)
{
    (void)state;
    struct dg_store *store = dg_store_mem_new();
    struct dg_txn *txn;
    struct dg_mirror_head head;
    struct dg_checkpoint checkpoint = {.size = 2};
    struct dg_frontier tree = {.size = 0};
    struct dg_bytes text[] = {dg_bytes_of("a"), dg_bytes_of("b"), dg_bytes_of("c")};
    strcpy(checkpoint.origin, "x.test/y/e1");
    for (int i = 0; i < 2; i++) {
        struct dg_hash leaf = dg_merkle_leaf(text[i]);
        dg_frontier_add(&tree, &leaf);
    }
    checkpoint.root = dg_frontier_root(&tree);
    struct dg_mirror good = {.first = 0, .leaf_count = 2, .leaf = text};
    struct dg_mirror bad = {.first = 2, .leaf_count = 1, .leaf = text};
    struct dg_mirror gap = {.first = 5, .leaf_count = 1, .leaf = text};
    assert_int_equal(dg_begin_write(store, &txn), DG_OK);
    assert_int_equal(dg_mirror_add(txn, &checkpoint, dg_bytes_of("note"), &good), DG_OK);
    struct dg_hash leaf = dg_merkle_leaf(text[2]);
    dg_frontier_add(&tree, &leaf);
    checkpoint.size = 3;
    checkpoint.root = dg_frontier_root(&tree);
    assert_int_equal(dg_mirror_add(txn, &checkpoint, dg_bytes_of("later"), &gap), DG_OK);
    assert_int_equal(dg_mirror_add(txn, &checkpoint, dg_bytes_of("later"), &bad), DG_ERR_BAD_PROOF);
    assert_true(dg_mirror_head(txn, dg_bytes_of(checkpoint.origin), &head));
    assert_int_equal(head.edge.size, 2);
    assert_true(dg_bytes_is(head.note, "note"));
    bad.leaf = text + 2;
    assert_int_equal(dg_mirror_add(txn, &checkpoint, dg_bytes_of("later"), &bad), DG_OK);
    assert_true(dg_mirror_head(txn, dg_bytes_of(checkpoint.origin), &head));
    assert_int_equal(head.good.size, 3);
    dg_abort(store, txn);
    dg_store_close(store);
}

/* ---- whole again --------------------------------------------------------------------------------- */

/* A node loses everything since a snapshot, but for its tip; what its organs had done is so again. */
static void loses_a_day(enum fed_place place)
{
    struct fed *fed = fed_new(false);
    struct dg_id before = fed_push(fed, FED_XA, "van-phong@tinh");
    struct dg_store *old = snapshot_of(fed->node[place].store);
    struct dg_id after = fed_push(fed, FED_XA, "van-phong@tinh"), own = fed_push(fed, FED_HUYEN, NULL);
    fed_mark(fed, FED_HUYEN, &after, "cap-uy", 3);
    fed_mark(fed, FED_TINH, &own, "cap-uy", 3);
    fed_mark(fed, FED_TINH, &own, "cap-uy", 5);
    fed_run(fed, 5);
    uint64_t size = log_size(fed, place);
    struct dg_hash root = log_root(fed, place, size);
    char tip[DG_CHECKPOINT_MAX + 1];
    tip_of(fed, place, tip);
    snapshot_put_back(&fed->node[place], old, tip);
    assert_true(log_size(fed, place) < size);
    fed_run(fed, 90);
    assert_false(is_restored(fed, place));
    struct dg_hash again = log_root(fed, place, size);
    assert_true(dg_hash_equal(&root, &again));
    assert_int_equal(mail_state(fed, FED_HUYEN, "cap-uy", &before), 1);
    assert_int_equal(mail_state(fed, FED_HUYEN, "cap-uy", &after), 3);
    assert_int_equal(mail_state(fed, FED_TINH, "cap-uy", &own), 5);
    assert_int_equal(mail_state(fed, FED_TINH, "van-phong", &after), 1);
    struct dg_id next = fed_push(fed, FED_HUYEN, NULL);
    assert_int_equal(number_of(fed, FED_HUYEN, &next), number_of(fed, FED_HUYEN, &own) + 1);
    assert_int_equal(mail_state(fed, FED_TINH, "cap-uy", &next), 1);
    fed_free(fed);
}

static void district_that_lost_a_day_is_what_it_was(void **state)
{
    (void)state;
    loses_a_day(FED_HUYEN);
}

static void commune_that_lost_a_day_is_what_it_was(void **state)
{
    (void)state;
    loses_a_day(FED_XA);
}

static void root_that_lost_a_day_is_what_it_was(void **state)
{
    (void)state;
    loses_a_day(FED_TINH);
}

static void mirror_that_ends_too_early_completes_nothing(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    struct dg_store *old = snapshot_of(fed->node[FED_KHOI].store);
    fed_push(fed, FED_KHOI, NULL);
    fed_run(fed, 5);
    fed->cut_khoi = true;
    fed_push(fed, FED_KHOI, NULL); /* nobody has heard of its leaf, but the tip */
    char tip[DG_CHECKPOINT_MAX + 1];
    tip_of(fed, FED_KHOI, tip);
    fed->cut_khoi = false;
    snapshot_put_back(&fed->node[FED_KHOI], old, tip);
    uint64_t size = log_size(fed, FED_KHOI);
    fed_run(fed, 90);
    assert_true(is_restored(fed, FED_KHOI));
    assert_int_equal(log_size(fed, FED_KHOI), size);
    fed_free(fed);
}

/* ---- from nothing -------------------------------------------------------------------------------- */

struct planting {
    struct dg_txn *to;
};

static bool plant_row(void *ctx, enum dg_table table, struct dg_bytes key, struct dg_bytes value)
{
    struct planting *planting = ctx;
    assert_true(dg_seed_has(table));
    dg_put(planting->to, table, key, value);
    return true;
}

/* A store with nothing but the seed, as `restore --from-neighbours` makes it. */
static struct dg_store *bare_store(struct fed *fed, enum fed_place place)
{
    struct dg_store *bare = dg_store_mem_new();
    struct planting planting;
    struct dg_committed committed;
    struct dg_txn *txn = reading(fed, place);
    assert_int_equal(dg_begin_write(bare, &planting.to), DG_OK);
    dg_seed_each(txn, plant_row, &planting);
    dg_restored_mark(planting.to, DG_RESTORED_KEYS, fed->now);
    done(fed, place, txn);
    assert_int_equal(dg_commit(bare, planting.to, &committed), DG_OK);
    return bare;
}

static void loses_everything(enum fed_place place)
{
    struct fed *fed = fed_new(false);
    struct dg_id first = fed_push(fed, FED_XA, "van-phong@tinh"), own = fed_push(fed, FED_HUYEN, NULL);
    fed_mark(fed, FED_HUYEN, &first, "cap-uy", 3);
    fed_mark(fed, FED_TINH, &own, "cap-uy", 3);
    fed_run(fed, 5);
    uint64_t size = log_size(fed, place);
    struct dg_hash root = log_root(fed, place, size);
    char tip[DG_CHECKPOINT_MAX + 1];
    tip_of(fed, place, tip);
    snapshot_put_back(&fed->node[place], bare_store(fed, place), tip);
    assert_int_equal(log_size(fed, place), 0);
    fed_run(fed, 120);
    assert_false(is_restored(fed, place));
    struct dg_hash again = log_root(fed, place, size);
    assert_true(dg_hash_equal(&root, &again));
    assert_int_equal(mail_state(fed, FED_HUYEN, "cap-uy", &first), 3);
    assert_int_equal(mail_state(fed, FED_TINH, "cap-uy", &own), 3);
    assert_int_equal(mail_state(fed, FED_TINH, "van-phong", &first), 1);
    struct dg_id next = fed_push(fed, FED_HUYEN, NULL);
    assert_int_equal(number_of(fed, FED_HUYEN, &next), number_of(fed, FED_HUYEN, &own) + 1);
    fed_free(fed);
}

static void district_that_lost_everything_is_what_it_was(void **state)
{
    (void)state;
    loses_everything(FED_HUYEN);
}

static void commune_that_lost_everything_is_what_it_was(void **state)
{
    (void)state;
    loses_everything(FED_XA);
}

static void root_that_lost_everything_is_what_it_was(void **state)
{
    (void)state;
    loses_everything(FED_TINH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parent_mirrors_its_children_and_two_children_the_root),
        cmocka_unit_test(leaves_that_do_not_make_the_root_are_dropped),
        cmocka_unit_test(district_that_lost_a_day_is_what_it_was),
        cmocka_unit_test(commune_that_lost_a_day_is_what_it_was),
        cmocka_unit_test(root_that_lost_a_day_is_what_it_was),
        cmocka_unit_test(mirror_that_ends_too_early_completes_nothing),
        cmocka_unit_test(district_that_lost_everything_is_what_it_was),
        cmocka_unit_test(commune_that_lost_everything_is_what_it_was),
        cmocka_unit_test(root_that_lost_everything_is_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
