/* enrol.c - how a unit becomes a member: invitation, challenge, request, grant.
 *
 * The one-time key of the invitation opens the door and nothing else; what admits is the request,
 * signed by every new key over the parent's nonce. The same invitation with the same unit key gets the
 * same certificate again until the first HELLO under the new transport key burns it.
 */
#include <stdlib.h>
#include <string.h>

#include "node/core/node_impl.h"

/* ---- invitations in the store -------------------------------------------------------------------- */

static bool invitation_read(struct dg_txn *txn, struct dg_bytes key, struct dg_bytes value,
                            struct dg_invitation_row *ret)
{
    struct dg_row row = {.rest = value};
    if (key.size != sizeof ret->id) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    memcpy(ret->id, key.data, sizeof ret->id);
    ret->unit = dg_row_run(&row);
    ret->level = dg_row_run(&row);
    ret->name = dg_row_run(&row);
    dg_row_fixed(&row, ret->one_time.b, sizeof ret->one_time.b);
    ret->expires_ms = (dg_ms)dg_row_u64(&row);
    ret->state = dg_row_u8(&row);
    dg_row_fixed(&row, ret->granted.b, sizeof ret->granted.b);
    ret->regime_count = dg_row_u32(&row);
    if (ret->regime_count > DG_REGIMES_PER_REPORT_MAX)
        row.bad = true;
    else
        ret->regime = dg_arena_array(txn->arena, ret->regime_count + 1, sizeof *ret->regime);
    for (size_t i = 0; !row.bad && ret->regime != NULL && i < ret->regime_count; i++)
        dg_row_fixed(&row, ret->regime[i].b, sizeof ret->regime[i].b);
    if (!dg_row_ended(&row))
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
    return txn->err == DG_OK;
}

bool dg_invitation_get(struct dg_txn *txn, const uint8_t id[16], struct dg_invitation_row *ret)
{
    struct dg_bytes value;
    return dg_get(txn, DG_TABLE_INVITATION, dg_bytes_at(id, 16), &value) &&
           invitation_read(txn, dg_bytes_at(id, 16), value, ret);
}

void dg_invitation_put(struct dg_txn *txn, const struct dg_invitation_row *row)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 4096);
    dg_row_add_run(&buf, row->unit);
    dg_row_add_run(&buf, row->level);
    dg_row_add_run(&buf, row->name);
    dg_buf_add(&buf, row->one_time.b, sizeof row->one_time.b);
    dg_buf_add_u64be(&buf, (uint64_t)row->expires_ms);
    dg_buf_add_u8(&buf, row->state);
    dg_buf_add(&buf, row->granted.b, sizeof row->granted.b);
    dg_buf_add_u32be(&buf, (uint32_t)row->regime_count);
    for (size_t i = 0; i < row->regime_count; i++)
        dg_buf_add(&buf, row->regime[i].b, sizeof row->regime[i].b);
    if (buf.err != DG_OK)
        dg_txn_fail(txn, buf.err);
    else
        dg_put(txn, DG_TABLE_INVITATION, dg_bytes_at(row->id, sizeof row->id), dg_buf_bytes(&buf));
    dg_buf_done(&buf);
}

void dg_invitation_each(struct dg_txn *txn, bool (*each)(void *ctx, const struct dg_invitation_row *row),
                        void *ctx)
{
    struct dg_cursor cursor;
    dg_cursor_open(&cursor, txn, DG_TABLE_INVITATION);
    for (bool more = dg_cursor_seek(&cursor, dg_bytes_at(NULL, 0)); more; more = dg_cursor_next(&cursor)) {
        struct dg_invitation_row row;
        if (!invitation_read(txn, cursor.key, cursor.value, &row) || !each(ctx, &row))
            break;
    }
    dg_cursor_close(&cursor);
}

struct purge {
    dg_ms now;
    bool pressed;
    size_t count;
    uint8_t id[DG_INVITATIONS_MAX][16];
};

static bool purge_match(void *ctx, const struct dg_invitation_row *row)
{
    const dg_ms told_for = (dg_ms)30 * 86400000;
    struct purge *purge = ctx;
    bool over = row->expires_ms < purge->now - told_for ||
                (purge->pressed && (row->state == 2 || row->expires_ms < purge->now));
    if (over)
        memcpy(purge->id[purge->count++], row->id, sizeof row->id);
    return purge->count < DG_INVITATIONS_MAX;
}

void dg_invitation_purge(struct dg_node *node, struct dg_txn *txn, dg_ms now, bool pressed)
{
    struct purge *purge = dg_arena_alloc(txn->arena, sizeof *purge);
    if (purge == NULL)
        return; /* later, then */
    purge->now = now;
    purge->pressed = pressed;
    dg_invitation_each(txn, purge_match, purge);
    for (size_t i = 0; i < purge->count; i++)
        dg_del(txn, DG_TABLE_INVITATION, dg_bytes_at(purge->id[i], sizeof purge->id[i]));
    if (purge->count > 0)
        dg_node_allowed_changed(node);
}

struct burn {
    struct dg_bytes unit;
    struct dg_invitation_row found;
    bool has;
};

static bool burn_match(void *ctx, const struct dg_invitation_row *row)
{
    struct burn *burn = ctx;
    if (row->state != 1 || !dg_bytes_equal(row->unit, burn->unit))
        return true;
    burn->found = *row;
    burn->has = true;
    return false;
}

bool dg_enrol_burn(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit)
{
    struct burn burn = {.unit = unit};
    dg_invitation_each(txn, burn_match, &burn);
    if (!burn.has)
        return false;
    burn.found.state = 2;
    dg_invitation_put(txn, &burn.found);
    dg_node_allowed_changed(node);
    return true;
}

/* ---- the request -------------------------------------------------------------------------------- */

static struct dg_challenge *challenge_find(struct dg_node *node, const uint8_t id[16])
{
    for (size_t i = 0; i < DG_CHALLENGES; i++)
        if (memcmp(node->challenge[i].invitation, id, 16) == 0)
            return &node->challenge[i];
    return NULL;
}

static enum dg_err invitation_check(struct dg_txn *txn, const struct dg_event *event, const uint8_t id[16],
                                    dg_ms now, struct dg_invitation_row *ret, struct dg_fault *fault)
{
    if (!dg_invitation_get(txn, id, ret) || !dg_curve_key_equal(&ret->one_time, &event->key))
        return dg_faultf(fault, DG_ERR_BAD_INVITATION, "unknown here");
    enum dg_err err = DG_OK;
    if (ret->state == 2)
        err = dg_fault(fault, DG_ERR_INVITATION_USED);
    else if (ret->state == 0 && now > ret->expires_ms)
        err = dg_fault(fault, DG_ERR_INVITATION_EXPIRED);
    if (err != DG_OK) {
        char unit[DG_SLUG_MAX + 1] = "";
        memcpy(unit, ret->unit.data, ret->unit.size <= DG_SLUG_MAX ? ret->unit.size : 0);
        dg_fault_unit(fault, unit);
    }
    return err;
}

static void challenge(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event, dg_ms now,
                      struct dg_out *out, struct dg_fault *fault)
{
    const uint8_t *id = event->frame->enrol_hello;
    struct dg_invitation_row row;
    if (invitation_check(txn, event, id, now, &row, fault) != DG_OK)
        return;
    struct dg_challenge *slot = challenge_find(node, id);
    if (slot == NULL) {
        slot = &node->challenge[node->challenge_next++ % DG_CHALLENGES];
        memcpy(slot->invitation, id, sizeof slot->invitation);
    }
    node->env.random(node->env.random_ctx, slot->nonce.b, sizeof slot->nonce.b);
    struct dg_frame frame = {.enrol_challenge = &slot->nonce};
    dg_out_frame(out, event->conn, &frame);
}

static enum dg_err request_check(struct dg_node *node, const struct dg_event *event,
                                 const struct dg_claims *claims, const struct dg_invitation_row *row,
                                 struct dg_fault *fault)
{
    const struct dg_enrol_request *request = event->frame->enrol_request;
    const struct dg_challenge *asked = challenge_find(node, request->invitation);
    if (asked == NULL || !dg_hash_equal(&asked->nonce, &request->nonce))
        return dg_faultf(fault, DG_ERR_RETRY_LATER, "the challenge was forgotten");
    if (!dg_bytes_equal(request->unit, row->unit))
        return dg_faultf(fault, DG_ERR_BAD_INVITATION, "it is for another unit");
    const struct dg_keys *keys = &request->keys;
    if (!keys->has_unit || !keys->has_log || !keys->has_cosigner || !keys->has_transport ||
        keys->has_signing || keys->has_sealing)
        return dg_faultf(fault, DG_ERR_MALFORMED, "keys of a unit");
    const struct dg_key *signing[] = {&keys->unit, &keys->log, &keys->cosigner};
    if (request->possession_count != 3)
        return dg_faultf(fault, DG_ERR_NO_POSSESSION, "unit, log, cosigner");
    for (size_t i = 0; i < 3; i++) {
        if (dg_key_check(signing[i]) != DG_OK)
            return dg_faultf(fault, DG_ERR_WEAK_KEY, "key %zu", i + 1);
        if (dg_claimed(claims, event, DG_CONTEXT_ADMISSION, signing[i], request->message,
                       &request->possession[i]) != DG_OK)
            return dg_faultf(fault, DG_ERR_NO_POSSESSION, "key %zu", i + 1);
    }
    return dg_curve_key_check(&keys->transport) == DG_OK ? DG_OK
                                                         : dg_faultf(fault, DG_ERR_WEAK_KEY, "transport");
}

static enum dg_err name_free(struct dg_node *node, struct dg_txn *txn, const struct dg_enrol_request *request,
                             struct dg_fault *fault)
{
    const struct dg_directory *dir = dg_node_directory(node, txn);
    if (dg_directory_unit(dir, request->unit) != NULL)
        return dg_fault(fault, DG_ERR_UNIT_TAKEN);
    for (size_t i = 0; i < dir->unit_count; i++)
        if (dg_key_equal(&dir->unit[i].unit_key, &request->keys.unit) ||
            dg_key_equal(&dir->unit[i].log_key, &request->keys.log) ||
            dg_curve_key_equal(&dir->unit[i].transport, &request->keys.transport))
            return dg_faultf(fault, DG_ERR_KEY_TAKEN, "%.*s", (int)dir->unit[i].slug.size,
                             (const char *)dir->unit[i].slug.data);
    return DG_OK;
}

static enum dg_err admit(struct dg_node *node, struct dg_txn *txn, struct dg_invitation_row *row,
                         const struct dg_enrol_request *request, dg_ms now, struct dg_fault *fault)
{
    enum dg_err err = name_free(node, txn, request, fault);
    if (err != DG_OK)
        return err;
    const struct dg_dir_unit *self = dg_node_self(node, txn);
    if (self == NULL || now >= self->not_after_ms)
        return dg_faultf(fault, DG_ERR_EXPIRED, "%s", node->identity.unit);
    struct dg_certificate certificate = {
        .subject = DG_SUBJECT_UNIT,
        .federation = dg_bytes_of(node->identity.federation),
        .unit = row->unit,
        .name = row->name,
        .level = row->level,
        .parent = dg_bytes_of(node->identity.unit),
        .serial = 1,
        .epoch = 1,
        .keys = request->keys,
        .not_before_ms = now,
        .not_after_ms = now + (dg_ms)DG_CERTIFICATE_YEARS * 365 * 86400000,
        .endpoint = request->endpoint,
        .invitation = dg_bytes_at(row->id, sizeof row->id),
    };
    memcpy(certificate.issuer.b, node->identity.certificate.b, sizeof certificate.issuer.b);
    if (certificate.not_before_ms < self->not_before_ms)
        certificate.not_before_ms = self->not_before_ms;
    if (certificate.not_after_ms > self->not_after_ms)
        certificate.not_after_ms = self->not_after_ms;
    struct dg_dir_row issued;
    if (!dg_issue_certificate(txn, &node->identity, node->env.signer, &certificate, &node->identity.unit_key,
                              false, now, &issued))
        return dg_fault(fault, txn->err);
    dg_node_members_changed(node);
    dg_membership_spread(node, txn, &issued, row->unit, false, now);
    row->state = 1;
    row->granted = dg_certificate_id(issued.record.sealed.body);
    dg_invitation_put(txn, row);
    return DG_OK;
}

/* Granted before: the same unit key gets the same certificate, another one an alarm. */
static enum dg_err granted_again(struct dg_txn *txn, const struct dg_invitation_row *row,
                                 const struct dg_enrol_request *request, dg_ms now, struct dg_fault *fault)
{
    struct dg_dir_row issued;
    struct dg_certificate certificate;
    if (!dg_dir_find(txn, &row->granted, &issued) ||
        dg_certificate_decode(txn->arena, issued.record.sealed.body, &certificate, NULL) != DG_OK) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return txn->err;
    }
    if (dg_key_equal(&certificate.keys.unit, &request->keys.unit) &&
        dg_curve_key_equal(&certificate.keys.transport, &request->keys.transport))
        return DG_OK;
    dg_attention_put(txn, now, DG_ERR_INVITATION_USED, row->unit, dg_bytes_of("another key asked"));
    enum dg_err err = dg_fault(fault, DG_ERR_INVITATION_USED);
    char unit[DG_SLUG_MAX + 1] = "";
    memcpy(unit, row->unit.data, row->unit.size);
    dg_fault_unit(fault, unit);
    return err;
}

/* ---- the grant ---------------------------------------------------------------------------------- */

/* The grant is made at once, under a checkpoint of the log as it stands in this transaction: it is said
 * only after the commit, like everything. */
struct grant {
    struct dg_node *node;
    struct dg_txn *txn;
    struct dg_log_view log;
    struct dg_enrol_grant grant;
    bool too_large;
};

enum { GRANT_RECORDS_MAX = DG_FRAME_ITEMS_MAX };

static bool grant_prove(struct grant *g, const struct dg_dir_row *row, struct dg_record *record)
{
    struct dg_bytes note = g->log.checkpoint;
    *record = row->record;
    if (row->origin.size == 0)
        return true;
    if (row->checkpoint_size == 0) {
        struct dg_ledger_proof proof;
        if (!dg_ledger_prove(g->txn, record->index, g->log.size, &proof))
            return false;
        record->leaf = proof.leaf;
        record->proof = proof.proof;
    } else if (!dg_checkpoint_get(g->txn, row->origin, row->checkpoint_size, &note)) {
        return false;
    }
    record->has_checkpoint = true;
    for (size_t i = 0; i < g->grant.checkpoint_count; i++)
        if (dg_bytes_equal(g->grant.checkpoint[i], note)) {
            record->checkpoint = (uint32_t)i;
            return true;
        }
    record->checkpoint = (uint32_t)g->grant.checkpoint_count;
    g->grant.checkpoint[g->grant.checkpoint_count++] = note;
    return true;
}

static bool grant_row(void *ctx, const struct dg_dir_row *row)
{
    struct grant *g = ctx;
    if (g->grant.directory_count == GRANT_RECORDS_MAX ||
        !grant_prove(g, row, &g->grant.directory[g->grant.directory_count])) {
        g->too_large = true;
        return false;
    }
    struct dg_record *record = &g->grant.directory[g->grant.directory_count++];
    struct dg_adoption adoption;
    if (row->kind == 'r' && dg_adoption_decode(g->txn->arena, record->sealed.body, &adoption, NULL) == DG_OK)
        (void)dg_get(g->txn, DG_TABLE_REGIME, dg_bytes_at(adoption.regime.b, sizeof adoption.regime.b),
                     &record->regime);
    return true;
}

/* Every unit on the path, root first. */
static void grant_path(struct grant *g)
{
    const struct dg_dir_unit *path[DG_TREE_DEPTH_MAX];
    size_t depth = 0;
    for (const struct dg_dir_unit *unit = dg_node_self(g->node, g->txn);
         unit != NULL && depth < DG_TREE_DEPTH_MAX; unit = unit->parent)
        path[depth++] = unit;
    while (depth > 0) {
        /* Unit certificates must come before what they certify; 'o' and 'r' sort before 'u'. */
        const struct dg_dir_unit *unit = path[--depth];
        struct dg_dir_row row;
        if (dg_dir_find(g->txn, &unit->certificate, &row))
            (void)grant_row(g, &row);
        struct dg_row_key prefix = dg_key_slug(unit->slug);
        struct dg_cursor cursor;
        dg_cursor_open(&cursor, g->txn, DG_TABLE_DIRECTORY);
        bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
        for (; more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix));
             more = dg_cursor_next(&cursor))
            if (dg_dir_get(g->txn, cursor.key, &row) && row.kind != 'u' && !grant_row(g, &row))
                break;
        dg_cursor_close(&cursor);
    }
}

/* A path that does not fit into one frame is said so: silence would look like a dead line. */
static void grant_send(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                       const struct dg_invitation_row *row, struct dg_out *out, struct dg_fault *fault)
{
    struct grant g = {.node = node, .txn = txn};
    struct dg_dir_row issued;
    g.grant.directory = dg_arena_array(txn->arena, GRANT_RECORDS_MAX, sizeof *g.grant.directory);
    g.grant.checkpoint = dg_arena_array(txn->arena, GRANT_RECORDS_MAX + 1, sizeof *g.grant.checkpoint);
    g.grant.regime = dg_arena_array(txn->arena, row->regime_count + 1, sizeof *g.grant.regime);
    if (g.grant.directory == NULL || g.grant.checkpoint == NULL || g.grant.regime == NULL ||
        dg_ledger_seal(txn, &node->identity, node->env.signer) != DG_OK ||
        !dg_dir_find(txn, &row->granted, &issued)) {
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
        return;
    }
    dg_log_get(txn, &g.log);
    if (!grant_prove(&g, &issued, &g.grant.certificate))
        return;
    grant_path(&g);
    for (size_t i = 0; i < row->regime_count; i++)
        if (dg_get(txn, DG_TABLE_REGIME, dg_bytes_at(row->regime[i].b, sizeof row->regime[i].b),
                   &g.grant.regime[g.grant.regime_count]))
            g.grant.regime_count++;
    struct dg_frame frame = {.enrol_grant = &g.grant};
    if (g.too_large || !dg_out_frame(out, event->conn, &frame))
        (void)dg_faultf(fault, DG_ERR_TOO_LARGE, "the directory of the path, %zu records",
                        g.grant.directory_count);
}

static void request(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                    const struct dg_claims *claims, dg_ms now, struct dg_out *out, struct dg_fault *fault)
{
    const struct dg_enrol_request *asked = event->frame->enrol_request;
    struct dg_invitation_row row;
    enum dg_err err = invitation_check(txn, event, asked->invitation, now, &row, fault);
    if (err == DG_OK)
        err = request_check(node, event, claims, &row, fault);
    if (err == DG_OK)
        err = row.state == 0 ? admit(node, txn, &row, asked, now, fault)
                             : granted_again(txn, &row, asked, now, fault);
    if (err == DG_OK)
        grant_send(node, txn, event, &row, out, fault);
}

void dg_enrol_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                    const struct dg_claims *claims, dg_ms now, struct dg_out *out)
{
    struct dg_fault fault;
    (void)dg_fault(&fault, DG_OK);
    if (event->frame->enrol_hello != NULL)
        challenge(node, txn, event, now, out, &fault);
    else if (event->frame->enrol_request != NULL)
        request(node, txn, event, claims, now, out, &fault);
    if (fault.err == DG_OK)
        return;
    struct dg_refused refused = {.code = dg_bytes_of(dg_err_name(fault.err)),
                                 .detail = dg_bytes_of(fault.what)};
    struct dg_frame frame = {.refused = &refused};
    dg_out_frame(out, event->conn, &frame);
    dg_out_fact(out, &fault, "enrolment");
}
