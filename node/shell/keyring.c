/* keyring.c - key files, and the table of secrets they fill. */
#include "node/shell/keyring.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER "donggui key v1 "
#define SUFFIX ".key"

enum {
    KEYS_MAX = 2 * DG_ORGANS_MAX + 16, /* two of every organ, and the unit's through some epochs */
    NAME_MAX_BYTES = 95,
    FILE_MAX_BYTES = 128,
};

/* A key without its secret, which lies at the same index of the guarded block. */
struct entry {
    char name[NAME_MAX_BYTES + 1];
    bool curve;
    struct dg_key key; /* unless curve */
};

struct dg_keyring {
    int dir;
    char *path; /* DIR/keys, for messages */
    size_t count;
    struct entry entry[KEYS_MAX];
    struct dg_seed *seed; /* KEYS_MAX of them in guarded memory */
    struct dg_signer signer;
    struct dg_sealer sealer;
};

/* ---- names --------------------------------------------------------------------------------------- */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, const char *with)
{
    size_t size = strlen(text), tail = strlen(with);
    return size > tail && strcmp(text + size - tail, with) == 0;
}

/* What a key is for, by its file's name; the file says it too, so that a key put under another's name
 * is noticed. NULL for a name that is none of ours. */
static const char *role_of(const char *name)
{
    static const char *const whole[] = {"unit", "cosigner", "transport", "federation"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        if (strcmp(name, whole[i]) == 0)
            return whole[i];
    }
    if (begins(name, "log-e"))
        return "log";
    if (begins(name, "organ-"))
        return ends(name, ".seal") ? "seal" : "organ";
    return NULL;
}

static bool is_curve(const char *role)
{
    return strcmp(role, "transport") == 0 || strcmp(role, "seal") == 0;
}

static enum dg_err bad_file(const struct dg_keyring *keyring, const char *name, const char *why,
                            struct dg_fault *fault)
{
    return dg_faultf(fault, DG_ERR_BAD_KEY_FILE, "%s/%s" SUFFIX ": %s", keyring->path, name, why);
}

static const struct entry *find(const struct dg_keyring *keyring, const char *name)
{
    for (size_t i = 0; i < keyring->count; i++) {
        if (strcmp(keyring->entry[i].name, name) == 0)
            return &keyring->entry[i];
    }
    return NULL;
}

/* Adds a key whose seed is in its place already. */
static struct entry *add(struct dg_keyring *keyring, const char *name, const char *role)
{
    assert(keyring->count < KEYS_MAX && strlen(name) <= NAME_MAX_BYTES);
    struct entry *entry = &keyring->entry[keyring->count];
    memset(entry, 0, sizeof *entry);
    strcpy(entry->name, name);
    entry->curve = is_curve(role);
    if (!entry->curve)
        entry->key = dg_key_of(&keyring->seed[keyring->count]);
    keyring->count++;
    return entry;
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* Why a file or directory may not hold secrets; NULL when it may. */
static const char *unsafe(const struct stat *st)
{
    if (st->st_uid != geteuid())
        return "wrong owner";
    if ((st->st_mode & 077) != 0)
        return "wrong mode";
    return NULL;
}

static const char *parse(const char *text, size_t size, const char *role, struct dg_seed *ret)
{
    char header[48];
    int header_size = snprintf(header, sizeof header, HEADER "%s\n", role);
    assert(header_size > 0 && (size_t)header_size < sizeof header);
    size_t want = (size_t)header_size + 2 * DG_SEED_BYTES + 1;
    if (size < want)
        return "truncated";
    if (memcmp(text, header, (size_t)header_size) != 0)
        return "not a key of this role";
    if (size > want || text[want - 1] != '\n' ||
        !dg_unhex(dg_bytes_at(text + header_size, 2 * DG_SEED_BYTES), ret->b, sizeof ret->b))
        return "malformed";
    return NULL;
}

static const char *read_file(int fd, const char *role, struct dg_seed *ret)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return "not a file";
    const char *why = unsafe(&st);
    if (why != NULL)
        return why;
    char text[FILE_MAX_BYTES];
    size_t size = 0;
    ssize_t got;
    while (size < sizeof text && (got = read(fd, text + size, sizeof text - size)) > 0)
        size += (size_t)got;
    why = parse(text, size, role, ret);
    dg_wipe(text, sizeof text);
    return why;
}

static enum dg_err load(struct dg_keyring *keyring, const char *name, const char *role,
                        struct dg_fault *fault)
{
    char file[NAME_MAX_BYTES + sizeof SUFFIX];
    snprintf(file, sizeof file, "%s" SUFFIX, name);
    if (keyring->count == KEYS_MAX)
        return bad_file(keyring, name, "too many keys", fault);
    int fd = openat(keyring->dir, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return bad_file(keyring, name, strerror(errno), fault);
    const char *why = read_file(fd, role, &keyring->seed[keyring->count]);
    close(fd);
    if (why != NULL)
        return bad_file(keyring, name, why, fault);
    add(keyring, name, role);
    return DG_OK;
}

/* Loads every NAME.key but the federation's. Other files are none of ours. */
static enum dg_err load_all(struct dg_keyring *keyring, struct dg_fault *fault)
{
    int fd = openat(keyring->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        if (fd >= 0)
            close(fd);
        return dg_faultf(fault, DG_ERR_BAD_KEY_FILE, "%s: %s", keyring->path, strerror(errno));
    }
    enum dg_err err = DG_OK;
    const struct dirent *item;
    while (err == DG_OK && (item = readdir(dir)) != NULL) {
        char name[NAME_MAX_BYTES + 1];
        size_t size = strlen(item->d_name);
        if (!ends(item->d_name, SUFFIX) || size - strlen(SUFFIX) > NAME_MAX_BYTES)
            continue;
        size -= strlen(SUFFIX);
        memcpy(name, item->d_name, size);
        name[size] = '\0';
        const char *role = role_of(name);
        if (role != NULL && strcmp(role, "federation") != 0)
            err = load(keyring, name, role, fault);
    }
    closedir(dir);
    return err;
}

/* ---- opening ------------------------------------------------------------------------------------- */

static enum dg_err sign(void *ctx, const struct dg_key *key, const char *context, struct dg_bytes message,
                        struct dg_sig *ret)
{
    const struct dg_keyring *keyring = ctx;
    for (size_t i = 0; i < keyring->count; i++) {
        if (keyring->entry[i].curve || !dg_key_equal(&keyring->entry[i].key, key))
            continue;
        *ret = dg_sign_as(&keyring->entry[i].key, &keyring->seed[i], context, message);
        return DG_OK;
    }
    return DG_ERR_NOT_PERMITTED;
}

static enum dg_err seal(void *ctx, const struct dg_curve_key *key, struct dg_bytes bytes, struct dg_buf *out)
{
    (void)ctx;
    return dg_seal(key, bytes, out);
}

static enum dg_err open_sealed(void *ctx, struct dg_bytes bytes, struct dg_buf *out)
{
    const struct dg_keyring *keyring = ctx;
    const struct entry *transport = find(keyring, "transport");
    if (transport == NULL)
        return DG_ERR_NOT_PERMITTED;
    return dg_unseal(&keyring->seed[transport - keyring->entry], bytes, out);
}

static enum dg_err open_dir(struct dg_keyring *keyring, struct dg_fault *fault)
{
    struct stat st;
    const char *why = NULL;
    keyring->dir = open(keyring->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (keyring->dir < 0 || fstat(keyring->dir, &st) != 0)
        why = strerror(errno);
    else
        why = unsafe(&st);
    return why == NULL ? DG_OK : dg_faultf(fault, DG_ERR_BAD_KEY_FILE, "%s: %s", keyring->path, why);
}

enum dg_err dg_keyring_open(const char *dir, struct dg_keyring **ret, struct dg_fault *fault)
{
    struct dg_keyring *keyring = calloc(1, sizeof *keyring);
    if (keyring == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    size_t path_size = strlen(dir) + sizeof "/keys";
    keyring->dir = -1;
    keyring->signer = (struct dg_signer){.ctx = keyring, .sign = sign};
    keyring->sealer = (struct dg_sealer){.ctx = keyring, .seal = seal, .open = open_sealed};
    keyring->path = malloc(path_size);
    keyring->seed = dg_secret_alloc(KEYS_MAX * sizeof *keyring->seed);
    enum dg_err err = DG_OK;
    if (keyring->path == NULL || keyring->seed == NULL) {
        err = dg_fault(fault, DG_ERR_NO_MEMORY);
        goto close_keyring;
    }
    snprintf(keyring->path, path_size, "%s/keys", dir);
    err = open_dir(keyring, fault);
    if (err == DG_OK)
        err = load_all(keyring, fault);
    if (err == DG_OK) {
        *ret = keyring;
        return DG_OK;
    }
close_keyring:
    dg_keyring_close(keyring);
    return err;
}

void dg_keyring_close(struct dg_keyring *keyring)
{
    if (keyring == NULL)
        return;
    if (keyring->dir >= 0)
        close(keyring->dir);
    dg_secret_free(keyring->seed);
    free(keyring->path);
    free(keyring);
}

/* ---- making -------------------------------------------------------------------------------------- */

static bool write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, text, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        text += written;
        size -= (size_t)written;
    }
    return fsync(fd) == 0;
}

/* A key gets its name only when it is complete and durable, and never in the place of another. */
static enum dg_err store(struct dg_keyring *keyring, const char *name, const char *role,
                         const struct dg_seed *seed, struct dg_fault *fault)
{
    char file[NAME_MAX_BYTES + sizeof SUFFIX], temporary[sizeof file + 4];
    char text[FILE_MAX_BYTES], hex[DG_HEX_BYTES];
    snprintf(file, sizeof file, "%s" SUFFIX, name);
    snprintf(temporary, sizeof temporary, "%s.tmp", file);
    (void)unlinkat(keyring->dir, temporary, 0);
    int fd = openat(keyring->dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return bad_file(keyring, name, strerror(errno), fault);
    dg_hex(seed->b, sizeof seed->b, hex);
    int size = snprintf(text, sizeof text, HEADER "%s\n%s\n", role, hex);
    assert(size > 0 && (size_t)size < sizeof text);
    bool ok = write_all(fd, text, (size_t)size);
    dg_wipe(text, sizeof text);
    dg_wipe(hex, sizeof hex);
    ok = ok && linkat(keyring->dir, temporary, keyring->dir, file, 0) == 0 && fsync(keyring->dir) == 0;
    enum dg_err err = ok ? DG_OK : bad_file(keyring, name, strerror(errno), fault);
    close(fd);
    (void)unlinkat(keyring->dir, temporary, 0);
    return err;
}

/* Makes a seed of that name and kind in its place. */
static enum dg_err make(struct dg_keyring *keyring, const char *name, bool curve, const struct entry **ret,
                        struct dg_fault *fault)
{
    const char *role = role_of(name);
    assert(role != NULL && is_curve(role) == curve && strlen(name) <= NAME_MAX_BYTES);
    if (keyring->count == KEYS_MAX)
        return bad_file(keyring, name, "too many keys", fault);
    struct dg_seed *seed = &keyring->seed[keyring->count];
    dg_random(seed->b, sizeof seed->b);
    enum dg_err err = store(keyring, name, role, seed, fault);
    if (err == DG_OK)
        *ret = add(keyring, name, role);
    return err;
}

enum dg_err dg_keyring_make(struct dg_keyring *keyring, const char *name, struct dg_key *ret,
                            struct dg_fault *fault)
{
    const struct entry *entry = NULL;
    enum dg_err err = make(keyring, name, false, &entry, fault);
    if (err == DG_OK)
        *ret = entry->key;
    return err;
}

enum dg_err dg_keyring_make_curve(struct dg_keyring *keyring, const char *name, struct dg_curve_key *ret,
                                  struct dg_fault *fault)
{
    const struct entry *entry = NULL;
    enum dg_err err = make(keyring, name, true, &entry, fault);
    if (err == DG_OK)
        *ret = dg_curve_key_of(&keyring->seed[entry - keyring->entry]);
    return err;
}

/* ---- using --------------------------------------------------------------------------------------- */

enum dg_err dg_keyring_seed(const struct dg_keyring *keyring, const char *name, struct dg_seed *ret,
                            struct dg_fault *fault)
{
    const struct entry *entry = find(keyring, name);
    if (entry == NULL)
        return bad_file(keyring, name, "missing", fault);
    *ret = keyring->seed[entry - keyring->entry];
    return DG_OK;
}

bool dg_keyring_has(const struct dg_keyring *keyring, const char *name)
{
    return find(keyring, name) != NULL;
}

const struct dg_signer *dg_keyring_signer(const struct dg_keyring *keyring)
{
    return &keyring->signer;
}

const struct dg_sealer *dg_keyring_sealer(const struct dg_keyring *keyring)
{
    return &keyring->sealer;
}
