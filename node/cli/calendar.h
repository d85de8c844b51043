/* calendar.h - calendars on the command line: reading their files, showing their dates, issuing one.
 *
 * Used by verb_calendar.c.
 */
#ifndef DG_NODE_CLI_CALENDAR_H
#define DG_NODE_CLI_CALENDAR_H

#include "node/cli/cli.h"
#include "proto/calendar.h"

/* The parts of the verb: its words from the second on, its options. */
enum dg_err dg_calendar_check(struct dg_cli *cli) DG_MUST_CHECK;
/* The same for showing. */
enum dg_err dg_calendar_show(struct dg_cli *cli) DG_MUST_CHECK;
/* And for issuing, as the organ of --as. Prints the calendar's hash; the daemon's refusals,
 * DG_ERR_NOT_PERMITTED among them. */
enum dg_err dg_calendar_issue(struct dg_cli *cli) DG_MUST_CHECK;

/* Reads the calendar of a file into cli->arena; every mistake is told on cli->err. With a node its rules are
 * compared with the regimes in force there and below. DG_ERR_BAD_CALENDAR, DG_ERR_BAD_FILE, and what opening
 * the node may give. */
enum dg_err dg_calendar_take(struct dg_cli *cli, const char *path, struct dg_calendar *ret) DG_MUST_CHECK;

#endif
