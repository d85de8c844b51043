/* grid.c - libsmartcols behind three functions. */
#include "node/cli/grid.h"

#include <assert.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>

struct dg_grid {
    struct libscols_table *impl;
    struct dg_cli *cli;
    size_t column_count, row_count;
    bool lost; /* a row or cell that memory had no room for */
};

static bool columns_make(struct dg_grid *grid, const enum dg_msg heading[])
{
    for (size_t i = 0; i < grid->column_count; i++) {
        if (scols_table_new_column(grid->impl, dg_msg(grid->cli, heading[i]), 0, 0) == NULL)
            return false;
    }
    return true;
}

struct dg_grid *dg_grid_new(struct dg_cli *cli, const enum dg_msg heading[], size_t column_count)
{
    struct dg_grid *grid = calloc(1, sizeof *grid);

    assert(column_count <= DG_COLUMNS_MAX);
    if (grid == NULL)
        return NULL;
    grid->cli = cli;
    grid->column_count = column_count;
    grid->impl = scols_new_table();
    grid->lost = grid->impl == NULL || !columns_make(grid, heading);
    if (grid->impl != NULL) {
        scols_table_set_stream(grid->impl, cli->out);
        scols_table_enable_colors(grid->impl, cli->colour);
    }
    return grid;
}

/* libsmartcols would spell out a painted cell's escape sequences: it gets the colour and the word apart. */
static bool cell_set(struct libscols_line *line, size_t column, const char *text)
{
    char colour[16], word[128];

    if (sscanf(text, "\033[%10[0-9]m%127[^\033]", colour, word) != 2)
        return scols_line_set_data(line, column, text) == 0;
    char sequence[20];
    snprintf(sequence, sizeof sequence, "\033[%sm", colour);
    return scols_line_set_data(line, column, word) == 0 &&
           scols_cell_set_color(scols_line_get_cell(line, column), sequence) == 0;
}

void dg_grid_row(struct dg_grid *grid, const char *const cell[])
{
    if (grid == NULL || grid->lost)
        return;
    struct libscols_line *line = scols_table_new_line(grid->impl, NULL);
    grid->lost = line == NULL;
    for (size_t i = 0; i < grid->column_count && !grid->lost; i++)
        grid->lost = !cell_set(line, i, cell[i]);
    grid->row_count++;
}

enum dg_err dg_grid_print(struct dg_grid *grid)
{
    if (grid == NULL)
        return DG_ERR_NO_MEMORY;
    bool lost = grid->lost;
    if (!lost && grid->row_count > 0)
        lost = scols_print_table(grid->impl) != 0;
    scols_unref_table(grid->impl);
    free(grid);
    return lost ? DG_ERR_NO_MEMORY : DG_OK;
}
