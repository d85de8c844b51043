/* regime_read.c - a whole regime file: its head, organs, stand-ins and rules.
 *
 * Organs and stand-ins are read first, wherever they stand, because they make roles known to the rules.
 */
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "common/line.h"
#include "common/text.h"
#include "node/conf/regime_file.h"
#include "node/conf/regime_rule.h"
#include "node/conf/yaml_field.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { STAND_INS_MAX = DG_REGIME_LIST_MAX };

static const char *const regime_keys[] = {"name",   "title",     "valid-from", "valid-until",
                                          "organs", "stand-ins", "rules"};
static const char *const stand_in_keys[] = {"role", "level", "by", "cites"};
static const char *const usual_roles[] = {"cap-uy",
                                          "thuong-truc",
                                          "ban-thuong-vu",
                                          "ban-dan-van",
                                          "khoi-dan-van",
                                          "ban-tuyen-giao",
                                          "chinh-quyen",
                                          "ubnd",
                                          "so-ban-nganh",
                                          "bcsd-ubnd",
                                          "hdnd",
                                          "mttq",
                                          "to-chuc-ct-xh",
                                          "van-phong",
                                          "luc-luong-vu-trang",
                                          "uy-vien-phu-trach-dan-van"};
/* --- roles that are known ------------------------------------------------------------------- */

static void learn(struct dg_known_roles *known, struct dg_bytes role)
{
    for (size_t i = 0; i < known->count; i++) {
        if (dg_bytes_is(role, known->item[i]))
            return;
    }
    if (known->count < DG_KNOWN_ROLES_MAX)
        known->item[known->count++] = (const char *)role.data;
}

static void learn_all(struct dg_known_roles *known, const struct dg_slugs *roles)
{
    for (size_t i = 0; i < roles->count; i++)
        learn(known, roles->item[i]);
}

/* --- the head ------------------------------------------------------------------------------- */

static bool read_day(struct dg_fields *fields, const struct dg_yaml *node, struct dg_day *ret)
{
    struct dg_bytes text;

    if (!dg_fields_text(fields, node, DG_SLUG_MAX, &text))
        return false;
    if (dg_day_parse(text, ret))
        return true;
    dg_fields_complain(fields, node, "\"%s\" is not a day that exists: write YYYY-MM-DD",
                       (const char *)text.data);
    return false;
}

static void read_head(struct dg_fields *fields, const struct dg_yaml *root, struct dg_regime *ret)
{
    const struct dg_yaml *name = dg_fields_member(fields, root, "name");
    const struct dg_yaml *until = dg_yaml_member(root, "valid-until");

    if (dg_fields_text(fields, name, DG_SLUG_MAX, &ret->name))
        dg_check_slug(fields, name, NULL);
    dg_fields_text(fields, dg_fields_member(fields, root, "title"), DG_TITLE_MAX, &ret->title);
    ret->has_from = read_day(fields, dg_yaml_member(root, "valid-from"), &ret->from);
    ret->has_until = read_day(fields, until, &ret->until);
    if (ret->has_from && ret->has_until && ret->from.n > ret->until.n)
        dg_fields_complain(fields, until, "valid-until lies before valid-from");
}

/* --- organs --------------------------------------------------------------------------------- */

static void read_organs(struct dg_fields *fields, const struct dg_yaml *root, struct dg_known_roles *known,
                        struct dg_regime *ret)
{
    const struct dg_yaml *organs = dg_yaml_member(root, "organs");

    if (organs == NULL)
        return;
    if (organs->kind != DG_YAML_MAP) {
        dg_fields_complain(fields, organs, "organs must have a list of roles for each level");
        return;
    }
    dg_fields_keys(fields, organs, dg_level_words, DG_LEVEL_COUNT, NULL);
    ret->organs = dg_fields_array(fields, organs->count, sizeof *ret->organs);
    if (ret->organs == NULL)
        return;
    for (const struct dg_yaml *member = organs->first; member != NULL; member = member->next) {
        struct dg_level_roles *level = &ret->organs[ret->organ_count++];
        level->level = member->key;
        dg_fields_words(fields, member, DG_RULE_LIST_MAX, dg_check_slug, NULL, &level->role);
        learn_all(known, &level->role);
    }
}

/* --- stand-ins ------------------------------------------------------------------------------ */

static void read_stand_in(struct dg_fields *fields, const struct dg_yaml *node, struct dg_known_roles *known,
                          struct dg_stand_in *ret)
{
    if (node->kind != DG_YAML_MAP) {
        dg_fields_complain(fields, node, "a stand-in must have keys: role, level, by, cites");
        return;
    }
    dg_fields_keys(fields, node, stand_in_keys, COUNT(stand_in_keys), NULL);
    const struct dg_yaml *role = dg_fields_member(fields, node, "role");
    if (dg_fields_text(fields, role, DG_SLUG_MAX, &ret->role) && dg_check_slug(fields, role, NULL))
        learn(known, ret->role);
    dg_fields_words(fields, dg_yaml_member(node, "level"), DG_LEVEL_COUNT, dg_check_level, NULL, &ret->level);
    dg_fields_words(fields, dg_fields_member(fields, node, "by"), DG_RULE_LIST_MAX, dg_check_slug, NULL,
                    &ret->by);
    learn_all(known, &ret->by);
    dg_fields_text(fields, dg_fields_member(fields, node, "cites"), DG_CITES_MAX, &ret->cites);
}

static bool has_word(const struct dg_slugs *list, struct dg_bytes word)
{
    for (size_t i = 0; i < list->count; i++) {
        if (dg_bytes_equal(list->item[i], word))
            return true;
    }
    return false;
}

static bool holds_at(const struct dg_stand_in *stand_in, const char *level)
{
    return stand_in->level.count == 0 || has_word(&stand_in->level, dg_bytes_of(level));
}

/* True when role leads back to the stand-in at position goal, at that level. seen keeps the walk from
 * going through anything twice, so it is no deeper than the list is long. */
static bool leads_to(const struct dg_regime *regime, struct dg_bytes role, size_t goal, const char *level,
                     bool seen[static STAND_INS_MAX])
{
    for (size_t i = 0; i < regime->stand_in_count; i++) {
        const struct dg_stand_in *stand_in = &regime->stand_in[i];
        if (seen[i] || !holds_at(stand_in, level) || !dg_bytes_equal(stand_in->role, role))
            continue;
        if (i == goal)
            return true;
        seen[i] = true;
        for (size_t by = 0; by < stand_in->by.count; by++) {
            if (leads_to(regime, stand_in->by.item[by], goal, level, seen))
                return true;
        }
    }
    return false;
}

static bool is_circular(const struct dg_regime *regime, size_t at)
{
    const struct dg_stand_in *stand_in = &regime->stand_in[at];

    for (size_t level = 0; level < DG_LEVEL_COUNT; level++) {
        bool seen[STAND_INS_MAX] = {false};
        if (!holds_at(stand_in, dg_level_words[level]))
            continue;
        for (size_t by = 0; by < stand_in->by.count; by++) {
            if (leads_to(regime, stand_in->by.item[by], at, dg_level_words[level], seen))
                return true;
        }
    }
    return false;
}

static void read_stand_ins(struct dg_fields *fields, const struct dg_yaml *root, struct dg_known_roles *known,
                           struct dg_regime *ret)
{
    const struct dg_yaml *list = dg_yaml_member(root, "stand-ins");
    size_t at = 0;

    if (list == NULL)
        return;
    if (list->kind != DG_YAML_LIST || list->count > STAND_INS_MAX) {
        dg_fields_complain(fields, list, "stand-ins must be a list of at most %d", STAND_INS_MAX);
        return;
    }
    ret->stand_in = dg_fields_array(fields, list->count, sizeof *ret->stand_in);
    if (ret->stand_in == NULL)
        return;
    for (const struct dg_yaml *node = list->first; node != NULL; node = node->next)
        read_stand_in(fields, node, known, &ret->stand_in[ret->stand_in_count++]);
    for (const struct dg_yaml *node = list->first; node != NULL; node = node->next, at++) {
        if (is_circular(ret, at))
            dg_fields_complain(fields, node, "the stand-ins of %s lead back to it",
                               (const char *)ret->stand_in[at].role.data);
    }
}

/* --- rules ---------------------------------------------------------------------------------- */

/* A rule and its node, to be sorted by the rule's id. */
struct named {
    const struct dg_rule *rule;
    const struct dg_yaml *id;
};

static int name_order(const void *a, const void *b)
{
    const struct named *left = a, *right = b;
    int order = dg_bytes_compare(left->rule->id, right->rule->id);

    return order != 0 ? order : left->rule < right->rule ? -1 : 1;
}

/* Sorted, so that ten thousand rules are no more work than they are. */
static void check_ids(struct dg_fields *fields, const struct dg_yaml *list, const struct dg_regime *regime)
{
    struct named *named = dg_fields_array(fields, list->count, sizeof *named);
    size_t count = 0, first = 0;

    if (named == NULL)
        return;
    for (const struct dg_yaml *node = list->first; node != NULL; node = node->next, count++)
        named[count] = (struct named){&regime->rule[count], dg_yaml_member(node, "id")};
    if (count > 0)
        qsort(named, count, sizeof *named, name_order);
    for (size_t i = 1; i < count; i++) {
        if (named[i].rule->id.size == 0 || !dg_bytes_equal(named[i].rule->id, named[first].rule->id))
            first = i;
        else
            dg_fields_complain(fields, named[i].id, "there is a rule %s already, in line %u",
                               (const char *)named[i].rule->id.data, (unsigned)named[first].id->line);
    }
}

/* Too many rules are a mistake, and those in them are told all the same. */
static void read_rules(struct dg_fields *fields, const struct dg_yaml *root,
                       const struct dg_known_roles *known, struct dg_regime *ret)
{
    const struct dg_yaml *list = dg_fields_member(fields, root, "rules");

    if (list == NULL)
        return;
    if (list->kind != DG_YAML_LIST || list->count > DG_REGIME_RULES_MAX ||
        (list->count == 0 && !fields->cut_short))
        dg_fields_complain(fields, list, "rules must be a list of 1 to %d", DG_REGIME_RULES_MAX);
    if (list->kind != DG_YAML_LIST)
        return;
    ret->rule = dg_fields_array(fields, list->count, sizeof *ret->rule);
    if (ret->rule == NULL)
        return;
    for (const struct dg_yaml *node = list->first; node != NULL; node = node->next)
        dg_rule_read(fields, node, known, &ret->rule[ret->rule_count++]);
    check_ids(fields, list, ret);
}

/* --- the file ------------------------------------------------------------------------------- */

static void read_root(struct dg_fields *fields, const struct dg_yaml *root, struct dg_regime *ret)
{
    struct dg_known_roles *known = dg_fields_array(fields, 1, sizeof *known);

    if (known == NULL)
        return;
    for (size_t i = 0; i < COUNT(usual_roles); i++)
        learn(known, dg_bytes_of(usual_roles[i]));
    dg_fields_keys(fields, root, regime_keys, COUNT(regime_keys), NULL);
    read_head(fields, root, ret);
    read_organs(fields, root, known, ret);
    read_stand_ins(fields, root, known, ret);
    read_rules(fields, root, known, ret);
}

enum dg_err dg_regime_read(struct dg_arena *arena, struct dg_bytes text, struct dg_regime *ret,
                           struct dg_fault_list *faults)
{
    struct dg_fields fields = {.arena = arena, .faults = faults, .err = DG_ERR_BAD_REGIME};
    struct dg_regime regime = {0};
    const struct dg_yaml *root = NULL;
    bool whole = false;

    dg_fault_list_reset(faults, arena);
    struct dg_bytes clean = {0};
    if (text.size > DG_REGIME_FILE_MAX)
        dg_fault_list_add(faults, DG_ERR_BAD_REGIME, 1, 1, "the file is larger than %d bytes",
                          DG_REGIME_FILE_MAX);
    else
        clean = dg_yaml_clean(arena, text, DG_ERR_BAD_REGIME, faults);
    if (clean.data != NULL)
        root = dg_yaml_read_part(arena, dg_yaml_untab(arena, clean, DG_ERR_BAD_REGIME, faults), 1,
                                 DG_ERR_BAD_REGIME, faults, &whole);
    fields.cut_short = !whole;
    if (root != NULL && root->kind == DG_YAML_MAP)
        read_root(&fields, root, &regime);
    else if (root != NULL)
        dg_fields_complain(&fields, root, "a regime must have keys: name, title, rules, …");
    dg_fault_list_sort(faults);
    if (faults->count > 0)
        return DG_ERR_BAD_REGIME;
    if (root == NULL || fields.spent)
        return DG_ERR_NO_MEMORY;
    *ret = regime;
    return DG_OK;
}
