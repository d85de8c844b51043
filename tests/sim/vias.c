/* vias.c - reports that go through an organ: what people do with them, and what must hold of them. */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "node/core/rows.h"
#include "proto/pass.h"
#include "tests/sim/world.h"

/* ---- what people do -------------------------------------------------------------------------------- */

static const struct {
    const char *matter, *organ;
} ways[] = {{"qua-tren", "cap-uy"}, {"qua-minh", "mttq"}, {"qua-len", "cap-uy"}, {"qua-vong", "chinh-quyen"}};

void sim_load_push_through(struct sim_world *world, struct sim_node *node)
{
    size_t way = (size_t)sim_below(&world->choice, sizeof ways / sizeof ways[0]);
    sim_load_push_matter(world, node, ways[way].organ, ways[way].matter, NULL);
}

struct pick {
    struct sim_world *world;
    bool any; /* also what the organ does not have to pass on */
    size_t seen;
    struct dg_id id;
};

static bool pick_mail(void *ctx, const struct dg_mail *mail)
{
    struct pick *pick = ctx;
    if ((mail->passes || pick->any) && sim_below(&pick->world->choice, ++pick->seen) == 0)
        pick->id = mail->id;
    return true;
}

/* Mostly an organ that has something to pass on; now and then one that has no right to. */
static const char *pick_report(struct sim_world *world, struct sim_node *node, struct pick *pick)
{
    struct dg_txn *txn;
    const char *organ = NULL;
    if (node->node == NULL || dg_begin_read(node->store, &txn) != DG_OK)
        return NULL;
    pick->any = sim_chance(&world->choice, 3000);
    size_t first = (size_t)sim_below(&world->choice, node->organ_count);
    for (size_t i = 0; i < node->organ_count && pick->seen == 0; i++) {
        organ = node->organ[(first + i) % node->organ_count].slug;
        dg_mail_each(txn, dg_bytes_of(organ), true, pick_mail, pick);
    }
    dg_abort(node->store, txn);
    return pick->seen > 0 ? organ : NULL;
}

void sim_load_pass(struct sim_world *world, struct sim_node *node)
{
    struct pick pick = {.world = world};
    const char *organ = pick_report(world, node, &pick);
    if (organ == NULL)
        return;
    if (sim_chance(&world->choice, 3000))
        sim_load_push_matter(world, node, organ, "qua-gop", &pick.id);
    else
        sim_load_pass_as(world, node, organ, &pick.id, sim_chance(&world->choice, 2000));
}

/* ---- after every turn ------------------------------------------------------------------------------ */

struct pass_search {
    struct dg_bytes organ, unit;
    size_t found;
    struct dg_bytes origin;
    struct dg_leaf leaf;
    uint64_t index;
};

static bool is_pass(void *ctx, const struct dg_custody *custody)
{
    struct pass_search *search = ctx;
    if (custody->record.kind == DG_RECORD_PASS && dg_bytes_equal(custody->leaf.organ, search->organ) &&
        dg_bytes_equal(custody->leaf.unit, search->unit)) {
        search->found++;
        search->leaf = custody->leaf;
        search->origin = custody->origin;
        search->index = custody->record.index;
    }
    return true;
}

static struct pass_search find_pass(struct dg_txn *txn, uint64_t position, struct dg_bytes through)
{
    struct pass_search search = {.found = 0};
    if (dg_address_split(through, &search.organ, &search.unit))
        dg_custody_each(txn, position, is_pass, &search);
    return search;
}

struct looking {
    struct sim_node *node;
    struct dg_txn *txn;
    const char *organ;
};

/* True when that leaf of the log is the pass which custody shows. */
static bool is_logged(struct dg_txn *txn, const struct pass_search *search, const struct dg_id *id)
{
    struct dg_bytes text;
    struct dg_leaf leaf;
    return dg_leaf_get(txn, search->index, &text) && dg_leaf_parse(txn->arena, text, &leaf, NULL) == DG_OK &&
           leaf.kind == DG_LEAF_PASS && dg_id_equal(&leaf.report, id) &&
           dg_hash_equal(&leaf.object, &search->leaf.object);
}

/* The same in the durable log of the via organ's node, which may be this one. */
static bool is_durable(struct looking *looking, const struct pass_search *search, const struct dg_id *id)
{
    struct sim_node *via = sim_node_by_unit(looking->node->world, search->unit);
    struct dg_txn *there;
    if (via == looking->node)
        return is_logged(looking->txn, search, id);
    if (via == NULL || dg_begin_read(via->store, &there) != DG_OK)
        return false;
    bool logged = is_logged(there, search, id);
    dg_abort(via->store, there);
    return logged;
}

/* V1: nobody who waits has it open before the via organ has let it pass, in its own durable log. */
static bool look_at_row(void *ctx, const struct dg_mail *mail)
{
    struct looking *looking = ctx;
    struct sim_world *world = looking->node->world;
    if (mail->through.size == 0 || !mail->open)
        return true;
    struct pass_search search = find_pass(looking->txn, mail->position, mail->through);
    if (search.found == 0 || search.leaf.decision == DG_DECISION_RETURNED ||
        !is_durable(looking, &search, &mail->id))
        sim_break(world, "V1", "%s@%s has report %llu before %.*s has passed it on", looking->organ,
                  looking->node->unit, (unsigned long long)mail->position, (int)mail->through.size,
                  (const char *)mail->through.data);
    return !world->laws.broken;
}

void sim_laws_vias(struct sim_node *node, struct dg_txn *txn)
{
    for (size_t i = 0; i < node->organ_count && !node->world->laws.broken; i++) {
        struct looking looking = {.node = node, .txn = txn, .organ = node->organ[i].slug};
        dg_mail_each(txn, dg_bytes_of(looking.organ), true, look_at_row, &looking);
    }
}

/* ---- at the end ------------------------------------------------------------------------------------ */

static bool names(const struct dg_report *report, const struct dg_recipient *recipient)
{
    for (size_t i = 0; i < report->recipient_count; i++)
        if (dg_bytes_equal(report->recipient[i].organ, recipient->organ) &&
            dg_bytes_equal(report->recipient[i].unit, recipient->unit))
            return true;
    return false;
}

/* What the decision means for those who waited, by the via organ's own store. */
static bool is_opened(struct dg_txn *txn, const struct dg_id *id, const struct pass_search *decided)
{
    struct dg_held source, into;
    if (decided->found == 0 || decided->leaf.decision == DG_DECISION_RETURNED)
        return false;
    if (decided->leaf.decision == DG_DECISION_PASSED)
        return true;
    if (dg_held_get(txn, id, &source) != DG_OK || dg_held_get(txn, &decided->leaf.into, &into) != DG_OK)
        return false;
    for (size_t i = 0; i < source.report.recipient_count; i++)
        if (dg_recipient_waits_for(&source.report.recipient[i], decided->organ, decided->unit) &&
            !names(&into.report, &source.report.recipient[i]))
            return true;
    return false;
}

/* V2: what the via organ's log says is known where the recipient is, and done there. */
static const char *check_waiting(struct dg_txn *const txn[], struct sim_world *world, const struct dg_id *id,
                                 const struct dg_recipient *recipient)
{
    struct pass_search decided = {.found = 0};
    struct dg_report_ix ix;
    struct dg_mail mail;
    struct sim_node *there = sim_node_by_unit(world, recipient->unit);
    (void)dg_address_split(recipient->through, &decided.organ, &decided.unit);
    struct sim_node *via = sim_node_by_unit(world, decided.unit);
    if (there == NULL || via == NULL || !dg_report_ix_get(txn[via->index], id, &ix))
        return "the via organ does not have it";
    dg_custody_each(txn[via->index], ix.position, is_pass, &decided);
    if (decided.found > 1)
        return "the via organ decided twice";
    if (!dg_report_ix_get(txn[there->index], id, &ix) ||
        !dg_mail_get(txn[there->index], recipient->organ, ix.position, &mail))
        return "no row waits";
    struct pass_search known = find_pass(txn[there->index], ix.position, recipient->through);
    if (known.found != decided.found || (known.found > 0 && known.index != decided.index))
        return "the decision is not known where it is waited for";
    uint32_t decision = decided.found > 0 ? (uint32_t)decided.leaf.decision : 0;
    if (mail.decision != decision || mail.open != is_opened(txn[via->index], id, &decided))
        return "the row is not as was decided";
    return NULL;
}

/* V3: and at the author, on whose trail it is. */
static const char *check_author(struct dg_txn *const txn[], struct sim_world *world,
                                const struct sim_node *author, const struct dg_held *held,
                                const struct dg_via *via)
{
    struct pass_search decided = {.organ = via->organ, .unit = via->unit}, known = decided;
    struct sim_node *there = sim_node_by_unit(world, via->unit);
    struct dg_report_ix ix;
    struct dg_mail mail;
    if (there == NULL || !dg_report_ix_get(txn[there->index], &held->id, &ix) ||
        !dg_mail_get(txn[there->index], via->organ, ix.position, &mail))
        return "the via organ has no row of it";
    dg_custody_each(txn[there->index], ix.position, is_pass, &decided);
    dg_custody_each(txn[author->index], held->position, is_pass, &known);
    if (mail.passes != (decided.found == 0) || (mail.as == DG_AS_VIA) == via->is_recipient)
        return "the via organ's row is not as it decided";
    if (known.found != decided.found || (known.found > 0 && known.index != decided.index))
        return "its author does not know what the via organ decided";
    return NULL;
}

const char *sim_vias_unsettled(struct sim_world *world, struct dg_txn *const txn[],
                               const struct sim_node *author, const struct dg_held *held)
{
    const struct dg_report *report = &held->report;
    const char *why = NULL;
    struct dg_via *via;
    size_t count;
    if (dg_report_vias(txn[author->index]->arena, report, &count, &via) != DG_OK)
        return "memory";
    for (size_t i = 0; why == NULL && i < report->recipient_count; i++)
        if (report->recipient[i].through.size > 0)
            why = check_waiting(txn, world, &held->id, &report->recipient[i]);
    for (size_t i = 0; why == NULL && i < count; i++)
        why = check_author(txn, world, author, held, &via[i]);
    return why;
}
