/* evaluation.c - how long overdue, inbox and evaluate --year take, however many reports the store holds.
 *
 *   evaluation [units=40]
 *
 * A province with so many districts, whose committees report by its calendar of 2026: half of them did.
 * Beside those reports 1,000, 10,000 and 100,000 of other years, of the same committees under the same rule,
 * done with in the mailbox of the province's committee; so is what came of 2026, but for the newest twenty.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/conf/calendar_file.h"
#include "node/conf/regime_file.h"
#include "node/core/evaluation.h"
#include "node/core/issued_impl.h"
#include "proto/state_table.h"
#include "node/store/store_lmdb.h"
#include "tests/bench/clock.h"

enum { PER_TRANSACTION = 1000, RUNS = 20, UNITS_MAX = 1000, UNREAD = 20 };

#define DAY_MS INT64_C(86400000)
static const char rule_id[] = "BP-24.2b";

struct scene {
    struct dg_arena arena;
    struct dg_store *store;
    struct dg_regime regime;
    struct dg_directory directory;
    struct dg_dir_unit unit[UNITS_MAX + 1];
    uint64_t position;
};

/* ---- the province -------------------------------------------------------------------------------- */

static struct dg_dir_organ *organs(struct scene *s)
{
    static struct dg_bytes role[2] = {{(const uint8_t *)"ban-dan-van", 11}, {(const uint8_t *)"cap-uy", 6}};
    struct dg_dir_organ *organ = dg_arena_array(&s->arena, 2, sizeof *organ);

    for (size_t i = 0; i < 2; i++)
        organ[i] = (struct dg_dir_organ){
            .slug = role[i], .role = {.count = 1, .item = &role[i]}, .serial = 1, .not_after_ms = INT64_MAX};
    return organ;
}

static void build(struct scene *s, size_t units)
{
    static struct dg_dir_adoption adoption = {.main = true, .serial = 1};

    adoption.regime = &s->regime;
    s->directory = (struct dg_directory){.unit = s->unit, .unit_count = units + 1};
    for (size_t i = 0; i <= units; i++) {
        const char *slug = i == 0 ? "a" : dg_arena_printf(&s->arena, "d%04zu", i);
        s->unit[i] = (struct dg_dir_unit){.slug = dg_bytes_of(slug),
                                          .level = dg_bytes_of(i == 0 ? "province" : "district"),
                                          .parent = i == 0 ? NULL : &s->unit[0],
                                          .organ_count = 2,
                                          .organ = organs(s)};
    }
    s->unit[0].adoption = &adoption;
    s->unit[0].adoption_count = 1;
}

/* The regime, and the calendar as a row of the store. */
static bool load(struct scene *s, struct dg_fault *fault)
{
    const char *regime = DG_SOURCE_DIR "/deploy/regimes/binh-phuoc.yaml";
    const char *path = DG_SOURCE_DIR "/deploy/calendars/binh-phuoc-2026.yaml";
    struct dg_fault_list *faults = dg_arena_alloc(&s->arena, sizeof *faults);
    struct dg_calendar calendar;
    struct dg_bytes bytes;
    struct dg_buf body;

    if (dg_regime_load(&s->arena, regime, "", &bytes, fault) != DG_OK ||
        dg_regime_decode(&s->arena, bytes, &s->regime, fault) != DG_OK ||
        dg_calendar_load(&s->arena, path, NULL, &calendar, faults, fault) != DG_OK)
        return false;
    calendar.serial = 1;
    calendar.issuer = (struct dg_issuer){.federation = dg_bytes_of("danvan.example"),
                                         .organ = dg_bytes_of("ban-dan-van"),
                                         .unit = dg_bytes_of("a"),
                                         .signed_ms = dg_day_start(calendar.from)};
    dg_buf_init(&body, DG_CALENDAR_MAX);
    bool ok = dg_calendar_encode(&calendar, &body) == DG_OK;
    struct dg_row_key key = dg_key_calendar(&calendar.issuer, calendar.name, 1);
    struct dg_issued_row row = {
        .key = dg_row_key_bytes(&key),
        .record = {.kind = DG_RECORD_CALENDAR, .has_signed = true, .sealed = {.body = dg_buf_bytes(&body)}}};
    struct dg_committed committed;
    struct dg_txn *txn;
    ok = ok && dg_begin_write(s->store, &txn) == DG_OK;
    if (ok) {
        dg_issued_put(txn, &row);
        ok = dg_commit(s->store, txn, &committed) == DG_OK;
    }
    dg_buf_done(&body);
    return ok;
}

/* ---- reports ------------------------------------------------------------------------------------- */

static void file(struct scene *s, struct dg_txn *txn, size_t unit, const char *period, bool unread)
{
    struct dg_bytes rule = dg_bytes_of(rule_id);
    struct dg_author author = {.organ = dg_bytes_of("cap-uy"), .unit = s->unit[unit].slug};
    struct dg_recipient recipient = {.rule_count = 1, .rule = &rule};
    struct dg_report report = {.author_count = 1,
                               .author = &author,
                               .period = dg_bytes_of(period),
                               .recipient_count = 1,
                               .recipient = &recipient};
    struct dg_id id = {.b = {0}};
    struct dg_day first;

    memcpy(id.b, &s->position, sizeof s->position);
    if (dg_day_parse(dg_bytes_of("2026-01-10"), &first))
        report.signed_ms = dg_day_start(first);
    dg_filed_put(txn, &report, &id, s->position++, report.signed_ms);
    struct dg_mail mail = {.position = s->position - 1,
                           .id = id,
                           .as = DG_AS_TO,
                           .rule_count = 1,
                           .rule = &rule,
                           .arrived_ms = report.signed_ms,
                           .state = unread ? DG_STATE_ARRIVED : DG_STATE_DONE,
                           .open = true};
    dg_mail_put(txn, dg_bytes_of("cap-uy"), &mail);
}

/* Files count reports; of 2026 by every second unit, or of the fifty years before it. */
static bool fill(struct scene *s, size_t count, bool of_2026)
{
    size_t units = s->directory.unit_count - 1;

    for (size_t i = 0; i < count;) {
        struct dg_committed committed;
        struct dg_txn *txn;
        if (dg_begin_write(s->store, &txn) != DG_OK)
            return false;
        for (size_t k = 0; k < PER_TRANSACTION && i < count; k++, i++) {
            size_t unit = of_2026 ? 1 + i / 12 * 2 : 1 + i % units;
            char period[32];
            (void)snprintf(period, sizeof period, "%04zu-%02zu", of_2026 ? 2026 : 2025 - i / units / 12 % 50,
                           1 + (of_2026 ? i : i / units) % 12);
            file(s, txn, unit, period, of_2026 && i + UNREAD >= count);
        }
        if (dg_commit(s->store, txn, &committed) != DG_OK)
            return false;
    }
    return true;
}

/* ---- measuring ----------------------------------------------------------------------------------- */

struct overdue {
    struct dg_txn *txn;
    struct dg_day today;
    size_t count;
};

static bool count_overdue(void *ctx, const struct dg_duty *duty)
{
    struct overdue *o = ctx;
    struct dg_duty_facts facts;

    dg_duty_facts(o->txn, duty, &facts);
    o->count += dg_duty_judge(duty, &facts, o->today, NULL) == DG_DUTY_MISSING;
    return true;
}

/* What overdue does, calendars read anew. Returns how many there are. */
static size_t overdue(struct scene *s, struct dg_txn *txn, struct dg_day today)
{
    struct dg_duty_filter filter = {.first = {.n = -1}, .last = {.n = today.n - 1}, .at = &s->unit[0]};
    struct overdue o = {.txn = txn, .today = today};
    struct dg_held_calendar *calendar;
    size_t count;

    bool ok = dg_calendars_load(txn, txn->arena, &count, &calendar) == DG_OK &&
              dg_duty_each(&s->directory, calendar, count, &filter, txn->arena, count_overdue, &o) == DG_OK;
    return ok ? o.count : 0;
}

static bool count_mail(void *ctx, const struct dg_mail *mail)
{
    (void)mail;
    (*(size_t *)ctx)++;
    return true;
}

/* What inbox does: the deliveries that still ask for something. */
static size_t inbox(struct scene *s, struct dg_txn *txn, struct dg_day today)
{
    size_t count = 0;

    (void)s;
    (void)today;
    dg_mail_each(txn, dg_bytes_of("cap-uy"), false, count_mail, &count);
    return count;
}

static size_t evaluate(struct scene *s, struct dg_txn *txn, struct dg_day today)
{
    const struct dg_evaluation_ask ask = {.year = 2026, .has_asof = true, .asof = today};
    struct dg_evaluation evaluation;

    bool ok = dg_evaluate(txn, &s->directory, &s->unit[0], &ask, txn->arena, &evaluation) == DG_OK;
    return ok ? evaluation.count : 0;
}

/* The middle of many runs, in microseconds. */
static double measure(struct scene *s,
                      size_t (*what)(struct scene *s, struct dg_txn *txn, struct dg_day today),
                      size_t *ret_shown)
{
    struct dg_day today = {.n = 0};
    double took[RUNS];

    if (!dg_day_parse(dg_bytes_of("2027-03-01"), &today))
        return 0;
    for (size_t i = 0; i < RUNS; i++) {
        struct dg_txn *txn;
        if (dg_begin_read(s->store, &txn) != DG_OK)
            return 0;
        double start = clock_s();
        *ret_shown = what(s, txn, today);
        took[i] = clock_s() - start;
        dg_abort(s->store, txn);
    }
    return clock_quantile(took, RUNS, 0.5) * 1e6;
}

static bool measure_all(struct scene *s)
{
    static const size_t sizes[] = {1000, 10000, 100000};
    static const struct {
        const char *name;
        size_t (*what)(struct scene *s, struct dg_txn *txn, struct dg_day today);
    } asked[] = {{"overdue", overdue}, {"inbox", inbox}, {"evaluate", evaluate}};
    double first[sizeof asked / sizeof asked[0]] = {0};
    size_t stored = 0;

    if (!fill(s, (s->directory.unit_count - 1) / 2 * 12, true))
        return false;
    printf("%10s %10s %10s %14s %8s\n", "stored", "verb", "shown", "us", "ratio");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (!fill(s, sizes[i] - stored, false))
            return false;
        stored = sizes[i];
        for (size_t k = 0; k < sizeof asked / sizeof asked[0]; k++) {
            size_t shown = 0;
            double us = measure(s, asked[k].what, &shown);
            first[k] = i == 0 ? us : first[k];
            printf("%10zu %10s %10zu %14.1f %8.2f\n", stored, asked[k].name, shown, us, us / first[k]);
        }
    }
    return true;
}

/* ---- the program --------------------------------------------------------------------------------- */

static void store_remove(const char *home)
{
    static const char *const file_name[] = {"store/data.mdb", "store/lock.mdb", "node.lock"};
    char path[128];

    for (size_t i = 0; i < sizeof file_name / sizeof file_name[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", home, file_name[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/store", home);
    (void)rmdir(path);
    (void)rmdir(home);
}

int main(int argc, char **argv)
{
    static struct scene scene;
    char home[] = "/tmp/donggui-evaluation.XXXXXX";
    struct dg_fault fault = {.err = DG_OK};
    unsigned units = 40;

    if (argc > 1 && (sscanf(argv[1], "units=%u", &units) != 1 || units < 2 || units > UNITS_MAX)) {
        fputs("evaluation [units=40]\n", stderr);
        return 2;
    }
    if (mkdtemp(home) == NULL)
        return 1;
    dg_arena_init(&scene.arena, 0);
    bool ok = dg_store_lmdb_open(home, DG_STORE_CREATE, &scene.store, &fault) == DG_OK;
    if (ok) {
        build(&scene, units);
        ok = load(&scene, &fault) && measure_all(&scene);
        dg_store_close(scene.store);
    }
    if (!ok)
        fprintf(stderr, "evaluation: %s %s\n", dg_err_name(fault.err), fault.what);
    store_remove(home);
    dg_arena_done(&scene.arena);
    return ok ? 0 : 1;
}
