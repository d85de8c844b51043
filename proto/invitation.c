/* invitation.c - the line a superior unit hands to a new one. */
#include "proto/certificate.h"

#include "common/crypto.h"
#include "common/limits.h"
#include "common/line.h"
#include "proto/pb.h"

#define PREFIX "donggui-invitation-1:"
#define PREFIX_ANY "donggui-invitation-"

enum { LINE_MAX_BYTES = DG_INVITATION_MAX * 4 / 3 + 1024 };

/* --- writing -------------------------------------------------------------------------------- */

static enum dg_err encode(const struct dg_invitation *invitation, struct dg_buf *out)
{
    Dgpb__Invitation wire = DGPB__INVITATION__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    wire.version = DG_PB_VERSION;
    wire.federation = dg_pb_bytes(invitation->federation);
    wire.federation_key = DG_PB_VIEW(invitation->federation_key);
    wire.n_chain = dg_pb_write_chain(&pb, invitation->chain_count, invitation->chain, &wire.chain);
    wire.endpoint = dg_pb_bytes(invitation->endpoint);
    wire.server_key = DG_PB_VIEW(invitation->server_key);
    wire.secret = DG_PB_VIEW(invitation->secret);
    wire.id = DG_PB_VIEW(invitation->id);
    wire.unit = dg_pb_bytes(invitation->unit);
    wire.level = dg_pb_bytes(invitation->level);
    wire.name = dg_pb_bytes(invitation->name);
    wire.n_regime = dg_pb_fixed_views(&pb, invitation->regime_count, invitation->regime,
                                      sizeof *invitation->regime, &wire.regime);
    wire.expires_ms = invitation->expires_ms;
    return dg_pb_out_end(&pb, &wire.base, out);
}

enum dg_err dg_invitation_write(const struct dg_invitation *invitation, struct dg_buf *out)
{
    struct dg_buf bytes;

    dg_buf_init(&bytes, DG_INVITATION_MAX);
    enum dg_err err = encode(invitation, &bytes);
    if (err == DG_OK) {
        dg_buf_add_text(out, PREFIX);
        dg_base64url(dg_buf_bytes(&bytes), out);
        err = out->err;
    }
    if (bytes.data != NULL)
        dg_wipe(bytes.data, bytes.size);
    dg_buf_done(&bytes);
    return err;
}

/* --- reading -------------------------------------------------------------------------------- */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct dg_bytes trim(struct dg_bytes text)
{
    while (text.size != 0 && is_space(text.data[0]))
        text = dg_bytes_at(text.data + 1, text.size - 1);
    while (text.size != 0 && is_space(text.data[text.size - 1]))
        text.size--;
    return text;
}

static void read_parent(struct dg_pb *pb, const Dgpb__Invitation *wire, struct dg_invitation *ret)
{
    ret->federation = dg_pb_federation(pb, wire->federation, "federation");
    DG_PB_FIXED(pb, wire->federation_key, ret->federation_key.b, "federation key");
    if (pb->err == DG_OK && dg_key_check(&ret->federation_key) != DG_OK)
        dg_pb_fail(pb, DG_ERR_WEAK_KEY, "federation key");
    ret->chain_count = dg_pb_read_chain(pb, wire->n_chain, wire->chain, &ret->chain);
    if (ret->chain_count == 0)
        dg_pb_fail(pb, DG_ERR_MALFORMED, "chain");
    ret->endpoint = dg_pb_line(pb, wire->endpoint, DG_ENDPOINT_MAX, "endpoint");
    DG_PB_FIXED(pb, wire->server_key, ret->server_key.b, "server key");
    if (pb->err == DG_OK && dg_curve_key_check(&ret->server_key) != DG_OK)
        dg_pb_fail(pb, DG_ERR_WEAK_KEY, "server key");
}

static void read_guest(struct dg_pb *pb, const Dgpb__Invitation *wire, struct dg_invitation *ret)
{
    DG_PB_FIXED(pb, wire->secret, ret->secret.b, "secret");
    DG_PB_FIXED(pb, wire->id, ret->id, "id");
    ret->unit = dg_pb_slug(pb, wire->unit, "unit");
    ret->level = dg_pb_slug(pb, wire->level, "level");
    ret->name = dg_pb_line(pb, wire->name, DG_NAME_MAX, "name");
    ret->regime_count = dg_pb_fixed_list(pb, wire->n_regime, wire->regime, DG_REGIMES_PER_REPORT_MAX,
                                         sizeof *ret->regime, &ret->regime, "regime");
    ret->expires_ms = dg_pb_instant(pb, wire->expires_ms, "expiry");
}

/* Says in words what is wrong with the line; want of memory stays what it is. */
static enum dg_err refuse(enum dg_err err, const struct dg_fault *why, struct dg_fault *fault)
{
    if (err == DG_ERR_NO_MEMORY)
        return dg_fault(fault, err);
    if (err == DG_ERR_UNSUPPORTED_VERSION)
        return dg_faultf(fault, DG_ERR_BAD_INVITATION, "a newer donggui wrote it");
    if (err == DG_ERR_WEAK_KEY)
        return dg_faultf(fault, DG_ERR_BAD_INVITATION, "its %s is weak", why->what);
    return dg_faultf(fault, DG_ERR_BAD_INVITATION, "its content is damaged (%s %s)", dg_err_name(err),
                     why->what);
}

static enum dg_err decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_invitation *ret,
                          struct dg_fault *fault)
{
    struct dg_invitation invitation = {0};
    struct dg_fault why = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(bytes.size), &why);
    Dgpb__Invitation *wire =
        dg_pb_unpack(&pb, &dgpb__invitation__descriptor, bytes, DG_INVITATION_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return refuse(pb.err, &why, fault);
    read_parent(&pb, wire, &invitation);
    read_guest(&pb, wire, &invitation);
    /* The caller wipes the secret in ret; the copy that protobuf-c made is ours to wipe. */
    if (wire->secret.len != 0)
        dg_wipe(wire->secret.data, wire->secret.len);
    if (pb.err == DG_OK)
        *ret = invitation;
    dg_wipe(&invitation.secret, sizeof invitation.secret);
    return pb.err == DG_OK ? DG_OK : refuse(pb.err, &why, fault);
}

/* Takes the prefix off; the sentence for what is wrong with it, or NULL. */
static const char *skip_prefix(struct dg_bytes *text)
{
    if (text->size == 0)
        return "it is empty";
    if (text->size > LINE_MAX_BYTES)
        return "it is too long";
    if (dg_line_skip(text, PREFIX))
        return NULL;
    if (dg_line_skip(text, PREFIX_ANY))
        return "another version of donggui wrote it";
    return "it does not begin with " PREFIX;
}

enum dg_err dg_invitation_read(struct dg_arena *arena, struct dg_bytes line, struct dg_invitation *ret,
                               struct dg_fault *fault)
{
    struct dg_bytes text = trim(line);
    size_t size = 0;

    const char *what = skip_prefix(&text);
    if (what != NULL)
        return dg_faultf(fault, DG_ERR_BAD_INVITATION, "%s", what);
    uint8_t *bytes = dg_arena_alloc(arena, text.size + 1);
    if (bytes == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    if (!dg_unbase64url(text, bytes, text.size, &size))
        return dg_faultf(fault, DG_ERR_BAD_INVITATION, "it is cut off or mistyped: copy the whole line");
    enum dg_err err = decode(arena, dg_bytes_at(bytes, size), ret, fault);
    dg_wipe(bytes, size);
    return err;
}
