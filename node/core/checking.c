/* checking.c - a file whose chunks are all here is read from front to back, a slice in each turn.
 *
 * The chunks were proven one by one; what is left to find out is whether they add up to the SHA-256 that the
 * author has signed, under which the file will be known, and whether the disk kept them. A file that is good
 * gets its name before the transaction that says so: a crash in between leaves a whole that is checked again.
 */
#include <stdlib.h>
#include <string.h>

#include "node/core/node_impl.h"

enum { PENDING_MAX = 16 };

enum check { NONE, GOOD, LOST, FALSE_MANIFEST };

struct dg_checking {
    size_t pending_count;
    struct dg_hash pending[PENDING_MAX];
    bool look; /* there were more, or nobody knows: look through the table */
    bool reading;
    enum check verdict; /* of the file below, until a step has written it down */
    struct dg_hash content;
    struct dg_attachment what;
    enum dg_file_kind kind;
    struct dg_survey survey;
    uint8_t piece[DG_PIECE_BYTES];
};

struct dg_checking *dg_checking_new(void)
{
    return calloc(1, sizeof(struct dg_checking));
}

void dg_checking_free(struct dg_checking *c)
{
    if (c == NULL)
        return;
    dg_survey_free(&c->survey);
    free(c);
}

void dg_checking_add(struct dg_node *node, const struct dg_hash *content)
{
    struct dg_checking *c = node->checking;
    if (c->pending_count < PENDING_MAX)
        c->pending[c->pending_count++] = *content;
    else
        c->look = true;
}

bool dg_checking_busy(const struct dg_node *node)
{
    const struct dg_checking *c = node->checking;
    return c->reading || c->verdict != NONE || c->look || c->pending_count > 0;
}

static void put_down(struct dg_checking *c)
{
    dg_survey_free(&c->survey);
    c->reading = false;
    c->verdict = NONE;
}

void dg_checking_forget(struct dg_node *node)
{
    put_down(node->checking);
    node->checking->look = true;
}

/* ---- at the start ------------------------------------------------------------------------------- */

struct starting {
    struct dg_node *node;
    struct dg_txn *txn;
};

/* A part is kept while its row still needs it. */
static bool keep_part(void *ctx, const struct dg_hash *content)
{
    const struct starting *starting = ctx;
    struct dg_attached attached;
    return dg_attached_get(starting->txn, content, &attached) &&
           (attached.state == DG_ATTACHED_COMING || attached.state == DG_ATTACHED_CHECKING);
}

void dg_checking_start(struct dg_node *node, struct dg_txn *txn)
{
    struct starting starting = {.node = node, .txn = txn};
    if (node->env.files == NULL)
        return;
    node->env.files->ops->sweep(node->env.files, keep_part, &starting);
    node->checking->look = true;
}

/* ---- what to check next ------------------------------------------------------------------------- */

/* A whole whose row does not say so yet was named before a crash: it is adopted. */
static bool is_due(void *ctx, const struct dg_attached *attached)
{
    struct dg_node *node = ctx;
    struct dg_files *files = node->env.files;
    bool checking = attached->state == DG_ATTACHED_CHECKING;
    bool orphan = attached->state == DG_ATTACHED_COMING &&
                  files->ops->has(files, DG_FILE_WHOLE, &attached->what.sha256, attached->what.size);
    if (checking || orphan)
        dg_checking_add(node, &attached->content);
    return node->checking->pending_count < PENDING_MAX;
}

static bool begin_next(struct dg_node *node, struct dg_txn *txn)
{
    struct dg_checking *c = node->checking;
    struct dg_files *files = node->env.files;
    struct dg_attached attached;
    if (c->pending_count == 0 && c->look) {
        c->look = false;
        dg_attached_each(txn, is_due, node);
        c->look = c->pending_count == PENDING_MAX;
    }
    while (c->pending_count > 0) {
        c->content = c->pending[--c->pending_count];
        if (!dg_attached_get(txn, &c->content, &attached) ||
            (attached.state != DG_ATTACHED_CHECKING && attached.state != DG_ATTACHED_COMING))
            continue;
        c->what = attached.what;
        c->kind = files->ops->has(files, DG_FILE_WHOLE, &c->what.sha256, c->what.size) ? DG_FILE_WHOLE
                                                                                       : DG_FILE_PART;
        dg_survey_start(&c->survey, c->what.chunk_size);
        c->reading = true;
        return true;
    }
    return false;
}

/* ---- reading ------------------------------------------------------------------------------------ */

/* The chunks were proven under the root: where they are not what they were, the disk has lost them. If they
 * are, and are not what the SHA-256 says, nobody can have such a file. */
static enum check judge(struct dg_checking *c)
{
    struct dg_attachment found;
    if (dg_survey_end(&c->survey, &found) != DG_OK)
        return LOST;
    if (found.size != c->what.size || !dg_hash_equal(&found.chunk_root, &c->what.chunk_root))
        return LOST;
    return dg_hash_equal(&found.sha256, &c->what.sha256) ? GOOD : FALSE_MANIFEST;
}

static enum dg_err read_end(struct dg_node *node)
{
    struct dg_checking *c = node->checking;
    struct dg_files *files = node->env.files;
    enum dg_err err = DG_OK;
    c->reading = false;
    c->verdict = judge(c);
    if (DG_MUTANT("whole-unchecked"))
        c->verdict = GOOD;
    if (c->verdict == GOOD && c->kind == DG_FILE_PART)
        err = files->ops->finish(files, &c->content, &c->what.sha256);
    if (err != DG_OK && err != DG_ERR_STORE_IO)
        c->verdict = LOST;
    return err == DG_ERR_STORE_IO ? err : DG_OK;
}

enum dg_err dg_checking_slice(struct dg_node *node, struct dg_txn *txn)
{
    struct dg_checking *c = node->checking;
    struct dg_files *files = node->env.files;
    if (c->verdict != NONE || (!c->reading && !begin_next(node, txn)))
        return DG_OK;
    for (size_t slice = 0; slice < DG_CHECK_SLICE_BYTES && c->survey.size < c->what.size;) {
        uint64_t left = c->what.size - c->survey.size;
        size_t size = left < DG_PIECE_BYTES ? (size_t)left : DG_PIECE_BYTES;
        const struct dg_hash *name = c->kind == DG_FILE_WHOLE ? &c->what.sha256 : &c->content;
        if (files->ops->read(files, c->kind, name, c->survey.size, c->piece, size) != DG_OK)
            c->survey.err = DG_ERR_NOT_FOUND;
        dg_survey_add(&c->survey, dg_bytes_at(c->piece, size));
        if (c->survey.err != DG_OK)
            return read_end(node);
        slice += size;
    }
    return c->survey.size == c->what.size ? read_end(node) : DG_OK;
}

/* ---- writing it down ---------------------------------------------------------------------------- */

static void note(struct dg_txn *txn, const struct dg_attached *attached, dg_ms now)
{
    char hex[DG_HEX_BYTES];
    dg_hex(attached->content.b, sizeof attached->content.b, hex);
    dg_attention_put(txn, now, DG_ERR_BAD_ATTACHMENT, attached->from, dg_bytes_of(hex));
}

/* Nothing of it is kept. If it was attached here, what was given is not what was said; the file itself may
 * still come from a neighbour who has it. Else every chunk was as its author says and the whole is not:
 * nobody has it. */
static void refuse(struct dg_node *node, struct dg_txn *txn, struct dg_attached *attached)
{
    attached->state = attached->from.size == 0 ? DG_ATTACHED_COMING : DG_ATTACHED_REFUSED;
    attached->code = dg_bytes_of(dg_err_name(DG_ERR_BAD_ATTACHMENT));
    dg_attached_clear(txn, attached);
    dg_attach_uncount(txn, attached);
    node->env.files->ops->discard(node->env.files, &attached->content);
}

static void write_down(struct dg_node *node, struct dg_txn *txn, struct dg_attached *attached, dg_ms now)
{
    struct dg_checking *c = node->checking;
    bool ours = attached->from.size == 0; /* whoever attached it is told when he asks */
    attached->since_ms = now;
    if (c->verdict == GOOD) {
        attached->state = DG_ATTACHED_WHOLE;
        attached->here = dg_attachment_chunks(&attached->what);
        dg_attached_put_pieces(txn, attached, c->survey.piece, c->survey.piece_count);
    } else if (ours || c->verdict == FALSE_MANIFEST) {
        refuse(node, txn, attached);
    } else {
        attached->state = DG_ATTACHED_COMING; /* what the disk has lost is fetched anew */
        dg_attached_clear(txn, attached);
    }
    if (c->verdict != GOOD && !ours)
        note(txn, attached, now);
    dg_attached_put(txn, attached);
}

void dg_checking_step(struct dg_node *node, struct dg_txn *txn, dg_ms now, struct dg_out *out)
{
    struct dg_checking *c = node->checking;
    struct dg_attached attached;
    if (c->verdict == NONE)
        return;
    if (dg_attached_get(txn, &c->content, &attached) && attached.state != DG_ATTACHED_WHOLE) {
        write_down(node, txn, &attached, now);
        dg_taking_tell(node, out, &attached);
        dg_bulk_wake(node);
    }
    put_down(c);
}
