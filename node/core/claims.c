/* claims.c - which signatures a message rests on, and whether a step may believe one.
 *
 * Claims are gathered before the step in a read transaction, so a key may have changed by the time of
 * the step. The step therefore asks with the key that is valid in its own transaction: a claim answers
 * only for exactly the same context, key, message and signature.
 */
#include <string.h>

#include "common/text.h"
#include "node/core/issued_impl.h"
#include "node/core/node_impl.h"
#include "proto/carried.h"
#include "proto/comment.h"
#include "proto/pass.h"

static void claim_add(struct dg_claims *claims, const char *context, const struct dg_key *key,
                      struct dg_bytes message, const struct dg_sig *sig)
{
    if (claims->count == claims->capacity) {
        size_t capacity = claims->capacity == 0 ? 64 : 2 * claims->capacity;
        struct dg_claim *grown = dg_arena_array(claims->arena, capacity, sizeof *grown);
        if (grown == NULL)
            return; /* an unclaimed signature is not believed: the peer is told to try later */
        if (claims->count > 0)
            memcpy(grown, claims->item, claims->count * sizeof *grown);
        claims->item = grown;
        claims->capacity = capacity;
    }
    claims->item[claims->count++] =
        (struct dg_claim){.context = context, .key = *key, .message = message, .sig = *sig};
}

enum dg_err dg_claimed(const struct dg_claims *claims, const struct dg_event *event, const char *context,
                       const struct dg_key *key, struct dg_bytes message, const struct dg_sig *sig)
{
    for (size_t i = 0; i < event->claim_count; i++) {
        const struct dg_claim *claim = &claims->item[event->first_claim + i];
        if (memcmp(claim->sig.b, sig->b, sizeof sig->b) == 0 && dg_key_equal(&claim->key, key) &&
            strcmp(claim->context, context) == 0 && dg_bytes_equal(claim->message, message))
            return claim->ok || DG_MUTANT("any-signature") ? DG_OK : DG_ERR_BAD_SIGNATURE;
    }
    return DG_ERR_RETRY_LATER;
}

/* ---- keys that are not in the directory yet ----------------------------------------------------- */

/* A certificate that comes in the same frame may hold the key that a later part is signed with. Each is
 * decoded once. */
struct brought {
    size_t count;
    struct brought_certificate {
        struct dg_cert_id id;
        const struct dg_signed *sealed;
        struct dg_certificate certificate;
    } * item;
};

static struct brought brought_by(const struct dg_node *node, struct dg_claims *claims,
                                 const struct dg_frame *frame)
{
    struct brought brought = {
        .item = dg_arena_array(claims->arena, frame->record_count + 1, sizeof *brought.item)};
    for (size_t i = 0; brought.item != NULL && i < frame->record_count; i++) {
        const struct dg_record *record = &frame->record[i];
        struct brought_certificate *here = &brought.item[brought.count];
        if (record->kind != DG_RECORD_CERTIFICATE || !record->has_signed || !dg_guarded_record(node, record))
            continue;
        enum dg_err err = dg_certificate_decode(claims->arena, record->sealed.body, &here->certificate, NULL);
        dg_guarded_leave(node, false);
        if (err != DG_OK)
            continue;
        here->id = dg_certificate_id(record->sealed.body);
        here->sealed = &record->sealed;
        brought.count++;
    }
    return brought;
}

static const struct dg_certificate *brought_find(const struct brought *brought, const struct dg_cert_id *id)
{
    for (size_t i = 0; i < brought->count; i++)
        if (dg_cert_id_equal(&brought->item[i].id, id))
            return &brought->item[i].certificate;
    return NULL;
}

static bool organ_key(const struct dg_directory *dir, const struct brought *brought,
                      struct dg_bytes unit_slug, const struct dg_cert_id *id, struct dg_key *ret)
{
    const struct dg_dir_unit *unit = dg_directory_unit(dir, unit_slug);
    const struct dg_dir_organ *organ = unit != NULL ? dg_dir_unit_certificate(unit, id) : NULL;
    const struct dg_certificate *certificate = organ == NULL ? brought_find(brought, id) : NULL;
    if (organ == NULL && (certificate == NULL || !certificate->keys.has_signing))
        return false;
    *ret = organ != NULL ? organ->signing : certificate->keys.signing;
    return true;
}

/* The unit key of an issuer, by certificate id; the federation key issues to the root alone. */
static bool issuer_key(const struct dg_directory *dir, const struct brought *brought,
                       const struct dg_certificate *issued, struct dg_key *ret)
{
    struct dg_cert_id id;
    memcpy(id.b, issued->issuer.b, sizeof id.b);
    struct dg_bytes slug = issued->subject == DG_SUBJECT_UNIT ? issued->parent : issued->unit;
    const struct dg_dir_unit *unit = dg_directory_unit(dir, slug);
    if (unit != NULL && dg_cert_id_equal(&unit->certificate, &id)) {
        *ret = unit->unit_key;
        return true;
    }
    const struct dg_certificate *certificate = brought_find(brought, &id);
    if (certificate == NULL || !certificate->keys.has_unit)
        return false;
    *ret = certificate->keys.unit;
    return true;
}

/* The keys of a unit by its slug, as its certificate has them. */
struct unit_keys {
    struct dg_key unit, log;
    uint32_t epoch;
};

static bool unit_keys(const struct dg_directory *dir, const struct brought *brought, struct dg_bytes slug,
                      struct unit_keys *ret)
{
    const struct dg_dir_unit *unit = dg_directory_unit(dir, slug);
    if (unit != NULL) {
        *ret = (struct unit_keys){.unit = unit->unit_key, .log = unit->log_key, .epoch = unit->epoch};
        return true;
    }
    for (size_t i = 0; i < brought->count; i++) {
        const struct dg_certificate *certificate = &brought->item[i].certificate;
        if (certificate->subject != DG_SUBJECT_UNIT || !dg_bytes_equal(certificate->unit, slug))
            continue;
        *ret = (struct unit_keys){
            .unit = certificate->keys.unit, .log = certificate->keys.log, .epoch = certificate->epoch};
        return true;
    }
    return false;
}

/* ---- origins ------------------------------------------------------------------------------------ */

struct dg_bytes dg_note_origin(struct dg_bytes note)
{
    const uint8_t *end = note.size > 0 ? memchr(note.data, '\n', note.size) : NULL;
    return end != NULL ? dg_bytes_at(note.data, (size_t)(end - note.data)) : dg_bytes_at(NULL, 0);
}

/* Splits federation/unit/eN into the unit; false for another federation or shape. */
static bool origin_split(const struct dg_directory *dir, struct dg_bytes origin, struct dg_bytes *ret_unit)
{
    size_t lead = dir->federation.size + 1;
    if (lead == 1 || origin.size <= lead || origin.size > DG_ORIGIN_MAX ||
        memcmp(origin.data, dir->federation.data, lead - 1) != 0 || origin.data[lead - 1] != '/')
        return false;
    const uint8_t *unit = origin.data + lead;
    const uint8_t *slash = memchr(unit, '/', origin.size - lead);
    if (slash == NULL)
        return false;
    *ret_unit = dg_bytes_at(unit, (size_t)(slash - unit));
    return dg_slug_ok(*ret_unit);
}

const struct dg_dir_unit *dg_origin_unit(const struct dg_directory *dir, struct dg_bytes origin,
                                         struct dg_verifier *ret_log)
{
    struct dg_bytes slug;
    const struct dg_dir_unit *unit = NULL;
    if (origin_split(dir, origin, &slug))
        unit = dg_directory_unit(dir, slug);
    if (unit == NULL)
        return NULL;
    char expected[DG_ORIGIN_MAX + 1];
    dg_origin_write(dir->federation, unit->slug, unit->epoch, expected);
    if (!dg_bytes_is(origin, expected))
        return NULL;
    *ret_log = dg_verifier_of(expected, DG_NOTE_ED25519, &unit->log_key);
    return unit;
}

/* ---- gathering ---------------------------------------------------------------------------------- */

struct gathering {
    const struct dg_directory *dir;
    struct dg_claims *claims;
    struct brought brought;
};

static void claim_parcel(struct gathering *g, const struct dg_parcel *parcel)
{
    if (parcel->err != DG_OK && !parcel->has_authors)
        return;
    for (size_t i = 0; i < parcel->envelope.signature_count; i++) {
        const struct dg_author_signature *signature = &parcel->envelope.signature[i];
        struct dg_key key;
        if (signature->author >= parcel->report.author_count)
            continue;
        const struct dg_author *author = &parcel->report.author[signature->author];
        if (organ_key(g->dir, &g->brought, author->unit, &author->certificate, &key))
            claim_add(g->claims, DG_CONTEXT_REPORT, &key, parcel->envelope.report, &signature->sig);
    }
}

static void claim_certificate(struct gathering *g, const struct brought_certificate *here)
{
    const struct dg_signed *sealed = here->sealed;
    struct dg_key key, own[4];
    if (issuer_key(g->dir, &g->brought, &here->certificate, &key))
        claim_add(g->claims, DG_CONTEXT_CERTIFICATE, &key, sealed->body, &sealed->sig);
    size_t count = dg_certificate_signing_keys(&here->certificate, own);
    for (size_t i = 0; i < sealed->possession_count && i < count; i++)
        claim_add(g->claims, DG_CONTEXT_POSSESSION, &own[i], sealed->body, &sealed->possession[i]);
}

static void claim_issued(struct gathering *g, const struct dg_record *record)
{
    struct dg_issued *issued = dg_arena_alloc(g->claims->arena, sizeof *issued);
    struct dg_key key;
    if (issued != NULL && record->has_signed &&
        dg_issued_decode(g->claims->arena, record->kind, record->sealed.body, issued, NULL) == DG_OK &&
        organ_key(g->dir, &g->brought, issued->issuer.unit, &issued->issuer.certificate, &key))
        claim_add(g->claims, dg_issued_context(record->kind), &key, record->sealed.body, &record->sealed.sig);
}

static void claim_record(struct gathering *g, const struct dg_record *record)
{
    struct dg_arena *arena = g->claims->arena;
    struct dg_key key;
    struct unit_keys keys;
    struct dg_state state;
    struct dg_pass pass;
    struct dg_adoption adoption;
    if (record->kind == DG_RECORD_STATE && record->has_signed &&
        dg_state_decode(arena, record->sealed.body, &state, NULL) == DG_OK &&
        organ_key(g->dir, &g->brought, state.unit, &state.certificate, &key))
        claim_add(g->claims, DG_CONTEXT_STATE, &key, record->sealed.body, &record->sealed.sig);
    if (record->kind == DG_RECORD_PASS && record->has_signed &&
        dg_pass_decode(arena, record->sealed.body, &pass, NULL) == DG_OK &&
        organ_key(g->dir, &g->brought, pass.unit, &pass.certificate, &key))
        claim_add(g->claims, DG_CONTEXT_PASS, &key, record->sealed.body, &record->sealed.sig);
    struct dg_comment comment;
    if (record->kind == DG_RECORD_COMMENT && record->has_signed &&
        dg_comment_decode(arena, record->sealed.body, &comment, NULL) == DG_OK &&
        organ_key(g->dir, &g->brought, comment.unit, &comment.certificate, &key))
        claim_add(g->claims, DG_CONTEXT_COMMENT, &key, record->sealed.body, &record->sealed.sig);
    if (record->kind == DG_RECORD_ADOPTION && record->has_signed &&
        dg_adoption_decode(arena, record->sealed.body, &adoption, NULL) == DG_OK &&
        unit_keys(g->dir, &g->brought, adoption.unit, &keys))
        claim_add(g->claims, DG_CONTEXT_ADOPTION, &keys.unit, record->sealed.body, &record->sealed.sig);
    if (dg_issued_kind(record->kind))
        claim_issued(g, record);
}

/* A source is signed by its authors, as a parcel is. */
static void claim_source(struct gathering *g, const struct dg_record *record)
{
    struct dg_parcel parcel = {.envelope_bytes = record->envelope};
    struct dg_arena *arena = g->claims->arena;
    parcel.err = dg_envelope_decode(arena, record->envelope, &parcel.envelope, NULL);
    if (parcel.err == DG_OK)
        parcel.err = dg_report_decode(arena, parcel.envelope.report, &parcel.report, NULL);
    claim_parcel(g, &parcel);
}

static void claim_checkpoint(struct gathering *g, struct dg_bytes note)
{
    struct dg_bytes origin = dg_note_origin(note), slug, text;
    struct unit_keys keys;
    if (!origin_split(g->dir, origin, &slug) || !unit_keys(g->dir, &g->brought, slug, &keys))
        return;
    char expected[DG_ORIGIN_MAX + 1];
    dg_origin_write(g->dir->federation, slug, keys.epoch, expected);
    struct dg_verifier verifier = dg_verifier_of(expected, DG_NOTE_ED25519, &keys.log);
    struct dg_checkpoint checkpoint;
    struct dg_sig sig;
    if (dg_checkpoint_open(note, &verifier, &checkpoint, &text, &sig) == DG_OK)
        claim_add(g->claims, "", &keys.log, text, &sig);
}

static void claim_enrolment(struct dg_claims *claims, const struct dg_enrol_request *request)
{
    const struct dg_key *key[] = {&request->keys.unit, &request->keys.log, &request->keys.cosigner};
    for (size_t i = 0; i < request->possession_count && i < 3; i++)
        claim_add(claims, DG_CONTEXT_ADMISSION, key[i], request->message, &request->possession[i]);
}

static void claim_frame(struct dg_node *node, struct dg_txn *txn, const struct dg_frame *frame,
                        struct dg_claims *claims)
{
    struct gathering g = {
        .dir = dg_node_directory(node, txn), .claims = claims, .brought = brought_by(node, claims, frame)};
    for (size_t i = 0; i < frame->checkpoint_count; i++)
        claim_checkpoint(&g, frame->checkpoint[i]);
    for (size_t i = 0; i < g.brought.count; i++)
        claim_certificate(&g, &g.brought.item[i]);
    for (size_t i = 0; i < frame->record_count; i++) {
        if (!dg_guarded_record(node, &frame->record[i]))
            continue;
        if (frame->record[i].kind == DG_RECORD_SOURCE)
            claim_source(&g, &frame->record[i]);
        else
            claim_record(&g, &frame->record[i]);
        dg_guarded_leave(node, false);
    }
    for (size_t i = 0; i < frame->parcel_count; i++)
        claim_parcel(&g, &frame->parcel[i]);
    if (frame->enrol_request != NULL)
        claim_enrolment(claims, frame->enrol_request);
}

/* A file of a bundle: the neighbour's signature, and those of the frame that only we can open. */
static void claim_carried(struct dg_node *node, struct dg_txn *txn, struct dg_event *event,
                          struct dg_claims *claims)
{
    const struct dg_sealer *sealer = node->env.sealer;
    struct dg_carried *carried = dg_arena_alloc(claims->arena, sizeof *carried);
    struct dg_frame *frame = dg_arena_alloc(claims->arena, sizeof *frame);
    struct dg_buf opened;
    if (carried == NULL || frame == NULL || sealer == NULL) {
        event->err = DG_ERR_NO_MEMORY;
        return;
    }
    event->err = dg_carried_decode(claims->arena, event->request->text, carried, NULL);
    if (event->err != DG_OK)
        return;
    event->carried = carried;
    const struct dg_dir_unit *from = dg_directory_unit(dg_node_directory(node, txn), carried->from);
    if (from != NULL)
        claim_add(claims, DG_CONTEXT_CARRIED, &from->unit_key, carried->body, &carried->sig);
    if (from == NULL || carried->frame.size == 0)
        return;
    dg_buf_init(&opened, DG_FRAME_MAX);
    event->err = sealer->open(sealer->ctx, carried->frame, &opened);
    struct dg_bytes bytes = dg_arena_copy(claims->arena, dg_buf_bytes(&opened));
    dg_buf_done(&opened);
    if (event->err == DG_OK)
        event->err = dg_frame_decode(claims->arena, bytes, frame, NULL);
    if (event->err != DG_OK)
        return;
    event->frame = frame;
    claim_frame(node, txn, frame, claims);
}

void dg_node_claims(struct dg_node *node, struct dg_txn *txn, struct dg_event *event,
                    struct dg_claims *claims)
{
    event->err = DG_OK;
    event->frame = NULL;
    event->request = NULL;
    event->carried = NULL;
    event->first_claim = claims->count;
    if (event->kind == DG_EVENT_MESSAGE) {
        struct dg_frame *frame = dg_arena_alloc(claims->arena, sizeof *frame);
        if (claims->arena->used > DG_STEP_ARENA_SOFT)
            frame = NULL; /* as if it had been lost on the way: it will be sent again */
        event->err =
            frame == NULL ? DG_ERR_NO_MEMORY : dg_frame_open(claims->arena, event->bytes, node->env.guard, frame, NULL);
        if (event->err == DG_OK) {
            event->frame = frame;
            claim_frame(node, txn, frame, claims);
        }
    } else if (event->kind == DG_EVENT_CTL) {
        struct dg_ctl_request *request = dg_arena_alloc(claims->arena, sizeof *request);
        event->err = request == NULL ? DG_ERR_NO_MEMORY
                                     : dg_ctl_request_decode(claims->arena, event->bytes, request, NULL);
        if (event->err == DG_OK)
            event->request = request;
        if (event->err == DG_OK && request->verb == DG_CTL_CARRY)
            claim_carried(node, txn, event, claims);
    }
    event->claim_count = claims->count - event->first_claim;
}
