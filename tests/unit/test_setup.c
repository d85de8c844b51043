/* How a node's directory comes to be: --organ, init --root, and join against a daemon that runs. */
#define _XOPEN_SOURCE 700 /* nftw */

#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/limits.h"
#include "node/core/query.h"
#include "node/ctl/ctl.h"
#include "node/shell/serve.h"
#include "node/store/store_lmdb.h"
#include "proto/ctl.h"

struct fixture {
    char base[64], root[96], child[96];
    struct dg_arena arena;
    struct dg_bytes regime;
    struct dg_fault fault;
    pid_t daemon;
};

/* ---- builders ------------------------------------------------------------------------------------ */

/* A regime whose provinces have a committee and its commission, and whose districts only the first. */
static struct dg_bytes small_regime(struct dg_arena *arena)
{
    static struct dg_bytes both[2], all_from[1];
    both[0] = dg_bytes_of("ban-dan-van");
    both[1] = dg_bytes_of("cap-uy");
    all_from[0] = dg_bytes_of("cap-uy");
    struct dg_level_roles level[] = {
        {.level = dg_bytes_of("district"), .role = {.count = 1, .item = &both[1]}},
        {.level = dg_bytes_of("province"), .role = {.count = 2, .item = both}},
    };
    struct dg_target to = {.role = dg_bytes_of("cap-uy"), .where = DG_WHERE_PARENT};
    struct dg_rule rule = {
        .id = dg_bytes_of("T-1"),
        .cites = dg_bytes_of("Điều 1"),
        .scope = DG_SCOPE_ALL,
        .from = {.count = 1, .item = all_from},
        .kind = dg_bytes_of("periodic"),
        .periods = DG_CADENCE_M,
        .to_count = 1,
        .to = &to,
    };
    struct dg_regime regime = {
        .name = dg_bytes_of("small"),
        .title = dg_bytes_of("Quy chế nhỏ"),
        .organ_count = 2,
        .organs = level,
        .rule_count = 1,
        .rule = &rule,
    };
    struct dg_buf buf;
    dg_buf_init(&buf, DG_REGIME_MAX);
    assert_int_equal(dg_regime_encode(&regime, &buf), DG_OK);
    struct dg_bytes compiled = dg_arena_copy(arena, dg_buf_bytes(&buf));
    dg_buf_done(&buf);
    return compiled;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    strcpy(f->base, "/tmp/dg-test-setup-XXXXXX");
    if (mkdtemp(f->base) == NULL)
        return -1;
    snprintf(f->root, sizeof f->root, "%s/root", f->base);
    snprintf(f->child, sizeof f->child, "%s/child", f->base);
    dg_arena_init(&f->arena, 0);
    f->regime = small_regime(&f->arena);
    *state = f;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void stop_daemon(struct fixture *f)
{
    int status;
    assert_int_equal(kill(f->daemon, SIGTERM), 0);
    assert_int_equal(waitpid(f->daemon, &status, 0), f->daemon);
    f->daemon = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->daemon > 0) {
        kill(f->daemon, SIGKILL);
        waitpid(f->daemon, NULL, 0);
    }
    nftw(f->base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    dg_arena_done(&f->arena);
    free(f);
    return 0;
}

static struct dg_init_options root_options(const struct fixture *f)
{
    return (struct dg_init_options){
        .dir = f->root,
        .federation = "danvan.example",
        .unit = "binh-phuoc",
        .level = "province",
        .name = "Tỉnh Bình Phước",
        .regime_count = 1,
        .regime = &f->regime,
    };
}

static const char *in(const char *dir, const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* ---- asking a node ------------------------------------------------------------------------------- */

/* "" when there is no such organ, else its roles with a + after each. */
static const char *roles_of(const char *dir, const char *unit, const char *organ)
{
    static char text[256];
    struct dg_store *store;
    struct dg_txn *txn;
    struct dg_directory directory;
    text[0] = '\0';
    assert_int_equal(dg_store_lmdb_open(dir, DG_STORE_READ, &store, NULL), DG_OK);
    assert_int_equal(dg_begin_read(store, &txn), DG_OK);
    assert_int_equal(dg_directory_load(txn, txn->arena, &directory), DG_OK);
    const struct dg_dir_unit *found = dg_directory_unit(&directory, dg_bytes_of(unit));
    for (size_t i = 0; found != NULL && i < found->organ_count; i++) {
        if (!dg_bytes_is(found->organ[i].slug, organ))
            continue;
        for (size_t k = 0; k < found->organ[i].role.count; k++) {
            const struct dg_bytes *role = &found->organ[i].role.item[k];
            strncat(text, (const char *)role->data, role->size);
            strcat(text, "+");
        }
    }
    dg_abort(store, txn);
    dg_store_close(store);
    return text;
}

/* Asks the daemon of dir, which may not be up yet. */
static struct dg_ctl_reply call(struct fixture *f, const char *dir, const struct dg_ctl_request *request)
{
    struct dg_buf buf;
    struct dg_bytes bytes;
    struct dg_ctl_reply reply;
    enum dg_err err = DG_ERR_NOT_RUNNING;
    dg_buf_init(&buf, DG_CTL_MSG_MAX);
    assert_int_equal(dg_ctl_request_encode(request, &buf), DG_OK);
    for (int i = 0; i < 300 && err == DG_ERR_NOT_RUNNING; i++) {
        err = dg_ctl_call(dir, dg_buf_bytes(&buf), 5000, &f->arena, &bytes, &f->fault);
        if (err == DG_ERR_NOT_RUNNING)
            nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    dg_buf_done(&buf);
    assert_int_equal(err, DG_OK);
    assert_int_equal(dg_ctl_reply_decode(&f->arena, bytes, &reply, NULL), DG_OK);
    return reply;
}

static void start_daemon(struct fixture *f, const char *dir)
{
    f->daemon = fork();
    assert_true(f->daemon >= 0);
    if (f->daemon > 0)
        return;
    struct dg_fault fault;
    enum dg_err err = dg_serve(dir, &fault);
    if (err != DG_OK)
        fprintf(stderr, "serve: %s %s\n", dg_err_name(err), fault.what);
    _exit(dg_err_exit(err));
}

static struct dg_bytes invite(struct fixture *f)
{
    struct dg_ctl_request request = {
        .verb = DG_CTL_INVITE,
        .unit = dg_bytes_of("dong-phu"),
        .level = dg_bytes_of("district"),
        .name = dg_bytes_of("Huyện Đồng Phú"),
        .for_ms = 86400000,
    };
    struct dg_ctl_reply reply = call(f, f->root, &request);
    assert_int_equal(reply.fault.err, DG_OK);
    return reply.text;
}

/* A port that was free a moment ago. */
static const char *free_endpoint(void)
{
    static char text[64];
    snprintf(text, sizeof text, "tcp://127.0.0.1:%d", 20000 + (int)getpid() % 20000);
    return text;
}

/* ---- --organ ------------------------------------------------------------------------------------- */

static void an_organ_option_says_roles_slug_and_name(void **state)
{
    struct fixture *f = *state;
    struct dg_organ_option option;
    assert_int_equal(dg_organ_option_parse(&f->arena, "ubnd+chinh-quyen=uy-ban:UBND tỉnh", &option, NULL),
                     DG_OK);
    assert_int_equal(option.role.count, 2);
    assert_true(dg_bytes_is(option.role.item[0], "chinh-quyen"));
    assert_true(dg_bytes_is(option.role.item[1], "ubnd"));
    assert_true(dg_bytes_is(option.slug, "uy-ban"));
    assert_true(dg_bytes_is(option.name, "UBND tỉnh"));
}

static void an_organ_option_defaults_to_its_first_role_and_ordinary_name(void **state)
{
    struct fixture *f = *state;
    struct dg_organ_option option;
    assert_int_equal(dg_organ_option_parse(&f->arena, "ubnd+chinh-quyen", &option, NULL), DG_OK);
    assert_true(dg_bytes_is(option.slug, "ubnd"));
    assert_true(dg_bytes_is(option.name, "Ủy ban nhân dân"));
    assert_int_equal(dg_organ_option_parse(&f->arena, "to-chuc-ct-xh=hoi-nong-dan", &option, NULL), DG_OK);
    assert_true(dg_bytes_is(option.name, "Hội Nông dân"));
    assert_int_equal(dg_organ_option_parse(&f->arena, "so-ban-nganh=so-noi-vu", &option, NULL), DG_OK);
    assert_true(dg_bytes_is(option.name, "so-noi-vu"));
}

static void impossible_organ_options_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"",
                                      "+",
                                      "a+",
                                      "+a",
                                      "a+a",
                                      "A",
                                      "cap uy",
                                      "a=",
                                      "a=B",
                                      "=a",
                                      "a=b:",
                                      "a=b=c",
                                      "a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct dg_organ_option option;
        assert_int_equal(dg_organ_option_parse(&f->arena, bad[i], &option, NULL), DG_ERR_BAD_VALUE);
    }
    struct dg_organ_option option;
    assert_int_equal(dg_organ_option_parse(&f->arena, "a=b:\xff", &option, NULL), DG_ERR_BAD_TEXT);
}

static void a_role_that_no_regime_knows_is_refused_with_the_nearest(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    struct dg_organ_option organ;
    assert_int_equal(dg_organ_option_parse(&f->arena, "cap-uy+ban-dan-vam=bdv", &organ, NULL), DG_OK);
    options.organ_count = 1;
    options.organ = &organ;
    assert_int_equal(dg_init_root(&options, &f->fault), DG_ERR_BAD_ROLE);
    assert_non_null(strstr(f->fault.what, "ban-dan-van?"));
    assert_false(exists(f->root));
}

static void a_port_that_the_system_would_choose_is_refused(void **state)
{
    struct fixture *f = *state;
    static const char *const listen[] = {"tcp://127.0.0.1:0", "tcp://127.0.0.1:00", "tcp://127.0.0.1:*"};
    for (size_t i = 0; i < sizeof listen / sizeof listen[0]; i++) {
        struct dg_init_options options = root_options(f);
        options.listen = listen[i];
        assert_int_equal(dg_init_root(&options, &f->fault), DG_ERR_BAD_VALUE);
        assert_false(exists(f->root));
    }
}

/* ---- init ---------------------------------------------------------------------------------------- */

static void a_root_gets_the_organs_its_regime_names(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    struct stat st;
    assert_int_equal(dg_init_root(&options, &f->fault), DG_OK);
    assert_string_equal(roles_of(f->root, "binh-phuoc", "cap-uy"), "cap-uy+");
    assert_string_equal(roles_of(f->root, "binh-phuoc", "ban-dan-van"), "ban-dan-van+");
    assert_int_equal(stat(f->root, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_true(exists(in(f->root, "keys/federation.key")));
}

static void a_root_gets_exactly_the_organs_it_asks_for(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    struct dg_organ_option organ;
    assert_int_equal(dg_organ_option_parse(&f->arena, "ubnd+chinh-quyen", &organ, NULL), DG_OK);
    options.organ = &organ;
    options.organ_count = 1;
    assert_int_equal(dg_init_root(&options, &f->fault), DG_OK);
    assert_string_equal(roles_of(f->root, "binh-phuoc", "ubnd"), "chinh-quyen+ubnd+");
    assert_string_equal(roles_of(f->root, "binh-phuoc", "cap-uy"), "");
}

static void a_directory_that_is_not_empty_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    assert_int_equal(mkdir(f->root, 0700), 0);
    assert_int_equal(mkdir(in(f->root, "keys"), 0700), 0);
    assert_int_equal(dg_init_root(&options, &f->fault), DG_ERR_NOT_EMPTY);
    assert_true(exists(in(f->root, "keys")));
}

static void what_a_failed_init_made_is_gone(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    options.level = "bloc"; /* the regime names no organs for it */
    assert_int_equal(dg_init_root(&options, &f->fault), DG_ERR_NO_REGIME);
    assert_false(exists(f->root));
    assert_int_equal(mkdir(f->root, 0700), 0);
    assert_int_equal(dg_init_root(&options, &f->fault), DG_ERR_NO_REGIME);
    assert_int_equal(rmdir(f->root), 0);
}

static void impossible_names_are_refused_before_anything_is_made(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    options.unit = "Bình Phước";
    assert_int_equal(dg_init_root(&options, &f->fault), DG_ERR_BAD_VALUE);
    options = root_options(f);
    options.level = "tinh";
    assert_int_equal(dg_init_root(&options, &f->fault), DG_ERR_BAD_VALUE);
    options = root_options(f);
    options.listen = "localhost";
    assert_int_equal(dg_init_root(&options, &f->fault), DG_ERR_BAD_VALUE);
    options = root_options(f);
    options.name = "a\xff";
    assert_int_equal(dg_init_root(&options, &f->fault), DG_ERR_BAD_TEXT);
    assert_false(exists(f->root));
}

/* ---- serve and join ------------------------------------------------------------------------------ */

static void a_second_daemon_is_told_that_the_node_is_locked(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    struct dg_ctl_request request = {.verb = DG_CTL_STATUS};
    assert_int_equal(dg_init_root(&options, &f->fault), DG_OK);
    start_daemon(f, f->root);
    assert_int_equal(call(f, f->root, &request).fault.err, DG_OK);
    pid_t first = f->daemon;
    int status;
    start_daemon(f, f->root);
    assert_int_equal(waitpid(f->daemon, &status, 0), f->daemon);
    f->daemon = first;
    assert_int_equal(WEXITSTATUS(status), 7);
    stop_daemon(f);
}

static void a_directory_that_others_may_enter_is_not_served(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    assert_int_equal(dg_init_root(&options, &f->fault), DG_OK);
    assert_int_equal(chmod(f->root, 0755), 0);
    assert_int_equal(dg_serve(f->root, &f->fault), DG_ERR_OPEN_DIR);
    assert_non_null(strstr(f->fault.what, f->root));
}

static void a_child_joins_and_knows_its_parent(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    options.listen = free_endpoint();
    assert_int_equal(dg_init_root(&options, &f->fault), DG_OK);
    start_daemon(f, f->root);
    struct dg_join_options join = {.dir = f->child, .invitation = invite(f), .dry_run = true};
    assert_int_equal(dg_join(&join, &f->fault), DG_OK);
    assert_false(exists(f->child));

    join.dry_run = false;
    enum dg_err err = dg_join(&join, &f->fault);
    if (err != DG_OK)
        fprintf(stderr, "join: %s %s\n", dg_err_name(err), f->fault.what);
    assert_int_equal(err, DG_OK);
    assert_false(exists(in(f->child, "joining")));
    assert_false(exists(in(f->child, "keys/federation.key")));
    assert_string_equal(roles_of(f->child, "dong-phu", "cap-uy"), "cap-uy+");
    assert_string_equal(roles_of(f->child, "dong-phu", "ban-dan-van"), "");
    assert_string_equal(roles_of(f->child, "binh-phuoc", "ban-dan-van"), "ban-dan-van+");
    assert_int_equal(dg_join(&join, &f->fault), DG_ERR_NOT_EMPTY);
    stop_daemon(f);
}

static void an_interrupted_join_can_be_repeated(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    options.listen = free_endpoint();
    assert_int_equal(dg_init_root(&options, &f->fault), DG_OK);
    start_daemon(f, f->root);
    struct dg_organ_option twice[2];
    assert_int_equal(dg_organ_option_parse(&f->arena, "cap-uy", &twice[0], NULL), DG_OK);
    twice[1] = twice[0];
    /* The parent grants, and then the organs turn out to be impossible. */
    struct dg_join_options join = {
        .dir = f->child, .invitation = invite(f), .organ_count = 2, .organ = twice};
    assert_int_equal(dg_join(&join, &f->fault), DG_ERR_BAD_VALUE);
    assert_true(exists(in(f->child, "joining")));
    join.organ_count = 1;
    assert_int_equal(dg_join(&join, &f->fault), DG_OK);
    assert_false(exists(in(f->child, "joining")));
    assert_string_equal(roles_of(f->child, "dong-phu", "cap-uy"), "cap-uy+");
    stop_daemon(f);
}

static void another_machine_cannot_use_a_granted_invitation(void **state)
{
    struct fixture *f = *state;
    struct dg_init_options options = root_options(f);
    char other[128];
    snprintf(other, sizeof other, "%s/other", f->base);
    options.listen = free_endpoint();
    assert_int_equal(dg_init_root(&options, &f->fault), DG_OK);
    start_daemon(f, f->root);
    struct dg_join_options join = {.dir = f->child, .invitation = invite(f)};
    assert_int_equal(dg_join(&join, &f->fault), DG_OK);
    join.dir = other;
    assert_int_equal(dg_join(&join, &f->fault), DG_ERR_INVITATION_USED);
    assert_string_equal(f->fault.unit, "dong-phu");
    stop_daemon(f);
}

static void a_line_that_is_no_invitation_makes_nothing(void **state)
{
    struct fixture *f = *state;
    struct dg_join_options join = {.dir = f->child, .invitation = dg_bytes_of("donggui-invitation-1:AAAA")};
    assert_int_equal(dg_join(&join, &f->fault), DG_ERR_BAD_INVITATION);
    assert_false(exists(f->child));
}

int main(void)
{
    struct dg_fault fault;
    if (dg_crypto_start(&fault) != DG_OK)
        return 1;
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(an_organ_option_says_roles_slug_and_name),
        TEST(an_organ_option_defaults_to_its_first_role_and_ordinary_name),
        TEST(impossible_organ_options_are_refused),
        TEST(a_role_that_no_regime_knows_is_refused_with_the_nearest),
        TEST(a_port_that_the_system_would_choose_is_refused),
        TEST(a_root_gets_the_organs_its_regime_names),
        TEST(a_root_gets_exactly_the_organs_it_asks_for),
        TEST(a_directory_that_is_not_empty_is_left_alone),
        TEST(what_a_failed_init_made_is_gone),
        TEST(impossible_names_are_refused_before_anything_is_made),
        TEST(a_second_daemon_is_told_that_the_node_is_locked),
        TEST(a_directory_that_others_may_enter_is_not_served),
        TEST(a_child_joins_and_knows_its_parent),
        TEST(an_interrupted_join_can_be_repeated),
        TEST(another_machine_cannot_use_a_granted_invitation),
        TEST(a_line_that_is_no_invitation_makes_nothing),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
