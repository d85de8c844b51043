/* mutant.h - where the simulator can plant a bug: it must then be caught, or the simulator is at fault.
 *
 * Constant false outside the simulator's own build of the core.
 */
#ifndef DG_NODE_CORE_MUTANT_H
#define DG_NODE_CORE_MUTANT_H

#ifdef DG_MUTANTS
#include <stdbool.h>
/* True when this run has that bug planted. */
bool dg_mutant(const char *name);
#define DG_MUTANT(name) dg_mutant(name)
#else
#define DG_MUTANT(name) false
#endif

#endif
