/* view.h - a node's store as the reading verbs see it: read-only, in short transactions.
 *
 * Life:    open → read, renew now and then → close with the verb's error.
 * Memory:  what a query hands out lives until the next renew or close; what must outlive that is
 *          copied to cli->arena.
 * Limits:  one view at a time: a process may not open a store twice.
 */
#ifndef DG_NODE_CLI_VIEW_H
#define DG_NODE_CLI_VIEW_H

#include "node/cli/cli.h"
#include "node/cli/json.h"
#include "node/core/identity.h"
#include "node/core/query.h"

struct dg_view {
    struct dg_store *store;
    struct dg_txn *txn;
    struct dg_identity identity;
};

/* Opens the node of -n. DG_ERR_USAGE, DG_ERR_BAD_NODE and the store's. */
enum dg_err dg_view_open(struct dg_cli *cli, struct dg_view *ret) DG_MUST_CHECK;
/* The same for a directory named otherwise. */
enum dg_err dg_view_open_at(struct dg_cli *cli, const char *dir, struct dg_view *ret) DG_MUST_CHECK;
/* Ends the transaction and begins another. Its sticky error, or the store's. */
enum dg_err dg_view_renew(struct dg_cli *cli, struct dg_view *view) DG_MUST_CHECK;
/* Closes. Returns err, or the transaction's sticky error when err is DG_OK. */
enum dg_err dg_view_close(struct dg_cli *cli, struct dg_view *view, enum dg_err err) DG_MUST_CHECK;

/* Reads the directory into cli->arena. */
enum dg_err dg_view_directory(struct dg_cli *cli, struct dg_view *view,
                              struct dg_directory *ret) DG_MUST_CHECK;
/* This node's own unit. DG_ERR_STORE_CORRUPT when the directory lacks it. */
enum dg_err dg_view_self(struct dg_cli *cli, const struct dg_view *view, const struct dg_directory *directory,
                         const struct dg_dir_unit **ret) DG_MUST_CHECK;
/* The slug of an organ of this node from `slug` or `slug@unit`; missing is the error when there is no
 * such organ here. */
enum dg_err dg_view_organ(struct dg_cli *cli, const struct dg_view *view, const struct dg_dir_unit *self,
                          const char *text, enum dg_err missing, struct dg_bytes *ret) DG_MUST_CHECK;
/* The same without a view: opens one for it, and closes it again. In cli->arena. */
enum dg_err dg_organ_here(struct dg_cli *cli, const char *text, struct dg_bytes *ret) DG_MUST_CHECK;
/* Finds a report by id or prefix and reads it. */
enum dg_err dg_view_report(struct dg_cli *cli, struct dg_view *view, const char *id,
                           struct dg_held *ret) DG_MUST_CHECK;

/* organ@unit, or the slug alone without a unit; fit for the screen. In arena. */
const char *dg_address_text(struct dg_arena *arena, struct dg_bytes organ, struct dg_bytes unit);
/* What a reader should know of an accepted report beside its header. */
struct dg_marks {
    bool stale_date; /* dated long before it was signed */
    bool further;    /* not the first for its rule and period */
    struct dg_id first;
};
/* Reads them for the report at that position of this node's log. */
struct dg_marks dg_marks_of(struct dg_txn *txn, const struct dg_report *report, uint64_t position);
/* The title, and after it the marks, and what it supersedes. In arena. */
const char *dg_title_shown(struct dg_cli *cli, struct dg_arena *arena, const struct dg_report *report,
                           const struct dg_marks *marks);
/* Adds "flags", the names of the marks as the leaves use them; "further_to" and "supersedes", ids or null. */
void dg_json_marks(struct dg_json *json, const struct dg_report *report, const struct dg_marks *marks);
/* The address of a report's lead author; "" when it has none. In arena. */
const char *dg_author_text(struct dg_arena *arena, const struct dg_report *report);
/* The addresses of everybody who signs it, the lead first; "" for none. In arena. */
const char *dg_authors_text(struct dg_arena *arena, const struct dg_report *report);
/* Adds "with": the addresses of those who sign besides the lead. */
void dg_json_with(struct dg_json *json, struct dg_arena *arena, const struct dg_report *report);
/* True when a notice is dated, or was signed, after the day on which its matter is settled. */
bool dg_report_is_late_notice(const struct dg_report *report);
/* Finds a joint draft by id or prefix and reads it. Errors as of dg_view_report. */
enum dg_err dg_view_joint(struct dg_cli *cli, struct dg_view *view, const char *id,
                          struct dg_joint *ret) DG_MUST_CHECK;
/* The unit in a log's origin, federation/unit/eN; empty when it has none. Borrows origin. */
struct dg_bytes dg_origin_unit_of(struct dg_bytes origin);
/* The article that a rule of the report's regimes cites; empty when its regime is not known here. */
struct dg_bytes dg_cites_of(const struct dg_directory *directory, const struct dg_report *report,
                            struct dg_bytes rule);

#endif
