/* alarm.c - what has waited too long is told to a person, once, where he can do something about it: at the
 * node that cannot send it on, at the via organ that does not pass it on, and of a flash report (hoả tốc) at
 * the unit where nobody marks it, then at the unit above and at the author's.
 *
 * The store remembers what was told. A minute's look takes a bounded time, whatever waits.
 */
#include <string.h>

#include "common/pack.h"
#include "common/text.h"
#include "node/core/outbox_impl.h"
#include "proto/pass.h"

enum { LOOK_EVERY_MS = 60000, REPORTS_PER_LOOK = 128, WATCH_DAYS = 30, ROWS_MAX = 256 };

static const char watch_prefix[] = "watch/";

/* Puts the code about a report, with whom it waits for. */
static void tell(struct dg_txn *txn, dg_ms now, enum dg_err code, const struct dg_id *id, const char *whom)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    dg_attention_put(txn, now, code, dg_bytes_of(hex), dg_bytes_of(whom));
}

/* ---- what waits to be sent ------------------------------------------------------------------------- */

/* What was told about the outbox of one neighbour. */
struct told {
    uint64_t looked[DG_LANE_COUNT]; /* rows before this were looked at when they were an hour old */
    uint64_t old;                   /* the row that was told as a day old */
    dg_ms old_at;
};

struct look {
    struct dg_node *node;
    struct dg_txn *txn;
    dg_ms now;
    unsigned left; /* so many reports may still be opened */
    bool late;     /* something is */
};

static struct dg_row_key told_key(struct dg_bytes unit)
{
    struct dg_row_key key = dg_key_name("late/");
    memcpy(key.data + key.size, unit.data, unit.size);
    key.size += unit.size;
    return key;
}

static struct told told_get(struct dg_txn *txn, struct dg_bytes unit)
{
    struct dg_row_key key = told_key(unit);
    struct told told = {.old = 0};
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_META, dg_row_key_bytes(&key), &value))
        return told;
    struct dg_row row = {.rest = value};
    told.looked[DG_LANE_URGENT] = dg_row_u64(&row);
    told.looked[DG_LANE_NORMAL] = dg_row_u64(&row);
    told.old = dg_row_u64(&row);
    told.old_at = (dg_ms)dg_row_u64(&row);
    (void)dg_row_good(txn, &row);
    return told;
}

static void told_put(struct dg_txn *txn, struct dg_bytes unit, const struct told *told)
{
    struct dg_row_key key = told_key(unit);
    struct dg_buf buf;
    dg_buf_init(&buf, 64);
    dg_buf_add_u64be(&buf, told->looked[DG_LANE_URGENT]);
    dg_buf_add_u64be(&buf, told->looked[DG_LANE_NORMAL]);
    dg_buf_add_u64be(&buf, told->old);
    dg_buf_add_u64be(&buf, (uint64_t)told->old_at);
    dg_row_put(txn, DG_TABLE_META, &key, &buf);
}

/* Reads the report of a row. False when it cannot be. */
static bool report_at(struct look *l, uint64_t position, struct dg_id *ret_id, enum dg_urgency *ret)
{
    struct dg_outgoing outgoing;
    struct dg_envelope envelope;
    struct dg_report report;
    struct dg_arena *arena = l->txn->arena;
    if (!dg_outgoing_get(l->node, l->txn, position, &outgoing))
        return false;
    struct dg_bytes bytes = outgoing.envelope;
    if ((outgoing.packed && dg_unpack(arena, bytes, DG_ENVELOPE_MAX, &bytes) != DG_OK) ||
        dg_envelope_decode(arena, bytes, &envelope, NULL) != DG_OK ||
        dg_report_decode(arena, envelope.report, &report, NULL) != DG_OK)
        return false;
    *ret_id = dg_report_id(envelope.report);
    *ret = report.urgency;
    return true;
}

/* One row of a lane that is an hour old, and was not looked at yet. */
static bool look_at_row(struct look *l, const struct dg_queued *queued, struct told *told)
{
    struct dg_id id;
    enum dg_urgency urgency;
    if (l->left == 0)
        return false;
    l->left--;
    if (report_at(l, queued->position, &id, &urgency) && urgency >= DG_URGENCY_KHAN)
        tell(l->txn, l->now, DG_ERR_LATE_URGENT, &id, dg_arena_string(l->txn->arena, queued->unit));
    told->looked[queued->lane] = queued->seq + 1;
    return true;
}

/* One lane: its oldest row, and the urgent reports that have become an hour old since the last look. */
static void look_at_lane(struct look *l, struct dg_bytes unit, enum dg_lane lane, struct told *told,
                         struct dg_queued *oldest)
{
    struct dg_row_key begin = dg_key_outbox(unit, lane, 0);
    struct dg_row_key from = dg_key_outbox(unit, lane, told->looked[lane]);
    struct dg_bytes prefix = dg_bytes_at(begin.data, begin.size - 8);
    struct dg_queued queued;
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, l->txn, DG_TABLE_OUTBOX);
    bool more = dg_cursor_seek(&cursor, prefix), found = false;
    for (; more && !found && dg_cursor_at_prefix(&cursor, prefix); more = dg_cursor_next(&cursor))
        /* What is held waits for an officer, who was told when it was. */
        found = !dg_queued_read(l->txn, cursor.key, cursor.value, &queued) || !queued.held;
    if (found && l->txn->err == DG_OK) {
        dg_ms late = lane == DG_LANE_URGENT ? DG_LATE_URGENT_MS : DG_LATE_MS;
        l->late = l->late || l->now - queued.since_ms >= late;
        if (oldest->seq == 0 || queued.since_ms < oldest->since_ms)
            *oldest = queued;
    }
    more = dg_cursor_seek(&cursor, dg_row_key_bytes(&from));
    for (; more && dg_cursor_at_prefix(&cursor, prefix); more = dg_cursor_next(&cursor))
        if (!dg_queued_read(l->txn, cursor.key, cursor.value, &queued) ||
            l->now - queued.since_ms < DG_LATE_URGENT_MS || !look_at_row(l, &queued, told))
            break;
    dg_cursor_close(&cursor);
}

/* While a backlog drains, each row is the oldest for a while: one a day is told. */
static void look_at_neighbour(struct look *l, struct dg_bytes unit)
{
    struct told told = told_get(l->txn, unit), before = told;
    struct dg_queued oldest = {.seq = 0};
    struct dg_id id;
    enum dg_urgency urgency;
    for (enum dg_lane lane = DG_LANE_URGENT; lane <= DG_LANE_NORMAL; lane++)
        look_at_lane(l, unit, lane, &told, &oldest);
    bool day_old = oldest.seq != 0 && l->now - oldest.since_ms >= DG_LATE_MS;
    if (day_old && oldest.seq != told.old && l->now - told.old_at >= DG_LATE_MS && l->left > 0 &&
        report_at(l, oldest.position, &id, &urgency)) {
        l->left--;
        tell(l->txn, l->now, DG_ERR_LATE_REPORT, &id, dg_arena_string(l->txn->arena, unit));
        told.old = oldest.seq;
        told.old_at = l->now;
    }
    if (memcmp(&told, &before, sizeof told) != 0)
        told_put(l->txn, unit, &told);
}

static void look_at_outbox(struct look *l)
{
    struct dg_row_key from = {.size = 0};
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, l->txn, DG_TABLE_OUTBOX);
    while (dg_cursor_seek(&cursor, dg_row_key_bytes(&from))) {
        struct dg_bytes rest = cursor.key, unit = dg_row_key_part(&rest);
        look_at_neighbour(l, unit);
        from = dg_key_slug(unit);
        from.data[from.size - 1] = 1; /* behind every row of this one */
    }
    dg_cursor_close(&cursor);
}

/* ---- what waits for somebody -------------------------------------------------------------------------- */

/* A report that somebody here or below must act on: a flash report, or one that goes through an organ. */
struct watch {
    uint64_t position;
    dg_ms since;
    bool told_here, told_beyond, told_pass;
    struct dg_id id;
};

static void watch_put(struct dg_txn *txn, const struct watch *watch)
{
    struct dg_row_key key = dg_key_name(watch_prefix);
    struct dg_buf buf;
    dg_row_key_add_u64(&key, watch->position);
    dg_buf_init(&buf, 64);
    dg_buf_add_u64be(&buf, (uint64_t)watch->since);
    dg_buf_add_u8(&buf, watch->told_here);
    dg_buf_add_u8(&buf, watch->told_beyond);
    dg_buf_add_u8(&buf, watch->told_pass);
    dg_buf_add(&buf, watch->id.b, sizeof watch->id.b);
    dg_row_put(txn, DG_TABLE_META, &key, &buf);
}

void dg_alarm_watch(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                    const struct dg_id *id, uint64_t position, dg_ms now)
{
    bool waits = report->urgency == DG_URGENCY_HOA_TOC;
    for (size_t i = 0; i < report->recipient_count && !waits; i++) {
        struct dg_bytes organ, unit;
        waits = dg_address_split(report->recipient[i].through, &organ, &unit) &&
                dg_bytes_is(unit, node->identity.unit);
    }
    if (waits)
        watch_put(txn, &(struct watch){.position = position, .since = now, .id = *id});
}

/* One look at one report. */
struct watching {
    struct look *l;
    struct watch *watch;
    struct dg_held held;
    bool pending; /* something may still have to be told */
    bool told;
};

static void tell_watch(struct watching *w, enum dg_err code, bool *told, struct dg_bytes organ,
                       struct dg_bytes unit)
{
    if (*told)
        return;
    tell(w->l->txn, w->l->now, code, &w->watch->id,
         dg_arena_printf(w->l->txn->arena, "%.*s@%.*s", (int)organ.size, (const char *)organ.data,
                         (int)unit.size, (const char *)unit.data));
    *told = w->told = true;
}

static dg_ms unread_after(const struct look *l)
{
    return l->node->env.unread_ms > 0 ? l->node->env.unread_ms : DG_UNREAD_MS;
}

/* An addressee here has neither accepted nor refused it. */
static void look_here(struct watching *w, const struct dg_recipient *to)
{
    struct dg_mail mail;
    if (w->watch->told_here || !dg_mail_get(w->l->txn, to->organ, w->held.position, &mail) || mail.state != 1)
        return;
    w->pending = true;
    dg_ms open_since = mail.decided_ms > mail.arrived_ms ? mail.decided_ms : mail.arrived_ms;
    if (mail.open && w->l->now - open_since >= unread_after(w->l))
        tell_watch(w, DG_ERR_UNREAD_FLASH, &w->watch->told_here, to->organ, to->unit);
}

struct word_search {
    const struct dg_recipient *to;
    bool said;
    dg_ms receipted; /* by that unit; 0: not known */
};

static bool see_word(void *ctx, const struct dg_custody *custody)
{
    struct word_search *search = ctx;
    const struct dg_leaf *leaf = &custody->leaf;
    if (custody->record.kind == DG_RECORD_STATE && dg_bytes_equal(leaf->organ, search->to->organ) &&
        dg_bytes_equal(leaf->unit, search->to->unit))
        search->said = true;
    for (size_t i = 0; custody->record.kind == DG_RECORD_RECEIPT && i < leaf->delivery_count; i++)
        if (dg_bytes_equal(leaf->delivery[i].unit, search->to->unit))
            search->receipted = leaf->time;
    return true;
}

/* Elsewhere it is this node's affair as the author's, or as that of the unit right above the addressee: one
 * step later, when the addressee's own unit has been told. */
static void look_beyond(struct watching *w, const struct dg_recipient *to)
{
    const struct dg_directory *dir = dg_node_directory(w->l->node, w->l->txn);
    const struct dg_dir_unit *unit = dg_directory_unit(dir, to->unit);
    bool above = unit != NULL && dg_bytes_is(unit->parent_slug, w->l->node->identity.unit);
    struct word_search search = {.to = to};
    if (w->watch->told_beyond || !(above || w->held.from_unit.size == 0))
        return;
    dg_custody_each(w->l->txn, w->held.position, see_word, &search);
    w->pending = w->pending || !search.said;
    if (!search.said && search.receipted != 0 && w->l->now - search.receipted >= 2 * unread_after(w->l))
        tell_watch(w, DG_ERR_UNREAD_FLASH, &w->watch->told_beyond, to->organ, to->unit);
}

/* A via organ of this unit has not decided. */
static void look_at_via(struct watching *w, const struct dg_via *via)
{
    struct dg_mail mail;
    dg_ms late = w->held.report.urgency >= DG_URGENCY_KHAN ? DG_LATE_URGENT_MS : DG_LATE_MS;
    if (w->watch->told_pass || !dg_bytes_is(via->unit, w->l->node->identity.unit) ||
        !dg_mail_get(w->l->txn, via->organ, w->held.position, &mail) || !mail.passes)
        return;
    w->pending = true;
    if (w->l->now - mail.arrived_ms >= late)
        tell_watch(w, DG_ERR_LATE_PASS, &w->watch->told_pass, via->organ, via->unit);
}

static void look_at_report(struct watching *w)
{
    const struct dg_report *report = &w->held.report;
    struct dg_via *via;
    size_t count = 0;
    for (size_t i = 0; i < report->recipient_count && report->urgency == DG_URGENCY_HOA_TOC; i++) {
        const struct dg_recipient *to = &report->recipient[i];
        if (to->as == DG_AS_TO && dg_bytes_is(to->unit, w->l->node->identity.unit))
            look_here(w, to);
        else if (to->as == DG_AS_TO)
            look_beyond(w, to);
    }
    if (dg_report_vias(w->l->txn->arena, report, &count, &via) != DG_OK)
        return;
    for (size_t i = 0; i < count; i++)
        look_at_via(w, &via[i]);
}

static void look_at_watch(struct look *l, struct watch *watch)
{
    struct watching w = {.l = l, .watch = watch};
    struct dg_row_key key = dg_key_name(watch_prefix);
    dg_row_key_add_u64(&key, watch->position);
    bool held = dg_held_get(l->txn, &watch->id, &w.held) == DG_OK && w.held.verdict == DG_VERDICT_ACCEPTED;
    if (held)
        look_at_report(&w);
    if (!w.pending || l->now - watch->since > WATCH_DAYS * INT64_C(86400000))
        dg_del(l->txn, DG_TABLE_META, dg_row_key_bytes(&key));
    else if (w.told)
        watch_put(l->txn, watch);
}

/* The rows of one look; the next begins behind them, and after the last with the first. */
struct watches {
    size_t count;
    struct watch item[ROWS_MAX];
};

static void list_watches(struct look *l, struct watches *watches)
{
    struct dg_bytes prefix = dg_bytes_of(watch_prefix);
    struct dg_row_key from = dg_key_name(watch_prefix);
    struct dg_cursor cursor;
    dg_row_key_add_u64(&from, l->node->watched);
    dg_cursor_open(&cursor, l->txn, DG_TABLE_META);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&from));
    for (; more && dg_cursor_at_prefix(&cursor, prefix) && watches->count < ROWS_MAX;
         more = dg_cursor_next(&cursor)) {
        struct watch *watch = &watches->item[watches->count++];
        struct dg_row row = {.rest = cursor.value};
        watch->position = dg_u64be(cursor.key.data + cursor.key.size - 8);
        watch->since = (dg_ms)dg_row_u64(&row);
        watch->told_here = dg_row_u8(&row) != 0;
        watch->told_beyond = dg_row_u8(&row) != 0;
        watch->told_pass = dg_row_u8(&row) != 0;
        dg_row_fixed(&row, watch->id.b, sizeof watch->id.b);
        if (!dg_row_good(l->txn, &row))
            break;
    }
    dg_cursor_close(&cursor);
    bool full = watches->count == ROWS_MAX;
    l->node->watched = full ? watches->item[ROWS_MAX - 1].position + 1 : 0;
}

static void look_at_watches(struct look *l)
{
    struct watches *watches = dg_arena_alloc(l->txn->arena, sizeof *watches);
    if (watches == NULL)
        return;
    list_watches(l, watches);
    for (size_t i = 0; i < watches->count && l->txn->err == DG_OK; i++)
        look_at_watch(l, &watches->item[i]);
}

/* ---- the look ----------------------------------------------------------------------------------- */

void dg_alarm_tick(struct dg_node *node, struct dg_txn *txn, dg_ms now)
{
    if (node->alarmed != 0 && now >= node->alarmed && now - node->alarmed < LOOK_EVERY_MS)
        return;
    struct look l = {.node = node, .txn = txn, .now = now, .left = REPORTS_PER_LOOK};
    node->alarmed = now;
    look_at_outbox(&l);
    look_at_watches(&l);
    node->late = l.late;
}
