#include "common/note.h"

#include "common/line.h"

#include <inttypes.h>

#define FIRST_LINE "c2sp.org/tlog-proof@v1"

void dg_tlog_proof_write(const struct dg_tlog_proof *proof, struct dg_buf *out)
{
    dg_buf_printf(out, FIRST_LINE "\nindex %" PRIu64 "\n", proof->index);
    for (size_t i = 0; i < proof->proof.count; i++) {
        dg_base64(dg_bytes_at(proof->proof.hash[i].b, DG_HASH_BYTES), out);
        dg_buf_add_text(out, "\n");
    }
    dg_buf_add_text(out, "\n");
    dg_buf_add_bytes(out, proof->checkpoint);
}

/* Reads hashes up to the empty line, and takes that too. */
static bool hashes_parse(struct dg_bytes *rest, struct dg_proof *ret)
{
    struct dg_bytes line;
    ret->count = 0;
    while (dg_line_next(rest, &line)) {
        if (line.size == 0)
            return true;
        if (ret->count == DG_PROOF_MAX || !dg_unbase64_exact(line, ret->hash[ret->count].b, DG_HASH_BYTES))
            return false;
        ret->count++;
    }
    return false;
}

enum dg_err dg_tlog_proof_parse(struct dg_bytes text, struct dg_tlog_proof *ret)
{
    struct dg_bytes line;
    struct dg_tlog_proof proof;

    if (!dg_line_next(&text, &line) || !dg_bytes_is(line, FIRST_LINE))
        return DG_ERR_MALFORMED;
    /* An `extra` line would be here; it is not signed, so we neither write nor believe one. */
    if (!dg_line_next(&text, &line) || !dg_line_skip(&line, "index ") ||
        !dg_decimal_parse(line, &proof.index))
        return DG_ERR_MALFORMED;
    if (!hashes_parse(&text, &proof.proof) || text.size == 0 || text.size > DG_CHECKPOINT_MAX)
        return DG_ERR_MALFORMED;
    proof.checkpoint = text;
    *ret = proof;
    return DG_OK;
}
