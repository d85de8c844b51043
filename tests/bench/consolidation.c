/* consolidation.c - how long consolidate takes, however many reports the store holds.
 *
 *   consolidation [units=40]
 *
 * A province with so many districts, whose committees have all reported under one rule for one month. Beside
 * those reports 1,000, 10,000 and 100,000 of other years, of the same committees to the same mailbox under
 * the same rule. Then the same month with four times as many districts: what is shown is what it takes.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/conf/regime_file.h"
#include "node/core/consolidation.h"
#include "node/core/node_impl.h"
#include "node/store/store_lmdb.h"
#include "tests/bench/clock.h"

enum { PER_TRANSACTION = 1000, RUNS = 20, UNITS_MAX = 1000, INDICATORS = 8, BODY_BYTES = 4096 };

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

/* ---- reports ------------------------------------------------------------------------------------- */

static struct dg_report paper(struct scene *s, size_t unit, const char *period)
{
    static struct dg_bytes rule = {(const uint8_t *)rule_id, sizeof rule_id - 1};
    static struct dg_author author;
    static struct dg_recipient recipient;
    static struct dg_indicator indicator[INDICATORS];
    static char body[BODY_BYTES], name[INDICATORS][8];

    author = (struct dg_author){.organ = dg_bytes_of("cap-uy"), .unit = s->unit[unit].slug};
    recipient = (struct dg_recipient){.organ = dg_bytes_of("cap-uy"),
                                      .unit = dg_bytes_of("a"),
                                      .as = DG_AS_TO,
                                      .rule_count = 1,
                                      .rule = &rule};
    memset(body, 'x', sizeof body);
    for (size_t i = 0; i < INDICATORS; i++) {
        (void)snprintf(name[i], sizeof name[i], "so-%zu", i);
        indicator[i] = (struct dg_indicator){.name = dg_bytes_of(name[i]), .value = dg_bytes_of("12.5")};
    }
    return (struct dg_report){.version = 1,
                              .federation = dg_bytes_of("danvan.example"),
                              .author_count = 1,
                              .author = &author,
                              .epoch = 1,
                              .kind = dg_bytes_of("periodic"),
                              .period = dg_bytes_of(period),
                              .date = dg_bytes_of("2026-11-20"),
                              .title = dg_bytes_of("Báo cáo tháng"),
                              .urgency = DG_URGENCY_NORMAL,
                              .indicator_count = INDICATORS,
                              .indicator = indicator,
                              .recipient_count = 1,
                              .recipient = &recipient,
                              .body = dg_bytes_at(body, sizeof body),
                              .signed_ms = 1793000000000};
}

/* The envelope and its row, as delivery writes them. */
static bool write_report(struct dg_txn *txn, const struct dg_report *report, uint64_t position,
                         struct dg_id *ret)
{
    struct dg_buf bytes, envelope, row;
    struct dg_author_signature signature = {.author = 0};
    struct dg_row_key key = dg_key_u64(position);

    dg_buf_init(&bytes, DG_REPORT_MAX);
    dg_buf_init(&envelope, DG_ENVELOPE_MAX);
    dg_buf_init(&row, DG_ENVELOPE_MAX + 1024);
    bool ok = dg_report_encode(report, &bytes) == DG_OK;
    struct dg_envelope sealed = {
        .report = dg_buf_bytes(&bytes), .signature_count = 1, .signature = &signature};
    ok = ok && dg_envelope_encode(&sealed, &envelope) == DG_OK;
    *ret = dg_report_id(dg_buf_bytes(&bytes));
    dg_buf_add_u64be(&row, (uint64_t)report->signed_ms);
    dg_row_add_run(&row, report->author[0].unit);
    dg_row_add_run(&row, report->author[0].unit);
    dg_buf_add(&row, report->author[0].certificate.b, sizeof report->author[0].certificate.b);
    dg_buf_add_u8(&row, 0);
    dg_row_add_run(&row, dg_buf_bytes(&envelope));
    dg_row_put(txn, DG_TABLE_REPORT, &key, &row);
    dg_buf_done(&bytes);
    dg_buf_done(&envelope);
    return ok;
}

/* Of other years nobody reads more than that there is a row. */
static bool receive(struct scene *s, struct dg_txn *txn, size_t unit, const char *period, bool whole)
{
    struct dg_report report = paper(s, unit, period);
    uint64_t position = s->position++;
    struct dg_id id = {.b = {0}};

    memcpy(id.b, &position, sizeof position);
    if (whole && !write_report(txn, &report, position, &id))
        return false;
    struct dg_report_ix ix = {
        .position = position, .verdict = DG_VERDICT_ACCEPTED, .author_unit = report.author[0].unit};
    struct dg_mail mail = {.position = position,
                           .id = id,
                           .as = DG_AS_TO,
                           .rule_count = 1,
                           .rule = report.recipient[0].rule,
                           .arrived_ms = report.signed_ms,
                           .state = 1,
                           .open = true};
    dg_report_ix_put(txn, &id, &ix);
    dg_mail_put(txn, dg_bytes_of("cap-uy"), &mail);
    dg_filed_put(txn, &report, &id, position, report.signed_ms);
    return true;
}

/* October of 2026 by every unit after the first so many, or other months of the fifty years before. */
static bool fill(struct scene *s, size_t from, size_t to, bool of_2026)
{
    size_t units = s->directory.unit_count - 1;

    for (size_t i = from; i < to;) {
        struct dg_committed committed;
        struct dg_txn *txn;
        if (dg_begin_write(s->store, &txn) != DG_OK)
            return false;
        for (size_t k = 0; k < PER_TRANSACTION && i < to; k++, i++) {
            char period[32];
            (void)snprintf(period, sizeof period, "%04zu-%02zu", of_2026 ? 2026 : 2025 - i / units / 12 % 50,
                           of_2026 ? 10 : 1 + i / units % 12);
            if (!receive(s, txn, of_2026 ? 1 + i : 1 + i % units, period, of_2026))
                return false;
        }
        if (dg_commit(s->store, txn, &committed) != DG_OK)
            return false;
    }
    return true;
}

/* ---- measuring ----------------------------------------------------------------------------------- */

/* The middle of many drafts, in microseconds; 0 when one fails. */
static double measure(struct scene *s, size_t *ret_sources)
{
    double took[RUNS];
    struct dg_day today = {.n = 0};

    if (!dg_day_parse(dg_bytes_of("2026-11-20"), &today))
        return 0;
    for (size_t i = 0; i < RUNS; i++) {
        struct dg_consolidation made;
        struct dg_fault fault;
        struct dg_txn *txn;
        if (dg_begin_read(s->store, &txn) != DG_OK)
            return 0;
        double start = clock_thread_s();
        bool ok = dg_consolidate(txn, &s->directory, &s->unit[0], dg_bytes_of("cap-uy"), dg_bytes_of(rule_id),
                                 dg_bytes_of("2026-10"), today, &made, &fault) == DG_OK;
        took[i] = clock_thread_s() - start;
        *ret_sources = ok ? made.material_count : 0;
        dg_abort(s->store, txn);
        if (!ok || made.absent_count > 0)
            return 0;
    }
    return clock_quantile(took, RUNS, 0.5) * 1e6;
}

static bool print_one(struct scene *s, size_t stored, double *first)
{
    size_t sources = 0;
    double us = measure(s, &sources);

    *first = *first > 0 ? *first : us;
    printf("%10zu %10zu %14.1f %8.2f\n", stored, sources, us, us / *first);
    return us > 0;
}

static bool measure_all(struct scene *s, size_t units)
{
    static const size_t sizes[] = {1000, 10000, 100000};
    size_t stored = 0;
    double first = 0;
    bool ok = fill(s, 0, units, true);

    printf("%10s %10s %14s %8s\n", "others", "sources", "us", "ratio");
    for (size_t i = 0; ok && i < sizeof sizes / sizeof sizes[0]; i++) {
        ok = fill(s, stored, sizes[i], false);
        stored = sizes[i];
        ok = ok && print_one(s, stored, &first);
    }
    if (!ok)
        return false;
    build(s, 4 * units);
    return fill(s, units, 4 * units, true) && print_one(s, stored, &first);
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
    char home[] = "/tmp/donggui-consolidation.XXXXXX";
    struct dg_fault fault = {.err = DG_OK};
    struct dg_bytes bytes;
    unsigned units = 40;

    if (argc > 1 && (sscanf(argv[1], "units=%u", &units) != 1 || units < 1 || units > UNITS_MAX / 4)) {
        fputs("consolidation [units=40]\n", stderr);
        return 2;
    }
    if (mkdtemp(home) == NULL)
        return 1;
    dg_arena_init(&scene.arena, 0);
    bool ok = dg_store_lmdb_open(home, DG_STORE_CREATE, &scene.store, &fault) == DG_OK;
    if (ok) {
        build(&scene, units);
        ok = dg_regime_load(&scene.arena, DG_SOURCE_DIR "/deploy/regimes/binh-phuoc.yaml", "", &bytes,
                            &fault) == DG_OK &&
             dg_regime_decode(&scene.arena, bytes, &scene.regime, &fault) == DG_OK &&
             measure_all(&scene, units);
        dg_store_close(scene.store);
    }
    if (!ok)
        fprintf(stderr, "consolidation: %s %s\n", dg_err_name(fault.err), fault.what);
    store_remove(home);
    dg_arena_done(&scene.arena);
    return ok ? 0 : 1;
}
