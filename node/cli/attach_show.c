/* attach_show.c - which attachments a report has, and how much of each is here. */
#include <stdio.h>

#include "node/cli/attach.h"
#include "node/cli/say.h"

static const char *size_text(struct dg_arena *arena, uint64_t bytes)
{
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB"};
    uint64_t tenths = bytes * 10;
    size_t i = 0;

    if (bytes < 1024)
        return dg_arena_printf(arena, "%u B", (unsigned)bytes);
    for (; tenths >= 10240 && i + 1 < sizeof unit / sizeof unit[0]; i++)
        tenths /= 1024;
    return dg_arena_printf(arena, "%u.%u %s", (unsigned)(tenths / 10), (unsigned)(tenths % 10), unit[i]);
}

const char *dg_attached_words(struct dg_cli *cli, struct dg_arena *arena, const struct dg_attached *attached)
{
    const char *size = size_text(arena, attached->what.size);
    const char *here = size_text(arena, dg_attached_bytes(attached));

    switch (attached->state) {
    case DG_ATTACHED_WHOLE:
        return dg_phrase(cli, DG_MSG_ATTACHMENT_HERE, DG_WORDS(size));
    case DG_ATTACHED_REFUSED:
        return dg_phrase(cli, DG_MSG_ATTACHMENT_REFUSED, DG_WORDS(size, dg_shown(arena, attached->code)));
    case DG_ATTACHED_CHECKING:
        return dg_phrase(cli, DG_MSG_ATTACHMENT_CHECKED, DG_WORDS(size));
    case DG_ATTACHED_COMING:
        break;
    }
    if (attached->code.size > 0)
        return dg_phrase(cli, DG_MSG_ATTACHMENT_WAITS, DG_WORDS(here, size, dg_shown(arena, attached->code)));
    return dg_phrase(cli, DG_MSG_ATTACHMENT_COMING, DG_WORDS(here, size));
}

void dg_json_attachments(struct dg_json *json, struct dg_txn *txn, const struct dg_report *report)
{
    struct dg_json *list = dg_json_array(json, "attachments");

    for (size_t i = 0; i < report->attachment_count; i++) {
        const struct dg_attachment *attachment = &report->attachment[i];
        struct dg_attached attached;
        struct dg_json *item = dg_json_item(list);
        (void)dg_attached_find(txn, attachment, &attached);
        dg_json_bytes(item, "name", attachment->name);
        dg_json_number(item, "size", attachment->size);
        dg_json_hex(item, "sha256", attachment->sha256.b, sizeof attachment->sha256.b);
        dg_json_number(item, "bytes_here", dg_attached_bytes(&attached));
        dg_json_text(item, "state", dg_attached_state_name(attached.state));
        dg_json_maybe(item, "code", attached.code);
    }
}

void dg_print_attachments(struct dg_cli *cli, struct dg_txn *txn, const struct dg_report *report)
{
    for (size_t i = 0; i < report->attachment_count; i++) {
        struct dg_attached attached;
        (void)dg_attached_find(txn, &report->attachment[i], &attached);
        fprintf(cli->out, "%s: %s (%s)\n", dg_msg(cli, DG_MSG_ATTACHMENT),
                dg_shown(txn->arena, report->attachment[i].name),
                dg_attached_words(cli, txn->arena, &attached));
    }
}

const char *dg_title_attached(struct dg_cli *cli, struct dg_txn *txn, const struct dg_report *report,
                              const char *title)
{
    unsigned coming = 0;
    char count[16], left[16];

    if (report->attachment_count == 0)
        return title;
    for (size_t i = 0; i < report->attachment_count; i++) {
        struct dg_attached attached;
        coming +=
            !dg_attached_find(txn, &report->attachment[i], &attached) || attached.state != DG_ATTACHED_WHOLE;
    }
    (void)snprintf(count, sizeof count, "%zu", report->attachment_count);
    (void)snprintf(left, sizeof left, "%u", coming);
    const char *note = coming == 0 ? dg_phrase(cli, DG_MSG_ATTACHED, DG_WORDS(count))
                                   : dg_phrase(cli, DG_MSG_ATTACHED_COMING, DG_WORDS(count, left));
    return dg_arena_printf(txn->arena, "%s [%s]", title, note);
}
