/* carried.h - one file of a bundle: what a stick carries between two neighbours. PROTOCOL.md, "Any carrier".
 *
 * Memory:  a decoded file borrows its bytes and the arena.
 * Limits:  DG_CARRIED_MAX bytes, DG_CARRIED_PARTS_MAX parts, DG_CARRIED_ANSWERS_MAX answers.
 */
#ifndef DG_PROTO_CARRIED_H
#define DG_PROTO_CARRIED_H

#include "proto/frame.h"

/* What became of a row that came in a bundle. */
struct dg_carried_answer {
    uint64_t tag;
    struct dg_hash what;  /* the report's id, or dg_carried_hash of the record that the row was */
    struct dg_bytes code; /* refused for good; empty: durable there */
};

struct dg_carried {
    struct dg_bytes federation, from, to;
    uint8_t bundle[16];
    dg_ms made_ms;
    uint32_t number;       /* from 1; 0: the contents */
    struct dg_bytes frame; /* sealed to the transport key of `to`; empty: there is none */
    size_t answer_count, part_count;
    struct dg_carried_answer *answer;
    struct dg_hash *part; /* contents: SHA-256 of each part's file, in order */
    struct dg_bytes body; /* out of decode: what sig is over, under DG_CONTEXT_CARRIED */
    struct dg_sig sig;    /* by the unit key of `from` */
};

/* Appends the canonical body, the bytes that are signed. Checks nothing of it; sticky errors of out. */
enum dg_err dg_carried_body(const struct dg_carried *carried, struct dg_buf *out) DG_MUST_CHECK;
/* Appends the file: body and signature. Sticky errors of out. */
enum dg_err dg_carried_encode(const struct dg_carried *carried, struct dg_buf *out) DG_MUST_CHECK;
/* Decodes a file in canonical form; says nothing about the signature and opens no seal. */
enum dg_err dg_carried_decode(struct dg_arena *arena, struct dg_bytes bytes, struct dg_carried *ret,
                              struct dg_fault *fault) DG_MUST_CHECK;
/* Names a record whatever proof, tag or checkpoint it travels with. */
struct dg_hash dg_carried_hash(const struct dg_record *record);

#endif
