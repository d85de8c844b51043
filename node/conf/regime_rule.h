/* regime_rule.h - the rules of a regime file. Used by regime_read.c. */
#ifndef DG_NODE_CONF_REGIME_RULE_H
#define DG_NODE_CONF_REGIME_RULE_H

#include "node/conf/yaml_field.h"
#include "proto/regime.h"

enum { DG_KNOWN_ROLES_MAX = 1024, DG_RULE_LIST_MAX = 64 };

/* The roles that some part of the file, or the usage of all five regulations, names. */
struct dg_known_roles {
    size_t count;
    const char *item[DG_KNOWN_ROLES_MAX];
};

/* The levels there are, for walking over them and for suggestions. */
extern const char *const dg_level_words[DG_LEVEL_COUNT];

/* Checks a level's name; context is not used. */
dg_word_check dg_check_level;
/* Checks the form of a role, whose name is free; context is not used. */
dg_word_check dg_check_slug;
/* Reads one rule. */
void dg_rule_read(struct dg_fields *fields, const struct dg_yaml *node, const struct dg_known_roles *known,
                  struct dg_rule *ret);
/* Complains about what the rule says and could never mean. */
void dg_rule_check(struct dg_fields *fields, const struct dg_yaml *node, const struct dg_rule *rule);

#endif
