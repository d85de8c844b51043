/* yaml_field.h - taking the members of a YAML map one by one, with a complaint for each mistake.
 *
 * Memory:  results live in the tree's arena.
 */
#ifndef DG_NODE_CONF_YAML_FIELD_H
#define DG_NODE_CONF_YAML_FIELD_H

#include "common/bytes.h"
#include "node/conf/yaml_tree.h"
#include "proto/regime.h"

/* Where mistakes go. */
struct dg_fields {
    struct dg_arena *arena;
    struct dg_fault_list *faults;
    enum dg_err err; /* the code of a mistake */
    bool spent;      /* the arena was: nothing read since can be trusted */
    bool cut_short;  /* the file could not be read to its end: what is missing may stand there */
};

/* Says whether a word is a possible item of a list; complains when it is not. */
typedef bool dg_word_check(struct dg_fields *fields, const struct dg_yaml *word, const void *context);

/* Zeroed room for count items. With the arena spent it is NULL and fields->spent is set. */
void *dg_fields_array(struct dg_fields *fields, size_t count, size_t item_size);
/* Adds a mistake at the place of the node. */
void dg_fields_complain(struct dg_fields *fields, const struct dg_yaml *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Complains that word is not a known one, and names the nearest of those that are. */
void dg_fields_unknown(struct dg_fields *fields, const struct dg_yaml *word, const char *what,
                       const char *const known[], size_t count);
/* Complains about every key of map that is not among the count known ones. A key that begins with
 * prefix (or NULL) is known too. */
void dg_fields_keys(struct dg_fields *fields, const struct dg_yaml *map, const char *const known[],
                    size_t count, const char *prefix);
/* The member with that key; complains and gives NULL when there is none. */
const struct dg_yaml *dg_fields_member(struct dg_fields *fields, const struct dg_yaml *map, const char *key);
/* Takes text of 1 to max bytes out of node. False, with a complaint, when it is anything else; without
 * one when node is NULL. */
bool dg_fields_text(struct dg_fields *fields, const struct dg_yaml *node, size_t max, struct dg_bytes *ret);
/* Takes a kind of report that is known. Nothing when node is NULL. */
void dg_fields_kind(struct dg_fields *fields, const struct dg_yaml *node, struct dg_bytes *ret);
/* Takes a list of 1 to max distinct words that pass check; one word alone is a list of one. Nothing
 * when node is NULL. */
void dg_fields_words(struct dg_fields *fields, const struct dg_yaml *node, size_t max, dg_word_check *check,
                     const void *context, struct dg_slugs *ret);

#endif
