/* keys_file.c - the keys of a node, and who it is, in one file that is kept apart from its backups.
 *
 *   donggui keys v1
 *   unit SLUG
 *   identity HEX          the row META identity (FORMAT.md)
 *   row TABLE HEX HEX     key and value of each row of the node's seed (node/core/seed.h)
 *   config HEX            the configuration, if it has one
 *   file NAME.key         and the two lines of that file, for each
 *   end
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto.h"
#include "common/line.h"
#include "node/core/seed.h"
#include "node/shell/backup.h"
#include "node/shell/copying.h"
#include "node/shell/founding.h"
#include "node/store/store_files.h"
#include "node/store/store_lmdb.h"
#include "node/store/store_value.h"

#define FORM "donggui keys v1"

enum {
    FILE_MAX = 256,
    KEYS_FILE_MAX = 16 * 1024 * 1024,
    NAME_MAX_BYTES = 95,
    CONFIG_MAX = 64 * 1024,
};

/* Only what lies in DIR/keys under a name of ours: no path, and never the federation's key. */
static bool is_key_name(struct dg_bytes name)
{
    enum { SUFFIX = 4 };
    if (name.size <= SUFFIX || name.size > NAME_MAX_BYTES ||
        memcmp(name.data + name.size - SUFFIX, ".key", SUFFIX) != 0 || dg_bytes_is(name, "federation.key"))
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = (char)name.data[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && (c != '.' || i == 0))
            return false;
    }
    return true;
}

/* ---- saving -------------------------------------------------------------------------------------- */

struct saving {
    struct dg_arena *arena;
    struct dg_buf *out;
};

static void add_hex(struct saving *saving, struct dg_bytes bytes)
{
    char *hex = dg_arena_alloc(saving->arena, 2 * bytes.size + 1);
    if (hex == NULL) {
        saving->out->err = DG_ERR_NO_MEMORY;
        return;
    }
    dg_hex(bytes.data, bytes.size, hex);
    dg_buf_add_text(saving->out, hex);
}

static bool add_row(void *ctx, enum dg_table table, struct dg_bytes key, struct dg_bytes value)
{
    struct saving *saving = ctx;
    dg_buf_printf(saving->out, "row %u ", (unsigned)table);
    add_hex(saving, key);
    dg_buf_add_u8(saving->out, ' ');
    add_hex(saving, value);
    dg_buf_add_u8(saving->out, '\n');
    return saving->out->err == DG_OK;
}

static enum dg_err add_identity(const char *dir, struct dg_buf *out, struct dg_fault *fault)
{
    struct dg_store *store;
    struct dg_txn *txn;
    struct dg_identity identity;
    enum dg_err err = dg_store_lmdb_open(dir, DG_STORE_READ, &store, fault);
    if (err != DG_OK)
        return err;
    err = dg_begin_read(store, &txn);
    if (err == DG_OK) {
        struct saving saving = {.arena = txn->arena, .out = out};
        bool known = dg_identity_load(txn, &identity);
        if (known) {
            dg_buf_printf(out, FORM "\nunit %s\nidentity ", identity.unit);
            add_hex(&saving, dg_identity_row(txn));
            dg_buf_add_u8(out, '\n');
            dg_seed_each(txn, add_row, &saving);
        }
        err = txn->err == DG_OK && !known ? DG_ERR_BAD_NODE : txn->err;
        dg_abort(store, txn);
    }
    dg_store_close(store);
    return err == DG_OK ? DG_OK : dg_faultf(fault, err, "%s", dir);
}

static enum dg_err add_config(const char *dir, struct dg_buf *out, struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX];
    struct dg_arena arena;
    struct dg_bytes text;
    struct saving saving = {.arena = &arena, .out = out};
    enum dg_err err = dg_path_join(dir, "config", NULL, path, fault);
    if (err != DG_OK || !dg_file_exists(path))
        return err;
    dg_arena_init(&arena, 0);
    err = dg_read_whole(&arena, path, CONFIG_MAX, &text, fault);
    if (err == DG_OK && text.size > 0) {
        dg_buf_add_text(out, "config ");
        add_hex(&saving, text);
        dg_buf_add_u8(out, '\n');
    }
    dg_arena_done(&arena);
    return err;
}

static enum dg_err add_key(const char *folder, const char *name, struct dg_buf *out, struct dg_fault *fault)
{
    char path[DG_STORE_PATH_MAX], text[FILE_MAX];
    enum dg_err err = dg_path_join(folder, name, NULL, path, fault);
    if (err != DG_OK)
        return err;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text) : -1;
    if (fd >= 0)
        close(fd);
    if (size <= 0 || text[size - 1] != '\n')
        err = dg_faultf(fault, DG_ERR_BAD_KEY_FILE, "%s", path);
    else {
        dg_buf_printf(out, "file %s\n", name);
        dg_buf_add(out, text, (size_t)size);
    }
    dg_wipe(text, sizeof text);
    return err;
}

static enum dg_err add_keys(const char *dir, struct dg_buf *out, struct dg_fault *fault)
{
    char folder[DG_STORE_PATH_MAX];
    enum dg_err err = dg_path_join(dir, "keys", NULL, folder, fault);
    DIR *keys = err == DG_OK ? opendir(folder) : NULL;
    if (err == DG_OK && keys == NULL)
        err = dg_faultf(fault, DG_ERR_BAD_KEY_FILE, "%s: %s", folder, strerror(errno));
    const struct dirent *entry;
    while (err == DG_OK && (entry = readdir(keys)) != NULL)
        if (is_key_name(dg_bytes_of(entry->d_name)))
            err = add_key(folder, entry->d_name, out, fault);
    if (keys != NULL)
        closedir(keys);
    return err;
}

static void wipe_buf(struct dg_buf *buf)
{
    if (buf->capacity > 0)
        dg_wipe(buf->data, buf->capacity);
    dg_buf_done(buf);
}

enum dg_err dg_keys_save(const char *dir, const char *file, struct dg_fault *fault)
{
    struct dg_buf text;
    dg_buf_init(&text, KEYS_FILE_MAX);
    dg_buf_reserve(&text, KEYS_FILE_MAX); /* a buffer that grows would leave copies behind */
    enum dg_err err = add_identity(dir, &text, fault);
    if (err == DG_OK)
        err = add_config(dir, &text, fault);
    if (err == DG_OK)
        err = add_keys(dir, &text, fault);
    dg_buf_add_text(&text, "end\n");
    if (err == DG_OK && text.err != DG_OK)
        err = dg_fault(fault, text.err);
    if (err == DG_OK)
        err = dg_write_new(file, text.data, text.size, fault);
    wipe_buf(&text);
    return err;
}

/* ---- restoring ----------------------------------------------------------------------------------- */

static enum dg_err bad(const char *file, struct dg_fault *fault)
{
    return dg_faultf(fault, DG_ERR_BAD_KEY_FILE, "%s", file);
}

static bool take_line(struct dg_bytes *text, const char *word, struct dg_bytes *ret)
{
    return dg_line_next(text, ret) && dg_line_skip(ret, word);
}

/* The two lines of a key's own file, with their LF. */
static bool take_key(struct dg_bytes *text, struct dg_bytes *ret)
{
    struct dg_bytes line, begin = *text;
    if (!dg_line_next(text, &line) || !dg_line_next(text, &line))
        return false;
    *ret = dg_bytes_at(begin.data, begin.size - text->size);
    return ret->size <= FILE_MAX;
}

static enum dg_err write_keys(const char *dir, const char *file, struct dg_bytes text, struct dg_fault *fault)
{
    struct dg_bytes line, key;
    for (;;) {
        char name[NAME_MAX_BYTES + 1], path[DG_STORE_PATH_MAX];
        struct dg_bytes rest = text;
        if (dg_line_next(&rest, &line) && dg_bytes_is(line, "end") && rest.size == 0)
            return DG_OK;
        if (!take_line(&text, "file ", &line) || !is_key_name(line) || !take_key(&text, &key))
            return bad(file, fault);
        memcpy(name, line.data, line.size);
        name[line.size] = '\0';
        enum dg_err err = dg_path_join(dir, "keys", name, path, fault);
        if (err == DG_OK)
            err = dg_write_new(path, key.data, key.size, fault);
        if (err != DG_OK)
            return err;
    }
}

/* Cuts the bytes off a line that ends at a space or with it. */
static bool take_hex(struct dg_arena *arena, struct dg_bytes hex, struct dg_bytes *ret)
{
    uint8_t *bytes = dg_arena_alloc(arena, hex.size / 2 + 1);
    *ret = dg_bytes_at(bytes, hex.size / 2);
    return bytes != NULL && dg_unhex(hex, bytes, hex.size / 2);
}

static bool take_row(struct dg_arena *arena, struct dg_bytes line, struct dg_keys_row *ret)
{
    struct dg_bytes table, key, value;
    uint64_t number;
    if (!dg_line_cut(line, ' ', &table, &line) || !dg_line_cut(line, ' ', &key, &value) ||
        !dg_decimal_parse(table, &number) || number >= DG_TABLE_COUNT || !dg_seed_has((enum dg_table)number))
        return false;
    ret->table = (enum dg_table)number;
    return take_hex(arena, key, &ret->key) && take_hex(arena, value, &ret->value) &&
           dg_row_ok(ret->table, ret->key, ret->value);
}

/* The lines between identity and files. */
static bool take_seed(struct dg_arena *arena, struct dg_bytes *text, struct dg_keys_seed *ret)
{
    enum { ROWS_MAX = 65536 };
    struct dg_bytes rest = *text, line;
    ret->row = dg_arena_array(arena, ROWS_MAX, sizeof *ret->row);
    if (ret->row == NULL)
        return false;
    while (take_line(&rest, "row ", &line)) {
        if (ret->count == ROWS_MAX || !take_row(arena, line, &ret->row[ret->count++]))
            return false;
        *text = rest;
    }
    rest = *text;
    if (take_line(&rest, "config ", &line)) {
        *text = rest;
        return take_hex(arena, line, &ret->config);
    }
    return true;
}

static bool read_identity(struct dg_arena *arena, struct dg_bytes hex, struct dg_identity *ret)
{
    uint8_t *row = dg_arena_alloc(arena, hex.size / 2 + 1);
    return row != NULL && dg_unhex(hex, row, hex.size / 2) &&
           dg_identity_parse(dg_bytes_at(row, hex.size / 2), ret);
}

static enum dg_err restore_from(const char *dir, const char *file, struct dg_bytes text,
                                struct dg_arena *arena, struct dg_identity *ret, struct dg_keys_seed *seed,
                                struct dg_fault *fault)
{
    struct dg_bytes unit, identity;
    char folder[DG_STORE_PATH_MAX];
    if (!dg_line_skip(&text, FORM "\n") || !take_line(&text, "unit ", &unit) ||
        !take_line(&text, "identity ", &identity) || !read_identity(arena, identity, ret) ||
        !dg_bytes_is(unit, ret->unit) || !take_seed(arena, &text, seed))
        return bad(file, fault);
    enum dg_err err = dg_found_keys_dir(dir, fault);
    if (err == DG_OK)
        err = write_keys(dir, file, text, fault);
    if (err == DG_OK)
        err = dg_path_join(dir, "keys", NULL, folder, fault);
    return err == DG_OK ? dg_path_sync(folder, fault) : err;
}

enum dg_err dg_keys_restore(const char *dir, const char *file, struct dg_arena *arena,
                            struct dg_identity *ret, struct dg_keys_seed *ret_seed, struct dg_fault *fault)
{
    struct stat st;
    struct dg_arena secret;
    struct dg_bytes text = {NULL, 0};
    *ret_seed = (struct dg_keys_seed){.count = 0};
    if (stat(file, &st) == 0 && (st.st_mode & 077) != 0)
        return dg_faultf(fault, DG_ERR_BAD_KEY_FILE, "%s: wrong mode", file);
    dg_arena_init(&secret, 0);
    enum dg_err err = dg_read_whole(&secret, file, KEYS_FILE_MAX, &text, fault);
    if (err == DG_OK)
        err = restore_from(dir, file, text, arena, ret, ret_seed, fault);
    if (text.size > 0)
        dg_wipe((void *)(uintptr_t)text.data, text.size);
    dg_arena_done(&secret);
    return err;
}
