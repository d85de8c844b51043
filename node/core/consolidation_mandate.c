/* consolidation_mandate.c - as what an organ may send a report that it has made of others. */
#include "node/core/consolidation.h"

static enum dg_err try(const struct dg_directory *directory, const struct dg_header *header,
                       struct dg_bytes kind, struct dg_arena *arena, struct dg_mandate *ret,
                       struct dg_fault *fault)
{
    struct dg_header tried = *header;
    tried.kind = kind;
    return dg_mandate_of(directory, &tried, arena, ret, fault);
}

enum dg_err dg_consolidation_mandate(const struct dg_directory *directory, const struct dg_dir_unit *self,
                                     struct dg_bytes organ, const struct dg_rule *rule, struct dg_bytes kind,
                                     struct dg_bytes period, struct dg_day day, struct dg_arena *arena,
                                     struct dg_bytes *ret_kind, struct dg_mandate *ret,
                                     struct dg_fault *fault)
{
    struct dg_header header = {
        .unit = self->slug, .organ = organ, .period = period, .date = day, .organs_on = day};
    const struct dg_bytes kinds[] = {dg_bytes_of("consolidation"), rule->kind, dg_bytes_of("directed")};
    struct dg_fault ignored;
    *ret_kind = kind.size > 0 ? kind : rule->kind;
    for (size_t i = 0; kind.size == 0 && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (try(directory, &header, kinds[i], arena, ret, &ignored) != DG_OK)
            continue;
        *ret_kind = kinds[i];
        return DG_OK;
    }
    return try(directory, &header, *ret_kind, arena, ret, fault);
}
