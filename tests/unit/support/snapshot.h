/* snapshot.h - a store as it is now, to be put in the place of what it has become since. */
#ifndef DG_TESTS_UNIT_SUPPORT_SNAPSHOT_H
#define DG_TESTS_UNIT_SUPPORT_SNAPSHOT_H

#include "tests/unit/support/federation.h"

/* A store of its own with the same rows. */
static inline struct dg_store *snapshot_of(struct dg_store *store)
{
    struct dg_store *copy = dg_store_mem_new();
    struct dg_txn *from, *to;
    struct dg_committed committed;
    enum dg_err err = dg_begin_read(store, &from);
    if (err == DG_OK)
        err = dg_begin_write(copy, &to);
    assert(copy != NULL && err == DG_OK);
    for (int table = 0; table < DG_TABLE_COUNT; table++) {
        struct dg_cursor cursor;
        dg_cursor_open(&cursor, from, (enum dg_table)table);
        for (bool more = dg_cursor_seek(&cursor, dg_bytes_at("", 0)); more; more = dg_cursor_next(&cursor))
            dg_put(to, (enum dg_table)table, cursor.key, cursor.value);
        dg_cursor_close(&cursor);
    }
    err = dg_commit(copy, to, &committed);
    dg_abort(store, from);
    assert(err == DG_OK);
    return copy;
}

/* The process ends. */
static inline void snapshot_stop(struct fed_node *node)
{
    dg_turn_done(&node->turn);
    dg_node_close(node->node);
    node->node = NULL;
}

/* It is started again with that tip file (NULL: none); its line to the parent is new. */
static inline void snapshot_start(struct fed_node *node, const char *tip)
{
    struct dg_node_env env = {.signer = &node->signer,
                              .random = fed_random,
                              .curve_of = dg_curve_key_of,
                              .tip = tip,
                              .now = node->fed->now};
    enum dg_err err = dg_node_open(node->store, &env, &node->node, NULL);
    if (err == DG_OK)
        err = dg_turn_init(&node->turn, node->store, node->node, &node->voice, fed_judge, NULL);
    assert(err == DG_OK);
    (void)err;
}

/* The node is what it was when copy was made; takes copy. */
static inline void snapshot_put_back(struct fed_node *node, struct dg_store *copy, const char *tip)
{
    snapshot_stop(node);
    dg_store_close(node->store);
    node->store = copy;
    snapshot_start(node, tip);
}

#endif
