/* disk_save.c - the modelled disk as real files, and real files against the model. */
#include "tests/crash/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_ROOM = 512, JUNK_MAX = 128 * 1024 };

static bool is_lock(const char *name)
{
    return strcmp(name, "lock.mdb") == 0 || strcmp(name, "node.lock") == 0;
}

static _Noreturn void give_up(const char *path)
{
    fprintf(stderr, "crash: %s: %s\n", path, strerror(errno));
    exit(2);
}

static void path_of(char ret[static PATH_ROOM], const char *dir, const char *name)
{
    if (snprintf(ret, PATH_ROOM, "%s/%s", dir, name) >= PATH_ROOM)
        give_up("too long a path");
}

/* --- saving -------------------------------------------------------------------------------- */

static void save_bytes(const char *path, const uint8_t *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0)
        give_up(path);
    for (size_t done = 0; done < size;) {
        ssize_t wrote = write(fd, bytes + done, size - done);
        if (wrote <= 0)
            give_up(path);
        done += (size_t)wrote;
    }
    close(fd);
}

static void save_lock(const char *path, struct sim_choice *choice)
{
    static uint8_t junk[JUNK_MAX];
    static const size_t sizes[] = {0, 1, 4096, JUNK_MAX};
    if (sim_chance(choice, 5000))
        memset(junk, 0, sizeof junk);
    else
        sim_fill(choice, junk, sizeof junk);
    save_bytes(path, junk, sizes[sim_below(choice, sizeof sizes / sizeof sizes[0])]);
}

static void save_dir(const struct disk_state *state, unsigned node, const char *dir,
                     struct sim_choice *choice)
{
    for (size_t i = 0; i < state->name_count; i++) {
        const struct disk_name *name = &state->names[i];
        if (name->dir != node)
            continue;
        const struct disk_node *child = &state->nodes[name->file];
        char path[PATH_ROOM];
        path_of(path, dir, name->name);
        if (child->is_dir) {
            if (mkdir(path, 0700) != 0)
                give_up(path);
            save_dir(state, name->file, path, choice);
        } else if (is_lock(name->name)) {
            save_lock(path, choice);
        } else {
            save_bytes(path, child->bytes, child->size);
        }
    }
}

void disk_state_save(const struct disk_state *state, const char *dir, struct sim_choice *choice)
{
    save_dir(state, 0, dir, choice);
}

/* --- comparing ----------------------------------------------------------------------------- */

static bool differs(const char *path, const char *how)
{
    fprintf(stderr, "crash: the recorder missed something: %s %s\n", path, how);
    return false;
}

static bool file_is(const char *path, const struct disk_node *node)
{
    int fd = open(path, O_RDONLY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        give_up(path);
    uint8_t *bytes = malloc(node->size + 1);
    bool same = bytes != NULL && (size_t)st.st_size == node->size &&
                read(fd, bytes, node->size + 1) == (ssize_t)node->size &&
                (node->size == 0 || memcmp(bytes, node->bytes, node->size) == 0);
    free(bytes);
    close(fd);
    return same || differs(path, "has other bytes");
}

static size_t entries_in(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        give_up(path);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static bool dir_is(const struct disk_state *state, unsigned node, const char *dir)
{
    size_t count = 0;
    for (size_t i = 0; i < state->name_count; i++) {
        const struct disk_name *name = &state->names[i];
        if (name->dir != node)
            continue;
        char path[PATH_ROOM];
        path_of(path, dir, name->name);
        struct stat st;
        const struct disk_node *child = &state->nodes[name->file];
        count++;
        if (lstat(path, &st) != 0 || S_ISDIR(st.st_mode) != child->is_dir)
            return differs(path, "is not there");
        if (child->is_dir ? !dir_is(state, name->file, path) : !is_lock(name->name) && !file_is(path, child))
            return false;
    }
    return count == entries_in(dir) || differs(dir, "has more files");
}

bool disk_state_is(const struct disk_state *state, const char *dir)
{
    return dir_is(state, 0, dir);
}
