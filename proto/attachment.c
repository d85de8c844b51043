/* attachment.c - the geometry of attachments, and the proofs of their pieces. */
#include "proto/attachment.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/crypto.h"
#include "common/limits.h"

enum { PIECE_CHUNKS_MAX = DG_PIECE_BYTES / DG_CHUNK_BYTES };

/* --- geometry ------------------------------------------------------------------------------- */

struct dg_hash dg_attachment_content(const struct dg_attachment *attachment)
{
    uint8_t number[16] = {0};
    dg_u64be_put(number, attachment->size);
    dg_u64be_put(number + 8, (uint64_t)attachment->chunk_size << 32);
    const struct dg_bytes parts[] = {
        dg_bytes_of("donggui content v1\n"),
        dg_bytes_at(attachment->sha256.b, sizeof attachment->sha256.b),
        dg_bytes_at(number, 12),
        dg_bytes_at(attachment->chunk_root.b, sizeof attachment->chunk_root.b),
    };
    return dg_sha256_parts(parts, sizeof parts / sizeof parts[0]);
}

bool dg_attachment_possible(const struct dg_attachment *attachment)
{
    uint32_t size = attachment->chunk_size;
    return attachment->size > 0 && attachment->size <= DG_ATTACHMENT_MAX && size >= DG_CHUNK_BYTES &&
           size <= DG_PIECE_BYTES && (size & (size - 1)) == 0;
}

uint32_t dg_attachment_chunks(const struct dg_attachment *attachment)
{
    return (uint32_t)((attachment->size + attachment->chunk_size - 1) / attachment->chunk_size);
}

uint32_t dg_attachment_piece_chunks(const struct dg_attachment *attachment)
{
    return DG_PIECE_BYTES / attachment->chunk_size;
}

uint64_t dg_run_offset(const struct dg_attachment *attachment, struct dg_run run)
{
    return (uint64_t)run.first * attachment->chunk_size;
}

size_t dg_run_bytes(const struct dg_attachment *attachment, struct dg_run run)
{
    uint64_t bytes = (uint64_t)run.count * attachment->chunk_size;
    uint64_t left = attachment->size - dg_run_offset(attachment, run);
    return (size_t)(bytes < left ? bytes : left);
}

bool dg_run_is_node(const struct dg_attachment *attachment, struct dg_run run, unsigned *ret_level)
{
    uint32_t chunks = dg_attachment_chunks(attachment);
    unsigned level = 0;
    if (run.count == 0 || run.first >= chunks || run.count > chunks - run.first)
        return false;
    while (((uint32_t)1 << level) < run.count)
        level++;
    bool complete = run.count == (uint32_t)1 << level || run.first + run.count == chunks;
    *ret_level = level;
    return complete && run.count <= dg_attachment_piece_chunks(attachment) &&
           (run.first & (((uint32_t)1 << level) - 1)) == 0;
}

/* --- trees ---------------------------------------------------------------------------------- */

/* The tree over the chunks of a run, whose bytes are data. */
static enum dg_err run_tree(uint32_t chunk_size, struct dg_bytes data, struct dg_hash_tree *ret)
{
    struct dg_hash leaf[PIECE_CHUNKS_MAX];
    size_t count = 0;
    for (size_t at = 0; at < data.size && count < PIECE_CHUNKS_MAX; at += chunk_size) {
        size_t size = data.size - at < chunk_size ? data.size - at : chunk_size;
        leaf[count++] = dg_merkle_leaf(dg_bytes_at(data.data + at, size));
    }
    return dg_hash_tree_build(ret, leaf, count);
}

/* The hash of the node that a run is. */
static enum dg_err run_hash(uint32_t chunk_size, struct dg_bytes data, struct dg_hash *ret)
{
    struct dg_hash_tree tree;
    enum dg_err err = run_tree(chunk_size, data, &tree);
    if (err != DG_OK)
        return err;
    *ret = *dg_hash_tree_root(&tree);
    dg_hash_tree_free(&tree);
    return DG_OK;
}

enum dg_err dg_piece_check(const struct dg_attachment *attachment, struct dg_run run, struct dg_bytes data,
                           const struct dg_proof *proof)
{
    unsigned level;
    struct dg_hash node;
    if (!dg_run_is_node(attachment, run, &level) || data.size != dg_run_bytes(attachment, run))
        return DG_ERR_BAD_PROOF;
    enum dg_err err = run_hash(attachment->chunk_size, data, &node);
    if (err != DG_OK)
        return err;
    /* The tree above one level is the RFC 6962 tree over the nodes of that level. */
    uint64_t nodes = ((uint64_t)dg_attachment_chunks(attachment) + ((uint64_t)1 << level) - 1) >> level;
    return dg_inclusion_verify(&node, run.first >> level, nodes, proof, &attachment->chunk_root);
}

enum dg_err dg_piece_prove(const struct dg_attachment *attachment, const struct dg_hash_tree *pieces,
                           struct dg_bytes data, struct dg_run run, struct dg_proof *ret)
{
    unsigned level;
    struct dg_hash_tree tree;
    uint32_t piece = run.first / dg_attachment_piece_chunks(attachment);
    bool node = dg_run_is_node(attachment, run, &level);
    assert(node);
    (void)node;
    enum dg_err err = run_tree(attachment->chunk_size, data, &tree);
    if (err != DG_OK)
        return err;
    uint32_t inside = run.first - piece * dg_attachment_piece_chunks(attachment);
    ret->count = 0;
    if (level < tree.levels)
        dg_hash_tree_prove(&tree, level, inside >> level, ret);
    dg_hash_tree_prove(pieces, 0, piece, ret);
    dg_hash_tree_free(&tree);
    return DG_OK;
}

/* --- a whole file --------------------------------------------------------------------------- */

void dg_survey_start(struct dg_survey *survey, uint32_t chunk_size)
{
    *survey = (struct dg_survey){.digest = dg_digest_new(), .chunk_size = chunk_size};
    if (survey->digest == NULL)
        survey->err = DG_ERR_NO_MEMORY;
}

static bool survey_grow(struct dg_survey *survey)
{
    if (survey->piece_count < survey->piece_capacity)
        return true;
    size_t capacity = survey->piece_capacity == 0 ? 16 : 2 * survey->piece_capacity;
    struct dg_hash *grown = realloc(survey->piece, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    survey->piece = grown;
    survey->piece_capacity = capacity;
    return true;
}

void dg_survey_add(struct dg_survey *survey, struct dg_bytes piece)
{
    if (survey->err != DG_OK || piece.size == 0)
        return;
    assert(piece.size <= DG_PIECE_BYTES && survey->size % DG_PIECE_BYTES == 0);
    if (survey->piece_count == DG_PIECES_MAX) {
        survey->err = DG_ERR_TOO_LARGE;
        return;
    }
    survey->err = survey_grow(survey) ? DG_OK : DG_ERR_NO_MEMORY;
    if (survey->err == DG_OK)
        survey->err = run_hash(survey->chunk_size, piece, &survey->piece[survey->piece_count]);
    if (survey->err != DG_OK)
        return;
    survey->piece_count++;
    survey->size += piece.size;
    dg_digest_add(survey->digest, piece);
}

enum dg_err dg_survey_end(struct dg_survey *survey, struct dg_attachment *ret)
{
    struct dg_hash_tree tree;
    if (survey->err == DG_OK)
        survey->err = dg_hash_tree_build(&tree, survey->piece, survey->piece_count);
    if (survey->err != DG_OK)
        return survey->err;
    ret->size = survey->size;
    ret->chunk_size = survey->chunk_size;
    ret->chunk_root = *dg_hash_tree_root(&tree);
    ret->sha256 = dg_digest_end(survey->digest);
    survey->digest = NULL;
    dg_hash_tree_free(&tree);
    return DG_OK;
}

void dg_survey_free(struct dg_survey *survey)
{
    dg_digest_free(survey->digest);
    free(survey->piece);
    *survey = (struct dg_survey){.digest = NULL};
}
