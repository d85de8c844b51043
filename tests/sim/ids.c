/* ids.c - lists that grow, and ordered sets of ids. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/laws.h"

void *sim_grow(void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    size_t wider = *capacity == 0 ? 64 : 2 * *capacity;
    while (wider <= count)
        wider *= 2;
    void *grown = realloc(items, wider * size);
    assert(grown != NULL);
    memset((char *)grown + *capacity * size, 0, (wider - *capacity) * size);
    *capacity = wider;
    return grown;
}

static size_t ids_place(const struct sim_ids *ids, const struct dg_id *id)
{
    size_t low = 0, high = ids->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (memcmp(ids->id[middle].b, id->b, sizeof id->b) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool sim_ids_has(const struct sim_ids *ids, const struct dg_id *id)
{
    size_t at = ids_place(ids, id);
    return at < ids->count && dg_id_equal(&ids->id[at], id);
}

bool sim_ids_add(struct sim_ids *ids, const struct dg_id *id)
{
    if (sim_ids_has(ids, id))
        return false;
    ids->id = sim_grow(ids->id, ids->count, &ids->capacity, sizeof *ids->id);
    size_t at = ids_place(ids, id);
    memmove(ids->id + at + 1, ids->id + at, (ids->count - at) * sizeof *ids->id);
    ids->id[at] = *id;
    ids->count++;
    return true;
}
