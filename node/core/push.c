/* push.c - an organ's report: completed, signed and issued. */
#include <stdio.h>
#include <string.h>

#include "common/pack.h"
#include "common/text.h"
#include "node/core/issued_impl.h"
#include "node/core/node_impl.h"
#include "node/core/outline.h"
#include "proto/number.h"

struct push {
    struct dg_node *node;
    struct dg_txn *txn;
    struct dg_ctl_reply *reply;
    dg_ms now;
    struct dg_report report;
    struct dg_mandate mandate;
};

static enum dg_err push_date(struct push *p)
{
    struct dg_day date;
    struct dg_bytes text = p->report.date;
    if (!dg_day_parse(text, &date) || date.n > dg_day_of(p->now).n)
        return dg_faultf(&p->reply->fault, DG_ERR_BAD_DATE, "%.*s", (int)text.size, (const char *)text.data);
    return DG_OK;
}

static enum dg_err push_author(struct push *p, struct dg_bytes slug, struct dg_author *ret)
{
    const struct dg_dir_unit *self = dg_node_self(p->node, p->txn);
    const struct dg_dir_organ *organ = self != NULL ? dg_dir_unit_organ(self, slug, dg_day_of(p->now)) : NULL;
    if (organ == NULL) {
        char text[DG_SLUG_MAX + 1] = "";
        if (slug.size <= DG_SLUG_MAX && slug.size > 0)
            memcpy(text, slug.data, slug.size);
        enum dg_err err = dg_fault(&p->reply->fault, DG_ERR_NO_ORGAN);
        dg_fault_organ(&p->reply->fault, text);
        dg_fault_unit(&p->reply->fault, p->node->identity.unit);
        return err;
    }
    *ret = (struct dg_author){.organ = organ->slug, .unit = self->slug, .certificate = organ->certificate};
    return DG_OK;
}

/* The lead, and the further signers of a joint report. */
static enum dg_err push_authors(struct push *p, const struct dg_ctl_request *request)
{
    struct dg_author *author = dg_arena_array(p->txn->arena, request->with_count + 1, sizeof *author);
    if (author == NULL)
        return dg_fault(&p->reply->fault, DG_ERR_NO_MEMORY);
    p->report.author = author;
    p->report.author_count = request->with_count + 1;
    enum dg_err err = push_author(p, request->organ, &author[0]);
    for (size_t i = 0; i < request->with_count && err == DG_OK; i++) {
        err = push_author(p, request->with[i], &author[i + 1]);
        for (size_t k = 0; k <= i && err == DG_OK; k++)
            if (dg_bytes_equal(author[k].organ, author[i + 1].organ))
                err = dg_faultf(&p->reply->fault, DG_ERR_BAD_VALUE, "%.*s signs twice",
                                (int)request->with[i].size, (const char *)request->with[i].data);
    }
    if (err == DG_OK && request->with_count > 0)
        err = dg_joint_room(p->txn, &p->reply->fault);
    return err;
}

static enum dg_err push_mandate(struct push *p)
{
    struct dg_header header;
    enum dg_err err = dg_header_of(&p->report, p->txn->arena, &header);
    if (err != DG_OK)
        return dg_fault(&p->reply->fault, err);
    return dg_mandate_of(dg_node_directory(p->node, p->txn), &header, p->txn->arena, &p->mandate,
                         &p->reply->fault);
}

static bool push_recipients(struct push *p)
{
    const struct dg_mandate *mandate = &p->mandate;
    struct dg_recipient *list = dg_arena_array(p->txn->arena, mandate->recipient_count, sizeof *list);
    if (list == NULL || mandate->recipient_count > DG_RECIPIENTS_MAX)
        return false;
    for (size_t i = 0; i < mandate->recipient_count; i++) {
        const struct dg_mandate_recipient *from = &mandate->recipient[i];
        struct dg_recipient *to = &list[i];
        *to = (struct dg_recipient){
            .organ = from->organ, .unit = from->unit, .as = from->as, .through = from->through};
        to->rule = dg_arena_array(p->txn->arena, from->cited_count + 1, sizeof *to->rule);
        if (to->rule == NULL || from->cited_count > DG_RULES_PER_RECIPIENT_MAX)
            return false;
        for (size_t k = 0; k < from->cited_count; k++)
            to->rule[to->rule_count++] = from->cited[k].rule->id;
        to->has_certificate = from->resolved != NULL;
        if (from->resolved != NULL)
            to->certificate = from->resolved->certificate;
    }
    p->report.recipient = list;
    p->report.recipient_count = mandate->recipient_count;
    return true;
}

static bool push_regimes(struct push *p)
{
    size_t count = p->mandate.use_count;
    struct dg_regime_use *list = dg_arena_array(p->txn->arena, count + 1, sizeof *list);
    if (list == NULL || count > DG_REGIMES_PER_REPORT_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct dg_cited *use = &p->mandate.use[i];
        list[i] = (struct dg_regime_use){
            .unit = use->regime_unit->slug, .regime = use->adoption->hash, .adoption = use->adoption->id};
    }
    p->report.regime = list;
    p->report.regime_count = count;
    return true;
}

struct to_seq_name {
    char text[DG_SLUG_MAX + 16];
};

/* Joint reports have numbers of their own: a draft that waits, or is withdrawn, must not look like a report
 * that somebody withheld. */
static struct to_seq_name to_seq_name(const struct push *p, struct dg_bytes unit)
{
    struct to_seq_name name;
    struct dg_row_key key = dg_key_to_seq(p->report.author_count > 1, unit);
    memcpy(name.text, key.data, key.size);
    name.text[key.size] = '\0';
    return name;
}

/* A report that could not be signed after all must leave no gap. */
static void push_unsequence(struct push *p)
{
    for (size_t i = 0; i < p->report.to_seq_count; i++)
        dg_meta_put_u64(p->txn, to_seq_name(p, p->report.to_seq[i].unit).text, p->report.to_seq[i].seq - 1);
}

/* One counter per destination unit: a gap at the other end shows that something was withheld. */
static bool push_sequence(struct push *p)
{
    struct dg_bytes *units;
    size_t count = 0, unit_count;
    if (dg_report_units(p->txn->arena, &p->report, &unit_count, &units) != DG_OK)
        return false;
    struct dg_to_seq *list = dg_arena_array(p->txn->arena, unit_count + 1, sizeof *list);
    if (list == NULL)
        return false;
    for (size_t i = 0; i < unit_count; i++) {
        struct dg_bytes unit = units[i];
        if (dg_bytes_is(unit, p->node->identity.unit))
            continue;
        uint64_t seq = DG_MUTANT("reuse-to-seq") ? 1 : dg_meta_count(p->txn, to_seq_name(p, unit).text);
        list[count++] = (struct dg_to_seq){.unit = unit, .seq = seq};
    }
    p->report.to_seq = list;
    p->report.to_seq_count = count;
    return true;
}

/* The envelope as it will travel and be kept: packed once, here. */
static void push_pack(struct push *p, struct dg_bytes envelope, struct dg_admission *admission)
{
    uint8_t *packed = dg_arena_alloc(p->txn->arena, envelope.size);
    size_t size = packed != NULL ? dg_pack(envelope, packed) : 0;
    admission->packed = size > 0;
    admission->envelope = size > 0 ? dg_bytes_at(packed, size) : dg_arena_copy(p->txn->arena, envelope);
}

static enum dg_err push_sign(struct push *p, struct dg_admission *admission)
{
    struct dg_node *node = p->node;
    const struct dg_dir_organ *organ =
        dg_dir_unit_certificate(dg_node_self(node, p->txn), &p->report.author[0].certificate);
    struct dg_buf buf;
    dg_buf_init(&buf, DG_ENVELOPE_MAX);
    enum dg_err err = dg_report_encode(&p->report, &buf);
    if (err == DG_OK && buf.size > DG_REPORT_MAX)
        err = DG_ERR_TOO_LARGE;
    struct dg_author_signature signature = {.author = 0};
    struct dg_envelope envelope = {.signature_count = 1, .signature = &signature};
    envelope.report = dg_arena_copy(p->txn->arena, dg_buf_bytes(&buf));
    struct dg_report checked;
    if (err == DG_OK)
        err = dg_report_decode(p->txn->arena, envelope.report, &checked, &p->reply->fault);
    if (err == DG_OK)
        err = node->env.signer->sign(node->env.signer->ctx, &organ->signing, DG_CONTEXT_REPORT,
                                     envelope.report, &signature.sig);
    dg_buf_reset(&buf);
    if (err == DG_OK)
        err = dg_envelope_encode(&envelope, &buf);
    if (err == DG_OK) {
        p->reply->id = dg_report_id(envelope.report);
        p->reply->has_id = true;
        if (p->report.author_count > 1) /* it will be written again with each signature */
            admission->envelope = dg_arena_copy(p->txn->arena, dg_buf_bytes(&buf));
        else
            push_pack(p, dg_buf_bytes(&buf), admission);
    }
    dg_buf_done(&buf);
    if (err != DG_OK && p->reply->fault.err == DG_OK)
        (void)dg_fault(&p->reply->fault, err);
    return err;
}

/* Recipients that urgent news could not wait for: the clerk is told, nothing is stopped. */
static void push_warnings(struct push *p)
{
    for (size_t i = 0; i < p->mandate.unresolved_count; i++) {
        const struct dg_mandate_unresolved *from = &p->mandate.unresolved[i];
        if (from->as == DG_AS_OBSERVE)
            continue;
        struct dg_fault *warning = dg_reply_warn(p->txn, p->reply);
        if (warning == NULL)
            return;
        (void)dg_faultf(warning, DG_ERR_NO_RECIPIENT, "%s", dg_as_name(from->as));
        dg_fault_rule(warning, dg_arena_string(p->txn->arena, from->cited.rule->id),
                      dg_arena_string(p->txn->arena, from->cited.rule->cites));
        dg_fault_organ(warning, dg_arena_string(p->txn->arena, from->role));
        dg_fault_unit(warning, dg_arena_string(p->txn->arena, from->unit));
    }
}

struct dg_fault *dg_reply_warn(struct dg_txn *txn, struct dg_ctl_reply *reply)
{
    if (reply->warning == NULL)
        reply->warning = dg_arena_array(txn->arena, DG_CTL_WARNINGS_MAX, sizeof *reply->warning);
    if (reply->warning == NULL || reply->warning_count == DG_CTL_WARNINGS_MAX)
        return NULL;
    struct dg_fault *warning = &reply->warning[reply->warning_count++];
    (void)dg_fault(warning, DG_OK);
    return warning;
}

/* True when the report takes the place of that one, or of one that took its place. */
static bool push_replaces(struct push *p, const struct dg_id *first)
{
    struct dg_held held = {.report = p->report};
    for (int i = 0; i < 64 && held.report.has_supersedes; i++) {
        struct dg_id old = held.report.supersedes;
        if (dg_id_equal(&old, first))
            return true;
        if (dg_held_get(p->txn, &old, &held) != DG_OK || held.verdict != DG_VERDICT_ACCEPTED)
            return false;
    }
    return false;
}

/* Somebody who sends for one period twice may not know that a colleague has sent already. */
static void push_further(struct push *p)
{
    struct dg_id first;
    char hex[DG_HEX_BYTES];
    if (!dg_filed_first(p->txn, &p->report, UINT64_MAX, &first) || push_replaces(p, &first))
        return;
    struct dg_fault *warning = dg_reply_warn(p->txn, p->reply);
    if (warning == NULL)
        return;
    dg_hex(first.b, sizeof first.b, hex);
    (void)dg_faultf(warning, DG_ERR_FURTHER_REPORT, "%s", hex);
    dg_fault_organ(warning, dg_arena_string(p->txn->arena, p->report.author[0].organ));
}

/* The headings that the rules ask for: advice, after the warnings. */
static void push_outline(struct push *p)
{
    struct dg_missing_heading *missing;
    size_t count = dg_outline_missing(&p->mandate, p->report.body, p->txn->arena, &missing);
    for (size_t i = 0; i < count; i++) {
        struct dg_fault *warning = dg_reply_warn(p->txn, p->reply);
        if (warning != NULL)
            dg_outline_fault(&missing[i], p->txn->arena, warning);
    }
}

/* A number is the author's own affair: one of another form is only remarked upon. */
static void push_number(struct push *p)
{
    struct dg_number number;
    struct dg_bytes text = p->report.number;
    if (text.size == 0 || dg_number_parse(text, &number))
        return;
    struct dg_fault *warning = dg_reply_warn(p->txn, p->reply);
    if (warning != NULL)
        (void)dg_faultf(warning, DG_ERR_BAD_NUMBER, "%.*s", (int)text.size, (const char *)text.data);
}

/* A copy that could not be addressed keeps the node DEGRADED until somebody has seen to it. */
static void push_attention(struct push *p)
{
    char id[DG_HEX_BYTES];
    dg_hex(p->reply->id.b, sizeof p->reply->id.b, id);
    for (size_t i = 0; i < p->reply->warning_count; i++) {
        const struct dg_fault *warning = &p->reply->warning[i];
        if (warning->err != DG_ERR_NO_RECIPIENT)
            continue;
        const char *detail =
            dg_arena_printf(p->txn->arena, "%s %s@%s", warning->rule, warning->organ, warning->unit);
        dg_attention_put(p->txn, p->now, DG_ERR_NO_RECIPIENT, dg_bytes_of(id), dg_bytes_of(detail));
    }
}

static enum dg_err push_complete(struct push *p, const struct dg_ctl_request *request)
{
    enum dg_err err = dg_draft_decode(p->txn->arena, request->draft, &p->report, &p->reply->fault);
    if (err != DG_OK)
        return err;
    p->report.version = 1;
    p->report.federation = dg_bytes_of(p->node->identity.federation);
    p->report.epoch = p->node->identity.epoch;
    p->report.signed_ms = p->now;
    err = push_date(p);
    if (err == DG_OK)
        err = push_authors(p, request);
    if (err == DG_OK)
        err = push_mandate(p);
    if (err != DG_OK)
        return err;
    if (!push_recipients(p) || !push_regimes(p))
        return dg_faultf(&p->reply->fault, DG_ERR_TOO_LARGE, "%zu recipients", p->mandate.recipient_count);
    push_warnings(p);
    push_number(p);
    err = dg_supersede_check(p->txn, &p->report, p->reply);
    if (err == DG_OK)
        err = dg_pass_may_consolidate(p->node, p->txn, &p->report, &p->reply->fault);
    if (err == DG_OK && !request->dry_run)
        err = dg_attach_ready(p->txn, &p->report, &p->reply->fault);
    if (err != DG_OK)
        return err;
    push_outline(p);
    err = dg_delivery_fits(&p->report, &p->reply->fault);
    if (err == DG_OK)
        push_further(p);
    return err;
}

void dg_control_push(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                     dg_ms now, struct dg_ctl_reply *reply)
{
    struct push p = {.node = node, .txn = txn, .reply = reply, .now = now};
    struct dg_admission admission = {.report = &p.report, .mandate = &p.mandate};
    if (push_complete(&p, request) != DG_OK || request->dry_run)
        return;
    node->env.random(node->env.random_ctx, p.report.salt, sizeof p.report.salt);
    if (!push_sequence(&p)) {
        (void)dg_fault(&reply->fault, DG_ERR_NO_MEMORY);
        return;
    }
    if (push_sign(&p, &admission) != DG_OK) {
        push_unsequence(&p);
        return;
    }
    push_attention(&p);
    if (now >
        (dg_ms)dg_meta_u64(txn, "signed-last")) /* an adoption is later than that, whatever the clock says */
        dg_meta_put_u64(txn, "signed-last", (uint64_t)now);
    if (p.report.author_count > 1 && !DG_MUTANT("joint-alone")) {
        dg_joint_keep(txn, admission.envelope, reply);
        return;
    }
    admission.id = reply->id;
    admission.stale_date = dg_delivery_is_stale(&p.report);
    dg_control_meets(node, txn, &p.report, now, reply);
    (void)dg_delivery_admit(node, txn, &admission, now);
    dg_pass_consolidate(node, txn, &p.report, &reply->id, now);
}
