/* test_regime_codec.c - regimes as compiled bytes. */
#include <stdio.h>

#include "codec_checks.h"

CODEC(regime, dg_regime, dg_regime_decode, dg_regime_encode)

/* Field numbers of donggui.proto. */
enum { VERSION = 1, NAME = 2, TITLE = 3, VALID_UNTIL = 5, ORGANS = 6, STAND_IN = 7, RULE = 8 };

static struct dg_buf sample_buf;

static int make_samples(void **state)
{
    struct dg_regime regime = sample_regime();

    if (start_crypto(state) != 0)
        return -1;
    dg_buf_init(&sample_buf, DG_REGIME_MAX);
    return dg_regime_encode(&regime, &sample_buf) == DG_OK ? 0 : -1;
}

static int free_samples(void **state)
{
    (void)state;
    dg_buf_done(&sample_buf);
    return 0;
}

static struct dg_bytes sample(void)
{
    return dg_buf_bytes(&sample_buf);
}

/* What decoding a regime of this one rule gives. */
static enum dg_err recode(struct dg_rule rule)
{
    struct dg_regime regime = sample_regime();
    struct dg_buf bytes;

    regime.rule = &rule;
    regime.rule_count = 1;
    dg_buf_init(&bytes, DG_REGIME_MAX);
    assert_int_equal(dg_regime_encode(&regime, &bytes), DG_OK);
    enum dg_err err = decode_only(pass_regime, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return err;
}

static void what_was_encoded_decodes_to_the_same(void **state)
{
    (void)state;
    struct dg_arena arena;
    struct dg_regime regime;

    check_round_trip(pass_regime, sample());
    dg_arena_init(&arena, 0);
    assert_int_equal(dg_regime_decode(&arena, sample(), &regime, NULL), DG_OK);
    assert_int_equal(regime.rule_count, 2);
    assert_true(dg_bytes_is(regime.rule[1].id, "BP-24.2b"));
    assert_true(regime.rule[0].to[0].if_superior);
    assert_true(regime.rule[0].has_via);
    assert_int_equal(regime.until.n, 21000);
    dg_arena_done(&arena);
}

static void hostile_bytes_do_no_harm(void **state)
{
    (void)state;
    check_truncation(pass_regime, sample(), false);
    check_bit_flips(pass_regime, sample(), true);
    check_memory_failures(pass_regime, sample());
    check_empty_items(pass_regime, sample(), RULE, DG_REGIME_MAX - 16, DG_REGIME_RULES_MAX * 1024);
    check_empty_items(pass_regime, sample(), ORGANS, DG_REGIME_MAX - 16, DG_REGIME_RULES_MAX * 1024);
}

static void other_encodings_of_the_same_regime_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_repeated(pass_regime, sample(), TITLE, 2), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_overlong(pass_regime, sample(), VERSION), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_unknown(pass_regime, sample()), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_regime, sample(), STAND_IN), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_regime, sample(), RULE), DG_ERR_MALFORMED);
}

static void values_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    struct dg_rule rule = sample_rule("BP-1");

    assert_int_equal(decode_with_number(pass_regime, sample(), VERSION, 2), DG_ERR_UNSUPPORTED_VERSION);
    assert_int_equal(decode_with_bytes(pass_regime, sample(), NAME, "Bình Phước"), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_regime, sample(), TITLE, "Ha\xCC\x80"), DG_ERR_BAD_TEXT);
    assert_int_equal(decode_with_bytes(pass_regime, sample(), VALID_UNTIL, "1999-01-01"), DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_bytes(pass_regime, sample(), VALID_UNTIL, "2026-13-01"), DG_ERR_BAD_DATE);
    rule.scope = (enum dg_scope)4;
    assert_int_equal(recode(rule), DG_ERR_UNSUPPORTED);
    rule = sample_rule("BP-1");
    rule.periods = 32;
    assert_int_equal(recode(rule), DG_ERR_UNSUPPORTED);
    rule = sample_rule("BP-1");
    rule.kind = sample_text("gossip");
    assert_int_equal(recode(rule), DG_ERR_UNSUPPORTED);
    rule = sample_rule("BP-1");
    rule.via.where = (enum dg_where)3;
    assert_int_equal(recode(rule), DG_ERR_UNSUPPORTED);
    assert_int_equal(recode(sample_rule("BP 1,2")), DG_ERR_MALFORMED);
}

static void two_rules_of_one_id_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_repeated(pass_regime, sample(), RULE, 2), DG_ERR_MALFORMED);
}

static void longer_lists_than_allowed_are_refused(void **state)
{
    (void)state;
    struct dg_bytes level[DG_REGIME_LIST_MAX + 1];
    struct dg_rule rule = sample_rule("BP-1");

    for (size_t i = 0; i < SAMPLE_COUNT(level); i++)
        level[i] = sample_text("district");
    rule.level = (struct dg_slugs){SAMPLE_COUNT(level), level};
    assert_int_equal(recode(rule), DG_ERR_TOO_LARGE);
    rule.level.count--;
    assert_int_equal(recode(rule), DG_OK);
    assert_int_equal(decode_with_repeated(pass_regime, sample(), STAND_IN, DG_REGIME_LIST_MAX + 1),
                     DG_ERR_TOO_LARGE);
}

/* The budget is for hostile bytes: an honest regime must fit, however terse. */
static void a_regime_of_terse_rules_decodes(void **state)
{
    (void)state;
    static struct dg_rule rule[DG_REGIME_RULES_MAX];
    static char id[DG_REGIME_RULES_MAX][8];
    struct dg_target to = {sample_text("mttq"), DG_WHERE_SAME, false};
    struct dg_regime regime = sample_regime();
    struct dg_buf bytes;

    for (size_t i = 0; i < DG_REGIME_RULES_MAX; i++) {
        snprintf(id[i], sizeof id[i], "BP-%u", (unsigned)i);
        rule[i] = (struct dg_rule){.id = sample_text(id[i]),
                                   .cites = sample_text("1"),
                                   .scope = DG_SCOPE_ALL,
                                   .kind = sample_text("flash"),
                                   .to_count = 1,
                                   .to = &to};
    }
    regime.rule = rule;
    regime.rule_count = DG_REGIME_RULES_MAX;
    dg_buf_init(&bytes, DG_REGIME_MAX);
    assert_int_equal(dg_regime_encode(&regime, &bytes), DG_OK);
    check_round_trip(pass_regime, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
}

static void an_indicator_is_added_up_unless_the_rule_says_otherwise(void **state)
{
    (void)state;
    struct dg_rule rule = sample_rule("BP-1"), silent = {0};
    struct dg_aggregate twice[] = {rule.aggregate[0], rule.aggregate[0]};

    assert_int_equal(dg_rule_aggregation(&rule, sample_text("ton-dong")), DG_AGGREGATE_LAST);
    assert_int_equal(dg_rule_aggregation(&rule, sample_text("ty-le")), DG_AGGREGATE_NONE);
    rule.aggregate_default = DG_AGGREGATE_LAST;
    assert_int_equal(dg_rule_aggregation(&rule, sample_text("cuoc-hop")), DG_AGGREGATE_LAST);
    assert_int_equal(dg_rule_aggregation(&silent, sample_text("cuoc-hop")), DG_AGGREGATE_SUM);
    rule.aggregate = twice;
    assert_int_equal(recode(rule), DG_ERR_MALFORMED);
    twice[1] = (struct dg_aggregate){sample_text("ty-le"), (enum dg_aggregation)4};
    assert_int_equal(recode(rule), DG_ERR_UNSUPPORTED);
}

static void kinds_and_levels_are_known_by_name(void **state)
{
    (void)state;
    assert_true(dg_kind_known(sample_text("periodic")));
    assert_true(dg_kind_known(sample_text("thematic")));
    assert_false(dg_kind_known(sample_text("Periodic")));
    assert_true(dg_level_known(sample_text("central")));
    assert_true(dg_level_known(sample_text("cell")));
    assert_false(dg_level_known(sample_text("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_decodes_to_the_same),
        cmocka_unit_test(hostile_bytes_do_no_harm),
        cmocka_unit_test(other_encodings_of_the_same_regime_are_refused),
        cmocka_unit_test(values_that_make_no_sense_are_refused),
        cmocka_unit_test(two_rules_of_one_id_are_refused),
        cmocka_unit_test(longer_lists_than_allowed_are_refused),
        cmocka_unit_test(a_regime_of_terse_rules_decodes),
        cmocka_unit_test(an_indicator_is_added_up_unless_the_rule_says_otherwise),
        cmocka_unit_test(kinds_and_levels_are_known_by_name),
    };

    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
