/* regime_check.c - reads regime files and tells every mistake in them, each with its place. */
#include <string.h>

#include "common/crypto.h"
#include "common/line.h"
#include "node/cli/mistakes.h"
#include "node/cli/regime.h"
#include "node/conf/regime_file.h"
#include "node/conf/report_file.h"

enum { PATH_SIZE = 4096, FILES_MAX = 64 };

/* One file that was read. */
struct checked {
    const char *path;
    struct dg_bytes text;
    struct dg_regime regime;
    struct dg_bytes compiled;
    struct dg_fault_list *faults;
};

/* ---- reading ------------------------------------------------------------------------------------ */

/* What the reader lets pass and the wire does not: a regime travels in one frame. */
static enum dg_err compile(struct dg_cli *cli, struct checked *file)
{
    struct dg_buf out;

    dg_buf_init(&out, DG_REGIME_MAX);
    enum dg_err err = dg_regime_encode(&file->regime, &out);
    if (err == DG_OK)
        file->compiled = dg_arena_copy(&cli->arena, dg_buf_bytes(&out));
    dg_buf_done(&out);
    if (err == DG_ERR_TOO_LARGE) {
        dg_fault_list_add(file->faults, DG_ERR_BAD_REGIME, 1, 1,
                          "compiled, the regime is larger than %d bytes", DG_REGIME_MAX);
        return DG_ERR_BAD_REGIME;
    }
    return err == DG_OK && file->compiled.data == NULL ? DG_ERR_NO_MEMORY : err;
}

/* Reads and compiles one. DG_OK too when there are mistakes: they are in ret->faults. */
static enum dg_err read_file(struct dg_cli *cli, const char *value, struct checked *ret)
{
    char path[PATH_SIZE];

    cli->where = value;
    *ret = (struct checked){.faults = dg_arena_alloc(&cli->arena, sizeof *ret->faults)};
    if (ret->faults == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    enum dg_err err = dg_regime_find(value, dg_cli_program_dir(cli), path, sizeof path, &cli->fault);
    if (err == DG_OK)
        err = dg_file_read(&cli->arena, path, DG_REGIME_FILE_MAX, &ret->text, &cli->fault);
    if (err != DG_OK)
        return err;
    ret->path = dg_arena_string(&cli->arena, dg_bytes_of(path));
    ret->faults->language = cli->language;
    err = dg_regime_read(&cli->arena, ret->text, &ret->regime, ret->faults);
    if (err == DG_OK)
        err = compile(cli, ret);
    cli->where = NULL;
    return err == DG_OK || err == DG_ERR_BAD_REGIME ? DG_OK : dg_fault(&cli->fault, err);
}

enum dg_err dg_regime_take(struct dg_cli *cli, const char *value, struct dg_bytes *ret)
{
    struct checked file;

    enum dg_err err = read_file(cli, value, &file);
    if (err != DG_OK)
        return err;
    if (file.faults->count > 0) {
        dg_mistakes_tell(cli, file.path, file.faults);
        return dg_mistakes_count(cli, DG_ERR_BAD_REGIME, file.path, file.faults);
    }
    *ret = file.compiled;
    return DG_OK;
}

/* ---- several files ------------------------------------------------------------------------------ */

/* The line in which a key of the head stands; 1 when the file writes it in another way. */
static uint32_t line_of(struct dg_bytes text, const char *key)
{
    struct dg_bytes line;

    for (uint32_t number = 1; dg_line_next(&text, &line); number++) {
        if (dg_line_skip(&line, key))
            return number;
    }
    return 1;
}

static bool validity_meets(const struct dg_regime *a, const struct dg_regime *b)
{
    return (!a->has_until || !b->has_from || b->from.n <= a->until.n) &&
           (!b->has_until || !a->has_from || a->from.n <= b->until.n);
}

/* Versions of one regime whose days overlap: whoever reads them cannot say which one holds. */
static void check_overlap(struct dg_cli *cli, const struct checked *earlier, struct checked *file)
{
    const struct dg_regime *a = &earlier->regime, *b = &file->regime;

    if (earlier->faults->count > 0 || file->faults->count > 0 || !dg_bytes_equal(a->name, b->name) ||
        !validity_meets(a, b))
        return;
    const char *days = dg_days_text(&cli->arena, a->has_from, a->from, a->has_until, a->until);
    dg_fault_list_add(file->faults, DG_ERR_BAD_REGIME,
                      line_of(file->text, b->has_from ? "valid-from:" : "name:"), 1,
                      "the regime %s in %s is in force on the same days, %s",
                      dg_arena_string(&cli->arena, a->name), earlier->path, days);
}

/* ---- the answer --------------------------------------------------------------------------------- */

static void print_json(struct dg_cli *cli, const struct checked *file)
{
    const struct dg_regime *regime = &file->regime;
    struct dg_json *json = dg_json_new();
    bool is_good = file->faults->count == 0;

    dg_json_text(json, "file", file->path);
    dg_json_bool(json, "ok", is_good);
    if (is_good) {
        struct dg_hash hash = dg_sha256(file->compiled);
        dg_json_bytes(json, "name", regime->name);
        dg_json_number(json, "rules", regime->rule_count);
        dg_json_hex(json, "hash", hash.b, sizeof hash.b);
    }
    dg_mistakes_json(json, file->faults);
    dg_json_print(json, cli->out);
}

static void print_summary(struct dg_cli *cli, const struct checked *file)
{
    const struct dg_regime *regime = &file->regime;
    struct dg_hash hash = dg_sha256(file->compiled);
    char hex[DG_HEX_BYTES];

    dg_hex(hash.b, sizeof hash.b, hex);
    dg_say(
        cli, cli->out, DG_MSG_REGIME_GOOD,
        DG_WORDS(file->path, dg_shown(&cli->arena, regime->name),
                 dg_arena_printf(&cli->arena, "%zu", regime->rule_count),
                 dg_days_text(&cli->arena, regime->has_from, regime->from, regime->has_until, regime->until),
                 hex));
}

enum dg_err dg_regime_check(struct dg_cli *cli)
{
    size_t count = cli->args.word_count - 1;
    struct checked *file = dg_arena_array(&cli->arena, count + 1, sizeof *file);
    const struct checked *bad = NULL;

    if (file == NULL || count > FILES_MAX)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        enum dg_err err = read_file(cli, cli->args.word[i + 1], &file[i]);
        if (err != DG_OK)
            return err;
        for (size_t k = 0; k < i; k++)
            check_overlap(cli, &file[k], &file[i]);
        bool is_good = file[i].faults->count == 0;
        if (dg_cli_has(cli, DG_OPT_JSON))
            print_json(cli, &file[i]);
        else if (is_good)
            print_summary(cli, &file[i]);
        else
            dg_mistakes_tell(cli, file[i].path, file[i].faults);
        if (!is_good)
            bad = &file[i];
    }
    return bad == NULL ? DG_OK : dg_mistakes_count(cli, DG_ERR_BAD_REGIME, bad->path, bad->faults);
}
