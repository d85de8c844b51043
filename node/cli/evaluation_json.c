/* evaluation_json.c - an evaluation as one JSON document, and what both forms share. */
#include <inttypes.h>
#include <stdio.h>

#include "node/cli/evaluation.h"
#include "node/cli/json.h"

const char *dg_score_of_name(enum dg_score_of of)
{
    static const char *const name[DG_SCORE_OFS] = {
        [DG_SCORE_ORGAN] = "organ",   [DG_SCORE_UNIT] = "unit", [DG_SCORE_RULE] = "rule",
        [DG_SCORE_PERIOD] = "period", [DG_SCORE_ALL] = "all",
    };
    return name[of];
}

void dg_percent_text(uint64_t part, uint64_t of, char ret[static DG_PERCENT_TEXT])
{
    uint32_t hundredths = of == 0 ? 0 : (uint32_t)((2 * part * 10000 + of) / (2 * of));

    ret[0] = '\0';
    if (of > 0)
        (void)snprintf(ret, DG_PERCENT_TEXT, "%" PRIu32 ".%02" PRIu32, hundredths / 100 % 1000,
                       hundredths % 100);
}

static void json_day(struct dg_json *json, const char *key, struct dg_day day)
{
    char text[DG_DAY_TEXT];

    dg_day_text(day, text);
    dg_json_text(json, key, text);
}

/* The exact fraction, and its percentage: null when nothing was owed. */
static void json_share(struct dg_json *json, const char *key, uint64_t part, uint64_t of)
{
    struct dg_json *share = dg_json_object(json, key);
    char percent[DG_PERCENT_TEXT];

    dg_percent_text(part, of, percent);
    dg_json_number(share, "part", part);
    dg_json_number(share, "of", of);
    dg_json_maybe(share, "percent", dg_bytes_of(percent));
}

static void json_calendar(struct dg_json *json, const struct dg_held_calendar *held, struct dg_arena *arena)
{
    const struct dg_issuer *issuer = &held->calendar.issuer;

    dg_json_text(json, "by",
                 dg_arena_printf(arena, "%s@%s", dg_arena_string(arena, issuer->organ),
                                 dg_arena_string(arena, issuer->unit)));
    dg_json_bytes(json, "name", held->calendar.name);
    dg_json_number(json, "serial", held->calendar.serial);
    dg_json_hex(json, "hash", held->hash.b, sizeof held->hash.b);
}

static void json_score(struct dg_json *json, enum dg_score_of of, const struct dg_score *score)
{
    uint64_t owed = dg_score_owed(score);

    dg_json_text(json, "scope", dg_score_of_name(of));
    dg_json_maybe(json, "unit", score->unit);
    dg_json_maybe(json, "organ", score->organ);
    dg_json_maybe(json, "rule", score->rule);
    dg_json_maybe(json, "period", score->period);
    dg_json_number(json, "owed", owed);
    dg_json_number(json, "on_time", score->count[DG_DUTY_ON_TIME]);
    dg_json_number(json, "late", score->count[DG_DUTY_LATE]);
    dg_json_number(json, "days_late", score->days_late);
    dg_json_number(json, "missing", score->count[DG_DUTY_MISSING]);
    dg_json_number(json, "excused", score->count[DG_DUTY_EXCUSED]);
    dg_json_number(json, "not_due", score->count[DG_DUTY_OWED]);
    json_share(json, "punctual", score->count[DG_DUTY_ON_TIME], owed);
    json_share(json, "complete", dg_score_reported(score), owed);
}

static void json_report(struct dg_json *json, const struct dg_duty_facts *facts)
{
    if (!facts->submitted) {
        dg_json_null(json, "report");
        return;
    }
    dg_json_hex(json, "report", facts->report.b, sizeof facts->report.b);
    dg_json_instant(json, "signed", facts->signed_ms);
    dg_json_instant(json, "arrived", facts->came_ms);
}

static void json_duty(struct dg_json *json, const struct dg_evaluated *item)
{
    const struct dg_calendar_entry *entry = item->duty.entry;
    const struct dg_duty_facts *facts = &item->facts;

    dg_json_bytes(json, "unit", item->duty.unit->slug);
    dg_json_bytes(json, "organ", item->duty.organ->slug);
    dg_json_bytes(json, "rule", entry->rule);
    dg_json_bytes(json, "period", entry->period);
    json_day(json, "cutoff", entry->cutoff);
    json_day(json, "due", entry->due);
    json_day(json, "until", dg_duty_last(&item->duty, facts));
    dg_json_text(json, "state", dg_duty_state_name(item->state));
    dg_json_number(json, "days_late", item->days_late);
    json_report(json, facts);
    if (facts->extended || facts->excused)
        dg_json_hex(json, "decision", facts->decision.b, sizeof facts->decision.b);
    else
        dg_json_null(json, "decision");
    dg_json_hex(json, "calendar", item->duty.calendar->hash.b, sizeof item->duty.calendar->hash.b);
}

void dg_evaluation_json(const struct dg_evaluation *evaluation, const struct dg_identity *identity,
                        struct dg_arena *arena, FILE *to)
{
    struct dg_json *json = dg_json_new();

    dg_json_text(json, "unit", identity->unit);
    dg_json_number(json, "year", (uint64_t)evaluation->year);
    json_day(json, "asof", evaluation->asof);
    struct dg_json *log = dg_json_object(json, "log");
    dg_json_text(log, "origin", identity->origin);
    dg_json_number(log, "size", evaluation->log_size);
    dg_json_hex(log, "root", evaluation->log_root.b, sizeof evaluation->log_root.b);
    struct dg_json *calendars = dg_json_array(json, "calendars");
    for (size_t i = 0; i < evaluation->calendar_count; i++)
        json_calendar(dg_json_item(calendars), &evaluation->calendar[i], arena);
    struct dg_json *scores = dg_json_array(json, "scores");
    for (int of = 0; of < DG_SCORE_OFS; of++)
        for (size_t i = 0; i < evaluation->score[of].count; i++)
            json_score(dg_json_item(scores), (enum dg_score_of)of, &evaluation->score[of].item[i]);
    struct dg_json *duties = dg_json_array(json, "duties");
    for (size_t i = 0; i < evaluation->count; i++)
        json_duty(dg_json_item(duties), &evaluation->item[i]);
    dg_json_print(json, to);
}
