/* verb_lineage.c - what a report was made of, down to the signed originals. */
#include <time.h>

#include "common/crypto.h"
#include "common/line.h"
#include "node/cli/ask.h"
#include "node/cli/correction.h"
#include "node/cli/grid.h"
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/cli/view.h"
#include "node/core/issued.h"
#include "node/core/lineage.h"

struct tracing {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_directory directory;
    struct dg_grid *grid; /* NULL with --json, and while only counting */
    bool json;
    const struct dg_dir_unit *self;
    size_t calendar_count;
    struct dg_held_calendar *calendar;
    size_t sources, here, asked, unasked, late, superseded, asked_back, changed, altered;
};

/* One report as it is shown. */
struct traced {
    const struct dg_lineage *found;
    enum dg_lineage_state state; /* altered also where the signature does not hold */
    struct dg_bytes code;
    uint32_t days_late;
};

/* ---- one report ----------------------------------------------------------------------------------- */

/* Every author's signature over the very bytes, by the key that the author's unit certified.
 * DG_ERR_BAD_SIGNATURE; DG_ERR_STALE_DIRECTORY where that certificate is not known here. */
static enum dg_err check_signatures(const struct tracing *t, const struct dg_lineage *found)
{
    const struct dg_report *report = found->report;

    if (found->envelope->signature_count != report->author_count)
        return DG_ERR_BAD_SIGNATURE;
    for (size_t i = 0; i < report->author_count; i++) {
        const struct dg_author *author = &report->author[i];
        const struct dg_dir_unit *unit = dg_directory_unit(&t->directory, author->unit);
        const struct dg_dir_organ *organ =
            unit != NULL ? dg_dir_unit_certificate(unit, &author->certificate) : NULL;
        if (organ == NULL)
            return DG_ERR_STALE_DIRECTORY;
        if (!dg_bytes_equal(organ->slug, author->organ) ||
            !dg_verify(&organ->signing, DG_CONTEXT_REPORT, found->envelope->report,
                       &found->envelope->signature[i].sig))
            return DG_ERR_BAD_SIGNATURE;
    }
    return DG_OK;
}

static struct traced trace_of(const struct tracing *t, const struct dg_lineage *found)
{
    struct traced traced = {.found = found, .state = found->state, .code = found->code};

    if (found->report == NULL || found->seen)
        return traced;
    enum dg_err err = check_signatures(t, found);
    if (err != DG_OK)
        traced.code = dg_bytes_of(dg_err_name(err));
    if (err == DG_ERR_BAD_SIGNATURE)
        traced.state = DG_LINEAGE_ALTERED;
    traced.days_late = dg_lineage_days_late(t->view.txn, &t->directory, t->self, t->calendar,
                                            t->calendar_count, found, dg_day_of(dg_cli_now()));
    return traced;
}

static const char *state_name(enum dg_lineage_state state)
{
    static const char *const name[] = {"?",       "held",    "fetched",  "wanted",
                                       "missing", "refused", "rejected", "altered"};
    return name[state];
}

static const char *state_shown(const struct dg_cli *cli, enum dg_lineage_state state)
{
    static const enum dg_msg shown[] = {
        DG_MSG_NOT_YET,         DG_MSG_LINEAGE_HELD,    DG_MSG_LINEAGE_FETCHED,  DG_MSG_LINEAGE_WANTED,
        DG_MSG_LINEAGE_MISSING, DG_MSG_LINEAGE_REFUSED, DG_MSG_LINEAGE_REJECTED, DG_MSG_LINEAGE_ALTERED};
    return dg_msg(cli, shown[state]);
}

static void print_json(struct tracing *t, const struct traced *traced)
{
    struct dg_json *json = dg_json_new();
    const struct dg_lineage *found = traced->found;
    const struct dg_report *report = found->report;

    dg_json_number(json, "depth", found->depth);
    dg_json_hex(json, "id", found->id.b, sizeof found->id.b);
    dg_json_text(json, "state", state_name(traced->state));
    dg_json_maybe(json, "code", traced->code);
    if (report != NULL) {
        dg_json_text(json, "from", dg_author_text(t->view.txn->arena, report));
        dg_json_bytes(json, "kind", report->kind);
        dg_json_maybe(json, "period", report->period);
        dg_json_maybe(json, "number", report->number);
        dg_json_bytes(json, "title", report->title);
        dg_json_instant(json, "signed", report->signed_ms);
        dg_json_instant(json, "arrived", found->arrived_ms);
        dg_json_number(json, "days_late", traced->days_late);
        dg_json_number(json, "sources", report->source_count);
    }
    dg_json_maybe(json, "log", found->holder);
    dg_json_maybe_id(json, "superseded_by", found->is_superseded, &found->superseded_by);
    dg_json_bool(json, "asked_back", found->asked_back);
    dg_json_bool(json, "sources_changed", found->sources_changed);
    dg_json_changes(json, found->change_count, found->change);
    dg_json_bool(json, "repeated", found->seen);
    dg_json_print(json, t->cli->out);
}

static const char *join(struct tracing *t, const char *text, const char *more)
{
    return dg_arena_printf(t->view.txn->arena, "%s; %s", text, more);
}

static const char *remark(struct tracing *t, const struct traced *traced)
{
    struct dg_arena *arena = t->view.txn->arena;
    const struct dg_lineage *found = traced->found;
    const char *text = state_shown(t->cli, traced->state);

    if (traced->state == DG_LINEAGE_ALTERED)
        text = dg_paint(t->cli, DG_PAINT_BAD, text);
    if (traced->code.size > 0)
        text = dg_arena_printf(arena, "%s (%s)", text, dg_shown(arena, traced->code));
    if (traced->days_late > 0)
        text = join(t, text,
                    dg_phrase(t->cli, DG_MSG_DUTY_LATE,
                              DG_WORDS(dg_arena_printf(arena, "%u", (unsigned)traced->days_late))));
    if (found->is_superseded)
        text = join(t, text,
                    dg_phrase(t->cli, DG_MSG_LINEAGE_SUPERSEDED,
                              DG_WORDS(dg_id_short(arena, &found->superseded_by))));
    if (found->asked_back)
        text = join(t, text, dg_msg(t->cli, DG_MSG_ASKED_BACK_SHORT));
    if (found->sources_changed)
        text = join(t, text, dg_msg(t->cli, DG_MSG_SOURCES_CHANGED_SHORT));
    return found->seen ? join(t, text, dg_msg(t->cli, DG_MSG_LINEAGE_SEEN)) : text;
}

static void print_row(struct tracing *t, const struct traced *traced)
{
    struct dg_arena *arena = t->view.txn->arena;
    const struct dg_lineage *found = traced->found;
    const struct dg_report *report = found->report;
    char hex[DG_HEX_BYTES];

    dg_hex(found->id.b, sizeof found->id.b, hex);
    int indent = (int)(2 * (found->depth < 20 ? found->depth : 20));
    dg_grid_row(t->grid, (const char *const[]){
                             dg_arena_printf(arena, "%*s%.12s", indent, "", hex),
                             report != NULL ? dg_author_text(arena, report) : "-",
                             report != NULL ? dg_shown(arena, report->period) : "",
                             report != NULL ? dg_shown(arena, report->number) : "",
                             remark(t, traced),
                         });
}

static void tally(struct tracing *t, const struct traced *traced)
{
    const struct dg_lineage *found = traced->found;

    t->altered += traced->state == DG_LINEAGE_ALTERED && !found->seen;
    if (found->depth == 0 || found->seen)
        return;
    t->sources++;
    t->here += found->report != NULL;
    t->asked += found->state == DG_LINEAGE_WANTED;
    t->unasked += found->state == DG_LINEAGE_UNKNOWN;
    t->late += traced->days_late > 0;
    t->superseded += found->is_superseded;
    t->asked_back += found->asked_back;
    t->changed += found->sources_changed;
}

static bool trace_one(void *ctx, const struct dg_lineage *found)
{
    struct tracing *t = ctx;
    struct traced traced = trace_of(t, found);

    tally(t, &traced);
    if (t->json)
        print_json(t, &traced);
    else if (t->grid != NULL)
        print_row(t, &traced);
    return true;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

static enum dg_err trace(struct tracing *t, const struct dg_id *id)
{
    t->sources = t->here = t->asked = t->unasked = t->altered = 0;
    t->late = t->superseded = t->asked_back = t->changed = 0;
    enum dg_err err = dg_lineage_each(t->view.txn, id, trace_one, t);
    return err == DG_OK ? DG_OK : dg_faultf(&t->cli->fault, err, "%s", t->cli->args.word[0]);
}

/* Members and calendars, to check signatures and days by. */
static enum dg_err read_rules(struct tracing *t)
{
    enum dg_err err = dg_view_directory(t->cli, &t->view, &t->directory);
    if (err == DG_OK)
        err = dg_view_self(t->cli, &t->view, &t->directory, &t->self);
    if (err != DG_OK)
        return err;
    err = dg_calendars_load(t->view.txn, &t->cli->arena, &t->calendar_count, &t->calendar);
    return err == DG_OK ? DG_OK : dg_fault(&t->cli->fault, err);
}

static void say_sums(struct tracing *t)
{
    const size_t sum[] = {t->sources, t->here, t->sources - t->here, t->late, t->superseded, t->altered};
    const char *word[sizeof sum / sizeof sum[0] + 1];

    for (size_t i = 0; i < sizeof sum / sizeof sum[0]; i++)
        word[i] = dg_arena_printf(&t->cli->arena, "%zu", sum[i]);
    word[sizeof sum / sizeof sum[0]] = NULL;
    dg_say(t->cli, t->cli->out, DG_MSG_LINEAGE_SUM, word);
    if (t->asked_back + t->changed > 0)
        dg_say(t->cli, t->cli->out, DG_MSG_LINEAGE_UNSURE,
               DG_WORDS(dg_arena_printf(&t->cli->arena, "%zu", t->asked_back),
                        dg_arena_printf(&t->cli->arena, "%zu", t->changed)));
}

static enum dg_err show(struct tracing *t)
{
    static const enum dg_msg heading[] = {DG_MSG_H_ID, DG_MSG_H_FROM, DG_MSG_H_PERIOD, DG_MSG_H_NUMBER,
                                          DG_MSG_H_STATE};
    struct dg_cli *cli = t->cli;
    struct dg_id id;

    cli->where = cli->args.word[0];
    enum dg_err err = dg_report_find(t->view.txn, dg_bytes_of(cli->args.word[0]), &id, &cli->fault);
    if (err == DG_OK)
        err = read_rules(t);
    if (err != DG_OK)
        return err;
    t->json = dg_cli_has(cli, DG_OPT_JSON);
    if (!t->json)
        t->grid = dg_grid_new(cli, heading, sizeof heading / sizeof heading[0]);
    err = trace(t, &id);
    if (t->grid != NULL && err == DG_OK)
        err = dg_grid_print(t->grid);
    if (err != DG_OK)
        return err;
    if (!t->json)
        say_sums(t);
    if (t->altered > 0)
        return dg_faultf(&cli->fault, DG_ERR_VERIFY_FAILED, "%s",
                         dg_phrase(cli, DG_MSG_LINEAGE_EVIDENCE,
                                   DG_WORDS(dg_arena_printf(&cli->arena, "%zu", t->altered))));
    return DG_OK;
}

/* ---- asking below --------------------------------------------------------------------------------- */

enum { POLL_MS = 200, WAIT_SECONDS_MAX = 30 * 86400 };

static enum dg_err ask(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_FETCH,
                                     .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN),
                                     .report = dg_bytes_of(cli->args.word[0])};
    struct dg_ctl_reply reply;
    enum dg_err err = dg_ask(cli, &request, &reply);
    if (err == DG_OK)
        dg_say(cli, cli->err, request.dry_run ? DG_MSG_WOULD_FETCH : DG_MSG_FETCHING,
               DG_WORDS(dg_shown(&cli->arena, reply.text)));
    return err;
}

/* How many sources are still asked for, and how many nobody has asked for. */
struct open_sources {
    size_t asked, unasked;
};

static enum dg_err count_open(struct dg_cli *cli, struct open_sources *ret)
{
    struct tracing t = {.cli = cli};
    struct dg_id id;
    enum dg_err err = dg_view_open(cli, &t.view);
    if (err != DG_OK)
        return err;
    err = dg_report_find(t.view.txn, dg_bytes_of(cli->args.word[0]), &id, &cli->fault);
    if (err == DG_OK)
        err = read_rules(&t);
    if (err == DG_OK)
        err = trace(&t, &id);
    *ret = (struct open_sources){.asked = t.asked, .unasked = t.unasked};
    return dg_view_close(cli, &t.view, err);
}

/* A source that came may name sources itself: as long as something arrives, what is new is asked for too. */
static enum dg_err wait_for_all(struct dg_cli *cli, uint64_t seconds)
{
    for (uint64_t waited = 0;; waited += POLL_MS) {
        struct open_sources open;
        enum dg_err err = count_open(cli, &open);
        if (err == DG_OK && open.unasked > 0)
            err = ask(cli);
        if (err != DG_OK || (open.asked == 0 && open.unasked == 0) || waited >= seconds * 1000)
            return err;
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
}

static enum dg_err fetch(struct dg_cli *cli)
{
    const char *text = dg_cli_value(cli, DG_OPT_WAIT);
    uint64_t seconds = 0;
    if (text != NULL && (!dg_decimal_parse(dg_bytes_of(text), &seconds) || seconds > WAIT_SECONDS_MAX))
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--wait %s", text);
    enum dg_err err = ask(cli);
    if (err != DG_OK || text == NULL || dg_cli_has(cli, DG_OPT_DRY_RUN))
        return err;
    return wait_for_all(cli, seconds);
}

enum dg_err dg_verb_LINEAGE(struct dg_cli *cli)
{
    struct tracing t = {.cli = cli};
    enum dg_err err = dg_cli_has(cli, DG_OPT_FETCH) ? fetch(cli) : DG_OK;
    if (err == DG_OK)
        err = dg_view_open(cli, &t.view);
    if (err != DG_OK)
        return err;
    err = dg_view_close(cli, &t.view, show(&t));
    if (err == DG_OK && t.asked > 0 && dg_cli_has(cli, DG_OPT_WAIT))
        return dg_faultf(
            &cli->fault, DG_ERR_SOURCES_PENDING, "%s",
            dg_phrase(cli, DG_MSG_LINEAGE_PENDING, DG_WORDS(dg_arena_printf(&cli->arena, "%zu", t.asked))));
    return err;
}
