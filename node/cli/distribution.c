/* distribution.c - the list "Nơi nhận" of a report. */
#include "node/cli/distribution.h"

#include "common/text.h"
#include "node/cli/say.h"

/* ---- purposes ------------------------------------------------------------------------------------ */

static struct dg_bytes own_words(const struct dg_report *report, const struct dg_recipient *recipient)
{
    struct dg_bytes organ, unit;
    for (size_t i = 0; i < report->purpose_count; i++)
        if (dg_address_split(report->purpose[i].address, &organ, &unit) &&
            dg_bytes_equal(organ, recipient->organ) && dg_bytes_equal(unit, recipient->unit))
            return report->purpose[i].purpose;
    return dg_bytes_at(NULL, 0);
}

static bool is_below(const struct dg_directory *directory, struct dg_bytes lower, struct dg_bytes upper)
{
    const struct dg_dir_unit *below = dg_directory_unit(directory, lower);
    const struct dg_dir_unit *above = dg_directory_unit(directory, upper);
    return below != NULL && above != NULL && below != above && dg_dir_unit_within(below, above);
}

/* What goes to organs beside the author so that they work together, and is no report to them. */
static bool is_shared(struct dg_bytes kind)
{
    static const char *const shared[] = {"flash", "notice", "exchange", "information", "draft"};
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++)
        if (dg_bytes_is(kind, shared[i]))
            return true;
    return false;
}

struct dg_bytes dg_purpose_of(const struct dg_directory *directory, const struct dg_report *report,
                              const struct dg_recipient *recipient)
{
    struct dg_bytes own = own_words(report, recipient);
    if (own.size > 0 || recipient->rule_count == 0)
        return own;
    if (recipient->as == DG_AS_OBSERVE)
        return dg_bytes_of("theo dõi");
    if (is_below(directory, recipient->unit, report->author[0].unit))
        return dg_bytes_of("t/h");
    bool beside = dg_bytes_equal(recipient->unit, report->author[0].unit);
    return dg_bytes_of(beside && is_shared(report->kind) ? "p/h" : "b/c");
}

/* ---- names --------------------------------------------------------------------------------------- */

/* "Ban Dân vận, Huyện Đồng Phú"; the address where the directory has no name for it. */
static const char *name_of(struct dg_arena *arena, const struct dg_directory *directory,
                           const struct dg_report *report, struct dg_bytes organ, struct dg_bytes unit)
{
    const struct dg_dir_unit *there = dg_directory_unit(directory, unit);
    const struct dg_dir_organ *found =
        there != NULL ? dg_dir_unit_organ(there, organ, dg_day_of(report->signed_ms)) : NULL;
    if (found == NULL || found->name.size == 0 || there->name.size == 0)
        return dg_address_text(arena, organ, unit);
    return dg_arena_printf(arena, "%s, %s", dg_shown(arena, found->name), dg_shown(arena, there->name));
}

/* The office keeps the original where there is one; else the author does. */
static const char *keeper(struct dg_arena *arena, const struct dg_directory *directory,
                          const struct dg_report *report)
{
    const struct dg_dir_organ *office[DG_ORGANS_MAX];
    const struct dg_author *lead = &report->author[0];
    const struct dg_dir_unit *unit = dg_directory_unit(directory, lead->unit);
    size_t count =
        unit == NULL ? 0
                     : dg_dir_unit_role(unit, dg_bytes_of("van-phong"), dg_day_of(report->signed_ms), office);
    return name_of(arena, directory, report, count > 0 ? office[0]->slug : lead->organ, lead->unit);
}

/* ---- the list ------------------------------------------------------------------------------------ */

void dg_json_distribution(struct dg_json *json, struct dg_arena *arena, const struct dg_directory *directory,
                          const struct dg_report *report)
{
    struct dg_json *list = dg_json_array(json, "distribution");
    for (size_t i = 0; i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        struct dg_json *item = dg_json_item(list);
        dg_json_text(item, "organ", dg_address_text(arena, recipient->organ, recipient->unit));
        dg_json_text(item, "name", name_of(arena, directory, report, recipient->organ, recipient->unit));
        dg_json_text(item, "as", dg_as_name(recipient->as));
        dg_json_maybe(item, "purpose", dg_purpose_of(directory, report, recipient));
    }
    struct dg_json *kept = dg_json_item(list);
    dg_json_null(kept, "organ");
    dg_json_text(kept, "name", keeper(arena, directory, report));
    dg_json_null(kept, "as");
    dg_json_text(kept, "purpose", "lưu");
}

void dg_print_distribution(struct dg_cli *cli, struct dg_arena *arena, const struct dg_directory *directory,
                           const struct dg_report *report)
{
    bool addressed = false;
    dg_say(cli, cli->out, DG_MSG_DISTRIBUTION, NULL);
    for (size_t i = 0; i < report->recipient_count; i++)
        addressed = addressed || report->recipient[i].as == DG_AS_TO;
    if (addressed)
        dg_say(cli, cli->out, DG_MSG_AS_ABOVE, NULL);
    for (size_t i = 0; i < report->recipient_count; i++) {
        const struct dg_recipient *recipient = &report->recipient[i];
        if (recipient->as == DG_AS_TO)
            continue;
        struct dg_bytes purpose = dg_purpose_of(directory, report, recipient);
        const char *name = name_of(arena, directory, report, recipient->organ, recipient->unit);
        if (purpose.size > 0)
            name = dg_arena_printf(arena, "%s (%s)", name, dg_shown(arena, purpose));
        fprintf(cli->out, "- %s;\n", name);
    }
    dg_say(cli, cli->out, DG_MSG_KEPT_BY, DG_WORDS(keeper(arena, directory, report)));
}
