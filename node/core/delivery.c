/* delivery.c - a report comes to rest here: logged, put into mailboxes, sent on, or rejected.
 *
 * Everything about one report is written in one transaction: its leaf, the envelope, the mailboxes of
 * this unit and one outbox row per link it must leave by. A report is never in two of these states.
 */
#include <string.h>

#include "common/text.h"
#include "node/core/node_impl.h"
#include "proto/pass.h"

enum dg_lane dg_lane_of(const struct dg_report *report)
{
    return report->urgency == DG_URGENCY_HOA_TOC ? DG_LANE_URGENT : DG_LANE_NORMAL;
}

static bool is_self(const struct dg_node *node, struct dg_bytes unit)
{
    return dg_bytes_is(unit, node->identity.unit);
}

/* ---- the leaf ----------------------------------------------------------------------------------- */

/* The lists of a leaf while it is built; sizes come from the report. */
static bool leaf_authors(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                         struct dg_leaf *leaf)
{
    leaf->author = dg_arena_array(txn->arena, report->author_count, sizeof *leaf->author);
    leaf->regime = dg_arena_array(txn->arena, report->regime_count + 1, sizeof *leaf->regime);
    if (leaf->author == NULL || leaf->regime == NULL)
        return false;
    for (size_t i = 0; i < report->author_count; i++) {
        const struct dg_author *author = &report->author[i];
        const struct dg_dir_unit *unit = dg_directory_unit(dg_node_directory(node, txn), author->unit);
        const struct dg_dir_organ *organ =
            unit != NULL ? dg_dir_unit_certificate(unit, &author->certificate) : NULL;
        if (organ == NULL)
            return false;
        leaf->author[leaf->author_count++] =
            (struct dg_leaf_author){.organ = author->organ, .unit = author->unit, .key = organ->signing};
    }
    for (size_t i = 0; i < report->regime_count; i++) {
        bool listed = false;
        for (size_t k = 0; k < leaf->regime_count && !listed; k++)
            listed = dg_hash_equal(&leaf->regime[k], &report->regime[i].regime);
        if (!listed)
            leaf->regime[leaf->regime_count++] = report->regime[i].regime;
    }
    return true;
}

static struct dg_leaf_delivery delivery_of(const struct dg_recipient *recipient)
{
    return (struct dg_leaf_delivery){
        .organ = recipient->organ,
        .unit = recipient->unit,
        .as = recipient->as,
        .through = recipient->through,
        .rule_count = recipient->rule_count,
        .rule = recipient->rule,
    };
}

/* Adds one line: delivered to an organ of this unit; unresolved when there is no such organ, or nobody from
 * here on knows its unit; neither when it is on its way to another unit. */
static void leaf_line(struct dg_node *node, struct dg_txn *txn, dg_ms signed_ms,
                      const struct dg_leaf_delivery *line, struct dg_leaf *leaf)
{
    bool self = is_self(node, line->unit);
    if (!self && dg_node_route(node, txn, line->unit).size > 0)
        return;
    if (self && dg_dir_unit_organ(dg_node_self(node, txn), line->organ, dg_day_of(signed_ms)) != NULL)
        leaf->delivery[leaf->delivery_count++] = *line;
    else
        leaf->unresolved[leaf->unresolved_count++] = *line;
}

/* The recipients, then the organs that some of them wait for and that are not named by themselves. */
static bool leaf_deliveries(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                            struct dg_leaf *leaf)
{
    struct dg_via *via;
    size_t via_count;
    if (dg_report_vias(txn->arena, report, &via_count, &via) != DG_OK)
        return false;
    size_t most = report->recipient_count + via_count + 1;
    leaf->delivery = dg_arena_array(txn->arena, most, sizeof *leaf->delivery);
    leaf->unresolved = dg_arena_array(txn->arena, most, sizeof *leaf->unresolved);
    if (leaf->delivery == NULL || leaf->unresolved == NULL)
        return false;
    for (size_t i = 0; i < report->recipient_count; i++) {
        struct dg_leaf_delivery line = delivery_of(&report->recipient[i]);
        leaf_line(node, txn, report->signed_ms, &line, leaf);
    }
    for (size_t i = 0; i < via_count; i++) {
        struct dg_leaf_delivery line = {.organ = via[i].organ,
                                        .unit = via[i].unit,
                                        .as = DG_AS_VIA,
                                        .rule_count = via[i].rule_count,
                                        .rule = via[i].rule};
        if (!via[i].is_recipient)
            leaf_line(node, txn, report->signed_ms, &line, leaf);
    }
    return true;
}

static bool has_line(const struct dg_leaf_delivery list[], size_t count,
                     const struct dg_mandate_recipient *owed)
{
    for (size_t i = 0; i < count; i++)
        if (dg_bytes_equal(list[i].organ, owed->organ) && dg_bytes_equal(list[i].unit, owed->unit))
            return true;
    return false;
}

/* What today's rules demand of this unit and the author could not know of: delivered too, and flagged. An
 * organ that has the report to pass it on has it already. */
static bool leaf_added(struct dg_node *node, struct dg_txn *txn, const struct dg_mandate *added,
                       struct dg_leaf *leaf)
{
    size_t count = leaf->delivery_count;
    struct dg_leaf_delivery *list =
        dg_arena_array(txn->arena, count + added->recipient_count + 1, sizeof *list);
    if (list == NULL)
        return false;
    if (count > 0)
        memcpy(list, leaf->delivery, count * sizeof *list);
    for (size_t i = 0; i < added->recipient_count && count < DG_RECIPIENTS_MAX; i++) {
        const struct dg_mandate_recipient *owed = &added->recipient[i];
        struct dg_bytes *rule = dg_arena_array(txn->arena, owed->cited_count, sizeof *rule);
        if (rule == NULL)
            return false;
        for (size_t k = 0; k < owed->cited_count; k++)
            rule[k] = owed->cited[k].rule->id;
        if (is_self(node, owed->unit) && !has_line(list, count, owed))
            list[count++] = (struct dg_leaf_delivery){.organ = owed->organ,
                                                      .unit = owed->unit,
                                                      .as = owed->as,
                                                      .rule_count = owed->cited_count,
                                                      .rule = rule};
    }
    leaf->delivery = list;
    leaf->delivery_count = count;
    return true;
}

/* What urgent news could not wait for is named too: the copy stays owed, and everyone can see it. */
static bool leaf_unresolved(struct dg_txn *txn, const struct dg_mandate *mandate, struct dg_leaf *leaf)
{
    enum { LISTED_MAX = 32 }; /* the leaf is bounded */
    size_t count = leaf->unresolved_count;
    size_t more = mandate->unresolved_count < LISTED_MAX ? mandate->unresolved_count : LISTED_MAX;
    struct dg_leaf_delivery *list = dg_arena_array(txn->arena, count + more + 1, sizeof *list);
    if (list == NULL)
        return false;
    if (count > 0)
        memcpy(list, leaf->unresolved, count * sizeof *list);
    for (size_t i = 0; i < more && count < DG_RECIPIENTS_MAX; i++) {
        const struct dg_mandate_unresolved *from = &mandate->unresolved[i];
        struct dg_bytes *rule = dg_arena_alloc(txn->arena, sizeof *rule);
        if (rule == NULL)
            return false;
        *rule = from->cited.rule->id;
        if (from->as != DG_AS_OBSERVE)
            list[count++] = (struct dg_leaf_delivery){
                .organ = from->role, .unit = from->unit, .as = from->as, .rule_count = 1, .rule = rule};
    }
    leaf->unresolved = list;
    leaf->unresolved_count = count;
    return true;
}

static bool leaf_begin(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                       const struct dg_id *id, dg_ms now, struct dg_leaf *leaf)
{
    *leaf = (struct dg_leaf){.time = now, .kind = DG_LEAF_REPORT, .report = *id};
    if (leaf_authors(node, txn, report, leaf))
        return true;
    dg_txn_fail(txn, DG_ERR_NO_MEMORY);
    return false;
}

/* ---- where it goes ------------------------------------------------------------------------------- */

static void write_report(struct dg_txn *txn, const struct dg_admission *admission, uint64_t position,
                         dg_ms now)
{
    const struct dg_author *lead = &admission->report->author[0];
    struct dg_buf buf;
    dg_buf_init(&buf, DG_ENVELOPE_MAX + 1024);
    dg_buf_add_u64be(&buf, (uint64_t)now);
    dg_row_add_run(&buf, admission->from_unit);
    dg_row_add_run(&buf, lead->unit);
    dg_buf_add(&buf, lead->certificate.b, sizeof lead->certificate.b);
    dg_buf_add_u8(&buf, admission->packed ? 1 : 0);
    dg_row_add_run(&buf, admission->envelope);
    struct dg_row_key key = dg_key_u64(position);
    if (buf.err != DG_OK)
        dg_txn_fail(txn, buf.err);
    else
        dg_put(txn, DG_TABLE_REPORT, dg_row_key_bytes(&key), dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    struct dg_report_ix ix = {
        .position = position,
        .verdict = DG_VERDICT_ACCEPTED,
        .lane = dg_lane_of(admission->report),
        .author_unit = lead->unit,
    };
    struct dg_bytes *unit;
    size_t count;
    if (dg_report_units(txn->arena, admission->report, &count, &unit) != DG_OK) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return;
    }
    ix.to_count = count <= DG_IX_UNITS_MAX ? count : 0;
    memcpy(ix.to, unit, ix.to_count * sizeof *unit);
    dg_report_ix_put(txn, &admission->id, &ix);
}

/* Who waits for a via organ has a row that stays shut until that one has passed the report on. */
static void write_mail(struct dg_txn *txn, const struct dg_leaf *leaf, const struct dg_admission *admission,
                       uint64_t position, dg_ms now)
{
    for (size_t i = 0; i < leaf->delivery_count; i++) {
        const struct dg_leaf_delivery *delivery = &leaf->delivery[i];
        struct dg_mail mail = {
            .position = position,
            .id = admission->id,
            .as = delivery->as,
            .through = delivery->through,
            .rule_count = delivery->rule_count,
            .rule = delivery->rule,
            .arrived_ms = now,
            .state = 1,
            .open = delivery->through.size == 0 || DG_MUTANT("past-the-via"),
            .passes = dg_report_goes_through(admission->report, delivery->organ, delivery->unit),
        };
        dg_mail_put(txn, delivery->organ, &mail);
        mail.position++;
        if (DG_MUTANT("mail-twice"))
            dg_mail_put(txn, delivery->organ, &mail);
    }
}

static void write_sent(struct dg_node *node, struct dg_txn *txn, const struct dg_admission *admission,
                       uint64_t position)
{
    for (size_t i = 0; i < admission->report->author_count; i++) {
        const struct dg_author *author = &admission->report->author[i];
        if (!is_self(node, author->unit))
            continue;
        struct dg_row_key key = dg_key_organ(author->organ, position);
        dg_put(txn, DG_TABLE_SENT, dg_row_key_bytes(&key),
               dg_bytes_at(admission->id.b, sizeof admission->id.b));
    }
}

/* Every link once, however many recipients lie behind it; never back to where it came from. */
size_t dg_delivery_ways(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                        struct dg_bytes from_unit, struct dg_bytes **ret)
{
    struct dg_bytes *unit;
    size_t unit_count, count = 0;
    if (dg_report_units(txn->arena, report, &unit_count, &unit) != DG_OK) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return 0;
    }
    /* The units are distinct and many lie behind one link: the routes take the places of the units read. */
    for (size_t i = 0; i < unit_count; i++) {
        struct dg_bytes route = is_self(node, unit[i]) ? from_unit : dg_node_route(node, txn, unit[i]);
        bool listed = route.size == 0 || dg_bytes_equal(route, from_unit);
        for (size_t k = 0; k < count && !listed; k++)
            listed = dg_bytes_equal(unit[k], route);
        if (!listed)
            unit[count++] = route;
    }
    *ret = unit;
    return count;
}

static void write_outboxes(struct dg_node *node, struct dg_txn *txn, const struct dg_admission *admission,
                           uint64_t position, dg_ms now)
{
    struct dg_bytes *way;
    size_t count = dg_delivery_ways(node, txn, admission->report, admission->from_unit, &way);
    if (DG_MUTANT("skip-outbox") && count > 1)
        count--;
    if (DG_MUTANT("forget-forward") && admission->from_unit.size > 0)
        count = 0;
    for (size_t i = 0; i < count; i++) {
        struct dg_queued queued = {
            .unit = way[i],
            .lane = dg_lane_of(admission->report),
            .seq = position,
            .kind = DG_QUEUED_REPORT,
            .position = position,
            .since_ms = now,
        };
        dg_outbox_push(node, txn, &queued);
    }
    dg_attach_admit(node, txn, admission, position, way, count, now);
    if (count == 0)
        return;
    dg_outgoing_remember(node, &(struct dg_outgoing){
                                   .position = position,
                                   .envelope = admission->envelope,
                                   .packed = admission->packed,
                                   .author_unit = admission->report->author[0].unit,
                                   .certificate = admission->report->author[0].certificate,
                               });
}

/* Everything about a report but its leaf. */
static void write_all(struct dg_node *node, struct dg_txn *txn, const struct dg_admission *admission,
                      const struct dg_leaf *leaf, uint64_t position, dg_ms now)
{
    write_report(txn, admission, position, now);
    write_mail(txn, leaf, admission, position, now);
    write_sent(node, txn, admission, position);
    dg_filed_put(txn, admission->report, &admission->id, position, now);
    if (admission->from_unit.size > 0)
        dg_sequence_see(node, txn, admission->report, &admission->id, now);
    dg_named_put(txn, admission->report, &admission->id, position);
    dg_register_put(txn, admission->report, &admission->id, position);
    write_outboxes(node, txn, admission, position, now);
    dg_alarm_watch(node, txn, admission->report, &admission->id, position, now);
    dg_supersede_heard(node, txn, admission->report, &admission->id, position, now);
}

/* The numbers of its own reports are given once, by whatever store. */
static void count_numbers(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report)
{
    for (size_t i = 0; i < report->to_seq_count && is_self(node, report->author[0].unit); i++) {
        struct dg_row_key key = dg_key_to_seq(report->author_count > 1, report->to_seq[i].unit);
        const char *name = dg_arena_string(txn->arena, dg_row_key_bytes(&key));
        if (dg_meta_u64(txn, name) < report->to_seq[i].seq)
            dg_meta_put_u64(txn, name, report->to_seq[i].seq);
    }
}

bool dg_delivery_again(struct dg_node *node, struct dg_txn *txn, const struct dg_parcel *parcel,
                       uint64_t position)
{
    struct dg_bytes text;
    struct dg_leaf leaf;
    bool here = is_self(node, parcel->report.author[0].unit);
    struct dg_admission admission = {
        .report = &parcel->report,
        .envelope = parcel->packed.size > 0 ? parcel->packed : parcel->envelope_bytes,
        .packed = parcel->packed.size > 0,
        .id = parcel->id,
        .from_unit = here ? dg_bytes_at(NULL, 0) : dg_node_route(node, txn, parcel->report.author[0].unit),
    };
    if (!dg_leaf_get(txn, position, &text) || dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK ||
        leaf.kind != DG_LEAF_REPORT || !dg_id_equal(&leaf.report, &parcel->id))
        return false;
    write_all(node, txn, &admission, &leaf, position, leaf.time);
    count_numbers(node, txn, &parcel->report);
    return true;
}

uint64_t dg_delivery_admit(struct dg_node *node, struct dg_txn *txn, const struct dg_admission *admission,
                           dg_ms now)
{
    struct dg_leaf leaf;
    struct dg_bytes flag[2];
    size_t named = 0;
    if (!leaf_begin(node, txn, admission->report, &admission->id, now, &leaf))
        return 0;
    if (!leaf_deliveries(node, txn, admission->report, &leaf) ||
        (admission->mandate != NULL && !leaf_unresolved(txn, admission->mandate, &leaf))) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return 0;
    }
    named = leaf.delivery_count;
    if (admission->added != NULL && !leaf_added(node, txn, admission->added, &leaf)) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return 0;
    }
    leaf.verdict = DG_VERDICT_ACCEPTED;
    leaf.flag = flag;
    if (leaf.delivery_count > named)
        flag[leaf.flag_count++] = dg_bytes_of("added");
    if (admission->stale_date)
        flag[leaf.flag_count++] = dg_bytes_of("stale-date");
    bool skipped = DG_MUTANT("skip-leaf") && leaf.delivery_count == 0;
    uint64_t position = skipped ? dg_meta_u64(txn, "log-size") - 1 : dg_ledger_append(txn, &leaf);
    write_all(node, txn, admission, &leaf, position, now);
    return position;
}

uint64_t dg_delivery_reject(struct dg_node *node, struct dg_txn *txn, const struct dg_parcel *parcel,
                            enum dg_verdict verdict, enum dg_err code, dg_ms now)
{
    struct dg_leaf leaf;
    if (!leaf_begin(node, txn, &parcel->report, &parcel->id, now, &leaf))
        return 0;
    leaf.verdict = verdict;
    leaf.code = dg_bytes_of(dg_err_name(code));
    struct dg_report_ix ix = {.verdict = verdict,
                              .lane = dg_lane_of(&parcel->report),
                              .code = leaf.code,
                              .author_unit = parcel->report.author[0].unit};
    ix.position = dg_ledger_append(txn, &leaf);
    dg_report_ix_put(txn, &parcel->id, &ix);
    dg_sequence_see(node, txn, &parcel->report, &parcel->id, now);
    return ix.position;
}
