/* workers.c - the pool: one batch at a time, claims taken by number. */
#include "node/shell/workers.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct dg_workers {
    pthread_mutex_t mutex;
    pthread_cond_t work, done;
    unsigned thread_count;
    pthread_t thread[DG_WORKERS_MAX];

    /* Under the mutex. */
    unsigned tickets; /* threads that should still take up the batch */
    unsigned busy;    /* threads that have not finished it */
    bool stopping;

    /* The batch: pointers to its distinct claims. Written before it is announced. */
    size_t distinct_count;
    struct dg_claim **distinct;
    atomic_size_t next;

    /* The loop's thread only. */
    size_t capacity;
    struct dg_claim **order; /* room for `capacity`; distinct is its second half */
};

static void verify(struct dg_claim *claim)
{
    claim->ok = dg_verify(&claim->key, claim->context, claim->message, &claim->sig);
}

/* ---- the threads --------------------------------------------------------------------------------- */

static void verify_batch(struct dg_workers *workers)
{
    size_t i;
    while ((i = atomic_fetch_add_explicit(&workers->next, 1, memory_order_relaxed)) < workers->distinct_count)
        verify(workers->distinct[i]);
}

static void *thread_main(void *arg)
{
    struct dg_workers *workers = arg;
    pthread_mutex_lock(&workers->mutex);
    for (;;) {
        while (workers->tickets == 0 && !workers->stopping)
            pthread_cond_wait(&workers->work, &workers->mutex);
        if (workers->stopping)
            break;
        workers->tickets--;
        pthread_mutex_unlock(&workers->mutex);
        verify_batch(workers);
        pthread_mutex_lock(&workers->mutex);
        if (--workers->busy == 0)
            pthread_cond_signal(&workers->done);
    }
    pthread_mutex_unlock(&workers->mutex);
    return NULL;
}

static bool start_threads(struct dg_workers *workers, unsigned count)
{
    pthread_attr_t attr;
    if (pthread_attr_init(&attr) != 0)
        return false;
    bool ok = pthread_attr_setstacksize(&attr, DG_WORKER_STACK_BYTES) == 0;
    while (ok && workers->thread_count < count) {
        ok = pthread_create(&workers->thread[workers->thread_count], &attr, thread_main, workers) == 0;
        if (ok)
            workers->thread_count++;
    }
    pthread_attr_destroy(&attr);
    return ok;
}

enum dg_err dg_workers_new(unsigned count, struct dg_workers **ret)
{
    assert(count >= 1 && count <= DG_WORKERS_MAX);
    struct dg_workers *workers = calloc(1, sizeof *workers);
    if (workers == NULL)
        return DG_ERR_NO_MEMORY;
    pthread_mutex_init(&workers->mutex, NULL);
    pthread_cond_init(&workers->work, NULL);
    pthread_cond_init(&workers->done, NULL);
    if (!start_threads(workers, count)) {
        dg_workers_free(workers);
        return DG_ERR_SYSTEM;
    }
    *ret = workers;
    return DG_OK;
}

void dg_workers_free(struct dg_workers *workers)
{
    if (workers == NULL)
        return;
    pthread_mutex_lock(&workers->mutex);
    workers->stopping = true;
    pthread_cond_broadcast(&workers->work);
    pthread_mutex_unlock(&workers->mutex);
    for (unsigned i = 0; i < workers->thread_count; i++)
        pthread_join(workers->thread[i], NULL);
    pthread_cond_destroy(&workers->done);
    pthread_cond_destroy(&workers->work);
    pthread_mutex_destroy(&workers->mutex);
    free(workers->order);
    free(workers);
}

/* ---- the batch ----------------------------------------------------------------------------------- */

static int compare_claims(const struct dg_claim *a, const struct dg_claim *b)
{
    int order = memcmp(a->sig.b, b->sig.b, sizeof a->sig.b);
    if (order == 0)
        order = memcmp(a->key.b, b->key.b, sizeof a->key.b);
    if (order == 0)
        order = strcmp(a->context, b->context);
    if (order != 0 || (a->message.data == b->message.data && a->message.size == b->message.size))
        return order;
    return dg_bytes_compare(a->message, b->message);
}

static int compare_pointers(const void *a, const void *b)
{
    return compare_claims(*(struct dg_claim *const *)a, *(struct dg_claim *const *)b);
}

/* Room for pointers to all claims and to the distinct ones. Grown as needed, given back after a
 * large batch. */
static bool make_room(struct dg_workers *workers, size_t count)
{
    if (count <= workers->capacity)
        return true;
    struct dg_claim **order = realloc(workers->order, 2 * count * sizeof(struct dg_claim *));
    if (order == NULL)
        return false;
    workers->order = order;
    workers->capacity = count;
    return true;
}

/* Sorting, not hashing: whoever chooses the signatures cannot make it slow. */
static void find_distinct(struct dg_workers *workers, struct dg_claim claims[], size_t count)
{
    workers->distinct = workers->order + count;
    workers->distinct_count = 0;
    for (size_t i = 0; i < count; i++)
        workers->order[i] = &claims[i];
    qsort(workers->order, count, sizeof(struct dg_claim *), compare_pointers);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_claims(workers->order[i - 1], workers->order[i]) != 0)
            workers->distinct[workers->distinct_count++] = workers->order[i];
    }
}

/* The loop's own thread takes its share, since it would only wait: so a single claim wakes nobody (to hand
 * one over costs as much as to verify it), and no more threads are woken than there are claims for them. */
static void run_batch(struct dg_workers *workers)
{
    unsigned needed = workers->thread_count;
    if (workers->distinct_count - 1 < needed)
        needed = (unsigned)(workers->distinct_count - 1);
    atomic_store_explicit(&workers->next, 0, memory_order_relaxed);
    pthread_mutex_lock(&workers->mutex);
    workers->tickets = workers->busy = needed;
    for (unsigned i = 0; i < needed; i++)
        pthread_cond_signal(&workers->work);
    pthread_mutex_unlock(&workers->mutex);
    verify_batch(workers);
    pthread_mutex_lock(&workers->mutex);
    /* Whoever has not come yet finds nothing left to do, and is not waited for. */
    workers->busy -= workers->tickets;
    workers->tickets = 0;
    while (workers->busy > 0)
        pthread_cond_wait(&workers->done, &workers->mutex);
    pthread_mutex_unlock(&workers->mutex);
}

/* Gives every claim the verdict of its like. */
static void spread_verdicts(struct dg_workers *workers, size_t count)
{
    const struct dg_claim *judged = NULL;
    size_t next = 0;
    for (size_t i = 0; i < count; i++) {
        if (next < workers->distinct_count && workers->order[i] == workers->distinct[next])
            judged = workers->distinct[next++];
        workers->order[i]->ok = judged->ok;
    }
}

enum { ROOM_KEPT = 4096 };

void dg_workers_judge(void *ctx, struct dg_claim claims[], size_t count)
{
    struct dg_workers *workers = ctx;
    if (count == 0)
        return;
    if (!make_room(workers, count)) {
        /* Slower without memory, but never without a verdict. */
        for (size_t i = 0; i < count; i++)
            verify(&claims[i]);
        return;
    }
    find_distinct(workers, claims, count);
    run_batch(workers);
    spread_verdicts(workers, count);
    if (workers->capacity > ROOM_KEPT) {
        free(workers->order);
        workers->order = NULL;
        workers->capacity = 0;
    }
}
