/* verb_status.c - how the node is: OK, DEGRADED or DOWN, and why.
 *
 * A node that does not answer is DOWN: that is said too, from its store, and the exit status is 6.
 */
#include "node/cli/ask.h"
#include "node/cli/director.h"
#include "node/cli/json.h"
#include "node/cli/links.h"
#include "node/cli/say.h"
#include "node/cli/words.h"
#include "node/cli/grid.h"
#include "node/core/issued.h"

struct status {
    struct dg_cli *cli;
    struct dg_view view;
    const struct dg_dir_unit *self;
    struct dg_bytes state;
    size_t reason_count;
    struct dg_bytes *reason;
    struct dg_link_lines links;
    uint64_t log_size;
    struct dg_hash log_root;
    bool has_beacon; /* the newest checkpoint of the parent's log */
    struct dg_bytes beacon_origin;
    uint64_t beacon_size;
    dg_ms now;
};

static uint64_t oldest_seconds(const struct status *s, const struct dg_link_line *line)
{
    return line->oldest_ms == 0 || line->oldest_ms > s->now ? 0 : (uint64_t)(s->now - line->oldest_ms) / 1000;
}

/* ---- things to look at --------------------------------------------------------------------------- */

enum { ATTENTION_SHOWN = 32 }; /* of the newest ones, those that wait; `attention` shows all */

struct attention {
    struct status *status;
    struct dg_json *list; /* NULL for text */
    uint64_t newest;      /* number of the last one */
};

static bool attention_last(void *ctx, const struct dg_attention *item)
{
    ((struct attention *)ctx)->newest = item->number;
    return true;
}

static bool attention_show(void *ctx, const struct dg_attention *item)
{
    const struct attention *attention = ctx;
    struct status *s = attention->status;
    struct dg_arena *arena = s->view.txn->arena;
    char at[DG_LOCAL_TEXT];

    if (item->number + ATTENTION_SHOWN <= attention->newest || item->acked_ms != 0)
        return true;
    if (attention->list == NULL) {
        dg_local_text(item->at_ms, at);
        fprintf(s->cli->out, "  ! %s  %s  %s  %s\n", at, dg_code_shown(s->cli, arena, item->code),
                dg_shown(arena, item->about), dg_shown(arena, item->detail));
        return true;
    }
    struct dg_json *json = dg_json_item(attention->list);
    dg_json_number(json, "number", item->number);
    dg_json_instant(json, "time", item->at_ms);
    dg_json_bytes(json, "code", item->code);
    dg_json_bytes(json, "about", item->about);
    dg_json_bytes(json, "detail", item->detail);
    return true;
}

static void show_attention(struct status *s, struct dg_json *list)
{
    struct attention attention = {.status = s, .list = list};

    dg_attention_each(s->view.txn, attention_last, &attention);
    dg_attention_each(s->view.txn, attention_show, &attention);
}

/* ---- for machines ------------------------------------------------------------------------------- */

static void json_links(struct status *s, struct dg_json *json)
{
    struct dg_json *links = dg_json_array(json, "links");

    for (size_t i = 0; i < s->links.count; i++) {
        const struct dg_link_line *line = &s->links.item[i];
        struct dg_json *item = dg_json_item(links);
        dg_json_bytes(item, "unit", line->unit);
        dg_json_text(item, "direction", line->up ? "up" : "down");
        dg_json_bool(item, "connected", line->connected);
        dg_json_number(item, "queued", line->queued);
        dg_json_number(item, "oldest_seconds", oldest_seconds(s, line));
    }
}

static void print_json(struct status *s)
{
    struct dg_json *json = dg_json_new();

    dg_json_text(json, "unit", s->view.identity.unit);
    dg_json_bytes(json, "level", s->self->level);
    dg_json_bytes(json, "state", s->state);
    struct dg_json *reasons = dg_json_array(json, "reasons");
    for (size_t i = 0; i < s->reason_count; i++)
        dg_json_item_text(reasons, s->reason[i]);
    const struct dg_dir_organ *director = dg_duty_issuer(s->self, dg_day_of(s->now));
    if (director != NULL)
        dg_json_bytes(json, "director", director->slug);
    else
        dg_json_null(json, "director");
    struct dg_json *log = dg_json_object(json, "log");
    dg_json_text(log, "origin", s->view.identity.origin);
    dg_json_number(log, "size", s->log_size);
    dg_json_hex(log, "root", s->log_root.b, sizeof s->log_root.b);
    dg_json_null(log, "anchored"); /* until parents cosign, no checkpoint is */
    if (s->has_beacon) {
        struct dg_json *beacon = dg_json_object(log, "beacon");
        dg_json_bytes(beacon, "origin", s->beacon_origin);
        dg_json_number(beacon, "size", s->beacon_size);
    } else {
        dg_json_null(log, "beacon");
    }
    json_links(s, json);
    show_attention(s, dg_json_array(json, "attention"));
    dg_json_print(json, s->cli->out);
}

/* ---- for people --------------------------------------------------------------------------------- */

static enum dg_err text_links(struct status *s)
{
    static const enum dg_msg heading[] = {DG_MSG_H_LINK, DG_MSG_H_DIRECTION, DG_MSG_H_STATE, DG_MSG_H_QUEUED,
                                          DG_MSG_H_OLDEST};
    struct dg_cli *cli = s->cli;
    struct dg_grid *grid = dg_grid_new(cli, heading, 5);

    for (size_t i = 0; i < s->links.count; i++) {
        const struct dg_link_line *line = &s->links.item[i];
        const char *state = line->connected ? dg_paint(cli, DG_PAINT_GOOD, dg_msg(cli, DG_MSG_CONNECTED))
                                            : dg_paint(cli, DG_PAINT_WARN, dg_msg(cli, DG_MSG_DISCONNECTED));
        dg_grid_row(grid,
                    (const char *const[]){
                        dg_shown(&cli->arena, line->unit),
                        dg_msg(cli, line->up ? DG_MSG_UP : DG_MSG_DOWN),
                        state,
                        dg_arena_printf(&cli->arena, "%llu", (unsigned long long)line->queued),
                        dg_arena_printf(&cli->arena, "%llu s", (unsigned long long)oldest_seconds(s, line)),
                    });
    }
    return dg_grid_print(grid);
}

static bool see_calendar(void *ctx, const struct dg_issued_row *row)
{
    (void)row;
    *(bool *)ctx = true;
    return false;
}

/* Where a calendar asks for reports and nobody may chase them, that is said. */
static void say_director(struct status *s)
{
    bool calendar = false;

    dg_issued_calendars_each(s->view.txn, see_calendar, &calendar);
    const char *missing = calendar ? dg_director_missing(s->cli, s->self, dg_day_of(s->now)) : NULL;
    if (missing != NULL)
        fprintf(s->cli->out, "%s\n", missing);
}

static enum dg_err print_text(struct status *s)
{
    struct dg_cli *cli = s->cli;
    const char *reasons = "";
    char root[DG_HEX_BYTES];

    for (size_t i = 0; i < s->reason_count; i++)
        reasons = dg_arena_printf(&cli->arena, "%s%s %s", reasons, i > 0 && dg_is_vietnamese(cli) ? ";" : "",
                                  dg_code_shown(cli, &cli->arena, s->reason[i]));
    enum dg_paint paint = dg_bytes_is(s->state, "OK")     ? DG_PAINT_GOOD
                          : dg_bytes_is(s->state, "DOWN") ? DG_PAINT_BAD
                                                          : DG_PAINT_WARN;
    fprintf(cli->out, "%s%s\n", dg_paint(cli, paint, dg_code_shown(cli, &cli->arena, s->state)), reasons);
    fprintf(cli->out, "%s (%s, %s)\n", dg_shown(&cli->arena, s->self->name), s->view.identity.unit,
            dg_word_shown(cli, &cli->arena, dg_shown(&cli->arena, s->self->level)));
    dg_hex(s->log_root.b, sizeof s->log_root.b, root);
    dg_say(cli, cli->out, DG_MSG_STATUS_LOG,
           DG_WORDS(s->view.identity.origin,
                    dg_arena_printf(&cli->arena, "%llu", (unsigned long long)s->log_size), root));
    dg_say(cli, cli->out, DG_MSG_STATUS_NOT_ANCHORED, NULL);
    if (s->has_beacon)
        dg_say(cli, cli->out, DG_MSG_STATUS_BEACON,
               DG_WORDS(dg_shown(&cli->arena, s->beacon_origin),
                        dg_arena_printf(&cli->arena, "%llu", (unsigned long long)s->beacon_size)));
    show_attention(s, NULL);
    say_director(s);
    return text_links(s);
}

/* ---- no node ------------------------------------------------------------------------------------ */

/* Whoever watches a node asks one question: does it answer? A directory that holds none gets the same status
 * as one whose node is silent, and is told what it lacks. */
static enum dg_err no_node(struct dg_cli *cli, const char *dir)
{
    dg_complain(cli, &cli->fault);
    cli->told = true;
    if (dg_cli_has(cli, DG_OPT_JSON)) {
        struct dg_json *json = dg_json_new();
        dg_json_null(json, "unit");
        dg_json_null(json, "level");
        dg_json_text(json, "state", "DOWN");
        struct dg_json *reasons = dg_json_array(json, "reasons");
        dg_json_item_text(reasons, dg_bytes_of(dg_err_name(DG_ERR_NOT_RUNNING)));
        dg_json_item_text(reasons, dg_bytes_of(dg_err_name(DG_ERR_BAD_NODE)));
        dg_json_null(json, "log");
        (void)dg_json_array(json, "links");
        dg_json_print(json, cli->out);
    }
    return dg_faultf(&cli->fault, DG_ERR_NOT_RUNNING, "%s", dir);
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static enum dg_err read_log(struct status *s)
{
    struct dg_log_view log;

    dg_log_get(s->view.txn, &log);
    s->log_size = log.size;
    struct dg_tree_reader tree = dg_log_tree(s->view.txn);
    s->has_beacon = dg_beacon_get(s->view.txn, &s->beacon_origin, &s->beacon_size);
    enum dg_err err = dg_tree_root(&tree, log.size, &s->log_root);
    return err == DG_OK ? DG_OK : dg_fault(&s->cli->fault, err);
}

static enum dg_err show(struct status *s, const struct dg_ctl_reply *reply)
{
    struct dg_directory directory;

    enum dg_err err = dg_view_directory(s->cli, &s->view, &directory);
    if (err == DG_OK)
        err = dg_view_self(s->cli, &s->view, &directory, &s->self);
    if (err == DG_OK)
        err = dg_link_lines(s->cli, &s->view, reply, &s->links);
    if (err == DG_OK)
        err = read_log(s);
    if (err != DG_OK)
        return err;
    if (!dg_cli_has(s->cli, DG_OPT_JSON))
        return print_text(s);
    print_json(s);
    return DG_OK;
}

enum dg_err dg_verb_STATUS(struct dg_cli *cli)
{
    const struct dg_ctl_request request = {.verb = DG_CTL_STATUS};
    struct dg_bytes not_running = dg_bytes_of(dg_err_name(DG_ERR_NOT_RUNNING));
    struct dg_ctl_reply reply;
    struct status s = {.cli = cli, .state = dg_bytes_of("DOWN"), .reason = &not_running, .reason_count = 1};

    enum dg_err asked = dg_ask(cli, &request, &reply);
    if (asked != DG_OK && asked != DG_ERR_NOT_RUNNING)
        return asked;
    struct dg_fault silence = cli->fault;
    if (asked == DG_OK) {
        s.state = reply.state;
        s.reason = reply.reason;
        s.reason_count = reply.reason_count;
    }
    s.now = dg_cli_now();
    enum dg_err err = dg_view_open(cli, &s.view);
    if (err == DG_ERR_BAD_NODE && asked == DG_ERR_NOT_RUNNING)
        return no_node(cli, cli->where);
    if (err != DG_OK)
        return err;
    err = dg_view_close(cli, &s.view, show(&s, asked == DG_OK ? &reply : NULL));
    if (err == DG_OK && asked != DG_OK)
        cli->fault = silence;
    return err != DG_OK ? err : asked;
}
