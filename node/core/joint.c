/* joint.c - reports that several organs sign: kept until the last one has, or taken back before.
 *
 * The lead's push fixes R, its numbers and its day. A draft is a row and nothing else: no leaf, no mail, no
 * outbox. The last signature issues the report in its own transaction; a void ends the draft for ever. Both
 * begin with the row, which there is once, so a draft never becomes both.
 */
#include <string.h>

#include "node/core/node_impl.h"
#include "proto/joint.h"

static const char waiting_name[] = "joint-waiting";

/* What one request works on. */
struct signing {
    struct dg_node *node;
    struct dg_txn *txn;
    const struct dg_ctl_request *request;
    dg_ms now;
    struct dg_ctl_reply *reply;
    struct dg_joint joint;
    size_t author; /* which author the organ of the request is */
    struct dg_mandate mandate;
};

/* ---- drafts --------------------------------------------------------------------------------------- */

enum dg_err dg_joint_room(struct dg_txn *txn, struct dg_fault *fault)
{
    if (dg_meta_u64(txn, waiting_name) < DG_JOINT_DRAFTS_MAX)
        return DG_OK;
    return dg_faultf(fault, DG_ERR_TOO_MANY_DRAFTS, "%d", DG_JOINT_DRAFTS_MAX);
}

/* Tells the client whose signatures are missing; nothing when all are there. */
static void tell_missing(struct dg_txn *txn, const struct dg_joint *joint, struct dg_ctl_reply *reply)
{
    const char *text = "";
    for (size_t i = 0; i < joint->report.author_count; i++) {
        const struct dg_author *author = &joint->report.author[i];
        if (dg_joint_has_signed(joint, i))
            continue;
        text = dg_arena_printf(txn->arena, "%s%s%.*s", text, text[0] == '\0' ? "" : ", ",
                               (int)author->organ.size, (const char *)author->organ.data);
    }
    reply->text = dg_bytes_of(text);
}

void dg_joint_keep(struct dg_txn *txn, struct dg_bytes envelope, struct dg_ctl_reply *reply)
{
    struct dg_joint joint = {.id = reply->id, .state = DG_JOINT_WAITING, .envelope_bytes = envelope};
    dg_joint_put(txn, &joint);
    (void)dg_meta_count(txn, waiting_name);
    if (dg_joint_get(txn, &reply->id, &joint))
        tell_missing(txn, &joint, reply);
}

/* One draft less waits. */
static void count_down(struct dg_txn *txn)
{
    dg_meta_put_u64(txn, waiting_name, dg_meta_u64(txn, waiting_name) - 1);
}

/* ---- who asks, about what -------------------------------------------------------------------------- */

static enum dg_err not_signer(struct signing *s)
{
    const struct dg_ctl_request *request = s->request;
    enum dg_err err = dg_faultf(&s->reply->fault, DG_ERR_NOT_SIGNER, "%.*s", (int)request->report.size,
                                (const char *)request->report.data);
    dg_fault_organ(&s->reply->fault, dg_arena_string(s->txn->arena, request->organ));
    return err;
}

static bool find_author(const struct signing *s, const struct dg_report *report, size_t *ret)
{
    for (size_t i = 0; i < report->author_count; i++) {
        const struct dg_author *author = &report->author[i];
        if (dg_bytes_equal(author->organ, s->request->organ) &&
            dg_bytes_is(author->unit, s->node->identity.unit)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* The draft is no more because everybody has signed: signing again changes nothing, and it is too late to
 * take it back. Gives the error of the request, which may be none. */
static enum dg_err already_issued(struct signing *s)
{
    struct dg_id id;
    struct dg_held held;
    enum dg_err err = dg_report_find(s->txn, s->request->report, &id, &s->reply->fault);
    if (err != DG_OK)
        return err;
    err = dg_held_get(s->txn, &id, &held);
    if (err != DG_OK)
        return dg_fault(&s->reply->fault, err);
    if (held.verdict != DG_VERDICT_ACCEPTED || !find_author(s, &held.report, &s->author))
        return not_signer(s);
    s->reply->id = id;
    s->reply->has_id = true;
    if (s->request->joint == DG_JOINT_WITHDRAW)
        return dg_faultf(&s->reply->fault, DG_ERR_BAD_STATE, "issued");
    return DG_OK;
}

/* True when there is a draft to work on; else the reply says everything. */
static bool open_draft(struct signing *s)
{
    struct dg_id id;
    enum dg_err err = dg_joint_find(s->txn, s->request->report, &id, &s->reply->fault);
    if (err == DG_ERR_NOT_FOUND) {
        (void)dg_fault(&s->reply->fault, DG_OK);
        (void)already_issued(s);
        return false;
    }
    if (err != DG_OK || !dg_joint_get(s->txn, &id, &s->joint))
        return false;
    if (!find_author(s, &s->joint.report, &s->author)) {
        (void)not_signer(s);
        return false;
    }
    s->reply->id = id;
    s->reply->has_id = true;
    return true;
}

/* ---- does the draft still fit? ---------------------------------------------------------------------- */

static enum dg_err stale(struct signing *s, const char *why)
{
    return dg_faultf(&s->reply->fault, DG_ERR_DRAFT_STALE, "%s", why);
}

/* Receivers look for the certificates that R names, and whoever has a new one signs a new R. */
static enum dg_err check_certificates(struct signing *s)
{
    const struct dg_report *report = &s->joint.report;
    for (size_t i = 0; i < report->author_count; i++) {
        const struct dg_author *author = &report->author[i];
        const struct dg_dir_organ *organ =
            dg_dir_unit_organ(dg_node_self(s->node, s->txn), author->organ, dg_day_of(s->now));
        if (organ == NULL || !dg_cert_id_equal(&organ->certificate, &author->certificate) ||
            s->now > organ->not_after_ms)
            return stale(s, dg_arena_printf(s->txn->arena, "the certificate of %.*s is no longer in force",
                                            (int)author->organ.size, (const char *)author->organ.data));
    }
    return DG_OK;
}

/* The very regimes that R names apply, no others. */
static bool same_regimes(const struct dg_mandate *mandate, const struct dg_report *report)
{
    if (mandate->use_count != report->regime_count)
        return false;
    for (size_t i = 0; i < mandate->use_count; i++) {
        bool named = false;
        for (size_t k = 0; k < report->regime_count && !named; k++)
            named = dg_hash_equal(&mandate->use[i].adoption->id, &report->regime[k].adoption);
        if (!named)
            return false;
    }
    return true;
}

/* Computes the mandate anew, with the organs of a day: what is issued now must be what would be pushed now,
 * and what those above will not refuse. */
static enum dg_err check_mandate(struct signing *s, struct dg_day organs_on)
{
    const struct dg_report *report = &s->joint.report;
    struct dg_header header;
    struct dg_fault why;
    enum dg_err err = dg_header_of(report, s->txn->arena, &header);
    (void)dg_fault(&why, err);
    header.organs_on = organs_on;
    if (err == DG_OK)
        err = dg_mandate_of(dg_node_directory(s->node, s->txn), &header, s->txn->arena, &s->mandate, &why);
    if (err == DG_OK)
        err = dg_mandate_covered(&s->mandate, report, &why);
    if (err != DG_OK)
        return stale(s, dg_arena_printf(s->txn->arena, "%s %s", dg_err_name(err), why.organ));
    return same_regimes(&s->mandate, report) ? DG_OK : stale(s, "another regime is in force");
}

/* The mandate of the day of the push stays behind: it is the one that everybody else computes. */
static enum dg_err check_fresh(struct signing *s)
{
    if (dg_joint_is_old(&s->joint, s->now))
        return stale(s, dg_arena_printf(s->txn->arena, "pushed more than %d days ago", DG_JOINT_DRAFT_DAYS));
    if (s->joint.report.epoch != s->node->identity.epoch)
        return stale(s, "the log was begun anew");
    enum dg_err err = check_certificates(s);
    if (err == DG_OK)
        err = check_mandate(s, dg_day_of(s->now));
    if (err == DG_OK)
        err = check_mandate(s, dg_day_of(s->joint.report.signed_ms));
    if (err == DG_OK)
        err = dg_pass_may_consolidate(s->node, s->txn, &s->joint.report, &s->reply->fault);
    return err;
}

/* ---- signing ---------------------------------------------------------------------------------------- */

static const struct dg_dir_organ *author_organ(struct signing *s)
{
    return dg_dir_unit_certificate(dg_node_self(s->node, s->txn),
                                   &s->joint.report.author[s->author].certificate);
}

/* Signs exactly the bytes that the others signed, and puts the signature into its place. */
static enum dg_err add_signature(struct signing *s)
{
    struct dg_envelope *envelope = &s->joint.envelope;
    size_t count = envelope->signature_count, at = 0;
    const struct dg_signer *signer = s->node->env.signer;
    struct dg_author_signature *list = dg_arena_array(s->txn->arena, count + 1, sizeof *list);
    if (list == NULL)
        return DG_ERR_NO_MEMORY;
    while (at < count && envelope->signature[at].author < s->author)
        at++;
    memcpy(list, envelope->signature, at * sizeof *list);
    memcpy(list + at + 1, envelope->signature + at, (count - at) * sizeof *list);
    list[at].author = (uint32_t)s->author;
    enum dg_err err = signer->sign(signer->ctx, &author_organ(s)->signing, DG_CONTEXT_REPORT,
                                   envelope->report, &list[at].sig);
    envelope->signature = list;
    envelope->signature_count = count + 1;
    struct dg_buf buf;
    dg_buf_init(&buf, DG_ENVELOPE_MAX);
    if (err == DG_OK)
        err = dg_envelope_encode(envelope, &buf);
    if (err == DG_OK)
        s->joint.envelope_bytes = dg_arena_copy(s->txn->arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return err;
}

/* From here on it is a report like any other. */
static void issue(struct signing *s)
{
    struct dg_admission admission = {
        .report = &s->joint.report,
        .envelope = s->joint.envelope_bytes,
        .id = s->joint.id,
        .stale_date = dg_delivery_is_stale(&s->joint.report),
        .mandate = &s->mandate,
    };
    (void)dg_delivery_admit(s->node, s->txn, &admission, s->now);
    dg_pass_consolidate(s->node, s->txn, &s->joint.report, &s->joint.id, s->now);
    if (!DG_MUTANT("keep-issued-draft")) {
        dg_joint_del(s->txn, &s->joint.id);
        count_down(s->txn);
    }
}

static void sign(struct signing *s)
{
    if (s->joint.state == DG_JOINT_WITHDRAWN && !DG_MUTANT("sign-withdrawn")) {
        (void)dg_faultf(&s->reply->fault, DG_ERR_BAD_STATE, "withdrawn");
        return;
    }
    if (!dg_joint_has_signed(&s->joint, s->author)) {
        if (check_fresh(s) != DG_OK || s->request->dry_run)
            return;
        enum dg_err err = add_signature(s);
        if (err != DG_OK) {
            (void)dg_fault(&s->reply->fault, err);
            return;
        }
        size_t missing = s->joint.report.author_count - s->joint.envelope.signature_count;
        if (missing == 0)
            issue(s);
        else
            dg_joint_put(s->txn, &s->joint);
    }
    tell_missing(s->txn, &s->joint, s->reply);
}

/* ---- taking it back --------------------------------------------------------------------------------- */

static enum dg_err void_sign(struct signing *s)
{
    const struct dg_report *report = &s->joint.report;
    const struct dg_dir_organ *organ =
        dg_dir_unit_organ(dg_node_self(s->node, s->txn), s->request->organ, dg_day_of(s->now));
    if (organ == NULL)
        return DG_ERR_NO_ORGAN;
    struct dg_void voided = {
        .federation = dg_bytes_of(s->node->identity.federation),
        .report = s->joint.id,
        .organ = organ->slug,
        .unit = dg_bytes_of(s->node->identity.unit),
        .certificate = organ->certificate,
        .to_seq_count = report->to_seq_count,
        .to_seq = report->to_seq,
        .signed_ms = s->now,
        .epoch = report->epoch,
    };
    struct dg_buf body;
    dg_buf_init(&body, DG_VOID_MAX);
    enum dg_err err = dg_void_encode(&voided, &body);
    s->joint.voided = (struct dg_signed){.body = dg_arena_copy(s->txn->arena, dg_buf_bytes(&body))};
    dg_buf_done(&body);
    if (err == DG_OK)
        err = dg_void_decode(s->txn->arena, s->joint.voided.body, &voided, NULL);
    if (err != DG_OK)
        return err;
    return s->node->env.signer->sign(s->node->env.signer->ctx, &organ->signing, DG_CONTEXT_VOID,
                                     s->joint.voided.body, &s->joint.voided.sig);
}

/* Whoever takes back what is taken back already has what he wants. */
static void withdraw(struct signing *s)
{
    if (s->joint.state == DG_JOINT_WITHDRAWN || s->request->dry_run)
        return;
    enum dg_err err = void_sign(s);
    if (err != DG_OK) {
        (void)dg_fault(&s->reply->fault, err);
        return;
    }
    struct dg_leaf leaf = {
        .time = s->now,
        .kind = DG_LEAF_VOID,
        .report = s->joint.id,
        .organ = s->request->organ,
        .unit = dg_bytes_of(s->node->identity.unit),
        .object = dg_sha256(s->joint.voided.body),
    };
    s->joint.void_index = dg_ledger_append(s->txn, &leaf);
    s->joint.state = DG_JOINT_WITHDRAWN;
    dg_joint_put(s->txn, &s->joint);
    count_down(s->txn);
    dg_void_send(s->node, s->txn, &s->joint, s->now);
}

void dg_control_joint(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                      dg_ms now, struct dg_ctl_reply *reply)
{
    struct signing s = {.node = node, .txn = txn, .request = request, .now = now, .reply = reply};
    if (!open_draft(&s))
        return;
    switch (request->joint) {
    case DG_JOINT_SIGN:
        sign(&s);
        break;
    case DG_JOINT_WITHDRAW:
        withdraw(&s);
        break;
    }
}
