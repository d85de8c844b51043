/* config.h - the configuration of one node, DIR/config: one table of keys.
 *
 * A text file of `key = value` lines and # comments. Identity is not configuration: that is in the
 * store. X(key, type, default, en, vi)
 */
#ifndef DG_NODE_CONF_CONFIG_H
#define DG_NODE_CONF_CONFIG_H

#include "common/fault.h"
#include "common/limits.h"

#define DG_CONFIG_KEYS(X)                                                                                    \
    X(listen, STRING, "", "where children call, tcp://host:port; empty: no children",                        \
      "nơi cấp dưới kết nối tới, tcp://máy:cổng; trống: không có cấp dưới")                                  \
    X(log_level, STRING, "notice", "error, notice or debug", "mức nhật ký: error, notice hoặc debug")        \
    X(workers, NUMBER, "2", "threads that check signatures, 1 to 16", "số luồng kiểm tra chữ ký, 1 đến 16")  \
    X(unread_hours, NUMBER, "1", "hours until a flash report that nobody marks is told, 1 to 16",            \
      "số giờ đến khi báo cáo hỏa tốc chưa ai tiếp nhận được báo động, 1 đến 16")                            \
    X(tip, STRING, "", "the tip file, best on another disk; empty: DIR.tip, beside the directory",           \
      "tệp tip, tốt nhất đặt trên ổ đĩa khác; trống: DIR.tip, cạnh thư mục của nút")                         \
    X(terms, STRING, "", "the days on which the committee's terms began: 2020-10-15, 2025-09-20",            \
      "các ngày bắt đầu nhiệm kỳ của cấp ủy: 2020-10-15, 2025-09-20")                                        \
    X(disk_percent, NUMBER, "5", "percent of the disk that must be free to take new reports, 0 to 50",       \
      "phần trăm đĩa phải còn trống thì mới nhận báo cáo mới, 0 đến 50")                                     \
    X(disk_floor, NUMBER, "64", "MiB that must be free to take new reports",                                 \
      "số MiB phải còn trống thì mới nhận báo cáo mới")                                                      \
    X(ballast, NUMBER, "16", "MiB kept in a file that is given up when the disk is full; 0: none",           \
      "số MiB giữ chỗ, được bỏ ra khi đĩa đầy; 0: không giữ")                                                \
    X(attachments_gib, NUMBER, "64", "room for all attachments, GiB; 0: all there is",                       \
      "dung lượng tối đa cho mọi tệp kèm, GiB; 0: không giới hạn")                                           \
    X(attachments_child_gib, NUMBER, "16", "room for the attachments that come from one neighbour, GiB",     \
      "dung lượng tối đa cho tệp kèm từ một đơn vị liền kề, GiB")

struct dg_config {
    char listen[DG_ENDPOINT_MAX + 1];
    char log_level[16];
    unsigned workers, unread_hours;
    char tip[DG_ENDPOINT_MAX + 1];
    char terms[DG_ENDPOINT_MAX + 1];
    unsigned disk_percent, disk_floor, ballast;
    unsigned attachments_gib, attachments_child_gib;
};

/* The defaults. */
void dg_config_init(struct dg_config *config);
/* Sets one key by name. DG_ERR_BAD_VALUE, also for a key that there is not. */
enum dg_err dg_config_set(struct dg_config *config, const char *name, const char *value,
                          struct dg_fault *fault) DG_MUST_CHECK;
/* Parses text over the defaults; the first mistake with its line. DG_ERR_BAD_CONFIG. */
enum dg_err dg_config_parse(struct dg_config *config, const char *text, struct dg_fault *fault) DG_MUST_CHECK;
/* Reads DIR/config; a missing file means the defaults. */
enum dg_err dg_config_load(const char *dir, struct dg_config *config, struct dg_fault *fault) DG_MUST_CHECK;
/* Writes DIR/config anew (0600, through a temporary file). */
enum dg_err dg_config_save(const char *dir, const struct dg_config *config,
                           struct dg_fault *fault) DG_MUST_CHECK;
/* Calls each for every key with its value and whether it differs from the default. */
void dg_config_each(const struct dg_config *config,
                    void (*each)(void *ctx, const char *key, const char *value, bool changed), void *ctx);

#endif
