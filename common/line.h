/* line.h - the strict reading of line-based signed text: lines, decimals, code points.
 *
 * One value has one spelling, so that bytes which verify are the bytes that were signed.
 * Memory: views borrow the text they were cut from.
 */
#ifndef DG_COMMON_LINE_H
#define DG_COMMON_LINE_H

#include "common/bytes.h"

/* Takes the next LF-terminated line off rest, without its LF. False when no LF is left. */
bool dg_line_next(struct dg_bytes *rest, struct dg_bytes *ret_line);
/* Cuts text at its first separator; neither part holds it. False when there is none. */
bool dg_line_cut(struct dg_bytes text, char separator, struct dg_bytes *ret_before,
                 struct dg_bytes *ret_after);
/* Takes prefix off the start of text. False, leaving text alone, when it starts otherwise. */
bool dg_line_skip(struct dg_bytes *text, const char *prefix);
/* Reads a decimal of at most INT64_MAX (the most other implementations hold): digits only, and no
 * leading zero but in "0". */
bool dg_decimal_parse(struct dg_bytes text, uint64_t *ret);
/* Takes the next code point off rest. False at the end and for anything that is not UTF-8. */
bool dg_rune_next(struct dg_bytes *rest, uint32_t *ret);
/* True for what Unicode calls white space. */
bool dg_rune_is_space(uint32_t rune);

#endif
