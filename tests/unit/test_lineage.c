/* test_lineage.c - what a report was made of is found, asked for below, and believed only when it is proven.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/lineage.h"
#include "node/core/rows.h"
#include "tests/unit/support/federation.h"

static struct fed *fed;

static int make_federation(void **state)
{
    struct dg_fault fault;
    (void)state;
    assert_int_equal(dg_crypto_start(&fault), DG_OK);
    fed = fed_new(true);
    return 0;
}

static int free_federation(void **state)
{
    (void)state;
    fed_free(fed);
    return 0;
}

/* ---- helpers -------------------------------------------------------------------------------------- */

static struct dg_id push(enum fed_place place, const char *kind, const struct dg_id *source, size_t count)
{
    struct dg_author author = {.organ = dg_bytes_of("cap-uy"), .unit = dg_bytes_of(fed->node[place].unit)};
    struct dg_report draft = {.version = 1,
                              .federation = dg_bytes_of(FED_NAME),
                              .author_count = 1,
                              .author = &author,
                              .epoch = 1,
                              .kind = dg_bytes_of(kind),
                              .period = dg_bytes_of("2026-10"),
                              .date = dg_bytes_of("2026-11-20"),
                              .title = dg_bytes_of("Báo cáo tổng hợp"),
                              .urgency = DG_URGENCY_NORMAL,
                              .source_count = count,
                              .source = (struct dg_id *)(uintptr_t)source,
                              .body = dg_bytes_of("# Tình hình\n"),
                              .signed_ms = fed->now};
    struct dg_buf buf;
    dg_buf_init(&buf, DG_REPORT_MAX);
    assert_int_equal(dg_draft_encode(&draft, &buf), DG_OK);
    struct dg_ctl_request request = {
        .verb = DG_CTL_PUSH, .organ = dg_bytes_of("cap-uy"), .draft = dg_buf_bytes(&buf)};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    dg_buf_done(&buf);
    assert_int_equal(reply.fault.err, DG_OK);
    fed_run(fed, 10);
    return reply.id;
}

static struct dg_ctl_reply fetch(enum fed_place place, const struct dg_id *id, bool dry_run)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_FETCH, .report = dg_bytes_of(hex), .dry_run = dry_run};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    fed_run(fed, 10);
    return reply;
}

struct found {
    size_t count;
    struct dg_lineage item[16];
    char code[16][DG_KIND_MAX + 1];
};

static bool take(void *ctx, const struct dg_lineage *lineage)
{
    struct found *found = ctx;
    assert_true(found->count < 16);
    if (lineage->code.size > 0)
        memcpy(found->code[found->count], lineage->code.data, lineage->code.size);
    found->item[found->count++] = *lineage;
    return true;
}

static struct found lineage(enum fed_place place, const struct dg_id *id)
{
    struct found found = {.count = 0};
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    assert_int_equal(dg_lineage_each(txn, id, take, &found), DG_OK);
    dg_abort(fed->node[place].store, txn);
    return found;
}

/* ---- sentences ------------------------------------------------------------------------------------ */

static void a_source_that_was_delivered_is_here(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "periodic", NULL, 0);
    struct dg_id made = push(FED_HUYEN, "periodic", &original, 1);
    struct found found = lineage(FED_HUYEN, &made);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.item[0].state, DG_LINEAGE_HELD);
    assert_int_equal(found.item[1].depth, 1);
    assert_int_equal(found.item[1].state, DG_LINEAGE_HELD);
    assert_true(dg_id_equal(&found.item[1].id, &original));
}

static void a_source_that_never_came_can_be_fetched(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "periodic", NULL, 0);
    struct dg_id made = push(FED_HUYEN, "periodic", &original, 1);
    assert_int_equal(lineage(FED_TINH, &made).item[1].state, DG_LINEAGE_UNKNOWN);
    struct dg_ctl_reply reply = fetch(FED_TINH, &made, true);
    assert_true(dg_bytes_is(reply.text, "1"));
    assert_int_equal(lineage(FED_TINH, &made).item[1].state, DG_LINEAGE_UNKNOWN);
    (void)fetch(FED_TINH, &made, false);
    struct found found = lineage(FED_TINH, &made);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.item[1].state, DG_LINEAGE_FETCHED);
    reply = fetch(FED_TINH, &made, false);
    assert_true(dg_bytes_is(reply.text, "0"));
}

static void the_sources_of_a_source_are_fetched_through_every_level(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "thematic", NULL, 0); /* stays at xa */
    struct dg_id first = push(FED_XA, "periodic", &original, 1);
    struct dg_id second = push(FED_HUYEN, "periodic", &first, 1);
    (void)fetch(FED_TINH, &second, false);
    (void)fetch(FED_TINH, &second, false);
    struct found found = lineage(FED_TINH, &second);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.item[2].depth, 2);
    assert_int_equal(found.item[2].state, DG_LINEAGE_FETCHED);
    assert_true(dg_id_equal(&found.item[2].id, &original));
    assert_int_equal(lineage(FED_HUYEN, &second).item[2].state, DG_LINEAGE_FETCHED);
}

static void a_source_that_nobody_has_is_refused_by_name(void **state)
{
    (void)state;
    struct dg_id invented = {.b = {7}};
    struct dg_id made = push(FED_XA, "periodic", &invented, 1);
    struct dg_id above = push(FED_HUYEN, "periodic", &made, 1);
    (void)fetch(FED_HUYEN, &made, false);
    struct found found = lineage(FED_HUYEN, &made);
    assert_int_equal(found.item[1].state, DG_LINEAGE_REFUSED);
    assert_string_equal(found.code[1], "NOT_FOUND");
    (void)fetch(FED_TINH, &above, false);
    (void)fetch(FED_TINH, &above, false);
    found = lineage(FED_TINH, &above);
    assert_int_equal(found.item[1].state, DG_LINEAGE_FETCHED);
    assert_int_equal(found.item[2].state, DG_LINEAGE_REFUSED);
}

static void a_source_named_twice_is_walked_once(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "periodic", NULL, 0);
    struct dg_id first = push(FED_XA, "periodic", &original, 1);
    struct dg_id both[] = {original, first};
    struct dg_id made = push(FED_HUYEN, "periodic", both, 2);
    struct found found = lineage(FED_HUYEN, &made);
    assert_int_equal(found.count, 4);
    assert_false(found.item[1].seen);
    assert_true(found.item[3].seen);
}

/* Has the node at place ask the one below for a report under the name of another. */
static void ask_unasked(enum fed_place place, const char *below, const struct dg_id *id,
                        const struct dg_id *by)
{
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_source source = {.id = *id, .by = *by, .state = DG_SOURCE_WANTED, .since_ms = fed->now};
    struct dg_queued queued = {.unit = dg_bytes_of(below),
                               .lane = DG_LANE_CONTROL,
                               .kind = DG_QUEUED_SOURCE,
                               .number = DG_SOURCE_ASK,
                               .directory_key = dg_bytes_at(id->b, sizeof id->b),
                               .since_ms = fed->now};
    assert_int_equal(dg_begin_write(fed->node[place].store, &txn), DG_OK);
    queued.seq = dg_meta_count(txn, "outbox-seq");
    dg_source_put(txn, &source);
    dg_queued_put(txn, &queued);
    assert_int_equal(dg_commit(fed->node[place].store, txn, &committed), DG_OK);
}

static enum dg_source_state source_state(enum fed_place place, const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_source source;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    assert_true(dg_source_get(txn, id, &source));
    dg_abort(fed->node[place].store, txn);
    return source.state;
}

static void a_report_that_was_no_source_is_not_given_away(void **state)
{
    (void)state;
    struct dg_id secret = push(FED_XA, "periodic", NULL, 0);
    struct dg_id original = push(FED_XA, "periodic", NULL, 0);
    struct dg_id made = push(FED_HUYEN, "periodic", &original, 1);
    ask_unasked(FED_TINH, "huyen", &secret, &made);
    (void)fetch(FED_TINH, &made, false); /* wakes the link */
    assert_int_equal(source_state(FED_TINH, &secret), DG_SOURCE_REFUSED);
    assert_int_equal(lineage(FED_TINH, &made).item[1].state, DG_LINEAGE_FETCHED);
}

static void a_source_of_what_stayed_below_is_not_given_away(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "thematic", NULL, 0);
    struct dg_id made = push(FED_XA, "thematic", &original, 1); /* stays at xa: huyen was never given it */
    struct dg_id sent = push(FED_XA, "periodic", NULL, 0);
    ask_unasked(FED_HUYEN, "xa", &original, &made);
    fed_mark(fed, FED_HUYEN, &sent, "cap-uy", 3); /* wakes the link */
    assert_int_equal(source_state(FED_HUYEN, &original), DG_SOURCE_REFUSED);
}

/* A child hands over another report, or another's words, for the one that is waited for. */
static void a_source_that_is_not_the_wanted_one_is_not_believed(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "periodic", NULL, 0), other = push(FED_XA, "periodic", NULL, 0);
    struct dg_id made = push(FED_HUYEN, "periodic", &original, 1);
    struct dg_txn *txn;
    struct dg_held held;
    struct dg_committed committed;
    struct dg_source source = {.id = original, .by = made, .state = DG_SOURCE_WANTED};
    assert_int_equal(dg_begin_write(fed->node[FED_TINH].store, &txn), DG_OK);
    dg_source_put(txn, &source);
    assert_int_equal(dg_commit(fed->node[FED_TINH].store, txn, &committed), DG_OK);
    assert_int_equal(dg_begin_read(fed->node[FED_HUYEN].store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, &other, &held), DG_OK);
    struct dg_record record = {.tag = 4,
                               .kind = DG_RECORD_SOURCE,
                               .has_report = true,
                               .report = original,
                               .envelope = held.envelope_bytes};
    struct dg_frame frame = {.record_count = 1, .record = &record};
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    assert_int_equal(dg_frame_encode(&frame, &buf), DG_OK);
    dg_abort(fed->node[FED_HUYEN].store, txn);
    struct dg_event event = {.kind = DG_EVENT_MESSAGE,
                             .conn = FED_HUYEN + 1,
                             .key = fed->node[FED_HUYEN].keys.transport,
                             .bytes = dg_buf_bytes(&buf)};
    fed_post(fed, FED_TINH, &event);
    dg_buf_done(&buf);
    fed_run(fed, 3);
    assert_int_equal(source_state(FED_TINH, &original), DG_SOURCE_WANTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_source_that_was_delivered_is_here),
        TEST(a_source_that_never_came_can_be_fetched),
        TEST(the_sources_of_a_source_are_fetched_through_every_level),
        TEST(a_source_that_nobody_has_is_refused_by_name),
        TEST(a_source_named_twice_is_walked_once),
        TEST(a_report_that_was_no_source_is_not_given_away),
        TEST(a_source_of_what_stayed_below_is_not_given_away),
        TEST(a_source_that_is_not_the_wanted_one_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
