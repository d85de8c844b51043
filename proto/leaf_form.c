#include "proto/leaf_form.h"

#include "common/line.h"
#include "common/text.h"

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
    return is_upper(c) || is_digit(c) || (c >= 'a' && c <= 'z');
}

bool dg_leaf_rule_ok(struct dg_bytes rule)
{
    if (rule.size == 0 || rule.size > DG_RULE_ID_MAX || !is_alnum(rule.data[0]))
        return false;
    for (size_t i = 1; i < rule.size; i++) {
        uint8_t c = rule.data[i];
        if (!is_alnum(c) && c != '.' && c != '_' && c != '-')
            return false;
    }
    return true;
}

bool dg_leaf_code_ok(struct dg_bytes code)
{
    if (code.size == 0 || code.size > DG_LEAF_CODE_MAX || !is_upper(code.data[0]))
        return false;
    for (size_t i = 1; i < code.size; i++) {
        uint8_t c = code.data[i];
        if (!is_upper(c) && !is_digit(c) && c != '_')
            return false;
    }
    return true;
}

bool dg_leaf_origin_ok(struct dg_bytes origin)
{
    struct dg_bytes federation, unit, epoch;
    uint64_t number;

    return origin.size <= DG_ORIGIN_MAX && dg_line_cut(origin, '/', &federation, &epoch) &&
           dg_line_cut(epoch, '/', &unit, &epoch) && dg_federation_ok(federation) && dg_slug_ok(unit) &&
           dg_line_skip(&epoch, "e") && dg_decimal_parse(epoch, &number) && number <= UINT32_MAX;
}

bool dg_leaf_names_report(enum dg_leaf_kind kind)
{
    return kind == DG_LEAF_REPORT || kind == DG_LEAF_STATE || kind == DG_LEAF_PASS || kind == DG_LEAF_VOID ||
           kind == DG_LEAF_COMMENT;
}

/* The lists are short (limits.h), so that comparing every pair is cheaper than sorting a copy. */

bool dg_leaf_author_is_new(const struct dg_leaf_author *author, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (dg_bytes_equal(author[i].organ, author[index].organ) &&
            dg_bytes_equal(author[i].unit, author[index].unit))
            return false;
    return true;
}

bool dg_leaf_delivery_is_new(const struct dg_leaf_delivery *delivery, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (dg_bytes_equal(delivery[i].organ, delivery[index].organ) &&
            dg_bytes_equal(delivery[i].unit, delivery[index].unit))
            return false;
    return true;
}

bool dg_leaf_regime_is_new(const struct dg_hash *regime, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (dg_hash_equal(&regime[i], &regime[index]))
            return false;
    return true;
}

bool dg_leaf_text_is_new(const struct dg_bytes *text, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (dg_bytes_equal(text[i], text[index]))
            return false;
    return true;
}
