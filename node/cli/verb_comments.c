/* verb_comments.c - who has commented on a draft and who has not; or all comments as one document. */
#include "node/cli/comments.h"
#include "node/cli/grid.h"
#include "node/cli/output.h"
#include "node/cli/say.h"

struct showing {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_held held;
    struct dg_comments comments;
};

/* When the organ answered; what it said later replaces the text, not the day. 0: it has not. */
static dg_ms first_ms(const struct dg_asked *asked)
{
    return asked->said_count > 0 ? asked->said[asked->said_count - 1].at_ms : 0;
}

/* ---- for machines ------------------------------------------------------------------------------- */

static void json_said(struct showing *s, struct dg_json *list, const struct dg_said *said)
{
    struct dg_json *item = dg_json_item(list);

    dg_json_instant(item, "time", said->at_ms);
    dg_json_instant(item, "signed", said->comment.signed_ms);
    struct dg_json *log = dg_json_object(item, "log");
    dg_json_bytes(log, "origin", said->origin);
    dg_json_number(log, "index", said->index);
    if (dg_cli_has(s->cli, DG_OPT_BODY))
        dg_json_bytes(item, "text", said->comment.text);
}

static void print_json(struct showing *s, const struct dg_asked *asked)
{
    struct dg_json *json = dg_json_new();

    dg_json_hex(json, "id", s->held.id.b, sizeof s->held.id.b);
    dg_json_text(json, "organ", dg_address_text(s->view.txn->arena, asked->organ, asked->unit));
    dg_json_text(json, "as", dg_as_name(asked->as));
    dg_json_text(json, "state", dg_answered_name(asked->state));
    if (asked->said_count > 0)
        dg_json_instant(json, "received", first_ms(asked));
    else
        dg_json_null(json, "received");
    dg_json_maybe(json, "reply_by", s->held.report.reply_by);
    dg_json_bool(json, "collected_here", s->comments.collected);
    dg_json_number(json, "late_seconds", (uint64_t)(asked->late_ms / 1000));
    struct dg_json *list = dg_json_array(json, "comments"); /* the newest first; it replaces the others */
    for (size_t i = 0; i < asked->said_count; i++)
        json_said(s, list, &asked->said[i]);
    dg_json_print(json, s->cli->out);
}

/* ---- for people --------------------------------------------------------------------------------- */

static const char *number_text(struct showing *s, int64_t number)
{
    return dg_arena_printf(s->view.txn->arena, "%lld", (long long)number);
}

static const char *duration_shown(struct showing *s, dg_ms ms)
{
    dg_ms minutes = ms / 60000;

    if (minutes >= 2880)
        return dg_phrase(s->cli, DG_MSG_DAYS, DG_WORDS(number_text(s, minutes / 1440)));
    if (minutes >= 120)
        return dg_phrase(s->cli, DG_MSG_HOURS, DG_WORDS(number_text(s, minutes / 60)));
    return dg_phrase(s->cli, DG_MSG_MINUTES, DG_WORDS(number_text(s, minutes)));
}

static const char *state_shown(struct showing *s, const struct dg_asked *asked)
{
    switch (asked->state) {
    case DG_ANSWER_WAITING:
        return dg_msg(s->cli, DG_MSG_COMMENT_WAITING);
    case DG_ANSWER_MISSING:
        return dg_paint(s->cli, DG_PAINT_BAD, dg_msg(s->cli, DG_MSG_COMMENT_MISSING));
    case DG_ANSWER_LATE:
        return dg_paint(s->cli, DG_PAINT_WARN,
                        dg_phrase(s->cli, DG_MSG_COMMENT_LATE, DG_WORDS(duration_shown(s, asked->late_ms))));
    case DG_ANSWER_UNKNOWN:
        return dg_msg(s->cli, DG_MSG_NOT_YET);
    case DG_ANSWER_RECEIVED:
        break;
    }
    return dg_paint(s->cli, DG_PAINT_GOOD, dg_msg(s->cli, DG_MSG_COMMENT_RECEIVED));
}

/* The beginning of what was said, as far as its first line goes. */
static const char *beginning(struct showing *s, const struct dg_asked *asked)
{
    struct dg_bytes text = asked->said_count > 0 ? asked->said[0].comment.text : dg_bytes_at(NULL, 0);
    size_t end = 0;

    while (end < text.size && end < 60 && text.data[end] != '\n')
        end++;
    while (end > 0 && end < text.size && (text.data[end] & 0xc0) == 0x80)
        end--;
    const char *shown = dg_shown(s->view.txn->arena, dg_bytes_at(text.data, end));
    if (asked->said_count < 2)
        return shown;
    const char *replaced =
        dg_phrase(s->cli, DG_MSG_COMMENT_REPLACED, DG_WORDS(number_text(s, (int64_t)asked->said_count - 1)));
    return dg_arena_printf(s->view.txn->arena, "%s (%s)", shown, replaced);
}

/* The organs that collect: the author, and the draft's addressees. */
static const char *collectors(struct showing *s)
{
    const struct dg_report *report = &s->held.report;
    struct dg_arena *arena = s->view.txn->arena;
    const char *text = dg_author_text(arena, report);

    for (size_t i = 0; i < report->recipient_count; i++) {
        if (report->recipient[i].as == DG_AS_TO)
            text = dg_arena_printf(
                arena, "%s, %s", text,
                dg_address_text(arena, report->recipient[i].organ, report->recipient[i].unit));
    }
    return text;
}

static enum dg_err print_text(struct showing *s)
{
    static const enum dg_msg heading[] = {DG_MSG_H_ORGAN, DG_MSG_H_AS, DG_MSG_H_STATE, DG_MSG_H_TIME,
                                          DG_MSG_H_COMMENT};
    const struct dg_comments *all = &s->comments;
    struct dg_grid *grid = dg_grid_new(s->cli, heading, sizeof heading / sizeof heading[0]);

    for (size_t i = 0; i < all->asked_count; i++) {
        const struct dg_asked *asked = &all->asked[i];
        char time[DG_LOCAL_TEXT];
        dg_local_text(first_ms(asked), time);
        dg_grid_row(grid, (const char *const[]){
                              dg_address_text(s->view.txn->arena, asked->organ, asked->unit),
                              dg_as_shown(s->cli, asked->as),
                              state_shown(s, asked),
                              time,
                              beginning(s, asked),
                          });
    }
    enum dg_err err = dg_grid_print(grid);
    if (!all->collected) {
        dg_say(s->cli, s->cli->out, DG_MSG_COMMENTS_ELSEWHERE, DG_WORDS(collectors(s)));
        return err;
    }
    dg_say(s->cli, s->cli->out, DG_MSG_COMMENTS_COUNT,
           DG_WORDS(number_text(s, (int64_t)all->received_count), number_text(s, (int64_t)all->asked_count),
                    number_text(s, (int64_t)all->late_count), number_text(s, (int64_t)all->missing_count)));
    return err;
}

/* ---- as one document ---------------------------------------------------------------------------- */

static void write_one(struct showing *s, const struct dg_asked *asked, struct dg_buf *out)
{
    char time[DG_LOCAL_TEXT];

    dg_local_text(first_ms(asked), time);
    dg_buf_printf(out, "\n## %s (%s%s%s)\n\n", dg_address_text(s->view.txn->arena, asked->organ, asked->unit),
                  state_shown(s, asked), asked->said_count > 0 ? ", " : "",
                  asked->said_count > 0 ? time : "");
    if (asked->said_count == 0)
        return;
    dg_buf_add_bytes(out, asked->said[0].comment.text);
    dg_buf_add_text(out, "\n");
}

/* Every organ has a place in it, also those that did not answer: the set is what returns to the author. */
static void write_set(struct showing *s, struct dg_buf *out)
{
    const struct dg_report *report = &s->held.report;
    char id[DG_HEX_BYTES];

    dg_hex(s->held.id.b, sizeof s->held.id.b, id);
    dg_buf_printf(
        out, "# %s\n\n",
        dg_phrase(s->cli, DG_MSG_COMMENTS_OF, DG_WORDS(dg_shown(s->view.txn->arena, report->title))));
    dg_buf_printf(out, "%s\n", id);
    if (report->reply_by.size > 0)
        dg_buf_printf(out, "%s: %s\n", dg_msg(s->cli, DG_MSG_REPLY_BY),
                      dg_shown(s->view.txn->arena, report->reply_by));
    for (size_t i = 0; i < s->comments.asked_count; i++)
        write_one(s, &s->comments.asked[i], out);
}

static enum dg_err give_set(struct showing *s)
{
    const char *path = dg_cli_value(s->cli, DG_OPT_OUTPUT);
    struct dg_buf out;

    s->cli->colour = s->cli->colour && path == NULL;
    dg_buf_init(&out, (DG_RECIPIENTS_MAX + 1) * (size_t)DG_COMMENT_MAX);
    write_set(s, &out);
    enum dg_err err = out.err;
    if (err != DG_OK)
        (void)dg_fault(&s->cli->fault, err);
    else if (path != NULL)
        err = dg_file_write(s->cli, path, dg_buf_bytes(&out));
    else
        fwrite(out.data, 1, out.size, s->cli->out);
    dg_buf_done(&out);
    return err;
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static enum dg_err comments(struct showing *s)
{
    enum dg_err err = dg_view_report(s->cli, &s->view, s->cli->args.word[0], &s->held);
    if (err == DG_OK)
        err = dg_comments_of(s->cli, &s->view, &s->held, dg_cli_now(), &s->comments);
    if (err != DG_OK)
        return err;
    if (dg_cli_has(s->cli, DG_OPT_JSON)) {
        for (size_t i = 0; i < s->comments.asked_count; i++)
            print_json(s, &s->comments.asked[i]);
        return DG_OK;
    }
    if (dg_cli_has(s->cli, DG_OPT_BODY) || dg_cli_has(s->cli, DG_OPT_OUTPUT))
        return give_set(s);
    return print_text(s);
}

enum dg_err dg_verb_COMMENTS(struct dg_cli *cli)
{
    struct showing s = {.cli = cli};

    enum dg_err err = dg_view_open(cli, &s.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &s.view, comments(&s));
}
