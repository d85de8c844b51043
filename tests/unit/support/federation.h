/* federation.h - a small federation in one process, with real keys: the nodes that exports come from.
 *
 * Every node is a store_mem, a dg_node and a dg_turn. Frames are handed over at once and in order; time
 * stands still but for what fed_run adds. For faults and crashes there is tests/sim.
 *
 *   tinh (province) - huyen (district) - xa (commune)
 *                   \ khoi (bloc)
 *
 * Memory: the federation owns everything until fed_free.
 */
#ifndef DG_TESTS_UNIT_SUPPORT_FEDERATION_H
#define DG_TESTS_UNIT_SUPPORT_FEDERATION_H

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/core/identity.h"
#include "node/core/node.h"
#include "node/core/query.h"
#include "node/shell/turn.h"
#include "node/store/files_mem.h"
#include "node/store/store_mem.h"
#include "proto/regime.h"

enum {
    FED_NODES = 4,
    FED_KEYS_MAX = 16,
    FED_ORGANS = 4,
    FED_QUEUE_MAX = 512,
    FED_BULK_CONN = 32,
    FED_ENROL_CONN = 100
};
enum fed_place { FED_TINH, FED_HUYEN, FED_XA, FED_KHOI };

#define FED_NAME "danvan.test"
#define FED_START INT64_C(1795230000000) /* 2026-11-21 */

struct fed;

struct fed_key {
    struct dg_key key;
    struct dg_seed seed;
};

struct fed_node {
    struct fed *fed;
    int index, parent; /* parent: -1 at the root */
    const char *unit, *level;
    struct dg_store *store;
    struct dg_files *files;
    struct dg_node *node;
    struct dg_turn turn;
    struct dg_voice voice;
    struct dg_signer signer;
    struct dg_sealer sealer;
    struct dg_seed transport; /* the secret of keys.transport */
    size_t key_count;
    struct fed_key key[FED_KEYS_MAX];
    struct dg_keys keys;
};

struct fed_message {
    int to;
    struct dg_event event;
};

struct fed {
    struct fed_node node[FED_NODES];
    struct fed_key federation;
    struct dg_verifier root;
    dg_ms now;
    struct dg_arena arena;
    size_t head, count;
    struct fed_message queue[FED_QUEUE_MAX];
    struct dg_buf said, replied; /* to strangers, and on the control socket: the last of each */
    bool cut_khoi;               /* nothing reaches khoi or comes from it */
    bool disk_low[FED_NODES];    /* as the ticks say */
    /* Looks at every frame between two nodes; false: it is lost. NULL: none is. */
    bool (*tap)(struct fed *fed, int from, int to, struct dg_bytes frame);
    dg_ms skew[FED_NODES];       /* how far each clock is ahead of now */
};

static const struct {
    const char *unit, *level;
    int parent;
} fed_places[FED_NODES] = {
    {"tinh", "province", -1}, {"huyen", "district", 0}, {"xa", "commune", 1}, {"khoi", "bloc", 0}};
static const char *const fed_organs[FED_ORGANS] = {"cap-uy", "ban-dan-van", "van-phong", "mttq"};

/* ---- keys ---- */

static inline struct dg_key fed_make_key(struct fed_node *node)
{
    assert(node->key_count < FED_KEYS_MAX);
    struct fed_key *made = &node->key[node->key_count++];
    dg_keypair(&made->key, &made->seed);
    return made->key;
}

static inline enum dg_err fed_sign(void *ctx, const struct dg_key *key, const char *context,
                                   struct dg_bytes message, struct dg_sig *ret)
{
    struct fed_node *node = ctx;
    const struct fed_key *found = NULL;
    for (size_t i = 0; i < node->key_count; i++)
        if (dg_key_equal(&node->key[i].key, key))
            found = &node->key[i];
    if (node->parent < 0 && dg_key_equal(&node->fed->federation.key, key))
        found = &node->fed->federation;
    if (found == NULL)
        return DG_ERR_NOT_PERMITTED;
    *ret = dg_sign(&found->seed, context, message);
    return DG_OK;
}

static inline enum dg_err fed_seal(void *ctx, const struct dg_curve_key *key, struct dg_bytes bytes,
                                   struct dg_buf *out)
{
    (void)ctx;
    return dg_seal(key, bytes, out);
}

static inline enum dg_err fed_unseal(void *ctx, struct dg_bytes bytes, struct dg_buf *out)
{
    struct fed_node *node = ctx;
    return dg_unseal(&node->transport, bytes, out);
}

static inline void fed_judge(void *ctx, struct dg_claim claims[], size_t count)
{
    (void)ctx;
    for (size_t i = 0; i < count; i++)
        claims[i].ok = dg_key_check(&claims[i].key) == DG_OK &&
                       dg_verify(&claims[i].key, claims[i].context, claims[i].message, &claims[i].sig);
}

static inline void fed_random(void *ctx, void *ret, size_t size)
{
    (void)ctx;
    dg_random(ret, size);
}

/* ---- the regime ---- */

/* A rule by which cap-uy sends an appraisal of that matter to one organ through another. */
static inline struct dg_rule fed_via_rule(const char *id, struct dg_bytes *from, struct dg_bytes *matter,
                                          struct dg_target *to, struct dg_target via)
{
    return (struct dg_rule){.id = dg_bytes_of(id),
                            .cites = dg_bytes_of("Điều 3"),
                            .scope = DG_SCOPE_ALL,
                            .from = {.count = 1, .item = from},
                            .kind = dg_bytes_of("appraisal"),
                            .matter = {.count = 1, .item = matter},
                            .to_count = 1,
                            .to = to,
                            .has_via = true,
                            .via = via};
}

/* A rule from cap-uy to the cap-uy above, with a copy to the ban-dan-van there; one to the ban-dan-van beside
 * it; and appraisals through an organ: of the unit above (tren), of the own one (minh), up through the own
 * one (len), and within the own one through the one above (vong). Above, van-phong gets a copy of tren. And
 * two by which ban-dan-van may consolidate them: to cap-uy (chung), to mttq (rieng). */
static inline struct dg_bytes fed_regime(struct fed *fed, const char *name)
{
    static struct dg_bytes cap_uy = {(const uint8_t *)"cap-uy", 6};
    static struct dg_bytes mttq = {(const uint8_t *)"mttq", 4};
    static struct dg_bytes van_phong = {(const uint8_t *)"van-phong", 9};
    struct dg_target to = {.role = dg_bytes_of("cap-uy"), .where = DG_WHERE_PARENT, .if_superior = true};
    struct dg_target copy = {
        .role = dg_bytes_of("ban-dan-van"), .where = DG_WHERE_PARENT, .if_superior = true};
    struct dg_aggregate newest = {.name = dg_bytes_of("nguoi"), .how = DG_AGGREGATE_LAST};
    struct dg_target beside = {.role = dg_bytes_of("ban-dan-van"), .where = DG_WHERE_SAME};
    static struct dg_bytes matter[] = {{(const uint8_t *)"tren", 4},  {(const uint8_t *)"minh", 4},
                                       {(const uint8_t *)"len", 3},   {(const uint8_t *)"vong", 4},
                                       {(const uint8_t *)"chung", 5}, {(const uint8_t *)"rieng", 5}};
    static struct dg_bytes ban_dan_van = {(const uint8_t *)"ban-dan-van", 11};
    struct dg_target committee = {.role = dg_bytes_of("cap-uy"), .where = DG_WHERE_SAME};
    struct dg_target front = {.role = dg_bytes_of("mttq"), .where = DG_WHERE_SAME};
    struct dg_target office = {.role = dg_bytes_of("van-phong"), .where = DG_WHERE_SAME};
    struct dg_target office_above = {.role = dg_bytes_of("van-phong"), .where = DG_WHERE_PARENT};
    struct dg_target to_above = {.role = dg_bytes_of("cap-uy"), .where = DG_WHERE_PARENT};
    struct dg_target via_above = {.role = dg_bytes_of("ban-dan-van"), .where = DG_WHERE_PARENT};
    struct dg_rule tren = fed_via_rule("V-1", &cap_uy, &matter[0], &to_above, via_above);
    tren.copy_count = 1;
    tren.copy = &office_above;
    struct dg_rule chung = fed_via_rule("V-5", &ban_dan_van, &matter[4], &committee, beside);
    struct dg_rule rieng = fed_via_rule("V-6", &ban_dan_van, &matter[5], &front, beside);
    chung.has_via = rieng.has_via = false;
    struct dg_rule rule[] = {
        {.id = dg_bytes_of("T-1"),
         .cites = dg_bytes_of("Điều 1"),
         .scope = DG_SCOPE_ALL,
         .from = {.count = 1, .item = &cap_uy},
         .kind = dg_bytes_of("periodic"),
         .periods = DG_CADENCE_M,
         .to_count = 1,
         .to = &to,
         .copy_count = 1,
         .copy = &copy,
         .aggregate_count = 1,
         .aggregate = &newest},
        {.id = dg_bytes_of("T-2"),
         .cites = dg_bytes_of("Điều 2"),
         .scope = DG_SCOPE_ALL,
         .from = {.count = 1, .item = &cap_uy},
         .kind = dg_bytes_of(strcmp(name, "rieng") == 0 ? "thematic" : "periodic"),
         .to_count = 1,
         .to = &beside},
        tren,
        fed_via_rule("V-2", &cap_uy, &matter[1], &office, beside),
        fed_via_rule("V-3", &cap_uy, &matter[2], &to_above, beside),
        fed_via_rule("V-4", &cap_uy, &matter[3], &office, via_above),
        chung,
        rieng,
        {.id = dg_bytes_of("T-3"), /* signed by two */
         .cites = dg_bytes_of("Điều 3"),
         .scope = DG_SCOPE_ALL,
         .from = {.count = 1, .item = &ban_dan_van},
         .with = {.count = 1, .item = &mttq},
         .kind = dg_bytes_of("joint"),
         .periods = DG_CADENCE_Y,
         .to_count = 1,
         .to = &committee,
         .copy_count = 1,
         .copy = &copy},
        {.id = dg_bytes_of("T-4"), /* the collector sits in another unit */
         .cites = dg_bytes_of("Điều 4"),
         .scope = DG_SCOPE_ALL,
         .from = {.count = 1, .item = &van_phong},
         .kind = dg_bytes_of("draft"),
         .to_count = 1,
         .to = &copy},
    };
    struct dg_regime regime = {.name = dg_bytes_of(name),
                               .title = dg_bytes_of(name),
                               .rule_count = sizeof rule / sizeof rule[0],
                               .rule = rule};
    struct dg_buf buf;
    dg_buf_init(&buf, DG_REGIME_MAX);
    enum dg_err err = dg_regime_encode(&regime, &buf);
    assert(err == DG_OK);
    (void)err;
    struct dg_bytes kept = dg_arena_copy(&fed->arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return kept;
}

/* ---- links ---- */

static inline void fed_post(struct fed *fed, int to, const struct dg_event *event)
{
    assert(fed->count < FED_QUEUE_MAX);
    struct fed_message *message = &fed->queue[(fed->head + fed->count++) % FED_QUEUE_MAX];
    *message = (struct fed_message){.to = to, .event = *event};
    uint8_t *copy = malloc(event->bytes.size + 1);
    assert(copy != NULL);
    memcpy(copy, event->bytes.data, event->bytes.size);
    message->event.bytes = dg_bytes_at(copy, event->bytes.size);
}

/* A child's line is known to its parent by the child's number and one; its bulk line by FED_BULK_CONN more.
 */
static inline enum dg_said fed_send(void *ctx, uint64_t conn, struct dg_bytes frame)
{
    struct fed_node *from = ctx;
    struct fed *fed = from->fed;
    if (conn >= FED_ENROL_CONN) {
        dg_buf_reset(&fed->said);
        dg_buf_add_bytes(&fed->said, frame);
        return DG_SAID;
    }
    bool up = conn == DG_NODE_UP || conn == DG_NODE_BULK,
         bulk = conn == DG_NODE_BULK || conn >= FED_BULK_CONN;
    int to = up ? from->parent : (int)(conn % FED_BULK_CONN) - 1;
    if ((fed->cut_khoi && (to == FED_KHOI || from->index == FED_KHOI)) ||
        (fed->tap != NULL && !fed->tap(fed, from->index, to, frame)))
        return DG_SAID;
    struct dg_event event = {.kind = DG_EVENT_MESSAGE, .key = from->keys.transport, .bytes = frame};
    event.conn = up     ? (uint64_t)from->index + 1 + (bulk ? FED_BULK_CONN : 0)
                 : bulk ? DG_NODE_BULK
                        : DG_NODE_UP;
    fed_post(fed, to, &event);
    return DG_SAID;
}

static inline void fed_reply(void *ctx, uint64_t client, struct dg_bytes reply)
{
    struct fed_node *node = ctx;
    (void)client;
    dg_buf_reset(&node->fed->replied);
    dg_buf_add_bytes(&node->fed->replied, reply);
}

static inline void fed_fact(void *ctx, const struct dg_fault *fault, const char *about)
{
    struct fed_node *node = ctx;
    if (getenv("FED_TRACE") != NULL)
        fprintf(stderr, "%s %s: %s %s %s\n", node->unit, about, dg_err_name(fault->err), fault->unit,
                fault->what);
}

static inline void fed_uplink_reset(void *ctx)
{
    (void)ctx;
}

static inline void fed_bulk_line(void *ctx, bool open)
{
    (void)ctx;
    (void)open;
}

static inline void fed_turn(struct fed_node *node, struct dg_event *event)
{
    enum dg_err err = dg_turn_run(&node->turn, event, 1, node->fed->now + node->fed->skew[node->index]);
    assert(err == DG_OK);
    (void)err;
}

/* Hands over every message and lets a second pass, so many times. */
static inline void fed_run(struct fed *fed, int seconds)
{
    for (; seconds > 0; seconds--) {
        fed->now += 1000;
        for (size_t i = 0; i < FED_NODES; i++) {
            struct dg_event tick = {.kind = DG_EVENT_TICK, .disk_low = fed->disk_low[i]};
            if (fed->node[i].node != NULL)
                fed_turn(&fed->node[i], &tick);
        }
        while (fed->count > 0) {
            struct fed_message message = fed->queue[fed->head];
            fed->head = (fed->head + 1) % FED_QUEUE_MAX;
            fed->count--;
            fed_turn(&fed->node[message.to], &message.event);
            free((void *)(uintptr_t)message.event.bytes.data);
        }
    }
}

/* ---- founding ---- */

static inline void fed_open(struct fed_node *node)
{
    struct dg_node_env env = {.signer = &node->signer,
                              .random = fed_random,
                              .curve_of = dg_curve_key_of,
                              .sealer = &node->sealer,
                              .files = node->files};
    node->voice = (struct dg_voice){.ctx = node,
                                    .send = fed_send,
                                    .reply = fed_reply,
                                    .fact = fed_fact,
                                    .uplink_reset = fed_uplink_reset,
                                    .bulk_line = fed_bulk_line};
    enum dg_err err = dg_node_open(node->store, &env, &node->node, NULL);
    if (err == DG_OK)
        err = dg_turn_init(&node->turn, node->store, node->node, &node->voice, fed_judge, NULL);
    assert(err == DG_OK);
    (void)err;
}

static inline void fed_found(struct fed_node *node, struct dg_founding *founding)
{
    struct dg_founding_organ organ[FED_ORGANS];
    struct dg_bytes role[FED_ORGANS];
    struct dg_txn *txn;
    struct dg_committed committed;
    struct dg_fault fault = {0};
    struct dg_seed sealing;
    for (size_t i = 0; i < FED_ORGANS; i++) {
        role[i] = dg_bytes_of(fed_organs[i]);
        organ[i] = (struct dg_founding_organ){
            .slug = role[i], .name = role[i], .role = {.count = 1, .item = &role[i]}};
        organ[i].signing = fed_make_key(node);
        dg_curve_keypair(&organ[i].sealing, &sealing);
    }
    founding->organ_count = FED_ORGANS;
    founding->organ = organ;
    founding->now = node->fed->now;
    founding->unit = dg_bytes_of(node->unit);
    founding->level = dg_bytes_of(node->level);
    founding->name = dg_bytes_of(node->unit);
    founding->endpoint = dg_bytes_of("tcp://fed:1");
    founding->federation = dg_bytes_of(FED_NAME);
    founding->federation_key = node->fed->federation.key;
    founding->keys = node->keys;
    enum dg_err err = dg_begin_write(node->store, &txn);
    if (err == DG_OK)
        err = dg_found(txn, founding, &node->signer, &fault);
    if (err == DG_OK)
        err = dg_commit(node->store, txn, &committed);
    assert(err == DG_OK);
    (void)err;
    fed_open(node);
}

static inline void fed_ask(struct fed_node *parent, const struct dg_invitation *invitation,
                           const struct dg_frame *frame, struct dg_frame *ret)
{
    struct fed *fed = parent->fed;
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    enum dg_err err = dg_frame_encode(frame, &buf);
    struct dg_event event = {.kind = DG_EVENT_MESSAGE,
                             .conn = FED_ENROL_CONN,
                             .key = dg_curve_key_of(&invitation->secret),
                             .bytes = dg_buf_bytes(&buf)};
    fed_turn(parent, &event);
    dg_buf_done(&buf);
    if (err == DG_OK)
        err = dg_frame_decode(&fed->arena, dg_arena_copy(&fed->arena, dg_buf_bytes(&fed->said)), ret, NULL);
    assert(err == DG_OK);
}

/* Sends a request to the node's control socket. */
static inline struct dg_ctl_reply fed_control(struct fed_node *node, const struct dg_ctl_request *request)
{
    struct fed *fed = node->fed;
    struct dg_ctl_reply reply;
    struct dg_buf buf;
    dg_buf_init(&buf, DG_CTL_MSG_MAX);
    enum dg_err err = dg_ctl_request_encode(request, &buf);
    struct dg_event event = {.kind = DG_EVENT_CTL, .client = 1, .bytes = dg_buf_bytes(&buf)};
    fed_turn(node, &event);
    dg_buf_done(&buf);
    struct dg_bytes replied = dg_arena_copy(&fed->arena, dg_buf_bytes(&fed->replied));
    if (err == DG_OK)
        err = dg_ctl_reply_decode(&fed->arena, replied, &reply, NULL);
    assert(err == DG_OK);
    if (reply.fault.err != DG_OK)
        fprintf(stderr, "%s refuses: %s %s %s\n", node->unit, dg_err_name(reply.fault.err), reply.fault.organ,
                reply.fault.what);
    return reply;
}

static inline const struct dg_enrol_grant *fed_enrol(struct fed_node *node,
                                                     const struct dg_invitation *invitation)
{
    struct fed_node *parent = &node->fed->node[node->parent];
    struct dg_frame hello = {.enrol_hello = invitation->id}, challenge, granted;
    struct dg_fault fault = {0};
    fed_ask(parent, invitation, &hello, &challenge);
    assert(challenge.enrol_challenge != NULL);
    struct dg_enrol_request request = {.nonce = *challenge.enrol_challenge,
                                       .unit = dg_bytes_of(node->unit),
                                       .keys = node->keys,
                                       .endpoint = dg_bytes_of("tcp://fed:1"),
                                       .possession_count = 3};
    memcpy(request.invitation, invitation->id, sizeof request.invitation);
    struct dg_buf message;
    dg_buf_init(&message, DG_FRAME_MAX);
    enum dg_err err = dg_enrol_message(&request, &message);
    const struct dg_key *key[] = {&node->keys.unit, &node->keys.log, &node->keys.cosigner};
    for (size_t i = 0; i < 3 && err == DG_OK; i++)
        err = fed_sign(node, key[i], DG_CONTEXT_ADMISSION, dg_buf_bytes(&message), &request.possession[i]);
    dg_buf_done(&message);
    struct dg_frame frame = {.enrol_request = &request};
    fed_ask(parent, invitation, &frame, &granted);
    assert(granted.enrol_grant != NULL);
    if (err == DG_OK)
        err = dg_grant_verify(granted.enrol_grant, invitation, &node->keys, node->fed->now, &node->fed->arena,
                              &fault);
    assert(err == DG_OK);
    return granted.enrol_grant;
}

/* own_regime: the node adopts a main regime of its own, which binds thematic reports only. */
static inline void fed_join(struct fed_node *node, bool own_regime)
{
    struct fed_node *parent = &node->fed->node[node->parent];
    struct dg_bytes regime = fed_regime(node->fed, "rieng");
    struct dg_invitation invitation;
    struct dg_ctl_request request = {.verb = DG_CTL_INVITE,
                                     .unit = dg_bytes_of(node->unit),
                                     .level = dg_bytes_of(node->level),
                                     .name = dg_bytes_of(node->unit),
                                     .regime = &regime,
                                     .regime_count = own_regime ? 1 : 0,
                                     .for_ms = 86400000};
    struct dg_ctl_reply reply = fed_control(parent, &request);
    enum dg_err err = dg_invitation_read(&node->fed->arena, reply.text, &invitation, NULL);
    assert(err == DG_OK);
    (void)err;
    struct dg_founding founding = {.parent_endpoint = dg_bytes_of("tcp://fed:1"),
                                   .parent_key = parent->keys.transport,
                                   .regime = &regime,
                                   .regime_count = own_regime ? 1 : 0};
    founding.grant = fed_enrol(node, &invitation);
    fed_found(node, &founding);
}

static inline void fed_node_init(struct fed *fed, int index)
{
    struct fed_node *node = &fed->node[index];
    node->fed = fed;
    node->index = index;
    node->parent = fed_places[index].parent;
    node->unit = fed_places[index].unit;
    node->level = fed_places[index].level;
    node->store = dg_store_mem_new();
    node->files = dg_files_mem_new();
    node->signer = (struct dg_signer){.ctx = node, .sign = fed_sign};
    node->keys =
        (struct dg_keys){.has_unit = true, .has_log = true, .has_cosigner = true, .has_transport = true};
    node->keys.unit = fed_make_key(node);
    node->keys.log = fed_make_key(node);
    node->keys.cosigner = fed_make_key(node);
    dg_curve_keypair(&node->keys.transport, &node->transport);
    node->sealer = (struct dg_sealer){.ctx = node, .seal = fed_seal, .open = fed_unseal};
}

/* Makes the federation and lets it settle; with own_regime, xa has a main regime of its own. */
/* A federation that enrols at an instant. */
static inline struct fed *fed_new_at(bool own_regime, dg_ms now)
{
    struct fed *fed = calloc(1, sizeof *fed);
    assert(fed != NULL);
    fed->now = now;
    dg_arena_init(&fed->arena, 0);
    dg_buf_init(&fed->said, DG_FRAME_MAX);
    dg_buf_init(&fed->replied, DG_CTL_MSG_MAX);
    dg_keypair(&fed->federation.key, &fed->federation.seed);
    fed->root = dg_verifier_of(FED_NAME, DG_NOTE_ED25519, &fed->federation.key);
    for (int i = 0; i < FED_NODES; i++)
        fed_node_init(fed, i);
    struct dg_bytes regime = fed_regime(fed, "chung");
    struct dg_founding founding = {.regime = &regime, .regime_count = 1};
    fed_found(&fed->node[FED_TINH], &founding);
    for (int i = 1; i < FED_NODES; i++) {
        fed_join(&fed->node[i], own_regime && i == FED_XA);
        fed_run(fed, 3);
    }
    fed_run(fed, 10);
    return fed;
}

static inline struct fed *fed_new(bool own_regime)
{
    return fed_new_at(own_regime, FED_START);
}

static inline void fed_free(struct fed *fed)
{
    for (size_t i = 0; i < FED_NODES; i++) {
        dg_turn_done(&fed->node[i].turn);
        dg_node_close(fed->node[i].node);
        dg_store_close(fed->node[i].store);
        dg_files_close(fed->node[i].files);
    }
    for (; fed->count > 0; fed->count--, fed->head++)
        free((void *)(uintptr_t)fed->queue[fed->head % FED_QUEUE_MAX].event.bytes.data);
    dg_buf_done(&fed->said);
    dg_buf_done(&fed->replied);
    dg_arena_done(&fed->arena);
    free(fed);
}

/* ---- reports ---- */

/* Pushes the monthly report of cap-uy at that unit, also to an organ when also is not NULL. */
static inline struct dg_id fed_push(struct fed *fed, enum fed_place place, const char *also)
{
    struct dg_bytes also_to = dg_bytes_of(also != NULL ? also : "");
    struct dg_author author = {.organ = dg_bytes_of("cap-uy"), .unit = dg_bytes_of(fed->node[place].unit)};
    struct dg_report draft = {.version = 1,
                              .federation = dg_bytes_of(FED_NAME),
                              .author_count = 1,
                              .author = &author,
                              .epoch = 1,
                              .kind = dg_bytes_of("periodic"),
                              .period = dg_bytes_of("2026-10"),
                              .date = dg_bytes_of("2026-11-20"),
                              .title = dg_bytes_of("Báo cáo tháng 10"),
                              .urgency = DG_URGENCY_NORMAL,
                              .also_to_count = also != NULL ? 1 : 0,
                              .also_to = &also_to,
                              .body = dg_bytes_of("# Tình hình\n"),
                              .signed_ms = fed->now};
    struct dg_buf buf;
    dg_buf_init(&buf, DG_REPORT_MAX);
    enum dg_err err = dg_draft_encode(&draft, &buf);
    assert(err == DG_OK);
    (void)err;
    struct dg_ctl_request request = {
        .verb = DG_CTL_PUSH, .organ = dg_bytes_of("cap-uy"), .draft = dg_buf_bytes(&buf)};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    dg_buf_done(&buf);
    assert(reply.fault.err == DG_OK && reply.has_id);
    fed_run(fed, 10);
    return reply.id;
}

/* Pushes an appraisal of that matter by an organ of the unit, with a source and a further recipient when they
 * are not NULL. */
static inline struct dg_ctl_reply fed_push_matter(struct fed *fed, enum fed_place place, const char *organ,
                                                  const char *matter, const struct dg_id *source,
                                                  const char *also)
{
    struct dg_bytes also_to = dg_bytes_of(also != NULL ? also : "");
    struct dg_bytes touched = dg_bytes_of(matter);
    struct dg_id sources = {.b = {0}};
    if (source != NULL)
        sources = *source;
    struct dg_report draft = {.kind = dg_bytes_of("appraisal"),
                              .date = dg_bytes_of("2026-11-20"),
                              .title = dg_bytes_of("Đề án"),
                              .urgency = DG_URGENCY_NORMAL,
                              .matter_count = 1,
                              .matter = &touched,
                              .also_to_count = also != NULL ? 1 : 0,
                              .also_to = &also_to,
                              .source_count = source != NULL ? 1 : 0,
                              .source = &sources,
                              .body = dg_bytes_of("# Đề án\n")};
    struct dg_buf buf;
    dg_buf_init(&buf, DG_REPORT_MAX);
    enum dg_err err = dg_draft_encode(&draft, &buf);
    assert(err == DG_OK);
    (void)err;
    struct dg_ctl_request request = {
        .verb = DG_CTL_PUSH, .organ = dg_bytes_of(organ), .draft = dg_buf_bytes(&buf)};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    dg_buf_done(&buf);
    return reply;
}

/* Passes it on, or back, and hands nothing over yet. */
static inline enum dg_err fed_pass(struct fed *fed, enum fed_place place, const struct dg_id *id,
                                   const char *organ, bool back)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {.verb = DG_CTL_PASS,
                                     .organ = dg_bytes_of(organ),
                                     .report = dg_bytes_of(hex),
                                     .note = dg_bytes_of("đã xem"),
                                     .back = back};
    return fed_control(&fed->node[place], &request).fault.err;
}

/* Pushes draft, which lacks no more than what everybody leaves out, as that organ and further signers. */
static inline struct dg_ctl_reply fed_push_as(struct fed *fed, enum fed_place place, const char *organ,
                                              const struct dg_report *draft, struct dg_bytes *with,
                                              size_t with_count)
{
    struct dg_report report = *draft;
    struct dg_buf buf;
    report.date = dg_bytes_of("2026-11-20");
    report.title = dg_bytes_of("Báo cáo");
    report.urgency = DG_URGENCY_NORMAL;
    report.body = dg_bytes_of("# Nội dung\n");
    dg_buf_init(&buf, DG_REPORT_MAX);
    enum dg_err err = dg_draft_encode(&report, &buf);
    assert(err == DG_OK);
    (void)err;
    struct dg_ctl_request request = {.verb = DG_CTL_PUSH,
                                     .organ = dg_bytes_of(organ),
                                     .draft = dg_buf_bytes(&buf),
                                     .with_count = with_count,
                                     .with = with};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    dg_buf_done(&buf);
    fed_run(fed, 10);
    return reply;
}

static inline void fed_mark(struct fed *fed, enum fed_place place, const struct dg_id *id, const char *organ,
                            uint32_t code)
{
    char hex[DG_HEX_BYTES];
    dg_hex(id->b, sizeof id->b, hex);
    struct dg_ctl_request request = {
        .verb = DG_CTL_MARK, .organ = dg_bytes_of(organ), .report = dg_bytes_of(hex), .code = code};
    struct dg_ctl_reply reply = fed_control(&fed->node[place], &request);
    assert(reply.fault.err == DG_OK);
    (void)reply;
    fed_run(fed, 10);
}

#endif
