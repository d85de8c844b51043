/* duty_list.c - duties for the reading verbs: listed first, looked up afterwards, a few per transaction. */
#include "node/cli/duty_list.h"

#include "node/cli/say.h"

/* ---- listing ------------------------------------------------------------------------------------ */

struct listing {
    struct dg_cli *cli;
    struct dg_duty_list *list;
    bool below;
    bool short_of_memory;
};

static bool list_one(void *ctx, const struct dg_duty *duty)
{
    struct listing *listing = ctx;
    struct dg_duty_list *list = listing->list;

    if (listing->below && !dg_dir_unit_within(duty->unit, list->self))
        return true;
    if (list->count == list->capacity) {
        size_t larger = list->capacity == 0 ? 256 : 2 * list->capacity;
        struct dg_duty *grown = dg_arena_array(&listing->cli->arena, larger, sizeof *grown);
        listing->short_of_memory = grown == NULL;
        if (grown == NULL)
            return false;
        for (size_t i = 0; i < list->count; i++)
            grown[i] = list->duty[i];
        list->duty = grown;
        list->capacity = larger;
    }
    list->duty[list->count++] = *duty;
    return true;
}

enum dg_err dg_duty_list(struct dg_cli *cli, struct dg_view *view, const struct dg_duty_filter *filter,
                         bool below, struct dg_duty_list *ret)
{
    struct listing listing = {.cli = cli, .list = ret, .below = below};

    *ret = (struct dg_duty_list){.count = 0};
    enum dg_err err = dg_view_directory(cli, view, &ret->directory);
    if (err == DG_OK)
        err = dg_view_self(cli, view, &ret->directory, &ret->self);
    if (err == DG_OK)
        err = dg_calendars_load(view->txn, &cli->arena, &ret->calendar_count, &ret->calendar);
    if (err == DG_OK && ret->calendar_count > 0)
        err = dg_duty_each(&ret->directory, ret->calendar, ret->calendar_count, filter, &cli->arena, list_one,
                           &listing);
    if (err == DG_OK && listing.short_of_memory)
        err = DG_ERR_NO_MEMORY;
    return err == DG_OK || cli->fault.err != DG_OK ? err : dg_fault(&cli->fault, err);
}

/* ---- one of them -------------------------------------------------------------------------------- */

struct reading {
    struct dg_arena *arena;
    const struct dg_directory *directory;
    struct dg_duty_row *row;
    size_t capacity;
    struct dg_duty_word *word;
};

/* Without room the words end here; what counts is in the row. */
static void add_word(struct reading *r, struct dg_duty_word word)
{
    if (r->row->word_count == r->capacity) {
        size_t larger = r->capacity == 0 ? 4 : 2 * r->capacity;
        struct dg_duty_word *grown = dg_arena_array(r->arena, larger, sizeof *grown);
        if (grown == NULL)
            return;
        for (size_t i = 0; i < r->row->word_count; i++)
            grown[i] = r->word[i];
        r->word = grown;
        r->row->word = grown;
        r->capacity = larger;
    }
    r->word[r->row->word_count++] = word;
}

/* At the root nobody is above: there the mark on a reminder says only how often it was repeated. */
static bool told_above(const struct reading *r, const struct dg_reminder *reminder)
{
    const struct dg_dir_unit *issuer = dg_directory_unit(r->directory, reminder->issuer.unit);

    return reminder->escalated && (issuer == NULL || issuer->parent_slug.size > 0);
}

static bool see_reminder(void *ctx, const struct dg_reminder *reminder, const struct dg_hash *hash)
{
    struct reading *r = ctx;
    struct dg_duty_row *row = r->row;

    (void)hash;
    add_word(r, (struct dg_duty_word){.is_reminder = true,
                                      .issuer = reminder->issuer,
                                      .count = reminder->count,
                                      .escalated = told_above(r, reminder),
                                      .note = reminder->note});
    row->reminders++;
    row->escalated = row->escalated || told_above(r, reminder);
    if (reminder->issuer.signed_ms > row->last_reminder_ms)
        row->last_reminder_ms = reminder->issuer.signed_ms;
    return true;
}

static bool see_absence(void *ctx, const struct dg_absence *absence, const struct dg_hash *hash)
{
    struct reading *r = ctx;

    (void)hash;
    add_word(r, (struct dg_duty_word){.issuer = absence->issuer,
                                      .finding = absence->finding,
                                      .until = absence->until,
                                      .days = absence->days,
                                      .note = absence->note});
    r->row->findings++;
    return true;
}

void dg_duty_row_read(struct dg_view *view, const struct dg_duty_list *list, const struct dg_duty *duty,
                      struct dg_day today, struct dg_duty_row *ret)
{
    struct reading reading = {.arena = view->txn->arena, .directory = &list->directory, .row = ret};

    *ret = (struct dg_duty_row){.duty = *duty};
    dg_duty_facts(view->txn, duty, &ret->facts);
    ret->state = dg_duty_judge(duty, &ret->facts, today, &ret->days_late);
    ret->unseen = !ret->facts.submitted && !ret->facts.excused && !dg_duty_seen(duty, list->self);
    ret->last = dg_duty_last(duty, &ret->facts);
    ret->has_report = ret->facts.submitted;
    ret->report = ret->facts.report;
    dg_reminders_each(view->txn, duty, see_reminder, &reading);
    dg_absences_each(view->txn, duty, see_absence, &reading);
}

const char *dg_duty_shown(struct dg_cli *cli, enum dg_duty_state state, uint32_t days_late)
{
    switch (state) {
    case DG_DUTY_ON_TIME:
        return dg_paint(cli, DG_PAINT_GOOD, dg_msg(cli, DG_MSG_DUTY_ON_TIME));
    case DG_DUTY_LATE:
        return dg_paint(
            cli, DG_PAINT_WARN,
            dg_phrase(cli, DG_MSG_DUTY_LATE, DG_WORDS(dg_arena_printf(&cli->arena, "%u", days_late))));
    case DG_DUTY_MISSING:
        return dg_paint(cli, DG_PAINT_BAD, dg_msg(cli, DG_MSG_DUTY_MISSING));
    case DG_DUTY_EXCUSED:
        return dg_msg(cli, DG_MSG_DUTY_EXCUSED);
    case DG_DUTY_OWED:
        break;
    }
    return dg_msg(cli, DG_MSG_DUTY_OWED);
}

const char *dg_duty_word_name(const struct dg_duty_word *word)
{
    return word->is_reminder ? "reminder" : dg_finding_name(word->finding);
}

static const char *number_shown(struct dg_cli *cli, enum dg_msg msg, uint32_t number)
{
    return dg_phrase(cli, msg, DG_WORDS(dg_arena_printf(&cli->arena, "%u", number)));
}

const char *dg_duty_word_shown(struct dg_cli *cli, const struct dg_duty_word *word)
{
    char day[DG_DAY_TEXT];

    if (word->is_reminder)
        return number_shown(cli, word->escalated ? DG_MSG_WORD_ESCALATED : DG_MSG_WORD_REMINDED, word->count);
    switch (word->finding) {
    case DG_FINDING_EXCUSED:
        return dg_msg(cli, DG_MSG_DUTY_EXCUSED);
    case DG_FINDING_NOTHING:
        return dg_msg(cli, DG_MSG_DUTY_NOTHING);
    case DG_FINDING_EXTENDED:
        dg_day_text(word->until, day);
        return dg_phrase(cli, DG_MSG_WORD_EXTENDED, DG_WORDS(day));
    case DG_FINDING_LATE:
        return number_shown(cli, DG_MSG_WORD_LATE, word->days);
    case DG_FINDING_MISSING:
    case DG_FINDING_COUNT:
        break;
    }
    return dg_msg(cli, DG_MSG_WORD_MISSING);
}
