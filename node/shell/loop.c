/* loop.c - where network, control socket, signals, clock and node meet. */
#include "node/shell/loop.h"

#include <stdlib.h>
#include <string.h>

#include "node/shell/evidence.h"
#include "node/shell/founding.h"
#include "node/shell/process.h"
#include "node/shell/tip.h"
#include "node/store/store_lmdb.h"

enum {
    TICK_MS = 1000,  /* at least so often the node is told that time passes */
    DUE_MIN_MS = 10, /* and at most so often, whatever is due */
    MAINTENANCE_MS = 60000,
    MAINTENANCE_BYTES = 10 * 1024 * 1024, /* under load sooner: what was read stays in memory until then */
    WATCHES_MAX = DG_CTL_CLIENTS_MAX + 2,
};

struct dg_loop {
    struct dg_loop_parts parts;
    struct dg_voice voice;
    struct dg_turn turn;
    bool stopping;
    int64_t tick_at, maintenance_at, full_logged_at;
    size_t bytes_since; /* taken in since the last maintenance */
    uint64_t allowed_version;
    struct dg_tip tip;

    /* The batch. */
    struct dg_arena arena;
    size_t event_count, event_bytes;
    struct dg_event *event;
};

/* ---- the voice ----------------------------------------------------------------------------------- */

static enum dg_said say_frame(void *ctx, uint64_t conn, struct dg_bytes frame)
{
    const struct dg_loop *loop = ctx;
    switch (dg_net_send(loop->parts.net, (struct dg_conn){conn}, frame)) {
    case DG_SENT:
        return DG_SAID;
    case DG_SENT_FULL:
        return DG_SAID_FULL;
    case DG_SENT_GONE:
        break;
    }
    return DG_SAID_GONE;
}

static void say_reply(void *ctx, uint64_t client, struct dg_bytes reply)
{
    const struct dg_loop *loop = ctx;
    dg_ctl_reply(loop->parts.ctl, client, reply);
}

static void say_fact(void *ctx, const struct dg_fault *fault, const char *about)
{
    const struct dg_loop *loop = ctx;
    dg_log_fault(loop->parts.log, about, fault);
}

static void reset_uplink(void *ctx)
{
    const struct dg_loop *loop = ctx;
    struct dg_fault fault;
    if (dg_net_uplink_reset(loop->parts.net, &fault) != DG_OK)
        dg_log_fault(loop->parts.log, "uplink", &fault);
}

static void bulk_line(void *ctx, bool open)
{
    const struct dg_loop *loop = ctx;
    struct dg_fault fault;
    if (dg_net_bulk_line(loop->parts.net, open, &fault) != DG_OK)
        dg_log_fault(loop->parts.log, "bulk", &fault);
}

/* ---- the batch ----------------------------------------------------------------------------------- */

static bool has_room(const struct dg_loop *loop, size_t bytes)
{
    /* The last three places are those of the breaks of the lines to the parent and the tick. */
    return loop->event_count < DG_BATCH_EVENTS_MAX - 3 && loop->event_bytes + bytes <= DG_BATCH_BYTES_MAX;
}

static void add_event(struct dg_loop *loop, const struct dg_event *event)
{
    loop->event[loop->event_count++] = *event;
    loop->event_bytes += event->bytes.size;
}

/* Requests stay with the control socket until they are answered; they come first, so that an operator
 * gets through to a flooded node. */
static void gather_requests(struct dg_loop *loop)
{
    struct dg_event event = {.kind = DG_EVENT_CTL};
    while (has_room(loop, DG_CTL_MSG_MAX) && dg_ctl_next(loop->parts.ctl, &event.client, &event.bytes))
        add_event(loop, &event);
}

static void gather_messages(struct dg_loop *loop)
{
    struct dg_net_message message;
    while (has_room(loop, DG_ZMQ_MSG_MAX) && dg_net_recv(loop->parts.net, &message)) {
        struct dg_event event = {.kind = DG_EVENT_MESSAGE, .conn = message.conn.n, .key = message.key};
        event.bytes = dg_arena_copy(&loop->arena, message.bytes);
        /* Without memory it is as if it had been lost on the way: it will be sent again. */
        if (event.bytes.size == message.bytes.size)
            add_event(loop, &event);
    }
}

/* It comes after the messages, since those taken till now came over the connection that broke. */
static void gather_break(struct dg_loop *loop)
{
    struct dg_event event = {.kind = DG_EVENT_GONE, .conn = DG_NODE_UP};
    if (dg_net_uplink_lost(loop->parts.net))
        add_event(loop, &event);
    event.conn = DG_NODE_BULK;
    if (dg_net_bulk_lost(loop->parts.net))
        add_event(loop, &event);
}

static void gather(struct dg_loop *loop)
{
    dg_arena_reset(&loop->arena);
    loop->event_count = loop->event_bytes = 0;
    gather_requests(loop);
    gather_messages(loop);
    gather_break(loop);
    /* When something was due the node is told the time at once. */
    if (dg_monotonic_ms() < loop->tick_at && loop->event_count > 0)
        return;
    struct dg_event tick = {.kind = DG_EVENT_TICK, .disk_low = dg_disk_low(loop->parts.disk)};
    add_event(loop, &tick);
    loop->tick_at = dg_monotonic_ms() + TICK_MS;
}

/* ---- after the batch ----------------------------------------------------------------------------- */

static enum dg_err tell_allowed(struct dg_loop *loop)
{
    struct dg_txn *txn;
    const struct dg_curve_key *key;
    enum dg_err err = dg_begin_read(loop->parts.store, &txn);
    if (err != DG_OK)
        return err;
    size_t count = dg_node_allowed(loop->parts.node, txn, &key, &loop->allowed_version);
    err = txn->err;
    if (err == DG_OK)
        err = dg_net_allow(loop->parts.net, key, count);
    dg_abort(loop->parts.store, txn);
    return err;
}

/* Whether the loop may go on after an error. A full disk is an ordinary condition, a peer's rubbish is
 * the peer's affair; what is ours or the disk's would only happen again. */
static bool may_go_on(struct dg_loop *loop, enum dg_err err)
{
    enum dg_err_group group = dg_err_group(err);
    if (err == DG_OK)
        return true;
    if (group == DG_GROUP_STORE || group == DG_GROUP_LOCAL)
        return false;
    int64_t now = dg_monotonic_ms();
    if (err == DG_ERR_STORE_FULL)
        dg_disk_full(loop->parts.disk);
    if (err == DG_ERR_STORE_FULL && now < loop->full_logged_at + MAINTENANCE_MS)
        return true;
    if (err == DG_ERR_STORE_FULL)
        loop->full_logged_at = now;
    struct dg_fault fault;
    (void)dg_fault(&fault, err);
    dg_log_fault(loop->parts.log, loop->parts.unit, &fault);
    return true;
}

static enum dg_err run_turn(struct dg_loop *loop)
{
    enum dg_err err = dg_turn_run(&loop->turn, loop->event, loop->event_count, dg_clock_ms());
    if (!may_go_on(loop, err))
        return err;
    dg_log_debug(loop->parts.log, "turn", "%zu events, %zu bytes: %s", loop->event_count, loop->event_bytes,
                 dg_err_name(err));
    if (dg_node_allowed_version(loop->parts.node) != loop->allowed_version) {
        err = tell_allowed(loop);
        if (!may_go_on(loop, err))
            return err;
    }
    int64_t due = dg_node_due_in_ms(loop->parts.node, dg_clock_ms());
    int64_t due_at = dg_monotonic_ms() + (due < DUE_MIN_MS ? DUE_MIN_MS : due);
    if (due_at < loop->tick_at)
        loop->tick_at = due_at;
    return DG_OK;
}

static void maintain(struct dg_loop *loop)
{
    int64_t now = dg_monotonic_ms();
    loop->bytes_since += loop->event_bytes;
    if (now < loop->maintenance_at && loop->bytes_since < MAINTENANCE_BYTES)
        return;
    loop->maintenance_at = now + MAINTENANCE_MS;
    loop->bytes_since = 0;
    dg_store_lmdb_check_readers(loop->parts.store);
    struct dg_fault fault;
    if (dg_evidence_write(loop->parts.store, loop->parts.disk->dir, &fault) != DG_OK)
        dg_log_fault(loop->parts.log, "evidence", &fault);
    dg_process_trim();
}

/* ---- waiting ------------------------------------------------------------------------------------- */

static void obey_signals(struct dg_loop *loop)
{
    struct dg_signals signals = dg_signals_read(loop->parts.signals);
    if (signals.reread)
        loop->parts.reread(loop->parts.reread_ctx);
    loop->stopping = signals.stop;
}

static enum dg_err wait_for_something(struct dg_loop *loop)
{
    struct dg_ctl_watch ctl[WATCHES_MAX - 1];
    struct dg_watch watch[WATCHES_MAX] = {{.fd = loop->parts.signals}};
    size_t count = dg_ctl_watches(loop->parts.ctl, ctl, WATCHES_MAX - 1);
    for (size_t i = 0; i < count; i++)
        watch[i + 1] = (struct dg_watch){.fd = ctl[i].fd, .want_write = ctl[i].want_write};
    int64_t left = loop->tick_at - dg_monotonic_ms();
    enum dg_err err = dg_net_wait(loop->parts.net, watch, count + 1, left > 0 ? (long)left : 0);
    if (err != DG_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        ctl[i].readable = watch[i + 1].readable;
        ctl[i].writable = watch[i + 1].writable;
    }
    dg_ctl_serve(loop->parts.ctl, ctl, count, dg_monotonic_ms());
    if (watch[0].readable)
        obey_signals(loop);
    return DG_OK;
}

enum dg_err dg_loop_run(struct dg_loop *loop, struct dg_fault *fault)
{
    while (!loop->stopping) {
        enum dg_err err = wait_for_something(loop);
        if (err != DG_OK)
            return dg_faultf(fault, err, "%s", loop->parts.unit);
        if (loop->stopping)
            break;
        gather(loop);
        if (loop->event_count > 0)
            err = run_turn(loop);
        if (err != DG_OK)
            return dg_faultf(fault, err, "%s", loop->parts.unit);
        dg_tip_follow(&loop->tip, loop->parts.store, loop->parts.log, dg_monotonic_ms());
        maintain(loop);
    }
    dg_tip_write_now(&loop->tip, loop->parts.store, loop->parts.log);
    return DG_OK;
}

/* ---- life ---------------------------------------------------------------------------------------- */

enum dg_err dg_loop_new(const struct dg_loop_parts *parts, struct dg_loop **ret, struct dg_fault *fault)
{
    struct dg_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    loop->parts = *parts;
    loop->voice = (struct dg_voice){
        .ctx = loop,
        .send = say_frame,
        .reply = say_reply,
        .fact = say_fact,
        .uplink_reset = reset_uplink,
        .bulk_line = bulk_line,
    };
    dg_arena_init(&loop->arena, 0);
    dg_tip_init(&loop->tip, parts->tip_path);
    loop->tick_at = dg_monotonic_ms();
    loop->maintenance_at = loop->tick_at + MAINTENANCE_MS;
    loop->full_logged_at = loop->tick_at - MAINTENANCE_MS;
    loop->event = calloc(DG_BATCH_EVENTS_MAX, sizeof *loop->event);
    enum dg_err err = loop->event != NULL ? DG_OK : DG_ERR_NO_MEMORY;
    if (err == DG_OK)
        err = dg_turn_init(&loop->turn, parts->store, parts->node, &loop->voice, dg_workers_judge,
                           parts->workers);
    if (err == DG_OK)
        err = tell_allowed(loop);
    if (err != DG_OK) {
        dg_loop_free(loop);
        return dg_faultf(fault, err, "%s", parts->unit);
    }
    *ret = loop;
    return DG_OK;
}

void dg_loop_free(struct dg_loop *loop)
{
    if (loop == NULL)
        return;
    dg_turn_done(&loop->turn);
    dg_arena_done(&loop->arena);
    free(loop->event);
    free(loop);
}
