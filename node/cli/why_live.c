/* why_live.c - what the daemon says is on its way, and what a row of the outbox waits for in words. */
#include "node/cli/why_live.h"

#include "node/cli/ask.h"
#include "node/cli/passage.h"
#include "node/cli/say.h"

enum dg_err dg_why_ask(struct dg_cli *cli, const char *id, struct dg_why_live *ret)
{
    struct dg_ctl_request request = {.verb = DG_CTL_WHY};
    struct dg_ctl_reply *reply = dg_arena_alloc(&cli->arena, sizeof *reply);

    if (reply == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    if (id != NULL)
        request.report = dg_bytes_of(id);
    enum dg_err err = dg_ask(cli, &request, reply);
    *ret = (struct dg_why_live){.running = err != DG_ERR_NOT_RUNNING, .reply = reply};
    /* An id that the daemon does not find may be a draft's: the store is looked at next. */
    if (err == DG_ERR_NOT_RUNNING || err == DG_ERR_NOT_FOUND || err == DG_ERR_AMBIGUOUS ||
        err == DG_ERR_BAD_VALUE)
        err = DG_OK;
    if (err == DG_OK)
        (void)dg_fault(&cli->fault, DG_OK);
    return err;
}

/* ---- words -------------------------------------------------------------------------------------- */

/* The sentences of a cause: what is the matter, and what to do about it. */
static const struct {
    enum dg_msg what, remedy;
} sentence[DG_WHY_CAUSE_COUNT] = {
    [DG_WHY_SIGNATURE] = {DG_MSG_WHY_SIGNATURE, DG_MSG_WHY_SIGNATURE_DO},
    [DG_WHY_HELD] = {DG_MSG_WHY_HELD, DG_MSG_WHY_HELD_DO},
    [DG_WHY_REFUSED] = {DG_MSG_WHY_REFUSED, DG_MSG_WHY_REFUSED_DO},
    [DG_WHY_NODE_STOPPED] = {DG_MSG_WHY_NODE_STOPPED, DG_MSG_WHY_NODE_STOPPED_DO},
    [DG_WHY_LINE_DOWN] = {DG_MSG_WHY_LINE_DOWN, DG_MSG_WHY_LINE_DOWN_DO},
    [DG_WHY_LINE_REFUSED] = {DG_MSG_WHY_LINE_REFUSED, DG_MSG_WHY_REFUSED_DO},
    [DG_WHY_RECEIVER_FULL] = {DG_MSG_WHY_RECEIVER_FULL, DG_MSG_WHY_RECEIVER_FULL_DO},
    [DG_WHY_CERTIFICATE] = {DG_MSG_WHY_CERTIFICATE, DG_MSG_WHY_BY_ITSELF},
    [DG_WHY_LATER] = {DG_MSG_WHY_LATER, DG_MSG_WHY_BY_ITSELF},
    [DG_WHY_ON_THE_WAY] = {DG_MSG_WHY_ON_THE_WAY, DG_MSG_WHY_BY_ITSELF},
    [DG_WHY_TURN] = {DG_MSG_WHY_TURN, DG_MSG_WHY_BY_ITSELF},
    [DG_WHY_BEYOND] = {DG_MSG_WHY_BEYOND, DG_MSG_WHY_BEYOND_DO},
    [DG_WHY_VIA] = {DG_MSG_WHY_VIA, DG_MSG_WHY_VIA_DO},
};

/* What a code means and what to do about it, as errors.def has it. */
static void code_words(struct dg_cli *cli, const struct dg_why_wait *wait, const char **ret_text,
                       const char **ret_remedy)
{
    struct dg_fault fault;
    char text[512], remedy[512];

    enum dg_err code = dg_err_by_name((const char *)wait->code.data, wait->code.size);
    (void)dg_fault(&fault, wait->code.size > 0 ? code : DG_ERR_FAILED);
    dg_fault_unit(&fault, dg_shown(&cli->arena, wait->toward));
    dg_fault_text(&fault, cli->language, text, sizeof text);
    dg_fault_remedy(&fault, cli->language, remedy, sizeof remedy);
    *ret_text = dg_arena_printf(&cli->arena, "%s (%s)", text, dg_shown(&cli->arena, wait->code));
    *ret_remedy = dg_arena_string(&cli->arena, dg_bytes_of(remedy));
}

const char *dg_why_said(struct dg_cli *cli, const struct dg_why_wait *wait)
{
    const char *text, *remedy;

    code_words(cli, wait, &text, &remedy);
    bool next = wait->cause == DG_WHY_TURN && wait->ahead == 0;
    const char *what =
        dg_phrase(cli, next ? DG_MSG_WHY_TURN_NEXT : sentence[wait->cause].what,
                  DG_WORDS(dg_shown(&cli->arena, wait->toward), dg_shown(&cli->arena, wait->at), text,
                           dg_arena_printf(&cli->arena, "%llu", (unsigned long long)wait->ahead)));
    return wait->record ? dg_phrase(cli, DG_MSG_WHY_RECORD, DG_WORDS(what)) : what;
}

const char *dg_why_remedy(struct dg_cli *cli, const struct dg_why_wait *wait, const char *hex)
{
    const char *text, *remedy;

    code_words(cli, wait, &text, &remedy);
    return dg_phrase(
        cli, sentence[wait->cause].remedy,
        DG_WORDS(dg_shown(&cli->arena, wait->toward), dg_shown(&cli->arena, wait->at), remedy, hex));
}

/* ---- for machines ------------------------------------------------------------------------------- */

void dg_json_wait(struct dg_cli *cli, struct dg_json *json, const struct dg_why_wait *wait, const char *hex)
{
    dg_ms now = dg_cli_now();

    dg_json_text(json, "cause", dg_why_name(wait->cause));
    dg_json_bytes(json, "at", wait->at);
    dg_json_bytes(json, "toward", wait->toward);
    dg_json_instant(json, "since", wait->since_ms);
    dg_json_number(json, "seconds", now > wait->since_ms ? (uint64_t)(now - wait->since_ms) / 1000 : 0);
    dg_json_maybe(json, "code", wait->code);
    dg_json_bool(json, "record", wait->record);
    dg_json_number(json, "ahead", wait->ahead);
    dg_json_number(json, "attempts", wait->tries);
    if (wait->next_ms != 0)
        dg_json_instant(json, "next", wait->next_ms);
    else
        dg_json_null(json, "next");
    dg_json_text(json, "what", dg_why_said(cli, wait));
    dg_json_text(json, "do", dg_why_remedy(cli, wait, hex));
}
