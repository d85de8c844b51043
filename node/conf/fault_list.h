/* fault_list.h - the mistakes of one file, so that a person can mend all of them in one go. */
#ifndef DG_NODE_CONF_FAULT_LIST_H
#define DG_NODE_CONF_FAULT_LIST_H

#include "common/bytes.h"
#include "common/fault.h"

enum { DG_REGIME_FAULTS_MAX = 200 };

/* The mistakes of one file, in order of their place. */
struct dg_fault_list {
    size_t count; /* at most DG_REGIME_FAULTS_MAX are kept */
    struct dg_fault item[DG_REGIME_FAULTS_MAX];
};

/* Adds a mistake at its place: what in printf form. Beyond the maximum it is dropped. */
void dg_fault_list_add(struct dg_fault_list *list, enum dg_err err, uint32_t line, uint32_t column,
                       const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The word among count known ones that word was probably meant to be, NULL when none is near. */
const char *dg_near_word(const char *word, const char *const known[], size_t count);

#endif
