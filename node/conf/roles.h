/* roles.h - the ordinary names of roles and of organs that are often named by a slug.
 *
 * Source: the words of the five regulations. Only a default for display: an organ's name is in its
 * certificate, and whoever founds a unit may give another.
 */
#ifndef DG_NODE_CONF_ROLES_H
#define DG_NODE_CONF_ROLES_H

#include "common/bytes.h"
#include "proto/regime.h"

/* The name of a role's slug in language "vi" or "en"; NULL when the table has none. */
const char *dg_role_name(struct dg_bytes slug, const char *language);

/* True when the table has the role, or the regime (NULL for none) names it anywhere. ret_nearest gets the
 * known role that looks most like it, "" when none does; in arena. */
bool dg_role_known(struct dg_arena *arena, const struct dg_regime *regime, struct dg_bytes role,
                   const char **ret_nearest);

#endif
