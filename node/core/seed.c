/* seed.c - the rows of a store without which its neighbours could not be asked for the rest. */
#include "node/core/seed.h"

#include "node/core/node_impl.h"

struct seeding {
    struct dg_txn *txn;
    struct dg_identity identity;
    struct dg_directory dir;
    bool (*each)(void *ctx, enum dg_table table, struct dg_bytes key, struct dg_bytes value);
    void *ctx;
    bool more;
};

bool dg_seed_has(enum dg_table table)
{
    return table == DG_TABLE_META || table == DG_TABLE_DIRECTORY || table == DG_TABLE_CERT_IX ||
           table == DG_TABLE_CHECKPOINT || table == DG_TABLE_REGIME;
}

static void give(struct seeding *s, enum dg_table table, struct dg_bytes key)
{
    struct dg_bytes value;
    if (s->more && dg_get(s->txn, table, key, &value))
        s->more = s->each(s->ctx, table, key, value);
}

/* Everything about the units above it and itself; of those directly below, that they are there. */
static bool belongs(const struct seeding *s, const struct dg_dir_row *row)
{
    const struct dg_dir_unit *self = dg_directory_unit(&s->dir, dg_bytes_of(s->identity.unit));
    const struct dg_dir_unit *unit = dg_directory_unit(&s->dir, row->unit);
    if (self == NULL || unit == NULL)
        return false;
    return dg_dir_unit_within(self, unit) ||
           (row->kind == 'u' && dg_bytes_is(unit->parent_slug, s->identity.unit));
}

static bool give_row(void *ctx, const struct dg_dir_row *row)
{
    struct seeding *s = ctx;
    struct dg_adoption adoption;
    if (!belongs(s, row))
        return true;
    give(s, DG_TABLE_DIRECTORY, row->key);
    if (row->origin.size > 0 && row->checkpoint_size > 0) {
        struct dg_row_key key = dg_key_checkpoint(row->origin, row->checkpoint_size);
        give(s, DG_TABLE_CHECKPOINT, dg_row_key_bytes(&key));
    }
    if (row->kind != 'r') {
        struct dg_cert_id id = dg_certificate_id(row->record.sealed.body);
        give(s, DG_TABLE_CERT_IX, dg_bytes_at(id.b, sizeof id.b));
    } else if (dg_adoption_decode(s->txn->arena, row->record.sealed.body, &adoption, NULL) == DG_OK) {
        give(s, DG_TABLE_REGIME, dg_bytes_at(adoption.regime.b, sizeof adoption.regime.b));
    }
    return s->more;
}

void dg_seed_each(struct dg_txn *txn,
                  bool (*each)(void *ctx, enum dg_table table, struct dg_bytes key, struct dg_bytes value),
                  void *ctx)
{
    struct seeding s = {.txn = txn, .each = each, .ctx = ctx, .more = true};
    struct dg_row_key key = dg_key_name("identity");
    if (!dg_identity_load(txn, &s.identity) || dg_directory_load(txn, txn->arena, &s.dir) != DG_OK)
        return;
    give(&s, DG_TABLE_META, dg_row_key_bytes(&key));
    dg_dir_each(txn, dg_bytes_at(NULL, 0), give_row, &s);
}
