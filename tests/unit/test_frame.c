/* test_frame.c - the messages of a link. */
#include "codec_checks.h"

#include "common/pack.h"

CODEC(frame, dg_frame, dg_frame_decode, dg_frame_encode)
CODEC(record, dg_record, dg_record_decode, dg_record_encode)

/* Field numbers of donggui.proto. */
enum { VERSION = 1, HELLO = 2, CHECKPOINT = 12, PARCEL = 13, RECORD = 14, ANSWER = 15 };

static struct dg_buf report_buf, envelope_buf, frame_buf, handshake_buf, record_buf;

static int make_samples(void **state)
{
    struct dg_report report = sample_report();
    struct dg_record record = sample_record();

    if (start_crypto(state) != 0)
        return -1;
    dg_buf_init(&report_buf, DG_REPORT_MAX);
    dg_buf_init(&envelope_buf, DG_ENVELOPE_MAX);
    dg_buf_init(&frame_buf, DG_FRAME_MAX);
    dg_buf_init(&handshake_buf, DG_FRAME_MAX);
    dg_buf_init(&record_buf, DG_FRAME_MAX);
    assert_int_equal(dg_report_encode(&report, &report_buf), DG_OK);
    struct dg_envelope envelope = sample_envelope(dg_buf_bytes(&report_buf));
    assert_int_equal(dg_envelope_encode(&envelope, &envelope_buf), DG_OK);
    struct dg_frame frame = sample_frame(dg_buf_bytes(&envelope_buf)), handshake = sample_handshake();
    assert_int_equal(dg_frame_encode(&frame, &frame_buf), DG_OK);
    assert_int_equal(dg_frame_encode(&handshake, &handshake_buf), DG_OK);
    assert_int_equal(dg_record_encode(&record, &record_buf), DG_OK);
    return 0;
}

static int free_samples(void **state)
{
    (void)state;
    dg_buf_done(&report_buf);
    dg_buf_done(&envelope_buf);
    dg_buf_done(&frame_buf);
    dg_buf_done(&handshake_buf);
    dg_buf_done(&record_buf);
    return 0;
}

static struct dg_bytes frame_bytes(void)
{
    return dg_buf_bytes(&frame_buf);
}

static struct dg_bytes handshake_bytes(void)
{
    return dg_buf_bytes(&handshake_buf);
}

/* Encodes frame and decodes it into arena. */
static enum dg_err through(struct dg_arena *arena, const struct dg_frame *frame, struct dg_frame *ret)
{
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_FRAME_MAX);
    assert_int_equal(dg_frame_encode(frame, &bytes), DG_OK);
    enum dg_err err = dg_frame_decode(arena, dg_buf_bytes(&bytes), ret, NULL);
    dg_buf_done(&bytes);
    return err;
}

static void what_was_encoded_decodes_to_the_same(void **state)
{
    (void)state;
    check_round_trip(pass_frame, frame_bytes());
    check_round_trip(pass_frame, handshake_bytes());
    check_round_trip(pass_record, dg_buf_bytes(&record_buf));
}

static void the_parts_of_a_frame_survive(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_frame frame;

    dg_arena_init(&arena, 0);
    assert_int_equal(dg_frame_decode(&arena, frame_bytes(), &frame, NULL), DG_OK);
    assert_null(frame.hello);
    assert_int_equal(frame.acked_count, 3);
    assert_true(frame.acked[2] == UINT64_MAX);
    assert_int_equal(frame.record[0].proof.count, 2);
    assert_int_equal(frame.record[0].index, 5);
    assert_int_equal(frame.answer[0].retry_after_ms, 2000);
    assert_int_equal(dg_frame_decode(&arena, handshake_bytes(), &frame, NULL), DG_OK);
    assert_int_equal(frame.credit->items, 64);
    assert_int_equal(frame.credit->bytes, 1 << 20);
    assert_int_equal(frame.hello->boot, 3);
    assert_int_equal(frame.enrol_hello[0], 1);
    assert_int_equal(frame.enrol_grant->directory_count, 1);
    assert_true(frame.hello->restored && frame.told->replayed);
    assert_int_equal(frame.refused->boot, 7);
    assert_int_equal(frame.ask->size, 12);
    dg_arena_done(&arena);
}

static void a_parcel_is_opened(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_frame frame;
    struct dg_id id = dg_report_id(dg_buf_bytes(&report_buf));

    dg_arena_init(&arena, 0);
    assert_int_equal(dg_frame_decode(&arena, frame_bytes(), &frame, NULL), DG_OK);
    assert_int_equal(frame.parcel[0].err, DG_OK);
    assert_true(dg_id_equal(&frame.parcel[0].id, &id));
    assert_true(dg_bytes_is(frame.parcel[0].report.kind, "periodic"));
    assert_int_equal(frame.parcel[0].envelope.signature_count, 1);
    dg_arena_done(&arena);
}

static void one_bad_parcel_does_not_spoil_the_frame(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_frame frame = sample_frame(dg_buf_bytes(&envelope_buf)), got;
    struct dg_parcel parcel[4] = {frame.parcel[0], frame.parcel[0], frame.parcel[0], frame.parcel[0]};
    struct dg_envelope envelope = sample_envelope(sample_text("not a report"));
    struct dg_buf bad;

    dg_buf_init(&bad, 1024);
    assert_int_equal(dg_envelope_encode(&envelope, &bad), DG_OK);
    parcel[0].envelope_bytes = sample_text("not an envelope");
    parcel[1].envelope_bytes = dg_bytes_at(NULL, 0);
    parcel[2].envelope_bytes = dg_buf_bytes(&bad);
    frame.parcel = parcel;
    frame.parcel_count = 4;
    dg_arena_init(&arena, 0);
    assert_int_equal(through(&arena, &frame, &got), DG_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(got.parcel[i].err, DG_ERR_MALFORMED);
        assert_int_equal(got.parcel[i].fault.err, DG_ERR_MALFORMED);
    }
    assert_int_equal(got.parcel[3].err, DG_OK);
    dg_arena_done(&arena);
    dg_buf_done(&bad);
}

/* The sample frame with its envelope packed. */
static struct dg_frame packed_frame(void)
{
    static uint8_t packed[8192];
    struct dg_frame frame = sample_frame(dg_buf_bytes(&envelope_buf));

    assert_true(envelope_buf.size <= sizeof packed);
    frame.parcel[0].packed = dg_bytes_at(packed, dg_pack(dg_buf_bytes(&envelope_buf), packed));
    assert_true(frame.parcel[0].packed.size > 0);
    return frame;
}

static void a_packed_parcel_is_the_same_report(void **state)
{
    (void)state;
    struct dg_frame frame = packed_frame(), got;
    struct dg_id id = dg_report_id(dg_buf_bytes(&report_buf));
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    assert_int_equal(through(&arena, &frame, &got), DG_OK);
    assert_int_equal(got.parcel[0].err, DG_OK);
    assert_true(dg_id_equal(&got.parcel[0].id, &id));
    assert_true(dg_bytes_equal(got.parcel[0].packed, frame.parcel[0].packed));
    assert_true(dg_bytes_equal(got.parcel[0].envelope_bytes, dg_buf_bytes(&envelope_buf)));
    dg_arena_done(&arena);
}

static void a_parcel_that_does_not_unpack_does_not_spoil_the_frame(void **state)
{
    (void)state;
    struct dg_frame frame = packed_frame(), got;
    struct dg_parcel parcel[2] = {frame.parcel[0], frame.parcel[0]};
    struct dg_arena arena;

    parcel[0].packed.size--;
    frame.parcel = parcel;
    frame.parcel_count = 2;
    dg_arena_init(&arena, 0);
    assert_int_equal(through(&arena, &frame, &got), DG_OK);
    assert_int_equal(got.parcel[0].err, DG_ERR_MALFORMED);
    assert_int_equal(got.parcel[0].fault.err, DG_ERR_MALFORMED);
    assert_int_equal(got.parcel[1].err, DG_OK);
    dg_arena_done(&arena);
}

static void packing_does_not_get_more_into_a_frame(void **state)
{
    (void)state;
    static uint8_t zeros[DG_ENVELOPE_MAX + 1], packed[DG_ENVELOPE_MAX + 1];
    struct dg_frame frame = packed_frame(), got;
    struct dg_parcel parcel[3] = {frame.parcel[0], frame.parcel[0], frame.parcel[0]};
    struct dg_arena arena;

    for (size_t i = 0; i < SAMPLE_COUNT(parcel); i++)
        parcel[i].packed = dg_bytes_at(packed, dg_pack(dg_bytes_at(zeros, DG_ENVELOPE_MAX - 1), packed));
    frame.parcel = parcel;
    frame.parcel_count = 3;
    dg_arena_init(&arena, 0);
    assert_int_equal(through(&arena, &frame, &got), DG_ERR_TOO_LARGE);
    frame.parcel_count = 1;
    assert_int_equal(through(&arena, &frame, &got), DG_OK);
    assert_int_equal(got.parcel[0].err, DG_ERR_MALFORMED);
    parcel[0].packed = dg_bytes_at(packed, dg_pack(dg_bytes_at(zeros, sizeof zeros), packed));
    assert_int_equal(through(&arena, &frame, &got), DG_OK);
    assert_int_equal(got.parcel[0].err, DG_ERR_TOO_LARGE);
    assert_int_equal(got.parcel[0].envelope_bytes.size, 0);
    dg_arena_done(&arena);
}

static void hostile_bytes_do_no_harm(void **state)
{
    (void)state;
    check_truncation(pass_frame, frame_bytes(), false);
    check_truncation(pass_frame, handshake_bytes(), false);
    check_truncation(pass_record, dg_buf_bytes(&record_buf), false);
    check_bit_flips(pass_frame, frame_bytes(), false);
    check_bit_flips(pass_frame, handshake_bytes(), false);
}

static void want_of_memory_is_a_clean_error(void **state)
{
    (void)state;
    check_memory_failures(pass_frame, frame_bytes());
    check_memory_failures(pass_frame, handshake_bytes());
    check_memory_failures(pass_record, dg_buf_bytes(&record_buf));
}

static void a_megabyte_of_empty_submessages_is_too_complex(void **state)
{
    (void)state;
    const unsigned fields[] = {CHECKPOINT, PARCEL, RECORD, ANSWER};

    for (size_t i = 0; i < SAMPLE_COUNT(fields); i++)
        check_empty_items(pass_frame, dg_bytes_at("\x08\x01", 2), fields[i], DG_FRAME_MAX - 16,
                          DG_FRAME_ITEMS_MAX * 256);
}

static void unknown_fields_and_versions_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_number(pass_frame, frame_bytes(), VERSION, 2), DG_ERR_UNSUPPORTED_VERSION);
    assert_int_equal(decode_with_unknown(pass_frame, frame_bytes()), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_frame, frame_bytes(), PARCEL), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_frame, frame_bytes(), RECORD), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_frame, handshake_bytes(), HELLO), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_number(pass_record, dg_buf_bytes(&record_buf), 2, 9), DG_ERR_UNSUPPORTED);
}

static void a_frame_need_not_be_canonical(void **state)
{
    (void)state;
    assert_int_equal(decode_with_overlong(pass_frame, frame_bytes(), VERSION), DG_OK);
}

static void more_items_than_allowed_are_refused(void **state)
{
    (void)state;
    static uint64_t acked[DG_FRAME_ITEMS_MAX + 1];
    struct dg_frame frame = {.acked_count = SAMPLE_COUNT(acked), .acked = acked}, got;
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    assert_int_equal(through(&arena, &frame, &got), DG_ERR_TOO_LARGE);
    frame.acked_count--;
    assert_int_equal(through(&arena, &frame, &got), DG_OK);
    assert_int_equal(decode_with_repeated(pass_frame, frame_bytes(), ANSWER, DG_FRAME_ITEMS_MAX + 1),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_repeated(pass_record, dg_buf_bytes(&record_buf), 6, DG_PROOF_MAX),
                     DG_ERR_TOO_LARGE);
    dg_arena_done(&arena);
}

static void a_window_full_of_small_parcels_decodes(void **state)
{
    (void)state;
    static struct dg_parcel parcel[DG_FRAME_ITEMS_MAX / 2];
    struct dg_frame frame = sample_frame(dg_buf_bytes(&envelope_buf)), got;
    struct dg_arena arena;

    for (size_t i = 0; i < SAMPLE_COUNT(parcel); i++)
        parcel[i] = frame.parcel[0];
    frame.parcel = parcel;
    frame.parcel_count = SAMPLE_COUNT(parcel);
    dg_arena_init(&arena, 0);
    assert_int_equal(through(&arena, &frame, &got), DG_OK);
    assert_int_equal(got.parcel[SAMPLE_COUNT(parcel) - 1].err, DG_OK);
    dg_arena_done(&arena);
}

static void a_window_full_of_answers_decodes(void **state)
{
    (void)state;
    static struct dg_answer answer[DG_FRAME_ITEMS_MAX];
    struct dg_frame frame = {.answer_count = SAMPLE_COUNT(answer), .answer = answer}, got;
    struct dg_arena arena;

    for (size_t i = 0; i < SAMPLE_COUNT(answer); i++)
        answer[i] = (struct dg_answer){.tag = i + 1, .code = sample_text("RETRY_LATER")};
    dg_arena_init(&arena, 0);
    assert_int_equal(through(&arena, &frame, &got), DG_OK);
    dg_arena_done(&arena);
}

static void a_record_may_only_point_at_checkpoints_of_its_frame(void **state)
{
    (void)state;
    struct dg_frame frame = sample_frame(dg_buf_bytes(&envelope_buf)), got;
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    frame.record[0].checkpoint = 1;
    assert_int_equal(through(&arena, &frame, &got), DG_ERR_MALFORMED);
    frame.record[0].checkpoint = 0;
    frame.checkpoint_count = 0;
    assert_int_equal(through(&arena, &frame, &got), DG_ERR_MALFORMED);
    dg_arena_done(&arena);
}

static void an_enrolment_signs_what_it_says(void **state)
{
    (void)state;
    struct dg_frame handshake = sample_handshake(), got;
    struct dg_arena arena;
    struct dg_buf message;

    dg_arena_init(&arena, 0);
    dg_buf_init(&message, 4096);
    assert_int_equal(dg_enrol_message(handshake.enrol_request, &message), DG_OK);
    assert_int_equal(dg_frame_decode(&arena, handshake_bytes(), &got, NULL), DG_OK);
    assert_true(dg_bytes_equal(got.enrol_request->message, dg_buf_bytes(&message)));
    assert_int_equal(got.enrol_request->possession_count, 3);
    dg_buf_done(&message);
    dg_arena_done(&arena);
}

static void an_enrolment_with_a_weak_key_is_refused(void **state)
{
    (void)state;
    struct dg_frame handshake = sample_handshake(), got;
    struct dg_arena arena;

    dg_arena_init(&arena, 0);
    memset(&handshake.enrol_request->keys.unit, 0, sizeof handshake.enrol_request->keys.unit);
    assert_int_equal(through(&arena, &handshake, &got), DG_ERR_WEAK_KEY);
    dg_arena_done(&arena);
}

static void a_frame_that_does_not_fit_is_not_written(void **state)
{
    (void)state;
    struct dg_frame frame = sample_frame(dg_buf_bytes(&envelope_buf));
    struct dg_buf out;

    dg_buf_init(&out, frame_bytes().size - 1);
    assert_int_equal(dg_frame_encode(&frame, &out), DG_ERR_TOO_LARGE);
    dg_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_decodes_to_the_same),
        cmocka_unit_test(the_parts_of_a_frame_survive),
        cmocka_unit_test(a_parcel_is_opened),
        cmocka_unit_test(one_bad_parcel_does_not_spoil_the_frame),
        cmocka_unit_test(a_packed_parcel_is_the_same_report),
        cmocka_unit_test(a_parcel_that_does_not_unpack_does_not_spoil_the_frame),
        cmocka_unit_test(packing_does_not_get_more_into_a_frame),
        cmocka_unit_test(hostile_bytes_do_no_harm),
        cmocka_unit_test(want_of_memory_is_a_clean_error),
        cmocka_unit_test(a_megabyte_of_empty_submessages_is_too_complex),
        cmocka_unit_test(unknown_fields_and_versions_are_refused),
        cmocka_unit_test(a_frame_need_not_be_canonical),
        cmocka_unit_test(more_items_than_allowed_are_refused),
        cmocka_unit_test(a_window_full_of_small_parcels_decodes),
        cmocka_unit_test(a_window_full_of_answers_decodes),
        cmocka_unit_test(a_record_may_only_point_at_checkpoints_of_its_frame),
        cmocka_unit_test(an_enrolment_signs_what_it_says),
        cmocka_unit_test(an_enrolment_with_a_weak_key_is_refused),
        cmocka_unit_test(a_frame_that_does_not_fit_is_not_written),
    };

    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
