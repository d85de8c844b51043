/* sim.c - dg_sim: runs seeds, mutants, stories and planned years.
 *
 *   dg_sim [--seed N] [--seeds COUNT] [--seconds S] [--only NAMES] [--mutant NAME] [--mutants] [--stories]
 *          [--story NAME] [--year] [--shrink S] [--shrinks-to N] [--keep-going] [--trace]
 *
 * A failing seed is shrunk for at most S seconds (60 unless told; 0: not at all); then the options that were
 * drawn are printed, the last events of the units that are left, and the one command that repeats it, in
 * which
 * --only names every unit, input and misfortune (fate.h) that it takes. Exit status 1 then.
 * With --keep-going the seeds after a failing one are run as well, and the last line says how many failed.
 * With --shrinks-to N it is the other way round: status 0 says that a seed failed and was shrunk to at most N
 * of those names. This is how the shrinking is tested, with a planted bug.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/crypto.h"
#include "tests/sim/mutants.h"
#include "tests/sim/run.h"
#include "tests/sim/shrink.h"
#include "tests/sim/stories.h"
#include "tests/sim/year.h"

struct arguments {
    uint64_t seed, seeds;
    double seconds, shrink;
    const char *mutant, *story, *only;
    struct sim_fates names;                              /* of --only */
    uint64_t shrinks_to;                                 /* 0: a failure is a failure */
    bool one, mutants, stories, year, trace, keep_going; /* one: a seed was named */
};

static double elapsed(void)
{
    static struct timespec start;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    if (start.tv_sec == 0)
        start = now;
    return (double)(now.tv_sec - start.tv_sec) + (double)(now.tv_nsec - start.tv_nsec) / 1e9;
}

enum { NAMES_TEXT = 64 * 1024, MUTANTS_AWAY = 300 };

/* The case made as small as it can be, its last events, and the command that repeats it. Returns how many
 * decisions it takes. */
static size_t report_shrunk(const struct arguments *arguments, struct sim_options *options, const char *law)
{
    static char text[NAMES_TEXT];
    struct sim_shrunk shrunk;
    struct sim_result result;
    if (!sim_shrink(options, law, arguments->shrink, &shrunk)) {
        printf("it could not be shrunk: it does not break %s again\n", law);
        sim_fates_done(&shrunk.left);
        return SIZE_MAX;
    }
    options->only = &shrunk.left;
    sim_run(options, false, true, &result);
    sim_fates_text(&shrunk.left, text, sizeof text);
    printf("\n%s: %s\nshrunk in %u runs from %zu decisions to %zu: %zu units, %zu inputs, %zu faults%s\n"
           "repeat: dg_sim --seed %" PRIu64 "%s%s --only '%s' --trace\n",
           result.law, result.what, shrunk.runs, shrunk.before, shrunk.left.count, shrunk.units,
           shrunk.inputs, shrunk.faults, shrunk.least ? "; none of them can be left out" : "", options->seed,
           arguments->mutant != NULL ? " --mutant " : "", arguments->mutant != NULL ? arguments->mutant : "",
           text);
    size_t size = shrunk.left.count;
    sim_fates_done(&shrunk.left);
    return size;
}

static void report_failure(const struct arguments *arguments, uint64_t seed, const struct sim_result *result)
{
    printf("\n%s: %s\nrepeat: dg_sim%s --seed %" PRIu64 "%s%s --trace\n", result->law, result->what,
           arguments->year ? " --year" : "", seed, arguments->mutant != NULL ? " --mutant " : "",
           arguments->mutant != NULL ? arguments->mutant : "");
}

/* The first seed is run twice: the same seed must tell the same story to the letter. */
static bool repeats(uint64_t seed, uint64_t hash)
{
    struct sim_options options;
    struct sim_result again;
    sim_options_draw(seed, &options);
    sim_run(&options, false, false, &again);
    if (again.hash == hash)
        return true;
    printf("seed %" PRIu64 " does not repeat: %016" PRIx64 ", then %016" PRIx64 "\n", seed, hash, again.hash);
    return false;
}

static int run_seeds(const struct arguments *arguments)
{
    uint64_t done = 0, failed = 0, turns = 0, crashes = 0, pushes = 0, packets = 0, villainies = 0;
    for (; done < arguments->seeds && (arguments->seconds <= 0 || elapsed() < arguments->seconds); done++) {
        struct sim_options options;
        struct sim_result result;
        uint64_t seed = arguments->seed + done;
        bool shrinks = arguments->shrink > 0 && arguments->only == NULL && !arguments->trace;
        sim_options_draw(seed, &options);
        options.only = arguments->only != NULL ? &arguments->names : NULL;
        sim_run(&options, arguments->trace, !shrinks, &result);
        if (!result.ok) {
            report_failure(arguments, seed, &result);
            sim_options_print(&options);
            size_t size = shrinks ? report_shrunk(arguments, &options, result.law) : SIZE_MAX;
            fflush(stdout);
            failed++;
            if (arguments->keep_going)
                continue;
            return size <= arguments->shrinks_to ? 0 : 1;
        }
        if (done == 0 && !arguments->keep_going && arguments->only == NULL && !repeats(seed, result.hash))
            return 1;
        turns += result.turns;
        crashes += result.crashes;
        pushes += result.pushes;
        packets += result.packets;
        villainies += result.villainies;
    }
    if (failed > 0)
        printf("%" PRIu64 " of them fail: ", failed);
    printf("%" PRIu64 " seeds from %" PRIu64 " %s: %" PRIu64 " turns, %" PRIu64 " frames, %" PRIu64
           " reports, %" PRIu64 " deaths, %" PRIu64 " villainies, %.1f s\n",
           done, arguments->seed, failed > 0 ? "were run" : "hold", turns, packets, pushes, crashes,
           villainies, elapsed());
    return arguments->shrinks_to > 0 || failed > 0;
}

static bool year_repeats(uint64_t seed, uint64_t hash)
{
    struct sim_result again;
    sim_year_run(seed, false, false, &again);
    if (again.hash != hash)
        printf("the year of seed %" PRIu64 " does not repeat: %016" PRIx64 ", then %016" PRIx64 "\n", seed,
               hash, again.hash);
    return again.hash == hash;
}

/* A planned year of every seed; the first one is lived twice. */
static int run_years(const struct arguments *arguments)
{
    uint64_t turns = 0, pushes = 0;
    for (uint64_t i = 0; i < arguments->seeds; i++) {
        struct sim_result result;
        sim_year_run(arguments->seed + i, arguments->trace, true, &result);
        if (!result.ok) {
            report_failure(arguments, arguments->seed + i, &result);
            return 1;
        }
        if (i == 0 && !year_repeats(arguments->seed, result.hash))
            return 1;
        turns += result.turns;
        pushes += result.pushes;
    }
    printf("%" PRIu64 " years from seed %" PRIu64 " are as planned: %" PRIu64 " turns, %" PRIu64
           " reports, %.1f s\n",
           arguments->seeds, arguments->seed, turns, pushes, elapsed());
    return 0;
}

/* One seed with the bug planted: a swarm's world, or a year. */
static void run_mutant(bool year, uint64_t seed, struct sim_result *ret)
{
    struct sim_options options;
    if (year) {
        sim_year_run(seed, false, false, ret);
        return;
    }
    sim_options_draw(seed, &options);
    options.settle_ms = 15 * 60000;
    sim_run(&options, false, false, ret);
}

/* A story with fewer reports is enough for these. */
static int run_away_mutants(void)
{
    int missed = 0;
    for (size_t i = 0; i < sim_away_mutant_count; i++) {
        (void)sim_mutant_plant(sim_away_mutants[i].name);
        bool held = sim_story_away(MUTANTS_AWAY, false);
        printf("%-16s %-55s %s\n", sim_away_mutants[i].name, sim_away_mutants[i].what,
               held ? "NOT CAUGHT by the story" : "caught by the story");
        missed += held;
    }
    return missed;
}

/* A law that never caught anything may as well not be there. I5 waits for nodes that know they were restored.
 */
struct caught {
    bool by[11];
};

static const char *const laws_needed[] = {"I1", "I2", "I3", "I4", "I6", "I7", "I8", "I9", "L1", "L2", "L3"};

static void note_law(struct caught *caught, const char *law)
{
    for (size_t i = 0; i < sizeof laws_needed / sizeof laws_needed[0]; i++)
        if (strcmp(law, laws_needed[i]) == 0)
            caught->by[i] = true;
}

static int idle_laws(const struct caught *caught)
{
    int idle = 0;
    for (size_t i = 0; i < sizeof laws_needed / sizeof laws_needed[0]; i++) {
        if (!caught->by[i])
            printf("law %s was not the first to catch any planted bug\n", laws_needed[i]);
        idle += !caught->by[i];
    }
    return idle;
}

/* Each planted bug must break a law within so many seeds; with --year those that only a year shows. */
static int run_mutants(const struct arguments *arguments)
{
    const struct sim_mutant *mutants = arguments->year ? sim_year_mutants : sim_mutants;
    size_t count = arguments->year ? sim_year_mutant_count : sim_mutant_count;
    struct caught caught = {.by = {false}};
    int missed = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t tried = 0;
        struct sim_result result = {.ok = true};
        (void)sim_mutant_plant(mutants[i].name);
        while (result.ok && tried < arguments->seeds)
            run_mutant(arguments->year, arguments->seed + tried++, &result);
        printf("%-16s %-55s ", mutants[i].name, mutants[i].what);
        if (result.ok)
            printf("NOT CAUGHT in %" PRIu64 " seeds\n", tried);
        else
            printf("caught by %s in seed %" PRIu64 ": %s\n", result.law, arguments->seed + tried - 1,
                   result.what);
        if (!result.ok)
            note_law(&caught, result.law);
        missed += result.ok;
    }
    if (!arguments->year)
        missed += run_away_mutants() + idle_laws(&caught);
    return missed == 0 ? 0 : 1;
}

static int usage(void)
{
    fputs(
        "dg_sim [--seed N] [--seeds COUNT] [--seconds S] [--only NAMES] [--mutant NAME] [--mutants]\n"
        "       [--stories] [--story NAME] [--year] [--shrink S] [--shrinks-to N] [--keep-going] [--trace]\n",
        stderr);
    return 2;
}

static bool read_arguments(int argc, char **argv, struct arguments *ret)
{
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        bool takes_value = true;
        if (strcmp(argv[i], "--trace") == 0)
            ret->trace = true, takes_value = false;
        else if (strcmp(argv[i], "--keep-going") == 0)
            ret->keep_going = true, takes_value = false;
        else if (strcmp(argv[i], "--mutants") == 0)
            ret->mutants = true, takes_value = false;
        else if (strcmp(argv[i], "--year") == 0)
            ret->year = ret->one = true, takes_value = false;
        else if (strcmp(argv[i], "--stories") == 0)
            ret->stories = true, takes_value = false;
        else if (value == NULL)
            return false;
        else if (strcmp(argv[i], "--seed") == 0)
            ret->seed = strtoull(value, NULL, 10), ret->one = true;
        else if (strcmp(argv[i], "--seeds") == 0)
            ret->seeds = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--seconds") == 0)
            ret->seconds = strtod(value, NULL);
        else if (strcmp(argv[i], "--shrink") == 0)
            ret->shrink = strtod(value, NULL);
        else if (strcmp(argv[i], "--shrinks-to") == 0)
            ret->shrinks_to = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--only") == 0 && sim_fates_read(value, &ret->names))
            ret->only = value;
        else if (strcmp(argv[i], "--mutant") == 0)
            ret->mutant = value;
        else if (strcmp(argv[i], "--story") == 0)
            ret->story = value;
        else
            return false;
        i += takes_value;
    }
    if (ret->seeds == 0)
        ret->seeds = ret->seconds > 0 ? UINT64_MAX : ret->one ? 1 : 100;
    return true;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.seed = 1, .shrink = 60};
    struct dg_fault fault;
    (void)elapsed();
    if (!read_arguments(argc, argv, &arguments))
        return usage();
    if (dg_crypto_start(&fault) != DG_OK || !sim_mutant_plant(arguments.mutant)) {
        fprintf(stderr, "dg_sim: %s\n", arguments.mutant != NULL ? "no such mutant" : "libsodium");
        return 2;
    }
    if (arguments.stories || arguments.story != NULL)
        return sim_stories_run(arguments.story, arguments.trace) ? 0 : 1;
    if (arguments.year && !arguments.mutants)
        return run_years(&arguments);
    int status = arguments.mutants ? run_mutants(&arguments) : run_seeds(&arguments);
    sim_fates_done(&arguments.names);
    return status;
}
