/* laws.c - what is checked after every turn. */
#include "tests/sim/laws.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/core/restored.h"
#include "node/core/rows.h"
#include "tests/sim/world.h"

void sim_break(struct sim_world *world, const char *law, const char *format, ...)
{
    struct sim_laws *laws = &world->laws;
    if (laws->broken)
        return;
    laws->broken = true;
    (void)snprintf(laws->law, sizeof laws->law, "%s", law);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(laws->what, sizeof laws->what, format, args);
    va_end(args);
    sim_trace_line(&world->trace, world->now, "## %s broken: %s", law, laws->what);
}

/* ---- small things -------------------------------------------------------------------------------- */

static struct sim_memory *memory_of(struct sim_node *node)
{
    return &node->world->laws.memory[node->index];
}

/* The unit in federation/unit/eN. */
static bool origin_is(struct dg_bytes origin, const char *unit)
{
    const char *text = (const char *)origin.data;
    const char *slash = origin.size > 0 ? memchr(text, '/', origin.size) : NULL;
    size_t size = strlen(unit);
    return slash != NULL && origin.size - (size_t)(slash - text) > size + 1 &&
           memcmp(slash + 1, unit, size) == 0 && slash[1 + size] == '/';
}

void sim_laws_free(struct sim_world *world)
{
    for (size_t i = 0; i < SIM_MEMORIES; i++) {
        struct sim_memory *memory = &world->laws.memory[i];
        free(memory->leaf);
        free(memory->root);
        free(memory->sent);
        free(memory->accepted.id);
        free(memory->voided.id);
        free(memory->waiting);
        free(memory->promise);
    }
    free(world->laws.genuine.id);
}

/* ---- what is said -------------------------------------------------------------------------------- */

static void promise(struct sim_memory *memory, const struct sim_promise *made)
{
    size_t capacity = memory->promise_capacity;
    memory->promise = sim_grow(memory->promise, memory->promise_count, &capacity, sizeof *memory->promise);
    memory->promise_capacity = capacity;
    memory->promise[memory->promise_count++] = *made;
}

/* One's own checkpoint: for one size, one root for ever. */
static void said_checkpoint(struct sim_node *node, struct dg_bytes text)
{
    struct sim_memory *memory = memory_of(node);
    struct dg_note note;
    struct dg_checkpoint checkpoint;
    if (dg_note_parse(text, &note) != DG_OK || dg_checkpoint_body_parse(note.text, &checkpoint) != DG_OK) {
        sim_break(node->world, "I4", "%s sends a checkpoint that is none", node->unit);
        return;
    }
    if (!origin_is(dg_bytes_of(checkpoint.origin), node->unit))
        return;
    memory->sent = sim_grow(memory->sent, checkpoint.size, &memory->sent_capacity, sizeof *memory->sent);
    struct dg_hash *sent = &memory->sent[checkpoint.size], never = {{0}};
    if (!dg_hash_equal(sent, &never) && !dg_hash_equal(sent, &checkpoint.root))
        sim_break(node->world, "I4", "%s signed two logs of size %llu", node->unit,
                  (unsigned long long)checkpoint.size);
    *sent = checkpoint.root;
    promise(memory,
            &(struct sim_promise){.checkpoint = true, .index = checkpoint.size, .hash = checkpoint.root});
}

static void said_receipt(struct sim_node *node, const struct dg_frame *frame, const struct dg_record *record)
{
    struct dg_bytes note = frame->checkpoint[record->checkpoint];
    if (!origin_is(note, node->unit))
        return;
    promise(memory_of(node), &(struct sim_promise){
                                 .id = record->report,
                                 .index = record->index,
                                 .hash = sim_rfc6962_leaf(record->leaf),
                             });
}

void sim_laws_said(struct sim_node *node, const struct dg_frame *frame, size_t size)
{
    struct sim_world *world = node->world;
    world->laws.refusals += frame->answer_count + (frame->refused != NULL);
    if (world->founding)
        return;
    if (size > DG_FRAME_MAX || frame->parcel_count + frame->record_count > DG_FRAME_ITEMS_MAX)
        sim_break(world, "I7", "%s sends a frame of %zu bytes, %zu items", node->unit, size,
                  frame->parcel_count + frame->record_count);
    for (size_t i = 0; i < frame->checkpoint_count; i++)
        said_checkpoint(node, frame->checkpoint[i]);
    for (size_t i = 0; i < frame->record_count; i++)
        if (frame->record[i].kind == DG_RECORD_RECEIPT && frame->record[i].has_checkpoint)
            said_receipt(node, frame, &frame->record[i]);
}

/* I1: a receipt's leaf is in the durable log, as the record of that report. */
static void keep_receipt(struct sim_node *node, struct dg_txn *txn, const struct sim_promise *made)
{
    const struct sim_memory *memory = memory_of(node);
    struct dg_report_ix ix;
    if (made->index >= memory->leaf_count || !dg_hash_equal(&memory->leaf[made->index], &made->hash) ||
        !dg_report_ix_get(txn, &made->id, &ix) || ix.position != made->index)
        sim_break(node->world, "I1", "%s gave a receipt for leaf %llu that it does not hold", node->unit,
                  (unsigned long long)made->index);
}

/* I4: a checkpoint is a root that the durable log has had. */
static void keep_checkpoint(struct sim_node *node, const struct sim_promise *made)
{
    const struct sim_memory *memory = memory_of(node);
    if (made->index > memory->leaf_count || !dg_hash_equal(&memory->root[made->index], &made->hash))
        sim_break(node->world, "I4", "%s signed a log of size %llu that it does not hold", node->unit,
                  (unsigned long long)made->index);
}

static void keep_promises(struct sim_node *node, struct dg_txn *txn)
{
    struct sim_memory *memory = memory_of(node);
    for (size_t i = 0; i < memory->promise_count; i++)
        if (!memory->promise[i].checkpoint)
            keep_receipt(node, txn, &memory->promise[i]);
    for (size_t i = 0; i < memory->promise_count; i++)
        if (memory->promise[i].checkpoint)
            keep_checkpoint(node, &memory->promise[i]);
    memory->promise_count = 0;
}

/* ---- the log ------------------------------------------------------------------------------------- */

/* I6: from the neighbour on the way to its author, and really signed there. */
static void accepted_rightly(struct sim_node *node, struct dg_txn *txn, const struct dg_leaf *leaf)
{
    struct sim_world *world = node->world;
    struct dg_held held;
    struct sim_node *author = sim_node_by_unit(world, leaf->author[0].unit);
    if (!sim_ids_add(&memory_of(node)->accepted, &leaf->report))
        sim_break(world, "I2", "%s accepts a report twice", node->unit);
    if (author == node) {
        (void)sim_ids_add(&world->laws.genuine, &leaf->report);
        return;
    }
    if (!sim_ids_has(&world->laws.genuine, &leaf->report)) {
        sim_break(world, "I6", "%s accepts what %s never sent", node->unit,
                  author != NULL ? author->unit : "a stranger");
        return;
    }
    int toward = node->parent;
    for (int at = author->index; at != SIM_NOBODY; at = world->node[at].parent)
        if (world->node[at].parent == node->index)
            toward = at;
    if (dg_held_get(txn, &leaf->report, &held) != DG_OK || toward == SIM_NOBODY ||
        !dg_bytes_is(held.from_unit, world->node[toward].unit))
        sim_break(world, "I6", "%s accepts a report of %s from %.*s", node->unit, author->unit,
                  (int)held.from_unit.size, (const char *)held.from_unit.data);
}

/* A refusal is easier to understand with the names of those who should have had the report. */
static void refused_wrongly(struct sim_node *node, const struct dg_leaf *leaf)
{
    struct sim_world *world = node->world;
    struct sim_node *author = sim_node_by_unit(world, leaf->author[0].unit);
    struct dg_txn *txn;
    struct dg_held held;
    struct dg_buf names;
    dg_buf_init(&names, 1024);
    if (author != NULL && author != node && dg_begin_read(author->store, &txn) == DG_OK) {
        if (dg_held_get(txn, &leaf->report, &held) == DG_OK)
            for (size_t i = 0; i < held.report.recipient_count; i++)
                dg_buf_printf(&names, " %.*s@%.*s", (int)held.report.recipient[i].organ.size,
                              (const char *)held.report.recipient[i].organ.data,
                              (int)held.report.recipient[i].unit.size,
                              (const char *)held.report.recipient[i].unit.data);
        dg_abort(author->store, txn);
    }
    sim_break(world, "L1", "%s refuses a genuine report of %.*s: %.*s; for%.*s", node->unit,
              (int)leaf->author[0].unit.size, (const char *)leaf->author[0].unit.data, (int)leaf->code.size,
              (const char *)leaf->code.data, (int)names.size, names.size > 0 ? (const char *)names.data : "");
    dg_buf_done(&names);
}

static size_t judge_leaf(struct sim_node *node, struct dg_txn *txn, struct dg_bytes text)
{
    struct sim_world *world = node->world;
    struct dg_leaf leaf;
    if (dg_leaf_parse(txn->arena, text, &leaf, NULL) != DG_OK) {
        sim_break(world, "I4", "%s logs a leaf that does not parse", node->unit);
        return 0;
    }
    sim_accord_leaf(node, txn, &leaf);
    if (leaf.kind != DG_LEAF_REPORT)
        return 0;
    if (leaf.verdict == DG_VERDICT_ACCEPTED)
        accepted_rightly(node, txn, &leaf);
    else if (sim_ids_has(&world->laws.genuine, &leaf.report))
        refused_wrongly(node, &leaf);
    return leaf.delivery_count;
}

/* A leaf and the checkpoint over it are one transaction. */
static void sealed(struct sim_node *node, struct dg_txn *txn)
{
    uint64_t size = dg_meta_u64(txn, "log-size"), under = dg_meta_u64(txn, "sealed-size");
    if (size != under)
        sim_break(node->world, "I4", "%s holds %llu leaves, its checkpoint is of %llu", node->unit,
                  (unsigned long long)size, (unsigned long long)under);
}

/* Reads the log from where it was read last; what was there must be as it was. */
static size_t read_log(struct sim_node *node, struct dg_txn *txn)
{
    struct sim_memory *memory = memory_of(node);
    struct sim_world *world = node->world;
    struct dg_log_view log;
    struct dg_bytes text;
    size_t deliveries = 0;
    dg_log_get(txn, &log);
    if (log.size < memory->leaf_count)
        sim_break(world, "I4", "the log of %s shrank to %llu", node->unit, (unsigned long long)log.size);
    uint64_t from = memory->leaf_count > 4 ? memory->leaf_count - 4 : 0;
    for (uint64_t i = from; i < log.size && !world->laws.broken; i++) {
        if (!dg_leaf_get(txn, i, &text)) {
            sim_break(world, "I4", "%s has no leaf %llu", node->unit, (unsigned long long)i);
            return deliveries;
        }
        struct dg_hash hash = sim_rfc6962_leaf(text);
        if (i < memory->leaf_count) {
            if (!dg_hash_equal(&hash, &memory->leaf[i]))
                sim_break(world, "I4", "%s changed leaf %llu", node->unit, (unsigned long long)i);
            continue;
        }
        size_t capacity = memory->leaf_capacity;
        memory->leaf = sim_grow(memory->leaf, i + 1, &memory->leaf_capacity, sizeof *memory->leaf);
        memory->root = sim_grow(memory->root, i + 1, &capacity, sizeof *memory->root);
        memory->leaf[i] = hash;
        memory->root[i + 1] = sim_rfc6962_grow(memory->frontier, i, &hash);
        memory->leaf_count = i + 1;
        deliveries += judge_leaf(node, txn, text);
    }
    return deliveries;
}

/* ---- outboxes ------------------------------------------------------------------------------------ */

struct looking {
    struct sim_memory *memory;
    size_t known;
    size_t next; /* most rows stand in the order they stood in: look there first */
};

static bool look_at_row(void *ctx, const struct dg_queued *queued)
{
    struct looking *looking = ctx;
    struct sim_memory *memory = looking->memory;
    for (size_t i = 0; i < looking->known; i++) {
        size_t at = (looking->next + i) % looking->known;
        struct sim_waiting *waiting = &memory->waiting[at];
        if (waiting->seq == queued->seq && waiting->lane == queued->lane &&
            dg_bytes_is(queued->unit, waiting->unit)) {
            waiting->seen = true;
            looking->next = at + 1;
            return true;
        }
    }
    struct sim_waiting *added;
    memory->waiting =
        sim_grow(memory->waiting, memory->waiting_count, &memory->waiting_capacity, sizeof *added);
    added = &memory->waiting[memory->waiting_count++];
    *added = (struct sim_waiting){.lane = queued->lane,
                                  .kind = queued->kind,
                                  .seq = queued->seq,
                                  .position = queued->position,
                                  .number = queued->number,
                                  .key_size = queued->directory_key.size,
                                  .seen = true};
    assert(queued->unit.size < sizeof added->unit && added->key_size <= sizeof added->key);
    memcpy(added->unit, queued->unit.data, queued->unit.size);
    if (added->key_size > 0)
        memcpy(added->key, queued->directory_key.data, added->key_size);
    return true;
}

struct receipt_search {
    const char *unit;
    bool found;
};

static bool receipt_of(void *ctx, const struct dg_custody *custody)
{
    struct receipt_search *search = ctx;
    search->found = search->found ||
                    (custody->record.kind == DG_RECORD_RECEIPT && origin_is(custody->origin, search->unit));
    return !search->found;
}

struct custody_search {
    enum dg_record_kind kind;
    struct dg_bytes origin;
    uint64_t index;
    bool found;
};

static bool custody_is(void *ctx, const struct dg_custody *custody)
{
    struct custody_search *search = ctx;
    search->found = custody->record.kind == search->kind && custody->record.index == search->index &&
                    dg_bytes_equal(custody->origin, search->origin);
    return !search->found;
}

bool sim_custody_has(struct dg_txn *txn, uint64_t position, enum dg_record_kind kind, struct dg_bytes origin,
                     uint64_t index)
{
    struct custody_search search = {.kind = kind, .origin = origin, .index = index};
    dg_custody_each(txn, position, custody_is, &search);
    return search.found;
}

/* True when the neighbour's durable store has what the row stood for. */
static bool neighbour_has(struct sim_world *world, const struct sim_waiting *row,
                          const struct dg_custody *own)
{
    struct sim_node *there = sim_node_by_unit(world, dg_bytes_of(row->unit));
    struct dg_txn *txn;
    struct dg_report_ix ix;
    struct dg_dir_row dir;
    bool has = false;
    if (there == NULL || dg_begin_read(there->store, &txn) != DG_OK)
        return false;
    if (row->kind == DG_QUEUED_DIRECTORY)
        has = dg_dir_get(txn, dg_bytes_at(row->key, row->key_size), &dir);
    else
        has = dg_report_ix_get(txn, &own->record.report, &ix) &&
              sim_custody_has(txn, ix.position, own->record.kind, own->origin, own->record.index);
    dg_abort(there->store, txn);
    return has;
}

/* I3: a row that is gone was answered for. */
static void left_rightly(struct sim_node *node, struct dg_txn *txn, const struct sim_waiting *row)
{
    struct receipt_search search = {.unit = row->unit};
    struct dg_custody own;
    if (row->kind == DG_QUEUED_REPORT) {
        dg_custody_each(txn, row->position, receipt_of, &search);
        if (!search.found)
            sim_break(node->world, "I3", "%s stopped sending report %llu to %s without its receipt",
                      node->unit, (unsigned long long)row->position, row->unit);
        return;
    }
    if (row->kind == DG_QUEUED_SOURCE) {
        if (!sim_source_heard(node->world, row, txn))
            sim_break(node->world, "I3", "%s stopped asking or giving %s a source, and was not heard",
                      node->unit, row->unit);
        return;
    }
    if (row->kind == DG_QUEUED_BULK) {
        struct sim_node *there = sim_node_by_unit(node->world, dg_bytes_of(row->unit));
        dg_custody_each(txn, row->position, receipt_of, &search);
        if (!search.found || there == NULL ||
            !sim_bulk_left_rightly(there, dg_bytes_at(row->key, row->key_size)))
            sim_break(node->world, "I3", "%s stopped giving %s an attachment that is not whole there",
                      node->unit, row->unit);
        return;
    }
    if (row->kind == DG_QUEUED_ISSUED) {
        struct sim_node *there = sim_node_by_unit(node->world, dg_bytes_of(row->unit));
        if (there == NULL || !sim_duty_has(there, dg_bytes_at(row->key, row->key_size), txn))
            sim_break(node->world, "I3", "%s stopped sending what was issued to %s, who does not have it",
                      node->unit, row->unit);
        return;
    }
    bool known = row->kind == DG_QUEUED_DIRECTORY || dg_custody_get(txn, row->position, row->number, &own);
    if (!known || !neighbour_has(node->world, row, &own))
        sim_break(node->world, "I3", "%s stopped sending a %s to %s, who does not have it", node->unit,
                  row->kind == DG_QUEUED_DIRECTORY ? "member record" : "receipt, state or pass", row->unit);
}

/* A neighbour's store is looked at as it was written, whatever its disk has made of it. */
static void gone_row(struct sim_node *node, struct dg_txn *txn, const struct sim_waiting *row)
{
    struct sim_node *there = sim_node_by_unit(node->world, dg_bytes_of(row->unit));
    if (there != NULL)
        dg_store_mem_mask(there->store, true);
    left_rightly(node, txn, row);
    if (there != NULL)
        dg_store_mem_mask(there->store, false);
}

static void read_outbox(struct sim_node *node, struct dg_txn *txn)
{
    struct sim_memory *memory = memory_of(node);
    struct looking looking = {.memory = memory, .known = memory->waiting_count};
    for (size_t i = 0; i < memory->waiting_count; i++)
        memory->waiting[i].seen = false;
    dg_queue_each(txn, dg_bytes_at(NULL, 0), look_at_row, &looking);
    size_t kept = 0;
    for (size_t i = 0; i < memory->waiting_count; i++) {
        if (memory->waiting[i].seen)
            memory->waiting[kept++] = memory->waiting[i];
        else
            gone_row(node, txn, &memory->waiting[i]);
    }
    memory->waiting_count = kept;
}

/* ---- together ------------------------------------------------------------------------------------ */

void sim_laws_turn(struct sim_node *node)
{
    struct sim_memory *memory = memory_of(node);
    struct dg_txn *txn;
    if (dg_begin_read(node->store, &txn) != DG_OK)
        return;
    dg_store_mem_mask(node->store, true);
    if (dg_is_restored(txn)) {
        sim_laws_restored(node, txn);
        dg_store_mem_mask(node->store, false);
        dg_abort(node->store, txn);
        return;
    }
    size_t deliveries = read_log(node, txn);
    size_t rows = dg_store_mem_rows(node->store, DG_TABLE_MAIL);
    if (!node->world->laws.broken)
        sealed(node, txn);
    if (!node->world->laws.broken && rows != memory->mail_rows + deliveries)
        sim_break(node->world, "I2", "%s logs %zu deliveries and writes %zu", node->unit, deliveries,
                  rows - memory->mail_rows);
    memory->mail_rows = rows;
    if (!node->world->laws.broken)
        keep_promises(node, txn);
    if (!node->world->laws.broken)
        read_outbox(node, txn);
    if (!node->world->laws.broken)
        sim_laws_vias(node, txn);
    if (!node->world->laws.broken)
        sim_bulk_laws(node, txn);
    if (!node->world->laws.broken && txn->err != DG_OK)
        sim_break(node->world, "L3", "the store of %s: %s", node->unit, dg_err_name(txn->err));
    dg_store_mem_mask(node->store, false);
    dg_abort(node->store, txn);
}
