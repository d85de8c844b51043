/* work.c - what the transactions do: append, replace, remove, small rows and large. */
#include "tests/crash/work.h"

#include <string.h>

#include "common/crypto.h"
#include "tests/sim/choice.h"

enum { VALUE_MAX = 48 * 1024, STEPS_MAX = 12, NAMES = 20 };

static const char number_key[] = "last";

/* --- values -------------------------------------------------------------------------------- */

static size_t draw_size(struct sim_choice *choice)
{
    switch (sim_below(choice, 16)) {
    case 0:
        return 0;
    case 1:
    case 2:
        return sim_below(choice, 12 * 1024);
    case 3:
        return sim_below(choice, VALUE_MAX);
    default:
        return sim_below(choice, 600);
    }
}

/* Half of the values compress well. */
static struct dg_bytes draw_value(struct sim_choice *choice)
{
    static uint8_t bytes[VALUE_MAX];
    size_t size = draw_size(choice);
    if (sim_chance(choice, 5000)) {
        memset(bytes, (int)sim_below(choice, 256), size);
        sim_fill(choice, bytes, size < 64 ? size : 64);
    } else {
        sim_fill(choice, bytes, size);
    }
    return dg_bytes_at(bytes, size);
}

static struct dg_bytes key_of(uint64_t number, uint64_t part)
{
    static uint8_t key[16];
    dg_u64be_put(key, number);
    dg_u64be_put(key + 8, part);
    return dg_bytes_at(key, sizeof key);
}

static struct dg_bytes draw_id(struct sim_choice *choice)
{
    static uint8_t id[32];
    sim_fill(choice, id, sizeof id);
    return dg_bytes_at(id, sizeof id);
}

/* --- steps --------------------------------------------------------------------------------- */

/* Removes the first rows from at on. */
static void remove_from(struct dg_txn *txn, enum dg_table table, struct dg_bytes at, uint64_t count)
{
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, table);
    while (count-- > 0 && dg_cursor_seek(&cursor, at))
        dg_del(txn, table, cursor.key);
    dg_cursor_close(&cursor);
}

static void replace_one(struct dg_txn *txn, struct sim_choice *choice)
{
    uint8_t name = (uint8_t)('a' + sim_below(choice, NAMES));
    dg_put(txn, DG_TABLE_DIRECTORY, dg_bytes_at(&name, 1), draw_value(choice));
}

static void put_by_id(struct dg_txn *txn, struct sim_choice *choice)
{
    struct dg_bytes value = draw_value(choice);
    struct dg_hash id = dg_sha256(value);
    dg_put(txn, DG_TABLE_REGIME, dg_bytes_at(id.b, sizeof id.b), value);
}

static void step(struct dg_txn *txn, struct sim_choice *choice, uint64_t number, uint64_t part)
{
    switch (sim_below(choice, 10)) {
    case 0:
    case 1:
        dg_put(txn, DG_TABLE_LEAF, key_of(number, part), draw_value(choice));
        break;
    case 2:
        dg_put(txn, DG_TABLE_REPORT, key_of(number, part), draw_value(choice));
        break;
    case 3:
    case 4:
        dg_put(txn, DG_TABLE_REPORT_IX, draw_id(choice), draw_value(choice));
        break;
    case 5: /* a queue: something in at the end, something out at the front */
        dg_put(txn, DG_TABLE_OUTBOX, key_of(number, part), draw_value(choice));
        remove_from(txn, DG_TABLE_OUTBOX, (struct dg_bytes){0}, sim_below(choice, 3));
        break;
    case 6:
        replace_one(txn, choice);
        break;
    case 7:
        remove_from(txn, DG_TABLE_REPORT_IX, draw_id(choice), sim_below(choice, 4));
        break;
    case 8:
        remove_from(txn, DG_TABLE_REPORT, (struct dg_bytes){0}, sim_below(choice, 4));
        break;
    default:
        put_by_id(txn, choice);
        break;
    }
}

/* --- transactions -------------------------------------------------------------------------- */

static void choice_for(struct sim_choice *choice, uint64_t seed, uint64_t number)
{
    sim_choice_start(choice, seed ^ number * UINT64_C(0xd6e8feb86659fd93));
}

void work_fill(struct dg_txn *txn, uint64_t seed, uint64_t number)
{
    struct sim_choice choice;
    choice_for(&choice, seed, number);
    uint64_t steps = 1 + sim_below(&choice, STEPS_MAX);
    for (uint64_t part = 0; part < steps; part++)
        step(txn, &choice, number, part);
    uint8_t value[8];
    dg_u64be_put(value, number);
    dg_put(txn, DG_TABLE_META, dg_bytes_of(number_key), dg_bytes_at(value, sizeof value));
}

enum dg_err work_once(struct dg_store *store, uint64_t seed, uint64_t number)
{
    struct dg_txn *txn;
    struct dg_committed committed;
    if (number % 7 == 0) {
        enum dg_err err = dg_begin_write(store, &txn);
        if (err != DG_OK)
            return err;
        work_fill(txn, seed, number);
        dg_abort(store, txn);
    }
    enum dg_err err = dg_begin_write(store, &txn);
    if (err != DG_OK)
        return err;
    work_fill(txn, seed, number);
    return dg_commit(store, txn, &committed);
}

/* --- looking ------------------------------------------------------------------------------- */

static void sum_table(struct dg_txn *txn, enum dg_table table, struct dg_hash *sum)
{
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, table);
    for (bool at = dg_cursor_seek(&cursor, (struct dg_bytes){0}); at; at = dg_cursor_next(&cursor)) {
        const uint8_t sizes[3] = {(uint8_t)table, (uint8_t)(cursor.key.size >> 8), (uint8_t)cursor.key.size};
        const struct dg_bytes parts[] = {
            dg_bytes_at(sum->b, sizeof sum->b),
            dg_bytes_at(sizes, sizeof sizes),
            cursor.key,
            cursor.value,
        };
        *sum = dg_sha256_parts(parts, sizeof parts / sizeof parts[0]);
    }
    dg_cursor_close(&cursor);
}

enum dg_err work_look(struct dg_store *store, struct work_state *ret)
{
    struct dg_txn *txn;
    enum dg_err err = dg_begin_read(store, &txn);
    if (err != DG_OK)
        return err;
    struct work_state state = {0};
    struct dg_bytes value;
    if (dg_get(txn, DG_TABLE_META, dg_bytes_of(number_key), &value) && value.size == 8)
        state.number = dg_u64be(value.data);
    for (unsigned table = 0; table < DG_TABLE_COUNT; table++)
        sum_table(txn, (enum dg_table)table, &state.sum);
    err = txn->err;
    dg_abort(store, txn);
    if (err == DG_OK)
        *ret = state;
    return err;
}
