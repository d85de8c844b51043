/* evaluation_csv.c - an evaluation as comma-separated values (RFC 4180, but lines end in LF). */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/id.h"
#include "node/cli/evaluation.h"

/* Every row has all of them; what does not concern it is empty. */
#define COLUMNS(X)                                                                                           \
    X(scope)                                                                                                 \
    X(unit)                                                                                                  \
    X(organ) X(rule) X(period) X(cutoff) X(due) X(until) X(state) X(days_late) X(signed) X(arrived)          \
        X(report) X(decision) X(owed) X(on_time) X(late) X(missing) X(excused) X(not_due)                    \
            X(punctual_percent) X(complete_percent) X(source) X(number) X(hash)

enum column {
#define X(name) COLUMN_##name,
    COLUMNS(X)
#undef X
        COLUMN_COUNT
};

enum { CELL_MAX = 320 };

struct row {
    char cell[COLUMN_COUNT][CELL_MAX];
};

/* ---- cells --------------------------------------------------------------------------------------- */

static void set(struct row *row, enum column column, const char *text)
{
    int size = snprintf(row->cell[column], CELL_MAX, "%s", text);
    assert(size >= 0 && size < CELL_MAX); /* slugs, ids, origins: all bounded by limits.h */
    (void)size;
}

/* A row of a scope, otherwise empty. */
static void begin(struct row *row, const char *scope)
{
    for (int i = 0; i < COLUMN_COUNT; i++)
        row->cell[i][0] = '\0';
    set(row, COLUMN_scope, scope);
}

static void set_bytes(struct row *row, enum column column, struct dg_bytes text)
{
    assert(text.size < CELL_MAX);
    if (text.size > 0)
        memcpy(row->cell[column], text.data, text.size);
    row->cell[column][text.size] = '\0';
}

static void set_number(struct row *row, enum column column, uint64_t number)
{
    (void)snprintf(row->cell[column], CELL_MAX, "%" PRIu64, number);
}

static void set_day(struct row *row, enum column column, struct dg_day day)
{
    char text[DG_DAY_TEXT];
    dg_day_text(day, text);
    set(row, column, text);
}

static void set_instant(struct row *row, enum column column, dg_ms at)
{
    char text[DG_INSTANT_TEXT];
    dg_instant_text(at, text);
    set(row, column, text);
}

static void set_hash(struct row *row, enum column column, const uint8_t bytes[static DG_HASH_BYTES])
{
    dg_hex(bytes, DG_HASH_BYTES, row->cell[column]);
}

static void print_cell(const char *text, FILE *to)
{
    if (strpbrk(text, ",\"\n\r") == NULL) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

static void print(const struct row *row, FILE *to)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (i > 0)
            fputc(',', to);
        print_cell(row->cell[i], to);
    }
    fputc('\n', to);
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static void print_heading(FILE *to)
{
    static const char *const name[] = {
#define X(name) #name,
        COLUMNS(X)
#undef X
    };
    struct row row;

    for (int i = 0; i < COLUMN_COUNT; i++)
        set(&row, (enum column)i, name[i]);
    print(&row, to);
}

static void print_source(const struct dg_evaluation *e, const struct dg_identity *identity, FILE *to)
{
    struct row row;

    begin(&row, "year");
    set_number(&row, COLUMN_source, (uint64_t)e->year);
    print(&row, to);
    begin(&row, "asof");
    set_day(&row, COLUMN_source, e->asof);
    print(&row, to);
    begin(&row, "log");
    set(&row, COLUMN_unit, identity->unit);
    set(&row, COLUMN_source, identity->origin);
    set_number(&row, COLUMN_number, e->log_size);
    set_hash(&row, COLUMN_hash, e->log_root.b);
    print(&row, to);
}

static void print_calendar(const struct dg_held_calendar *held, FILE *to)
{
    struct row row;

    begin(&row, "calendar");
    set_bytes(&row, COLUMN_unit, held->calendar.issuer.unit);
    set_bytes(&row, COLUMN_organ, held->calendar.issuer.organ);
    set_bytes(&row, COLUMN_source, held->calendar.name);
    set_number(&row, COLUMN_number, held->calendar.serial);
    set_hash(&row, COLUMN_hash, held->hash.b);
    print(&row, to);
}

static void print_score(enum dg_score_of of, const struct dg_score *score, FILE *to)
{
    uint64_t owed = dg_score_owed(score);
    struct row row;

    begin(&row, dg_score_of_name(of));
    set_bytes(&row, COLUMN_unit, score->unit);
    set_bytes(&row, COLUMN_organ, score->organ);
    set_bytes(&row, COLUMN_rule, score->rule);
    set_bytes(&row, COLUMN_period, score->period);
    set_number(&row, COLUMN_days_late, score->days_late);
    set_number(&row, COLUMN_owed, owed);
    set_number(&row, COLUMN_on_time, score->count[DG_DUTY_ON_TIME]);
    set_number(&row, COLUMN_late, score->count[DG_DUTY_LATE]);
    set_number(&row, COLUMN_missing, score->count[DG_DUTY_MISSING]);
    set_number(&row, COLUMN_excused, score->count[DG_DUTY_EXCUSED]);
    set_number(&row, COLUMN_not_due, score->count[DG_DUTY_OWED]);
    dg_percent_text(score->count[DG_DUTY_ON_TIME], owed, row.cell[COLUMN_punctual_percent]);
    dg_percent_text(dg_score_reported(score), owed, row.cell[COLUMN_complete_percent]);
    print(&row, to);
}

static void print_duty(const struct dg_evaluated *item, FILE *to)
{
    const struct dg_calendar_entry *entry = item->duty.entry;
    const struct dg_duty_facts *facts = &item->facts;
    struct row row;

    begin(&row, "duty");
    set_bytes(&row, COLUMN_unit, item->duty.unit->slug);
    set_bytes(&row, COLUMN_organ, item->duty.organ->slug);
    set_bytes(&row, COLUMN_rule, entry->rule);
    set_bytes(&row, COLUMN_period, entry->period);
    set_day(&row, COLUMN_cutoff, entry->cutoff);
    set_day(&row, COLUMN_due, entry->due);
    set_day(&row, COLUMN_until, dg_duty_last(&item->duty, facts));
    set(&row, COLUMN_state, dg_duty_state_name(item->state));
    set_number(&row, COLUMN_days_late, item->days_late);
    if (facts->submitted) {
        set_instant(&row, COLUMN_signed, facts->signed_ms);
        set_instant(&row, COLUMN_arrived, facts->came_ms);
        set_hash(&row, COLUMN_report, facts->report.b);
    }
    if (facts->extended || facts->excused)
        set_hash(&row, COLUMN_decision, facts->decision.b);
    set_hash(&row, COLUMN_hash, item->duty.calendar->hash.b);
    print(&row, to);
}

void dg_evaluation_csv(const struct dg_evaluation *evaluation, const struct dg_identity *identity, FILE *to)
{
    print_heading(to);
    print_source(evaluation, identity, to);
    for (size_t i = 0; i < evaluation->calendar_count; i++)
        print_calendar(&evaluation->calendar[i], to);
    for (int of = 0; of < DG_SCORE_OFS; of++)
        for (size_t i = 0; i < evaluation->score[of].count; i++)
            print_score((enum dg_score_of)of, &evaluation->score[of].item[i], to);
    for (size_t i = 0; i < evaluation->count; i++)
        print_duty(&evaluation->item[i], to);
}
