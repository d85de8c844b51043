/* bulk.c - files that go with reports, on disks that lose what was not synced, past neighbours that alter
 * them. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/core/attached.h"
#include "tests/sim/world.h"

enum { TRIES_MAX = 200, POLL_MS = 700, POLL = 1000000 /* inputs from here on ask again */ };

static void name_of(size_t file, char ret[static 32])
{
    (void)snprintf(ret, 32, "new-%zu", file);
}

static const struct sim_file *file_of(const struct sim_world *world, const struct dg_hash *content)
{
    for (size_t i = 0; i < world->file_count; i++) {
        struct dg_hash known = dg_attachment_content(&world->file[i].what);
        if (dg_hash_equal(&known, content))
            return &world->file[i];
    }
    return NULL;
}

/* ---- attaching ----------------------------------------------------------------------------------- */

/* Mostly a few chunks, sometimes several pieces. Now and then the bytes of an earlier one, from elsewhere. */
static void make_file(struct sim_world *world, struct sim_file *file)
{
    struct sim_choice *choice = &world->choice;
    struct dg_survey survey;
    size_t most = sim_chance(choice, 1500) ? 700000 : 90000;
    const struct sim_file *same = world->file_count > 0 && sim_chance(choice, 2500)
                                      ? &world->file[sim_below(choice, world->file_count)]
                                      : NULL;
    file->size = same != NULL ? same->size : (size_t)sim_between(choice, 1, (int64_t)most);
    file->bytes = malloc(file->size);
    assert(file->bytes != NULL);
    uint64_t seed = sim_draw(choice);
    for (size_t i = 0; i < file->size; i++)
        file->bytes[i] = same != NULL ? same->bytes[i] : (uint8_t)((seed >> (i % 57)) * (i / 57 + 1) >> 3);
    dg_survey_start(&survey, DG_CHUNK_BYTES);
    for (size_t at = 0; at < file->size; at += DG_PIECE_BYTES)
        dg_survey_add(&survey,
                      dg_bytes_at(file->bytes + at,
                                  file->size - at < DG_PIECE_BYTES ? file->size - at : DG_PIECE_BYTES));
    enum dg_err err = dg_survey_end(&survey, &file->what);
    assert(err == DG_OK);
    (void)err;
    dg_survey_free(&survey);
    file->what.name = dg_bytes_of("tệp kèm");
    file->damaged = sim_chance(choice, 1500);
}

/* The command line writes the file and hands it over, again if the node has swept it away meanwhile. */
static void hand_over(struct sim_world *world, size_t number)
{
    struct sim_file *file = &world->file[number];
    struct sim_node *node = &world->node[file->node];
    char name[32];
    struct dg_buf message;
    name_of(number, name);
    file->bytes[0] ^= file->damaged;
    if (!file->written)
        dg_files_mem_new_file(node->files, name, dg_bytes_at(file->bytes, file->size));
    file->bytes[0] ^= file->damaged;
    file->written = true;
    struct dg_ctl_request request = {
        .verb = DG_CTL_ATTACH, .attachment = file->what, .file = dg_bytes_of(name)};
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    bool ok = dg_ctl_request_encode(&request, &message) == DG_OK;
    assert(ok);
    (void)ok;
    sim_node_hear(node, &(struct dg_event){.kind = DG_EVENT_CTL,
                                           .client = SIM_CLIENT_ATTACH + number,
                                           .bytes = dg_buf_bytes(&message)});
    dg_buf_done(&message);
}

static bool is_waiting(const struct sim_file *file, const struct sim_node *node)
{
    return file->node == node->index && !file->pushed && file->tries < TRIES_MAX;
}

void sim_bulk_attach(struct sim_world *world, struct sim_node *node, bool another)
{
    size_t number = 0;
    if (world->file == NULL)
        world->file = calloc(SIM_ATTACHED_MAX, sizeof *world->file);
    assert(world->file != NULL);
    while (number < world->file_count && (another || !is_waiting(&world->file[number], node)))
        number++;
    if (another && number < SIM_ATTACHED_MAX && !world->calm) {
        struct sim_file made = {.node = node->index};
        make_file(world, &made);
        world->file[world->file_count++] = made;
        sim_trace_line(&world->trace, world->now, "%s attaches file %zu of %zu bytes%s", node->unit, number,
                       made.size, made.damaged ? ", damaged" : "");
    }
    if (number >= world->file_count)
        return;
    world->file[number].tries++;
    if (node->node != NULL)
        hand_over(world, number);
    sim_plan(world, &(struct sim_happening){.at = world->now + POLL_MS,
                                            .kind = SIM_ATTACH,
                                            .node = node->index,
                                            .input = (uint32_t)(POLL + number),
                                            .again = true});
}

void sim_bulk_replied(struct sim_world *world, struct sim_node *node, uint64_t client,
                      const struct dg_ctl_reply *reply)
{
    struct sim_file *file = &world->file[client - SIM_CLIENT_ATTACH];
    char also[DG_ADDRESS_MAX + 1] = "";
    file->written =
        file->written && reply->fault.err != DG_ERR_NOT_FOUND; /* swept away: he copies it again */
    if (reply->fault.err == DG_ERR_BAD_ATTACHMENT)
        file->tries = TRIES_MAX; /* the clerk gives up */
    if (reply->fault.err != DG_OK || file->pushed || file->tries == TRIES_MAX ||
        !dg_bytes_is(reply->text, dg_attached_state_name(DG_ATTACHED_WHOLE)))
        return;
    file->pushed = true;
    (void)snprintf(also, sizeof also, "cap-uy@%s", world->node[0].unit);
    sim_load_push_attached(world, node, &file->what, node->index == 0 ? "" : also);
}

/* ---- what is done to them ------------------------------------------------------------------------ */

bool sim_bulk_meddle(struct sim_node *node, const struct dg_frame *frame, struct dg_buf *bytes)
{
    struct sim_world *world = node->world;
    if (frame->piece_count == 0 || world->calm || world->founding ||
        !sim_chance(&world->choice, world->options.villain / 4))
        return false;
    struct dg_piece piece = frame->piece[0];
    uint8_t *data = malloc(piece.data.size);
    assert(data != NULL);
    memcpy(data, piece.data.data, piece.data.size);
    data[sim_below(&world->choice, piece.data.size)] ^= 1;
    piece.data.data = data;
    struct dg_frame altered = {.piece_count = 1, .piece = &piece};
    bool ok = dg_frame_encode(&altered, bytes) == DG_OK;
    assert(ok);
    (void)ok;
    free(data);
    sim_trace_line(&world->trace, world->now, "%s alters a piece", node->unit);
    return true;
}

void sim_bulk_sicken(struct sim_node *node)
{
    struct sim_world *world = node->world;
    dg_files_mem_fail(node->files, 0, DG_OK);
    if (world->calm || world->founding || world->file_count == 0)
        return;
    unsigned after = (unsigned)sim_between(&world->choice, 1, 3);
    if (sim_chance(&world->choice, world->options.disk_full))
        dg_files_mem_fail(node->files, after, DG_ERR_STORE_FULL);
    else if (sim_chance(&world->choice, world->options.disk_fails))
        dg_files_mem_fail(node->files, after, DG_ERR_STORE_IO);
}

/* ---- laws ---------------------------------------------------------------------------------------- */

static bool same_bytes(struct sim_node *node, enum dg_file_kind kind, const struct dg_hash *name,
                       const struct sim_file *file, uint64_t offset, size_t size)
{
    static uint8_t got[1 << 20];
    return size <= sizeof got &&
           node->files->ops->read(node->files, kind, name, offset, got, size) == DG_OK &&
           memcmp(got, file->bytes + offset, size) == 0;
}

struct looking {
    struct sim_node *node;
    struct dg_txn *txn;
};

/* After a crash the file is what was durable: so much must be there as the bits say. */
static bool bits_true(const struct looking *looking, const struct dg_attached *attached,
                      const struct sim_file *file)
{
    uint32_t chunks = dg_attachment_chunks(&attached->what);
    for (uint32_t i = 0; i < chunks; i++) {
        struct dg_run run = {.first = i, .count = 1};
        if (dg_attached_has(looking->txn, attached, run) &&
            !same_bytes(looking->node, DG_FILE_PART, &attached->content, file,
                        dg_run_offset(&attached->what, run), dg_run_bytes(&attached->what, run)))
            return false;
    }
    return true;
}

static bool look_at(void *ctx, const struct dg_attached *attached)
{
    const struct looking *looking = ctx;
    struct sim_node *node = looking->node;
    const struct sim_file *file = file_of(node->world, &attached->content);
    bool whole =
        node->files->ops->has(node->files, DG_FILE_WHOLE, &attached->what.sha256, attached->what.size);
    if (file == NULL)
        sim_break(node->world, "A3", "%s holds an attachment that nobody attached", node->unit);
    else if (attached->state == DG_ATTACHED_COMING && attached->here > 0 && !whole &&
             !bits_true(looking, attached, file))
        sim_break(node->world, "A1", "%s says that it has chunks of file %d that are not there", node->unit,
                  (int)(file - node->world->file));
    else if (attached->state == DG_ATTACHED_WHOLE &&
             !same_bytes(node, DG_FILE_WHOLE, &attached->what.sha256, file, 0, file->size))
        sim_break(node->world, "A3", "%s calls file %d whole, and it is not", node->unit,
                  (int)(file - node->world->file));
    return !node->world->laws.broken;
}

/* A living process is looked at now and then, a dead one always: only then is it seen what was durable. */
void sim_bulk_laws(struct sim_node *node, struct dg_txn *txn)
{
    struct looking looking = {.node = node, .txn = txn};
    if (node->world->file_count == 0 || (node->node != NULL && node->world->turns % 16 != 0))
        return;
    dg_attached_each(txn, look_at, &looking);
}

bool sim_bulk_left_rightly(struct sim_node *there, struct dg_bytes content)
{
    struct dg_txn *txn;
    struct dg_attached attached;
    struct dg_hash hash;
    if (content.size != sizeof hash.b || dg_begin_read(there->store, &txn) != DG_OK)
        return false;
    memcpy(hash.b, content.data, sizeof hash.b);
    bool whole = dg_attached_get(txn, &hash, &attached) && attached.state == DG_ATTACHED_WHOLE;
    dg_abort(there->store, txn);
    return whole;
}

const char *sim_bulk_unsettled(struct sim_world *world, struct dg_txn *const txn[])
{
    static char why[160];
    for (size_t i = 0; i < world->push_count; i++) {
        const struct sim_push *push = &world->push[i];
        for (size_t k = 0; push->accepted && k < world->node_count; k++) {
            struct dg_held held;
            struct dg_attached attached;
            if (dg_held_get(txn[k], &push->id, &held) != DG_OK || held.verdict != DG_VERDICT_ACCEPTED)
                continue;
            for (size_t a = 0; a < held.report.attachment_count; a++) {
                if (dg_attached_find(txn[k], &held.report.attachment[a], &attached) &&
                    attached.state == DG_ATTACHED_WHOLE)
                    continue;
                (void)snprintf(why, sizeof why,
                               "A2: an attachment of report %zu is not whole at %s: %s, %u chunks", i,
                               world->node[k].unit, dg_attached_state_name(attached.state), attached.here);
                return why;
            }
        }
    }
    return NULL;
}

void sim_bulk_free(struct sim_world *world)
{
    for (size_t i = 0; i < world->file_count; i++)
        free(world->file[i].bytes);
    free(world->file);
}
