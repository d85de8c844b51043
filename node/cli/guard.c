/* guard.c - the message is made before it is needed: a signal handler may only write it. */
#include "node/cli/guard.h"

#include <signal.h>
#include <unistd.h>

#include "node/cli/say.h"

enum { MESSAGE_MAX = 2048 };

static char message[MESSAGE_MAX];
static size_t message_size;
static int message_status;

static void on_cut_off(int number)
{
    (void)number;
    ssize_t written = write(STDERR_FILENO, message, message_size);
    (void)written;
    _exit(message_status);
}

void dg_guard_reading(struct dg_cli *cli, const char *dir)
{
    struct sigaction action = {.sa_handler = on_cut_off};
    struct dg_fault fault;
    char text[MESSAGE_MAX / 2], remedy[MESSAGE_MAX / 4];

    (void)dg_faultf(&fault, DG_ERR_STORE_CORRUPT, "%s",
                    dg_phrase(cli, DG_MSG_CUT_OFF, DG_WORDS("store/data.mdb")));
    dg_fault_text(&fault, cli->language, text, sizeof text);
    dg_fault_remedy(&fault, cli->language, remedy, sizeof remedy);
    int size = snprintf(message, sizeof message, "donggui: %.*s: %s (%s)\n    %s\n", MESSAGE_MAX / 8,
                        dg_shown(&cli->arena, dg_bytes_of(dir)), text, dg_err_name(fault.err), remedy);
    message_status = dg_err_exit(fault.err);
    message_size = size < 0 ? 0 : (size_t)size < sizeof message ? (size_t)size : sizeof message - 1;
    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGBUS, &action, NULL);
}
