/* regime.h - a regime (quy chế) in its compiled, canonical form: what is hashed and distributed.
 *
 * Memory, limits and errors as in report.h. Roles and levels are slugs.
 */
#ifndef DG_PROTO_REGIME_H
#define DG_PROTO_REGIME_H

#include "common/bytes.h"
#include "common/fault.h"
#include "common/id.h"
#include "common/when.h"

/* Items of any list but the rules: roles, levels, matters, targets, headings, stand-ins. */
enum { DG_REGIME_LIST_MAX = 128 };

enum dg_where { DG_WHERE_SAME = 1, DG_WHERE_PARENT = 2 };
enum dg_scope { DG_SCOPE_ALL = 1, DG_SCOPE_OWNER = 2, DG_SCOPE_BELOW = 3 };

struct dg_target {
    struct dg_bytes role;
    enum dg_where where;
    bool if_superior; /* owed only where there is a superior unit */
};

struct dg_slugs {
    size_t count;
    struct dg_bytes *item;
};

/* What a consolidation makes of one indicator of its sources: their sum, the newest value, nothing. */
enum dg_aggregation { DG_AGGREGATE_SUM = 1, DG_AGGREGATE_LAST = 2, DG_AGGREGATE_NONE = 3 };

struct dg_aggregate {
    struct dg_bytes name; /* of the indicator */
    enum dg_aggregation how;
};

struct dg_rule {
    struct dg_bytes id, cites;
    enum dg_scope scope;
    struct dg_slugs level; /* authors' levels; empty: every level */
    struct dg_slugs from, except, with;
    struct dg_bytes kind;
    uint32_t periods; /* enum dg_cadence bits; 0: no period asked for */
    struct dg_slugs matter;
    size_t to_count, copy_count, observe_count;
    struct dg_target *to, *copy, *observe;
    bool has_via;
    struct dg_target via;
    struct dg_slugs outline; /* headings, free text */
    size_t aggregate_count;
    struct dg_aggregate *aggregate;        /* indicators that are named */
    enum dg_aggregation aggregate_default; /* of all others; 0: not said, which is to add them up */
};

struct dg_stand_in {
    struct dg_bytes role, cites;
    struct dg_slugs level, by;
};

struct dg_level_roles {
    struct dg_bytes level;
    struct dg_slugs role;
};

struct dg_regime {
    struct dg_bytes name, title;
    bool has_from, has_until;
    struct dg_day from, until; /* first and last day in force */
    size_t organ_count, stand_in_count, rule_count;
    struct dg_level_roles *organs;
    struct dg_stand_in *stand_in;
    struct dg_rule *rule;
};

/* Appends the canonical form, whose SHA-256 names the regime. Sticky errors of out. */
enum dg_err dg_regime_encode(const struct dg_regime *regime, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a regime of at most DG_REGIME_MAX bytes in canonical form and checks its fields. What ret holds
 * lives in arena. */
enum dg_err dg_regime_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_regime *ret,
                             struct dg_fault *fault) DG_MUST_CHECK;

/* What the rule says a consolidation makes of that indicator. */
enum dg_aggregation dg_rule_aggregation(const struct dg_rule *rule, struct dg_bytes indicator);
/* "sum", "last" or "none", as a regime file spells it. */
const char *dg_aggregation_name(enum dg_aggregation how);

/* The kinds a rule or report may have; false for an unknown one. */
bool dg_kind_known(struct dg_bytes kind);
enum { DG_LEVEL_COUNT = 6 };
/* The known levels: central, province, district, commune, bloc, cell. */
bool dg_level_known(struct dg_bytes level);
/* True when a unit of the first level may stand directly below one of the second. Levels may be left out (a
 * province may have communes), but not turned round; a bloc stands beside the districts and has only cells.
 */
bool dg_level_below(struct dg_bytes level, struct dg_bytes superior);

#endif
