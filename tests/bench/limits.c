/* limits.c - the machine's limits, each measured alone and by the same library as the nodes use. */
#include "tests/bench/limits.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zmq.h>

#include "common/crypto.h"
#include "node/store/store_lmdb.h"
#include "tests/bench/clock.h"

enum { THREADS_MAX = 64, ROW_BYTES = 4096, CURVE_MESSAGES = 50000 };

static const double measure_s = 1.0;

/* Does `once` again and again for a second; how often in a second of clock. Negative when it failed. */
static double rate_of(bool (*once)(void *ctx), void *ctx, double (*clock)(void))
{
    double start = clock_s(), counted = clock();
    size_t done = 0;
    for (; clock_s() < start + measure_s; done++)
        if (!once(ctx))
            return -1;
    return (double)done / (clock() - counted);
}

/* ---- the processor -------------------------------------------------------------------------------- */

struct signed_message {
    struct dg_seed seed;
    struct dg_key key;
    struct dg_bytes message;
    struct dg_sig sig;
};

static bool verify_once(void *ctx)
{
    const struct signed_message *m = ctx;
    return dg_verify(&m->key, DG_CONTEXT_REPORT, m->message, &m->sig);
}

static bool sign_once(void *ctx)
{
    struct signed_message *m = ctx;
    m->sig = dg_sign(&m->seed, DG_CONTEXT_REPORT, m->message);
    return true;
}

static bool hash_once(void *ctx)
{
    struct signed_message *m = ctx;
    struct dg_hash hash = dg_sha256(m->message);
    return hash.b[0] != 0 || hash.b[1] != 0 || hash.b[2] != 0 || hash.b[3] != 0;
}

struct verifier {
    pthread_t thread;
    const struct signed_message *message;
    double rate;
};

static void *verify_thread(void *ctx)
{
    struct verifier *verifier = ctx;
    struct signed_message own = *verifier->message;
    verifier->rate = rate_of(verify_once, &own, clock_thread_s);
    return NULL;
}

/* All cores at once: two of them may be one core twice. */
static double verify_on_all(const struct signed_message *message, unsigned cores)
{
    struct verifier verifier[THREADS_MAX];
    unsigned started = 0;
    double rate = 0;
    for (; started < cores && started < THREADS_MAX; started++) {
        verifier[started] = (struct verifier){.message = message};
        if (pthread_create(&verifier[started].thread, NULL, verify_thread, &verifier[started]) != 0)
            break;
    }
    for (unsigned i = 0; i < started; i++) {
        pthread_join(verifier[i].thread, NULL);
        rate += verifier[i].rate;
    }
    return rate;
}

static bool measure_processor(size_t message_size, struct limits *ret)
{
    static uint8_t bytes[64 * 1024];
    struct signed_message message = {.message = dg_bytes_at(bytes, message_size)};
    if (message_size > sizeof bytes)
        return false;
    dg_random(bytes, sizeof bytes);
    dg_keypair(&message.key, &message.seed);
    ret->sign_per_s = rate_of(sign_once, &message, clock_thread_s);
    ret->verify_per_s = rate_of(verify_once, &message, clock_thread_s);
    ret->verify_all_per_s = verify_on_all(&message, ret->cores);
    ret->sha256_per_s = rate_of(hash_once, &message, clock_thread_s) * (double)message_size;
    return ret->verify_per_s > 0 && ret->verify_all_per_s > 0 && ret->sha256_per_s > 0;
}

/* ---- the disk ------------------------------------------------------------------------------------- */

static bool sync_once(void *ctx)
{
    static const uint8_t block[ROW_BYTES] = {1};
    const int *fd = ctx;
    return write(*fd, block, sizeof block) == (ssize_t)sizeof block && fdatasync(*fd) == 0;
}

static bool measure_syncs(const char *dir, struct limits *ret)
{
    char path[512];
    snprintf(path, sizeof path, "%s/sync", dir);
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    ret->fdatasync_per_s = rate_of(sync_once, &fd, clock_s);
    close(fd);
    return unlink(path) == 0 && ret->fdatasync_per_s > 0;
}

struct probe {
    struct dg_store *store;
    uint64_t position;
};

bool probe_open(const char *dir, struct probe **ret)
{
    char path[512];
    struct dg_fault fault;
    struct probe *probe = calloc(1, sizeof *probe);
    snprintf(path, sizeof path, "%s/probe", dir);
    if (probe == NULL || mkdir(path, 0700) != 0 ||
        dg_store_lmdb_open(path, DG_STORE_CREATE, &probe->store, &fault) != DG_OK) {
        free(probe);
        return false;
    }
    *ret = probe;
    return true;
}

void probe_close(struct probe *probe)
{
    if (probe == NULL)
        return;
    dg_store_close(probe->store);
    free(probe);
}

bool probe_commit(struct probe *probe)
{
    uint8_t key[8], row[ROW_BYTES];
    struct dg_txn *txn;
    struct dg_committed committed;
    dg_u64be_put(key, ++probe->position);
    dg_random(row, sizeof row);
    if (dg_begin_write(probe->store, &txn) != DG_OK)
        return false;
    dg_put(txn, DG_TABLE_REPORT, dg_bytes_at(key, sizeof key), dg_bytes_at(row, sizeof row));
    return dg_commit(probe->store, txn, &committed) == DG_OK;
}

static bool commit_once(void *ctx)
{
    return probe_commit(ctx);
}

/* ---- the transport -------------------------------------------------------------------------------- */

struct curve {
    void *context, *push, *pull;
    size_t message_size;
    atomic_bool failed;
};

static void *push_thread(void *ctx)
{
    struct curve *curve = ctx;
    static const uint8_t bytes[64 * 1024];
    for (int i = 0; i < CURVE_MESSAGES; i++)
        if (zmq_send(curve->push, bytes, curve->message_size, 0) < 0)
            curve->failed = true;
    return NULL;
}

static bool curve_keys(struct curve *curve)
{
    struct dg_curve_key server, client;
    struct dg_seed server_seed, client_seed;
    const int on = 1;
    dg_curve_keypair(&server, &server_seed);
    dg_curve_keypair(&client, &client_seed);
    return zmq_setsockopt(curve->pull, ZMQ_CURVE_SERVER, &on, sizeof on) == 0 &&
           zmq_setsockopt(curve->pull, ZMQ_CURVE_SECRETKEY, server_seed.b, sizeof server_seed.b) == 0 &&
           zmq_setsockopt(curve->push, ZMQ_CURVE_SERVERKEY, server.b, sizeof server.b) == 0 &&
           zmq_setsockopt(curve->push, ZMQ_CURVE_PUBLICKEY, client.b, sizeof client.b) == 0 &&
           zmq_setsockopt(curve->push, ZMQ_CURVE_SECRETKEY, client_seed.b, sizeof client_seed.b) == 0;
}

static bool curve_connect(struct curve *curve)
{
    char endpoint[128];
    size_t size = sizeof endpoint;
    return curve_keys(curve) && zmq_bind(curve->pull, "tcp://127.0.0.1:*") == 0 &&
           zmq_getsockopt(curve->pull, ZMQ_LAST_ENDPOINT, endpoint, &size) == 0 &&
           zmq_connect(curve->push, endpoint) == 0;
}

/* The first message stands for the handshake and is not counted. */
static double curve_rate(struct curve *curve)
{
    pthread_t thread;
    uint8_t bytes[64 * 1024];
    double start = 0;
    if (pthread_create(&thread, NULL, push_thread, curve) != 0)
        return -1;
    for (int i = 0; i < CURVE_MESSAGES; i++) {
        if (zmq_recv(curve->pull, bytes, sizeof bytes, 0) < 0)
            curve->failed = true;
        if (i == 0)
            start = clock_s();
    }
    double seconds = clock_s() - start;
    pthread_join(thread, NULL);
    return curve->failed ? -1 : (CURVE_MESSAGES - 1) / seconds;
}

static bool measure_curve(size_t message_size, struct limits *ret)
{
    struct curve curve = {.context = zmq_ctx_new(), .message_size = message_size};
    curve.push = zmq_socket(curve.context, ZMQ_PUSH);
    curve.pull = zmq_socket(curve.context, ZMQ_PULL);
    bool ok = curve.push != NULL && curve.pull != NULL && curve_connect(&curve);
    if (ok)
        ret->curve_per_s = curve_rate(&curve);
    zmq_close(curve.push);
    zmq_close(curve.pull);
    zmq_ctx_term(curve.context);
    return ok && ret->curve_per_s > 0;
}

bool limits_measure(const char *dir, struct probe *probe, size_t message_size, struct limits *ret)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *ret = (struct limits){.cores = cores > 0 ? (unsigned)cores : 1};
    const char *failed = NULL;
    if (!measure_processor(message_size, ret))
        failed = "Ed25519 or SHA-256";
    else if (!measure_syncs(dir, ret))
        failed = "fdatasync";
    else if ((ret->commit_per_s = rate_of(commit_once, probe, clock_s)) <= 0)
        failed = "a store";
    else if (!measure_curve(message_size, ret))
        failed = "CURVE";
    if (failed != NULL)
        fprintf(stderr, "pipeline: %s cannot be measured in %s\n", failed, dir);
    return failed == NULL;
}
