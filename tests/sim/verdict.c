/* verdict.c - has everything settled as the reports themselves say it must? */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/core/node_impl.h"
#include "node/core/rows.h"
#include "proto/pass.h"
#include "proto/state_table.h"
#include "tests/sim/world.h"

struct verdict {
    struct sim_world *world;
    struct dg_txn *txn[SIM_NODES_MAX];
    size_t mail[SIM_NODES_MAX]; /* deliveries that reports demand of each node */
    /* Of the author at hand: which numbers to each unit are accounted for, alone and joint. */
    uint8_t to_seq[SIM_NODES_MAX][2][SIM_PUSHES_MAX + 1];
    char *why;
    size_t why_size;
    bool ok;
};

static void fail(struct verdict *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fail(struct verdict *v, const char *format, ...)
{
    if (!v->ok)
        return;
    v->ok = false;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(v->why, v->why_size, format, args);
    va_end(args);
}

/* ---- mailboxes ----------------------------------------------------------------------------------- */

struct mail_count {
    const struct dg_id *id;
    const struct dg_recipient *recipient;
    size_t found, as_named;
};

static bool count_mail(void *ctx, const struct dg_mail *mail)
{
    struct mail_count *count = ctx;
    if (!dg_id_equal(&mail->id, count->id))
        return true;
    count->found++;
    count->as_named += mail->as == count->recipient->as && mail->rule_count == count->recipient->rule_count &&
                       dg_bytes_equal(mail->through, count->recipient->through);
    return true;
}

static void check_mailbox(struct verdict *v, const struct dg_held *held, const struct dg_recipient *recipient)
{
    struct sim_node *there = sim_node_by_unit(v->world, recipient->unit);
    struct mail_count count = {.id = &held->id, .recipient = recipient};
    if (there == NULL) {
        fail(v, "L1: a recipient at no unit");
        return;
    }
    v->mail[there->index]++;
    dg_mail_each(v->txn[there->index], recipient->organ, true, count_mail, &count);
    if (count.found != 1 || count.as_named != 1)
        fail(v, "L1: %.*s@%s has report %llu of %.*s %zu times, %zu as named", (int)recipient->organ.size,
             (const char *)recipient->organ.data, there->unit, (unsigned long long)held->position,
             (int)held->report.author[0].unit.size, (const char *)held->report.author[0].unit.data,
             count.found, count.as_named);
}

/* Via organs have it too, and what they decide is known where it matters. */
static void check_vias(struct verdict *v, const struct sim_node *author, const struct dg_held *held)
{
    struct dg_via *via;
    size_t count;
    if (dg_report_vias(v->txn[author->index]->arena, &held->report, &count, &via) != DG_OK)
        fail(v, "V2: memory");
    for (size_t i = 0; i < count && v->ok; i++) {
        const struct dg_recipient row = {.organ = via[i].organ,
                                         .unit = via[i].unit,
                                         .as = DG_AS_VIA,
                                         .rule_count = via[i].rule_count,
                                         .rule = via[i].rule};
        if (!via[i].is_recipient)
            check_mailbox(v, held, &row);
    }
    const char *why = v->ok ? sim_vias_unsettled(v->world, v->txn, author, held) : NULL;
    if (why != NULL)
        fail(v, "V2: report %llu of %s: %s", (unsigned long long)held->position, author->unit, why);
}

/* ---- the mandate, by hand ------------------------------------------------------------------------ */

/* What regime binh-phuoc says, read by a person and written down here a second time. */
static const struct {
    const char *kind, *from, *organ;
    bool upward;
    enum dg_as as;
} owed[] = {
    {"periodic", "cap-uy", "cap-uy", true, DG_AS_TO},
    {"periodic", "cap-uy", "ban-dan-van", true, DG_AS_COPY},
    {"periodic", "mttq", "cap-uy", false, DG_AS_TO},
    {"periodic", "mttq", "ban-dan-van", false, DG_AS_COPY},
    {"periodic", "chinh-quyen", "cap-uy", false, DG_AS_TO},
    {"periodic", "chinh-quyen", "ban-dan-van", false, DG_AS_COPY},
    {"urgent", "cap-uy", "thuong-truc", true, DG_AS_TO},
    {"urgent", "cap-uy", "ban-dan-van", true, DG_AS_OBSERVE},
    {"urgent", "mttq", "thuong-truc", false, DG_AS_TO},
    {"urgent", "mttq", "ban-dan-van", false, DG_AS_OBSERVE},
    {"flash", "cap-uy", "ban-dan-van", false, DG_AS_TO},
    {"flash", "cap-uy", "mttq", false, DG_AS_TO},
    {"directed", "ban-dan-van", "ban-dan-van", true, DG_AS_TO},
    {"directed", "khoi-dan-van", "ban-dan-van", true, DG_AS_TO},
    {"evaluation", "mttq", "cap-uy", false, DG_AS_TO},
    {"joint", "cap-uy", "thuong-truc", false, DG_AS_TO},
    {"joint", "cap-uy", "ban-dan-van", true, DG_AS_COPY},
    {"draft", "van-phong", "ban-dan-van", true, DG_AS_TO},
};

static bool named(const struct dg_report *report, const char *organ, const char *unit, enum dg_as as)
{
    for (size_t i = 0; i < report->recipient_count; i++)
        if (dg_bytes_is(report->recipient[i].organ, organ) && dg_bytes_is(report->recipient[i].unit, unit) &&
            report->recipient[i].as <= as)
            return true;
    return false;
}

static bool has_organ(const struct sim_node *node, const char *slug)
{
    for (size_t i = 0; i < node->organ_count; i++)
        if (strcmp(node->organ[i].slug, slug) == 0)
            return true;
    return false;
}

static void check_mandate(struct verdict *v, const struct sim_node *author, const struct dg_report *report)
{
    for (size_t i = 0; i < sizeof owed / sizeof owed[0]; i++) {
        if (!dg_bytes_is(report->kind, owed[i].kind) || !dg_bytes_is(report->author[0].organ, owed[i].from))
            continue;
        if (owed[i].upward && author->parent == SIM_NOBODY)
            continue;
        const struct sim_node *at = owed[i].upward ? &v->world->node[author->parent] : author;
        const char *organ = owed[i].organ;
        if (strcmp(organ, "ban-dan-van") == 0 && at->level >= 2)
            organ = "khoi-dan-van"; /* Điều 8 khoản 5 */
        if (has_organ(at, organ) && !named(report, organ, at->unit, owed[i].as))
            fail(v, "L1: %s of %s@%s does not name %s@%s", owed[i].kind, owed[i].from, author->unit, organ,
                 at->unit);
    }
}

/* ---- custody ------------------------------------------------------------------------------------- */

static void origin_of(const struct sim_node *node, char ret[DG_ORIGIN_MAX + 1])
{
    dg_origin_write(dg_bytes_of("dong-gui.test"), dg_bytes_of(node->unit), 1, ret);
}

/* Marks every node between two, both included. */
static void mark_path(struct sim_world *world, const struct sim_node *from, const struct sim_node *to,
                      bool on[])
{
    bool above[SIM_NODES_MAX] = {false};
    for (int at = from->index; at != SIM_NOBODY; at = world->node[at].parent)
        above[at] = true;
    int meet = to->index;
    for (; !above[meet]; meet = world->node[meet].parent)
        on[meet] = true;
    for (int at = from->index; at != meet; at = world->node[at].parent)
        on[at] = true;
    on[meet] = true;
}

static void check_holders(struct verdict *v, struct sim_node *author, const struct dg_held *held)
{
    struct sim_world *world = v->world;
    bool holds[SIM_NODES_MAX] = {false};
    holds[author->index] = true;
    struct dg_bytes *unit;
    size_t count = 0;
    if (dg_report_units(v->txn[author->index]->arena, &held->report, &count, &unit) != DG_OK)
        fail(v, "L1: memory");
    for (size_t i = 0; i < count; i++) {
        const struct sim_node *there = sim_node_by_unit(world, unit[i]);
        if (there != NULL)
            mark_path(world, author, there, holds);
    }
    for (size_t i = 0; i < world->node_count && v->ok; i++) {
        struct dg_report_ix ix;
        char origin[DG_ORIGIN_MAX + 1];
        struct sim_node *node = &world->node[i];
        bool has = dg_report_ix_get(v->txn[i], &held->id, &ix);
        if (has != holds[i])
            fail(v, "L1: %s %s report %llu of %s", node->unit, has ? "should not have" : "does not have",
                 (unsigned long long)held->position, author->unit);
        origin_of(node, origin);
        if (has && node != author &&
            !sim_custody_has(v->txn[author->index], held->position, DG_RECORD_RECEIPT, dg_bytes_of(origin),
                             ix.position))
            fail(v, "L2: %s has no receipt of %s for report %llu", author->unit, node->unit,
                 (unsigned long long)held->position);
    }
}

/* Every number is taken once: by a report, by a draft that waits, or by one that was withdrawn. */
static void check_to_seq(struct verdict *v, const struct sim_node *author, const struct dg_report *report)
{
    for (size_t i = 0; i < report->to_seq_count; i++) {
        const struct sim_node *to = sim_node_by_unit(v->world, report->to_seq[i].unit);
        uint64_t seq = report->to_seq[i].seq;
        if (to == NULL || seq > SIM_PUSHES_MAX || v->to_seq[to->index][report->author_count > 1][seq]++ > 0)
            fail(v, "L1: report number %llu from %s to %.*s is taken twice", (unsigned long long)seq,
                 author->unit, (int)report->to_seq[i].unit.size, (const char *)report->to_seq[i].unit.data);
    }
}

struct numbering {
    struct verdict *v;
    const struct sim_node *author;
};

/* Whoever waits for a number of a draft that was taken back knows that it will never come. */
static void check_voids(struct verdict *v, const struct sim_node *author, const struct dg_report *report)
{
    for (size_t i = 0; i < report->to_seq_count && v->ok; i++) {
        const struct dg_to_seq *seq = &report->to_seq[i];
        const struct sim_node *to = sim_node_by_unit(v->world, seq->unit);
        if (to != NULL &&
            !dg_void_names(v->txn[to->index], dg_bytes_of(author->unit), report->epoch, seq->unit, seq->seq))
            fail(v, "L1: %s was not told that %s took number %llu back", to->unit, author->unit,
                 (unsigned long long)seq->seq);
    }
}

static bool check_joint_numbers(void *ctx, const struct dg_joint *joint)
{
    struct numbering *numbering = ctx;
    check_to_seq(numbering->v, numbering->author, &joint->report);
    if (joint->state == DG_JOINT_WITHDRAWN)
        check_voids(numbering->v, numbering->author, &joint->report);
    return numbering->v->ok;
}

static void check_no_gap(struct verdict *v, const struct sim_node *author, bool joint)
{
    for (size_t i = 0; i < v->world->node_count && v->ok; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s/%s", joint ? "joint-seq" : "to-seq", v->world->node[i].unit);
        uint64_t last = dg_meta_u64(v->txn[author->index], name);
        for (uint64_t seq = 1; seq <= last && v->ok; seq++)
            if (seq > SIM_PUSHES_MAX || v->to_seq[i][joint][seq] != 1)
                fail(v, "L1: nobody knows of number %llu from %s to %s", (unsigned long long)seq,
                     author->unit, v->world->node[i].unit);
    }
}

/* ---- what authors say ---------------------------------------------------------------------------- */

struct words {
    uint32_t code;
    size_t count;
};

static bool count_words(void *ctx, const struct dg_custody *custody)
{
    struct words *words = ctx;
    words->count += custody->record.kind == DG_RECORD_STATE && custody->leaf.state == words->code;
    return true;
}

static void check_asked(struct verdict *v, size_t at, const struct dg_held *held)
{
    struct words words = {.code = DG_STATE_RECALL_REQUESTED};
    dg_custody_each(v->txn[at], held->position, count_words, &words);
    if (words.count != 1)
        fail(v, "L4: %s was asked %zu times to give a report back", v->world->node[at].unit, words.count);
    for (size_t i = 0; i < held->report.recipient_count && v->ok; i++) {
        const struct dg_recipient *recipient = &held->report.recipient[i];
        struct dg_mail mail;
        if (dg_bytes_is(recipient->unit, v->world->node[at].unit) &&
            (!dg_mail_get(v->txn[at], recipient->organ, held->position, &mail) || mail.recall == 0))
            fail(v, "L4: a mailbox of %s does not show that its report is asked back",
                 v->world->node[at].unit);
    }
}

/* An author's word is at every node that holds the report; a request is there once and in the mailboxes. */
static void check_word(struct verdict *v, const struct sim_node *node, const struct dg_leaf *leaf,
                       const char *origin, uint64_t index)
{
    for (size_t i = 0; i < v->world->node_count && v->ok; i++) {
        struct dg_held held;
        if (dg_held_get(v->txn[i], &leaf->report, &held) != DG_OK)
            continue;
        if (!sim_custody_has(v->txn[i], held.position, DG_RECORD_STATE, dg_bytes_of(origin), index))
            fail(v, "L4: %s does not know what %s says of its own report", v->world->node[i].unit,
                 node->unit);
        else if (leaf->state == DG_STATE_RECALL_REQUESTED)
            check_asked(v, i, &held);
    }
}

/* Whoever consolidated what was recalled or superseded has said so, once it knew. */
static void check_flags(struct verdict *v, const struct sim_node *author, const struct dg_held *held)
{
    struct dg_txn *txn = v->txn[author->index];
    struct words words = {.code = DG_STATE_SOURCE_CHANGED};
    dg_custody_each(txn, held->position, count_words, &words);
    for (size_t i = 0; i < held->report.source_count && v->ok; i++) {
        struct dg_held source;
        struct dg_id by;
        if (words.count == 0 && dg_held_get(txn, &held->report.source[i], &source) == DG_OK &&
            (dg_recall_asked(txn, source.position) ||
             dg_superseded_by(txn, &source.id, &source.report.author[0], &by)))
            fail(v, "L4: %s does not say that a source of its report has changed", author->unit);
    }
}

/* Every state a node has logged is held by the report's author, or by all its holders. */
static void check_states(struct verdict *v, struct sim_node *node)
{
    struct dg_log_view log;
    struct dg_bytes text;
    char origin[DG_ORIGIN_MAX + 1];
    origin_of(node, origin);
    dg_log_get(v->txn[node->index], &log);
    for (uint64_t i = 0; i < log.size && v->ok; i++) {
        struct dg_leaf leaf;
        struct dg_held held, own;
        if (!dg_leaf_get(v->txn[node->index], i, &text) ||
            dg_leaf_parse(v->txn[node->index]->arena, text, &leaf, NULL) != DG_OK ||
            leaf.kind != DG_LEAF_STATE)
            continue;
        if (dg_held_get(v->txn[node->index], &leaf.report, &held) != DG_OK) {
            fail(v, "L2: %s marked what it does not hold", node->unit);
            continue;
        }
        struct sim_node *author = sim_node_by_unit(v->world, held.report.author[0].unit);
        if (dg_state_by_author(leaf.state)) {
            check_word(v, node, &leaf, origin, i);
            continue;
        }
        if (author != node &&
            (dg_held_get(v->txn[author->index], &leaf.report, &own) != DG_OK ||
             !sim_custody_has(v->txn[author->index], own.position, DG_RECORD_STATE, dg_bytes_of(origin), i)))
            fail(v, "L2: %s does not know a state set at %s", author->unit, node->unit);
    }
}

/* ---- members ------------------------------------------------------------------------------------- */

struct spread {
    struct verdict *v;
    const struct sim_node *node;
};

static bool known_above(void *ctx, const struct dg_dir_row *row)
{
    struct spread *spread = ctx;
    struct sim_world *world = spread->v->world;
    for (int at = spread->node->parent; at != SIM_NOBODY; at = world->node[at].parent) {
        struct dg_dir_row there;
        if (!dg_dir_get(spread->v->txn[at], row->key, &there))
            fail(spread->v, "L3: %s does not know a member of %s", world->node[at].unit, spread->node->unit);
    }
    return spread->v->ok;
}

/* ---- together ------------------------------------------------------------------------------------ */

/* Only who is to know of a new regime, an author who sent urgent news past a missing recipient is told so,
 * whose report came back, who was reminded or learns what was taken back, and who holds a consolidated report
 * whose sources have changed; and a villain's superior, that its reports have each other's numbers. */
static bool check_attention(void *ctx, const struct dg_attention *item)
{
    const struct verdict *v = ctx;
    static const enum dg_err expected[] = {
        DG_ERR_NO_RECIPIENT,   DG_ERR_RETURNED,       DG_ERR_SOURCE_RECALLED, DG_ERR_SOURCE_SUPERSEDED,
        DG_ERR_SOURCE_CHANGED, DG_ERR_REGIME_ADOPTED, DG_ERR_NUMBER_VOIDED};
    bool fine =
        v->world->options.villain != 0 && dg_bytes_is(item->code, dg_err_name(DG_ERR_SEQUENCE_REPEATED));
    /* What was on its way while a day went by, or a clock was set, was missing for a day by that clock. */
    bool overnight = (v->world->leap != 0 || v->world->options.step != 0) &&
                     dg_bytes_is(item->code, dg_err_name(DG_ERR_SEQUENCE_GAP));
    /* By the same clocks urgent news and others have waited too long, and flash reports are unread. */
    static const enum dg_err late[] = {DG_ERR_LATE_URGENT, DG_ERR_LATE_REPORT, DG_ERR_LATE_PASS,
                                       DG_ERR_UNREAD_FLASH};
    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++)
        fine = fine || ((v->world->leap != 0 || v->world->options.step != 0) &&
                        dg_bytes_is(item->code, dg_err_name(late[i])));
    fine = fine || overnight || dg_bytes_is(item->code, dg_err_name(DG_ERR_REMINDED)) ||
           dg_bytes_is(item->code, dg_err_name(DG_ERR_UNHEEDED));
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        fine = fine || dg_bytes_is(item->code, dg_err_name(expected[i]));
    if (!fine)
        fail(ctx, "L3: a person is called for: %.*s %.*s", (int)item->code.size,
             (const char *)item->code.data, (int)item->about.size, (const char *)item->about.data);
    return true;
}

struct reading {
    struct verdict *v;
    struct sim_node *author;
};

static bool check_sent(void *ctx, struct dg_bytes organ, uint64_t position, const struct dg_id *id)
{
    struct reading *reading = ctx;
    struct verdict *v = reading->v;
    struct dg_held held;
    (void)position;
    if (dg_held_get(v->txn[reading->author->index], id, &held) != DG_OK) {
        fail(v, "L1: %s cannot read a report of its own", reading->author->unit);
        return false;
    }
    if (!dg_bytes_equal(organ, held.report.author[0].organ))
        return true; /* a joint report is looked at once, with its lead */
    for (size_t i = 0; i < held.report.recipient_count && v->ok; i++)
        check_mailbox(v, &held, &held.report.recipient[i]);
    if (v->ok)
        check_vias(v, reading->author, &held);
    if (v->ok && !v->world->options.second_regime)
        check_mandate(v, reading->author, &held.report);
    if (v->ok)
        check_holders(v, reading->author, &held);
    if (v->ok)
        check_flags(v, reading->author, &held);
    return v->ok;
}

/* Reports of a node in the order of its log, whoever wrote them. */
static void check_order(struct verdict *v, struct sim_node *node)
{
    struct dg_log_view log;
    struct dg_txn *txn = v->txn[node->index];
    memset(v->to_seq, 0, v->world->node_count * sizeof v->to_seq[0]);
    dg_log_get(txn, &log);
    for (uint64_t i = 0; i < log.size && v->ok; i++) {
        struct dg_bytes text;
        struct dg_leaf leaf;
        struct dg_held held;
        if (dg_leaf_get(txn, i, &text) && dg_leaf_parse(txn->arena, text, &leaf, NULL) == DG_OK &&
            leaf.kind == DG_LEAF_REPORT && dg_bytes_is(leaf.author[0].unit, node->unit) &&
            dg_held_get(txn, &leaf.report, &held) == DG_OK)
            check_to_seq(v, node, &held.report);
    }
    struct numbering numbering = {.v = v, .author = node};
    dg_joint_each(txn, check_joint_numbers, &numbering);
    for (int joint = 0; joint < 2 && v->ok; joint++)
        check_no_gap(v, node, joint == 1);
}

static void check_node(struct verdict *v, struct sim_node *node)
{
    struct sim_world *world = v->world;
    struct reading reading = {.v = v, .author = node};
    struct spread spread = {.v = v, .node = node};
    dg_attention_each(v->txn[node->index], check_attention, v);
    dg_sent_each(v->txn[node->index], dg_bytes_at(NULL, 0), check_sent, &reading);
    if (v->ok)
        check_order(v, node);
    if (v->ok)
        check_states(v, node);
    if (v->ok)
        dg_dir_each(v->txn[node->index], dg_bytes_of(node->unit), known_above, &spread);
    if (v->ok)
        v->ok = sim_accord_settled(world, node, v->txn, v->why, v->why_size);
    for (size_t i = 0; i < world->push_count && v->ok; i++) {
        const struct sim_push *push = &world->push[i];
        struct dg_report_ix ix;
        struct dg_joint joint;
        if (push->node == node->index && push->accepted &&
            !dg_report_ix_get(v->txn[node->index], &push->id, &ix) &&
            !(push->joint && dg_joint_get(v->txn[node->index], &push->id, &joint)))
            fail(v, "L1: %s does not have what it told its clerk it has", node->unit);
    }
}

/* Cheap things first: most of the time the answer is 'not yet'. */
static bool check_quiet(struct verdict *v)
{
    for (size_t i = 0; i < v->world->node_count; i++) {
        struct sim_node *node = &v->world->node[i];
        if (node->node == NULL)
            fail(v, "L3: %s is dead", node->unit);
        if (node->inbox_count > 0)
            fail(v, "L3: %s has not read its mail", node->unit);
        size_t rows = dg_store_mem_rows(node->store, DG_TABLE_OUTBOX);
        if (rows > 0)
            fail(v, "L3: %s has %zu rows waiting to be sent", node->unit, rows);
    }
    return v->ok;
}

const char *sim_laws_unsettled(struct sim_world *world)
{
    static char why[256];
    static struct verdict v; /* too large to be cleared each time */
    v.world = world;
    v.why = why;
    v.why_size = sizeof why;
    v.ok = true;
    memset(v.mail, 0, sizeof v.mail);
    if (!check_quiet(&v))
        return why;
    size_t open = 0;
    while (open < world->node_count && dg_begin_read(world->node[open].store, &v.txn[open]) == DG_OK)
        open++;
    for (size_t i = 0; i < world->node_count && v.ok; i++)
        check_node(&v, &world->node[i]);
    for (size_t i = 0; i < world->node_count && v.ok; i++)
        if (dg_store_mem_rows(world->node[i].store, DG_TABLE_MAIL) != v.mail[i])
            fail(&v, "L1: %s holds mail that nobody sent", world->node[i].unit);
    const char *duties = v.ok ? sim_duties_unsettled(world, v.txn) : NULL;
    const char *sources = v.ok && duties == NULL ? sim_sources_unsettled(world, v.txn) : NULL;
    const char *bulk = v.ok && duties == NULL && sources == NULL ? sim_bulk_unsettled(world, v.txn) : NULL;
    if (duties != NULL || sources != NULL || bulk != NULL)
        fail(&v, "%s", duties != NULL ? duties : sources != NULL ? sources : bulk);
    while (open > 0) {
        open--;
        dg_abort(world->node[open].store, v.txn[open]);
    }
    return v.ok ? NULL : why;
}
