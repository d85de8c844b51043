/* adopt.h - a change of regimes in the small federation of federation.h. */
#ifndef DG_TESTS_UNIT_SUPPORT_ADOPT_H
#define DG_TESTS_UNIT_SUPPORT_ADOPT_H

#include "node/core/ledger.h"
#include "node/core/rows.h"
#include "tests/unit/support/federation.h"

/* The province adopts another main regime, and everybody has heard of it. */
static inline void fed_adopt(struct fed *fed, const char *name, struct dg_bytes regime)
{
    struct fed_node *tinh = &fed->node[FED_TINH];
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_buf body;
    struct dg_adoption adoption = {.federation = dg_bytes_of(FED_NAME),
                                   .unit = dg_bytes_of("tinh"),
                                   .serial = 2,
                                   .regime = dg_sha256(regime),
                                   .name = dg_bytes_of(name),
                                   .main = true,
                                   .signed_ms = fed->now};
    struct dg_record record = {.kind = DG_RECORD_ADOPTION, .has_signed = true};

    dg_buf_init(&body, DG_CERTIFICATE_MAX);
    assert_true(dg_adoption_encode(&adoption, &body) == DG_OK);
    record.sealed.body = dg_buf_bytes(&body);
    assert_true(fed_sign(tinh, &tinh->keys.unit, DG_CONTEXT_ADOPTION, record.sealed.body,
                         &record.sealed.sig) == DG_OK);
    for (enum fed_place place = FED_TINH; place <= FED_KHOI; place++) {
        struct fed_node *node = &fed->node[place];
        assert_true(dg_begin_write(node->store, &txn) == DG_OK);
        struct dg_hash object = dg_sha256(record.sealed.body);
        struct dg_leaf leaf = {.time = fed->now,
                               .kind = DG_LEAF_ADOPTION,
                               .object = object,
                               .unit = adoption.unit,
                               .regime_count = 1,
                               .regime = &adoption.regime};
        if (place == FED_TINH) {
            record.index = dg_ledger_append(txn, &leaf);
            struct dg_bytes text;
            assert_true(dg_leaf_get(txn, record.index, &text));
            record.leaf = dg_arena_copy(&fed->arena, text);
        }
        struct dg_row_key row_key = dg_key_directory(adoption.unit, 'r', dg_bytes_at(NULL, 0), 2);
        struct dg_dir_row row = {.key = dg_row_key_bytes(&row_key),
                                 .unit = adoption.unit,
                                 .kind = 'r',
                                 .serial = 2,
                                 .origin = dg_bytes_of(FED_NAME "/tinh/e1"),
                                 .record = record};
        dg_dir_put(txn, &row);
        dg_put(txn, DG_TABLE_REGIME, dg_bytes_at(adoption.regime.b, sizeof adoption.regime.b), regime);
        assert_true(dg_commit(node->store, txn, &committed) == DG_OK);
        dg_node_forget(node->node);
    }
    dg_buf_done(&body);
    fed_run(fed, 20);
}

#endif
