/* test_mandate_table.c - every row of ha-noi, dong-nai and tuyen-quang-khoi, and regimes beside one another.
 */
#include "tests/unit/mandate_world.h"

/* The country with another regime for its root, and none of the district's own. */
static void govern(struct world *w, const char *regime)
{
    only_regime(w, regime_file(w, regime));
}

static void on(struct world *w, const char *author, const char *kind, const char *period, const char *day,
               const char *expected)
{
    struct dg_header header = header_of(author, kind, period);
    header.date = day_of(day);
    assert_string_equal(mandate_of(w, &header), expected);
}

/* --- ha-noi ----------------------------------------------------------------------------------- */

static void hn_24_2_copies_every_report_to_a_commission(void **state)
{
    govern(*state, "ha-noi");
    expect(*state, "ubnd@dong-phu", "periodic", "2026-Q3",
           "to cap-uy@dong-phu HN-24.2a\ncopy ban-dan-van@dong-phu HN-24.2a\n");
    expect(*state, "cong-an@tan-loi", "periodic", "2026-10",
           "to cap-uy@tan-loi HN-24.2a\ncopy khoi-dan-van@tan-loi HN-24.2a\n");
    expect(*state, "cap-uy@tan-loi", "periodic", "2026-9M",
           "to cap-uy@dong-phu HN-24.2b\ncopy ban-dan-van@dong-phu HN-24.2b\n");
    expect(*state, "cap-uy@binh-phuoc", "periodic", "2026",
           "NO_RECIPIENT | HN-24.2b | Điều 24 khoản 2 | cap-uy@parent | binh-phuoc");
}

static void hn_24_3_and_24_4_follow_the_line_of_the_commissions(void **state)
{
    govern(*state, "ha-noi");
    expect(*state, "khoi-dan-van@tan-loi", "directed", "", "to ban-dan-van@dong-phu HN-24.3\n");
    expect(*state, "van-phong@dong-phu", "urgent", "",
           "to thuong-truc@dong-phu HN-24.4a\nobserve ban-dan-van@dong-phu HN-24.4a\n");
    expect(*state, "cap-uy@dong-phu", "urgent", "",
           "to thuong-truc@binh-phuoc HN-24.4b\nobserve ban-dan-van@binh-phuoc HN-24.4b\n");
}

static void hn_23_and_16_5_stay_within_the_unit(void **state)
{
    govern(*state, "ha-noi");
    expect(*state, "ubnd@tan-loi", "flash", "",
           "to hoi-nong-dan@tan-loi HN-23\nto khoi-dan-van@tan-loi HN-23\nto mttq@tan-loi HN-23\n");
    expect(*state, "mttq@dong-phu", "reflection", "",
           "to cap-uy@dong-phu HN-16.5\nto ubnd@dong-phu HN-16.5\n");
    expect(*state, "van-phong@dong-phu", "evaluation", "2025",
           "to cap-uy@dong-phu HN-28\ncopy ban-dan-van@dong-phu HN-28\n");
}

static void hn_5_and_hn_27_are_the_citys_own(void **state)
{
    govern(*state, "ha-noi");
    expect(*state, "ban-dan-van@binh-phuoc", "consolidation", "",
           "to ban-thuong-vu@binh-phuoc HN-5.5\nto thuong-truc@binh-phuoc HN-5.5\n");
    expect(*state, "ban-dan-van@binh-phuoc", "review", "",
           "to ban-thuong-vu@binh-phuoc HN-27\nto thuong-truc@binh-phuoc HN-27\n");
    expect(*state, "mttq@binh-phuoc", "appraisal", "",
           "to ban-thuong-vu@binh-phuoc through ban-dan-van@binh-phuoc HN-5.3\n"
           "to thuong-truc@binh-phuoc through ban-dan-van@binh-phuoc HN-5.3\n");
    expect(*state, "ban-dan-van@dong-phu", "consolidation", "", "NO_RULE | ban-dan-van@dong-phu | dong-phu");
    expect(*state, "ban-dan-van@dong-phu", "review", "", "NO_RULE | ban-dan-van@dong-phu | dong-phu");
}

static void ha_noi_begins_on_the_day_it_was_signed(void **state)
{
    govern(*state, "ha-noi");
    on(*state, "mttq@dong-phu", "reflection", "", "2022-01-23", "NO_RULE | mttq@dong-phu | dong-phu");
    on(*state, "mttq@dong-phu", "reflection", "", "2022-01-24",
       "to cap-uy@dong-phu HN-16.5\nto ubnd@dong-phu HN-16.5\n");
    on(*state, "mttq@dong-phu", "periodic", "2022-13", "2022-01-23", "BAD_PERIOD");
}

static void a_district_without_a_commission_has_a_member_in_charge(void **state)
{
    govern(*state, "ha-noi");
    set_organs(*state, "dong-phu", "cap-uy thuong-truc uy-vien-phu-trach-dan-van mttq");
    expect(*state, "cap-uy@tan-loi", "periodic", "2026-10",
           "to cap-uy@dong-phu HN-24.2b\ncopy uy-vien-phu-trach-dan-van@dong-phu HN-24.2b\n");
    expect(*state, "uy-vien-phu-trach-dan-van@dong-phu", "directed", "",
           "to ban-dan-van@binh-phuoc HN-24.3\n");
    set_organs(*state, "binh-phuoc", "cap-uy thuong-truc uy-vien-phu-trach-dan-van");
    expect(*state, "cap-uy@dong-phu", "periodic", "2026-10",
           "NO_RECIPIENT | HN-24.2b | Điều 24 khoản 2 | ban-dan-van | binh-phuoc");
}

/* --- dong-nai --------------------------------------------------------------------------------- */

/* The province with the organs of the agreement, and the agreement beside its main regime. */
static void agree(struct world *w)
{
    set_organs(w, "binh-phuoc",
               "cap-uy thuong-truc ban-thuong-vu ban-dan-van bcsd-ubnd ubnd=ubnd+chinh-quyen mttq "
               "so-noi-vu=so-ban-nganh so-y-te=so-ban-nganh hoi-nong-dan=to-chuc-ct-xh");
    adopt(w, "binh-phuoc", regime_file(w, "dong-nai"), false);
}

static const char *notice_of(struct world *w, const char *author, const char *matter)
{
    struct dg_header header = header_of(author, "notice", "");
    struct dg_bytes word = word_of(matter);

    header.date = day_of("2025-11-10");
    header.matter = &word;
    header.matter_count = matter[0] == '\0' ? 0 : 1;
    return mandate_of(w, &header);
}

static void dn_4_1_3_tells_the_commission_before_a_matter_is_settled(void **state)
{
    agree(*state);
    assert_string_equal(notice_of(*state, "bcsd-ubnd@binh-phuoc", ""),
                        "to ban-dan-van@binh-phuoc DN-4.1.3a\n");
    assert_string_equal(notice_of(*state, "bcsd-ubnd@binh-phuoc", "ton-giao"),
                        "to ban-dan-van@binh-phuoc DN-4.1.3a\n");
    assert_string_equal(notice_of(*state, "so-noi-vu@binh-phuoc", "ton-giao"),
                        "to ban-dan-van@binh-phuoc DN-4.1.3b\nto mttq@binh-phuoc DN-4.1.3b\n");
    assert_string_equal(notice_of(*state, "so-y-te@binh-phuoc", "dan-toc"),
                        "to ban-dan-van@binh-phuoc DN-4.1.3b\nto mttq@binh-phuoc DN-4.1.3b\n");
    assert_string_equal(notice_of(*state, "so-noi-vu@binh-phuoc", "dat-dai"),
                        "NO_RULE | so-noi-vu@binh-phuoc | binh-phuoc");
    assert_string_equal(notice_of(*state, "so-noi-vu@binh-phuoc", ""),
                        "NO_RULE | so-noi-vu@binh-phuoc | binh-phuoc");
    on(*state, "bcsd-ubnd@binh-phuoc", "draft", "", "2025-11-10", "to ban-dan-van@binh-phuoc DN-4.1.3c\n");
}

static void dn_4_1_4_and_4_2_2_go_both_ways(void **state)
{
    agree(*state);
    on(*state, "so-y-te@binh-phuoc", "information", "", "2025-11-10", "to ban-dan-van@binh-phuoc DN-4.1.4\n");
    on(*state, "ban-dan-van@binh-phuoc", "exchange", "", "2025-11-10",
       "to bcsd-ubnd@binh-phuoc DN-4.2.2\nto ubnd@binh-phuoc DN-4.2.2\n");
}

static void dn_4_1_7_waits_for_the_commission(void **state)
{
    agree(*state);
    on(*state, "bcsd-ubnd@binh-phuoc", "periodic", "2025-10", "2025-11-10",
       "to thuong-truc@binh-phuoc through ban-dan-van@binh-phuoc DN-4.1.7\n");
    on(*state, "ubnd@binh-phuoc", "periodic", "2025-10", "2025-11-10",
       "to cap-uy@binh-phuoc BP-24.2a\ncopy ban-dan-van@binh-phuoc BP-24.2a\n");
}

static const char *joint_of(struct world *w, const char *lead, const char *further)
{
    struct dg_header header = header_of(lead, "joint", "2025");
    struct dg_bytes signer = word_of(further);

    header.date = day_of("2025-12-20");
    header.with = &signer;
    header.with_count = further[0] == '\0' ? 0 : 1;
    return mandate_of(w, &header);
}

static void dn_5_2_is_signed_by_both_whoever_leads(void **state)
{
    agree(*state);
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", "bcsd-ubnd@binh-phuoc"),
                        "to thuong-truc@binh-phuoc DN-5.2\n");
    assert_string_equal(joint_of(*state, "bcsd-ubnd@binh-phuoc", "ban-dan-van@binh-phuoc"),
                        "to thuong-truc@binh-phuoc DN-5.2\n");
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", ""),
                        "NO_RULE | ban-dan-van@binh-phuoc | binh-phuoc");
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", "ban-dan-van@binh-phuoc"),
                        "NO_RULE | ban-dan-van@binh-phuoc | binh-phuoc");
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", "mttq@binh-phuoc"),
                        "NO_RULE | ban-dan-van@binh-phuoc | binh-phuoc");
    assert_string_equal(joint_of(*state, "mttq@binh-phuoc", "bcsd-ubnd@binh-phuoc"),
                        "NO_RULE | mttq@binh-phuoc | binh-phuoc");
    expect(*state, "ban-dan-van@binh-phuoc", "joint", "2025-Q4", "BAD_PERIOD");
}

/* One organ with both offices is still one signature. */
static void dn_5_2_is_not_signed_twice_by_one_organ(void **state)
{
    agree(*state);
    set_organs(*state, "binh-phuoc", "thuong-truc ban-dan-van=ban-dan-van+bcsd-ubnd mttq");
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", ""),
                        "NO_RULE | ban-dan-van@binh-phuoc | binh-phuoc");
    assert_string_equal(joint_of(*state, "ban-dan-van@binh-phuoc", "mttq@binh-phuoc"),
                        "NO_RULE | ban-dan-van@binh-phuoc | binh-phuoc");
}

static void dn_5_2_is_copied_upward_where_there_is_a_superior(void **state)
{
    set_organs(*state, "dong-phu", "thuong-truc ban-dan-van bcsd-ubnd");
    adopt(*state, "dong-phu", regime_file(*state, "dong-nai"), false);
    assert_string_equal(joint_of(*state, "ban-dan-van@dong-phu", "bcsd-ubnd@dong-phu"),
                        "to thuong-truc@dong-phu DN-5.2\ncopy ban-dan-van@binh-phuoc DN-5.2\n");
}

static void dong_nai_ends_with_its_period_and_is_not_inherited(void **state)
{
    agree(*state);
    on(*state, "ban-dan-van@binh-phuoc", "exchange", "", "2021-11-04",
       "NO_RULE | ban-dan-van@binh-phuoc | binh-phuoc");
    on(*state, "ban-dan-van@binh-phuoc", "exchange", "", "2021-11-05",
       "to bcsd-ubnd@binh-phuoc DN-4.2.2\nto ubnd@binh-phuoc DN-4.2.2\n");
    on(*state, "bcsd-ubnd@binh-phuoc", "draft", "", "2025-12-31", "to ban-dan-van@binh-phuoc DN-4.1.3c\n");
    on(*state, "bcsd-ubnd@binh-phuoc", "draft", "", "2026-01-01",
       "NO_RULE | bcsd-ubnd@binh-phuoc | binh-phuoc");
    on(*state, "ban-dan-van@bu-dang", "exchange", "", "2025-11-10",
       "NO_RULE | ban-dan-van@bu-dang | bu-dang");
}

/* --- tuyen-quang-khoi --------------------------------------------------------------------------- */

static void form_bloc(struct world *w)
{
    set_organs(w, "khoi-co-quan",
               "cap-uy thuong-truc ban-thuong-vu ban-tuyen-giao van-phong cong-doan=to-chuc-ct-xh "
               "doan-thanh-nien=to-chuc-ct-xh");
    adopt(w, "khoi-co-quan", regime_file(w, "tuyen-quang-khoi"), true);
}

static void tq_10_2_goes_through_the_propaganda_commission_twice_a_year(void **state)
{
    form_bloc(*state);
    expect(*state, "cap-uy@chi-bo-hai", "periodic", "2026-H1",
           "to ban-thuong-vu@khoi-co-quan through ban-tuyen-giao@khoi-co-quan TQ-10.2\n");
    expect(*state, "cap-uy@chi-bo-hai", "periodic", "2026",
           "to ban-thuong-vu@khoi-co-quan through ban-tuyen-giao@khoi-co-quan TQ-10.2\n");
    expect(*state, "cap-uy@chi-bo-hai", "periodic", "2026-10", "NO_RULE | cap-uy@chi-bo-hai | chi-bo-hai");
    expect(*state, "cap-uy@chi-bo-hai", "periodic", "2026-9M", "NO_RULE | cap-uy@chi-bo-hai | chi-bo-hai");
    expect(*state, "cong-doan@khoi-co-quan", "periodic", "2026-H1",
           "to ban-thuong-vu@khoi-co-quan through ban-tuyen-giao@khoi-co-quan TQ-10.2b\n");
    expect(*state, "cong-doan@khoi-co-quan", "periodic", "2026-Q1",
           "NO_RULE | cong-doan@khoi-co-quan | khoi-co-quan");
}

static void tq_10_3_goes_directly(void **state)
{
    form_bloc(*state);
    expect(*state, "cap-uy@chi-bo-hai", "urgent", "",
           "to ban-thuong-vu@khoi-co-quan TQ-10.3\nto thuong-truc@khoi-co-quan TQ-10.3\n");
}

static void the_blocs_own_rules_are_for_the_bloc(void **state)
{
    form_bloc(*state);
    expect(*state, "ban-tuyen-giao@khoi-co-quan", "consolidation", "",
           "to ban-thuong-vu@khoi-co-quan TQ-5.3\nto thuong-truc@khoi-co-quan TQ-5.3\n");
    expect(*state, "doan-thanh-nien@khoi-co-quan", "reflection", "", "to cap-uy@khoi-co-quan TQ-7.5\n");
    expect(*state, "ban-tuyen-giao@khoi-co-quan", "review", "", "to ban-thuong-vu@khoi-co-quan TQ-11.3\n");
    expect(*state, "cong-doan@khoi-co-quan", "evaluation", "2025",
           "to ban-thuong-vu@khoi-co-quan TQ-11.4b\n");
    expect(*state, "cap-uy@chi-bo-hai", "evaluation", "2025", "to ban-thuong-vu@khoi-co-quan TQ-11.4a\n");
    expect(*state, "van-phong@khoi-co-quan", "evaluation", "2025",
           "NO_RULE | van-phong@khoi-co-quan | khoi-co-quan");
}

static void the_committee_of_the_bloc_reports_upward_by_the_province(void **state)
{
    form_bloc(*state);
    expect(*state, "cap-uy@khoi-co-quan", "periodic", "2026-10",
           "to cap-uy@binh-phuoc BP-24.2b\ncopy ban-dan-van@binh-phuoc BP-24.2b\n");
    expect(*state, "cap-uy@khoi-co-quan", "urgent", "",
           "to thuong-truc@binh-phuoc BP-24.4b\nobserve ban-dan-van@binh-phuoc BP-24.4b\n");
    expect(*state, "cap-uy@khoi-co-quan", "flash", "", "NO_RULE | cap-uy@khoi-co-quan | khoi-co-quan");
    expect(*state, "ban-tuyen-giao@khoi-co-quan", "directed", "",
           "NO_RULE | ban-tuyen-giao@khoi-co-quan | khoi-co-quan");
}

/* Before its own regime began, the province's held in the bloc too. */
static void before_its_own_regime_the_bloc_had_the_provinces(void **state)
{
    form_bloc(*state);
    on(*state, "cap-uy@chi-bo-hai", "periodic", "2022-06", "2022-07-11",
       "NO_RECIPIENT | BP-24.2b | Điều 24 khoản 2 | ban-dan-van | khoi-co-quan");
    on(*state, "cap-uy@chi-bo-hai", "periodic", "2022-06", "2022-07-12",
       "NO_RULE | cap-uy@chi-bo-hai | chi-bo-hai");
    on(*state, "cap-uy@chi-bo-hai", "periodic", "2022-H1", "2022-07-12",
       "to ban-thuong-vu@khoi-co-quan through ban-tuyen-giao@khoi-co-quan TQ-10.2\n");
}

static void a_bloc_that_lacks_the_via_organ_is_told_so(void **state)
{
    form_bloc(*state);
    set_organs(*state, "khoi-co-quan", "cap-uy thuong-truc ban-thuong-vu ban-dan-van");
    expect(*state, "cap-uy@chi-bo-hai", "periodic", "2026-H1",
           "NO_RECIPIENT | TQ-10.2 | Điều 10 khoản 2 | ban-tuyen-giao | khoi-co-quan");
    expect(*state, "cap-uy@chi-bo-hai", "urgent", "",
           "to ban-thuong-vu@khoi-co-quan TQ-10.3\nto thuong-truc@khoi-co-quan TQ-10.3\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
        TEST(hn_24_2_copies_every_report_to_a_commission),
        TEST(hn_24_3_and_24_4_follow_the_line_of_the_commissions),
        TEST(hn_23_and_16_5_stay_within_the_unit),
        TEST(hn_5_and_hn_27_are_the_citys_own),
        TEST(ha_noi_begins_on_the_day_it_was_signed),
        TEST(a_district_without_a_commission_has_a_member_in_charge),
        TEST(dn_4_1_3_tells_the_commission_before_a_matter_is_settled),
        TEST(dn_4_1_4_and_4_2_2_go_both_ways),
        TEST(dn_4_1_7_waits_for_the_commission),
        TEST(dn_5_2_is_signed_by_both_whoever_leads),
        TEST(dn_5_2_is_not_signed_twice_by_one_organ),
        TEST(dn_5_2_is_copied_upward_where_there_is_a_superior),
        TEST(dong_nai_ends_with_its_period_and_is_not_inherited),
        TEST(tq_10_2_goes_through_the_propaganda_commission_twice_a_year),
        TEST(tq_10_3_goes_directly),
        TEST(the_blocs_own_rules_are_for_the_bloc),
        TEST(the_committee_of_the_bloc_reports_upward_by_the_province),
        TEST(before_its_own_regime_the_bloc_had_the_provinces),
        TEST(a_bloc_that_lacks_the_via_organ_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
