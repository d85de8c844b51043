/* verify_impl.h - what the files of the verifier share. Private to node/audit/verify*.c.
 *
 * Every step returns true when all its checks held; the first that fails is noted and ends the work.
 * What a trail must have used is marked as the steps go, and whatever is left over is refused.
 */
#ifndef DG_NODE_AUDIT_VERIFY_IMPL_H
#define DG_NODE_AUDIT_VERIFY_IMPL_H

#include "node/audit/trail_form.h"
#include "node/audit/verify.h"
#include "node/core/mandate.h"

enum dg_member_kind { DG_MEMBER_UNIT, DG_MEMBER_ORGAN, DG_MEMBER_ADOPTION };

/* A certificate or adoption of the trail, once it has been verified. */
struct dg_member {
    enum dg_member_kind kind;
    struct dg_member *issuer;          /* the unit that signed and logged it; NULL: the root unit */
    unsigned depth;                    /* of its unit below the root */
    struct dg_certificate certificate; /* UNIT, ORGAN */
    struct dg_cert_id id;
    struct dg_verifier log;      /* UNIT */
    struct dg_adoption adoption; /* ADOPTION */
    struct dg_hash hash;
    bool used;
};

/* A checkpoint, verified when the first leaf rests on it. */
struct dg_opened {
    bool open;
    struct dg_checkpoint checkpoint;
    struct dg_member *unit;
};

/* An event, once its leaf is proven. */
struct dg_proven {
    const struct dg_entry *entry;
    struct dg_member *unit;
    struct dg_leaf leaf;
    struct dg_state state; /* of a state leaf */
    struct dg_pass pass;   /* of a pass leaf */
};

struct dg_verifying {
    struct dg_arena *arena;
    const struct dg_verifier *root;
    struct dg_verification *out;
    struct dg_fault *fault;
    size_t check_capacity;
    struct dg_trail trail;
    struct dg_envelope envelope;
    struct dg_day date; /* of the document */
    size_t member_count;
    struct dg_member *member; /* the root unit first, then as in the trail */
    struct dg_opened *opened; /* one per checkpoint */
    struct dg_member *author[DG_AUTHORS_MAX];
    struct dg_member *exporter;
    bool from_above;          /* the exporter is the lead author's unit or above it */
    struct dg_regime *regime; /* one per regime of the trail */
    struct dg_hash *regime_hash;
    bool *regime_used;
    struct dg_mandate mandate; /* when from_above */
    size_t via_count;
    struct dg_via *via; /* whom recipients wait for */
    size_t proven_count;
    struct dg_proven *proven;
};

/* ---- verify.c: what was checked ---- */
/* Notes that the check held. Always true. */
bool dg_check_held(struct dg_verifying *v, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Notes that it did not, and why. Always false. */
bool dg_check_failed(struct dg_verifying *v, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Makes room for the checks that every part of v->trail may add. */
bool dg_check_room(struct dg_verifying *v);
/* Checks that the federation's key is one. */
bool dg_verify_key(struct dg_verifying *v);
/* Decodes the envelope of v->trail and checks its report's federation and date. */
bool dg_verify_report(struct dg_verifying *v);
/* Verifies each author's signature by its certificate. */
bool dg_verify_authors(struct dg_verifying *v);
/* True when the certificate was valid at an instant, give or take the clocks. */
bool dg_was_valid(const struct dg_certificate *certificate, dg_ms at);
/* Checks that members and events stand in their order, and no leaf twice. */
bool dg_verify_order(struct dg_verifying *v);
/* Checks that every member and regime was used; issuers of used members are. */
bool dg_verify_unused(struct dg_verifying *v);
/* Checks the order of the checkpoints, and that the exporter has one. */
bool dg_verify_checkpoint_order(struct dg_verifying *v);

/* ---- verify_members.c ---- */
/* Verifies the root's certificate, then every certificate and adoption with its proof. */
bool dg_verify_members(struct dg_verifying *v);
/* The certified unit of that slug, or whose log has that origin. NULL when there is none. */
struct dg_member *dg_member_unit(struct dg_verifying *v, struct dg_bytes slug);
/* The same by the origin of its log; a log of another epoch than the certified one is not found. */
struct dg_member *dg_member_log(struct dg_verifying *v, struct dg_bytes origin);
/* The organ's certificate of that id. NULL when there is none. */
struct dg_member *dg_member_organ(struct dg_verifying *v, const struct dg_cert_id *id);
/* True when unit is other or lies below it. */
bool dg_member_within(const struct dg_member *unit, const struct dg_member *other);
/* Checks that entry's leaf is in the log of unit, under a checkpoint that unit's log key signed, and
 * parses it. name is the check that fails otherwise. */
bool dg_verify_leaf(struct dg_verifying *v, const struct dg_entry *entry, struct dg_member *unit,
                    const char *name, struct dg_leaf *ret);
/* Checks that no checkpoint carries a signature line of nobody in this trail. */
bool dg_verify_checkpoints(struct dg_verifying *v);

/* ---- verify_mandate.c ---- */
/* Decodes the regimes of v->trail. */
bool dg_verify_regimes(struct dg_verifying *v);
/* Makes a directory of the given units and all above them, with the organs and adoptions of this trail. */
bool dg_verify_directory(struct dg_verifying *v, struct dg_member *const unit[], size_t count,
                         struct dg_directory *dir);
/* Marks an adoption and its regime; false when the regime's bytes are not in the trail. */
bool dg_use_adoption(struct dg_verifying *v, struct dg_member *member);
/* Recomputes who must receive the report, and holds what the report says against it. */
bool dg_verify_mandate(struct dg_verifying *v);

/* ---- verify_events.c ---- */
/* Verifies receipts, states and passes, each against the report. */
bool dg_verify_events(struct dg_verifying *v);
/* Lists who was owed the report, and what the events prove of each. False when the arena is spent. */
bool dg_verify_owed(struct dg_verifying *v);

#endif
