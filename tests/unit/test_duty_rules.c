/* test_duty_rules.c - which reports meet a duty when the regime has changed in between. */
#include "tests/unit/mandate_world.h"

#include "node/core/duty_rules.h"

enum { RULES = 3 };

/* The duty of mttq@duc-lieu (a commune of bu-dang) by BP-24.2a for June; bu-dang goes over to `huyen` in
 * July. */
struct change {
    struct world *world;
    struct dg_calendar_entry entry;
    struct dg_duty duty;
    struct dg_dir_adoption *old, *new;
};

static struct change make_change(struct world *w, const char *organ, const char *rule)
{
    struct change c = {.world = w, .old = &unit_of(w, "binh-phuoc")->adoption[0]};

    c.new = adopt(w, "bu-dang", regime_file(w, "huyen"), true);
    c.new->has_from = true;
    c.new->from = day_of("2026-07-01");
    c.entry = (struct dg_calendar_entry){.rule = word_of(rule), .period = word_of("2026-06")};
    const struct dg_regime *regime = rule[0] == 'H' ? c.new->regime : c.old->regime;
    c.duty = (struct dg_duty){.unit = unit_of(w, "duc-lieu"),
                              .organ = organ_of(w, "duc-lieu", organ),
                              .rule = dg_regime_rule(regime, word_of(rule))};
    assert_non_null(c.duty.rule);
    return c;
}

/* Whether a report of the organ for June meets the duty that was dated then, under that rule of that regime.
 */
static bool meets(struct change *c, const char *date, const char *rule, const struct dg_dir_adoption *used)
{
    struct dg_bytes cited[RULES] = {word_of(rule)};
    struct dg_author author = {.unit = c->duty.unit->slug, .organ = c->duty.organ->slug};
    struct dg_regime_use use = {.adoption = used->id};
    struct dg_recipient to = {.rule_count = 1, .rule = cited};
    const struct dg_report report = {.author_count = 1,
                                     .author = &author,
                                     .period = word_of("2026-06"),
                                     .date = word_of(date),
                                     .regime_count = 1,
                                     .regime = &use,
                                     .recipient_count = 1,
                                     .recipient = &to};

    c->duty.entry = &c->entry;
    return dg_duty_met_by(&c->duty, &report);
}

static void a_report_under_the_new_rules_meets_what_the_old_ones_asked(void **state)
{
    struct change c = make_change(*state, "mttq", "BP-24.2a");

    assert_true(meets(&c, "2026-06-20", "BP-24.2a", c.old));
    assert_true(meets(&c, "2026-07-03", "H-23.2a", c.new));
}

static void it_holds_for_what_goes_upward_too(void **state)
{
    struct change c = make_change(*state, "cap-uy", "BP-24.2b");

    assert_true(meets(&c, "2026-07-03", "H-23.2b", c.new));
    assert_false(meets(&c, "2026-07-03", "H-23.2a", c.new)); /* that one stays in the commune */
}

static void a_rule_of_another_kind_stands_in_nobodys_place(void **state)
{
    struct change c = make_change(*state, "mttq", "BP-24.2a");

    assert_false(meets(&c, "2026-07-03", "H-27", c.new));
    assert_false(meets(&c, "2026-07-03", "H-15.5", c.new));
}

static void the_old_rule_holds_as_long_as_it_is_in_force(void **state)
{
    struct change c = make_change(*state, "mttq", "BP-24.2a");

    c.new->main = false; /* beside the province's, not in its place */
    assert_false(meets(&c, "2026-07-03", "H-23.2a", c.new));
}

static void what_was_dated_before_the_change_meets_what_the_new_rules_ask(void **state)
{
    struct change c = make_change(*state, "mttq", "H-23.2a");

    assert_true(meets(&c, "2026-06-28", "BP-24.2a", c.old));
    /* Its author had not yet heard of the change. */
    assert_true(meets(&c, "2026-07-02", "BP-24.2a", c.old));
}

static void another_author_or_period_meets_nothing(void **state)
{
    struct change c = make_change(*state, "mttq", "BP-24.2a");

    c.entry.period = word_of("2026-05");
    assert_false(meets(&c, "2026-07-03", "H-23.2a", c.new));
    c.entry.period = word_of("2026-06");
    struct dg_dir_organ other = *c.duty.organ;
    struct dg_author author = {.unit = c.duty.unit->slug, .organ = word_of("ubnd")};
    const struct dg_report report = {.author_count = 1, .author = &author, .period = word_of("2026-06")};
    c.duty.organ = &other;
    c.duty.entry = &c.entry;
    assert_false(dg_duty_met_by(&c.duty, &report));
}

static void every_rule_that_may_stand_in_is_looked_for(void **state)
{
    struct change c = make_change(*state, "mttq", "BP-24.2a");
    struct dg_bytes other[DG_DUTY_RULES_MAX];

    c.duty.entry = &c.entry;
    assert_int_equal(dg_duty_other_rules(&c.duty, other, DG_DUTY_RULES_MAX), 1);
    assert_true(dg_bytes_is(other[0], "H-23.2a"));
    assert_int_equal(dg_duty_other_rules(&c.duty, other, 0), 0);
}

int main(void)
{
#define STORY(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)
    const struct CMUnitTest tests[] = {
        STORY(a_report_under_the_new_rules_meets_what_the_old_ones_asked),
        STORY(it_holds_for_what_goes_upward_too),
        STORY(a_rule_of_another_kind_stands_in_nobodys_place),
        STORY(the_old_rule_holds_as_long_as_it_is_in_force),
        STORY(what_was_dated_before_the_change_meets_what_the_new_rules_ask),
        STORY(another_author_or_period_meets_nothing),
        STORY(every_rule_that_may_stand_in_is_looked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
