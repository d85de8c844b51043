/* test_bulk.c - attachments between nodes: what arrives, what a cut, a crash, a full disk and a liar do to
 * it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/node_impl.h"
#include "tests/unit/support/federation.h"

enum { SIZE = 700001, CHUNKS = 43 };

static uint8_t content[SIZE];

/* What went over the lines, and what shall happen there. */
static struct {
    unsigned pieces, chunks; /* seen */
    bool drop_pieces, break_pieces;
    unsigned lose; /* the piece of that number is lost, with its line */
    bool lost;
} line;

static bool tap(struct fed *fed, int from, int to, struct dg_bytes bytes)
{
    struct dg_arena arena;
    struct dg_frame frame;
    bool arrives = true;
    dg_arena_init(&arena, 0);
    assert_int_equal(dg_frame_decode(&arena, bytes, &frame, NULL), DG_OK);
    for (size_t i = 0; i < frame.piece_count; i++) {
        line.pieces++;
        line.chunks += frame.piece[i].run.count;
    }
    if (frame.piece_count > 0) {
        line.lost = line.lose == line.pieces;
        arrives = !line.drop_pieces && !line.lost;
        if (line.break_pieces)
            ((uint8_t *)(uintptr_t)bytes.data)[bytes.size / 2] ^= 1;
    }
    dg_arena_done(&arena);
    (void)fed;
    (void)from;
    (void)to;
    return arrives;
}

static struct dg_attachment manifest(void)
{
    struct dg_attachment attachment = {.name = dg_bytes_of("bảng kê.xlsx")};
    struct dg_survey survey;
    for (size_t i = 0; i < SIZE; i++)
        content[i] = (uint8_t)((i * i) >> 7 ^ i * 131);
    dg_survey_start(&survey, DG_CHUNK_BYTES);
    for (size_t at = 0; at < SIZE; at += DG_PIECE_BYTES)
        dg_survey_add(&survey,
                      dg_bytes_at(content + at, SIZE - at < DG_PIECE_BYTES ? SIZE - at : DG_PIECE_BYTES));
    assert_int_equal(dg_survey_end(&survey, &attachment), DG_OK);
    dg_survey_free(&survey);
    return attachment;
}

static enum dg_attached_state state_at(struct fed *fed, enum fed_place place,
                                       const struct dg_attachment *attachment)
{
    struct dg_txn *txn;
    struct dg_attached attached;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    (void)dg_attached_find(txn, attachment, &attached);
    dg_abort(fed->node[place].store, txn);
    return attached.state;
}

static uint64_t bytes_at(struct fed *fed, enum fed_place place, const struct dg_attachment *attachment)
{
    struct dg_txn *txn;
    struct dg_attached attached;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    (void)dg_attached_find(txn, attachment, &attached);
    dg_abort(fed->node[place].store, txn);
    return dg_attached_bytes(&attached);
}

/* Attaches the content at that unit, and waits until the node has checked it. */
static void attach(struct fed *fed, enum fed_place place, const struct dg_attachment *attachment)
{
    struct dg_ctl_request request = {
        .verb = DG_CTL_ATTACH, .attachment = *attachment, .file = dg_bytes_of("new-1")};
    dg_files_mem_new_file(fed->node[place].files, "new-1", dg_bytes_at(content, SIZE));
    assert_int_equal(fed_control(&fed->node[place], &request).fault.err, DG_OK);
    fed_run(fed, 3);
    assert_int_equal(state_at(fed, place, attachment), DG_ATTACHED_WHOLE);
}

/* Pushes the commune's monthly report with it, to the district and, as a copy, to the province. */
static struct dg_id push(struct fed *fed, struct dg_attachment *attachment)
{
    struct dg_bytes also_to = dg_bytes_of("cap-uy@tinh");
    struct dg_report draft = {.kind = dg_bytes_of("periodic"),
                              .period = dg_bytes_of("2026-10"),
                              .also_to_count = 1,
                              .also_to = &also_to,
                              .attachment_count = 1,
                              .attachment = attachment};
    struct dg_ctl_reply reply = fed_push_as(fed, FED_XA, "cap-uy", &draft, NULL, 0);
    assert_int_equal(reply.fault.err, DG_OK);
    return reply.id;
}

static bool has_report(struct fed *fed, enum fed_place place, const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_held held;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    bool has = dg_held_get(txn, id, &held) == DG_OK;
    dg_abort(fed->node[place].store, txn);
    return has;
}

static bool count_row(void *ctx, const struct dg_queued *queued)
{
    *(size_t *)ctx += queued->lane == DG_LANE_BULK;
    return true;
}

static size_t rows_at(struct fed *fed, enum fed_place place)
{
    struct dg_txn *txn;
    size_t count = 0;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_queue_each(txn, dg_bytes_at(NULL, 0), count_row, &count);
    dg_abort(fed->node[place].store, txn);
    return count;
}

static bool find_attention(void *ctx, const struct dg_attention *item)
{
    const char **code = ctx;
    if (dg_bytes_is(item->code, *code))
        *code = NULL;
    return *code != NULL;
}

static bool noted_at(struct fed *fed, enum fed_place place, const char *code)
{
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_attention_each(txn, find_attention, &code);
    dg_abort(fed->node[place].store, txn);
    return code == NULL;
}

static void same_bytes_at(struct fed *fed, enum fed_place place, const struct dg_attachment *attachment)
{
    static uint8_t got[SIZE];
    struct dg_files *files = fed->node[place].files;
    assert_int_equal(files->ops->read(files, DG_FILE_WHOLE, &attachment->sha256, 0, got, SIZE), DG_OK);
    assert_memory_equal(got, content, SIZE);
    assert_int_equal(dg_files_mem_count(files, DG_FILE_PART), 0);
}

static struct fed *begin(void)
{
    struct fed *fed = fed_new(false);
    memset(&line, 0, sizeof line);
    fed->tap = tap;
    return fed;
}

/* The process of a node ends and begins anew. */
static void restart(struct fed_node *node)
{
    dg_turn_done(&node->turn);
    dg_node_close(node->node);
    fed_open(node);
}

static void an_attachment_arrives_wherever_its_report_does(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    attach(fed, FED_XA, &attachment);
    struct dg_id id = push(fed, &attachment);
    fed_run(fed, 30);
    assert_true(has_report(fed, FED_TINH, &id));
    assert_int_equal(state_at(fed, FED_KHOI, &attachment), 0);
    for (enum fed_place place = FED_TINH; place <= FED_XA; place++) {
        assert_int_equal(state_at(fed, place, &attachment), DG_ATTACHED_WHOLE);
        same_bytes_at(fed, place, &attachment);
        assert_int_equal(rows_at(fed, place), 0);
    }
    assert_int_equal(line.chunks, 2 * CHUNKS);
    fed_free(fed);
}

static void a_report_is_there_before_its_attachment(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    attach(fed, FED_XA, &attachment);
    line.drop_pieces = true;
    struct dg_id id = push(fed, &attachment);
    assert_true(has_report(fed, FED_TINH, &id));
    assert_int_equal(state_at(fed, FED_HUYEN, &attachment), DG_ATTACHED_COMING);
    assert_int_equal(rows_at(fed, FED_XA), 1);
    assert_int_equal(rows_at(fed, FED_HUYEN), 1);
    line.drop_pieces = false;
    fed_run(fed, 120);
    same_bytes_at(fed, FED_TINH, &attachment);
    fed_free(fed);
}

static void nothing_is_pushed_with_what_was_not_taken_in(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    struct dg_report draft = {.kind = dg_bytes_of("periodic"),
                              .period = dg_bytes_of("2026-10"),
                              .attachment_count = 1,
                              .attachment = &attachment};
    assert_int_equal(fed_push_as(fed, FED_XA, "cap-uy", &draft, NULL, 0).fault.err, DG_ERR_NOT_FOUND);
    fed_free(fed);
}

static void the_same_content_is_not_fetched_twice(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    attach(fed, FED_XA, &attachment);
    (void)push(fed, &attachment);
    fed_run(fed, 30);
    unsigned before = line.pieces;
    attachment.name = dg_bytes_of("another name");
    (void)push(fed, &attachment);
    fed_run(fed, 30);
    assert_int_equal(line.pieces, before);
    assert_int_equal(rows_at(fed, FED_XA) + rows_at(fed, FED_HUYEN), 0);
    fed_free(fed);
}

static void a_cut_costs_one_piece(void **state)
{
    (void)state;
    for (unsigned at = 1; at <= 4; at++) {
        struct fed *fed = begin();
        struct dg_attachment attachment = manifest();
        attach(fed, FED_XA, &attachment);
        line.lose = at;
        (void)push(fed, &attachment);
        struct dg_event gone = {.kind = DG_EVENT_GONE, .conn = DG_NODE_BULK};
        fed_turn(&fed->node[FED_XA], &gone);
        fed_run(fed, 90);
        same_bytes_at(fed, FED_TINH, &attachment);
        assert_true(line.chunks > 2 * CHUNKS);
        assert_true(line.chunks <= 2 * CHUNKS + DG_PIECE_BYTES / DG_CHUNK_BYTES);
        fed_free(fed);
    }
}

static void a_restart_resumes_at_the_missing_chunk(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    attach(fed, FED_XA, &attachment);
    line.lose = 3;
    (void)push(fed, &attachment);
    uint64_t here = bytes_at(fed, FED_HUYEN, &attachment);
    assert_true(here > 0 && here < SIZE);
    restart(&fed->node[FED_HUYEN]);
    assert_int_equal(bytes_at(fed, FED_HUYEN, &attachment), here);
    fed_run(fed, 120);
    same_bytes_at(fed, FED_HUYEN, &attachment);
    same_bytes_at(fed, FED_TINH, &attachment);
    assert_true(line.chunks <= 2 * CHUNKS + DG_PIECE_BYTES / DG_CHUNK_BYTES);
    fed_free(fed);
}

static void a_piece_that_does_not_fit_is_thrown_away(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    attach(fed, FED_XA, &attachment);
    line.break_pieces = true;
    (void)push(fed, &attachment);
    fed_run(fed, 70);
    assert_true(line.pieces > 1);
    assert_int_equal(bytes_at(fed, FED_HUYEN, &attachment), 0);
    line.break_pieces = false;
    fed_run(fed, 120);
    same_bytes_at(fed, FED_TINH, &attachment);
    fed_free(fed);
}

/* C17: the chunk was written and not synced. */
static void c17_a_bit_is_not_set_before_its_chunk_is_durable(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    attach(fed, FED_XA, &attachment);
    dg_files_mem_fail(fed->node[FED_HUYEN].files, 2, DG_ERR_STORE_FULL); /* the first sync */
    line.lose = 2;
    (void)push(fed, &attachment);
    assert_int_equal(bytes_at(fed, FED_HUYEN, &attachment), 0);
    dg_files_mem_crash(fed->node[FED_HUYEN].files);
    restart(&fed->node[FED_HUYEN]);
    fed_run(fed, 120);
    same_bytes_at(fed, FED_HUYEN, &attachment);
    fed_free(fed);
}

/* C18: a crash before the rename leaves parts; those that nobody needs go at the start. */
static void c18_parts_that_no_row_asks_for_are_removed_at_the_start(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct fed_node *node = &fed->node[FED_HUYEN];
    struct dg_hash nobody = {.b = {7}};
    assert_int_equal(node->files->ops->write(node->files, &nobody, 0, dg_bytes_of("left")), DG_OK);
    assert_int_equal(node->files->ops->sync(node->files), DG_OK);
    dg_files_mem_new_file(node->files, "new-9", dg_bytes_of("left too"));
    restart(node);
    assert_int_equal(dg_files_mem_count(node->files, DG_FILE_PART), 0);
    assert_int_equal(node->files->ops->take_in(node->files, dg_bytes_of("new-9"), &nobody), DG_ERR_NOT_FOUND);
    fed_free(fed);
}

/* C19: the file has its last name, and no transaction says so. */
static void c19_a_whole_that_no_row_knows_of_is_adopted(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    struct dg_hash part = dg_attachment_content(&attachment);
    struct fed_node *node = &fed->node[FED_HUYEN];
    attach(fed, FED_XA, &attachment);
    line.drop_pieces = true;
    (void)push(fed, &attachment);
    assert_int_equal(state_at(fed, FED_HUYEN, &attachment), DG_ATTACHED_COMING);
    assert_int_equal(node->files->ops->write(node->files, &part, 0, dg_bytes_at(content, SIZE)), DG_OK);
    assert_int_equal(node->files->ops->sync(node->files), DG_OK);
    assert_int_equal(node->files->ops->finish(node->files, &part, &attachment.sha256), DG_OK);
    unsigned before = line.pieces;
    restart(node);
    fed_run(fed, 10);
    assert_int_equal(state_at(fed, FED_HUYEN, &attachment), DG_ATTACHED_WHOLE);
    assert_true(line.pieces <= before + 2); /* on its way up, which is cut as well */
    fed_free(fed);
}

static void there_is_room_or_no_piece_is_asked_for(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    attach(fed, FED_XA, &attachment);
    dg_files_mem_disk(fed->node[FED_HUYEN].files, SIZE);
    struct dg_id id = push(fed, &attachment);
    fed_run(fed, 60);
    assert_int_equal(line.pieces, 0);
    assert_true(has_report(fed, FED_TINH, &id));
    assert_true(noted_at(fed, FED_HUYEN, "NO_ROOM"));
    assert_int_equal(rows_at(fed, FED_XA), 1);
    dg_files_mem_disk(fed->node[FED_HUYEN].files, 10 * SIZE);
    fed_run(fed, 900);
    same_bytes_at(fed, FED_TINH, &attachment);
    fed_free(fed);
}

static void chunks_that_the_disk_has_lost_are_fetched_again(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    struct dg_hash part = dg_attachment_content(&attachment);
    attach(fed, FED_XA, &attachment);
    line.lose = 3;
    (void)push(fed, &attachment);
    assert_true(dg_files_mem_decay(fed->node[FED_HUYEN].files, DG_FILE_PART, &part, 5));
    fed_run(fed, 200);
    same_bytes_at(fed, FED_HUYEN, &attachment);
    same_bytes_at(fed, FED_TINH, &attachment);
    assert_true(noted_at(fed, FED_HUYEN, "BAD_ATTACHMENT"));
    fed_free(fed);
}

/* Puts what a dishonest author's node would: a whole under a hash that is not its own. */
static void pretend(struct fed_node *node, const struct dg_attachment *attachment)
{
    struct dg_attached attached;
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_hash_tree tree;
    struct dg_survey survey;
    struct dg_attachment real;
    dg_survey_start(&survey, DG_CHUNK_BYTES);
    for (size_t at = 0; at < SIZE; at += DG_PIECE_BYTES)
        dg_survey_add(&survey,
                      dg_bytes_at(content + at, SIZE - at < DG_PIECE_BYTES ? SIZE - at : DG_PIECE_BYTES));
    assert_int_equal(dg_survey_end(&survey, &real), DG_OK);
    assert_int_equal(dg_hash_tree_build(&tree, survey.piece, survey.piece_count), DG_OK);
    dg_hash_tree_free(&tree);
    assert_int_equal(dg_begin_write(node->store, &txn), DG_OK);
    (void)dg_attached_find(txn, attachment, &attached);
    attached.state = DG_ATTACHED_WHOLE;
    dg_attached_put(txn, &attached);
    dg_attached_put_pieces(txn, &attached, survey.piece, survey.piece_count);
    assert_int_equal(dg_commit(node->store, txn, &committed), DG_OK);
    dg_survey_free(&survey);
    struct dg_files *files = node->files;
    assert_int_equal(files->ops->write(files, &attached.content, 0, dg_bytes_at(content, SIZE)), DG_OK);
    assert_int_equal(files->ops->sync(files), DG_OK);
    assert_int_equal(files->ops->finish(files, &attached.content, &attachment->sha256), DG_OK);
}

static void a_file_that_is_not_what_its_hash_says_is_refused_and_the_report_stands(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    attachment.sha256.b[0] ^= 1;
    pretend(&fed->node[FED_XA], &attachment);
    struct dg_id id = push(fed, &attachment);
    fed_run(fed, 30);
    assert_true(has_report(fed, FED_TINH, &id));
    assert_int_equal(state_at(fed, FED_HUYEN, &attachment), DG_ATTACHED_REFUSED);
    assert_true(noted_at(fed, FED_HUYEN, "BAD_ATTACHMENT"));
    assert_true(noted_at(fed, FED_XA, "BAD_ATTACHMENT"));
    assert_int_equal(dg_files_mem_count(fed->node[FED_HUYEN].files, DG_FILE_WHOLE), 0);
    assert_int_equal(state_at(fed, FED_TINH, &attachment), DG_ATTACHED_COMING);
    fed_free(fed);
}

static void what_is_attached_must_be_what_was_said(void **state)
{
    (void)state;
    struct fed *fed = begin();
    struct dg_attachment attachment = manifest();
    struct dg_ctl_request request = {
        .verb = DG_CTL_ATTACH, .attachment = attachment, .file = dg_bytes_of("new-1")};
    assert_int_equal(fed_control(&fed->node[FED_XA], &request).fault.err, DG_ERR_NOT_FOUND);
    dg_files_mem_new_file(fed->node[FED_XA].files, "new-1", dg_bytes_at(content, SIZE - 1));
    assert_int_equal(fed_control(&fed->node[FED_XA], &request).fault.err, DG_OK);
    fed_run(fed, 3);
    assert_int_equal(fed_control(&fed->node[FED_XA], &request).fault.err, DG_ERR_BAD_ATTACHMENT);
    attach(fed, FED_XA, &attachment);
    fed_free(fed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_attachment_arrives_wherever_its_report_does),
        cmocka_unit_test(a_report_is_there_before_its_attachment),
        cmocka_unit_test(nothing_is_pushed_with_what_was_not_taken_in),
        cmocka_unit_test(the_same_content_is_not_fetched_twice),
        cmocka_unit_test(a_cut_costs_one_piece),
        cmocka_unit_test(a_restart_resumes_at_the_missing_chunk),
        cmocka_unit_test(a_piece_that_does_not_fit_is_thrown_away),
        cmocka_unit_test(c17_a_bit_is_not_set_before_its_chunk_is_durable),
        cmocka_unit_test(c18_parts_that_no_row_asks_for_are_removed_at_the_start),
        cmocka_unit_test(c19_a_whole_that_no_row_knows_of_is_adopted),
        cmocka_unit_test(there_is_room_or_no_piece_is_asked_for),
        cmocka_unit_test(chunks_that_the_disk_has_lost_are_fetched_again),
        cmocka_unit_test(a_file_that_is_not_what_its_hash_says_is_refused_and_the_report_stands),
        cmocka_unit_test(what_is_attached_must_be_what_was_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
