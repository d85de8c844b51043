/* yaml_tree.h - a small YAML file as a tree, every node with its place.
 *
 * The plain part of YAML: maps, lists and text. A scalar is text and nothing else: `5`, `yes` and `~`
 * have no meaning of their own. Aliases, anchors, tags, a second document and duplicate keys are
 * mistakes. libyaml is used here and nowhere else.
 *
 * Memory:  the tree lives in the arena.
 * Limits:  DG_YAML_DEPTH_MAX, DG_YAML_NODES_MAX, DG_YAML_MEMBERS_MAX; beyond them reading stops.
 */
#ifndef DG_NODE_CONF_YAML_TREE_H
#define DG_NODE_CONF_YAML_TREE_H

#include "node/conf/fault_list.h"

enum { DG_YAML_DEPTH_MAX = 8, DG_YAML_NODES_MAX = 256 * 1024, DG_YAML_MEMBERS_MAX = 1024 };

enum dg_yaml_kind { DG_YAML_TEXT, DG_YAML_LIST, DG_YAML_MAP };

struct dg_yaml {
    enum dg_yaml_kind kind;
    uint32_t line, column; /* from 1 */
    struct dg_bytes text;  /* of a TEXT: one line of clean NFC text, NUL after it */
    struct dg_bytes key;   /* of a map's member */
    uint32_t key_line, key_column;
    size_t count;                 /* of a LIST or MAP */
    struct dg_yaml *first, *next; /* children in their order */
};

/* Reads one document, whose first line is first_line of its file. text must be clean UTF-8. Mistakes
 * go to faults with the code err. Returns the root, or NULL when the text cannot be read at all (then
 * there is a fault, or the arena is spent). */
struct dg_yaml *dg_yaml_read(struct dg_arena *arena, struct dg_bytes text, uint32_t first_line,
                             enum dg_err err, struct dg_fault_list *faults);
/* The same, but what stands before the place where reading stopped is returned too, so that its mistakes can
 * be told together with that one; ret_whole says whether the document was read to its end. */
struct dg_yaml *dg_yaml_read_part(struct dg_arena *arena, struct dg_bytes text, uint32_t first_line,
                                  enum dg_err err, struct dg_fault_list *faults, bool *ret_whole);
/* The member of map with that key, NULL when it has none or is no map. */
const struct dg_yaml *dg_yaml_member(const struct dg_yaml *map, const char *key);

/* The text of a file as at every point of entry: LF for CRLF, NFC. What is not clean is told, once for each line,
 * and stands as '_', so that the rest can be read. No data when the arena is spent. */
struct dg_bytes dg_yaml_clean(struct dg_arena *arena, struct dg_bytes text, enum dg_err err,
                              struct dg_fault_list *faults);
/* The text with spaces for the tabs that lines are indented with, each of which is told. In arena, or text itself
 * when there is none. */
struct dg_bytes dg_yaml_untab(struct dg_arena *arena, struct dg_bytes text, enum dg_err err,
                              struct dg_fault_list *faults);

#endif
