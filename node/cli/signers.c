/* signers.c - how a joint draft is shown. */
#include "node/cli/signers.h"

#include "common/limits.h"
#include "node/cli/say.h"
#include "proto/joint.h"

const char *dg_joint_state_name(const struct dg_joint *joint, dg_ms now)
{
    if (joint->state == DG_JOINT_WITHDRAWN)
        return "withdrawn";
    return dg_joint_is_old(joint, now) ? "expired" : "waiting";
}

const char *dg_joint_missing(struct dg_arena *arena, const struct dg_joint *joint)
{
    const char *text = "";

    for (size_t i = 0; i < joint->report.author_count; i++) {
        if (!dg_joint_has_signed(joint, i))
            text = dg_arena_printf(arena, "%s%s%s", text, text[0] != '\0' ? ", " : "",
                                   dg_shown(arena, joint->report.author[i].organ));
    }
    return text;
}

/* The organ that took it back; "?" when our own record of it does not decode. */
static const char *withdrawn_by(struct dg_arena *arena, const struct dg_joint *joint, struct dg_void *ret)
{
    *ret = (struct dg_void){.signed_ms = 0};
    if (dg_void_decode(arena, joint->voided.body, ret, NULL) != DG_OK)
        return "?";
    return dg_address_text(arena, ret->organ, ret->unit);
}

const char *dg_joint_state_shown(struct dg_cli *cli, const struct dg_joint *joint, dg_ms now)
{
    struct dg_void voided;

    if (joint->state == DG_JOINT_WITHDRAWN)
        return dg_phrase(cli, DG_MSG_DRAFT_WITHDRAWN, DG_WORDS(withdrawn_by(&cli->arena, joint, &voided)));
    if (dg_joint_is_old(joint, now))
        return dg_msg(cli, DG_MSG_DRAFT_EXPIRED);
    return dg_phrase(cli, DG_MSG_DRAFT_WAITING, DG_WORDS(dg_joint_missing(&cli->arena, joint)));
}

static void json_signers(struct dg_json *json, struct dg_arena *arena, const struct dg_joint *joint)
{
    struct dg_json *list = dg_json_array(json, "signers");

    for (size_t i = 0; i < joint->report.author_count; i++) {
        const struct dg_author *author = &joint->report.author[i];
        struct dg_json *item = dg_json_item(list);
        dg_json_text(item, "organ", dg_address_text(arena, author->organ, author->unit));
        dg_json_bool(item, "signed", dg_joint_has_signed(joint, i));
    }
}

static void json_void(struct dg_json *json, const struct dg_view *view, const struct dg_joint *joint)
{
    struct dg_arena *arena = view->txn->arena;
    struct dg_void voided;

    if (joint->state != DG_JOINT_WITHDRAWN) {
        dg_json_null(json, "void");
        return;
    }
    struct dg_json *item = dg_json_object(json, "void");
    dg_json_text(item, "organ", withdrawn_by(arena, joint, &voided));
    dg_json_instant(item, "signed", voided.signed_ms);
    struct dg_json *log = dg_json_object(item, "log");
    dg_json_text(log, "origin", view->identity.origin);
    dg_json_number(log, "index", joint->void_index);
}

void dg_json_joint(struct dg_json *json, const struct dg_view *view, const struct dg_joint *joint, dg_ms now)
{
    dg_json_text(json, "state", dg_joint_state_name(joint, now));
    json_signers(json, view->txn->arena, joint);
    dg_json_instant(json, "expires", joint->report.signed_ms + (dg_ms)DG_JOINT_DRAFT_DAYS * 86400000);
    struct dg_json *numbers = dg_json_array(json, "to_seq");
    for (size_t i = 0; i < joint->report.to_seq_count; i++) {
        struct dg_json *item = dg_json_item(numbers);
        dg_json_bytes(item, "unit", joint->report.to_seq[i].unit);
        dg_json_number(item, "seq", joint->report.to_seq[i].seq);
    }
    json_void(json, view, joint);
}
