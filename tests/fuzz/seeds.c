/* seeds.c - writes the seed corpus of the codecs' fuzz targets into the directory it is given.
 *
 * The seeds are checked in under tests/fuzz/corpus; run it again when a format changes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/pack.h"
#include "tests/unit/calendar_samples.h"

static const char *root;

/* Writes corpus/target/name, and empties bytes. */
static void save(const char *target, const char *name, enum dg_err err, struct dg_buf *bytes)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%s", root, target);
    if (err != DG_OK || (mkdir(path, 0777) != 0 && errno != EEXIST))
        exit(1);
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes->data, 1, bytes->size, file) != bytes->size || fclose(file) != 0)
        exit(1);
    dg_buf_reset(bytes);
}

#define SAVE(target, name, encode, value) save((target), (name), encode(&(value), &bytes), &bytes)

int main(int argc, char **argv)
{
    struct dg_buf report_bytes, envelope_bytes, bytes;

    if (argc != 2 || dg_crypto_start(NULL) != DG_OK)
        return 2;
    root = argv[1];
    dg_buf_init(&report_bytes, DG_REPORT_MAX);
    dg_buf_init(&envelope_bytes, DG_ENVELOPE_MAX);
    dg_buf_init(&bytes, DG_TRAIL_MAX);

    struct dg_report report = sample_report();
    if (dg_report_encode(&report, &report_bytes) != DG_OK)
        return 1;
    struct dg_envelope envelope = sample_envelope(dg_buf_bytes(&report_bytes));
    if (dg_envelope_encode(&envelope, &envelope_bytes) != DG_OK)
        return 1;
    struct dg_state state = sample_state();
    SAVE("envelope", "report", dg_report_encode, report);
    SAVE("envelope", "envelope", dg_envelope_encode, envelope);
    struct dg_report notice = sample_report();
    notice.reply_by = sample_text("2026-11-10");
    notice.settles_on = sample_text("2026-11-20");
    SAVE("envelope", "notice", dg_report_encode, notice);
    SAVE("envelope", "state", dg_state_encode, state);
    struct dg_void voided = sample_void();
    struct dg_comment comment = sample_comment();
    SAVE("envelope", "void", dg_void_encode, voided);
    SAVE("envelope", "comment", dg_comment_encode, comment);

    struct dg_pass passed = sample_pass(DG_DECISION_PASSED);
    struct dg_pass consolidated = sample_pass(DG_DECISION_CONSOLIDATED);
    SAVE("pass", "passed", dg_pass_encode, passed);
    SAVE("pass", "consolidated", dg_pass_encode, consolidated);

    struct dg_certificate unit = sample_unit_certificate(), organ = sample_organ_certificate();
    struct dg_adoption adoption = sample_adoption();
    struct dg_signed sealed = sample_signed();
    SAVE("certificate", "unit", dg_certificate_encode, unit);
    SAVE("certificate", "organ", dg_certificate_encode, organ);
    SAVE("certificate", "adoption", dg_adoption_encode, adoption);
    SAVE("certificate", "signed", dg_signed_encode, sealed);

    struct dg_frame frame = sample_frame(dg_buf_bytes(&envelope_bytes)), handshake = sample_handshake();
    SAVE("frame", "items", dg_frame_encode, frame);
    SAVE("frame", "handshake", dg_frame_encode, handshake);

    uint8_t packed[8 * 1024];
    if (envelope_bytes.size > sizeof packed)
        return 1;
    frame.parcel[0].packed = dg_bytes_at(packed, dg_pack(dg_buf_bytes(&envelope_bytes), packed));
    SAVE("frame", "packed", dg_frame_encode, frame);
    dg_buf_add_bytes(&bytes, frame.parcel[0].packed);
    save("pack", "envelope", bytes.err, &bytes);

    struct dg_trail trail = sample_trail(dg_buf_bytes(&envelope_bytes));
    struct dg_regime regime = sample_regime();
    struct dg_ctl_request request = sample_request(DG_CTL_MARK);
    struct dg_ctl_reply reply = sample_reply();
    struct dg_invitation invitation = sample_invitation();
    SAVE("trail", "trail", dg_trail_encode, trail);
    SAVE("regime", "regime", dg_regime_encode, regime);
    struct dg_ctl_request joint = sample_request(DG_CTL_JOINT), remark = sample_request(DG_CTL_COMMENT);
    struct dg_ctl_request attach = sample_request(DG_CTL_ATTACH);
    SAVE("ctl", "mark", dg_ctl_request_encode, request);
    SAVE("ctl", "attach", dg_ctl_request_encode, attach);
    SAVE("ctl", "joint", dg_ctl_request_encode, joint);
    SAVE("ctl", "comment", dg_ctl_request_encode, remark);
    SAVE("ctl", "reply", dg_ctl_reply_encode, reply);
    SAVE("invitation", "invitation", dg_invitation_write, invitation);

    struct dg_calendar calendar = sample_calendar();
    struct dg_reminder reminder = sample_reminder();
    struct dg_absence late = sample_absence(DG_FINDING_LATE), extended = sample_absence(DG_FINDING_EXTENDED);
    SAVE("calendar", "calendar", dg_calendar_encode, calendar);
    SAVE("calendar", "reminder", dg_reminder_encode, reminder);
    SAVE("calendar", "late", dg_absence_encode, late);
    SAVE("calendar", "extended", dg_absence_encode, extended);
    struct dg_absence_file absence = sample_absence_file(dg_buf_bytes(&envelope_bytes));
    SAVE("absence", "late", dg_absence_file_encode, absence);

    struct dg_carried part = sample_carried(1), contents = sample_carried(0);
    SAVE("carried", "part", dg_carried_encode, part);
    SAVE("carried", "contents", dg_carried_encode, contents);

    dg_buf_done(&report_bytes);
    dg_buf_done(&envelope_bytes);
    dg_buf_done(&bytes);
    return 0;
}
