/* test_restored.c - a node that came back with less than it had, and when it may go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/restored.h"
#include "tests/unit/support/snapshot.h"

struct view {
    bool is, other;
    enum dg_restored_cause cause;
    uint64_t size, known, from;
    char tip[DG_CHECKPOINT_MAX + 1];
};

static struct view look(struct fed *fed, enum fed_place place)
{
    struct view view = {.is = false};
    struct dg_txn *txn;
    struct dg_restored restored;
    struct dg_log_view log;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    view.is = dg_restored_get(txn, &restored);
    if (view.is) {
        view.other = restored.other_log;
        view.cause = restored.cause;
        view.known = restored.known_size;
        view.from = restored.from_size;
    }
    dg_log_get(txn, &log);
    view.size = log.size;
    struct dg_bytes tip = dg_tip_text(txn);
    memcpy(view.tip, tip.data != NULL ? tip.data : (const uint8_t *)"", tip.size);
    dg_abort(fed->node[place].store, txn);
    return view;
}

static struct dg_ctl_reply resume(struct fed *fed, enum fed_place place, const char *without)
{
    struct dg_ctl_request request = {.verb = DG_CTL_RESUME, .note = dg_bytes_of("đĩa hỏng")};
    request.unit = dg_bytes_of(without);
    return fed_control(&fed->node[place], &request);
}

static enum dg_err try_push(struct fed *fed, enum fed_place place)
{
    const struct dg_report draft = {.kind = dg_bytes_of("periodic"), .period = dg_bytes_of("2026-10")};
    return fed_push_as(fed, place, "cap-uy", &draft, NULL, 0).fault.err;
}

/* Marks what is in the store as `donggui restore` does. */
static void mark(struct fed *fed, enum fed_place place)
{
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_store *store = fed->node[place].store;
    assert_int_equal(dg_begin_write(store, &txn), DG_OK);
    dg_restored_mark(txn, DG_RESTORED_BACKUP, fed->now);
    assert_int_equal(dg_commit(store, txn, &committed), DG_OK);
}

struct noting {
    const char *code;
    bool found;
};

static bool note_one(void *ctx, const struct dg_attention *item)
{
    struct noting *noting = ctx;
    noting->found = noting->found || dg_bytes_is(item->code, noting->code);
    return true;
}

static bool noted(struct fed *fed, enum fed_place place, enum dg_err code)
{
    struct noting noting = {.code = dg_err_name(code)};
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_attention_each(txn, note_one, &noting);
    dg_abort(fed->node[place].store, txn);
    return noting.found;
}

/* ---- noticing ------------------------------------------------------------------------------------ */

static void tip_that_knows_a_longer_log_makes_the_node_silent(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    struct dg_store *old = snapshot_of(fed->node[FED_KHOI].store);
    fed_push(fed, FED_KHOI, NULL);
    struct view before = look(fed, FED_KHOI);
    fed->cut_khoi = true;
    snapshot_put_back(&fed->node[FED_KHOI], old, before.tip);
    struct view after = look(fed, FED_KHOI);
    assert_true(after.is && after.cause == DG_RESTORED_TIP && !after.other);
    assert_int_equal(after.known, before.size);
    assert_int_equal(after.from, after.size);
    assert_string_equal(after.tip, ""); /* and it must not write an older one */
    assert_int_equal(try_push(fed, FED_KHOI), DG_ERR_RESTORED);
    fed_run(fed, 30);
    assert_int_equal(look(fed, FED_KHOI).size, after.size);
    fed_free(fed);
}

static void tip_that_lags_behind_is_ordinary(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    struct view before = look(fed, FED_KHOI);
    fed_push(fed, FED_KHOI, NULL);
    snapshot_stop(&fed->node[FED_KHOI]);
    snapshot_start(&fed->node[FED_KHOI], before.tip);
    assert_false(look(fed, FED_KHOI).is);
    fed_free(fed);
}

static void tip_of_another_log_says_nothing(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    struct view other = look(fed, FED_TINH);
    snapshot_stop(&fed->node[FED_KHOI]);
    snapshot_start(&fed->node[FED_KHOI], other.tip);
    assert_false(look(fed, FED_KHOI).is);
    other.tip[strlen(other.tip) - 8] ^= 1; /* nor does one that nobody signed */
    snapshot_stop(&fed->node[FED_TINH]);
    snapshot_start(&fed->node[FED_TINH], other.tip);
    assert_false(look(fed, FED_TINH).is);
    fed_free(fed);
}

static void tip_of_another_history_is_evidence_and_nothing_goes_on(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    struct dg_store *old = snapshot_of(fed->node[FED_KHOI].store);
    fed->cut_khoi = true;
    assert_int_equal(try_push(fed, FED_KHOI), DG_OK);
    struct view first = look(fed, FED_KHOI);
    snapshot_put_back(&fed->node[FED_KHOI], old, NULL); /* nobody can know, and it signs anew */
    fed->now += 5000;
    assert_int_equal(try_push(fed, FED_KHOI), DG_OK);
    snapshot_stop(&fed->node[FED_KHOI]);
    snapshot_start(&fed->node[FED_KHOI], first.tip);
    assert_true(look(fed, FED_KHOI).is && look(fed, FED_KHOI).other);
    assert_true(noted(fed, FED_KHOI, DG_ERR_FORK));
    fed->cut_khoi = false;
    fed_run(fed, 40);
    assert_true(look(fed, FED_KHOI).is);
    fed_free(fed);
}

static void parent_that_met_a_later_start_tells(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    struct dg_store *old = snapshot_of(fed->node[FED_KHOI].store);
    for (int i = 0; i < 3; i++) {
        snapshot_stop(&fed->node[FED_KHOI]);
        snapshot_start(&fed->node[FED_KHOI], NULL);
        fed_run(fed, 3);
    }
    snapshot_put_back(&fed->node[FED_KHOI], old, NULL);
    assert_false(look(fed, FED_KHOI).is);
    fed_run(fed, 2);
    struct view view = look(fed, FED_KHOI);
    assert_true(view.is && view.cause == DG_RESTORED_BOOT);
    fed_free(fed);
}

/* ---- going on ------------------------------------------------------------------------------------ */

static void node_goes_on_when_tip_and_neighbours_know_no_more(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    struct view before = look(fed, FED_HUYEN);
    mark(fed, FED_HUYEN);
    assert_int_equal(try_push(fed, FED_HUYEN), DG_ERR_RESTORED);
    snapshot_stop(&fed->node[FED_HUYEN]);
    snapshot_start(&fed->node[FED_HUYEN], before.tip);
    assert_true(look(fed, FED_HUYEN).is);
    fed_run(fed, 40);
    assert_false(look(fed, FED_HUYEN).is);
    assert_int_equal(try_push(fed, FED_HUYEN), DG_OK);
    fed_free(fed);
}

static void node_waits_for_its_tip_until_an_officer_decides(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    mark(fed, FED_KHOI);
    fed_run(fed, 40);
    assert_true(look(fed, FED_KHOI).is);
    assert_int_equal(resume(fed, FED_KHOI, "tinh").fault.err, DG_ERR_NOT_PERMITTED);
    assert_int_equal(resume(fed, FED_KHOI, "xa").fault.err, DG_ERR_NOT_FOUND);
    assert_int_equal(resume(fed, FED_KHOI, "tip").fault.err, DG_OK);
    fed_run(fed, 30);
    assert_false(look(fed, FED_KHOI).is);
    assert_true(noted(fed, FED_KHOI, DG_ERR_RESUMED_WITHOUT));
    assert_int_equal(resume(fed, FED_KHOI, "tip").fault.err, DG_ERR_NOT_RESTORED);
    fed_free(fed);
}

static void node_waits_for_every_child(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    struct view before = look(fed, FED_TINH);
    fed->cut_khoi = true;
    mark(fed, FED_TINH);
    snapshot_stop(&fed->node[FED_TINH]);
    snapshot_start(&fed->node[FED_TINH], before.tip);
    fed_run(fed, 60);
    assert_true(look(fed, FED_TINH).is);
    fed->cut_khoi = false;
    fed_run(fed, 90);
    assert_false(look(fed, FED_TINH).is);
    fed_free(fed);
}

static void what_is_sent_to_a_restored_node_arrives_later(void **state)
{
    (void)state;
    struct fed *fed = fed_new(false);
    mark(fed, FED_TINH);
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    struct dg_txn *txn;
    struct dg_held held;
    assert_int_equal(dg_begin_read(fed->node[FED_TINH].store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, &id, &held), DG_ERR_NOT_FOUND);
    dg_abort(fed->node[FED_TINH].store, txn);
    assert_int_equal(resume(fed, FED_TINH, "tip").fault.err, DG_OK);
    fed_run(fed, 60);
    assert_int_equal(dg_begin_read(fed->node[FED_TINH].store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, &id, &held), DG_OK);
    dg_abort(fed->node[FED_TINH].store, txn);
    fed_free(fed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tip_that_knows_a_longer_log_makes_the_node_silent),
        cmocka_unit_test(tip_that_lags_behind_is_ordinary),
        cmocka_unit_test(tip_of_another_log_says_nothing),
        cmocka_unit_test(tip_of_another_history_is_evidence_and_nothing_goes_on),
        cmocka_unit_test(parent_that_met_a_later_start_tells),
        cmocka_unit_test(node_goes_on_when_tip_and_neighbours_know_no_more),
        cmocka_unit_test(node_waits_for_its_tip_until_an_officer_decides),
        cmocka_unit_test(node_waits_for_every_child),
        cmocka_unit_test(what_is_sent_to_a_restored_node_arrives_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
