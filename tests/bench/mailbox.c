/* mailbox.c - how long a mailbox with little left to do takes to list, however much it has received.
 *
 *   mailbox [open=20]
 *
 * For 1,000, 10,000 and 100,000 finished deliveries of one organ beside the open ones: the open ones through
 * OPEN, and for comparison all of them.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/core/rows.h"
#include "node/store/store_lmdb.h"
#include "proto/state_table.h"
#include "tests/bench/clock.h"

enum { PER_TRANSACTION = 1000, LISTINGS = 50 };

static bool count_one(void *ctx, const struct dg_mail *mail)
{
    size_t *count = ctx;
    (void)mail;
    (*count)++;
    return true;
}

static bool fill(struct dg_store *store, uint64_t from, uint64_t to, uint32_t state)
{
    struct dg_bytes rule = dg_bytes_of("BP-24.2b");
    while (from < to) {
        struct dg_txn *txn;
        struct dg_committed committed;
        if (dg_begin_write(store, &txn) != DG_OK)
            return false;
        for (size_t i = 0; i < PER_TRANSACTION && from < to; i++, from++) {
            struct dg_mail mail = {.position = from,
                                   .as = DG_AS_TO,
                                   .rule_count = 1,
                                   .rule = &rule,
                                   .arrived_ms = 1793000000000 + (dg_ms)from,
                                   .state = state,
                                   .open = true};
            memcpy(mail.id.b, &from, sizeof from);
            dg_mail_put(txn, dg_bytes_of("cap-uy"), &mail);
        }
        if (dg_commit(store, txn, &committed) != DG_OK)
            return false;
    }
    return true;
}

/* The middle of many listings, in microseconds; *ret_count is what was listed. */
static double list(struct dg_store *store, bool all, size_t *ret_count)
{
    double took[LISTINGS];
    for (size_t i = 0; i < LISTINGS; i++) {
        struct dg_txn *txn;
        *ret_count = 0;
        if (dg_begin_read(store, &txn) != DG_OK)
            return 0;
        double start = clock_s();
        dg_mail_each(txn, dg_bytes_of("cap-uy"), all, count_one, ret_count);
        took[i] = clock_s() - start;
        dg_abort(store, txn);
    }
    return clock_quantile(took, LISTINGS, 0.5) * 1e6;
}

static bool measure(struct dg_store *store, unsigned open)
{
    static const uint64_t sizes[] = {1000, 10000, 100000};
    uint64_t stored = open;
    if (!fill(store, 0, open, DG_STATE_ARRIVED))
        return false;
    printf("%10s %8s %14s %14s\n", "finished", "open", "open ones, us", "all, us");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t shown, all;
        if (!fill(store, stored, sizes[i] + open, DG_STATE_DONE))
            return false;
        stored = sizes[i] + open;
        double short_us = list(store, false, &shown), long_us = list(store, true, &all);
        printf("%10zu %8zu %14.1f %14.1f\n", all - shown, shown, short_us, long_us);
    }
    return true;
}

static void store_remove(const char *home)
{
    static const char *const file[] = {"store/data.mdb", "store/lock.mdb", "node.lock"};
    char path[128];
    for (size_t i = 0; i < sizeof file / sizeof file[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", home, file[i]);
        (void)unlink(path);
    }
    (void)snprintf(path, sizeof path, "%s/store", home);
    (void)rmdir(path);
    (void)rmdir(home);
}

int main(int argc, char **argv)
{
    char home[] = "/tmp/donggui-mailbox.XXXXXX";
    struct dg_store *store;
    struct dg_fault fault = {.err = DG_OK};
    unsigned open = 20;
    if (argc > 1 && sscanf(argv[1], "open=%u", &open) != 1) {
        fputs("mailbox [open=20]\n", stderr);
        return 2;
    }
    if (mkdtemp(home) == NULL)
        return 1;
    bool ok = dg_store_lmdb_open(home, DG_STORE_CREATE, &store, &fault) == DG_OK;
    if (ok) {
        ok = measure(store, open);
        dg_store_close(store);
    } else {
        fprintf(stderr, "mailbox: %s %s\n", dg_err_name(fault.err), fault.what);
    }
    store_remove(home);
    return ok ? 0 : 1;
}
