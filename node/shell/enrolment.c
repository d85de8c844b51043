/* enrolment.c - hello, challenge, request, grant. */
#include "node/shell/enrolment.h"

#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "node/net/net.h"
#include "node/shell/founding.h"

enum {
    ASK_MS = 3000, /* a question without an answer is repeated */
    ROOM_MS = 100, /* so is one that the socket could not take yet */
    REFUSED_MS = 2000,
    RESET_MS = 12000, /* a silent session may be one that libzmq has given up */
};

enum outcome { GOING_ON, GRANTED, REFUSED };

struct asking {
    const struct dg_enrolment *enrolment;
    struct dg_net *net;
    struct dg_arena *arena;
    struct dg_fault *fault; /* never NULL */
    struct dg_fault last;   /* the newest temporary refusal */
    int64_t ask_at, reset_at;
    struct dg_enrol_grant *ret;
};

/* False when there was no room or no connection yet. */
static bool say(struct asking *a, const struct dg_frame *frame)
{
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    bool said = dg_frame_encode(frame, &buf) == DG_OK && buf.err == DG_OK &&
                dg_net_send(a->net, DG_CONN_UP, dg_buf_bytes(&buf)) == DG_SENT;
    dg_buf_done(&buf);
    return said;
}

static void ask(struct asking *a, int64_t now)
{
    struct dg_frame frame = {.enrol_hello = a->enrolment->invitation->id};
    a->ask_at = now + (say(a, &frame) ? ASK_MS : ROOM_MS);
}

/* Proves that we hold every key that is to be certified. */
static enum dg_err sign_request(const struct asking *a, struct dg_enrol_request *request)
{
    const struct dg_key *key[] = {&request->keys.unit, &request->keys.log, &request->keys.cosigner};
    struct dg_buf message;
    dg_buf_init(&message, DG_CERTIFICATE_MAX);
    enum dg_err err = dg_enrol_message(request, &message);
    if (err == DG_OK)
        err = message.err;
    request->possession_count = sizeof key / sizeof key[0];
    for (size_t i = 0; err == DG_OK && i < request->possession_count; i++)
        err = a->enrolment->signer->sign(a->enrolment->signer->ctx, key[i], DG_CONTEXT_ADMISSION,
                                         dg_buf_bytes(&message), &request->possession[i]);
    dg_buf_done(&message);
    return err;
}

static enum outcome on_challenge(struct asking *a, const struct dg_hash *nonce)
{
    const struct dg_invitation *invitation = a->enrolment->invitation;
    struct dg_enrol_request request = {
        .nonce = *nonce,
        .unit = invitation->unit,
        .keys = *a->enrolment->keys,
        .endpoint = a->enrolment->endpoint,
    };
    memcpy(request.invitation, invitation->id, sizeof request.invitation);
    enum dg_err err = sign_request(a, &request);
    if (err != DG_OK) {
        (void)dg_faultf(a->fault, err, "enrolment");
        return REFUSED;
    }
    struct dg_frame frame = {.enrol_request = &request};
    a->ask_at = dg_monotonic_ms() + (say(a, &frame) ? ASK_MS : ROOM_MS);
    return GOING_ON;
}

static enum outcome on_refused(struct asking *a, const struct dg_refused *refused)
{
    enum dg_err code = dg_err_by_name((const char *)refused->code.data, refused->code.size);
    struct dg_fault fault;
    char unit[DG_SLUG_MAX + 1];
    const struct dg_bytes *what = code == DG_ERR_UNKNOWN ? &refused->code : &refused->detail;
    (void)dg_faultf(&fault, code, "%.*s", (int)what->size, (const char *)what->data);
    snprintf(unit, sizeof unit, "%.*s", (int)a->enrolment->invitation->unit.size,
             (const char *)a->enrolment->invitation->unit.data);
    dg_fault_unit(&fault, unit);
    if (dg_err_group(code) == DG_GROUP_TEMPORARY) {
        a->last = fault;
        a->ask_at = dg_monotonic_ms() + REFUSED_MS;
        return GOING_ON;
    }
    *a->fault = fault;
    return REFUSED;
}

static enum outcome on_message(struct asking *a, struct dg_bytes bytes)
{
    struct dg_frame frame;
    dg_arena_reset(a->arena);
    bytes = dg_arena_copy(a->arena, bytes);
    if (dg_frame_decode(a->arena, bytes, &frame, NULL) != DG_OK)
        return GOING_ON;
    if (frame.enrol_grant != NULL) {
        *a->ret = *frame.enrol_grant;
        return GRANTED;
    }
    if (frame.refused != NULL)
        return on_refused(a, frame.refused);
    return frame.enrol_challenge != NULL ? on_challenge(a, frame.enrol_challenge) : GOING_ON;
}

static enum outcome hear(struct asking *a, int64_t now)
{
    struct dg_net_message message;
    while (dg_net_recv(a->net, &message)) {
        a->reset_at = now + RESET_MS;
        enum outcome outcome = on_message(a, message.bytes);
        if (outcome != GOING_ON)
            return outcome;
    }
    return GOING_ON;
}

static enum dg_err out_of_time(const struct asking *a)
{
    if (a->last.err == DG_OK)
        return dg_faultf(a->fault, DG_ERR_RETRY_LATER, "%.*s", (int)a->enrolment->invitation->endpoint.size,
                         (const char *)a->enrolment->invitation->endpoint.data);
    return dg_faultf(a->fault, DG_ERR_RETRY_LATER, "%s %s", dg_err_name(a->last.err), a->last.what);
}

static enum dg_err converse(struct asking *a, int64_t deadline)
{
    for (int64_t now = dg_monotonic_ms(); now < deadline; now = dg_monotonic_ms()) {
        enum dg_err err = DG_OK;
        if (now >= a->reset_at) {
            err = dg_net_uplink_reset(a->net, a->fault);
            a->reset_at = now + RESET_MS;
        }
        if (err == DG_OK && now >= a->ask_at)
            ask(a, now);
        int64_t until = a->ask_at < deadline ? a->ask_at : deadline;
        if (err == DG_OK)
            err = dg_net_wait(a->net, NULL, 0, until > now ? (long)(until - now) : 0);
        if (err != DG_OK)
            return dg_faultf(a->fault, err, "enrolment");
        enum outcome outcome = hear(a, now);
        if (outcome == GRANTED)
            return DG_OK;
        if (outcome == REFUSED)
            return a->fault->err;
    }
    return out_of_time(a);
}

enum dg_err dg_enrol(const struct dg_enrolment *enrolment, int seconds, struct dg_arena *arena,
                     struct dg_enrol_grant *ret, struct dg_fault *fault)
{
    struct dg_fault own;
    const struct dg_invitation *invitation = enrolment->invitation;
    char endpoint[DG_ENDPOINT_MAX + 1];
    int64_t now = dg_monotonic_ms();
    struct asking a = {
        .enrolment = enrolment,
        .arena = arena,
        .fault = fault != NULL ? fault : &own,
        .ret = ret,
        .ask_at = now,
        .reset_at = now + RESET_MS,
    };
    snprintf(endpoint, sizeof endpoint, "%.*s", (int)invitation->endpoint.size,
             (const char *)invitation->endpoint.data);
    struct dg_net_options options = {
        .key = dg_curve_key_of(&invitation->secret),
        .secret = invitation->secret,
        .parent = endpoint,
        .parent_key = invitation->server_key,
    };
    enum dg_err err = dg_net_open(&options, &a.net, fault);
    dg_wipe(&options.secret, sizeof options.secret);
    if (err != DG_OK)
        return err;
    err = converse(&a, now + (int64_t)seconds * 1000);
    dg_net_close(a.net);
    return err;
}
