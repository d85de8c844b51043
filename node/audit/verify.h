/* verify.h - does this trail prove what it says? No store, no network, no clock.
 *
 * Sees only common, proto and the pure regime engine, so that it can stand alone.
 *
 * What belongs to a trail, and nothing else (the order stands in trail_form.h):
 *  - the envelope; the root unit's certificate, which only the federation's key can vouch for;
 *  - the certificate of every unit whose log or organ appears, and of each unit above it but the root;
 *  - the certificates of the organs that signed the report, a state, a pass or a comment, and of the
 * recipients whose certificate R names, as far as the exporter has them;
 *  - events: the exporter's own report leaf, and every receipt, state, pass and comment it holds;
 *  - when the exporter is the lead author's unit or one above it, what the mandate rests on: the organs
 *    that the author's unit and its superior had on the day of signing; the adoptions that R names,
 *    with their regimes; and, where R names the main regime of an upper unit but none of the author's
 *    unit's own, the one that stood there, since without it the upper one would seem to bind there.
 * All leaves of the exporter's own log are proven under one checkpoint, its newest. The exporter's unit
 * key signs it all (the seal).
 *
 * An exporter beside the author's line knows neither the organs nor the adoptions there. Its trail shows
 * what the author signed; the check is then called "mandate-as-signed" instead of "mandate".
 *
 * What a verified trail does not say: that nothing was kept quiet. An exporter can leave out a receipt,
 * and its copies then show as owed. It can leave out an organ that the author has left out too; every
 * unit above the author has recomputed the mandate from its own directory before it gave a receipt. A
 * member is one as of the exporter's knowledge.
 */
#ifndef DG_NODE_AUDIT_VERIFY_H
#define DG_NODE_AUDIT_VERIFY_H

#include "common/fault.h"
#include "common/note.h"
#include "proto/leaf.h"
#include "proto/pass.h"
#include "proto/report.h"
#include "proto/trail.h"

/* One thing that was checked, for the reader. In their order: federation-key (only when it is bad), form,
 * report, root-certificate, certificate and adoption (one each), membership (only when a leaf is of
 * another kind), author-signature (one each), exporter, regime (one each), mandate or mandate-as-signed,
 * receipt, state, pass and comment (one each), recipient (only when it fails), unused, checkpoint (one each),
 * order, seal.
 */
struct dg_check {
    const char *name; /* stable, e.g. "author-signature", "mandate", "receipt" */
    bool ok;
    struct dg_bytes detail; /* UTF-8, neutral: addresses, hashes, codes */
};

/* A copy owed by the report, and what the trail proves about it. */
struct dg_owed {
    struct dg_bytes organ, unit;
    enum dg_as as;
    size_t rule_count;
    struct dg_bytes *rule;
    bool delivered;     /* a proven leaf of that unit's log says so, and the via organ has opened it to him */
    dg_ms delivered_ms; /* through a via organ: when that one passed it on */
    struct dg_bytes origin; /* that log */
    uint64_t index;
    uint32_t state;          /* the newest proven state of that recipient; 1 arrived, 0 none */
    uint32_t recall;         /* its proven answer to the author's recall, 15 or 16; 0 none */
    struct dg_bytes through; /* organ@unit that it waits or waited for; empty: for none */
    dg_ms since_ms;          /* through: the via organ's unit had it then */
    uint32_t decision;       /* through: enum dg_decision as proven; 0: it still waits */
    dg_ms decided_ms;
    struct dg_id into; /* consolidated */
};

struct dg_verification {
    bool verified;
    struct dg_id id;
    struct dg_report report; /* valid when the report itself decoded */
    bool has_report;
    size_t check_count;
    struct dg_check *check;
    size_t owed_count;
    struct dg_owed *owed;
    bool recall_asked; /* an author has asked the report back */
    dg_ms recall_ms;
};

/* Verifies a .trail file against the federation's key. Everything in ret lives in arena. Returns DG_OK
 * when it verifies, DG_ERR_VERIFY_FAILED (fault names the first failing check) otherwise; ret holds the
 * checks in both cases, up to and with the first that failed. */
enum dg_err dg_trail_verify(struct dg_arena *arena, struct dg_bytes file, const struct dg_verifier *root,
                            struct dg_verification *ret, struct dg_fault *fault) DG_MUST_CHECK;

/* Emits the standard parts of a trail as files of a flat folder: <unit>-<index>.tlog-proof and .leaf for
 * every entry, policy, report.bin, and checkpoint files. The trail's form is checked, not its claims. */
enum dg_err dg_trail_extract(struct dg_arena *arena, struct dg_bytes file,
                             enum dg_err (*emit)(void *ctx, const char *name, struct dg_bytes content),
                             void *ctx, struct dg_fault *fault) DG_MUST_CHECK;

#endif
