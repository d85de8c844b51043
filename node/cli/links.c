/* links.c - the lines to the neighbours. */
#include "node/cli/links.h"

struct gathering {
    struct dg_cli *cli;
    const struct dg_view *view;
    struct dg_link_lines lines;
    size_t capacity;
    enum dg_err err;
};

static struct dg_link_line *line_of(struct gathering *g, struct dg_bytes unit)
{
    struct dg_link_lines *lines = &g->lines;

    for (size_t i = 0; i < lines->count; i++) {
        if (dg_bytes_equal(lines->item[i].unit, unit))
            return &lines->item[i];
    }
    if (lines->count == g->capacity) {
        size_t larger = g->capacity == 0 ? 64 : 2 * g->capacity;
        struct dg_link_line *grown = dg_arena_array(&g->cli->arena, larger, sizeof *grown);
        if (grown == NULL)
            return NULL;
        for (size_t i = 0; i < lines->count; i++)
            grown[i] = lines->item[i];
        lines->item = grown;
        g->capacity = larger;
    }
    struct dg_link_line *line = &lines->item[lines->count++];
    line->unit = dg_arena_copy(&g->cli->arena, unit);
    line->up = dg_bytes_is(unit, g->view->identity.parent);
    return line;
}

static bool count_queued(void *ctx, const struct dg_queued *queued)
{
    struct gathering *g = ctx;
    struct dg_link_line *line = line_of(g, queued->unit);

    if (line == NULL) {
        g->err = DG_ERR_NO_MEMORY;
        return false;
    }
    line->queued++;
    if (line->oldest_ms == 0 || queued->since_ms < line->oldest_ms)
        line->oldest_ms = queued->since_ms;
    return true;
}

enum dg_err dg_link_lines(struct dg_cli *cli, struct dg_view *view, const struct dg_ctl_reply *reply,
                          struct dg_link_lines *ret)
{
    struct gathering g = {.cli = cli, .view = view, .err = DG_OK};

    for (size_t i = 0; reply != NULL && i < reply->link_count; i++) {
        struct dg_link_line *line = line_of(&g, reply->link[i].unit);
        if (line == NULL)
            return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
        line->up = reply->link[i].up;
        line->connected = reply->link[i].connected;
    }
    dg_queue_each(view->txn, dg_bytes_at(NULL, 0), count_queued, &g);
    if (g.err != DG_OK)
        return dg_fault(&cli->fault, g.err);
    *ret = g.lines;
    return DG_OK;
}

const struct dg_link_line *dg_link_line(const struct dg_link_lines *lines, struct dg_bytes unit)
{
    for (size_t i = 0; i < lines->count; i++) {
        if (dg_bytes_equal(lines->item[i].unit, unit))
            return &lines->item[i];
    }
    return NULL;
}
