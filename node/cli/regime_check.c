/* regime_check.c - reads regime files and tells every mistake in them, each with its place. */
#include <string.h>

#include "common/crypto.h"
#include "common/line.h"
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

/* ---- telling ------------------------------------------------------------------------------------ */

/* FILE:LINE:COLUMN: what (CODE), did you mean … */
static void tell_one(struct dg_cli *cli, const struct checked *file, size_t i)
{
    const struct dg_fault *fault = &file->faults->item[i];
    const struct dg_fault_hint *hint = &file->faults->hint[i];
    const char *meant = fault->what + hint->told;

    fprintf(cli->err, "%s:%u:%u: %.*s (%s)%s%s\n", dg_shown(&cli->arena, dg_bytes_of(file->path)),
            (unsigned)fault->line, (unsigned)fault->column, (int)hint->told, fault->what, hint->code,
            meant[0] != '\0' ? ", " : "", meant[0] != '\0' ? meant + strspn(meant, ": ") : "");
}

static void tell(struct dg_cli *cli, const struct checked *file)
{
    for (size_t i = 0; i < file->faults->count; i++)
        tell_one(cli, file, i);
    if (file->faults->beyond > 0)
        dg_say(cli, cli->err, DG_MSG_MISTAKES_BEYOND,
               DG_WORDS(dg_shown(&cli->arena, dg_bytes_of(file->path)),
                        dg_arena_printf(&cli->arena, "%zu", file->faults->beyond)));
}

/* The call's own error, once the mistakes are told. */
static enum dg_err count_of(struct dg_cli *cli, const struct checked *file)
{
    size_t count = file->faults->count + file->faults->beyond;

    cli->where = file->path;
    return dg_faultf(&cli->fault, DG_ERR_BAD_REGIME, "%s",
                     dg_phrase(cli, DG_MSG_MISTAKES, DG_WORDS(dg_arena_printf(&cli->arena, "%zu", count))));
}

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
        tell(cli, &file);
        return count_of(cli, &file);
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
    struct dg_json *mistakes = dg_json_array(json, "mistakes");
    for (size_t i = 0; i < file->faults->count; i++) {
        struct dg_json *item = dg_json_item(mistakes);
        dg_json_number(item, "line", file->faults->item[i].line);
        dg_json_number(item, "column", file->faults->item[i].column);
        dg_json_text(item, "code", file->faults->hint[i].code);
        dg_json_text(item, "what", file->faults->item[i].what);
    }
    dg_json_number(json, "beyond", file->faults->beyond);
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
            tell(cli, &file[i]);
        if (!is_good)
            bad = &file[i];
    }
    return bad == NULL ? DG_OK : count_of(cli, bad);
}
