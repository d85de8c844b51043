/* files_mem.c - a list of files, each with the bytes that a power cut would leave. */
#include "node/store/files_mem.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 72 };

/* A file and its durable twin: after a crash the twin is all there is. */
struct content {
    bool there;
    size_t size;
    uint8_t *bytes;
};

struct file {
    struct file *next;
    char name[NAME_MAX_BYTES];
    struct content now, durable;
    bool dirty;
};

struct files_mem {
    struct dg_files files;
    struct file *first;
    uint64_t total;
    unsigned fail_after;
    enum dg_err fail_with;
};

static struct files_mem *mem_of(struct dg_files *files)
{
    return (struct files_mem *)(void *)files;
}

static void name_make(char ret[static NAME_MAX_BYTES], enum dg_file_kind kind, const struct dg_hash *hash)
{
    ret[0] = kind == DG_FILE_PART ? 'p' : 'w';
    dg_hex(hash->b, sizeof hash->b, ret + 1);
}

static struct file *find(struct files_mem *m, const char *name)
{
    for (struct file *file = m->first; file != NULL; file = file->next)
        if (strcmp(file->name, name) == 0)
            return file;
    return NULL;
}

static struct file *find_or_make(struct files_mem *m, const char *name)
{
    struct file *file = find(m, name);
    if (file != NULL)
        return file;
    file = calloc(1, sizeof *file);
    if (file == NULL)
        abort();
    strcpy(file->name, name);
    file->next = m->first;
    m->first = file;
    return file;
}

static void content_copy(struct content *to, const struct content *from)
{
    if (!from->there) {
        free(to->bytes);
        *to = (struct content){.there = false};
        return;
    }
    uint8_t *bytes = realloc(to->bytes, from->size + 1);
    if (bytes == NULL)
        abort();
    if (from->size > 0)
        memcpy(bytes, from->bytes, from->size);
    *to = (struct content){.there = true, .size = from->size, .bytes = bytes};
}

static void content_write(struct content *to, uint64_t offset, struct dg_bytes bytes)
{
    size_t end = (size_t)offset + bytes.size, before = to->there ? to->size : 0;
    size_t size = end > before ? end : before;
    to->bytes = realloc(to->bytes, size + 1);
    if (to->bytes == NULL)
        abort();
    memset(to->bytes + before, 0, size - before);
    memcpy(to->bytes + offset, bytes.data, bytes.size);
    to->there = true;
    to->size = size;
}

/* The planned failure, when its time has come. */
static enum dg_err step(struct files_mem *m)
{
    if (m->fail_after == 0 || --m->fail_after > 0)
        return DG_OK;
    return m->fail_with;
}

static enum dg_err mem_read(struct dg_files *files, enum dg_file_kind kind, const struct dg_hash *name,
                            uint64_t offset, void *ret, size_t size)
{
    char text[NAME_MAX_BYTES];
    name_make(text, kind, name);
    const struct file *file = find(mem_of(files), text);
    if (file == NULL || !file->now.there || file->now.size < size || file->now.size - size < offset)
        return DG_ERR_NOT_FOUND;
    memcpy(ret, file->now.bytes + offset, size);
    return DG_OK;
}

static uint64_t used(const struct files_mem *m)
{
    uint64_t sum = 0;
    for (const struct file *file = m->first; file != NULL; file = file->next)
        sum += file->now.there ? file->now.size : 0;
    return sum;
}

static enum dg_err mem_write(struct dg_files *files, const struct dg_hash *content, uint64_t offset,
                             struct dg_bytes bytes)
{
    struct files_mem *m = mem_of(files);
    char text[NAME_MAX_BYTES];
    enum dg_err err = step(m);
    if (err != DG_OK)
        return err;
    if (used(m) + bytes.size > m->total)
        return DG_ERR_STORE_FULL;
    name_make(text, DG_FILE_PART, content);
    struct file *file = find_or_make(m, text);
    content_write(&file->now, offset, bytes);
    file->dirty = true;
    return DG_OK;
}

static enum dg_err mem_sync(struct dg_files *files)
{
    struct files_mem *m = mem_of(files);
    enum dg_err err = step(m);
    if (err != DG_OK)
        return err;
    for (struct file *file = m->first; file != NULL; file = file->next) {
        if (file->dirty)
            content_copy(&file->durable, &file->now);
        file->dirty = false;
    }
    return DG_OK;
}

/* One name becomes another, in memory and on the disk alike. */
static void move(struct file *from, struct file *to)
{
    content_copy(&to->now, &from->now);
    content_copy(&to->durable, &from->now);
    from->now.there = from->durable.there = false;
    from->now.size = from->durable.size = 0;
    from->dirty = to->dirty = false;
}

static enum dg_err mem_finish(struct dg_files *files, const struct dg_hash *content,
                              const struct dg_hash *sha256)
{
    struct files_mem *m = mem_of(files);
    char part[NAME_MAX_BYTES], whole[NAME_MAX_BYTES];
    enum dg_err err = step(m);
    if (err != DG_OK)
        return err;
    name_make(part, DG_FILE_PART, content);
    name_make(whole, DG_FILE_WHOLE, sha256);
    struct file *from = find(m, part), *to = find(m, whole);
    if (to != NULL && to->now.there) {
        if (from != NULL)
            from->now.there = from->durable.there = false;
        return DG_OK;
    }
    if (from == NULL || !from->now.there)
        return DG_ERR_NOT_FOUND;
    move(from, find_or_make(m, whole));
    return DG_OK;
}

static enum dg_err mem_take_in(struct dg_files *files, struct dg_bytes name, const struct dg_hash *content)
{
    struct files_mem *m = mem_of(files);
    char from[NAME_MAX_BYTES] = "", to[NAME_MAX_BYTES];
    enum dg_err err = step(m);
    if (err != DG_OK)
        return err;
    if (name.size < sizeof from)
        memcpy(from, name.data, name.size);
    name_make(to, DG_FILE_PART, content);
    struct file *file = find(m, from);
    if (file == NULL || !file->now.there)
        return DG_ERR_NOT_FOUND;
    move(file, find_or_make(m, to));
    return DG_OK;
}

static void forget(struct file *file)
{
    if (file != NULL)
        file->now.there = file->durable.there = file->dirty = false;
}

static void mem_discard(struct dg_files *files, const struct dg_hash *content)
{
    char text[NAME_MAX_BYTES];
    name_make(text, DG_FILE_PART, content);
    forget(find(mem_of(files), text));
}

static void mem_discard_new(struct dg_files *files, struct dg_bytes name)
{
    char text[NAME_MAX_BYTES] = "";
    if (name.size < sizeof text)
        memcpy(text, name.data, name.size);
    forget(find(mem_of(files), text));
}

static bool mem_has(struct dg_files *files, enum dg_file_kind kind, const struct dg_hash *name, uint64_t size)
{
    char text[NAME_MAX_BYTES];
    name_make(text, kind, name);
    const struct file *file = find(mem_of(files), text);
    return file != NULL && file->now.there && file->now.size == size;
}

static void mem_room(struct dg_files *files, uint64_t *ret_free, uint64_t *ret_total)
{
    const struct files_mem *m = mem_of(files);
    uint64_t taken = used(m);
    *ret_total = m->total;
    *ret_free = taken < m->total ? m->total - taken : 0;
}

static void mem_sweep(struct dg_files *files, bool (*keep)(void *ctx, const struct dg_hash *content),
                      void *ctx)
{
    struct files_mem *m = mem_of(files);
    for (struct file *file = m->first; file != NULL; file = file->next) {
        struct dg_hash content;
        bool part =
            file->name[0] == 'p' && dg_unhex(dg_bytes_of(file->name + 1), content.b, sizeof content.b);
        if (file->now.there && file->name[0] != 'w' && (!part || !keep(ctx, &content)))
            forget(file);
    }
}

static void mem_close(struct dg_files *files)
{
    struct files_mem *m = mem_of(files);
    while (m->first != NULL) {
        struct file *next = m->first->next;
        free(m->first->now.bytes);
        free(m->first->durable.bytes);
        free(m->first);
        m->first = next;
    }
    free(m);
}

static const struct dg_files_ops mem_ops = {
    .read = mem_read,
    .write = mem_write,
    .sync = mem_sync,
    .finish = mem_finish,
    .take_in = mem_take_in,
    .discard = mem_discard,
    .discard_new = mem_discard_new,
    .has = mem_has,
    .room = mem_room,
    .sweep = mem_sweep,
    .close = mem_close,
};

struct dg_files *dg_files_mem_new(void)
{
    struct files_mem *m = calloc(1, sizeof *m);
    if (m == NULL)
        return NULL;
    m->files.ops = &mem_ops;
    m->total = UINT64_MAX / 2;
    return &m->files;
}

void dg_files_mem_crash(struct dg_files *files)
{
    for (struct file *file = mem_of(files)->first; file != NULL; file = file->next) {
        content_copy(&file->now, &file->durable);
        file->dirty = false;
    }
    mem_of(files)->fail_after = 0;
}

void dg_files_mem_fail(struct dg_files *files, unsigned after, enum dg_err err)
{
    mem_of(files)->fail_after = after;
    mem_of(files)->fail_with = err;
}

void dg_files_mem_disk(struct dg_files *files, uint64_t total)
{
    mem_of(files)->total = total;
}

size_t dg_files_mem_count(struct dg_files *files, enum dg_file_kind kind)
{
    size_t count = 0;
    for (const struct file *file = mem_of(files)->first; file != NULL; file = file->next)
        count += file->now.there && file->name[0] == (kind == DG_FILE_PART ? 'p' : 'w');
    return count;
}

void dg_files_mem_new_file(struct dg_files *files, const char *name, struct dg_bytes bytes)
{
    struct file *file = find_or_make(mem_of(files), name);
    content_write(&file->now, 0, bytes);
    content_copy(&file->durable, &file->now);
}

bool dg_files_mem_decay(struct dg_files *files, enum dg_file_kind kind, const struct dg_hash *name,
                        uint64_t offset)
{
    char text[NAME_MAX_BYTES];
    name_make(text, kind, name);
    struct file *file = find(mem_of(files), text);
    if (file == NULL || !file->now.there || offset >= file->now.size)
        return false;
    file->now.bytes[offset] ^= 1;
    content_copy(&file->durable, &file->now);
    return true;
}
