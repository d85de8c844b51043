/* report.c - reads R, and drafts of it. */
#include "proto/report.h"

#include <string.h>

#include "common/limits.h"
#include "proto/pb.h"
#include "proto/regime.h"

/* A draft lacks what the node completes: those fields are not looked at, and date may be empty. */
enum stage { SIGNED, DRAFT };

/* --- the author's part ---------------------------------------------------------------------- */

/* A clerk who mistypes a kind in a draft is better told that no rule covers it. */
static struct dg_bytes read_kind(struct dg_pb *pb, ProtobufCBinaryData value, enum stage stage)
{
    struct dg_bytes kind = dg_pb_slug(pb, value, "kind");

    if (stage == SIGNED && pb->err == DG_OK && !dg_kind_known(kind))
        dg_pb_fail(pb, DG_ERR_UNSUPPORTED, "kind");
    return kind;
}

static struct dg_bytes read_period(struct dg_pb *pb, const Dgpb__Report *wire)
{
    struct dg_period period;
    struct dg_bytes text = dg_bytes_at(NULL, 0);

    if (!dg_pb_present(pb, wire->has_period, wire->period))
        return text;
    text = dg_bytes_at(wire->period.data, wire->period.len);
    if (!dg_period_parse(text, &period))
        dg_pb_fail(pb, DG_ERR_BAD_PERIOD, "period");
    return text;
}

static struct dg_bytes read_date(struct dg_pb *pb, ProtobufCBinaryData value, enum stage stage)
{
    if (stage == SIGNED || value.len != 0)
        dg_pb_day(pb, value, "date");
    return dg_bytes_at(value.data, value.len);
}

/* A day that only some reports name. */
static struct dg_bytes read_other_day(struct dg_pb *pb, protobuf_c_boolean has, ProtobufCBinaryData value,
                                      const char *what)
{
    if (!dg_pb_present(pb, has, value))
        return dg_bytes_at(NULL, 0);
    dg_pb_day(pb, value, what);
    return dg_bytes_at(value.data, value.len);
}

static void read_header(struct dg_pb *pb, const Dgpb__Report *wire, enum stage stage, struct dg_report *ret)
{
    ret->version = wire->version;
    ret->kind = read_kind(pb, wire->kind, stage);
    ret->period = read_period(pb, wire);
    if (dg_pb_present(pb, wire->has_number, wire->number))
        ret->number = dg_pb_line(pb, wire->number, DG_NUMBER_MAX, "number");
    ret->date = read_date(pb, wire->date, stage);
    ret->title = dg_pb_line(pb, wire->title, DG_TITLE_MAX, "title");
    ret->urgency = (enum dg_urgency)dg_pb_choice(pb, wire->urgency, DG_URGENCY_HOA_TOC, "urgency");
    ret->matter_count =
        dg_pb_list(pb, wire->n_matter, wire->matter, DG_MATTERS_MAX, dg_pb_slug, &ret->matter, "matter");
    ret->also_to_count = dg_pb_list(pb, wire->n_also_to, wire->also_to, DG_ALSO_TO_MAX, dg_pb_address,
                                    &ret->also_to, "also-to");
    ret->source_count = dg_pb_fixed_list(pb, wire->n_source, wire->source, DG_SOURCES_MAX,
                                         sizeof *ret->source, &ret->source, "source");
    ret->has_supersedes = wire->has_supersedes;
    if (wire->has_supersedes)
        DG_PB_FIXED(pb, wire->supersedes, ret->supersedes.b, "supersedes");
    ret->reply_by = read_other_day(pb, wire->has_reply_by, wire->reply_by, "reply_by");
    ret->settles_on = read_other_day(pb, wire->has_settles_on, wire->settles_on, "settles_on");
    ret->body = dg_pb_lines(pb, wire->body, DG_BODY_MAX, "body");
}

/* Takes decimal digits off the front; false when there are none. */
static bool take_digits(struct dg_bytes *text)
{
    size_t n = 0;

    if (text->size == 0)
        return false;
    while (n < text->size && text->data[n] >= '0' && text->data[n] <= '9')
        n++;
    text->data += n;
    text->size -= n;
    return n != 0;
}

/* -?[0-9]+([.][0-9]+)? */
static bool is_decimal(struct dg_bytes text)
{
    if (text.size == 0)
        return false;
    if (text.data[0] == '-')
        text = dg_bytes_at(text.data + 1, text.size - 1);
    if (!take_digits(&text))
        return false;
    if (text.size != 0 && text.data[0] == '.') {
        text = dg_bytes_at(text.data + 1, text.size - 1);
        return take_digits(&text) && text.size == 0;
    }
    return text.size == 0;
}

static void read_indicators(struct dg_pb *pb, const Dgpb__Report *wire, struct dg_report *ret)
{
    ret->indicator_count = dg_pb_array(pb, wire->n_indicator, DG_INDICATORS_MAX, sizeof *ret->indicator,
                                       &ret->indicator, "indicator");
    for (size_t i = 0; i < ret->indicator_count; i++) {
        struct dg_indicator *indicator = &ret->indicator[i];
        indicator->name = dg_pb_line(pb, wire->indicator[i]->name, DG_NAME_MAX, "indicator");
        indicator->value = dg_pb_raw(pb, wire->indicator[i]->value, DG_NUMBER_MAX, "indicator");
        if (!is_decimal(indicator->value))
            dg_pb_fail(pb, DG_ERR_MALFORMED, "indicator");
    }
}

static void read_extras(struct dg_pb *pb, const Dgpb__Report *wire, struct dg_report *ret)
{
    ret->extra_count =
        dg_pb_array(pb, wire->n_extra, DG_EXTRAS_MAX, sizeof *ret->extra, &ret->extra, "extra");
    for (size_t i = 0; i < ret->extra_count; i++) {
        struct dg_extra *extra = &ret->extra[i];
        extra->name = dg_pb_slug(pb, wire->extra[i]->name, "extra");
        if (extra->name.size < 3 || memcmp(extra->name.data, "x-", 2) != 0)
            dg_pb_fail(pb, DG_ERR_MALFORMED, "extra");
        extra->value = dg_pb_line(pb, wire->extra[i]->value, DG_TITLE_MAX, "extra");
    }
}

static bool is_addition(const struct dg_report *report, struct dg_bytes address)
{
    for (size_t i = 0; i < report->also_to_count; i++)
        if (dg_bytes_equal(report->also_to[i], address))
            return true;
    return false;
}

/* Only what the author added has a purpose of the author's; each has one. */
static void read_purposes(struct dg_pb *pb, const Dgpb__Report *wire, struct dg_report *ret)
{
    ret->purpose_count =
        dg_pb_array(pb, wire->n_purpose, DG_ALSO_TO_MAX, sizeof *ret->purpose, &ret->purpose, "purpose");
    for (size_t i = 0; i < ret->purpose_count; i++) {
        struct dg_purpose *purpose = &ret->purpose[i];
        purpose->address = dg_pb_address(pb, wire->purpose[i]->address, "purpose");
        purpose->purpose = dg_pb_line(pb, wire->purpose[i]->purpose, DG_PURPOSE_MAX, "purpose");
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || dg_bytes_equal(ret->purpose[k].address, purpose->address);
        if (again || purpose->purpose.size == 0 || !is_addition(ret, purpose->address))
            dg_pb_fail(pb, DG_ERR_MALFORMED, "purpose");
    }
}

/* A receiver may save an attachment under its name, so the name never leads out of a directory. */
static struct dg_bytes read_file_name(struct dg_pb *pb, ProtobufCBinaryData value)
{
    struct dg_bytes name = dg_pb_line(pb, value, DG_NAME_MAX, "attachment");

    if (name.size != 0 &&
        (memchr(name.data, '/', name.size) != NULL || dg_bytes_is(name, ".") || dg_bytes_is(name, "..")))
        dg_pb_fail(pb, DG_ERR_BAD_TEXT, "attachment");
    return name;
}

static void read_attachments(struct dg_pb *pb, const Dgpb__Report *wire, struct dg_report *ret)
{
    ret->attachment_count = dg_pb_array(pb, wire->n_attachment, DG_ATTACHMENTS_MAX, sizeof *ret->attachment,
                                        &ret->attachment, "attachment");
    for (size_t i = 0; i < ret->attachment_count; i++) {
        struct dg_attachment *attachment = &ret->attachment[i];
        attachment->name = read_file_name(pb, wire->attachment[i]->name);
        attachment->size = wire->attachment[i]->size;
        DG_PB_FIXED(pb, wire->attachment[i]->sha256, attachment->sha256.b, "attachment");
        attachment->chunk_size = dg_pb_ordinal(pb, wire->attachment[i]->chunk_size, "chunk size");
        DG_PB_FIXED(pb, wire->attachment[i]->chunk_root, attachment->chunk_root.b, "attachment");
    }
}

/* --- the node's part ------------------------------------------------------------------------ */

static struct dg_pb_pair *pairs_for(struct dg_pb *pb, size_t count)
{
    return count == 0 ? NULL : dg_pb_alloc(pb, count * sizeof(struct dg_pb_pair));
}

static void read_authors(struct dg_pb *pb, const Dgpb__Report *wire, struct dg_report *ret)
{
    if (wire->n_author == 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "author");
    ret->author_count =
        dg_pb_array(pb, wire->n_author, DG_AUTHORS_MAX, sizeof *ret->author, &ret->author, "author");
    struct dg_pb_pair *pairs = pairs_for(pb, ret->author_count);
    for (size_t i = 0; pairs != NULL && i < ret->author_count; i++) {
        struct dg_author *author = &ret->author[i];
        author->organ = dg_pb_slug(pb, wire->author[i]->organ, "author");
        author->unit = dg_pb_slug(pb, wire->author[i]->unit, "author");
        DG_PB_FIXED(pb, wire->author[i]->certificate, author->certificate.b, "author");
        pairs[i] = (struct dg_pb_pair){author->organ, author->unit};
    }
    if (pb->err == DG_OK)
        dg_pb_unique(pb, pairs, ret->author_count, "author twice");
}

static void read_regimes(struct dg_pb *pb, const Dgpb__Report *wire, struct dg_report *ret)
{
    ret->regime_count = dg_pb_array(pb, wire->n_regime, DG_REGIMES_PER_REPORT_MAX, sizeof *ret->regime,
                                    &ret->regime, "regime");
    for (size_t i = 0; i < ret->regime_count; i++) {
        ret->regime[i].unit = dg_pb_slug(pb, wire->regime[i]->unit, "regime");
        DG_PB_FIXED(pb, wire->regime[i]->regime, ret->regime[i].regime.b, "regime");
        DG_PB_FIXED(pb, wire->regime[i]->adoption, ret->regime[i].adoption.b, "regime");
    }
}

static void read_recipient(struct dg_pb *pb, const Dgpb__Recipient *wire, struct dg_recipient *ret)
{
    ret->organ = dg_pb_slug(pb, wire->organ, "recipient");
    ret->unit = dg_pb_slug(pb, wire->unit, "recipient");
    /* A via organ is not a recipient: it is named in through. */
    ret->as = (enum dg_as)dg_pb_choice(pb, wire->as, DG_AS_OBSERVE, "as");
    if (dg_pb_present(pb, wire->has_through, wire->through))
        ret->through = dg_pb_address(pb, wire->through, "through");
    ret->rule_count = dg_pb_list(pb, wire->n_rule, wire->rule, DG_RULES_PER_RECIPIENT_MAX, dg_pb_rule_id,
                                 &ret->rule, "rule");
    ret->has_certificate = wire->has_certificate;
    if (wire->has_certificate)
        DG_PB_FIXED(pb, wire->certificate, ret->certificate.b, "recipient");
}

static void read_recipients(struct dg_pb *pb, const Dgpb__Report *wire, struct dg_report *ret)
{
    ret->recipient_count = dg_pb_array(pb, wire->n_recipient, DG_RECIPIENTS_MAX, sizeof *ret->recipient,
                                       &ret->recipient, "recipient");
    struct dg_pb_pair *pairs = pairs_for(pb, ret->recipient_count);
    for (size_t i = 0; pairs != NULL && i < ret->recipient_count; i++) {
        read_recipient(pb, wire->recipient[i], &ret->recipient[i]);
        pairs[i] = (struct dg_pb_pair){ret->recipient[i].organ, ret->recipient[i].unit};
    }
    if (pb->err == DG_OK)
        dg_pb_unique(pb, pairs, ret->recipient_count, "recipient twice");
}

static void read_to_seq(struct dg_pb *pb, const Dgpb__Report *wire, struct dg_report *ret)
{
    ret->to_seq_count =
        dg_pb_array(pb, wire->n_to_seq, DG_RECIPIENTS_MAX, sizeof *ret->to_seq, &ret->to_seq, "to_seq");
    struct dg_pb_pair *pairs = pairs_for(pb, ret->to_seq_count);
    for (size_t i = 0; pairs != NULL && i < ret->to_seq_count; i++) {
        ret->to_seq[i].unit = dg_pb_slug(pb, wire->to_seq[i]->unit, "to_seq");
        ret->to_seq[i].seq = wire->to_seq[i]->seq;
        if (ret->to_seq[i].seq == 0)
            dg_pb_fail(pb, DG_ERR_MALFORMED, "to_seq");
        pairs[i] = (struct dg_pb_pair){.first = ret->to_seq[i].unit};
    }
    if (pb->err == DG_OK)
        dg_pb_unique(pb, pairs, ret->to_seq_count, "to_seq twice");
}

static void read_node_part(struct dg_pb *pb, const Dgpb__Report *wire, struct dg_report *ret)
{
    ret->federation = dg_pb_federation(pb, wire->federation, "federation");
    read_authors(pb, wire, ret);
    ret->epoch = dg_pb_ordinal(pb, wire->epoch, "epoch");
    read_regimes(pb, wire, ret);
    read_recipients(pb, wire, ret);
    read_to_seq(pb, wire, ret);
    ret->signed_ms = dg_pb_instant(pb, wire->signed_ms, "signed_ms");
    DG_PB_FIXED(pb, wire->salt, ret->salt, "salt");
}

static enum dg_err decode(struct dg_arena *arena, struct dg_bytes bytes, enum stage stage,
                          struct dg_report *ret, struct dg_fault *fault)
{
    struct dg_report report = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), fault);
    const Dgpb__Report *wire =
        dg_pb_unpack(&pb, &dgpb__report__descriptor, bytes, DG_REPORT_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_header(&pb, wire, stage, &report);
    read_indicators(&pb, wire, &report);
    read_extras(&pb, wire, &report);
    read_purposes(&pb, wire, &report);
    read_attachments(&pb, wire, &report);
    if (stage == SIGNED)
        read_node_part(&pb, wire, &report);
    if (pb.err == DG_OK)
        *ret = report;
    return pb.err;
}

enum dg_err dg_report_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_report *ret,
                             struct dg_fault *fault)
{
    return decode(arena, bytes, SIGNED, ret, fault);
}

enum dg_err dg_draft_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_report *ret,
                            struct dg_fault *fault)
{
    return decode(arena, bytes, DRAFT, ret, fault);
}
