/* store_mem.c - ordered maps, changed in place, and a list of what to put back.
 *
 * What a transaction replaces or removes is kept aside until it ends. So an abort is exact, and
 * what get and cursors return needs no copy: it is still there whatever is written meanwhile.
 */
#include "node/store/store_mem.h"

#include <assert.h>
#include <stdlib.h>

#include "node/core/mutant.h"
#include "node/store/store_map.h"
#include "node/store/store_value.h"

struct change {
    enum { INSERTED, REPLACED, REMOVED } kind;
    enum dg_table table;
    struct dg_map_row *row;
    struct dg_map_value *old; /* of REPLACED */
};

/* Calls until one fails, and how. */
struct failure {
    unsigned countdown;
    enum dg_err err;
};

struct mem_txn {
    struct dg_txn head;
    struct mem_store *store;
    bool open;
};

struct mem_store {
    struct dg_store head;
    struct dg_map table[DG_TABLE_COUNT];
    struct mem_txn txn;
    struct dg_arena arena;
    struct change *changes; /* of the open transaction, oldest first */
    size_t change_count, change_capacity;
    struct failure commit_failure, put_failure;
    enum dg_err late_failure;    /* of the next commit, which happens all the same */
    struct dg_map_value *rotten; /* a value that is not what was stored; NULL: none */
    size_t rotten_at;            /* its altered byte, */
    uint8_t rotten_bit;          /* and how */
    bool masked;                 /* for a while it is as it was */
    uint64_t committed;
};

/* Where a cursor stands between calls; row counts only while it stands AT one. */
struct mem_cursor {
    enum { FRESH, BEFORE, AT, AFTER } place;
    struct dg_map_row *row;
    uint64_t changes; /* of the map when the cursor came here */
};

static struct mem_store *store_of(struct dg_txn *txn)
{
    return ((struct mem_txn *)txn)->store;
}

static struct dg_bytes value_of(const struct dg_map_row *row)
{
    return dg_bytes_at(row->value->bytes, row->value->size);
}

static enum dg_err failure_due(struct failure *failure)
{
    if (failure->countdown == 0 || --failure->countdown > 0)
        return DG_OK;
    return failure->err;
}

/* --- changes ------------------------------------------------------------------------------- */

static bool change_reserve(struct mem_store *store)
{
    if (store->change_count < store->change_capacity)
        return true;
    size_t capacity = store->change_capacity > 0 ? 2 * store->change_capacity : 32;
    struct change *grown = realloc(store->changes, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    store->changes = grown;
    store->change_capacity = capacity;
    return true;
}

static void undo(struct mem_store *store, const struct change *change)
{
    struct dg_map *map = &store->table[change->table];
    switch (change->kind) {
    case INSERTED:
        dg_map_remove(map, change->row);
        dg_map_row_free(change->row);
        break;
    case REPLACED:
        free(change->row->value);
        change->row->value = change->old;
        break;
    case REMOVED:
        dg_map_insert(map, change->row);
        break;
    }
}

static void roll_back(struct mem_store *store)
{
    while (store->change_count > 0)
        undo(store, &store->changes[--store->change_count]);
}

/* A value that is gone has taken its rot along. */
static void value_gone(struct mem_store *store, const struct dg_map_value *value)
{
    if (store->rotten == value)
        store->rotten = NULL;
}

static void keep(struct mem_store *store)
{
    for (size_t i = 0; i < store->change_count; i++) {
        if (store->changes[i].kind != INSERTED)
            value_gone(store, store->changes[i].kind == REPLACED ? store->changes[i].old
                                                                 : store->changes[i].row->value);
        if (store->changes[i].kind == REPLACED)
            free(store->changes[i].old);
        else if (store->changes[i].kind == REMOVED)
            dg_map_row_free(store->changes[i].row);
    }
    store->change_count = 0;
}

/* True when the value reads well; else the transaction fails, as a sum that does not fit makes it fail. */
static bool sound(struct dg_txn *txn, const struct dg_map_row *row)
{
    const struct mem_store *store = store_of(txn);
    if (row->value != store->rotten || store->masked || DG_MUTANT("believe-disk"))
        return true;
    dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
    return false;
}

/* --- rows ---------------------------------------------------------------------------------- */

static bool mem_get(struct dg_txn *txn, enum dg_table table, struct dg_bytes key, struct dg_bytes *ret)
{
    const struct dg_map_row *row = dg_map_find(&store_of(txn)->table[table], key);
    if (row == NULL || !sound(txn, row))
        return false;
    *ret = value_of(row);
    return true;
}

static void mem_put(struct dg_txn *txn, enum dg_table table, struct dg_bytes key, struct dg_bytes value)
{
    assert(dg_row_ok(table, key, value));
    struct mem_store *store = store_of(txn);
    struct dg_map *map = &store->table[table];
    enum dg_err due = failure_due(&store->put_failure);
    if (due != DG_OK) {
        dg_txn_fail(txn, due);
        return;
    }
    struct dg_map_value *kept = dg_map_value_new(value);
    if (kept == NULL || !change_reserve(store))
        goto no_memory;
    struct change *change = &store->changes[store->change_count];
    struct dg_map_row *row = dg_map_find(map, key);
    if (row != NULL) {
        *change = (struct change){.kind = REPLACED, .table = table, .row = row, .old = row->value};
        row->value = kept;
    } else {
        row = dg_map_row_new(map, key, kept);
        if (row == NULL)
            goto no_memory;
        dg_map_insert(map, row);
        *change = (struct change){.kind = INSERTED, .table = table, .row = row};
    }
    store->change_count++;
    return;
no_memory:
    free(kept);
    dg_txn_fail(txn, DG_ERR_NO_MEMORY);
}

static void mem_del(struct dg_txn *txn, enum dg_table table, struct dg_bytes key)
{
    struct mem_store *store = store_of(txn);
    struct dg_map_row *row = dg_map_find(&store->table[table], key);
    if (row == NULL)
        return;
    if (!change_reserve(store)) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return;
    }
    dg_map_remove(&store->table[table], row);
    store->changes[store->change_count++] = (struct change){.kind = REMOVED, .table = table, .row = row};
}

/* --- cursors ------------------------------------------------------------------------------- */

static struct dg_map *map_of(const struct dg_cursor *cursor)
{
    return &store_of(cursor->txn)->table[cursor->table];
}

static bool mem_cursor_open(struct dg_cursor *cursor)
{
    cursor->impl = dg_arena_alloc(cursor->txn->arena, sizeof(struct mem_cursor));
    return cursor->impl != NULL;
}

static void mem_cursor_close(struct dg_cursor *cursor)
{
    (void)cursor; /* the arena has it */
}

/* Stands on row, or off that end of the table when there is none. */
static bool stand(struct dg_cursor *cursor, struct dg_map_row *row, int off_end)
{
    struct mem_cursor *at = cursor->impl;
    at->row = row;
    at->changes = map_of(cursor)->changes;
    if (row == NULL) {
        at->place = off_end < 0 ? BEFORE : AFTER;
        return false;
    }
    at->place = AT;
    if (!sound(cursor->txn, row))
        return false;
    cursor->key = dg_map_row_key(row);
    cursor->value = value_of(row);
    return true;
}

static bool mem_cursor_seek(struct dg_cursor *cursor, struct dg_bytes key)
{
    return stand(cursor, dg_map_seek(map_of(cursor), key), 1);
}

static bool mem_cursor_next(struct dg_cursor *cursor)
{
    const struct mem_cursor *at = cursor->impl;
    if (at->place == AFTER)
        return false;
    if (at->place != AT)
        return stand(cursor, map_of(cursor)->first[0], 1);
    assert(at->changes == map_of(cursor)->changes); /* a write to the table asks for a new seek */
    return stand(cursor, at->row->next[0], 1);
}

static bool mem_cursor_last(struct dg_cursor *cursor)
{
    return stand(cursor, map_of(cursor)->last[0], -1);
}

static bool mem_cursor_prev(struct dg_cursor *cursor)
{
    const struct mem_cursor *at = cursor->impl;
    if (at->place == BEFORE)
        return false;
    if (at->place != AT)
        return mem_cursor_last(cursor);
    assert(at->changes == map_of(cursor)->changes);
    return stand(cursor, at->row->prev, -1);
}

static const struct dg_txn_ops txn_ops = {
    .get = mem_get,
    .put = mem_put,
    .del = mem_del,
    .cursor_open = mem_cursor_open,
    .cursor_close = mem_cursor_close,
    .cursor_seek = mem_cursor_seek,
    .cursor_next = mem_cursor_next,
    .cursor_prev = mem_cursor_prev,
    .cursor_last = mem_cursor_last,
};

/* --- the store ----------------------------------------------------------------------------- */

static enum dg_err mem_begin(struct dg_store *head, bool writable, struct dg_txn **ret)
{
    struct mem_store *store = (struct mem_store *)head;
    assert(!store->txn.open);
    dg_arena_reset(&store->arena);
    store->txn = (struct mem_txn){
        .head = {.ops = &txn_ops, .arena = &store->arena, .writable = writable},
        .store = store,
        .open = true,
    };
    *ret = &store->txn.head;
    return DG_OK;
}

static void mem_abort(struct dg_txn *txn)
{
    struct mem_store *store = store_of(txn);
    assert(store->txn.open);
    roll_back(store);
    store->txn.open = false;
}

static enum dg_err mem_commit(struct dg_txn *txn, struct dg_committed *ret)
{
    struct mem_store *store = store_of(txn);
    assert(store->txn.open && txn->writable);
    if (txn->err == DG_OK)
        txn->err = failure_due(&store->commit_failure);
    if (txn->err != DG_OK) {
        mem_abort(txn);
        return txn->err;
    }
    keep(store);
    store->txn.open = false;
    enum dg_err late = store->late_failure;
    store->late_failure = DG_OK;
    if (late != DG_OK)
        return late;
    *ret = (struct dg_committed){.number = ++store->committed, .store = store};
    return DG_OK;
}

static void mem_close(struct dg_store *head)
{
    struct mem_store *store = (struct mem_store *)head;
    dg_store_mem_crash(head);
    for (size_t i = 0; i < DG_TABLE_COUNT; i++)
        dg_map_done(&store->table[i]);
    dg_arena_done(&store->arena);
    free(store->changes);
    free(store);
}

static const struct dg_store_ops store_ops = {
    .begin = mem_begin,
    .commit = mem_commit,
    .abort = mem_abort,
    .close = mem_close,
};

struct dg_store *dg_store_mem_new(void)
{
    struct mem_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return NULL;
    store->head.ops = &store_ops;
    dg_arena_init(&store->arena, DG_STORE_ARENA_MAX);
    return &store->head;
}

void dg_store_mem_crash(struct dg_store *head)
{
    struct mem_store *store = (struct mem_store *)head;
    roll_back(store);
    store->txn.open = false;
}

void dg_store_mem_fail_commit(struct dg_store *store, unsigned n, enum dg_err err)
{
    ((struct mem_store *)store)->commit_failure = (struct failure){.countdown = n, .err = err};
}

void dg_store_mem_fail_put(struct dg_store *store, unsigned n, enum dg_err err)
{
    ((struct mem_store *)store)->put_failure = (struct failure){.countdown = n, .err = err};
}

void dg_store_mem_fail_late(struct dg_store *store, enum dg_err err)
{
    ((struct mem_store *)store)->late_failure = err;
}

const char *dg_store_mem_rot(struct dg_store *head, uint64_t which)
{
    struct mem_store *store = (struct mem_store *)head;
    enum dg_table table = (enum dg_table)(which % DG_TABLE_COUNT);
    const struct dg_map *map = &store->table[table];
    if (store->rotten != NULL || map->rows == 0)
        return NULL;
    const struct dg_map_row *row = map->first[0];
    for (uint64_t skip = which / DG_TABLE_COUNT % map->rows; skip > 0; skip--)
        row = row->next[0];
    if (row->value->size == 0)
        return NULL;
    store->rotten = row->value;
    store->rotten_at = (size_t)(which >> 32) % row->value->size;
    store->rotten_bit = (uint8_t)(1u << (which >> 29 & 7));
    store->masked = false;
    store->rotten->bytes[store->rotten_at] ^= store->rotten_bit;
    return dg_table_name(table);
}

bool dg_store_mem_is_rotten(const struct dg_store *store)
{
    return ((const struct mem_store *)store)->rotten != NULL;
}

void dg_store_mem_mask(struct dg_store *head, bool masked)
{
    struct mem_store *store = (struct mem_store *)head;
    if (store->rotten != NULL && store->masked != masked)
        store->rotten->bytes[store->rotten_at] ^= store->rotten_bit;
    store->masked = masked;
}

bool dg_store_mem_heal(struct dg_store *head)
{
    struct mem_store *store = (struct mem_store *)head;
    if (store->rotten == NULL)
        return false;
    dg_store_mem_mask(head, true);
    store->rotten = NULL;
    return true;
}

size_t dg_store_mem_rows(struct dg_store *store, enum dg_table table)
{
    assert(table < DG_TABLE_COUNT);
    return ((struct mem_store *)store)->table[table].rows;
}
