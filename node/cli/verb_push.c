/* verb_push.c - signs and sends a report; optionally waits until it has arrived. */
#include <time.h>

#include "common/limits.h"
#include "common/line.h"
#include "node/cli/ask.h"
#include "node/cli/attach.h"
#include "node/cli/draft.h"
#include "node/cli/signers.h"
#include "node/cli/progress.h"
#include "node/cli/say.h"
#include "node/cli/view.h"

enum { POLL_MS = 200, WAIT_SECONDS_MAX = 86400 };

/* ---- waiting ------------------------------------------------------------------------------------ */

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What the sentence of a code is about, as far as this side can tell. */
static const char *rejected_what(struct dg_cli *cli, enum dg_err err, const struct dg_report *report,
                                 const char *unit)
{
    switch ((int)err) {
    case DG_ERR_EXPIRED:
    case DG_ERR_NOT_YET_VALID:
        return dg_author_text(&cli->arena, report);
    case DG_ERR_BAD_DATE:
        return dg_shown(&cli->arena, report->date);
    case DG_ERR_BAD_PERIOD:
    case DG_ERR_NO_RULE:
        return dg_arena_printf(&cli->arena, "%s %s", dg_shown(&cli->arena, report->kind),
                               dg_shown(&cli->arena, report->period));
    default:
        return dg_phrase(cli, DG_MSG_LOG_SAYS, DG_WORDS(unit));
    }
}

/* A leaf names no more than the code; rule and article stand in the log of the node that rejected. */
static enum dg_err rejection(struct dg_cli *cli, const struct dg_view *view, const struct dg_report *report,
                             const struct dg_progress *progress)
{
    enum dg_err err = dg_err_by_name((const char *)progress->code.data, progress->code.size);
    const char *unit = dg_shown(&cli->arena, progress->rejected_by);
    const char *rule = dg_phrase(cli, DG_MSG_RULE_THERE, DG_WORDS(unit));

    cli->where = dg_phrase(cli, DG_MSG_REJECTED_BY, DG_WORDS(unit));
    (void)dg_faultf(&cli->fault, err, "%s", rejected_what(cli, err, report, unit));
    dg_fault_unit(&cli->fault, err == DG_ERR_NO_RECIPIENT ? unit : view->identity.unit);
    dg_fault_organ(&cli->fault, err == DG_ERR_NO_RULE ? dg_author_text(&cli->arena, report)
                                                      : dg_msg(cli, DG_MSG_SOMEBODY));
    dg_fault_rule(&cli->fault, rule, "");
    return err;
}

/* A joint report is not sent until everybody has signed. */
static enum dg_err look_at_draft(struct dg_cli *cli, struct dg_view *view, const struct dg_id *id)
{
    struct dg_joint joint;

    if (!dg_joint_get(view->txn, id, &joint))
        return dg_fault(&cli->fault, DG_ERR_NOT_FOUND);
    if (joint.state == DG_JOINT_WITHDRAWN)
        return dg_faultf(&cli->fault, DG_ERR_BAD_STATE, "withdrawn");
    return dg_faultf(&cli->fault, DG_ERR_PENDING, "%s", dg_joint_missing(&cli->arena, &joint));
}

/* Looks once. DG_OK when nothing is owed any more, DG_ERR_PENDING when something is. */
static enum dg_err look(struct dg_cli *cli, struct dg_view *view, const struct dg_id *id)
{
    struct dg_held held;
    struct dg_progress progress;

    enum dg_err err = dg_held_get(view->txn, id, &held);
    if (err == DG_ERR_NOT_FOUND)
        return look_at_draft(cli, view, id);
    if (err != DG_OK)
        return dg_fault(&cli->fault, err);
    dg_progress_of(view, &held, &progress);
    if (progress.rejected)
        return rejection(cli, view, &held.report, &progress);
    if (progress.received == progress.owed)
        return DG_OK;
    return dg_faultf(&cli->fault, DG_ERR_PENDING, "%s", progress.waiting);
}

static enum dg_err wait_for(struct dg_cli *cli, const struct dg_id *id, uint64_t seconds)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    int64_t until = monotonic_ms() + (int64_t)seconds * 1000;
    struct dg_view view;

    enum dg_err err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    err = look(cli, &view, id);
    while (err == DG_ERR_PENDING && monotonic_ms() < until) {
        nanosleep(&pause, NULL);
        err = dg_view_renew(cli, &view);
        if (err == DG_OK)
            err = look(cli, &view, id);
    }
    return dg_view_close(cli, &view, err);
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static enum dg_err wait_option(struct dg_cli *cli, uint64_t *ret_seconds)
{
    const char *text = dg_cli_value(cli, DG_OPT_WAIT);

    if (text == NULL)
        return DG_OK;
    if (!dg_decimal_parse(dg_bytes_of(text), ret_seconds) || *ret_seconds > WAIT_SECONDS_MAX)
        return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--wait %s", text);
    return DG_OK;
}

/* Who signs: the lead and the others, by the slugs that the node knows. */
static enum dg_err signers_read(struct dg_cli *cli, const char *from, const struct dg_report *draft,
                                struct dg_view *view, struct dg_ctl_request *request)
{
    struct dg_directory directory;
    const struct dg_dir_unit *self = NULL;

    enum dg_err err = dg_view_directory(cli, view, &directory);
    if (err == DG_OK)
        err = dg_view_self(cli, view, &directory, &self);
    if (err == DG_OK)
        err = dg_view_organ(cli, view, self, from, DG_ERR_NO_ORGAN, &request->organ);
    if (err == DG_OK)
        err = dg_draft_signers(cli, view, self, draft, &request->with_count, &request->with);
    return err; /* the slugs borrow the words of the call, not the view */
}

static enum dg_err signers(struct dg_cli *cli, const char *from, const struct dg_report *draft,
                           struct dg_ctl_request *request)
{
    struct dg_view view;

    enum dg_err err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &view, signers_read(cli, from, draft, &view, request));
}

/* Encodes the draft into cli->arena. */
static enum dg_err draft_encode(struct dg_cli *cli, const struct dg_report *written, struct dg_bytes *ret)
{
    struct dg_report draft = *written;
    struct dg_buf buf;

    draft.author_count = 0; /* they go beside it */

    dg_buf_init(&buf, DG_REPORT_MAX);
    enum dg_err err = dg_draft_encode(&draft, &buf);
    if (err == DG_OK)
        *ret = dg_arena_copy(&cli->arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return err == DG_OK ? DG_OK : dg_faultf(&cli->fault, err, "%s", dg_msg(cli, DG_MSG_REPORT));
}

static void print_id(struct dg_cli *cli, const struct dg_id *id)
{
    char hex[DG_HEX_BYTES];

    dg_hex(id->b, sizeof id->b, hex);
    fprintf(cli->out, "%s\n", hex);
    fflush(cli->out); /* before a wait: a script may want it at once */
}

/* Standard output is the id and nothing else. */
static void print_met(struct dg_cli *cli, const struct dg_ctl_reply *reply)
{
    for (size_t i = 0; i < reply->met_count; i++) {
        const struct dg_ctl_met *met = &reply->met[i];
        char due[DG_DAY_TEXT];
        dg_day_text(met->due, due);
        dg_say(cli, cli->err, met->late ? DG_MSG_MEETS_LATE : DG_MSG_MEETS,
               DG_WORDS(dg_shown(&cli->arena, met->rule), dg_shown(&cli->arena, met->period),
                        dg_shown(&cli->arena, met->owner), due));
    }
}

enum dg_err dg_verb_PUSH(struct dg_cli *cli)
{
    struct dg_ctl_request request = {.verb = DG_CTL_PUSH, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_ctl_reply reply;
    struct dg_report draft;
    const char *from, *file = cli->args.word[0];
    uint64_t seconds = 0;

    enum dg_err err = dg_cli_need(cli, DG_OPT_FROM, &from);
    if (err == DG_OK)
        err = wait_option(cli, &seconds);
    if (err == DG_OK)
        err = dg_draft_load(cli, file, &draft);
    if (err == DG_OK)
        err = signers(cli, from, &draft, &request);
    if (err == DG_OK)
        err = dg_attach_files(cli, request.dry_run, &draft);
    if (err == DG_OK)
        err = draft_encode(cli, &draft, &request.draft);
    if (err == DG_OK)
        err = dg_ask(cli, &request, &reply);
    if (err != DG_OK)
        return err;
    draft.signed_ms = dg_cli_now();
    dg_draft_notice_warn(cli, &draft);
    if (request.dry_run) {
        dg_say(cli, cli->err, DG_MSG_WOULD_PUSH, DG_WORDS(file));
        return DG_OK;
    }
    print_met(cli, &reply);
    print_id(cli, &reply.id);
    if (reply.text.size > 0)
        dg_say(cli, cli->err, DG_MSG_SIGN_WAITS, DG_WORDS(dg_shown(&cli->arena, reply.text)));
    return dg_cli_has(cli, DG_OPT_WAIT) ? wait_for(cli, &reply.id, seconds) : DG_OK;
}
