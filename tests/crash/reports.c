/* reports.c - the same rig (cut.c) over a district at work: what it has acknowledged must be in every image.
 *
 * A scene has items, one after another: a report of its own that a clerk pushes, or one that its commune
 * sends. The answer to the clerk, or the receipt to the commune, is the promise that items up to this one are
 * there. Keys, certificates and the commune's frames are made once, in memory; each session opens the
 * district's store as the daemon does and runs the daemon's own turns on it.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/core/node_impl.h"
#include "node/core/rows.h"
#include "node/store/store_lmdb.h"
#include "tests/crash/record.h"
#include "tests/crash/scene.h"
#include "tests/unit/support/federation.h"

enum { HEARD = 10, KILLS_MAX = 3, CREATION_CALLS = 60, SESSION_CALLS = 300, TIMEOUT_S = 60, LINE = 7 };

/* What the commune says: its greeting, and its reports, each in a frame of its own. */
static struct {
    struct fed *fed;
    struct dg_event hello, frame[HEARD];
    struct dg_id id[HEARD];
    const char *unit;
} commune;

static bool complain(const char *what)
{
    fprintf(stderr, "crash: %s\n", what);
    return false;
}

/* ---- what is known beforehand -------------------------------------------------------------------- */

/* The newest message in the federation's post that greets, or brings a report. It and what came after it,
 * such as leaves to be mirrored, are taken out. */
static struct dg_event take_newest(struct fed *fed, bool greeting)
{
    struct dg_arena arena;
    struct dg_event event;
    bool found = false;
    dg_arena_init(&arena, 0);
    while (!found) {
        struct dg_frame frame;
        assert(fed->count > 0);
        fed->count--;
        event = fed->queue[(fed->head + fed->count) % FED_QUEUE_MAX].event;
        if (dg_frame_decode(&arena, event.bytes, &frame, NULL) == DG_OK)
            found = greeting ? frame.hello != NULL : frame.parcel_count > 0;
    }
    dg_arena_done(&arena);
    event.conn = LINE;
    return event;
}

static void write_draft(uint64_t number, struct dg_buf *ret)
{
    char body[48];
    (void)snprintf(body, sizeof body, "Báo cáo số %llu.\n", (unsigned long long)number);
    struct dg_report report = {.kind = dg_bytes_of("periodic"),
                               .period = dg_bytes_of("2026-10"),
                               .date = dg_bytes_of("2026-11-20"),
                               .title = dg_bytes_of("Báo cáo"),
                               .urgency = DG_URGENCY_NORMAL,
                               .body = dg_bytes_of(body)};
    dg_buf_init(ret, DG_REPORT_MAX);
    enum dg_err err = dg_draft_encode(&report, ret);
    assert(err == DG_OK);
    (void)err;
}

static void make_commune(void)
{
    struct fed *fed = fed_new(false);
    struct fed_node *xa = &fed->node[FED_XA];
    struct dg_event tick = {.kind = DG_EVENT_TICK};
    commune.fed = fed;
    commune.unit = xa->unit;
    for (size_t i = 0; i < HEARD; i++) {
        struct dg_buf draft;
        write_draft(i, &draft);
        struct dg_ctl_request request = {
            .verb = DG_CTL_PUSH, .organ = dg_bytes_of("cap-uy"), .draft = dg_buf_bytes(&draft)};
        struct dg_ctl_reply reply = fed_control(xa, &request);
        dg_buf_done(&draft);
        assert(reply.fault.err == DG_OK && fed->count > 0);
        commune.id[i] = reply.id;
        commune.frame[i] = take_newest(fed, false);
    }
    /* A line that has broken is greeted on anew. */
    dg_node_forget(xa->node);
    fed->now += 60000;
    fed_turn(xa, &tick);
    commune.hello = take_newest(fed, true);
}

/* Every row of the district's store in memory, as it was when all had enrolled. */
static bool copy_rows(struct dg_store *to)
{
    struct dg_txn *in, *out;
    struct dg_committed committed;
    struct dg_store *from = commune.fed->node[FED_HUYEN].store;
    if (dg_begin_read(from, &in) != DG_OK || dg_begin_write(to, &out) != DG_OK)
        return complain("the district cannot be copied");
    for (unsigned table = 0; table < DG_TABLE_COUNT; table++) {
        struct dg_cursor cursor;
        dg_cursor_open(&cursor, in, (enum dg_table)table);
        for (bool at = dg_cursor_seek(&cursor, (struct dg_bytes){0}); at; at = dg_cursor_next(&cursor))
            dg_put(out, (enum dg_table)table, cursor.key, cursor.value);
        dg_cursor_close(&cursor);
    }
    dg_abort(from, in);
    return dg_commit(to, out, &committed) == DG_OK || complain("the district cannot be copied");
}

/* ---- looking ------------------------------------------------------------------------------------- */

/* Item number i, from 1: every second one is heard, as long as the commune has any. */
static bool is_heard(uint64_t item, size_t *ret)
{
    *ret = (size_t)(item / 2);
    return item % 2 == 1 && *ret < HEARD;
}

struct own {
    struct dg_txn *txn;
    uint64_t count;
    bool readable;
};

static bool count_own(void *ctx, struct dg_bytes organ, uint64_t position, const struct dg_id *id)
{
    struct own *own = ctx;
    struct dg_held held;
    (void)organ;
    (void)position;
    own->count++;
    own->readable = own->readable && dg_held_get(own->txn, id, &held) == DG_OK;
    return true;
}

/* How many items are there, from the first on without a gap; false when one is there that should not be. */
static bool count_items(struct dg_txn *txn, uint64_t *ret)
{
    struct own own = {.txn = txn, .readable = true};
    uint64_t heard = 0, item = 0;
    dg_sent_each(txn, dg_bytes_at(NULL, 0), count_own, &own);
    for (size_t i = 0; i < HEARD; i++) {
        struct dg_held held;
        struct dg_report_ix ix;
        if (dg_report_ix_get(txn, &commune.id[i], &ix) && dg_held_get(txn, &commune.id[i], &held) == DG_OK)
            heard++;
    }
    uint64_t all = own.count + heard;
    for (size_t place; item < all; item++) {
        if (is_heard(item + 1, &place))
            heard -= heard > 0;
        else
            own.count -= own.count > 0;
    }
    *ret = all;
    return (own.readable && own.count == 0 && heard == 0) || complain("an item is there before another");
}

/* The log is under its checkpoint, and every leaf is what the tree was made of. */
static bool log_holds(struct dg_txn *txn)
{
    struct dg_tree_reader tree = dg_log_tree(txn);
    struct dg_log_view log;
    struct dg_hash root, hash;
    dg_log_get(txn, &log);
    if (dg_meta_u64(txn, "sealed-size") != log.size || dg_tree_root(&tree, log.size, &root) != DG_OK)
        return complain("a leaf is under no checkpoint");
    for (uint64_t i = 0; i < log.size; i++) {
        struct dg_bytes text;
        if (!dg_leaf_get(txn, i, &text) || tree.read(tree.ctx, 0, i, &hash) != DG_OK)
            return complain("a leaf is missing");
        struct dg_hash leaf = dg_merkle_leaf(text);
        if (!dg_hash_equal(&leaf, &hash))
            return complain("a leaf is not what was hashed");
    }
    struct dg_note note;
    struct dg_checkpoint checkpoint;
    return (dg_note_parse(log.checkpoint, &note) == DG_OK &&
            dg_checkpoint_body_parse(note.text, &checkpoint) == DG_OK && checkpoint.size == log.size &&
            dg_hash_equal(&checkpoint.root, &root)) ||
           complain("the checkpoint is of another log");
}

static bool look(struct dg_store *store, uint64_t *ret)
{
    struct dg_txn *txn;
    if (dg_begin_read(store, &txn) != DG_OK)
        return complain("the store cannot be read");
    bool sound = count_items(txn, ret) && log_holds(txn) && txn->err == DG_OK;
    dg_abort(store, txn);
    return sound;
}

/* ---- working ------------------------------------------------------------------------------------- */

/* A district that runs on its store. What it has answered is counted. */
struct district {
    struct dg_store *store;
    struct dg_node *node;
    struct dg_turn turn;
    struct dg_voice voice;
    struct dg_arena arena;
    unsigned receipts, accepted;
};

static enum dg_said hear_frame(void *ctx, uint64_t conn, struct dg_bytes bytes)
{
    struct district *d = ctx;
    struct dg_frame frame;
    dg_arena_reset(&d->arena);
    if (conn == LINE && dg_frame_decode(&d->arena, bytes, &frame, NULL) == DG_OK)
        for (size_t i = 0; i < frame.record_count; i++)
            d->receipts += frame.record[i].kind == DG_RECORD_RECEIPT;
    return conn == LINE ? DG_SAID : DG_SAID_GONE;
}

static void hear_reply(void *ctx, uint64_t client, struct dg_bytes bytes)
{
    struct district *d = ctx;
    struct dg_ctl_reply reply;
    (void)client;
    dg_arena_reset(&d->arena);
    d->accepted += dg_ctl_reply_decode(&d->arena, bytes, &reply, NULL) == DG_OK && reply.fault.err == DG_OK;
}

static void hear_fact(void *ctx, const struct dg_fault *fault, const char *about)
{
    (void)ctx;
    (void)fault;
    (void)about;
}

static void hear_reset(void *ctx)
{
    (void)ctx;
}

static void hear_bulk(void *ctx, bool open)
{
    (void)ctx;
    (void)open;
}

static bool run(struct district *d, struct dg_event event)
{
    return dg_turn_run(&d->turn, &event, 1, commune.fed->now) == DG_OK || complain("a turn fails");
}

static bool district_open(struct district *d, struct dg_store *store)
{
    struct fed_node *huyen = &commune.fed->node[FED_HUYEN];
    struct dg_node_env env = {.signer = &huyen->signer,
                              .random = fed_random,
                              .curve_of = dg_curve_key_of,
                              .sealer = &huyen->sealer};
    *d = (struct district){.store = store};
    d->voice = (struct dg_voice){.ctx = d,
                                 .send = hear_frame,
                                 .reply = hear_reply,
                                 .fact = hear_fact,
                                 .uplink_reset = hear_reset,
                                 .bulk_line = hear_bulk};
    dg_arena_init(&d->arena, 0);
    return (dg_node_open(store, &env, &d->node, NULL) == DG_OK &&
            dg_turn_init(&d->turn, store, d->node, &d->voice, fed_judge, NULL) == DG_OK &&
            run(d, commune.hello)) ||
           complain("the district does not start");
}

static void district_close(struct district *d)
{
    dg_turn_done(&d->turn);
    dg_node_close(d->node);
    dg_arena_done(&d->arena);
}

static bool push_own(struct district *d, uint64_t item)
{
    struct dg_buf draft, message;
    dg_buf_init(&message, DG_CTL_MSG_MAX);
    write_draft(item, &draft);
    struct dg_ctl_request request = {
        .verb = DG_CTL_PUSH, .organ = dg_bytes_of("cap-uy"), .draft = dg_buf_bytes(&draft)};
    bool ok = dg_ctl_request_encode(&request, &message) == DG_OK &&
              run(d, (struct dg_event){.kind = DG_EVENT_CTL, .client = 1, .bytes = dg_buf_bytes(&message)});
    dg_buf_done(&draft);
    dg_buf_done(&message);
    return ok;
}

/* Does an item; true when it was acknowledged. */
static bool do_item(struct district *d, uint64_t item)
{
    size_t place;
    unsigned before = d->receipts + d->accepted;
    bool heard = is_heard(item, &place);
    bool ok = heard ? run(d, commune.frame[place]) : push_own(d, item);
    return ok && (d->receipts + d->accepted == before + 1 || complain("an item is not acknowledged"));
}

/* ---- sessions ------------------------------------------------------------------------------------ */

/* A store that was made, but not yet filled, is filled now. */
static bool open_district(const char *dir, bool may_create, struct dg_store **ret)
{
    struct dg_fault fault = {0};
    struct dg_identity identity;
    struct dg_txn *txn;
    enum dg_err err = dg_store_lmdb_open(dir, DG_STORE_WRITE, ret, &fault);
    if (err == DG_ERR_BAD_NODE && may_create)
        err = dg_store_lmdb_open(dir, DG_STORE_CREATE, ret, &fault);
    if (err != DG_OK || dg_begin_read(*ret, &txn) != DG_OK)
        return complain(fault.what);
    bool founded = dg_identity_load(txn, &identity);
    dg_abort(*ret, txn);
    return founded || (may_create ? copy_rows(*ret) : complain("it is not founded"));
}

static bool session(const struct scene *scene, const char *dir)
{
    struct dg_store *store;
    struct district district;
    uint64_t number;
    if (!open_district(dir, true, &store) || !look(store, &number))
        return false;
    record_mark(number);
    if (!district_open(&district, store))
        return false;
    while (number < scene->txns) {
        if (!do_item(&district, number + 1))
            return false;
        record_mark(++number);
    }
    district_close(&district);
    dg_store_close(store);
    return true;
}

/* What was promised is there, at most one item more, and the district can go on. */
static bool recover(struct scene_promise promise, const char *dir)
{
    struct dg_store *store;
    struct district district;
    uint64_t number, after;
    if (!open_district(dir, !promise.created, &store) || !look(store, &number))
        return false;
    if (number < promise.number || number > promise.number + 1) {
        fprintf(stderr, "crash: holds %llu items, has acknowledged %llu\n", (unsigned long long)number,
                (unsigned long long)promise.number);
        return false;
    }
    bool sound = district_open(&district, store) && do_item(&district, number + 1) && look(store, &after) &&
                 (after == number + 1 || complain("it does not go on"));
    district_close(&district);
    dg_store_close(store);
    return sound;
}

static int in_child(bool (*live)(const void *), const void *what)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(TIMEOUT_S);
        _exit(live(what) ? 0 : 1);
    }
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (child < 0 || WIFSIGNALED(status))
        fprintf(stderr, "crash: ended by signal %d\n", child < 0 ? 0 : WTERMSIG(status));
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

struct living {
    const struct scene *scene;
    const char *dir;
    int tape;
    struct record_kill kill;
};

static bool live(const void *what)
{
    const struct living *living = what;
    record_start(living->dir, living->tape, living->kill);
    return session(living->scene, living->dir);
}

struct recovering {
    struct scene_promise promise;
    const char *dir;
};

static bool recover_child(const void *what)
{
    const struct recovering *recovering = what;
    return recover(recovering->promise, recovering->dir);
}

/* ---- scene.h ------------------------------------------------------------------------------------- */

void scene_plan(struct scene *scene, uint64_t seed)
{
    struct sim_choice choice;
    sim_choice_start(&choice, seed);
    *scene = (struct scene){.seed = seed, .txns = 4 + sim_below(&choice, 2 * HEARD - 4)};
    if (commune.fed == NULL)
        make_commune();
}

bool scene_live(const struct scene *scene, const char *dir, const char *tape)
{
    struct sim_choice choice;
    sim_choice_start(&choice, ~scene->seed);
    uint64_t kills = sim_below(&choice, KILLS_MAX + 1);
    struct living living = {.scene = scene, .dir = dir};
    living.tape = open(tape, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (living.tape < 0)
        return complain("no tape");
    int status = RECORD_KILLED;
    for (uint64_t i = 0; i <= kills && status == RECORD_KILLED; i++) {
        uint64_t within = i == 0 && sim_chance(&choice, 4000) ? CREATION_CALLS : SESSION_CALLS;
        living.kill = (struct record_kill){.number = i == kills ? 0 : 1 + sim_below(&choice, within),
                                           .how = (enum record_kill_how)sim_below(&choice, 3)};
        status = in_child(live, &living);
    }
    close(living.tape);
    return status == 0;
}

bool scene_recovers(const struct scene *scene, struct scene_promise promise, const char *dir,
                    struct sim_choice *choice)
{
    struct recovering recovering = {.promise = promise, .dir = dir};
    (void)scene;
    (void)choice;
    return in_child(recover_child, &recovering) == 0;
}
