/* delivery.c - a report comes to rest here: judged, logged, put into mailboxes, sent on.
 *
 * Everything about one report is written in one transaction: its leaf, the envelope, the mailboxes of
 * this unit and one outbox row per link it must leave by. A report is never in two of these states.
 */
#include <stdio.h>
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
    write_report(txn, admission, position, now);
    write_mail(txn, &leaf, admission, position, now);
    write_sent(node, txn, admission, position);
    dg_filed_put(txn, admission->report, &admission->id, position, now);
    if (admission->from_unit.size > 0)
        dg_sequence_see(node, txn, admission->report, &admission->id, now);
    dg_named_put(txn, admission->report, &admission->id, position);
    dg_register_put(txn, admission->report, &admission->id, position);
    write_outboxes(node, txn, admission, position, now);
    dg_supersede_heard(node, txn, admission->report, &admission->id, position, now);
    return position;
}

/* ---- judging ------------------------------------------------------------------------------------ */

/* Every author: known, its certificate valid when it signed, and the signature good. */
static enum dg_err check_authors(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                                 const struct dg_claims *claims, const struct dg_parcel *parcel,
                                 struct dg_fault *fault)
{
    const struct dg_report *report = &parcel->report;
    if (parcel->envelope.signature_count != report->author_count)
        return dg_faultf(fault, DG_ERR_BAD_SIGNATURE, "%zu signatures of %zu authors",
                         parcel->envelope.signature_count, report->author_count);
    for (size_t i = 0; i < report->author_count; i++) {
        const struct dg_author *author = &report->author[i];
        const struct dg_author_signature *signature = &parcel->envelope.signature[i];
        const struct dg_dir_unit *unit = dg_directory_unit(dg_node_directory(node, txn), author->unit);
        const struct dg_dir_organ *organ =
            unit != NULL ? dg_dir_unit_certificate(unit, &author->certificate) : NULL;
        if (organ == NULL || !dg_bytes_equal(organ->slug, author->organ))
            return dg_faultf(fault, DG_ERR_STALE_DIRECTORY, "%.*s@%.*s", (int)author->organ.size,
                             (const char *)author->organ.data, (int)author->unit.size,
                             (const char *)author->unit.data);
        enum dg_err err = signature->author != i
                              ? DG_ERR_BAD_SIGNATURE
                              : dg_claimed(claims, event, DG_CONTEXT_REPORT, &organ->signing,
                                           parcel->envelope.report, &signature->sig);
        if (err != DG_OK)
            return dg_faultf(fault, err, "%.*s@%.*s", (int)author->organ.size,
                             (const char *)author->organ.data, (int)author->unit.size,
                             (const char *)author->unit.data);
    }
    return DG_OK;
}

static enum dg_err check_validity(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                                  dg_ms now, struct dg_fault *fault)
{
    for (size_t i = 0; i < report->author_count; i++) {
        const struct dg_author *author = &report->author[i];
        const struct dg_dir_unit *unit = dg_directory_unit(dg_node_directory(node, txn), author->unit);
        const struct dg_dir_organ *organ = dg_dir_unit_certificate(unit, &author->certificate);
        if (report->signed_ms > organ->not_after_ms)
            return dg_faultf(fault, DG_ERR_EXPIRED, "%.*s", (int)author->unit.size,
                             (const char *)author->unit.data);
        if (report->signed_ms + DG_CLOCK_SKEW_MS < organ->not_before_ms)
            return dg_faultf(fault, DG_ERR_NOT_YET_VALID, "%.*s", (int)author->unit.size,
                             (const char *)author->unit.data);
    }
    struct dg_day date;
    if (report->signed_ms > now + DG_FUTURE_MS) /* one of two clocks is wrong, and it may be ours */
        return dg_faultf(fault, DG_ERR_RETRY_LATER, "clocks differ");
    if (!dg_day_parse(report->date, &date) || date.n > dg_day_of(report->signed_ms).n)
        return dg_faultf(fault, DG_ERR_BAD_DATE, "%.*s", (int)report->date.size,
                         (const char *)report->date.data);
    return DG_OK;
}

/* A child speaks for its own subtree; a parent never for ours. This blames the neighbour and not the
 * report, which may yet come by its own way: so it is answered and never put on the report's record. */
static enum dg_err check_direction(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                                   struct dg_bytes author_unit, struct dg_fault *fault)
{
    const struct dg_directory *dir = dg_node_directory(node, txn);
    const struct dg_dir_unit *author = dg_directory_unit(dir, author_unit);
    const struct dg_dir_unit *below =
        link->up ? dg_node_self(node, txn) : dg_directory_unit(dir, dg_bytes_of(link->unit));
    bool within = author != NULL && below != NULL && dg_dir_unit_within(author, below);
    if (within != link->up || DG_MUTANT("wrong-subtree"))
        return DG_OK;
    enum dg_err err =
        dg_faultf(fault, DG_ERR_NOT_YOURS, "%.*s", (int)author_unit.size, (const char *)author_unit.data);
    dg_fault_unit(fault, link->unit);
    return err;
}

/* A via organ is named without its certificate, and may be newer than what has come up to here. */
static bool knows_via(const struct dg_directory *dir, const struct dg_report *report, struct dg_bytes through)
{
    struct dg_bytes organ, slug;
    if (!dg_address_split(through, &organ, &slug))
        return true;
    const struct dg_dir_unit *unit = dg_directory_unit(dir, slug);
    return unit == NULL || unit->partial ||
           dg_dir_unit_organ(unit, organ, dg_day_of(report->signed_ms)) != NULL;
}

/* Whether what the author went by has arrived here: members and regimes travel beside the reports, and may
 * be overtaken. Units that are known by a chain alone are not expected to be complete. */
static enum dg_err check_in_step(const struct dg_directory *dir, const struct dg_report *report,
                                 struct dg_fault *fault)
{
    for (size_t i = 0; i < report->regime_count; i++) {
        const struct dg_dir_unit *unit = dg_directory_unit(dir, report->regime[i].unit);
        bool known = false;
        for (size_t k = 0; unit != NULL && k < unit->adoption_count && !known; k++)
            known = dg_hash_equal(&unit->adoption[k].id, &report->regime[i].adoption);
        if (!known)
            return dg_faultf(fault, DG_ERR_STALE_DIRECTORY, "a regime of %.*s",
                             (int)report->regime[i].unit.size, (const char *)report->regime[i].unit.data);
    }
    for (size_t i = 0; i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        const struct dg_dir_unit *unit = dg_directory_unit(dir, recipient->unit);
        if (!knows_via(dir, report, recipient->through))
            return dg_faultf(fault, DG_ERR_STALE_DIRECTORY, "%.*s", (int)recipient->through.size,
                             (const char *)recipient->through.data);
        if (recipient->has_certificate && unit != NULL && !unit->partial &&
            dg_dir_unit_certificate(unit, &recipient->certificate) == NULL)
            return dg_faultf(fault, DG_ERR_STALE_DIRECTORY, "%.*s@%.*s", (int)recipient->organ.size,
                             (const char *)recipient->organ.data, (int)recipient->unit.size,
                             (const char *)recipient->unit.data);
    }
    return DG_OK;
}

/* Every ancestor of the author computes the recipients anew. */
static enum dg_err check_mandate(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                                 struct dg_mandate *ret_added, struct dg_fault *fault)
{
    const struct dg_directory *dir = dg_node_directory(node, txn);
    const struct dg_dir_unit *author = dg_directory_unit(dir, report->author[0].unit);
    if (!dg_dir_unit_within(author, dg_node_self(node, txn)) || DG_MUTANT("no-mandate"))
        return DG_OK;
    struct dg_mandate mandate;
    enum dg_err err = check_in_step(dir, report, fault);
    if (err == DG_OK)
        err = dg_mandate_of_signed(dir, report, txn->arena, &mandate, ret_added, fault);
    if (err == DG_ERR_NO_REGIME ||
        err == DG_ERR_NO_ORGAN) /* what has not come up to here is no fault of theirs */
        return dg_faultf(fault, DG_ERR_STALE_DIRECTORY, "%.*s", (int)report->author[0].unit.size,
                         (const char *)report->author[0].unit.data);
    if (err == DG_OK)
        err = dg_mandate_covered(&mandate, report, fault);
    return err;
}

/* Something must remain to be done with it from here on. */
static enum dg_err check_recipients(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                                    const struct dg_report *report, struct dg_fault *fault)
{
    struct dg_bytes *unit;
    size_t count;
    if (dg_report_units(txn->arena, report, &count, &unit) != DG_OK)
        return dg_fault(fault, DG_ERR_RETRY_LATER);
    for (size_t i = 0; i < count; i++) {
        if (is_self(node, unit[i]))
            return DG_OK;
        struct dg_bytes route = dg_node_route(node, txn, unit[i]);
        if (route.size > 0 && !dg_bytes_is(route, link->unit))
            return DG_OK;
    }
    return dg_faultf(fault, DG_ERR_BAD_RECIPIENT, "nobody here or beyond");
}

/* True when nobody before recipient i waits for the same organ. */
static bool first_to_wait(const struct dg_report *report, size_t i)
{
    if (report->recipient[i].through.size == 0)
        return false;
    for (size_t k = 0; k < i; k++)
        if (dg_bytes_equal(report->recipient[k].through, report->recipient[i].through))
            return false;
    return true;
}

/* The leaf names every recipient, via organ and rule, and a leaf is bounded. */
enum dg_err dg_delivery_fits(const struct dg_report *report, struct dg_fault *fault)
{
    size_t bytes = 0, lines = report->recipient_count;
    for (size_t i = 0; i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        bool via = first_to_wait(report, i);
        size_t rules = 0;
        for (size_t k = 0; k < recipient->rule_count; k++)
            rules += 1 + recipient->rule[k].size;
        bytes += 40 + recipient->organ.size + recipient->unit.size + recipient->through.size + rules;
        bytes += via ? 40 + recipient->through.size : 0;
        bytes += recipient->through.size > 0 ? rules : 0;
        lines += via ? 1 : 0;
    }
    if (bytes <= DG_LEAF_MAX - 8192 && lines <= DG_RECIPIENTS_MAX)
        return DG_OK;
    return dg_faultf(fault, DG_ERR_TOO_LARGE, "%zu recipients and their rules", report->recipient_count);
}

static enum dg_err judge(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                         const struct dg_report *report, dg_ms now, struct dg_mandate *ret_added,
                         struct dg_fault *fault)
{
    if (!dg_bytes_is(report->federation, node->identity.federation))
        return dg_faultf(fault, DG_ERR_NOT_YOURS, "another federation");
    enum dg_err err = dg_delivery_fits(report, fault);
    if (err == DG_OK)
        err = check_validity(node, txn, report, now, fault);
    if (err == DG_OK)
        err = check_mandate(node, txn, report, ret_added, fault);
    if (err == DG_OK)
        err = check_recipients(node, txn, link, report, fault);
    return err;
}

/* A refusal of a member's signed report is on the record, with a receipt that proves it. */
static uint64_t reject(struct dg_node *node, struct dg_txn *txn, const struct dg_parcel *parcel,
                       const struct dg_fault *fault, dg_ms now)
{
    struct dg_leaf leaf;
    if (!leaf_begin(node, txn, &parcel->report, &parcel->id, now, &leaf))
        return 0;
    leaf.verdict = DG_VERDICT_REJECTED;
    leaf.code = dg_bytes_of(dg_err_name(fault->err));
    struct dg_report_ix ix = {.verdict = DG_VERDICT_REJECTED,
                              .lane = dg_lane_of(&parcel->report),
                              .code = leaf.code,
                              .author_unit = parcel->report.author[0].unit};
    ix.position = dg_ledger_append(txn, &leaf);
    dg_report_ix_put(txn, &parcel->id, &ix);
    dg_sequence_see(node, txn, &parcel->report, &parcel->id, now);
    return ix.position;
}

/* True when the neighbour has not yet earned too many refusals today. */
static bool within_quota(struct dg_txn *txn, const struct dg_link *link, dg_ms now)
{
    char name[32 + DG_SLUG_MAX];
    int size = snprintf(name, sizeof name, "refused/%s", link->unit);
    if (size < 0)
        return false;
    uint64_t row = dg_meta_u64(txn, name); /* day in the upper half, count in the lower */
    uint64_t day = (uint64_t)dg_day_of(now).n;
    uint64_t count = row >> 32 == day ? (row & 0xffffffffu) : 0;
    if (count >= DG_REFUSALS_PER_CHILD_DAY)
        return false;
    dg_meta_put_u64(txn, name, day << 32 | (count + 1));
    return true;
}

static void refuse_parcel(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                          const struct dg_link *link, const struct dg_parcel *parcel, struct dg_fault *fault,
                          dg_ms now, struct dg_out *out)
{
    if (dg_err_group(fault->err) == DG_GROUP_TEMPORARY || !within_quota(txn, link, now)) {
        if (dg_err_group(fault->err) != DG_GROUP_TEMPORARY)
            (void)dg_fault(fault, DG_ERR_QUOTA);
        dg_out_answer(out, event->conn, parcel->tag, fault, DG_RETRY_MIN_MS);
        return;
    }
    uint64_t index = reject(node, txn, parcel, fault, now);
    dg_out_receipt(out, event->conn, parcel->tag, &parcel->id, index);
    dg_out_fact(out, fault, "report");
}

bool dg_delivery_is_stale(const struct dg_report *report)
{
    struct dg_day date;
    return dg_day_parse(report->date, &date) && dg_day_of(report->signed_ms).n - date.n > DG_STALE_DATE_DAYS;
}

void dg_delivery_parcel(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                        const struct dg_claims *claims, struct dg_link *link, const struct dg_parcel *parcel,
                        dg_ms now, struct dg_out *out)
{
    struct dg_fault fault = parcel->fault;
    if (parcel->err != DG_OK) {
        node->counted_refused++;
        dg_out_answer(out, event->conn, parcel->tag, &fault, 0);
        return;
    }
    struct dg_report_ix known;
    bool forgotten = DG_MUTANT("no-dedup") || (DG_MUTANT("volatile-dedup") && node->boot > 1);
    if (!forgotten && dg_report_ix_get(txn, &parcel->id, &known)) {
        dg_out_receipt(out, event->conn, parcel->tag, &parcel->id, known.position);
        return;
    }
    if (check_authors(node, txn, event, claims, parcel, &fault) != DG_OK ||
        check_direction(node, txn, link, parcel->report.author[0].unit, &fault) != DG_OK) {
        node->counted_refused++;
        dg_out_answer(out, event->conn, parcel->tag, &fault, DG_RETRY_MIN_MS);
        return;
    }
    struct dg_mandate added = {.recipient_count = 0};
    if (judge(node, txn, link, &parcel->report, now, &added, &fault) != DG_OK) {
        refuse_parcel(node, txn, event, link, parcel, &fault, now, out);
        return;
    }
    struct dg_admission admission = {
        .report = &parcel->report,
        .envelope = parcel->packed.size > 0 ? parcel->packed : parcel->envelope_bytes,
        .packed = parcel->packed.size > 0,
        .id = parcel->id,
        .from_unit = dg_bytes_of(link->unit),
        .stale_date = dg_delivery_is_stale(&parcel->report),
        .added = &added,
    };
    uint64_t position = dg_delivery_admit(node, txn, &admission, now);
    dg_out_receipt(out, event->conn, parcel->tag, &parcel->id, position);
}
