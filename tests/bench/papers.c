/* papers.c - sentences out of the demonstration's reports, dealt out anew for each paper. */
#include "tests/bench/papers.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "node/conf/report_file.h"
#include "proto/ctl.h"

enum { SENTENCE_MIN = 60, SENTENCES_USED = 256 };

/* ---- loading -------------------------------------------------------------------------------------- */

static void add_sentence(struct papers *papers, struct dg_bytes text)
{
    if (text.size >= SENTENCE_MIN && text.data[0] != '#' && papers->count < SENTENCES_MAX)
        papers->sentence[papers->count++] = text;
}

/* A sentence ends with a full stop before a space, or with its line. */
static void split_body(struct papers *papers, struct dg_bytes body)
{
    size_t start = 0;
    for (size_t i = 0; i < body.size; i++) {
        bool stop = body.data[i] == '.' && i + 1 < body.size && body.data[i + 1] == ' ';
        if (!stop && body.data[i] != '\n')
            continue;
        add_sentence(papers, dg_bytes_at(body.data + start, i - start + stop));
        start = i + 1 + stop;
    }
}

static enum dg_err load_file(struct papers *papers, const char *path, struct dg_fault *fault)
{
    struct dg_bytes text;
    struct dg_report report;
    enum dg_err err = dg_file_read(&papers->arena, path, DG_REPORT_MAX, &text, fault);
    if (err == DG_OK)
        err = dg_report_read(&papers->arena, text, &report, fault);
    if (err == DG_OK)
        split_body(papers, report.body);
    return err;
}

static void date_papers(struct papers *papers)
{
    struct dg_day today = dg_day_of((dg_ms)time(NULL) * 1000);
    struct dg_period month;
    dg_day_text(today, papers->date);
    if (!dg_period_parse(dg_bytes_at(papers->date, strlen("YYYY-MM")), &month))
        return;
    month = dg_period_step(&month, -1);
    dg_period_text(&month, papers->period);
}

enum dg_err papers_load(struct papers *papers, const char *folder, struct dg_fault *fault)
{
    DIR *files = opendir(folder);
    const struct dirent *entry;
    enum dg_err err = DG_OK;
    *papers = (struct papers){.count = 0};
    dg_arena_init(&papers->arena, 0);
    date_papers(papers);
    while (err == DG_OK && files != NULL && (entry = readdir(files)) != NULL)
        if (strstr(entry->d_name, ".md") != NULL)
            err = load_file(papers, dg_arena_printf(&papers->arena, "%s/%s", folder, entry->d_name), fault);
    if (files != NULL)
        closedir(files);
    if (err == DG_OK && papers->count < SENTENCES_USED)
        err = dg_faultf(fault, DG_ERR_BAD_FILE, "%s: %zu sentences", folder, papers->count);
    return err;
}

void papers_done(struct papers *papers)
{
    dg_arena_done(&papers->arena);
}

/* ---- writing -------------------------------------------------------------------------------------- */

/* splitmix64: the same paper for the same number, on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* No sentence stands twice in one paper; every fourth ends a paragraph. */
static struct dg_bytes write_body(const struct papers *papers, uint64_t number, char ret[static PAPER_BYTES])
{
    uint16_t order[SENTENCES_MAX];
    size_t size = 0;
    for (size_t i = 0; i < papers->count; i++)
        order[i] = (uint16_t)i;
    for (size_t i = 0; i < papers->count && size < PAPER_BYTES; i++) {
        size_t pick = i + next_random(&number) % (papers->count - i);
        struct dg_bytes sentence = papers->sentence[order[pick]];
        size_t room = PAPER_BYTES - size;
        size_t taken = dg_text_cut(sentence, room);
        order[pick] = order[i];
        memcpy(ret + size, sentence.data, taken);
        size += taken;
        if (taken < sentence.size)
            break;
        if (size < PAPER_BYTES)
            ret[size++] = i % 4 == 3 ? '\n' : ' ';
    }
    return dg_bytes_at(ret, size);
}

static enum dg_err write_draft(const struct papers *papers, uint64_t number, const char *upper,
                               struct dg_buf *out)
{
    char body[PAPER_BYTES], paper_number[32], committee[DG_ADDRESS_MAX + 1], board[DG_ADDRESS_MAX + 1];
    uint64_t seed = number;
    snprintf(paper_number, sizeof paper_number, "%llu-BC/ĐU", (unsigned long long)number);
    snprintf(committee, sizeof committee, "cap-uy@%s", upper);
    snprintf(board, sizeof board, "ban-dan-van@%s", upper);
    struct dg_bytes also_to[] = {dg_bytes_of(committee), dg_bytes_of(board)};
    struct dg_report report = {
        .kind = dg_bytes_of("periodic"),
        .period = dg_bytes_of(papers->period),
        .number = dg_bytes_of(paper_number),
        .date = dg_bytes_of(papers->date),
        .title = dg_bytes_of("Báo cáo tình hình Nhân dân và công tác dân vận trong tháng"),
        .urgency = DG_URGENCY_NORMAL,
        .also_to_count = sizeof also_to / sizeof also_to[0],
        .also_to = also_to,
        .body = write_body(papers, seed, body),
    };
    return dg_draft_encode(&report, out);
}

enum dg_err paper_request(const struct papers *papers, uint64_t number, const char *upper, struct dg_buf *out)
{
    struct dg_buf draft;
    dg_buf_init(&draft, DG_ENVELOPE_MAX);
    enum dg_err err = write_draft(papers, number, upper, &draft);
    if (err == DG_OK) {
        struct dg_ctl_request request = {
            .verb = DG_CTL_PUSH, .organ = dg_bytes_of("cap-uy"), .draft = dg_buf_bytes(&draft)};
        err = dg_ctl_request_encode(&request, out);
    }
    dg_buf_done(&draft);
    return err == DG_OK ? out->err : err;
}
