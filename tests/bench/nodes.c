/* nodes.c - founding, starting and stopping nodes through the program itself, as a unit would. */
#include "tests/bench/nodes.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/ctl/ctl.h"
#include "node/store/store_lmdb.h"
#include "proto/ctl.h"
#include "tests/bench/clock.h"

extern char **environ;

enum { READY_MAX_MS = 10000, WORDS_MAX = 24 };

static bool failed(const char *what, const char *where)
{
    fprintf(stderr, "pipeline: %s: %s\n", where, what);
    return false;
}

/* ---- running the program -------------------------------------------------------------------------- */

/* Starts the program with words; out and log are where its stdout and stderr go, created or added to. */
static bool spawn(const struct nodes *nodes, const char *const words[], const char *out, const char *log,
                  pid_t *ret)
{
    const char *argv[WORDS_MAX + 2] = {nodes->program};
    posix_spawn_file_actions_t actions;
    for (size_t i = 0; words[i] != NULL && i < WORDS_MAX; i++)
        argv[i + 1] = words[i];
    if (posix_spawn_file_actions_init(&actions) != 0)
        return false;
    bool ok = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) == 0 &&
              posix_spawn_file_actions_addopen(&actions, 1, out, O_CREAT | O_WRONLY | O_APPEND, 0600) == 0 &&
              posix_spawn_file_actions_addopen(&actions, 2, log, O_CREAT | O_WRONLY | O_APPEND, 0600) == 0 &&
              posix_spawn(ret, nodes->program, &actions, NULL, (char *const *)(uintptr_t)argv, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return ok ? true : failed("cannot be started", nodes->program);
}

static bool ended_well(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void show_file(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        fputs(line, stderr);
    if (file != NULL)
        fclose(file);
}

/* Runs a verb to its end; its stdout is added to out. */
static bool run(const struct nodes *nodes, const char *const words[], const char *out)
{
    char log[PATH_BYTES + 16];
    pid_t pid;
    snprintf(log, sizeof log, "%s/verbs.log", nodes->home);
    if (!spawn(nodes, words, out, log, &pid))
        return false;
    if (ended_well(pid))
        return true;
    show_file(log);
    return failed("the verb failed", words[0]);
}

/* ---- a node --------------------------------------------------------------------------------------- */

/* True when the daemon answers on its control socket. */
static bool answers(const struct node *node)
{
    struct dg_ctl_request request = {.verb = DG_CTL_STATUS};
    struct dg_bytes reply;
    struct dg_buf bytes;
    struct dg_arena arena;
    dg_buf_init(&bytes, DG_CTL_MSG_MAX);
    dg_arena_init(&arena, 0);
    bool ok = dg_ctl_request_encode(&request, &bytes) == DG_OK &&
              dg_ctl_call(node->dir, dg_buf_bytes(&bytes), READY_MAX_MS, &arena, &reply, NULL) == DG_OK;
    dg_arena_done(&arena);
    dg_buf_done(&bytes);
    return ok;
}

static void log_path(const struct nodes *nodes, const struct node *node, char ret[static PATH_BYTES + 80])
{
    snprintf(ret, PATH_BYTES + 80, "%s/%s.log", nodes->home, node->unit);
}

bool node_start(const struct nodes *nodes, struct node *node)
{
    const char *const words[] = {"-n", node->dir, "serve", NULL};
    char log[PATH_BYTES + 80];
    struct dg_fault fault;
    log_path(nodes, node, log);
    double start = clock_s();
    if (!spawn(nodes, words, log, log, &node->pid))
        return false;
    while (!answers(node)) {
        if (clock_s() > start + READY_MAX_MS / 1e3 || waitpid(node->pid, NULL, WNOHANG) == node->pid) {
            show_file(log);
            return failed("does not serve", node->unit);
        }
        clock_sleep(0.0005);
    }
    node->ready_ms = (clock_s() - start) * 1e3;
    if (dg_store_lmdb_open(node->dir, DG_STORE_READ, &node->store, &fault) != DG_OK)
        return failed("its store cannot be read", node->unit);
    return true;
}

bool node_stop(struct node *node)
{
    if (node->store != NULL)
        dg_store_close(node->store);
    node->store = NULL;
    if (node->pid == 0)
        return true;
    kill(node->pid, SIGTERM);
    bool ok = ended_well(node->pid);
    node->pid = 0;
    return ok ? true : failed("did not stop cleanly", node->unit);
}

/* ---- the three ------------------------------------------------------------------------------------ */

/* A port that is free now. */
static bool free_endpoint(char ret[static 64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 &&
              getsockname(fd, (struct sockaddr *)&address, &size) == 0;
    if (fd >= 0)
        close(fd);
    snprintf(ret, 64, "tcp://127.0.0.1:%u", ntohs(address.sin_port));
    return ok;
}

static bool found_root(const struct nodes *nodes, struct node *root)
{
    const char *const words[] = {"init",          root->dir,  "--root",          "--federation",
                                 "bench.example", "--unit",   root->unit,        "--level",
                                 "province",      "--name",   "Tỉnh Bình Phước", "--regime",
                                 "binh-phuoc",    "--listen", root->endpoint,    NULL};
    return run(nodes, words, "/dev/null") && node_start(nodes, root);
}

static bool join(const struct nodes *nodes, struct node *node, const char *invitation)
{
    const char *const quiet[] = {"join", node->dir, invitation, NULL};
    const char *const listening[] = {"join", node->dir, invitation, "--listen", node->endpoint, NULL};
    return run(nodes, node->endpoint[0] != '\0' ? listening : quiet, "/dev/null") && node_start(nodes, node);
}

static bool found_child(const struct nodes *nodes, const struct node *parent, struct node *node,
                        const char *level, const char *name, const char *regime)
{
    char invitation[PATH_BYTES + 80];
    const char *words[] = {"-n",  parent->dir, "invite", "--unit", node->unit, "--level",
                           level, "--name",    name,     NULL,     NULL,       NULL};
    if (regime != NULL) {
        words[9] = "--regime";
        words[10] = regime;
    }
    snprintf(invitation, sizeof invitation, "%s/%s.invitation", nodes->home, node->unit);
    return run(nodes, words, invitation) && join(nodes, node, invitation);
}

bool nodes_found(struct nodes *nodes, const char *home, const char *program)
{
    static const char *const unit[NODE_COUNT] = {"tan-loi", "dong-phu", "binh-phuoc"};
    struct node *node = nodes->node;
    *nodes = (struct nodes){.program = program};
    snprintf(nodes->home, sizeof nodes->home, "%s", home);
    for (size_t i = 0; i < NODE_COUNT; i++) {
        node[i].unit = unit[i];
        int size = snprintf(node[i].dir, sizeof node[i].dir, "%s/%s", home, unit[i]);
        if (size < 0 || (size_t)size >= sizeof node[i].dir ||
            (i != COMMUNE && !free_endpoint(node[i].endpoint)))
            return failed("no room for a node here", home);
    }
    return found_root(nodes, &node[PROVINCE]) &&
           found_child(nodes, &node[PROVINCE], &node[DISTRICT], "district", "Huyện Đồng Phú", "huyen") &&
           found_child(nodes, &node[DISTRICT], &node[COMMUNE], "commune", "Xã Tân Lợi", NULL);
}

void nodes_done(struct nodes *nodes)
{
    for (size_t i = 0; i < NODE_COUNT; i++)
        (void)node_stop(&nodes->node[i]);
    folder_remove(nodes->home);
}

void folder_remove(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    char inner[2 * PATH_BYTES + 8];
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) != 0)
            folder_remove(inner);
    }
    if (folder != NULL)
        closedir(folder);
    (void)rmdir(path);
}

/* ---- what they use -------------------------------------------------------------------------------- */

/* The number behind name in /proc/PID/status, in bytes. */
static uint64_t status_bytes(const char *text, const char *name)
{
    unsigned long kilobytes = 0;
    const char *at = strstr(text, name);
    if (at == NULL || sscanf(at + strlen(name), ": %lu kB", &kilobytes) != 1)
        return 0;
    return (uint64_t)kilobytes * 1024;
}

static bool read_proc(pid_t pid, const char *name, char ret[static 4096])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    size_t size = fread(ret, 1, 4095, file);
    ret[size] = '\0';
    fclose(file);
    return size > 0;
}

/* The 14th and 15th fields; the second, the name in brackets, may hold spaces. */
static bool read_cpu(pid_t pid, double *ret)
{
    char text[4096];
    unsigned long user, system;
    const char *rest = read_proc(pid, "stat", text) ? strrchr(text, ')') : NULL;
    if (rest == NULL ||
        sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return false;
    *ret = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
    return true;
}

bool usage_get(const struct node *node, struct usage *ret)
{
    char text[4096], path[PATH_BYTES + 32];
    struct stat st;
    snprintf(path, sizeof path, "%s/store/data.mdb", node->dir);
    if (!read_cpu(node->pid, &ret->cpu_s) || !read_proc(node->pid, "status", text) || stat(path, &st) != 0)
        return failed("cannot be measured", node->unit);
    ret->rss_bytes = status_bytes(text, "VmRSS");
    ret->rss_most_bytes = status_bytes(text, "VmHWM");
    ret->rss_file_bytes = status_bytes(text, "RssFile");
    ret->disk_bytes = (uint64_t)st.st_blocks * 512;
    return true;
}

double machine_idle_s(void)
{
    unsigned long idle = 0, waiting = 0;
    FILE *file = fopen("/proc/stat", "r");
    if (file == NULL)
        return 0;
    if (fscanf(file, "cpu %*u %*u %*u %lu %lu", &idle, &waiting) != 2)
        idle = waiting = 0;
    fclose(file);
    return (double)(idle + waiting) / (double)sysconf(_SC_CLK_TCK);
}
