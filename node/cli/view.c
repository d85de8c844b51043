/* view.c - a node's store as the reading verbs see it. */
#include "node/cli/view.h"

#include "common/limits.h"
#include "common/line.h"
#include "common/text.h"
#include "node/cli/guard.h"
#include "node/cli/say.h"
#include "node/store/store_lmdb.h"

enum dg_err dg_view_open_at(struct dg_cli *cli, const char *dir, struct dg_view *ret)
{
    struct dg_view view = {.txn = NULL};

    const char *where = cli->where;
    cli->where = dir; /* whatever goes wrong from here to the end is about the directory */
    dg_guard_reading(cli, dir);
    enum dg_err err = dg_store_lmdb_open(dir, DG_STORE_READ, &view.store, &cli->fault);
    if (err != DG_OK)
        return err;
    err = dg_begin_read(view.store, &view.txn);
    if (err != DG_OK) {
        dg_store_close(view.store);
        return dg_fault(&cli->fault, err);
    }
    if (dg_identity_load(view.txn, &view.identity)) {
        cli->where = where;
        *ret = view;
        return DG_OK;
    }
    err = dg_view_close(cli, &view, DG_OK);
    return err != DG_OK ? err : dg_faultf(&cli->fault, DG_ERR_BAD_NODE, "%s", dir);
}

enum dg_err dg_view_open(struct dg_cli *cli, struct dg_view *ret)
{
    const char *dir;

    enum dg_err err = dg_cli_dir(cli, &dir);
    return err == DG_OK ? dg_view_open_at(cli, dir, ret) : err;
}

enum dg_err dg_view_renew(struct dg_cli *cli, struct dg_view *view)
{
    enum dg_err err = view->txn->err;

    dg_abort(view->store, view->txn);
    view->txn = NULL;
    if (err == DG_OK)
        err = dg_begin_read(view->store, &view->txn);
    return err == DG_OK ? DG_OK : dg_fault(&cli->fault, err);
}

enum dg_err dg_view_close(struct dg_cli *cli, struct dg_view *view, enum dg_err err)
{
    enum dg_err sticky = view->txn != NULL ? view->txn->err : DG_OK;

    if (view->txn != NULL)
        dg_abort(view->store, view->txn);
    dg_store_close(view->store);
    if (err == DG_OK && sticky != DG_OK)
        return dg_fault(&cli->fault, sticky);
    return err;
}

enum dg_err dg_view_directory(struct dg_cli *cli, struct dg_view *view, struct dg_directory *ret)
{
    enum dg_err err = dg_directory_load(view->txn, &cli->arena, ret);
    return err == DG_OK ? DG_OK : dg_fault(&cli->fault, err);
}

enum dg_err dg_view_self(struct dg_cli *cli, const struct dg_view *view, const struct dg_directory *directory,
                         const struct dg_dir_unit **ret)
{
    const struct dg_dir_unit *self = dg_directory_unit(directory, dg_bytes_of(view->identity.unit));

    if (self == NULL)
        return dg_faultf(&cli->fault, DG_ERR_STORE_CORRUPT, "%s", view->identity.unit);
    *ret = self;
    return DG_OK;
}

static bool has_organ(const struct dg_dir_unit *unit, struct dg_bytes slug)
{
    for (size_t i = 0; i < unit->organ_count; i++) {
        if (dg_bytes_equal(unit->organ[i].slug, slug))
            return true;
    }
    return false;
}

enum dg_err dg_view_organ(struct dg_cli *cli, const struct dg_view *view, const struct dg_dir_unit *self,
                          const char *text, enum dg_err missing, struct dg_bytes *ret)
{
    struct dg_bytes slug = dg_bytes_of(text), unit = dg_bytes_of(view->identity.unit);

    (void)dg_address_split(slug, &slug, &unit);
    if (dg_bytes_is(unit, view->identity.unit) && has_organ(self, slug)) {
        *ret = slug;
        return DG_OK;
    }
    (void)dg_faultf(&cli->fault, missing, "%s", text);
    dg_fault_unit(&cli->fault, view->identity.unit);
    dg_fault_organ(&cli->fault, text);
    return missing;
}

static enum dg_err organ_in(struct dg_cli *cli, struct dg_view *view, const char *text, struct dg_bytes *ret)
{
    struct dg_directory directory;
    const struct dg_dir_unit *self = NULL;

    enum dg_err err = dg_view_directory(cli, view, &directory);
    if (err == DG_OK)
        err = dg_view_self(cli, view, &directory, &self);
    if (err == DG_OK)
        err = dg_view_organ(cli, view, self, text, DG_ERR_NO_ORGAN, ret);
    return err; /* the slug borrows text, not the view */
}

enum dg_err dg_organ_here(struct dg_cli *cli, const char *text, struct dg_bytes *ret)
{
    struct dg_view view;

    enum dg_err err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &view, organ_in(cli, &view, text, ret));
}

enum dg_err dg_view_report(struct dg_cli *cli, struct dg_view *view, const char *id, struct dg_held *ret)
{
    struct dg_id found;

    cli->where = id;
    enum dg_err err = dg_report_find(view->txn, dg_bytes_of(id), &found, &cli->fault);
    if (err == DG_ERR_BAD_VALUE)
        return dg_faultf(&cli->fault, err, "%s", dg_phrase(cli, DG_MSG_BAD_ID, DG_WORDS(id)));
    if (err != DG_OK)
        return err;
    err = dg_held_get(view->txn, &found, ret);
    return err == DG_OK ? DG_OK : dg_faultf(&cli->fault, err, "%s", id);
}

enum dg_err dg_view_joint(struct dg_cli *cli, struct dg_view *view, const char *id, struct dg_joint *ret)
{
    struct dg_id found;

    cli->where = id;
    enum dg_err err = dg_joint_find(view->txn, dg_bytes_of(id), &found, &cli->fault);
    if (err == DG_ERR_BAD_VALUE)
        return dg_faultf(&cli->fault, err, "%s", dg_phrase(cli, DG_MSG_BAD_ID, DG_WORDS(id)));
    if (err != DG_OK)
        return err;
    if (dg_joint_get(view->txn, &found, ret))
        return DG_OK;
    return dg_fault(&cli->fault, view->txn->err != DG_OK ? view->txn->err : DG_ERR_NOT_FOUND);
}

/* ---- names -------------------------------------------------------------------------------------- */

const char *dg_address_text(struct dg_arena *arena, struct dg_bytes organ, struct dg_bytes unit)
{
    const char *at = unit.size > 0 ? "@" : "";
    return dg_arena_printf(arena, "%s%s%s", dg_shown(arena, organ), at, dg_shown(arena, unit));
}

const char *dg_author_text(struct dg_arena *arena, const struct dg_report *report)
{
    if (report->author_count == 0)
        return "";
    return dg_address_text(arena, report->author[0].organ, report->author[0].unit);
}

const char *dg_authors_text(struct dg_arena *arena, const struct dg_report *report)
{
    const char *text = "";

    for (size_t i = 0; i < report->author_count; i++)
        text = dg_arena_printf(arena, "%s%s%s", text, i > 0 ? ", " : "",
                               dg_address_text(arena, report->author[i].organ, report->author[i].unit));
    return text;
}

void dg_json_with(struct dg_json *json, struct dg_arena *arena, const struct dg_report *report)
{
    struct dg_json *with = dg_json_array(json, "with");

    for (size_t i = 1; i < report->author_count; i++)
        dg_json_item_text(
            with, dg_bytes_of(dg_address_text(arena, report->author[i].organ, report->author[i].unit)));
}

struct dg_bytes dg_origin_unit_of(struct dg_bytes origin)
{
    struct dg_bytes federation, rest, unit, epoch;

    if (dg_line_cut(origin, '/', &federation, &rest) && dg_line_cut(rest, '/', &unit, &epoch))
        return unit;
    return dg_bytes_at(NULL, 0);
}

static const struct dg_regime *regime_of(const struct dg_directory *directory, const struct dg_hash *hash)
{
    for (size_t i = 0; i < directory->unit_count; i++) {
        const struct dg_dir_unit *unit = &directory->unit[i];
        for (size_t k = 0; k < unit->adoption_count; k++) {
            if (dg_hash_equal(&unit->adoption[k].hash, hash) && unit->adoption[k].regime != NULL)
                return unit->adoption[k].regime;
        }
    }
    return NULL;
}

struct dg_bytes dg_cites_of(const struct dg_directory *directory, const struct dg_report *report,
                            struct dg_bytes rule)
{
    for (size_t i = 0; i < report->regime_count; i++) {
        const struct dg_regime *regime = regime_of(directory, &report->regime[i].regime);
        for (size_t k = 0; regime != NULL && k < regime->rule_count; k++) {
            if (dg_bytes_equal(regime->rule[k].id, rule))
                return regime->rule[k].cites;
        }
    }
    return dg_bytes_at(NULL, 0);
}

/* ---- marks -------------------------------------------------------------------------------------- */

enum { SHORT_ID = 12 }; /* digits, enough to find it again */

struct dg_marks dg_marks_of(struct dg_txn *txn, const struct dg_report *report, uint64_t position)
{
    struct dg_marks marks = {.stale_date = false};
    struct dg_day date;

    marks.stale_date =
        dg_day_parse(report->date, &date) && dg_day_of(report->signed_ms).n - date.n > DG_STALE_DATE_DAYS;
    marks.further = dg_filed_first(txn, report, position, &marks.first);
    return marks;
}

bool dg_report_is_late_notice(const struct dg_report *report)
{
    struct dg_day date, settles_on;

    return dg_day_parse(report->settles_on, &settles_on) && dg_day_parse(report->date, &date) &&
           (date.n > settles_on.n || dg_day_of(report->signed_ms).n > settles_on.n);
}

static const char *with_mark(struct dg_arena *arena, const char *title, const char *mark)
{
    return dg_arena_printf(arena, "%s (%s)", title, mark);
}

static const char *with_id(struct dg_cli *cli, struct dg_arena *arena, const char *title,
                           enum dg_msg sentence, const struct dg_id *id)
{
    char hex[DG_HEX_BYTES];

    dg_hex(id->b, sizeof id->b, hex);
    hex[SHORT_ID] = '\0';
    return with_mark(arena, title, dg_phrase(cli, sentence, DG_WORDS(hex)));
}

const char *dg_title_shown(struct dg_cli *cli, struct dg_arena *arena, const struct dg_report *report,
                           const struct dg_marks *marks)
{
    const char *title = dg_shown(arena, report->title);

    if (marks->stale_date)
        title = with_mark(arena, title, dg_msg(cli, DG_MSG_STALE_DATE));
    if (marks->further)
        title = with_id(cli, arena, title, DG_MSG_FURTHER, &marks->first);
    if (report->has_supersedes)
        title = with_id(cli, arena, title, DG_MSG_SUPERSEDES, &report->supersedes);
    if (dg_report_is_late_notice(report))
        title = with_mark(arena, title, dg_msg(cli, DG_MSG_LATE_NOTICE));
    return title;
}

static void json_id(struct dg_json *json, const char *key, bool has, const struct dg_id *id)
{
    if (has)
        dg_json_hex(json, key, id->b, sizeof id->b);
    else
        dg_json_null(json, key);
}

void dg_json_marks(struct dg_json *json, const struct dg_report *report, const struct dg_marks *marks)
{
    struct dg_json *flags = dg_json_array(json, "flags");

    if (marks->stale_date)
        dg_json_item_text(flags, dg_bytes_of("stale-date"));
    if (marks->further)
        dg_json_item_text(flags, dg_bytes_of("further"));
    if (dg_report_is_late_notice(report))
        dg_json_item_text(flags, dg_bytes_of("late-notice"));
    json_id(json, "further_to", marks->further, &marks->first);
    json_id(json, "supersedes", report->has_supersedes, &report->supersedes);
}
