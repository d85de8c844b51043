/* pass.c - a via organ passes a report on, sends it back, or takes it into one of its own. */
#include "proto/pass.h"

#include "common/limits.h"
#include "common/text.h"
#include "proto/pb.h"

enum { PASS_MAX = 4096 };

/* --- the decisions -------------------------------------------------------------------------- */

static const char *const decisions[] = {
    [DG_DECISION_PASSED] = "passed",
    [DG_DECISION_RETURNED] = "returned",
    [DG_DECISION_CONSOLIDATED] = "consolidated",
};

const char *dg_decision_name(uint32_t decision)
{
    return decision <= DG_DECISION_CONSOLIDATED ? decisions[decision] : NULL;
}

bool dg_decision_parse(struct dg_bytes text, enum dg_decision *ret)
{
    for (enum dg_decision decision = DG_DECISION_PASSED; decision <= DG_DECISION_CONSOLIDATED; decision++) {
        if (!dg_bytes_is(text, decisions[decision]))
            continue;
        *ret = decision;
        return true;
    }
    return false;
}

/* --- the record ----------------------------------------------------------------------------- */

enum dg_err dg_pass_encode(const struct dg_pass *pass, struct dg_buf *out)
{
    Dgpb__Pass wire = DGPB__PASS__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    wire.federation = dg_pb_bytes(pass->federation);
    wire.report = DG_PB_VIEW(pass->report);
    wire.organ = dg_pb_bytes(pass->organ);
    wire.unit = dg_pb_bytes(pass->unit);
    wire.certificate = DG_PB_VIEW(pass->certificate);
    wire.decision = pass->decision;
    wire.has_into = pass->decision == DG_DECISION_CONSOLIDATED;
    wire.into = DG_PB_VIEW(pass->into);
    wire.has_covers = wire.has_into;
    wire.covers = pass->covers;
    dg_pb_optional(&wire.has_note, &wire.note, pass->note);
    wire.signed_ms = pass->signed_ms;
    return dg_pb_out_end(&pb, &wire.base, out);
}

static void read_decision(struct dg_pb *pb, const Dgpb__Pass *wire, struct dg_pass *ret)
{
    ret->decision = (enum dg_decision)dg_pb_choice(pb, wire->decision, DG_DECISION_CONSOLIDATED, "decision");
    if (!wire->has_into != (ret->decision != DG_DECISION_CONSOLIDATED) ||
        !wire->has_covers != !wire->has_into)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "into");
    ret->covers = wire->has_covers && wire->covers;
    if (wire->has_into)
        DG_PB_FIXED(pb, wire->into, ret->into.b, "into");
}

static void read_pass(struct dg_pb *pb, const Dgpb__Pass *wire, struct dg_pass *ret)
{
    ret->federation = dg_pb_federation(pb, wire->federation, "federation");
    DG_PB_FIXED(pb, wire->report, ret->report.b, "report");
    ret->organ = dg_pb_slug(pb, wire->organ, "organ");
    ret->unit = dg_pb_slug(pb, wire->unit, "unit");
    DG_PB_FIXED(pb, wire->certificate, ret->certificate.b, "certificate");
    read_decision(pb, wire, ret);
    if (dg_pb_present(pb, wire->has_note, wire->note))
        ret->note = dg_pb_lines(pb, wire->note, DG_NOTE_TEXT_MAX, "note");
    ret->signed_ms = dg_pb_instant(pb, wire->signed_ms, "signed_ms");
}

enum dg_err dg_pass_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_pass *ret,
                           struct dg_fault *fault)
{
    struct dg_pass pass = {.decision = DG_DECISION_PASSED};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__Pass *wire = dg_pb_unpack(&pb, &dgpb__pass__descriptor, bytes, PASS_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_pass(&pb, wire, &pass);
    if (pb.err == DG_OK)
        *ret = pass;
    return pb.err;
}

bool dg_pass_opens(const struct dg_pass *pass)
{
    return pass->decision == DG_DECISION_PASSED ||
           (pass->decision == DG_DECISION_CONSOLIDATED && !pass->covers);
}

/* --- who waits for whom --------------------------------------------------------------------- */

bool dg_recipient_waits_for(const struct dg_recipient *recipient, struct dg_bytes organ, struct dg_bytes unit)
{
    struct dg_bytes via_organ, via_unit;

    return recipient->through.size > 0 && dg_address_split(recipient->through, &via_organ, &via_unit) &&
           dg_bytes_equal(via_organ, organ) && dg_bytes_equal(via_unit, unit);
}

bool dg_report_goes_through(const struct dg_report *report, struct dg_bytes organ, struct dg_bytes unit)
{
    for (size_t i = 0; i < report->recipient_count; i++) {
        if (dg_recipient_waits_for(&report->recipient[i], organ, unit))
            return true;
    }
    return false;
}

static bool is_recipient(const struct dg_report *report, const struct dg_via *via)
{
    for (size_t i = 0; i < report->recipient_count; i++) {
        if (dg_bytes_equal(report->recipient[i].organ, via->organ) &&
            dg_bytes_equal(report->recipient[i].unit, via->unit))
            return true;
    }
    return false;
}

/* The rules under which somebody waits for the organ: they are what gives it the report. */
static bool add_rules(struct dg_via *via, const struct dg_recipient *recipient, struct dg_arena *arena)
{
    if (via->rule == NULL)
        via->rule = dg_arena_array(arena, DG_RULES_PER_RECIPIENT_MAX, sizeof *via->rule);
    for (size_t i = 0; via->rule != NULL && i < recipient->rule_count; i++) {
        bool listed = via->rule_count == DG_RULES_PER_RECIPIENT_MAX;
        for (size_t k = 0; k < via->rule_count && !listed; k++)
            listed = dg_bytes_equal(via->rule[k], recipient->rule[i]);
        if (!listed)
            via->rule[via->rule_count++] = recipient->rule[i];
    }
    return via->rule != NULL;
}

enum dg_err dg_report_vias(struct dg_arena *arena, const struct dg_report *report, size_t *ret_count,
                           struct dg_via **ret)
{
    struct dg_via *list = dg_arena_array(arena, report->recipient_count + 1, sizeof *list);
    size_t count = 0;

    for (size_t i = 0; list != NULL && i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        struct dg_via via = {.rule_count = 0};
        size_t at = 0;
        if (recipient->through.size == 0 || !dg_address_split(recipient->through, &via.organ, &via.unit))
            continue;
        while (at < count && !dg_recipient_waits_for(recipient, list[at].organ, list[at].unit))
            at++;
        if (at == count) {
            via.is_recipient = is_recipient(report, &via);
            list[count++] = via;
        }
        if (!add_rules(&list[at], recipient, arena))
            return DG_ERR_NO_MEMORY;
    }
    if (list == NULL)
        return DG_ERR_NO_MEMORY;
    *ret_count = count;
    *ret = list;
    return DG_OK;
}

static void add_unit(struct dg_bytes *list, size_t *count, struct dg_bytes unit)
{
    for (size_t i = 0; i < *count; i++) {
        if (dg_bytes_equal(list[i], unit))
            return;
    }
    list[(*count)++] = unit;
}

enum dg_err dg_report_units(struct dg_arena *arena, const struct dg_report *report, size_t *ret_count,
                            struct dg_bytes **ret)
{
    struct dg_bytes *list = dg_arena_array(arena, 2 * report->recipient_count + 1, sizeof *list), organ, unit;
    size_t count = 0;

    if (list == NULL)
        return DG_ERR_NO_MEMORY;
    for (size_t i = 0; i < report->recipient_count; i++)
        add_unit(list, &count, report->recipient[i].unit);
    for (size_t i = 0; i < report->recipient_count; i++) {
        if (dg_address_split(report->recipient[i].through, &organ, &unit))
            add_unit(list, &count, unit);
    }
    *ret_count = count;
    *ret = list;
    return DG_OK;
}
