#include "common/note.h"

#include "common/line.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

enum {
    BODY_MAX = DG_ORIGIN_MAX + 128,          /* origin, twenty digits, a hash in base64 */
    COSIGNATURE_MESSAGE_MAX = BODY_MAX + 64, /* and its two lines before them */
    COSIGNATURE_LINE_EXTRA = 4 + 1 + 104 + 1 /* em dash and space, space, 76 bytes in base64, LF */
};

void dg_checkpoint_body(const struct dg_checkpoint *checkpoint, struct dg_buf *out)
{
    dg_buf_printf(out, "%s\n%" PRIu64 "\n", checkpoint->origin, checkpoint->size);
    dg_base64(dg_bytes_at(checkpoint->root.b, sizeof checkpoint->root.b), out);
    dg_buf_add_text(out, "\n");
}

enum dg_err dg_checkpoint_body_parse(struct dg_bytes body, struct dg_checkpoint *ret)
{
    struct dg_bytes origin, size_text, root_text;
    uint64_t size;
    struct dg_hash root;

    if (!dg_line_next(&body, &origin) || !dg_line_next(&body, &size_text) ||
        !dg_line_next(&body, &root_text) || body.size != 0)
        return DG_ERR_BAD_CHECKPOINT;
    /* Our origins are also key names, so the stricter rule for those holds for both. */
    if (origin.size > DG_ORIGIN_MAX || !dg_note_name_ok(origin) || !dg_decimal_parse(size_text, &size) ||
        !dg_unbase64_exact(root_text, root.b, sizeof root.b))
        return DG_ERR_BAD_CHECKPOINT;

    *ret = (struct dg_checkpoint){.size = size, .root = root};
    memcpy(ret->origin, origin.data, origin.size);
    return DG_OK;
}

enum dg_err dg_checkpoint_sign(const struct dg_checkpoint *checkpoint, const struct dg_signer *signer,
                               const struct dg_key *key, struct dg_buf *out)
{
    struct dg_verifier log = dg_verifier_of(checkpoint->origin, DG_NOTE_ED25519, key);
    struct dg_buf body;
    struct dg_sig sig;
    enum dg_err err;

    dg_buf_init(&body, BODY_MAX);
    dg_checkpoint_body(checkpoint, &body);
    err = body.err;
    if (err == DG_OK)
        err = signer->sign(signer->ctx, key, "", dg_buf_bytes(&body), &sig);
    if (err != DG_OK)
        goto cleanup;

    dg_buf_add_bytes(out, dg_buf_bytes(&body));
    dg_buf_add_text(out, "\n");
    dg_note_add_signature(&log, dg_bytes_at(sig.b, sizeof sig.b), out);
    err = out->err;
cleanup:
    dg_buf_done(&body);
    return err;
}

enum dg_err dg_checkpoint_open(struct dg_bytes note, const struct dg_verifier *log, struct dg_checkpoint *ret,
                               struct dg_bytes *ret_text, struct dg_sig *ret_sig)
{
    struct dg_note parsed;
    struct dg_checkpoint checkpoint;
    const struct dg_note_signature *signature;

    enum dg_err err = dg_note_parse(note, &parsed);
    if (err != DG_OK)
        return err;
    err = dg_checkpoint_body_parse(parsed.text, &checkpoint);
    if (err != DG_OK)
        return err;
    if (strcmp(checkpoint.origin, log->name) != 0)
        return DG_ERR_BAD_CHECKPOINT;
    err = dg_note_find(&parsed, log, &signature);
    if (err != DG_OK)
        return err == DG_ERR_NOT_FOUND ? DG_ERR_BAD_SIGNATURE : err;
    if (log->type != DG_NOTE_ED25519 || signature->blob_size != DG_SIG_BYTES)
        return DG_ERR_BAD_SIGNATURE;

    *ret = checkpoint;
    *ret_text = parsed.text;
    memcpy(ret_sig->b, signature->blob, DG_SIG_BYTES);
    return DG_OK;
}

enum dg_err dg_checkpoint_verify(struct dg_bytes note, const struct dg_verifier *log,
                                 struct dg_checkpoint *ret)
{
    struct dg_checkpoint checkpoint;
    struct dg_bytes text;
    struct dg_sig sig;

    enum dg_err err = dg_checkpoint_open(note, log, &checkpoint, &text, &sig);
    if (err != DG_OK)
        return err;
    err = dg_key_check(&log->key);
    if (err != DG_OK)
        return err;
    if (!dg_verify(&log->key, "", text, &sig))
        return DG_ERR_BAD_SIGNATURE;
    *ret = checkpoint;
    return DG_OK;
}

void dg_cosignature_message(uint64_t unix_seconds, struct dg_bytes checkpoint_body, struct dg_buf *out)
{
    dg_buf_printf(out, "cosignature/v1\ntime %" PRIu64 "\n", unix_seconds);
    dg_buf_add_bytes(out, checkpoint_body);
}

/* The signed text of a note that holds a checkpoint, and the cosigner's line in it or NULL. */
static enum dg_err cosigned_open(struct dg_bytes note, const struct dg_verifier *cosigner,
                                 struct dg_note *ret, const struct dg_note_signature **ret_signature)
{
    struct dg_checkpoint checkpoint;
    enum dg_err err = dg_note_parse(note, ret);
    if (err != DG_OK)
        return err;
    err = dg_checkpoint_body_parse(ret->text, &checkpoint);
    if (err != DG_OK)
        return err;

    *ret_signature = NULL;
    err = dg_note_find(ret, cosigner, ret_signature);
    return err == DG_ERR_NOT_FOUND ? DG_OK : err;
}

enum dg_err dg_cosign(struct dg_buf *note, const struct dg_verifier *cosigner, const struct dg_signer *signer,
                      uint64_t unix_seconds)
{
    struct dg_note parsed;
    const struct dg_note_signature *present;
    struct dg_buf message;
    struct dg_sig sig;
    uint8_t blob[DG_NOTE_BLOB_MAX];
    assert(cosigner->type == DG_NOTE_COSIGNATURE && unix_seconds <= INT64_MAX);

    enum dg_err err = cosigned_open(dg_buf_bytes(note), cosigner, &parsed, &present);
    if (err != DG_OK)
        return err;
    if (present != NULL)
        return DG_ERR_BAD_CHECKPOINT;
    if (parsed.signature_count == DG_NOTE_SIGNATURES_MAX ||
        note->size + strlen(cosigner->name) + COSIGNATURE_LINE_EXTRA > DG_CHECKPOINT_MAX)
        return DG_ERR_TOO_LARGE;

    dg_buf_init(&message, COSIGNATURE_MESSAGE_MAX);
    dg_cosignature_message(unix_seconds, parsed.text, &message);
    err = message.err;
    if (err == DG_OK)
        err = signer->sign(signer->ctx, &cosigner->key, "", dg_buf_bytes(&message), &sig);
    dg_buf_done(&message);
    if (err != DG_OK)
        return err;

    dg_u64be_put(blob, unix_seconds);
    memcpy(blob + 8, sig.b, sizeof sig.b);
    dg_note_add_signature(cosigner, dg_bytes_at(blob, sizeof blob), note);
    return note->err;
}

static enum dg_err cosignature_check(struct dg_bytes body, const struct dg_key *key, uint64_t seconds,
                                     const struct dg_sig *sig)
{
    struct dg_buf message;
    enum dg_err err = dg_key_check(key);
    if (err != DG_OK)
        return err;

    dg_buf_init(&message, COSIGNATURE_MESSAGE_MAX);
    dg_cosignature_message(seconds, body, &message);
    err = message.err;
    if (err == DG_OK && !dg_verify(key, "", dg_buf_bytes(&message), sig))
        err = DG_ERR_BAD_SIGNATURE;
    dg_buf_done(&message);
    return err;
}

enum dg_err dg_cosignature_verify(struct dg_bytes note, const struct dg_verifier *cosigner,
                                  uint64_t *ret_seconds)
{
    struct dg_note parsed;
    const struct dg_note_signature *signature;
    struct dg_sig sig;

    enum dg_err err = cosigned_open(note, cosigner, &parsed, &signature);
    if (err != DG_OK)
        return err;
    if (signature == NULL)
        return DG_ERR_NOT_FOUND;
    if (cosigner->type != DG_NOTE_COSIGNATURE || signature->blob_size != DG_NOTE_BLOB_MAX)
        return DG_ERR_BAD_SIGNATURE;

    uint64_t seconds = dg_u64be(signature->blob);
    memcpy(sig.b, signature->blob + 8, sizeof sig.b);
    if (seconds > INT64_MAX)
        return DG_ERR_BAD_SIGNATURE;
    err = cosignature_check(parsed.text, &cosigner->key, seconds, &sig);
    if (err != DG_OK)
        return err;
    *ret_seconds = seconds;
    return DG_OK;
}
