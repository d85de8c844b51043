#include "proto/state_table.h"

#include "common/line.h"
#include "common/text.h"

enum { CODES = DG_STATE_SOURCE_CHANGED + 1, NAME_BYTES_MAX = 64, FOLD_BUDGET = 32 * 1024 };

static const struct state_name {
    const char *english, *vietnamese;
} names[CODES] = {
#define X(code, name, english, vietnamese) [code] = {english, vietnamese},
    DG_STATES(X)
#undef X
};

#define TO(name) (1u << DG_STATE_##name)

/* Where a recipient may go from each code: bit n stands for code n. The work ends at refused or
 * done, which an organ may not take back; assigned may be repeated, to another hand. */
static const uint32_t moves[CODES] = {
    [DG_STATE_ARRIVED] = TO(REFUSED) | TO(ACCEPTED),
    [DG_STATE_REFUSED] = 0,
    [DG_STATE_ACCEPTED] = TO(ASSIGNED) | TO(PROCESSING) | TO(DONE),
    [DG_STATE_ASSIGNED] = TO(ASSIGNED) | TO(PROCESSING) | TO(DONE),
    [DG_STATE_PROCESSING] = TO(DONE),
    [DG_STATE_DONE] = 0,
    [DG_STATE_RECALL_REQUESTED] = TO(RECALL_AGREED) | TO(RECALL_REFUSED),
    [DG_STATE_RECALL_AGREED] = 0,
    [DG_STATE_RECALL_REFUSED] = 0,
    [DG_STATE_SOURCE_CHANGED] = 0,
};

/* What the author may ask back: whatever has arrived, finished or not. */
static const uint32_t recallable =
    TO(ARRIVED) | TO(REFUSED) | TO(ACCEPTED) | TO(ASSIGNED) | TO(PROCESSING) | TO(DONE);

const char *dg_state_name(uint32_t code)
{
    return code < CODES ? names[code].english : NULL;
}

const char *dg_state_name_vi(uint32_t code)
{
    return code < CODES ? names[code].vietnamese : NULL;
}

bool dg_state_may(uint32_t from, uint32_t to)
{
    return from < CODES && to < CODES && (moves[from] >> to & 1u) != 0;
}

bool dg_state_is_last(uint32_t code)
{
    return code == DG_STATE_REFUSED || code == DG_STATE_DONE;
}

bool dg_state_by_author(uint32_t code)
{
    return code == DG_STATE_RECALL_REQUESTED || code == DG_STATE_SOURCE_CHANGED;
}

bool dg_state_is_recall(uint32_t code)
{
    return code >= DG_STATE_RECALL_REQUESTED && code <= DG_STATE_RECALL_REFUSED;
}

bool dg_state_may_recall(uint32_t from)
{
    return from < CODES && (recallable >> from & 1u) != 0;
}

/* One or two digits. */
static bool parse_number(struct dg_bytes text, uint32_t *ret)
{
    uint64_t number;

    if (text.size == 2)
        (void)dg_line_skip(&text, "0");
    if (text.size > 2 || !dg_decimal_parse(text, &number) || dg_state_name((uint32_t)number) == NULL)
        return false;
    *ret = (uint32_t)number;
    return true;
}

/* Compares folded, so that neither case nor marks need to be typed. */
static bool parse_name(struct dg_arena *arena, struct dg_bytes text, uint32_t *ret)
{
    const char *wanted = dg_text_fold(arena, text);

    if (wanted[0] == '\0')
        return false;
    for (uint32_t code = 0; code < CODES; code++) {
        if (names[code].english == NULL)
            continue;
        if (dg_bytes_is(dg_bytes_of(wanted), names[code].english) ||
            dg_bytes_is(dg_bytes_of(wanted), dg_text_fold(arena, dg_bytes_of(names[code].vietnamese)))) {
            *ret = code;
            return true;
        }
    }
    return false;
}

bool dg_state_parse(struct dg_bytes text, uint32_t *ret)
{
    struct dg_arena arena;

    if (parse_number(text, ret))
        return true;
    if (text.size > NAME_BYTES_MAX)
        return false;
    dg_arena_init(&arena, FOLD_BUDGET);
    bool known = parse_name(&arena, text, ret);
    dg_arena_done(&arena);
    return known;
}
