/* log.c - facts as lines on stderr. */
#include "node/shell/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"

enum { LINE_MAX_BYTES = 1024 };

const char *dg_language(void)
{
    static const char *const variables[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && value[0] != '\0')
            return strncmp(value, "vi", 2) == 0 ? "vi" : "en";
    }
    return "en";
}

void dg_log_init(struct dg_log *log)
{
    *log = (struct dg_log){.level = DG_LOG_NOTICE, .language = dg_language()};
}

void dg_log_set_level(struct dg_log *log, const char *name)
{
    if (strcmp(name, "error") == 0)
        log->level = DG_LOG_ERROR;
    else if (strcmp(name, "debug") == 0)
        log->level = DG_LOG_DEBUG;
    else
        log->level = DG_LOG_NOTICE;
}

/* One write per line, so that lines of several processes do not mix. What peers sent is tamed. */
static void write_line(const char *where, const char *what, const char *code)
{
    char line[LINE_MAX_BYTES];
    int size = code != NULL ? snprintf(line, sizeof line, "donggui: %s: %s (%s)", where, what, code)
                            : snprintf(line, sizeof line, "donggui: %s: %s", where, what);
    if (size < 0)
        return;
    dg_text_tame(line);
    fprintf(stderr, "%s\n", line);
}

/* False when this second has had its share. */
static bool may_write(struct dg_log *log)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (log->second != now.tv_sec) {
        unsigned left_out = log->left_out;
        log->second = now.tv_sec;
        log->lines = log->left_out = 0;
        if (left_out > 0) {
            char text[64];
            bool vi = strcmp(log->language, "vi") == 0;
            snprintf(text, sizeof text, vi ? "bỏ bớt %u dòng" : "%u lines were left out", left_out);
            write_line("log", text, NULL);
        }
    }
    if (log->lines == DG_LOG_LINES_PER_SECOND) {
        log->left_out++;
        return false;
    }
    log->lines++;
    return true;
}

void dg_log_fault(struct dg_log *log, const char *where, const struct dg_fault *fault)
{
    enum dg_err_group group = dg_err_group(fault->err);
    bool grave = group == DG_GROUP_LOCAL || group == DG_GROUP_STORE;
    if ((!grave && log->level < DG_LOG_NOTICE) || !may_write(log))
        return;
    char text[LINE_MAX_BYTES];
    dg_fault_text(fault, log->language, text, sizeof text);
    write_line(where, text, dg_err_name(fault->err));
}

void dg_log_note(struct dg_log *log, const char *where, const char *vi, const char *en)
{
    if (log->level >= DG_LOG_NOTICE && may_write(log))
        write_line(where, strcmp(log->language, "vi") == 0 ? vi : en, NULL);
}

void dg_log_debug(struct dg_log *log, const char *where, const char *format, ...)
{
    if (log->level < DG_LOG_DEBUG || !may_write(log))
        return;
    char text[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (size >= 0)
        write_line(where, text, NULL);
}
