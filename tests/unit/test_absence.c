/* test_absence.c - a file that says that a report is missing, or late: what verifies, and what does not. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/audit/absence.h"
#include "node/cli/export.h"
#include "tests/unit/support/duties.h"

static struct fed *fed;
static struct dg_buf file;
static struct dg_absence_verification it;
static struct dg_fault fault;

static int make_federation(void **state)
{
    (void)state;
    assert_int_equal(dg_crypto_start(&fault), DG_OK);
    fed = fed_new_with_past();
    dg_buf_init(&file, DG_TRAIL_MAX);
    return 0;
}

static int free_federation(void **state)
{
    (void)state;
    dg_buf_done(&file);
    fed_free(fed);
    return 0;
}

/* ---- making and verifying ------------------------------------------------------------------------ */

static void build(enum fed_place place, const char *unit, const struct dg_ctl_reply *reply)
{
    struct fed_node *node = &fed->node[place];
    struct dg_duty_name duty = {.organ = dg_bytes_of("cap-uy"),
                                .unit = dg_bytes_of(unit),
                                .rule = dg_bytes_of("T-1"),
                                .period = dg_bytes_of("2026-10")};
    struct dg_hash hash;
    struct dg_txn *txn;
    assert_true(reply->fault.err == DG_OK && reply->has_id);
    memcpy(hash.b, reply->id.b, sizeof hash.b);
    assert_int_equal(dg_begin_read(node->store, &txn), DG_OK);
    dg_buf_reset(&file);
    assert_int_equal(dg_absence_build(txn, &duty, &hash, &node->signer, fed->now, &file, &fault), DG_OK);
    dg_abort(node->store, txn);
}

static enum dg_err verify(struct dg_bytes bytes)
{
    enum dg_err err = dg_absence_verify(&fed->arena, bytes, &fed->root, &it, &fault);
    if (err != DG_OK)
        print_message("%s\n", fault.what); /* what a reader would be told */
    return err;
}

/* With DG_ABSENCES_TO the files are left in that folder, as a corpus for fuzz_absence. */
static void leave_file(void)
{
    static unsigned number;
    const char *folder = getenv("DG_ABSENCES_TO");
    char path[512];
    if (folder == NULL)
        return;
    (void)snprintf(path, sizeof path, "%s/%u.absence", folder, number++);
    FILE *to = fopen(path, "wb");
    assert_non_null(to);
    assert_int_equal(fwrite(file.data, 1, file.size, to), file.size);
    fclose(to);
}

static void certify(enum fed_place place, const char *owner, const char *unit)
{
    struct dg_ctl_reply reply = fed_about_duty(fed, DG_CTL_CERTIFY, place, owner, 0, NULL);
    build(place, unit, &reply);
    leave_file();
}

static bool has_check(const char *name)
{
    for (size_t i = 0; i < it.checks.check_count; i++)
        if (strcmp(it.checks.check[i].name, name) == 0)
            return it.checks.check[i].ok;
    return false;
}

/* ---- what holds ---------------------------------------------------------------------------------- */

static void a_missing_report_is_proven_without_a_node(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    assert_true(dg_absence_file_is(dg_buf_bytes(&file)));
    assert_int_equal(verify(dg_buf_bytes(&file)), DG_OK);
    assert_true(it.checks.verified && it.has_finding);
    assert_int_equal(it.finding.finding, DG_FINDING_MISSING);
    assert_int_equal(it.finding.reminder_count, 1);
    static const char *const names[] = {"finding", "calendar", "reminder", "duty", "log", "boundary", "seal"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_true(has_check(names[i]));
}

static void the_end_of_the_day_is_shown_inside_a_log_that_saw_it(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-21");
    fed_sleep_days(fed, 3);
    (void)fed_push(fed, FED_HUYEN, NULL);
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    assert_int_equal(verify(dg_buf_bytes(&file)), DG_OK);
    assert_true(it.finding.before.size > 0 && it.finding.before.size < it.finding.after.size);
}

static size_t count_calendars(void)
{
    size_t count = 0;
    for (size_t i = 0; i < it.checks.check_count; i++)
        count += strcmp(it.checks.check[i].name, "calendar") == 0;
    return count;
}

static void what_was_asked_for_too_late_is_missing_after_the_day_of_asking(void **state)
{
    (void)state;
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", DUE);
    fed_sleep_days(fed, 1);
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    assert_int_equal(verify(dg_buf_bytes(&file)), DG_OK);
    assert_int_equal(it.last.n, fed_day("2026-11-21").n);
    assert_int_equal(count_calendars(), 1);
}

static void a_calendar_issued_anew_shows_the_one_whose_day_it_inherits(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", "2026-11-19");
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", "2026-11-20");
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    assert_int_equal(verify(dg_buf_bytes(&file)), DG_OK);
    assert_int_equal(it.last.n, fed_day("2026-11-20").n);
    assert_int_equal(count_calendars(), 3);
}

static void what_came_after_all_is_late_by_so_many_days(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    assert_int_equal(verify(dg_buf_bytes(&file)), DG_OK);
    assert_int_equal(it.finding.finding, DG_FINDING_LATE);
    assert_int_equal(it.finding.days, 4);
    assert_true(it.checks.has_report && dg_id_equal(&it.checks.id, &id));
    assert_true(has_check("arrival"));
}

static void an_extension_counts_and_is_shown(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    assert_int_equal(
        fed_about_duty(fed, DG_CTL_EXCUSE, FED_TINH, "cap-uy@xa", DG_FINDING_EXTENDED, "2026-11-21")
            .fault.err,
        DG_OK);
    fed_sleep_days(fed, 2);
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    assert_int_equal(verify(dg_buf_bytes(&file)), DG_OK);
    assert_true(has_check("extension"));
    assert_int_equal(it.last.n, fed_day("2026-11-21").n);
}

static void the_issuer_of_the_calendar_finds_at_its_own_node(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    certify(FED_TINH, "cap-uy@huyen", "huyen");
    assert_int_equal(verify(dg_buf_bytes(&file)), DG_OK);
    struct dg_ctl_reply own = fed_about_duty(fed, DG_CTL_CERTIFY, FED_XA, "cap-uy@xa", 0, NULL);
    assert_int_equal(own.fault.err, DG_ERR_NOT_SEEN); /* what goes upward is not found missing below */
}

/* ---- what does not ------------------------------------------------------------------------------- */

static void another_federations_key_verifies_nothing(void **state)
{
    struct dg_key key;
    struct dg_seed seed;
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    dg_keypair(&key, &seed);
    struct dg_verifier other = dg_verifier_of(FED_NAME, DG_NOTE_ED25519, &key);
    assert_int_equal(dg_absence_verify(&fed->arena, dg_buf_bytes(&file), &other, &it, &fault),
                     DG_ERR_VERIFY_FAILED);
}

static void an_altered_byte_or_a_cut_is_noticed(void **state)
{
    enum { STEP = 331 };
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    for (size_t at = 0; at < file.size; at += STEP) {
        file.data[at] ^= 1;
        assert_int_equal(verify(dg_buf_bytes(&file)), DG_ERR_VERIFY_FAILED);
        file.data[at] ^= 1;
        assert_int_equal(verify(dg_bytes_at(file.data, at)), DG_ERR_VERIFY_FAILED);
    }
}

/* Takes the file apart, lets change spoil it, seals it again as the finder could, and verifies. */
static enum dg_err forged(bool (*change)(struct dg_absence_file *it))
{
    struct fed_node *finder = &fed->node[FED_HUYEN];
    struct dg_absence_file parts;
    struct dg_buf bytes;
    struct dg_bytes kept = dg_arena_copy(&fed->arena, dg_buf_bytes(&file));
    assert_int_equal(dg_absence_file_decode(&fed->arena, kept, &parts, NULL), DG_OK);
    assert_true(change(&parts));
    dg_buf_init(&bytes, DG_TRAIL_MAX);
    parts.parts.has_seal = false;
    assert_int_equal(dg_absence_file_encode(&parts, &bytes), DG_OK);
    assert_int_equal(finder->signer.sign(finder->signer.ctx, &finder->keys.unit, DG_CONTEXT_ABSENCE_FILE,
                                         dg_buf_bytes(&bytes), &parts.parts.seal),
                     DG_OK);
    parts.parts.has_seal = true;
    dg_buf_reset(&bytes);
    assert_int_equal(dg_absence_file_encode(&parts, &bytes), DG_OK);
    enum dg_err err = verify(dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return err;
}

static bool is_event(const struct dg_entry *entry, const char *kind)
{
    char line[32];
    (void)snprintf(line, sizeof line, "\n%s ", kind);
    return memmem(entry->leaf.data, entry->leaf.size, line, strlen(line)) != NULL;
}

static bool drop_event(struct dg_absence_file *parts, const char *kind)
{
    struct dg_trail *trail = &parts->parts;
    for (size_t i = 0; i < trail->event_count; i++) {
        if (!is_event(&trail->event[i], kind))
            continue;
        memmove(&trail->event[i], &trail->event[i + 1], (trail->event_count - i - 1) * sizeof *trail->event);
        trail->event_count--;
        return true;
    }
    return false;
}

static bool without_reminder(struct dg_absence_file *parts)
{
    return drop_event(parts, "reminder");
}

static bool without_calendar(struct dg_absence_file *parts)
{
    return drop_event(parts, "calendar");
}

/* The middle one of three serials: the gap would hide what it said. */
static bool without_middle_calendar(struct dg_absence_file *parts)
{
    struct dg_trail *trail = &parts->parts;
    size_t first = trail->event_count;
    for (size_t i = 0; i < trail->event_count; i++) {
        if (!is_event(&trail->event[i], "calendar"))
            continue;
        if (first == trail->event_count) {
            first = i;
            continue;
        }
        memmove(&trail->event[i], &trail->event[i + 1], (trail->event_count - i - 1) * sizeof *trail->event);
        trail->event_count--;
        return true;
    }
    return false;
}

static bool without_finding(struct dg_absence_file *parts)
{
    return drop_event(parts, "absence");
}

static bool without_growth(struct dg_absence_file *parts)
{
    parts->now.count = 0;
    return true;
}

static bool without_boundary(struct dg_absence_file *parts)
{
    struct dg_trail *trail = &parts->parts;
    for (size_t i = 0; i < trail->event_count; i++) {
        if (trail->event[i].has_signed)
            continue;
        memmove(&trail->event[i], &trail->event[i + 1], (trail->event_count - i - 1) * sizeof *trail->event);
        trail->event_count--;
        return true;
    }
    return false;
}

static bool without_adoption(struct dg_absence_file *parts)
{
    struct dg_trail *trail = &parts->parts;
    for (size_t i = 0; i < trail->membership_count; i++) {
        if (!is_event(&trail->membership[i], "adoption"))
            continue;
        memmove(&trail->membership[i], &trail->membership[i + 1],
                (trail->membership_count - i - 1) * sizeof *trail->membership);
        trail->membership_count--;
        trail->regime_count = 0;
        return true;
    }
    return false;
}

static void a_file_that_leaves_something_out_proves_nothing(void **state)
{
    bool (*const changes[])(struct dg_absence_file *) = {without_reminder, without_calendar, without_finding,
                                                         without_growth, without_adoption};
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        assert_int_equal(forged(changes[i]), DG_ERR_VERIFY_FAILED);
}

static void a_file_that_leaves_out_an_older_serial_proves_nothing(void **state)
{
    bool (*const changes[])(struct dg_absence_file *) = {without_calendar, without_middle_calendar};
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", "2026-11-19");
    (void)fed_issue_today(fed, FED_TINH, "ban-dan-van", "2026-11-20");
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        assert_int_equal(forged(changes[i]), DG_ERR_VERIFY_FAILED);
}

static void a_file_that_does_not_show_the_end_of_the_day_proves_nothing(void **state)
{
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", "2026-11-21");
    (void)fed_push(fed, FED_HUYEN, NULL);
    fed_sleep_days(fed, 3);
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    assert_int_equal(forged(without_boundary), DG_ERR_VERIFY_FAILED);
}

static void neither_file_is_taken_for_the_other(void **state)
{
    struct dg_verification trail;
    (void)state;
    (void)fed_issue_calendar(fed, FED_TINH, "ban-dan-van", DUE);
    certify(FED_HUYEN, "cap-uy@xa", "xa");
    assert_int_equal(dg_trail_verify(&fed->arena, dg_buf_bytes(&file), &fed->root, &trail, &fault),
                     DG_ERR_VERIFY_FAILED);
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    struct fed_node *xa = &fed->node[FED_XA];
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(xa->store, &txn), DG_OK);
    dg_buf_reset(&file);
    assert_int_equal(dg_trail_build(txn, &id, &xa->signer, fed->now, &file, &fault), DG_OK);
    dg_abort(xa->store, txn);
    assert_false(dg_absence_file_is(dg_buf_bytes(&file)));
    assert_int_equal(verify(dg_buf_bytes(&file)), DG_ERR_VERIFY_FAILED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)
    const struct CMUnitTest tests[] = {
        TEST(a_missing_report_is_proven_without_a_node),
        TEST(the_end_of_the_day_is_shown_inside_a_log_that_saw_it),
        TEST(what_was_asked_for_too_late_is_missing_after_the_day_of_asking),
        TEST(a_calendar_issued_anew_shows_the_one_whose_day_it_inherits),
        TEST(a_file_that_leaves_out_an_older_serial_proves_nothing),
        TEST(what_came_after_all_is_late_by_so_many_days),
        TEST(an_extension_counts_and_is_shown),
        TEST(the_issuer_of_the_calendar_finds_at_its_own_node),
        TEST(another_federations_key_verifies_nothing),
        TEST(an_altered_byte_or_a_cut_is_noticed),
        TEST(a_file_that_leaves_something_out_proves_nothing),
        TEST(a_file_that_does_not_show_the_end_of_the_day_proves_nothing),
        TEST(neither_file_is_taken_for_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
