/* attention.c - the list of what a person must look at, and that somebody has.
 *
 * Nothing leaves the list. What was acknowledged stays with the organ that did it and the time, and no longer
 * makes the node DEGRADED.
 */
#include "node/core/node_impl.h"

/* ---- rows --------------------------------------------------------------------------------------- */

static void write_item(struct dg_txn *txn, const struct dg_attention *item)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 4 * DG_CHECKPOINT_MAX);
    dg_buf_add_u64be(&buf, (uint64_t)item->at_ms);
    dg_row_add_run(&buf, item->code);
    dg_row_add_run(&buf, item->about);
    dg_row_add_run(&buf, item->detail);
    dg_buf_add_u64be(&buf, (uint64_t)item->acked_ms);
    dg_row_add_run(&buf, item->acker);
    struct dg_row_key key = dg_key_u64(item->number);
    dg_row_put(txn, DG_TABLE_ATTENTION, &key, &buf);
}

static bool read_item(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value,
                      struct dg_attention *ret)
{
    struct dg_row row = {.rest = value};
    *ret = (struct dg_attention){.number = key.size == 8 ? dg_u64be(key.data) : 0};
    ret->at_ms = (dg_ms)dg_row_u64(&row);
    ret->code = dg_row_run(&row);
    ret->about = dg_row_run(&row);
    ret->detail = dg_row_run(&row);
    ret->acked_ms = (dg_ms)dg_row_u64(&row);
    ret->acker = dg_row_run(&row);
    return dg_row_good(txn, &row);
}

void dg_attention_put(struct dg_txn *txn, dg_ms at, enum dg_err code, struct dg_bytes about,
                      struct dg_bytes detail)
{
    struct dg_attention item = {.number = dg_meta_count(txn, "attention-seq"),
                                .at_ms = at,
                                .code = dg_bytes_of(dg_err_name(code)),
                                .about = about,
                                .detail = detail};
    write_item(txn, &item);
}

void dg_attention_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_attention *item),
                       void *ctx)
{
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_ATTENTION);
    for (bool more = dg_cursor_seek(&cursor, dg_bytes_at(NULL, 0)); more; more = dg_cursor_next(&cursor)) {
        struct dg_attention item;
        if (!read_item(txn, cursor.key, cursor.value, &item) || !each(ctx, &item))
            break;
    }
    dg_cursor_close(&cursor);
}

bool dg_attention_get(struct dg_txn *txn, uint64_t number, struct dg_attention *ret)
{
    struct dg_row_key key = dg_key_u64(number);
    struct dg_bytes value;
    return dg_get(txn, DG_TABLE_ATTENTION, dg_row_key_bytes(&key), &value) &&
           read_item(txn, dg_row_key_bytes(&key), value, ret);
}

/* ---- looking for one ----------------------------------------------------------------------------- */

struct search {
    const char *code;
    struct dg_bytes about;
    bool waiting; /* only what nobody has acknowledged */
    bool found;
};

static bool match(void *ctx, const struct dg_attention *item)
{
    struct search *search = ctx;
    search->found = dg_bytes_is(item->code, search->code) && dg_bytes_equal(item->about, search->about) &&
                    !(search->waiting && item->acked_ms != 0);
    return !search->found;
}

bool dg_attention_has(struct dg_txn *txn, enum dg_err code, struct dg_bytes about)
{
    struct search search = {.code = dg_err_name(code), .about = about};
    dg_attention_each(txn, match, &search);
    return search.found;
}

void dg_attention_once(struct dg_txn *txn, dg_ms at, enum dg_err code, struct dg_bytes about,
                       struct dg_bytes detail)
{
    struct search search = {.code = dg_err_name(code), .about = about, .waiting = true};
    dg_attention_each(txn, match, &search);
    if (!search.found)
        dg_attention_put(txn, at, code, about, detail);
}

bool dg_attention_calls(const struct dg_attention *item)
{
    return item->acked_ms == 0 && !dg_bytes_is(item->code, dg_err_name(DG_ERR_REMINDED)) &&
           !dg_bytes_is(item->code, dg_err_name(DG_ERR_UNHEEDED)) &&
           !dg_bytes_is(item->code, dg_err_name(DG_ERR_REGIME_ADOPTED)) &&
           !dg_bytes_is(item->code, dg_err_name(DG_ERR_NUMBER_VOIDED));
}

/* ---- acknowledging ------------------------------------------------------------------------------ */

struct waiting {
    struct dg_txn *txn;
    size_t count, capacity;
    uint64_t *number;
};

static bool collect(void *ctx, const struct dg_attention *item)
{
    struct waiting *waiting = ctx;
    if (item->acked_ms == 0)
        waiting->number[waiting->count++] = item->number;
    return waiting->count < waiting->capacity;
}

/* The numbers asked for; with `all` those that wait, so many as one request may name. */
static bool numbers_of(struct dg_txn *txn, const struct dg_ctl_request *request, struct waiting *ret)
{
    *ret = (struct waiting){.txn = txn, .count = request->number_count, .number = request->number};
    if (!request->all)
        return true;
    ret->capacity = DG_ATTENTION_ACK_MAX;
    ret->count = 0;
    ret->number = dg_arena_array(txn->arena, ret->capacity, sizeof *ret->number);
    if (ret->number == NULL)
        return false;
    dg_attention_each(txn, collect, ret);
    return true;
}

/* The first who looked stays on record. */
void dg_attention_ack(struct dg_txn *txn, uint64_t number, struct dg_bytes organ, dg_ms now)
{
    struct dg_attention item;
    if (!dg_attention_get(txn, number, &item) || item.acked_ms != 0)
        return;
    item.acked_ms = now;
    item.acker = organ;
    write_item(txn, &item);
}

void dg_control_attention(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                          dg_ms now, struct dg_ctl_reply *reply)
{
    struct waiting waiting;
    struct dg_attention item;
    if (dg_dir_unit_organ(dg_node_self(node, txn), request->organ, dg_day_of(now)) == NULL) {
        (void)dg_fault(&reply->fault, DG_ERR_NO_ORGAN);
        dg_fault_organ(&reply->fault, dg_arena_string(txn->arena, request->organ));
        dg_fault_unit(&reply->fault, node->identity.unit);
        return;
    }
    if (!numbers_of(txn, request, &waiting)) {
        (void)dg_fault(&reply->fault, DG_ERR_NO_MEMORY);
        return;
    }
    for (size_t i = 0; i < waiting.count; i++)
        if (!dg_attention_get(txn, waiting.number[i], &item)) {
            (void)dg_faultf(&reply->fault, DG_ERR_NOT_FOUND, "%llu", (unsigned long long)waiting.number[i]);
            return;
        }
    for (size_t i = 0; i < waiting.count && !request->dry_run; i++)
        dg_attention_ack(txn, waiting.number[i], request->organ, now);
    reply->text = dg_bytes_of(dg_arena_printf(txn->arena, "%zu", waiting.count));
}
