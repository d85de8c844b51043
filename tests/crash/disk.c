/* disk.c - the tape, and which of its events a power cut keeps. */
#include "tests/crash/disk.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the tape ------------------------------------------------------------------------------ */

static _Noreturn void give_up(const char *what, const char *detail)
{
    fprintf(stderr, "crash: %s: %s\n", what, detail);
    exit(2);
}

static void *grown(void *memory, size_t size)
{
    void *more = realloc(memory, size);
    if (more == NULL)
        give_up("memory", "none left");
    return more;
}

static uint8_t *read_whole(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        give_up(path, strerror(errno));
    size_t size = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = grown(NULL, size + 1);
    if (fread(bytes, 1, size, file) != size)
        give_up(path, "short read");
    fclose(file);
    *ret_size = size;
    return bytes;
}

/* Which node an inode number stands for; a number may be used again once its file is gone. */
struct inodes {
    uint64_t number[DISK_NODES_MAX];
    unsigned count;
};

static unsigned inode_add(struct inodes *inodes, uint64_t number)
{
    if (inodes->count == DISK_NODES_MAX)
        give_up("tape", "too many files");
    inodes->number[inodes->count] = number;
    return inodes->count++;
}

static unsigned inode_find(const struct inodes *inodes, uint64_t number)
{
    for (unsigned i = inodes->count; i-- > 0;)
        if (inodes->number[i] == number)
            return i;
    give_up("tape", "a file that nobody made");
}

static bool is_name_change(const struct disk_event *event)
{
    return event->record.kind <= RECORD_REMOVE;
}

/* Gives the event's inode numbers their nodes. */
static void resolve(struct disk *disk, struct inodes *inodes, struct disk_event *event)
{
    const struct record *record = &event->record;
    if (is_name_change(event))
        event->dir = inode_find(inodes, record->dir);
    if (record->kind == RECORD_CREATE || record->kind == RECORD_MKDIR) {
        event->file = inode_add(inodes, record->file);
        disk->settled.nodes[event->file].is_dir = record->kind == RECORD_MKDIR;
    } else if (!is_name_change(event) && record->kind != RECORD_MARK) {
        event->file = inode_find(inodes, record->file);
    }
}

void disk_open(struct disk *disk, const char *tape_path, uint64_t root, enum disk_lie lie)
{
    *disk = (struct disk){.lie = lie};
    struct inodes inodes = {0};
    disk->settled.nodes[inode_add(&inodes, root)].is_dir = true;
    size_t size, at = 0, capacity = 0;
    disk->tape.bytes = read_whole(tape_path, &size);
    while (at + sizeof(struct record) <= size) {
        if (disk->tape.count == capacity) {
            capacity = capacity > 0 ? 2 * capacity : 256;
            disk->tape.events = grown(disk->tape.events, capacity * sizeof *disk->tape.events);
        }
        struct disk_event *event = &disk->tape.events[disk->tape.count++];
        *event = (struct disk_event){.bytes = disk->tape.bytes + at + sizeof event->record};
        memcpy(&event->record, disk->tape.bytes + at, sizeof event->record);
        at += sizeof event->record + (event->record.kind == RECORD_WRITE ? event->record.size : 0);
        resolve(disk, &inodes, event);
    }
    if (at != size)
        give_up("tape", "cut off");
}

void disk_close(struct disk *disk)
{
    disk_state_done(&disk->settled);
    free(disk->tape.events);
    free(disk->tape.bytes);
}

/* --- applying ------------------------------------------------------------------------------ */

static void node_resize(struct disk_node *node, size_t size)
{
    if (size > node->capacity) {
        node->capacity = size > 2 * node->capacity ? size : 2 * node->capacity;
        node->bytes = grown(node->bytes, node->capacity);
    }
    if (size > node->size)
        memset(node->bytes + node->size, 0, size - node->size);
    node->size = size;
}

static void node_write(struct disk_node *node, uint64_t at, const uint8_t *bytes, size_t size)
{
    if (node->size < at + size)
        node_resize(node, at + size);
    memcpy(node->bytes + at, bytes, size);
}

static void name_drop(struct disk_state *state, unsigned dir, const char *name)
{
    for (size_t i = 0; i < state->name_count; i++) {
        if (state->names[i].dir == dir && strcmp(state->names[i].name, name) == 0) {
            state->names[i] = state->names[--state->name_count];
            return;
        }
    }
}

static void name_add(struct disk_state *state, unsigned dir, const char *name, unsigned file)
{
    name_drop(state, dir, name);
    assert(state->name_count < DISK_NODES_MAX);
    struct disk_name *made = &state->names[state->name_count++];
    *made = (struct disk_name){.dir = dir, .file = file};
    memcpy(made->name, name, RECORD_NAME);
}

static void name_move(struct disk_state *state, const struct disk_event *event)
{
    for (size_t i = 0; i < state->name_count; i++) {
        if (state->names[i].dir == event->dir && strcmp(state->names[i].name, event->record.name) == 0) {
            unsigned file = state->names[i].file;
            name_drop(state, event->dir, event->record.name);
            name_add(state, event->dir, event->record.to, file);
            return;
        }
    }
}

static void apply(struct disk_state *state, const struct disk_event *event)
{
    const struct record *record = &event->record;
    struct disk_node *node = &state->nodes[event->file];
    switch ((enum record_kind)record->kind) {
    case RECORD_CREATE:
    case RECORD_MKDIR:
        name_add(state, event->dir, record->name, event->file);
        break;
    case RECORD_RENAME:
        name_move(state, event);
        break;
    case RECORD_REMOVE:
        name_drop(state, event->dir, record->name);
        break;
    case RECORD_WRITE:
        node_write(node, record->at, event->bytes, record->size);
        break;
    case RECORD_TRUNCATE:
        node_resize(node, record->size);
        break;
    case RECORD_SYNC:
    case RECORD_MARK:
        break;
    }
}

/* Keeps each sector of a write or not. */
static void apply_torn(struct disk_state *state, const struct disk_event *event, struct sim_choice *choice)
{
    const struct record *record = &event->record;
    for (uint64_t from = record->at, end = record->at + record->size; from < end;) {
        uint64_t to = (from / DISK_SECTOR + 1) * DISK_SECTOR;
        to = to < end ? to : end;
        if (sim_chance(choice, 5000))
            node_write(&state->nodes[event->file], from, event->bytes + (from - record->at), to - from);
        from = to;
    }
}

/* --- walking ------------------------------------------------------------------------------- */

/* Marks what a sync of node makes durable. */
static void sync_node(struct disk *disk, unsigned node)
{
    bool is_dir = disk->settled.nodes[node].is_dir;
    if (disk->lie == (is_dir ? DISK_FORGETS_NAMES : DISK_FORGETS_DATA))
        return;
    for (size_t i = disk->first; i < disk->next; i++) {
        struct disk_event *event = &disk->tape.events[i];
        if (is_name_change(event) ? event->dir == node : event->file == node)
            event->durable = true;
    }
}

const struct disk_event *disk_step(struct disk *disk)
{
    if (disk->next == disk->tape.count)
        return NULL;
    struct disk_event *event = &disk->tape.events[disk->next++];
    if (event->record.kind == RECORD_SYNC)
        sync_node(disk, event->file);
    if (event->record.kind == RECORD_SYNC || event->record.kind == RECORD_MARK)
        event->durable = true;
    if (event->record.kind == RECORD_WRITE && event->record.synced != 0 && disk->lie != DISK_FORGETS_META)
        event->durable = true;
    while (disk->first < disk->next && disk->tape.events[disk->first].durable)
        apply(&disk->settled, &disk->tape.events[disk->first++]);
    return event;
}

bool disk_is_pending(const struct disk *disk)
{
    return disk->first < disk->next;
}

/* --- cutting ------------------------------------------------------------------------------- */

static void state_copy(struct disk_state *to, const struct disk_state *from)
{
    for (size_t i = 0; i < DISK_NODES_MAX; i++) {
        const struct disk_node *node = &from->nodes[i];
        to->nodes[i].is_dir = node->is_dir;
        node_resize(&to->nodes[i], node->size);
        if (node->size > 0)
            memcpy(to->nodes[i].bytes, node->bytes, node->size);
    }
    memcpy(to->names, from->names, sizeof to->names);
    to->name_count = from->name_count;
}

void disk_state_done(struct disk_state *state)
{
    for (size_t i = 0; i < DISK_NODES_MAX; i++)
        free(state->nodes[i].bytes);
}

/* The file's length may have reached the disk before its bytes did. */
static void lengthen(const struct disk *disk, struct disk_state *state)
{
    for (size_t i = disk->first; i < disk->next; i++) {
        const struct disk_event *event = &disk->tape.events[i];
        struct disk_node *node = &state->nodes[event->file];
        uint64_t end = event->record.at + event->record.size;
        if (event->record.kind == RECORD_WRITE && node->size < end)
            node_resize(node, end);
    }
}

/* What a cut decides once, before it goes through what is pending. */
struct cutter {
    enum disk_cut cut;
    struct sim_choice *choice;
    unsigned rate;                 /* how many in 10,000 are kept */
    bool ended[DISK_NODES_MAX];    /* directories whose further changes are lost */
    const struct disk_event *last; /* the one to tear */
};

static bool is_kept(struct cutter *cutter, const struct disk_event *event)
{
    if (event->durable)
        return true;
    if (cutter->cut == DISK_KEEP_NONE)
        return false;
    if (cutter->cut == DISK_KEEP_ALL || cutter->cut == DISK_TEAR_LAST)
        return true;
    if (!is_name_change(event))
        return sim_chance(cutter->choice, cutter->rate);
    if (!cutter->ended[event->dir] && !sim_chance(cutter->choice, cutter->rate))
        cutter->ended[event->dir] = true;
    return !cutter->ended[event->dir];
}

static bool is_torn(const struct cutter *cutter, const struct disk_event *event)
{
    if (event->durable || event->record.kind != RECORD_WRITE)
        return false;
    return cutter->cut == DISK_TEAR_SOME || (cutter->cut == DISK_TEAR_LAST && event == cutter->last);
}

void disk_cut(const struct disk *disk, enum disk_cut cut, struct sim_choice *choice, struct disk_state *ret)
{
    static const unsigned rates[] = {1000, 5000, 9000};
    struct cutter cutter = {
        .cut = cut,
        .choice = choice,
        .rate = rates[sim_below(choice, sizeof rates / sizeof rates[0])],
        .last = disk->next > 0 ? &disk->tape.events[disk->next - 1] : NULL,
    };
    state_copy(ret, &disk->settled);
    for (size_t i = disk->first; i < disk->next; i++) {
        const struct disk_event *event = &disk->tape.events[i];
        if (!is_kept(&cutter, event))
            continue;
        if (is_torn(&cutter, event))
            apply_torn(ret, event, choice);
        else
            apply(ret, event);
    }
    if (cut != DISK_KEEP_ALL && sim_chance(choice, 3000))
        lengthen(disk, ret);
}
