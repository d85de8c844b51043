/* state_table.h - the states of a report at a recipient, and the moves between them: one table.
 *
 * Source: the codes of QĐ 28/2018/QĐ-TTg as the national axis uses them; 20 is this program's own.
 */
#ifndef DG_PROTO_STATE_TABLE_H
#define DG_PROTO_STATE_TABLE_H

#include "common/bytes.h"

/* X(code, enum, name, Vietnamese) */
#define DG_STATES(X)                                                                                         \
    X(1, ARRIVED, "arrived", "đã đến")                                                                       \
    X(2, REFUSED, "refused", "từ chối tiếp nhận")                                                            \
    X(3, ACCEPTED, "accepted", "đã tiếp nhận")                                                               \
    X(4, ASSIGNED, "assigned", "phân công")                                                                  \
    X(5, PROCESSING, "processing", "đang xử lý")                                                             \
    X(6, DONE, "done", "hoàn thành")                                                                         \
    X(13, RECALL_REQUESTED, "recall-requested", "yêu cầu lấy lại")                                           \
    X(15, RECALL_AGREED, "recall-agreed", "đồng ý lấy lại")                                                  \
    X(16, RECALL_REFUSED, "recall-refused", "từ chối lấy lại")                                               \
    X(20, SOURCE_CHANGED, "source-changed", "nguồn đã thay đổi")

enum dg_state_code {
#define X(code, name, english, vietnamese) DG_STATE_##name = code,
    DG_STATES(X)
#undef X
};

/* The English name of a code, NULL for an unknown one. */
const char *dg_state_name(uint32_t code);
/* The Vietnamese name, NULL for an unknown one. */
const char *dg_state_name_vi(uint32_t code);
/* Reads a code ("3", "03"), an English or a Vietnamese name (any case, marks may be missing). */
bool dg_state_parse(struct dg_bytes text, uint32_t *ret);
/* True when a recipient may move a report from one state to another. The recall is a track of its
 * own beside the others: its answers follow a request, never one of the states of the work. */
bool dg_state_may(uint32_t from, uint32_t to);
/* True when the work ends there: refused or done. */
bool dg_state_is_last(uint32_t code);
/* True when it is an author's word about its own report: it travels to wherever the report went. The others
 * are recipients' and travel toward the author. */
bool dg_state_by_author(uint32_t code);
/* True when a recipient's code belongs to the recall, a track of its own beside the states of the work. */
bool dg_state_is_recall(uint32_t code);
/* True when the author may ask back a report that a recipient has in this state. */
bool dg_state_may_recall(uint32_t from);

#endif
