/* packing.c - frames made of outbox rows: reports as parcels, all else as records with their proofs, and the
 * certificates that the neighbour may lack ahead of them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/pack.h"
#include "node/core/issued_impl.h"
#include "node/core/outbox_impl.h"
#include "proto/comment.h"
#include "proto/joint.h"
#include "proto/pass.h"

struct dg_packing *dg_packing_new(void)
{
    return calloc(1, sizeof(struct dg_packing));
}

void dg_packing_reset(struct dg_packing *p)
{
    p->frame = (struct dg_frame){.parcel = p->parcel, .record = p->record, .checkpoint = p->checkpoint};
    p->bytes = 0;
}

/* What a record or parcel takes in a frame beyond its long parts; when a frame is long enough; and the
 * most that is sure to encode into DG_FRAME_MAX. */
enum { ITEM_OVERHEAD = 256, FRAME_SOFT_MAX = 256 * 1024, FRAME_HARD_MAX = DG_FRAME_MAX - 16 * 1024 };

static bool packing_has_room(const struct dg_packing *p)
{
    if (p->frame.record_count + p->frame.parcel_count > 0 && DG_MAYBE("the shortest frame"))
        return false;
    return p->frame.record_count < DG_PACK_MAX - DG_CHAIN_RECORDS_MAX &&
           p->frame.parcel_count < DG_PACK_MAX && p->bytes < FRAME_SOFT_MAX;
}

static uint32_t packing_checkpoint(struct dg_packing *p, struct dg_bytes note)
{
    for (size_t i = 0; i < p->frame.checkpoint_count; i++)
        if (dg_bytes_equal(p->checkpoint[i], note))
            return (uint32_t)i;
    p->checkpoint[p->frame.checkpoint_count] = note;
    p->bytes += note.size + 8;
    return (uint32_t)p->frame.checkpoint_count++;
}

/* Adds the proof that record's leaf is in its log: our own log's is made now, another's was kept. */
static bool packing_prove(struct dg_packing *p, struct dg_record *record, struct dg_bytes origin,
                          uint64_t checkpoint_size)
{
    struct dg_bytes note = p->log.checkpoint;
    if (checkpoint_size == 0 && origin.size > 0) {
        struct dg_ledger_proof proof;
        if (!dg_prover_prove(&p->prover, record->index, &proof))
            return false;
        record->leaf = proof.leaf;
        record->proof = proof.proof;
    } else if (origin.size > 0) {
        if (!dg_checkpoint_get(p->txn, origin, checkpoint_size, &note))
            return false;
    }
    record->has_checkpoint = origin.size > 0;
    if (record->has_checkpoint)
        record->checkpoint = packing_checkpoint(p, note);
    return true;
}

static bool packing_record(struct dg_packing *p, struct dg_record *record, struct dg_bytes origin,
                           uint64_t checkpoint_size, uint64_t tag)
{
    if (p->frame.record_count >= DG_PACK_MAX || !packing_prove(p, record, origin, checkpoint_size))
        return false;
    record->tag = tag;
    p->record[p->frame.record_count++] = *record;
    p->bytes += record->sealed.body.size + record->leaf.size + record->regime.size + record->envelope.size +
                record->proof.count * 34 + ITEM_OVERHEAD;
    return true;
}

static bool add_directory_row(struct dg_packing *p, struct dg_dir_row *row, uint64_t tag)
{
    if (row->kind == 'r' && row->record.regime.size == 0) {
        struct dg_adoption adoption;
        if (dg_adoption_decode(p->txn->arena, row->record.sealed.body, &adoption, NULL) == DG_OK)
            (void)dg_get(p->txn, DG_TABLE_REGIME, dg_bytes_at(adoption.regime.b, sizeof adoption.regime.b),
                         &row->record.regime);
    }
    return packing_record(p, &row->record, row->origin, row->checkpoint_size, tag);
}

/* A certificate chain the neighbour may not know goes ahead in the same frame, unacknowledged. */
static bool add_chain(struct dg_packing *p, struct dg_bytes unit_slug, const struct dg_cert_id *organ)
{
    if (dg_link_knows(p->node, p->txn, dg_bytes_of(p->link->unit), unit_slug))
        return true;
    const struct dg_dir_unit *chain[DG_TREE_DEPTH_MAX];
    size_t depth = 0;
    const struct dg_dir_unit *unit = dg_directory_unit(dg_node_directory(p->node, p->txn), unit_slug);
    for (; unit != NULL && depth < DG_TREE_DEPTH_MAX; unit = unit->parent)
        if (!dg_link_knows(p->node, p->txn, dg_bytes_of(p->link->unit), unit->slug))
            chain[depth++] = unit;
    struct dg_dir_row row;
    while (depth > 0)
        if (!dg_dir_find(p->txn, &chain[--depth]->certificate, &row) || !add_directory_row(p, &row, 0))
            return false;
    return organ == NULL || (dg_dir_find(p->txn, organ, &row) && add_directory_row(p, &row, 0));
}

/* The certificates of everybody who signed. The row names the lead's; only a neighbour that may lack
 * certificates is worth looking into R for the others. */
static bool add_author_chains(struct dg_packing *p, const struct dg_outgoing *report)
{
    struct dg_arena *arena = p->txn->arena;
    struct dg_bytes bytes = report->envelope;
    struct dg_envelope envelope;
    struct dg_report signed_by;
    if (dg_link_knows(p->node, p->txn, dg_bytes_of(p->link->unit), report->author_unit))
        return true;
    if (!add_chain(p, report->author_unit, &report->certificate) ||
        (report->packed && dg_unpack(arena, bytes, DG_ENVELOPE_MAX, &bytes) != DG_OK) ||
        dg_envelope_decode(arena, bytes, &envelope, NULL) != DG_OK ||
        dg_report_decode(arena, envelope.report, &signed_by, NULL) != DG_OK)
        return false;
    for (size_t i = 1; i < signed_by.author_count && !DG_MUTANT("lead-chain-only"); i++) {
        struct dg_dir_row row;
        if (!dg_dir_find(p->txn, &signed_by.author[i].certificate, &row) || !add_directory_row(p, &row, 0))
            return false;
    }
    return true;
}

static bool add_report(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_outgoing report;
    if (!dg_outgoing_get(p->node, p->txn, queued->position, &report))
        return false;
    size_t size = report.envelope.size;
    if ((report.packed && !dg_packed_size(report.envelope, &size)) || !add_author_chains(p, &report))
        return false;
    struct dg_parcel *parcel = &p->parcel[p->frame.parcel_count++];
    *parcel = (struct dg_parcel){.tag = dg_tag(queued->lane, queued->seq)};
    *(report.packed ? &parcel->packed : &parcel->envelope_bytes) = report.envelope;
    p->bytes += size + ITEM_OVERHEAD;
    return true;
}

/* The certificate that a record's signature is checked by, for records that an organ signed. */
static bool record_signer(struct dg_packing *p, const struct dg_record *record, struct dg_cert_id *ret)
{
    struct dg_state state;
    struct dg_pass pass;
    struct dg_comment comment;
    if (record->kind == DG_RECORD_PASS) {
        if (dg_pass_decode(p->txn->arena, record->sealed.body, &pass, NULL) != DG_OK)
            return false;
        *ret = pass.certificate;
        return true;
    }
    if (record->kind == DG_RECORD_COMMENT) {
        if (dg_comment_decode(p->txn->arena, record->sealed.body, &comment, NULL) != DG_OK)
            return false;
        *ret = comment.certificate;
        return true;
    }
    if (dg_state_decode(p->txn->arena, record->sealed.body, &state, NULL) != DG_OK)
        return false;
    *ret = state.certificate;
    return true;
}

static bool add_custody(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_custody custody;
    if (!dg_custody_get(p->txn, queued->position, queued->number, &custody))
        return false;
    struct dg_verifier log;
    const struct dg_dir_unit *unit = dg_origin_unit(dg_node_directory(p->node, p->txn), custody.origin, &log);
    struct dg_cert_id organ;
    bool by_organ = custody.record.kind != DG_RECORD_RECEIPT;
    if (by_organ && !record_signer(p, &custody.record, &organ))
        return false;
    return unit != NULL && add_chain(p, unit->slug, by_organ ? &organ : NULL) &&
           packing_record(p, &custody.record, custody.origin, custody.checkpoint_size,
                          dg_tag(queued->lane, queued->seq));
}

static bool add_directory(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_dir_row row;
    return dg_dir_get(p->txn, queued->directory_key, &row) &&
           add_directory_row(p, &row, dg_tag(queued->lane, queued->seq));
}

static bool add_source(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_record record;
    struct dg_bytes origin;
    uint64_t checkpoint_size;
    return dg_source_queued(p->node, p->txn, queued, &record, &origin, &checkpoint_size) &&
           packing_record(p, &record, origin, checkpoint_size, dg_tag(queued->lane, queued->seq));
}

/* Who signed what a row of ISSUED holds. */
static bool issued_signer(struct dg_packing *p, const struct dg_record *record, struct dg_bytes *ret_unit,
                          struct dg_cert_id *ret)
{
    struct dg_arena *arena = p->txn->arena;
    struct dg_void voided;
    if (record->kind == DG_RECORD_VOID) {
        if (dg_void_decode(arena, record->sealed.body, &voided, NULL) != DG_OK)
            return false;
        *ret_unit = voided.unit;
        *ret = voided.certificate;
        return true;
    }
    struct dg_issued *issued = dg_arena_alloc(arena, sizeof *issued);
    if (issued == NULL || dg_issued_decode(arena, record->kind, record->sealed.body, issued, NULL) != DG_OK)
        return false;
    *ret_unit = issued->issuer.unit;
    *ret = issued->issuer.certificate;
    return true;
}

static bool add_issued(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_issued_row row;
    struct dg_bytes unit;
    struct dg_cert_id organ;
    return dg_issued_get(p->txn, queued->directory_key, &row) &&
           issued_signer(p, &row.record, &unit, &organ) && add_chain(p, unit, &organ) &&
           packing_record(p, &row.record, row.origin, row.checkpoint_size, dg_tag(queued->lane, queued->seq));
}

static bool add_kind(struct dg_packing *p, const struct dg_queued *queued)
{
    switch (queued->kind) {
    case DG_QUEUED_REPORT:
        return add_report(p, queued);
    case DG_QUEUED_CUSTODY:
        return add_custody(p, queued);
    case DG_QUEUED_DIRECTORY:
        return add_directory(p, queued);
    case DG_QUEUED_SOURCE:
        return add_source(p, queued);
    case DG_QUEUED_ISSUED:
        return add_issued(p, queued);
    case DG_QUEUED_BULK: /* has a lane and a line of its own (bulk.c) */
    default:
        return false;
    }
}

enum dg_packed dg_packing_add(struct dg_packing *p, const struct dg_queued *queued)
{
    struct dg_frame before = p->frame;
    size_t bytes = p->bytes;
    if (!packing_has_room(p))
        return DG_PACK_NO_ROOM;
    bool made = add_kind(p, queued);
    if (made && p->bytes <= FRAME_HARD_MAX)
        return DG_PACKED;
    bool alone = before.parcel_count + before.record_count == 0;
    p->frame = before;
    p->bytes = bytes;
    return made && !alone ? DG_PACK_NO_ROOM : DG_PACK_BROKEN;
}

bool dg_packing_receipt(struct dg_packing *p, const struct dg_id *id, uint64_t index)
{
    struct dg_record record = {
        .kind = DG_RECORD_RECEIPT, .index = index, .has_report = true, .report = *id};
    return packing_has_room(p) &&
           packing_record(p, &record, dg_bytes_of(p->node->identity.origin), 0, 0);
}
