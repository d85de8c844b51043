/* accord.c - reports that several sign and drafts that several comment on: what people try, and what must
 * hold. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "node/core/rows.h"
#include "proto/regime.h"
#include "tests/sim/world.h"

enum { ACT_SIGN, ACT_WITHDRAW, ACT_COMMENT, ACTS };

/* ---- rules ---------------------------------------------------------------------------------------- */

static struct dg_slugs one_slug(struct sim_world *world, const char *slug)
{
    struct dg_bytes *item = dg_arena_alloc(&world->arena, sizeof *item);
    assert(item != NULL);
    *item = dg_bytes_of(slug);
    return (struct dg_slugs){.count = 1, .item = item};
}

static struct dg_target *one_target(struct sim_world *world, const char *role, enum dg_where where)
{
    struct dg_target *target = dg_arena_alloc(&world->arena, sizeof *target);
    assert(target != NULL);
    *target = (struct dg_target){
        .role = dg_bytes_of(role), .where = where, .if_superior = where == DG_WHERE_PARENT};
    return target;
}

/* The committee and the Front report together, and tell the Ban Dân vận above. */
static struct dg_rule joint_rule(struct sim_world *world)
{
    return (struct dg_rule){
        .id = dg_bytes_of("SIM-1"),
        .cites = dg_bytes_of("Điều 1"),
        .scope = DG_SCOPE_ALL,
        .from = one_slug(world, "cap-uy"),
        .with = one_slug(world, "mttq"),
        .kind = dg_bytes_of("joint"),
        .periods = DG_CADENCE_Y,
        .to_count = 1,
        .to = one_target(world, "thuong-truc", DG_WHERE_SAME),
        .copy_count = 1,
        .copy = one_target(world, "ban-dan-van", DG_WHERE_PARENT),
    };
}

/* The office asks for comments; the Ban Dân vận above collects them. */
static struct dg_rule draft_rule(struct sim_world *world)
{
    return (struct dg_rule){
        .id = dg_bytes_of("SIM-2"),
        .cites = dg_bytes_of("Điều 2"),
        .scope = DG_SCOPE_ALL,
        .from = one_slug(world, "van-phong"),
        .kind = dg_bytes_of("draft"),
        .to_count = 1,
        .to = one_target(world, "ban-dan-van", DG_WHERE_PARENT),
    };
}

bool sim_accord_rules(struct sim_world *world, struct dg_bytes *regime)
{
    struct dg_regime read;
    struct dg_buf buf;
    if (dg_regime_decode(&world->arena, *regime, &read, NULL) != DG_OK)
        return false;
    struct dg_rule *rule = dg_arena_array(&world->arena, read.rule_count + 2, sizeof *rule);
    assert(rule != NULL);
    memcpy(rule, read.rule, read.rule_count * sizeof *rule);
    rule[read.rule_count++] = joint_rule(world);
    rule[read.rule_count++] = draft_rule(world);
    read.rule = rule;
    dg_buf_init(&buf, DG_REGIME_MAX);
    bool ok = dg_regime_encode(&read, &buf) == DG_OK;
    *regime = dg_arena_copy(&world->arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return ok;
}

/* ---- what people try ------------------------------------------------------------------------------ */

static void ask(struct sim_world *world, struct sim_node *node, size_t push, unsigned act,
                struct dg_bytes organ)
{
    char hex[DG_HEX_BYTES], text[64];
    struct dg_buf message;
    if (node->node == NULL)
        return;
    dg_hex(world->push[push].id.b, sizeof world->push[push].id.b, hex);
    (void)snprintf(text, sizeof text, "Góp ý lúc %lld.\n", (long long)world->now);
    struct dg_ctl_request request = {.verb = act == ACT_COMMENT ? DG_CTL_COMMENT : DG_CTL_JOINT,
                                     .joint = act == ACT_SIGN ? DG_JOINT_SIGN : DG_JOINT_WITHDRAW,
                                     .report = dg_bytes_of(hex),
                                     .organ = organ,
                                     .text = dg_bytes_of(text)};
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    bool ok = dg_ctl_request_encode(&request, &message) == DG_OK;
    assert(ok);
    static const char *const verb[] = {"signs", "withdraws", "comments on"};
    sim_trace_line(&world->trace, world->now, "%.*s@%s %s %.8s", (int)organ.size, (const char *)organ.data,
                   node->unit, verb[act], hex);
    sim_node_hear(node, &(struct dg_event){.kind = DG_EVENT_CTL,
                                           .client = SIM_CLIENT_ACCORDS + push * ACTS + act,
                                           .bytes = dg_buf_bytes(&message)});
    dg_buf_done(&message);
}

/* Some recipient of the draft, by the author's copy of it. */
static void comment_somewhere(struct sim_world *world, size_t push)
{
    struct sim_node *author = &world->node[world->push[push].node];
    struct dg_txn *txn;
    struct dg_held held;
    if (dg_begin_read(author->store, &txn) != DG_OK)
        return;
    if (dg_held_get(txn, &world->push[push].id, &held) == DG_OK) {
        const struct dg_recipient *recipient =
            &held.report.recipient[sim_below(&world->choice, held.report.recipient_count)];
        struct sim_node *there = sim_node_by_unit(world, recipient->unit);
        if (there != NULL)
            ask(world, there, push, ACT_COMMENT, recipient->organ);
    }
    dg_abort(author->store, txn);
}

void sim_accord_sign(struct sim_world *world, size_t push, bool withdraw)
{
    ask(world, &world->node[world->push[push].node], push, withdraw ? ACT_WITHDRAW : ACT_SIGN,
        dg_bytes_of("mttq"));
}

void sim_accord_act(struct sim_world *world)
{
    size_t found = 0, push = 0;
    for (size_t i = 0; i < world->push_count; i++)
        if (world->push[i].accepted && (world->push[i].joint || world->push[i].draft) &&
            sim_below(&world->choice, ++found) == 0)
            push = i;
    if (found == 0)
        return;
    if (world->push[push].draft) {
        comment_somewhere(world, push);
        return;
    }
    unsigned act = sim_chance(&world->choice, 3000) ? ACT_WITHDRAW : ACT_SIGN;
    const char *organ = sim_chance(&world->choice, 8000) ? "mttq" : "cap-uy";
    ask(world, &world->node[world->push[push].node], push, act, dg_bytes_of(organ));
}

void sim_accord_replied(struct sim_world *world, struct sim_node *node, uint64_t client,
                        const struct dg_ctl_reply *reply)
{
    struct sim_push *push = &world->push[(client - SIM_CLIENT_ACCORDS) / ACTS];
    unsigned act = (unsigned)((client - SIM_CLIENT_ACCORDS) % ACTS);
    if (reply->fault.err != DG_OK || act == ACT_COMMENT)
        return;
    push->issued = push->issued || (act == ACT_SIGN && reply->text.size == 0);
    push->voided = push->voided || act == ACT_WITHDRAW;
    if (push->issued && push->voided)
        sim_break(world, "J1", "%s says of a draft that it is issued and that it is void", node->unit);
}

/* ---- every leaf ----------------------------------------------------------------------------------- */

static void all_have_signed(struct sim_node *node, struct dg_txn *txn, const struct dg_leaf *leaf)
{
    struct dg_held held;
    if (dg_held_get(txn, &leaf->report, &held) != DG_OK)
        return; /* that law is another one */
    size_t good = 0;
    for (size_t i = 0; i < held.envelope.signature_count; i++) {
        const struct dg_author_signature *signature = &held.envelope.signature[i];
        good += signature->author == i && i < leaf->author_count &&
                dg_verify(&leaf->author[i].key, DG_CONTEXT_REPORT, held.envelope.report, &signature->sig);
    }
    if (good != held.report.author_count || leaf->author_count != held.report.author_count)
        sim_break(node->world, "J1", "%s accepts a report with %zu good signatures of %zu authors",
                  node->unit, good, held.report.author_count);
}

void sim_accord_leaf(struct sim_node *node, struct dg_txn *txn, const struct dg_leaf *leaf)
{
    struct sim_memory *memory = &node->world->laws.memory[node->index];
    bool issued = leaf->kind == DG_LEAF_REPORT && leaf->verdict == DG_VERDICT_ACCEPTED;
    if (issued)
        all_have_signed(node, txn, leaf);
    if (issued && sim_ids_has(&memory->voided, &leaf->report))
        sim_break(node->world, "J1", "%s issues a report that is void", node->unit);
    if (leaf->kind != DG_LEAF_VOID)
        return;
    if (!sim_ids_add(&memory->voided, &leaf->report) || sim_ids_has(&memory->accepted, &leaf->report))
        sim_break(node->world, "J1", "%s voids a draft that is void or issued", node->unit);
}

/* ---- at the end ----------------------------------------------------------------------------------- */

struct comment_count {
    struct dg_bytes origin;
    uint64_t index;
    size_t found;
};

static bool count_comment(void *ctx, const struct dg_custody *custody)
{
    struct comment_count *count = ctx;
    count->found += custody->record.kind == DG_RECORD_COMMENT && custody->record.index == count->index &&
                    dg_bytes_equal(custody->origin, count->origin);
    return true;
}

static size_t held_times(struct dg_txn *txn, const struct dg_id *id, struct dg_bytes origin, uint64_t index)
{
    struct comment_count count = {.origin = origin, .index = index};
    struct dg_report_ix ix;
    if (dg_report_ix_get(txn, id, &ix))
        dg_custody_each(txn, ix.position, count_comment, &count);
    return count.found;
}

/* Author and addressees have it once, and nobody has it twice. */
static bool comment_arrived(struct sim_world *world, const struct dg_report *draft, const struct dg_id *id,
                            const struct sim_node *from, uint64_t index, struct dg_txn *const txn[],
                            char *why, size_t why_size)
{
    char origin[DG_ORIGIN_MAX + 1];
    dg_origin_write(dg_bytes_of("dong-gui.test"), dg_bytes_of(from->unit), 1, origin);
    for (size_t i = 0; i < world->node_count; i++) {
        const char *unit = world->node[i].unit;
        bool goal = dg_bytes_is(draft->author[0].unit, unit);
        for (size_t k = 0; k < draft->recipient_count; k++)
            goal =
                goal || (draft->recipient[k].as == DG_AS_TO && dg_bytes_is(draft->recipient[k].unit, unit));
        size_t times = held_times(txn[i], id, dg_bytes_of(origin), index);
        if (times > 1 || (goal && times == 0)) {
            (void)snprintf(why, why_size, "L5: %s has a comment of %s %zu times", unit, from->unit, times);
            return false;
        }
    }
    return true;
}

static bool told_the_truth(struct sim_world *world, const struct sim_push *push, struct dg_txn *txn,
                           char *why, size_t why_size)
{
    struct dg_report_ix ix;
    struct dg_joint joint;
    bool issued = dg_report_ix_get(txn, &push->id, &ix);
    bool voided = dg_joint_get(txn, &push->id, &joint) && joint.state == DG_JOINT_WITHDRAWN;
    if ((!push->issued || issued) && (!push->voided || voided) && !(issued && voided))
        return true;
    (void)snprintf(why, why_size, "L5: %s was told %s, and the draft is %s%s", world->node[push->node].unit,
                   push->issued ? "issued" : "withdrawn", issued ? "issued" : "", voided ? "withdrawn" : "");
    return false;
}

bool sim_accord_settled(struct sim_world *world, struct sim_node *node, struct dg_txn *const txn[], char *why,
                        size_t why_size)
{
    struct dg_txn *own = txn[node->index];
    struct dg_log_view log;
    bool ok = true;
    for (size_t i = 0; i < world->push_count && ok; i++)
        if (world->push[i].joint && world->push[i].accepted && world->push[i].node == node->index)
            ok = told_the_truth(world, &world->push[i], own, why, why_size);
    dg_log_get(own, &log);
    for (uint64_t i = 0; i < log.size && ok; i++) {
        struct dg_bytes text;
        struct dg_leaf leaf;
        struct dg_held held;
        if (dg_leaf_get(own, i, &text) && dg_leaf_parse(own->arena, text, &leaf, NULL) == DG_OK &&
            leaf.kind == DG_LEAF_COMMENT && dg_held_get(own, &leaf.report, &held) == DG_OK)
            ok = comment_arrived(world, &held.report, &held.id, node, i, txn, why, why_size);
    }
    return ok;
}
