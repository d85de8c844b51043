/* text.h - what may be called text: clean UTF-8 in NFC, and the names built from it.
 *
 * Clean means: valid UTF-8, no NUL, no C0 or C1 control but LF and TAB where lines are allowed, no
 * bidirectional control, no zero-width or other invisible format character, no U+2028 or U+2029, no
 * noncharacter, and no more than 30 combining marks in a row.
 * Pure functions; utf8proc is used here and nowhere else.
 */
#ifndef DG_COMMON_TEXT_H
#define DG_COMMON_TEXT_H

#include "common/bytes.h"
#include "common/fault.h"

enum dg_text_kind { DG_TEXT_LINE, DG_TEXT_LINES }; /* one line; LF and TAB allowed */

/* Checks that text is clean and already NFC, as every hop demands. DG_ERR_BAD_TEXT or
 * DG_ERR_NO_MEMORY. */
enum dg_err dg_text_check(struct dg_bytes text, enum dg_text_kind kind, struct dg_fault *fault) DG_MUST_CHECK;
/* Checks that input is clean and normalises it to NFC into arena as the point of entry does.
 * In lines, CRLF becomes LF and one leading BOM is dropped. DG_ERR_BAD_TEXT or DG_ERR_NO_MEMORY. */
enum dg_err dg_text_enter(struct dg_arena *arena, struct dg_bytes input, enum dg_text_kind kind,
                          struct dg_bytes *ret, struct dg_fault *fault) DG_MUST_CHECK;
/* Makes any bytes fit to show: replaces in place, by '?', each malformed byte and each character
 * that is not clean on one line. The text never grows. */
void dg_text_tame(char *text);
/* The same with another ASCII character. */
void dg_text_tame_with(char *text, char instead);
/* Display width in terminal columns; 0 for malformed text. */
size_t dg_text_width(struct dg_bytes text);
/* The largest size <= max that does not cut a character of text. */
size_t dg_text_cut(struct dg_bytes text, size_t max);
/* A folded copy for searching and suggesting: lower case, no marks, đ to d. "" if not clean. */
const char *dg_text_fold(struct dg_arena *arena, struct dg_bytes text);
/* Edit distance of two short ASCII words, at most 255; for "did you mean". */
unsigned dg_text_distance(const char *a, const char *b);

/* [a-z0-9]([a-z0-9-]{0,61}[a-z0-9])? */
bool dg_slug_ok(struct dg_bytes slug);
/* A lower-case DNS name of one or more labels. */
bool dg_federation_ok(struct dg_bytes name);
/* Splits organ@unit; both parts are slugs. False otherwise. Views borrow address. */
bool dg_address_split(struct dg_bytes address, struct dg_bytes *ret_organ, struct dg_bytes *ret_unit);

#endif
