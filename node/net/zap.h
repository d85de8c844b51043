/* zap.h - who may connect: the ZAP handler of the ROUTER, on a thread of its own.
 *
 * The handler does one thing, a look-up in memory, so that it never holds up a handshake. It lives
 * longer than the ROUTER: libzmq lets everybody in when no handler is bound.
 *
 * Private to node/net. The thread that opens it also checks, allows and closes.
 */
#ifndef DG_NODE_NET_ZAP_H
#define DG_NODE_NET_ZAP_H

#include "common/fault.h"
#include "common/id.h"
#include "common/limits.h"

#define DG_ZAP_DOMAIN "fed"

/* Every child may have two keys while one follows the other, every invitation has one. */
enum { DG_ZAP_KEYS_MAX = 2 * DG_CHILDREN_MAX + DG_INVITATIONS_MAX };

struct dg_zap;

/* Binds the handler in context, starts its thread and sees it answer. Nobody is allowed yet.
 * DG_ERR_NETWORK, when what there is of it is in ret and to be closed, or DG_ERR_NO_MEMORY. */
enum dg_err dg_zap_open(void *context, struct dg_zap **ret, struct dg_fault *fault) DG_MUST_CHECK;
/* Shuts the context down and ends the thread. False when the thread hangs: it is left behind with all
 * it uses, and the context must be left too. */
bool dg_zap_close(struct dg_zap *zap) DG_MUST_CHECK;

/* Replaces the set of keys (copies). DG_ERR_TOO_LARGE above DG_ZAP_KEYS_MAX, DG_ERR_NO_MEMORY. */
enum dg_err dg_zap_allow(struct dg_zap *zap, const struct dg_curve_key keys[], size_t count) DG_MUST_CHECK;
/* True when key is in the set now. */
bool dg_zap_allows(struct dg_zap *zap, const struct dg_curve_key *key);

/* Asks the handler something about once a second, without waiting for the answer. False when its
 * thread has ended, or has not answered for DG_ZAP_LATE_MS. now_ms is monotonic. */
bool dg_zap_alive(struct dg_zap *zap, int64_t now_ms);
enum { DG_ZAP_PROBE_MS = 1000, DG_ZAP_LATE_MS = 3000 };

/* Handshakes it was asked about. */
uint64_t dg_zap_requests(const struct dg_zap *zap);

#endif
