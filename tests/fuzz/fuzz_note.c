/* fuzz_note.c - notes, checkpoint bodies, proof files and verifier lines: one spelling each.
 *
 * The first byte chooses the parser, so that one corpus serves all four.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "common/note.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    if (dg_crypto_start(NULL) != DG_OK)
        abort();
    return 0;
}

/* What was parsed must have been the only way to write it. */
static void expect_same(const struct dg_buf *written, struct dg_bytes text)
{
    if (written->err != DG_OK || !dg_bytes_equal(dg_buf_bytes(written), text))
        abort();
}

static void note(struct dg_bytes text, struct dg_buf *out)
{
    struct dg_note note;

    (void)out;
    if (dg_note_parse(text, &note) != DG_OK)
        return;
    if (note.signature_count == 0 || note.signature_count > DG_NOTE_SIGNATURES_MAX ||
        note.text.size >= text.size || note.text.data[note.text.size - 1] != '\n')
        abort();
}

static void body(struct dg_bytes text, struct dg_buf *out)
{
    struct dg_checkpoint checkpoint;

    if (dg_checkpoint_body_parse(text, &checkpoint) != DG_OK)
        return;
    dg_checkpoint_body(&checkpoint, out);
    expect_same(out, text);
}

static void proof(struct dg_bytes text, struct dg_buf *out)
{
    struct dg_tlog_proof proof;

    if (dg_tlog_proof_parse(text, &proof) != DG_OK)
        return;
    dg_tlog_proof_write(&proof, out);
    expect_same(out, text);
}

static void verifier(struct dg_bytes text, struct dg_buf *out)
{
    struct dg_verifier verifier;

    if (dg_verifier_parse(text, &verifier) != DG_OK)
        return;
    dg_verifier_text(&verifier, out);
    expect_same(out, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const targets[])(struct dg_bytes, struct dg_buf *) = {note, body, proof, verifier};
    struct dg_buf out;

    if (size == 0)
        return 0;
    dg_buf_init(&out, size + DG_CHECKPOINT_MAX);
    targets[data[0] % (sizeof targets / sizeof targets[0])](dg_bytes_at(data + 1, size - 1), &out);
    dg_buf_done(&out);
    return 0;
}
