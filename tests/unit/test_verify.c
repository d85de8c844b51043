/* test_verify.c - a trail proves what it says, and nothing that was changed in it passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/audit/verify.h"
#include "node/cli/export.h"
#include "tests/unit/support/federation.h"

/* One exported trail; the second is of another report, for parts to be swapped with. */
struct exported {
    struct dg_bytes file;
    struct dg_id id;
    int place;
};

static struct fed *fed;
static struct exported from_xa, from_tinh, from_khoi, from_huyen, waiting;
static struct dg_arena kept;

static struct exported export_from(enum fed_place place, const struct dg_id *id)
{
    struct fed_node *node = &fed->node[place];
    struct dg_txn *txn;
    struct dg_buf out;
    struct dg_fault fault = {0};

    dg_buf_init(&out, DG_TRAIL_MAX);
    assert_int_equal(dg_begin_read(node->store, &txn), DG_OK);
    enum dg_err err = dg_trail_build(txn, id, &node->signer, fed->now, &out, &fault);
    if (err != DG_OK)
        print_message("%s %s\n", dg_err_name(err), fault.what);
    assert_int_equal(err, DG_OK);
    dg_abort(node->store, txn);
    struct exported ret = {.file = dg_arena_copy(&kept, dg_buf_bytes(&out)), .id = *id, .place = (int)place};
    dg_buf_done(&out);
    return ret;
}

/* With DG_TRAILS_TO the trails are left in that folder, as a corpus for fuzz_verify. */
static void leave_trail(const struct exported *exported, const char *name)
{
    const char *folder = getenv("DG_TRAILS_TO");
    char path[512];

    if (folder == NULL)
        return;
    snprintf(path, sizeof path, "%s/%s.trail", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(exported->file.data, 1, exported->file.size, file), exported->file.size);
    fclose(file);
}

static int make_federation(void **state)
{
    struct dg_fault fault;

    (void)state;
    assert_int_equal(dg_crypto_start(&fault), DG_OK);
    dg_arena_init(&kept, 0);
    fed = fed_new(true);
    struct dg_id id = fed_push(fed, FED_XA, "mttq@khoi");
    fed_mark(fed, FED_HUYEN, &id, "ban-dan-van", 3);
    from_xa = export_from(FED_XA, &id);
    from_tinh = export_from(FED_TINH, &id);
    from_khoi = export_from(FED_KHOI, &id);
    fed->cut_khoi = true;
    id = fed_push(fed, FED_XA, "mttq@khoi");
    waiting = export_from(FED_XA, &id);
    id = fed_push(fed, FED_HUYEN, "van-phong@xa");
    fed_mark(fed, FED_HUYEN, &id, "ban-dan-van", 3);
    from_huyen = export_from(FED_HUYEN, &id);
    leave_trail(&from_xa, "from-xa");
    leave_trail(&from_tinh, "from-tinh");
    leave_trail(&from_khoi, "from-khoi");
    leave_trail(&waiting, "waiting");
    leave_trail(&from_huyen, "from-huyen");
    return 0;
}

static int free_federation(void **state)
{
    (void)state;
    fed_free(fed);
    dg_arena_done(&kept);
    return 0;
}

/* --- helpers -------------------------------------------------------------------------------- */

struct result {
    struct dg_arena arena;
    enum dg_err err;
    struct dg_verification verification;
    struct dg_fault fault;
};

static void verify(struct dg_bytes file, const struct dg_verifier *root, struct result *ret)
{
    memset(ret, 0, sizeof *ret);
    dg_arena_init(&ret->arena, 0);
    ret->err = dg_trail_verify(&ret->arena, file, root, &ret->verification, &ret->fault);
    assert_true(ret->verification.verified == (ret->err == DG_OK));
}

static void done(struct result *result)
{
    dg_arena_done(&result->arena);
}

static void assert_verifies(const struct exported *exported, struct result *ret)
{
    verify(exported->file, &fed->root, ret);
    if (ret->err != DG_OK)
        print_message("%s\n", ret->fault.what);
    assert_int_equal(ret->err, DG_OK);
    assert_true(dg_id_equal(&ret->verification.id, &exported->id));
}

static enum dg_err verdict(struct dg_bytes file)
{
    struct result result;

    verify(file, &fed->root, &result);
    enum dg_err err = result.err;
    done(&result);
    return err;
}

static const struct dg_owed *owed_to(const struct dg_verification *verification, const char *organ,
                                     const char *unit)
{
    for (size_t i = 0; i < verification->owed_count; i++) {
        if (dg_bytes_is(verification->owed[i].organ, organ) && dg_bytes_is(verification->owed[i].unit, unit))
            return &verification->owed[i];
    }
    fail_msg("nothing is owed to %s@%s", organ, unit);
    return NULL;
}

static bool has_check(const struct dg_verification *verification, const char *name)
{
    for (size_t i = 0; i < verification->check_count; i++) {
        if (strcmp(verification->check[i].name, name) == 0)
            return true;
    }
    return false;
}

static void decode(struct dg_arena *arena, struct dg_bytes file, struct dg_trail *ret)
{
    assert_int_equal(dg_trail_decode(arena, file, ret, NULL), DG_OK);
}

/* Encodes a changed trail, sealed anew by the unit at place when it is not negative. */
static struct dg_bytes encode(struct dg_arena *arena, struct dg_trail *trail, int place)
{
    struct dg_buf buf;

    dg_buf_init(&buf, DG_TRAIL_MAX);
    if (place >= 0) {
        struct fed_node *node = &fed->node[place];
        trail->has_seal = false;
        assert_int_equal(dg_trail_encode(trail, &buf), DG_OK);
        assert_int_equal(fed_sign(node, &node->keys.unit, DG_CONTEXT_TRAIL, dg_buf_bytes(&buf), &trail->seal),
                         DG_OK);
        trail->has_seal = true;
        dg_buf_reset(&buf);
    }
    assert_int_equal(dg_trail_encode(trail, &buf), DG_OK);
    struct dg_bytes file = dg_arena_copy(arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return file;
}

/* --- what verifies -------------------------------------------------------------------------- */

static void trail_of_its_author_verifies(void **state)
{
    struct result result;

    (void)state;
    assert_verifies(&from_xa, &result);
    assert_true(has_check(&result.verification, "mandate"));
    assert_int_equal(result.verification.owed_count, 3);
    const struct dg_owed *to = owed_to(&result.verification, "cap-uy", "huyen");
    assert_true(to->delivered && to->as == DG_AS_TO && to->state == 1 && to->rule_count == 1);
    const struct dg_owed *copy = owed_to(&result.verification, "ban-dan-van", "huyen");
    assert_true(copy->delivered && copy->as == DG_AS_COPY && copy->state == 3);
    const struct dg_owed *also = owed_to(&result.verification, "mttq", "khoi");
    assert_true(also->delivered && also->rule_count == 0);
    assert_true(dg_bytes_is(also->origin, FED_NAME "/khoi/e1"));
    done(&result);
}

static void trail_of_an_ancestor_verifies(void **state)
{
    struct result result;

    (void)state;
    assert_verifies(&from_tinh, &result);
    assert_true(has_check(&result.verification, "mandate"));
    assert_true(owed_to(&result.verification, "mttq", "khoi")->delivered);
    done(&result);
}

static void trail_of_another_branch_says_that_nothing_was_recomputed(void **state)
{
    struct result result;

    (void)state;
    assert_verifies(&from_khoi, &result);
    assert_false(has_check(&result.verification, "mandate"));
    assert_true(has_check(&result.verification, "mandate-as-signed"));
    assert_true(owed_to(&result.verification, "mttq", "khoi")->delivered);
    assert_false(owed_to(&result.verification, "cap-uy", "huyen")->delivered);
    done(&result);
}

/* huyen has no regime of its own: the one of tinh binds there too, and owes its own ban-dan-van a copy. */
static void inherited_regime_is_recomputed(void **state)
{
    struct result result;

    (void)state;
    assert_verifies(&from_huyen, &result);
    assert_true(owed_to(&result.verification, "ban-dan-van", "huyen")->delivered);
    assert_int_equal(owed_to(&result.verification, "ban-dan-van", "huyen")->state, 3);
    assert_true(owed_to(&result.verification, "cap-uy", "tinh")->delivered);
    assert_true(owed_to(&result.verification, "van-phong", "xa")->delivered);
    done(&result);
}

static void copy_not_yet_delivered_is_owed_and_fails_nothing(void **state)
{
    struct result result;

    (void)state;
    assert_verifies(&waiting, &result);
    assert_false(owed_to(&result.verification, "mttq", "khoi")->delivered);
    assert_true(owed_to(&result.verification, "cap-uy", "huyen")->delivered);
    done(&result);
}

/* --- what does not -------------------------------------------------------------------------- */

static void wrong_federation_key_is_refused(void **state)
{
    struct dg_key key;
    struct dg_seed seed;
    struct result result;

    (void)state;
    dg_keypair(&key, &seed);
    struct dg_verifier stranger = dg_verifier_of(FED_NAME, DG_NOTE_ED25519, &key);
    verify(from_xa.file, &stranger, &result);
    assert_int_equal(result.err, DG_ERR_VERIFY_FAILED);
    assert_non_null(strstr(result.fault.what, "root-certificate"));
    done(&result);
    struct dg_verifier renamed = dg_verifier_of("danvan.other", DG_NOTE_ED25519, &fed->root.key);
    verify(from_xa.file, &renamed, &result);
    assert_int_equal(result.err, DG_ERR_VERIFY_FAILED);
    done(&result);
}

/* How many bytes to go on: 1, but for a run that is a hundred times slower (tests/valgrind). */
static size_t stride(void)
{
    const char *text = getenv("DG_TEST_STRIDE");
    unsigned long n = text != NULL ? strtoul(text, NULL, 10) : 1;

    return n > 0 ? n : 1;
}

static void every_flipped_byte_is_refused(void **state)
{
    uint8_t *copy = malloc(from_xa.file.size);

    (void)state;
    assert_non_null(copy);
    memcpy(copy, from_xa.file.data, from_xa.file.size);
    for (size_t i = 0; i < from_xa.file.size; i += stride()) {
        copy[i] ^= (uint8_t)(1u << (i % 8));
        if (verdict(dg_bytes_at(copy, from_xa.file.size)) != DG_ERR_VERIFY_FAILED)
            fail_msg("byte %zu of %zu", i, from_xa.file.size);
        copy[i] = from_xa.file.data[i];
    }
    free(copy);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < from_xa.file.size; size += 1 + size / 64)
        assert_int_equal(verdict(dg_bytes_at(from_xa.file.data, size)), DG_ERR_VERIFY_FAILED);
}

/* Takes item `at` out of an array. */
static void drop(void *array, size_t *count, size_t item_size, size_t at)
{
    uint8_t *bytes = array;

    memmove(bytes + at * item_size, bytes + (at + 1) * item_size, (*count - at - 1) * item_size);
    --*count;
}

/* The lists of a trail, so that one loop can go through all of them. */
struct list {
    void *array;
    size_t *count;
    size_t item_size;
};

enum { LISTS = 5 };

static void lists_of(struct dg_trail *trail, struct list ret[LISTS])
{
    ret[0] = (struct list){trail->root, &trail->root_count, sizeof *trail->root};
    ret[1] = (struct list){trail->checkpoint, &trail->checkpoint_count, sizeof *trail->checkpoint};
    ret[2] = (struct list){trail->membership, &trail->membership_count, sizeof *trail->membership};
    ret[3] = (struct list){trail->event, &trail->event_count, sizeof *trail->event};
    ret[4] = (struct list){trail->regime, &trail->regime_count, sizeof *trail->regime};
}

/* Drops checkpoints that nothing rests on, as a liar who knows the form would. */
static void tidy_checkpoints(struct dg_trail *trail)
{
    for (size_t i = trail->checkpoint_count; i-- > 0;) {
        bool needed = false;
        for (size_t k = 0; k < trail->membership_count; k++)
            needed = needed || trail->membership[k].checkpoint == i;
        for (size_t k = 0; k < trail->event_count; k++)
            needed = needed || trail->event[k].checkpoint == i;
        if (needed)
            continue;
        drop(trail->checkpoint, &trail->checkpoint_count, sizeof *trail->checkpoint, i);
        for (size_t k = 0; k < trail->membership_count; k++)
            trail->membership[k].checkpoint -= trail->membership[k].checkpoint > i;
        for (size_t k = 0; k < trail->event_count; k++)
            trail->event[k].checkpoint -= trail->event[k].checkpoint > i;
    }
}

static void every_part_left_out_breaks_the_seal(void **state)
{
    (void)state;
    for (size_t which = 0; which < LISTS; which++) {
        for (size_t at = 0;; at++) {
            struct dg_arena arena;
            struct dg_trail trail;
            struct list list[LISTS];
            dg_arena_init(&arena, 0);
            decode(&arena, from_xa.file, &trail);
            lists_of(&trail, list);
            bool more = at < *list[which].count;
            if (more) {
                drop(list[which].array, list[which].count, list[which].item_size, at);
                assert_int_equal(verdict(encode(&arena, &trail, -1)), DG_ERR_VERIFY_FAILED);
            }
            dg_arena_done(&arena);
            if (!more)
                break;
        }
    }
}

static size_t count_delivered(const struct dg_verification *verification)
{
    size_t count = 0;

    for (size_t i = 0; i < verification->owed_count; i++)
        count += verification->owed[i].delivered;
    return count;
}

/* An exporter who lies can keep quiet about what others have written. Whatever still verifies then
 * must not say more than before, and nobody who is owed the report may vanish from the list. */
static void part_left_out_by_the_exporter_itself_never_proves_more(void **state)
{
    size_t refused = 0, silent = 0;

    (void)state;
    for (size_t which = 0; which < LISTS; which++) {
        for (size_t at = 0;; at++) {
            struct dg_arena arena;
            struct dg_trail trail;
            struct list list[LISTS];
            struct result result;
            dg_arena_init(&arena, 0);
            decode(&arena, from_xa.file, &trail);
            lists_of(&trail, list);
            bool more = at < *list[which].count;
            if (more) {
                drop(list[which].array, list[which].count, list[which].item_size, at);
                tidy_checkpoints(&trail);
                verify(encode(&arena, &trail, from_xa.place), &fed->root, &result);
                assert_int_equal(result.err == DG_OK ? result.verification.owed_count : 3, 3);
                if (result.err == DG_OK)
                    assert_true(count_delivered(&result.verification) <= 3);
                refused += result.err != DG_OK;
                silent += result.err == DG_OK;
                done(&result);
            }
            dg_arena_done(&arena);
            if (!more)
                break;
        }
    }
    assert_true(refused > silent);
}

/* Drops the receipts of a log together with what they needed. */
static void receipt_kept_quiet_about_shows_its_copies_as_owed(void **state)
{
    struct dg_arena arena;
    struct dg_trail trail;
    struct result result;

    (void)state;
    dg_arena_init(&arena, 0);
    decode(&arena, from_xa.file, &trail);
    for (size_t i = trail.event_count; i-- > 0;) {
        if (dg_bytes_is(trail.event[i].origin, FED_NAME "/huyen/e1") && !trail.event[i].has_signed)
            drop(trail.event, &trail.event_count, sizeof *trail.event, i);
    }
    tidy_checkpoints(&trail);
    verify(encode(&arena, &trail, from_xa.place), &fed->root, &result);
    assert_int_equal(result.err, DG_OK);
    assert_false(owed_to(&result.verification, "cap-uy", "huyen")->delivered);
    assert_true(owed_to(&result.verification, "mttq", "khoi")->delivered);
    done(&result);
    dg_arena_done(&arena);
}

/* xa has a main regime of its own that binds no monthly report; were it hidden, the one of tinh would
 * seem to owe a copy inside xa as well. */
static void standing_main_regime_cannot_be_left_out(void **state)
{
    struct dg_arena arena;
    struct dg_trail trail;
    struct dg_leaf leaf;
    struct result result;

    (void)state;
    dg_arena_init(&arena, 0);
    decode(&arena, from_xa.file, &trail);
    assert_int_equal(trail.regime_count, 2);
    for (size_t i = trail.membership_count; i-- > 0;) {
        assert_int_equal(dg_leaf_parse(&arena, trail.membership[i].leaf, &leaf, NULL), DG_OK);
        if (leaf.kind == DG_LEAF_ADOPTION && dg_bytes_is(leaf.unit, "xa"))
            drop(trail.membership, &trail.membership_count, sizeof *trail.membership, i);
    }
    verify(encode(&arena, &trail, from_xa.place), &fed->root, &result);
    assert_int_equal(result.err, DG_ERR_VERIFY_FAILED);
    assert_non_null(strstr(result.fault.what, "MANDATE_MISSING"));
    done(&result);
    dg_arena_done(&arena);
}

static void own_leaf_cannot_be_left_out(void **state)
{
    struct dg_arena arena;
    struct dg_trail trail;

    (void)state;
    dg_arena_init(&arena, 0);
    decode(&arena, from_xa.file, &trail);
    for (size_t i = trail.event_count; i-- > 0;) {
        if (dg_bytes_is(trail.event[i].origin, FED_NAME "/xa/e1"))
            drop(trail.event, &trail.event_count, sizeof *trail.event, i);
    }
    tidy_checkpoints(&trail);
    assert_int_equal(verdict(encode(&arena, &trail, from_xa.place)), DG_ERR_VERIFY_FAILED);
    dg_arena_done(&arena);
}

/* Puts item `at` of the other trail in the place of this one's; both lists have one there. */
static void swap_in(const struct exported *into, const struct exported *other, size_t which, size_t at,
                    bool *ret_more)
{
    struct dg_arena arena;
    struct dg_trail trail, foreign;
    struct list list[LISTS], theirs[LISTS];

    dg_arena_init(&arena, 0);
    decode(&arena, into->file, &trail);
    decode(&arena, other->file, &foreign);
    lists_of(&trail, list);
    lists_of(&foreign, theirs);
    size_t size = list[which].item_size;
    *ret_more = at < *list[which].count && at < *theirs[which].count;
    if (*ret_more) {
        memcpy((uint8_t *)list[which].array + at * size, (const uint8_t *)theirs[which].array + at * size,
               size);
        struct dg_bytes file = encode(&arena, &trail, -1);
        if (!dg_bytes_equal(file, into->file))
            assert_int_equal(verdict(file), DG_ERR_VERIFY_FAILED);
    }
    dg_arena_done(&arena);
}

static void every_part_of_another_trail_is_refused(void **state)
{
    (void)state;
    for (size_t which = 0; which < LISTS; which++) {
        bool more = true;
        for (size_t at = 0; more; at++)
            swap_in(&from_xa, &waiting, which, at, &more);
    }
}

static void events_and_envelopes_do_not_mix_even_when_sealed_anew(void **state)
{
    struct dg_arena arena;
    struct dg_trail trail, foreign;

    (void)state;
    dg_arena_init(&arena, 0);
    decode(&arena, from_xa.file, &trail);
    decode(&arena, waiting.file, &foreign);
    trail.envelope = foreign.envelope;
    assert_int_equal(verdict(encode(&arena, &trail, from_xa.place)), DG_ERR_VERIFY_FAILED);
    decode(&arena, from_xa.file, &trail);
    assert_int_equal(verdict(encode(&arena, &trail, FED_TINH)), DG_ERR_VERIFY_FAILED);
    dg_arena_done(&arena);
}

static void part_twice_or_out_of_order_is_refused(void **state)
{
    struct dg_arena arena;
    struct dg_trail trail;

    (void)state;
    dg_arena_init(&arena, 0);
    for (size_t which = 1; which < 4; which++) {
        struct list list[LISTS];
        decode(&arena, from_xa.file, &trail);
        lists_of(&trail, list);
        size_t size = list[which].item_size, count = *list[which].count;
        assert_true(count >= 2);
        uint8_t *array = list[which].array, *kept_item = dg_arena_alloc(&arena, size);
        memcpy(kept_item, array, size);
        memmove(array, array + size, size);
        memcpy(array + size, kept_item, size);
        assert_int_equal(verdict(encode(&arena, &trail, from_xa.place)), DG_ERR_VERIFY_FAILED);
        memcpy(array, array + size, size);
        assert_int_equal(verdict(encode(&arena, &trail, from_xa.place)), DG_ERR_VERIFY_FAILED);
    }
    dg_arena_done(&arena);
}

static void signature_line_of_a_stranger_is_refused(void **state)
{
    struct dg_arena arena;
    struct dg_trail trail;
    struct dg_buf note;
    struct dg_key key;
    struct dg_seed seed;

    (void)state;
    dg_arena_init(&arena, 0);
    dg_buf_init(&note, DG_CHECKPOINT_MAX);
    dg_keypair(&key, &seed);
    struct dg_verifier stranger = dg_verifier_of("danvan.test/nobody", DG_NOTE_ED25519, &key);
    decode(&arena, from_xa.file, &trail);
    dg_buf_add_bytes(&note, trail.checkpoint[0]);
    dg_note_add_signature(&stranger, dg_bytes_at((const uint8_t[DG_SIG_BYTES]){1}, DG_SIG_BYTES), &note);
    trail.checkpoint[0] = dg_buf_bytes(&note);
    struct result result;
    verify(encode(&arena, &trail, from_xa.place), &fed->root, &result);
    assert_int_equal(result.err, DG_ERR_VERIFY_FAILED);
    assert_non_null(strstr(result.fault.what, "checkpoint"));
    done(&result);
    dg_buf_done(&note);
    dg_arena_done(&arena);
}

static void unused_regime_is_refused(void **state)
{
    struct dg_arena arena;
    struct dg_trail trail;
    struct dg_bytes regime[1];

    (void)state;
    dg_arena_init(&arena, 0);
    decode(&arena, from_khoi.file, &trail);
    assert_int_equal(trail.regime_count, 0);
    regime[0] = fed_regime(fed, "chung");
    trail.regime = regime;
    trail.regime_count = 1;
    struct result result;
    verify(encode(&arena, &trail, from_khoi.place), &fed->root, &result);
    assert_int_equal(result.err, DG_ERR_VERIFY_FAILED);
    assert_non_null(strstr(result.fault.what, "unused"));
    done(&result);
    dg_arena_done(&arena);
}

/* --- extracting ----------------------------------------------------------------------------- */

struct folder {
    size_t count, proofs, leaves;
    bool policy, report, checkpoint;
    const char *path; /* NULL: the files are only counted */
};

static enum dg_err emit(void *ctx, const char *name, struct dg_bytes content)
{
    struct folder *folder = ctx;

    assert_null(strchr(name, '/'));
    folder->count++;
    folder->proofs += strstr(name, ".tlog-proof") != NULL;
    folder->leaves += strstr(name, ".leaf") != NULL;
    folder->policy = folder->policy || strcmp(name, "policy") == 0;
    folder->report = folder->report || strcmp(name, "report.bin") == 0;
    folder->checkpoint = folder->checkpoint || strcmp(name, "checkpoint") == 0;
    if (folder->path == NULL)
        return DG_OK;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.data, 1, content.size, file), content.size);
    fclose(file);
    return DG_OK;
}

/* With DG_EXTRACT_TO the files are left in that folder for tests/interop/verify.go. */
static void extracted_parts_have_a_proof_for_every_leaf(void **state)
{
    struct dg_arena arena;
    struct dg_trail trail;
    struct folder folder = {.path = getenv("DG_EXTRACT_TO")};

    (void)state;
    dg_arena_init(&arena, 0);
    decode(&arena, from_xa.file, &trail);
    assert_int_equal(dg_trail_extract(&arena, from_xa.file, emit, &folder, NULL), DG_OK);
    assert_int_equal(folder.proofs, trail.membership_count + trail.event_count);
    assert_int_equal(folder.leaves, folder.proofs);
    assert_true(folder.policy && folder.report && folder.checkpoint);
    assert_int_not_equal(dg_trail_extract(&arena, dg_bytes_at(from_xa.file.data, 100), emit, &folder, NULL),
                         DG_OK);
    dg_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trail_of_its_author_verifies),
        cmocka_unit_test(trail_of_an_ancestor_verifies),
        cmocka_unit_test(trail_of_another_branch_says_that_nothing_was_recomputed),
        cmocka_unit_test(inherited_regime_is_recomputed),
        cmocka_unit_test(copy_not_yet_delivered_is_owed_and_fails_nothing),
        cmocka_unit_test(wrong_federation_key_is_refused),
        cmocka_unit_test(every_flipped_byte_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(every_part_left_out_breaks_the_seal),
        cmocka_unit_test(part_left_out_by_the_exporter_itself_never_proves_more),
        cmocka_unit_test(receipt_kept_quiet_about_shows_its_copies_as_owed),
        cmocka_unit_test(standing_main_regime_cannot_be_left_out),
        cmocka_unit_test(own_leaf_cannot_be_left_out),
        cmocka_unit_test(every_part_of_another_trail_is_refused),
        cmocka_unit_test(events_and_envelopes_do_not_mix_even_when_sealed_anew),
        cmocka_unit_test(part_twice_or_out_of_order_is_refused),
        cmocka_unit_test(signature_line_of_a_stranger_is_refused),
        cmocka_unit_test(unused_regime_is_refused),
        cmocka_unit_test(extracted_parts_have_a_proof_for_every_leaf),
    };
    return cmocka_run_group_tests(tests, make_federation, free_federation);
}
