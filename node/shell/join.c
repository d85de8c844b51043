/* join.c - the child's node, from an invitation.
 *
 * DIR/joining marks a join that is not done: it holds the unit's slug and is locked by whoever joins.
 * With it a repeat may use the keys that are there, so that the parent grants the same again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "node/shell/enrolment.h"
#include "node/shell/founding.h"
#include "node/shell/log.h"
#include "node/store/store_files.h"
#include "node/store/store_lmdb.h"

struct join {
    const struct dg_join_options *options;
    struct dg_fault *fault;
    struct dg_arena arena; /* invitation, organs */
    struct dg_arena grant_arena;
    struct dg_invitation invitation;
    struct dg_config config;
    struct dg_keyring *keyring;
    struct dg_keys keys;
    struct dg_enrol_grant grant;
    char marker_path[DG_STORE_PATH_MAX];
    int marker; /* -1: not open */
};

/* ---- the marker ---------------------------------------------------------------------------------- */

static enum dg_err open_marker(struct join *join, bool anew)
{
    enum dg_err err = dg_path_join(join->options->dir, "joining", NULL, join->marker_path, join->fault);
    if (err != DG_OK)
        return err;
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (anew ? O_CREAT | O_EXCL : 0);
    join->marker = open(join->marker_path, flags, 0600);
    if (join->marker < 0)
        return dg_file_fault(join->fault, errno, join->marker_path);
    if (flock(join->marker, LOCK_EX | LOCK_NB) != 0)
        return dg_faultf(join->fault, DG_ERR_LOCKED, "%s", join->marker_path);
    return DG_OK;
}

static enum dg_err write_marker(struct join *join)
{
    int size = dprintf(join->marker, "%.*s\n", (int)join->invitation.unit.size,
                       (const char *)join->invitation.unit.data);
    if (size < 0 || fsync(join->marker) != 0)
        return dg_file_fault(join->fault, errno, join->marker_path);
    return dg_path_sync(join->options->dir, join->fault);
}

/* A directory where another unit's join was begun is not empty for us. A marker that was never
 * written belongs to a join that did nothing else. */
static enum dg_err check_marker(struct join *join)
{
    char unit[DG_SLUG_MAX + 2];
    ssize_t size = pread(join->marker, unit, sizeof unit, 0);
    if (size < 0)
        return dg_file_fault(join->fault, errno, join->marker_path);
    if (size == 0)
        return write_marker(join);
    struct dg_bytes read = dg_bytes_at(unit, (size_t)size - 1);
    if (unit[size - 1] != '\n' || !dg_bytes_equal(read, join->invitation.unit))
        return dg_faultf(join->fault, DG_ERR_NOT_EMPTY, "%s", join->options->dir);
    return DG_OK;
}

static enum dg_err take_dir(struct join *join)
{
    bool made;
    enum dg_err err = dg_found_dir(join->options->dir, &made, join->fault);
    if (err == DG_OK) {
        err = open_marker(join, true);
        return err == DG_OK ? write_marker(join) : err;
    }
    if (err != DG_ERR_NOT_EMPTY)
        return err;
    struct dg_fault not_empty;
    (void)dg_faultf(&not_empty, DG_ERR_NOT_EMPTY, "%s", join->options->dir);
    err = open_marker(join, false);
    if (err == DG_ERR_BAD_NODE) {
        if (join->fault != NULL)
            *join->fault = not_empty;
        return DG_ERR_NOT_EMPTY;
    }
    return err == DG_OK ? check_marker(join) : err;
}

static enum dg_err remove_marker(struct join *join)
{
    if (unlink(join->marker_path) != 0)
        return dg_file_fault(join->fault, errno, join->marker_path);
    return dg_path_sync(join->options->dir, join->fault);
}

/* ---- before the conversation --------------------------------------------------------------------- */

/* One that was interrupted may be finished later: the parent knows whether it granted it in time. */
static bool was_begun(const struct join *join)
{
    char path[4096];
    int size = snprintf(path, sizeof path, "%s/joining", join->options->dir);
    return size > 0 && (size_t)size < sizeof path && access(path, F_OK) == 0;
}

static enum dg_err read_invitation(struct join *join)
{
    enum dg_err err =
        dg_invitation_read(&join->arena, join->options->invitation, &join->invitation, join->fault);
    if (err != DG_OK)
        return err;
    if (dg_clock_ms() <= join->invitation.expires_ms || was_begun(join))
        return DG_OK;
    char unit[DG_SLUG_MAX + 1];
    snprintf(unit, sizeof unit, "%.*s", (int)join->invitation.unit.size,
             (const char *)join->invitation.unit.data);
    err = dg_fault(join->fault, DG_ERR_INVITATION_EXPIRED);
    dg_fault_unit(join->fault, unit);
    return err;
}

static void say_what_would_be(const struct join *join)
{
    const struct dg_invitation *invitation = &join->invitation;
    bool vi = strcmp(dg_language(), "vi") == 0;
    const struct {
        const char *label;
        struct dg_bytes value;
    } line[] = {
        {vi ? "thư mục" : "directory", dg_bytes_of(join->options->dir)},
        {vi ? "hệ thống" : "federation", invitation->federation},
        {vi ? "đơn vị" : "unit", invitation->unit},
        {vi ? "tên" : "name", invitation->name},
        {vi ? "cấp" : "level", invitation->level},
        {vi ? "cấp trên tại" : "superior at", invitation->endpoint},
    };
    for (size_t i = 0; i < sizeof line / sizeof line[0]; i++)
        printf("%s: %.*s\n", line[i].label, (int)line[i].value.size, (const char *)line[i].value.data);
}

/* True when an earlier join got as far as founding the node and only its marker was left. */
static bool founded_already(const struct join *join)
{
    struct dg_store *store;
    struct dg_txn *txn;
    if (dg_store_lmdb_open(join->options->dir, DG_STORE_READ, &store, NULL) != DG_OK)
        return false;
    bool founded = false;
    if (dg_begin_read(store, &txn) == DG_OK) {
        struct dg_identity identity;
        founded = dg_identity_load(txn, &identity);
        dg_abort(store, txn);
    }
    dg_store_close(store);
    return founded;
}

/* ---- after it ------------------------------------------------------------------------------------ */

/* The invitation's regimes in its order, main first. The grant was verified: they are all there. */
static enum dg_err own_regimes(struct join *join, struct dg_founding *founding)
{
    const struct dg_invitation *invitation = &join->invitation;
    struct dg_bytes *regime = dg_arena_array(&join->arena, invitation->regime_count, sizeof *regime);
    if (regime == NULL)
        return dg_fault(join->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < invitation->regime_count; i++) {
        for (size_t k = 0; k < join->grant.regime_count; k++) {
            struct dg_hash hash = dg_sha256(join->grant.regime[k]);
            if (dg_hash_equal(&hash, &invitation->regime[i]))
                regime[i] = join->grant.regime[k];
        }
    }
    founding->regime = regime;
    founding->regime_count = invitation->regime_count;
    return DG_OK;
}

/* The newest main regime that unit has adopted; empty when it has none of its own. */
static struct dg_bytes main_regime_of(struct join *join, struct dg_bytes unit)
{
    struct dg_bytes regime = {NULL, 0};
    uint32_t serial = 0;
    struct dg_day today = dg_day_of(dg_clock_ms());
    for (size_t i = 0; i < join->grant.directory_count; i++) {
        const struct dg_record *record = &join->grant.directory[i];
        struct dg_adoption adoption;
        if (record->kind != DG_RECORD_ADOPTION ||
            dg_adoption_decode(&join->arena, record->sealed.body, &adoption, NULL) != DG_OK ||
            !dg_bytes_equal(adoption.unit, unit) || !adoption.main || adoption.serial < serial ||
            (adoption.has_from && adoption.from.n > today.n))
            continue;
        serial = adoption.serial;
        regime = record->regime;
    }
    return regime;
}

/* The unit above, by the certificates of the grant; empty above the root. */
static struct dg_bytes parent_of(struct join *join, struct dg_bytes unit)
{
    for (size_t i = 0; i < join->grant.directory_count; i++) {
        const struct dg_record *record = &join->grant.directory[i];
        struct dg_certificate certificate;
        if (record->kind == DG_RECORD_CERTIFICATE &&
            dg_certificate_decode(&join->arena, record->sealed.body, &certificate, NULL) == DG_OK &&
            certificate.subject == DG_SUBJECT_UNIT && dg_bytes_equal(certificate.unit, unit))
            return certificate.parent;
    }
    return dg_bytes_at(NULL, 0);
}

/* The main regime of the nearest ancestor that has one: it names the default organs of a unit without its
 * own. */
static struct dg_bytes inherited_regime(struct join *join, const struct dg_certificate *own)
{
    struct dg_bytes regime = {NULL, 0};
    struct dg_bytes unit = own->parent;
    for (size_t depth = 0; depth < DG_TREE_DEPTH_MAX && unit.size > 0 && regime.size == 0; depth++) {
        regime = main_regime_of(join, unit);
        unit = parent_of(join, unit);
    }
    return regime;
}

static enum dg_err organs(struct join *join, struct dg_founding *founding, const struct dg_certificate *own)
{
    struct dg_bytes inherited = inherited_regime(join, own);
    bool has_own = founding->regime_count > 0;
    return dg_found_organs(join->keyring, &join->arena, join->options->organ_count, join->options->organ,
                           has_own ? founding->regime_count : 1, has_own ? founding->regime : &inherited,
                           own->level, founding, join->fault);
}

static enum dg_err found(struct join *join)
{
    const struct dg_invitation *invitation = &join->invitation;
    struct dg_certificate own;
    struct dg_founding founding = {
        .federation = invitation->federation,
        .unit = invitation->unit,
        .level = invitation->level,
        .name = invitation->name,
        .endpoint = dg_bytes_of(join->config.listen),
        .federation_key = invitation->federation_key,
        .keys = join->keys,
        .now = dg_clock_ms(),
        .grant = &join->grant,
        .parent_endpoint = invitation->endpoint,
        .parent_key = invitation->server_key,
    };
    enum dg_err err = dg_grant_verify(&join->grant, invitation, &join->keys, founding.now, &join->arena,
                                      join->fault);
    if (err == DG_OK)
        err = dg_certificate_decode(&join->arena, join->grant.certificate.sealed.body, &own, join->fault);
    if (err == DG_OK)
        err = own_regimes(join, &founding);
    if (err == DG_OK)
        err = organs(join, &founding, &own);
    if (err == DG_OK)
        err = dg_config_save(join->options->dir, &join->config, join->fault);
    if (err == DG_OK)
        err = dg_found_store(join->options->dir, &founding, dg_keyring_signer(join->keyring), join->fault);
    return err;
}

static enum dg_err enrol(struct join *join)
{
    struct dg_enrolment enrolment = {
        .invitation = &join->invitation,
        .keys = &join->keys,
        .endpoint = dg_bytes_of(join->config.listen),
        .signer = dg_keyring_signer(join->keyring),
    };
    enum dg_err err = dg_enrol(&enrolment, DG_JOIN_SECONDS, &join->grant_arena, &join->grant, join->fault);
    return err == DG_OK ? found(join) : err;
}

static enum dg_err make_node(struct join *join)
{
    enum dg_err err = dg_found_keys_dir(join->options->dir, join->fault);
    if (err == DG_OK)
        err = dg_keyring_open(join->options->dir, &join->keyring, join->fault);
    if (err == DG_OK)
        err = dg_found_unit_keys(join->keyring, &join->keys, join->fault);
    return err == DG_OK ? enrol(join) : err;
}

static enum dg_err run(struct join *join)
{
    enum dg_err err = read_invitation(join);
    if (err == DG_OK)
        err = dg_found_config(join->options->listen, &join->config, join->fault);
    if (err != DG_OK)
        return err;
    if (join->options->dry_run) {
        say_what_would_be(join);
        return DG_OK;
    }
    err = take_dir(join);
    if (err == DG_OK && !founded_already(join))
        err = make_node(join);
    return err == DG_OK ? remove_marker(join) : err;
}

enum dg_err dg_join(const struct dg_join_options *options, struct dg_fault *fault)
{
    struct join *join = calloc(1, sizeof *join);
    if (join == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    join->options = options;
    join->fault = fault;
    join->marker = -1;
    dg_arena_init(&join->arena, 0);
    dg_arena_init(&join->grant_arena, 0);
    enum dg_err err = run(join);
    dg_keyring_close(join->keyring);
    if (join->marker >= 0)
        close(join->marker);
    dg_wipe(&join->invitation.secret, sizeof join->invitation.secret);
    dg_arena_done(&join->grant_arena);
    dg_arena_done(&join->arena);
    free(join);
    return err;
}
