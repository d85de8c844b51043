/* verb_tree.c - the units above and below this one, their organs and links. */
#include "node/cli/ask.h"
#include "node/cli/json.h"
#include "node/cli/links.h"
#include "node/cli/say.h"
#include "node/cli/words.h"

struct tree {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_directory directory;
    bool *member; /* by unit: a certificate of it is valid on the day */
    struct dg_day day;
    bool answered; /* the daemon said how the links are */
    struct dg_link_lines links;
};

/* ---- who is a member on that day ---------------------------------------------------------------- */

static bool covers(const struct dg_certificate *certificate, struct dg_day day)
{
    const struct dg_day next = {day.n + 1};

    return certificate->not_before_ms < dg_day_start(next) && certificate->not_after_ms >= dg_day_start(day);
}

/* Every certificate counts, not only the newest: a renewed unit was a member before, too. */
static bool mark_member(void *ctx, const struct dg_dir_row *row)
{
    struct tree *tree = ctx;
    struct dg_certificate certificate;

    if (row->kind != 'u')
        return true;
    const struct dg_dir_unit *unit = dg_directory_unit(&tree->directory, row->unit);
    if (unit != NULL &&
        dg_certificate_decode(tree->view.txn->arena, row->record.sealed.body, &certificate, NULL) == DG_OK &&
        covers(&certificate, tree->day))
        tree->member[unit - tree->directory.unit] = true;
    return true;
}

/* ---- one unit ----------------------------------------------------------------------------------- */

/* The organ by its certificate of that day, if i is the first of the organ's certificates. */
static const struct dg_dir_organ *organ_at(const struct tree *tree, const struct dg_dir_unit *unit, size_t i)
{
    if (i > 0 && dg_bytes_equal(unit->organ[i - 1].slug, unit->organ[i].slug))
        return NULL;
    return dg_dir_unit_organ(unit, unit->organ[i].slug, tree->day);
}

static void json_organs(struct tree *tree, struct dg_json *json, const struct dg_dir_unit *unit)
{
    struct dg_json *organs = dg_json_array(json, "organs");

    for (size_t i = 0; i < unit->organ_count; i++) {
        const struct dg_dir_organ *organ = organ_at(tree, unit, i);
        if (organ == NULL)
            continue;
        struct dg_json *item = dg_json_item(organs);
        dg_json_text(item, "organ", dg_address_text(&tree->cli->arena, organ->slug, unit->slug));
        dg_json_bytes(item, "name", organ->name);
        struct dg_json *roles = dg_json_array(item, "roles");
        for (size_t k = 0; k < organ->role.count; k++)
            dg_json_item_text(roles, organ->role.item[k]);
    }
}

static void print_json(struct tree *tree, const struct dg_dir_unit *unit, unsigned depth)
{
    struct dg_json *json = dg_json_new();
    const struct dg_link_line *line = dg_link_line(&tree->links, unit->slug);

    dg_json_bytes(json, "unit", unit->slug);
    dg_json_bytes(json, "level", unit->level);
    dg_json_bytes(json, "name", unit->name);
    dg_json_maybe(json, "parent", unit->parent_slug);
    dg_json_number(json, "depth", depth);
    dg_json_bool(json, "self", dg_bytes_is(unit->slug, tree->view.identity.unit));
    if (tree->answered && line != NULL) {
        struct dg_json *link = dg_json_object(json, "link");
        dg_json_text(link, "direction", line->up ? "up" : "down");
        dg_json_bool(link, "connected", line->connected);
    } else {
        dg_json_null(json, "link");
    }
    json_organs(tree, json, unit);
    dg_json_print(json, tree->cli->out);
}

static const char *link_shown(struct tree *tree, const struct dg_dir_unit *unit)
{
    struct dg_cli *cli = tree->cli;
    const struct dg_link_line *line = dg_link_line(&tree->links, unit->slug);

    if (dg_bytes_is(unit->slug, tree->view.identity.unit))
        return dg_msg(cli, DG_MSG_THIS_NODE);
    if (!tree->answered || line == NULL)
        return "";
    return line->connected ? dg_paint(cli, DG_PAINT_GOOD, dg_msg(cli, DG_MSG_CONNECTED))
                           : dg_paint(cli, DG_PAINT_WARN, dg_msg(cli, DG_MSG_DISCONNECTED));
}

static void print_text(struct tree *tree, const struct dg_dir_unit *unit, unsigned depth)
{
    struct dg_arena *arena = &tree->cli->arena;
    const char *organs = "", *link = link_shown(tree, unit);

    for (size_t i = 0; i < unit->organ_count; i++) {
        const struct dg_dir_organ *organ = organ_at(tree, unit, i);
        if (organ != NULL)
            organs = dg_arena_printf(arena, "%s %s", organs, dg_shown(arena, organ->slug));
    }
    fprintf(tree->cli->out, "%*s%s  %s (%s)%s%s\n%*s   %s\n", (int)depth * 4, "", dg_shown(arena, unit->slug),
            dg_shown(arena, unit->name), dg_word_shown(tree->cli, arena, dg_shown(arena, unit->level)),
            link[0] != '\0' ? "  " : "", link, (int)depth * 4, "", organs);
}

/* ---- the walk ----------------------------------------------------------------------------------- */

/* Prints a unit and, below it, its children in the order of their slugs. The depth is bounded because a
 * chain of certificates is. */
static void walk(struct tree *tree, const struct dg_dir_unit *unit, unsigned depth)
{
    const struct dg_directory *directory = &tree->directory;

    if (tree->member[unit - directory->unit]) {
        if (dg_cli_has(tree->cli, DG_OPT_JSON))
            print_json(tree, unit, depth);
        else
            print_text(tree, unit, depth);
    }
    for (size_t i = 0; i < directory->unit_count && depth < DG_TREE_DEPTH_MAX; i++) {
        if (directory->unit[i].parent == unit)
            walk(tree, &directory->unit[i], depth + 1);
    }
}

static enum dg_err show(struct tree *tree, const struct dg_ctl_reply *reply)
{
    enum dg_err err = dg_view_directory(tree->cli, &tree->view, &tree->directory);
    if (err == DG_OK)
        err = dg_link_lines(tree->cli, &tree->view, reply, &tree->links);
    if (err != DG_OK)
        return err;
    tree->member = dg_arena_array(&tree->cli->arena, tree->directory.unit_count + 1, sizeof *tree->member);
    if (tree->member == NULL)
        return dg_fault(&tree->cli->fault, DG_ERR_NO_MEMORY);
    dg_dir_each(tree->view.txn, dg_bytes_at(NULL, 0), mark_member, tree);
    for (size_t i = 0; i < tree->directory.unit_count; i++) {
        if (tree->directory.unit[i].parent == NULL)
            walk(tree, &tree->directory.unit[i], 0);
    }
    return DG_OK;
}

enum dg_err dg_verb_TREE(struct dg_cli *cli)
{
    const struct dg_ctl_request request = {.verb = DG_CTL_STATUS};
    struct dg_ctl_reply reply;
    struct tree tree = {.cli = cli, .day = dg_day_of(dg_cli_now())};

    enum dg_err err = dg_cli_day(cli, DG_OPT_ASOF, &tree.day);
    if (err != DG_OK)
        return err;
    tree.answered = dg_ask(cli, &request, &reply) == DG_OK;
    err = dg_view_open(cli, &tree.view);
    if (err != DG_OK)
        return err;
    return dg_view_close(cli, &tree.view, show(&tree, tree.answered ? &reply : NULL));
}
