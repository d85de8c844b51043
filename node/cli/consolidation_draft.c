/* consolidation_draft.c - the draft of a consolidated report as the file that push takes. */
#include "node/cli/consolidation.h"

#include "node/cli/correction.h"
#include "node/cli/output.h"
#include "node/cli/say.h"

/* ---- the header ----------------------------------------------------------------------------------- */

static void add_indicators(const struct dg_drafting *d, struct dg_buf *out)
{
    const struct dg_consolidation *made = &d->made;
    struct dg_arena *arena = d->view.txn->arena;

    if (made->indicator_count > 0)
        dg_buf_add_text(out, "indicators:\n");
    for (size_t i = 0; i < made->indicator_count; i++)
        dg_buf_add_text(out,
                        dg_arena_printf(arena, "  %s: %s\n", dg_arena_string(arena, made->indicator[i].name),
                                        dg_arena_string(arena, made->indicator[i].value)));
    for (size_t i = 0; i < made->not_added_count; i++)
        dg_buf_add_text(out, dg_arena_printf(arena, "# %s: quy chế không cho cộng\n",
                                             dg_arena_string(arena, made->not_added[i])));
}

static void add_header(const struct dg_drafting *d, struct dg_buf *out)
{
    const struct dg_consolidation *made = &d->made;
    struct dg_arena *arena = d->view.txn->arena;
    char today[DG_DAY_TEXT];

    dg_day_text(d->today, today);
    dg_buf_add_text(out, dg_arena_printf(arena,
                                         "---\nkind: %s\nperiod: %s\ndate: %s\n"
                                         "title: \"Báo cáo tổng hợp kỳ %s (dự thảo)\"\n",
                                         dg_arena_string(arena, d->kind), d->period, today, d->period));
    if (made->material_count > 0)
        dg_buf_add_text(out, "sources:\n");
    for (size_t i = 0; i < made->material_count; i++) {
        char hex[DG_HEX_BYTES];
        dg_hex(made->material[i].id.b, sizeof made->material[i].id.b, hex);
        dg_buf_add_text(out, dg_arena_printf(arena, "  - \"%s\"\n", hex));
    }
    add_indicators(d, out);
    dg_buf_add_text(out, "---\n");
}

/* ---- who has reported ----------------------------------------------------------------------------- */

static const char *late_text(struct dg_arena *arena, const struct dg_material *material)
{
    char due[DG_DAY_TEXT];

    if (material->days_late == 0)
        return "";
    dg_day_text(material->due, due);
    return dg_arena_printf(arena, ", muộn %u ngày (hạn %s)", (unsigned)material->days_late, due);
}

/* What came under the rule that took the place of the one asked for says so. */
static const char *rule_text(const struct dg_drafting *d, const struct dg_material *material)
{
    if (dg_bytes_is(material->rule, d->rule))
        return "";
    return dg_arena_printf(d->view.txn->arena, ", theo %s", dg_shown(d->view.txn->arena, material->rule));
}

static void add_reported(const struct dg_drafting *d, struct dg_buf *out)
{
    struct dg_arena *arena = d->view.txn->arena;

    if (d->made.material_count > 0)
        dg_buf_add_text(out, "# Đã báo cáo\n\n");
    for (size_t i = 0; i < d->made.material_count; i++) {
        const struct dg_material *material = &d->made.material[i];
        const struct dg_report *report = material->report;
        char at[DG_LOCAL_TEXT];
        dg_local_text(material->signed_ms, at);
        dg_buf_add_text(
            out, dg_arena_printf(arena, "- %s: %s, kỳ %s, ký %s%s%s%s: %s\n",
                                 dg_address_text(arena, material->organ, material->unit),
                                 report->number.size > 0 ? dg_shown(arena, report->number) : "không số",
                                 dg_shown(arena, report->period), at, late_text(arena, material),
                                 rule_text(d, material),
                                 material->asked_back ? ", nơi gửi đang yêu cầu lấy lại" : "",
                                 dg_shown(arena, report->title)));
    }
}

/* ---- who has not ---------------------------------------------------------------------------------- */

static const char *gap_text(const struct dg_drafting *d, const struct dg_gap *gap)
{
    struct dg_arena *arena = d->view.txn->arena;
    const char *period = dg_shown(arena, gap->period);
    char due[DG_DAY_TEXT];

    if (gap->excused)
        return dg_arena_printf(arena, "%s (được miễn)", period);
    if (!gap->has_due)
        return period;
    dg_day_text(gap->due, due);
    return dg_arena_printf(arena, "%s (hạn %s%s)", period, due,
                           gap->due.n < d->today.n ? "" : ", chưa đến hạn");
}

static void add_absent(const struct dg_drafting *d, struct dg_buf *out)
{
    struct dg_arena *arena = d->view.txn->arena;

    if (d->made.absent_count > 0)
        dg_buf_add_text(out, "\n# Chưa báo cáo\n\n");
    for (size_t i = 0; i < d->made.absent_count; i++) {
        const struct dg_absent *absent = &d->made.absent[i];
        dg_buf_add_text(out, dg_arena_printf(arena, "- %s (%s): %skỳ ",
                                             dg_address_text(arena, absent->organ->slug, absent->unit->slug),
                                             dg_shown(arena, absent->unit->name),
                                             absent->silent ? "" : "còn thiếu "));
        for (size_t k = 0; k < absent->gap_count; k++) {
            dg_buf_add_text(out, k > 0 ? ", " : "");
            dg_buf_add_text(out, gap_text(d, &absent->gap[k]));
        }
        dg_buf_add_text(out, "\n");
    }
}

/* ---- what was not used ---------------------------------------------------------------------------- */

static const char *why_text(struct dg_arena *arena, const struct dg_left_out *left)
{
    static const char *const why[] = {
        [DG_LEFT_SUPERSEDED] = "nơi gửi đã thay thế bằng",
        [DG_LEFT_FURTHER] = "nơi gửi đã có báo cáo thêm cùng kỳ",
        [DG_LEFT_COVERED] = "đã nằm trong báo cáo kỳ dài hơn",
        [DG_LEFT_CONTAINED] = "đã được tổng hợp trong",
        [DG_LEFT_RECALLED] = "đã đồng ý trả lại nơi gửi",
    };

    return left->why == DG_LEFT_RECALLED
               ? why[left->why]
               : dg_arena_printf(arena, "%s %s", why[left->why], dg_id_short(arena, &left->by));
}

static void add_left_out(const struct dg_drafting *d, struct dg_buf *out)
{
    struct dg_arena *arena = d->view.txn->arena;

    if (d->made.left_out_count > 0)
        dg_buf_add_text(out, "\n# Không tổng hợp\n\n");
    for (size_t i = 0; i < d->made.left_out_count; i++) {
        const struct dg_left_out *left = &d->made.left_out[i];
        dg_buf_add_text(out, dg_arena_printf(arena, "- %s, kỳ %s, %s: %s\n",
                                             dg_address_text(arena, left->organ, left->unit),
                                             dg_shown(arena, left->period), dg_id_short(arena, &left->id),
                                             why_text(arena, left)));
    }
}

/* ---- headings ------------------------------------------------------------------------------------- */

static void add_outline(const struct dg_drafting *d, const struct dg_rule *rule, struct dg_buf *out)
{
    for (size_t i = 0; i < rule->outline.count; i++)
        dg_buf_add_text(out, dg_arena_printf(d->view.txn->arena, "\n# %s\n",
                                             dg_shown(d->view.txn->arena, rule->outline.item[i])));
}

/* True when a recipient before this one, or the same before this place, cites the rule. */
static bool cited_before(const struct dg_mandate *mandate, size_t recipient, size_t at)
{
    const struct dg_rule *rule = mandate->recipient[recipient].cited[at].rule;

    for (size_t i = 0; i <= recipient; i++) {
        size_t end = i < recipient ? mandate->recipient[i].cited_count : at;
        for (size_t k = 0; k < end; k++)
            if (mandate->recipient[i].cited[k].rule == rule)
                return true;
    }
    return false;
}

/* Of the rules by which the draft goes out, as push will ask; else of the one it was made under. */
static void add_headings(const struct dg_drafting *d, struct dg_buf *out)
{
    const struct dg_mandate *mandate = &d->mandate;

    for (size_t i = 0; i < mandate->recipient_count; i++)
        for (size_t k = 0; k < mandate->recipient[i].cited_count; k++)
            if (!cited_before(mandate, i, k))
                add_outline(d, mandate->recipient[i].cited[k].rule, out);
    if (mandate->recipient_count == 0)
        add_outline(d, d->made.rule, out);
}

void dg_consolidation_write(const struct dg_drafting *d, struct dg_buf *out)
{
    add_header(d, out);
    add_reported(d, out);
    add_absent(d, out);
    add_left_out(d, out);
    add_headings(d, out);
}
