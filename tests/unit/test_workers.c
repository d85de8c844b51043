/* The workers: every claim gets its own verdict, whatever the number of threads and claims. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "node/shell/workers.h"

enum { CLAIMS = 300 };

struct signer {
    struct dg_key key;
    struct dg_seed seed;
};

static struct signer new_signer(void)
{
    struct signer signer;
    dg_keypair(&signer.key, &signer.seed);
    return signer;
}

static struct dg_claim claim_of(const struct signer *signer, const char *message)
{
    struct dg_claim claim = {
        .context = DG_CONTEXT_REPORT, .key = signer->key, .message = dg_bytes_of(message), .ok = false};
    claim.sig = dg_sign(&signer->seed, DG_CONTEXT_REPORT, claim.message);
    return claim;
}

static struct dg_workers *new_workers(unsigned count)
{
    struct dg_workers *workers = NULL;
    assert_int_equal(dg_workers_new(count, &workers), DG_OK);
    return workers;
}

static void good_and_bad_claims_are_told_apart_by_any_number_of_threads(void **state)
{
    (void)state;
    static char message[CLAIMS][16];
    static struct dg_claim claim[CLAIMS];
    struct signer signer = new_signer();
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct dg_workers *workers = new_workers(threads);
        for (unsigned i = 0; i < CLAIMS; i++) {
            snprintf(message[i], sizeof message[i], "%u", i);
            claim[i] = claim_of(&signer, message[i]);
            if (i % 3 == 0)
                claim[i].sig.b[5] ^= 1;
            claim[i].ok = i % 2 == 0; /* whatever was there before */
        }
        dg_workers_judge(workers, claim, CLAIMS);
        for (unsigned i = 0; i < CLAIMS; i++)
            assert_int_equal(claim[i].ok, i % 3 != 0);
        dg_workers_free(workers);
    }
}

static void one_claim_is_judged(void **state)
{
    (void)state;
    struct signer signer = new_signer();
    struct dg_workers *workers = new_workers(2);
    struct dg_claim claim = claim_of(&signer, "one");
    dg_workers_judge(workers, &claim, 1);
    assert_true(claim.ok);
    claim.context = DG_CONTEXT_STATE;
    dg_workers_judge(workers, &claim, 1);
    assert_false(claim.ok);
    dg_workers_free(workers);
}

static void no_claim_is_no_work(void **state)
{
    (void)state;
    struct dg_workers *workers = new_workers(2);
    dg_workers_judge(workers, NULL, 0);
    dg_workers_free(workers);
}

static void the_same_claim_many_times_gets_one_verdict_everywhere(void **state)
{
    (void)state;
    static struct dg_claim claim[CLAIMS];
    struct signer signer = new_signer();
    struct dg_workers *workers = new_workers(2);
    static char here[] = "note", elsewhere[] = "note";
    for (unsigned i = 0; i < CLAIMS; i++)
        claim[i] = claim_of(&signer, i % 2 == 0 ? here : elsewhere);
    dg_workers_judge(workers, claim, CLAIMS);
    for (unsigned i = 0; i < CLAIMS; i++)
        assert_true(claim[i].ok);
    dg_workers_free(workers);
}

/* Each differs from the first in one thing only, so that none may borrow its verdict. */
static void claims_that_differ_in_one_thing_are_not_mixed_up(void **state)
{
    (void)state;
    struct signer signer = new_signer(), other = new_signer();
    struct dg_workers *workers = new_workers(2);
    struct dg_claim claim[5];
    for (size_t i = 0; i < 5; i++)
        claim[i] = claim_of(&signer, "message");
    claim[1].key = other.key;
    claim[2].context = DG_CONTEXT_STATE;
    claim[3].message = dg_bytes_of("massage");
    claim[4].sig = dg_sign(&other.seed, DG_CONTEXT_REPORT, dg_bytes_of("message"));
    dg_workers_judge(workers, claim, 5);
    assert_true(claim[0].ok);
    for (size_t i = 1; i < 5; i++)
        assert_false(claim[i].ok);
    dg_workers_free(workers);
}

static void batch_follows_batch(void **state)
{
    (void)state;
    struct signer signer = new_signer();
    struct dg_workers *workers = new_workers(3);
    for (unsigned round = 0; round < 200; round++) {
        struct dg_claim claim[2] = {claim_of(&signer, "a"), claim_of(&signer, "b")};
        claim[round % 2].sig.b[0] ^= 1;
        dg_workers_judge(workers, claim, 2);
        assert_int_equal(claim[0].ok, round % 2 != 0);
        assert_int_equal(claim[1].ok, round % 2 == 0);
    }
    dg_workers_free(workers);
}

static void workers_stop_without_having_worked(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 50; round++)
        dg_workers_free(new_workers(DG_WORKERS_MAX));
    dg_workers_free(NULL);
}

int main(void)
{
    struct dg_fault fault;
    if (dg_crypto_start(&fault) != DG_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_and_bad_claims_are_told_apart_by_any_number_of_threads),
        cmocka_unit_test(one_claim_is_judged),
        cmocka_unit_test(no_claim_is_no_work),
        cmocka_unit_test(the_same_claim_many_times_gets_one_verdict_everywhere),
        cmocka_unit_test(claims_that_differ_in_one_thing_are_not_mixed_up),
        cmocka_unit_test(batch_follows_batch),
        cmocka_unit_test(workers_stop_without_having_worked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
