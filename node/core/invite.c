/* invite.c - the parent's side of an invitation: made, kept, and written out as one line. */
#include <string.h>

#include "common/text.h"
#include "node/core/node_impl.h"

struct inviting {
    struct dg_node *node;
    struct dg_txn *txn;
    const struct dg_ctl_request *request;
    struct dg_ctl_reply *reply;
    dg_ms now;
    struct dg_bytes endpoint;
};

struct room {
    dg_ms now;
    size_t count, open; /* all of them; those neither used nor expired */
};

static bool count_one(void *ctx, const struct dg_invitation_row *row)
{
    struct room *room = ctx;
    room->count++;
    room->open += row->state != 2 && row->expires_ms >= room->now ? 1 : 0;
    return true;
}

/* The door's list of keys holds every invitation that is kept, used or not. */
static enum dg_err check_room(struct inviting *v)
{
    struct room room = {.now = v->now};
    dg_invitation_each(v->txn, count_one, &room);
    if (room.open >= DG_INVITATIONS_MAX)
        return dg_faultf(&v->reply->fault, DG_ERR_TOO_LARGE, "%zu invitations", room.open);
    if (room.count >= DG_INVITATIONS_MAX && !v->request->dry_run)
        dg_invitation_purge(v->node, v->txn, v->now, true);
    return DG_OK;
}

static enum dg_err own_endpoint(struct inviting *v)
{
    struct dg_dir_row row;
    struct dg_certificate certificate;
    if (v->node->env.endpoint != NULL) {
        v->endpoint = dg_bytes_of(v->node->env.endpoint);
        return DG_OK;
    }
    if (!dg_dir_find(v->txn, &v->node->identity.certificate, &row) ||
        dg_certificate_decode(v->txn->arena, row.record.sealed.body, &certificate, NULL) != DG_OK)
        return dg_fault(&v->reply->fault, DG_ERR_STORE_CORRUPT);
    if (certificate.endpoint.size == 0)
        return dg_faultf(&v->reply->fault, DG_ERR_BAD_VALUE,
                         "this node does not listen for children (--listen)");
    v->endpoint = certificate.endpoint;
    return DG_OK;
}

static enum dg_err check_level(struct inviting *v)
{
    const struct dg_dir_unit *self = dg_node_self(v->node, v->txn);
    struct dg_bytes level = v->request->level;
    char here[DG_SLUG_MAX + 1] = "";
    if (self == NULL)
        return dg_fault(&v->reply->fault, DG_ERR_STORE_CORRUPT);
    if (dg_level_below(level, self->level))
        return DG_OK;
    memcpy(here, self->level.data, self->level.size <= DG_SLUG_MAX ? self->level.size : 0);
    enum dg_err err =
        dg_faultf(&v->reply->fault, DG_ERR_BAD_LEVEL, "%.*s", (int)level.size, (const char *)level.data);
    dg_fault_unit(&v->reply->fault, here);
    return err;
}

static enum dg_err check(struct inviting *v)
{
    const struct dg_ctl_request *request = v->request;
    struct dg_fault *fault = &v->reply->fault;
    if (!dg_slug_ok(request->unit))
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "--unit: [a-z0-9-]");
    if (!dg_level_known(request->level))
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "--level %.*s", (int)request->level.size,
                         (const char *)request->level.data);
    enum dg_err err = check_level(v);
    if (err == DG_OK)
        err = dg_text_check(request->name, DG_TEXT_LINE, fault);
    if (err != DG_OK)
        return err;
    if (request->name.size == 0 || request->name.size > DG_NAME_MAX)
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "--name");
    if (request->for_ms < 60000 || request->for_ms > (int64_t)366 * 86400000)
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "--for: 1m to 366d");
    err = check_room(v);
    if (err != DG_OK)
        return err;
    if (dg_dir_depth(dg_node_directory(v->node, v->txn), dg_bytes_of(v->node->identity.unit)) >=
        DG_TREE_DEPTH_MAX)
        return dg_faultf(fault, DG_ERR_TOO_LARGE, "%d levels", DG_TREE_DEPTH_MAX);
    char unit[DG_SLUG_MAX + 1] = "";
    memcpy(unit, request->unit.data, request->unit.size);
    if (dg_directory_unit(dg_node_directory(v->node, v->txn), request->unit) != NULL) {
        err = dg_fault(fault, DG_ERR_UNIT_TAKEN);
        dg_fault_unit(fault, unit);
        return err;
    }
    return own_endpoint(v);
}

static bool keep_regimes(struct inviting *v, struct dg_invitation_row *row)
{
    row->regime = dg_arena_array(v->txn->arena, v->request->regime_count + 1, sizeof *row->regime);
    if (row->regime == NULL || v->request->regime_count > DG_REGIMES_PER_REPORT_MAX)
        return false;
    for (size_t i = 0; i < v->request->regime_count; i++) {
        struct dg_regime regime;
        if (dg_regime_decode(v->txn->arena, v->request->regime[i], &regime, &v->reply->fault) != DG_OK)
            return false;
        struct dg_hash hash = dg_sha256(v->request->regime[i]);
        dg_put(v->txn, DG_TABLE_REGIME, dg_bytes_at(hash.b, sizeof hash.b), v->request->regime[i]);
        row->regime[row->regime_count++] = hash;
    }
    return true;
}

static enum dg_err write_line(struct inviting *v, const struct dg_invitation_row *row,
                              const struct dg_seed *secret)
{
    struct dg_signed chain[DG_TREE_DEPTH_MAX];
    const struct dg_dir_unit *path[DG_TREE_DEPTH_MAX];
    size_t depth = 0, count = 0;
    for (const struct dg_dir_unit *unit = dg_node_self(v->node, v->txn);
         unit != NULL && depth < DG_TREE_DEPTH_MAX; unit = unit->parent)
        path[depth++] = unit;
    struct dg_dir_row certified;
    while (depth > 0)
        if (dg_dir_find(v->txn, &path[--depth]->certificate, &certified))
            chain[count++] = certified.record.sealed;
    struct dg_invitation invitation = {
        .federation = dg_bytes_of(v->node->identity.federation),
        .federation_key = v->node->identity.federation_key,
        .chain_count = count,
        .chain = chain,
        .endpoint = v->endpoint,
        .server_key = v->node->identity.transport,
        .secret = *secret,
        .unit = row->unit,
        .level = row->level,
        .name = row->name,
        .regime_count = row->regime_count,
        .regime = row->regime,
        .expires_ms = row->expires_ms,
    };
    memcpy(invitation.id, row->id, sizeof invitation.id);
    struct dg_buf line;
    dg_buf_init(&line, DG_INVITATION_MAX);
    enum dg_err err = dg_invitation_write(&invitation, &line);
    if (err == DG_OK)
        v->reply->text = dg_arena_copy(v->txn->arena, dg_buf_bytes(&line));
    dg_buf_done(&line);
    dg_wipe(&invitation.secret, sizeof invitation.secret);
    return err;
}

static void log_invitation(struct inviting *v, const struct dg_invitation_row *row)
{
    struct dg_leaf leaf = {
        .time = v->now,
        .kind = DG_LEAF_INVITATION,
        .unit = row->unit,
        .object = dg_sha256(dg_bytes_at(row->id, sizeof row->id)),
    };
    (void)dg_ledger_append(v->txn, &leaf);
}

void dg_control_invite(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply)
{
    struct inviting v = {.node = node, .txn = txn, .request = request, .reply = reply, .now = now};
    if (check(&v) != DG_OK || request->dry_run)
        return;
    struct dg_seed secret;
    struct dg_invitation_row row = {.unit = request->unit,
                                    .level = request->level,
                                    .name = request->name,
                                    .expires_ms = now + request->for_ms};
    node->env.random(node->env.random_ctx, row.id, sizeof row.id);
    node->env.random(node->env.random_ctx, secret.b, sizeof secret.b);
    row.one_time = node->env.curve_of(&secret);
    enum dg_err err = keep_regimes(&v, &row) ? write_line(&v, &row, &secret) : DG_ERR_TOO_LARGE;
    dg_wipe(&secret, sizeof secret);
    if (err != DG_OK) {
        if (reply->fault.err == DG_OK)
            (void)dg_fault(&reply->fault, err);
        return;
    }
    dg_invitation_put(txn, &row);
    log_invitation(&v, &row);
    dg_node_allowed_changed(node);
}
