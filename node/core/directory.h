/* directory.h - who is a member, with which organs and regimes, as of a day: a value in memory.
 *
 * The store's DIRECTORY and REGIME tables are the truth; this is their reading, built for one step
 * or kept until they change. The regime engine and the verifier see nothing else.
 * Memory:  everything lives in the arena the directory was built in.
 * Limits:  DG_UNITS_MAX, DG_ORGANS_MAX.
 */
#ifndef DG_NODE_CORE_DIRECTORY_H
#define DG_NODE_CORE_DIRECTORY_H

#include "common/bytes.h"
#include "common/id.h"
#include "common/limits.h"
#include "common/when.h"
#include "proto/certificate.h"
#include "proto/regime.h"

/* An organ by one of its certificates. Several serials of one organ stand side by side. */
struct dg_dir_organ {
    struct dg_bytes slug, name;
    struct dg_slugs role;
    struct dg_cert_id certificate;
    struct dg_key signing;
    dg_ms not_before_ms, not_after_ms;
    uint32_t serial;
};

/* One adoption, with the regime it names. */
struct dg_dir_adoption {
    struct dg_hash id;              /* SHA-256 of the adoption's body */
    struct dg_hash hash;            /* of the regime */
    const struct dg_regime *regime; /* NULL when its bytes are not here */
    bool main;
    bool has_from, has_until; /* of the adoption; the regime's own validity narrows it */
    struct dg_day from, until;
    uint32_t serial;
    dg_ms signed_ms; /* by the clock of its unit */
};

struct dg_dir_unit {
    struct dg_bytes slug, level, name;
    struct dg_bytes parent_slug;   /* empty at the root */
    struct dg_dir_unit *parent;    /* NULL at the root, or beyond what is known */
    bool partial;                  /* known by a chain alone: it may have more organs than stand here */
    struct dg_cert_id certificate; /* the newest live one */
    struct dg_key unit_key, log_key;
    struct dg_curve_key transport;
    uint32_t epoch;
    dg_ms not_before_ms, not_after_ms;
    size_t organ_count, adoption_count;
    struct dg_dir_organ *organ;       /* by slug, then serial */
    struct dg_dir_adoption *adoption; /* by serial: the order of adoption */
};

struct dg_directory {
    struct dg_bytes federation;
    struct dg_key federation_key;
    size_t unit_count;
    struct dg_dir_unit *unit; /* sorted by slug */
};

/* The unit of that slug, NULL when unknown. */
const struct dg_dir_unit *dg_directory_unit(const struct dg_directory *directory, struct dg_bytes slug);
/* The organ of the unit with that slug whose certificate is valid on the Vietnamese day (newest
 * serial first), NULL when there is none. A day before the unit's first organ was certified counts
 * as that day: older papers are still sent after a unit has enrolled. */
const struct dg_dir_organ *dg_dir_unit_organ(const struct dg_dir_unit *unit, struct dg_bytes slug,
                                             struct dg_day day);
/* All organs of the unit that fill role on that day, by slug. Returns their count. */
size_t dg_dir_unit_role(const struct dg_dir_unit *unit, struct dg_bytes role, struct dg_day day,
                        const struct dg_dir_organ *ret[static DG_ORGANS_MAX]);
/* The organ certificate of that id, NULL when the unit has none such. */
const struct dg_dir_organ *dg_dir_unit_certificate(const struct dg_dir_unit *unit,
                                                   const struct dg_cert_id *id);
/* True when organ fills role (a slug). */
bool dg_dir_organ_fills(const struct dg_dir_organ *organ, struct dg_bytes role);
/* How many units lie on the path from slug's unit to the root, itself counted; 0 when it is unknown. */
size_t dg_dir_depth(const struct dg_directory *directory, struct dg_bytes slug);
/* True when unit is other or lies below it. */
bool dg_dir_unit_within(const struct dg_dir_unit *unit, const struct dg_dir_unit *other);
/* True when unit lies on the way from one unit to another, which goes up to the nearest unit above both and
 * down again; both ends are on it. */
bool dg_dir_unit_between(const struct dg_dir_unit *unit, const struct dg_dir_unit *from,
                         const struct dg_dir_unit *to);

#endif
