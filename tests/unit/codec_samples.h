/* codec_samples.h - one good value of each message, for the tests of the codecs and the seeds of the
 * fuzz targets. Every sample borrows static storage and has real keys made from fixed seeds.
 */
#ifndef DG_TESTS_CODEC_SAMPLES_H
#define DG_TESTS_CODEC_SAMPLES_H

#include <string.h>

#include "common/crypto.h"
#include "common/limits.h"
#include "proto/certificate.h"
#include "proto/comment.h"
#include "proto/carried.h"
#include "proto/ctl.h"
#include "proto/frame.h"
#include "proto/joint.h"
#include "proto/pass.h"
#include "proto/regime.h"
#include "proto/report.h"
#include "proto/trail.h"

#define SAMPLE_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SAMPLE_NOTE                                                                                          \
    "danvan.example/binh-phuoc/e1\n5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"                      \
    "— danvan.example/binh-phuoc/e1 not a real signature\n"
#define SAMPLE_MS 1793000000000 /* 26 October 2026 */

static inline struct dg_bytes sample_text(const char *text)
{
    return dg_bytes_of(text);
}

static inline struct dg_seed sample_seed(uint8_t number)
{
    struct dg_seed seed;

    memset(seed.b, number, sizeof seed.b);
    return seed;
}

static inline struct dg_key sample_key(uint8_t number)
{
    struct dg_seed seed = sample_seed(number);

    return dg_key_of(&seed);
}

static inline struct dg_curve_key sample_curve_key(uint8_t number)
{
    struct dg_seed seed = sample_seed(number);

    return dg_curve_key_of(&seed);
}

static inline struct dg_hash sample_hash(uint8_t number)
{
    struct dg_hash hash;

    memset(hash.b, number, sizeof hash.b);
    return hash;
}

static inline struct dg_cert_id sample_cert_id(uint8_t number)
{
    struct dg_cert_id id;

    memset(id.b, number, sizeof id.b);
    return id;
}

static inline struct dg_sig sample_sig(uint8_t number)
{
    struct dg_sig sig;

    memset(sig.b, number, sizeof sig.b);
    return sig;
}

/* --- reports -------------------------------------------------------------------------------- */

static inline struct dg_report sample_report(void)
{
    static struct dg_author author[1];
    static struct dg_bytes matter[1], also_to[1], rule[2];
    static struct dg_id source[1];
    static struct dg_indicator indicator[1];
    static struct dg_extra extra[1];
    static struct dg_attachment attachment[1];
    static struct dg_regime_use regime[1];
    static struct dg_recipient recipient[2];
    static struct dg_to_seq to_seq[1];

    author[0] = (struct dg_author){sample_text("cap-uy"), sample_text("dong-phu"), sample_cert_id(1)};
    matter[0] = sample_text("dan-toc");
    also_to[0] = sample_text("van-phong@binh-phuoc");
    memset(source[0].b, 2, sizeof source[0].b);
    indicator[0] = (struct dg_indicator){sample_text("ý kiến cử tri"), sample_text("-12.5")};
    extra[0] = (struct dg_extra){sample_text("x-mau"), sample_text("số 3")};
    attachment[0] =
        (struct dg_attachment){sample_text("phụ lục.pdf"), 70000, sample_hash(3), 65536, sample_hash(4)};
    regime[0] = (struct dg_regime_use){sample_text("binh-phuoc"), sample_hash(5), sample_hash(6)};
    rule[0] = sample_text("BP-24.2b");
    rule[1] = sample_text("BP-25.1");
    recipient[0] = (struct dg_recipient){
        .organ = sample_text("ban-dan-van"),
        .unit = sample_text("binh-phuoc"),
        .as = DG_AS_TO,
        .through = sample_text("van-phong@binh-phuoc"),
        .rule_count = SAMPLE_COUNT(rule),
        .rule = rule,
        .has_certificate = true,
        .certificate = sample_cert_id(7),
    };
    recipient[1] = (struct dg_recipient){
        .organ = sample_text("van-phong"), .unit = sample_text("binh-phuoc"), .as = DG_AS_COPY};
    to_seq[0] = (struct dg_to_seq){sample_text("binh-phuoc"), 42};
    struct dg_report report = {
        .version = 1,
        .federation = sample_text("danvan.example"),
        .author_count = SAMPLE_COUNT(author),
        .author = author,
        .epoch = 1,
        .kind = sample_text("periodic"),
        .period = sample_text("2026-10"),
        .number = sample_text("15-BC/HU"),
        .date = sample_text("2026-10-25"),
        .title = sample_text("Báo cáo tình hình Nhân dân tháng 10"),
        .urgency = DG_URGENCY_KHAN,
        .matter_count = SAMPLE_COUNT(matter),
        .matter = matter,
        .also_to_count = SAMPLE_COUNT(also_to),
        .also_to = also_to,
        .source_count = SAMPLE_COUNT(source),
        .source = source,
        .has_supersedes = true,
        .supersedes = source[0],
        .indicator_count = SAMPLE_COUNT(indicator),
        .indicator = indicator,
        .extra_count = SAMPLE_COUNT(extra),
        .extra = extra,
        .body = sample_text("# I. Tình hình Nhân dân\n\tổn định\n"),
        .attachment_count = SAMPLE_COUNT(attachment),
        .attachment = attachment,
        .regime_count = SAMPLE_COUNT(regime),
        .regime = regime,
        .recipient_count = SAMPLE_COUNT(recipient),
        .recipient = recipient,
        .to_seq_count = SAMPLE_COUNT(to_seq),
        .to_seq = to_seq,
        .signed_ms = SAMPLE_MS,
        .salt = {9, 9, 9},
    };
    return report;
}

/* report must be the bytes of an R. */
static inline struct dg_envelope sample_envelope(struct dg_bytes report)
{
    static struct dg_author_signature signature[1];

    signature[0] = (struct dg_author_signature){.author = 0, .sig = sample_sig(1)};
    return (struct dg_envelope){.report = report, .signature_count = 1, .signature = signature};
}

static inline struct dg_state sample_state(void)
{
    struct dg_state state = {
        .federation = sample_text("danvan.example"),
        .organ = sample_text("cap-uy"),
        .unit = sample_text("binh-phuoc"),
        .certificate = sample_cert_id(1),
        .code = 3,
        .note = sample_text("đã chuyển\nphòng tổng hợp"),
        .signed_ms = SAMPLE_MS,
    };

    return state;
}

static inline struct dg_pass sample_pass(enum dg_decision decision)
{
    struct dg_pass pass = {
        .federation = sample_text("danvan.example"),
        .organ = sample_text("ban-tuyen-giao"),
        .unit = sample_text("khoi-co-quan"),
        .certificate = sample_cert_id(1),
        .decision = decision,
        .note = sample_text(decision == DG_DECISION_CONSOLIDATED ? "đã đưa vào báo cáo chung" : ""),
        .signed_ms = SAMPLE_MS,
    };

    if (decision == DG_DECISION_CONSOLIDATED)
        memset(pass.into.b, 0x77, sizeof pass.into.b);
    pass.covers = decision == DG_DECISION_CONSOLIDATED;
    return pass;
}

static inline struct dg_void sample_void(void)
{
    static struct dg_to_seq to_seq[2];

    to_seq[0] = (struct dg_to_seq){sample_text("trung-uong"), 7};
    to_seq[1] = (struct dg_to_seq){sample_text("bien-hoa"), 1};
    struct dg_void voided = {
        .federation = sample_text("danvan.example"),
        .organ = sample_text("bcsd-ubnd"),
        .unit = sample_text("dong-nai"),
        .certificate = sample_cert_id(2),
        .to_seq_count = SAMPLE_COUNT(to_seq),
        .to_seq = to_seq,
        .signed_ms = SAMPLE_MS,
        .epoch = 2,
    };
    return voided;
}

static inline struct dg_comment sample_comment(void)
{
    struct dg_comment comment = {
        .federation = sample_text("danvan.example"),
        .organ = sample_text("mttq"),
        .unit = sample_text("dong-nai"),
        .certificate = sample_cert_id(3),
        .text = sample_text("Đề nghị bổ sung khoản 3.\nCòn lại nhất trí.\n"),
        .signed_ms = SAMPLE_MS,
    };
    return comment;
}

/* --- membership ----------------------------------------------------------------------------- */

static inline struct dg_keys sample_unit_keys(void)
{
    struct dg_keys keys = {.has_unit = true, .has_log = true, .has_cosigner = true, .has_transport = true};

    keys.unit = sample_key(11);
    keys.log = sample_key(12);
    keys.cosigner = sample_key(13);
    keys.transport = sample_curve_key(14);
    return keys;
}

static inline struct dg_certificate sample_unit_certificate(void)
{
    static uint8_t invitation[16];
    struct dg_certificate certificate = {
        .subject = DG_SUBJECT_UNIT,
        .federation = sample_text("danvan.example"),
        .unit = sample_text("dong-phu"),
        .name = sample_text("Huyện Đồng Phú"),
        .level = sample_text("district"),
        .parent = sample_text("binh-phuoc"),
        .serial = 1,
        .epoch = 1,
        .issuer = sample_hash(8),
        .keys = sample_unit_keys(),
        .not_before_ms = SAMPLE_MS,
        .not_after_ms = SAMPLE_MS + 1000,
        .endpoint = sample_text("tcp://127.0.0.1:7000"),
        .invitation = dg_bytes_at(invitation, sizeof invitation),
    };

    return certificate;
}

static inline struct dg_certificate sample_organ_certificate(void)
{
    static struct dg_bytes role[2];

    role[0] = sample_text("ban-dan-van");
    role[1] = sample_text("cap-uy");
    struct dg_certificate certificate = {
        .subject = DG_SUBJECT_ORGAN,
        .federation = sample_text("danvan.example"),
        .unit = sample_text("dong-phu"),
        .organ = sample_text("cap-uy"),
        .role_count = SAMPLE_COUNT(role),
        .role = role,
        .name = sample_text("Huyện ủy Đồng Phú"),
        .serial = 2,
        .issuer = sample_hash(8),
        .not_before_ms = SAMPLE_MS,
        .not_after_ms = SAMPLE_MS + 1000,
    };

    certificate.keys.has_signing = certificate.keys.has_sealing = true;
    certificate.keys.signing = sample_key(15);
    certificate.keys.sealing = sample_curve_key(16);
    return certificate;
}

static inline struct dg_adoption sample_adoption(void)
{
    struct dg_adoption adoption = {
        .federation = sample_text("danvan.example"),
        .unit = sample_text("binh-phuoc"),
        .name = sample_text("binh-phuoc"),
        .serial = 1,
        .regime = sample_hash(5),
        .main = true,
        .has_from = true,
        .has_until = true,
        .from = {20000},
        .until = {21000},
        .signed_ms = SAMPLE_MS,
    };

    return adoption;
}

static inline struct dg_signed sample_signed(void)
{
    struct dg_signed sealed = {.body = sample_text("any body"), .sig = sample_sig(1), .possession_count = 1};

    sealed.possession[0] = sample_sig(2);
    return sealed;
}

static inline struct dg_invitation sample_invitation(void)
{
    static struct dg_signed chain[1];
    static struct dg_hash regime[1];

    chain[0] = sample_signed();
    regime[0] = sample_hash(5);
    struct dg_invitation invitation = {
        .federation = sample_text("danvan.example"),
        .federation_key = sample_key(21),
        .chain_count = SAMPLE_COUNT(chain),
        .chain = chain,
        .endpoint = sample_text("tcp://127.0.0.1:7000"),
        .server_key = sample_curve_key(22),
        .secret = sample_seed(23),
        .id = {1, 2, 3},
        .unit = sample_text("dong-phu"),
        .level = sample_text("district"),
        .name = sample_text("Huyện Đồng Phú"),
        .regime_count = SAMPLE_COUNT(regime),
        .regime = regime,
        .expires_ms = SAMPLE_MS,
    };
    return invitation;
}

/* --- regimes -------------------------------------------------------------------------------- */

static inline struct dg_rule sample_rule(const char *id)
{
    static struct dg_bytes level[1], from[2], except[1], with[1], matter[1], outline[1];
    static struct dg_target to[1], copy[1], observe[1];
    static struct dg_aggregate aggregate[2];

    aggregate[0] = (struct dg_aggregate){sample_text("ton-dong"), DG_AGGREGATE_LAST};
    aggregate[1] = (struct dg_aggregate){sample_text("ty-le"), DG_AGGREGATE_NONE};
    level[0] = sample_text("district");
    from[0] = sample_text("cap-uy");
    from[1] = sample_text("mttq");
    except[0] = sample_text("van-phong");
    with[0] = sample_text("chinh-quyen");
    matter[0] = sample_text("dan-toc");
    outline[0] = sample_text("I. Tình hình Nhân dân");
    to[0] = (struct dg_target){sample_text("cap-uy"), DG_WHERE_PARENT, true};
    copy[0] = (struct dg_target){sample_text("ban-dan-van"), DG_WHERE_PARENT, false};
    observe[0] = (struct dg_target){sample_text("mttq"), DG_WHERE_SAME, false};
    struct dg_rule rule = {
        .id = sample_text(id),
        .cites = sample_text("Điều 24 khoản 2"),
        .scope = DG_SCOPE_ALL,
        .level = {SAMPLE_COUNT(level), level},
        .from = {SAMPLE_COUNT(from), from},
        .except = {SAMPLE_COUNT(except), except},
        .with = {SAMPLE_COUNT(with), with},
        .kind = sample_text("periodic"),
        .periods = DG_CADENCE_M | DG_CADENCE_Y,
        .matter = {SAMPLE_COUNT(matter), matter},
        .to_count = SAMPLE_COUNT(to),
        .copy_count = SAMPLE_COUNT(copy),
        .observe_count = SAMPLE_COUNT(observe),
        .to = to,
        .copy = copy,
        .observe = observe,
        .has_via = true,
        .via = {sample_text("van-phong"), DG_WHERE_SAME, false},
        .outline = {SAMPLE_COUNT(outline), outline},
        .aggregate_count = SAMPLE_COUNT(aggregate),
        .aggregate = aggregate,
        .aggregate_default = DG_AGGREGATE_SUM,
    };
    return rule;
}

static inline struct dg_regime sample_regime(void)
{
    static struct dg_bytes role[2], level[1], by[1];
    static struct dg_level_roles organs[1];
    static struct dg_stand_in stand_in[1];
    static struct dg_rule rule[2];

    role[0] = sample_text("cap-uy");
    role[1] = sample_text("mttq");
    level[0] = sample_text("commune");
    by[0] = sample_text("cap-uy");
    organs[0] = (struct dg_level_roles){sample_text("district"), {SAMPLE_COUNT(role), role}};
    stand_in[0] = (struct dg_stand_in){
        sample_text("ban-dan-van"), sample_text("Điều 30"), {SAMPLE_COUNT(level), level}, {1, by}};
    rule[0] = sample_rule("BP-24.2a");
    rule[1] = sample_rule("BP-24.2b");
    struct dg_regime regime = {
        .name = sample_text("binh-phuoc"),
        .title = sample_text("Quy chế công tác dân vận"),
        .has_from = true,
        .has_until = true,
        .from = {20000},
        .until = {21000},
        .organ_count = SAMPLE_COUNT(organs),
        .stand_in_count = SAMPLE_COUNT(stand_in),
        .rule_count = SAMPLE_COUNT(rule),
        .organs = organs,
        .stand_in = stand_in,
        .rule = rule,
    };
    return regime;
}

/* --- frames, trails ------------------------------------------------------------------------- */

static inline struct dg_proof sample_proof(void)
{
    struct dg_proof proof = {.count = 2};

    proof.hash[0] = sample_hash(1);
    proof.hash[1] = sample_hash(2);
    return proof;
}

static inline struct dg_record sample_record(void)
{
    struct dg_record record = {
        .tag = 7,
        .kind = DG_RECORD_STATE,
        .has_signed = true,
        .sealed = sample_signed(),
        .leaf = sample_text("time 2026-10-25T00:00:00.000Z\n"),
        .index = 5,
        .proof = sample_proof(),
        .has_checkpoint = true,
        .checkpoint = 0,
        .has_report = true,
        .regime = sample_text("a regime"),
    };
    return record;
}

/* A frame that carries: one parcel with these envelope bytes, a record, an answer, tags. */
static inline struct dg_frame sample_frame(struct dg_bytes envelope)
{
    static struct dg_parcel parcel[1];
    static struct dg_record record[1];
    static struct dg_answer answer[1];
    static struct dg_bytes checkpoint[1];
    static uint64_t acked[3] = {1, 300, UINT64_MAX};
    static struct dg_offer offer[1];
    static struct dg_standing standing[2];
    static struct dg_run missing[2] = {{0, 3}, {70, 1}}, taken[1] = {{4, 4}};
    static struct dg_piece piece[1];

    offer[0].content = sample_hash(70);
    standing[0] = (struct dg_standing){.content = sample_hash(71),
                                       .missing_count = SAMPLE_COUNT(missing),
                                       .missing = missing,
                                       .taken_count = SAMPLE_COUNT(taken),
                                       .taken = taken};
    standing[1] = (struct dg_standing){.content = sample_hash(72),
                                       .whole = true,
                                       .code = sample_text("NO_ROOM"),
                                       .detail = sample_text("đĩa đầy")};
    piece[0] = (struct dg_piece){
        .content = sample_hash(73), .run = {8, 8}, .data = sample_text("a piece"), .packed = true};
    piece[0].proof.count = 2;
    piece[0].proof.hash[0] = sample_hash(74);
    piece[0].proof.hash[1] = sample_hash(75);
    parcel[0] = (struct dg_parcel){.tag = 9, .envelope_bytes = envelope};
    record[0] = sample_record();
    answer[0] = (struct dg_answer){3, sample_text("RETRY_LATER"), sample_text("kho đầy"), 2000};
    checkpoint[0] = sample_text(SAMPLE_NOTE);
    struct dg_frame frame = {
        .checkpoint_count = 1,
        .parcel_count = 1,
        .record_count = 1,
        .answer_count = 1,
        .acked_count = SAMPLE_COUNT(acked),
        .checkpoint = checkpoint,
        .parcel = parcel,
        .record = record,
        .answer = answer,
        .acked = acked,
        .offer_count = 1,
        .standing_count = SAMPLE_COUNT(standing),
        .piece_count = 1,
        .offer = offer,
        .standing = standing,
        .piece = piece,
    };
    return frame;
}

/* A frame that has each of the single parts, which no real one has at once. */
static inline struct dg_frame sample_handshake(void)
{
    static struct dg_hello hello;
    static struct dg_welcome welcome;
    static struct dg_refused refused;
    static struct dg_beat beat = {1, SAMPLE_MS};
    static const struct dg_credit credit = {.items = 64, .bytes = 1 << 20};
    static const uint8_t invitation[16] = {1};
    static struct dg_hash nonce;
    static struct dg_enrol_request request;
    static struct dg_enrol_grant grant;
    static struct dg_record directory[1];
    static struct dg_bytes regime[1], checkpoint[1];
    static struct dg_restore_ask ask = {
        .size = 12, .has_replay = true, .replay = 9, .since_ms = SAMPLE_MS};
    static const uint64_t mirrored = 5;
    static struct dg_bytes leaves[2];
    static struct dg_mirror mirror = {.first = 5, .leaf_count = 2, .leaf = leaves};
    static struct dg_restore_told told = {.replayed = true};

    hello = (struct dg_hello){.federation = sample_text("danvan.example"),
                              .unit = sample_text("dong-phu"),
                              .certificate = sample_cert_id(1),
                              .lane = 1,
                              .boot = 3,
                              .log_size = 12,
                              .frame_max = DG_FRAME_MAX,
                              .clock_ms = SAMPLE_MS};
    welcome = (struct dg_welcome){.unit = sample_text("binh-phuoc"), .log_size = 5, .clock_ms = SAMPLE_MS};
    refused = (struct dg_refused){sample_text("CLONE"), sample_text("hai máy"), 7};
    hello.restored = true;
    leaves[0] = leaves[1] = sample_text("time 2026-10-25T00:00:00.000Z\n");
    nonce = sample_hash(4);
    request = (struct dg_enrol_request){.nonce = nonce,
                                        .unit = sample_text("dong-phu"),
                                        .keys = sample_unit_keys(),
                                        .endpoint = sample_text("tcp://127.0.0.1:7001"),
                                        .possession_count = 3};
    directory[0] = sample_record();
    regime[0] = sample_text("a regime");
    checkpoint[0] = sample_text(SAMPLE_NOTE);
    grant = (struct dg_enrol_grant){sample_record(), 1, directory, 1, regime, 1, checkpoint};
    struct dg_frame frame = {
        .hello = &hello,
        .welcome = &welcome,
        .refused = &refused,
        .ping = &beat,
        .pong = &beat,
        .credit = &credit,
        .enrol_hello = invitation,
        .enrol_challenge = &nonce,
        .enrol_request = &request,
        .enrol_grant = &grant,
        .ask = &ask,
        .told = &told,
        .mirror = &mirror,
        .mirrored = &mirrored,
    };
    return frame;
}

static inline struct dg_entry sample_entry(void)
{
    struct dg_entry entry = {
        .origin = sample_text("danvan.example/binh-phuoc/e1"),
        .index = 4,
        .leaf = sample_text("time 2026-10-25T00:00:00.000Z\n"),
        .proof = sample_proof(),
        .has_signed = true,
        .sealed = sample_signed(),
    };

    return entry;
}

static inline struct dg_trail sample_trail(struct dg_bytes envelope)
{
    static struct dg_signed root[1];
    static struct dg_bytes checkpoint[1], regime[1];
    static struct dg_entry membership[1], event[1];

    root[0] = sample_signed();
    checkpoint[0] = sample_text(SAMPLE_NOTE);
    regime[0] = sample_text("a regime");
    membership[0] = sample_entry();
    event[0] = sample_entry();
    struct dg_trail trail = {
        .envelope = envelope,
        .root_count = 1,
        .root = root,
        .checkpoint_count = 1,
        .checkpoint = checkpoint,
        .membership_count = 1,
        .event_count = 1,
        .membership = membership,
        .event = event,
        .regime_count = 1,
        .regime = regime,
        .exporter = sample_cert_id(1),
        .exported_ms = SAMPLE_MS,
        .has_seal = true,
        .seal = sample_sig(5),
    };
    return trail;
}

/* --- the control socket --------------------------------------------------------------------- */

static inline void sample_duty_request(struct dg_ctl_request *request)
{
    request->organ = sample_text("ban-dan-van");
    if (request->verb == DG_CTL_CALENDAR) {
        request->draft = sample_text("a calendar");
        return;
    }
    request->owner = sample_text("cap-uy@dong-phu");
    request->rule = sample_text("BP-24.2b");
    request->period = sample_text("2026-10");
    request->note = sample_text("đề nghị gửi sớm");
    if (request->verb == DG_CTL_EXCUSE) {
        request->decision = 4;
        request->has_until = true;
        request->until = (struct dg_day){20600};
    }
}

/* A part with a frame and two answers, or the contents of two parts. */
static inline struct dg_carried sample_carried(uint32_t number)
{
    static struct dg_carried_answer answer[2];
    static struct dg_hash part[2];

    answer[0] = (struct dg_carried_answer){.tag = 308, .what = {.b = {7}}};
    answer[1] = (struct dg_carried_answer){.tag = 166, .what = {.b = {8}}, .code = sample_text("MALFORMED")};
    part[0] = (struct dg_hash){.b = {9}};
    struct dg_carried carried = {.federation = sample_text("danvan.example"),
                                 .from = sample_text("dong-phu"),
                                 .to = sample_text("binh-phuoc"),
                                 .bundle = {1, 2, 3},
                                 .made_ms = SAMPLE_MS,
                                 .number = number,
                                 .sig = {.b = {4}}};
    if (number > 0) {
        carried.frame = sample_text("a sealed frame");
        carried.answer_count = 2;
        carried.answer = answer;
    } else {
        carried.part_count = 2;
        carried.part = part;
    }
    return carried;
}

static inline struct dg_ctl_request sample_request(enum dg_ctl_verb verb)
{
    static struct dg_bytes regime[1], with[1];
    static uint64_t number[2] = {7, 70000};

    regime[0] = sample_text("a regime");
    struct dg_ctl_request request = {.verb = verb};
    if (verb == DG_CTL_PUSH) {
        request.organ = sample_text("cap-uy");
        request.draft = sample_text("a draft");
        with[0] = sample_text("bcsd-ubnd");
        request.with_count = 1;
        request.with = with;
    } else if (verb == DG_CTL_MARK) {
        request.dry_run = true;
        request.organ = sample_text("cap-uy");
        request.report = sample_text("0123abcd");
        request.code = 3;
        request.note = sample_text("đã nhận");
    } else if (verb == DG_CTL_INVITE) {
        request.unit = sample_text("dong-phu");
        request.level = sample_text("district");
        request.name = sample_text("Huyện Đồng Phú");
        request.regime_count = 1;
        request.regime = regime;
        request.for_ms = 604800000;
    } else if (verb == DG_CTL_QUEUE) {
        request.action = DG_QUEUE_HOLD;
        request.report = sample_text("0123abcd");
    } else if (verb == DG_CTL_ADOPT) {
        request.regime_count = 1;
        request.regime = regime;
        request.additional = true;
        request.has_until = true;
        request.from.n = 20000;
        request.until.n = 21000;
    } else if (verb == DG_CTL_RECALL) {
        request.organ = sample_text("cap-uy");
        request.report = sample_text("0123abcd");
        request.note = sample_text("nhầm số liệu");
    } else if (verb == DG_CTL_JOINT) {
        request.joint = DG_JOINT_WITHDRAW;
        request.report = sample_text("0123abcd");
        request.organ = sample_text("bcsd-ubnd");
    } else if (verb == DG_CTL_ATTACH) {
        request.attachment.size = 70000;
        request.attachment.sha256 = sample_hash(80);
        request.attachment.chunk_size = 16384;
        request.attachment.chunk_root = sample_hash(81);
        request.file = sample_text("new-0123456789abcdef");
    } else if (verb == DG_CTL_COMMENT) {
        request.report = sample_text("0123abcd");
        request.organ = sample_text("mttq");
        request.text = sample_text("Nhất trí.\n");
        request.dry_run = true;
    } else if (verb == DG_CTL_PASS) {
        request.report = sample_text("0123abcd");
        request.organ = sample_text("ban-dan-van");
        request.back = true;
    } else if (verb == DG_CTL_FETCH || verb == DG_CTL_WHY) {
        request.report = sample_text("0123abcd");
    } else if (verb == DG_CTL_UNIT) {
        request.unit = sample_text("dong-phu");
        request.organ = sample_text("van-phong");
    } else if (verb == DG_CTL_ATTENTION) {
        request.organ = sample_text("van-phong");
        request.number_count = 2;
        request.number = number;
    } else if (verb == DG_CTL_CARRY) {
        request.text = sample_text("a file of a bundle");
        request.dry_run = true;
    } else if (verb == DG_CTL_RESUME) {
        request.unit = sample_text("tan-loi");
        request.note = sample_text("đã giải thể");
    } else if (verb == DG_CTL_CALENDAR || verb == DG_CTL_EXCUSE || verb == DG_CTL_REMIND ||
               verb == DG_CTL_CERTIFY) {
        sample_duty_request(&request);
    }
    return request;
}

static inline struct dg_ctl_reply sample_reply(void)
{
    static struct dg_ctl_link link[1];
    static struct dg_bytes reason[1];
    static struct dg_fault warning[1];
    static struct dg_ctl_met met[1];
    static struct dg_ctl_flight flight[1];

    link[0] = (struct dg_ctl_link){sample_text("binh-phuoc"), true, false, SAMPLE_MS, -250, 3, SAMPLE_MS};
    flight[0] = (struct dg_ctl_flight){sample_text("binh-phuoc"), 2, 41, 3, SAMPLE_MS};
    reason[0] = sample_text("UPLINK_DOWN");
    (void)dg_faultf(&warning[0], DG_ERR_NO_RECIPIENT, "không có");
    dg_fault_rule(&warning[0], "BP-24.2b", "Điều 24 khoản 2");
    struct dg_ctl_reply reply = {
        .has_id = true,
        .text = sample_text("donggui-invitation-1:abc"),
        .link_count = 1,
        .link = link,
        .state = sample_text("DEGRADED"),
        .reason_count = 1,
        .reason = reason,
        .warning_count = 1,
        .warning = warning,
        .met_count = 1,
        .met = met,
        .has_carried = true,
        .carried = {3, 2, 1, 4},
        .flight_count = 1,
        .flight = flight,
    };
    met[0] = (struct dg_ctl_met){
        sample_text("cap-uy@dong-phu"), sample_text("BP-24.2b"), sample_text("2026-10"), {20600}, true};
    (void)dg_faultf(&reply.fault, DG_ERR_HELD, "chờ");
    return reply;
}

#endif
