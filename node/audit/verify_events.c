/* verify_events.c - what happened to the report: receipts, states, passes and comments, and who is still owed
 * it. */
#include "common/crypto.h"
#include "node/audit/verify_impl.h"
#include "proto/comment.h"
#include "proto/state_table.h"

/* --- receipts ------------------------------------------------------------------------------- */

static bool same_authors(const struct dg_verifying *v, const struct dg_leaf *leaf)
{
    const struct dg_report *report = &v->out->report;

    if (leaf->author_count != report->author_count)
        return false;
    for (size_t i = 0; i < report->author_count; i++) {
        if (!dg_bytes_equal(leaf->author[i].organ, report->author[i].organ) ||
            !dg_bytes_equal(leaf->author[i].unit, report->author[i].unit) ||
            !dg_key_equal(&leaf->author[i].key, &v->author[i]->certificate.keys.signing))
            return false;
    }
    return true;
}

/* The regimes that R names, in its order, each once. */
static bool same_regimes(const struct dg_report *report, const struct dg_leaf *leaf)
{
    size_t next = 0;

    for (size_t i = 0; i < report->regime_count; i++) {
        bool listed = false;
        for (size_t k = 0; k < i && !listed; k++)
            listed = dg_hash_equal(&report->regime[k].regime, &report->regime[i].regime);
        if (listed)
            continue;
        if (next >= leaf->regime_count || !dg_hash_equal(&leaf->regime[next++], &report->regime[i].regime))
            return false;
    }
    return next == leaf->regime_count;
}

static bool same_delivery(const struct dg_leaf_delivery *line, const struct dg_recipient *recipient)
{
    if (line->as != recipient->as || !dg_bytes_equal(line->through, recipient->through) ||
        line->rule_count != recipient->rule_count)
        return false;
    for (size_t i = 0; i < line->rule_count; i++) {
        if (!dg_bytes_equal(line->rule[i], recipient->rule[i]))
            return false;
    }
    return true;
}

static const struct dg_leaf_delivery *find_line(const struct dg_leaf_delivery *line, size_t count,
                                                struct dg_bytes organ, struct dg_bytes unit)
{
    for (size_t i = 0; i < count; i++) {
        if (dg_bytes_equal(line[i].organ, organ) && dg_bytes_equal(line[i].unit, unit))
            return &line[i];
    }
    return NULL;
}

static bool has_flag(const struct dg_leaf *leaf, const char *flag)
{
    for (size_t i = 0; i < leaf->flag_count; i++) {
        if (dg_bytes_is(leaf->flag[i], flag))
            return true;
    }
    return false;
}

static const struct dg_recipient *find_recipient(const struct dg_report *report, struct dg_bytes organ,
                                                 struct dg_bytes unit)
{
    for (size_t i = 0; i < report->recipient_count; i++) {
        if (dg_bytes_equal(report->recipient[i].organ, organ) &&
            dg_bytes_equal(report->recipient[i].unit, unit))
            return &report->recipient[i];
    }
    return NULL;
}

/* Every recipient at this unit is delivered, as the report says, or named as unresolved. One who must wait
 * for a via organ and was given the report straight away is none of these. */
static bool check_owed_lines(struct dg_verifying *v, const struct dg_leaf *leaf, struct dg_bytes unit)
{
    const struct dg_report *report = &v->out->report;

    for (size_t i = 0; i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        if (!dg_bytes_equal(recipient->unit, unit))
            continue;
        const struct dg_leaf_delivery *line =
            find_line(leaf->delivery, leaf->delivery_count, recipient->organ, unit);
        if (line == NULL)
            line = find_line(leaf->unresolved, leaf->unresolved_count, recipient->organ, unit);
        if (line == NULL || !same_delivery(line, recipient))
            return dg_check_failed(v, "receipt", "%.*s does not say what became of %.*s", DG_SHOW(unit),
                                   DG_SHOW(recipient->organ));
    }
    return true;
}

/* And so is every organ of this unit that some recipient waits for, unless it has a line of its own. */
static bool check_via_lines(struct dg_verifying *v, const struct dg_leaf *leaf, struct dg_bytes unit)
{
    for (size_t i = 0; i < v->via_count; i++) {
        const struct dg_via *via = &v->via[i];
        const struct dg_recipient owed = {.as = DG_AS_VIA, .rule_count = via->rule_count, .rule = via->rule};
        if (via->is_recipient || !dg_bytes_equal(via->unit, unit))
            continue;
        const struct dg_leaf_delivery *line =
            find_line(leaf->delivery, leaf->delivery_count, via->organ, unit);
        if (line == NULL)
            line = find_line(leaf->unresolved, leaf->unresolved_count, via->organ, unit);
        if (line == NULL || !same_delivery(line, &owed))
            return dg_check_failed(v, "receipt", "%.*s does not say that %.*s has it to pass on",
                                   DG_SHOW(unit), DG_SHOW(via->organ));
    }
    return true;
}

/* And nobody else is, unless today's rules added them there. */
static bool check_given_lines(struct dg_verifying *v, const struct dg_leaf *leaf, struct dg_bytes unit)
{
    for (size_t i = 0; i < leaf->delivery_count; i++) {
        const struct dg_leaf_delivery *line = &leaf->delivery[i];
        bool named =
            find_recipient(&v->out->report, line->organ, line->unit) != NULL ||
            (line->as == DG_AS_VIA && dg_report_goes_through(&v->out->report, line->organ, line->unit));
        if (!dg_bytes_equal(line->unit, unit) || (!named && !has_flag(leaf, "added")))
            return dg_check_failed(v, "receipt", "%.*s delivered to %.*s@%.*s", DG_SHOW(unit),
                                   DG_SHOW(line->organ), DG_SHOW(line->unit));
    }
    return true;
}

static bool check_receipt(struct dg_verifying *v, const struct dg_proven *proven)
{
    const struct dg_leaf *leaf = &proven->leaf;
    struct dg_bytes unit = proven->unit->certificate.unit;

    if (proven->entry->has_signed)
        return dg_check_failed(v, "receipt", "%.*s: it is more than a leaf", DG_SHOW(unit));
    if (!same_authors(v, leaf) || !same_regimes(&v->out->report, leaf))
        return dg_check_failed(v, "receipt", "%.*s names other authors or regimes", DG_SHOW(unit));
    if (leaf->verdict == DG_VERDICT_ACCEPTED &&
        (!check_owed_lines(v, leaf, unit) || !check_via_lines(v, leaf, unit) ||
         !check_given_lines(v, leaf, unit)))
        return false;
    return dg_check_held(v, "receipt", "%s%s%.*s, leaf %llu of %s", dg_verdict_name(leaf->verdict),
                         leaf->code.size > 0 ? " " : "", DG_SHOW(leaf->code),
                         (unsigned long long)proven->entry->index, proven->unit->log.name);
}

/* --- states --------------------------------------------------------------------------------- */

static bool is_author(const struct dg_report *report, const struct dg_state *state)
{
    for (size_t i = 0; i < report->author_count; i++) {
        if (dg_bytes_equal(report->author[i].organ, state->organ) &&
            dg_bytes_equal(report->author[i].unit, state->unit))
            return true;
    }
    return false;
}

/* A recipient by the report, or one that a receipt of the same log has added. */
static bool is_recipient(const struct dg_verifying *v, struct dg_bytes organ, struct dg_bytes unit)
{
    if (find_recipient(&v->out->report, organ, unit) != NULL)
        return true;
    for (size_t i = 0; i < v->proven_count; i++) {
        const struct dg_leaf *leaf = &v->proven[i].leaf;
        if (leaf->kind == DG_LEAF_REPORT &&
            find_line(leaf->delivery, leaf->delivery_count, organ, unit) != NULL)
            return true;
    }
    return false;
}

/* What an author alone may say; else a recipient, or a via organ that gives the report back. */
static bool may_mark(const struct dg_verifying *v, const struct dg_state *state)
{
    if (dg_state_by_author(state->code))
        return is_author(&v->out->report, state);
    if (dg_state_is_recall(state->code) && dg_report_goes_through(&v->out->report, state->organ, state->unit))
        return true;
    return is_recipient(v, state->organ, state->unit);
}

static const struct dg_proven *find_pass(const struct dg_verifying *v, const struct dg_recipient *recipient)
{
    for (size_t i = 0; i < v->proven_count; i++) {
        const struct dg_leaf *leaf = &v->proven[i].leaf;
        if (leaf->kind == DG_LEAF_PASS && dg_recipient_waits_for(recipient, leaf->organ, leaf->unit))
            return &v->proven[i];
    }
    return NULL;
}

/* Whoever waits for a via organ has nothing to mark before that one has let the report pass. */
static bool was_passed_before(const struct dg_verifying *v, const struct dg_proven *state)
{
    const struct dg_recipient *recipient =
        find_recipient(&v->out->report, state->leaf.organ, state->leaf.unit);

    if (recipient == NULL || recipient->through.size == 0)
        return true;
    const struct dg_proven *pass = find_pass(v, recipient);
    return pass != NULL && pass->leaf.decision != DG_DECISION_RETURNED &&
           (pass->unit != state->unit || pass->entry->index < state->entry->index);
}

static bool state_is_of_leaf(const struct dg_verifying *v, const struct dg_proven *proven)
{
    const struct dg_state *state = &proven->state;
    struct dg_hash object = dg_sha256(proven->entry->sealed.body);

    return dg_hash_equal(&object, &proven->leaf.object) && dg_id_equal(&state->report, &v->out->id) &&
           state->code == proven->leaf.state && dg_bytes_equal(state->organ, proven->leaf.organ) &&
           dg_bytes_equal(state->unit, proven->leaf.unit) &&
           dg_bytes_equal(state->unit, proven->unit->certificate.unit) &&
           dg_bytes_is(state->federation, v->root->name);
}

/* The certificate is of the organ that the leaf names, and was valid when it signed, give or take the clocks.
 */
static bool signer_fits(const struct dg_member *organ, const struct dg_leaf *leaf, dg_ms signed_ms)
{
    const struct dg_certificate *certificate = &organ->certificate;

    return dg_bytes_equal(certificate->organ, leaf->organ) && dg_bytes_equal(certificate->unit, leaf->unit) &&
           signed_ms >= certificate->not_before_ms - DG_CLOCK_SKEW_MS &&
           signed_ms <= certificate->not_after_ms + DG_CLOCK_SKEW_MS;
}

static bool comment_is_of_leaf(const struct dg_verifying *v, const struct dg_proven *proven,
                               const struct dg_comment *comment)
{
    struct dg_hash object = dg_sha256(proven->entry->sealed.body);

    return dg_hash_equal(&object, &proven->leaf.object) && dg_id_equal(&comment->report, &v->out->id) &&
           dg_bytes_equal(comment->organ, proven->leaf.organ) &&
           dg_bytes_equal(comment->unit, proven->leaf.unit) &&
           dg_bytes_equal(comment->unit, proven->unit->certificate.unit) &&
           dg_bytes_is(comment->federation, v->root->name);
}

/* A comment is what a state is, with a text in the place of a code. */
static bool check_comment(struct dg_verifying *v, struct dg_proven *proven)
{
    const struct dg_signed *sealed = &proven->entry->sealed;
    struct dg_comment comment;
    struct dg_fault fault = {0};

    if (!proven->entry->has_signed || sealed->possession_count != 0)
        return dg_check_failed(v, "comment", "of %.*s: not signed", DG_SHOW(proven->unit->certificate.unit));
    enum dg_err err = dg_comment_decode(v->arena, sealed->body, &comment, &fault);
    if (err != DG_OK)
        return dg_check_failed(v, "comment", "%s %s", dg_err_name(err), fault.what);
    struct dg_member *organ = dg_member_organ(v, &comment.certificate);
    if (organ == NULL || !comment_is_of_leaf(v, proven, &comment) ||
        !signer_fits(organ, &proven->leaf, comment.signed_ms))
        return dg_check_failed(v, "comment", "of %.*s@%.*s does not fit its leaf or certificate",
                               DG_SHOW(comment.organ), DG_SHOW(comment.unit));
    if (!dg_verify(&organ->certificate.keys.signing, DG_CONTEXT_COMMENT, sealed->body, &sealed->sig))
        return dg_check_failed(v, "comment", "of %.*s@%.*s: %s", DG_SHOW(comment.organ),
                               DG_SHOW(comment.unit), dg_err_name(DG_ERR_BAD_SIGNATURE));
    if (!dg_bytes_is(v->out->report.kind, "draft") || !is_recipient(v, comment.organ, comment.unit))
        return dg_check_failed(v, "comment", "%.*s@%.*s was not asked", DG_SHOW(comment.organ),
                               DG_SHOW(comment.unit));
    organ->used = true;
    return dg_check_held(v, "comment", "%zu bytes by %.*s@%.*s, leaf %llu of %s", comment.text.size,
                         DG_SHOW(comment.organ), DG_SHOW(comment.unit),
                         (unsigned long long)proven->entry->index, proven->unit->log.name);
}

static bool check_state(struct dg_verifying *v, struct dg_proven *proven)
{
    const struct dg_signed *sealed = &proven->entry->sealed;
    struct dg_fault fault = {0};

    if (!proven->entry->has_signed || sealed->possession_count != 0)
        return dg_check_failed(v, "state", "of %.*s: not signed", DG_SHOW(proven->unit->certificate.unit));
    enum dg_err err = dg_state_decode(v->arena, sealed->body, &proven->state, &fault);
    if (err != DG_OK)
        return dg_check_failed(v, "state", "%s %s", dg_err_name(err), fault.what);
    const struct dg_state *state = &proven->state;
    struct dg_member *organ = dg_member_organ(v, &state->certificate);
    if (organ == NULL || !state_is_of_leaf(v, proven) || !signer_fits(organ, &proven->leaf, state->signed_ms))
        return dg_check_failed(v, "state", "of %.*s@%.*s does not fit its leaf or certificate",
                               DG_SHOW(state->organ), DG_SHOW(state->unit));
    if (!dg_verify(&organ->certificate.keys.signing, DG_CONTEXT_STATE, sealed->body, &sealed->sig))
        return dg_check_failed(v, "state", "of %.*s@%.*s: %s", DG_SHOW(state->organ), DG_SHOW(state->unit),
                               dg_err_name(DG_ERR_BAD_SIGNATURE));
    if (!may_mark(v, state))
        return dg_check_failed(v, "state", "%.*s@%.*s is no %s", DG_SHOW(state->organ), DG_SHOW(state->unit),
                               dg_state_by_author(state->code) ? "author" : "recipient");
    if (!dg_state_by_author(state->code) && !was_passed_before(v, proven))
        return dg_check_failed(v, "state", "%.*s@%.*s marked it before it was passed on",
                               DG_SHOW(state->organ), DG_SHOW(state->unit));
    organ->used = true;
    return dg_check_held(v, "state", "%02u by %.*s@%.*s, leaf %llu of %s", (unsigned)state->code,
                         DG_SHOW(state->organ), DG_SHOW(state->unit),
                         (unsigned long long)proven->entry->index, proven->unit->log.name);
}

/* --- passes --------------------------------------------------------------------------------- */

static bool pass_is_of_leaf(const struct dg_verifying *v, const struct dg_proven *proven,
                            const struct dg_pass *pass)
{
    const struct dg_leaf *leaf = &proven->leaf;
    struct dg_hash object = dg_sha256(proven->entry->sealed.body);

    return dg_hash_equal(&object, &leaf->object) && dg_id_equal(&pass->report, &v->out->id) &&
           pass->decision == leaf->decision && dg_id_equal(&pass->into, &leaf->into) &&
           dg_bytes_equal(pass->organ, leaf->organ) && dg_bytes_equal(pass->unit, leaf->unit) &&
           dg_bytes_equal(pass->unit, proven->unit->certificate.unit) &&
           dg_bytes_is(pass->federation, v->root->name);
}

/* An organ decides once. */
static bool decided_before(const struct dg_verifying *v, const struct dg_proven *proven)
{
    for (const struct dg_proven *other = v->proven; other < proven; other++) {
        if (other->leaf.kind == DG_LEAF_PASS && dg_bytes_equal(other->leaf.organ, proven->leaf.organ) &&
            dg_bytes_equal(other->leaf.unit, proven->leaf.unit))
            return true;
    }
    return false;
}

static bool check_pass(struct dg_verifying *v, struct dg_proven *proven)
{
    const struct dg_signed *sealed = &proven->entry->sealed;
    struct dg_fault fault = {0};
    struct dg_pass *pass = &proven->pass;

    if (!proven->entry->has_signed || sealed->possession_count != 0)
        return dg_check_failed(v, "pass", "of %.*s: not signed", DG_SHOW(proven->unit->certificate.unit));
    enum dg_err err = dg_pass_decode(v->arena, sealed->body, pass, &fault);
    if (err != DG_OK)
        return dg_check_failed(v, "pass", "%s %s", dg_err_name(err), fault.what);
    struct dg_member *organ = dg_member_organ(v, &pass->certificate);
    if (organ == NULL || !pass_is_of_leaf(v, proven, pass) ||
        !signer_fits(organ, &proven->leaf, pass->signed_ms))
        return dg_check_failed(v, "pass", "of %.*s@%.*s does not fit its leaf or certificate",
                               DG_SHOW(pass->organ), DG_SHOW(pass->unit));
    if (!dg_verify(&organ->certificate.keys.signing, DG_CONTEXT_PASS, sealed->body, &sealed->sig))
        return dg_check_failed(v, "pass", "of %.*s@%.*s: %s", DG_SHOW(pass->organ), DG_SHOW(pass->unit),
                               dg_err_name(DG_ERR_BAD_SIGNATURE));
    if (!dg_report_goes_through(&v->out->report, pass->organ, pass->unit))
        return dg_check_failed(v, "pass", "nobody waits for %.*s@%.*s", DG_SHOW(pass->organ),
                               DG_SHOW(pass->unit));
    if (decided_before(v, proven))
        return dg_check_failed(v, "pass", "%.*s@%.*s decided twice", DG_SHOW(pass->organ),
                               DG_SHOW(pass->unit));
    organ->used = true;
    return dg_check_held(v, "pass", "%s by %.*s@%.*s, leaf %llu of %s", dg_decision_name(pass->decision),
                         DG_SHOW(pass->organ), DG_SHOW(pass->unit), (unsigned long long)proven->entry->index,
                         proven->unit->log.name);
}

/* --- all of them ---------------------------------------------------------------------------- */

static bool prove(struct dg_verifying *v, const struct dg_entry *entry, struct dg_proven *ret)
{
    ret->entry = entry;
    ret->unit = dg_member_log(v, entry->origin);
    if (ret->unit == NULL)
        return dg_check_failed(v, "receipt", "%.*s is the log of nobody in this trail",
                               DG_SHOW(entry->origin));
    if (!dg_verify_leaf(v, entry, ret->unit, "receipt", &ret->leaf))
        return false;
    bool known = ret->leaf.kind == DG_LEAF_REPORT || ret->leaf.kind == DG_LEAF_STATE ||
                 ret->leaf.kind == DG_LEAF_PASS || ret->leaf.kind == DG_LEAF_COMMENT;
    if (!known || !dg_id_equal(&ret->leaf.report, &v->out->id))
        return dg_check_failed(v, "receipt", "leaf %llu of %s is not about this report",
                               (unsigned long long)entry->index, ret->unit->log.name);
    ret->unit->used = true;
    return true;
}

/* All leaves are read before any is judged: a state may rest on a receipt that stands behind it. */
bool dg_verify_events(struct dg_verifying *v)
{
    v->proven = dg_arena_array(v->arena, v->trail.event_count, sizeof *v->proven);
    if (v->proven == NULL || dg_report_vias(v->arena, &v->out->report, &v->via_count, &v->via) != DG_OK)
        return dg_check_failed(v, "receipt", "%s", dg_err_name(DG_ERR_NO_MEMORY));
    for (size_t i = 0; i < v->trail.event_count; i++) {
        if (!prove(v, &v->trail.event[i], &v->proven[i]))
            return false;
        v->proven_count++;
    }
    for (size_t i = 0; i < v->proven_count; i++) {
        struct dg_proven *proven = &v->proven[i];
        bool held = proven->leaf.kind == DG_LEAF_REPORT    ? check_receipt(v, proven)
                    : proven->leaf.kind == DG_LEAF_PASS    ? check_pass(v, proven)
                    : proven->leaf.kind == DG_LEAF_COMMENT ? check_comment(v, proven)
                                                           : check_state(v, proven);
        if (!held)
            return false;
    }
    return true;
}

/* --- what is owed --------------------------------------------------------------------------- */

/* The recall is a track of its own beside the work; an author's word is about neither. */
static void take_state(uint32_t code, struct dg_owed *owed)
{
    if (dg_state_is_recall(code))
        owed->recall = code == DG_STATE_RECALL_REQUESTED ? owed->recall : code;
    else if (!dg_state_by_author(code))
        owed->state = code;
}

/* Who has asked the report back, and when. */
static void look_for_recall(struct dg_verifying *v)
{
    for (size_t i = 0; i < v->proven_count; i++) {
        const struct dg_leaf *leaf = &v->proven[i].leaf;
        if (leaf->kind != DG_LEAF_STATE || leaf->state != DG_STATE_RECALL_REQUESTED)
            continue;
        v->out->recall_asked = true;
        v->out->recall_ms = leaf->time;
    }
}

/* Events of one log come in its order, so the last word is the newest. */
static void look_for(const struct dg_verifying *v, struct dg_owed *owed)
{
    for (size_t i = 0; i < v->proven_count; i++) {
        const struct dg_proven *proven = &v->proven[i];
        const struct dg_leaf *leaf = &proven->leaf;
        if (!dg_bytes_equal(proven->unit->certificate.unit, owed->unit))
            continue;
        if (leaf->kind == DG_LEAF_STATE && dg_bytes_equal(leaf->organ, owed->organ))
            take_state(leaf->state, owed);
        if (leaf->kind != DG_LEAF_REPORT || owed->delivered ||
            find_line(leaf->delivery, leaf->delivery_count, owed->organ, owed->unit) == NULL)
            continue;
        owed->delivered = true;
        owed->delivered_ms = leaf->time;
        owed->origin = proven->entry->origin;
        owed->index = proven->entry->index;
        if (owed->state == 0)
            owed->state = 1;
    }
}

/* When the via organ's unit had it, by that unit's own leaf; by the author's word where that is not shown. */
static dg_ms waits_since(const struct dg_verifying *v, const struct dg_recipient *recipient)
{
    for (size_t i = 0; i < v->proven_count; i++) {
        const struct dg_leaf *leaf = &v->proven[i].leaf;
        for (size_t k = 0; leaf->kind == DG_LEAF_REPORT && k < leaf->delivery_count; k++) {
            if (dg_recipient_waits_for(recipient, leaf->delivery[k].organ, leaf->delivery[k].unit))
                return leaf->time;
        }
    }
    return v->out->report.signed_ms;
}

/* What waits at a via organ is not delivered yet; what was passed on is, from then on. */
static void look_for_pass(const struct dg_verifying *v, const struct dg_recipient *recipient,
                          struct dg_owed *owed)
{
    const struct dg_proven *pass = find_pass(v, recipient);

    owed->through = recipient->through;
    owed->since_ms = waits_since(v, recipient);
    bool passed = pass != NULL && dg_pass_opens(&pass->pass);
    if (pass != NULL) {
        owed->decision = pass->leaf.decision;
        owed->decided_ms = pass->leaf.time;
        owed->into = pass->leaf.into;
    }
    if (passed && owed->delivered_ms < owed->decided_ms)
        owed->delivered_ms = owed->decided_ms;
    owed->delivered = owed->delivered && passed;
    if (!owed->delivered && owed->state == 1)
        owed->state = 0;
}

/* Those whom a rule names and nobody fills: owed, and delivered to no one. */
static void add_unresolved(struct dg_verifying *v)
{
    for (size_t i = 0; i < v->mandate.unresolved_count; i++) {
        const struct dg_mandate_unresolved *unresolved = &v->mandate.unresolved[i];
        if (unresolved->as == DG_AS_OBSERVE)
            continue;
        struct dg_owed *owed = &v->out->owed[v->out->owed_count++];
        *owed = (struct dg_owed){
            .organ = unresolved->role, .unit = unresolved->unit, .as = unresolved->as, .rule_count = 1};
        owed->rule = dg_arena_array(v->arena, 1, sizeof *owed->rule);
        if (owed->rule != NULL)
            owed->rule[0] = unresolved->cited.rule->id;
        else
            owed->rule_count = 0;
        if (owed->unit.size == 0)
            owed->unit = dg_bytes_of("-");
    }
}

bool dg_verify_owed(struct dg_verifying *v)
{
    const struct dg_report *report = &v->out->report;
    size_t most = report->recipient_count + v->mandate.unresolved_count;

    v->out->owed = dg_arena_array(v->arena, most, sizeof *v->out->owed);
    if (v->out->owed == NULL)
        return false;
    look_for_recall(v);
    for (size_t i = 0; i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        struct dg_owed *owed = &v->out->owed[v->out->owed_count++];
        *owed = (struct dg_owed){.organ = recipient->organ,
                                 .unit = recipient->unit,
                                 .as = recipient->as,
                                 .rule_count = recipient->rule_count,
                                 .rule = recipient->rule};
        look_for(v, owed);
        if (recipient->through.size > 0)
            look_for_pass(v, recipient, owed);
    }
    add_unresolved(v);
    return true;
}
