/* verb_remind.c - what the organ that directs reporting does by hand: remind, excuse. */
#include "common/limits.h"
#include "common/text.h"
#include "node/cli/ask.h"
#include "node/cli/duty_ask.h"
#include "node/cli/duty_list.h"
#include "node/cli/known.h"
#include "node/cli/say.h"

/* ---- whose duty --------------------------------------------------------------------------------- */

void dg_hash_say(struct dg_cli *cli, const struct dg_id *hash)
{
    char hex[DG_HEX_BYTES];

    dg_hex(hash->b, sizeof hash->b, hex);
    fprintf(cli->out, "%s\n", hex);
}

static bool holds_at(const struct dg_calendar_entry *entry, struct dg_bytes level)
{
    for (size_t i = 0; i < entry->level.count; i++)
        if (dg_bytes_equal(entry->level.item[i], level))
            return true;
    return entry->level.count == 0;
}

/* The longer period whose report a calendar here lets stand for this one; empty when none does. */
static struct dg_bytes longer_period(const struct dg_duty_list *list, struct dg_bytes unit,
                                     const struct dg_ctl_request *request)
{
    const struct dg_dir_unit *owner = dg_directory_unit(&list->directory, unit);

    for (size_t i = 0; owner != NULL && i < list->calendar_count; i++) {
        const struct dg_calendar *calendar = &list->calendar[i].calendar;
        for (size_t k = 0; k < calendar->entry_count; k++) {
            const struct dg_calendar_entry *entry = &calendar->entry[k];
            if (dg_bytes_equal(entry->rule, request->rule) &&
                dg_bytes_equal(entry->period, request->period) && entry->replaced_by.size > 0 &&
                holds_at(entry, owner->level))
                return entry->replaced_by;
        }
    }
    return (struct dg_bytes){0};
}

/* The one organ of the unit that owes a report under rule and period. */
static enum dg_err only_owner(struct dg_cli *cli, struct dg_view *view, const char *unit,
                              const struct dg_ctl_request *request, const char **ret)
{
    struct dg_duty_filter filter = {
        .unit = dg_bytes_of(unit), .rule = request->rule, .period = request->period};
    struct dg_duty_list list;

    enum dg_err err = dg_duty_list(cli, view, &filter, false, &list);
    if (err != DG_OK)
        return err;
    const char *what =
        dg_arena_printf(&cli->arena, "%s, %s, %s", unit, dg_arena_string(&cli->arena, request->rule),
                        dg_arena_string(&cli->arena, request->period));
    struct dg_bytes longer = longer_period(&list, filter.unit, request);
    if (list.count == 0 && longer.size > 0)
        return dg_faultf(&cli->fault, DG_ERR_REPLACED, "%s (%s)", what, dg_arena_string(&cli->arena, longer));
    if (list.count == 0)
        return dg_faultf(&cli->fault, DG_ERR_NOT_FOUND, "%s", what);
    if (list.count > 1)
        return dg_faultf(&cli->fault, DG_ERR_USAGE, "--organ: %s", what);
    *ret = dg_arena_string(&cli->arena, list.duty[0].organ->slug);
    return DG_OK;
}

/* The organ that was named, if it and the rest are known here, else the only one that owes it. */
static enum dg_err owner_in(struct dg_cli *cli, struct dg_view *view, const char *unit,
                            const struct dg_ctl_request *request, const char **organ)
{
    struct dg_directory directory;

    enum dg_err err = dg_view_directory(cli, view, &directory);
    if (err == DG_OK)
        err = dg_known_unit(cli, &directory, dg_bytes_of(unit));
    if (err == DG_OK)
        err = dg_known_rule(cli, &directory, request->rule);
    if (err == DG_OK && *organ != NULL)
        return dg_known_organ(cli, &directory, dg_bytes_of(unit), dg_bytes_of(*organ));
    return err == DG_OK ? only_owner(cli, view, unit, request, organ) : err;
}

static enum dg_err owner_read(struct dg_cli *cli, struct dg_ctl_request *request)
{
    const char *unit, *organ = dg_cli_value(cli, DG_OPT_OWNER);
    struct dg_view view;

    enum dg_err err = dg_cli_need(cli, DG_OPT_UNIT, &unit);
    if (err == DG_OK)
        err = dg_known_period(cli, request->period);
    if (err == DG_OK)
        err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    err = dg_view_close(cli, &view, owner_in(cli, &view, unit, request, &organ));
    if (err == DG_OK)
        request->owner = dg_bytes_of(dg_arena_printf(&cli->arena, "%s@%s", organ, unit));
    return err;
}

enum dg_err dg_duty_ask(struct dg_cli *cli, struct dg_ctl_request *request)
{
    const char *as, *rule, *period;

    request->dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN);
    enum dg_err err = dg_cli_need(cli, DG_OPT_AS, &as);
    if (err == DG_OK)
        err = dg_cli_need(cli, DG_OPT_RULE, &rule);
    if (err == DG_OK)
        err = dg_cli_need(cli, DG_OPT_PERIOD, &period);
    if (err != DG_OK)
        return err;
    request->rule = dg_bytes_of(rule);
    request->period = dg_bytes_of(period);
    err = owner_read(cli, request);
    if (err == DG_OK)
        err = dg_note_read(cli, &request->note);
    return err == DG_OK ? dg_organ_here(cli, as, &request->organ) : err;
}

/* ---- the verbs ---------------------------------------------------------------------------------- */

static enum dg_err ask(struct dg_cli *cli, const struct dg_ctl_request *request)
{
    struct dg_ctl_reply reply;
    const char *owner = dg_arena_string(&cli->arena, request->owner);

    cli->where = owner;
    enum dg_err err = dg_ask(cli, request, &reply);
    if (err != DG_OK)
        return err;
    if (request->dry_run)
        dg_say(cli, cli->err, request->verb == DG_CTL_REMIND ? DG_MSG_WOULD_REMIND : DG_MSG_WOULD_EXCUSE,
               DG_WORDS(owner));
    else
        dg_hash_say(cli, &reply.id);
    return DG_OK;
}

enum dg_err dg_verb_REMIND(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_REMIND};

    enum dg_err err = dg_duty_ask(cli, &request);
    return err == DG_OK ? ask(cli, &request) : err;
}

static enum dg_err decision_read(struct dg_cli *cli, struct dg_ctl_request *request)
{
    static const enum dg_finding may[] = {DG_FINDING_EXCUSED, DG_FINDING_NOTHING, DG_FINDING_EXTENDED};
    const char *text;

    enum dg_err err = dg_cli_need(cli, DG_OPT_DECISION, &text);
    for (size_t i = 0; err == DG_OK && i < sizeof may / sizeof may[0]; i++)
        if (dg_bytes_is(dg_bytes_of(text), dg_finding_name(may[i])))
            request->decision = may[i];
    if (err == DG_OK && request->decision == 0)
        err = dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--decision %s", text);
    request->has_until = dg_cli_has(cli, DG_OPT_UNTIL);
    if (err == DG_OK && request->has_until != (request->decision == DG_FINDING_EXTENDED))
        err = dg_faultf(&cli->fault, DG_ERR_USAGE, "--decision extended, --until");
    return err == DG_OK ? dg_cli_day(cli, DG_OPT_UNTIL, &request->until) : err;
}

enum dg_err dg_verb_EXCUSE(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_EXCUSE};

    enum dg_err err = decision_read(cli, &request);
    if (err == DG_OK)
        err = dg_duty_ask(cli, &request);
    return err == DG_OK ? ask(cli, &request) : err;
}
