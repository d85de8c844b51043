/* attach.c - takes files in: copies them beside the store, and lets the node check and adopt them. */
#include "node/cli/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/limits.h"
#include "common/text.h"
#include "node/cli/ask.h"
#include "node/cli/say.h"
#include "node/store/files_dir.h"

enum { POLL_MS = 50 };

/* ---- reading ------------------------------------------------------------------------------------ */

static enum dg_err unreadable(struct dg_cli *cli, const char *path, const char *why)
{
    cli->where = path;
    return dg_faultf(&cli->fault, DG_ERR_BAD_FILE, "%s", why);
}

static enum dg_err open_file(struct dg_cli *cli, const char *path, int *ret)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return unreadable(cli, path, strerror(errno));
    enum dg_err err = DG_OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        err = unreadable(cli, path, dg_phrase(cli, DG_MSG_NOT_A_FILE, DG_WORDS(path)));
    else if (st.st_size == 0)
        err = unreadable(cli, path, dg_msg(cli, DG_MSG_EMPTY_FILE));
    else if ((uint64_t)st.st_size > DG_ATTACHMENT_MAX)
        err = dg_faultf(&cli->fault, DG_ERR_TOO_LARGE, "%s", path);
    if (err != DG_OK)
        close(fd);
    else
        *ret = fd;
    return err;
}

/* Fills the buffer as far as the file reaches. -1 with errno. */
static ssize_t read_piece(int fd, uint8_t piece[static DG_PIECE_BYTES])
{
    size_t at = 0;

    while (at < DG_PIECE_BYTES) {
        ssize_t got = read(fd, piece + at, DG_PIECE_BYTES - at);
        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -1;
        at += got > 0 ? (size_t)got : 0;
    }
    return (ssize_t)at;
}

static bool write_piece(int fd, const uint8_t *piece, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t put = write(fd, piece + at, size - at);
        if (put < 0 && errno != EINTR)
            return false;
        at += put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* Reads `from` to its end, and copies it to `to` unless that is -1. */
static enum dg_err stream(struct dg_cli *cli, const char *path, int from, int to, struct dg_survey *survey)
{
    uint8_t *piece = malloc(DG_PIECE_BYTES);
    ssize_t size = 1;

    if (piece == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    enum dg_err err = DG_OK;
    while (err == DG_OK && size > 0) {
        size = read_piece(from, piece);
        if (size < 0)
            err = unreadable(cli, path, strerror(errno));
        else if (to >= 0 && !write_piece(to, piece, (size_t)size))
            err = dg_faultf(&cli->fault, errno == ENOSPC ? DG_ERR_NO_ROOM : DG_ERR_SYSTEM, "%s: %s", path,
                            strerror(errno));
        else
            dg_survey_add(survey, dg_bytes_at(piece, (size_t)size));
        if (err == DG_OK && survey->err != DG_OK)
            err = dg_faultf(&cli->fault, survey->err, "%s", path);
    }
    free(piece);
    return err;
}

enum dg_err dg_attach_survey(struct dg_cli *cli, const char *path, uint32_t chunk_size,
                             struct dg_attachment *ret)
{
    struct dg_survey survey;
    int fd;

    enum dg_err err = open_file(cli, path, &fd);
    if (err != DG_OK)
        return err;
    dg_survey_start(&survey, chunk_size);
    err = stream(cli, path, fd, -1, &survey);
    if (err == DG_OK && dg_survey_end(&survey, ret) != DG_OK)
        err = dg_faultf(&cli->fault, survey.err, "%s", path);
    dg_survey_free(&survey);
    close(fd);
    return err;
}

/* ---- taking in ---------------------------------------------------------------------------------- */

/* The last part of the path, as a name that every receiver may save it under. */
static enum dg_err name_of(struct dg_cli *cli, const char *path, struct dg_bytes *ret)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;

    cli->where = path;
    enum dg_err err = dg_text_enter(&cli->arena, dg_bytes_of(name), DG_TEXT_LINE, ret, &cli->fault);
    if (err == DG_OK && (ret->size == 0 || dg_bytes_is(*ret, ".") || dg_bytes_is(*ret, "..")))
        err = dg_faultf(&cli->fault, DG_ERR_BAD_TEXT, "%s", path);
    if (err == DG_OK && ret->size > DG_NAME_MAX)
        err = dg_faultf(&cli->fault, DG_ERR_TOO_LARGE, "%s", path);
    return err;
}

/* Copies the file beside the store, durably, under a name of no meaning. */
static enum dg_err copy_in(struct dg_cli *cli, const char *dir, const char *path, int from,
                           struct dg_attachment *ret, char ret_name[static 32])
{
    struct dg_survey survey;
    int to;

    enum dg_err err = dg_files_dir_new(dir, &to, ret_name, &cli->fault);
    if (err != DG_OK)
        return err;
    dg_survey_start(&survey, DG_CHUNK_BYTES);
    err = stream(cli, path, from, to, &survey);
    if (err == DG_OK && dg_survey_end(&survey, ret) != DG_OK)
        err = dg_faultf(&cli->fault, survey.err, "%s", path);
    if (err == DG_OK && fsync(to) != 0)
        err = dg_faultf(&cli->fault, DG_ERR_SYSTEM, "%s: %s", path, strerror(errno));
    dg_survey_free(&survey);
    close(to);
    if (err != DG_OK)
        dg_files_dir_drop(dir, ret_name);
    return err;
}

/* Hands the copy over and waits until the node has read it itself. */
static enum dg_err hand_over(struct dg_cli *cli, const struct dg_attachment *attachment, const char *name)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    struct dg_ctl_request request = {
        .verb = DG_CTL_ATTACH, .attachment = *attachment, .file = dg_bytes_of(name)};
    struct dg_ctl_reply reply;

    enum dg_err err = dg_ask(cli, &request, &reply);
    while (err == DG_OK && !dg_bytes_is(reply.text, dg_attached_state_name(DG_ATTACHED_WHOLE))) {
        nanosleep(&pause, NULL);
        err = dg_ask(cli, &request, &reply);
    }
    return err;
}

static enum dg_err take_in(struct dg_cli *cli, const char *dir, const char *path, struct dg_attachment *ret)
{
    char name[32];
    int from;

    enum dg_err err = open_file(cli, path, &from);
    if (err != DG_OK)
        return err;
    err = copy_in(cli, dir, path, from, ret, name);
    close(from);
    if (err != DG_OK)
        return err;
    cli->where = path;
    err = hand_over(cli, ret, name);
    if (err != DG_OK)
        dg_files_dir_drop(dir, name);
    return err;
}

/* Two files of one name could not be told apart afterwards. */
static enum dg_err names_differ(struct dg_cli *cli, const struct dg_report *draft, struct dg_bytes name)
{
    for (size_t i = 0; i < draft->attachment_count; i++)
        if (dg_bytes_equal(draft->attachment[i].name, name))
            return dg_faultf(&cli->fault, DG_ERR_BAD_VALUE, "--attach %s",
                             dg_arena_string(&cli->arena, name));
    return DG_OK;
}

enum dg_err dg_attach_files(struct dg_cli *cli, bool dry_run, struct dg_report *draft)
{
    const char *const *path;
    const char *dir;
    size_t count = dg_cli_values(cli, DG_OPT_ATTACH, &path);

    if (count == 0)
        return DG_OK;
    if (count > DG_ATTACHMENTS_MAX)
        return dg_faultf(&cli->fault, DG_ERR_TOO_LARGE, "--attach x %zu", count);
    draft->attachment = dg_arena_array(&cli->arena, count, sizeof *draft->attachment);
    if (draft->attachment == NULL)
        return dg_fault(&cli->fault, DG_ERR_NO_MEMORY);
    enum dg_err err = dg_cli_dir(cli, &dir);
    for (size_t i = 0; i < count && err == DG_OK; i++) {
        struct dg_attachment *attachment = &draft->attachment[i];
        struct dg_bytes name;
        err = name_of(cli, path[i], &name);
        if (err == DG_OK)
            err = names_differ(cli, draft, name);
        if (err == DG_OK)
            err = dry_run ? dg_attach_survey(cli, path[i], DG_CHUNK_BYTES, attachment)
                          : take_in(cli, dir, path[i], attachment);
        attachment->name = name;
        draft->attachment_count = i + 1;
    }
    return err;
}
