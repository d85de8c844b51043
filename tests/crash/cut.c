/* cut.c - crash: cuts the power of a busy store at every moment, and opens what that leaves.
 *
 *   crash [images=N] [seconds=T] [seed=S] [of=M] [lie=data|meta|names]
 *
 * Lives one scene (scene.h) after another, from seed S on, until N images were looked at or T seconds are
 * over. After every recorded call it makes images of what a cut then may leave (disk.h); each must open, hold
 * what was promised by then and no part of a transaction, and be fit to go on with. With a lie the disk only
 * pretends to sync, and exit status 0 says that this was noticed. of=M tries only one image in M, save just
 * after a promise, so that a short run sees more scenes; repeat what a seed found with the same M.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/crypto.h"
#include "node/store/store_files.h"
#include "tests/crash/disk.h"
#include "tests/crash/scene.h"

enum { PATH_ROOM = 256, REPORT_EVERY_S = 10 };

static const char *const cut_names[DISK_CUTS] = {"all", "none", "last torn", "some", "some torn"};

struct rig {
    uint64_t images_wanted, seconds, seed, of;
    enum disk_lie lie;
    char base[PATH_ROOM], node[PATH_ROOM], image[PATH_ROOM], tape[PATH_ROOM];
    struct disk_state state; /* of the present image; kept for its memory */
    uint64_t images, scenes;
    double started, reported;
};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "crash: %s: %s\n", what, strerror(errno));
    exit(2);
}

/* --- directories --------------------------------------------------------------------------- */

/* A place in memory where there is one: fsync costs nothing there, and no disk wears out. */
static void make_base(struct rig *rig)
{
    const char *tmp = getenv("TMPDIR");
    const char *in = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : tmp != NULL ? tmp : "/tmp";
    char made[PATH_ROOM - 16], real[DG_STORE_PATH_MAX];
    if ((size_t)snprintf(made, sizeof made, "%s/crash.XXXXXX", in) >= sizeof made || mkdtemp(made) == NULL)
        give_up(in);
    if (realpath(made, real) == NULL || strlen(real) >= sizeof made)
        give_up(made);
    memcpy(rig->base, real, strlen(real) + 1);
    snprintf(rig->node, sizeof rig->node, "%s/node", made);
    snprintf(rig->image, sizeof rig->image, "%s/image", made);
    snprintf(rig->tape, sizeof rig->tape, "%s/tape", made);
}

static void remove_dir(const char *dir)
{
    static const char *const within[] = {"store", "store.tmp", NULL};
    struct dg_fault fault = {0};
    char path[PATH_ROOM + 16];
    for (size_t i = 0; i < sizeof within / sizeof within[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, within[i] != NULL ? within[i] : "");
        if (dg_dir_remove(path, &fault) != DG_OK)
            give_up(fault.what);
    }
}

static void make_dir(const char *dir)
{
    remove_dir(dir);
    if (mkdir(dir, 0700) != 0)
        give_up(dir);
}

static void remove_base(const struct rig *rig)
{
    remove_dir(rig->node);
    remove_dir(rig->image);
    unlink(rig->tape);
    rmdir(rig->base);
}

/* --- images -------------------------------------------------------------------------------- */

/* One moment of a scene. */
struct moment {
    const struct scene *scene;
    const struct disk *disk;
    struct scene_promise promise;
};

static bool is_over(const struct rig *rig)
{
    return rig->images >= rig->images_wanted || now() - rig->started >= (double)rig->seconds;
}

static void report(struct rig *rig, bool last)
{
    double at = now();
    if (!last && at - rig->reported < REPORT_EVERY_S)
        return;
    rig->reported = at;
    printf("crash: %llu images of %llu scenes, %.0f images/s\n", (unsigned long long)rig->images,
           (unsigned long long)rig->scenes, (double)rig->images / (at - rig->started));
    fflush(stdout);
}

static bool try_image(struct rig *rig, const struct moment *moment, enum disk_cut cut, bool promised)
{
    struct sim_choice choice;
    sim_choice_start(&choice, moment->scene->seed ^ (moment->disk->next * DISK_CUTS + cut) << 32);
    if (!promised && sim_below(&choice, rig->of) != 0)
        return true;
    disk_cut(moment->disk, cut, &choice, &rig->state);
    make_dir(rig->image);
    disk_state_save(&rig->state, rig->image, &choice);
    rig->images++;
    report(rig, false);
    if (scene_recovers(moment->scene, moment->promise, rig->image, &choice))
        return true;
    fprintf(stderr, "crash: lost: seed=%llu, after call %zu, kept %s; promised: %s %llu\n",
            (unsigned long long)moment->scene->seed, moment->disk->next, cut_names[cut],
            moment->promise.created ? "transaction" : "nothing", (unsigned long long)moment->promise.number);
    return false;
}

/* What is worth trying depends on what just happened: more is pending after a change, less after a sync, and
 * a promise asks for more of what is there. */
static bool is_worth(const struct disk *disk, const struct disk_event *event, enum disk_cut cut)
{
    if (!disk_is_pending(disk))
        return cut == DISK_KEEP_ALL;
    bool changed = event->record.kind != RECORD_SYNC && event->record.kind != RECORD_MARK;
    if (changed && cut == DISK_KEEP_NONE)
        return event->durable;
    return cut != DISK_TEAR_LAST || (event->record.kind == RECORD_WRITE && !event->durable);
}

static bool try_moment(struct rig *rig, const struct moment *moment, const struct disk_event *event)
{
    bool promised = event->record.kind == RECORD_MARK, sound = true;
    for (unsigned cut = 0; sound && cut < DISK_CUTS && !is_over(rig); cut++)
        if (is_worth(moment->disk, event, (enum disk_cut)cut))
            sound = try_image(rig, moment, (enum disk_cut)cut, promised);
    return sound;
}

/* --- scenes -------------------------------------------------------------------------------- */

static uint64_t inode_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        give_up(path);
    return st.st_ino;
}

/* With all its calls kept the model must be what the kernel made of them. */
static bool recorder_missed_nothing(struct rig *rig)
{
    struct disk disk;
    struct sim_choice choice;
    sim_choice_start(&choice, 0);
    disk_open(&disk, rig->tape, inode_of(rig->node), DISK_HONEST);
    while (disk_step(&disk) != NULL)
        ;
    disk_cut(&disk, DISK_KEEP_ALL, &choice, &rig->state);
    disk_close(&disk);
    return disk_state_is(&rig->state, rig->node);
}

static bool cut_scene(struct rig *rig, const struct scene *scene)
{
    struct disk disk;
    disk_open(&disk, rig->tape, inode_of(rig->node), rig->lie);
    struct moment moment = {.scene = scene, .disk = &disk};
    bool sound = true;
    for (const struct disk_event *event; sound && !is_over(rig) && (event = disk_step(&disk)) != NULL;) {
        if (event->record.kind == RECORD_MARK)
            moment.promise = (struct scene_promise){.created = true, .number = event->record.at};
        sound = try_moment(rig, &moment, event);
    }
    disk_close(&disk);
    return sound;
}

static bool try_scene(struct rig *rig, uint64_t seed)
{
    struct scene scene;
    scene_plan(&scene, seed);
    make_dir(rig->node);
    rig->scenes++;
    if (!scene_live(&scene, rig->node, rig->tape)) {
        fprintf(stderr, "crash: failed without a cut: seed=%llu\n", (unsigned long long)seed);
        return false;
    }
    return recorder_missed_nothing(rig) && cut_scene(rig, &scene);
}

/* --- the program --------------------------------------------------------------------------- */

static bool take_lie(struct rig *rig, const char *name)
{
    static const char *const names[] = {"none", "data", "meta", "names"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            rig->lie = (enum disk_lie)i;
            return true;
        }
    }
    return false;
}

static bool take_number(const char *word, const char *name, uint64_t *ret)
{
    size_t size = strlen(name);
    if (strncmp(word, name, size) != 0)
        return false;
    char *end;
    *ret = strtoull(word + size, &end, 10);
    return *end == '\0' && end != word + size;
}

static bool take_word(struct rig *rig, const char *word)
{
    return take_number(word, "images=", &rig->images_wanted) ||
           take_number(word, "seconds=", &rig->seconds) ||
           (take_number(word, "of=", &rig->of) && rig->of > 0) || take_number(word, "seed=", &rig->seed) ||
           (strncmp(word, "lie=", 4) == 0 && take_lie(rig, word + 4));
}

int main(int argc, char **argv)
{
    static struct rig rig = {.images_wanted = 10000, .seconds = 1000000, .seed = 1, .of = 1};
    for (int i = 1; i < argc; i++) {
        if (!take_word(&rig, argv[i])) {
            fprintf(stderr, "usage: crash [images=N] [seconds=T] [seed=S] [of=M] [lie=data|meta|names]\n");
            return 2;
        }
    }
    struct dg_fault fault;
    if (dg_crypto_start(&fault) != DG_OK)
        return 2;
    make_base(&rig);
    rig.started = rig.reported = now();
    bool sound = true;
    for (uint64_t seed = rig.seed; sound && !is_over(&rig); seed++)
        sound = try_scene(&rig, seed);
    report(&rig, true);
    disk_state_done(&rig.state);
    if (sound || rig.lie != DISK_HONEST)
        remove_base(&rig);
    else
        fprintf(stderr, "crash: kept: %s\n", rig.image);
    if (rig.lie != DISK_HONEST)
        printf("crash: the lie was %s\n", sound ? "not noticed" : "noticed");
    return sound == (rig.lie == DISK_HONEST) ? 0 : 1;
}
