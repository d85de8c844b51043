/* source.c - the reports that another report was made of, asked for below when they never came here.
 *
 * A consolidated report names its sources by id. Whoever was given it may ask for them: the want goes down,
 * link by link, to the unit whose report names the source; the source comes back the same way, signed by its
 * authors and proven to be in that unit's log. Nothing of it is a delivery: no mailbox, no leaf.
 */
#include <string.h>

#include "node/core/node_impl.h"
#include "proto/pass.h"

/* ---- a report that names sources ------------------------------------------------------------------ */

/* The report of that id, whether it was delivered here or fetched. */
static bool citing_get(struct dg_txn *txn, const struct dg_id *id, struct dg_report *ret)
{
    struct dg_held held;
    struct dg_source source;
    struct dg_envelope envelope;
    if (dg_held_get(txn, id, &held) == DG_OK && held.verdict == DG_VERDICT_ACCEPTED) {
        *ret = held.report;
        return true;
    }
    return dg_source_get(txn, id, &source) && source.state == DG_SOURCE_FETCHED &&
           dg_envelope_decode(txn->arena, source.record.envelope, &envelope, NULL) == DG_OK &&
           dg_report_decode(txn->arena, envelope.report, ret, NULL) == DG_OK;
}

static bool names_source(const struct dg_report *report, const struct dg_id *id)
{
    for (size_t i = 0; i < report->source_count; i++)
        if (dg_id_equal(&report->source[i], id))
            return true;
    return false;
}

/* True when the parent has been given that report: it went up, or was fetched for somebody above. */
static bool went_up(struct dg_node *node, struct dg_txn *txn, const struct dg_id *id,
                    const struct dg_report *report)
{
    struct dg_source source;
    struct dg_bytes *unit;
    size_t count = 0;
    if (dg_report_units(txn->arena, report, &count, &unit) != DG_OK)
        dg_txn_fail(txn, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        if (dg_bytes_is(dg_node_route(node, txn, unit[i]), node->identity.parent))
            return true;
    return dg_source_get(txn, id, &source) && dg_bytes_is(source.asker, node->identity.parent);
}

static bool holds(struct dg_txn *txn, const struct dg_id *id)
{
    struct dg_report_ix ix;
    return dg_report_ix_get(txn, id, &ix) && ix.verdict == DG_VERDICT_ACCEPTED;
}

/* ---- asking --------------------------------------------------------------------------------------- */

static void say(struct dg_node *node, struct dg_txn *txn, struct dg_bytes neighbour, enum dg_source_said said,
                const struct dg_id *id, dg_ms now)
{
    dg_outbox_push_record(node, txn, neighbour, DG_QUEUED_SOURCE, 0, said, dg_bytes_at(id->b, sizeof id->b),
                          now);
}

/* Writes the outcome of a want; whoever waits for it is told. */
static void settle(struct dg_node *node, struct dg_txn *txn, struct dg_source *source,
                   enum dg_source_state state, dg_ms now)
{
    source->state = state;
    source->since_ms = now;
    dg_source_put(txn, source);
    if (source->asker.size > 0)
        say(node, txn, source->asker, DG_SOURCE_GIVE, &source->id, now);
}

/* Asks the unit whose report names it, which must lie below: this node's own reports name what it must have
 * itself, and what others above or beside rest on is their affair. */
static void ask_below(struct dg_node *node, struct dg_txn *txn, struct dg_source *source,
                      const struct dg_report *by, dg_ms now)
{
    struct dg_bytes route = dg_node_route(node, txn, by->author[0].unit);
    if (route.size == 0 || dg_bytes_is(route, node->identity.parent)) {
        source->code = dg_bytes_of(dg_err_name(route.size == 0 ? DG_ERR_NOT_FOUND : DG_ERR_NOT_YOURS));
        settle(node, txn, source, DG_SOURCE_REFUSED, now);
        return;
    }
    source->state = DG_SOURCE_WANTED;
    source->since_ms = now;
    dg_source_put(txn, source);
    say(node, txn, route, DG_SOURCE_ASK, &source->id, now);
}

/* ---- a want from above ---------------------------------------------------------------------------- */

static enum dg_err want_take(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                             const struct dg_record *record, dg_ms now)
{
    struct dg_report by;
    struct dg_source source = {.id = record->report, .by = record->by, .asker = dg_bytes_of(link->unit)};
    if (!record->has_report || !record->has_by || record->has_signed || record->leaf.size > 0 ||
        record->regime.size > 0 || record->envelope.size > 0 || record->code.size > 0)
        return DG_ERR_MALFORMED;
    if (!link->up || !citing_get(txn, &record->by, &by) || !names_source(&by, &record->report) ||
        !went_up(node, txn, &record->by, &by))
        return txn->err != DG_OK ? txn->err : DG_ERR_NOT_YOURS;
    if (holds(txn, &record->report)) {
        source.state = DG_SOURCE_GIVEN;
        source.since_ms = now;
        dg_source_put(txn, &source);
        if (!DG_MUTANT("withhold-source"))
            say(node, txn, source.asker, DG_SOURCE_GIVE, &source.id, now);
        return DG_OK;
    }
    struct dg_source there;
    bool known = dg_source_get(txn, &record->report, &there);
    if (known && there.state != DG_SOURCE_REFUSED) {
        there.asker = source.asker;
        dg_source_put(txn, &there);
        if (there.state == DG_SOURCE_FETCHED)
            say(node, txn, source.asker, DG_SOURCE_GIVE, &source.id, now);
        return DG_OK;
    }
    ask_below(node, txn, &source, &by, now);
    return DG_OK;
}

/* ---- a source from below -------------------------------------------------------------------------- */

static enum dg_err check_signatures(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                                    const struct dg_claims *claims, const struct dg_envelope *envelope,
                                    const struct dg_report *report)
{
    if (envelope->signature_count != report->author_count)
        return DG_ERR_BAD_SIGNATURE;
    for (size_t i = 0; i < report->author_count; i++) {
        const struct dg_author *author = &report->author[i];
        const struct dg_author_signature *signature = &envelope->signature[i];
        const struct dg_dir_unit *unit = dg_directory_unit(dg_node_directory(node, txn), author->unit);
        const struct dg_dir_organ *organ =
            unit != NULL ? dg_dir_unit_certificate(unit, &author->certificate) : NULL;
        if (organ == NULL || !dg_bytes_equal(organ->slug, author->organ))
            return DG_ERR_STALE_DIRECTORY;
        enum dg_err err = signature->author != i
                              ? DG_ERR_BAD_SIGNATURE
                              : dg_claimed(claims, event, DG_CONTEXT_REPORT, &organ->signing,
                                           envelope->report, &signature->sig);
        if (err != DG_OK)
            return err;
    }
    return DG_OK;
}

/* The envelope is the wanted report, signed, and accepted in the log of a unit on that side of the link. */
static enum dg_err source_check(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                                const struct dg_claims *claims, const struct dg_link *link,
                                const struct dg_record *record, struct dg_source *source)
{
    struct dg_envelope envelope;
    struct dg_report report;
    struct dg_proven *proven;
    struct dg_leaf leaf;
    enum dg_err err = dg_envelope_decode(txn->arena, record->envelope, &envelope, NULL);
    if (err != DG_OK)
        return err == DG_ERR_NO_MEMORY ? err : DG_ERR_SOURCE_ALTERED;
    struct dg_id id = dg_report_id(envelope.report);
    if (!dg_id_equal(&id, &record->report))
        return DG_ERR_SOURCE_ALTERED;
    err = dg_report_decode(txn->arena, envelope.report, &report, NULL);
    if (err != DG_OK)
        return err;
    err = check_signatures(node, txn, event, claims, &envelope, &report);
    if (err == DG_OK)
        err = dg_record_proven(node, txn, event, claims, record, &proven, &leaf);
    if (err != DG_OK)
        return err;
    const struct dg_dir_unit *below =
        dg_directory_unit(dg_node_directory(node, txn), dg_bytes_of(link->unit));
    if (leaf.kind != DG_LEAF_REPORT || leaf.verdict != DG_VERDICT_ACCEPTED ||
        !dg_id_equal(&leaf.report, &id) || below == NULL || !dg_dir_unit_within(proven->unit, below))
        return DG_ERR_BAD_LEAF;
    source->origin = dg_arena_copy(txn->arena, dg_bytes_of(proven->checkpoint.origin));
    source->checkpoint_size = proven->checkpoint.size;
    source->record = *record;
    return dg_proven_keep(txn, proven);
}

/* Other bytes than the named ones, or not those that somebody signed: whoever asked is told so, and a person
 * is told from where it came. */
static void settle_altered(struct dg_node *node, struct dg_txn *txn, const struct dg_link *link,
                           struct dg_source *source, enum dg_err err, dg_ms now)
{
    char hex[DG_HEX_BYTES];
    dg_hex(source->id.b, sizeof source->id.b, hex);
    source->code = dg_bytes_of(dg_err_name(err));
    if (!dg_attention_has(txn, DG_ERR_SOURCE_ALTERED, dg_bytes_of(hex)))
        dg_attention_put(txn, now, DG_ERR_SOURCE_ALTERED, dg_bytes_of(hex), dg_bytes_of(link->unit));
    settle(node, txn, source, DG_SOURCE_REFUSED, now);
}

static enum dg_err source_take(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                               const struct dg_claims *claims, const struct dg_link *link,
                               const struct dg_record *record, dg_ms now)
{
    struct dg_source source;
    bool given = record->envelope.size > 0;
    if (link->up || !record->has_report || record->has_signed || record->has_by || record->regime.size > 0 ||
        given == (record->code.size > 0))
        return DG_ERR_MALFORMED;
    if (!dg_source_get(txn, &record->report, &source) || source.state != DG_SOURCE_WANTED)
        return txn->err; /* nobody waits for it any more */
    source.code = record->code;
    enum dg_err err = given ? source_check(node, txn, event, claims, link, record, &source) : DG_OK;
    if (err == DG_OK)
        settle(node, txn, &source, given ? DG_SOURCE_FETCHED : DG_SOURCE_REFUSED, now);
    else if (err == DG_ERR_SOURCE_ALTERED || err == DG_ERR_BAD_SIGNATURE)
        settle_altered(node, txn, link, &source, err, now);
    return err;
}

void dg_source_record(struct dg_node *node, struct dg_txn *txn, const struct dg_event *event,
                      const struct dg_claims *claims, struct dg_link *link, const struct dg_record *record,
                      dg_ms now, struct dg_out *out)
{
    bool want = record->kind == DG_RECORD_WANT;
    if (record->envelope.size > 0 && dg_disk_puts_off(node, event, record->tag, out))
        return;
    enum dg_err err = want ? want_take(node, txn, link, record, now)
                           : source_take(node, txn, event, claims, link, record, now);
    struct dg_fault fault;
    if (err == DG_OK) {
        dg_out_ack(out, event->conn, record->tag);
        return;
    }
    (void)dg_faultf(&fault, err, "%s from %s", want ? "want" : "source", link->unit);
    dg_out_answer(out, event->conn, record->tag, &fault, DG_RETRY_MIN_MS);
    dg_out_fact(out, &fault, "source");
}

void dg_source_answered(struct dg_node *node, struct dg_txn *txn, const struct dg_queued *queued,
                        struct dg_bytes code, dg_ms now)
{
    struct dg_source source;
    struct dg_id id;
    if (queued->number != DG_SOURCE_ASK || queued->directory_key.size != sizeof id.b)
        return;
    memcpy(id.b, queued->directory_key.data, sizeof id.b);
    if (!dg_source_get(txn, &id, &source) || source.state != DG_SOURCE_WANTED)
        return;
    source.code = code;
    settle(node, txn, &source, DG_SOURCE_REFUSED, now);
}

/* ---- what goes over the line ---------------------------------------------------------------------- */

bool dg_source_queued(struct dg_node *node, struct dg_txn *txn, const struct dg_queued *queued,
                      struct dg_record *ret, struct dg_bytes *ret_origin, uint64_t *ret_checkpoint_size)
{
    struct dg_source source;
    struct dg_held held;
    struct dg_id id;
    if (queued->directory_key.size != sizeof id.b)
        return false;
    memcpy(id.b, queued->directory_key.data, sizeof id.b);
    bool known = dg_source_get(txn, &id, &source);
    *ret_origin = dg_bytes_at(NULL, 0);
    *ret_checkpoint_size = 0;
    if (queued->number == DG_SOURCE_ASK) {
        *ret = (struct dg_record){
            .kind = DG_RECORD_WANT, .has_report = true, .report = id, .has_by = true, .by = source.by};
        return known;
    }
    *ret = (struct dg_record){.kind = DG_RECORD_SOURCE, .has_report = true, .report = id};
    if (holds(txn, &id) && dg_held_get(txn, &id, &held) == DG_OK) {
        ret->index = held.position;
        ret->envelope = held.envelope_bytes;
        *ret_origin = dg_bytes_of(node->identity.origin);
        return true;
    }
    if (!known || source.state == DG_SOURCE_WANTED || source.state == DG_SOURCE_GIVEN)
        return false;
    if (source.state == DG_SOURCE_REFUSED) {
        ret->code = source.code;
        return true;
    }
    *ret = source.record;
    *ret_origin = source.origin;
    *ret_checkpoint_size = source.checkpoint_size;
    return true;
}

/* ---- donggui lineage --fetch ---------------------------------------------------------------------- */

struct fetching {
    struct dg_node *node;
    struct dg_txn *txn;
    bool dry_run;
    dg_ms now;
    size_t asked;
};

static void fetch_one(struct fetching *f, const struct dg_id *id, const struct dg_id *by_id,
                      const struct dg_report *by)
{
    struct dg_source source;
    if (holds(f->txn, id))
        return;
    bool known = dg_source_get(f->txn, id, &source);
    if (known && source.state != DG_SOURCE_REFUSED)
        return;
    f->asked++;
    if (f->dry_run)
        return;
    source = (struct dg_source){.id = *id, .by = *by_id};
    ask_below(f->node, f->txn, &source, by, f->now);
}

static bool fetch_sources(void *ctx, const struct dg_lineage *found)
{
    struct fetching *f = ctx;
    if (found->report != NULL)
        for (size_t i = 0; i < found->report->source_count; i++)
            fetch_one(f, &found->report->source[i], &found->id, found->report);
    return f->txn->err == DG_OK;
}

void dg_control_fetch(struct dg_node *node, struct dg_txn *txn, const struct dg_ctl_request *request,
                      dg_ms now, struct dg_ctl_reply *reply)
{
    struct fetching f = {.node = node, .txn = txn, .dry_run = request->dry_run, .now = now};
    struct dg_id id;
    if (dg_report_find(txn, request->report, &id, &reply->fault) != DG_OK)
        return;
    enum dg_err err = dg_lineage_each(txn, &id, fetch_sources, &f);
    if (err != DG_OK) {
        (void)dg_fault(&reply->fault, err);
        return;
    }
    reply->id = id;
    reply->has_id = true;
    reply->text = dg_bytes_of(dg_arena_printf(txn->arena, "%zu", f.asked));
}
