/* test_recall.c - a report asked back: the request reaches every holder once, every answer the author; and
 * whoever built on what was recalled or superseded is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/change.h"
#include "proto/state_table.h"
#include "tests/unit/support/fixture.h"

/* ---- asking -------------------------------------------------------------------------------------- */

/* A draft of the monthly report, to be changed before it is pushed. */
static struct dg_report monthly(void)
{
    return (struct dg_report){.version = 1,
                              .kind = dg_bytes_of("periodic"),
                              .period = dg_bytes_of("2026-10"),
                              .date = dg_bytes_of("2026-11-20"),
                              .title = dg_bytes_of("Báo cáo tháng 10"),
                              .urgency = DG_URGENCY_NORMAL,
                              .body = dg_bytes_of("# Tình hình\n")};
}

static struct dg_ctl_reply push(enum fed_place place, const char *organ, const struct dg_report *draft)
{
    struct dg_buf buf;
    dg_buf_init(&buf, DG_REPORT_MAX);
    assert_int_equal(dg_draft_encode(draft, &buf), DG_OK);
    struct dg_ctl_request request = {
        .verb = DG_CTL_PUSH, .organ = dg_bytes_of(organ), .draft = dg_buf_bytes(&buf)};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    dg_buf_done(&buf);
    fed_run(fed, 10);
    return reply;
}

static struct dg_id pushed(enum fed_place place, const struct dg_report *draft)
{
    struct dg_ctl_reply reply = push(place, "cap-uy", draft);
    assert_int_equal(reply.fault.err, DG_OK);
    return reply.id;
}

static enum dg_err recall(enum fed_place place, const struct dg_id *id, const char *organ)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_RECALL,
                                     .organ = dg_bytes_of(organ),
                                     .report = dg_bytes_of(hex),
                                     .note = dg_bytes_of("nhầm số liệu")};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    fed_run(fed, 10);
    return reply.fault.err;
}

static enum dg_err mark(enum fed_place place, const struct dg_id *id, const char *organ, uint32_t code)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {
        .verb = DG_CTL_MARK, .organ = dg_bytes_of(organ), .report = dg_bytes_of(hex), .code = code};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    fed_run(fed, 10);
    return reply.fault.err;
}

/* ---- looking ------------------------------------------------------------------------------------- */

static struct dg_txn *reading(enum fed_place place)
{
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    return txn;
}

static void done(enum fed_place place, struct dg_txn *txn)
{
    assert_int_equal(txn->err, DG_OK);
    dg_abort(fed->node[place].store, txn);
}

static struct dg_mail mail_of(enum fed_place place, const struct dg_id *id, const char *organ)
{
    struct dg_txn *txn = reading(place);
    struct dg_held held;
    struct dg_mail mail = {.state = 0};
    assert_int_equal(dg_held_get(txn, id, &held), DG_OK);
    assert_true(dg_mail_get(txn, dg_bytes_of(organ), held.position, &mail));
    mail.rule = NULL;
    done(place, txn);
    return mail;
}

struct states {
    uint32_t code;
    size_t count;
};

static bool count_state(void *ctx, const struct dg_custody *custody)
{
    struct states *states = ctx;
    states->count += custody->record.kind == DG_RECORD_STATE && custody->leaf.state == states->code;
    return true;
}

/* How often that state is held about the report at that node. */
static size_t states(enum fed_place place, const struct dg_id *id, uint32_t code)
{
    struct dg_txn *txn = reading(place);
    struct states states = {.code = code};
    struct dg_held held;
    assert_int_equal(dg_held_get(txn, id, &held), DG_OK);
    dg_custody_each(txn, held.position, count_state, &states);
    done(place, txn);
    return states.count;
}

struct alarm {
    enum dg_err code;
    const struct dg_id *about;
    size_t count;
};

static bool count_alarm(void *ctx, const struct dg_attention *item)
{
    struct alarm *alarm = ctx;
    char hex[DG_HEX_BYTES];
    dg_hex(alarm->about->b, sizeof alarm->about->b, hex);
    alarm->count += dg_bytes_is(item->code, dg_err_name(alarm->code)) && dg_bytes_is(item->about, hex);
    return true;
}

static size_t alarms(enum fed_place place, enum dg_err code, const struct dg_id *about)
{
    struct dg_txn *txn = reading(place);
    struct alarm alarm = {.code = code, .about = about};
    dg_attention_each(txn, count_alarm, &alarm);
    done(place, txn);
    return alarm.count;
}

static bool count_row(void *ctx, const struct dg_queued *queued)
{
    size_t *count = ctx;
    (void)queued;
    (*count)++;
    return true;
}

static size_t waiting(enum fed_place place)
{
    struct dg_txn *txn = reading(place);
    size_t count = 0;
    dg_queue_each(txn, dg_bytes_at(NULL, 0), count_row, &count);
    done(place, txn);
    return count;
}

static bool count_mail(void *ctx, const struct dg_mail *mail)
{
    size_t *count = ctx;
    (void)mail;
    (*count)++;
    return true;
}

static size_t open_mail(enum fed_place place, const char *organ)
{
    struct dg_txn *txn = reading(place);
    size_t count = 0;
    dg_mail_each(txn, dg_bytes_of(organ), false, count_mail, &count);
    done(place, txn);
    return count;
}

/* ---- recalls ------------------------------------------------------------------------------------- */

static void a_request_reaches_every_holder_once(void **state)
{
    (void)state;
    struct dg_report draft = monthly();
    struct dg_bytes also[] = {dg_bytes_of("van-phong@tinh"), dg_bytes_of("mttq@khoi"),
                              dg_bytes_of("mttq@xa")};
    draft.also_to = also;
    draft.also_to_count = 3;
    struct dg_id id = pushed(FED_XA, &draft);
    assert_int_equal(recall(FED_XA, &id, "cap-uy"), DG_OK);
    static const struct {
        enum fed_place place;
        const char *organ;
    } holder[] = {{FED_HUYEN, "cap-uy"}, {FED_HUYEN, "ban-dan-van"}, {FED_TINH, "van-phong"},
                  {FED_KHOI, "mttq"},    {FED_XA, "mttq"},           {FED_XA, "ban-dan-van"}};
    for (size_t i = 0; i < sizeof holder / sizeof holder[0]; i++)
        assert_int_equal(mail_of(holder[i].place, &id, holder[i].organ).recall, DG_STATE_RECALL_REQUESTED);
    for (int place = 0; place < FED_NODES; place++) {
        assert_int_equal(states((enum fed_place)place, &id, DG_STATE_RECALL_REQUESTED), 1);
        assert_int_equal(waiting((enum fed_place)place), 0);
    }
}

static void every_answer_reaches_the_author(void **state)
{
    (void)state;
    struct dg_report draft = monthly();
    struct dg_bytes also = dg_bytes_of("mttq@khoi");
    draft.also_to = &also;
    draft.also_to_count = 1;
    struct dg_id id = pushed(FED_XA, &draft);
    assert_int_equal(mark(FED_HUYEN, &id, "cap-uy", DG_STATE_ACCEPTED), DG_OK);
    assert_int_equal(recall(FED_XA, &id, "cap-uy"), DG_OK);
    assert_int_equal(mark(FED_HUYEN, &id, "cap-uy", DG_STATE_RECALL_AGREED), DG_OK);
    assert_int_equal(mark(FED_KHOI, &id, "mttq", DG_STATE_RECALL_REFUSED), DG_OK);
    assert_int_equal(states(FED_XA, &id, DG_STATE_RECALL_AGREED), 1);
    assert_int_equal(states(FED_XA, &id, DG_STATE_RECALL_REFUSED), 1);
    struct dg_mail mail = mail_of(FED_HUYEN, &id, "cap-uy");
    assert_int_equal(mail.recall, DG_STATE_RECALL_AGREED);
    assert_int_equal(mail.state, DG_STATE_ACCEPTED); /* the work's own track stays where it was */
}

static void a_request_never_overtakes_its_report(void **state)
{
    (void)state;
    struct dg_report draft = monthly();
    struct dg_bytes also = dg_bytes_of("mttq@khoi");
    draft.also_to = &also;
    draft.also_to_count = 1;
    fed->cut_khoi = true;
    struct dg_id id = pushed(FED_XA, &draft);
    assert_int_equal(recall(FED_XA, &id, "cap-uy"), DG_OK);
    assert_int_equal(states(FED_TINH, &id, DG_STATE_RECALL_REQUESTED), 1);
    assert_int_equal(waiting(FED_TINH), 1); /* the report alone: the request waits for its receipt */
    fed->cut_khoi = false;
    fed_run(fed, 1200);
    assert_int_equal(mail_of(FED_KHOI, &id, "mttq").recall, DG_STATE_RECALL_REQUESTED);
    assert_int_equal(states(FED_KHOI, &id, DG_STATE_RECALL_REQUESTED), 1);
    assert_int_equal(waiting(FED_TINH), 0);
}

static void only_an_author_may_ask_and_only_once(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    assert_int_equal(recall(FED_HUYEN, &id, "cap-uy"), DG_ERR_NOT_AUTHOR);
    assert_int_equal(recall(FED_XA, &id, "mttq"), DG_ERR_NOT_AUTHOR);
    assert_int_equal(mark(FED_HUYEN, &id, "cap-uy", DG_STATE_RECALL_REQUESTED), DG_ERR_BAD_STATE);
    assert_int_equal(recall(FED_XA, &id, "cap-uy"), DG_OK);
    assert_int_equal(recall(FED_XA, &id, "cap-uy"), DG_ERR_BAD_STATE);
}

static void an_answer_follows_a_request_and_is_given_once(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    assert_int_equal(mark(FED_HUYEN, &id, "cap-uy", DG_STATE_RECALL_AGREED), DG_ERR_BAD_STATE);
    assert_int_equal(recall(FED_XA, &id, "cap-uy"), DG_OK);
    assert_int_equal(mark(FED_HUYEN, &id, "cap-uy", DG_STATE_RECALL_REFUSED), DG_OK);
    assert_int_equal(mark(FED_HUYEN, &id, "cap-uy", DG_STATE_RECALL_AGREED), DG_ERR_BAD_STATE);
    assert_int_equal(mark(FED_HUYEN, &id, "cap-uy", DG_STATE_ACCEPTED), DG_OK);
}

static void a_request_opens_what_was_finished_until_it_is_answered(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    assert_int_equal(open_mail(FED_HUYEN, "cap-uy"), 1);
    assert_int_equal(mark(FED_HUYEN, &id, "cap-uy", DG_STATE_ACCEPTED), DG_OK);
    assert_int_equal(mark(FED_HUYEN, &id, "cap-uy", DG_STATE_DONE), DG_OK);
    assert_int_equal(open_mail(FED_HUYEN, "cap-uy"), 0);
    assert_int_equal(recall(FED_XA, &id, "cap-uy"), DG_OK);
    assert_int_equal(open_mail(FED_HUYEN, "cap-uy"), 1);
    assert_int_equal(mark(FED_HUYEN, &id, "cap-uy", DG_STATE_RECALL_AGREED), DG_OK);
    assert_int_equal(open_mail(FED_HUYEN, "cap-uy"), 0);
    assert_int_equal(mark(FED_HUYEN, &id, "ban-dan-van", DG_STATE_RECALL_AGREED), DG_OK);
    assert_int_equal(open_mail(FED_HUYEN, "ban-dan-van"), 0); /* given back without having been worked on */
}

/* ---- what rests on it ---------------------------------------------------------------------------- */

static struct dg_id consolidate(enum fed_place place, const struct dg_id *source)
{
    struct dg_report draft = monthly();
    struct dg_id copy = *source;
    draft.source = &copy;
    draft.source_count = 1;
    return pushed(place, &draft);
}

static void a_recalled_source_flags_the_consolidated_report_wherever_it_is(void **state)
{
    (void)state;
    struct dg_id source = fed_push(fed, FED_XA, NULL), made = consolidate(FED_HUYEN, &source);
    assert_int_equal(recall(FED_XA, &source, "cap-uy"), DG_OK);
    assert_int_equal(alarms(FED_HUYEN, DG_ERR_SOURCE_RECALLED, &made), 1);
    assert_int_equal(alarms(FED_TINH, DG_ERR_SOURCE_RECALLED, &made), 1);
    assert_int_equal(states(FED_TINH, &made, DG_STATE_SOURCE_CHANGED), 1);
    assert_int_equal(mail_of(FED_TINH, &made, "cap-uy").recall, 0); /* nobody asked for that one */
}

static struct dg_ctl_reply correct(enum fed_place place, const char *organ, const struct dg_id *old)
{
    struct dg_report draft = monthly();
    draft.has_supersedes = true;
    draft.supersedes = *old;
    return push(place, organ, &draft);
}

/* How many warnings a push got of that code. */
static size_t warned(const struct dg_ctl_reply *reply, enum dg_err code)
{
    size_t count = 0;
    for (size_t i = 0; i < reply->warning_count; i++)
        count += reply->warning[i].err == code;
    return count;
}

static void a_superseded_source_flags_it_too_and_what_was_built_on_that(void **state)
{
    (void)state;
    struct dg_id source = fed_push(fed, FED_XA, NULL), made = consolidate(FED_HUYEN, &source);
    struct dg_id highest = consolidate(FED_TINH, &made);
    struct dg_ctl_reply reply = correct(FED_XA, "cap-uy", &source);
    assert_int_equal(reply.fault.err, DG_OK);
    assert_int_equal(warned(&reply, DG_ERR_NOT_REACHED) + warned(&reply, DG_ERR_SUPERSEDED), 0);
    assert_int_equal(alarms(FED_HUYEN, DG_ERR_SOURCE_SUPERSEDED, &made), 1);
    assert_int_equal(alarms(FED_TINH, DG_ERR_SOURCE_SUPERSEDED, &made), 1);
    assert_int_equal(alarms(FED_TINH, DG_ERR_SOURCE_CHANGED, &highest), 1);
    assert_int_equal(alarms(FED_HUYEN, DG_ERR_SOURCE_CHANGED, &highest), 0);
}

static void a_report_made_from_a_superseded_one_is_flagged_from_the_beginning(void **state)
{
    (void)state;
    struct dg_id source = fed_push(fed, FED_XA, NULL);
    assert_int_equal(correct(FED_XA, "cap-uy", &source).fault.err, DG_OK);
    struct dg_id made = consolidate(FED_HUYEN, &source);
    assert_int_equal(alarms(FED_HUYEN, DG_ERR_SOURCE_SUPERSEDED, &made), 1);
    assert_int_equal(states(FED_TINH, &made, DG_STATE_SOURCE_CHANGED), 1);
}

/* ---- corrections --------------------------------------------------------------------------------- */

static void a_correction_is_found_from_the_report_it_supersedes(void **state)
{
    (void)state;
    struct dg_id old = fed_push(fed, FED_XA, NULL), newest;
    struct dg_id correction = correct(FED_XA, "cap-uy", &old).id;
    for (int place = FED_HUYEN; place <= FED_XA; place++) {
        struct dg_txn *txn = reading((enum fed_place)place);
        struct dg_held held;
        assert_int_equal(dg_held_get(txn, &old, &held), DG_OK);
        assert_true(dg_superseded_by(txn, &old, &held.report.author[0], &newest));
        assert_true(dg_id_equal(&newest, &correction));
        done((enum fed_place)place, txn);
    }
}

static void another_organ_kind_or_unknown_report_cannot_be_superseded(void **state)
{
    (void)state;
    struct dg_id old = fed_push(fed, FED_XA, NULL), unknown = {.b = {7}};
    assert_int_equal(correct(FED_XA, "cap-uy", &unknown).fault.err, DG_ERR_BAD_SUPERSEDES);
    assert_int_equal(correct(FED_HUYEN, "cap-uy", &old).fault.err, DG_ERR_BAD_SUPERSEDES);
}

static void a_correction_warns_of_those_it_would_not_reach(void **state)
{
    (void)state;
    struct dg_id old = fed_push(fed, FED_XA, "van-phong@tinh");
    struct dg_ctl_reply reply = correct(FED_XA, "cap-uy", &old);
    assert_int_equal(reply.fault.err, DG_OK);
    assert_int_equal(warned(&reply, DG_ERR_NOT_REACHED), 1);
    assert_int_equal(warned(&reply, DG_ERR_SUPERSEDED), 0);
    const struct dg_fault *warning = &reply.warning[0];
    while (warning->err != DG_ERR_NOT_REACHED)
        warning++;
    assert_string_equal(warning->organ, "van-phong");
    assert_string_equal(warning->unit, "tinh");
    reply = correct(FED_XA, "cap-uy", &old);
    assert_int_equal(reply.fault.err, DG_OK);
    assert_int_equal(warned(&reply, DG_ERR_NOT_REACHED), 1);
    assert_int_equal(warned(&reply, DG_ERR_SUPERSEDED), 1);
}

/* ---- the note ------------------------------------------------------------------------------------ */

static void a_note_reads_back_and_nothing_else_is_one(void **state)
{
    static const enum dg_change_how how[] = {DG_CHANGE_RECALLED, DG_CHANGE_SUPERSEDED, DG_CHANGE_SOURCES};
    static const char *const wrong[] = {"", "recalled", " recalled", "superseded", "x"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct dg_change change = {.how = how[i]}, read = {.how = 0};
        struct dg_buf note;
        dg_buf_init(&note, 1024);
        memset(change.source.b, 0xab, sizeof change.source.b);
        if (how[i] == DG_CHANGE_SUPERSEDED)
            memset(change.by.b, 0xcd, sizeof change.by.b);
        dg_change_write(&change, &note);
        assert_true(dg_change_parse(dg_buf_bytes(&note), &read));
        assert_memory_equal(&change, &read, sizeof change);
        for (size_t cut = 0; cut < note.size; cut++)
            assert_false(dg_change_parse(dg_bytes_at(note.data, cut), &read));
        dg_buf_add(&note, "0", 1);
        assert_false(dg_change_parse(dg_buf_bytes(&note), &read));
        dg_buf_done(&note);
    }
    struct dg_change read;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(dg_change_parse(dg_bytes_of(wrong[i]), &read));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_reaches_every_holder_once),
        TEST(every_answer_reaches_the_author),
        TEST(a_request_never_overtakes_its_report),
        TEST(only_an_author_may_ask_and_only_once),
        TEST(an_answer_follows_a_request_and_is_given_once),
        TEST(a_request_opens_what_was_finished_until_it_is_answered),
        TEST(a_recalled_source_flags_the_consolidated_report_wherever_it_is),
        TEST(a_superseded_source_flags_it_too_and_what_was_built_on_that),
        TEST(a_report_made_from_a_superseded_one_is_flagged_from_the_beginning),
        TEST(a_correction_is_found_from_the_report_it_supersedes),
        TEST(another_organ_kind_or_unknown_report_cannot_be_superseded),
        TEST(a_correction_warns_of_those_it_would_not_reach),
        cmocka_unit_test(a_note_reads_back_and_nothing_else_is_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
