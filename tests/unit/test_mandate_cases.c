/* test_mandate_cases.c - what the two regulations do not show: via, joint reports, matters, stand-ins,
 * additions of the author's own, and comparing a report with its mandate. */
#include "tests/unit/mandate_world.h"

#define HEAD "name: thu\ntitle: Quy chế thử\n"
#define RULE(id, kind, rest) "- {id: " id ", cites: Điều 1, kind: " kind ", " rest "}\n"

/* --- merging -------------------------------------------------------------------------------- */

static void a_recipient_reached_twice_gets_one_delivery_citing_both(void **state)
{
    only_regime(*state,
                regime_text(*state, HEAD "rules:\n" RULE("A", "thematic", "to: mttq@same, copy: cap-uy@same")
                                        RULE("B", "thematic", "to: cap-uy@same, observe: mttq@same")));
    expect(*state, "ubnd@bu-dang", "thematic", "", "to cap-uy@bu-dang A,B\nto mttq@bu-dang A,B\n");
}

static void one_rule_is_cited_once_though_two_roles_lead_to_one_organ(void **state)
{
    only_regime(*state, regime_text(*state, HEAD "rules:\n" RULE("A", "thematic",
                                                                 "to: [chinh-quyen@same], copy: ubnd@same")));
    expect(*state, "mttq@bu-dang", "thematic", "", "to ubnd@bu-dang A\n");
}

static void nobody_waits_under_one_rule_for_what_another_owes_him_at_once(void **state)
{
    only_regime(*state,
                regime_text(*state, HEAD "rules:\n" RULE("A", "thematic",
                                                         "to: [cap-uy@same, thuong-truc@same], "
                                                         "via: ban-dan-van@same")
                                        RULE("B", "thematic", "observe: cap-uy@same, to: mttq@same")));
    expect(
        *state, "ubnd@bu-dang", "thematic", "",
        "to cap-uy@bu-dang A,B\nto mttq@bu-dang B\nto thuong-truc@bu-dang through ban-dan-van@bu-dang A\n");
}

static void the_author_is_dropped_from_the_recipients(void **state)
{
    only_regime(*state, regime_text(*state, HEAD "rules:\n" RULE("A", "thematic",
                                                                 "to: to-chuc-ct-xh@same, "
                                                                 "copy: mttq@same")));
    expect(*state, "hoi-nong-dan@bu-dang", "thematic", "",
           "to lien-doan-lao-dong@bu-dang A\ncopy mttq@bu-dang A\n");
    expect(*state, "hoi-nong-dan@duc-lieu", "thematic", "",
           "NO_RECIPIENT | A | Điều 1 | to-chuc-ct-xh | duc-lieu");
}

static void seventeen_rules_for_one_recipient_are_too_many(void **state)
{
    char yaml[4096] = HEAD "rules:\n";

    for (int i = 0; i < 17; i++)
        snprintf(yaml + strlen(yaml), sizeof yaml - strlen(yaml),
                 "- {id: R%d, cites: Điều 1, kind: thematic, to: cap-uy@same}\n", i);
    only_regime(*state, regime_text(*state, yaml));
    expect(*state, "mttq@bu-dang", "thematic", "", "TOO_LARGE");
}

/* --- via ------------------------------------------------------------------------------------ */

static const char via_rules[] =
    HEAD "rules:\n" RULE("TQ-10.2", "periodic",
                         "from: cap-uy, periods: [H, Y], to: ban-thuong-vu@parent, "
                         "copy: thuong-truc@parent, via: ban-tuyen-giao@parent")
        RULE("V", "appraisal", "scope: owner, to: ban-thuong-vu@same, via: ban-dan-van@same");

static void a_via_organ_is_named_but_is_no_recipient(void **state)
{
    adopt(*state, "khoi-co-quan", regime_text(*state, via_rules), true);
    expect(*state, "cap-uy@chi-bo-hai", "periodic", "2026-H1",
           "to ban-thuong-vu@khoi-co-quan through ban-tuyen-giao@khoi-co-quan TQ-10.2\n"
           "copy thuong-truc@khoi-co-quan TQ-10.2\n");
}

static void a_rule_for_half_years_does_not_bind_a_month(void **state)
{
    adopt(*state, "khoi-co-quan", regime_text(*state, via_rules), true);
    expect(*state, "cap-uy@chi-bo-hai", "periodic", "2026-10", "NO_RULE | cap-uy@chi-bo-hai | chi-bo-hai");
}

static void the_via_organ_skips_itself(void **state)
{
    adopt(*state, "khoi-co-quan", regime_text(*state, via_rules), true);
    expect(*state, "ban-dan-van@khoi-co-quan", "appraisal", "", "to ban-thuong-vu@khoi-co-quan V\n");
    expect(*state, "ban-tuyen-giao@khoi-co-quan", "appraisal", "",
           "to ban-thuong-vu@khoi-co-quan through ban-dan-van@khoi-co-quan V\n");
}

static void a_missing_via_organ_refuses_the_report(void **state)
{
    adopt(*state, "khoi-co-quan", regime_text(*state, via_rules), true);
    set_organs(*state, "khoi-co-quan", "cap-uy thuong-truc ban-thuong-vu");
    expect(*state, "cap-uy@chi-bo-hai", "periodic", "2026-H1",
           "NO_RECIPIENT | TQ-10.2 | Điều 1 | ban-tuyen-giao | khoi-co-quan");
}

static void a_bloc_reports_upward_by_the_regime_of_the_province(void **state)
{
    adopt(*state, "khoi-co-quan", regime_text(*state, via_rules), true);
    expect(*state, "cap-uy@khoi-co-quan", "periodic", "2026-10",
           "to cap-uy@binh-phuoc BP-24.2b\ncopy ban-dan-van@binh-phuoc BP-24.2b\n");
}

/* --- joint reports, matters, superiors that may not exist ------------------------------------- */

static const char joint_rules[] =
    HEAD "rules:\n" RULE("DN-5.2", "joint",
                         "scope: owner, from: ban-dan-van, with: bcsd-ubnd, periods: [Y], "
                         "to: thuong-truc@same, copy: ban-dan-van@parent-if-any")
        RULE("DN-4.1.3b", "notice",
             "scope: owner, from: chinh-quyen, matter: [ton-giao, dan-toc], "
             "to: [ban-dan-van@same, mttq@same]");

static const char *joint_of(struct world *w, const char *author, const char *with)
{
    struct dg_header header = header_of(author, "joint", "2026");
    struct dg_bytes signer = word_of(with);

    header.with = &signer;
    header.with_count = with[0] == '\0' ? 0 : 1;
    return mandate_of(w, &header);
}

static void a_joint_report_needs_its_second_signature(void **state)
{
    set_organs(*state, "binh-phuoc", "thuong-truc ban-dan-van bcsd-ubnd mttq");
    adopt(*state, "binh-phuoc", regime_text(*state, joint_rules), false);
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", "bcsd-ubnd@binh-phuoc"),
                        "to thuong-truc@binh-phuoc DN-5.2\n");
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", ""),
                        "NO_RULE | ban-dan-van@binh-phuoc | binh-phuoc");
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", "mttq@binh-phuoc"),
                        "NO_RULE | ban-dan-van@binh-phuoc | binh-phuoc");
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", "ban-dan-van@binh-phuoc"),
                        "NO_RULE | ban-dan-van@binh-phuoc | binh-phuoc");
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", "so-noi-vu@binh-phuoc"),
                        "NO_ORGAN | so-noi-vu | binh-phuoc");
    expect(*state, "ban-dan-van@binh-phuoc", "joint", "2026-10", "BAD_PERIOD");
}

static void a_copy_to_a_superior_is_owed_where_there_is_one(void **state)
{
    set_organs(*state, "bu-dang", "thuong-truc ban-dan-van bcsd-ubnd");
    adopt(*state, "bu-dang", regime_text(*state, joint_rules), false);
    assert_string_equal(joint_of(*state, "ban-dan-van@bu-dang", "bcsd-ubnd@bu-dang"),
                        "to thuong-truc@bu-dang DN-5.2\ncopy ban-dan-van@binh-phuoc DN-5.2\n");
}

static void a_notice_is_owed_for_the_matters_it_names(void **state)
{
    struct dg_header header = header_of("ubnd@binh-phuoc", "notice", "");
    struct dg_bytes matter[] = {word_of("dat-dai"), word_of("ton-giao")};

    adopt(*state, "binh-phuoc", regime_text(*state, joint_rules), false);
    header.matter = matter;
    header.matter_count = 2;
    assert_string_equal(mandate_of(*state, &header),
                        "to ban-dan-van@binh-phuoc DN-4.1.3b\nto mttq@binh-phuoc DN-4.1.3b\n");
    header.matter_count = 1;
    assert_string_equal(mandate_of(*state, &header), "NO_RULE | ubnd@binh-phuoc | binh-phuoc");
}

/* --- stand-ins ------------------------------------------------------------------------------ */

static void the_first_stand_in_that_exists_fills_the_role(void **state)
{
    only_regime(
        *state,
        regime_text(*state, HEAD
                    "stand-ins: [{role: ban-dan-van, by: [khoi-dan-van, ban-tuyen-giao], cites: Điều 5}]\n"
                    "rules:\n" RULE("A", "thematic", "to: ban-dan-van@same")));
    expect(*state, "cap-uy@duc-lieu", "thematic", "", "to khoi-dan-van@duc-lieu A\n");
    set_organs(*state, "duc-lieu", "cap-uy ban-tuyen-giao");
    expect(*state, "cap-uy@duc-lieu", "thematic", "", "to ban-tuyen-giao@duc-lieu A\n");
    set_organs(*state, "duc-lieu", "cap-uy ban-tuyen-giao ban-dan-van");
    expect(*state, "cap-uy@duc-lieu", "thematic", "", "to ban-dan-van@duc-lieu A\n");
    set_organs(*state, "duc-lieu", "cap-uy");
    expect(*state, "cap-uy@duc-lieu", "thematic", "", "NO_RECIPIENT | A | Điều 1 | ban-dan-van | duc-lieu");
}

static void a_stand_in_holds_at_its_levels_only(void **state)
{
    set_organs(*state, "bu-dang", "cap-uy mttq khoi-dan-van");
    expect(*state, "mttq@bu-dang", "periodic", "2026-10",
           "NO_RECIPIENT | BP-24.2a | Điều 24 khoản 2 | ban-dan-van | bu-dang");
    set_organs(*state, "bu-dang", "cap-uy mttq uy-vien-phu-trach-dan-van");
    expect(*state, "mttq@bu-dang", "periodic", "2026-10",
           "to cap-uy@bu-dang BP-24.2a\ncopy uy-vien-phu-trach-dan-van@bu-dang BP-24.2a\n");
    expect(*state, "uy-vien-phu-trach-dan-van@bu-dang", "directed", "",
           "to ban-dan-van@binh-phuoc BP-24.3\n");
}

static void a_stand_in_does_not_write_for_an_organ_that_exists(void **state)
{
    set_organs(*state, "bu-dang", "ban-dan-van uy-vien-phu-trach-dan-van");
    expect(*state, "uy-vien-phu-trach-dan-van@bu-dang", "directed", "",
           "NO_RULE | uy-vien-phu-trach-dan-van@bu-dang | bu-dang");
}

static void nobody_stands_in_for_the_organ_of_an_owner_rule(void **state)
{
    only_regime(*state, regime_text(*state, HEAD
                                    "stand-ins: [{role: ban-dan-van, by: ban-tuyen-giao, cites: Điều 5}]\n"
                                    "rules:\n" RULE("A", "review",
                                                    "scope: owner, from: ban-dan-van, to: cap-uy@same")));
    set_organs(*state, "binh-phuoc", "cap-uy ban-tuyen-giao");
    expect(*state, "ban-tuyen-giao@binh-phuoc", "review", "",
           "NO_RULE | ban-tuyen-giao@binh-phuoc | binh-phuoc");
}

static void except_also_excludes_the_stand_in(void **state)
{
    only_regime(*state,
                regime_text(*state,
                            HEAD "stand-ins: [{role: ban-dan-van, by: khoi-dan-van, cites: Điều 5}]\n"
                                 "rules:\n" RULE("A", "thematic", "except: ban-dan-van, to: cap-uy@same")));
    expect(*state, "khoi-dan-van@duc-lieu", "thematic", "", "NO_RULE | khoi-dan-van@duc-lieu | duc-lieu");
    expect(*state, "mttq@duc-lieu", "thematic", "", "to cap-uy@duc-lieu A\n");
}

static void a_rule_may_be_for_some_levels(void **state)
{
    only_regime(*state, regime_text(*state, HEAD
                                    "rules:\n" RULE("A", "thematic", "level: commune, to: cap-uy@same")));
    expect(*state, "mttq@duc-lieu", "thematic", "", "to cap-uy@duc-lieu A\n");
    expect(*state, "mttq@bu-dang", "thematic", "", "NO_RULE | mttq@bu-dang | bu-dang");
}

/* --- periods -------------------------------------------------------------------------------- */

static bool fits(const char *kind, const char *period)
{
    return dg_period_fits(word_of(kind), word_of(period));
}

static void a_period_must_fit_its_kind(void **state)
{
    (void)state;
    assert_true(fits("periodic", "2026-10") && fits("periodic", "2026-H2") && fits("urgent", ""));
    assert_true(fits("evaluation", "2026") && fits("joint", "2026") && fits("directed", "2026-9M"));
    assert_false(fits("periodic", "") || fits("periodic", "2026-13") || fits("urgent", "tháng 10"));
    assert_false(fits("evaluation", "2026-12") || fits("joint", "") || fits("flash", "2026-Q5"));
}

static void a_bad_period_comes_before_a_missing_rule(void **state)
{
    expect(*state, "van-phong@bu-dang", "periodic", "", "BAD_PERIOD");
    expect(*state, "van-phong@bu-dang", "periodic", "2026-10", "NO_RULE | van-phong@bu-dang | bu-dang");
}

/* --- additions of the author's own ---------------------------------------------------------- */

static const char *also(struct world *w, const char *address)
{
    struct dg_header header = header_of("mttq@bu-dang", "periodic", "2026-10");
    struct dg_bytes also_to[] = {word_of(address), word_of(address)};

    header.also_to = also_to;
    header.also_to_count = 2;
    return mandate_of(w, &header);
}

static void an_addition_is_a_copy_with_no_rules_and_never_weakens(void **state)
{
#define OWED "to cap-uy@bu-dang BP-24.2a\n"
    assert_string_equal(also(*state, "van-phong@binh-phuoc"),
                        OWED "copy van-phong@binh-phuoc -\ncopy ban-dan-van@bu-dang BP-24.2a\n");
    assert_string_equal(also(*state, "cap-uy@bu-dang"), OWED "copy ban-dan-van@bu-dang BP-24.2a\n");
    assert_string_equal(also(*state, "mttq@bu-dang"), OWED "copy ban-dan-van@bu-dang BP-24.2a\n");
    assert_string_equal(also(*state, "mttq@dak-nong"),
                        OWED "copy ban-dan-van@bu-dang BP-24.2a\ncopy mttq@dak-nong -\n");
    assert_string_equal(also(*state, "hdnd@bu-dang"), "BAD_RECIPIENT | hdnd@bu-dang");
    assert_string_equal(also(*state, "hdnd"), "BAD_RECIPIENT | hdnd");
}

/* --- a report against its mandate ----------------------------------------------------------- */

static enum dg_err covered(struct world *w, struct dg_recipient *recipients, size_t count,
                           struct dg_fault *fault)
{
    struct dg_author author = {.organ = word_of("cap-uy"), .unit = word_of("bu-dang")};
    struct dg_report report = {.author_count = 1,
                               .author = &author,
                               .kind = word_of("periodic"),
                               .period = word_of("2026-10"),
                               .date = word_of("2026-11-10"),
                               .recipient_count = count,
                               .recipient = recipients};
    struct dg_header header;
    struct dg_mandate mandate;

    assert_int_equal(dg_header_of(&report, &w->arena, &header), DG_OK);
    assert_int_equal(dg_mandate_of(&w->directory, &header, &w->arena, &mandate, NULL), DG_OK);
    return dg_mandate_covered(&mandate, &report, fault);
}

static void a_report_names_at_least_what_it_owes(void **state)
{
    struct dg_fault fault = {0};
    struct dg_recipient recipients[] = {
        {.organ = word_of("cap-uy"), .unit = word_of("binh-phuoc"), .as = DG_AS_TO},
        {.organ = word_of("ban-dan-van"), .unit = word_of("binh-phuoc"), .as = DG_AS_COPY},
    };

    assert_int_equal(covered(*state, recipients, 2, &fault), DG_OK);
    recipients[1].as = DG_AS_TO;
    assert_int_equal(covered(*state, recipients, 2, &fault), DG_OK);
    recipients[1].as = DG_AS_OBSERVE;
    assert_int_equal(covered(*state, recipients, 2, &fault), DG_ERR_MANDATE_MISSING);
    assert_string_equal(fault.rule, "BP-24.2b");
    assert_string_equal(fault.cites, "Điều 24 khoản 2");
    assert_string_equal(fault.organ, "ban-dan-van@binh-phuoc");
    assert_string_equal(fault.what, "copy");
    assert_int_equal(covered(*state, recipients, 1, &fault), DG_ERR_MANDATE_MISSING);
}

static void a_via_of_the_authors_own_invention_is_not_accepted(void **state)
{
    struct dg_fault fault = {0};
    struct dg_recipient recipients[] = {
        {.organ = word_of("cap-uy"),
         .unit = word_of("binh-phuoc"),
         .as = DG_AS_TO,
         .through = word_of("van-phong@binh-phuoc")},
        {.organ = word_of("ban-dan-van"), .unit = word_of("binh-phuoc"), .as = DG_AS_COPY},
    };

    assert_int_equal(covered(*state, recipients, 2, &fault), DG_ERR_MANDATE_MISSING);
    assert_string_equal(fault.organ, "cap-uy@binh-phuoc");
}

static void the_header_of_a_joint_report_names_its_further_signers(void **state)
{
    struct world *w = *state;
    struct dg_author author[] = {{.organ = word_of("ban-dan-van"), .unit = word_of("binh-phuoc")},
                                 {.organ = word_of("bcsd-ubnd"), .unit = word_of("binh-phuoc")}};
    struct dg_report report = {.author_count = 2, .author = author, .date = word_of("2026-11-10")};
    struct dg_header header;

    assert_int_equal(dg_header_of(&report, &w->arena, &header), DG_OK);
    assert_int_equal(header.with_count, 1);
    assert_true(dg_bytes_is(header.with[0], "bcsd-ubnd@binh-phuoc"));
    report.date = word_of("2026-02-30");
    assert_int_equal(dg_header_of(&report, &w->arena, &header), DG_ERR_BAD_DATE);
}

/* --- memory --------------------------------------------------------------------------------- */

static void a_spent_arena_is_an_error_and_not_a_shorter_list(void **state)
{
    struct world *w = *state;
    struct dg_header header = header_of("cap-uy@tan-loi", "flash", "");
    struct dg_mandate mandate;
    enum dg_err err = DG_ERR_NO_MEMORY;

    for (size_t budget = 1; err != DG_OK && budget < 65536; budget += 64) {
        struct dg_arena arena;
        dg_arena_init(&arena, budget);
        err = dg_mandate_of(&w->directory, &header, &arena, &mandate, NULL);
        assert_true(err == DG_OK || err == DG_ERR_NO_MEMORY);
        if (err == DG_OK)
            assert_int_equal(mandate.recipient_count, 4);
        dg_arena_done(&arena);
    }
    assert_int_equal(err, DG_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
        TEST(a_recipient_reached_twice_gets_one_delivery_citing_both),
        TEST(one_rule_is_cited_once_though_two_roles_lead_to_one_organ),
        TEST(nobody_waits_under_one_rule_for_what_another_owes_him_at_once),
        TEST(the_author_is_dropped_from_the_recipients),
        TEST(seventeen_rules_for_one_recipient_are_too_many),
        TEST(a_via_organ_is_named_but_is_no_recipient),
        TEST(a_rule_for_half_years_does_not_bind_a_month),
        TEST(the_via_organ_skips_itself),
        TEST(a_missing_via_organ_refuses_the_report),
        TEST(a_bloc_reports_upward_by_the_regime_of_the_province),
        TEST(a_joint_report_needs_its_second_signature),
        TEST(a_copy_to_a_superior_is_owed_where_there_is_one),
        TEST(a_notice_is_owed_for_the_matters_it_names),
        TEST(the_first_stand_in_that_exists_fills_the_role),
        TEST(a_stand_in_holds_at_its_levels_only),
        TEST(a_stand_in_does_not_write_for_an_organ_that_exists),
        TEST(nobody_stands_in_for_the_organ_of_an_owner_rule),
        TEST(except_also_excludes_the_stand_in),
        TEST(a_rule_may_be_for_some_levels),
        TEST(a_period_must_fit_its_kind),
        TEST(a_bad_period_comes_before_a_missing_rule),
        TEST(an_addition_is_a_copy_with_no_rules_and_never_weakens),
        TEST(a_report_names_at_least_what_it_owes),
        TEST(a_via_of_the_authors_own_invention_is_not_accepted),
        TEST(the_header_of_a_joint_report_names_its_further_signers),
        TEST(a_spent_arena_is_an_error_and_not_a_shorter_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
