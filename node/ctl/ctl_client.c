/* ctl_client.c - asking the daemon: one request, one reply, one deadline for all of it. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/limits.h"
#include "node/ctl/ctl.h"
#include "node/ctl/ctl_path.h"

enum { CONNECT_RETRY_MS = 20 };

struct call {
    const char *dir;
    int fd;
    int64_t deadline_ms;
    struct dg_fault *fault;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum dg_err no_answer(const struct call *call, const char *why)
{
    return dg_faultf(call->fault, DG_ERR_NOT_RUNNING, "%s: %s", call->dir, why);
}

/* Says why the socket cannot be reached. */
static enum dg_err refused(const struct call *call, int error)
{
    if (error == EACCES || error == EPERM)
        return dg_faultf(call->fault, DG_ERR_NOT_PERMITTED, "%s: %s", call->dir, strerror(error));
    if (error == ENOENT || error == ECONNREFUSED)
        return no_answer(call, "nobody serves it");
    return no_answer(call, strerror(error));
}

/* Waits until the socket is ready for events. DG_ERR_NOT_RUNNING at the deadline. */
static enum dg_err wait_for(const struct call *call, short events)
{
    struct pollfd item = {.fd = call->fd, .events = events};

    for (;;) {
        int64_t left_ms = call->deadline_ms - monotonic_ms();
        if (left_ms <= 0)
            return no_answer(call, "no answer in time");
        int count = poll(&item, 1, (int)left_ms);
        if (count > 0)
            return DG_OK;
        if (count < 0 && errno != EINTR)
            return no_answer(call, strerror(errno));
    }
}

/* Connects. A full backlog is not an error yet: slots are freed within seconds. */
static enum dg_err connect_to(struct call *call, int dir_fd)
{
    const struct timespec pause = {.tv_nsec = CONNECT_RETRY_MS * 1000000L};
    struct sockaddr_un address = dg_ctl_address(call->dir, dir_fd);

    while (connect(call->fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        if (errno != EAGAIN && errno != EINTR)
            return refused(call, errno);
        if (monotonic_ms() >= call->deadline_ms)
            return no_answer(call, "too many wait for it");
        nanosleep(&pause, NULL);
    }
    return DG_OK;
}

static enum dg_err send_all(const struct call *call, struct dg_bytes bytes)
{
    size_t done = 0;

    while (done < bytes.size) {
        ssize_t sent = send(call->fd, bytes.data + done, bytes.size - done, MSG_NOSIGNAL);
        if (sent >= 0) {
            done += (size_t)sent;
        } else if (errno == EAGAIN) {
            enum dg_err err = wait_for(call, POLLOUT);
            if (err != DG_OK)
                return err;
        } else if (errno != EINTR) {
            return no_answer(call, strerror(errno));
        }
    }
    return DG_OK;
}

static enum dg_err receive_all(const struct call *call, uint8_t *ret, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t got = recv(call->fd, ret + done, size - done, 0);
        if (got > 0) {
            done += (size_t)got;
        } else if (got == 0) {
            return no_answer(call, "it closed the connection without an answer");
        } else if (errno == EAGAIN) {
            enum dg_err err = wait_for(call, POLLIN);
            if (err != DG_OK)
                return err;
        } else if (errno != EINTR) {
            return no_answer(call, strerror(errno));
        }
    }
    return DG_OK;
}

static enum dg_err receive_reply(const struct call *call, struct dg_arena *arena, struct dg_bytes *ret)
{
    uint8_t header[DG_CTL_HEADER];
    enum dg_err err = receive_all(call, header, sizeof header);

    if (err != DG_OK)
        return err;
    size_t size = dg_u32be(header);
    if (size > DG_CTL_MSG_MAX)
        return dg_faultf(call->fault, DG_ERR_PROTOCOL, "the node announced a reply of %zu bytes", size);
    uint8_t *body = dg_arena_alloc(arena, size);
    if (body == NULL)
        return dg_fault(call->fault, DG_ERR_NO_MEMORY);
    err = receive_all(call, body, size);
    if (err == DG_OK)
        *ret = dg_bytes_at(body, size);
    return err;
}

static enum dg_err converse(struct call *call, int dir_fd, struct dg_bytes request, struct dg_arena *arena,
                            struct dg_bytes *ret_reply)
{
    uint32_t size = (uint32_t)request.size;
    const uint8_t header[DG_CTL_HEADER] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
                                           (uint8_t)size};
    enum dg_err err = connect_to(call, dir_fd);

    if (err == DG_OK)
        err = send_all(call, dg_bytes_at(header, sizeof header));
    if (err == DG_OK)
        err = send_all(call, request);
    if (err == DG_OK)
        err = receive_reply(call, arena, ret_reply);
    return err;
}

enum dg_err dg_ctl_call(const char *dir, struct dg_bytes request, int timeout_ms, struct dg_arena *arena,
                        struct dg_bytes *ret_reply, struct dg_fault *fault)
{
    struct call call = {.dir = dir, .deadline_ms = monotonic_ms() + timeout_ms, .fault = fault};
    enum dg_err err;

    if (request.size > DG_CTL_MSG_MAX)
        return dg_faultf(fault, DG_ERR_TOO_LARGE, "a request of %zu bytes", request.size);
    int dir_fd = dg_ctl_dir_open(dir);
    if (dir_fd < 0)
        return refused(&call, errno);

    call.fd = dg_ctl_socket();
    if (call.fd < 0) {
        err = dg_faultf(fault, DG_ERR_SYSTEM, "socket: %s", strerror(errno));
    } else {
        err = converse(&call, dir_fd, request, arena, ret_reply);
        close(call.fd);
    }
    close(dir_fd);
    return err;
}
