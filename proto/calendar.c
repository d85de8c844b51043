/* calendar.c - the body of a calendar. */
#include "proto/calendar.h"

#include "common/limits.h"
#include "proto/calendar_form.h"

/* --- writing -------------------------------------------------------------------------------- */

static void write_entry(struct dg_pb_out *out, const struct dg_calendar_entry *entry,
                        Dgpb__CalendarEntry *wire)
{
    wire->rule = dg_pb_bytes(entry->rule);
    wire->period = dg_pb_bytes(entry->period);
    wire->n_level = dg_pb_views(out, entry->level.count, entry->level.item, &wire->level);
    wire->first = dg_pb_day_view(out, entry->first);
    wire->cutoff = dg_pb_day_view(out, entry->cutoff);
    wire->due = dg_pb_day_view(out, entry->due);
    dg_pb_optional(&wire->has_replaced_by, &wire->replaced_by, entry->replaced_by);
}

static void write_meeting(struct dg_pb_out *out, const struct dg_meeting *meeting, Dgpb__Meeting *wire)
{
    wire->name = dg_pb_bytes(meeting->name);
    wire->date = dg_pb_day_view(out, meeting->date);
    wire->n_participant =
        dg_pb_views(out, meeting->participant_count, meeting->participant, &wire->participant);
}

static void write_head(struct dg_pb_out *out, const struct dg_calendar *calendar, Dgpb__Calendar *wire)
{
    struct dg_issuer_wire issuer = dg_pb_write_issuer(&calendar->issuer);

    wire->version = DG_PB_VERSION;
    wire->federation = issuer.federation;
    wire->organ = issuer.organ;
    wire->unit = issuer.unit;
    wire->certificate = issuer.certificate;
    wire->signed_ms = issuer.signed_ms;
    wire->serial = calendar->serial;
    wire->name = dg_pb_bytes(calendar->name);
    wire->title = dg_pb_bytes(calendar->title);
    wire->from = dg_pb_day_view(out, calendar->from);
    wire->until = dg_pb_day_view(out, calendar->until);
    wire->remind_after = calendar->remind_after_days;
    wire->remind_every = calendar->remind_every_days;
    wire->escalate_after = calendar->escalate_after;
}

enum dg_err dg_calendar_encode(const struct dg_calendar *calendar, struct dg_buf *out)
{
    Dgpb__Calendar wire = DGPB__CALENDAR__INIT;
    struct dg_pb_out pb;

    dg_pb_out_start(&pb);
    write_head(&pb, calendar, &wire);
    wire.n_entry = dg_pb_messages(&pb, calendar->entry_count, &dgpb__calendar_entry__descriptor, &wire.entry);
    for (size_t i = 0; i < wire.n_entry; i++)
        write_entry(&pb, &calendar->entry[i], wire.entry[i]);
    wire.n_meeting = dg_pb_messages(&pb, calendar->meeting_count, &dgpb__meeting__descriptor, &wire.meeting);
    for (size_t i = 0; i < wire.n_meeting; i++)
        write_meeting(&pb, &calendar->meeting[i], wire.meeting[i]);
    return dg_pb_out_end(&pb, &wire.base, out);
}

/* --- order ---------------------------------------------------------------------------------- */

/* Less than, equal to or greater than 0; a list that begins another comes first. */
static int compare_levels(const struct dg_slugs *a, const struct dg_slugs *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++) {
        int order = dg_bytes_compare(a->item[i], b->item[i]);
        if (order != 0)
            return order;
    }
    return (a->count > b->count) - (a->count < b->count);
}

/* By rule and period: the entries that are compared level by level. */
static int compare_owed(const struct dg_calendar_entry *a, const struct dg_calendar_entry *b)
{
    int order = dg_bytes_compare(a->rule, b->rule);

    return order != 0 ? order : dg_bytes_compare(a->period, b->period);
}

/* True when some level has two due days. No levels means every level. */
static bool levels_meet(const struct dg_slugs *a, const struct dg_slugs *b)
{
    if (a->count == 0 || b->count == 0)
        return true;
    for (size_t i = 0; i < a->count; i++) {
        for (size_t j = 0; j < b->count; j++) {
            if (dg_bytes_equal(a->item[i], b->item[j]))
                return true;
        }
    }
    return false;
}

/* Of entries in order only those just before are about the same rule and period, and as each has a level
 * of its own there are at most as many as there are levels. */
static void check_entry_order(struct dg_pb *pb, const struct dg_calendar_entry *entry, size_t count)
{
    for (size_t i = 1; i < count && pb->err == DG_OK; i++) {
        int order = compare_owed(&entry[i - 1], &entry[i]);
        for (size_t j = i; j-- > 0 && compare_owed(&entry[j], &entry[i]) == 0;) {
            if (levels_meet(&entry[j].level, &entry[i].level)) {
                dg_pb_fail(pb, DG_ERR_MALFORMED, "entry twice");
                return;
            }
        }
        if (order > 0 || (order == 0 && compare_levels(&entry[i - 1].level, &entry[i].level) > 0))
            dg_pb_fail(pb, DG_ERR_NOT_CANONICAL, "order of entries");
    }
}

static void check_meeting_order(struct dg_pb *pb, const struct dg_meeting *meeting, size_t count)
{
    for (size_t i = 1; i < count && pb->err == DG_OK; i++) {
        const struct dg_meeting *before = &meeting[i - 1];
        int order = (before->date.n > meeting[i].date.n) - (before->date.n < meeting[i].date.n);
        if (order == 0)
            order = dg_bytes_compare(before->name, meeting[i].name);
        if (order == 0)
            dg_pb_fail(pb, DG_ERR_MALFORMED, "meeting twice");
        else if (order > 0)
            dg_pb_fail(pb, DG_ERR_NOT_CANONICAL, "order of meetings");
    }
}

/* --- reading -------------------------------------------------------------------------------- */

/* Each limit is at most DG_REMIND_MAX, so that adding it to a day never overflows. */
static uint32_t read_reminding(struct dg_pb *pb, uint32_t value, const char *what)
{
    if (value > DG_REMIND_MAX)
        dg_pb_fail(pb, DG_ERR_TOO_LARGE, what);
    return value;
}

static void read_head(struct dg_pb *pb, const Dgpb__Calendar *wire, struct dg_calendar *ret)
{
    ret->issuer = dg_pb_read_issuer(pb, DG_ISSUER_WIRE(wire));
    ret->serial = dg_pb_ordinal(pb, wire->serial, "serial");
    ret->name = dg_pb_slug(pb, wire->name, "name");
    ret->title = dg_pb_line(pb, wire->title, DG_TITLE_MAX, "title");
    ret->from = dg_pb_day(pb, wire->from, "from");
    ret->until = dg_pb_day(pb, wire->until, "until");
    if (ret->from.n > ret->until.n)
        dg_pb_fail(pb, DG_ERR_BAD_DATE, "until");
    ret->remind_after_days = read_reminding(pb, wire->remind_after, "remind_after");
    ret->remind_every_days =
        read_reminding(pb, dg_pb_ordinal(pb, wire->remind_every, "remind_every"), "remind_every");
    ret->escalate_after = read_reminding(pb, wire->escalate_after, "escalate_after");
}

static struct dg_bytes read_level(struct dg_pb *pb, ProtobufCBinaryData value, const char *what)
{
    struct dg_bytes level = dg_pb_slug(pb, value, what);

    if (pb->err == DG_OK && !dg_level_known(level))
        dg_pb_fail(pb, DG_ERR_UNSUPPORTED, what);
    return level;
}

static struct dg_slugs read_levels(struct dg_pb *pb, const Dgpb__CalendarEntry *wire)
{
    struct dg_slugs level = {0};

    level.count =
        dg_pb_list(pb, wire->n_level, wire->level, DG_LEVEL_COUNT, read_level, &level.item, "level");
    for (size_t i = 1; i < level.count && pb->err == DG_OK; i++) {
        if (dg_bytes_compare(level.item[i - 1], level.item[i]) >= 0)
            dg_pb_fail(pb, DG_ERR_NOT_CANONICAL, "order of levels");
    }
    return level;
}

/* The longer period whose report stands for this one. */
static struct dg_bytes read_replaced_by(struct dg_pb *pb, const Dgpb__CalendarEntry *wire)
{
    struct dg_period period, longer;

    if (!dg_pb_present(pb, wire->has_replaced_by, wire->replaced_by))
        return dg_bytes_at(NULL, 0);
    struct dg_bytes text = dg_pb_period(pb, wire->replaced_by, "replaced_by");
    if (pb->err != DG_OK)
        return text;
    bool known = dg_period_parse(dg_bytes_at(wire->period.data, wire->period.len), &period) &&
                 dg_period_parse(text, &longer);
    if (!known || longer.cadence == period.cadence || !dg_period_contains(&longer, &period))
        dg_pb_fail(pb, DG_ERR_BAD_PERIOD, "replaced_by");
    return text;
}

static void read_entry(struct dg_pb *pb, const Dgpb__CalendarEntry *wire, const struct dg_calendar *calendar,
                       struct dg_calendar_entry *ret)
{
    ret->rule = dg_pb_rule_id(pb, wire->rule, "rule");
    ret->period = dg_pb_period(pb, wire->period, "period");
    ret->level = read_levels(pb, wire);
    ret->first = dg_pb_day(pb, wire->first, "first");
    ret->cutoff = dg_pb_day(pb, wire->cutoff, "cutoff");
    ret->due = dg_pb_day(pb, wire->due, "due");
    ret->replaced_by = read_replaced_by(pb, wire);
    if (ret->first.n > ret->cutoff.n || ret->cutoff.n > ret->due.n)
        dg_pb_fail(pb, DG_ERR_BAD_DATE, "cutoff");
    if (ret->due.n < calendar->from.n || ret->due.n > calendar->until.n)
        dg_pb_fail(pb, DG_ERR_BAD_DATE, "due");
}

static void read_meeting(struct dg_pb *pb, const Dgpb__Meeting *wire, struct dg_meeting *ret)
{
    struct dg_pb_pair *pairs = NULL;

    ret->name = dg_pb_slug(pb, wire->name, "meeting");
    ret->date = dg_pb_day(pb, wire->date, "meeting");
    ret->participant_count = dg_pb_list(pb, wire->n_participant, wire->participant, DG_PARTICIPANTS_MAX,
                                        dg_pb_address, &ret->participant, "participant");
    size_t count =
        dg_pb_array(pb, ret->participant_count, DG_PARTICIPANTS_MAX, sizeof *pairs, &pairs, "participant");
    for (size_t i = 0; i < count; i++)
        pairs[i] = (struct dg_pb_pair){.first = ret->participant[i]};
    if (pb->err == DG_OK)
        dg_pb_unique(pb, pairs, count, "participant twice");
}

static void read_lists(struct dg_pb *pb, const Dgpb__Calendar *wire, struct dg_calendar *ret)
{
    ret->entry_count =
        dg_pb_array(pb, wire->n_entry, DG_CALENDAR_ENTRIES_MAX, sizeof *ret->entry, &ret->entry, "entry");
    for (size_t i = 0; i < ret->entry_count; i++)
        read_entry(pb, wire->entry[i], ret, &ret->entry[i]);
    check_entry_order(pb, ret->entry, ret->entry_count);
    ret->meeting_count =
        dg_pb_array(pb, wire->n_meeting, DG_MEETINGS_MAX, sizeof *ret->meeting, &ret->meeting, "meeting");
    for (size_t i = 0; i < ret->meeting_count; i++)
        read_meeting(pb, wire->meeting[i], &ret->meeting[i]);
    check_meeting_order(pb, ret->meeting, ret->meeting_count);
}

enum dg_err dg_calendar_decode(struct dg_arena *arena, struct dg_bytes body, struct dg_calendar *ret,
                               struct dg_fault *fault)
{
    struct dg_calendar calendar = {0};
    struct dg_pb pb;

    dg_pb_start(&pb, arena, DG_CANONICAL_BUDGET(body.size), fault);
    const Dgpb__Calendar *wire =
        dg_pb_unpack(&pb, &dgpb__calendar__descriptor, body, DG_CALENDAR_MAX, DG_PB_CANONICAL);
    if (wire == NULL)
        return pb.err;
    read_head(&pb, wire, &calendar);
    read_lists(&pb, wire, &calendar);
    if (pb.err == DG_OK)
        *ret = calendar;
    return pb.err;
}
