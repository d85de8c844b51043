/* carry_in.c - import: file by file through the control socket of the running node, which judges them. */
#include <string.h>

#include "common/limits.h"
#include "node/cli/ask.h"
#include "node/cli/carry.h"
#include "node/cli/json.h"
#include "node/cli/say.h"
#include "node/cli/stick.h"
#include "node/cli/view.h"

/* What cannot be judged yet may be when more of the bundle is in: certificates come beside the reports. */
enum { ROUNDS = 4 };

struct arriving {
    struct dg_cli *cli;
    struct dg_identity identity;
    size_t ours;           /* bundles */
    const char *other;     /* whom another bundle is for; NULL: there is none */
    struct dg_fault first; /* what was wrong first; DG_OK: nothing */
};

/* One bundle. */
struct bundle {
    const char *path;
    struct dg_carried about; /* what one of its files says of it */
    uint32_t last;           /* number of parts that it has, or should have */
    size_t bad;
    bool complete;
    struct dg_hash *part; /* by the contents; NULL without */
    struct dg_ctl_carried counts;
};

static void note(struct arriving *a, enum dg_err err, const char *what)
{
    if (a->first.err == DG_OK)
        (void)dg_faultf(&a->first, err, "%s", what);
}

/* ---- one file ----------------------------------------------------------------------------------- */

/* Reads a file and looks whether it is of this bundle; what is read lives in arena. */
static enum dg_err read_file(struct bundle *b, struct dg_arena *arena, uint32_t number, struct dg_bytes *ret)
{
    struct dg_carried carried;
    enum dg_err err = dg_stick_read(arena, b->path, number, ret);
    if (err == DG_OK)
        err = dg_carried_decode(arena, *ret, &carried, NULL);
    if (err != DG_OK)
        return err;
    if (number > 0 && b->part != NULL) {
        struct dg_hash hash = dg_sha256(*ret);
        if (!dg_hash_equal(&hash, &b->part[number - 1]))
            return DG_ERR_CARRY_DAMAGED;
    }
    return carried.number == number ? DG_OK : DG_ERR_CARRY_DAMAGED;
}

/* Hands a file to the node; its reply is in cli->arena. */
static enum dg_err hand_in(struct arriving *a, struct dg_bytes file, struct dg_ctl_carried *ret)
{
    struct dg_cli *cli = a->cli;
    struct dg_ctl_request request = {
        .verb = DG_CTL_CARRY, .text = file, .dry_run = dg_cli_has(cli, DG_OPT_DRY_RUN)};
    struct dg_ctl_reply reply;
    enum dg_err err = dg_ask(cli, &request, &reply);
    if (err == DG_OK)
        *ret = reply.carried;
    return err;
}

/* True for what the file is to blame for: the next may be better. */
static bool is_of_the_file(enum dg_err err)
{
    return err == DG_ERR_CARRY_DAMAGED || err == DG_ERR_NOT_FOUND || err == DG_ERR_TOO_LARGE ||
           err == DG_ERR_BAD_FILE || err == DG_ERR_MALFORMED || err == DG_ERR_NOT_CANONICAL ||
           err == DG_ERR_TOO_COMPLEX || err == DG_ERR_UNSUPPORTED_VERSION || err == DG_ERR_BAD_TEXT ||
           err == DG_ERR_BAD_DATE;
}

static void bad_file(struct arriving *a, struct bundle *b, uint32_t number, enum dg_err err)
{
    const char *name = number > 0 ? dg_arena_printf(&a->cli->arena, "part-%05u", number) : "contents";
    b->bad++;
    note(a, err == DG_ERR_NOT_FOUND ? DG_ERR_CARRY_INCOMPLETE : DG_ERR_CARRY_DAMAGED,
         dg_arena_printf(&a->cli->arena, "%s/%s: %s", b->path, name, dg_err_name(err)));
}

/* ---- one bundle --------------------------------------------------------------------------------- */

/* Whose it is, by its contents or else by the first part that can be read. False when nothing can. */
static bool look(struct arriving *a, struct bundle *b)
{
    struct dg_arena *arena = &a->cli->arena;
    struct dg_bytes file;
    b->last = dg_stick_last(b->path);
    b->complete = dg_stick_is_complete(b->path);
    for (uint32_t number = 0; number <= b->last; number++) {
        if (dg_stick_read(arena, b->path, number, &file) != DG_OK ||
            dg_carried_decode(arena, file, &b->about, NULL) != DG_OK)
            continue;
        if (number == 0 && b->about.part_count > 0) {
            b->part = b->about.part;
            b->last = (uint32_t)b->about.part_count;
        }
        return true;
    }
    return false;
}

/* The contents go in first: only a list that the neighbour signed may call a part wrong. */
static enum dg_err take_contents(struct arriving *a, struct bundle *b)
{
    struct dg_ctl_carried counts;
    struct dg_bytes file;
    enum dg_err err = read_file(b, &a->cli->arena, 0, &file);
    if (err == DG_OK)
        err = hand_in(a, file, &counts);
    if (err != DG_OK && is_of_the_file(err)) {
        b->part = NULL;
        b->last = dg_stick_last(b->path);
        bad_file(a, b, 0, err);
        err = DG_OK;
    }
    return err;
}

/* Takes a part in. *ret_later is set when it must be handed in once more. */
static enum dg_err take_part(struct arriving *a, struct bundle *b, uint32_t number, bool *ret_later)
{
    struct dg_ctl_carried counts = {0};
    struct dg_arena arena;
    struct dg_bytes file;
    dg_arena_init(&arena, 0);
    enum dg_err err = read_file(b, &arena, number, &file);
    if (err == DG_OK)
        err = hand_in(a, file, &counts);
    dg_arena_done(&arena);
    *ret_later = counts.later > 0;
    if (err != DG_OK)
        return err;
    b->counts.fresh += counts.fresh;
    b->counts.known += counts.known;
    b->counts.refused += counts.refused;
    b->counts.later += counts.later;
    return DG_OK;
}

/* Hands the parts in, those with something to be tried again more than once. What was known only because an
 * earlier round brought it counts once. */
static enum dg_err take_parts(struct arriving *a, struct bundle *b)
{
    bool *again = dg_arena_array(&a->cli->arena, b->last + 1, sizeof *again);
    if (again == NULL)
        return dg_fault(&a->cli->fault, DG_ERR_NO_MEMORY);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct dg_ctl_carried before = b->counts;
        b->counts.later = 0;
        for (uint32_t number = 1; number <= b->last; number++) {
            if (round > 0 && !again[number])
                continue;
            again[number] = false;
            enum dg_err err = take_part(a, b, number, &again[number]);
            if (err != DG_OK && !is_of_the_file(err))
                return err;
            if (err != DG_OK)
                bad_file(a, b, number, err);
        }
        if (round > 0) {
            b->counts.known = before.known;
            b->counts.refused = before.refused;
        }
        if (b->counts.later == 0)
            break;
    }
    return DG_OK;
}

static void tell(struct arriving *a, const struct bundle *b)
{
    struct dg_cli *cli = a->cli;
    char made[DG_LOCAL_TEXT];
    if (dg_cli_has(cli, DG_OPT_JSON)) {
        struct dg_json *json = dg_json_new();
        dg_json_text(json, "bundle", b->path);
        dg_json_bytes(json, "from", b->about.from);
        dg_json_instant(json, "made", b->about.made_ms);
        dg_json_bool(json, "complete", b->complete && b->bad == 0);
        dg_json_number(json, "files", b->last);
        dg_json_number(json, "bad", b->bad);
        dg_json_number(json, "new", b->counts.fresh);
        dg_json_number(json, "known", b->counts.known);
        dg_json_number(json, "refused", b->counts.refused);
        dg_json_number(json, "later", b->counts.later);
        dg_json_print(json, cli->out);
        return;
    }
    dg_local_text(b->about.made_ms, made);
    const uint64_t count[] = {b->counts.fresh, b->counts.known, b->counts.refused, b->counts.later};
    const char *text[4];
    for (size_t i = 0; i < 4; i++)
        text[i] = dg_arena_printf(&cli->arena, "%llu", (unsigned long long)count[i]);
    dg_say(cli, cli->out, DG_MSG_CARRY_TAKEN,
           DG_WORDS(dg_shown(&cli->arena, b->about.from), made, text[0], text[1], text[2], text[3]));
    if (b->bad > 0)
        dg_say(cli, cli->out, DG_MSG_CARRY_BAD_PARTS,
               DG_WORDS(dg_arena_printf(&cli->arena, "%zu", b->bad),
                        dg_arena_printf(&cli->arena, "%u", b->last + 1)));
    if (!b->complete)
        dg_say(cli, cli->out, DG_MSG_CARRY_UNFINISHED, NULL);
}

static enum dg_err take_bundle(void *ctx, const char *path)
{
    struct arriving *a = ctx;
    struct bundle b = {.path = path};
    if (!look(a, &b)) {
        note(a, DG_ERR_CARRY_DAMAGED, path);
        return DG_OK;
    }
    if (!dg_bytes_is(b.about.to, a->identity.unit)) {
        a->other = dg_shown(&a->cli->arena, b.about.to);
        return DG_OK;
    }
    a->ours++;
    enum dg_err err = take_contents(a, &b);
    if (err == DG_OK)
        err = take_parts(a, &b);
    if (err != DG_OK)
        return err;
    tell(a, &b);
    if (!b.complete)
        note(a, DG_ERR_CARRY_INCOMPLETE, path);
    return DG_OK;
}

/* ---- all of them -------------------------------------------------------------------------------- */

enum dg_err dg_carry_in(struct dg_cli *cli, const char *dir)
{
    struct arriving a = {.cli = cli};
    struct dg_view view;
    enum dg_err err = dg_view_open(cli, &view);
    if (err != DG_OK)
        return err;
    a.identity = view.identity;
    err = dg_view_close(cli, &view, DG_OK);
    cli->where = dir;
    if (err == DG_OK)
        err = dg_stick_each(cli, dir, take_bundle, &a);
    if (err != DG_OK)
        return err;
    /* Bundles for others are nobody's mistake on a stick that goes round, unless there is no other. */
    if (a.ours == 0 && a.first.err == DG_OK)
        note(&a, a.other != NULL ? DG_ERR_CARRY_NOT_OURS : DG_ERR_NO_BUNDLE, a.other != NULL ? a.other : dir);
    if (a.first.err != DG_OK)
        cli->fault = a.first;
    return a.first.err;
}
