/* papers.h - reports as a commune's committee writes them: no two alike, each of 4 KiB of Vietnamese.
 *
 * The sentences are those of the demonstration's reports, in an order of their own for each number.
 * Threads: once loaded, any thread may write papers.
 */
#ifndef DG_TESTS_BENCH_PAPERS_H
#define DG_TESTS_BENCH_PAPERS_H

#include "common/bytes.h"
#include "common/fault.h"
#include "common/when.h"

enum { PAPER_BYTES = 4096, SENTENCES_MAX = 2048 };

struct papers {
    struct dg_arena arena;
    size_t count;
    struct dg_bytes sentence[SENTENCES_MAX];
    char date[DG_DAY_TEXT], period[DG_PERIOD_TEXT];
};

/* Reads every *.md of folder. The papers will be dated today, about the month before. DG_ERR_BAD_FILE … */
enum dg_err papers_load(struct papers *papers, const char *folder, struct dg_fault *fault) DG_MUST_CHECK;
void papers_done(struct papers *papers);
/* Writes the control request that pushes paper `number` from the commune's committee, with copies to
 * the committee and the Ban Dân vận of the unit named by upper. */
enum dg_err paper_request(const struct papers *papers, uint64_t number, const char *upper,
                          struct dg_buf *out) DG_MUST_CHECK;

#endif
