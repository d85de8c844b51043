/* decimal.h - exact sums of decimal numbers in text, as reports carry them: no binary fractions anywhere. */
#ifndef DG_COMMON_DECIMAL_H
#define DG_COMMON_DECIMAL_H

#include "common/bytes.h"

/* The sum of count decimals (an optional '-', digits, optionally '.' and digits), with as many places after
 * the point as the longest of them has. In arena. False when one is no decimal or memory is spent. */
bool dg_decimal_sum(struct dg_arena *arena, const struct dg_bytes value[], size_t count,
                    struct dg_bytes *ret) DG_MUST_CHECK;

#endif
