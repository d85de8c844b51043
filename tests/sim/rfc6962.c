/* rfc6962.c - the tree hash of RFC 6962 section 2.1, written anew so that nothing is believed twice. */
#include "tests/sim/laws.h"

#include "common/crypto.h"

static struct dg_hash node_hash(const struct dg_hash *left, const struct dg_hash *right)
{
    const uint8_t one = 1;
    struct dg_bytes part[] = {dg_bytes_at(&one, 1), dg_bytes_at(left->b, sizeof left->b),
                              dg_bytes_at(right->b, sizeof right->b)};
    return dg_sha256_parts(part, 3);
}

struct dg_hash sim_rfc6962_leaf(struct dg_bytes leaf)
{
    const uint8_t zero = 0;
    struct dg_bytes part[] = {dg_bytes_at(&zero, 1), leaf};
    return dg_sha256_parts(part, 2);
}

struct dg_hash sim_rfc6962_grow(struct dg_hash frontier[static 64], uint64_t n, const struct dg_hash *leaf)
{
    /* A bit that is set in n is a complete subtree of that level; adding one carries. */
    struct dg_hash carried = *leaf;
    unsigned level = 0;
    for (; (n >> level & 1) != 0; level++)
        carried = node_hash(&frontier[level], &carried);
    frontier[level] = carried;
    struct dg_hash root = carried;
    for (level++; n >> level != 0; level++)
        if ((n >> level & 1) != 0)
            root = node_hash(&frontier[level], &root);
    return root;
}
