/* verb_digest.c - for the chair of a giao ban: what arrived, what nobody has read, what waits, what is
 * overdue. */
#include "common/text.h"
#include "node/cli/digest.h"
#include "node/cli/grid.h"
#include "node/cli/json.h"
#include "node/cli/say.h"

static const char *const part_name[DG_DIGEST_PARTS] = {"arrived", "unread", "waiting"};
static const enum dg_msg part_title[DG_DIGEST_PARTS] = {DG_MSG_DIGEST_ARRIVED, DG_MSG_DIGEST_UNREAD,
                                                        DG_MSG_DIGEST_WAITING};

struct digesting {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_directory directory;
    const struct dg_dir_unit *self;
    struct dg_bytes organ; /* empty: all of this unit */
    size_t calendar_count;
    struct dg_held_calendar *calendar;
    struct dg_digest digest;
};

/* True when the row before is about the same report: its mailboxes are told together. */
static bool same_report(const struct dg_digest *d, size_t i)
{
    return i > 0 && d->mail[i].part == d->mail[i - 1].part && d->mail[i].position == d->mail[i - 1].position;
}

/* ---- for machines -------------------------------------------------------------------------------- */

static void json_meeting(struct digesting *d, struct dg_json *json)
{
    const struct dg_digest_since *since = &d->digest.since;
    const struct dg_calendar *calendar;
    char day[DG_DAY_TEXT];

    dg_day_text(since->day, day);
    dg_json_text(json, "since", day);
    if (since->meeting == NULL) {
        dg_json_null(json, "meeting");
        return;
    }
    calendar = &since->calendar->calendar;
    struct dg_json *meeting = dg_json_object(json, "meeting");
    dg_json_bytes(meeting, "name", since->meeting->name);
    dg_json_text(meeting, "date", day);
    struct dg_json *participants = dg_json_array(meeting, "participants");
    for (size_t i = 0; i < since->meeting->participant_count; i++)
        dg_json_item_text(participants, since->meeting->participant[i]);
    struct dg_json *named = dg_json_object(meeting, "calendar");
    dg_json_text(named, "by", dg_address_text(&d->cli->arena, calendar->issuer.organ, calendar->issuer.unit));
    dg_json_bytes(named, "name", calendar->name);
    dg_json_number(named, "serial", calendar->serial);
}

/* Returns the list of the mailboxes it lies in. */
static struct dg_json *json_report(struct dg_arena *arena, struct dg_json *json,
                                   const struct dg_digest_mail *mail)
{
    dg_json_hex(json, "id", mail->id.b, sizeof mail->id.b);
    dg_json_bytes(json, "unit", mail->from_unit);
    dg_json_text(json, "from", dg_address_text(arena, mail->from_organ, mail->from_unit));
    dg_json_bytes(json, "kind", mail->kind);
    dg_json_maybe(json, "period", mail->period);
    dg_json_maybe(json, "number", mail->number);
    dg_json_bytes(json, "title", mail->title);
    dg_json_instant(json, "arrived", mail->arrived_ms);
    return dg_json_array(json, "at");
}

static void json_overdue(struct dg_arena *arena, struct dg_json *json,
                         const struct dg_digest_overdue *overdue)
{
    char day[DG_DAY_TEXT];

    dg_day_text(overdue->last, day);
    dg_json_bytes(json, "unit", overdue->unit);
    dg_json_text(json, "organ", dg_address_text(arena, overdue->organ, overdue->unit));
    dg_json_bytes(json, "rule", overdue->rule);
    dg_json_bytes(json, "period", overdue->period);
    dg_json_text(json, "due", day);
}

static void print_json(struct digesting *d)
{
    const struct dg_digest *digest = &d->digest;
    struct dg_json *json = dg_json_new(), *list[DG_DIGEST_PARTS], *at = NULL;

    dg_json_text(json, "unit", d->view.identity.unit);
    dg_json_maybe(json, "organ", d->organ);
    json_meeting(d, json);
    for (int part = 0; part < DG_DIGEST_PARTS; part++)
        list[part] = dg_json_array(json, part_name[part]);
    for (size_t i = 0; i < digest->mail_count; i++) {
        const struct dg_digest_mail *mail = &digest->mail[i];
        if (!same_report(digest, i))
            at = json_report(&d->cli->arena, dg_json_item(list[mail->part]), mail);
        dg_json_item_text(at, mail->organ);
    }
    struct dg_json *overdue = dg_json_array(json, "overdue");
    for (size_t i = 0; i < digest->overdue_count; i++)
        json_overdue(&d->cli->arena, dg_json_item(overdue), &digest->overdue[i]);
    dg_json_print(json, d->cli->out);
}

/* ---- for people ---------------------------------------------------------------------------------- */

static void say_since(struct digesting *d)
{
    const struct dg_meeting *meeting = d->digest.since.meeting;
    struct dg_cli *cli = d->cli;
    const char *who = "";
    char day[DG_DAY_TEXT];

    dg_day_text(d->digest.since.day, day);
    dg_say(cli, cli->out, DG_MSG_DIGEST_HEAD,
           DG_WORDS(dg_address_text(&cli->arena, d->organ.size > 0 ? d->organ : d->self->slug,
                                    d->organ.size > 0 ? d->self->slug : d->organ),
                    day));
    if (meeting == NULL)
        return;
    for (size_t i = 0; i < meeting->participant_count; i++)
        who = dg_arena_printf(&cli->arena, "%s%s%s", who, i > 0 ? ", " : "",
                              dg_shown(&cli->arena, meeting->participant[i]));
    if (meeting->participant_count > 0)
        who = dg_arena_printf(&cli->arena, ": %s", who);
    dg_say(cli, cli->out, DG_MSG_DIGEST_MEETING, DG_WORDS(dg_shown(&cli->arena, meeting->name), day, who));
}

static void say_count(struct dg_cli *cli, enum dg_msg title, size_t count)
{
    fputc('\n', cli->out);
    dg_say(cli, cli->out, title, DG_WORDS(dg_arena_printf(&cli->arena, "%zu", count)));
}

/* Prints the reports of mail[from] to before mail[to], all of one part. */
static enum dg_err print_part(struct digesting *d, enum dg_digest_part part, size_t from, size_t to)
{
    static const enum dg_msg heading[] = {DG_MSG_H_FROM,  DG_MSG_H_ID,     DG_MSG_H_ARRIVED,
                                          DG_MSG_H_ORGAN, DG_MSG_H_NUMBER, DG_MSG_H_TITLE};
    struct dg_grid *grid = dg_grid_new(d->cli, heading, sizeof heading / sizeof heading[0]);
    struct dg_arena *arena = &d->cli->arena;
    size_t count = 0;

    for (size_t i = from, next; i < to; i = next, count++) {
        const struct dg_digest_mail *mail = &d->digest.mail[i];
        const char *at = dg_shown(arena, mail->organ);
        char id[DG_HEX_BYTES], arrived[DG_LOCAL_TEXT];
        for (next = i + 1; next < to && same_report(&d->digest, next); next++)
            at = dg_arena_printf(arena, "%s, %s", at, dg_shown(arena, d->digest.mail[next].organ));
        dg_hex(mail->id.b, sizeof mail->id.b, id);
        id[12] = '\0';
        dg_local_text(mail->arrived_ms, arrived);
        dg_grid_row(grid, (const char *const[]){dg_address_text(arena, mail->from_organ, mail->from_unit), id,
                                                arrived, at, dg_shown(arena, mail->number),
                                                dg_shown(arena, mail->title)});
    }
    say_count(d->cli, part_title[part], count);
    return dg_grid_print(grid);
}

static enum dg_err print_overdue(struct digesting *d)
{
    static const enum dg_msg heading[] = {DG_MSG_H_DUE, DG_MSG_H_ORGAN, DG_MSG_H_RULE, DG_MSG_H_PERIOD};
    struct dg_grid *grid = dg_grid_new(d->cli, heading, sizeof heading / sizeof heading[0]);
    struct dg_arena *arena = &d->cli->arena;

    say_count(d->cli, DG_MSG_DIGEST_OVERDUE, d->digest.overdue_count);
    for (size_t i = 0; i < d->digest.overdue_count; i++) {
        const struct dg_digest_overdue *overdue = &d->digest.overdue[i];
        char day[DG_DAY_TEXT];
        dg_day_text(overdue->last, day);
        dg_grid_row(grid,
                    (const char *const[]){day, dg_address_text(arena, overdue->organ, overdue->unit),
                                          dg_shown(arena, overdue->rule), dg_shown(arena, overdue->period)});
    }
    return dg_grid_print(grid);
}

static enum dg_err print_text(struct digesting *d)
{
    enum dg_err err = DG_OK;
    size_t from = 0;

    say_since(d);
    for (int part = 0; part < DG_DIGEST_PARTS && err == DG_OK; part++) {
        size_t to = from;
        while (to < d->digest.mail_count && d->digest.mail[to].part == (enum dg_digest_part)part)
            to++;
        err = print_part(d, (enum dg_digest_part)part, from, to);
        from = to;
    }
    if (err == DG_OK)
        err = print_overdue(d);
    return err == DG_OK ? DG_OK : dg_fault(&d->cli->fault, err);
}

/* ---- the verb ------------------------------------------------------------------------------------ */

static enum dg_err gather(struct digesting *d, const char *since)
{
    struct dg_cli *cli = d->cli;
    struct dg_day today = dg_day_of(dg_cli_now());

    enum dg_err err = dg_view_directory(cli, &d->view, &d->directory);
    if (err == DG_OK)
        err = dg_view_self(cli, &d->view, &d->directory, &d->self);
    if (err == DG_OK && dg_cli_has(cli, DG_OPT_AS))
        err = dg_view_organ(cli, &d->view, d->self, dg_cli_value(cli, DG_OPT_AS), DG_ERR_NO_ORGAN, &d->organ);
    if (err != DG_OK)
        return err;
    err = dg_calendars_load(d->view.txn, &cli->arena, &d->calendar_count, &d->calendar);
    if (err != DG_OK)
        return dg_fault(&cli->fault, err);
    err = dg_digest_since_read(cli, since, d->calendar_count, d->calendar, today, &d->digest.since);
    return err != DG_OK ? err
                        : dg_digest_gather(cli, &d->view, &d->directory, d->self, d->organ, d->calendar_count,
                                           d->calendar, today, &d->digest);
}

static enum dg_err digest(struct digesting *d, const char *since)
{
    enum dg_err err = gather(d, since);
    if (err != DG_OK || !dg_cli_has(d->cli, DG_OPT_JSON))
        return err != DG_OK ? err : print_text(d);
    print_json(d);
    return DG_OK;
}

enum dg_err dg_verb_DIGEST(struct dg_cli *cli)
{
    struct digesting d = {.cli = cli};
    const char *since;

    enum dg_err err = dg_cli_need(cli, DG_OPT_SINCE, &since);
    if (err == DG_OK)
        err = dg_view_open(cli, &d.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &d.view, digest(&d, since));
}
