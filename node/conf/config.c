/* config.c - reading and writing DIR/config by the one table of keys. */
#include "node/conf/config.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/text.h"

enum {
    FILE_MAX_BYTES = 64 * 1024,
    VALUE_MAX_BYTES = DG_ENDPOINT_MAX,
    PATH_MAX_BYTES = 4096,
    WORKERS_MAX = 16,
    PERCENT_MAX = 50,
    MIB_MAX = 99999
};

enum type { STRING, NUMBER };

/* One row of the table: where the value lies, and what it must look like. */
struct key {
    const char *name;
    enum type type;
    const char *standard;
    const char *en, *vi;
    size_t offset, size;
};

static const struct key keys[] = {
#define X(name, type, standard, en, vi)                                                                      \
    {#name,                                                                                                  \
     type,                                                                                                   \
     standard,                                                                                               \
     en,                                                                                                     \
     vi,                                                                                                     \
     offsetof(struct dg_config, name),                                                                       \
     sizeof(((struct dg_config *)NULL)->name)},
    DG_CONFIG_KEYS(X)
#undef X
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

static const struct key *find(const char *name)
{
    for (size_t i = 0; i < KEY_COUNT; i++) {
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    }
    return NULL;
}

/* ---- values -------------------------------------------------------------------------------------- */

/* tcp://HOST:PORT, the port a number or *. */
static bool endpoint_ok(const char *value)
{
    static const char scheme[] = "tcp://";
    if (strncmp(value, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *host = value + sizeof scheme - 1;
    const char *colon = strrchr(host, ':');
    if (colon == NULL || colon == host)
        return false;
    const char *port = colon + 1;
    if (strcmp(port, "*") == 0)
        return true;
    size_t digits = strspn(port, "0123456789");
    return digits > 0 && digits <= 5 && port[digits] == '\0' && strtoul(port, NULL, 10) <= 65535;
}

static bool level_ok(const char *value)
{
    return strcmp(value, "error") == 0 || strcmp(value, "notice") == 0 || strcmp(value, "debug") == 0;
}

static bool number_parse(const char *value, unsigned min, unsigned max, unsigned *ret)
{
    size_t digits = strspn(value, "0123456789");
    if (digits == 0 || digits > 5 || value[digits] != '\0')
        return false;
    unsigned long number = strtoul(value, NULL, 10);
    if (number < min || number > max)
        return false;
    *ret = (unsigned)number;
    return true;
}

static bool set(struct dg_config *config, const struct key *key, const char *value)
{
    char *place = (char *)config + key->offset;
    if (key->type == NUMBER) {
        unsigned *number = (unsigned *)(void *)place;
        if (number == &config->workers)
            return number_parse(value, 1, WORKERS_MAX, number);
        return number_parse(value, 0, number == &config->disk_percent ? PERCENT_MAX : MIB_MAX, number);
    }
    if (strlen(value) >= key->size)
        return false;
    if (place == config->listen && value[0] != '\0' && !endpoint_ok(value))
        return false;
    if (place == config->log_level && !level_ok(value))
        return false;
    strcpy(place, value);
    return true;
}

/* The value as text, in a buffer of the caller's for numbers. */
static const char *get(const struct dg_config *config, const struct key *key, char number[static 16])
{
    const char *place = (const char *)config + key->offset;
    if (key->type == STRING)
        return place;
    snprintf(number, 16, "%u", *(const unsigned *)(const void *)place);
    return number;
}

void dg_config_init(struct dg_config *config)
{
    memset(config, 0, sizeof *config);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        bool ok = set(config, &keys[i], keys[i].standard);
        assert(ok);
        (void)ok;
    }
}

enum dg_err dg_config_set(struct dg_config *config, const char *name, const char *value,
                          struct dg_fault *fault)
{
    const struct key *key = find(name);
    if (key == NULL || !set(config, key, value))
        return dg_faultf(fault, DG_ERR_BAD_VALUE, "%s = %s", name, value);
    return DG_OK;
}

/* ---- reading ------------------------------------------------------------------------------------- */

static const char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t size = strlen(text);
    while (size > 0 && strchr(" \t\r", text[size - 1]) != NULL)
        size--;
    text[size] = '\0';
    return text;
}

/* The key nearest to a word that is none. */
static const char *nearest(const char *name)
{
    const char *best = keys[0].name;
    for (size_t i = 1; i < KEY_COUNT; i++) {
        if (dg_text_distance(name, keys[i].name) < dg_text_distance(name, best))
            best = keys[i].name;
    }
    return best;
}

/* One line that is neither empty nor a comment; bit i of seen says that key i was there before. */
static enum dg_err parse_line(struct dg_config *config, char *line, uint32_t *seen, struct dg_fault *fault)
{
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return dg_faultf(fault, DG_ERR_BAD_CONFIG, "%s (key = value)", line);
    *equals = '\0';
    const char *name = trim(line);
    const char *value = trim(equals + 1);
    const struct key *key = find(name);
    if (key == NULL)
        return dg_faultf(fault, DG_ERR_BAD_CONFIG, "%s? → %s", name, nearest(name));
    uint32_t bit = (uint32_t)1 << (key - keys);
    if ((*seen & bit) != 0)
        return dg_faultf(fault, DG_ERR_BAD_CONFIG, "%s = …, %s = …", name, name);
    *seen |= bit;
    if (!set(config, key, value))
        return dg_faultf(fault, DG_ERR_BAD_CONFIG, "%s = %s", name, value);
    return DG_OK;
}

enum dg_err dg_config_parse(struct dg_config *config, const char *text, struct dg_fault *fault)
{
    struct dg_config read = *config;
    uint32_t seen = 0, number = 0;
    while (*text != '\0') {
        char line[VALUE_MAX_BYTES + 128];
        size_t size = strcspn(text, "\n");
        bool whole = size < sizeof line;
        snprintf(line, sizeof line, "%.*s", (int)(whole ? size : 40), text);
        text += size + (text[size] == '\n');
        number++;
        const char *content = trim(line);
        if (content[0] == '\0' || content[0] == '#')
            continue;
        enum dg_err err = whole ? parse_line(&read, line + (content - line), &seen, fault)
                                : dg_faultf(fault, DG_ERR_BAD_CONFIG, "%s…", content);
        if (err != DG_OK) {
            if (fault != NULL)
                fault->line = number;
            return err;
        }
    }
    *config = read;
    return DG_OK;
}

static enum dg_err system_fault(struct dg_fault *fault, const char *path)
{
    if (errno == EACCES || errno == EPERM)
        return dg_faultf(fault, DG_ERR_NOT_PERMITTED, "%s", path);
    if (errno == ENOSPC || errno == EDQUOT)
        return dg_fault(fault, DG_ERR_STORE_FULL);
    return dg_faultf(fault, DG_ERR_SYSTEM, "%s: %s", path, strerror(errno));
}

static enum dg_err path_of(const char *dir, const char *name, char ret[static PATH_MAX_BYTES],
                           struct dg_fault *fault)
{
    int size = snprintf(ret, PATH_MAX_BYTES, "%s/%s", dir, name);
    return size > 0 && size < PATH_MAX_BYTES ? DG_OK : dg_faultf(fault, DG_ERR_BAD_NODE, "%.100s…", dir);
}

static enum dg_err parse_file(struct dg_config *config, FILE *file, const char *path, struct dg_fault *fault)
{
    char *text = malloc(FILE_MAX_BYTES + 1);
    if (text == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    size_t size = fread(text, 1, FILE_MAX_BYTES + 1, file);
    enum dg_err err = DG_OK;
    if (ferror(file))
        err = system_fault(fault, path);
    else if (size > FILE_MAX_BYTES || memchr(text, '\0', size) != NULL)
        err = dg_faultf(fault, DG_ERR_BAD_FILE, "%s", path);
    if (err == DG_OK) {
        text[size] = '\0';
        err = dg_config_parse(config, text, fault);
    }
    free(text);
    return err;
}

enum dg_err dg_config_load(const char *dir, struct dg_config *config, struct dg_fault *fault)
{
    char path[PATH_MAX_BYTES];
    dg_config_init(config);
    enum dg_err err = path_of(dir, "config", path, fault);
    if (err != DG_OK)
        return err;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT ? DG_OK : system_fault(fault, path);
    FILE *file = fdopen(fd, "r");
    if (file == NULL) {
        close(fd);
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    }
    err = parse_file(config, file, path, fault);
    fclose(file);
    return err;
}

/* ---- writing ------------------------------------------------------------------------------------- */

/* Every key with its meaning in both languages; what is as it would be anyway stands as a comment. */
static void write_text(const struct dg_config *config, FILE *file)
{
    struct dg_config standard;
    dg_config_init(&standard);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        char is[16], was[16];
        const char *value = get(config, &keys[i], is);
        bool changed = strcmp(value, get(&standard, &keys[i], was)) != 0;
        const char *space = value[0] != '\0' ? " " : "";
        fprintf(file, "%s# %s\n# %s\n%s%s =%s%s\n", i > 0 ? "\n" : "", keys[i].vi, keys[i].en,
                changed ? "" : "#", keys[i].name, space, value);
    }
}

static bool write_file(const struct dg_config *config, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    FILE *file = fdopen(fd, "w");
    if (file == NULL) {
        close(fd);
        return false;
    }
    write_text(config, file);
    bool ok = fflush(file) == 0 && fsync(fd) == 0;
    return fclose(file) == 0 && ok;
}

static bool sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

enum dg_err dg_config_save(const char *dir, const struct dg_config *config, struct dg_fault *fault)
{
    char path[PATH_MAX_BYTES], temporary[PATH_MAX_BYTES];
    enum dg_err err = path_of(dir, "config", path, fault);
    if (err == DG_OK)
        err = path_of(dir, "config.tmp", temporary, fault);
    if (err != DG_OK)
        return err;
    if (write_file(config, temporary) && rename(temporary, path) == 0 && sync_dir(dir))
        return DG_OK;
    err = system_fault(fault, path);
    (void)unlink(temporary);
    return err;
}

void dg_config_each(const struct dg_config *config,
                    void (*each)(void *ctx, const char *key, const char *value, bool changed), void *ctx)
{
    struct dg_config standard;
    dg_config_init(&standard);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        char is[16], was[16];
        const char *value = get(config, &keys[i], is);
        each(ctx, keys[i].name, value, strcmp(value, get(&standard, &keys[i], was)) != 0);
    }
}
