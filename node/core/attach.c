/* attach.c - a report's attachments: what has to come, what has to be given on, and what there is room for.
 */
#include <stdio.h>
#include <string.h>

#include "node/core/node_impl.h"

/* ---- room --------------------------------------------------------------------------------------- */

static void from_name(struct dg_bytes from, char ret[static DG_SLUG_MAX + 32])
{
    (void)snprintf(ret, DG_SLUG_MAX + 32, "attached-from/%.*s", (int)from.size, (const char *)from.data);
}

/* A twentieth of the disk stays free, since reports need it more. */
static bool fits(struct dg_node *node, uint64_t total, uint64_t from, uint64_t size)
{
    const struct dg_node_env *env = &node->env;
    uint64_t room, disk;
    env->files->ops->room(env->files, &room, &disk);
    return (env->attachments_max == 0 || total + size <= env->attachments_max) &&
           (env->attachments_from_max == 0 || from + size <= env->attachments_from_max) &&
           room >= size + disk / 20;
}

enum dg_err dg_attach_count(struct dg_node *node, struct dg_txn *txn, struct dg_attached *attached, dg_ms now)
{
    char name[DG_SLUG_MAX + 32], hex[DG_HEX_BYTES];
    if (attached->counted)
        return DG_OK;
    from_name(attached->from, name);
    uint64_t total = dg_meta_u64(txn, "attached"), from = dg_meta_u64(txn, name);
    if (!fits(node, total, attached->from.size > 0 ? from : 0, attached->what.size)) {
        dg_hex(attached->content.b, sizeof attached->content.b, hex);
        bool told = dg_bytes_is(attached->code, dg_err_name(DG_ERR_NO_ROOM));
        if (!told)
            dg_attention_put(txn, now, DG_ERR_NO_ROOM, attached->from, dg_bytes_of(hex));
        attached->code = dg_bytes_of(dg_err_name(DG_ERR_NO_ROOM));
        return DG_ERR_NO_ROOM;
    }
    dg_meta_put_u64(txn, "attached", total + attached->what.size);
    dg_meta_put_u64(txn, name, from + attached->what.size);
    attached->counted = true;
    attached->code = dg_bytes_at(NULL, 0);
    return DG_OK;
}

void dg_attach_uncount(struct dg_txn *txn, struct dg_attached *attached)
{
    char name[DG_SLUG_MAX + 32];
    uint64_t size = attached->what.size;
    if (!attached->counted)
        return;
    from_name(attached->from, name);
    uint64_t total = dg_meta_u64(txn, "attached"), from = dg_meta_u64(txn, name);
    dg_meta_put_u64(txn, "attached", total > size ? total - size : 0);
    dg_meta_put_u64(txn, name, from > size ? from - size : 0);
    attached->counted = false;
}

/* ---- with a report ------------------------------------------------------------------------------ */

/* A manifest that no file can have is the author's mistake, and a lasting one; the report itself stands. */
static void refuse(struct dg_txn *txn, const struct dg_admission *admission, struct dg_attached *attached,
                   dg_ms now)
{
    char hex[DG_HEX_BYTES];
    dg_hex(admission->id.b, sizeof admission->id.b, hex);
    attached->state = DG_ATTACHED_REFUSED;
    attached->code = dg_bytes_of(dg_err_name(DG_ERR_BAD_ATTACHMENT));
    dg_attention_put(txn, now, DG_ERR_BAD_ATTACHMENT, dg_bytes_of(hex), attached->from);
}

/* What is here already, under whatever name, is not fetched again: it is only checked. */
static bool is_here(struct dg_node *node, const struct dg_attached *attached)
{
    struct dg_files *files = node->env.files;
    return files != NULL &&
           files->ops->has(files, DG_FILE_WHOLE, &attached->what.sha256, attached->what.size);
}

static void expect(struct dg_node *node, struct dg_txn *txn, const struct dg_admission *admission,
                   const struct dg_attachment *attachment, dg_ms now, struct dg_hash *ret_content)
{
    struct dg_attached attached;
    bool known = dg_attached_find(txn, attachment, &attached);
    *ret_content = attached.content;
    if (known)
        return;
    attached.state = DG_ATTACHED_COMING;
    attached.since_ms = now;
    attached.from = admission->from_unit;
    if (!dg_attachment_possible(attachment)) {
        refuse(txn, admission, &attached, now);
    } else if (is_here(node, &attached)) {
        attached.state = DG_ATTACHED_CHECKING;
        attached.here = dg_attachment_chunks(attachment);
        dg_checking_add(node, &attached.content);
    }
    dg_attached_put(txn, &attached);
}

void dg_attach_admit(struct dg_node *node, struct dg_txn *txn, const struct dg_admission *admission,
                     uint64_t position, const struct dg_bytes way[], size_t way_count, dg_ms now)
{
    const struct dg_report *report = admission->report;
    for (size_t i = 0; i < report->attachment_count; i++) {
        struct dg_hash content;
        expect(node, txn, admission, &report->attachment[i], now, &content);
        bool onward = admission->from_unit.size == 0 || !DG_MUTANT("bulk-not-onward");
        for (size_t k = 0; onward && k < way_count && dg_attachment_possible(&report->attachment[i]); k++)
            dg_outbox_push(node, txn,
                           &(struct dg_queued){
                               .unit = way[k],
                               .lane = DG_LANE_BULK,
                               .seq = position * DG_ATTACHMENTS_MAX + i,
                               .kind = DG_QUEUED_BULK,
                               .position = position,
                               .number = (uint32_t)i,
                               .directory_key = dg_bytes_at(content.b, sizeof content.b),
                               .since_ms = now,
                           });
    }
    if (report->attachment_count > 0)
        dg_bulk_wake(node);
}

void dg_attach_rejected(struct dg_node *node, struct dg_txn *txn, struct dg_bytes unit, uint64_t position)
{
    struct dg_queued queued;
    for (uint64_t i = 0; i < DG_ATTACHMENTS_MAX; i++) {
        uint64_t seq = position * DG_ATTACHMENTS_MAX + i;
        if (!dg_queued_get(txn, unit, DG_LANE_BULK, seq, &queued))
            return; /* they are numbered without a gap */
        (void)dg_outbox_release(node, txn, unit, DG_LANE_BULK, seq);
    }
}

/* ---- attaching ---------------------------------------------------------------------------------- */

enum dg_err dg_attach_ready(struct dg_txn *txn, const struct dg_report *report, struct dg_fault *fault)
{
    for (size_t i = 0; i < report->attachment_count; i++) {
        const struct dg_attachment *attachment = &report->attachment[i];
        struct dg_attached attached;
        if (!dg_attached_find(txn, attachment, &attached) || attached.state != DG_ATTACHED_WHOLE)
            return dg_faultf(fault, DG_ERR_NOT_FOUND, "%.*s", (int)attachment->name.size,
                             (const char *)attachment->name.data);
        for (size_t k = 0; k < i; k++)
            if (dg_bytes_equal(report->attachment[k].name, attachment->name))
                return dg_faultf(fault, DG_ERR_BAD_VALUE, "%.*s, %.*s", (int)attachment->name.size,
                                 (const char *)attachment->name.data, (int)attachment->name.size,
                                 (const char *)attachment->name.data);
    }
    return DG_OK;
}

/* Makes a part of the command line's file. It is renamed, not copied. */
static enum dg_err take_in(struct dg_node *node, struct dg_txn *txn, struct dg_bytes file,
                           struct dg_attached *attached, dg_ms now)
{
    struct dg_files *files = node->env.files;
    if (attached->from.size > 0)
        dg_attach_uncount(txn, attached);
    attached->from = dg_bytes_at(NULL, 0);
    enum dg_err err = dg_attach_count(node, txn, attached, now);
    if (err == DG_OK)
        err = files->ops->take_in(files, file, &attached->content);
    if (err == DG_OK)
        err = files->ops->sync(files);
    if (err != DG_OK) {
        files->ops->discard_new(files, file);
        return err;
    }
    dg_attached_clear(txn, attached);
    attached->state = DG_ATTACHED_CHECKING;
    attached->here = dg_attachment_chunks(&attached->what);
    attached->since_ms = now;
    dg_attached_put(txn, attached);
    dg_checking_add(node, &attached->content);
    return DG_OK;
}

void dg_control_attach(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                       dg_ms now, struct dg_ctl_reply *reply)
{
    struct dg_files *files = node->env.files;
    struct dg_attached attached;
    if (files == NULL || !dg_attachment_possible(&request->attachment)) {
        (void)dg_faultf(&reply->fault, DG_ERR_TOO_LARGE, "%llu",
                        (unsigned long long)request->attachment.size);
        return;
    }
    bool known = dg_attached_find(txn, &request->attachment, &attached);
    bool here = known && (attached.state == DG_ATTACHED_WHOLE || attached.state == DG_ATTACHED_CHECKING);
    if (here) {
        files->ops->discard_new(files, request->file);
    } else {
        struct dg_bytes code = attached.code;
        enum dg_err err = take_in(node, txn, request->file, &attached, now);
        if (err == DG_ERR_NOT_FOUND && dg_bytes_is(code, dg_err_name(DG_ERR_BAD_ATTACHMENT)))
            err = DG_ERR_BAD_ATTACHMENT; /* it was taken in, and is not what was said */
        if (err == DG_ERR_STORE_IO)
            dg_txn_fail(txn, err);
        if (err != DG_OK) {
            (void)dg_faultf(&reply->fault, err, "%.*s", (int)request->file.size,
                            (const char *)request->file.data);
            return;
        }
    }
    reply->text = dg_bytes_of(dg_attached_state_name(attached.state));
}
