/* verb_mark.c - sets the state of a received report. */
#include "node/cli/ask.h"
#include "node/cli/say.h"
#include "node/cli/view.h"
#include "proto/state_table.h"

/* Every state that a recipient may set. */
static const char *states(struct dg_cli *cli)
{
    const char *text = "";

    for (uint32_t code = 1; code <= UINT8_MAX; code++) {
        bool settable = dg_state_name(code) != NULL && !dg_state_by_author(code) && code != DG_STATE_ARRIVED;
        if (settable)
            text = dg_arena_printf(&cli->arena, "%s%s%s", text, text[0] == '\0' ? "" : ", ",
                                   dg_state_shown(cli, code));
    }
    return text;
}

/* A Vietnamese state has several words, and nobody likes to quote them. */
static enum dg_err state_read(struct dg_cli *cli, uint32_t *ret)
{
    const char *text = cli->args.word[1];

    for (size_t i = 2; i < cli->args.word_count; i++)
        text = dg_arena_printf(&cli->arena, "%s %s", text, cli->args.word[i]);
    if (!dg_state_parse(dg_bytes_of(text), ret))
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "%s",
                         dg_phrase(cli, DG_MSG_NO_SUCH_STATE, DG_WORDS(text, states(cli))));
    return DG_OK;
}

enum dg_err dg_verb_MARK(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_MARK, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_ctl_reply reply;
    const char *as;

    request.report = dg_bytes_of(cli->args.word[0]);
    enum dg_err err = dg_cli_need(cli, DG_OPT_AS, &as);
    if (err == DG_OK)
        err = state_read(cli, &request.code);
    if (err == DG_OK)
        err = dg_note_read(cli, &request.note);
    if (err == DG_OK)
        err = dg_organ_here(cli, as, &request.organ);
    if (err != DG_OK)
        return err;
    cli->where = cli->args.word[0];
    err = dg_ask(cli, &request, &reply);
    if (err != DG_OK)
        return err;
    if (request.dry_run)
        dg_say(cli, cli->err, DG_MSG_WOULD_MARK, DG_WORDS(cli->where, dg_state_shown(cli, request.code)));
    return DG_OK;
}
