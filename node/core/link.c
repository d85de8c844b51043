/* link.c - the lines to the neighbours: greeting, heartbeat, and noticing that a line is dead. */
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "node/core/carry_impl.h"
#include "node/core/had.h"
#include "node/core/issued_impl.h"
#include "node/core/line.h"
#include "node/core/node_impl.h"
#include "node/core/mirror.h"
#include "node/core/restored_impl.h"

/* ---- finding ------------------------------------------------------------------------------------ */

struct dg_link *dg_link_by_unit(struct dg_node *node, struct dg_bytes unit)
{
    for (size_t i = 0; i < node->link_count; i++)
        if (dg_bytes_is(unit, node->link[i]->unit))
            return node->link[i];
    return NULL;
}

struct dg_link *dg_link_by_conn(struct dg_node *node, uint64_t conn)
{
    for (size_t i = 0; i < node->link_count; i++)
        if (node->link[i]->up ? conn == DG_NODE_UP
                              : (node->link[i]->connected && node->link[i]->conn == conn))
            return node->link[i];
    return NULL;
}

struct dg_link *dg_link_get(struct dg_node *node, struct dg_bytes unit, bool up)
{
    struct dg_link *link = dg_link_by_unit(node, unit);
    if (link != NULL || unit.size > DG_SLUG_MAX)
        return link;
    if (node->link_count == node->link_capacity) {
        size_t capacity = node->link_capacity == 0 ? 8 : 2 * node->link_capacity;
        if (capacity > DG_CHILDREN_MAX)
            return NULL;
        struct dg_link **grown = realloc(node->link, capacity * sizeof(struct dg_link *));
        if (grown == NULL)
            return NULL;
        node->link = grown;
        node->link_capacity = capacity;
    }
    link = calloc(1, sizeof *link);
    if (link == NULL)
        return NULL;
    memcpy(link->unit, unit.data, unit.size);
    link->up = up;
    link->window = DG_WINDOW_MIN;
    node->link[node->link_count++] = link;
    return link;
}

bool dg_link_knows(struct dg_node *node, struct dg_txn *txn, struct dg_bytes neighbour, struct dg_bytes unit)
{
    const struct dg_directory *dir = dg_node_directory(node, txn);
    const struct dg_dir_unit *there = dg_directory_unit(dir, neighbour);
    const struct dg_dir_unit *about = dg_directory_unit(dir, unit);
    return there != NULL && about != NULL &&
           (dg_dir_unit_within(about, there) || dg_dir_unit_within(there, about));
}

/* ---- up and down -------------------------------------------------------------------------------- */

static void link_connected(struct dg_link *link, uint64_t conn, dg_ms now)
{
    if (!link->connected)
        link->since = now;
    link->connected = true;
    link->refused = false;
    link->why = DG_OK;
    link->conn = conn;
    link->heard = now;
    link->ping_sent = now;
    link->resets = 0;
    link->flight_count = 0;
    link->window = DG_WINDOW_MIN;
    link->credit = (struct dg_credit){.items = 0};
    link->answer_ms = 0;
    link->moved = now;
    link->full_until = 0;
    link->again_at = 0;
    link->again_tries = 0;
    memset(link->again_seq, 0, sizeof link->again_seq);
    if (!DG_MUTANT("stale-cursor"))
        memset(link->cursor, 0, sizeof link->cursor);
    link->mirrors = false;
    link->mirror_at = 0;
    link->wake = true;
    dg_bulk_cut(link, now);
}

void dg_link_down(struct dg_link *link, dg_ms now)
{
    if (link->connected)
        link->since = now;
    if (link->connected || link->why == DG_OK)
        link->why = DG_ERR_NETWORK;
    link->connected = false;
    link->flight_count = 0;
    link->hello_sent = 0; /* the parent is greeted as soon as the line takes it */
}

/* ---- greeting ----------------------------------------------------------------------------------- */

/* The highest boot counter seen of a child, and the nonce of that start. */
static uint64_t seen_boot(struct dg_txn *txn, struct dg_bytes unit, uint8_t ret_nonce[static 16])
{
    struct dg_row_key key = dg_key_slug(unit);
    struct dg_bytes value;
    uint64_t boot = 0;
    memset(ret_nonce, 0, 16);
    if (dg_get(txn, DG_TABLE_PEER, dg_row_key_bytes(&key), &value)) {
        struct dg_row row = {.rest = value};
        boot = dg_row_u64(&row);
        dg_row_fixed(&row, ret_nonce, 16);
    }
    return boot;
}

static void refuse(struct dg_out *out, uint64_t conn, uint64_t boot, const struct dg_fault *fault)
{
    struct dg_refused refused = {
        .code = dg_bytes_of(dg_err_name(fault->err)), .detail = dg_bytes_of(fault->what), .boot = boot};
    struct dg_frame frame = {.refused = &refused};
    dg_out_frame(out, conn, &frame);
}

/* A copy that was restored takes no place from a machine that is there: only its own new lines do that. */
static enum dg_err check_alone(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                               dg_ms now, struct dg_fault *fault)
{
    const struct dg_hello *hello = event->frame->hello;
    const struct dg_link *link = dg_link_by_unit(node, hello->unit);
    uint8_t nonce[16];
    (void)seen_boot(txn, hello->unit, nonce);
    bool other = memcmp(nonce, hello->nonce, sizeof nonce) != 0;
    if (hello->restored && other && link != NULL && link->connected && now - link->heard < DG_PONG_MS)
        return dg_faultf(fault, DG_ERR_RETRY_LATER, "%s", dg_err_name(DG_ERR_RESTORED));
    return DG_OK;
}

static enum dg_err hello_check(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                               dg_ms now, struct dg_out *out, struct dg_fault *fault)
{
    const struct dg_hello *hello = event->frame->hello;
    const struct dg_directory *dir = dg_node_directory(node, txn);
    const struct dg_dir_unit *unit = dg_directory_unit(dir, hello->unit);
    enum dg_err err = DG_OK;
    if (!dg_bytes_is(hello->federation, node->identity.federation))
        err = dg_faultf(fault, DG_ERR_UNKNOWN_MEMBER, "another federation");
    else if (unit == NULL || !dg_bytes_is(unit->parent_slug, node->identity.unit))
        err = dg_faultf(fault, DG_ERR_UNKNOWN_MEMBER, "%.*s", (int)hello->unit.size,
                        (const char *)hello->unit.data);
    else if (!dg_curve_key_equal(&unit->transport, &event->key) && !DG_MUTANT("any-hello"))
        err =
            dg_faultf(fault, DG_ERR_NOT_YOURS, "%.*s", (int)hello->unit.size, (const char *)hello->unit.data);
    else if (now > unit->not_after_ms)
        err = dg_faultf(fault, DG_ERR_EXPIRED, "%.*s", (int)hello->unit.size, (const char *)hello->unit.data);
    else
        err = check_alone(node, txn, event, now, fault);
    return err == DG_OK ? dg_fence(node, txn, hello, now, out, fault) : err;
}

void dg_link_hello(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event, dg_ms now,
                   struct dg_out *out)
{
    const struct dg_hello *hello = event->frame->hello;
    struct dg_fault fault;
    if (hello_check(node, txn, event, now, out, &fault) != DG_OK) {
        if (dg_slug_ok(hello->unit)) {
            char unit[DG_SLUG_MAX + 1] = "";
            memcpy(unit, hello->unit.data, hello->unit.size);
            dg_fault_unit(&fault, unit);
        }
        uint8_t nonce[16];
        bool old = fault.err == DG_ERR_OLD_BOOT;
        refuse(out, event->conn, old ? seen_boot(txn, hello->unit, nonce) : 0, &fault);
        dg_out_fact(out, &fault, "hello");
        return;
    }
    struct dg_link *link = dg_link_get(node, hello->unit, false);
    if (link == NULL)
        return;
    if (hello->lane == 2) {
        dg_bulk_cut(link, now);
        link->bulk.up = true;
        link->bulk.conn = event->conn;
    }
    /* Asked twice on one line, the welcome was late: that is no reason to send everything anew. */
    else if (!link->connected || link->conn != event->conn)
        link_connected(link, event->conn, now);
    link->skew_ms = hello->clock_ms - now;
    dg_carried_forget(txn, hello->unit); /* all of it is sent anew, and answered here */
    if (dg_enrol_burn(node, txn, hello->unit)) {
        dg_issued_welcome(node, txn, hello->unit, now);
        dg_had_admitted(node, txn, hello->unit, now);
    }
    struct dg_welcome welcome = {
        .unit = dg_bytes_of(node->identity.unit),
        .certificate = node->identity.certificate,
        .log_size = dg_meta_u64(txn, "log-size"),
        .frame_max = DG_FRAME_MAX,
        .clock_ms = now,
    };
    struct dg_bytes shown;
    struct dg_frame frame = {.welcome = &welcome, .checkpoint = &shown};
    frame.checkpoint_count = dg_restored_show(node, txn, hello->unit, &shown) ? 1 : 0;
    uint64_t mirrored = dg_mirrored_of(node, txn, hello->unit);
    frame.mirrored = &mirrored;
    dg_out_frame(out, event->conn, &frame);
}

void dg_link_welcome(struct dg_node *node, struct dg_link *link, const struct dg_welcome *welcome, dg_ms now,
                     struct dg_out *out)
{
    if (!dg_bytes_is(welcome->unit, node->identity.parent)) {
        struct dg_fault fault;
        (void)dg_faultf(&fault, DG_ERR_UNKNOWN_MEMBER, "%.*s", (int)welcome->unit.size,
                        (const char *)welcome->unit.data);
        dg_out_fact(out, &fault, "welcome");
        return;
    }
    link_connected(link, DG_NODE_UP, now);
    link->skew_ms = welcome->clock_ms - now;
}

/* ---- what an officer is told ---------------------------------------------------------------------- */

/* After a restart a line that did not stand goes on not to stand since it fell. */
static void recall_line(struct dg_txn *txn, struct dg_link *link, dg_ms now)
{
    struct dg_line line;
    bool fallen = dg_line_get(txn, dg_bytes_of(link->unit), &line) && !line.connected;
    if (!link->connected && fallen) {
        link->since = line.since_ms;
        link->why = dg_err_by_name((const char *)line.code.data, line.code.size);
    }
    if (link->since == 0)
        link->since = now;
}

static void note_line(struct dg_txn *txn, struct dg_link *link, dg_ms now)
{
    if (!link->noted)
        recall_line(txn, link, now);
    if (!link->connected && link->why == DG_OK)
        link->why = DG_ERR_NETWORK;
    if (link->noted && link->noted_connected == link->connected && link->noted_why == link->why)
        return;
    struct dg_line line = {.connected = link->connected, .since_ms = link->since};
    if (!link->connected)
        line.code = dg_bytes_of(dg_err_name(link->why));
    dg_line_put(txn, dg_bytes_of(link->unit), &line);
    link->noted = true;
    link->noted_connected = link->connected;
    link->noted_why = link->why;
}

void dg_link_note(struct dg_node *node, struct dg_txn *txn, dg_ms now)
{
    if (!node->lines_fell)
        dg_lines_fall(txn, now);
    node->lines_fell = true;
    for (size_t i = 0; i < node->link_count; i++)
        note_line(txn, node->link[i], now);
}

/* ---- time passes -------------------------------------------------------------------------------- */

void dg_link_greet(struct dg_node *node, struct dg_txn *txn, uint64_t conn, uint32_t lane, dg_ms now,
                   struct dg_out *out)
{
    struct dg_hello hello = {
        .federation = dg_bytes_of(node->identity.federation),
        .unit = dg_bytes_of(node->identity.unit),
        .certificate = node->identity.certificate,
        .lane = lane,
        .boot = node->boot,
        .log_size = dg_meta_u64(txn, "log-size"),
        .frame_max = DG_FRAME_MAX,
        .clock_ms = now,
        .restored = dg_is_restored(txn),
    };
    memcpy(hello.nonce, node->nonce, sizeof hello.nonce);
    struct dg_bytes shown;
    uint64_t mirrored;
    struct dg_frame frame = {.hello = &hello, .checkpoint = &shown};
    if (lane == 1) {
        struct dg_bytes parent = dg_bytes_of(node->link[0]->unit);
        frame.checkpoint_count = dg_restored_show(node, txn, parent, &shown) ? 1 : 0;
        mirrored = dg_mirrored_of(node, txn, parent);
        frame.mirrored = &mirrored;
    }
    dg_out_frame(out, conn, &frame);
}

/* The socket of a session that libzmq has given up stays silent for ever: open a new one, more and
 * more slowly, up to once a minute. */
static void watchdog(struct dg_link *link, dg_ms now, struct dg_out *out)
{
    dg_ms patience = DG_PONG_MS;
    for (uint32_t i = 0; i < link->resets && patience < 60000; i++)
        patience *= 2;
    if (patience > 60000)
        patience = 60000;
    dg_ms quiet_since = link->heard > link->reset_at ? link->heard : link->reset_at;
    if (now - quiet_since < patience)
        return;
    dg_link_down(link, now);
    link->resets++;
    link->reset_at = now;
    dg_out_uplink_reset(out);
}

static void tick_up(struct dg_node *node, struct dg_txn *txn, struct dg_link *link, dg_ms now,
                    struct dg_out *out)
{
    if (link->reset_at == 0)
        link->reset_at = now;
    watchdog(link, now, out);
    if (!link->connected) {
        if (link->hello_sent == 0 || now - link->hello_sent >= DG_HELLO_MS)
            dg_link_greet(node, txn, DG_NODE_UP, 1, link->hello_sent = now, out);
        return;
    }
    dg_bulk_tick(node, txn, link, now, out);
    if (now - link->ping_sent >= DG_PING_MS) {
        struct dg_beat ping = {.number = ++link->ping_number, .clock_ms = now};
        struct dg_frame frame = {.ping = &ping};
        dg_out_frame(out, DG_NODE_UP, &frame);
        link->ping_sent = now;
    }
}

void dg_link_tick(struct dg_node *node, struct dg_txn *txn, dg_ms now, struct dg_out *out)
{
    for (size_t i = 0; i < node->link_count; i++) {
        struct dg_link *link = node->link[i];
        while (DG_MUTANT("release-on-send") && link->flight_count > 0)
            (void)dg_outbox_release(node, txn, dg_bytes_of(link->unit), link->flight[0].lane,
                                    link->flight[0].seq);
        if (link->up)
            tick_up(node, txn, link, now, out);
        else if (link->connected && now - link->heard > 2 * DG_PONG_MS)
            dg_link_down(link, now);
    }
}
