/* The directory that a node keeps in memory is what its store says, whether read anew or added to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/core/identity.h"
#include "node/core/node_impl.h"
#include "node/core/rows.h"
#include "tests/unit/support/fixture.h"

enum { MORE = 20 }; /* organs beyond those of the federation: lists grow more than once */

static void organ_row(struct fed_node *node, struct dg_txn *txn, const struct dg_identity *identity,
                      size_t number, struct dg_dir_row *ret)
{
    char *slug = dg_arena_alloc(txn->arena, 16);
    (void)snprintf(slug, 16, "%c-so-%zu", (char)('z' - number % 25), number);
    struct dg_bytes name = dg_bytes_of(slug);
    struct dg_seed seed;
    struct dg_certificate certificate = {
        .subject = DG_SUBJECT_ORGAN,
        .federation = dg_bytes_of(identity->federation),
        .unit = dg_bytes_of(identity->unit),
        .organ = name,
        .name = name,
        .role_count = 1,
        .role = &name,
        .serial = 1 + (uint32_t)number % 3,
        .keys = {.has_signing = true, .signing = node->key[node->key_count - 1].key, .has_sealing = true},
        .not_before_ms = node->fed->now,
        .not_after_ms = node->fed->now + 1000000,
    };
    dg_curve_keypair(&certificate.keys.sealing, &seed);
    memcpy(certificate.issuer.b, identity->certificate.b, sizeof certificate.issuer.b);
    assert_true(dg_issue_certificate(txn, identity, &node->signer, &certificate, &identity->unit_key, true,
                                     node->fed->now, ret));
}

static void same_organs(const struct dg_dir_unit *a, const struct dg_dir_unit *b)
{
    assert_int_equal(a->organ_count, b->organ_count);
    assert_int_equal(a->partial, b->partial);
    for (size_t i = 0; i < a->organ_count; i++) {
        assert_true(dg_bytes_equal(a->organ[i].slug, b->organ[i].slug));
        assert_int_equal(a->organ[i].serial, b->organ[i].serial);
        assert_true(dg_key_equal(&a->organ[i].signing, &b->organ[i].signing));
        assert_int_equal(a->organ[i].role.count, b->organ[i].role.count);
        assert_memory_equal(&a->organ[i].certificate, &b->organ[i].certificate,
                            sizeof a->organ[i].certificate);
    }
}

static void organs_added_one_by_one_are_as_if_read_anew(void **state)
{
    (void)state;
    struct fed_node *huyen = &fed->node[FED_HUYEN];
    struct dg_arena kept, anew;
    struct dg_directory added, read;
    struct dg_identity identity;
    struct dg_txn *txn;
    dg_arena_init(&kept, 0);
    dg_arena_init(&anew, 0);
    assert_int_equal(dg_begin_write(huyen->store, &txn), DG_OK);
    assert_true(dg_identity_load(txn, &identity));
    assert_int_equal(dg_directory_load(txn, &kept, &added), DG_OK);
    for (size_t i = 0; i < MORE; i++) {
        struct dg_dir_row row;
        organ_row(huyen, txn, &identity, i, &row);
        assert_true(dg_directory_add(txn, &kept, huyen->unit, &row, &added));
        assert_int_equal(dg_directory_load(txn, &anew, &read), DG_OK);
        assert_int_equal(added.unit_count, read.unit_count);
        for (size_t k = 0; k < read.unit_count; k++)
            same_organs(&added.unit[k], &read.unit[k]);
    }
    dg_abort(huyen->store, txn);
    dg_arena_done(&kept);
    dg_arena_done(&anew);
}

/* Of the district's own regime, which is there already. */
static void adopt_again(struct fed_node *huyen, struct dg_txn *txn, const struct dg_identity *identity,
                        const struct dg_dir_unit *self, struct dg_dir_row *ret)
{
    struct dg_bytes compiled;
    const struct dg_dir_adoption *last = &self->adoption[self->adoption_count - 1];
    assert_true(dg_get(txn, DG_TABLE_REGIME, dg_bytes_at(last->hash.b, sizeof last->hash.b), &compiled));
    struct dg_adoption adoption = {.federation = dg_bytes_of(identity->federation),
                                   .unit = dg_bytes_of(identity->unit),
                                   .name = dg_bytes_of("again"),
                                   .regime = last->hash,
                                   .main = true,
                                   .has_from = true,
                                   .from = dg_day_of(huyen->fed->now),
                                   .signed_ms = huyen->fed->now,
                                   .serial = last->serial + 1};
    assert_int_equal(
        dg_issue_adoption(txn, identity, &huyen->signer, &adoption, compiled, huyen->fed->now, ret), DG_OK);
}

static void adoption_of_a_known_regime_is_added_with_it(void **state)
{
    struct fed_node *tinh = &fed->node[FED_TINH];
    struct dg_directory added, read;
    struct dg_identity identity;
    struct dg_dir_row row;
    struct dg_txn *txn;
    (void)state;
    assert_int_equal(dg_begin_write(tinh->store, &txn), DG_OK);
    assert_true(dg_identity_load(txn, &identity));
    assert_int_equal(dg_directory_load(txn, txn->arena, &added), DG_OK);
    adopt_again(tinh, txn, &identity, dg_directory_unit(&added, dg_bytes_of("tinh")), &row);
    assert_true(dg_directory_add(txn, txn->arena, "tinh", &row, &added));
    assert_int_equal(dg_directory_load(txn, txn->arena, &read), DG_OK);
    const struct dg_dir_unit *a = dg_directory_unit(&added, dg_bytes_of("tinh"));
    const struct dg_dir_unit *b = dg_directory_unit(&read, dg_bytes_of("tinh"));
    assert_int_equal(a->adoption_count, b->adoption_count);
    for (size_t i = 0; i < a->adoption_count; i++) {
        assert_int_equal(a->adoption[i].serial, b->adoption[i].serial);
        assert_true(dg_hash_equal(&a->adoption[i].id, &b->adoption[i].id));
        assert_non_null(a->adoption[i].regime);
    }
    dg_abort(tinh->store, txn);
}

static void what_concerns_a_unit_itself_is_read_anew(void **state)
{
    (void)state;
    struct dg_directory directory;
    struct dg_txn *txn;
    assert_int_equal(dg_begin_read(fed->node[FED_HUYEN].store, &txn), DG_OK);
    assert_int_equal(dg_directory_load(txn, txn->arena, &directory), DG_OK);
    const struct dg_dir_row unit = {.unit = dg_bytes_of("huyen"), .kind = 'u'};
    const struct dg_dir_row nowhere = {.unit = dg_bytes_of("somewhere-else"), .kind = 'o'};
    assert_false(dg_directory_add(txn, txn->arena, "huyen", &unit, &directory));
    assert_false(dg_directory_add(txn, txn->arena, "huyen", &nowhere, &directory));
    dg_abort(fed->node[FED_HUYEN].store, txn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(organs_added_one_by_one_are_as_if_read_anew, make_federation,
                                        free_federation),
        cmocka_unit_test_setup_teardown(adoption_of_a_known_regime_is_added_with_it, make_federation,
                                        free_federation),
        cmocka_unit_test_setup_teardown(what_concerns_a_unit_itself_is_read_anew, make_federation,
                                        free_federation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
