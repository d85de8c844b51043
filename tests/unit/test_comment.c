/* test_comment.c - comments on a draft reach its author and its collectors, once, and nobody else's do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/audit/verify.h"
#include "node/cli/export.h"
#include "proto/comment.h"
#include "tests/unit/support/federation.h"

static struct fed *fed;

static int set_up(void **state)
{
    struct dg_fault fault;

    (void)state;
    assert_int_equal(dg_crypto_start(&fault), DG_OK);
    fed = fed_new(false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fed_free(fed);
    return 0;
}

/* ---- builders ------------------------------------------------------------------------------------ */

/* A draft of van-phong@xa: ban-dan-van@huyen collects; mttq@khoi and cap-uy@tinh are asked too. */
static struct dg_id push_draft(void)
{
    static struct dg_bytes also[2];
    struct dg_report draft = {.kind = dg_bytes_of("draft"), .also_to_count = 2, .also_to = also};

    also[0] = dg_bytes_of("mttq@khoi");
    also[1] = dg_bytes_of("cap-uy@tinh");
    draft.reply_by = dg_bytes_of("2026-11-30");
    struct dg_ctl_reply reply = fed_push_as(fed, FED_XA, "van-phong", &draft, NULL, 0);
    assert_int_equal(reply.fault.err, DG_OK);
    fed_run(fed, 10);
    return reply.id;
}

static enum dg_err comment(enum fed_place place, const struct dg_id *id, const char *organ, const char *text)
{
    char hex[DG_HEX_BYTES];

    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_COMMENT,
                                     .report = dg_bytes_of(hex),
                                     .organ = dg_bytes_of(organ),
                                     .text = dg_bytes_of(text)};
    enum dg_err err = fed_control(&fed->node[place], &request).fault.err;
    fed_run(fed, 20);
    return err;
}

struct count {
    size_t found;
    const char *text;
};

static bool count_comment(void *ctx, const struct dg_custody *custody)
{
    struct count *count = ctx;
    struct dg_arena arena;
    struct dg_comment said;

    if (custody->record.kind != DG_RECORD_COMMENT)
        return true;
    dg_arena_init(&arena, 0);
    assert_int_equal(dg_comment_decode(&arena, custody->record.sealed.body, &said, NULL), DG_OK);
    count->found += dg_bytes_is(said.text, count->text);
    dg_arena_done(&arena);
    return true;
}

/* How often the node of that place holds a comment of exactly that text. */
static size_t held_at(enum fed_place place, const struct dg_id *id, const char *text)
{
    struct dg_store *store = fed->node[place].store;
    struct dg_txn *txn;
    struct dg_held held;
    struct count count = {.text = text};

    assert_int_equal(dg_begin_read(store, &txn), DG_OK);
    if (dg_held_get(txn, id, &held) == DG_OK)
        dg_custody_each(txn, held.position, count_comment, &count);
    assert_int_equal(txn->err, DG_OK);
    dg_abort(store, txn);
    return count.found;
}

static size_t waits_at(enum fed_place place)
{
    return dg_store_mem_rows(fed->node[place].store, DG_TABLE_OUTBOX);
}

/* ---- the ways ------------------------------------------------------------------------------------ */

static void a_comment_reaches_author_and_collector_once(void **state)
{
    (void)state;
    struct dg_id id = push_draft();

    assert_int_equal(comment(FED_KHOI, &id, "mttq", "từ khối"), DG_OK);
    assert_int_equal(comment(FED_TINH, &id, "cap-uy", "từ tỉnh"), DG_OK);
    assert_int_equal(comment(FED_HUYEN, &id, "ban-dan-van", "từ huyện"), DG_OK);
    static const char *const text[] = {"từ khối", "từ tỉnh", "từ huyện"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(held_at(FED_XA, &id, text[i]), 1);
        assert_int_equal(held_at(FED_HUYEN, &id, text[i]), 1);
    }
    assert_int_equal(held_at(FED_KHOI, &id, "từ tỉnh"), 0); /* those who were only asked see their own */
    for (enum fed_place place = FED_TINH; place <= FED_KHOI; place++)
        assert_int_equal(waits_at(place), 0);
}

/* Records go before parcels, so the collector hears of the comment before it has the draft. */
static void a_comment_that_overtakes_its_draft_is_not_lost(void **state)
{
    (void)state;
    struct dg_bytes also = dg_bytes_of("mttq@khoi");
    struct dg_report draft = {.kind = dg_bytes_of("draft"), .also_to_count = 1, .also_to = &also};

    fed->cut_khoi = true;
    struct dg_ctl_reply reply = fed_push_as(fed, FED_KHOI, "van-phong", &draft, NULL, 0);
    assert_int_equal(reply.fault.err, DG_OK);
    assert_int_equal(comment(FED_KHOI, &reply.id, "mttq", "góp ý"), DG_OK);
    assert_int_equal(held_at(FED_TINH, &reply.id, "góp ý"), 0);
    fed->cut_khoi = false;
    fed_run(fed, 120);
    assert_int_equal(held_at(FED_TINH, &reply.id, "góp ý"), 1);
    assert_int_equal(waits_at(FED_KHOI), 0);
}

static void a_second_comment_stands_beside_the_first(void **state)
{
    (void)state;
    struct dg_id id = push_draft();

    assert_int_equal(comment(FED_KHOI, &id, "mttq", "một"), DG_OK);
    assert_int_equal(comment(FED_KHOI, &id, "mttq", "hai"), DG_OK);
    assert_int_equal(held_at(FED_XA, &id, "một"), 1);
    assert_int_equal(held_at(FED_XA, &id, "hai"), 1);
}

/* ---- refusals ------------------------------------------------------------------------------------ */

static void only_those_who_were_asked_may_comment(void **state)
{
    (void)state;
    struct dg_id id = push_draft(), other = fed_push(fed, FED_XA, NULL);

    assert_int_equal(comment(FED_KHOI, &id, "cap-uy", "tôi"), DG_ERR_NOT_RECEIVED);
    assert_int_equal(comment(FED_XA, &id, "van-phong", "tôi"), DG_ERR_NOT_RECEIVED);
    assert_int_equal(comment(FED_HUYEN, &other, "ban-dan-van", "tôi"), DG_ERR_NOT_ASKED);
    assert_int_equal(waits_at(FED_KHOI), 0);
}

static void a_unit_has_no_more_to_say_than_the_limit(void **state)
{
    (void)state;
    struct dg_id id = push_draft();

    for (unsigned i = 0; i < DG_COMMENTS_PER_UNIT_MAX; i++)
        assert_int_equal(comment(FED_KHOI, &id, "mttq", "nữa"), DG_OK);
    assert_int_equal(comment(FED_KHOI, &id, "mttq", "quá"), DG_ERR_TOO_LARGE);
    assert_int_equal(held_at(FED_XA, &id, "nữa"), DG_COMMENTS_PER_UNIT_MAX);
}

static void the_longest_comment_travels(void **state)
{
    (void)state;
    struct dg_id id = push_draft();
    struct dg_buf text;

    dg_buf_init(&text, DG_COMMENT_TEXT_MAX);
    while (text.size < DG_COMMENT_TEXT_MAX)
        dg_buf_add_text(&text, "a");
    char *whole = strndup((const char *)text.data, text.size);
    assert_int_equal(comment(FED_KHOI, &id, "mttq", whole), DG_OK);
    assert_int_equal(held_at(FED_XA, &id, whole), 1);
    free(whole);
    dg_buf_done(&text);
}

/* ---- proof --------------------------------------------------------------------------------------- */

static struct dg_bytes export_at(enum fed_place place, const struct dg_id *id, struct dg_arena *arena)
{
    struct fed_node *node = &fed->node[place];
    struct dg_txn *txn;
    struct dg_buf out;
    struct dg_fault fault = {0};

    dg_buf_init(&out, DG_TRAIL_MAX);
    assert_int_equal(dg_begin_read(node->store, &txn), DG_OK);
    assert_int_equal(dg_trail_build(txn, id, &node->signer, fed->now, &out, &fault), DG_OK);
    dg_abort(node->store, txn);
    struct dg_bytes file = dg_arena_copy(arena, dg_buf_bytes(&out));
    dg_buf_done(&out);
    return file;
}

static size_t checks_named(const struct dg_verification *verification, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < verification->check_count; i++)
        count += strcmp(verification->check[i].name, name) == 0;
    return count;
}

static void every_holder_of_comments_can_prove_them(void **state)
{
    (void)state;
    struct dg_id id = push_draft();

    assert_int_equal(comment(FED_KHOI, &id, "mttq", "một"), DG_OK);
    assert_int_equal(comment(FED_HUYEN, &id, "ban-dan-van", "hai"), DG_OK);
    for (enum fed_place place = FED_TINH; place <= FED_KHOI; place++) {
        struct dg_arena arena;
        struct dg_verification verification;
        struct dg_fault fault = {0};
        dg_arena_init(&arena, 0);
        struct dg_bytes file = export_at(place, &id, &arena);
        if (dg_trail_verify(&arena, file, &fed->root, &verification, &fault) != DG_OK)
            fail_msg("%s: %s", fed->node[place].unit, fault.what);
        size_t expected = place == FED_XA || place == FED_HUYEN ? 2 : 1; /* the way of each to its goals */
        assert_int_equal(checks_named(&verification, "comment"), expected);
        dg_arena_done(&arena);
    }
}

/* Seals what was altered anew, so that only the comment itself can give it away. */
static enum dg_err verify_resealed(enum fed_place place, const struct dg_trail *trail, struct dg_arena *arena)
{
    struct fed_node *node = &fed->node[place];
    struct dg_trail sealed = *trail;
    struct dg_verification verification;
    struct dg_fault fault = {0};
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_TRAIL_MAX);
    sealed.has_seal = false;
    assert_int_equal(dg_trail_encode(&sealed, &bytes), DG_OK);
    assert_int_equal(fed_sign(node, &node->keys.unit, DG_CONTEXT_TRAIL, dg_buf_bytes(&bytes), &sealed.seal),
                     DG_OK);
    sealed.has_seal = true;
    dg_buf_reset(&bytes);
    assert_int_equal(dg_trail_encode(&sealed, &bytes), DG_OK);
    enum dg_err err = dg_trail_verify(arena, dg_buf_bytes(&bytes), &fed->root, &verification, &fault);
    dg_buf_done(&bytes);
    if (err != DG_OK)
        assert_non_null(strstr(fault.what, "comment"));
    return err;
}

static void an_altered_comment_does_not_verify(void **state)
{
    (void)state;
    struct dg_id id = push_draft();
    struct dg_arena arena;
    struct dg_trail trail;
    struct dg_entry *entry = NULL;

    assert_int_equal(comment(FED_KHOI, &id, "mttq", "đồng ý"), DG_OK);
    dg_arena_init(&arena, 0);
    assert_int_equal(dg_trail_decode(&arena, export_at(FED_XA, &id, &arena), &trail, NULL), DG_OK);
    for (size_t i = 0; i < trail.event_count; i++)
        if (trail.event[i].has_signed)
            entry = &trail.event[i];
    assert_non_null(entry);
    assert_int_equal(verify_resealed(FED_XA, &trail, &arena), DG_OK);
    struct dg_signed genuine = entry->sealed;

    uint8_t *altered = dg_arena_alloc(&arena, genuine.body.size);
    memcpy(altered, genuine.body.data, genuine.body.size);
    for (size_t i = 0; i + 3 < genuine.body.size; i++)
        if (memcmp(altered + i, "đ", 2) == 0)
            memcpy(altered + i, "Đ", 2);
    entry->sealed.body = dg_bytes_at(altered, genuine.body.size);
    assert_int_equal(verify_resealed(FED_XA, &trail, &arena), DG_ERR_VERIFY_FAILED);
    entry->sealed = genuine;
    entry->sealed.sig.b[3] ^= 1;
    assert_int_equal(verify_resealed(FED_XA, &trail, &arena), DG_ERR_VERIFY_FAILED);
    entry->sealed = genuine;
    entry->has_signed = false;
    assert_int_equal(verify_resealed(FED_XA, &trail, &arena), DG_ERR_VERIFY_FAILED);
    dg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_comment_reaches_author_and_collector_once),
        TEST(a_comment_that_overtakes_its_draft_is_not_lost),
        TEST(a_second_comment_stands_beside_the_first),
        TEST(only_those_who_were_asked_may_comment),
        TEST(a_unit_has_no_more_to_say_than_the_limit),
        TEST(the_longest_comment_travels),
        TEST(every_holder_of_comments_can_prove_them),
        TEST(an_altered_comment_does_not_verify),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
