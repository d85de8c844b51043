/* verb_register.c - the series of document numbers: what an organ has numbered, with gaps and repeats.
 *
 * Party papers are numbered on from 01 per type within one committee term (36-HD/VPTW, II.1.3), State papers
 * within a year. Only what reports here say is shown: a gap is a number that was not seen, not a document
 * that is missing.
 */
#include <stdlib.h>
#include <string.h>

#include "common/line.h"
#include "common/text.h"
#include "node/cli/grid.h"
#include "node/cli/json.h"
#include "node/cli/known.h"
#include "node/cli/say.h"
#include "node/cli/view.h"
#include "node/conf/config.h"
#include "proto/number.h"

enum { TERMS_MAX = 32 };

struct entry {
    struct dg_bytes organ, type;
    enum dg_number_form form;
    int32_t term;  /* Party: the day it began, INT32_MIN before the first; State: the year */
    int32_t until; /* Party: the last day, INT32_MAX while it runs */
    uint32_t n;
    struct dg_bytes number;
    struct dg_id id;
    bool has_supersedes, replaced;
    struct dg_id supersedes;
    size_t order;
};

struct registering {
    struct dg_cli *cli;
    struct dg_view view;
    struct dg_bytes unit, organ; /* organ empty: all of them */
    const char *type;            /* NULL: every type */
    size_t term_count;
    struct dg_day term[TERMS_MAX]; /* the first days, in order */
    size_t count, capacity;
    struct entry *entry;
    size_t strange_count, strange_capacity;
    struct entry *strange; /* numbers of neither form */
    bool short_of_memory;
    struct dg_grid *grid; /* NULL with --json */
};

/* ---- terms --------------------------------------------------------------------------------------- */

static int day_order(const void *a, const void *b)
{
    const struct dg_day *left = a, *right = b;
    return left->n < right->n ? -1 : left->n > right->n;
}

/* A day, or a year: its first. */
static bool term_add(struct registering *r, const char *text, size_t size)
{
    const char *day = size == 4 ? dg_arena_printf(&r->cli->arena, "%.4s-01-01", text)
                                : dg_arena_printf(&r->cli->arena, "%.*s", (int)size, text);
    return r->term_count < TERMS_MAX && dg_day_parse(dg_bytes_of(day), &r->term[r->term_count]) &&
           ++r->term_count > 0;
}

static bool terms_of_text(struct registering *r, const char *text)
{
    while (text[0] != '\0') {
        size_t size = strcspn(text, ", ");
        if (size > 0 && !term_add(r, text, size))
            return false;
        text += size + (text[size] != '\0' ? 1 : 0);
    }
    return true;
}

/* --term stands for the configuration's terms, and not beside them. */
static enum dg_err terms_read(struct registering *r)
{
    struct dg_cli *cli = r->cli;
    const char *const *given, *dir;
    struct dg_config config;
    size_t count = dg_cli_values(cli, DG_OPT_TERM, &given);

    for (size_t i = 0; i < count; i++)
        if (!terms_of_text(r, given[i]))
            return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--term %s", given[i]);
    if (count == 0) {
        enum dg_err err = dg_cli_dir(cli, &dir);
        if (err == DG_OK)
            err = dg_config_load(dir, &config, &cli->fault);
        if (err != DG_OK)
            return err;
        if (!terms_of_text(r, config.terms))
            return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "terms = %s", config.terms);
    }
    qsort(r->term, r->term_count, sizeof r->term[0], day_order);
    return DG_OK;
}

static void set_term(const struct registering *r, struct dg_bytes date, struct entry *entry)
{
    struct dg_day day = {.n = 0};
    (void)dg_day_parse(date, &day);
    entry->term = INT32_MIN;
    entry->until = r->term_count > 0 ? r->term[0].n - 1 : INT32_MAX;
    for (size_t i = 0; i < r->term_count && r->term[i].n <= day.n; i++) {
        entry->term = r->term[i].n;
        entry->until = i + 1 < r->term_count ? r->term[i + 1].n - 1 : INT32_MAX;
    }
}

/* ---- gathering ----------------------------------------------------------------------------------- */

static void keep(struct registering *r, struct entry **list, size_t *count, size_t *capacity,
                 const struct entry *entry)
{
    if (*count == *capacity) {
        size_t larger = *capacity == 0 ? 256 : 2 * *capacity;
        struct entry *grown = dg_arena_array(&r->cli->arena, larger, sizeof *grown);
        r->short_of_memory = r->short_of_memory || grown == NULL;
        if (grown == NULL)
            return;
        for (size_t i = 0; i < *count; i++)
            grown[i] = (*list)[i];
        *list = grown;
        *capacity = larger;
    }
    (*list)[(*count)++] = *entry;
}

static bool take(void *ctx, const struct dg_registered *registered)
{
    struct registering *r = ctx;
    struct dg_arena *arena = &r->cli->arena;
    struct entry entry = {.organ = dg_arena_copy(arena, registered->organ),
                          .number = dg_arena_copy(arena, registered->number),
                          .id = registered->id,
                          .has_supersedes = registered->has_supersedes,
                          .supersedes = registered->supersedes,
                          .order = r->count};
    struct dg_number number;
    if (!dg_number_parse(entry.number, &number)) {
        keep(r, &r->strange, &r->strange_count, &r->strange_capacity, &entry);
        return !r->short_of_memory;
    }
    if (r->type != NULL && !dg_bytes_is(number.type, r->type))
        return true;
    entry.form = number.form;
    entry.type = number.type;
    entry.n = number.n;
    if (number.form == DG_NUMBER_PARTY)
        set_term(r, registered->date, &entry);
    else
        entry.term = (int32_t)number.year;
    if (number.form == DG_NUMBER_STATE && number.year == 0 && registered->date.size >= 4)
        entry.term =
            (int32_t)strtol(dg_arena_printf(arena, "%.4s", (const char *)registered->date.data), NULL, 10);
    keep(r, &r->entry, &r->count, &r->capacity, &entry);
    return !r->short_of_memory;
}

static int bytes_order(struct dg_bytes a, struct dg_bytes b)
{
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size > 0 ? memcmp(a.data, b.data, size) : 0;
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int series_order(const struct entry *a, const struct entry *b)
{
    int order = bytes_order(a->organ, b->organ);
    if (order == 0)
        order = bytes_order(a->type, b->type);
    if (order == 0)
        order = ((int)a->form > (int)b->form) - ((int)a->form < (int)b->form);
    return order != 0 ? order : (a->term > b->term) - (a->term < b->term);
}

static int entry_order(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = series_order(left, right);
    if (order == 0)
        order = (left->n > right->n) - (left->n < right->n);
    return order != 0 ? order : (left->order > right->order) - (left->order < right->order);
}

/* A correction may keep the number of what it supersedes: that is no repeat. */
static void mark_replaced(struct entry *first, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            if (first[k].has_supersedes && dg_id_equal(&first[k].supersedes, &first[i].id))
                first[i].replaced = true;
}

/* How many of the same number still stand. */
static size_t standing(const struct entry *first, size_t count)
{
    size_t number = 0;
    for (size_t i = 0; i < count; i++)
        number += first[i].replaced ? 0 : 1;
    return number;
}

static size_t same_number(const struct entry *first, size_t count)
{
    size_t same = 1;
    while (same < count && first[same].n == first->n)
        same++;
    return same;
}

/* ---- for machines -------------------------------------------------------------------------------- */

static void json_day(struct dg_json *json, const char *key, int32_t n, int32_t none)
{
    char day[DG_DAY_TEXT];
    if (n == none) {
        dg_json_null(json, key);
        return;
    }
    dg_day_text((struct dg_day){.n = n}, day);
    dg_json_text(json, key, day);
}

static void json_ids(struct dg_json *json, const char *key, const struct entry *first, size_t count)
{
    struct dg_json *list = dg_json_array(json, key);
    char hex[DG_HEX_BYTES];
    for (size_t i = 0; i < count; i++) {
        dg_hex(first[i].id.b, sizeof first[i].id.b, hex);
        dg_json_item_text(list, dg_bytes_of(hex));
    }
}

static void json_numbers(struct dg_json *json, const struct entry *first, size_t count)
{
    struct dg_json *gaps = dg_json_array(json, "gaps"), *repeats = dg_json_array(json, "repeats");
    uint32_t next = 1;
    for (size_t i = 0, same; i < count; i += same) {
        same = same_number(&first[i], count - i);
        if (first[i].n > next) {
            struct dg_json *gap = dg_json_item(gaps);
            dg_json_number(gap, "from", next);
            dg_json_number(gap, "to", first[i].n - 1);
        }
        next = first[i].n + 1;
        if (standing(&first[i], same) < 2)
            continue;
        struct dg_json *repeat = dg_json_item(repeats);
        dg_json_number(repeat, "number", first[i].n);
        json_ids(repeat, "reports", &first[i], same);
    }
}

static void print_json(struct registering *r, const struct entry *first, size_t count)
{
    struct dg_json *json = dg_json_new();
    bool party = first->form == DG_NUMBER_PARTY;
    dg_json_text(json, "organ", dg_address_text(&r->cli->arena, first->organ, r->unit));
    dg_json_text(json, "form", party ? "party" : "state");
    dg_json_bytes(json, "type", first->type);
    struct dg_json *term = dg_json_object(json, "term");
    if (party) {
        json_day(term, "from", first->term, INT32_MIN);
        json_day(term, "until", first->until, INT32_MAX);
    } else {
        dg_json_number(term, "year", (uint64_t)first->term);
    }
    dg_json_number(json, "count", count);
    dg_json_number(json, "first", first->n);
    dg_json_number(json, "last", first[count - 1].n);
    json_numbers(json, first, count);
    json_ids(json, "reports", first, count);
    dg_json_print(json, r->cli->out);
}

/* ---- for people ---------------------------------------------------------------------------------- */

static const char *term_text(struct registering *r, const struct entry *first)
{
    struct dg_arena *arena = &r->cli->arena;
    char from[DG_DAY_TEXT] = "", until[DG_DAY_TEXT] = "";
    if (first->form == DG_NUMBER_STATE)
        return dg_arena_printf(arena, "%d", (int)first->term);
    if (first->term == INT32_MIN && first->until == INT32_MAX)
        return dg_msg(r->cli, DG_MSG_NO_TERM);
    if (first->term != INT32_MIN)
        dg_day_text((struct dg_day){.n = first->term}, from);
    if (first->until != INT32_MAX)
        dg_day_text((struct dg_day){.n = first->until}, until);
    return dg_arena_printf(arena, "%s → %s", from, until);
}

static const char *listed(struct dg_arena *arena, const char *text, uint32_t from, uint32_t to)
{
    const char *comma = text[0] != '\0' ? ", " : "";
    return from == to ? dg_arena_printf(arena, "%s%s%02u", text, comma, (unsigned)from)
                      : dg_arena_printf(arena, "%s%s%02u-%02u", text, comma, (unsigned)from, (unsigned)to);
}

static void print_row(struct registering *r, const struct entry *first, size_t count)
{
    struct dg_arena *arena = &r->cli->arena;
    const char *gaps = "", *repeats = "";
    uint32_t next = 1;
    for (size_t i = 0, same; i < count; i += same) {
        same = same_number(&first[i], count - i);
        if (first[i].n > next)
            gaps = listed(arena, gaps, next, first[i].n - 1);
        next = first[i].n + 1;
        if (standing(&first[i], same) > 1)
            repeats = listed(arena, repeats, first[i].n, first[i].n);
    }
    dg_grid_row(r->grid, (const char *const[]){
                             dg_address_text(arena, first->organ, r->unit),
                             dg_shown(arena, first->type),
                             term_text(r, first),
                             dg_arena_printf(arena, "%02u-%02u (%zu)", (unsigned)first->n,
                                             (unsigned)first[count - 1].n, count),
                             gaps,
                             repeats,
                         });
}

static void print_strange(struct registering *r)
{
    for (size_t i = 0; i < r->strange_count; i++) {
        const struct entry *entry = &r->strange[i];
        if (r->grid != NULL) {
            dg_say(r->cli, r->cli->out, DG_MSG_STRANGE_NUMBER,
                   DG_WORDS(dg_shown(&r->cli->arena, entry->number),
                            dg_address_text(&r->cli->arena, entry->organ, r->unit)));
            continue;
        }
        struct dg_json *json = dg_json_new();
        dg_json_text(json, "organ", dg_address_text(&r->cli->arena, entry->organ, r->unit));
        dg_json_null(json, "form");
        dg_json_bytes(json, "number", entry->number);
        json_ids(json, "reports", entry, 1);
        dg_json_print(json, r->cli->out);
    }
}

/* ---- the verb ------------------------------------------------------------------------------------ */

static enum dg_err known_there(struct dg_cli *cli, const struct dg_directory *directory, struct dg_bytes unit,
                               struct dg_bytes organ)
{
    enum dg_err err = dg_known_unit(cli, directory, unit);
    return err == DG_OK && organ.size > 0 ? dg_known_organ(cli, directory, unit, organ) : err;
}

static enum dg_err whose(struct registering *r)
{
    struct dg_cli *cli = r->cli;
    struct dg_directory directory;
    const struct dg_dir_unit *self;
    const char *from = dg_cli_value(cli, DG_OPT_FROM_UNIT);
    const char *organ = cli->args.word_count > 0 ? cli->args.word[0] : "";

    r->unit = dg_bytes_of(from != NULL ? from : r->view.identity.unit);
    r->organ = dg_bytes_of(organ);
    r->type = dg_cli_value(cli, DG_OPT_TYPE);
    if (from == NULL && organ[0] == '\0')
        return DG_OK;
    enum dg_err err = dg_view_directory(cli, &r->view, &directory);
    if (err == DG_OK && from != NULL)
        return known_there(cli, &directory, r->unit, r->organ);
    if (err == DG_OK)
        err = dg_view_self(cli, &r->view, &directory, &self);
    if (err == DG_OK && dg_slug_ok(r->organ))
        err = dg_known_organ(cli, &directory, self->slug, r->organ);
    return err == DG_OK ? dg_view_organ(cli, &r->view, self, organ, DG_ERR_NOT_FOUND, &r->organ) : err;
}

static enum dg_err show(struct registering *r)
{
    static const enum dg_msg heading[] = {DG_MSG_H_ORGAN,   DG_MSG_H_TYPE, DG_MSG_H_TERM,
                                          DG_MSG_H_NUMBERS, DG_MSG_H_GAPS, DG_MSG_H_REPEATS};
    dg_register_each(r->view.txn, r->unit, r->organ, take, r);
    if (r->short_of_memory)
        return dg_fault(&r->cli->fault, DG_ERR_NO_MEMORY);
    if (r->count > 1)
        qsort(r->entry, r->count, sizeof *r->entry, entry_order);
    if (!dg_cli_has(r->cli, DG_OPT_JSON))
        r->grid = dg_grid_new(r->cli, heading, sizeof heading / sizeof heading[0]);
    for (size_t i = 0, size; i < r->count; i += size) {
        for (size = 1; i + size < r->count && series_order(&r->entry[i], &r->entry[i + size]) == 0;)
            size++;
        for (size_t k = 0, same; k < size; k += same) {
            same = same_number(&r->entry[i + k], size - k);
            mark_replaced(&r->entry[i + k], same);
        }
        if (r->grid != NULL)
            print_row(r, &r->entry[i], size);
        else
            print_json(r, &r->entry[i], size);
    }
    print_strange(r);
    return r->grid != NULL ? dg_grid_print(r->grid) : DG_OK;
}

enum dg_err dg_verb_REGISTER(struct dg_cli *cli)
{
    struct registering r = {.cli = cli};

    enum dg_err err = terms_read(&r);
    if (err == DG_OK)
        err = dg_view_open(cli, &r.view);
    if (err != DG_OK)
        return err;
    err = whose(&r);
    return dg_view_close(cli, &r.view, err == DG_OK ? show(&r) : err);
}
