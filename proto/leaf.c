/* leaf.c - writing a leaf. The grammar stands in LOG.md; leaf_parse.c reads what this writes. */
#include "proto/leaf.h"

#include <assert.h>

#include "common/text.h"
#include "proto/leaf_form.h"
#include "proto/state_table.h"

const char *dg_leaf_kind_name(enum dg_leaf_kind kind)
{
    static const char *const names[DG_LEAF_KIND_COUNT] = {
#define X(text, name) [DG_LEAF_##name] = text,
        DG_LEAF_KINDS(X)
#undef X
    };

    assert((unsigned)kind < DG_LEAF_KIND_COUNT);
    return names[kind];
}

const char *dg_verdict_name(enum dg_verdict verdict)
{
    static const char *const names[] = {
        [DG_VERDICT_ACCEPTED] = "accepted",
        [DG_VERDICT_REJECTED] = "rejected",
        [DG_VERDICT_QUARANTINED] = "quarantined",
    };

    assert(verdict >= DG_VERDICT_ACCEPTED && verdict <= DG_VERDICT_QUARANTINED);
    return names[verdict];
}

/* --- words ---------------------------------------------------------------------------------- */

static void add_hex(struct dg_buf *out, const uint8_t bytes[static DG_HASH_BYTES])
{
    char hex[DG_HEX_BYTES];

    dg_hex(bytes, DG_HASH_BYTES, hex);
    dg_buf_add_text(out, hex);
}

static void add_hash_line(struct dg_buf *out, const char *word, const uint8_t bytes[static DG_HASH_BYTES])
{
    dg_buf_add_text(out, word);
    dg_buf_add_text(out, " ");
    add_hex(out, bytes);
    dg_buf_add_text(out, "\n");
}

static void add_address(struct dg_buf *out, struct dg_bytes organ, struct dg_bytes unit)
{
    assert(dg_slug_ok(organ) && dg_slug_ok(unit));
    dg_buf_add_bytes(out, organ);
    dg_buf_add_text(out, "@");
    dg_buf_add_bytes(out, unit);
}

static void add_address_line(struct dg_buf *out, const char *word, struct dg_bytes organ,
                             struct dg_bytes unit)
{
    dg_buf_add_text(out, word);
    dg_buf_add_text(out, " ");
    add_address(out, organ, unit);
    dg_buf_add_text(out, "\n");
}

static void add_unit_line(struct dg_buf *out, const char *word, struct dg_bytes unit)
{
    assert(dg_slug_ok(unit));
    dg_buf_add_text(out, word);
    dg_buf_add_text(out, " ");
    dg_buf_add_bytes(out, unit);
    dg_buf_add_text(out, "\n");
}

/* The checkpoint a leaf is about, or the one it has as its beacon. */
static void add_tree_head(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(dg_leaf_origin_ok(leaf->beacon_origin) && leaf->beacon_size <= INT64_MAX);
    dg_buf_add_bytes(out, leaf->beacon_origin);
    dg_buf_printf(out, " %llu ", (unsigned long long)leaf->beacon_size);
    add_hex(out, leaf->beacon_root.b);
    dg_buf_add_text(out, "\n");
}

static void add_beacon(struct dg_buf *out, const struct dg_leaf *leaf)
{
    dg_buf_add_text(out, "beacon ");
    if (leaf->has_beacon)
        add_tree_head(out, leaf);
    else
        dg_buf_add_text(out, "none\n");
}

/* --- what a report leaf says ---------------------------------------------------------------- */

static void add_authors(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(leaf->author_count > 0 && leaf->author_count <= DG_AUTHORS_MAX);
    for (size_t i = 0; i < leaf->author_count; i++) {
        const struct dg_leaf_author *author = &leaf->author[i];

        assert(dg_leaf_author_is_new(leaf->author, i));
        dg_buf_add_text(out, "author ");
        add_address(out, author->organ, author->unit);
        dg_buf_add_text(out, " ");
        add_hex(out, author->key.b);
        dg_buf_add_text(out, "\n");
    }
}

static void add_regimes(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(leaf->regime_count <= DG_REGIMES_PER_REPORT_MAX);
    for (size_t i = 0; i < leaf->regime_count; i++) {
        assert(dg_leaf_regime_is_new(leaf->regime, i));
        add_hash_line(out, "regime", leaf->regime[i].b);
    }
}

static void add_verdict(struct dg_buf *out, const struct dg_leaf *leaf)
{
    bool accepted = leaf->verdict == DG_VERDICT_ACCEPTED;

    dg_buf_add_text(out, "verdict ");
    dg_buf_add_text(out, dg_verdict_name(leaf->verdict));
    assert(accepted ? leaf->code.size == 0 : dg_leaf_code_ok(leaf->code));
    if (!accepted) {
        dg_buf_add_text(out, " ");
        dg_buf_add_bytes(out, leaf->code);
    }
    dg_buf_add_text(out, "\n");
}

static void add_flags(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(leaf->flag_count <= DG_LEAF_FLAGS_MAX);
    for (size_t i = 0; i < leaf->flag_count; i++) {
        assert(dg_slug_ok(leaf->flag[i]) && dg_leaf_text_is_new(leaf->flag, i));
        dg_buf_add_text(out, "flag ");
        dg_buf_add_bytes(out, leaf->flag[i]);
        dg_buf_add_text(out, "\n");
    }
}

/* " copy BP-24.2,BP-24.3\n"; the rules are "-" for an addition of the author's own. */
static void add_why(struct dg_buf *out, const struct dg_leaf_delivery *delivery)
{
    dg_buf_add_text(out, " ");
    dg_buf_add_text(out, dg_as_name(delivery->as));
    if (delivery->through.size > 0) {
        struct dg_bytes organ, unit;

        assert(dg_address_split(delivery->through, &organ, &unit));
        dg_buf_add_text(out, " through ");
        dg_buf_add_bytes(out, delivery->through);
    }
    assert(delivery->rule_count <= DG_RULES_PER_RECIPIENT_MAX);
    for (size_t i = 0; i < delivery->rule_count; i++) {
        assert(dg_leaf_rule_ok(delivery->rule[i]));
        dg_buf_add_text(out, i == 0 ? " " : ",");
        dg_buf_add_bytes(out, delivery->rule[i]);
    }
    dg_buf_add_text(out, delivery->rule_count == 0 ? " -\n" : "\n");
}

static void add_deliveries(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(leaf->delivery_count <= DG_RECIPIENTS_MAX);
    for (size_t i = 0; i < leaf->delivery_count; i++) {
        assert(dg_leaf_delivery_is_new(leaf->delivery, i));
        dg_buf_add_text(out, "deliver ");
        add_address(out, leaf->delivery[i].organ, leaf->delivery[i].unit);
        add_why(out, &leaf->delivery[i]);
    }
}

static void add_unresolved(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(leaf->unresolved_count <= DG_RECIPIENTS_MAX);
    for (size_t i = 0; i < leaf->unresolved_count; i++) {
        const struct dg_leaf_delivery *missing = &leaf->unresolved[i];

        assert(dg_slug_ok(missing->organ) && (missing->unit.size == 0 || dg_slug_ok(missing->unit)));
        dg_buf_add_text(out, "unresolved ");
        dg_buf_add_bytes(out, missing->organ);
        dg_buf_add_text(out, "@");
        dg_buf_add_bytes(out, missing->unit.size == 0 ? dg_bytes_of("-") : missing->unit);
        add_why(out, missing);
    }
}

/* --- the kinds ------------------------------------------------------------------------------ */

static void add_report(struct dg_buf *out, const struct dg_leaf *leaf)
{
    bool accepted = leaf->verdict == DG_VERDICT_ACCEPTED;

    add_authors(out, leaf);
    add_regimes(out, leaf);
    add_verdict(out, leaf);
    add_flags(out, leaf);
    assert(accepted || (leaf->delivery_count == 0 && leaf->unresolved_count == 0));
    add_deliveries(out, leaf);
    add_unresolved(out, leaf);
}

static void add_state(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(dg_state_name(leaf->state) != NULL);
    add_address_line(out, "organ", leaf->organ, leaf->unit);
    dg_buf_printf(out, "code %02u\n", (unsigned)leaf->state);
    add_hash_line(out, "object", leaf->object.b);
}

static void add_pass(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(leaf->decision >= DG_DECISION_PASSED && leaf->decision <= DG_DECISION_CONSOLIDATED);
    add_address_line(out, "organ", leaf->organ, leaf->unit);
    dg_buf_printf(out, "decision %s\n", dg_decision_name(leaf->decision));
    if (leaf->decision == DG_DECISION_CONSOLIDATED)
        add_hash_line(out, "into", leaf->into.b);
    add_hash_line(out, "object", leaf->object.b);
}

/* A void or a comment: who, and the hash of what was signed. */
static void add_organ_object(struct dg_buf *out, const struct dg_leaf *leaf)
{
    add_address_line(out, "organ", leaf->organ, leaf->unit);
    add_hash_line(out, "object", leaf->object.b);
}

static void add_certificate(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(leaf->has_members);
    if (leaf->organ.size == 0)
        add_unit_line(out, "subject", leaf->unit);
    else
        add_address_line(out, "subject", leaf->organ, leaf->unit);
    add_hash_line(out, "members", leaf->members.b);
}

static void add_adoption(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(leaf->regime_count == 1);
    add_unit_line(out, "unit", leaf->unit);
    add_hash_line(out, "regime", leaf->regime[0].b);
}

static void add_invitation(struct dg_buf *out, const struct dg_leaf *leaf)
{
    add_unit_line(out, "unit", leaf->unit);
}

static void add_text_line(struct dg_buf *out, const char *word, struct dg_bytes text)
{
    dg_buf_add_text(out, word);
    dg_buf_add_text(out, " ");
    dg_buf_add_bytes(out, text);
    dg_buf_add_text(out, "\n");
}

static void add_day_line(struct dg_buf *out, const char *word, struct dg_day day)
{
    char text[DG_DAY_TEXT];

    dg_day_text(day, text);
    add_text_line(out, word, dg_bytes_of(text));
}

static void add_number_line(struct dg_buf *out, const char *word, uint64_t number)
{
    assert(number <= INT64_MAX);
    dg_buf_printf(out, "%s %llu\n", word, (unsigned long long)number);
}

static void add_duty(struct dg_buf *out, const struct dg_leaf *leaf)
{
    struct dg_period period;

    assert(dg_leaf_rule_ok(leaf->rule) && dg_period_parse(leaf->period, &period));
    add_text_line(out, "rule", leaf->rule);
    add_text_line(out, "period", leaf->period);
}

static void add_calendar(struct dg_buf *out, const struct dg_leaf *leaf)
{
    add_address_line(out, "organ", leaf->organ, leaf->unit);
    add_number_line(out, "serial", leaf->number);
    add_day_line(out, "from", leaf->from);
    if (leaf->has_until)
        add_day_line(out, "until", leaf->until);
}

static void add_reminder(struct dg_buf *out, const struct dg_leaf *leaf)
{
    add_address_line(out, "organ", leaf->organ, leaf->unit);
    assert(leaf->to_count > 0 && leaf->to_count <= DG_RECIPIENTS_MAX);
    for (size_t i = 0; i < leaf->to_count; i++) {
        struct dg_bytes organ, unit;

        assert(dg_address_split(leaf->to[i], &organ, &unit) && dg_leaf_text_is_new(leaf->to, i));
        add_text_line(out, "to", leaf->to[i]);
    }
    add_duty(out, leaf);
    add_number_line(out, "count", leaf->number);
}

static void add_absence(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(dg_slug_ok(leaf->finding));
    add_address_line(out, "organ", leaf->organ, leaf->unit);
    add_duty(out, leaf);
    add_text_line(out, "decision", leaf->finding);
}

static void add_rest(struct dg_buf *out, const struct dg_leaf *leaf)
{
    assert(leaf->rest.size == 0 || leaf->rest.data[leaf->rest.size - 1] == '\n');
    dg_buf_add_bytes(out, leaf->rest);
}

static void add_kind(struct dg_buf *out, const struct dg_leaf *leaf)
{
    static void (*const add[DG_LEAF_KIND_COUNT])(struct dg_buf *, const struct dg_leaf *) = {
        [DG_LEAF_REPORT] = add_report,         [DG_LEAF_STATE] = add_state,
        [DG_LEAF_ADOPTION] = add_adoption,     [DG_LEAF_CERTIFICATE] = add_certificate,
        [DG_LEAF_INVITATION] = add_invitation, [DG_LEAF_PASS] = add_pass,
        [DG_LEAF_VOID] = add_organ_object,     [DG_LEAF_COMMENT] = add_organ_object,
        [DG_LEAF_CALENDAR] = add_calendar,     [DG_LEAF_REMINDER] = add_reminder,
        [DG_LEAF_ABSENCE] = add_absence,
    };
    bool about_report = dg_leaf_names_report(leaf->kind);

    add_hash_line(out, dg_leaf_kind_name(leaf->kind), about_report ? leaf->report.b : leaf->object.b);
    if (add[leaf->kind] != NULL)
        add[leaf->kind](out, leaf);
    else
        add_rest(out, leaf);
    add_beacon(out, leaf);
}

enum dg_err dg_leaf_write(const struct dg_leaf *leaf, struct dg_buf *out)
{
    char time[DG_INSTANT_TEXT];
    size_t start = out->size;

    dg_instant_text(leaf->time, time);
    dg_buf_printf(out, "time %s\n", time);
    if (leaf->kind == DG_LEAF_CHECKPOINT) {
        assert(leaf->has_beacon);
        dg_buf_add_text(out, "checkpoint ");
        add_tree_head(out, leaf);
    } else {
        add_kind(out, leaf);
    }
    if (out->err != DG_OK)
        return out->err;
    if (out->size - start > DG_LEAF_MAX) {
        out->size = start;
        return DG_ERR_TOO_LARGE;
    }
    return DG_OK;
}
