/* test_mandate_regimes.c - which regime judges, and which organs there are, on the day of a document. */
#include "tests/unit/mandate_world.h"

#define HEAD "name: thu\ntitle: Quy chế thử\n"
#define RULE(id, kind, rest) "- {id: " id ", cites: Điều 1, kind: " kind ", " rest "}\n"

/* --- dates and several regimes -------------------------------------------------------------- */

static const char *thematic_on(struct world *w, const char *author, const char *day)
{
    struct dg_header header = header_of(author, "thematic", "");
    header.date = day_of(day);
    return mandate_of(w, &header);
}

static void the_date_of_the_document_decides_which_regime_holds(void **state)
{
    only_regime(*state,
                regime_text(*state, HEAD "valid-from: 2021-11-05\nvalid-until: 2025-12-31\nrules:\n" RULE(
                                        "A", "thematic", "to: cap-uy@same")));
    assert_string_equal(thematic_on(*state, "mttq@bu-dang", "2021-11-04"),
                        "NO_RULE | mttq@bu-dang | bu-dang");
    assert_string_equal(thematic_on(*state, "mttq@bu-dang", "2021-11-05"), "to cap-uy@bu-dang A\n");
    assert_string_equal(thematic_on(*state, "mttq@bu-dang", "2025-12-31"), "to cap-uy@bu-dang A\n");
    assert_string_equal(thematic_on(*state, "mttq@bu-dang", "2026-01-01"),
                        "NO_RULE | mttq@bu-dang | bu-dang");
}

static void an_adoption_has_days_of_its_own_and_the_newest_wins(void **state)
{
    only_regime(*state, regime_text(*state, HEAD "rules:\n" RULE("A", "thematic", "to: cap-uy@same")));
    struct dg_dir_adoption *newer =
        adopt(*state, "binh-phuoc",
              regime_text(*state, HEAD "rules:\n" RULE("B", "thematic", "to: cap-uy@same")), true);
    newer->has_from = newer->has_until = true;
    newer->from = day_of("2026-07-01");
    newer->until = day_of("2026-09-30");
    assert_string_equal(thematic_on(*state, "mttq@bu-dang", "2026-06-30"), "to cap-uy@bu-dang A\n");
    assert_string_equal(thematic_on(*state, "mttq@bu-dang", "2026-07-01"), "to cap-uy@bu-dang B\n");
    assert_string_equal(thematic_on(*state, "mttq@bu-dang", "2026-10-01"), "to cap-uy@bu-dang A\n");
}

static void an_additional_regime_is_not_inherited(void **state)
{
    adopt(*state, "binh-phuoc", regime_text(*state, HEAD "rules:\n" RULE("A", "thematic", "to: cap-uy@same")),
          false);
    assert_string_equal(thematic_on(*state, "mttq@binh-phuoc", "2026-11-10"), "to cap-uy@binh-phuoc A\n");
    assert_string_equal(thematic_on(*state, "mttq@bu-dang", "2026-11-10"),
                        "NO_RULE | mttq@bu-dang | bu-dang");
}

static void an_additional_regime_of_the_parent_judges_what_goes_up_to_it(void **state)
{
    adopt(*state, "binh-phuoc", regime_text(*state, HEAD "rules:\n" RULE("A", "thematic", "to: mttq@parent")),
          false);
    assert_string_equal(thematic_on(*state, "mttq@dong-phu", "2026-11-10"), "to mttq@binh-phuoc A\n");
    assert_string_equal(thematic_on(*state, "mttq@tan-loi", "2026-11-10"),
                        "NO_RULE | mttq@tan-loi | tan-loi");
}

static void a_newer_additional_regime_replaces_its_namesake(void **state)
{
    adopt(*state, "bu-dang", regime_text(*state, HEAD "rules:\n" RULE("A", "thematic", "to: cap-uy@same")),
          false);
    adopt(*state, "bu-dang", regime_text(*state, HEAD "rules:\n" RULE("B", "thematic", "to: mttq@same")),
          false);
    assert_string_equal(thematic_on(*state, "ubnd@bu-dang", "2026-11-10"), "to mttq@bu-dang B\n");
}

static void a_regime_whose_bytes_are_missing_leaves_nothing_to_judge_by(void **state)
{
    adopt(*state, "bu-dang", NULL, false);
    assert_string_equal(thematic_on(*state, "ubnd@bu-dang", "2026-11-10"), "NO_REGIME | bu-dang");
}

static void a_parent_that_is_not_known_leaves_nothing_to_judge_by(void **state)
{
    unit_of(*state, "bu-dang")->parent = NULL;
    expect(*state, "mttq@bu-dang", "periodic", "2026-10", "NO_REGIME | binh-phuoc");
}

static void the_regimes_that_were_applied_are_listed(void **state)
{
    struct world *w = *state;
    struct dg_header header = header_of("cap-uy@tan-loi", "flash", "");
    struct dg_mandate mandate;

    assert_int_equal(dg_mandate_of(&w->directory, &header, &w->arena, &mandate, NULL), DG_OK);
    assert_int_equal(mandate.use_count, 1);
    assert_ptr_equal(mandate.use[0].regime_unit, unit_of(w, "dong-phu"));
    assert_ptr_equal(mandate.use[0].adoption, unit_of(w, "dong-phu")->adoption);
    assert_null(mandate.use[0].rule);
}

/* --- what the author could know ---------------------------------------------------------------- */

/* The report that author would sign now: it names what is in force as things stand. */
static struct dg_report report_by(struct world *w, const char *author, const char *kind)
{
    struct dg_header header = header_of(author, kind, "");
    struct dg_author *lead = dg_arena_alloc(&w->arena, sizeof *lead);
    struct dg_report report = {
        .author_count = 1, .author = lead, .kind = word_of(kind), .date = word_of("2026-11-10")};
    struct dg_mandate mandate;

    assert_non_null(lead);
    *lead = (struct dg_author){.organ = header.organ, .unit = header.unit};
    report.signed_ms = instant_of("2026-11-10");
    assert_int_equal(dg_mandate_of(&w->directory, &header, &w->arena, &mandate, NULL), DG_OK);
    report.regime = dg_arena_array(&w->arena, mandate.use_count, sizeof *report.regime);
    for (size_t i = 0; i < mandate.use_count; i++)
        report.regime[report.regime_count++] = (struct dg_regime_use){
            .unit = mandate.use[i].regime_unit->slug, .adoption = mandate.use[i].adoption->id};
    report.recipient = dg_arena_array(&w->arena, mandate.recipient_count, sizeof *report.recipient);
    for (size_t i = 0; i < mandate.recipient_count; i++)
        report.recipient[report.recipient_count++] =
            (struct dg_recipient){.organ = mandate.recipient[i].organ,
                                  .unit = mandate.recipient[i].unit,
                                  .as = mandate.recipient[i].as};
    return report;
}

/* What an ancestor makes of it: the mandate, and after "added" what it adds. */
static const char *judged(struct world *w, const struct dg_report *report)
{
    struct dg_mandate mandate, added;
    struct dg_fault fault = {0};

    w->text[0] = '\0';
    enum dg_err err =
        dg_mandate_of_signed(&w->directory, report, w->had, &w->arena, &mandate, &added, &fault);
    if (err != DG_OK)
        return dg_err_name(err);
    assert_int_equal(dg_mandate_covered(&mandate, report, &fault), DG_OK);
    show_mandate(w, &mandate);
    if (added.recipient_count > 0) {
        show(w, "added\n");
        show_mandate(w, &added);
    }
    return w->text;
}

#define OLD HEAD "rules:\n" RULE("A", "thematic", "to: cap-uy@same") RULE("U", "notice", "to: cap-uy@parent")
#define NEW                                                                                                  \
    HEAD "rules:\n" RULE("B", "thematic", "to: cap-uy@same, copy: mttq@same")                                \
        RULE("U", "notice", "to: cap-uy@parent, copy: ban-dan-van@parent")

static void a_report_is_judged_by_the_regimes_it_names_and_todays_are_added(void **state)
{
    only_regime(*state, regime_text(*state, OLD));
    struct dg_report within = report_by(*state, "ubnd@bu-dang", "thematic");
    struct dg_report upward = report_by(*state, "ubnd@bu-dang", "notice");

    adopt(*state, "binh-phuoc", regime_text(*state, NEW), true);
    assert_string_equal(judged(*state, &within), "to cap-uy@bu-dang A\nadded\ncopy mttq@bu-dang B\n");
    assert_string_equal(judged(*state, &upward),
                        "to cap-uy@binh-phuoc U\nadded\ncopy ban-dan-van@binh-phuoc U\n");
    within = report_by(*state, "ubnd@bu-dang", "thematic");
    assert_string_equal(judged(*state, &within), "to cap-uy@bu-dang B\ncopy mttq@bu-dang B\n");
}

static void a_regime_that_bound_nobody_is_not_taken_for_unknown(void **state)
{
    only_regime(*state, regime_text(*state, OLD));
    adopt(*state, "bu-dang", regime_text(*state, HEAD "rules:\n" RULE("C", "flash", "to: cap-uy@same")),
          true);
    struct dg_report upward = report_by(*state, "ubnd@bu-dang", "notice");

    assert_string_equal(judged(*state, &upward), "to cap-uy@binh-phuoc U\n");
    adopt(*state, "binh-phuoc", regime_text(*state, NEW), true);
    assert_string_equal(judged(*state, &upward),
                        "to cap-uy@binh-phuoc U\nadded\ncopy ban-dan-van@binh-phuoc U\n");
}

static void a_first_regime_of_a_unit_between_may_be_unknown_below_it(void **state)
{
    only_regime(*state, regime_text(*state, OLD));
    struct dg_report report = report_by(*state, "mttq@duc-lieu", "thematic");

    adopt(*state, "bu-dang", regime_text(*state, HEAD "rules:\n" RULE("C", "thematic", "to: ubnd@same")),
          true);
    assert_string_equal(judged(*state, &report), "to cap-uy@duc-lieu A\nadded\nto ubnd@duc-lieu C\n");
}

static void a_further_regime_may_be_unknown_too(void **state)
{
    only_regime(*state, regime_text(*state, OLD));
    struct dg_report report = report_by(*state, "mttq@bu-dang", "notice");

    adopt(*state, "binh-phuoc",
          regime_text(*state, "name: them\ntitle: Thêm\nrules:\n" RULE("D", "notice", "to: mttq@parent")),
          false);
    assert_string_equal(judged(*state, &report), "to cap-uy@binh-phuoc U\nadded\nto mttq@binh-phuoc D\n");
}

static void regimes_that_nobody_could_have_applied_excuse_nothing(void **state)
{
    only_regime(*state, regime_text(*state, OLD));
    struct dg_report report = report_by(*state, "mttq@bu-dang", "notice");
    struct dg_mandate mandate, added;

    adopt(*state, "binh-phuoc", regime_text(*state, NEW), true);
    report.regime[0].adoption.b[0] ^= 1;
    assert_int_equal(dg_mandate_of_signed(&((struct world *)*state)->directory, &report, NULL,
                                          &((struct world *)*state)->arena, &mandate, &added, NULL),
                     DG_OK);
    assert_int_equal(dg_mandate_covered(&mandate, &report, NULL), DG_ERR_MANDATE_MISSING);
}

/* What the author's unit is known to have had: the last adoption of each unit but the root, or all of them.
 */
static bool knew_below(void *ctx, const struct dg_dir_unit *unit, const struct dg_dir_adoption *adoption)
{
    (void)ctx;
    return unit->parent != NULL && adoption == &unit->adoption[unit->adoption_count - 1];
}

static bool knew_all(void *ctx, const struct dg_dir_unit *unit, const struct dg_dir_adoption *adoption)
{
    (void)ctx;
    return unit != NULL && adoption != NULL;
}

static const struct dg_had below = {.knew = knew_below}, everything = {.knew = knew_all};

static void a_newer_regime_that_its_unit_had_is_not_passed_over(void **state)
{
    struct world *w = *state;
    only_regime(w, regime_text(w, OLD));
    struct dg_report report = report_by(w, "ubnd@bu-dang", "thematic");

    adopt(w, "binh-phuoc", regime_text(w, NEW), true);
    w->had = &below;
    assert_string_equal(judged(w, &report), "to cap-uy@bu-dang A\nadded\ncopy mttq@bu-dang B\n");
    w->had = &everything;
    assert_string_equal(judged(w, &report), "MANDATE_MISSING");
    report = report_by(w, "ubnd@bu-dang", "thematic");
    assert_string_equal(judged(w, &report), "to cap-uy@bu-dang B\ncopy mttq@bu-dang B\n");
}

/* Though it would reach everybody: which rules were kept stands in the report, and must be true. */
static void an_older_version_is_refused_whomever_it_reaches(void **state)
{
    struct world *w = *state;
    only_regime(w, regime_text(w, OLD));
    struct dg_report report = report_by(w, "ubnd@bu-dang", "thematic");

    adopt(w, "bu-dang", regime_text(w, HEAD "rules:\n" RULE("B", "thematic", "to: cap-uy@same")), true);
    w->had = &below;
    assert_string_equal(judged(w, &report), "MANDATE_MISSING");
    unit_of(w, "bu-dang")->adoption->regime =
        regime_text(w, HEAD "rules:\n" RULE("C", "flash", "to: cap-uy@same"));
    assert_string_equal(judged(w, &report),
                        "MANDATE_MISSING"); /* nor one that binds no such report any more */
}

static void what_its_unit_had_later_or_for_other_days_hinders_nothing(void **state)
{
    struct world *w = *state;
    only_regime(w, regime_text(w, OLD));
    struct dg_report report = report_by(w, "ubnd@bu-dang", "thematic");
    struct dg_dir_adoption *newer =
        adopt(w, "bu-dang", regime_text(w, HEAD "rules:\n" RULE("B", "thematic", "to: mttq@same")), true);

    newer->has_from = true;
    newer->from = day_of("2026-11-11"); /* the day after the document's */
    w->had = &everything;
    assert_string_equal(judged(w, &report), "to cap-uy@bu-dang A\n");
}

/* --- organs on a day ------------------------------------------------------------------------ */

static void an_organ_that_has_ended_receives_nothing(void **state)
{
    organ_of(*state, "bu-dang", "lien-doan-lao-dong")->not_after_ms = instant_of("2026-11-10");
    expect(*state, "ubnd@bu-dang", "flash", "",
           "to ban-dan-van@bu-dang BP-23\nto hoi-nong-dan@bu-dang BP-23\nto mttq@bu-dang BP-23\n");
}

static void papers_older_than_the_enrolment_of_a_unit_still_go_out(void **state)
{
    struct dg_dir_unit *unit = unit_of(*state, "binh-phuoc");

    for (size_t i = 0; i < unit->organ_count; i++)
        unit->organ[i].not_before_ms = instant_of("2026-11-20");
    expect(*state, "cap-uy@bu-dang", "periodic", "2026-10",
           "to cap-uy@binh-phuoc BP-24.2b\ncopy ban-dan-van@binh-phuoc BP-24.2b\n");
    organ_of(*state, "binh-phuoc", "ban-dan-van")->not_before_ms = instant_of("2026-11-25");
    expect(*state, "cap-uy@bu-dang", "periodic", "2026-10",
           "NO_RECIPIENT | BP-24.2b | Điều 24 khoản 2 | ban-dan-van | binh-phuoc");
}

static void the_newest_serial_that_is_valid_speaks_for_an_organ(void **state)
{
    struct dg_dir_unit *unit = unit_of(*state, "chi-bo-mot");

    set_organs(*state, "chi-bo-mot", "cap-uy cap-uy cap-uy");
    for (uint32_t i = 0; i < 3; i++)
        unit->organ[i].serial = i + 1;
    unit->organ[2].not_before_ms = instant_of("2027-01-01");
    assert_int_equal(dg_dir_unit_organ(unit, word_of("cap-uy"), day_of("2026-11-10"))->serial, 2);
    assert_int_equal(dg_dir_unit_organ(unit, word_of("cap-uy"), day_of("2027-01-01"))->serial, 3);
    assert_null(dg_dir_unit_organ(unit, word_of("mttq"), day_of("2026-11-10")));
}

static void a_unit_lies_within_those_above_it(void **state)
{
    assert_true(dg_dir_unit_within(unit_of(*state, "tan-loi"), unit_of(*state, "binh-phuoc")));
    assert_true(dg_dir_unit_within(unit_of(*state, "tan-loi"), unit_of(*state, "tan-loi")));
    assert_false(dg_dir_unit_within(unit_of(*state, "tan-loi"), unit_of(*state, "bu-dang")));
    assert_false(dg_dir_unit_within(unit_of(*state, "binh-phuoc"), unit_of(*state, "tan-loi")));
}

static void an_unknown_author_is_named(void **state)
{
    expect(*state, "hdnd@bu-dang", "periodic", "2026-10", "NO_ORGAN | hdnd | bu-dang");
    expect(*state, "cap-uy@phu-rieng", "periodic", "2026-10", "NO_ORGAN | cap-uy | phu-rieng");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
        TEST(the_date_of_the_document_decides_which_regime_holds),
        TEST(an_adoption_has_days_of_its_own_and_the_newest_wins),
        TEST(an_additional_regime_is_not_inherited),
        TEST(an_additional_regime_of_the_parent_judges_what_goes_up_to_it),
        TEST(a_newer_additional_regime_replaces_its_namesake),
        TEST(a_regime_whose_bytes_are_missing_leaves_nothing_to_judge_by),
        TEST(a_parent_that_is_not_known_leaves_nothing_to_judge_by),
        TEST(the_regimes_that_were_applied_are_listed),
        TEST(a_report_is_judged_by_the_regimes_it_names_and_todays_are_added),
        TEST(a_regime_that_bound_nobody_is_not_taken_for_unknown),
        TEST(a_first_regime_of_a_unit_between_may_be_unknown_below_it),
        TEST(a_further_regime_may_be_unknown_too),
        TEST(regimes_that_nobody_could_have_applied_excuse_nothing),
        TEST(a_newer_regime_that_its_unit_had_is_not_passed_over),
        TEST(an_older_version_is_refused_whomever_it_reaches),
        TEST(what_its_unit_had_later_or_for_other_days_hinders_nothing),
        TEST(an_organ_that_has_ended_receives_nothing),
        TEST(papers_older_than_the_enrolment_of_a_unit_still_go_out),
        TEST(the_newest_serial_that_is_valid_speaks_for_an_organ),
        TEST(a_unit_lies_within_those_above_it),
        TEST(an_unknown_author_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
