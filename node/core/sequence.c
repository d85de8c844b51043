/* sequence.c - were all the reports that a unit numbered for this one let through?
 *
 * An author's unit counts its reports for each unit they go to (to_seq). Reports may overtake each other, so
 * a missing number means something only after a while; a number given twice, at once. Neither keeps a report
 * from being taken: somebody is told, and it is for people to ask what happened.
 *
 * Joint reports are counted apart, in a series of their own: a draft may wait for its signatures, or be taken
 * back, and then its void fills the place of its number.
 */
#include <stdio.h>
#include <string.h>

#include "node/core/node_impl.h"

enum {
    RANGES_MAX = 32,      /* of numbers beyond the first gap; more of them are not waited for */
    REPEAT_MS = 86400000, /* one unit's repeated numbers are told once a day */
};

/* The two series of one author's unit. */
static const struct series {
    char prefix[16];
    dg_ms patience; /* how long a number may be missing before it is told */
} alone = {"seen-seq/", 3600000}, joint = {"seen-joint/", (dg_ms)(DG_JOINT_DRAFT_DAYS + 1) * 86400000};

struct range {
    uint64_t first, last;
};

/* What was seen of one author's unit in one epoch of its log. */
struct sequence {
    uint64_t low;      /* up to here all were seen, or told to be missing */
    dg_ms gap_since;   /* when the present gap was noticed; 0: none that was not told */
    uint64_t told;     /* gaps up to here were told */
    dg_ms repeat_told; /* when a repeated number was; 0: never */
    size_t count;
    struct range range[RANGES_MAX + 1]; /* ascending, with a gap before each */
};

/* ---- the row ------------------------------------------------------------------------------------- */

static struct dg_row_key key_of(const struct series *series, struct dg_bytes unit, uint32_t epoch)
{
    char name[sizeof series->prefix + DG_SLUG_MAX + 16];
    (void)snprintf(name, sizeof name, "%s%.*s/e%u", series->prefix, (int)unit.size, (const char *)unit.data,
                   (unsigned)epoch);
    return dg_key_name(name);
}

static bool sequence_read(struct dg_txn *txn, struct dg_bytes value, struct sequence *ret)
{
    struct dg_row row = {.rest = value};
    ret->low = dg_row_u64(&row);
    ret->gap_since = (dg_ms)dg_row_u64(&row);
    ret->told = dg_row_u64(&row);
    ret->repeat_told = (dg_ms)dg_row_u64(&row);
    ret->count = dg_row_u8(&row);
    if (ret->count > RANGES_MAX)
        row.bad = true;
    for (size_t i = 0; !row.bad && i < ret->count; i++) {
        ret->range[i].first = dg_row_u64(&row);
        ret->range[i].last = dg_row_u64(&row);
    }
    return dg_row_good(txn, &row);
}

static void sequence_put(struct dg_txn *txn, const struct dg_row_key *key, const struct sequence *sequence)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 1024);
    dg_buf_add_u64be(&buf, sequence->low);
    dg_buf_add_u64be(&buf, (uint64_t)sequence->gap_since);
    dg_buf_add_u64be(&buf, sequence->told);
    dg_buf_add_u64be(&buf, (uint64_t)sequence->repeat_told);
    dg_buf_add_u8(&buf, (uint8_t)sequence->count);
    for (size_t i = 0; i < sequence->count; i++) {
        dg_buf_add_u64be(&buf, sequence->range[i].first);
        dg_buf_add_u64be(&buf, sequence->range[i].last);
    }
    dg_row_put(txn, DG_TABLE_META, key, &buf);
}

/* ---- numbers ------------------------------------------------------------------------------------- */

static bool was_seen(const struct sequence *sequence, uint64_t number)
{
    for (size_t i = 0; i < sequence->count; i++)
        if (number >= sequence->range[i].first && number <= sequence->range[i].last)
            return true;
    return number <= sequence->low;
}

static void remove_range(struct sequence *sequence, size_t i)
{
    sequence->count--;
    memmove(&sequence->range[i], &sequence->range[i + 1], (sequence->count - i) * sizeof sequence->range[0]);
}

/* Puts a number that was not seen before in its place, and joins what it connects. */
static void insert(struct sequence *sequence, uint64_t number)
{
    struct range *range = sequence->range;
    size_t i = 0;
    while (i < sequence->count && range[i].first < number)
        i++;
    memmove(&range[i + 1], &range[i], (sequence->count - i) * sizeof range[0]);
    range[i] = (struct range){number, number};
    sequence->count++;
    if (i + 1 < sequence->count && range[i + 1].first == number + 1) {
        range[i].last = range[i + 1].last;
        remove_range(sequence, i + 1);
    }
    if (i > 0 && range[i - 1].last + 1 == number) {
        range[i - 1].last = range[i].last;
        remove_range(sequence, i);
    }
    if (range[0].first == sequence->low + 1) {
        sequence->low = range[0].last;
        remove_range(sequence, 0);
    }
}

/* True when a number is missing that was not told yet. */
static bool has_new_gap(const struct sequence *sequence)
{
    return sequence->count > 0 && sequence->range[sequence->count - 1].first - 1 > sequence->told;
}

/* ---- telling ------------------------------------------------------------------------------------- */

/* The first gap that was not told, and that there are more. */
static void tell_gap(struct dg_txn *txn, struct dg_bytes unit, struct sequence *sequence, dg_ms now)
{
    char detail[64];
    uint64_t before = sequence->low;
    size_t i = 0;
    for (; i + 1 < sequence->count && sequence->range[i].first - 1 <= sequence->told; i++)
        before = sequence->range[i].last;
    int size =
        snprintf(detail, sizeof detail, "%llu-%llu%s", (unsigned long long)before + 1,
                 (unsigned long long)sequence->range[i].first - 1, i + 1 < sequence->count ? ", …" : "");
    dg_attention_put(txn, now, DG_ERR_SEQUENCE_GAP, unit, dg_bytes_at(detail, size > 0 ? (size_t)size : 0));
    sequence->told = sequence->range[sequence->count - 1].last;
    sequence->gap_since = 0;
}

static void tell_repeat(struct dg_txn *txn, struct dg_bytes unit, struct sequence *sequence, uint64_t number,
                        const struct dg_id *id, dg_ms now)
{
    char hex[DG_HEX_BYTES], detail[DG_HEX_BYTES + 32];
    if (sequence->repeat_told != 0 && now - sequence->repeat_told < REPEAT_MS && now >= sequence->repeat_told)
        return;
    dg_hex(id->b, sizeof id->b, hex);
    int size = snprintf(detail, sizeof detail, "%llu: %s", (unsigned long long)number, hex);
    dg_attention_put(txn, now, DG_ERR_SEQUENCE_REPEATED, unit,
                     dg_bytes_at(detail, size > 0 ? (size_t)size : 0));
    sequence->repeat_told = now;
}

/* ---- what the node does -------------------------------------------------------------------------- */

/* A number of one author's unit for this one, and what has it. */
struct number {
    const struct series *series;
    struct dg_bytes unit; /* the author's */
    uint32_t epoch;
    uint64_t at;
    const struct dg_id *id; /* of the report, or of the draft that was taken back */
};

/* A number that a report has and a void, or two voids: the author's unit contradicts itself. */
static void tell_broken(struct dg_txn *txn, const struct number *number, dg_ms now)
{
    char hex[DG_HEX_BYTES], detail[DG_HEX_BYTES + 32];
    dg_hex(number->id->b, sizeof number->id->b, hex);
    int size = snprintf(detail, sizeof detail, "%llu: %s", (unsigned long long)number->at, hex);
    dg_attention_once(txn, now, DG_ERR_VOID_BROKEN, number->unit,
                      dg_bytes_at(detail, size > 0 ? (size_t)size : 0));
}

/* Notes a number; broken: whoever saw it before, it was taken back. */
static void see(struct dg_txn *txn, const struct number *number, bool broken, dg_ms now)
{
    struct dg_bytes value;
    struct dg_row_key key = key_of(number->series, number->unit, number->epoch);
    struct sequence sequence = {.low = 0};
    if (dg_get(txn, DG_TABLE_META, dg_row_key_bytes(&key), &value) && !sequence_read(txn, value, &sequence))
        return;
    bool seen = was_seen(&sequence, number->at);
    if (!seen)
        insert(&sequence, number->at);
    else if (broken)
        tell_broken(txn, number, now);
    else
        tell_repeat(txn, number->unit, &sequence, number->at, number->id, now);
    if (!has_new_gap(&sequence))
        sequence.gap_since = 0;
    else if (sequence.gap_since == 0)
        sequence.gap_since = now;
    if (sequence.count > RANGES_MAX) {
        if (sequence.range[0].first - 1 > sequence.told)
            tell_gap(txn, number->unit, &sequence, now); /* of all of them: the next needs as many new ones */
        sequence.low = sequence.range[0].last;
        remove_range(&sequence, 0);
    }
    sequence_put(txn, &key, &sequence);
}

void dg_sequence_see(struct dg_node *node, struct dg_txn *txn, const struct dg_report *report,
                     const struct dg_id *id, dg_ms now)
{
    struct dg_bytes self = dg_bytes_of(node->identity.unit);
    struct number number = {.series = report->author_count > 1 ? &joint : &alone,
                            .unit = report->author[0].unit,
                            .epoch = report->epoch,
                            .id = id};
    if (dg_bytes_equal(number.unit, self))
        return;
    for (size_t i = 0; i < report->to_seq_count; i++) {
        if (!dg_bytes_equal(report->to_seq[i].unit, self))
            continue;
        number.at = report->to_seq[i].seq;
        bool broken =
            number.series == &joint && dg_void_names(txn, number.unit, number.epoch, self, number.at);
        see(txn, &number, broken, now);
    }
}

void dg_sequence_void(struct dg_txn *txn, struct dg_bytes unit, uint32_t epoch, uint64_t number,
                      const struct dg_id *draft, dg_ms now)
{
    see(txn, &(struct number){&joint, unit, epoch, number, draft}, true, now);
}

struct late {
    size_t count;
    struct dg_bytes name[64]; /* the rest is found an hour later */
};

static void find_late(struct dg_txn *txn, const struct series *series, dg_ms now, struct late *late)
{
    struct dg_row_key prefix = dg_key_name(series->prefix);
    struct dg_cursor cursor;
    struct sequence sequence;
    dg_cursor_open(&cursor, txn, DG_TABLE_META);
    bool more = dg_cursor_seek(&cursor, dg_row_key_bytes(&prefix));
    while (more && dg_cursor_at_prefix(&cursor, dg_row_key_bytes(&prefix)) &&
           late->count < sizeof late->name / sizeof late->name[0]) {
        if (sequence_read(txn, cursor.value, &sequence) && sequence.gap_since != 0 &&
            now - sequence.gap_since >= series->patience)
            late->name[late->count++] = dg_arena_copy(txn->arena, cursor.key);
        more = dg_cursor_next(&cursor);
    }
    dg_cursor_close(&cursor);
}

static void tell_late(struct dg_txn *txn, const struct series *series, dg_ms now)
{
    struct late late = {.count = 0};
    find_late(txn, series, now, &late);
    for (size_t i = 0; i < late.count && txn->err == DG_OK; i++) {
        const size_t skipped = strlen(series->prefix);
        const uint8_t *name = late.name[i].data + skipped;
        const uint8_t *slash = memchr(name, '/', late.name[i].size - skipped);
        struct dg_row_key key = dg_key_name(dg_arena_string(txn->arena, late.name[i]));
        struct sequence sequence;
        struct dg_bytes value;
        if (slash == NULL || !dg_get(txn, DG_TABLE_META, late.name[i], &value) ||
            !sequence_read(txn, value, &sequence))
            continue;
        tell_gap(txn, dg_bytes_at(name, (size_t)(slash - name)), &sequence, now);
        sequence_put(txn, &key, &sequence);
    }
}

void dg_sequence_tell(struct dg_txn *txn, dg_ms now)
{
    tell_late(txn, &alone, now);
    tell_late(txn, &joint, now);
}
