/* report_encode.c - writes R. */
#include "proto/pb.h"

#include <string.h>

#include "common/crypto.h"
#include "proto/report.h"

static void write_authors(struct dg_pb_out *out, const struct dg_report *report, Dgpb__Report *wire)
{
    wire->n_author = dg_pb_messages(out, report->author_count, &dgpb__author__descriptor, &wire->author);
    for (size_t i = 0; i < wire->n_author; i++) {
        const struct dg_author *author = &report->author[i];
        wire->author[i]->organ = dg_pb_bytes(author->organ);
        wire->author[i]->unit = dg_pb_bytes(author->unit);
        wire->author[i]->certificate = DG_PB_VIEW(author->certificate);
    }
}

static void write_indicators(struct dg_pb_out *out, const struct dg_report *report, Dgpb__Report *wire)
{
    wire->n_indicator =
        dg_pb_messages(out, report->indicator_count, &dgpb__indicator__descriptor, &wire->indicator);
    for (size_t i = 0; i < wire->n_indicator; i++) {
        wire->indicator[i]->name = dg_pb_bytes(report->indicator[i].name);
        wire->indicator[i]->value = dg_pb_bytes(report->indicator[i].value);
    }
    wire->n_extra = dg_pb_messages(out, report->extra_count, &dgpb__extra__descriptor, &wire->extra);
    for (size_t i = 0; i < wire->n_extra; i++) {
        wire->extra[i]->name = dg_pb_bytes(report->extra[i].name);
        wire->extra[i]->value = dg_pb_bytes(report->extra[i].value);
    }
}

static void write_attachments(struct dg_pb_out *out, const struct dg_report *report, Dgpb__Report *wire)
{
    wire->n_attachment =
        dg_pb_messages(out, report->attachment_count, &dgpb__attachment__descriptor, &wire->attachment);
    for (size_t i = 0; i < wire->n_attachment; i++) {
        const struct dg_attachment *attachment = &report->attachment[i];
        wire->attachment[i]->name = dg_pb_bytes(attachment->name);
        wire->attachment[i]->size = attachment->size;
        wire->attachment[i]->sha256 = DG_PB_VIEW(attachment->sha256);
        wire->attachment[i]->chunk_size = attachment->chunk_size;
        wire->attachment[i]->chunk_root = DG_PB_VIEW(attachment->chunk_root);
    }
}

static void write_recipient(struct dg_pb_out *out, const struct dg_recipient *recipient,
                            Dgpb__Recipient *wire)
{
    wire->organ = dg_pb_bytes(recipient->organ);
    wire->unit = dg_pb_bytes(recipient->unit);
    wire->as = recipient->as;
    dg_pb_optional(&wire->has_through, &wire->through, recipient->through);
    wire->n_rule = dg_pb_views(out, recipient->rule_count, recipient->rule, &wire->rule);
    wire->has_certificate = recipient->has_certificate;
    wire->certificate = DG_PB_VIEW(recipient->certificate);
}

/* Where the report goes: regimes, recipients and the sequence numbers of their units. */
static void write_delivery(struct dg_pb_out *out, const struct dg_report *report, Dgpb__Report *wire)
{
    wire->n_regime = dg_pb_messages(out, report->regime_count, &dgpb__regime_use__descriptor, &wire->regime);
    for (size_t i = 0; i < wire->n_regime; i++) {
        wire->regime[i]->unit = dg_pb_bytes(report->regime[i].unit);
        wire->regime[i]->regime = DG_PB_VIEW(report->regime[i].regime);
        wire->regime[i]->adoption = DG_PB_VIEW(report->regime[i].adoption);
    }
    wire->n_recipient =
        dg_pb_messages(out, report->recipient_count, &dgpb__recipient__descriptor, &wire->recipient);
    for (size_t i = 0; i < wire->n_recipient; i++)
        write_recipient(out, &report->recipient[i], wire->recipient[i]);
    wire->n_to_seq = dg_pb_messages(out, report->to_seq_count, &dgpb__to_seq__descriptor, &wire->to_seq);
    for (size_t i = 0; i < wire->n_to_seq; i++) {
        wire->to_seq[i]->unit = dg_pb_bytes(report->to_seq[i].unit);
        wire->to_seq[i]->seq = report->to_seq[i].seq;
    }
}

static void write_header(struct dg_pb_out *out, const struct dg_report *report, Dgpb__Report *wire)
{
    wire->version = DG_PB_VERSION;
    wire->federation = dg_pb_bytes(report->federation);
    wire->epoch = report->epoch;
    wire->kind = dg_pb_bytes(report->kind);
    dg_pb_optional(&wire->has_period, &wire->period, report->period);
    dg_pb_optional(&wire->has_number, &wire->number, report->number);
    wire->date = dg_pb_bytes(report->date);
    wire->title = dg_pb_bytes(report->title);
    wire->urgency = report->urgency;
    wire->n_matter = dg_pb_views(out, report->matter_count, report->matter, &wire->matter);
    wire->n_also_to = dg_pb_views(out, report->also_to_count, report->also_to, &wire->also_to);
    wire->n_source =
        dg_pb_fixed_views(out, report->source_count, report->source, sizeof *report->source, &wire->source);
    wire->has_supersedes = report->has_supersedes;
    wire->supersedes = DG_PB_VIEW(report->supersedes);
    dg_pb_optional(&wire->has_reply_by, &wire->reply_by, report->reply_by);
    dg_pb_optional(&wire->has_settles_on, &wire->settles_on, report->settles_on);
}

static void write_purposes(struct dg_pb_out *out, const struct dg_report *report, Dgpb__Report *wire)
{
    wire->n_purpose = dg_pb_messages(out, report->purpose_count, &dgpb__purpose__descriptor, &wire->purpose);
    for (size_t i = 0; i < wire->n_purpose; i++) {
        wire->purpose[i]->address = dg_pb_bytes(report->purpose[i].address);
        wire->purpose[i]->purpose = dg_pb_bytes(report->purpose[i].purpose);
    }
}

enum dg_err dg_report_encode(const struct dg_report *report, struct dg_buf *out)
{
    Dgpb__Report wire = DGPB__REPORT__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    write_header(&pb, report, &wire);
    write_authors(&pb, report, &wire);
    write_indicators(&pb, report, &wire);
    wire.body = dg_pb_bytes(report->body);
    write_attachments(&pb, report, &wire);
    write_delivery(&pb, report, &wire);
    write_purposes(&pb, report, &wire);
    wire.signed_ms = report->signed_ms;
    wire.salt = DG_PB_VIEW(report->salt);
    return dg_pb_out_end(&pb, &wire.base, out);
}

enum dg_err dg_draft_encode(const struct dg_report *draft, struct dg_buf *out)
{
    struct dg_report report = *draft;

    if (report.urgency == 0)
        report.urgency = DG_URGENCY_NORMAL;
    return dg_report_encode(&report, out);
}

struct dg_id dg_report_id(struct dg_bytes report)
{
    struct dg_hash hash = dg_sha256(report);
    struct dg_id id;

    _Static_assert(sizeof id == sizeof hash, "an id is a SHA-256");
    memcpy(&id, &hash, sizeof id);
    return id;
}
