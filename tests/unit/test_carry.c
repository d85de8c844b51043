/* test_carry.c - bundles: what they bring in, what they release, and what they cannot do. The federation is
 * that of support/federation.h; the bloc's line is cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/carry_impl.h"
#include "node/core/node_impl.h"
#include "tests/unit/support/federation.h"

enum { FILES_MAX = 16 };

static struct fed *fed;

/* The files of one bundle, the contents last. */
struct bundle {
    size_t count;
    struct dg_bytes file[FILES_MAX];
};

static int set_up(void **state)
{
    struct dg_fault fault;
    (void)state;
    assert_int_equal(dg_crypto_start(&fault), DG_OK);
    fed = fed_new(false);
    fed->cut_khoi = true;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fed_free(fed);
    return 0;
}

/* ---- carrying ------------------------------------------------------------------------------------- */

static struct dg_node_env env_of(struct fed_node *node)
{
    return (struct dg_node_env){
        .signer = &node->signer, .random = fed_random, .curve_of = dg_curve_key_of, .sealer = &node->sealer};
}

static struct bundle export_at(enum fed_place place, const char *unit)
{
    struct fed_node *from = &fed->node[place];
    struct dg_node_env env = env_of(from);
    struct bundle bundle = {.count = 0};
    struct dg_hash part[FILES_MAX];
    struct dg_carrying carrying;
    struct dg_node *reader;
    struct dg_txn *txn;
    struct dg_buf file;
    bool more = true;
    dg_buf_init(&file, DG_CARRIED_MAX);
    assert_int_equal(dg_begin_read(from->store, &txn), DG_OK);
    assert_int_equal(dg_node_peek(from->store, txn, &env, &reader, NULL), DG_OK);
    assert_int_equal(dg_carry_begin(reader, txn, dg_bytes_of(unit), fed->now, &carrying, NULL), DG_OK);
    while (more) {
        dg_buf_reset(&file);
        assert_int_equal(dg_carry_next(&carrying, txn, &file, &more), DG_OK);
        if (!more)
            break;
        assert_true(bundle.count < FILES_MAX - 1);
        part[bundle.count] = dg_sha256(dg_buf_bytes(&file));
        bundle.file[bundle.count++] = dg_arena_copy(&fed->arena, dg_buf_bytes(&file));
    }
    assert_int_equal(dg_carry_contents(&carrying, part, bundle.count, &file), DG_OK);
    bundle.file[bundle.count++] = dg_arena_copy(&fed->arena, dg_buf_bytes(&file));
    dg_buf_done(&file);
    dg_node_close(reader);
    dg_abort(from->store, txn);
    return bundle;
}

static struct dg_ctl_reply import_file(enum fed_place place, struct dg_bytes file)
{
    struct dg_ctl_request request = {.verb = DG_CTL_CARRY, .text = file};
    return fed_control(&fed->node[place], &request);
}

static struct dg_ctl_carried import_at(enum fed_place place, const struct bundle *bundle)
{
    struct dg_ctl_carried sum = {0};
    for (size_t i = 0; i < bundle->count; i++) {
        struct dg_ctl_reply reply = import_file(place, bundle->file[i]);
        assert_int_equal(reply.fault.err, DG_OK);
        sum.fresh += reply.carried.fresh;
        sum.known += reply.carried.known;
        sum.later += reply.carried.later;
        sum.refused += reply.carried.refused;
    }
    return sum;
}

static size_t rows(enum fed_place place, enum dg_table table)
{
    return dg_store_mem_rows(fed->node[place].store, table);
}

static bool holds(enum fed_place place, const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_held held;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    bool has = dg_held_get(txn, id, &held) == DG_OK;
    dg_abort(fed->node[place].store, txn);
    return has;
}

/* A file that says this, from a unit and signed with its key. */
static struct dg_bytes forge(enum fed_place from, enum fed_place signs, const char *to, struct dg_bytes frame,
                             struct dg_carried_answer *answer)
{
    struct fed_node *node = &fed->node[signs];
    struct dg_buf sealed, body, file;
    struct dg_carried carried = {.federation = dg_bytes_of(FED_NAME),
                                 .from = dg_bytes_of(fed->node[from].unit),
                                 .to = dg_bytes_of(to),
                                 .made_ms = fed->now,
                                 .number = 1,
                                 .answer_count = answer != NULL ? 1 : 0,
                                 .answer = answer};
    dg_buf_init(&sealed, DG_CARRIED_MAX);
    dg_buf_init(&body, DG_CARRIED_MAX);
    dg_buf_init(&file, DG_CARRIED_MAX);
    if (frame.size > 0)
        assert_int_equal(dg_seal(&fed->node[FED_TINH].keys.transport, frame, &sealed), DG_OK);
    carried.frame = dg_buf_bytes(&sealed);
    assert_int_equal(dg_carried_body(&carried, &body), DG_OK);
    assert_int_equal(fed_sign(node, &node->keys.unit, DG_CONTEXT_CARRIED, dg_buf_bytes(&body), &carried.sig),
                     DG_OK);
    assert_int_equal(dg_carried_encode(&carried, &file), DG_OK);
    struct dg_bytes made = dg_arena_copy(&fed->arena, dg_buf_bytes(&file));
    dg_buf_done(&sealed);
    dg_buf_done(&body);
    dg_buf_done(&file);
    return made;
}

/* ---- there and back ------------------------------------------------------------------------------- */

static void carried_report_is_taken_and_its_carried_receipt_releases_it(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    assert_int_equal(rows(FED_KHOI, DG_TABLE_OUTBOX), 1); /* export changes nothing */
    assert_false(holds(FED_TINH, &id));
    assert_int_equal(import_at(FED_TINH, &up).fresh, 1);
    assert_true(holds(FED_TINH, &id));
    struct bundle down = export_at(FED_TINH, "khoi");
    assert_true(import_at(FED_KHOI, &down).fresh >= 1);
    assert_int_equal(rows(FED_KHOI, DG_TABLE_OUTBOX), 0);
}

static void second_import_brings_nothing_new(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    (void)import_at(FED_TINH, &up);
    size_t leaves = rows(FED_TINH, DG_TABLE_LEAF), mail = rows(FED_TINH, DG_TABLE_MAIL);
    struct dg_ctl_carried again = import_at(FED_TINH, &up);
    assert_int_equal(again.fresh, 0);
    assert_int_equal(again.known, 1);
    assert_int_equal(rows(FED_TINH, DG_TABLE_LEAF), leaves);
    assert_int_equal(rows(FED_TINH, DG_TABLE_MAIL), mail);
    struct bundle down = export_at(FED_TINH, "khoi");
    (void)import_at(FED_KHOI, &down);
    assert_int_equal(import_at(FED_KHOI, &down).fresh, 0);
}

/* What has a tag is acknowledged by the next bundle, and not before. */
static void carried_state_leaves_its_outbox_when_its_answer_was_carried_back(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    (void)import_at(FED_TINH, &up);
    fed_mark(fed, FED_TINH, &id, "cap-uy", 3);
    size_t before = rows(FED_TINH, DG_TABLE_OUTBOX);
    struct bundle down = export_at(FED_TINH, "khoi");
    (void)import_at(FED_KHOI, &down);
    assert_int_equal(rows(FED_TINH, DG_TABLE_OUTBOX), before);
    struct bundle answers = export_at(FED_KHOI, "tinh");
    assert_int_equal(import_at(FED_TINH, &answers).fresh, before);
    assert_int_equal(rows(FED_TINH, DG_TABLE_OUTBOX), 0);
    assert_int_equal(import_at(FED_TINH, &answers).fresh, 0);
}

static void line_that_comes_back_drains_what_was_carried_too(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    (void)import_at(FED_TINH, &up);
    assert_true(rows(FED_TINH, DG_TABLE_CARRIED) > 0);
    fed_run(fed, 120); /* both ends notice that the line is dead */
    fed->cut_khoi = false;
    fed_run(fed, 60);
    assert_int_equal(rows(FED_KHOI, DG_TABLE_OUTBOX), 0);
    assert_int_equal(rows(FED_TINH, DG_TABLE_CARRIED), 0); /* greeted: everything was answered on the line */
    assert_true(holds(FED_TINH, &id));
    assert_int_equal(import_at(FED_TINH, &up).fresh, 0);
}

static void older_bundle_does_not_take_answers_away(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_KHOI, NULL);
    struct bundle first = export_at(FED_KHOI, "tinh");
    (void)fed_push(fed, FED_KHOI, NULL);
    struct bundle second = export_at(FED_KHOI, "tinh");
    (void)import_at(FED_TINH, &second);
    size_t answers = rows(FED_TINH, DG_TABLE_CARRIED);
    assert_int_equal(answers, 2);
    (void)import_at(FED_TINH, &first);
    assert_int_equal(rows(FED_TINH, DG_TABLE_CARRIED), answers);
}

static void newer_bundle_without_a_row_ends_its_answer(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    (void)import_at(FED_TINH, &up);
    struct bundle down = export_at(FED_TINH, "khoi");
    (void)import_at(FED_KHOI, &down);
    (void)fed_push(fed, FED_KHOI, NULL);
    struct bundle next = export_at(FED_KHOI, "tinh");
    (void)import_at(FED_TINH, &next);
    assert_int_equal(rows(FED_TINH, DG_TABLE_CARRIED), 1);
}

/* ---- what a bundle cannot do ------------------------------------------------------------------------ */

static void bundle_for_another_unit_is_refused(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    assert_int_equal(import_file(FED_HUYEN, up.file[0]).fault.err, DG_ERR_CARRY_NOT_OURS);
}

/* Known by name and key, but no neighbour: reports go from neighbour to neighbour. */
static void bundle_of_a_unit_that_is_no_neighbour_is_refused(void **state)
{
    (void)state;
    struct dg_frame frame = {.hello = NULL};
    struct dg_buf bytes;
    dg_buf_init(&bytes, DG_FRAME_MAX);
    assert_int_equal(dg_frame_encode(&frame, &bytes), DG_OK);
    struct dg_bytes file = forge(FED_XA, FED_XA, "tinh", dg_buf_bytes(&bytes), NULL);
    assert_int_equal(import_file(FED_TINH, file).fault.err, DG_ERR_UNKNOWN_MEMBER);
    dg_buf_done(&bytes);
}

static void bundle_signed_by_another_unit_is_damaged(void **state)
{
    (void)state;
    struct dg_bytes file = forge(FED_KHOI, FED_HUYEN, "tinh", dg_bytes_at(NULL, 0), NULL);
    assert_int_equal(import_file(FED_TINH, file).fault.err, DG_ERR_CARRY_DAMAGED);
}

static void file_with_any_byte_altered_brings_nothing_in(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    uint8_t *altered = dg_arena_alloc(&fed->arena, up.file[0].size);
    size_t leaves = rows(FED_TINH, DG_TABLE_LEAF), index = rows(FED_TINH, DG_TABLE_REPORT_IX);
    memcpy(altered, up.file[0].data, up.file[0].size);
    for (size_t i = 0; i < up.file[0].size; i += 1 + up.file[0].size / 200) {
        altered[i] ^= (uint8_t)(1u << i % 8);
        struct dg_ctl_reply reply = import_file(FED_TINH, dg_bytes_at(altered, up.file[0].size));
        assert_true(reply.fault.err == DG_ERR_CARRY_DAMAGED || reply.fault.err == DG_ERR_CARRY_NOT_OURS ||
                    reply.fault.err == DG_ERR_UNKNOWN_MEMBER);
        altered[i] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(rows(FED_TINH, DG_TABLE_LEAF), leaves);
    assert_int_equal(rows(FED_TINH, DG_TABLE_REPORT_IX), index);
}

static void file_cut_off_anywhere_is_damaged(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    for (size_t size = 1; size < up.file[0].size; size += 1 + up.file[0].size / 50)
        assert_int_equal(import_file(FED_TINH, dg_bytes_at(up.file[0].data, size)).fault.err,
                         DG_ERR_CARRY_DAMAGED);
}

/* A thief has the stick and every public key. */
static void nobody_but_the_receiver_can_open_a_file(void **state)
{
    (void)state;
    (void)fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    struct dg_carried carried;
    struct dg_buf opened;
    dg_buf_init(&opened, DG_FRAME_MAX);
    assert_int_equal(dg_carried_decode(&fed->arena, up.file[0], &carried, NULL), DG_OK);
    for (enum fed_place place = FED_HUYEN; place <= FED_KHOI; place++)
        assert_int_equal(dg_unseal(&fed->node[place].transport, carried.frame, &opened), DG_ERR_MALFORMED);
    assert_int_equal(dg_unseal(&fed->node[FED_TINH].transport, carried.frame, &opened), DG_OK);
    dg_buf_done(&opened);
}

static uint64_t first_tag(enum fed_place place, enum dg_queued_kind kind);

/* After a restore a tag may name another row than when the bundle was made. */
static void answer_releases_only_the_very_record_that_it_names(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    (void)import_at(FED_TINH, &up);
    fed_mark(fed, FED_TINH, &id, "cap-uy", 3);
    size_t before = rows(FED_TINH, DG_TABLE_OUTBOX);
    struct dg_carried_answer answer = {.tag = first_tag(FED_TINH, DG_QUEUED_CUSTODY), .what = {.b = {1}}};
    struct dg_bytes file = forge(FED_KHOI, FED_KHOI, "tinh", dg_bytes_at(NULL, 0), &answer);
    assert_int_equal(import_file(FED_TINH, file).carried.fresh, 0);
    assert_int_equal(rows(FED_TINH, DG_TABLE_OUTBOX), before);
}

/* A report leaves an outbox by a receipt alone, whoever says that he has it. */
static void answer_without_a_receipt_releases_no_report(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_TINH, "mttq@khoi");
    struct dg_carried_answer answer = {.tag = first_tag(FED_TINH, DG_QUEUED_REPORT)};
    memcpy(answer.what.b, id.b, sizeof id.b);
    struct dg_bytes file = forge(FED_KHOI, FED_KHOI, "tinh", dg_bytes_at(NULL, 0), &answer);
    assert_int_equal(import_file(FED_TINH, file).carried.fresh, 0);
    assert_true(rows(FED_TINH, DG_TABLE_OUTBOX) > 0);
    answer.code = dg_bytes_of("MALFORMED"); /* but it can be refused, and is held then */
    file = forge(FED_KHOI, FED_KHOI, "tinh", dg_bytes_at(NULL, 0), &answer);
    assert_int_equal(import_file(FED_TINH, file).carried.fresh, 1);
    assert_int_equal(import_file(FED_TINH, file).carried.fresh, 0);
    assert_true(rows(FED_TINH, DG_TABLE_ATTENTION) > 0);
}

struct tag_search {
    enum dg_queued_kind kind;
    uint64_t tag;
};

static bool match_kind(void *ctx, const struct dg_queued *queued)
{
    struct tag_search *search = ctx;
    if (queued->kind == search->kind && dg_bytes_is(queued->unit, "khoi"))
        search->tag = dg_tag(queued->lane, queued->seq);
    return search->tag == 0;
}

static uint64_t first_tag(enum fed_place place, enum dg_queued_kind kind)
{
    struct tag_search search = {.kind = kind};
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_queue_each(txn, dg_bytes_at(NULL, 0), match_kind, &search);
    dg_abort(fed->node[place].store, txn);
    assert_true(search.tag != 0);
    return search.tag;
}

static void dry_run_judges_and_changes_nothing(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    struct bundle up = export_at(FED_KHOI, "tinh");
    struct dg_ctl_request request = {.verb = DG_CTL_CARRY, .text = up.file[0], .dry_run = true};
    assert_int_equal(fed_control(&fed->node[FED_TINH], &request).fault.err, DG_OK);
    assert_false(holds(FED_TINH, &id));
}

static bool find_unit(void *ctx, struct dg_bytes unit)
{
    char *found = ctx;
    memcpy(found, unit.data, unit.size);
    found[unit.size] = '\0';
    return false;
}

static void held_report_is_not_carried(void **state)
{
    (void)state;
    struct dg_id id = fed_push(fed, FED_KHOI, NULL);
    char hex[DG_HEX_BYTES];
    dg_hex(id.b, sizeof id.b, hex);
    struct dg_ctl_request hold = {.verb = DG_CTL_QUEUE, .action = DG_QUEUE_HOLD, .report = dg_bytes_of(hex)};
    assert_int_equal(fed_control(&fed->node[FED_KHOI], &hold).fault.err, DG_OK);
    assert_int_equal(export_at(FED_KHOI, "tinh").count, 1); /* the contents alone */
}

static void neighbours_for_whom_something_waits_are_listed(void **state)
{
    (void)state;
    struct fed_node *khoi = &fed->node[FED_KHOI];
    struct dg_node_env env = env_of(khoi);
    struct dg_node *reader;
    struct dg_txn *txn;
    char unit[DG_SLUG_MAX + 1] = "";
    (void)fed_push(fed, FED_KHOI, NULL);
    assert_int_equal(dg_begin_read(khoi->store, &txn), DG_OK);
    assert_int_equal(dg_node_peek(khoi->store, txn, &env, &reader, NULL), DG_OK);
    dg_carry_each(reader, txn, find_unit, unit);
    assert_string_equal(unit, "tinh");
    dg_node_close(reader);
    dg_abort(khoi->store, txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(carried_report_is_taken_and_its_carried_receipt_releases_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(second_import_brings_nothing_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(carried_state_leaves_its_outbox_when_its_answer_was_carried_back,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(line_that_comes_back_drains_what_was_carried_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(older_bundle_does_not_take_answers_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(newer_bundle_without_a_row_ends_its_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bundle_for_another_unit_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bundle_of_a_unit_that_is_no_neighbour_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bundle_signed_by_another_unit_is_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(file_with_any_byte_altered_brings_nothing_in, set_up, tear_down),
        cmocka_unit_test_setup_teardown(file_cut_off_anywhere_is_damaged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_but_the_receiver_can_open_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answer_releases_only_the_very_record_that_it_names, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(answer_without_a_receipt_releases_no_report, set_up, tear_down),
        cmocka_unit_test_setup_teardown(dry_run_judges_and_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(held_report_is_not_carried, set_up, tear_down),
        cmocka_unit_test_setup_teardown(neighbours_for_whom_something_waits_are_listed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
