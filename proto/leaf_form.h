/* leaf_form.h - the smallest words of a leaf, as both its writer and its parser judge them.
 *
 * Private to proto/leaf*.c. Slugs and addresses are common/text.h's.
 */
#ifndef DG_PROTO_LEAF_FORM_H
#define DG_PROTO_LEAF_FORM_H

#include "proto/leaf.h"

/* A rule's id as proto/pb_field.c admits it: ASCII letters, digits, '.', '_' and '-', at most
 * DG_RULE_ID_MAX of them. It begins with a letter or digit: "-" alone stands for no rule at all. */
bool dg_leaf_rule_ok(struct dg_bytes rule);
/* The code of a refusal: upper-case letters, digits and '_', a letter first. It need not be one
 * this version knows. */
bool dg_leaf_code_ok(struct dg_bytes code);
/* A log's origin: <federation>/<unit>/e<epoch>. */
bool dg_leaf_origin_ok(struct dg_bytes origin);
/* True when the second line of such a leaf names a report, false when it names an object. */
bool dg_leaf_names_report(enum dg_leaf_kind kind);

/* True when the item at `index` differs from every item before it. */
bool dg_leaf_author_is_new(const struct dg_leaf_author *author, size_t index);
/* The same for deliveries, by organ and unit. */
bool dg_leaf_delivery_is_new(const struct dg_leaf_delivery *delivery, size_t index);
/* The same for the hashes of regimes. */
bool dg_leaf_regime_is_new(const struct dg_hash *regime, size_t index);
/* The same for flags and addresses. */
bool dg_leaf_text_is_new(const struct dg_bytes *text, size_t index);

#endif
