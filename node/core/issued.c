/* issued.c - the rows of ISSUED, and what they say about a duty. */
#include <string.h>

#include "node/core/issued_impl.h"

/* ---- keys ---------------------------------------------------------------------------------------- */

static void key_add(struct dg_row_key *key, const void *data, size_t size)
{
    if (size > 0)
        memcpy(key->data + key->size, data, size);
    key->size += size;
}

/* Every word of a key ends in NUL, which none of them has inside. */
static void key_add_word(struct dg_row_key *key, struct dg_bytes word)
{
    key_add(key, word.data, word.size);
    key_add(key, "", 1);
}

static void key_add_number(struct dg_row_key *key, uint32_t number)
{
    uint8_t at[8];
    dg_u64be_put(at, number);
    key_add(key, at + 4, 4);
}

struct dg_row_key dg_key_calendar(const struct dg_issuer *issuer, struct dg_bytes name, uint32_t serial)
{
    struct dg_row_key key = {.size = 0};
    key_add(&key, "c", 1);
    key_add_word(&key, issuer->unit);
    key_add_word(&key, issuer->organ);
    key_add_word(&key, name);
    key_add_number(&key, serial);
    return key;
}

struct dg_row_key dg_key_about(enum dg_record_kind kind, const struct dg_duty_name *duty)
{
    struct dg_row_key key = {.size = 0};
    key_add(&key, kind == DG_RECORD_REMINDER ? "m" : "a", 1);
    key_add_word(&key, duty->rule);
    key_add_word(&key, duty->period);
    key_add_word(&key, duty->unit);
    key_add_word(&key, duty->organ);
    return key;
}

struct dg_row_key dg_key_issued(enum dg_record_kind kind, const struct dg_duty_name *duty,
                                const struct dg_issuer *issuer, uint32_t number)
{
    struct dg_row_key key = dg_key_about(kind, duty);
    key_add_word(&key, issuer->unit);
    key_add_word(&key, issuer->organ);
    key_add_number(&key, number);
    return key;
}

/* ---- rows ---------------------------------------------------------------------------------------- */

/* Calls each for the rows under a prefix. */
static void rows_each(struct dg_txn *txn, struct dg_bytes prefix,
                      bool (*each)(void *ctx, const struct dg_issued_row *row), void *ctx)
{
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_ISSUED);
    bool more = dg_cursor_seek(&cursor, prefix);
    for (; more && dg_cursor_at_prefix(&cursor, prefix); more = dg_cursor_next(&cursor)) {
        struct dg_issued_row row;
        if (!dg_issued_read(txn, cursor.key, cursor.value, &row) || !each(ctx, &row))
            break;
    }
    dg_cursor_close(&cursor);
}

void dg_issued_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_issued_row *row), void *ctx)
{
    rows_each(txn, dg_bytes_at(NULL, 0), each, ctx);
}

void dg_issued_calendars_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_issued_row *row),
                              void *ctx)
{
    rows_each(txn, dg_bytes_of("c"), each, ctx);
}

void dg_issued_about(struct dg_txn *txn, enum dg_record_kind kind, const struct dg_duty_name *duty,
                     bool (*each)(void *ctx, const struct dg_issued_row *row), void *ctx)
{
    struct dg_row_key prefix = dg_key_about(kind, duty);
    rows_each(txn, dg_row_key_bytes(&prefix), each, ctx);
}

uint32_t dg_calendar_serial(struct dg_txn *txn, const struct dg_issuer *issuer, struct dg_bytes name)
{
    struct dg_row_key prefix = dg_key_calendar(issuer, name, 0);
    struct dg_cursor cursor;
    uint32_t serial = 0;
    dg_cursor_open(&cursor, txn, DG_TABLE_ISSUED);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    for (; more && dg_cursor_at_prefix(&cursor, dg_bytes_at(prefix.data, prefix.size - 4));
         more = dg_cursor_next(&cursor))
        serial = dg_u32be(cursor.key.data + cursor.key.size - 4);
    dg_cursor_close(&cursor);
    return serial;
}

size_t dg_calendar_rows(struct dg_txn *txn)
{
    struct dg_bytes prefix = dg_bytes_of("c");
    struct dg_cursor cursor;
    size_t count = 0;
    dg_cursor_open(&cursor, txn, DG_TABLE_ISSUED);
    bool more = dg_cursor_seek(&cursor, prefix);
    for (; more && dg_cursor_at_prefix(&cursor, prefix); more = dg_cursor_next(&cursor))
        count++;
    dg_cursor_close(&cursor);
    return count;
}

struct count {
    struct dg_bytes body;
    uint32_t count;
    bool known;
};

static bool count_row(void *ctx, const struct dg_issued_row *row)
{
    struct count *count = ctx;
    count->count++;
    count->known = count->known || dg_bytes_equal(row->record.sealed.body, count->body);
    return true;
}

uint32_t dg_issued_count(struct dg_txn *txn, const struct dg_issued *issued, bool *ret_known)
{
    struct count count = {.body = issued->body};
    struct dg_row_key prefix = dg_key_issued(issued->kind, issued->duty, &issued->issuer, 0);
    rows_each(txn, dg_bytes_at(prefix.data, prefix.size - 4), count_row, &count);
    *ret_known = count.known;
    return count.count;
}

/* ---- calendars ----------------------------------------------------------------------------------- */

struct calendars {
    struct dg_txn *txn;
    struct dg_arena *arena;
    enum dg_err err;
    size_t count, capacity;
    struct dg_held_calendar *item;
};

static bool calendars_grow(struct calendars *calendars)
{
    size_t capacity = calendars->capacity == 0 ? 8 : 2 * calendars->capacity;
    struct dg_held_calendar *grown = dg_arena_array(calendars->arena, capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    if (calendars->count > 0)
        memcpy(grown, calendars->item, calendars->count * sizeof *grown);
    calendars->item = grown;
    calendars->capacity = capacity;
    return true;
}

static bool calendars_add(void *ctx, const struct dg_issued_row *row)
{
    struct calendars *calendars = ctx;
    struct dg_bytes body = dg_arena_copy(calendars->arena, row->record.sealed.body);
    if (body.size == 0 || (calendars->count == calendars->capacity && !calendars_grow(calendars))) {
        calendars->err = DG_ERR_NO_MEMORY;
        return false;
    }
    struct dg_held_calendar *held = &calendars->item[calendars->count];
    held->hash = dg_sha256(body);
    calendars->err = dg_calendar_decode(calendars->arena, body, &held->calendar, NULL);
    if (calendars->err != DG_OK && calendars->err != DG_ERR_NO_MEMORY)
        calendars->err = DG_ERR_STORE_CORRUPT; /* it was checked when it came in */
    calendars->count++;
    return calendars->err == DG_OK;
}

enum dg_err dg_calendars_load(struct dg_txn *txn, struct dg_arena *arena, size_t *ret_count,
                              struct dg_held_calendar **ret)
{
    struct calendars calendars = {.txn = txn, .arena = arena};
    dg_issued_calendars_each(txn, calendars_add, &calendars);
    if (calendars.err == DG_OK)
        calendars.err = txn->err;
    if (calendars.err != DG_OK)
        return calendars.err;
    *ret_count = calendars.count;
    *ret = calendars.item;
    return DG_OK;
}

/* ---- what is known about a duty ------------------------------------------------------------------ */

struct dg_duty_name dg_duty_name_of(const struct dg_duty *duty)
{
    return (struct dg_duty_name){
        .organ = duty->organ->slug,
        .unit = duty->unit->slug,
        .rule = duty->entry->rule,
        .period = duty->entry->period,
        .due = duty->entry->due,
        .calendar = duty->calendar->hash,
    };
}

struct reminders {
    struct dg_txn *txn;
    bool (*each)(void *ctx, const struct dg_reminder *reminder, const struct dg_hash *hash);
    void *ctx;
};

static bool reminder_row(void *ctx, const struct dg_issued_row *row)
{
    struct reminders *walk = ctx;
    struct dg_reminder reminder;
    struct dg_hash hash = dg_sha256(row->record.sealed.body);
    if (dg_reminder_decode(walk->txn->arena, row->record.sealed.body, &reminder, NULL) == DG_OK)
        return walk->each(walk->ctx, &reminder, &hash);
    dg_txn_fail(walk->txn, DG_ERR_STORE_CORRUPT);
    return false;
}

void dg_reminders_each(struct dg_txn *txn, const struct dg_duty *duty,
                       bool (*each)(void *ctx, const struct dg_reminder *reminder,
                                    const struct dg_hash *hash),
                       void *ctx)
{
    struct reminders walk = {.txn = txn, .each = each, .ctx = ctx};
    struct dg_duty_name name = dg_duty_name_of(duty);
    dg_issued_about(txn, DG_RECORD_REMINDER, &name, reminder_row, &walk);
}

struct absences {
    struct dg_txn *txn;
    bool (*each)(void *ctx, const struct dg_absence *absence, const struct dg_hash *hash);
    void *ctx;
};

static bool absence_row(void *ctx, const struct dg_issued_row *row)
{
    struct absences *walk = ctx;
    struct dg_absence absence;
    struct dg_hash hash = dg_sha256(row->record.sealed.body);
    if (dg_absence_decode(walk->txn->arena, row->record.sealed.body, &absence, NULL) == DG_OK)
        return walk->each(walk->ctx, &absence, &hash);
    dg_txn_fail(walk->txn, DG_ERR_STORE_CORRUPT);
    return false;
}

void dg_absences_each(struct dg_txn *txn, const struct dg_duty *duty,
                      bool (*each)(void *ctx, const struct dg_absence *absence, const struct dg_hash *hash),
                      void *ctx)
{
    struct absences walk = {.txn = txn, .each = each, .ctx = ctx};
    struct dg_duty_name name = dg_duty_name_of(duty);
    dg_issued_about(txn, DG_RECORD_ABSENCE, &name, absence_row, &walk);
}
