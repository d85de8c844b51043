/* founding.h - what init and join share: a new directory, its keys, its organs, its first transaction.
 *
 * Memory: what is handed out lives in the caller's arena.
 */
#ifndef DG_NODE_SHELL_FOUNDING_H
#define DG_NODE_SHELL_FOUNDING_H

#include "node/conf/config.h"
#include "node/core/identity.h"
#include "node/shell/keyring.h"
#include "node/shell/serve.h"

/* Makes dir, or takes it when it is an empty directory of ours; mode 0700. DG_ERR_NOT_EMPTY,
 * DG_ERR_NOT_PERMITTED, DG_ERR_SYSTEM. ret_made says whether it was not there before. */
enum dg_err dg_found_dir(const char *dir, bool *ret_made, struct dg_fault *fault) DG_MUST_CHECK;
/* Makes DIR/keys unless it is there. */
enum dg_err dg_found_keys_dir(const char *dir, struct dg_fault *fault) DG_MUST_CHECK;
/* Removes what a founding makes in dir, and with whole dir itself: best effort, after a failure. */
void dg_found_undo(const char *dir, bool whole);

/* The unit's four keys: those of the keyring, made where they are missing. */
enum dg_err dg_found_unit_keys(struct dg_keyring *keyring, struct dg_keys *ret,
                               struct dg_fault *fault) DG_MUST_CHECK;
/* The organs with their keys: as the options say, or one for each role that one of the compiled regimes names
 * for the level. DG_ERR_NO_REGIME when that gives none, DG_ERR_BAD_VALUE for a slug given twice,
 * DG_ERR_BAD_ROLE for a role that no regime in founding knows. */
enum dg_err dg_found_organs(struct dg_keyring *keyring, struct dg_arena *arena, size_t option_count,
                            const struct dg_organ_option option[], size_t regime_count,
                            const struct dg_bytes regime[], struct dg_bytes level,
                            struct dg_founding *founding, struct dg_fault *fault) DG_MUST_CHECK;
/* The configuration of a new node; listen may be NULL. DG_ERR_BAD_VALUE for a port that the system is to
 * choose. */
enum dg_err dg_found_config(const char *listen, struct dg_config *ret, struct dg_fault *fault) DG_MUST_CHECK;
/* Makes DIR/store unless it is there, and founds the node in it with one commit. */
enum dg_err dg_found_store(const char *dir, const struct dg_founding *founding,
                           const struct dg_signer *signer, struct dg_fault *fault) DG_MUST_CHECK;

/* Now, as the core wants it. */
dg_ms dg_clock_ms(void);
/* Milliseconds that never go back, for waiting. */
int64_t dg_monotonic_ms(void);

#endif
