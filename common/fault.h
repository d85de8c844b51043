/* fault.h - one refusal or failure, with everything a person needs to act on it.
 *
 * Core and proto fill a fault in; only the edges (CLI, log) turn it into a sentence, in Vietnamese
 * or English, by the table of errors.def; details that are fixed phrases are in details.def. A fault
 * crosses the control socket as it is.
 */
#ifndef DG_COMMON_FAULT_H
#define DG_COMMON_FAULT_H

#include <stdint.h>

#include "common/err.h"
#include "common/limits.h"

struct dg_fault {
    enum dg_err err;
    char rule[DG_RULE_ID_MAX + 1];
    char cites[DG_CITES_MAX + 1];
    char unit[DG_SLUG_MAX + 1];
    char organ[DG_ADDRESS_MAX + 1]; /* an organ's address, slug or a role, as the case is */
    char what[256];                 /* the offending value or a detail, UTF-8, cut at a character */
    uint32_t line, column;          /* in the input file, 1-based; 0 when there is none */
};

/* Clears fault and sets its code. Returns err, so that `return dg_fault(f, …)` reads well.
 * fault may be NULL everywhere. */
enum dg_err dg_fault(struct dg_fault *fault, enum dg_err err);
/* The same with a detail in printf form. */
enum dg_err dg_faultf(struct dg_fault *fault, enum dg_err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Names the rule and the document it cites. Copies, cut at a character; NULL is the empty text. */
void dg_fault_rule(struct dg_fault *fault, const char *rule, const char *cites);
/* Names the unit concerned; copied in the same way. */
void dg_fault_unit(struct dg_fault *fault, const char *unit);
/* Names the organ concerned; copied in the same way. */
void dg_fault_organ(struct dg_fault *fault, const char *organ);

/* The sentence that says what is wrong: language "vi" or "en"; the template's {rule}, {cites},
 * {unit}, {organ}, {what}, {line}, {column} filled in. At most size bytes with the NUL; cut at a
 * character when it does not fit. */
void dg_fault_text(const struct dg_fault *fault, const char *language, char *ret, size_t size);
/* The line that says what to do about it. */
void dg_fault_remedy(const struct dg_fault *fault, const char *language, char *ret, size_t size);

#endif
