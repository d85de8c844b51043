/* duty_watch.h - who watches a duty, and who may issue what is about it: pure functions of the directory.
 *
 * Source:  Điều 24.3 and 27 (binh-phuoc, ha-noi), 23.3 and 26 (huyen), 11.3 (tuyen-quang): the Ban Dân vận,
 * or who stands in for it, directs, follows and reminds. Memory:  results borrow the directory.
 */
#ifndef DG_NODE_CORE_DUTY_WATCH_H
#define DG_NODE_CORE_DUTY_WATCH_H

#include "node/core/duty.h"

/* The unit that watches a duty, reminds and certifies: where its report goes. */
const struct dg_dir_unit *dg_duty_keeper(const struct dg_duty *duty);
/* True when the report of a duty, had it been made, would be known at self: it is the owner's unit, or its
 * keeper. */
bool dg_duty_seen(const struct dg_duty *duty, const struct dg_dir_unit *self);
/* The organ of unit that issues for it on a day: what fills ban-dan-van there, or stands in for it by a
 * regime in force. NULL when there is none; of several, the first by slug. */
const struct dg_dir_organ *dg_duty_issuer(const struct dg_dir_unit *unit, struct dg_day day);
/* True when that organ of unit may issue on a day. */
bool dg_duty_may_issue(const struct dg_dir_unit *unit, struct dg_bytes organ, struct dg_day day);

#endif
