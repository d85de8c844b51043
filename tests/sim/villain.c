/* villain.c - strangers, and members that lie: what they say must be refused, and the refusal seen.
 *
 * The villain overhears reports on the wires, has no key but those of the one child it has taken over, and
 * speaks on that child's line or as a stranger that got past the door.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/core/node_impl.h"
#include "tests/sim/world.h"

void sim_villain_overhear(struct sim_world *world, const struct dg_frame *frame)
{
    if (world->options.villain == 0 || world->calm)
        return;
    for (size_t i = 0; i < frame->parcel_count; i++) {
        size_t slot = world->caught_count < SIM_CAUGHT_MAX
                          ? world->caught_count++
                          : (size_t)sim_below(&world->choice, SIM_CAUGHT_MAX);
        free(world->caught[slot].bytes);
        world->caught[slot].size = frame->parcel[i].envelope_bytes.size;
        world->caught[slot].bytes = malloc(world->caught[slot].size);
        assert(world->caught[slot].bytes != NULL);
        memcpy(world->caught[slot].bytes, frame->parcel[i].envelope_bytes.data, world->caught[slot].size);
    }
}

/* ---- speaking ------------------------------------------------------------------------------------ */

struct villainy {
    struct sim_world *world;
    struct sim_node *parent, *child; /* speaks on the child's line to its parent */
    bool stranger;                   /* with a key and a connection of its own instead */
    const char *what;
};

/* Says it and sees at once what becomes of it; the disk and the process are spared meanwhile. */
static void say_bytes(const struct villainy *v, struct dg_bytes bytes)
{
    struct sim_world *world = v->world;
    struct sim_node *parent = v->parent;
    uint64_t seen = world->laws.refusals + parent->node->counted_refused;
    sim_trace_line(&world->trace, world->now, "villain to %s on the line of %s: %s", parent->unit,
                   v->stranger ? "a stranger" : v->child->unit, v->what);
    sim_node_hear(parent, &(struct dg_event){.kind = DG_EVENT_MESSAGE,
                                             .conn = v->stranger ? world->next_conn++ : v->child->conn,
                                             .key = v->stranger ? sim_curve_key(SIM_STRANGERS_KEY)
                                                                : v->child->transport,
                                             .bytes = bytes});
    world->villainies++;
    world->calm = true;
    while (parent->node != NULL && parent->inbox_count > 0 && !world->laws.broken)
        sim_node_turn(parent);
    world->calm = false;
    if (!world->laws.broken && world->laws.refusals + parent->node->counted_refused == seen)
        sim_break(world, "I8", "%s did not refuse: %s", parent->unit, v->what);
}

static void say_frame(const struct villainy *v, const struct dg_frame *frame)
{
    struct dg_buf buf;
    dg_buf_init(&buf, DG_FRAME_MAX);
    if (dg_frame_encode(frame, &buf) == DG_OK && buf.err == DG_OK)
        say_bytes(v, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
}

static void say_envelope(const struct villainy *v, struct dg_bytes envelope)
{
    struct dg_parcel parcel = {.tag = dg_tag(DG_LANE_NORMAL, 1000000), .envelope_bytes = envelope};
    struct dg_frame frame = {.parcel_count = 1, .parcel = &parcel};
    say_frame(v, &frame);
}

/* ---- what it says -------------------------------------------------------------------------------- */

static void say_garbage(struct villainy *v)
{
    uint8_t noise[200];
    v->what = "noise";
    noise[0] = 0xff; /* no field of a frame has this number */
    sim_fill(&v->world->choice, noise + 1, sizeof noise - 1);
    say_bytes(v, dg_bytes_at(noise, 1 + (size_t)sim_below(&v->world->choice, sizeof noise)));
}

/* A stranger greets as the child. */
static void say_hello(struct villainy *v)
{
    struct dg_hello hello = {
        .federation = dg_bytes_of("dong-gui.test"),
        .unit = dg_bytes_of(v->child->unit),
        .lane = 1,
        .boot = 1000000,
        .frame_max = DG_FRAME_MAX,
        .clock_ms = sim_clock(v->parent),
    };
    struct dg_frame frame = {.hello = &hello};
    v->stranger = true;
    v->what = "hello under another's name";
    say_frame(v, &frame);
}

static bool parent_knows(const struct villainy *v, const struct dg_id *id)
{
    struct dg_txn *txn;
    struct dg_report_ix ix;
    if (dg_begin_read(v->parent->store, &txn) != DG_OK)
        return true;
    bool knows = dg_report_ix_get(txn, id, &ix);
    dg_abort(v->parent->store, txn);
    return knows;
}

static bool within(struct sim_world *world, const struct sim_node *node, const struct sim_node *above)
{
    for (int at = node->index; at != SIM_NOBODY; at = world->node[at].parent)
        if (at == above->index)
            return true;
    return false;
}

/* One that it has overheard, decoded in the frame arena. */
static bool overheard(struct villainy *v, struct dg_envelope *ret_envelope, struct dg_report *ret_report,
                      struct dg_bytes *ret_bytes)
{
    struct sim_world *world = v->world;
    if (world->caught_count == 0)
        return false;
    size_t slot = (size_t)sim_below(&world->choice, world->caught_count);
    *ret_bytes = dg_bytes_at(world->caught[slot].bytes, world->caught[slot].size);
    dg_arena_reset(&world->arena);
    return dg_envelope_decode(&world->arena, *ret_bytes, ret_envelope, NULL) == DG_OK &&
           dg_report_decode(&world->arena, ret_envelope->report, ret_report, NULL) == DG_OK;
}

/* Somebody else's genuine report on this child's line, or any at all on a stranger's. */
static void say_anothers(struct villainy *v, bool stranger)
{
    struct dg_envelope envelope;
    struct dg_report report;
    struct dg_bytes bytes;
    if (!overheard(v, &envelope, &report, &bytes))
        return;
    struct dg_id id = dg_report_id(envelope.report);
    const struct sim_node *author = sim_node_by_unit(v->world, report.author[0].unit);
    v->stranger = stranger;
    v->what = stranger ? "a report from nowhere" : "a report of another subtree";
    if (!parent_knows(v, &id) && (stranger || !within(v->world, author, v->child)))
        say_envelope(v, bytes);
}

/* One byte of the signed bytes, or only the salt, so that all but the signature is in order. */
static void say_altered(struct villainy *v, bool in_order)
{
    struct sim_world *world = v->world;
    struct dg_envelope envelope;
    struct dg_report report;
    struct dg_bytes bytes;
    if (!overheard(v, &envelope, &report, &bytes))
        return;
    struct dg_buf buf;
    dg_buf_init(&buf, DG_ENVELOPE_MAX);
    sim_fill(&world->choice, report.salt, sizeof report.salt);
    bool ok = !in_order || dg_report_encode(&report, &buf) == DG_OK;
    envelope.report = dg_arena_copy(&world->arena, in_order ? dg_buf_bytes(&buf) : envelope.report);
    uint8_t *at = (uint8_t *)(uintptr_t)envelope.report.data;
    if (!in_order)
        at[sim_below(&world->choice, envelope.report.size)] ^= (uint8_t)(1 + sim_below(&world->choice, 255));
    dg_buf_reset(&buf);
    v->what = in_order ? "a report with another's signature" : "a report with one byte altered";
    if (ok && dg_envelope_encode(&envelope, &buf) == DG_OK)
        say_envelope(v, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
}

/* A report that the child's own organ signs anew, as it was changed. */
static void say_signed_anew(struct villainy *v, struct dg_envelope *envelope, struct dg_report *report)
{
    struct sim_world *world = v->world;
    struct dg_key key = {{0}};
    for (size_t i = 0; i < v->child->organ_count; i++)
        if (dg_bytes_is(report->author[0].organ, v->child->organ[i].slug))
            key = v->child->organ[i].key;
    sim_fill(&world->choice, report->salt, sizeof report->salt);
    struct dg_buf buf;
    dg_buf_init(&buf, DG_ENVELOPE_MAX);
    bool ok = dg_report_encode(report, &buf) == DG_OK;
    envelope->report = dg_arena_copy(&world->arena, dg_buf_bytes(&buf));
    dg_buf_reset(&buf);
    ok = ok &&
         sim_sign(&v->child->ring, &key, DG_CONTEXT_REPORT, envelope->report, &envelope->signature[0].sig) ==
             DG_OK &&
         dg_envelope_encode(envelope, &buf) == DG_OK;
    if (ok)
        say_envelope(v, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
}

/* One that leaves out somebody whom the regime names. */
static void say_incomplete(struct villainy *v)
{
    struct dg_envelope envelope;
    struct dg_report report;
    struct dg_bytes bytes;
    if (!overheard(v, &envelope, &report, &bytes) || report.recipient_count < 2 || report.also_to_count > 0 ||
        !dg_bytes_is(report.author[0].unit, v->child->unit) || report.recipient[0].rule_count == 0)
        return;
    report.recipient++;
    report.recipient_count--;
    v->what = "a report that leaves out a recipient";
    say_signed_anew(v, &envelope, &report);
}

/* True when that node's directory has an adoption of unit that the report passes over, though it is in force
 * by the mandate of the child today. */
static bool passes_over(const struct villainy *v, const struct dg_mandate *today,
                        const struct dg_report *report, const struct dg_directory *there)
{
    const struct dg_dir_unit *unit = dg_directory_unit(there, dg_bytes_of(v->child->unit));
    for (size_t i = 0; unit != NULL && i < today->use_count; i++) {
        const struct dg_hash *used = &today->use[i].adoption->id;
        bool named = !dg_bytes_is(today->use[i].regime_unit->slug, v->child->unit);
        for (size_t k = 0; k < report->regime_count; k++)
            named = named || dg_hash_equal(&report->regime[k].adoption, used);
        for (size_t k = 0; k < unit->adoption_count; k++)
            if (!named && dg_hash_equal(&unit->adoption[k].id, used))
                return true;
    }
    return false;
}

/* Whether the report was signed by a regime of the child's own which it has replaced since, as its parent
 * knows. */
static bool is_outdated(const struct villainy *v, const struct dg_report *report)
{
    struct dg_header header;
    struct dg_mandate today;
    struct dg_directory mine, theirs;
    struct dg_txn *here, *there;
    bool outdated = false;
    if (dg_begin_read(v->child->store, &here) != DG_OK)
        return false;
    if (dg_begin_read(v->parent->store, &there) != DG_OK) {
        dg_abort(v->child->store, here);
        return false;
    }
    if (dg_header_of(report, here->arena, &header) == DG_OK &&
        dg_directory_load(here, here->arena, &mine) == DG_OK &&
        dg_directory_load(there, there->arena, &theirs) == DG_OK &&
        dg_mandate_of(&mine, &header, here->arena, &today, NULL) == DG_OK)
        outdated = passes_over(v, &today, report, &theirs);
    dg_abort(v->parent->store, there);
    dg_abort(v->child->store, here);
    return outdated;
}

/* The first that is outdated of those that it has overheard, signed so once more. False when there is none.
 */
static bool say_outdated(struct villainy *v)
{
    struct sim_world *world = v->world;
    struct dg_envelope envelope;
    struct dg_report report;
    for (size_t i = 0; i < world->caught_count; i++) {
        dg_arena_reset(&world->arena);
        struct dg_bytes bytes = dg_bytes_at(world->caught[i].bytes, world->caught[i].size);
        if (dg_envelope_decode(&world->arena, bytes, &envelope, NULL) != DG_OK ||
            dg_report_decode(&world->arena, envelope.report, &report, NULL) != DG_OK ||
            report.author_count != 1 || !dg_bytes_is(report.author[0].unit, v->child->unit))
            continue;
        if (world->options.step != 0)
            return false; /* its clock may be set back behind the adoption, and then nobody can tell */
        report.signed_ms = sim_clock(v->child);
        v->what = "a report by a regime that its unit has replaced";
        if (!is_outdated(v, &report))
            continue;
        say_signed_anew(v, &envelope, &report);
        return true;
    }
    return false;
}

bool sim_villain_may(const struct sim_node *node)
{
    return node->node != NULL && node->inbox_count == 0 && !dg_store_mem_is_rotten(node->store);
}

/* The occasion is rare, and taken where it offers itself. */
static bool took_occasion(struct sim_world *world)
{
    for (size_t i = 1; i < world->node_count; i++) {
        struct sim_node *child = &world->node[i];
        struct villainy v = {.world = world, .child = child, .parent = &world->node[child->parent]};
        if (sim_villain_may(v.parent) && say_outdated(&v))
            return true;
    }
    return false;
}

void sim_villain_act(struct sim_world *world)
{
    if (world->node_count < 2 || (sim_chance(&world->choice, 5000) && took_occasion(world)))
        return;
    struct sim_node *child = &world->node[1 + sim_below(&world->choice, world->node_count - 1)];
    struct villainy v = {.world = world, .child = child, .parent = &world->node[child->parent]};
    if (!sim_villain_may(v.parent))
        return;
    switch (sim_below(&world->choice, 9)) {
    case 0:
        say_garbage(&v);
        break;
    case 1:
        say_hello(&v);
        break;
    case 2:
        say_anothers(&v, true);
        break;
    case 3:
    case 4:
        say_anothers(&v, false);
        break;
    case 5:
    case 6:
        say_altered(&v, sim_chance(&world->choice, 5000));
        break;
    default:
        say_incomplete(&v);
        break;
    }
}
