/* test_mandate.c - every row of the two regulations, at the levels where it holds. */
#include "tests/unit/mandate_world.h"

/* --- binh-phuoc ----------------------------------------------------------------------------- */

static void bp_24_2a_is_owed_by_every_organ_of_the_system_at_every_level(void **state)
{
    const char *authors[] = {"ubnd", "mttq", "hoi-nong-dan", "lien-doan-lao-dong", "cong-an"};
    char author[64];

    for (size_t i = 0; i < 5; i++) {
        snprintf(author, sizeof author, "%s@binh-phuoc", authors[i]);
        expect(*state, author, "periodic", "2026-10",
               "to cap-uy@binh-phuoc BP-24.2a\ncopy ban-dan-van@binh-phuoc BP-24.2a\n");
        snprintf(author, sizeof author, "%s@bu-dang", authors[i]);
        expect(*state, author, "periodic", "2026-Q3",
               "to cap-uy@bu-dang BP-24.2a\ncopy ban-dan-van@bu-dang BP-24.2a\n");
    }
    expect(*state, "mttq@duc-lieu", "periodic", "2026",
           "to cap-uy@duc-lieu BP-24.2a\ncopy khoi-dan-van@duc-lieu BP-24.2a\n");
}

static void bp_24_2b_goes_to_the_committee_above_with_a_copy_to_its_commission(void **state)
{
    const char *periods[] = {"2026-10", "2026-Q3", "2026-H1", "2026-H2", "2026-9M", "2026"};

    for (size_t i = 0; i < 6; i++) {
        expect(*state, "cap-uy@bu-dang", "periodic", periods[i],
               "to cap-uy@binh-phuoc BP-24.2b\ncopy ban-dan-van@binh-phuoc BP-24.2b\n");
    }
    expect(*state, "cap-uy@duc-lieu", "periodic", "2026-10",
           "to cap-uy@bu-dang BP-24.2b\ncopy ban-dan-van@bu-dang BP-24.2b\n");
    expect(*state, "cap-uy@khoi-co-quan", "periodic", "2026-10",
           "to cap-uy@binh-phuoc BP-24.2b\ncopy ban-dan-van@binh-phuoc BP-24.2b\n");
    expect(*state, "cap-uy@chi-bo-hai", "periodic", "2026-10",
           "to cap-uy@khoi-co-quan BP-24.2b\ncopy ban-dan-van@khoi-co-quan BP-24.2b\n");
}

static void bp_24_3_is_between_commissions(void **state)
{
    expect(*state, "ban-dan-van@bu-dang", "directed", "", "to ban-dan-van@binh-phuoc BP-24.3\n");
    expect(*state, "khoi-dan-van@duc-lieu", "directed", "2026-10", "to ban-dan-van@bu-dang BP-24.3\n");
    expect(*state, "mttq@bu-dang", "directed", "", "NO_RULE | mttq@bu-dang | bu-dang");
}

static void bp_24_4_is_urgent_and_lets_the_commission_take_part(void **state)
{
    expect(*state, "ubnd@binh-phuoc", "urgent", "",
           "to thuong-truc@binh-phuoc BP-24.4a\nobserve ban-dan-van@binh-phuoc BP-24.4a\n");
    expect(*state, "van-phong@bu-dang", "urgent", "",
           "to thuong-truc@bu-dang BP-24.4a\nobserve ban-dan-van@bu-dang BP-24.4a\n");
    expect(*state, "mttq@duc-lieu", "urgent", "",
           "to thuong-truc@duc-lieu BP-24.4a\nobserve khoi-dan-van@duc-lieu BP-24.4a\n");
    expect(*state, "cap-uy@bu-dang", "urgent", "",
           "to thuong-truc@binh-phuoc BP-24.4b\nobserve ban-dan-van@binh-phuoc BP-24.4b\n");
    expect(*state, "cap-uy@duc-lieu", "urgent", "",
           "to thuong-truc@bu-dang BP-24.4b\nobserve ban-dan-van@bu-dang BP-24.4b\n");
}

static void bp_23_tells_every_union_at_once(void **state)
{
    expect(*state, "cap-uy@binh-phuoc", "flash", "",
           "to ban-dan-van@binh-phuoc BP-23\nto hoi-nong-dan@binh-phuoc BP-23\n"
           "to lien-doan-lao-dong@binh-phuoc BP-23\nto mttq@binh-phuoc BP-23\n");
    expect(*state, "ubnd@duc-lieu", "flash", "",
           "to hoi-nong-dan@duc-lieu BP-23\nto khoi-dan-van@duc-lieu BP-23\nto mttq@duc-lieu BP-23\n");
    expect(*state, "mttq@bu-dang", "flash", "", "NO_RULE | mttq@bu-dang | bu-dang");
}

static void bp_owner_rules_hold_at_the_province_only(void **state)
{
    expect(*state, "ban-dan-van@binh-phuoc", "consolidation", "2026-10",
           "to ban-thuong-vu@binh-phuoc BP-5.5\nto cap-uy@binh-phuoc BP-5.5\n");
    expect(*state, "ban-dan-van@binh-phuoc", "review", "", "to ban-thuong-vu@binh-phuoc BP-27\n");
    expect(*state, "ban-dan-van@bu-dang", "consolidation", "", "NO_RULE | ban-dan-van@bu-dang | bu-dang");
    expect(*state, "ban-dan-van@bu-dang", "review", "", "NO_RULE | ban-dan-van@bu-dang | bu-dang");
}

static void bp_16_5_carries_the_peoples_opinions(void **state)
{
    expect(*state, "mttq@binh-phuoc", "reflection", "",
           "to cap-uy@binh-phuoc BP-16.5\nto ubnd@binh-phuoc BP-16.5\n");
    expect(*state, "hoi-nong-dan@duc-lieu", "reflection", "",
           "to cap-uy@duc-lieu BP-16.5\nto ubnd@duc-lieu BP-16.5\n");
}

static void bp_28_is_owed_by_every_organ_for_a_year(void **state)
{
    expect(*state, "van-phong@binh-phuoc", "evaluation", "2026",
           "to cap-uy@binh-phuoc BP-28\ncopy ban-dan-van@binh-phuoc BP-28\n");
    expect(*state, "khoi-dan-van@duc-lieu", "evaluation", "2026", "to cap-uy@duc-lieu BP-28\n");
    expect(*state, "mttq@bu-dang", "evaluation", "2026-10", "BAD_PERIOD");
    expect(*state, "mttq@bu-dang", "evaluation", "", "BAD_PERIOD");
    expect(*state, "cap-uy@bu-dang", "evaluation", "2026",
           "NO_RECIPIENT | BP-28 | Điều 28 | cap-uy | bu-dang");
}

static void bp_5_3_takes_every_project_through_the_commission_of_the_owner(void **state)
{
#define THROUGH " through ban-dan-van@binh-phuoc BP-5.3\n"
    expect(*state, "ubnd@binh-phuoc", "appraisal", "",
           "to ban-thuong-vu@binh-phuoc" THROUGH "to cap-uy@binh-phuoc" THROUGH);
    expect(*state, "cap-uy@binh-phuoc", "appraisal", "", "to ban-thuong-vu@binh-phuoc" THROUGH);
    expect(*state, "ban-dan-van@binh-phuoc", "appraisal", "",
           "to ban-thuong-vu@binh-phuoc BP-5.3\nto cap-uy@binh-phuoc BP-5.3\n");
    expect(*state, "ubnd@bu-dang", "appraisal", "", "NO_RULE | ubnd@bu-dang | bu-dang");
    set_organs(*state, "binh-phuoc", "cap-uy thuong-truc ban-thuong-vu ubnd=chinh-quyen");
    expect(*state, "ubnd@binh-phuoc", "appraisal", "",
           "NO_RECIPIENT | BP-5.3 | Điều 5 khoản 3 | ban-dan-van | binh-phuoc");
}

/* --- huyen ---------------------------------------------------------------------------------- */

static void h_23_2a_holds_at_the_district_and_below(void **state)
{
    expect(*state, "ubnd@dong-phu", "periodic", "2026-10",
           "to cap-uy@dong-phu H-23.2a\ncopy ban-dan-van@dong-phu H-23.2a\n");
    expect(*state, "cong-an@tan-loi", "periodic", "2026-9M",
           "to cap-uy@tan-loi H-23.2a\ncopy khoi-dan-van@tan-loi H-23.2a\n");
}

static void a_district_reports_upward_by_the_rule_of_the_province(void **state)
{
    expect(*state, "cap-uy@dong-phu", "periodic", "2026-10",
           "to cap-uy@binh-phuoc BP-24.2b\ncopy ban-dan-van@binh-phuoc BP-24.2b\n");
    expect(*state, "cap-uy@dong-phu", "urgent", "",
           "to thuong-truc@binh-phuoc BP-24.4b\nobserve ban-dan-van@binh-phuoc BP-24.4b\n");
    expect(*state, "ban-dan-van@dong-phu", "directed", "", "to ban-dan-van@binh-phuoc BP-24.3\n");
}

static void h_23_2b_brings_a_commune_to_its_district(void **state)
{
    expect(*state, "cap-uy@tan-loi", "periodic", "2026-10",
           "to cap-uy@dong-phu H-23.2b\ncopy ban-dan-van@dong-phu H-23.2b\n");
    expect(*state, "cap-uy@chi-bo-mot", "periodic", "2026-10",
           "to cap-uy@dong-phu H-23.2b\ncopy ban-dan-van@dong-phu H-23.2b\n");
    expect(*state, "khoi-dan-van@tan-loi", "directed", "", "to ban-dan-van@dong-phu H-23.3\n");
    expect(*state, "khoi-dan-van@chi-bo-mot", "directed", "", "to ban-dan-van@dong-phu H-23.3\n");
}

static void h_23_4_has_two_addressees(void **state)
{
    expect(*state, "ubnd@dong-phu", "urgent", "",
           "to ban-dan-van@dong-phu H-23.4a\nto thuong-truc@dong-phu H-23.4a\n");
    expect(*state, "mttq@tan-loi", "urgent", "",
           "to khoi-dan-van@tan-loi H-23.4a\nto thuong-truc@tan-loi H-23.4a\n");
    expect(*state, "cap-uy@tan-loi", "urgent", "",
           "to ban-dan-van@dong-phu H-23.4b\nto thuong-truc@dong-phu H-23.4b\n");
}

static void h_22_tells_the_unit_and_h_22b_the_commission_above(void **state)
{
    expect(*state, "ubnd@dong-phu", "flash", "",
           "to ban-dan-van@dong-phu H-22\nto hoi-nong-dan@dong-phu H-22\n"
           "to lien-doan-lao-dong@dong-phu H-22\nto mttq@dong-phu H-22\n");
    expect(*state, "cap-uy@tan-loi", "flash", "",
           "to ban-dan-van@dong-phu H-22b\nto hoi-nong-dan@tan-loi H-22\n"
           "to khoi-dan-van@tan-loi H-22\nto mttq@tan-loi H-22\n");
}

static void h_owner_rules_hold_at_the_district_only(void **state)
{
    expect(*state, "ban-dan-van@dong-phu", "consolidation", "",
           "to ban-thuong-vu@dong-phu H-5.6\nto thuong-truc@dong-phu H-5.6\n");
    expect(*state, "ban-dan-van@dong-phu", "review", "",
           "to ban-thuong-vu@dong-phu H-26\nto thuong-truc@dong-phu H-26\n");
    expect(*state, "khoi-dan-van@tan-loi", "consolidation", "", "NO_RULE | khoi-dan-van@tan-loi | tan-loi");
    expect(*state, "khoi-dan-van@tan-loi", "review", "", "NO_RULE | khoi-dan-van@tan-loi | tan-loi");
}

static void h_15_5_and_h_27_stay_within_the_unit(void **state)
{
    expect(*state, "mttq@tan-loi", "reflection", "", "to cap-uy@tan-loi H-15.5\nto ubnd@tan-loi H-15.5\n");
    expect(*state, "lien-doan-lao-dong@dong-phu", "reflection", "",
           "to cap-uy@dong-phu H-15.5\nto ubnd@dong-phu H-15.5\n");
    expect(*state, "ubnd@tan-loi", "evaluation", "2026",
           "to cap-uy@tan-loi H-27\ncopy khoi-dan-van@tan-loi H-27\n");
    expect(*state, "khoi-dan-van@chi-bo-mot", "evaluation", "2026", "to cap-uy@chi-bo-mot H-27\n");
}

static void h_5_4_takes_every_project_through_the_commission_of_the_owner(void **state)
{
    expect(*state, "ubnd@dong-phu", "appraisal", "",
           "to ban-thuong-vu@dong-phu through ban-dan-van@dong-phu H-5.4\n"
           "to thuong-truc@dong-phu through ban-dan-van@dong-phu H-5.4\n");
    expect(*state, "ubnd@tan-loi", "appraisal", "", "NO_RULE | ubnd@tan-loi | tan-loi");
}

/* --- what follows from both ----------------------------------------------------------------- */

static void articles_are_cited_as_the_regulations_number_them(void **state)
{
    struct world *w = *state;
    const struct dg_regime *bp = unit_of(w, "binh-phuoc")->adoption[0].regime;
    const struct dg_regime *h = unit_of(w, "dong-phu")->adoption[0].regime;

    assert_int_equal(bp->rule_count, 11);
    assert_int_equal(h->rule_count, 12);
    assert_true(dg_bytes_is(bp->rule[0].cites, "Điều 24 khoản 2"));
    assert_true(dg_bytes_is(bp->rule[8].cites, "Điều 15 khoản 3, Điều 16 khoản 5"));
    assert_true(dg_bytes_is(h->rule[9].cites, "Điều 14 khoản 3, Điều 15 khoản 5"));
}

static void the_root_has_nobody_above(void **state)
{
    expect(*state, "cap-uy@binh-phuoc", "periodic", "2026-10",
           "NO_RECIPIENT | BP-24.2b | Điều 24 khoản 2 | cap-uy@parent | binh-phuoc");
    expect(*state, "cap-uy@binh-phuoc", "urgent", "",
           "NO_RECIPIENT | BP-24.4b | Điều 24 khoản 4 | thuong-truc@parent | binh-phuoc");
    expect(*state, "ban-dan-van@binh-phuoc", "directed", "",
           "NO_RECIPIENT | BP-24.3 | Điều 24 khoản 3 | ban-dan-van@parent | binh-phuoc");
}

static void a_missing_copy_refuses_a_periodic_report(void **state)
{
    set_organs(*state, "binh-phuoc", "cap-uy thuong-truc");
    expect(*state, "cap-uy@bu-dang", "periodic", "2026-10",
           "NO_RECIPIENT | BP-24.2b | Điều 24 khoản 2 | ban-dan-van | binh-phuoc");
}

static void a_missing_observer_stops_nothing(void **state)
{
    set_organs(*state, "binh-phuoc", "cap-uy thuong-truc");
    expect(*state, "cap-uy@bu-dang", "urgent", "",
           "to thuong-truc@binh-phuoc BP-24.4b\nunresolved observe ban-dan-van@binh-phuoc BP-24.4b\n");
}

static void what_is_urgent_reaches_those_it_can(void **state)
{
    set_organs(*state, "dong-phu", "cap-uy thuong-truc");
    expect(*state, "cap-uy@tan-loi", "urgent", "",
           "to thuong-truc@dong-phu H-23.4b\nunresolved to ban-dan-van@dong-phu H-23.4b\n");
    set_organs(*state, "tan-loi", "cap-uy mttq ubnd=chinh-quyen");
    expect(*state, "cap-uy@tan-loi", "flash", "",
           "to mttq@tan-loi H-22\nunresolved to ban-dan-van@tan-loi H-22\n"
           "unresolved to to-chuc-ct-xh@tan-loi H-22\nunresolved to ban-dan-van@dong-phu H-22b\n");
}

static void what_is_urgent_and_reaches_nobody_is_refused(void **state)
{
    set_organs(*state, "dong-phu", "cap-uy mttq");
    expect(*state, "cap-uy@tan-loi", "urgent", "",
           "NO_RECIPIENT | H-23.4b | Điều 23 khoản 4 | thuong-truc | dong-phu");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
        TEST(bp_24_2a_is_owed_by_every_organ_of_the_system_at_every_level),
        TEST(bp_24_2b_goes_to_the_committee_above_with_a_copy_to_its_commission),
        TEST(bp_24_3_is_between_commissions),
        TEST(bp_24_4_is_urgent_and_lets_the_commission_take_part),
        TEST(bp_23_tells_every_union_at_once),
        TEST(bp_owner_rules_hold_at_the_province_only),
        TEST(bp_16_5_carries_the_peoples_opinions),
        TEST(bp_28_is_owed_by_every_organ_for_a_year),
        TEST(bp_5_3_takes_every_project_through_the_commission_of_the_owner),
        TEST(h_23_2a_holds_at_the_district_and_below),
        TEST(a_district_reports_upward_by_the_rule_of_the_province),
        TEST(h_23_2b_brings_a_commune_to_its_district),
        TEST(h_23_4_has_two_addressees),
        TEST(h_22_tells_the_unit_and_h_22b_the_commission_above),
        TEST(h_owner_rules_hold_at_the_district_only),
        TEST(h_15_5_and_h_27_stay_within_the_unit),
        TEST(h_5_4_takes_every_project_through_the_commission_of_the_owner),
        TEST(articles_are_cited_as_the_regulations_number_them),
        TEST(the_root_has_nobody_above),
        TEST(a_missing_copy_refuses_a_periodic_report),
        TEST(a_missing_observer_stops_nothing),
        TEST(what_is_urgent_reaches_those_it_can),
        TEST(what_is_urgent_and_reaches_nobody_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
