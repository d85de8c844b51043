/* report_names.c - the words for urgency and for how a recipient gets a report. */
#include "proto/report.h"

#include <assert.h>

static const char *const URGENCIES[] = {
    [DG_URGENCY_NORMAL] = "normal",
    [DG_URGENCY_KHAN] = "khan",
    [DG_URGENCY_THUONG_KHAN] = "thuong-khan",
    [DG_URGENCY_HOA_TOC] = "hoa-toc",
};

static const char *const AS[] = {
    [DG_AS_TO] = "to",
    [DG_AS_COPY] = "copy",
    [DG_AS_OBSERVE] = "observe",
    [DG_AS_VIA] = "via",
};

const char *dg_urgency_name(enum dg_urgency urgency)
{
    assert(urgency >= DG_URGENCY_NORMAL && urgency <= DG_URGENCY_HOA_TOC);
    return URGENCIES[urgency];
}

bool dg_urgency_parse(struct dg_bytes text, enum dg_urgency *ret)
{
    for (unsigned i = DG_URGENCY_NORMAL; i <= DG_URGENCY_HOA_TOC; i++) {
        if (dg_bytes_is(text, URGENCIES[i])) {
            *ret = (enum dg_urgency)i;
            return true;
        }
    }
    return false;
}

const char *dg_as_name(enum dg_as as)
{
    assert(as >= DG_AS_TO && as <= DG_AS_VIA);
    return AS[as];
}

bool dg_as_parse(struct dg_bytes text, enum dg_as *ret)
{
    for (unsigned i = DG_AS_TO; i <= DG_AS_VIA; i++) {
        if (dg_bytes_is(text, AS[i])) {
            *ret = (enum dg_as)i;
            return true;
        }
    }
    return false;
}
