/* report_file.c - a report as a clerk writes it: front matter between two lines of ---, then Markdown.
 *
 * Everything wrong with the header is collected, and the first mistake in the file is the one reported.
 */
#include "node/conf/report_file.h"

#include <string.h>

#include "common/limits.h"
#include "common/line.h"
#include "common/text.h"
#include "node/conf/yaml_field.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { FILE_MAX = 4 * DG_REPORT_MAX };

static const char *const header_keys[] = {"kind",       "period", "number",   "date",      "title",
                                          "urgency",    "matter", "also-to",  "sources",   "supersedes",
                                          "indicators", "with",   "reply-by", "settles-on"};
static const char *const urgencies[] = {"normal", "khan", "thuong-khan", "hoa-toc"};

/* The two parts of a file. */
struct parts {
    struct dg_bytes header, body;
    uint32_t end_line; /* of the closing --- */
};

static void refuse(struct dg_fields *fields, const struct dg_yaml *at, enum dg_err err, const char *what)
{
    dg_fault_list_add(fields->faults, err, at->line, at->column, "%s", what);
}

/* --- the plain fields ----------------------------------------------------------------------- */

/* Only its form: whether it suits the kind is for the rules to say. */
static void read_period(struct dg_fields *fields, const struct dg_yaml *root, struct dg_report *ret)
{
    const struct dg_yaml *node = dg_yaml_member(root, "period");
    struct dg_period period;

    if (dg_fields_text(fields, node, SIZE_MAX, &ret->period) && !dg_period_parse(ret->period, &period))
        refuse(fields, node, DG_ERR_BAD_PERIOD, (const char *)ret->period.data);
}

static void read_date(struct dg_fields *fields, const struct dg_yaml *root, struct dg_report *ret)
{
    const struct dg_yaml *node = dg_yaml_member(root, "date");
    struct dg_day day;

    if (node == NULL)
        refuse(fields, root, DG_ERR_BAD_DATE, "\"date\" is missing");
    else if (dg_fields_text(fields, node, SIZE_MAX, &ret->date) && !dg_day_parse(ret->date, &day))
        refuse(fields, node, DG_ERR_BAD_DATE, (const char *)ret->date.data);
}

static void read_urgency(struct dg_fields *fields, const struct dg_yaml *root, struct dg_report *ret)
{
    const struct dg_yaml *node = dg_yaml_member(root, "urgency");
    struct dg_bytes text;

    ret->urgency = DG_URGENCY_NORMAL;
    if (dg_fields_text(fields, node, SIZE_MAX, &text) && !dg_urgency_parse(text, &ret->urgency))
        dg_fields_unknown(fields, node, "urgency", urgencies, COUNT(urgencies));
}

/* A day that belongs to one kind of report alone. */
static void read_day_of(struct dg_fields *fields, const struct dg_yaml *root, const char *key,
                        const char *kind, struct dg_report *report, struct dg_bytes *ret)
{
    const struct dg_yaml *node = dg_yaml_member(root, key);
    struct dg_day day;

    if (!dg_fields_text(fields, node, SIZE_MAX, ret))
        return;
    if (!dg_day_parse(*ret, &day))
        dg_fields_complain(fields, node, "\"%s\" is not a day that exists: write YYYY-MM-DD",
                           (const char *)ret->data);
    else if (!dg_bytes_is(report->kind, kind))
        dg_fields_complain(fields, node, "\"%s\" is for reports of kind %s", key, kind);
}

/* Nobody can have commented before the draft was written. */
static void check_reply_by(struct dg_fields *fields, const struct dg_yaml *root,
                           const struct dg_report *report)
{
    struct dg_day date, reply_by;

    if (dg_day_parse(report->reply_by, &reply_by) && dg_day_parse(report->date, &date) && reply_by.n < date.n)
        dg_fields_complain(fields, dg_yaml_member(root, "reply-by"),
                           "the last day for comments lies before %s", "\"date\"");
}

/* --- lists ---------------------------------------------------------------------------------- */

static bool check_matter(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    (void)context;
    if (dg_slug_ok(word->text))
        return true;
    dg_fields_complain(fields, word, "\"%s\" is not a matter: write a-z, 0-9 and -",
                       (const char *)word->text.data);
    return false;
}

/* Takes `organ@unit (p/h)` apart; a word that is not of that form is all address. */
static struct dg_bytes cut_purpose(struct dg_bytes word, struct dg_bytes *ret_purpose)
{
    const uint8_t *open = word.size > 0 ? memchr(word.data, '(', word.size) : NULL;

    *ret_purpose = dg_bytes_at(NULL, 0);
    if (open == NULL || open - word.data < 2 || open[-1] != ' ' || word.data[word.size - 1] != ')')
        return word;
    size_t at = (size_t)(open - word.data);
    if (word.size - at < 3)
        return word;
    *ret_purpose = dg_bytes_at(open + 1, word.size - at - 2);
    return dg_bytes_at(word.data, at - 1);
}

static bool check_address(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    struct dg_bytes organ, unit, purpose;
    struct dg_bytes address = cut_purpose(word->text, &purpose);

    (void)context;
    if (dg_address_split(address, &organ, &unit) && purpose.size <= DG_PURPOSE_MAX)
        return true;
    dg_fields_complain(fields, word, "\"%s\" is not an address organ@unit", (const char *)word->text.data);
    return false;
}

/* The slug of an organ of the author's unit, or its address. */
static bool check_signer(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    return dg_slug_ok(word->text) || check_address(fields, word, context);
}

static bool check_id(struct dg_fields *fields, const struct dg_yaml *word, const void *context)
{
    struct dg_id id;

    (void)context;
    if (dg_unhex(word->text, id.b, sizeof id.b))
        return true;
    dg_fields_complain(fields, word, "\"%s\" is not a report's id of 64 hex digits",
                       (const char *)word->text.data);
    return false;
}

static void read_sources(struct dg_fields *fields, const struct dg_yaml *root, struct dg_report *ret)
{
    struct dg_slugs ids;

    dg_fields_words(fields, dg_yaml_member(root, "sources"), DG_SOURCES_MAX, check_id, NULL, &ids);
    ret->source = dg_fields_array(fields, ids.count, sizeof *ret->source);
    if (ret->source == NULL)
        return;
    for (size_t i = 0; i < ids.count; i++) {
        if (dg_unhex(ids.item[i], ret->source[ret->source_count].b, DG_HASH_BYTES))
            ret->source_count++;
    }
}

static void read_supersedes(struct dg_fields *fields, const struct dg_yaml *root, struct dg_report *ret)
{
    const struct dg_yaml *node = dg_yaml_member(root, "supersedes");
    struct dg_bytes text;

    if (dg_fields_text(fields, node, SIZE_MAX, &text) && check_id(fields, node, NULL))
        ret->has_supersedes = dg_unhex(text, ret->supersedes.b, sizeof ret->supersedes.b);
}

/* The purpose goes beside the address, which is all that the rules look at. */
static void read_purposes(struct dg_fields *fields, struct dg_report *ret)
{
    ret->purpose = dg_fields_array(fields, ret->also_to_count, sizeof *ret->purpose);
    if (ret->purpose == NULL)
        return;
    for (size_t i = 0; i < ret->also_to_count; i++) {
        struct dg_purpose *purpose = &ret->purpose[ret->purpose_count];
        ret->also_to[i] = cut_purpose(ret->also_to[i], &purpose->purpose);
        purpose->address = ret->also_to[i];
        ret->purpose_count += purpose->purpose.size > 0 ? 1 : 0;
    }
}

/* The lead author is whoever pushes; the others are named here. */
static void read_with(struct dg_fields *fields, const struct dg_yaml *root, struct dg_report *ret)
{
    struct dg_slugs with;

    dg_fields_words(fields, dg_yaml_member(root, "with"), DG_AUTHORS_MAX - 1, check_signer, NULL, &with);
    ret->author = dg_fields_array(fields, with.count, sizeof *ret->author);
    if (ret->author == NULL)
        return;
    for (size_t i = 0; i < with.count; i++) {
        struct dg_author *author = &ret->author[ret->author_count++];
        if (!dg_address_split(with.item[i], &author->organ, &author->unit))
            author->organ = with.item[i];
    }
}

static void read_lists(struct dg_fields *fields, const struct dg_yaml *root, struct dg_report *ret)
{
    struct dg_slugs matter, also_to;

    dg_fields_words(fields, dg_yaml_member(root, "matter"), DG_MATTERS_MAX, check_matter, NULL, &matter);
    dg_fields_words(fields, dg_yaml_member(root, "also-to"), DG_ALSO_TO_MAX, check_address, NULL, &also_to);
    ret->matter = matter.item;
    ret->matter_count = matter.count;
    ret->also_to = also_to.item;
    ret->also_to_count = also_to.count;
    read_purposes(fields, ret);
    read_with(fields, root, ret);
    read_sources(fields, root, ret);
    read_supersedes(fields, root, ret);
}

/* --- indicators ----------------------------------------------------------------------------- */

static bool is_indicator_name(struct dg_bytes name)
{
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return name.size > 0 && name.size <= DG_SLUG_MAX;
}

static bool skip_digits(struct dg_bytes *text)
{
    size_t count = 0;

    while (count < text->size && text->data[count] >= '0' && text->data[count] <= '9')
        count++;
    *text = dg_bytes_at(text->data + count, text->size - count);
    return count > 0;
}

/* Digits, perhaps with a minus before and a point within: what every program reads in the same way. */
static bool is_decimal(struct dg_bytes text)
{
    if (text.size == 0 || text.size > DG_NUMBER_MAX)
        return false;
    dg_line_skip(&text, "-");
    if (!skip_digits(&text))
        return false;
    return text.size == 0 || (dg_line_skip(&text, ".") && skip_digits(&text) && text.size == 0);
}

static void read_indicator(struct dg_fields *fields, const struct dg_yaml *member, struct dg_report *ret)
{
    struct dg_bytes value;

    if (!is_indicator_name(member->key))
        dg_fields_complain(fields, member, "\"%s\" is not an indicator's name of a-z, 0-9 and -",
                           (const char *)member->key.data);
    else if (!dg_fields_text(fields, member, SIZE_MAX, &value))
        return;
    else if (!is_decimal(value))
        dg_fields_complain(fields, member,
                           "\"%s\" is not a number: write digits, with a point for a fraction",
                           (const char *)value.data);
    else
        ret->indicator[ret->indicator_count++] = (struct dg_indicator){.name = member->key, .value = value};
}

static void read_indicators(struct dg_fields *fields, const struct dg_yaml *root, struct dg_report *ret)
{
    const struct dg_yaml *map = dg_yaml_member(root, "indicators");

    if (map == NULL)
        return;
    if (map->kind != DG_YAML_MAP || map->count > DG_INDICATORS_MAX) {
        dg_fields_complain(fields, map, "indicators must be name: number, at most %d", DG_INDICATORS_MAX);
        return;
    }
    ret->indicator = dg_fields_array(fields, map->count, sizeof *ret->indicator);
    if (ret->indicator == NULL)
        return;
    for (const struct dg_yaml *member = map->first; member != NULL; member = member->next)
        read_indicator(fields, member, ret);
}

/* --- keys of the author's own --------------------------------------------------------------- */

static bool is_extra(struct dg_bytes key)
{
    return dg_line_skip(&key, "x-");
}

static void read_extra(struct dg_fields *fields, const struct dg_yaml *member, struct dg_report *ret)
{
    struct dg_bytes value;

    if (!dg_fields_text(fields, member, DG_TITLE_MAX, &value))
        return;
    if (member->key.size < 3 || !dg_slug_ok(member->key))
        dg_fields_complain(fields, member, "\"%s\" is not a key: write x- and a-z, 0-9 and -",
                           (const char *)member->key.data);
    else if (ret->extra_count == DG_EXTRAS_MAX)
        dg_fields_complain(fields, member, "more than %d keys of your own", DG_EXTRAS_MAX);
    else
        ret->extra[ret->extra_count++] = (struct dg_extra){.name = member->key, .value = value};
}

static void read_extras(struct dg_fields *fields, const struct dg_yaml *root, struct dg_report *ret)
{
    ret->extra = dg_fields_array(fields, DG_EXTRAS_MAX, sizeof *ret->extra);
    if (ret->extra == NULL)
        return;
    for (const struct dg_yaml *member = root->first; member != NULL; member = member->next) {
        if (is_extra(member->key))
            read_extra(fields, member, ret);
    }
}

/* --- the header ----------------------------------------------------------------------------- */

static void read_header(struct dg_fields *fields, const struct dg_yaml *root, struct dg_report *ret)
{
    if (root->kind != DG_YAML_MAP) {
        dg_fields_complain(fields, root, "the header must have keys: kind, date, title, …");
        return;
    }
    dg_fields_keys(fields, root, header_keys, COUNT(header_keys), "x-");
    dg_fields_kind(fields, dg_fields_member(fields, root, "kind"), &ret->kind);
    read_period(fields, root, ret);
    dg_fields_text(fields, dg_yaml_member(root, "number"), DG_NUMBER_MAX, &ret->number);
    read_date(fields, root, ret);
    dg_fields_text(fields, dg_fields_member(fields, root, "title"), DG_TITLE_MAX, &ret->title);
    read_urgency(fields, root, ret);
    read_lists(fields, root, ret);
    read_indicators(fields, root, ret);
    read_extras(fields, root, ret);
    read_day_of(fields, root, "reply-by", "draft", ret, &ret->reply_by);
    read_day_of(fields, root, "settles-on", "notice", ret, &ret->settles_on);
    check_reply_by(fields, root, ret);
}

/* True when line is --- and nothing but spaces after it. */
static bool is_fence(struct dg_bytes line)
{
    if (!dg_line_skip(&line, "---"))
        return false;
    while (dg_line_skip(&line, " "))
        ;
    return line.size == 0;
}

/* Cuts the text in two at the second ---, whose line may be the file's last. */
static enum dg_err split(struct dg_bytes text, struct parts *ret, struct dg_fault *fault)
{
    struct dg_bytes rest = text, line = {0};
    struct parts parts = {.end_line = 1};

    if (!dg_line_next(&rest, &line) || !is_fence(line)) {
        dg_faultf(fault, DG_ERR_BAD_HEADER, "a report begins with a line of ---, its header, and --- again");
        return DG_ERR_BAD_HEADER;
    }
    parts.header = dg_bytes_at(rest.data, 0);
    for (;;) {
        const uint8_t *start = rest.data;
        bool has_line = dg_line_next(&rest, &line);
        if (!has_line) {
            line = rest;
            rest = dg_bytes_at(rest.data + rest.size, 0);
        }
        parts.end_line++;
        parts.header.size = (size_t)(start - parts.header.data);
        if (is_fence(line))
            break;
        if (!has_line)
            return dg_faultf(fault, DG_ERR_BAD_HEADER,
                             "the header does not end: a second line of --- is missing");
    }
    parts.body = rest;
    *ret = parts;
    return DG_OK;
}

static enum dg_err read_parts(struct dg_arena *arena, const struct parts *parts, struct dg_report *ret,
                              struct dg_fault *fault)
{
    struct dg_fields fields = {
        .arena = arena, .faults = dg_arena_alloc(arena, sizeof *fields.faults), .err = DG_ERR_BAD_HEADER};
    struct dg_report report = {.version = 1, .body = parts->body};

    if (fields.faults == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    dg_fault_list_reset(fields.faults, arena);
    const struct dg_yaml *root = dg_yaml_read(arena, parts->header, 2, DG_ERR_BAD_HEADER, fields.faults);
    if (root != NULL)
        read_header(&fields, root, &report);
    dg_fault_list_sort(fields.faults);
    if (fields.faults->count > 0) {
        if (fault != NULL)
            *fault = fields.faults->item[0];
        return fields.faults->item[0].err;
    }
    if (root == NULL || fields.spent)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    *ret = report;
    return DG_OK;
}

enum dg_err dg_report_read(struct dg_arena *arena, struct dg_bytes text, struct dg_report *ret,
                           struct dg_fault *fault)
{
    struct dg_bytes clean;
    struct parts parts;

    if (text.size > FILE_MAX)
        return dg_faultf(fault, DG_ERR_TOO_LARGE, "%zu bytes of text > %d", text.size, DG_BODY_MAX);
    enum dg_err err = dg_text_enter(arena, text, DG_TEXT_LINES, &clean, fault);
    if (err == DG_OK)
        err = split(clean, &parts, fault);
    if (err != DG_OK)
        return err;
    if (parts.body.size > DG_BODY_MAX)
        return dg_faultf(fault, DG_ERR_TOO_LARGE, "%zu bytes of text > %d", parts.body.size, DG_BODY_MAX);
    return read_parts(arena, &parts, ret, fault);
}
