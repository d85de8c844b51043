/* regime_file.h - reads a regime from its YAML file; every mistake is reported with its place.
 *
 * Source of the format: deploy/regimes/README.md. libyaml's event parser; aliases, anchors and tags
 * are refused.
 */
#ifndef DG_NODE_CONF_REGIME_FILE_H
#define DG_NODE_CONF_REGIME_FILE_H

#include "common/bytes.h"
#include "common/fault.h"
#include "node/conf/fault_list.h"
#include "proto/regime.h"

/* Parses text into ret (in arena). DG_OK when there is no mistake, else DG_ERR_BAD_REGIME with all of
 * them in faults: what holds "… did you mean …" where a near word is known. */
enum dg_err dg_regime_read(struct dg_arena *arena, struct dg_bytes text, struct dg_regime *ret,
                           struct dg_fault_list *faults) DG_MUST_CHECK;
/* Finds the file of a regime: a value with '/' or ending in .yaml is a path; a name is sought in
 * $DONGGUI_REGIMES, then ../share/donggui/regimes and ./regimes beside program_dir, and at last it may be a
 * file here. Writes the path. */
enum dg_err dg_regime_find(const char *value, const char *program_dir, char *ret, size_t size,
                           struct dg_fault *fault) DG_MUST_CHECK;
/* Finds, reads, checks and compiles one: its canonical bytes, in arena. */
enum dg_err dg_regime_load(struct dg_arena *arena, const char *value, const char *program_dir,
                           struct dg_bytes *ret_compiled, struct dg_fault *fault) DG_MUST_CHECK;

#endif
