/* mutant.h - where the simulator can plant a bug, or ask for the rarer of two ways that are both right.
 *
 * A planted bug must be caught, or the simulator is at fault. At a fork (DG_MAYBE) nothing may go wrong either
 * way: the smallest buffer, the earliest timer, a memory that is lost. Both are constant false outside the
 * simulator's own build of the core.
 */
#ifndef DG_NODE_CORE_MUTANT_H
#define DG_NODE_CORE_MUTANT_H

#ifdef DG_MUTANTS
#include <stdbool.h>
/* True when this run has that bug planted. */
bool dg_mutant(const char *name);
#define DG_MUTANT(name) dg_mutant(name)
/* True when this run goes the rarer way at that point. */
bool dg_maybe(const char *point);
#define DG_MAYBE(point) dg_maybe(point)
#else
#define DG_MUTANT(name) false
#define DG_MAYBE(point) false
#endif

#endif
