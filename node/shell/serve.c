/* serve.c - the daemon: opens its parts in order, runs the loop, closes them in reverse. */
#include "node/shell/serve.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/conf/config.h"
#include "node/core/query.h"
#include "node/shell/founding.h"
#include "node/shell/guard.h"
#include "node/shell/keyring.h"
#include "node/shell/loop.h"
#include "node/shell/process.h"
#include "node/store/files_dir.h"
#include "node/shell/tip.h"
#include "node/store/store_lmdb.h"

struct daemon {
    const char *dir;
    struct dg_config config;
    struct dg_disk disk;
    struct dg_log log;
    struct dg_identity identity;
    struct dg_store *store;
    struct dg_files *files; /* of attachments */
    struct dg_keyring *keyring;
    struct dg_workers *workers;
    struct dg_guard_file *guard;
    struct dg_node *node;
    struct dg_net *net;
    struct dg_ctl *ctl;
    char tip_path[DG_STORE_PATH_MAX];
    char tip_text[DG_CHECKPOINT_MAX + 1]; /* as it was found at the start; "": none */
    int signals;                          /* -1: not open */
};

static void random_bytes(void *ctx, void *ret, size_t size)
{
    (void)ctx;
    dg_random(ret, size);
}

/* SIGHUP. What needs new sockets or threads waits for the next start; a faulty file changes nothing. */
static void reread(void *ctx)
{
    struct daemon *d = ctx;
    struct dg_config config;
    struct dg_fault fault;
    if (dg_config_load(d->dir, &config, &fault) != DG_OK) {
        dg_log_fault(&d->log, "config", &fault);
        return;
    }
    dg_log_set_level(&d->log, config.log_level);
    if (dg_disk_init(&d->disk, d->dir, config.disk_percent, config.disk_floor, config.ballast, &fault) !=
        DG_OK)
        dg_log_fault(&d->log, "config", &fault);
    dg_log_note(&d->log, "config", "đã đọc lại cấu hình", "the configuration was read again");
    if (strcmp(config.listen, d->config.listen) != 0 || config.workers != d->config.workers ||
        config.unread_hours != d->config.unread_hours)
        dg_log_note(&d->log, "config", "listen, workers và unread_hours có hiệu lực từ lần khởi động sau",
                    "listen, workers and unread_hours take effect at the next start");
}

/* The keys are shut in a directory of their own; but whoever may enter DIR may read reports, reach the
 * control socket, and wait for a slip. It was made 0700: that somebody opened it is for a person to judge. */
static enum dg_err check_dir(const char *dir, struct dg_fault *fault)
{
    struct stat st;
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
        return DG_OK; /* whoever opens it next says what it is */
    if (st.st_uid != geteuid())
        return dg_faultf(fault, DG_ERR_NOT_PERMITTED, "%s", dir);
    if ((st.st_mode & 077) == 0)
        return DG_OK;
    return dg_faultf(fault, DG_ERR_OPEN_DIR, "%s (%04o)", dir, (unsigned)st.st_mode & 07777);
}

/* ---- opening ------------------------------------------------------------------------------------- */

static enum dg_err load_identity(struct daemon *d, struct dg_fault *fault)
{
    struct dg_txn *txn;
    enum dg_err err = dg_begin_read(d->store, &txn);
    if (err != DG_OK)
        return dg_faultf(fault, err, "%s", d->dir);
    bool known = dg_identity_load(txn, &d->identity);
    err = txn->err;
    dg_abort(d->store, txn);
    if (err == DG_OK && !known)
        err = DG_ERR_BAD_NODE;
    return err == DG_OK ? DG_OK : dg_faultf(fault, err, "%s", d->dir);
}

struct organ_keys {
    const struct daemon *d;
    char missing[DG_SLUG_MAX + 16];
};

static bool organ_key_there(void *ctx, const struct dg_dir_row *row)
{
    struct organ_keys *keys = ctx;
    char name[DG_SLUG_MAX + 16];
    if (row->kind != 'o')
        return true;
    (void)snprintf(name, sizeof name, "organ-%.*s", (int)row->organ.size, (const char *)row->organ.data);
    if (dg_keyring_has(keys->d->keyring, name))
        return true;
    memcpy(keys->missing, name, sizeof name);
    return false;
}

/* Every organ of this unit can sign, or the clerk would learn it only at the first report. */
static enum dg_err check_organs(const struct daemon *d, struct dg_fault *fault)
{
    struct organ_keys keys = {.d = d};
    struct dg_txn *txn;
    enum dg_err err = dg_begin_read(d->store, &txn);
    if (err != DG_OK)
        return dg_faultf(fault, err, "%s", d->dir);
    dg_dir_each(txn, dg_bytes_of(d->identity.unit), organ_key_there, &keys);
    dg_abort(d->store, txn);
    return keys.missing[0] == '\0'
               ? DG_OK
               : dg_faultf(fault, DG_ERR_BAD_KEY_FILE, "%s/keys/%s.key: missing", d->dir, keys.missing);
}

/* A keyring from another backup than the store would fail at the first signature; better now. */
static enum dg_err check_signing(const struct daemon *d, struct dg_fault *fault)
{
    const struct dg_signer *signer = dg_keyring_signer(d->keyring);
    const struct dg_key *key[] = {&d->identity.unit_key, &d->identity.log_key};
    static const char *const name[] = {"unit", "log"};
    for (size_t i = 0; i < sizeof key / sizeof key[0]; i++) {
        struct dg_sig sig;
        if (signer->sign(signer->ctx, key[i], "donggui self-test", dg_bytes_of(name[i]), &sig) != DG_OK)
            return dg_faultf(fault, DG_ERR_BAD_KEY_FILE, "%s/keys: %s", d->dir, name[i]);
    }
    return DG_OK;
}

static enum dg_err open_net(struct daemon *d, struct dg_fault *fault)
{
    struct dg_net_options options = {
        .listen = d->config.listen[0] != '\0' ? d->config.listen : NULL,
        .key = d->identity.transport,
        .parent = d->identity.parent_endpoint[0] != '\0' ? d->identity.parent_endpoint : NULL,
        .parent_key = d->identity.parent_key,
    };
    enum dg_err err = dg_keyring_seed(d->keyring, "transport", &options.secret, fault);
    if (err != DG_OK)
        return err;
    struct dg_curve_key key = dg_curve_key_of(&options.secret);
    if (!dg_curve_key_equal(&key, &d->identity.transport))
        err = dg_faultf(fault, DG_ERR_BAD_KEY_FILE, "%s/keys: transport", d->dir);
    else
        err = dg_net_open(&options, &d->net, fault);
    dg_wipe(&options.secret, sizeof options.secret);
    return err;
}

static enum dg_err open_workers(struct daemon *d, struct dg_fault *fault)
{
    enum dg_err err = dg_workers_new(d->config.workers, &d->workers);
    return err == DG_OK ? DG_OK : dg_faultf(fault, err, "workers = %u", d->config.workers);
}

static enum dg_err open_node(struct daemon *d, struct dg_fault *fault)
{
    enum dg_err err = dg_tip_path(d->dir, d->config.tip, d->tip_path, fault);
    if (err == DG_OK)
        err = dg_tip_read(d->tip_path, d->tip_text, fault);
    if (err != DG_OK)
        return err;
    struct dg_node_env env = {
        .signer = dg_keyring_signer(d->keyring),
        .random = random_bytes,
        .curve_of = dg_curve_key_of,
        .sealer = dg_keyring_sealer(d->keyring),
        .unread_ms = (dg_ms)d->config.unread_hours * 3600000,
        .tip = d->tip_text,
        .now = dg_clock_ms(),
        .endpoint = d->config.listen[0] != '\0' ? dg_net_endpoint(d->net) : NULL,
        .guard = dg_guard_of(d->guard),
        .files = d->files,
        .attachments_max = (uint64_t)d->config.attachments_gib << 30,
        .attachments_from_max = (uint64_t)d->config.attachments_child_gib << 30,
    };
    return dg_node_open(d->store, &env, &d->node, fault);
}

/* Counting the start up needs room already. */
static enum dg_err open_disk(struct daemon *d, struct dg_fault *fault)
{
    const struct dg_config *config = &d->config;
    enum dg_err err =
        dg_disk_init(&d->disk, d->dir, config->disk_percent, config->disk_floor, config->ballast, fault);
    if (err == DG_OK && dg_disk_low(&d->disk))
        dg_log_note(&d->log, "disk", "đĩa gần đầy: chưa nhận báo cáo mới",
                    "nearly full: no new reports are taken");
    return err;
}

/* The store first, with its lock: a second daemon must not get as far as the port. */
static enum dg_err open_parts(struct daemon *d, struct dg_fault *fault)
{
    enum dg_err err = check_dir(d->dir, fault);
    if (err == DG_OK)
        err = dg_config_load(d->dir, &d->config, fault);
    if (err != DG_OK)
        return err;
    dg_log_set_level(&d->log, d->config.log_level);
    err = dg_signals_open(&d->signals, fault);
    if (err == DG_OK)
        err = open_disk(d, fault);
    if (err == DG_OK)
        err = dg_store_lmdb_open(d->dir, DG_STORE_WRITE, &d->store, fault);
    if (err == DG_OK)
        err = dg_files_dir_open(d->dir, &d->files, fault);
    if (err == DG_OK)
        err = load_identity(d, fault);
    if (err == DG_OK)
        err = dg_keyring_open(d->dir, &d->keyring, fault);
    if (err == DG_OK)
        err = check_signing(d, fault);
    if (err == DG_OK)
        err = check_organs(d, fault);
    if (err == DG_OK)
        err = open_workers(d, fault);
    if (err == DG_OK)
        err = open_net(d, fault);
    if (err == DG_OK)
        err = dg_guard_open(d->dir, &d->guard, fault);
    if (err == DG_OK)
        err = open_node(d, fault);
    return err == DG_OK ? dg_ctl_open(d->dir, &d->ctl, fault) : err;
}

static void close_parts(struct daemon *d)
{
    if (d->ctl != NULL)
        dg_ctl_close(d->ctl);
    if (d->net != NULL)
        dg_net_close(d->net);
    if (d->node != NULL)
        dg_node_close(d->node);
    dg_guard_close(d->guard);
    dg_workers_free(d->workers);
    dg_keyring_close(d->keyring);
    dg_files_close(d->files);
    if (d->store != NULL)
        dg_store_close(d->store);
    if (d->signals >= 0)
        close(d->signals);
}

/* ---- running ------------------------------------------------------------------------------------- */

/* The one line that scripts wait for, the same in every language. */
static void say_ready(const struct daemon *d)
{
    const char *endpoint = dg_net_endpoint(d->net);
    fprintf(stderr, "donggui: ready %s %s\n", d->identity.unit, endpoint[0] != '\0' ? endpoint : "-");
}

static enum dg_err run(struct daemon *d, struct dg_fault *fault)
{
    struct dg_loop *loop;
    struct dg_loop_parts parts = {
        .unit = d->identity.unit,
        .store = d->store,
        .node = d->node,
        .net = d->net,
        .ctl = d->ctl,
        .workers = d->workers,
        .log = &d->log,
        .disk = &d->disk,
        .signals = d->signals,
        .reread = reread,
        .reread_ctx = d,
        .tip_path = d->tip_path,
    };
    enum dg_err err = dg_loop_new(&parts, &loop, fault);
    if (err != DG_OK)
        return err;
    say_ready(d);
    err = dg_loop_run(loop, fault);
    if (err == DG_OK)
        dg_log_note(&d->log, d->identity.unit, "đã dừng", "stopped");
    dg_loop_free(loop);
    return err;
}

enum dg_err dg_serve(const char *dir, struct dg_fault *fault)
{
    struct daemon d = {.dir = dir, .signals = -1};
    dg_process_prepare();
    dg_log_init(&d.log);
    enum dg_err err = open_parts(&d, fault);
    if (err == DG_OK)
        err = run(&d, fault);
    close_parts(&d);
    return err;
}
