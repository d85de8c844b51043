/* leaf_parse.c - reading a leaf as strictly as leaf.c writes it.
 *
 * Every line has its place, every value one spelling (hex in lower case, decimals without leading
 * zeros, one form of instant), and no line is skipped: so what parses here is what dg_leaf_write
 * makes of the result. tests/fuzz/fuzz_leaf.c holds us to that.
 */
#include "proto/leaf.h"

#include "common/line.h"
#include "common/text.h"
#include "proto/leaf_form.h"
#include "proto/state_table.h"

/* What is left of the text. The first error sticks; after it every reading gives empty values. */
struct reader {
    struct dg_arena *arena;
    struct dg_fault *fault;
    struct dg_bytes rest;
    unsigned line; /* number of the last line taken */
    enum dg_err err;
};

static void refuse(struct reader *reader, const char *wanted)
{
    if (reader->err == DG_OK)
        reader->err = dg_faultf(reader->fault, DG_ERR_BAD_LEAF, "line %u: %s", reader->line, wanted);
}

/* Refuses for lack of memory; a shorter word than malformed, and not the leaf's mistake. */
static void *room(struct reader *reader, size_t count, size_t size)
{
    void *memory = reader->err == DG_OK ? dg_arena_array(reader->arena, count, size) : NULL;

    if (memory == NULL && reader->err == DG_OK)
        reader->err = dg_fault(reader->fault, DG_ERR_NO_MEMORY);
    return memory;
}

/* True when line is "word value", which it then makes value. */
static bool skip_word(struct dg_bytes *line, const char *word)
{
    struct dg_bytes value = *line;

    if (!dg_line_skip(&value, word) || !dg_line_skip(&value, " "))
        return false;
    *line = value;
    return true;
}

/* How many of the next lines begin with word. */
static size_t count_lines(const struct reader *reader, const char *word)
{
    struct dg_bytes rest = reader->rest, line;
    size_t count = 0;

    while (dg_line_next(&rest, &line) && skip_word(&line, word))
        count++;
    return count;
}

/* Takes the next line, which must begin with word, and returns its value. */
static struct dg_bytes take(struct reader *reader, const char *word)
{
    struct dg_bytes line;

    reader->line++;
    if (reader->err != DG_OK || !dg_line_next(&reader->rest, &line) || !skip_word(&line, word)) {
        refuse(reader, word);
        return (struct dg_bytes){0};
    }
    return line;
}

/* --- words ---------------------------------------------------------------------------------- */

/* Cuts the first word off value; the last word leaves value empty. */
static struct dg_bytes next_word(struct dg_bytes *value)
{
    struct dg_bytes word = *value;

    if (!dg_line_cut(*value, ' ', &word, value))
        *value = (struct dg_bytes){0};
    return word;
}

static void take_hash(struct reader *reader, const char *word, uint8_t ret[static DG_HASH_BYTES])
{
    struct dg_bytes value = take(reader, word);

    if (!dg_unhex(value, ret, DG_HASH_BYTES))
        refuse(reader, word);
}

static void take_address(struct reader *reader, const char *word, struct dg_leaf *leaf)
{
    struct dg_bytes value = take(reader, word);

    if (!dg_address_split(value, &leaf->organ, &leaf->unit))
        refuse(reader, word);
}

static void take_unit(struct reader *reader, const char *word, struct dg_leaf *leaf)
{
    leaf->unit = take(reader, word);
    if (!dg_slug_ok(leaf->unit))
        refuse(reader, word);
}

static void read_tree_head(struct reader *reader, struct dg_bytes value, struct dg_leaf *leaf)
{
    struct dg_bytes size;

    leaf->has_beacon = true;
    if (!dg_line_cut(value, ' ', &leaf->beacon_origin, &value) || !dg_leaf_origin_ok(leaf->beacon_origin) ||
        !dg_line_cut(value, ' ', &size, &value) || !dg_decimal_parse(size, &leaf->beacon_size) ||
        !dg_unhex(value, leaf->beacon_root.b, DG_HASH_BYTES))
        refuse(reader, "origin, size and root");
}

static void take_beacon(struct reader *reader, struct dg_leaf *leaf)
{
    struct dg_bytes value = take(reader, "beacon");

    if (!dg_bytes_is(value, "none"))
        read_tree_head(reader, value, leaf);
}

/* --- what a report leaf says ---------------------------------------------------------------- */

static void take_authors(struct reader *reader, struct dg_leaf *leaf)
{
    size_t count = count_lines(reader, "author");

    if (count == 0 || count > DG_AUTHORS_MAX) {
        refuse(reader, "authors");
        return;
    }
    leaf->author_count = count;
    leaf->author = room(reader, count, sizeof *leaf->author);
    for (size_t i = 0; i < count && reader->err == DG_OK; i++) {
        struct dg_leaf_author *author = &leaf->author[i];
        struct dg_bytes value = take(reader, "author"), address;

        if (!dg_line_cut(value, ' ', &address, &value) ||
            !dg_address_split(address, &author->organ, &author->unit) ||
            !dg_unhex(value, author->key.b, DG_KEY_BYTES) || !dg_leaf_author_is_new(leaf->author, i))
            refuse(reader, "author");
    }
}

static void take_regimes(struct reader *reader, struct dg_leaf *leaf)
{
    size_t count = count_lines(reader, "regime");

    if (count > DG_REGIMES_PER_REPORT_MAX) {
        refuse(reader, "regimes");
        return;
    }
    leaf->regime_count = count;
    leaf->regime = room(reader, count, sizeof *leaf->regime);
    for (size_t i = 0; i < count && reader->err == DG_OK; i++) {
        take_hash(reader, "regime", leaf->regime[i].b);
        if (!dg_leaf_regime_is_new(leaf->regime, i))
            refuse(reader, "regime");
    }
}

static void take_verdict(struct reader *reader, struct dg_leaf *leaf)
{
    struct dg_bytes value = take(reader, "verdict");

    if (dg_bytes_is(value, "accepted")) {
        leaf->verdict = DG_VERDICT_ACCEPTED;
        return;
    }
    leaf->verdict = skip_word(&value, "rejected") ? DG_VERDICT_REJECTED : DG_VERDICT_QUARANTINED;
    if (leaf->verdict == DG_VERDICT_QUARANTINED && !skip_word(&value, "quarantined"))
        refuse(reader, "verdict");
    leaf->code = value;
    if (!dg_leaf_code_ok(value))
        refuse(reader, "code");
}

static void take_flags(struct reader *reader, struct dg_leaf *leaf)
{
    size_t count = count_lines(reader, "flag");

    if (count > DG_LEAF_FLAGS_MAX) {
        refuse(reader, "flags");
        return;
    }
    leaf->flag_count = count;
    leaf->flag = room(reader, count, sizeof *leaf->flag);
    for (size_t i = 0; i < count && reader->err == DG_OK; i++) {
        leaf->flag[i] = take(reader, "flag");
        if (!dg_slug_ok(leaf->flag[i]) || !dg_leaf_text_is_new(leaf->flag, i))
            refuse(reader, "flag");
    }
}

static void read_rules(struct reader *reader, struct dg_bytes value, struct dg_leaf_delivery *delivery)
{
    size_t count = 1;

    if (dg_bytes_is(value, "-"))
        return;
    for (size_t i = 0; i < value.size; i++)
        count += value.data[i] == ',';
    if (count > DG_RULES_PER_RECIPIENT_MAX) {
        refuse(reader, "rules");
        return;
    }
    delivery->rule_count = count;
    delivery->rule = room(reader, count, sizeof *delivery->rule);
    for (size_t i = 0; i < count && reader->err == DG_OK; i++) {
        delivery->rule[i] = value;
        if (i + 1 < count && !dg_line_cut(value, ',', &delivery->rule[i], &value))
            refuse(reader, "rules");
        if (!dg_leaf_rule_ok(delivery->rule[i]))
            refuse(reader, "rule");
    }
}

/* "copy through o@u BP-24.2,BP-24.3": the part that deliver and unresolved have in common. */
static void read_why(struct reader *reader, struct dg_bytes value, struct dg_leaf_delivery *delivery)
{
    struct dg_bytes organ, unit;

    if (!dg_as_parse(next_word(&value), &delivery->as))
        refuse(reader, "to, copy, observe or via");
    if (skip_word(&value, "through")) {
        delivery->through = next_word(&value);
        if (!dg_address_split(delivery->through, &organ, &unit))
            refuse(reader, "through");
    }
    read_rules(reader, value, delivery);
}

static void take_deliveries(struct reader *reader, struct dg_leaf *leaf)
{
    size_t count = count_lines(reader, "deliver");

    if (count > DG_RECIPIENTS_MAX) {
        refuse(reader, "deliveries");
        return;
    }
    leaf->delivery_count = count;
    leaf->delivery = room(reader, count, sizeof *leaf->delivery);
    for (size_t i = 0; i < count && reader->err == DG_OK; i++) {
        struct dg_leaf_delivery *delivery = &leaf->delivery[i];
        struct dg_bytes value = take(reader, "deliver");

        if (!dg_address_split(next_word(&value), &delivery->organ, &delivery->unit) ||
            !dg_leaf_delivery_is_new(leaf->delivery, i))
            refuse(reader, "deliver");
        read_why(reader, value, delivery);
    }
}

static void take_unresolved(struct reader *reader, struct dg_leaf *leaf)
{
    size_t count = count_lines(reader, "unresolved");

    if (count > DG_RECIPIENTS_MAX) {
        refuse(reader, "unresolved");
        return;
    }
    leaf->unresolved_count = count;
    leaf->unresolved = room(reader, count, sizeof *leaf->unresolved);
    for (size_t i = 0; i < count && reader->err == DG_OK; i++) {
        struct dg_leaf_delivery *missing = &leaf->unresolved[i];
        struct dg_bytes value = take(reader, "unresolved");
        bool whole = dg_line_cut(next_word(&value), '@', &missing->organ, &missing->unit);

        if (dg_bytes_is(missing->unit, "-"))
            missing->unit = (struct dg_bytes){0};
        else
            whole = whole && dg_slug_ok(missing->unit);
        if (!whole || !dg_slug_ok(missing->organ))
            refuse(reader, "unresolved");
        read_why(reader, value, missing);
    }
}

/* --- the kinds ------------------------------------------------------------------------------ */

static void take_report(struct reader *reader, struct dg_leaf *leaf)
{
    take_authors(reader, leaf);
    take_regimes(reader, leaf);
    take_verdict(reader, leaf);
    take_flags(reader, leaf);
    if (leaf->verdict == DG_VERDICT_ACCEPTED) {
        take_deliveries(reader, leaf);
        take_unresolved(reader, leaf);
    }
}

static void take_state(struct reader *reader, struct dg_leaf *leaf)
{
    take_address(reader, "organ", leaf);
    struct dg_bytes code = take(reader, "code");

    if (code.size == 2 && code.data[0] >= '0' && code.data[0] <= '9' && code.data[1] >= '0' &&
        code.data[1] <= '9')
        leaf->state = (uint32_t)(code.data[0] - '0') * 10 + (uint32_t)(code.data[1] - '0');
    if (dg_state_name(leaf->state) == NULL)
        refuse(reader, "code");
    take_hash(reader, "object", leaf->object.b);
}

static void take_pass(struct reader *reader, struct dg_leaf *leaf)
{
    take_address(reader, "organ", leaf);
    if (!dg_decision_parse(take(reader, "decision"), &leaf->decision))
        refuse(reader, "decision");
    if (leaf->decision == DG_DECISION_CONSOLIDATED)
        take_hash(reader, "into", leaf->into.b);
    take_hash(reader, "object", leaf->object.b);
}

static void take_organ_object(struct reader *reader, struct dg_leaf *leaf)
{
    take_address(reader, "organ", leaf);
    take_hash(reader, "object", leaf->object.b);
}

static void take_certificate(struct reader *reader, struct dg_leaf *leaf)
{
    struct dg_bytes subject = take(reader, "subject");

    if (!dg_address_split(subject, &leaf->organ, &leaf->unit)) {
        leaf->organ = (struct dg_bytes){0};
        leaf->unit = subject;
        if (!dg_slug_ok(subject))
            refuse(reader, "subject");
    }
    leaf->has_members = true;
    take_hash(reader, "members", leaf->members.b);
}

static void take_adoption(struct reader *reader, struct dg_leaf *leaf)
{
    take_unit(reader, "unit", leaf);
    leaf->regime_count = 1;
    leaf->regime = room(reader, 1, sizeof *leaf->regime);
    if (leaf->regime != NULL)
        take_hash(reader, "regime", leaf->regime->b);
}

static void take_invitation(struct reader *reader, struct dg_leaf *leaf)
{
    take_unit(reader, "unit", leaf);
}

static uint64_t take_number(struct reader *reader, const char *word)
{
    uint64_t number = 0;

    if (!dg_decimal_parse(take(reader, word), &number))
        refuse(reader, word);
    return number;
}

static struct dg_day take_day(struct reader *reader, const char *word)
{
    struct dg_day day = {0};

    if (!dg_day_parse(take(reader, word), &day))
        refuse(reader, word);
    return day;
}

static void take_duty(struct reader *reader, struct dg_leaf *leaf)
{
    struct dg_period period;

    leaf->rule = take(reader, "rule");
    if (!dg_leaf_rule_ok(leaf->rule))
        refuse(reader, "rule");
    leaf->period = take(reader, "period");
    if (!dg_period_parse(leaf->period, &period))
        refuse(reader, "period");
}

static void take_calendar(struct reader *reader, struct dg_leaf *leaf)
{
    take_address(reader, "organ", leaf);
    leaf->number = take_number(reader, "serial");
    leaf->from = take_day(reader, "from");
    leaf->has_until = count_lines(reader, "until") > 0;
    if (leaf->has_until)
        leaf->until = take_day(reader, "until");
}

static void take_reminder(struct reader *reader, struct dg_leaf *leaf)
{
    struct dg_bytes organ, unit;

    take_address(reader, "organ", leaf);
    size_t count = count_lines(reader, "to");
    if (count == 0 || count > DG_RECIPIENTS_MAX) {
        refuse(reader, "to");
        return;
    }
    leaf->to_count = count;
    leaf->to = room(reader, count, sizeof *leaf->to);
    for (size_t i = 0; i < count && reader->err == DG_OK; i++) {
        leaf->to[i] = take(reader, "to");
        if (!dg_address_split(leaf->to[i], &organ, &unit) || !dg_leaf_text_is_new(leaf->to, i))
            refuse(reader, "to");
    }
    take_duty(reader, leaf);
    leaf->number = take_number(reader, "count");
}

static void take_absence(struct reader *reader, struct dg_leaf *leaf)
{
    take_address(reader, "organ", leaf);
    take_duty(reader, leaf);
    leaf->finding = take(reader, "decision");
    if (!dg_slug_ok(leaf->finding))
        refuse(reader, "decision");
}

/* A line of a kind whose meaning a later version gives: a word, a space, and clean text. */
static void check_other_line(struct reader *reader, struct dg_bytes line)
{
    struct dg_bytes word, text;
    enum dg_err err = dg_text_check(line, DG_TEXT_LINE, NULL);

    if (err == DG_ERR_NO_MEMORY && reader->err == DG_OK)
        reader->err = dg_fault(reader->fault, err);
    if (err != DG_OK || !dg_line_cut(line, ' ', &word, &text) || !dg_slug_ok(word) || text.size == 0)
        refuse(reader, "a word and a value");
}

/* Takes every line but the last, which is the beacon. */
static void take_rest(struct reader *reader, struct dg_leaf *leaf)
{
    struct dg_bytes after = reader->rest, line;

    while (reader->err == DG_OK && dg_line_next(&after, &line) && after.size > 0) {
        reader->line++;
        check_other_line(reader, line);
        leaf->rest =
            dg_bytes_at(leaf->rest.size == 0 ? line.data : leaf->rest.data, leaf->rest.size + line.size + 1);
        reader->rest = after;
    }
}

static void take_body(struct reader *reader, struct dg_leaf *leaf)
{
    static void (*const take_lines[DG_LEAF_KIND_COUNT])(struct reader *, struct dg_leaf *) = {
        [DG_LEAF_REPORT] = take_report,         [DG_LEAF_STATE] = take_state,
        [DG_LEAF_ADOPTION] = take_adoption,     [DG_LEAF_CERTIFICATE] = take_certificate,
        [DG_LEAF_INVITATION] = take_invitation, [DG_LEAF_PASS] = take_pass,
        [DG_LEAF_VOID] = take_organ_object,     [DG_LEAF_COMMENT] = take_organ_object,
        [DG_LEAF_CALENDAR] = take_calendar,     [DG_LEAF_REMINDER] = take_reminder,
        [DG_LEAF_ABSENCE] = take_absence,
    };

    take_hash(reader, dg_leaf_kind_name(leaf->kind),
              dg_leaf_names_report(leaf->kind) ? leaf->report.b : leaf->object.b);
    if (take_lines[leaf->kind] != NULL)
        take_lines[leaf->kind](reader, leaf);
    else
        take_rest(reader, leaf);
    take_beacon(reader, leaf);
}

/* The kind by the first word of the next line; DG_LEAF_KIND_COUNT for an unknown one. */
static enum dg_leaf_kind next_kind(const struct reader *reader)
{
    enum dg_leaf_kind kind = DG_LEAF_REPORT;

    while (kind < DG_LEAF_KIND_COUNT && count_lines(reader, dg_leaf_kind_name(kind)) == 0)
        kind++;
    return kind;
}

enum dg_err dg_leaf_parse(struct dg_arena *arena, struct dg_bytes text, struct dg_leaf *ret,
                          struct dg_fault *fault)
{
    struct reader reader = {.arena = arena, .fault = fault, .rest = text};
    struct dg_leaf leaf = {0};

    if (text.size > DG_LEAF_MAX)
        return dg_faultf(fault, DG_ERR_BAD_LEAF, "%zu bytes", text.size);
    if (!dg_instant_parse(take(&reader, "time"), &leaf.time))
        refuse(&reader, "time");
    leaf.kind = next_kind(&reader);
    if (leaf.kind == DG_LEAF_KIND_COUNT)
        refuse(&reader, "what it is about");
    else if (leaf.kind == DG_LEAF_CHECKPOINT)
        read_tree_head(&reader, take(&reader, "checkpoint"), &leaf);
    else
        take_body(&reader, &leaf);
    if (reader.rest.size > 0)
        refuse(&reader, "nothing more");
    if (reader.err != DG_OK)
        return reader.err;
    *ret = leaf;
    return DG_OK;
}
