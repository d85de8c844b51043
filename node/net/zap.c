/* zap.c - the thread that answers libzmq's question: may this key connect? (ZeroMQ RFC 27) */
#include "node/net/zap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <zmq.h>

#define ENDPOINT "inproc://zeromq.zap.01"

enum { SELF_TEST_MS = 2000, CLOSE_MS = 1000 };

/* The frames of a request, and how many we keep of a longer one. */
enum { VERSION, REQUEST, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIAL, FRAMES };

struct dg_zap {
    void *context;
    void *handler; /* REP, the thread's own while that runs */
    pthread_t thread;
    bool started;
    atomic_bool ended;
    atomic_ullong requests;

    pthread_mutex_t lock; /* of the keys */
    struct dg_curve_key *keys;
    size_t key_count;

    void *probe; /* REQ, by which the owner sees that the thread lives */
    bool asked;
    int64_t asked_ms, checked_ms, late_ms;
};

struct zap_request {
    zmq_msg_t frame[FRAMES];
    size_t count;
};

/* --- the keys ------------------------------------------------------------------------------- */

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct dg_curve_key));
}

enum dg_err dg_zap_allow(struct dg_zap *zap, const struct dg_curve_key keys[], size_t count)
{
    if (count > DG_ZAP_KEYS_MAX)
        return DG_ERR_TOO_LARGE;

    struct dg_curve_key *sorted = calloc(count + 1, sizeof *sorted);
    if (sorted == NULL)
        return DG_ERR_NO_MEMORY;
    if (count > 0)
        memcpy(sorted, keys, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_keys);

    pthread_mutex_lock(&zap->lock);
    struct dg_curve_key *old = zap->keys;
    zap->keys = sorted;
    zap->key_count = count;
    pthread_mutex_unlock(&zap->lock);
    free(old);
    return DG_OK;
}

bool dg_zap_allows(struct dg_zap *zap, const struct dg_curve_key *key)
{
    pthread_mutex_lock(&zap->lock);
    bool found = zap->key_count > 0 &&
                 bsearch(key, zap->keys, zap->key_count, sizeof *zap->keys, compare_keys) != NULL;
    pthread_mutex_unlock(&zap->lock);
    return found;
}

uint64_t dg_zap_requests(const struct dg_zap *zap)
{
    return atomic_load(&zap->requests);
}

/* --- the thread ----------------------------------------------------------------------------- */

/* Reads a frame. False only when the context or the socket is done for. */
static bool receive_frame(void *socket, zmq_msg_t *ret)
{
    int size;

    do
        size = zmq_msg_recv(ret, socket, 0);
    while (size < 0 && errno == EINTR);
    return size >= 0;
}

/* Reads a request; frames beyond the known ones are left out. Its frames are to be closed in any case. */
static bool receive_request(void *socket, struct zap_request *ret)
{
    zmq_msg_t extra;
    bool more = true, ok = true;

    ret->count = 0;
    while (more && ok) {
        zmq_msg_t *frame = ret->count < FRAMES ? &ret->frame[ret->count++] : &extra;
        zmq_msg_init(frame);
        ok = receive_frame(socket, frame);
        more = ok && zmq_msg_more(frame);
        if (frame == &extra)
            zmq_msg_close(frame);
    }
    return ok;
}

static void close_request(struct zap_request *request)
{
    for (size_t i = 0; i < request->count; i++)
        zmq_msg_close(&request->frame[i]);
}

static struct dg_bytes request_frame(struct zap_request *request, size_t index)
{
    if (index >= request->count)
        return (struct dg_bytes){0};
    return dg_bytes_at(zmq_msg_data(&request->frame[index]), zmq_msg_size(&request->frame[index]));
}

/* True, with the key, for a CURVE handshake on our ROUTER by a key of the set. */
static bool may_connect(struct dg_zap *zap, struct zap_request *request, struct dg_curve_key *ret_key)
{
    struct dg_bytes credential = request_frame(request, CREDENTIAL);

    if (!dg_bytes_is(request_frame(request, DOMAIN), DG_ZAP_DOMAIN))
        return false;
    atomic_fetch_add(&zap->requests, 1);
    if (!dg_bytes_is(request_frame(request, MECHANISM), "CURVE") || credential.size != sizeof ret_key->b)
        return false;
    memcpy(ret_key->b, credential.data, sizeof ret_key->b);
    return dg_zap_allows(zap, ret_key);
}

static bool send_text(void *socket, const char *text, int flags)
{
    return zmq_send(socket, text, strlen(text), flags) >= 0;
}

/* Answers the request: 200 and who it is, or 300, after which the peer tries again by itself. 400
 * would end its session for good, and a late admission would need somebody at the other end. */
static bool answer(struct dg_zap *zap, struct zap_request *request)
{
    struct dg_bytes id = request_frame(request, REQUEST);
    struct dg_curve_key key;
    char user[DG_HEX_BYTES] = "";
    bool ok = may_connect(zap, request, &key);

    if (ok)
        dg_hex(key.b, sizeof key.b, user);
    return send_text(zap->handler, "1.0", ZMQ_SNDMORE) &&
           zmq_send(zap->handler, id.data, id.size, ZMQ_SNDMORE) >= 0 &&
           send_text(zap->handler, ok ? "200" : "300", ZMQ_SNDMORE) &&
           send_text(zap->handler, ok ? "OK" : "not a member now", ZMQ_SNDMORE) &&
           send_text(zap->handler, user, ZMQ_SNDMORE) && send_text(zap->handler, "", 0);
}

/* Serves until the context is shut down. The socket stays bound whatever happens: handshakes then
 * wait in vain, and nobody gets in unchecked. */
static void *serve(void *arg)
{
    struct dg_zap *zap = arg;
    bool ok = true;

    while (ok) {
        struct zap_request request;
        ok = receive_request(zap->handler, &request) && answer(zap, &request);
        close_request(&request);
    }
    atomic_store(&zap->ended, true);
    return NULL;
}

/* Starts the thread without signals: those are the loop's, which they wake. */
static int start_thread(struct dg_zap *zap)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&zap->thread, NULL, serve, zap);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    zap->started = error == 0;
    return error;
}

/* --- its pulse ------------------------------------------------------------------------------ */

/* Asks a question in a domain of its own; no key is ever admitted there. */
static bool ask(struct dg_zap *zap)
{
    static const char *const frames[] = {"1.0", "probe", "probe", "", "", "NULL"};
    enum { LAST = sizeof frames / sizeof frames[0] - 1 };

    for (size_t i = 0; i <= LAST; i++) {
        if (!send_text(zap->probe, frames[i], ZMQ_DONTWAIT | (i < LAST ? ZMQ_SNDMORE : 0)))
            return false;
    }
    return true;
}

/* Takes the answer if it has come, and tells whether it is the expected refusal. */
static bool answered(struct dg_zap *zap)
{
    char status[4] = "";
    int more = 1;

    for (size_t i = 0; more; i++) {
        char frame[16] = "";
        size_t more_size = sizeof more;
        int size = zmq_recv(zap->probe, frame, sizeof frame - 1, ZMQ_DONTWAIT);
        if (size < 0)
            return false;
        if (i == 2)
            memcpy(status, frame, sizeof status - 1);
        zmq_getsockopt(zap->probe, ZMQ_RCVMORE, &more, &more_size);
    }
    return strcmp(status, "300") == 0;
}

bool dg_zap_alive(struct dg_zap *zap, int64_t now_ms)
{
    /* A machine that slept must not take its sleep for the thread's silence: whatever the time
     * since the last look, it counts as one second at most. */
    int64_t passed_ms = now_ms - zap->checked_ms;
    if (passed_ms > DG_ZAP_PROBE_MS)
        passed_ms = DG_ZAP_PROBE_MS;
    zap->checked_ms = now_ms;

    if (atomic_load(&zap->ended))
        return false;
    if (zap->asked && answered(zap))
        zap->asked = false;
    if (zap->asked) {
        zap->late_ms += passed_ms;
        return zap->late_ms < DG_ZAP_LATE_MS;
    }
    if (now_ms - zap->asked_ms >= DG_ZAP_PROBE_MS) {
        zap->asked = true;
        zap->asked_ms = now_ms;
        zap->late_ms = 0;
        return ask(zap);
    }
    return true;
}

/* --- life ----------------------------------------------------------------------------------- */

static bool self_test(struct dg_zap *zap)
{
    zmq_pollitem_t item = {.socket = zap->probe, .events = ZMQ_POLLIN};
    int ready;

    if (!ask(zap))
        return false;
    do
        ready = zmq_poll(&item, 1, SELF_TEST_MS);
    while (ready < 0 && zmq_errno() == EINTR);
    return ready == 1 && answered(zap);
}

static bool make_sockets(struct dg_zap *zap)
{
    const int none = 0;

    zap->handler = zmq_socket(zap->context, ZMQ_REP);
    zap->probe = zmq_socket(zap->context, ZMQ_REQ);
    return zap->handler != NULL && zap->probe != NULL &&
           zmq_setsockopt(zap->handler, ZMQ_LINGER, &none, sizeof none) == 0 &&
           zmq_setsockopt(zap->probe, ZMQ_LINGER, &none, sizeof none) == 0 &&
           zmq_bind(zap->handler, ENDPOINT) == 0 && zmq_connect(zap->probe, ENDPOINT) == 0;
}

enum dg_err dg_zap_open(void *context, struct dg_zap **ret, struct dg_fault *fault)
{
    struct dg_zap *zap = calloc(1, sizeof *zap);
    int error = 0;

    if (zap == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    zap->context = context;
    pthread_mutex_init(&zap->lock, NULL);

    *ret = zap;
    if (!make_sockets(zap))
        error = zmq_errno();
    else if ((error = start_thread(zap)) == 0 && !self_test(zap))
        error = ETIMEDOUT;
    if (error != 0)
        return dg_faultf(fault, DG_ERR_NETWORK, "the admission handler does not start: %s",
                         zmq_strerror(error));
    return DG_OK;
}

/* Waits for the thread, which the shutdown of the context wakes, but not for ever. */
static bool thread_has_ended(struct dg_zap *zap)
{
    const struct timespec ms = {.tv_nsec = 1000000};

    for (int i = 0; i < CLOSE_MS && !atomic_load(&zap->ended); i++)
        nanosleep(&ms, NULL);
    return atomic_load(&zap->ended);
}

bool dg_zap_close(struct dg_zap *zap)
{
    if (zap == NULL)
        return true;
    if (zap->probe != NULL)
        zmq_close(zap->probe);
    zmq_ctx_shutdown(zap->context);
    if (zap->started) {
        if (!thread_has_ended(zap))
            return false;
        pthread_join(zap->thread, NULL);
    }
    if (zap->handler != NULL)
        zmq_close(zap->handler);
    pthread_mutex_destroy(&zap->lock);
    free(zap->keys);
    free(zap);
    return true;
}
