/* number.h - the number of a document, as the rules of the Party and of the State write it.
 *
 *   Party  15-BC/HU, 03-QC/BDVTU-BCSDUBND (joint)     <n>-<type>/<organ>[-<organ>]…   36-HD/VPTW
 *   State  30/2020/NĐ-CP, 15/BC-UBND                  <n>/[<year>/]<type>-<organ>[-<organ>]…
 */
#ifndef DG_PROTO_NUMBER_H
#define DG_PROTO_NUMBER_H

#include "common/bytes.h"

enum dg_number_form { DG_NUMBER_PARTY = 1, DG_NUMBER_STATE };

struct dg_number {
    enum dg_number_form form;
    uint32_t n;           /* 1 to 999999 */
    uint32_t year;        /* State, where it is written; 0 otherwise */
    struct dg_bytes type; /* BC, NĐ; borrows the text */
    struct dg_bytes organ;
};

/* Reads exactly such a number, in upper case as documents have it. ret is written only then. */
bool dg_number_parse(struct dg_bytes text, struct dg_number *ret);

#endif
