/* digest.h - what the chair of a giao ban is told: what came since a day, and what is still open.
 *
 * Source:  the meetings of Điều 4.4, 5.6 (binh-phuoc, ha-noi), 4.4, 5.8 (huyen), 4.2 (tuyen-quang), as the
 * calendars name them.
 *
 * Memory:  everything lives in cli->arena.
 */
#ifndef DG_NODE_CLI_DIGEST_H
#define DG_NODE_CLI_DIGEST_H

#include "node/cli/view.h"
#include "node/core/issued.h"

/* From when on: from the first instant of a day, or of the day of a meeting. */
struct dg_digest_since {
    struct dg_day day;
    const struct dg_meeting *meeting;        /* NULL: a day was given */
    const struct dg_held_calendar *calendar; /* that names the meeting */
};

/* Reads a day, or the name of a meeting in one of the calendars: the last of that name until today, by the
 * newest serial that answers for its day. DG_ERR_NOT_FOUND. */
enum dg_err dg_digest_since_read(struct dg_cli *cli, const char *text, size_t calendar_count,
                                 const struct dg_held_calendar calendar[], struct dg_day today,
                                 struct dg_digest_since *ret) DG_MUST_CHECK;

enum dg_digest_part { DG_DIGEST_ARRIVED, DG_DIGEST_UNREAD, DG_DIGEST_WAITING, DG_DIGEST_PARTS };

/* One report in the mailbox of one organ. */
struct dg_digest_mail {
    enum dg_digest_part part;
    struct dg_bytes organ; /* whose mailbox */
    uint64_t position;
    struct dg_id id;
    struct dg_bytes from_unit, from_organ, kind, period, number, title;
    dg_ms arrived_ms; /* when that organ got it; one that waited, when it was passed on */
};

struct dg_digest_overdue {
    struct dg_bytes unit, organ, rule, period;
    struct dg_day last; /* the last day that counted */
};

struct dg_digest {
    struct dg_digest_since since;
    size_t mail_count, mail_capacity;
    struct dg_digest_mail *mail; /* by part, author's unit, position, organ */
    size_t overdue_count, overdue_capacity;
    struct dg_digest_overdue *overdue; /* by last day that the calendars say, unit, organ, rule, period */
};

/* Gathers it, for one organ of this unit, or (empty) for all. What arrived since the day is found through
 * the log, what is open through the open rows: neither reads what lies before. Of what was passed on since
 * the day, but had come before it, only what is still open is told. */
enum dg_err dg_digest_gather(struct dg_cli *cli, struct dg_view *view, const struct dg_directory *directory,
                             const struct dg_dir_unit *self, struct dg_bytes organ, size_t calendar_count,
                             const struct dg_held_calendar calendar[], struct dg_day today,
                             struct dg_digest *digest) DG_MUST_CHECK;

#endif
