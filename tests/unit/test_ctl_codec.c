/* test_ctl_codec.c - requests and replies of the control socket. */
#include <stdio.h>

#include "codec_checks.h"

CODEC(request, dg_ctl_request, dg_ctl_request_decode, dg_ctl_request_encode)
CODEC(reply, dg_ctl_reply, dg_ctl_reply_decode, dg_ctl_reply_encode)

static const enum dg_ctl_verb verbs[] = {
    DG_CTL_PUSH,    DG_CTL_MARK,   DG_CTL_INVITE,  DG_CTL_QUEUE,     DG_CTL_STATUS, DG_CTL_JOINT,
    DG_CTL_COMMENT, DG_CTL_FETCH,  DG_CTL_PASS,    DG_CTL_ADOPT,     DG_CTL_RECALL, DG_CTL_CALENDAR,
    DG_CTL_EXCUSE,  DG_CTL_REMIND, DG_CTL_CERTIFY, DG_CTL_ATTENTION, DG_CTL_WHY,    DG_CTL_CARRY,
    DG_CTL_UNIT,    DG_CTL_ATTACH, DG_CTL_RESUME};
enum { MARK = 1 /* its place */, VERBS = sizeof verbs / sizeof verbs[0] };

static struct dg_buf request_buf[VERBS], reply_buf;

static int make_samples(void **state)
{
    struct dg_ctl_reply reply = sample_reply();

    if (start_crypto(state) != 0)
        return -1;
    for (unsigned verb = 0; verb < VERBS; verb++) {
        struct dg_ctl_request request = sample_request(verbs[verb]);
        dg_buf_init(&request_buf[verb], DG_CTL_MSG_MAX);
        assert_int_equal(dg_ctl_request_encode(&request, &request_buf[verb]), DG_OK);
    }
    dg_buf_init(&reply_buf, DG_CTL_MSG_MAX);
    return dg_ctl_reply_encode(&reply, &reply_buf) == DG_OK ? 0 : -1;
}

static int free_samples(void **state)
{
    (void)state;
    for (unsigned verb = 0; verb < VERBS; verb++)
        dg_buf_done(&request_buf[verb]);
    dg_buf_done(&reply_buf);
    return 0;
}

static struct dg_bytes reply_bytes(void)
{
    return dg_buf_bytes(&reply_buf);
}

static enum dg_err recode(const struct dg_ctl_request *request)
{
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_CTL_MSG_MAX);
    assert_int_equal(dg_ctl_request_encode(request, &bytes), DG_OK);
    enum dg_err err = decode_only(pass_request, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return err;
}

static void every_request_survives(void **state)
{
    (void)state;
    for (unsigned verb = 0; verb < VERBS; verb++)
        check_round_trip(pass_request, dg_buf_bytes(&request_buf[verb]));
}

static void an_adoption_survives_with_its_days(void **state)
{
    (void)state;
    struct dg_ctl_request request = sample_request(DG_CTL_ADOPT), got;
    struct dg_arena arena;
    struct dg_buf bytes;

    dg_arena_init(&arena, 0);
    dg_buf_init(&bytes, DG_CTL_MSG_MAX);
    assert_int_equal(dg_ctl_request_encode(&request, &bytes), DG_OK);
    check_round_trip(pass_request, dg_buf_bytes(&bytes));
    check_truncation(pass_request, dg_buf_bytes(&bytes), false);
    assert_int_equal(dg_ctl_request_decode(&arena, dg_buf_bytes(&bytes), &got, NULL), DG_OK);
    assert_int_equal(got.verb, DG_CTL_ADOPT);
    assert_true(got.additional && got.has_until && !got.dry_run);
    assert_int_equal(got.from.n, 20000);
    assert_int_equal(got.until.n, 21000);
    dg_buf_done(&bytes);
    dg_arena_done(&arena);
}

static void a_reply_survives_with_its_faults(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_ctl_reply reply;

    check_round_trip(pass_reply, reply_bytes());
    dg_arena_init(&arena, 0);
    assert_int_equal(dg_ctl_reply_decode(&arena, reply_bytes(), &reply, NULL), DG_OK);
    assert_int_equal(reply.fault.err, DG_ERR_HELD);
    assert_string_equal(reply.fault.what, "chờ");
    assert_int_equal(reply.warning[0].err, DG_ERR_NO_RECIPIENT);
    assert_string_equal(reply.warning[0].rule, "BP-24.2b");
    assert_int_equal(reply.link[0].skew_ms, -250);
    dg_arena_done(&arena);
}

static void an_empty_reply_means_done(void **state)
{
    (void)state;
    struct dg_ctl_reply reply = {.fault = {.err = DG_OK}}, got;
    struct dg_arena arena;
    struct dg_buf bytes;

    dg_arena_init(&arena, 0);
    dg_buf_init(&bytes, 64);
    assert_int_equal(dg_ctl_reply_encode(&reply, &bytes), DG_OK);
    assert_int_equal(dg_ctl_reply_decode(&arena, dg_buf_bytes(&bytes), &got, NULL), DG_OK);
    assert_int_equal(got.fault.err, DG_OK);
    assert_false(got.has_id);
    dg_buf_done(&bytes);
    dg_arena_done(&arena);
}

static void a_code_this_version_does_not_know_is_named(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_ctl_reply reply;
    struct dg_buf fault, bytes;

    dg_arena_init(&arena, 0);
    dg_buf_init(&fault, 64);
    dg_buf_init(&bytes, 64);
    put_bytes(&fault, 1, sample_text("SEALED_ONLY"));
    put_number(&bytes, 1, 1);
    put_bytes(&bytes, 2, dg_buf_bytes(&fault));
    assert_int_equal(dg_ctl_reply_decode(&arena, dg_buf_bytes(&bytes), &reply, NULL), DG_OK);
    assert_int_equal(reply.fault.err, DG_ERR_UNKNOWN);
    assert_string_equal(reply.fault.what, "SEALED_ONLY");
    dg_buf_done(&bytes);
    dg_buf_done(&fault);
    dg_arena_done(&arena);
}

static void hostile_bytes_do_no_harm(void **state)
{
    (void)state;
    for (unsigned verb = 0; verb < VERBS; verb++) {
        struct dg_bytes bytes = dg_buf_bytes(&request_buf[verb]);
        check_truncation(pass_request, bytes, true);
        check_bit_flips(pass_request, bytes, false);
        check_memory_failures(pass_request, bytes);
    }
    check_truncation(pass_reply, reply_bytes(), false);
    check_bit_flips(pass_reply, reply_bytes(), false);
    check_memory_failures(pass_reply, reply_bytes());
    check_empty_items(pass_request, dg_bytes_at("\x08\x01", 2), 2, 1048576, 0);
}

static void a_request_has_exactly_one_verb(void **state)
{
    (void)state;
    struct dg_buf two;

    assert_int_equal(decode_only(pass_request, dg_bytes_at("\x08\x01", 2)), DG_ERR_MALFORMED);
    dg_buf_init(&two, 1024);
    dg_buf_add_bytes(&two, dg_buf_bytes(&request_buf[MARK]));
    put_bytes(&two, 6, dg_bytes_at("\x08\x01", 2));
    assert_int_equal(decode_only(pass_request, dg_buf_bytes(&two)), DG_ERR_MALFORMED);
    dg_buf_done(&two);
}

static void unknown_fields_and_versions_are_refused(void **state)
{
    (void)state;
    struct dg_bytes mark = dg_buf_bytes(&request_buf[MARK]);

    assert_int_equal(decode_with_number(pass_request, mark, 1, 2), DG_ERR_UNSUPPORTED_VERSION);
    assert_int_equal(decode_with_unknown(pass_request, mark), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_request, mark, 3), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_reply, reply_bytes(), 8), DG_ERR_MALFORMED);
}

static void what_a_user_mistypes_is_his_mistake(void **state)
{
    (void)state;
    struct dg_ctl_request request = sample_request(DG_CTL_MARK);

    request.organ = sample_text("Cấp ủy");
    assert_int_equal(recode(&request), DG_ERR_BAD_VALUE);
    request = sample_request(DG_CTL_MARK);
    request.note = sample_text("Ha\xCC\x80");
    assert_int_equal(recode(&request), DG_ERR_BAD_TEXT);
    request = sample_request(DG_CTL_INVITE);
    request.unit = sample_text("-");
    assert_int_equal(recode(&request), DG_ERR_BAD_VALUE);
    request = sample_request(DG_CTL_QUEUE);
    request.action = (enum dg_queue_action)9;
    assert_int_equal(recode(&request), DG_ERR_UNSUPPORTED);
}

static void the_status_of_all_children_fits(void **state)
{
    (void)state;
    static struct dg_ctl_link link[DG_CHILDREN_MAX];
    static char unit[DG_CHILDREN_MAX][8];
    struct dg_ctl_reply reply = {.link_count = DG_CHILDREN_MAX, .link = link};
    struct dg_buf bytes;

    for (size_t i = 0; i < DG_CHILDREN_MAX; i++) {
        snprintf(unit[i], sizeof unit[i], "x%u", (unsigned)i);
        link[i].unit = sample_text(unit[i]);
    }
    dg_buf_init(&bytes, DG_CTL_MSG_MAX);
    assert_int_equal(dg_ctl_reply_encode(&reply, &bytes), DG_OK);
    check_round_trip(pass_reply, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
}

static void a_recall_survives_and_a_slip_in_it_is_its_users(void **state)
{
    (void)state;
    struct dg_ctl_request request = sample_request(DG_CTL_RECALL);
    struct dg_buf bytes;
    dg_buf_init(&bytes, DG_CTL_MSG_MAX);
    assert_int_equal(dg_ctl_request_encode(&request, &bytes), DG_OK);
    check_round_trip(pass_request, dg_buf_bytes(&bytes));
    check_truncation(pass_request, dg_buf_bytes(&bytes), true);
    check_bit_flips(pass_request, dg_buf_bytes(&bytes), false);
    check_memory_failures(pass_request, dg_buf_bytes(&bytes));
    dg_buf_reset(&bytes);
    request.organ = sample_text("Cấp ủy");
    assert_int_equal(dg_ctl_request_encode(&request, &bytes), DG_OK);
    assert_int_equal(decode_only(pass_request, dg_buf_bytes(&bytes)), DG_ERR_BAD_VALUE);
    dg_buf_done(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_survives),
        cmocka_unit_test(an_adoption_survives_with_its_days),
        cmocka_unit_test(a_reply_survives_with_its_faults),
        cmocka_unit_test(an_empty_reply_means_done),
        cmocka_unit_test(a_code_this_version_does_not_know_is_named),
        cmocka_unit_test(hostile_bytes_do_no_harm),
        cmocka_unit_test(a_request_has_exactly_one_verb),
        cmocka_unit_test(unknown_fields_and_versions_are_refused),
        cmocka_unit_test(what_a_user_mistypes_is_his_mistake),
        cmocka_unit_test(the_status_of_all_children_fits),
        cmocka_unit_test(a_recall_survives_and_a_slip_in_it_is_its_users),
    };

    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
