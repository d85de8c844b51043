/* scene.c - the sessions of a life, each a process of its own. */
#include "tests/crash/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/store/store_lmdb.h"
#include "node/store/store_mem.h"
#include "tests/crash/record.h"

enum { KILLS_MAX = 3, CREATION_CALLS = 16, SESSION_CALLS = 300, TIMEOUT_S = 30 };

/* --- planning ------------------------------------------------------------------------------ */

static void must(enum dg_err err, const char *what)
{
    if (err == DG_OK)
        return;
    fprintf(stderr, "crash: %s: %s\n", what, dg_err_name(err));
    exit(2);
}

void scene_plan(struct scene *scene, uint64_t seed)
{
    struct sim_choice choice;
    sim_choice_start(&choice, seed);
    *scene = (struct scene){.seed = seed, .txns = 1 + sim_below(&choice, SCENE_TXNS_MAX)};
    struct dg_store *store = dg_store_mem_new();
    must(store != NULL ? DG_OK : DG_ERR_NO_MEMORY, "plan");
    must(work_look(store, &scene->after[0]), "plan");
    for (uint64_t number = 1; number <= scene->txns + 1; number++) {
        must(work_once(store, seed, number), "plan");
        must(work_look(store, &scene->after[number]), "plan");
    }
    dg_store_close(store);
}

/* --- in a child ---------------------------------------------------------------------------- */

static void complain(const char *what, enum dg_err err, const struct dg_fault *fault)
{
    fprintf(stderr, "crash: %s: %s %s\n", what, dg_err_name(err), fault != NULL ? fault->what : "");
}

/* What is in the store, if that is what there was after some transaction. */
static bool look(const struct scene *scene, struct dg_store *store, uint64_t *ret_number)
{
    struct work_state state;
    enum dg_err err = work_look(store, &state);
    if (err != DG_OK) {
        complain("look", err, NULL);
        return false;
    }
    if (state.number > scene->txns + 1 ||
        memcmp(&state.sum, &scene->after[state.number].sum, sizeof state.sum) != 0) {
        fprintf(stderr, "crash: not the rows of transaction %llu\n", (unsigned long long)state.number);
        return false;
    }
    *ret_number = state.number;
    return true;
}

/* Opens the store as a daemon would; makes it, as a person would, when there is none. */
static bool open_or_create(const char *dir, bool may_create, struct dg_store **ret)
{
    struct dg_fault fault = {0};
    enum dg_err err = dg_store_lmdb_open(dir, DG_STORE_WRITE, ret, &fault);
    if (err == DG_ERR_BAD_NODE && may_create)
        err = dg_store_lmdb_open(dir, DG_STORE_CREATE, ret, &fault);
    if (err != DG_OK)
        complain("open", err, &fault);
    return err == DG_OK;
}

static bool work(const struct scene *scene, struct dg_store *store, uint64_t number)
{
    enum dg_err err = work_once(store, scene->seed, number);
    if (err != DG_OK)
        complain("work", err, NULL);
    return err == DG_OK;
}

/* A reader that stays through some commits keeps LMDB from using old pages again. */
static struct dg_txn *hold(struct dg_store *store, struct dg_txn *held, uint64_t number)
{
    if (held == NULL && number % 5 == 2) {
        must(dg_begin_read(store, &held), "reader");
        return held;
    }
    if (held != NULL && number % 5 == 0) {
        dg_abort(store, held);
        return NULL;
    }
    return held;
}

static bool session(const struct scene *scene, const char *dir)
{
    struct dg_store *store;
    uint64_t number;
    if (!open_or_create(dir, true, &store) || !look(scene, store, &number))
        return false;
    record_mark(number);
    struct dg_txn *held = NULL;
    while (number < scene->txns) {
        if (!work(scene, store, ++number))
            return false;
        record_mark(number);
        held = hold(store, held, number);
    }
    if (held != NULL)
        dg_abort(store, held);
    dg_store_close(store);
    return true;
}

/* Any reading verb may come before the daemon does. */
static bool read_first(const struct scene *scene, struct scene_promise promise, const char *dir)
{
    struct dg_store *store;
    struct dg_fault fault = {0};
    uint64_t number;
    enum dg_err err = dg_store_lmdb_open(dir, DG_STORE_READ, &store, &fault);
    if (err == DG_ERR_BAD_NODE && !promise.created)
        return true;
    if (err != DG_OK) {
        complain("read", err, &fault);
        return false;
    }
    bool sound = look(scene, store, &number);
    dg_store_close(store);
    return sound;
}

static bool number_is(uint64_t number, uint64_t low, uint64_t high)
{
    if (number >= low && number <= high)
        return true;
    fprintf(stderr, "crash: holds transaction %llu, must hold %llu to %llu\n", (unsigned long long)number,
            (unsigned long long)low, (unsigned long long)high);
    return false;
}

/* Does another transaction on what was found, closes, opens and looks again. */
static bool go_on(const struct scene *scene, struct dg_store *store, const char *dir, uint64_t number)
{
    bool sound = work(scene, store, number + 1) && look(scene, store, &number);
    dg_store_close(store);
    if (!sound || !open_or_create(dir, false, &store))
        return false;
    uint64_t again;
    sound = look(scene, store, &again) && number_is(again, number, number);
    dg_store_close(store);
    return sound;
}

static bool recover(const struct scene *scene, struct scene_promise promise, const char *dir, bool reads)
{
    struct dg_store *store;
    uint64_t number;
    if (reads && !read_first(scene, promise, dir))
        return false;
    if (!open_or_create(dir, !promise.created, &store))
        return false;
    uint64_t most = promise.created ? promise.number + 1 : 0;
    if (look(scene, store, &number) && number_is(number, promise.number, most) && number <= scene->txns)
        return go_on(scene, store, dir, number);
    dg_store_close(store);
    return false;
}

/* --- in the parent ------------------------------------------------------------------------- */

static pid_t fork_child(void)
{
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        perror("crash: fork");
        exit(2);
    }
    if (child == 0)
        alarm(TIMEOUT_S);
    return child;
}

static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            perror("crash: waitpid");
            exit(2);
        }
    }
    if (WIFSIGNALED(status))
        fprintf(stderr, "crash: ended by signal %d\n", WTERMSIG(status));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct record_kill draw_kill(struct sim_choice *choice, bool first)
{
    uint64_t within = first && sim_chance(choice, 6000) ? CREATION_CALLS : SESSION_CALLS;
    uint64_t number = 1 + sim_below(choice, within);
    return (struct record_kill){.number = number, .how = (enum record_kill_how)sim_below(choice, 3)};
}

bool scene_live(const struct scene *scene, const char *dir, const char *tape)
{
    struct sim_choice choice;
    sim_choice_start(&choice, ~scene->seed);
    uint64_t kills = sim_below(&choice, KILLS_MAX + 1);
    int fd = open(tape, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) {
        perror("crash: tape");
        return false;
    }
    int status = RECORD_KILLED;
    for (uint64_t i = 0; i <= kills && status == RECORD_KILLED; i++) {
        struct record_kill kill = draw_kill(&choice, i == 0);
        if (i == kills)
            kill.number = 0;
        pid_t child = fork_child();
        if (child == 0) {
            record_start(dir, fd, kill);
            _exit(session(scene, dir) ? 0 : 1);
        }
        status = wait_for(child);
    }
    close(fd);
    return status == 0;
}

bool scene_recovers(const struct scene *scene, struct scene_promise promise, const char *dir,
                    struct sim_choice *choice)
{
    bool reads = sim_chance(choice, 3000);
    pid_t child = fork_child();
    if (child == 0)
        _exit(recover(scene, promise, dir, reads) ? 0 : 1);
    return wait_for(child) == 0;
}
