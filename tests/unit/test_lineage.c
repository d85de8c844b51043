/* test_lineage.c - what a report was made of is found, asked for below, and believed only when it is proven.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/issued.h"
#include "node/core/lineage.h"
#include "node/core/rows.h"
#include "tests/unit/support/duties.h"
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

/* What a child says: the source in the envelope of some report, with one byte turned when spoil is not 0: the
 * one so many bytes from the end. */
static void hand_over(const struct dg_id *wanted, const struct dg_id *given, size_t spoil)
{
    struct dg_txn *txn;
    struct dg_held held;
    assert_int_equal(dg_begin_read(fed->node[FED_HUYEN].store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, given, &held), DG_OK);
    uint8_t *copy = dg_arena_alloc(txn->arena, held.envelope_bytes.size);
    assert_non_null(copy);
    memcpy(copy, held.envelope_bytes.data, held.envelope_bytes.size);
    if (spoil > 0)
        copy[held.envelope_bytes.size - spoil] ^= 1;
    struct dg_record record = {.tag = 4,
                               .kind = DG_RECORD_SOURCE,
                               .has_report = true,
                               .report = *wanted,
                               .envelope = dg_bytes_at(copy, held.envelope_bytes.size)};
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
}

static void want(enum fed_place place, const struct dg_id *id, const struct dg_id *by)
{
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_source source = {.id = *id, .by = *by, .state = DG_SOURCE_WANTED};
    assert_int_equal(dg_begin_write(fed->node[place].store, &txn), DG_OK);
    dg_source_put(txn, &source);
    assert_int_equal(dg_commit(fed->node[place].store, txn, &committed), DG_OK);
}

static bool is_noted(void *ctx, const struct dg_attention *item)
{
    bool *noted = ctx;
    *noted = *noted || (dg_bytes_is(item->code, "SOURCE_ALTERED") && dg_bytes_is(item->detail, "huyen"));
    return true;
}

static bool a_person_is_told(enum fed_place place)
{
    struct dg_txn *txn;
    bool noted = false;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_attention_each(txn, is_noted, &noted);
    dg_abort(fed->node[place].store, txn);
    return noted;
}

static void is_altered(const struct dg_id *made, const char *code)
{
    struct found found = lineage(FED_TINH, made);
    assert_int_equal(found.item[1].state, DG_LINEAGE_ALTERED);
    assert_string_equal(found.code[1], code);
    assert_true(a_person_is_told(FED_TINH));
    (void)fetch(FED_TINH, made, false); /* the child has the true one, and gives it when asked again */
    assert_int_equal(lineage(FED_TINH, made).item[1].state, DG_LINEAGE_FETCHED);
}

static void another_report_in_the_place_of_a_source_is_named_as_altered(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "periodic", NULL, 0), other = push(FED_XA, "periodic", NULL, 0);
    struct dg_id made = push(FED_HUYEN, "periodic", &original, 1);
    want(FED_TINH, &original, &made);
    hand_over(&original, &other, 0);
    is_altered(&made, "SOURCE_ALTERED");
}

static void a_source_whose_signature_does_not_hold_is_named_as_altered(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "periodic", NULL, 0);
    struct dg_id made = push(FED_HUYEN, "periodic", &original, 1);
    want(FED_TINH, &original, &made);
    hand_over(&original, &original, 1); /* an envelope ends with its last signature */
    is_altered(&made, "BAD_SIGNATURE");
}

static void what_nobody_asked_for_alters_nothing(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "periodic", NULL, 0), other = push(FED_XA, "periodic", NULL, 0);
    struct dg_id made = push(FED_HUYEN, "periodic", &original, 1);
    hand_over(&original, &other, 0);
    assert_int_equal(lineage(FED_TINH, &made).item[1].state, DG_LINEAGE_UNKNOWN);
    assert_false(a_person_is_told(FED_TINH));
}

static struct dg_id correct(enum fed_place place, const struct dg_id *old, const char *period)
{
    struct dg_report draft = {.kind = dg_bytes_of("periodic"),
                              .period = dg_bytes_of(period),
                              .has_supersedes = true,
                              .supersedes = *old};
    struct dg_ctl_reply reply = fed_push_as(fed, place, "cap-uy", &draft, NULL, 0);
    assert_int_equal(reply.fault.err, DG_OK);
    return reply.id;
}

static void a_superseded_source_flags_what_was_made_of_it(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "periodic", NULL, 0);
    struct dg_id made = push(FED_HUYEN, "periodic", &original, 1);
    struct dg_id correction = correct(FED_XA, &original, "2026-09"); /* the first had the wrong month */
    struct found found = lineage(FED_HUYEN, &made);
    assert_true(found.item[1].is_superseded);
    assert_true(dg_id_equal(&found.item[1].superseded_by, &correction));
    assert_int_equal(found.item[0].change_count, 1);
    found = lineage(FED_TINH, &made); /* the source is not here, the flag is */
    assert_int_equal(found.item[0].change_count, 1);
    assert_int_equal(found.item[1].state, DG_LINEAGE_UNKNOWN);
    assert_true(found.item[1].is_superseded);
    assert_true(dg_id_equal(&found.item[1].superseded_by, &correction));
    (void)fetch(FED_TINH, &made, false);
    found = lineage(FED_TINH, &made);
    assert_int_equal(found.item[1].state, DG_LINEAGE_FETCHED);
    assert_true(dg_id_equal(&found.item[1].superseded_by, &correction));
}

static void a_source_that_is_asked_back_is_shown_so(void **state)
{
    (void)state;
    char hex[DG_HEX_BYTES];
    struct dg_id original = push(FED_XA, "periodic", NULL, 0);
    struct dg_id made = push(FED_HUYEN, "periodic", &original, 1);
    dg_hex(original.b, sizeof original.b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_RECALL,
                                     .organ = dg_bytes_of("cap-uy"),
                                     .report = dg_bytes_of(hex),
                                     .note = dg_bytes_of("nhầm số liệu")};
    assert_int_equal(fed_control(&fed->node[FED_XA], &request).fault.err, DG_OK);
    fed_run(fed, 10);
    struct found found = lineage(FED_HUYEN, &made);
    assert_true(found.item[1].asked_back);
    assert_false(found.item[0].asked_back);
    assert_int_equal(found.item[0].change_count, 1);
    (void)fetch(FED_TINH, &made, false);
    found = lineage(FED_TINH, &made);
    assert_int_equal(found.item[1].state, DG_LINEAGE_FETCHED);
    assert_true(found.item[1].asked_back);
}

static void a_fetched_source_whose_own_source_changed_is_shown_so(void **state)
{
    (void)state;
    struct dg_id original = push(FED_XA, "periodic", NULL, 0);
    struct dg_id first = push(FED_XA, "periodic", &original, 1);
    struct dg_id second = push(FED_HUYEN, "periodic", &first, 1);
    (void)fetch(FED_TINH, &second, false);
    assert_false(lineage(FED_TINH, &second).item[1].sources_changed);
    (void)correct(FED_XA, &original, "2026-09");
    struct found found = lineage(FED_TINH, &second);
    assert_int_equal(found.item[1].state, DG_LINEAGE_FETCHED);
    assert_true(found.item[0].sources_changed);
    assert_true(found.item[1].sources_changed);
}

/* ---- late ----------------------------------------------------------------------------------------- */

struct lateness {
    struct dg_txn *txn;
    struct dg_directory directory;
    const struct dg_dir_unit *self;
    struct dg_held_calendar *calendar;
    size_t calendars, count;
    uint32_t days[16];
};

static bool take_days(void *ctx, const struct dg_lineage *found)
{
    struct lateness *late = ctx;
    late->days[late->count++] = dg_lineage_days_late(late->txn, &late->directory, late->self, late->calendar,
                                                     late->calendars, found, dg_day_of(fed->now));
    return true;
}

static int make_with_past(void **state)
{
    struct dg_fault fault;
    (void)state;
    assert_int_equal(dg_crypto_start(&fault), DG_OK);
    fed = fed_new_with_past();
    return 0;
}

static struct lateness lateness(enum fed_place place, const struct dg_id *id)
{
    struct lateness late = {.count = 0};
    assert_int_equal(dg_begin_read(fed->node[place].store, &late.txn), DG_OK);
    assert_int_equal(dg_directory_load(late.txn, late.txn->arena, &late.directory), DG_OK);
    late.self = dg_directory_unit(&late.directory, dg_bytes_of(fed->node[place].unit));
    assert_int_equal(dg_calendars_load(late.txn, late.txn->arena, &late.calendars, &late.calendar), DG_OK);
    assert_int_equal(dg_lineage_each(late.txn, id, take_days, &late), DG_OK);
    dg_abort(fed->node[place].store, late.txn);
    return late;
}

/* It is the 21st, and everybody's October was due on the 18th. */
static void a_source_is_late_by_the_log_of_the_unit_that_is_owed_it(void **state)
{
    (void)state;
    assert_int_equal(fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-18").fault.err, DG_OK);
    struct dg_id original = push(FED_XA, "periodic", NULL, 0);
    struct dg_id made = push(FED_HUYEN, "periodic", &original, 1);
    struct lateness late = lateness(FED_HUYEN, &made);
    assert_int_equal(late.days[0], 3);
    assert_int_equal(late.days[1], 3);
    late = lateness(FED_TINH, &made);
    assert_int_equal(late.days[1], 0); /* not here */
    (void)fetch(FED_TINH, &made, false);
    late = lateness(FED_TINH, &made);
    assert_int_equal(late.days[1], 3); /* by huyen's leaf */
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
        TEST(another_report_in_the_place_of_a_source_is_named_as_altered),
        TEST(a_source_whose_signature_does_not_hold_is_named_as_altered),
        TEST(what_nobody_asked_for_alters_nothing),
        TEST(a_superseded_source_flags_what_was_made_of_it),
        TEST(a_source_that_is_asked_back_is_shown_so),
        TEST(a_fetched_source_whose_own_source_changed_is_shown_so),
        cmocka_unit_test_setup_teardown(a_source_is_late_by_the_log_of_the_unit_that_is_owed_it,
                                        make_with_past, free_federation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
