/* villain.c - a child gone bad: it has its node's keys and says to the parent whatever it likes.
 *
 *   villain DIR BOOT ATTACK
 *
 * DIR is the directory of a node whose daemon does not run, which has sent at least one report of cap-uy;
 * BOOT must be higher than any that the parent has heard. Prints a line for each thing said,
 * `NAME<TAB>ANSWER`: what the parent answered, `accepted INDEX`, `rejected CODE`, `quarantined CODE`, a code
 * alone, or `-` for nothing. The last line is `alive` if the parent still answers a ping. Only hostile.py
 * judges.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/core/identity.h"
#include "node/core/query.h"
#include "node/net/net.h"
#include "node/shell/keyring.h"
#include "node/store/store_lmdb.h"
#include "proto/frame.h"

enum { CASES_MAX = 4096, NAME_BYTES = 48, ANSWER_BYTES = 64, SILENCE_MS = 2500, PARCELS_PER_FRAME = 32 };

/* One thing that is said. */
struct thing {
    char name[NAME_BYTES], answer[ANSWER_BYTES];
    struct dg_bytes envelope; /* of a parcel; else raw */
    bool packed;
    struct dg_id id;
    struct dg_bytes raw; /* a whole message, which nobody answers */
};

struct villain {
    struct dg_arena arena;
    struct dg_identity identity;
    struct dg_keyring *keyring;
    struct dg_net *net;
    uint64_t boot;
    uint8_t nonce[16];
    struct dg_key signing, other; /* of cap-uy, of another organ */
    struct dg_bytes envelope;     /* a good one, which the parent has */
    struct dg_report report;      /* in it */
    size_t count;
    struct thing thing[CASES_MAX];
    bool welcome, ponged;
};

static void die(const char *what)
{
    fprintf(stderr, "villain: %s\n", what);
    exit(1);
}

static int64_t now_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct dg_bytes keep(struct villain *v, struct dg_buf *buf)
{
    if (buf->err != DG_OK)
        die("out of room");
    struct dg_bytes kept = dg_arena_copy(&v->arena, dg_buf_bytes(buf));
    dg_buf_done(buf);
    return kept;
}

/* ---- what the node has --------------------------------------------------------------------------- */

static bool take_sent(void *ctx, struct dg_bytes organ, uint64_t position, const struct dg_id *id)
{
    (void)organ;
    (void)position;
    *(struct dg_id *)ctx = *id;
    return true;
}

static bool take_organ(void *ctx, const struct dg_dir_row *row)
{
    struct villain *v = ctx;
    struct dg_certificate certificate;
    if (row->kind != 'o' ||
        dg_certificate_decode(&v->arena, row->record.sealed.body, &certificate, NULL) != DG_OK)
        return true;
    *(dg_bytes_is(row->organ, "cap-uy") ? &v->signing : &v->other) = certificate.keys.signing;
    return true;
}

static void read_node(struct villain *v, const char *dir)
{
    struct dg_store *store;
    struct dg_txn *txn;
    struct dg_id id = {{0}};
    struct dg_held held;
    if (dg_store_lmdb_open(dir, DG_STORE_READ, &store, NULL) != DG_OK ||
        dg_begin_read(store, &txn) != DG_OK || !dg_identity_load(txn, &v->identity))
        die("no node");
    dg_sent_each(txn, dg_bytes_of("cap-uy"), take_sent, &id);
    dg_dir_each(txn, dg_bytes_of(v->identity.unit), take_organ, v);
    if (dg_held_get(txn, &id, &held) != DG_OK)
        die("no report");
    v->envelope = dg_arena_copy(&v->arena, held.envelope_bytes);
    struct dg_envelope envelope;
    if (dg_envelope_decode(&v->arena, v->envelope, &envelope, NULL) != DG_OK ||
        dg_report_decode(&v->arena, envelope.report, &v->report, NULL) != DG_OK)
        die("its report is bad already");
    dg_abort(store, txn);
    dg_store_close(store);
    if (dg_keyring_open(dir, &v->keyring, NULL) != DG_OK)
        die("no keys");
}

/* ---- what it makes of it ------------------------------------------------------------------------- */

static struct thing *add(struct villain *v, const char *name)
{
    if (v->count == CASES_MAX)
        die("too many things to say");
    struct thing *thing = &v->thing[v->count++];
    (void)snprintf(thing->name, sizeof thing->name, "%s", name);
    (void)snprintf(thing->answer, sizeof thing->answer, "-");
    return thing;
}

static void add_raw(struct villain *v, const char *name, struct dg_bytes raw)
{
    add(v, name)->raw = raw;
}

static void add_envelope(struct villain *v, const char *name, struct dg_bytes envelope)
{
    add(v, name)->envelope = envelope;
}

static void add_signed_by(struct villain *v, const char *name, struct dg_bytes r, const struct dg_key *key)
{
    struct dg_author_signature signature = {.author = 0};
    struct dg_envelope envelope = {.report = r, .signature_count = 1, .signature = &signature};
    const struct dg_signer *signer = dg_keyring_signer(v->keyring);
    struct dg_buf buf;
    if (signer->sign(signer->ctx, key, DG_CONTEXT_REPORT, r, &signature.sig) != DG_OK)
        die("cannot sign");
    dg_buf_init(&buf, DG_FRAME_MAX);
    if (dg_envelope_encode(&envelope, &buf) != DG_OK)
        die("cannot encode");
    struct thing *thing = add(v, name);
    thing->envelope = keep(v, &buf);
    thing->id = dg_report_id(r);
}

static void add_signed(struct villain *v, const char *name, struct dg_bytes r)
{
    add_signed_by(v, name, r, &v->signing);
}

static struct dg_bytes encode(struct villain *v, struct dg_report report)
{
    static uint8_t salt;
    struct dg_buf buf;
    report.salt[0] = ++salt;
    report.salt[1] = (uint8_t)now_ms(CLOCK_REALTIME);
    dg_buf_init(&buf, DG_FRAME_MAX);
    if (dg_report_encode(&report, &buf) != DG_OK)
        die("cannot encode");
    return keep(v, &buf);
}

static struct dg_bytes with_tail(struct villain *v, struct dg_bytes head, const void *tail, size_t size)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 2 * DG_FRAME_MAX);
    dg_buf_add_bytes(&buf, head);
    dg_buf_add(&buf, tail, size);
    return keep(v, &buf);
}

static struct dg_bytes random_bytes(struct villain *v, size_t size)
{
    uint8_t *bytes = dg_arena_array(&v->arena, size + 1, 1);
    dg_random(bytes, size);
    return dg_bytes_at(bytes, size);
}

/* So deep that a decoder which calls itself would run out of stack. */
static struct dg_bytes nested(struct villain *v, uint8_t tag, unsigned depth)
{
    size_t room = 4 * (size_t)depth + 16, at = room;
    uint8_t *bytes = dg_arena_array(&v->arena, room, 1);
    for (unsigned i = 0; i < depth; i++) {
        size_t size = room - at;
        uint8_t varint[4];
        size_t n = 0;
        for (; size >= 0x80; size >>= 7)
            varint[n++] = (uint8_t)(size | 0x80);
        varint[n++] = (uint8_t)size;
        at -= n;
        memcpy(bytes + at, varint, n);
        bytes[--at] = tag;
    }
    return dg_bytes_at(bytes + at, room - at);
}

static struct dg_bytes repeated(struct villain *v, uint8_t tag, size_t count)
{
    uint8_t *bytes = dg_arena_array(&v->arena, 2 * count, 1);
    for (size_t i = 0; i < count; i++)
        bytes[2 * i] = tag;
    return dg_bytes_at(bytes, 2 * count);
}

/* ---- the attacks --------------------------------------------------------------------------------- */

static void attack_truncate(struct villain *v)
{
    char name[NAME_BYTES];
    for (size_t size = 0; size < v->envelope.size && v->count < CASES_MAX - 1; size++) {
        (void)snprintf(name, sizeof name, "cut at %zu", size);
        add_envelope(v, name, dg_bytes_at(v->envelope.data, size));
    }
}

static void attack_shape(struct villain *v)
{
    char name[NAME_BYTES];
    add_envelope(v, "nested envelope", nested(v, 0x0a, 16000));
    add_signed(v, "nested report", nested(v, 0x1a, 16000));
    add_signed(v, "report of empty authors", repeated(v, 0x1a, 200000));
    add_envelope(v, "envelope of empty signatures", repeated(v, 0x12, 200000));
    add_raw(v, "nested frame", nested(v, 0x0a, 16000));
    for (unsigned field = 1; field <= 31; field++) {
        (void)snprintf(name, sizeof name, "frame of empty field %u", field);
        uint8_t two[2] = {(uint8_t)((field << 3 | 2) & 0x7f), 0};
        add_raw(v, name, field < 16 ? repeated(v, two[0], 400000) : repeated(v, 0xfa, 400000));
    }
    add_raw(v, "empty frame", dg_bytes_at(NULL, 0));
    add_raw(v, "frame of one byte", dg_bytes_at("\x0a", 1));
    add_envelope(v, "envelope of one byte", dg_bytes_at("\x0a", 1));
    add_raw(v, "unknown field", dg_bytes_at("\xf8\x3f\x01", 3));
    struct thing *packed = add(v, "packed rubbish");
    packed->envelope = random_bytes(v, 4000);
    packed->packed = true;
}

static void attack_canon(struct villain *v)
{
    struct dg_bytes r = encode(v, v->report);
    add_signed(v, "duplicate field", with_tail(v, r, "\x08\x01", 2));
    add_signed(v, "optional and empty", with_tail(v, r, "\x32\x00", 2));
    add_signed(v, "unknown field", with_tail(v, r, "\xf8\x3f\x01", 3));
    struct dg_bytes rest = dg_bytes_at(r.data + 2, r.size - 2);
    struct dg_bytes overlong = with_tail(v, dg_bytes_at("\x08\x81\x00", 3), rest.data, rest.size);
    add_signed(v, "overlong varint", overlong);
    struct dg_bytes newer = with_tail(v, dg_bytes_at("\x08\x02", 2), rest.data, rest.size);
    add_signed(v, "newer version", newer);
}

static void attack_text(struct villain *v)
{
    static const struct {
        const char *name;
        const char *text;
    } texts[] = {
        {"not UTF-8", "a\xff\xfe"},
        {"surrogate", "a\xed\xa0\x80"},
        {"overlong", "a\xc0\xaf"},
        {"NFD", "Ha\xcc\x80"},
        {"bidi", "a\xe2\x80\xae"
                 "b"},
        {"control", "a\x07"},
        {"zero width", "a\xe2\x80\x8b"
                       "b"},
        {"escape", "a\x1b[31m"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct dg_report report = v->report;
        report.title = dg_bytes_of(texts[i].text);
        add_signed(v, texts[i].name, encode(v, report));
    }
    struct dg_report report = v->report;
    report.title = dg_bytes_at("a\0b", 3);
    add_signed(v, "NUL", encode(v, report));
}

static void attack_dates(struct villain *v)
{
    static const char *const dates[] = {"1970-01-01", "9999-12-31", "2026-02-30", "0000-00-00", "26-1-1", ""};
    char name[NAME_BYTES];
    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        struct dg_report report = v->report;
        report.date = dg_bytes_of(dates[i]);
        (void)snprintf(name, sizeof name, "dated %s", dates[i]);
        add_signed(v, name, encode(v, report));
    }
    struct dg_report report = v->report;
    report.signed_ms = INT64_MIN;
    add_signed(v, "signed INT64_MIN", encode(v, report));
    report.signed_ms = INT64_MAX;
    add_signed(v, "signed INT64_MAX", encode(v, report));
    report.signed_ms = now_ms(CLOCK_REALTIME) + INT64_C(400) * 86400000;
    add_signed(v, "signed next year", encode(v, report));
}

static void attack_rules(struct villain *v)
{
    struct dg_report report = v->report;
    report.urgency = (enum dg_urgency)99;
    add_signed(v, "unknown urgency", encode(v, report));
    report = v->report;
    report.kind = dg_bytes_of("khong-co");
    add_signed(v, "unknown kind", encode(v, report));
    report = v->report;
    report.federation = dg_bytes_of("other.example");
    add_signed(v, "another federation", encode(v, report));
    report = v->report;
    report.recipient_count = 1;
    add_signed(v, "a recipient is missing", encode(v, report));
    report.recipient_count = 0;
    add_signed(v, "nobody is to receive it", encode(v, report));

    struct dg_recipient *many = dg_arena_array(&v->arena, 10000, sizeof *many);
    for (size_t i = 0; i < 10000; i++)
        many[i] = (struct dg_recipient){.as = DG_AS_COPY,
                                        .organ = dg_bytes_of("cap-uy"),
                                        .unit = dg_bytes_of(dg_arena_printf(&v->arena, "u%zu", i))};
    report = v->report;
    report.recipient_count = 10000;
    report.recipient = many;
    add_signed(v, "10,000 recipients", encode(v, report));

    struct dg_author author = v->report.author[0];
    author.unit = dg_bytes_of(v->identity.parent);
    report = v->report;
    report.author = &author;
    add_signed(v, "in the parent's name", encode(v, report));
    add_signed_by(v, "another organ's signature", encode(v, v->report), &v->other);
    add_signed(v, "the good one", encode(v, v->report));
}

static void attack_again(struct villain *v)
{
    struct dg_envelope envelope;
    if (dg_envelope_decode(&v->arena, v->envelope, &envelope, NULL) != DG_OK)
        die("decode");
    for (int i = 0; i < 300; i++) {
        struct thing *thing = add(v, "again");
        thing->envelope = v->envelope;
        thing->id = dg_report_id(envelope.report);
    }
}

static void attack_flips(struct villain *v)
{
    for (int i = 0; i < 1000; i++) {
        uint8_t *copy = dg_arena_array(&v->arena, v->envelope.size, 1);
        uint32_t where;
        dg_random(&where, sizeof where);
        memcpy(copy, v->envelope.data, v->envelope.size);
        copy[where % v->envelope.size] ^= (uint8_t)(1u << (where >> 24) % 8);
        add_envelope(v, "flipped bit", dg_bytes_at(copy, v->envelope.size));
    }
}

static void attack_noise(struct villain *v)
{
    uint32_t size;
    for (int i = 0; i < 400; i++) {
        dg_random(&size, sizeof size);
        add_raw(v, "noise", random_bytes(v, size % 20000));
    }
}

static struct dg_bytes encode_frame(struct villain *v, const struct dg_frame *frame)
{
    struct dg_buf buf;
    dg_buf_init(&buf, 4 * DG_FRAME_MAX);
    if (dg_frame_encode(frame, &buf) != DG_OK)
        die("cannot encode a frame");
    return keep(v, &buf);
}

/* What a confused neighbour could say: acknowledgements, answers and receipts of what was never sent. */
static void attack_lies(struct villain *v)
{
    uint64_t acked[1000];
    struct dg_answer answer[1000];
    struct dg_record record[100];
    for (size_t i = 0; i < 1000; i++) {
        dg_random(&acked[i], sizeof acked[i]);
        answer[i] = (struct dg_answer){.tag = acked[i], .code = dg_bytes_of("MALFORMED")};
    }
    struct dg_frame frame = {.acked_count = 1000, .acked = acked, .answer_count = 1000, .answer = answer};
    add_raw(v, "acknowledges and refuses nothing", encode_frame(v, &frame));
    struct dg_bytes note = dg_bytes_of("danvan.example/dong-phu/e1\n7\nAAAA\n\n-- x\n");
    for (size_t i = 0; i < 100; i++) {
        record[i] = (struct dg_record){.kind = DG_RECORD_RECEIPT,
                                       .leaf = random_bytes(v, 200),
                                       .has_report = true,
                                       .has_checkpoint = true};
        dg_random(&record[i].report, sizeof record[i].report);
    }
    frame =
        (struct dg_frame){.record_count = 100, .record = record, .checkpoint_count = 1, .checkpoint = &note};
    add_raw(v, "receipts of nothing", encode_frame(v, &frame));
    struct dg_beat ping = {.number = UINT64_MAX, .clock_ms = INT64_MIN};
    frame = (struct dg_frame){.ping = &ping};
    struct dg_bytes beat = encode_frame(v, &frame);
    for (int i = 0; i < 1000; i++)
        add_raw(v, "ping of no time", beat);
}

static void attack_oversize(struct villain *v)
{
    add_raw(v, "as long as a frame may be", random_bytes(v, DG_FRAME_MAX));
    add_raw(v, "a byte longer", random_bytes(v, DG_FRAME_MAX + 1));
    add_raw(v, "as long as the transport takes", random_bytes(v, DG_ZMQ_MSG_MAX - 64));
}

static const struct {
    const char *name;
    void (*plan)(struct villain *v);
} attacks[] = {{"truncate", attack_truncate}, {"shape", attack_shape},      {"canon", attack_canon},
               {"text", attack_text},         {"dates", attack_dates},      {"rules", attack_rules},
               {"again", attack_again},       {"flips", attack_flips},      {"noise", attack_noise},
               {"lies", attack_lies},         {"oversize", attack_oversize}};

/* ---- talking ------------------------------------------------------------------------------------- */

static void hear_receipt(struct villain *v, const struct dg_record *record)
{
    struct dg_leaf leaf;
    if (!record->has_report || dg_leaf_parse(&v->arena, record->leaf, &leaf, NULL) != DG_OK)
        return;
    for (size_t i = 0; i < v->count; i++) {
        struct thing *thing = &v->thing[i];
        if (thing->envelope.size == 0 || !dg_id_equal(&thing->id, &record->report))
            continue;
        if (leaf.verdict == DG_VERDICT_ACCEPTED)
            (void)snprintf(thing->answer, sizeof thing->answer, "accepted %llu",
                           (unsigned long long)record->index);
        else
            (void)snprintf(thing->answer, sizeof thing->answer, "%s %.*s",
                           leaf.verdict == DG_VERDICT_REJECTED ? "rejected" : "quarantined",
                           (int)leaf.code.size, (const char *)leaf.code.data);
    }
}

static void hear(struct villain *v)
{
    struct dg_net_message message;
    struct dg_frame frame;
    while (dg_net_recv(v->net, &message)) {
        struct dg_bytes bytes = dg_arena_copy(&v->arena, message.bytes);
        if (dg_frame_decode(&v->arena, bytes, &frame, NULL) != DG_OK)
            die("the parent says what nobody can read");
        v->welcome = v->welcome || frame.welcome != NULL;
        v->ponged = v->ponged || frame.pong != NULL;
        for (size_t i = 0; i < frame.record_count; i++)
            if (frame.record[i].kind == DG_RECORD_RECEIPT)
                hear_receipt(v, &frame.record[i]);
        for (size_t i = 0; i < frame.answer_count; i++)
            if (frame.answer[i].tag >> 2 <= v->count && frame.answer[i].tag >> 2 > 0)
                (void)snprintf(v->thing[(frame.answer[i].tag >> 2) - 1].answer, ANSWER_BYTES, "%.*s",
                               (int)frame.answer[i].code.size, (const char *)frame.answer[i].code.data);
    }
}

static void listen_for(struct villain *v, int64_t ms)
{
    int64_t until = now_ms(CLOCK_MONOTONIC) + ms;
    for (int64_t left = ms; left > 0; left = until - now_ms(CLOCK_MONOTONIC)) {
        if (dg_net_wait(v->net, NULL, 0, left < 100 ? (long)left : 100) != DG_OK)
            die("no network");
        hear(v);
    }
}

static void say(struct villain *v, struct dg_bytes bytes)
{
    for (int tries = 0; dg_net_send(v->net, DG_CONN_UP, bytes) != DG_SENT; tries++) {
        if (tries > 600)
            return; /* the parent has cut the line: that is an answer too */
        listen_for(v, 20);
    }
    hear(v);
}

static void greet(struct villain *v)
{
    struct dg_hello hello = {.federation = dg_bytes_of(v->identity.federation),
                             .unit = dg_bytes_of(v->identity.unit),
                             .certificate = v->identity.certificate,
                             .lane = 1,
                             .boot = v->boot,
                             .frame_max = DG_FRAME_MAX,
                             .clock_ms = now_ms(CLOCK_REALTIME)};
    struct dg_frame frame = {.hello = &hello};
    memcpy(hello.nonce, v->nonce, sizeof hello.nonce);
    struct dg_bytes bytes = encode_frame(v, &frame);
    v->welcome = false;
    for (int tries = 0; tries < 60 && !v->welcome; tries++) {
        say(v, bytes);
        listen_for(v, 250);
    }
    if (!v->welcome)
        die("not welcome");
}

static void say_parcels(struct villain *v, size_t first, size_t count)
{
    struct dg_parcel parcel[PARCELS_PER_FRAME];
    for (size_t i = 0; i < count; i++) {
        const struct thing *thing = &v->thing[first + i];
        parcel[i] = (struct dg_parcel){.tag = (first + i + 1) * 4 + DG_LANE_NORMAL};
        *(thing->packed ? &parcel[i].packed : &parcel[i].envelope_bytes) = thing->envelope;
    }
    struct dg_frame frame = {.parcel_count = count, .parcel = parcel};
    say(v, encode_frame(v, &frame));
}

static void say_all(struct villain *v)
{
    for (size_t i = 0; i < v->count;) {
        size_t count = 0, bytes = 0;
        if (v->thing[i].raw.data != NULL || v->thing[i].raw.size > 0) {
            say(v, v->thing[i++].raw);
            continue;
        }
        while (i + count < v->count && count < PARCELS_PER_FRAME && v->thing[i + count].raw.data == NULL &&
               (count == 0 || bytes + v->thing[i + count].envelope.size < DG_FRAME_MAX / 2))
            bytes += v->thing[i + count++].envelope.size;
        say_parcels(v, i, count);
        i += count;
    }
}

static void still_alive(struct villain *v)
{
    struct dg_beat ping = {.number = 1, .clock_ms = now_ms(CLOCK_REALTIME)};
    struct dg_frame frame = {.ping = &ping};
    greet(v); /* it may have been cut off, and rightly so */
    v->ponged = false;
    say(v, encode_frame(v, &frame));
    for (int i = 0; i < 40 && !v->ponged; i++)
        listen_for(v, 250);
    printf("%s\n", v->ponged ? "alive" : "dead");
}

int main(int argc, char **argv)
{
    static struct villain v;
    if (argc != 4 || dg_crypto_start(NULL) != DG_OK)
        die("usage: villain DIR BOOT ATTACK");
    dg_arena_init(&v.arena, 0);
    dg_random(v.nonce, sizeof v.nonce);
    v.boot = strtoull(argv[2], NULL, 10);
    read_node(&v, argv[1]);
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++)
        if (strcmp(attacks[i].name, argv[3]) == 0)
            attacks[i].plan(&v);
    if (v.count == 0)
        die("no such attack");
    struct dg_net_options options = {.key = v.identity.transport,
                                     .parent = v.identity.parent_endpoint,
                                     .parent_key = v.identity.parent_key};
    if (dg_keyring_seed(v.keyring, "transport", &options.secret, NULL) != DG_OK ||
        dg_net_open(&options, &v.net, NULL) != DG_OK)
        die("no network");
    greet(&v);
    say_all(&v);
    listen_for(&v, SILENCE_MS);
    for (size_t i = 0; i < v.count; i++)
        printf("%s\t%s\n", v.thing[i].name, v.thing[i].answer);
    still_alive(&v);
    dg_net_close(v.net);
    dg_keyring_close(v.keyring);
    dg_arena_done(&v.arena);
    return 0;
}
