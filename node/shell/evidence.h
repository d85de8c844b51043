/* evidence.h - DIR/evidence: a file for every fork that the store knows of, to be carried away and shown.
 *
 * Made from the store, again whenever one is missing: whoever removes a file removes no evidence.
 */
#ifndef DG_NODE_SHELL_EVIDENCE_H
#define DG_NODE_SHELL_EVIDENCE_H

#include "node/core/store.h"
#include "common/fault.h"

/* Writes what is missing, each file whole or not at all. No transaction may be open. Errors of the store;
 * DG_ERR_SYSTEM and others of the file system. */
enum dg_err dg_evidence_write(struct dg_store *store, const char *dir, struct dg_fault *fault) DG_MUST_CHECK;

#endif
