/* ledger.c - this node's log in the LEAF and TREE tables. */
#include "node/core/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "node/core/mutant.h"
#include "node/core/rows.h"

/* ---- the tree ---------------------------------------------------------------------------------- */

/* Row i of TREE holds the hashes that leaf i completes: subtree (level, number) is completed by leaf
 * (number + 1)·2^level − 1, as hash number `level` of its row. */
static enum dg_err tree_read(void *ctx, unsigned level, uint64_t number, struct dg_hash *ret)
{
    struct dg_txn *txn = ctx;
    if (level >= DG_TREE_ROW_MAX)
        return DG_ERR_BAD_PROOF;
    uint64_t leaf = ((number + 1) << level) - 1;
    struct dg_row_key key = dg_key_u64(leaf);
    struct dg_bytes row;
    if (!dg_get(txn, DG_TABLE_TREE, dg_row_key_bytes(&key), &row) ||
        row.size < (size_t)(level + 1) * DG_HASH_BYTES) {
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
        return txn->err;
    }
    memcpy(ret->b, row.data + (size_t)level * DG_HASH_BYTES, DG_HASH_BYTES);
    return DG_OK;
}

struct dg_tree_reader dg_log_tree(struct dg_txn *txn)
{
    return (struct dg_tree_reader){.ctx = txn, .read = tree_read};
}

static void tree_append(struct dg_txn *txn, uint64_t index, struct dg_bytes leaf)
{
    struct dg_tree_reader tree = dg_log_tree(txn);
    struct dg_hash hash = dg_merkle_leaf(leaf);
    struct dg_hash row[DG_TREE_ROW_MAX];
    size_t count = 0;
    enum dg_err err = dg_tree_append(&tree, index, &hash, row, &count);
    if (err != DG_OK) {
        dg_txn_fail(txn, err);
        return;
    }
    struct dg_row_key key = dg_key_u64(index);
    dg_put(txn, DG_TABLE_TREE, dg_row_key_bytes(&key), dg_bytes_at(row, count * sizeof row[0]));
}

/* ---- the beacon -------------------------------------------------------------------------------- */

static bool beacon_load(struct dg_txn *txn, struct dg_bytes *ret_origin, uint64_t *ret_size,
                        struct dg_hash *ret_root)
{
    struct dg_row_key key = dg_key_name("beacon");
    struct dg_bytes value;
    if (!dg_get(txn, DG_TABLE_META, dg_row_key_bytes(&key), &value))
        return false;
    struct dg_row row = {.rest = value};
    *ret_origin = dg_row_run(&row);
    *ret_size = dg_row_u64(&row);
    dg_row_fixed(&row, ret_root->b, sizeof ret_root->b);
    if (!dg_row_ended(&row))
        dg_txn_fail(txn, DG_ERR_STORE_CORRUPT);
    return dg_row_ended(&row);
}

bool dg_beacon_get(struct dg_txn *txn, struct dg_bytes *ret_origin, uint64_t *ret_size)
{
    struct dg_hash root;
    return beacon_load(txn, ret_origin, ret_size, &root);
}

bool dg_ledger_beacon(struct dg_txn *txn, const struct dg_checkpoint *checkpoint)
{
    struct dg_bytes origin;
    uint64_t size;
    struct dg_hash root;
    if (beacon_load(txn, &origin, &size, &root) && dg_bytes_is(origin, checkpoint->origin) &&
        size >= checkpoint->size)
        return false;
    struct dg_buf buf;
    dg_buf_init(&buf, 1024);
    dg_row_add_run(&buf, dg_bytes_of(checkpoint->origin));
    dg_buf_add_u64be(&buf, checkpoint->size);
    dg_buf_add(&buf, checkpoint->root.b, sizeof checkpoint->root.b);
    struct dg_row_key key = dg_key_name("beacon");
    dg_txn_fail(txn, buf.err);
    dg_put(txn, DG_TABLE_META, dg_row_key_bytes(&key), dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return true;
}

/* ---- the log ----------------------------------------------------------------------------------- */

uint64_t dg_ledger_append(struct dg_txn *txn, struct dg_leaf *leaf)
{
    leaf->has_beacon = beacon_load(txn, &leaf->beacon_origin, &leaf->beacon_size, &leaf->beacon_root);
    uint64_t index = dg_meta_u64(txn, "log-size");
    struct dg_buf text;
    if (txn->err != DG_OK) /* what could not be read or kept must not be asked to make a whole leaf */
        return index;
    dg_buf_init(&text, DG_LEAF_MAX);
    enum dg_err err = dg_leaf_write(leaf, &text);
    if (err != DG_OK)
        dg_txn_fail(txn, err);
    struct dg_row_key key = dg_key_u64(index);
    if (txn->err == DG_OK) {
        dg_put(txn, DG_TABLE_LEAF, dg_row_key_bytes(&key), dg_buf_bytes(&text));
        tree_append(txn, index, dg_buf_bytes(&text));
        if (!DG_MUTANT("reuse-position") || leaf->kind != DG_LEAF_REPORT)
            dg_meta_put_u64(txn, "log-size", index + 1);
    }
    dg_buf_done(&text);
    return index;
}

void dg_log_get(struct dg_txn *txn, struct dg_log_view *ret)
{
    struct dg_row_key key = dg_key_name("checkpoint");
    ret->size = dg_meta_u64(txn, "sealed-size");
    ret->checkpoint = dg_bytes_at(NULL, 0);
    struct dg_bytes note;
    if (ret->size > 0 && dg_get(txn, DG_TABLE_META, dg_row_key_bytes(&key), &note))
        ret->checkpoint = note;
}

bool dg_leaf_get(struct dg_txn *txn, uint64_t index, struct dg_bytes *ret)
{
    struct dg_row_key key = dg_key_u64(index);
    return dg_get(txn, DG_TABLE_LEAF, dg_row_key_bytes(&key), ret);
}

dg_ms dg_leaf_time(struct dg_txn *txn, uint64_t index)
{
    struct dg_bytes text;
    dg_ms time = 0;
    enum { WORD = 5 }; /* "time " */
    if (dg_leaf_get(txn, index, &text) && text.size > WORD + DG_INSTANT_TEXT)
        (void)dg_instant_parse(dg_bytes_at(text.data + WORD, DG_INSTANT_TEXT - 1), &time);
    return time;
}

uint64_t dg_log_size_at(struct dg_txn *txn, uint64_t size, dg_ms at)
{
    uint64_t low = 0, high = size;
    while (low < high && txn->err == DG_OK) {
        uint64_t middle = low + (high - low) / 2;
        if (dg_leaf_time(txn, middle) < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum dg_err dg_ledger_seal(struct dg_txn *txn, const struct dg_identity *identity,
                           const struct dg_signer *signer)
{
    struct dg_checkpoint checkpoint = {.size = dg_meta_u64(txn, "log-size")};
    if (txn->err != DG_OK || checkpoint.size == dg_meta_u64(txn, "sealed-size"))
        return txn->err;
    memcpy(checkpoint.origin, identity->origin, sizeof checkpoint.origin);
    struct dg_tree_reader tree = dg_log_tree(txn);
    enum dg_err err = dg_tree_root(&tree, checkpoint.size, &checkpoint.root);
    struct dg_buf note;
    dg_buf_init(&note, DG_CHECKPOINT_MAX);
    if (err == DG_OK)
        err = dg_checkpoint_sign(&checkpoint, signer, &identity->log_key, &note);
    if (err == DG_OK)
        err = note.err;
    struct dg_row_key key = dg_key_name("checkpoint");
    if (err == DG_OK) {
        dg_put(txn, DG_TABLE_META, dg_row_key_bytes(&key), dg_buf_bytes(&note));
        dg_meta_put_u64(txn, "sealed-size", checkpoint.size);
    } else {
        dg_txn_fail(txn, err);
    }
    dg_buf_done(&note);
    return txn->err;
}

bool dg_ledger_prove(struct dg_txn *txn, uint64_t index, uint64_t size, struct dg_ledger_proof *ret)
{
    struct dg_tree_reader tree = dg_log_tree(txn);
    return index < size && dg_leaf_get(txn, index, &ret->leaf) &&
           dg_tree_inclusion(&tree, index, size, &ret->proof) == DG_OK;
}

static enum dg_err prover_read(void *ctx, unsigned level, uint64_t number, struct dg_hash *ret)
{
    struct dg_prover *prover = ctx;
    if (level >= DG_TREE_ROW_MAX)
        return DG_ERR_BAD_PROOF;
    struct dg_prover_hash *kept = &prover->kept[level][number % 4];
    if (!kept->has || kept->number != number) {
        enum dg_err err = tree_read(prover->txn, level, number, ret);
        if (err != DG_OK)
            return err;
        *kept = (struct dg_prover_hash){.has = true, .number = number, .hash = *ret};
    }
    *ret = kept->hash;
    return DG_OK;
}

void dg_prover_init(struct dg_prover *prover, struct dg_txn *txn, uint64_t size)
{
    memset(prover, 0, sizeof *prover);
    prover->txn = txn;
    prover->size = size;
}

bool dg_prover_prove(struct dg_prover *prover, uint64_t index, struct dg_ledger_proof *ret)
{
    struct dg_tree_reader tree = {.ctx = prover, .read = prover_read};
    return index < prover->size && dg_leaf_get(prover->txn, index, &ret->leaf) &&
           dg_tree_inclusion(&tree, index, prover->size, &ret->proof) == DG_OK;
}

/* ---- members ----------------------------------------------------------------------------------- */

struct members {
    struct dg_hash issuer;
    size_t count, capacity;
    struct dg_cert_id *id;
};

static bool members_add(struct members *members, const struct dg_cert_id *id)
{
    if (members->count == members->capacity) {
        size_t capacity = members->capacity == 0 ? 64 : 2 * members->capacity;
        struct dg_cert_id *grown = realloc(members->id, capacity * sizeof *grown);
        if (grown == NULL)
            return false;
        members->id = grown;
        members->capacity = capacity;
    }
    members->id[members->count++] = *id;
    return true;
}

/* The issuer of a certificate is one of its fields; its body is decoded in a scratch arena. */
struct members_walk {
    struct dg_txn *txn;
    struct dg_arena scratch;
    struct members members;
};

static bool members_row(void *ctx, const struct dg_dir_row *row)
{
    struct members_walk *walk = ctx;
    if (row->kind == 'r')
        return true;
    struct dg_certificate certificate;
    dg_arena_reset(&walk->scratch);
    if (dg_certificate_decode(&walk->scratch, row->record.sealed.body, &certificate, NULL) != DG_OK) {
        dg_txn_fail(walk->txn, DG_ERR_STORE_CORRUPT);
        return false;
    }
    if (!dg_hash_equal(&certificate.issuer, &walk->members.issuer))
        return true;
    struct dg_cert_id id = dg_certificate_id(row->record.sealed.body);
    if (!members_add(&walk->members, &id))
        dg_txn_fail(walk->txn, DG_ERR_NO_MEMORY);
    return walk->txn->err == DG_OK;
}

static int id_order(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct dg_cert_id));
}

struct dg_hash dg_members_hash(struct dg_txn *txn, const struct dg_cert_id *issuer)
{
    struct members_walk walk = {.txn = txn};
    memcpy(walk.members.issuer.b, issuer->b, sizeof issuer->b);
    dg_arena_init(&walk.scratch, 0);
    dg_dir_walk(txn, members_row, &walk);
    dg_arena_done(&walk.scratch);
    if (walk.members.count > 0)
        qsort(walk.members.id, walk.members.count, sizeof *walk.members.id, id_order);
    struct dg_hash hash =
        dg_sha256(dg_bytes_at(walk.members.id, walk.members.count * sizeof *walk.members.id));
    free(walk.members.id);
    return hash;
}
