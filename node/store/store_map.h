/* store_map.h - an ordered map from bytes to bytes: a skip list, for the store of the simulator.
 *
 * Life:    a zeroed map is empty; dg_map_done frees its rows.
 * Memory:  rows and values are the caller's to make and free while they are not in a map, so that a
 *          transaction can take one out and put it back.
 * Heights come from the map's own generator: the same calls give the same list.
 */
#ifndef DG_NODE_STORE_STORE_MAP_H
#define DG_NODE_STORE_STORE_MAP_H

#include "common/bytes.h"

enum { DG_MAP_LEVELS = 12 }; /* with one in four rising, good for 4^12 rows */

struct dg_map_value {
    size_t size;
    uint8_t bytes[];
};

struct dg_map_row {
    struct dg_map_value *value;
    struct dg_map_row *prev;
    size_t key_size;
    unsigned height;
    struct dg_map_row *next[]; /* height of them, then the key's bytes */
};

struct dg_map {
    struct dg_map_row *first[DG_MAP_LEVELS];
    struct dg_map_row *last[DG_MAP_LEVELS]; /* so that appending needs no search */
    size_t rows;
    uint64_t random;
    uint64_t changes; /* counts inserts and removals, so that a stale cursor is noticed */
};

/* A value with a copy of bytes. NULL when memory is spent. */
struct dg_map_value *dg_map_value_new(struct dg_bytes bytes);
/* A row outside the map with a copy of key; takes value. NULL when memory is spent. */
struct dg_map_row *dg_map_row_new(struct dg_map *map, struct dg_bytes key, struct dg_map_value *value);
/* Frees a row that is not in a map, with its value. */
void dg_map_row_free(struct dg_map_row *row);
/* A view of the row's key, valid as long as the row. */
struct dg_bytes dg_map_row_key(const struct dg_map_row *row);

/* The row of key, or NULL. */
struct dg_map_row *dg_map_find(const struct dg_map *map, struct dg_bytes key);
/* The first row whose key is key or greater, or NULL. */
struct dg_map_row *dg_map_seek(const struct dg_map *map, struct dg_bytes key);
/* Takes a row whose key the map does not have. */
void dg_map_insert(struct dg_map *map, struct dg_map_row *row);
/* Takes a row out of its map; it is the caller's again. */
void dg_map_remove(struct dg_map *map, struct dg_map_row *row);
/* Frees every row with its value; the map is then empty. */
void dg_map_done(struct dg_map *map);

#endif
