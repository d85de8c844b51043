/* fate.c - decisions by name: a counter for each, a hash for its value, a list of those that struck. */
#include "tests/sim/fate.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
#define X(id, name, what) name,
    SIM_FATES(X)
#undef X
};

const char *sim_fate_kind_name(enum sim_fate_kind kind)
{
    return kind_names[kind];
}

/* ---- lists --------------------------------------------------------------------------------------- */

void sim_fates_add(struct sim_fates *fates, struct sim_fate_name name)
{
    if (fates->count == fates->capacity) {
        fates->capacity = fates->capacity == 0 ? 64 : 2 * fates->capacity;
        fates->name = realloc(fates->name, fates->capacity * sizeof fates->name[0]);
        assert(fates->name != NULL);
    }
    fates->name[fates->count++] = name;
}

void sim_fates_done(struct sim_fates *fates)
{
    free(fates->name);
    *fates = (struct sim_fates){.count = 0};
}

static int compare(const void *left, const void *right)
{
    const struct sim_fate_name *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->who != b->who)
        return a->who < b->who ? -1 : 1;
    return a->nth == b->nth ? 0 : a->nth < b->nth ? -1 : 1;
}

void sim_fates_text(const struct sim_fates *fates, char *ret, size_t size)
{
    size_t used = 0;
    ret[0] = '\0';
    for (size_t i = 0; i < fates->count && used < size; i++) {
        const struct sim_fate_name *name = &fates->name[i];
        int added = snprintf(ret + used, size - used, "%s%s/%u/%u", i > 0 ? "," : "", kind_names[name->kind],
                             (unsigned)name->who, (unsigned)name->nth);
        used += added > 0 ? (size_t)added : 0;
    }
}

bool sim_fates_read(const char *text, struct sim_fates *ret)
{
    while (*text != '\0') {
        char kind[16];
        unsigned who, nth;
        int used = 0;
        size_t k = 0;
        if (sscanf(text, "%15[a-z-]/%u/%u%n", kind, &who, &nth, &used) != 3 || who >= SIM_FATE_WHO_MAX)
            return false;
        while (k < SIM_FATE_KINDS && strcmp(kind, kind_names[k]) != 0)
            k++;
        if (k == SIM_FATE_KINDS)
            return false;
        sim_fates_add(ret, (struct sim_fate_name){.kind = (uint16_t)k, .who = (uint16_t)who, .nth = nth});
        text += used;
        if (*text == ',')
            text++;
        else if (*text != '\0')
            return false;
    }
    return true;
}

/* ---- decisions ----------------------------------------------------------------------------------- */

void sim_fate_start(struct sim_fate *fate, uint64_t seed, const struct sim_fates *only)
{
    memset(fate, 0, sizeof *fate);
    fate->seed = seed;
    fate->listed = only != NULL;
    for (size_t i = 0; only != NULL && i < only->count; i++)
        sim_fates_add(&fate->only, only->name[i]);
    if (fate->only.count > 1)
        qsort(fate->only.name, fate->only.count, sizeof fate->only.name[0], compare);
}

void sim_fate_end(struct sim_fate *fate)
{
    sim_fates_done(&fate->only);
    sim_fates_done(&fate->struck);
}

struct sim_choice sim_fate_stream(const struct sim_fate *fate, enum sim_fate_kind kind, unsigned who,
                                  uint32_t nth)
{
    struct sim_choice choice;
    sim_choice_start(&choice, fate->seed ^ ((uint64_t)kind + 1) << 56 ^ (uint64_t)who << 40);
    choice.state += sim_draw(&choice) ^ nth * UINT64_C(0xd6e8feb86659fd93);
    return choice;
}

bool sim_fate_strikes_at(struct sim_fate *fate, enum sim_fate_kind kind, unsigned who, uint32_t nth,
                         unsigned rate)
{
    struct sim_fate_name name = {.kind = (uint16_t)kind, .who = (uint16_t)who, .nth = nth};
    if (rate == 0)
        return false;
    struct sim_choice stream = sim_fate_stream(fate, kind, who, nth);
    bool strikes = sim_chance(&stream, rate);
    if (fate->listed)
        strikes = fate->only.count > 0 && bsearch(&name, fate->only.name, fate->only.count,
                                                  sizeof fate->only.name[0], compare) != NULL;
    if (strikes) {
        fate->detail = stream;
        sim_fates_add(&fate->struck, name);
    }
    return strikes;
}

bool sim_fate_strikes(struct sim_fate *fate, enum sim_fate_kind kind, unsigned who, unsigned rate)
{
    assert(who < SIM_FATE_WHO_MAX);
    return rate > 0 && sim_fate_strikes_at(fate, kind, who, fate->asked[kind][who]++, rate);
}
