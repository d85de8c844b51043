/* err.h - every way an operation can end, by one stable name used in code, on the wire, in the
 * log and on the screen.
 *
 * The list is errors.def; a code is never renamed or reused. Numbers stay inside one process:
 * what is stored or sent is the name.
 */
#ifndef DG_COMMON_ERR_H
#define DG_COMMON_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define DG_MUST_CHECK __attribute__((warn_unused_result))

enum dg_err {
    DG_OK = 0,
#define X(name, group, exit_code, en, en_do, vi, vi_do) DG_ERR_##name,
#include "common/errors.def"
#undef X
    DG_ERR_COUNT
};

/* Who has to act. */
enum dg_err_group {
    DG_GROUP_PEER,      /* refuse and record: the other side sent something wrong */
    DG_GROUP_TEMPORARY, /* refuse without a record: the same bytes may be fine later */
    DG_GROUP_LOCAL,     /* our user or operator must mend something */
    DG_GROUP_STORE,     /* the disk cannot be trusted: stop */
};

/* The stable name, "OK" for DG_OK. Never NULL. */
const char *dg_err_name(enum dg_err err);
/* The code of a name, DG_ERR_UNKNOWN when this version does not know it. */
enum dg_err dg_err_by_name(const char *name, size_t size);
/* Tells who has to act, by errors.def. */
enum dg_err_group dg_err_group(enum dg_err err);
/* The process exit status of interface table: 0 to 8, 75, 77, 130. */
int dg_err_exit(enum dg_err err);
/* The raw templates, for tests and for fault.c. language is "vi" or "en". */
const char *dg_err_text(enum dg_err err, const char *language);
/* The same for what to do about it. */
const char *dg_err_remedy(enum dg_err err, const char *language);

#endif
