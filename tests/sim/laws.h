/* laws.h - what must hold, checked from outside of the nodes.
 *
 * Continuously, after every turn:
 *   I1  what a sent receipt proves is in the sender's durable store
 *   I2  a node accepts an id once, and a mailbox holds it once
 *   I3  a row that left an outbox was receipted or acknowledged by that neighbour, who really has it
 *   I4  a log only grows, and every checkpoint ever sent is one of its roots (own RFC 6962 code)
 *   I4  and whatever is in a durable log is under its stored checkpoint
 *   I5  a node that is RESTORED logs nothing, and says nothing that it had not said before
 *   I6  nothing is accepted that no member signed, or from a neighbour who may not speak for it
 *   I7  frames and lists stay within limits
 *   I8  every refused input was counted, answered or reported
 *   I9  no organ reads or marks what lies in another's mailbox
 *   J1  a report is issued with the signature of every author, and no draft is both issued and void
 *   V1  nobody who waits for a via organ has a report open that it has not passed on
 * At the end, within a bound after the faults:
 *   L1  every committed report is in every mailbox that it names, once, and nowhere else; who waits for a
 * number that was taken back knows it L2  every holder's receipt, and every state, is back at the author V2
 * whoever waits knows what the via organ has decided, and has or has not the report accordingly V3  so does
 * the author; and no via organ has decided twice L4  a request to give a report back is at every holder,
 * once, and in its mailboxes; what rests on a source that was recalled or superseded is flagged wherever it
 * is L3  outboxes are empty, nobody waits for a person, and nobody had to be started again L5  every comment
 * is once at the author and once at every addressee, and signers were told the truth L6  whoever asked for a
 * source has it, unless the unit whose report names it has it not A1  a chunk's bit is set only while its
 * bytes lie in the file, whatever was cut off in between A2  (at the end) every attachment is whole wherever
 * its report is A3  what is called whole is what was attached The laws D1 to D3 of calendars, reminders and
 * findings stand in duties.c.
 */
#ifndef DG_TESTS_SIM_LAWS_H
#define DG_TESTS_SIM_LAWS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/id.h"
#include "node/core/node.h"

struct sim_world;
struct sim_node;

enum { SIM_MEMORIES = 256 };

/* An ordered set of ids, for each of which one word is kept. */
struct sim_ids {
    size_t count, capacity;
    struct dg_id *id;
};

/* What was said in this turn about one's own log: a receipt's leaf, or a checkpoint's root. */
struct sim_promise {
    bool checkpoint;
    struct dg_id id;
    uint64_t index; /* of the leaf; or the checkpoint's size */
    struct dg_hash hash;
};

/* A row of an outbox, as it was after the last turn. */
struct sim_waiting {
    char unit[16];
    unsigned lane, kind;
    uint64_t seq, position;
    uint32_t number;
    size_t key_size;
    uint8_t key[200];
    bool seen;
};

/* What is remembered about one node. */
struct sim_memory {
    size_t leaf_count, leaf_capacity;
    struct dg_hash *leaf;        /* the log as it was seen to grow */
    struct dg_hash *root;        /* root[n]: of the first n leaves */
    struct dg_hash frontier[64]; /* the complete subtree of each level */
    size_t sent_capacity;
    struct dg_hash *sent; /* sent[n]: the root that was sent for size n; zero: none */
    struct sim_ids accepted, voided;
    size_t mail_rows;
    size_t waiting_count, waiting_capacity;
    struct sim_waiting *waiting;
    size_t promise_count, promise_capacity;
    struct sim_promise *promise; /* of this turn */
};

/* A leaf's or node's hash and the root of a growing tree, by RFC 6962 alone: rfc6962.c. */
struct dg_hash sim_rfc6962_leaf(struct dg_bytes leaf);
/* Adds leaf number n to the frontier and returns the root of n + 1 leaves. */
struct dg_hash sim_rfc6962_grow(struct dg_hash frontier[static 64], uint64_t n, const struct dg_hash *leaf);

struct sim_laws {
    bool broken;
    char law[8];
    char what[512];
    struct sim_ids genuine; /* committed by their author */
    struct sim_memory memory[SIM_MEMORIES];
    uint64_t refusals; /* facts, answers and refusals seen */
};

/* Records the first breach; the run stops. */
void sim_break(struct sim_world *world, const char *law, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Called for every frame a node hands to the wire. */
void sim_laws_said(struct sim_node *node, const struct dg_frame *frame, size_t size);
/* Called after every turn that could have changed the store, and after a crash. */
void sim_laws_turn(struct sim_node *node);
void sim_laws_free(struct sim_world *world);
/* I5, in the place of the other laws while the node is RESTORED (story_restore.c). */
void sim_laws_restored(struct sim_node *node, struct dg_txn *txn);
/* Why the world has not settled yet, NULL when it has. Borrowed until the next call. */
const char *sim_laws_unsettled(struct sim_world *world);
/* True when that receipt or state is held for the report at position. */
bool sim_custody_has(struct dg_txn *txn, uint64_t position, enum dg_record_kind kind, struct dg_bytes origin,
                     uint64_t index);
/* Makes room for item number count, zeroed; capacity follows. Never NULL. */
void *sim_grow(void *items, size_t count, size_t *capacity, size_t size);
/* True when one of the ids. */
bool sim_ids_has(const struct sim_ids *ids, const struct dg_id *id);
/* False when it was there already. */
bool sim_ids_add(struct sim_ids *ids, const struct dg_id *id);

#endif
