/* stories.c - crash points of delivery, by name, each told at every hop it can happen at.
 *
 * A province, a district and a commune without other faults. The commune's committee reports to the
 * district and adds the province; at the named point somebody dies (or a disk fails) once. Then everybody
 * runs on, and all laws must hold as if nothing had been.
 *
 * The stories of a pass begin with a report of the commune that waits at the district's Ban Dân vận.
 */
#include "tests/sim/stories.h"

#include <stdio.h>
#include <string.h>

#include "node/core/rows.h"
#include "tests/sim/world.h"

enum { AWAY_REPORTS = 10000 };
enum place { PROVINCE, DISTRICT, COMMUNE };
enum about { ANYTHING, A_PUSH, A_REPORT, A_RECEIPT, A_PASS, A_RECALL, A_REQUEST };

/* Who dies, at which point of the turn, when it is about what. */
struct story {
    const char *name, *what;
    enum place who;
    const char *where; /* as life.c names the point */
    enum about about;
    bool last_words;  /* what it had sent still arrives */
    enum dg_err disk; /* instead of dying: its commit fails so; CANCELLED: with EIO, and yet it happens */
};

static const struct story stories[] = {
    {"C1", "clerk's report, before the commit", COMMUNE, "before commit", A_PUSH, false, DG_OK},
    {"C2", "clerk's report committed, before the answer", COMMUNE, "after commit", A_PUSH, false, DG_OK},
    {"C3-commune", "leaf written, checkpoint not signed", COMMUNE, "before commit", A_PUSH, false, DG_OK},
    {"C3-district", "leaf written, checkpoint not signed", DISTRICT, "before commit", A_REPORT, false, DG_OK},
    {"C6-commune", "report handed to the socket and lost", COMMUNE, "before send", A_REPORT, false, DG_OK},
    {"C6-district", "report handed to the socket and lost", DISTRICT, "before send", A_REPORT, false, DG_OK},
    {"C7-commune", "sender dead, its report on the wire", COMMUNE, "after send", A_REPORT, true, DG_OK},
    {"C7-district", "sender dead, its report on the wire", DISTRICT, "after send", A_REPORT, true, DG_OK},
    {"C8-district", "frame received, before anything", DISTRICT, "heard", A_REPORT, false, DG_OK},
    {"C8-province", "frame received, before anything", PROVINCE, "heard", A_REPORT, false, DG_OK},
    {"C9-district", "inside the receiver's transaction", DISTRICT, "before commit", A_REPORT, false, DG_OK},
    {"C9-province", "inside the receiver's transaction", PROVINCE, "before commit", A_REPORT, false, DG_OK},
    {"C10-district", "receiver has committed, no receipt sent", DISTRICT, "after commit", A_REPORT, false,
     DG_OK},
    {"C10-province", "receiver has committed, no receipt sent", PROVINCE, "after commit", A_REPORT, false,
     DG_OK},
    {"C11-district", "receiver's commit fails: EIO", DISTRICT, "heard", A_REPORT, false, DG_ERR_STORE_IO},
    {"C11-province", "receiver's commit fails: EIO", PROVINCE, "heard", A_REPORT, false, DG_ERR_STORE_IO},
    {"C11-full", "receiver's commit fails: disk full", DISTRICT, "heard", A_REPORT, false, DG_ERR_STORE_FULL},
    {"C11-late", "receiver's commit fails, and all is kept", DISTRICT, "heard", A_REPORT, false,
     DG_ERR_CANCELLED},
    {"C12-commune", "receipt arrives at a dead sender", COMMUNE, "heard", A_RECEIPT, false, DG_OK},
    {"C12-district", "receipt arrives at a dead sender", DISTRICT, "heard", A_RECEIPT, false, DG_OK},
    {"C13-commune", "receipt verified, release not committed", COMMUNE, "before commit", A_RECEIPT, false,
     DG_OK},
    {"C13-district", "receipt verified, release not committed", DISTRICT, "before commit", A_RECEIPT, false,
     DG_OK},
    {"C14-commune", "release committed, window forgotten", COMMUNE, "after commit", A_RECEIPT, false, DG_OK},
    {"C14-district", "release committed, window forgotten", DISTRICT, "after commit", A_RECEIPT, false,
     DG_OK},
    {"C15", "forwarded up, dies before its own release", DISTRICT, "after send", A_REPORT, false, DG_OK},
    {"R1", "clerk's recall, before the commit", COMMUNE, "before commit", A_RECALL, false, DG_OK},
    {"R2", "recall committed, before the answer", COMMUNE, "after commit", A_RECALL, false, DG_OK},
    {"R3-commune", "request handed to the socket and lost", COMMUNE, "before send", A_REQUEST, false, DG_OK},
    {"R3-district", "request handed to the socket and lost", DISTRICT, "before send", A_REQUEST, false,
     DG_OK},
    {"R4-commune", "asker dead, its request on the wire", COMMUNE, "after send", A_REQUEST, true, DG_OK},
    {"R4-district", "asker dead, its request on the wire", DISTRICT, "after send", A_REQUEST, true, DG_OK},
    {"R5-district", "request received, before anything", DISTRICT, "heard", A_REQUEST, false, DG_OK},
    {"R5-province", "request received, before anything", PROVINCE, "heard", A_REQUEST, false, DG_OK},
    {"R6-district", "inside the asked one's transaction", DISTRICT, "before commit", A_REQUEST, false, DG_OK},
    {"R6-province", "inside the asked one's transaction", PROVINCE, "before commit", A_REQUEST, false, DG_OK},
    {"R7-district", "asked one has committed and says nothing", DISTRICT, "after commit", A_REQUEST, false,
     DG_OK},
    {"R7-province", "asked one has committed and says nothing", PROVINCE, "after commit", A_REQUEST, false,
     DG_OK},
    {"R8-district", "asked one's commit fails: EIO", DISTRICT, "heard", A_REQUEST, false, DG_ERR_STORE_IO},
    {"R8-full", "asked one's commit fails: disk full", DISTRICT, "heard", A_REQUEST, false,
     DG_ERR_STORE_FULL},
    {"receipt-lost", "receipt given to a socket that dies", DISTRICT, "before send", A_RECEIPT, false, DG_OK},
    {"receipt-relay", "receipt on the wire, its giver dead", DISTRICT, "after send", A_RECEIPT, true, DG_OK},
};

static const struct story pass_stories[] = {
    {"P1", "the via organ's word, before the commit", DISTRICT, "before commit", A_PUSH, false, DG_OK},
    {"P2", "its word committed, before the answer", DISTRICT, "after commit", A_PUSH, false, DG_OK},
    {"P3", "pass handed to the socket and lost", DISTRICT, "before send", A_PASS, false, DG_OK},
    {"P4", "pass on the wire, its giver dead", DISTRICT, "after send", A_PASS, true, DG_OK},
    {"P5", "pass received, before anything", COMMUNE, "heard", A_PASS, false, DG_OK},
    {"P6", "inside the receiver's transaction", COMMUNE, "before commit", A_PASS, false, DG_OK},
    {"P7", "receiver has committed, nothing said", COMMUNE, "after commit", A_PASS, false, DG_OK},
    {"P8", "receiver's commit fails: EIO", COMMUNE, "heard", A_PASS, false, DG_ERR_STORE_IO},
    {"P9", "via organ's commit fails: disk full", DISTRICT, "heard", A_PUSH, false, DG_ERR_STORE_FULL},
};

struct telling {
    const struct story *story;
    bool done;
};

/* ---- the one misfortune -------------------------------------------------------------------------- */

static bool frame_is_about(const struct dg_frame *frame, enum about about)
{
    enum dg_record_kind kind = about == A_PASS ? DG_RECORD_PASS : DG_RECORD_RECEIPT;
    for (size_t i = 0; (about == A_RECEIPT || about == A_PASS) && i < frame->record_count; i++)
        if (frame->record[i].kind == kind)
            return true;
    for (size_t i = 0; about == A_REQUEST && i < frame->record_count; i++)
        if (frame->record[i].kind == DG_RECORD_STATE)
            return true;
    return about == A_REPORT && frame->parcel_count > 0;
}

static bool batch_is_about(const struct sim_node *node, enum about about)
{
    return about == ANYTHING || ((about == A_PUSH || about == A_RECALL) && node->speaking_of_push) ||
           (about == A_REQUEST && node->speaking_of_state) ||
           (about == A_REPORT && node->speaking_of_parcel) || (about == A_PASS && node->speaking_of_pass) ||
           (about == A_RECEIPT && node->speaking_of_receipt);
}

static bool misfortune(struct sim_world *world, struct sim_node *node, const char *where,
                       const struct dg_frame *frame)
{
    struct telling *telling = world->script.ctx;
    const struct story *story = telling->story;
    bool fits = frame != NULL ? frame_is_about(frame, story->about) : batch_is_about(node, story->about);
    if (telling->done || node->index != (int)story->who || strcmp(where, story->where) != 0 || !fits)
        return false;
    telling->done = true;
    world->script.last_words = story->last_words;
    if (story->disk == DG_OK)
        return true;
    sim_trace_line(&world->trace, world->now, "the disk of %s fails once: %s", node->unit,
                   dg_err_name(story->disk));
    if (story->disk == DG_ERR_CANCELLED)
        dg_store_mem_fail_late(node->store, DG_ERR_STORE_IO);
    else
        dg_store_mem_fail_commit(node->store, 1, story->disk);
    return false;
}

/* ---- the telling --------------------------------------------------------------------------------- */

static struct sim_world *three_levels(void)
{
    struct sim_options options = {
        .seed = 7, .nodes = 3, .levels = 3, .delay_max = 20, .settle_ms = 10 * 60000};
    struct sim_world *world = sim_world_new(&options);
    if (world != NULL)
        world->calm = false;
    return world;
}

/* The clerk who was told nothing looks, and pushes again when nothing is there (C1). */
static void clerk_looks_again(struct sim_world *world)
{
    struct sim_node *commune = &world->node[COMMUNE];
    if (!world->push[0].answered && dg_store_mem_rows(commune->store, DG_TABLE_SENT) == 0)
        sim_load_push_as(world, commune, "cap-uy", "periodic", "2026-10", "van-phong@tinh-0");
}

/* The report has arrived everywhere; only now the misfortune may come, while it is asked back. */
static void recall_it(struct sim_world *world, struct telling *telling)
{
    struct sim_node *commune = &world->node[COMMUNE];
    sim_world_run(world, world->now + 60000);
    world->script = (struct sim_script){.here = misfortune, .ctx = telling};
    sim_load_recall_as(world, commune, "cap-uy", &world->push[0].id);
    sim_world_run(world, world->now + 60000);
    if (world->mark_count == 0) /* the clerk was told nothing, and asks again: it may have been done */
        sim_load_recall_as(world, commune, "cap-uy", &world->push[0].id);
    sim_world_run(world, world->now + 10000);
}

static bool was_asked(struct sim_world *world)
{
    struct dg_txn *txn;
    struct dg_held held;
    bool asked = false;
    if (dg_begin_read(world->node[PROVINCE].store, &txn) != DG_OK)
        return false;
    if (dg_held_get(txn, &world->push[0].id, &held) == DG_OK)
        asked = dg_recall_asked(txn, held.position);
    dg_abort(world->node[PROVINCE].store, txn);
    return asked;
}

static bool tell(const struct story *story, bool trace)
{
    struct telling telling = {.story = story};
    struct sim_world *world = three_levels();
    if (world == NULL)
        return false;
    world->trace.print = trace;
    if (trace)
        printf("\n== %s: %s, at the %s\n", story->name, story->what,
               (const char *[]){"province", "district", "commune"}[story->who]);
    sim_world_run(world, world->now + 10000);
    bool recalls = story->about == A_RECALL || story->about == A_REQUEST;
    if (!recalls)
        world->script = (struct sim_script){.here = misfortune, .ctx = &telling};
    sim_load_push_as(world, &world->node[COMMUNE], "cap-uy", "periodic", "2026-10", "van-phong@tinh-0");
    if (recalls)
        recall_it(world, &telling);
    else
        sim_world_run(world, world->now + 60000);
    clerk_looks_again(world);
    if (!world->laws.broken)
        sim_world_calm(world);
    sim_world_settle(world);
    if (!telling.done)
        sim_break(world, "story", "the point never came");
    if (dg_store_mem_rows(world->node[COMMUNE].store, DG_TABLE_SENT) != 1)
        sim_break(world, "story", "there is not exactly one report");
    if (recalls && !was_asked(world))
        sim_break(world, "story", "the province was not asked");
    bool ok = !world->laws.broken;
    printf("%-14s %-45s %s%s%s\n", story->name, story->what, ok ? "holds" : world->laws.law, ok ? "" : ": ",
           ok ? "" : world->laws.what);
    if (!ok && !trace)
        sim_trace_tail(&world->trace);
    sim_world_free(world);
    return ok;
}

/* The addressee's row at the district. */
static bool is_open(struct sim_world *world)
{
    struct sim_node *district = &world->node[DISTRICT];
    struct dg_report_ix ix;
    struct dg_mail mail;
    struct dg_txn *txn;
    if (dg_begin_read(district->store, &txn) != DG_OK)
        return false;
    bool open = dg_report_ix_get(txn, &world->push[0].id, &ix) &&
                dg_mail_get(txn, dg_bytes_of("thuong-truc"), ix.position, &mail) && mail.open;
    dg_abort(district->store, txn);
    return open;
}

static bool tell_pass(const struct story *story, bool trace)
{
    struct telling telling = {.story = story};
    struct sim_world *world = three_levels();
    if (world == NULL)
        return false;
    struct sim_node *district = &world->node[DISTRICT];
    world->trace.print = trace;
    sim_world_run(world, world->now + 10000);
    sim_load_push_matter(world, &world->node[COMMUNE], "cap-uy", "qua-tren", NULL);
    sim_world_run(world, world->now + 30000);
    if (is_open(world))
        sim_break(world, "story", "it did not wait");
    world->script = (struct sim_script){.here = misfortune, .ctx = &telling};
    sim_load_pass_as(world, district, "ban-dan-van", &world->push[0].id, false);
    sim_world_run(world, world->now + 60000);
    if (!is_open(world)) /* the clerk was told nothing, or that the disk was full, and looks again */
        sim_load_pass_as(world, district, "ban-dan-van", &world->push[0].id, false);
    sim_world_run(world, world->now + 1000);
    if (!world->laws.broken)
        sim_world_calm(world);
    sim_world_settle(world);
    if (!telling.done || !is_open(world))
        sim_break(world, "story", telling.done ? "it still waits" : "the point never came");
    bool ok = !world->laws.broken;
    printf("%-14s %-45s %s%s%s\n", story->name, story->what, ok ? "holds" : world->laws.law, ok ? "" : ": ",
           ok ? "" : world->laws.what);
    if (!ok && !trace)
        sim_trace_tail(&world->trace);
    sim_world_free(world);
    return ok;
}

/* C16: whichever write of the transaction the disk refuses, all of it is refused. */
static bool tell_every_put(bool trace)
{
    unsigned n = 1;
    for (; n < 64; n++) {
        struct sim_world *world = three_levels();
        if (world == NULL)
            return false;
        world->trace.print = trace;
        sim_world_run(world, world->now + 10000);
        struct sim_node *commune = &world->node[COMMUNE];
        sim_load_push_as(world, commune, "cap-uy", "periodic", "2026-10", "van-phong@tinh-0");
        dg_store_mem_fail_put(commune->store, n, DG_ERR_STORE_FULL);
        sim_world_run(world, world->now + 1000);
        bool refused = world->push[0].answered && !world->push[0].accepted;
        dg_store_mem_fail_put(commune->store, 0, DG_OK);
        sim_world_calm(world);
        sim_world_settle(world);
        size_t sent = dg_store_mem_rows(commune->store, DG_TABLE_SENT);
        if (sent != (refused ? 0 : 1))
            sim_break(world, "story", "refused at put %u, and %zu reports are there", n, sent);
        bool ok = !world->laws.broken;
        if (!ok)
            printf("C16 at put %u: %s: %s\n", n, world->laws.law, world->laws.what);
        sim_world_free(world);
        if (!ok)
            return false;
        if (!refused)
            break;
    }
    printf("%-14s %-45s holds\n", "C16", "the disk is full at any one put of the push");
    return n > 3;
}

/* A story is asked for by its name, or by the point that it and others tell of: C6 for C6-commune. */
static bool is_asked(const char *asked, const char *name)
{
    size_t size = asked != NULL ? strlen(asked) : 0;
    return asked == NULL || (strncmp(name, asked, size) == 0 && (name[size] == '\0' || name[size] == '-'));
}

bool sim_stories_run(const char *name, bool trace)
{
    bool ok = true, found = is_asked(name, "C16") || is_asked(name, "signing") || is_asked(name, "away") ||
                            is_asked(name, "restore");
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        if (!is_asked(name, stories[i].name))
            continue;
        found = true;
        ok = tell(&stories[i], trace) && ok;
    }
    for (size_t i = 0; i < sizeof pass_stories / sizeof pass_stories[0]; i++) {
        if (!is_asked(name, pass_stories[i].name))
            continue;
        found = true;
        ok = tell_pass(&pass_stories[i], trace) && ok;
    }
    if (name == NULL || strcmp(name, "C16") == 0)
        ok = tell_every_put(trace) && ok;
    if (name == NULL || strcmp(name, "signing") == 0)
        ok = sim_story_signing(trace) && ok;
    if (name == NULL || strcmp(name, "away") == 0)
        ok = sim_story_away(AWAY_REPORTS, trace) && ok;
    if (name == NULL || strcmp(name, "restore") == 0)
        ok = sim_story_restore(trace) && ok;
    if (!found)
        printf("no story is called %s\n", name);
    return ok && found;
}
