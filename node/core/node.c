/* node.c - the node as a value: opened from its store, stepped by events. */
#include <stdlib.h>
#include <string.h>

#include "node/core/carry_impl.h"
#include "node/core/had.h"
#include "node/core/issued_impl.h"
#include "node/core/node_impl.h"
#include "node/core/mirror.h"
#include "node/core/restored_impl.h"

/* ---- life ---------------------------------------------------------------------------------------- */

/* Each start counts the boot up and commits it before anything is said to anybody. */
static enum dg_err boot(struct dg_node *node, dg_ms now, struct dg_fault *fault)
{
    struct dg_txn *txn;
    enum dg_err err = dg_begin_write(node->store, &txn);
    if (err != DG_OK)
        return dg_fault(fault, err);
    bool known = dg_identity_load(txn, &node->identity);
    if (!known) {
        err = txn->err != DG_OK ? txn->err : DG_ERR_BAD_NODE;
        dg_abort(node->store, txn);
        return dg_faultf(fault, err, "the store has no identity");
    }
    node->boot = dg_meta_count(txn, "boot");
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_OUTBOX);
    while (DG_MUTANT("volatile-outbox") && dg_cursor_seek(&cursor, dg_bytes_at(NULL, 0)))
        dg_del(txn, DG_TABLE_OUTBOX, cursor.key);
    dg_cursor_close(&cursor);
    dg_outbox_unhold_records(txn);
    dg_checking_start(node, txn);
    dg_restored_tip(txn, &node->identity, node->env.tip, now);
    struct dg_committed committed;
    err = dg_commit(node->store, txn, &committed);
    return err == DG_OK ? DG_OK : dg_fault(fault, err);
}

enum dg_err dg_node_open(struct dg_store *store, const struct dg_node_env *env, struct dg_node **ret,
                         struct dg_fault *fault)
{
    struct dg_node *node = calloc(1, sizeof *node);
    if (node == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    node->store = store;
    node->env = *env;
    node->packing = dg_packing_new();
    node->duties = dg_duties_new();
    node->checking = dg_checking_new();
    node->giving = dg_giving_new();
    dg_arena_init(&node->dir_arena, 0);
    dg_arena_init(&node->allowed_arena, 0);
    dg_arena_init(&node->fresh_arena, DG_FRESH_BYTES_MAX);
    env->random(env->random_ctx, node->nonce, sizeof node->nonce);
    bool room =
        node->packing != NULL && node->duties != NULL && node->checking != NULL && node->giving != NULL;
    enum dg_err err = room ? boot(node, env->now, fault) : dg_fault(fault, DG_ERR_NO_MEMORY);
    if (err == DG_OK && node->identity.parent[0] != '\0' &&
        dg_link_get(node, dg_bytes_of(node->identity.parent), true) == NULL)
        err = dg_fault(fault, DG_ERR_NO_MEMORY);
    if (err != DG_OK) {
        dg_node_close(node);
        return err;
    }
    node->allowed_version = 1;
    *ret = node;
    return DG_OK;
}

enum dg_err dg_node_peek(struct dg_store *store, struct dg_txn *txn, const struct dg_node_env *env,
                         struct dg_node **ret, struct dg_fault *fault)
{
    struct dg_node *node = calloc(1, sizeof *node);
    if (node == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    node->store = store;
    node->env = *env;
    dg_arena_init(&node->dir_arena, 0);
    dg_arena_init(&node->allowed_arena, 0);
    dg_arena_init(&node->fresh_arena, DG_FRESH_BYTES_MAX);
    node->packing = dg_packing_new();
    enum dg_err err = node->packing == NULL                     ? DG_ERR_NO_MEMORY
                      : !dg_identity_load(txn, &node->identity) ? DG_ERR_BAD_NODE
                                                                : DG_OK;
    if (err != DG_OK) {
        dg_node_close(node);
        return dg_fault(fault, err);
    }
    *ret = node;
    return DG_OK;
}

void dg_node_close(struct dg_node *node)
{
    if (node == NULL)
        return;
    for (size_t i = 0; i < node->link_count; i++)
        free(node->link[i]);
    free(node->link);
    free(node->packing);
    dg_duties_free(node->duties);
    dg_checking_free(node->checking);
    dg_giving_free(node->giving);
    dg_arena_done(&node->dir_arena);
    dg_arena_done(&node->allowed_arena);
    dg_arena_done(&node->fresh_arena);
    free(node);
}

void dg_node_forget(struct dg_node *node)
{
    for (size_t i = 0; i < node->link_count; i++) {
        struct dg_link *link = node->link[i];
        link->connected = false;
        link->noted = false;
        link->flight_count = 0; /* greeted again in its time: a full disk must not make the line spin */
    }
    node->seen_beacon.size = 0;
    node->lines_fell = false;
    dg_checking_forget(node);
    dg_outgoing_forget(node);
    dg_node_members_changed(node);
    dg_node_issued_changed(node, DG_RECORD_CALENDAR);
}

/* ---- the directory ------------------------------------------------------------------------------- */

const struct dg_directory *dg_node_directory(struct dg_node *node, struct dg_txn *txn)
{
    if (node->dir_fresh)
        return &node->dir;
    dg_arena_reset(&node->dir_arena);
    node->dir = (struct dg_directory){.unit_count = 0};
    enum dg_err err = dg_directory_load(txn, &node->dir_arena, &node->dir);
    if (err != DG_OK)
        dg_txn_fail(txn, err);
    node->dir_fresh = err == DG_OK;
    return &node->dir;
}

void dg_node_members_changed(struct dg_node *node)
{
    node->dir_fresh = false;
    node->proven = (struct dg_proven){.unit = NULL};
    node->allowed_version++;
}

void dg_node_allowed_changed(struct dg_node *node)
{
    node->allowed_version++;
}

void dg_node_member_added(struct dg_node *node, struct dg_txn *txn, const struct dg_dir_row *row)
{
    if (!node->dir_fresh || !dg_directory_add(txn, &node->dir_arena, node->identity.unit, row, &node->dir))
        dg_node_members_changed(node);
    node->proven = (struct dg_proven){.unit = NULL};
}

const struct dg_dir_unit *dg_node_self(struct dg_node *node, struct dg_txn *txn)
{
    static const struct dg_dir_unit nobody; /* no organs, no rules: nothing is done in its name */
    const struct dg_dir_unit *self =
        dg_directory_unit(dg_node_directory(node, txn), dg_bytes_of(node->identity.unit));
    if (self != NULL)
        return self;
    dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
    return &nobody;
}

struct dg_bytes dg_node_route(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit_slug)
{
    struct dg_bytes self = dg_bytes_of(node->identity.unit);
    if (dg_bytes_equal(unit_slug, self))
        return dg_bytes_at(NULL, 0);
    const struct dg_dir_unit *unit = dg_directory_unit(dg_node_directory(node, txn), unit_slug);
    for (; unit != NULL; unit = unit->parent)
        if (dg_bytes_equal(unit->parent_slug, self))
            return unit->slug;
    return dg_bytes_of(node->identity.parent);
}

/* ---- who may connect ----------------------------------------------------------------------------- */

struct allowed {
    struct dg_curve_key *key;
    size_t count, capacity;
};

static void allowed_add(struct allowed *allowed, const struct dg_curve_key *key)
{
    if (allowed->count < allowed->capacity)
        allowed->key[allowed->count++] = *key;
}

/* Used and expired ones too: their holder is let in to be told so, and gets nothing else. */
static bool allowed_invitation(void *ctx, const struct dg_invitation_row *row)
{
    allowed_add(ctx, &row->one_time);
    return true;
}

size_t dg_node_allowed(struct dg_node *node, struct dg_txn *txn, const struct dg_curve_key **ret,
                       uint64_t *ret_version)
{
    const struct dg_directory *dir = dg_node_directory(node, txn);
    struct allowed allowed = {.capacity = dir->unit_count + DG_INVITATIONS_MAX}; /* no more are kept */
    dg_arena_reset(&node->allowed_arena);
    allowed.key = dg_arena_array(&node->allowed_arena, allowed.capacity, sizeof *allowed.key);
    if (allowed.key == NULL)
        allowed.capacity = 0;
    for (size_t i = 0; i < dir->unit_count; i++)
        if (dg_bytes_is(dir->unit[i].parent_slug, node->identity.unit))
            allowed_add(&allowed, &dir->unit[i].transport);
    dg_invitation_each(txn, allowed_invitation, &allowed);
    *ret = allowed.key;
    *ret_version = node->allowed_version;
    return allowed.count;
}

uint64_t dg_node_allowed_version(const struct dg_node *node)
{
    return node->allowed_version;
}

/* ---- steps --------------------------------------------------------------------------------------- */

static void on_acked(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, uint64_t tag, dg_ms now)
{
    enum dg_lane lane = (enum dg_lane)(tag & 3);
    /* Only records are acknowledged; a report leaves its outbox by a receipt alone. */
    if (lane == DG_LANE_CONTROL && !link->up)
        dg_had_acked(txn, dg_bytes_of(link->unit), tag >> 2, now);
    if (lane == DG_LANE_CONTROL)
        (void)dg_outbox_release(node, txn, dg_bytes_of(link->unit), lane, tag >> 2);
}

static void on_beats(struct dg_link *link, const struct dg_event *event, dg_ms now, struct dg_out *out)
{
    const struct dg_frame *frame = event->frame;
    if (frame->ping != NULL) {
        struct dg_beat pong = {.number = frame->ping->number, .clock_ms = now};
        struct dg_frame answer = {.pong = &pong};
        link->skew_ms = frame->ping->clock_ms - now;
        dg_out_frame(out, event->conn, &answer);
    }
    if (frame->pong != NULL)
        link->skew_ms = frame->pong->clock_ms - now;
}

/* One record, unless it has ended this process twice: then its sender keeps it, and the next one goes on. */
void dg_goods_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     const struct dg_claims *claims, struct dg_link *link, const struct dg_record *record,
                     dg_ms now, struct dg_out *out)
{
    struct dg_fault fault;
    if (!dg_guarded_record(node, record)) {
        (void)dg_fault(&fault, DG_ERR_CRASHED);
        dg_fault_unit(&fault, link->unit);
        dg_out_answer(out, event->conn, record->tag, &fault, 0);
        dg_out_fact(out, &fault, "record");
        return;
    }
    if (record->kind == DG_RECORD_CERTIFICATE || record->kind == DG_RECORD_ADOPTION)
        dg_membership_record(node, txn, event, claims, link, record, now, out);
    else if (record->kind == DG_RECORD_WANT || record->kind == DG_RECORD_SOURCE)
        dg_source_record(node, txn, event, claims, link, record, now, out);
    else if (dg_issued_kind(record->kind))
        dg_issued_record(node, txn, event, claims, link, record, now, out);
    else if (record->kind == DG_RECORD_VOID)
        dg_void_record(node, txn, event, claims, link, record, now, out);
    else
        dg_custody_record(node, txn, event, claims, link, record, now, out);
    dg_guarded_leave(node, true);
}

/* The durable part of a frame: records first, since they may bring the certificates that parcels need. */
static void on_goods(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                     const struct dg_claims *claims, struct dg_link *link, dg_ms now, struct dg_out *out)
{
    const struct dg_frame *frame = event->frame;
    bool goods = frame->record_count + frame->parcel_count > 0;
    if (frame->credit != NULL)
        dg_outbox_credit(link, frame->credit);
    if (goods && now - link->moved > DG_ASLEEP_MS) /* it lives again */
        dg_outbox_contact(node, link, now);
    for (size_t i = 0; i < frame->record_count; i++)
        dg_goods_record(node, txn, event, claims, link, &frame->record[i], now, out);
    for (size_t i = 0; i < frame->parcel_count; i++)
        dg_delivery_parcel(node, txn, event, claims, link, &frame->parcel[i], now, out);
    for (size_t i = 0; i < frame->acked_count; i++)
        on_acked(node, txn, link, frame->acked[i], now);
    for (size_t i = 0; i < frame->answer_count; i++)
        dg_outbox_answered(node, txn, link, &frame->answer[i], now);
    dg_taking_frame(node, txn, event, link, now, out);
    dg_bulk_frame(node, txn, event, link, now);
}

/* A connection that has not greeted, or no longer holds its unit's key, is told to greet. */
static void ask_to_greet(const struct dg_event *event, struct dg_out *out)
{
    struct dg_refused refused = {.code = dg_bytes_of(dg_err_name(DG_ERR_PROTOCOL)),
                                 .detail = dg_bytes_of("hello first")};
    struct dg_frame frame = {.refused = &refused};
    dg_out_frame(out, event->conn, &frame);
}

static bool link_holds(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                       const struct dg_event *event)
{
    if (link->up)
        return dg_curve_key_equal(&event->key, &node->identity.parent_key) || DG_MUTANT("any-parent");
    const struct dg_dir_unit *unit = dg_directory_unit(dg_node_directory(node, txn), dg_bytes_of(link->unit));
    return unit != NULL && dg_curve_key_equal(&event->key, &unit->transport);
}

static void on_refused(struct dg_node *node, struct dg_txn *txn, struct dg_link *link,
                       const struct dg_refused *refused, dg_ms now, struct dg_out *out)
{
    bool greet_again = dg_bytes_is(refused->code, dg_err_name(DG_ERR_PROTOCOL));
    dg_link_down(link, now);
    if (dg_bytes_is(refused->code, dg_err_name(DG_ERR_OLD_BOOT)))
        dg_restored_boot(node, txn, refused->boot, now);
    if (greet_again)
        return;
    link->hello_sent = now; /* whoever is refused asks again only after a while */
    link->why = dg_err_by_name((const char *)refused->code.data, refused->code.size);
    struct dg_fault fault;
    enum dg_err code = dg_err_by_name((const char *)refused->code.data, refused->code.size);
    (void)dg_faultf(&fault, code, "%.*s", (int)refused->detail.size, (const char *)refused->detail.data);
    dg_fault_unit(&fault, link->unit);
    if (code == DG_ERR_CLONE && !link->refused)
        dg_attention_once(txn, now, code, dg_bytes_of(link->unit), refused->detail);
    if (!link->refused)
        dg_out_fact(out, &fault, "uplink");
    link->refused = true;
}

static void on_message(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                       const struct dg_claims *claims, dg_ms now, struct dg_out *out)
{
    const struct dg_frame *frame = event->frame;
    if (frame == NULL) {
        node->counted_refused++;
        return;
    }
    if (event->conn != DG_NODE_UP && (frame->enrol_hello != NULL || frame->enrol_request != NULL)) {
        if (!dg_is_restored(txn)) /* nobody is admitted meanwhile; the stranger asks again */
            dg_enrol_frame(node, txn, event, claims, now, out);
        return;
    }
    if (event->conn != DG_NODE_UP && frame->hello != NULL) {
        dg_restored_hear(node, txn, event, claims, frame->hello->unit, now, out);
        dg_link_hello(node, txn, event, now, out);
        struct dg_link *greeted = dg_link_by_conn(node, event->conn);
        if (greeted != NULL)
            dg_mirror_frame(node, txn, event, claims, greeted, out);
        return;
    }
    struct dg_link *bulk = dg_bulk_by_conn(node, event->conn);
    if (bulk != NULL && link_holds(node, txn, bulk, event)) {
        dg_bulk_message(node, txn, event, bulk, now, out);
        return;
    }
    struct dg_link *link = dg_link_by_conn(node, event->conn);
    if (link == NULL || !link_holds(node, txn, link, event)) {
        node->counted_refused++;
        if (event->conn != DG_NODE_UP && frame->refused == NULL)
            ask_to_greet(event, out);
        return;
    }
    link->heard = now;
    if (link->up && frame->welcome != NULL) {
        dg_restored_hear(node, txn, event, claims, dg_bytes_of(link->unit), now, out);
        dg_link_welcome(node, link, frame->welcome, now, out);
        dg_carried_forget(txn, dg_bytes_of(link->unit));
    }
    if (link->up && frame->refused != NULL) {
        on_refused(node, txn, link, frame->refused, now, out);
        return;
    }
    on_beats(link, event, now, out);
    if (link->connected)
        dg_mirror_frame(node, txn, event, claims, link, out);
    if (link->connected && !dg_restored_frame(node, txn, event, claims, link, now, out))
        on_goods(node, txn, event, claims, link, now, out);
    else if (frame->parcel_count + frame->record_count + frame->acked_count + frame->answer_count > 0)
        node->counted_refused++; /* it will be said again on a line that has been greeted */
}

static void shift(dg_ms *at, dg_ms by)
{
    if (*at != 0)
        *at += by;
}

/* The links keep time by differences. When somebody sets the clock, what they wait for moves along: else a
 * step back would silence them for as long as it is. Every event looks, before anything is set by the new
 * time: what was set between the step and the next tick would move along with the rest. */
static void clock_step(struct dg_node *node, dg_ms now)
{
    enum { STEP_MS = 60000 };
    dg_ms by = now - node->last_now;
    bool stepped = node->last_now != 0 && (by < 0 || by > STEP_MS) && !DG_MUTANT("deaf-to-clock");
    node->last_now = now;
    for (size_t i = 0; stepped && i < node->link_count; i++) {
        struct dg_link *link = node->link[i];
        dg_ms *const times[] = {&link->heard,      &link->since,    &link->hello_sent,
                                &link->ping_sent,  &link->reset_at, &link->again_at,
                                &link->full_until, &link->moved,    &link->mirror_at};
        for (size_t k = 0; k < sizeof times / sizeof times[0]; k++)
            shift(times[k], by);
        for (size_t k = 0; k < link->flight_count; k++) {
            shift(&link->flight[k].due, by);
            shift(&link->flight[k].sent, by);
        }
        dg_bulk_shift(&link->bulk, by);
    }
}

/* Once an hour, and at the first tick; a clock that was set back counts as an hour too. */
static void housekeeping_step(struct dg_node *node, struct dg_txn *txn, dg_ms now)
{
    if (node->housekept != 0 && now >= node->housekept && now - node->housekept < 3600000 &&
        !DG_MAYBE("housekeeping now"))
        return;
    node->housekept = now;
    dg_invitation_purge(node, txn, now, false);
    dg_sequence_tell(txn, now);
}

enum dg_err dg_node_prepare(struct dg_node *node, struct dg_txn *txn, struct dg_event events[], size_t count,
                            struct dg_arena *arena)
{
    if (node->env.files == NULL)
        return DG_OK;
    enum dg_err err = dg_taking_prepare(node, txn, events, count, arena);
    return err == DG_OK ? dg_checking_slice(node, txn) : err;
}

enum dg_err dg_node_step(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                         const struct dg_claims *claims, dg_ms now, struct dg_out *out)
{
    struct dg_link *link;
    clock_step(node, now);
    if (DG_MAYBE("a memory that is lost"))
        dg_node_forget(node);
    node->proven = (struct dg_proven){.unit = NULL};
    switch (event->kind) {
    case DG_EVENT_MESSAGE:
        on_message(node, txn, event, claims, now, out);
        break;
    case DG_EVENT_GONE:
        link = dg_bulk_by_conn(node, event->conn);
        if (link != NULL) {
            link->bulk.up = false;
            link->bulk.hello_sent = 0;
            dg_bulk_cut(link, now);
            break;
        }
        link = dg_link_by_conn(node, event->conn);
        if (link != NULL)
            dg_link_down(link, now);
        break;
    case DG_EVENT_TICK:
        node->disk_low = event->disk_low;
        housekeeping_step(node, txn, now);
        dg_link_tick(node, txn, now, out);
        dg_link_note(node, txn, now);
        if (dg_is_restored(txn))
            dg_restored_tick(node, txn, now, out);
        else
            dg_duties_tick(node, txn, now);
        dg_replay_tick(node, txn, now);
        dg_alarm_tick(node, txn, now);
        dg_checking_step(node, txn, now, out);
        break;
    case DG_EVENT_CTL:
        if (event->request != NULL && event->request->verb == DG_CTL_CARRY && !dg_is_restored(txn))
            dg_carry_import(node, txn, event, claims, now, out);
        else
            dg_control(node, txn, event, now, out);
        break;
    }
    return txn->err;
}

/* The parent's newest checkpoint is logged once per batch; it is the beacon of what follows. */
enum dg_err dg_node_seal(struct dg_node *node, struct dg_txn *txn, dg_ms now)
{
    struct dg_checkpoint seen = node->seen_beacon;
    node->seen_beacon.size = 0;
    if (dg_is_restored(txn) && !DG_MUTANT("signs-restored"))
        return txn->err;
    if (seen.size > 0 && dg_ledger_beacon(txn, &seen)) {
        struct dg_leaf leaf = {.time = now, .kind = DG_LEAF_CHECKPOINT};
        (void)dg_ledger_append(txn, &leaf);
    }
    if (DG_MUTANT("seal-later") && node->boot % 2 == 0)
        return txn->err;
    return dg_ledger_seal(txn, &node->identity, node->env.signer);
}

long dg_node_due_in_ms(const struct dg_node *node, dg_ms now)
{
    dg_ms due = 1000;
    for (size_t i = 0; i < node->link_count; i++) {
        const struct dg_link *link = node->link[i];
        dg_ms mirror = dg_mirror_due(link, now);
        due = due < mirror ? due : mirror;
        if (link->up && !link->connected && link->hello_sent == 0)
            due = due < DG_GREET_MS ? due : DG_GREET_MS;
        dg_ms waits = link->full_until > now ? link->full_until - now : 2;
        if (link->connected && link->wake)
            due = due < waits ? due : waits;
        if (link->connected && link->again_at != 0 && link->again_at - now < due)
            due = link->again_at - now;
        for (size_t k = 0; link->connected && k < link->flight_count; k++)
            if (link->flight[k].due - now < due)
                due = link->flight[k].due - now;
        due = dg_bulk_due(link, now, due);
    }
    if (dg_checking_busy(node))
        due = 0;
    return due > 0 ? (long)due : 0;
}
