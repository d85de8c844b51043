/* grid.h - answers for people: aligned columns under a heading. */
#ifndef DG_NODE_CLI_GRID_H
#define DG_NODE_CLI_GRID_H

#include "node/cli/say.h"

enum { DG_COLUMNS_MAX = 10 };

struct dg_grid;

/* A grid with a heading per column. NULL when memory is short: the functions below take that. */
struct dg_grid *dg_grid_new(struct dg_cli *cli, const enum dg_msg heading[], size_t column_count);
/* Adds a row of as many cells as there are columns; copies them. */
void dg_grid_row(struct dg_grid *grid, const char *const cell[]);
/* Prints the grid, if it has rows, and frees it. DG_ERR_NO_MEMORY when a row was lost. */
enum dg_err dg_grid_print(struct dg_grid *grid) DG_MUST_CHECK;

#endif
