/* regime.c - the compiled form of a regime. */
#include "proto/regime.h"

#include "common/limits.h"
#include "proto/pb.h"

static const char *const KINDS[] = {
    "periodic", "directed",  "urgent",      "flash",    "consolidation", "review", "evaluation", "notice",
    "draft",    "appraisal", "information", "exchange", "reflection",    "joint",  "thematic",
};

static const char *const LEVELS[DG_LEVEL_COUNT] = {"central", "province", "district",
                                                   "commune", "bloc",     "cell"};
/* How far each of them is from the top. */
static const int LEVEL_DEPTH[] = {0, 1, 2, 3, 2, 4};

/* A terse rule takes more memory than eight times its bytes; as many as there may be must still fit. */
enum { RULES_BUDGET = DG_REGIME_RULES_MAX * 1024 };

static bool is_one_of(struct dg_bytes word, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (dg_bytes_is(word, words[i]))
            return true;
    }
    return false;
}

bool dg_kind_known(struct dg_bytes kind)
{
    return is_one_of(kind, KINDS, sizeof KINDS / sizeof KINDS[0]);
}

bool dg_level_known(struct dg_bytes level)
{
    return is_one_of(level, LEVELS, sizeof LEVELS / sizeof LEVELS[0]);
}

static int level_depth(struct dg_bytes level)
{
    for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++) {
        if (dg_bytes_is(level, LEVELS[i]))
            return LEVEL_DEPTH[i];
    }
    return -1;
}

bool dg_level_below(struct dg_bytes level, struct dg_bytes superior)
{
    int depth = level_depth(level), above = level_depth(superior);

    if (above < 0 || depth <= above)
        return false;
    return !dg_bytes_is(superior, "bloc") || dg_bytes_is(level, "cell");
}

enum dg_aggregation dg_rule_aggregation(const struct dg_rule *rule, struct dg_bytes indicator)
{
    for (size_t i = 0; i < rule->aggregate_count; i++) {
        if (dg_bytes_equal(rule->aggregate[i].name, indicator))
            return rule->aggregate[i].how;
    }
    return rule->aggregate_default != 0 ? rule->aggregate_default : DG_AGGREGATE_SUM;
}

const char *dg_aggregation_name(enum dg_aggregation how)
{
    switch (how) {
    case DG_AGGREGATE_SUM:
        return "sum";
    case DG_AGGREGATE_LAST:
        return "last";
    case DG_AGGREGATE_NONE:
        return "none";
    }
    return "?";
}

/* --- writing -------------------------------------------------------------------------------- */

static size_t write_slugs(struct dg_pb_out *out, const struct dg_slugs *slugs, ProtobufCBinaryData **ret)
{
    return dg_pb_views(out, slugs->count, slugs->item, ret);
}

static void write_target(const struct dg_target *target, Dgpb__Target *wire)
{
    wire->role = dg_pb_bytes(target->role);
    wire->where = target->where;
    wire->if_superior = target->if_superior;
}

static size_t write_targets(struct dg_pb_out *out, size_t count, const struct dg_target *targets,
                            Dgpb__Target ***ret)
{
    count = dg_pb_messages(out, count, &dgpb__target__descriptor, ret);
    for (size_t i = 0; i < count; i++)
        write_target(&targets[i], (*ret)[i]);
    return count;
}

static void write_aggregates(struct dg_pb_out *out, const struct dg_rule *rule, Dgpb__Rule *wire)
{
    wire->n_aggregate =
        dg_pb_messages(out, rule->aggregate_count, &dgpb__aggregate__descriptor, &wire->aggregate);
    for (size_t i = 0; i < wire->n_aggregate; i++) {
        wire->aggregate[i]->name = dg_pb_bytes(rule->aggregate[i].name);
        wire->aggregate[i]->how = rule->aggregate[i].how;
    }
    wire->has_aggregate_default = rule->aggregate_default != 0;
    wire->aggregate_default = rule->aggregate_default;
}

static void write_rule(struct dg_pb_out *out, const struct dg_rule *rule, Dgpb__Rule *wire)
{
    wire->id = dg_pb_bytes(rule->id);
    wire->cites = dg_pb_bytes(rule->cites);
    wire->scope = rule->scope;
    wire->n_level = write_slugs(out, &rule->level, &wire->level);
    wire->n_from = write_slugs(out, &rule->from, &wire->from);
    wire->n_except = write_slugs(out, &rule->except, &wire->except);
    wire->n_with = write_slugs(out, &rule->with, &wire->with);
    wire->kind = dg_pb_bytes(rule->kind);
    wire->periods = rule->periods;
    wire->n_matter = write_slugs(out, &rule->matter, &wire->matter);
    wire->n_to = write_targets(out, rule->to_count, rule->to, &wire->to);
    wire->n_copy = write_targets(out, rule->copy_count, rule->copy, &wire->copy);
    wire->n_observe = write_targets(out, rule->observe_count, rule->observe, &wire->observe);
    wire->via = rule->has_via ? dg_pb_message(out, &dgpb__target__descriptor) : NULL;
    if (wire->via != NULL)
        write_target(&rule->via, wire->via);
    wire->n_outline = write_slugs(out, &rule->outline, &wire->outline);
    write_aggregates(out, rule, wire);
}

static void write_roles(struct dg_pb_out *out, const struct dg_regime *regime, Dgpb__Regime *wire)
{
    wire->n_organs = dg_pb_messages(out, regime->organ_count, &dgpb__level_roles__descriptor, &wire->organs);
    for (size_t i = 0; i < wire->n_organs; i++) {
        wire->organs[i]->level = dg_pb_bytes(regime->organs[i].level);
        wire->organs[i]->n_role = write_slugs(out, &regime->organs[i].role, &wire->organs[i]->role);
    }
    wire->n_stand_in =
        dg_pb_messages(out, regime->stand_in_count, &dgpb__stand_in__descriptor, &wire->stand_in);
    for (size_t i = 0; i < wire->n_stand_in; i++) {
        const struct dg_stand_in *stand_in = &regime->stand_in[i];
        wire->stand_in[i]->role = dg_pb_bytes(stand_in->role);
        wire->stand_in[i]->n_level = write_slugs(out, &stand_in->level, &wire->stand_in[i]->level);
        wire->stand_in[i]->n_by = write_slugs(out, &stand_in->by, &wire->stand_in[i]->by);
        wire->stand_in[i]->cites = dg_pb_bytes(stand_in->cites);
    }
}

enum dg_err dg_regime_encode(const struct dg_regime *regime, struct dg_buf *out)
{
    Dgpb__Regime wire = DGPB__REGIME__INIT;
    char from[DG_DAY_TEXT], until[DG_DAY_TEXT];
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    wire.name = dg_pb_bytes(regime->name);
    wire.title = dg_pb_bytes(regime->title);
    dg_pb_optional_day(&wire.has_valid_from, &wire.valid_from, regime->has_from, regime->from, from);
    dg_pb_optional_day(&wire.has_valid_until, &wire.valid_until, regime->has_until, regime->until, until);
    write_roles(&pb, regime, &wire);
    wire.n_rule = dg_pb_messages(&pb, regime->rule_count, &dgpb__rule__descriptor, &wire.rule);
    for (size_t i = 0; i < wire.n_rule; i++)
        write_rule(&pb, &regime->rule[i], wire.rule[i]);
    return dg_pb_out_end(&pb, &wire.base, out);
}

/* --- reading -------------------------------------------------------------------------------- */

static struct dg_slugs read_slugs(struct dg_pb *pb, size_t count, const ProtobufCBinaryData *values,
                                  const char *what)
{
    struct dg_slugs slugs = {0};

    slugs.count = dg_pb_list(pb, count, values, DG_REGIME_LIST_MAX, dg_pb_slug, &slugs.item, what);
    return slugs;
}

static struct dg_bytes read_heading(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    return dg_pb_line(pb, value, DG_TITLE_MAX, what);
}

static struct dg_target read_target(struct dg_pb *pb, const Dgpb__Target *wire, const char *what)
{
    struct dg_target target = {
        .role = dg_pb_slug(pb, wire->role, what),
        .where = (enum dg_where)dg_pb_choice(pb, wire->where, DG_WHERE_PARENT, "where"),
        .if_superior = wire->if_superior,
    };

    return target;
}

static size_t read_targets(struct dg_pb *pb, size_t count, Dgpb__Target *const *wire, struct dg_target **ret,
                           const char *what)
{
    count = dg_pb_array(pb, count, DG_REGIME_LIST_MAX, sizeof **ret, ret, what);
    for (size_t i = 0; i < count; i++)
        (*ret)[i] = read_target(pb, wire[i], what);
    return count;
}

/* Whom a rule binds, and when. */
static void read_rule_scope(struct dg_pb *pb, const Dgpb__Rule *wire, struct dg_rule *ret)
{
    const uint32_t cadences = DG_CADENCE_M | DG_CADENCE_Q | DG_CADENCE_H | DG_CADENCE_9M | DG_CADENCE_Y;

    ret->id = dg_pb_rule_id(pb, wire->id, "rule id");
    ret->cites = dg_pb_line(pb, wire->cites, DG_CITES_MAX, "cites");
    ret->scope = (enum dg_scope)dg_pb_choice(pb, wire->scope, DG_SCOPE_BELOW, "scope");
    ret->level = read_slugs(pb, wire->n_level, wire->level, "level");
    ret->from = read_slugs(pb, wire->n_from, wire->from, "from");
    ret->except = read_slugs(pb, wire->n_except, wire->except, "except");
    ret->with = read_slugs(pb, wire->n_with, wire->with, "with");
    ret->kind = dg_pb_slug(pb, wire->kind, "kind");
    if (pb->err == DG_OK && !dg_kind_known(ret->kind))
        dg_pb_fail(pb, DG_ERR_UNSUPPORTED, "kind");
    ret->periods = wire->periods;
    if ((wire->periods & ~cadences) != 0)
        dg_pb_fail(pb, DG_ERR_UNSUPPORTED, "periods");
    ret->matter = read_slugs(pb, wire->n_matter, wire->matter, "matter");
}

/* An indicator is named once, so that nobody has to ask which of two ways counts. */
static void read_aggregates(struct dg_pb *pb, const Dgpb__Rule *wire, struct dg_rule *ret)
{
    struct dg_pb_pair *names = NULL;

    ret->aggregate_count = dg_pb_array(pb, wire->n_aggregate, DG_REGIME_LIST_MAX, sizeof *ret->aggregate,
                                       &ret->aggregate, "aggregate");
    size_t count =
        dg_pb_array(pb, ret->aggregate_count, DG_REGIME_LIST_MAX, sizeof *names, &names, "aggregate");
    for (size_t i = 0; i < count; i++) {
        ret->aggregate[i].name = dg_pb_slug(pb, wire->aggregate[i]->name, "aggregate");
        ret->aggregate[i].how =
            (enum dg_aggregation)dg_pb_choice(pb, wire->aggregate[i]->how, DG_AGGREGATE_NONE, "aggregate");
        names[i] = (struct dg_pb_pair){.first = ret->aggregate[i].name};
    }
    if (pb->err == DG_OK && count > 1)
        dg_pb_unique(pb, names, count, "aggregate twice");
    if (wire->has_aggregate_default)
        ret->aggregate_default =
            (enum dg_aggregation)dg_pb_choice(pb, wire->aggregate_default, DG_AGGREGATE_NONE, "aggregate");
}

static void read_rule(struct dg_pb *pb, const Dgpb__Rule *wire, struct dg_rule *ret)
{
    read_rule_scope(pb, wire, ret);
    ret->to_count = read_targets(pb, wire->n_to, wire->to, &ret->to, "to");
    ret->copy_count = read_targets(pb, wire->n_copy, wire->copy, &ret->copy, "copy");
    ret->observe_count = read_targets(pb, wire->n_observe, wire->observe, &ret->observe, "observe");
    ret->has_via = wire->via != NULL;
    if (wire->via != NULL)
        ret->via = read_target(pb, wire->via, "via");
    ret->outline.count = dg_pb_list(pb, wire->n_outline, wire->outline, DG_REGIME_LIST_MAX, read_heading,
                                    &ret->outline.item, "outline");
    read_aggregates(pb, wire, ret);
}

/* A report cites rules by id, so an id names one rule. */
static void read_rules(struct dg_pb *pb, const Dgpb__Regime *wire, struct dg_regime *ret)
{
    struct dg_pb_pair *ids = NULL;

    ret->rule_count =
        dg_pb_array(pb, wire->n_rule, DG_REGIME_RULES_MAX, sizeof *ret->rule, &ret->rule, "rule");
    size_t count = dg_pb_array(pb, ret->rule_count, DG_REGIME_RULES_MAX, sizeof *ids, &ids, "rule");
    for (size_t i = 0; i < count; i++) {
        read_rule(pb, wire->rule[i], &ret->rule[i]);
        ids[i] = (struct dg_pb_pair){.first = ret->rule[i].id};
    }
    if (pb->err == DG_OK)
        dg_pb_unique(pb, ids, count, "rule id twice");
}

static void read_roles(struct dg_pb *pb, const Dgpb__Regime *wire, struct dg_regime *ret)
{
    ret->organ_count =
        dg_pb_array(pb, wire->n_organs, DG_REGIME_LIST_MAX, sizeof *ret->organs, &ret->organs, "organs");
    for (size_t i = 0; i < ret->organ_count; i++) {
        ret->organs[i].level = dg_pb_slug(pb, wire->organs[i]->level, "level");
        ret->organs[i].role = read_slugs(pb, wire->organs[i]->n_role, wire->organs[i]->role, "role");
    }
    ret->stand_in_count = dg_pb_array(pb, wire->n_stand_in, DG_REGIME_LIST_MAX, sizeof *ret->stand_in,
                                      &ret->stand_in, "stand-in");
    for (size_t i = 0; i < ret->stand_in_count; i++) {
        const Dgpb__StandIn *stand_in = wire->stand_in[i];
        ret->stand_in[i].role = dg_pb_slug(pb, stand_in->role, "role");
        ret->stand_in[i].level = read_slugs(pb, stand_in->n_level, stand_in->level, "level");
        ret->stand_in[i].by = read_slugs(pb, stand_in->n_by, stand_in->by, "by");
        ret->stand_in[i].cites = dg_pb_line(pb, stand_in->cites, DG_CITES_MAX, "cites");
    }
}

static void read_head(struct dg_pb *pb, const Dgpb__Regime *wire, struct dg_regime *ret)
{
    ret->name = dg_pb_slug(pb, wire->name, "name");
    ret->title = dg_pb_line(pb, wire->title, DG_TITLE_MAX, "title");
    ret->has_from = wire->has_valid_from;
    if (wire->has_valid_from)
        ret->from = dg_pb_day(pb, wire->valid_from, "valid_from");
    ret->has_until = wire->has_valid_until;
    if (wire->has_valid_until)
        ret->until = dg_pb_day(pb, wire->valid_until, "valid_until");
    if (ret->has_from && ret->has_until && ret->from.n > ret->until.n)
        dg_pb_fail(pb, DG_ERR_BAD_DATE, "valid_until");
}

enum dg_err dg_regime_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_regime *ret,
                             struct dg_fault *fault)
{
    struct dg_regime regime = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size) + RULES_BUDGET, fault);
    const Dgpb__Regime *wire =
        dg_pb_unpack(&pb, &dgpb__regime__descriptor, bytes, DG_REGIME_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_head(&pb, wire, &regime);
    read_roles(&pb, wire, &regime);
    read_rules(&pb, wire, &regime);
    if (pb.err == DG_OK)
        *ret = regime;
    return pb.err;
}
