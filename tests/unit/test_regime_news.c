/* test_regime_news.c - who is told that another unit has adopted a regime. The federation is that of
 * support/federation.h: tinh above huyen and khoi, xa below huyen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/support/federation.h"

static int set_up(void **state)
{
    *state = fed_new(true); /* xa brought a regime of its own along */
    return 0;
}

static int tear_down(void **state)
{
    fed_free(*state);
    return 0;
}

static void adopt(struct fed *fed, enum fed_place place)
{
    struct dg_bytes regime = fed_regime(fed, "moi");
    struct dg_ctl_request request = {.verb = DG_CTL_ADOPT, .regime_count = 1, .regime = &regime};
    assert_true(dg_day_parse(dg_bytes_of("2027-01-01"), &request.from));
    assert_int_equal(fed_control(&fed->node[place], &request).fault.err, DG_OK);
    fed_run(fed, 20);
}

struct news {
    size_t count, calling;
    char about[DG_SLUG_MAX + 1], detail[64];
};

static bool collect(void *ctx, const struct dg_attention *item)
{
    struct news *news = ctx;
    if (!dg_bytes_is(item->code, "REGIME_ADOPTED"))
        return true;
    news->count++;
    news->calling += dg_attention_calls(item);
    snprintf(news->about, sizeof news->about, "%.*s", (int)item->about.size, (const char *)item->about.data);
    snprintf(news->detail, sizeof news->detail, "%.*s", (int)item->detail.size,
             (const char *)item->detail.data);
    return true;
}

static struct news news_at(struct fed *fed, enum fed_place place)
{
    struct dg_txn *txn;
    struct news news = {0};
    assert_int_equal(dg_begin_read(fed->node[place].store, &txn), DG_OK);
    dg_attention_each(txn, collect, &news);
    dg_abort(fed->node[place].store, txn);
    return news;
}

static void the_superior_is_told_of_a_regime_below(void **state)
{
    adopt(*state, FED_HUYEN);
    struct news news = news_at(*state, FED_TINH);
    assert_int_equal(news.count, 1);
    assert_string_equal(news.about, "huyen");
    assert_string_equal(news.detail, "moi, 2027-01-01");
    assert_int_equal(news_at(*state, FED_HUYEN).count, 0); /* it did that itself */
    assert_int_equal(news_at(*state, FED_KHOI).count, 0);
}

static void everybody_below_is_told_of_a_regime_above(void **state)
{
    adopt(*state, FED_TINH);
    assert_int_equal(news_at(*state, FED_HUYEN).count, 1);
    assert_int_equal(news_at(*state, FED_KHOI).count, 1);
    assert_int_equal(news_at(*state, FED_XA).count, 1);
    assert_string_equal(news_at(*state, FED_XA).about, "tinh");
}

static void two_levels_up_it_is_not_their_affair(void **state)
{
    adopt(*state, FED_XA);
    assert_int_equal(news_at(*state, FED_HUYEN).count, 1);
    assert_int_equal(news_at(*state, FED_TINH).count, 0);
}

static void what_an_invitation_brought_along_is_no_news(void **state)
{
    assert_int_equal(news_at(*state, FED_HUYEN).count, 0);
    assert_int_equal(news_at(*state, FED_TINH).count, 0);
}

static void it_is_no_fault_of_the_node(void **state)
{
    adopt(*state, FED_TINH);
    assert_int_equal(news_at(*state, FED_XA).calling, 0);
}

int main(void)
{
    struct dg_fault fault;
    if (dg_crypto_start(&fault) != DG_OK)
        return 1;
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_superior_is_told_of_a_regime_below),
        TEST(everybody_below_is_told_of_a_regime_above),
        TEST(two_levels_up_it_is_not_their_affair),
        TEST(what_an_invitation_brought_along_is_no_news),
        TEST(it_is_no_fault_of_the_node),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
