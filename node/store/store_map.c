/* store_map.c - a skip list whose tail is known at every level. */
#include "node/store/store_map.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct dg_map_value *dg_map_value_new(struct dg_bytes bytes)
{
    struct dg_map_value *value = malloc(sizeof *value + bytes.size);
    if (value == NULL)
        return NULL;
    value->size = bytes.size;
    if (bytes.size > 0)
        memcpy(value->bytes, bytes.data, bytes.size);
    return value;
}

/* One row in four rises each level. Any generator does; xorshift is enough and repeats. */
static unsigned draw_height(struct dg_map *map)
{
    uint64_t x = map->random != 0 ? map->random : 0x9e3779b97f4a7c15u;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    map->random = x;
    unsigned height = 1;
    for (x >>= 16; height < DG_MAP_LEVELS && (x & 3) == 0; x >>= 2)
        height++;
    return height;
}

struct dg_map_row *dg_map_row_new(struct dg_map *map, struct dg_bytes key, struct dg_map_value *value)
{
    unsigned height = draw_height(map);
    struct dg_map_row *row = malloc(sizeof *row + height * sizeof row->next[0] + key.size);
    if (row == NULL)
        return NULL;
    *row = (struct dg_map_row){.value = value, .key_size = key.size, .height = height};
    memcpy(row->next + height, key.data, key.size);
    return row;
}

void dg_map_row_free(struct dg_map_row *row)
{
    if (row == NULL)
        return;
    free(row->value);
    free(row);
}

struct dg_bytes dg_map_row_key(const struct dg_map_row *row)
{
    return dg_bytes_at(row->next + row->height, row->key_size);
}

/* The inner loop of the map, hence not dg_bytes_compare, which is a call into another room. */
static int row_compare(const struct dg_map_row *row, struct dg_bytes key)
{
    size_t common = row->key_size < key.size ? row->key_size : key.size;
    int order = common == 0 ? 0 : memcmp(row->next + row->height, key.data, common);
    if (order != 0)
        return order;
    return (row->key_size > key.size) - (row->key_size < key.size);
}

/* Where the links at a level leave from: a row, or the map's head for NULL. */
static struct dg_map_row *follow(const struct dg_map *map, const struct dg_map_row *from, unsigned level)
{
    return from == NULL ? map->first[level] : from->next[level];
}

/* The last row before key at every level; NULL is the head. */
static void find_path(const struct dg_map *map, struct dg_bytes key, struct dg_map_row *ret[DG_MAP_LEVELS])
{
    struct dg_map_row *at = NULL;
    const struct dg_map_row *known = NULL; /* was compared a level above: key is not beyond it */
    for (unsigned level = DG_MAP_LEVELS; level-- > 0;) {
        struct dg_map_row *next = follow(map, at, level);
        while (next != NULL && next != known && row_compare(next, key) < 0) {
            at = next;
            next = follow(map, at, level);
        }
        known = next;
        ret[level] = at;
    }
}

struct dg_map_row *dg_map_seek(const struct dg_map *map, struct dg_bytes key)
{
    if (map->rows == 0 || row_compare(map->last[0], key) < 0)
        return NULL;
    struct dg_map_row *path[DG_MAP_LEVELS];
    find_path(map, key, path);
    return follow(map, path[0], 0);
}

struct dg_map_row *dg_map_find(const struct dg_map *map, struct dg_bytes key)
{
    struct dg_map_row *row = dg_map_seek(map, key);
    return row != NULL && row_compare(row, key) == 0 ? row : NULL;
}

static void link_row(struct dg_map *map, struct dg_map_row *row, struct dg_map_row *const path[])
{
    row->prev = path[0]; /* first of all: path may be map->last itself */
    for (unsigned level = 0; level < row->height; level++) {
        struct dg_map_row **link = path[level] == NULL ? &map->first[level] : &path[level]->next[level];
        row->next[level] = *link;
        *link = row;
        if (row->next[level] == NULL)
            map->last[level] = row;
    }
    if (row->next[0] != NULL)
        row->next[0]->prev = row;
}

void dg_map_insert(struct dg_map *map, struct dg_map_row *row)
{
    struct dg_bytes key = dg_map_row_key(row);
    if (map->rows == 0 || row_compare(map->last[0], key) < 0) {
        link_row(map, row, map->last);
    } else {
        struct dg_map_row *path[DG_MAP_LEVELS];
        find_path(map, key, path);
        link_row(map, row, path);
    }
    map->rows++;
    map->changes++;
}

void dg_map_remove(struct dg_map *map, struct dg_map_row *row)
{
    struct dg_map_row *path[DG_MAP_LEVELS];
    find_path(map, dg_map_row_key(row), path);
    assert(follow(map, path[0], 0) == row);
    for (unsigned level = 0; level < row->height; level++) {
        struct dg_map_row **link = path[level] == NULL ? &map->first[level] : &path[level]->next[level];
        *link = row->next[level];
        if (map->last[level] == row)
            map->last[level] = path[level];
    }
    if (row->next[0] != NULL)
        row->next[0]->prev = row->prev;
    map->rows--;
    map->changes++;
}

void dg_map_done(struct dg_map *map)
{
    struct dg_map_row *row = map->first[0];
    while (row != NULL) {
        struct dg_map_row *next = row->next[0];
        dg_map_row_free(row);
        row = next;
    }
    *map = (struct dg_map){0};
}
