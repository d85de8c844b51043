/* identity.c - what a store says its node is, and how it is founded. */
#include "node/core/identity.h"

#include <stdio.h>
#include <string.h>

#include "node/core/node_impl.h"

/* ---- META "identity" ---------------------------------------------------------------------------- */

static void copy_text(struct dg_bytes text, char *ret, size_t size, struct dg_row *row)
{
    if (text.size >= size) {
        row->bad = true;
        return;
    }
    if (text.size > 0)
        memcpy(ret, text.data, text.size);
    ret[text.size] = '\0';
}

struct dg_bytes dg_identity_row(struct dg_txn *txn)
{
    struct dg_row_key key = dg_key_name("identity");
    struct dg_bytes value;
    return dg_get(txn, DG_TABLE_META, dg_row_key_bytes(&key), &value) ? value : dg_bytes_at(NULL, 0);
}

bool dg_identity_parse(struct dg_bytes value, struct dg_identity *ret)
{
    struct dg_row row = {.rest = value};
    struct dg_identity id;
    memset(&id, 0, sizeof id);
    copy_text(dg_row_run(&row), id.federation, sizeof id.federation, &row);
    copy_text(dg_row_run(&row), id.unit, sizeof id.unit, &row);
    copy_text(dg_row_run(&row), id.parent, sizeof id.parent, &row);
    copy_text(dg_row_run(&row), id.parent_endpoint, sizeof id.parent_endpoint, &row);
    dg_row_fixed(&row, id.parent_key.b, sizeof id.parent_key.b);
    dg_row_fixed(&row, id.federation_key.b, sizeof id.federation_key.b);
    dg_row_fixed(&row, id.certificate.b, sizeof id.certificate.b);
    dg_row_fixed(&row, id.unit_key.b, sizeof id.unit_key.b);
    dg_row_fixed(&row, id.log_key.b, sizeof id.log_key.b);
    dg_row_fixed(&row, id.transport.b, sizeof id.transport.b);
    id.epoch = dg_row_u32(&row);
    if (!dg_row_ended(&row))
        return false;
    dg_origin_write(dg_bytes_of(id.federation), dg_bytes_of(id.unit), id.epoch, id.origin);
    *ret = id;
    return true;
}

bool dg_identity_load(struct dg_txn *txn, struct dg_identity *ret)
{
    struct dg_bytes row = dg_identity_row(txn);
    if (row.size == 0)
        return false;
    bool good = dg_identity_parse(row, ret);
    if (!good)
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
    return good;
}

void dg_identity_store(struct dg_txn *txn, const struct dg_identity *id)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 4096);
    dg_row_add_run(&buf, dg_bytes_of(id->federation));
    dg_row_add_run(&buf, dg_bytes_of(id->unit));
    dg_row_add_run(&buf, dg_bytes_of(id->parent));
    dg_row_add_run(&buf, dg_bytes_of(id->parent_endpoint));
    dg_buf_add(&buf, id->parent_key.b, sizeof id->parent_key.b);
    dg_buf_add(&buf, id->federation_key.b, sizeof id->federation_key.b);
    dg_buf_add(&buf, id->certificate.b, sizeof id->certificate.b);
    dg_buf_add(&buf, id->unit_key.b, sizeof id->unit_key.b);
    dg_buf_add(&buf, id->log_key.b, sizeof id->log_key.b);
    dg_buf_add(&buf, id->transport.b, sizeof id->transport.b);
    dg_buf_add_u32be(&buf, id->epoch);
    struct dg_row_key key = dg_key_name("identity");
    if (buf.err != DG_OK)
        dg_txn_fail(txn, buf.err);
    else
        dg_put(txn, DG_TABLE_META, dg_row_key_bytes(&key), dg_buf_bytes(&buf));
    dg_buf_done(&buf);
}

void dg_origin_write(struct dg_bytes federation, struct dg_bytes unit, uint32_t epoch,
                     char ret[static DG_ORIGIN_MAX + 1])
{
    (void)snprintf(ret, DG_ORIGIN_MAX + 1, "%.*s/%.*s/e%u", (int)federation.size,
                   (const char *)federation.data, (int)unit.size, (const char *)unit.data, (unsigned)epoch);
}
