/* serve.h - the daemon, and how a node's directory comes to be.
 *
 * DIR: config, node.lock, ctl.sock, keys/, store/ (see FORMAT.md), and joining while a join is not done.
 * Mode 0700, owned by one user.
 */
#ifndef DG_NODE_SHELL_SERVE_H
#define DG_NODE_SHELL_SERVE_H

#include "common/fault.h"
#include "node/core/identity.h"

/* One --organ ROLE[+ROLE]...[=SLUG[:NAME]]. */
struct dg_organ_option {
    struct dg_slugs role;
    struct dg_bytes slug, name;
};
/* Parses it; the slug defaults to the first role's, the name to the slug's Vietnamese one or itself. */
enum dg_err dg_organ_option_parse(struct dg_arena *arena, const char *text, struct dg_organ_option *ret,
                                  struct dg_fault *fault) DG_MUST_CHECK;

struct dg_init_options {
    const char *dir, *federation, *unit, *level, *name, *listen; /* listen NULL: none */
    size_t regime_count;
    const struct dg_bytes *regime; /* compiled, main first */
    size_t organ_count;
    const struct dg_organ_option *organ; /* none: the regime's defaults for the level */
};
/* init --root: keys, federation key, root certificate, organs, regimes, store. The directory must be
 * missing or empty (DG_ERR_NOT_EMPTY); what was made is removed again when it fails. */
enum dg_err dg_init_root(const struct dg_init_options *options, struct dg_fault *fault) DG_MUST_CHECK;

struct dg_join_options {
    const char *dir, *listen;
    struct dg_bytes invitation; /* the line */
    size_t organ_count;
    const struct dg_organ_option *organ;
    bool dry_run; /* reads the invitation and says what would be made */
};
/* join: makes keys, enrols with the parent over the net (retrying for DG_JOIN_SECONDS, then
 * DG_ERR_RETRY_LATER), stores certificate, directory and regimes. It can be repeated on the directory
 * of an interrupted join, which keeps its keys in DIR/keys until it is done. */
enum dg_err dg_join(const struct dg_join_options *options, struct dg_fault *fault) DG_MUST_CHECK;

/* Runs the daemon until SIGTERM or SIGINT; SIGHUP rereads the configuration. Writes one line to stderr when
 * it is ready, and one per fact. DG_ERR_LOCKED, DG_ERR_NETWORK, store errors … */
enum dg_err dg_serve(const char *dir, struct dg_fault *fault) DG_MUST_CHECK;

#endif
