/* A turn: commit, then speak. Whatever goes wrong before the commit, nothing was said and nothing is
 * kept; whatever goes wrong after it, nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/core/identity.h"
#include "node/shell/turn.h"
#include "node/store/store_mem.h"

enum { NOW = 1795000000, PAIRS_MAX = 8 };
#define NOW_MS ((dg_ms)NOW * 1000)

struct fixture {
    struct dg_store *store;
    struct dg_node *node;
    struct dg_turn turn;
    struct dg_voice voice;
    size_t pair_count;
    struct dg_key key[PAIRS_MAX];
    struct dg_seed seed[PAIRS_MAX];
    struct dg_signer signer;
    /* What was said. */
    size_t reply_count, frame_count, judged;
    enum dg_err reply_err;
    uint64_t reply_client;
    const char *crash_where;
};

/* ---- builders ------------------------------------------------------------------------------------ */

static enum dg_err sign(void *ctx, const struct dg_key *key, const char *context, struct dg_bytes message,
                        struct dg_sig *ret)
{
    const struct fixture *f = ctx;
    for (size_t i = 0; i < f->pair_count; i++) {
        if (!dg_key_equal(&f->key[i], key))
            continue;
        *ret = dg_sign(&f->seed[i], context, message);
        return DG_OK;
    }
    return DG_ERR_NOT_PERMITTED;
}

static struct dg_key new_key(struct fixture *f)
{
    assert_true(f->pair_count < PAIRS_MAX);
    dg_keypair(&f->key[f->pair_count], &f->seed[f->pair_count]);
    return f->key[f->pair_count++];
}

static void random_bytes(void *ctx, void *ret, size_t size)
{
    (void)ctx;
    dg_random(ret, size);
}

static void judge(void *ctx, struct dg_claim claims[], size_t count)
{
    struct fixture *f = ctx;
    f->judged += count;
    for (size_t i = 0; i < count; i++)
        claims[i].ok = dg_verify(&claims[i].key, claims[i].context, claims[i].message, &claims[i].sig);
}

static enum dg_said hear_frame(void *ctx, uint64_t conn, struct dg_bytes frame)
{
    struct fixture *f = ctx;
    (void)conn;
    (void)frame;
    f->frame_count++;
    return DG_SAID;
}

static void hear_reply(void *ctx, uint64_t client, struct dg_bytes bytes)
{
    struct fixture *f = ctx;
    struct dg_arena arena;
    struct dg_ctl_reply reply;
    dg_arena_init(&arena, 0);
    assert_int_equal(dg_ctl_reply_decode(&arena, bytes, &reply, NULL), DG_OK);
    f->reply_err = reply.fault.err;
    f->reply_client = client;
    f->reply_count++;
    dg_arena_done(&arena);
}

static void hear_fact(void *ctx, const struct dg_fault *fault, const char *about)
{
    (void)ctx;
    (void)fault;
    (void)about;
}

static void hear_reset(void *ctx)
{
    (void)ctx;
}

static bool crash(void *ctx, const char *where)
{
    const struct fixture *f = ctx;
    return f->crash_where != NULL && strcmp(f->crash_where, where) == 0;
}

static void found(struct fixture *f)
{
    struct dg_seed seed;
    struct dg_slugs role = {.count = 1, .item = &(struct dg_bytes){(const uint8_t *)"cap-uy", 6}};
    struct dg_founding_organ organ = {
        .slug = dg_bytes_of("cap-uy"), .name = dg_bytes_of("Cấp ủy"), .role = role, .signing = new_key(f)};
    struct dg_founding founding = {
        .federation = dg_bytes_of("danvan.example"),
        .unit = dg_bytes_of("binh-phuoc"),
        .level = dg_bytes_of("province"),
        .name = dg_bytes_of("Tỉnh Bình Phước"),
        .endpoint = dg_bytes_of("tcp://127.0.0.1:7701"),
        .federation_key = new_key(f),
        .keys = {.has_unit = true,
                 .has_log = true,
                 .has_cosigner = true,
                 .has_transport = true,
                 .unit = new_key(f),
                 .log = new_key(f),
                 .cosigner = new_key(f)},
        .organ_count = 1,
        .organ = &organ,
        .now = NOW_MS,
    };
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_fault fault;
    dg_curve_keypair(&founding.keys.transport, &seed);
    dg_curve_keypair(&organ.sealing, &seed);
    (void)dg_fault(&fault, DG_OK);
    assert_int_equal(dg_begin_write(f->store, &txn), DG_OK);
    assert_int_equal(dg_found(txn, &founding, &f->signer, &fault), DG_OK);
    assert_int_equal(dg_commit(f->store, txn, &committed), DG_OK);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct dg_fault fault;
    f->signer = (struct dg_signer){.ctx = f, .sign = sign};
    f->store = dg_store_mem_new();
    found(f);
    struct dg_node_env env = {.signer = &f->signer, .random = random_bytes, .curve_of = dg_curve_key_of};
    assert_int_equal(dg_node_open(f->store, &env, &f->node, &fault), DG_OK);
    f->voice = (struct dg_voice){
        .ctx = f, .send = hear_frame, .reply = hear_reply, .fact = hear_fact, .uplink_reset = hear_reset};
    assert_int_equal(dg_turn_init(&f->turn, f->store, f->node, &f->voice, judge, f), DG_OK);
    f->turn.crash = crash;
    f->turn.crash_ctx = f;
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    dg_turn_done(&f->turn);
    dg_node_close(f->node);
    dg_store_close(f->store);
    free(f);
    return 0;
}

/* One turn with an invitation asked for on the control socket. */
static enum dg_err run_invite(struct fixture *f)
{
    struct dg_ctl_request request = {
        .verb = DG_CTL_INVITE,
        .unit = dg_bytes_of("dong-phu"),
        .level = dg_bytes_of("district"),
        .name = dg_bytes_of("Huyện Đồng Phú"),
        .for_ms = 86400000,
    };
    struct dg_buf buf;
    dg_buf_init(&buf, DG_CTL_MSG_MAX);
    assert_int_equal(dg_ctl_request_encode(&request, &buf), DG_OK);
    struct dg_event event[] = {{.kind = DG_EVENT_CTL, .client = 7, .bytes = dg_buf_bytes(&buf)},
                               {.kind = DG_EVENT_TICK}};
    enum dg_err err = dg_turn_run(&f->turn, event, 2, NOW_MS + 1000);
    dg_buf_done(&buf);
    return err;
}

static size_t invitations(const struct fixture *f)
{
    return dg_store_mem_rows(f->store, DG_TABLE_INVITATION);
}

/* ---- tests --------------------------------------------------------------------------------------- */

static void a_request_is_written_and_then_answered(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(run_invite(f), DG_OK);
    assert_int_equal(invitations(f), 1);
    assert_int_equal(f->reply_count, 1);
    assert_int_equal(f->reply_err, DG_OK);
    assert_int_equal(f->reply_client, 7);
}

static void a_full_store_is_told_to_the_client_and_the_node_goes_on(void **state)
{
    struct fixture *f = *state;
    dg_store_mem_fail_commit(f->store, 1, DG_ERR_STORE_FULL);
    assert_int_equal(run_invite(f), DG_ERR_STORE_FULL);
    assert_int_equal(f->reply_count, 1);
    assert_int_equal(f->reply_err, DG_ERR_STORE_FULL);
    assert_int_equal(invitations(f), 0);

    dg_store_mem_fail_commit(f->store, 0, DG_OK);
    assert_int_equal(run_invite(f), DG_OK);
    assert_int_equal(f->reply_count, 2);
    assert_int_equal(f->reply_err, DG_OK);
    assert_int_equal(invitations(f), 1);
}

static void a_put_that_finds_no_room_undoes_the_whole_batch(void **state)
{
    struct fixture *f = *state;
    dg_store_mem_fail_put(f->store, 1, DG_ERR_STORE_FULL);
    assert_int_equal(run_invite(f), DG_ERR_STORE_FULL);
    assert_int_equal(f->reply_err, DG_ERR_STORE_FULL);
    assert_int_equal(invitations(f), 0);
}

static void a_sick_disk_is_returned_to_the_caller(void **state)
{
    struct fixture *f = *state;
    dg_store_mem_fail_commit(f->store, 1, DG_ERR_STORE_IO);
    assert_int_equal(run_invite(f), DG_ERR_STORE_IO);
    assert_int_equal(f->frame_count, 0);
    assert_int_equal(f->reply_err, DG_ERR_STORE_IO);
}

/* The store's own operations, but the second reader of a turn, which is the one that speaks, finds no room.
 */
static const struct dg_store_ops *sound_ops;
static int readers_until_refusal;

static enum dg_err begin_or_refuse(struct dg_store *store, bool writable, struct dg_txn **ret)
{
    if (!writable && readers_until_refusal-- == 0)
        return DG_ERR_NO_MEMORY;
    return sound_ops->begin(store, writable, ret);
}

static void a_reply_is_given_even_if_nothing_can_be_read_after_the_commit(void **state)
{
    struct fixture *f = *state;
    sound_ops = f->store->ops;
    struct dg_store_ops refusing = *sound_ops;
    refusing.begin = begin_or_refuse;
    readers_until_refusal = 1;
    f->store->ops = &refusing;
    assert_int_equal(run_invite(f), DG_ERR_NO_MEMORY);
    f->store->ops = sound_ops;
    assert_int_equal(invitations(f), 1);
    assert_int_equal(f->reply_count, 1);
    assert_int_equal(f->reply_err, DG_OK);

    dg_store_mem_fail_commit(f->store, 1, DG_ERR_STORE_FULL);
    assert_int_equal(dg_turn_run(&f->turn, &(struct dg_event){.kind = DG_EVENT_TICK}, 1, NOW_MS + 2000),
                     DG_ERR_STORE_FULL);
    dg_store_mem_fail_commit(f->store, 0, DG_OK);
    assert_int_equal(dg_turn_run(&f->turn, NULL, 0, NOW_MS + 3000), DG_OK);
    assert_int_equal(f->reply_count, 1); /* once */
}

static void a_death_before_the_commit_says_and_keeps_nothing(void **state)
{
    struct fixture *f = *state;
    f->crash_where = "before commit";
    assert_int_equal(run_invite(f), DG_ERR_CANCELLED);
    assert_int_equal(f->reply_count + f->frame_count, 0);
    assert_int_equal(invitations(f), 0);
}

static void a_death_after_the_commit_says_nothing_and_keeps_all(void **state)
{
    struct fixture *f = *state;
    f->crash_where = "after commit";
    assert_int_equal(run_invite(f), DG_ERR_CANCELLED);
    assert_int_equal(f->reply_count + f->frame_count, 0);
    assert_int_equal(invitations(f), 1);
}

static void rubbish_costs_nobody_else_the_batch(void **state)
{
    struct fixture *f = *state;
    struct dg_event event[] = {
        {.kind = DG_EVENT_MESSAGE, .conn = 3, .bytes = dg_bytes_of("\xff\xff\xff not a frame")},
        {.kind = DG_EVENT_CTL, .client = 9, .bytes = dg_bytes_of("\xff\xff\xff not a request")},
        {.kind = DG_EVENT_GONE, .conn = 12345},
        {.kind = DG_EVENT_TICK},
    };
    assert_int_equal(dg_turn_run(&f->turn, event, 4, NOW_MS), DG_OK);
    assert_int_equal(run_invite(f), DG_OK);
    assert_int_equal(f->reply_err, DG_OK);
    assert_int_equal(f->judged, 0);
}

static void an_empty_batch_is_a_turn_too(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(dg_turn_run(&f->turn, NULL, 0, NOW_MS), DG_OK);
    assert_int_equal(f->reply_count + f->frame_count, 0);
}

int main(void)
{
    struct dg_fault fault;
    if (dg_crypto_start(&fault) != DG_OK)
        return 1;
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_request_is_written_and_then_answered),
        TEST(a_full_store_is_told_to_the_client_and_the_node_goes_on),
        TEST(a_put_that_finds_no_room_undoes_the_whole_batch),
        TEST(a_sick_disk_is_returned_to_the_caller),
        TEST(a_reply_is_given_even_if_nothing_can_be_read_after_the_commit),
        TEST(a_death_before_the_commit_says_and_keeps_nothing),
        TEST(a_death_after_the_commit_says_nothing_and_keeps_all),
        TEST(rubbish_costs_nobody_else_the_batch),
        TEST(an_empty_batch_is_a_turn_too),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
