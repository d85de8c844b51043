/* passage.c - how it stands with a recipient who waits for a via organ. */
#include "node/cli/passage.h"

#include "node/cli/say.h"
#include "proto/pass.h"

const char *dg_passage_name(uint32_t decision)
{
    const char *name = dg_decision_name(decision);

    return name != NULL ? name : "waits";
}

const char *dg_passage_shown(const struct dg_cli *cli, uint32_t decision)
{
    switch (decision) {
    case DG_DECISION_PASSED:
        return dg_msg(cli, DG_MSG_PASSED_ON);
    case DG_DECISION_RETURNED:
        return dg_msg(cli, DG_MSG_SENT_BACK);
    case DG_DECISION_CONSOLIDATED:
        return dg_msg(cli, DG_MSG_WAS_CONSOLIDATED);
    default:
        return dg_msg(cli, DG_MSG_WAITS_TO_PASS);
    }
}

uint64_t dg_passage_seconds(const struct dg_passage *passage)
{
    dg_ms until = passage->decision != 0 ? passage->at_ms : dg_cli_now();

    return until > passage->since_ms ? (uint64_t)(until - passage->since_ms) / 1000 : 0;
}

const char *dg_duration_text(struct dg_arena *arena, uint64_t seconds)
{
    unsigned long long days = seconds / 86400;
    unsigned hours = (unsigned)(seconds / 3600 % 24), minutes = (unsigned)(seconds / 60 % 60);
    unsigned rest = (unsigned)(seconds % 60);

    if (days > 0)
        return dg_arena_printf(arena, "%llud %02u:%02u:%02u", days, hours, minutes, rest);
    return dg_arena_printf(arena, "%02u:%02u:%02u", hours, minutes, rest);
}

const char *dg_passage_text(struct dg_cli *cli, struct dg_arena *arena, const struct dg_passage *passage,
                            struct dg_bytes through)
{
    char since[DG_LOCAL_TEXT];

    dg_local_text(passage->since_ms, since);
    if (passage->decision == 0)
        return dg_phrase(cli, DG_MSG_WAITS_AT, DG_WORDS(dg_shown(arena, through), since));
    return dg_phrase(cli, DG_MSG_DECIDED_AFTER,
                     DG_WORDS(dg_passage_shown(cli, passage->decision),
                              dg_duration_text(arena, dg_passage_seconds(passage))));
}

void dg_json_passage(struct dg_json *json, const struct dg_passage *passage)
{
    struct dg_json *item = dg_json_object(json, "passage");

    dg_json_text(item, "state", dg_passage_name(passage->decision));
    dg_json_instant(item, "since", passage->since_ms);
    if (passage->decision != 0)
        dg_json_instant(item, "decided", passage->at_ms);
    else
        dg_json_null(item, "decided");
    dg_json_number(item, "waited_seconds", dg_passage_seconds(passage));
    if (passage->decision == DG_DECISION_CONSOLIDATED)
        dg_json_hex(item, "into", passage->into.b, sizeof passage->into.b);
    else
        dg_json_null(item, "into");
    dg_json_maybe(item, "note", passage->note);
}
