/* test_quarantine.c - what a member signed and nobody can read is put on record, kept, and stops nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/fixture.h"

/* ---- what a faulty program would send ------------------------------------------------------------- */

/* R of the commune's cap-uy, encoded although nothing checks it. */
static struct dg_bytes encode(const struct dg_report *report)
{
    struct dg_buf buf;
    dg_buf_init(&buf, DG_REPORT_MAX + 1024);
    assert_int_equal(dg_report_encode(report, &buf), DG_OK);
    struct dg_bytes kept = dg_arena_copy(&arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return kept;
}

static struct dg_report good_report(void)
{
    static uint8_t salt;
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    struct dg_held held;
    struct dg_txn *txn;
    fed_run(fed, 3);
    assert_int_equal(dg_begin_read(fed->node[FED_XA].store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, &id, &held), DG_OK);
    struct dg_bytes kept = dg_arena_copy(&arena, held.envelope.report);
    dg_abort(fed->node[FED_XA].store, txn);
    struct dg_report report;
    assert_int_equal(dg_report_decode(&arena, kept, &report, NULL), DG_OK);
    report.salt[0] = ++salt;
    return report;
}

static struct dg_bytes bad_title(void)
{
    struct dg_report report = good_report();
    report.title = dg_bytes_of("b\x07n");
    return encode(&report);
}

/* The envelope of R, signed by the commune's cap-uy; broken: one bit of the signature is wrong. */
static struct dg_bytes envelope_of(struct dg_bytes r, bool broken)
{
    struct fed_node *node = &fed->node[FED_XA];
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(node->store, &txn), DG_OK);
    const struct dg_dir_organ *organ =
        dg_dir_unit_organ(dg_node_self(node->node, txn), dg_bytes_of("cap-uy"), dg_day_of(fed->now));
    struct dg_author_signature signature = {.author = 0};
    assert_int_equal(fed_sign(node, &organ->signing, DG_CONTEXT_REPORT, r, &signature.sig), DG_OK);
    dg_abort(node->store, txn);
    signature.sig.b[3] ^= broken ? 1 : 0;
    struct dg_envelope envelope = {.report = r, .signature_count = 1, .signature = &signature};
    struct dg_buf buf;
    dg_buf_init(&buf, DG_ENVELOPE_MAX + 1024);
    assert_int_equal(dg_envelope_encode(&envelope, &buf), DG_OK);
    struct dg_bytes kept = dg_arena_copy(&arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return kept;
}

/* Hands a parcel to the district as if the given neighbour had sent it, and returns what that one is told. */
static struct dg_frame send_from(enum fed_place from, struct dg_bytes envelope)
{
    struct dg_parcel parcel = {.tag = 4 * 77 + DG_LANE_NORMAL, .envelope_bytes = envelope};
    struct dg_frame frame = {.parcel_count = 1, .parcel = &parcel}, told = {.hello = NULL};
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    assert_int_equal(dg_frame_encode(&frame, &buf), DG_OK);
    struct dg_event event = {.kind = DG_EVENT_MESSAGE,
                             .conn = from == FED_TINH ? (uint64_t)DG_NODE_UP : (uint64_t)from + 1,
                             .key = fed->node[from].keys.transport,
                             .bytes = dg_buf_bytes(&buf)};
    fed_run(fed, 3);
    assert_int_equal(fed->count, 0);
    fed_turn(&fed->node[FED_HUYEN], &event);
    dg_buf_done(&buf);
    for (size_t i = 0; i < fed->count; i++) {
        const struct fed_message *message = &fed->queue[(fed->head + i) % FED_QUEUE_MAX];
        struct dg_frame said;
        struct dg_bytes bytes = dg_arena_copy(&arena, message->event.bytes);
        assert_int_equal(dg_frame_decode(&arena, bytes, &said, NULL), DG_OK);
        if (message->to == (int)from && said.record_count + said.answer_count > 0)
            told = said;
    }
    fed_run(fed, 3);
    return told;
}

static void assert_quarantined(const struct dg_frame *told, const char *code)
{
    struct dg_leaf leaf;
    assert_int_equal(told->answer_count, 0);
    assert_int_equal(told->record_count, 1);
    assert_int_equal(told->record[0].kind, DG_RECORD_RECEIPT);
    assert_int_equal(dg_leaf_parse(&arena, told->record[0].leaf, &leaf, NULL), DG_OK);
    assert_int_equal(leaf.verdict, DG_VERDICT_QUARANTINED);
    assert_true(dg_bytes_is(leaf.code, code));
    assert_true(dg_bytes_is(leaf.author[0].organ, "cap-uy") && dg_bytes_is(leaf.author[0].unit, "xa"));
}

static void assert_answered(const struct dg_frame *told, const char *code)
{
    assert_int_equal(told->record_count, 0);
    assert_int_equal(told->answer_count, 1);
    assert_true(dg_bytes_is(told->answer[0].code, code));
}

/* ---- what the district has ------------------------------------------------------------------------ */

static uint64_t log_size(void)
{
    struct dg_log_view log;
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[FED_HUYEN].store, &txn), DG_OK);
    dg_log_get(txn, &log);
    dg_abort(fed->node[FED_HUYEN].store, txn);
    return log.size;
}

static size_t kept(void)
{
    return dg_store_mem_rows(fed->node[FED_HUYEN].store, DG_TABLE_QUARANTINE);
}

struct looking {
    struct dg_quarantined item;
    struct dg_attention attention;
};

static bool last_item(void *ctx, const struct dg_quarantined *item)
{
    struct looking *looking = ctx;
    looking->item = *item;
    looking->item.envelope = dg_arena_copy(&arena, item->envelope);
    looking->item.code = dg_arena_copy(&arena, item->code);
    return true;
}

static bool last_attention(void *ctx, const struct dg_attention *item)
{
    struct looking *looking = ctx;
    looking->attention = *item;
    looking->attention.code = dg_arena_copy(&arena, item->code);
    looking->attention.about = dg_arena_copy(&arena, item->about);
    looking->attention.detail = dg_arena_copy(&arena, item->detail);
    return true;
}

static struct looking look(enum fed_place place)
{
    struct looking looking = {.item.number = 0};
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_quarantine_each(txn, dg_bytes_at(NULL, 0), last_item, &looking);
    dg_attention_each(txn, last_attention, &looking);
    dg_abort(fed->node[place].store, txn);
    return looking;
}

static void assert_next_is_taken(void)
{
    size_t before = dg_store_mem_rows(fed->node[FED_HUYEN].store, DG_TABLE_REPORT);
    (void)fed_push(fed, FED_XA, NULL);
    fed_run(fed, 3);
    assert_int_equal(dg_store_mem_rows(fed->node[FED_HUYEN].store, DG_TABLE_REPORT), before + 1);
}

/* ---- poison -------------------------------------------------------------------------------------- */

static void what_its_author_signed_and_nobody_can_read_is_put_on_record_and_kept(void **state)
{
    struct dg_bytes r = bad_title(), envelope = envelope_of(r, false);
    struct dg_id id = dg_report_id(r);
    char hex[DG_HEX_BYTES];
    (void)state;
    struct dg_frame told = send_from(FED_XA, envelope);
    assert_quarantined(&told, "BAD_TEXT");
    struct looking found = look(FED_HUYEN);
    assert_true(found.item.read && dg_id_equal(&found.item.id, &id));
    assert_true(dg_bytes_equal(found.item.envelope, envelope));
    dg_hex(id.b, sizeof id.b, hex);
    assert_true(dg_bytes_is(found.attention.code, "QUARANTINED"));
    assert_true(dg_bytes_is(found.attention.about, hex));
    assert_true(dg_bytes_is(found.attention.detail, "BAD_TEXT, xa"));
    assert_next_is_taken();
}

static void the_same_again_gets_a_receipt_for_the_same_leaf(void **state)
{
    struct dg_bytes envelope = envelope_of(bad_title(), false);
    (void)state;
    struct dg_frame first = send_from(FED_XA, envelope);
    uint64_t size = log_size();
    struct dg_frame second = send_from(FED_XA, envelope);
    assert_quarantined(&second, "BAD_TEXT");
    assert_int_equal(second.record[0].index, first.record[0].index);
    assert_int_equal(log_size(), size);
    assert_int_equal(kept(), 1);
}

static void what_its_author_did_not_sign_is_only_answered(void **state)
{
    struct dg_bytes envelope = envelope_of(bad_title(), true);
    uint64_t size = log_size();
    (void)state;
    struct dg_frame told = send_from(FED_XA, envelope);
    assert_answered(&told, "BAD_TEXT");
    assert_int_equal(log_size(), size);
    assert_int_equal(kept(), 0);
}

static void what_comes_by_a_way_that_is_not_its_authors_is_only_answered(void **state)
{
    struct dg_bytes envelope = envelope_of(bad_title(), false);
    uint64_t size = log_size();
    (void)state;
    struct dg_frame told = send_from(FED_TINH, envelope);
    assert_answered(&told, "BAD_TEXT");
    assert_int_equal(log_size(), size);
    assert_int_equal(kept(), 0);
}

static void bytes_after_the_end_or_cut_off_behind_the_authors_are_poison_too(void **state)
{
    struct dg_report report = good_report();
    struct dg_bytes r = encode(&report);
    struct dg_buf longer;
    (void)state;
    dg_buf_init(&longer, DG_REPORT_MAX);
    dg_buf_add_bytes(&longer, r);
    dg_buf_add_u8(&longer, 0xff);
    struct dg_frame told = send_from(FED_XA, envelope_of(dg_buf_bytes(&longer), false));
    assert_quarantined(&told, "MALFORMED");
    dg_buf_done(&longer);
    told = send_from(FED_XA, envelope_of(dg_bytes_at(r.data, r.size - 1), false));
    assert_quarantined(&told, "MALFORMED");
    report.date = dg_bytes_of("2026-02-30");
    told = send_from(FED_XA, envelope_of(encode(&report), false));
    assert_quarantined(&told, "BAD_DATE");
    assert_int_equal(kept(), 3);
}

/* Its sender keeps it: this program may be the older one. */
static void what_a_newer_program_may_mean_is_only_answered(void **state)
{
    struct dg_report report = good_report();
    struct dg_bytes r = encode(&report);
    uint8_t *version = (uint8_t *)(uintptr_t)r.data + 1;
    (void)state;
    assert_int_equal(*version, 1);
    *version = 2;
    struct dg_frame told = send_from(FED_XA, envelope_of(r, false));
    assert_answered(&told, "UNSUPPORTED_VERSION");
    assert_int_equal(kept(), 0);
}

static void what_is_kept_of_one_neighbour_is_bounded_and_its_leaves_stay(void **state)
{
    struct dg_report report = good_report();
    uint64_t size = log_size();
    (void)state;
    report.title = dg_bytes_of("b\x07n");
    for (unsigned i = 0; i < DG_QUARANTINE_ROWS_MAX + 8; i++) {
        report.salt[1] = (uint8_t)i;
        struct dg_frame told = send_from(FED_XA, envelope_of(encode(&report), false));
        assert_quarantined(&told, "BAD_TEXT");
    }
    assert_int_equal(kept(), DG_QUARANTINE_ROWS_MAX);
    assert_true(log_size() >= size + DG_QUARANTINE_ROWS_MAX + 8);
    assert_int_equal(look(FED_HUYEN).item.number, DG_QUARANTINE_ROWS_MAX + 8); /* the newest is there */
    assert_next_is_taken();
}

static void many_bytes_of_one_neighbour_are_bounded(void **state)
{
    struct dg_report report = good_report();
    char *body = dg_arena_array(&arena, DG_BODY_MAX + 1, 1);
    (void)state;
    memset(body, 'a', DG_BODY_MAX);
    body[DG_BODY_MAX] = '\0';
    report.body = dg_bytes_of(body);
    report.title = dg_bytes_of("b\x07n");
    for (unsigned i = 0; i < 12; i++) {
        report.salt[1] = (uint8_t)i;
        struct dg_frame told = send_from(FED_XA, envelope_of(encode(&report), false));
        assert_quarantined(&told, "BAD_TEXT");
    }
    assert_int_equal(kept(), DG_QUARANTINE_BYTES_MAX / (DG_BODY_MAX + 1024));
}

static void a_neighbour_that_earned_too_many_refusals_today_is_told_to_wait(void **state)
{
    struct dg_bytes envelope = envelope_of(bad_title(), false);
    struct dg_txn *txn;
    struct dg_committed committed;
    (void)state;
    uint64_t day = (uint64_t)dg_day_of(fed->now).n;
    assert_int_equal(dg_begin_write(fed->node[FED_HUYEN].store, &txn), DG_OK);
    dg_meta_put_u64(txn, "refused/xa", day << 32 | DG_REFUSALS_PER_CHILD_DAY);
    assert_int_equal(dg_commit(fed->node[FED_HUYEN].store, txn, &committed), DG_OK);
    struct dg_frame told = send_from(FED_XA, envelope);
    assert_answered(&told, "QUOTA");
    assert_int_equal(kept(), 0);
}

/* The bloc's own program thought it fine, as an older one might; the province did not. */
static void its_author_is_told_and_its_queue_goes_on(void **state)
{
    struct fed_node *tinh = &fed->node[FED_TINH], *khoi = &fed->node[FED_KHOI];
    struct dg_parcel parcel = {.tag = 0};
    struct dg_held held;
    struct dg_txn *txn;
    struct dg_committed committed;
    char hex[DG_HEX_BYTES];
    (void)state;
    fed->cut_khoi = true;
    parcel.id = fed_push(fed, FED_KHOI, NULL);
    assert_int_equal(dg_begin_read(khoi->store, &txn), DG_OK);
    assert_int_equal(dg_held_get(txn, &parcel.id, &held), DG_OK);
    struct dg_bytes r = dg_arena_copy(&arena, held.envelope.report);
    dg_abort(khoi->store, txn);
    assert_int_equal(dg_report_decode(&arena, r, &parcel.report, NULL), DG_OK);
    assert_int_equal(dg_begin_write(tinh->store, &txn), DG_OK);
    (void)dg_delivery_reject(tinh->node, txn, &parcel, DG_VERDICT_QUARANTINED, DG_ERR_BAD_TEXT, fed->now);
    assert_int_equal(dg_node_seal(tinh->node, txn, fed->now), DG_OK);
    assert_int_equal(dg_commit(tinh->store, txn, &committed), DG_OK);
    fed->cut_khoi = false;
    fed_run(fed, 120);
    struct looking found = look(FED_KHOI);
    dg_hex(parcel.id.b, sizeof parcel.id.b, hex);
    assert_true(dg_bytes_is(found.attention.code, "BAD_TEXT"));
    assert_true(dg_bytes_is(found.attention.about, hex));
    assert_int_equal(dg_store_mem_rows(khoi->store, DG_TABLE_OUTBOX), 0);
}

/* ---- what ended the process twice ------------------------------------------------------------------- */

struct refusing {
    struct dg_hash what;
    size_t entered, left, done;
};

static bool refuse_one(void *ctx, const struct dg_hash *what)
{
    struct refusing *refusing = ctx;
    bool refused = dg_hash_equal(what, &refusing->what);
    refusing->entered += refused ? 0 : 1;
    return !refused;
}

static void count_left(void *ctx, bool done)
{
    struct refusing *refusing = ctx;
    refusing->left++;
    refusing->done += done ? 1 : 0;
}

static void what_the_guard_refuses_is_kept_unread_and_the_next_goes_on(void **state)
{
    struct dg_report report = good_report();
    struct dg_bytes envelope = envelope_of(encode(&report), false);
    struct refusing refusing = {.what = dg_sha256(envelope)};
    struct dg_guard guard = {.ctx = &refusing, .enter = refuse_one, .leave = count_left};
    (void)state;
    fed->node[FED_HUYEN].node->env.guard = &guard;
    for (int i = 0; i < 2; i++) {
        struct dg_frame told = send_from(FED_XA, envelope);
        assert_answered(&told, "CRASHED");
    }
    struct looking found = look(FED_HUYEN);
    assert_int_equal(kept(), 1);
    assert_false(found.item.read);
    assert_memory_equal(found.item.id.b, refusing.what.b, sizeof found.item.id.b);
    assert_true(dg_bytes_equal(found.item.envelope, envelope));
    assert_true(dg_bytes_is(found.attention.detail, "CRASHED, xa"));
    assert_next_is_taken();
    assert_true(refusing.done > 0 && refusing.left == refusing.entered);
}

/* Refuses every record and no parcel: parcels are known by what they are handed over with. */
struct choosy {
    struct dg_hash parcel;
    size_t refused;
};

static bool refuse_records(void *ctx, const struct dg_hash *what)
{
    struct choosy *choosy = ctx;
    bool refused = !dg_hash_equal(what, &choosy->parcel);
    choosy->refused += refused ? 1 : 0;
    return !refused;
}

static void ignore_left(void *ctx, bool done)
{
    (void)ctx;
    (void)done;
}

static void a_record_that_the_guard_refuses_is_held_by_its_sender(void **state)
{
    struct choosy choosy = {.refused = 0};
    struct dg_guard guard = {.ctx = &choosy, .enter = refuse_records, .leave = ignore_left};
    struct dg_id id = fed_push(fed, FED_XA, NULL);
    (void)state;
    fed_run(fed, 10);
    fed->node[FED_XA].node->env.guard = &guard;
    fed_mark(fed, FED_HUYEN, &id, "cap-uy", 3);
    fed_run(fed, 3);
    assert_true(choosy.refused > 0);
    struct looking found = look(FED_HUYEN);
    assert_true(dg_bytes_is(found.attention.code, "CRASHED"));
    assert_true(dg_bytes_is(found.attention.about, "xa"));
    assert_int_equal(dg_store_mem_rows(fed->node[FED_HUYEN].store, DG_TABLE_OUTBOX), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_federation, free_federation)
    const struct CMUnitTest tests[] = {
        TEST(what_its_author_signed_and_nobody_can_read_is_put_on_record_and_kept),
        TEST(the_same_again_gets_a_receipt_for_the_same_leaf),
        TEST(what_its_author_did_not_sign_is_only_answered),
        TEST(what_comes_by_a_way_that_is_not_its_authors_is_only_answered),
        TEST(bytes_after_the_end_or_cut_off_behind_the_authors_are_poison_too),
        TEST(what_a_newer_program_may_mean_is_only_answered),
        TEST(what_is_kept_of_one_neighbour_is_bounded_and_its_leaves_stay),
        TEST(many_bytes_of_one_neighbour_are_bounded),
        TEST(a_neighbour_that_earned_too_many_refusals_today_is_told_to_wait),
        TEST(its_author_is_told_and_its_queue_goes_on),
        TEST(what_the_guard_refuses_is_kept_unread_and_the_next_goes_on),
        TEST(a_record_that_the_guard_refuses_is_held_by_its_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
