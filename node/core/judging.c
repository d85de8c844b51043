/* judging.c - whether a neighbour's report may be taken: by signature, direction, validity and mandate.
 *
 * The order of the checks is that of PROTOCOL.md, "Verdicts".
 */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "node/core/had.h"
#include "node/core/node_impl.h"
#include "proto/pass.h"

static bool is_self(const struct dg_node *node, struct dg_bytes unit)
{
    return dg_bytes_is(unit, node->identity.unit);
}

/* ---- the checks ---------------------------------------------------------------------------------- */

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
    struct dg_having having = {
        .txn = txn, .self = node->identity.unit, .author = author, .signed_ms = report->signed_ms};
    const struct dg_had had = {.knew = dg_had_adoption, .ctx = &having};
    enum dg_err err = check_in_step(dir, report, fault);
    if (err == DG_OK)
        err = dg_mandate_of_signed(dir, report, &had, txn->arena, &mandate, ret_added, fault);
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

bool dg_delivery_may_refuse(struct dg_txn *txn, const struct dg_link *link, dg_ms now)
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
    if (dg_err_group(fault->err) == DG_GROUP_TEMPORARY || !dg_delivery_may_refuse(txn, link, now)) {
        if (dg_err_group(fault->err) != DG_GROUP_TEMPORARY)
            (void)dg_fault(fault, DG_ERR_QUOTA);
        dg_out_answer(out, event->conn, parcel->tag, fault, DG_RETRY_MIN_MS);
        return;
    }
    uint64_t index = dg_delivery_reject(node, txn, parcel, DG_VERDICT_REJECTED, fault->err, now);
    dg_out_receipt(out, event->conn, parcel->tag, &parcel->id, index);
    dg_out_fact(out, fault, "report");
}

bool dg_delivery_is_stale(const struct dg_report *report)
{
    struct dg_day date;
    return dg_day_parse(report->date, &date) && dg_day_of(report->signed_ms).n - date.n > DG_STALE_DATE_DAYS;
}

enum dg_err dg_delivery_attributed(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                                   const struct dg_claims *claims, const struct dg_link *link,
                                   const struct dg_parcel *parcel, struct dg_fault *fault)
{
    enum dg_err err = check_authors(node, txn, event, claims, parcel, fault);
    return err == DG_OK ? check_direction(node, txn, link, parcel->report.author[0].unit, fault) : err;
}

static void take(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                 const struct dg_claims *claims, struct dg_link *link, const struct dg_parcel *parcel,
                 dg_ms now, struct dg_out *out)
{
    struct dg_fault fault = parcel->fault;
    if (parcel->err != DG_OK) {
        dg_quarantine_parcel(node, txn, event, claims, link, parcel, now, out);
        return;
    }
    struct dg_report_ix known;
    bool forgotten = DG_MUTANT("no-dedup") || (DG_MUTANT("volatile-dedup") && node->boot > 1);
    if (!forgotten && dg_report_ix_get(txn, &parcel->id, &known)) {
        if (DG_MUTANT("refuse-duplicate")) {
            (void)dg_fault(&fault, DG_ERR_SEQUENCE_REPEATED);
            dg_out_answer(out, event->conn, parcel->tag, &fault, 0);
            return;
        }
        dg_out_receipt(out, event->conn, parcel->tag, &parcel->id,
                       known.position - (DG_MUTANT("wrong-leaf") && known.position > 0));
        return;
    }
    if (dg_disk_puts_off(node, event, parcel->tag, out))
        return;
    if (dg_delivery_attributed(node, txn, event, claims, link, parcel, &fault) != DG_OK) {
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

void dg_delivery_parcel(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                        const struct dg_claims *claims, struct dg_link *link, const struct dg_parcel *parcel,
                        dg_ms now, struct dg_out *out)
{
    if (parcel->err == DG_ERR_CRASHED || !dg_guarded_enter(node, &parcel->handle)) {
        dg_quarantine_unread(txn, event, link, parcel, now, out);
        return;
    }
    take(node, txn, event, claims, link, parcel, now, out);
    dg_guarded_leave(node, true);
}
