/* ctl_server.c - the daemon's end of the control socket: a few slots, none of which can hold up the
 * loop. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/limits.h"
#include "node/ctl/ctl.h"
#include "node/ctl/ctl_path.h"

enum {
    CLIENT_MS = 10000,       /* for a whole request, and again for taking the reply */
    YIELD_MS = 1000,         /* after which it gives its slot to a newcomer, if there is no other */
    BACKLOG = 128,           /* clients beyond the slots wait here */
    READ_PIECE = 64 * 1024,  /* at once */
    READ_TURN = 1024 * 1024, /* from one client in one turn of the loop */
};

/* A slot goes through these in order. */
enum phase {
    PHASE_FREE,
    PHASE_READING,
    PHASE_ASKED,   /* the request is complete */
    PHASE_WAITING, /* and has been given out */
    PHASE_WRITING,
};

struct client {
    enum phase phase;
    uint64_t id;
    int fd;
    int64_t overdue_ms;
    struct dg_buf in;  /* header and request */
    struct dg_buf out; /* header and reply */
    size_t written;
};

struct dg_ctl {
    int dir_fd, fd;
    bool accept_pause; /* no descriptors were left; try again a turn later */
    uint64_t last_id;
    size_t next_slot; /* where dg_ctl_next looks first */
    int64_t now_ms;
    struct client client[DG_CTL_CLIENTS_MAX];
};

/* --- life ----------------------------------------------------------------------------------- */

/* Removes a socket that a dead process has left. Anything else by that name is not ours to remove. */
static void remove_socket(int dir_fd)
{
    struct stat st;

    if (fstatat(dir_fd, DG_CTL_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode))
        unlinkat(dir_fd, DG_CTL_NAME, 0);
}

/* The mode is set before the name appears, so that there is no moment in which others may connect. */
static bool listen_in(struct dg_ctl *ctl, const char *dir)
{
    struct sockaddr_un address = dg_ctl_address(dir, ctl->dir_fd);

    ctl->fd = dg_ctl_socket();
    if (ctl->fd < 0 || fchmod(ctl->fd, 0600) != 0)
        return false;
    remove_socket(ctl->dir_fd);
    return bind(ctl->fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
           fchmodat(ctl->dir_fd, DG_CTL_NAME, 0600, 0) == 0 && listen(ctl->fd, BACKLOG) == 0;
}

enum dg_err dg_ctl_open(const char *dir, struct dg_ctl **ret, struct dg_fault *fault)
{
    struct dg_ctl *ctl = calloc(1, sizeof *ctl);

    if (ctl == NULL)
        return dg_fault(fault, DG_ERR_NO_MEMORY);
    ctl->dir_fd = ctl->fd = -1;
    for (size_t i = 0; i < DG_CTL_CLIENTS_MAX; i++) {
        dg_buf_init(&ctl->client[i].in, DG_CTL_HEADER + DG_CTL_MSG_MAX);
        dg_buf_init(&ctl->client[i].out, DG_CTL_HEADER + DG_CTL_MSG_MAX);
    }
    ctl->dir_fd = dg_ctl_dir_open(dir);
    if (ctl->dir_fd < 0 || !listen_in(ctl, dir)) {
        enum dg_err err = dg_faultf(fault, DG_ERR_SYSTEM, "%s/" DG_CTL_NAME ": %s", dir, strerror(errno));
        dg_ctl_close(ctl);
        return err;
    }
    *ret = ctl;
    return DG_OK;
}

/* Ends a connection and frees its memory, which may be megabytes. */
static void free_slot(struct client *client)
{
    if (client->phase != PHASE_FREE)
        close(client->fd);
    client->phase = PHASE_FREE;
    dg_buf_done(&client->in);
    dg_buf_done(&client->out);
    dg_buf_init(&client->in, DG_CTL_HEADER + DG_CTL_MSG_MAX);
    dg_buf_init(&client->out, DG_CTL_HEADER + DG_CTL_MSG_MAX);
}

void dg_ctl_close(struct dg_ctl *ctl)
{
    if (ctl == NULL)
        return;
    for (size_t i = 0; i < DG_CTL_CLIENTS_MAX; i++)
        free_slot(&ctl->client[i]);
    if (ctl->fd >= 0) {
        remove_socket(ctl->dir_fd);
        close(ctl->fd);
    }
    if (ctl->dir_fd >= 0)
        close(ctl->dir_fd);
    free(ctl);
}

/* --- one client ----------------------------------------------------------------------------- */

/* What is still missing of the request: first of its header, then of its body. False when the header
 * announces too much. */
static bool missing(const struct client *client, size_t *ret)
{
    size_t size = client->in.size;

    if (size < DG_CTL_HEADER) {
        *ret = DG_CTL_HEADER - size;
        return true;
    }
    uint32_t body = dg_u32be(client->in.data);
    if (body > DG_CTL_MSG_MAX)
        return false;
    *ret = DG_CTL_HEADER + body - size;
    return true;
}

/* Reads one piece of what is missing. False when no more is to be had in this turn, or ever. */
static bool read_piece(struct client *client)
{
    uint8_t piece[READ_PIECE];
    size_t wanted;
    ssize_t got = -1;

    if (!missing(client, &wanted)) {
        free_slot(client);
        return false;
    }
    if (wanted == 0) {
        client->phase = PHASE_ASKED;
        return false;
    }
    got = recv(client->fd, piece, wanted < sizeof piece ? wanted : sizeof piece, 0);
    if (got > 0)
        dg_buf_add(&client->in, piece, (size_t)got);
    bool later = got < 0 && (errno == EAGAIN || errno == EINTR);
    if ((got <= 0 && !later) || client->in.err != DG_OK)
        free_slot(client);
    return client->phase == PHASE_READING && !later;
}

static void read_request(struct client *client)
{
    size_t pieces = 0, wanted;

    while (pieces < READ_TURN / READ_PIECE && read_piece(client))
        pieces++;
    /* The last piece of a turn may have been the last of the request: nothing will make the socket
     * readable again. */
    if (client->phase == PHASE_READING && missing(client, &wanted) && wanted == 0)
        client->phase = PHASE_ASKED;
}

/* Writes what the socket takes now, and closes when all is written or nobody listens. */
static void write_reply(struct client *client)
{
    struct dg_bytes out = dg_buf_bytes(&client->out);

    while (client->written < out.size) {
        ssize_t sent = send(client->fd, out.data + client->written, out.size - client->written, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent < 0)
            break;
        client->written += (size_t)sent;
    }
    free_slot(client);
}

/* --- the loop's side ------------------------------------------------------------------------ */

static bool is_slow(const struct client *client)
{
    return client->phase == PHASE_READING || client->phase == PHASE_WRITING;
}

/* A slot for a newcomer: a free one, else that of the client which has kept us waiting the longest, if long
 * enough. NULL when there is none: clients that are idle or slow must delay nobody, and whoever has just come
 * may speak first. */
static struct client *slot_for_newcomer(struct dg_ctl *ctl)
{
    struct client *slowest = NULL;

    for (size_t i = 0; i < DG_CTL_CLIENTS_MAX; i++) {
        struct client *client = &ctl->client[i];
        if (client->phase == PHASE_FREE)
            return client;
        bool yields = is_slow(client) && ctl->now_ms >= client->overdue_ms - CLIENT_MS + YIELD_MS;
        if (yields && (slowest == NULL || client->overdue_ms < slowest->overdue_ms))
            slowest = client;
    }
    return slowest;
}

size_t dg_ctl_watches(struct dg_ctl *ctl, struct dg_ctl_watch ret[], size_t max)
{
    size_t count = 0;

    if (count < max && !ctl->accept_pause && slot_for_newcomer(ctl) != NULL)
        ret[count++] = (struct dg_ctl_watch){.fd = ctl->fd};
    for (size_t i = 0; i < DG_CTL_CLIENTS_MAX && count < max; i++) {
        const struct client *client = &ctl->client[i];
        if (is_slow(client))
            ret[count++] =
                (struct dg_ctl_watch){.fd = client->fd, .want_write = client->phase == PHASE_WRITING};
    }
    return count;
}

/* Puts a new connection into a slot; its bytes are read in the turn in which they are seen. */
static void seat(struct dg_ctl *ctl, struct client *client, int fd)
{
    if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        close(fd);
        return;
    }
    free_slot(client);
    client->phase = PHASE_READING;
    client->id = ++ctl->last_id;
    client->fd = fd;
    client->written = 0;
    client->overdue_ms = ctl->now_ms + CLIENT_MS;
    read_request(client);
}

static void accept_clients(struct dg_ctl *ctl)
{
    struct client *client = slot_for_newcomer(ctl);

    while (client != NULL) {
        int fd = accept(ctl->fd, NULL, NULL);
        if (fd < 0) {
            /* Without descriptors the listener would stay ready and turn the loop in vain. */
            ctl->accept_pause = errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS;
            return;
        }
        seat(ctl, client, fd);
        client = slot_for_newcomer(ctl);
    }
}

static void serve_client(struct dg_ctl *ctl, const struct dg_ctl_watch *ready)
{
    for (size_t i = 0; i < DG_CTL_CLIENTS_MAX; i++) {
        struct client *client = &ctl->client[i];
        if (client->phase == PHASE_FREE || client->fd != ready->fd)
            continue;
        if (client->phase == PHASE_READING && ready->readable)
            read_request(client);
        else if (client->phase == PHASE_WRITING && ready->writable)
            write_reply(client);
        return;
    }
}

static void close_overdue(struct dg_ctl *ctl)
{
    for (size_t i = 0; i < DG_CTL_CLIENTS_MAX; i++) {
        struct client *client = &ctl->client[i];
        if (is_slow(client) && ctl->now_ms >= client->overdue_ms)
            free_slot(client);
    }
}

void dg_ctl_serve(struct dg_ctl *ctl, const struct dg_ctl_watch ready[], size_t count, int64_t now_ms)
{
    bool newcomers = false;

    ctl->now_ms = now_ms;
    ctl->accept_pause = false;
    for (size_t i = 0; i < count; i++) {
        if (ready[i].fd == ctl->fd)
            newcomers = ready[i].readable;
        else
            serve_client(ctl, &ready[i]);
    }
    close_overdue(ctl);
    /* Last, so that a descriptor closed above and given out again here is not taken for the old one. */
    if (newcomers)
        accept_clients(ctl);
}

bool dg_ctl_next(struct dg_ctl *ctl, uint64_t *ret_client, struct dg_bytes *ret_request)
{
    for (size_t i = 0; i < DG_CTL_CLIENTS_MAX; i++) {
        struct client *client = &ctl->client[(ctl->next_slot + i) % DG_CTL_CLIENTS_MAX];
        if (client->phase != PHASE_ASKED)
            continue;
        client->phase = PHASE_WAITING;
        ctl->next_slot = (ctl->next_slot + i + 1) % DG_CTL_CLIENTS_MAX;
        *ret_client = client->id;
        *ret_request = dg_bytes_at(client->in.data + DG_CTL_HEADER, client->in.size - DG_CTL_HEADER);
        return true;
    }
    return false;
}

void dg_ctl_reply(struct dg_ctl *ctl, uint64_t id, struct dg_bytes reply)
{
    assert(reply.size <= DG_CTL_MSG_MAX);
    for (size_t i = 0; i < DG_CTL_CLIENTS_MAX; i++) {
        struct client *client = &ctl->client[i];
        if (client->phase != PHASE_WAITING || client->id != id)
            continue;
        dg_buf_add_u32be(&client->out, (uint32_t)reply.size);
        dg_buf_add_bytes(&client->out, reply);
        client->phase = PHASE_WRITING;
        client->overdue_ms = ctl->now_ms + CLIENT_MS;
        if (client->out.err != DG_OK)
            free_slot(client);
        else
            write_reply(client);
        return;
    }
}
