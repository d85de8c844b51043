/* test_certificate.c - certificates, adoptions, signed bodies and invitations. */
#include "codec_checks.h"

CODEC(certificate, dg_certificate, dg_certificate_decode, dg_certificate_encode)
CODEC(adoption, dg_adoption, dg_adoption_decode, dg_adoption_encode)
CODEC(signed, dg_signed, dg_signed_decode, dg_signed_encode)
CODEC(invitation, dg_invitation, dg_invitation_read, dg_invitation_write)

/* Field numbers of donggui.proto. */
enum {
    VERSION = 1,
    SUBJECT = 2,
    ORGAN = 5,
    ROLE = 6,
    NAME = 7,
    PARENT = 9,
    SERIAL = 10,
    KEYS = 13,
    NOT_BEFORE = 14,
    NOT_AFTER = 15,
    ENDPOINT = 16
};

static struct dg_buf unit_buf, organ_buf, adoption_buf, signed_buf, invitation_buf;

static int make_samples(void **state)
{
    struct dg_certificate unit, organ;
    struct dg_adoption adoption = sample_adoption();
    struct dg_signed sealed = sample_signed();
    struct dg_invitation invitation;

    if (start_crypto(state) != 0)
        return -1;
    unit = sample_unit_certificate();
    organ = sample_organ_certificate();
    invitation = sample_invitation();
    dg_buf_init(&unit_buf, DG_CERTIFICATE_MAX);
    dg_buf_init(&organ_buf, DG_CERTIFICATE_MAX);
    dg_buf_init(&adoption_buf, 1024);
    dg_buf_init(&signed_buf, DG_CERTIFICATE_MAX);
    dg_buf_init(&invitation_buf, 2 * DG_INVITATION_MAX);
    assert_int_equal(dg_certificate_encode(&unit, &unit_buf), DG_OK);
    assert_int_equal(dg_certificate_encode(&organ, &organ_buf), DG_OK);
    assert_int_equal(dg_adoption_encode(&adoption, &adoption_buf), DG_OK);
    assert_int_equal(dg_signed_encode(&sealed, &signed_buf), DG_OK);
    assert_int_equal(dg_invitation_write(&invitation, &invitation_buf), DG_OK);
    return 0;
}

static int free_samples(void **state)
{
    (void)state;
    dg_buf_done(&unit_buf);
    dg_buf_done(&organ_buf);
    dg_buf_done(&adoption_buf);
    dg_buf_done(&signed_buf);
    dg_buf_done(&invitation_buf);
    return 0;
}

static struct dg_bytes unit_bytes(void)
{
    return dg_buf_bytes(&unit_buf);
}

static struct dg_bytes organ_bytes(void)
{
    return dg_buf_bytes(&organ_buf);
}

/* What decoding the certificate gives. */
static enum dg_err recode(const struct dg_certificate *certificate)
{
    struct dg_buf bytes;

    dg_buf_init(&bytes, 2 * DG_CERTIFICATE_MAX);
    assert_int_equal(dg_certificate_encode(certificate, &bytes), DG_OK);
    enum dg_err err = decode_only(pass_certificate, dg_buf_bytes(&bytes));
    dg_buf_done(&bytes);
    return err;
}

/* --- form ----------------------------------------------------------------------------------- */

static void what_was_encoded_decodes_to_the_same(void **state)
{
    (void)state;
    check_round_trip(pass_certificate, unit_bytes());
    check_round_trip(pass_certificate, organ_bytes());
    check_round_trip(pass_adoption, dg_buf_bytes(&adoption_buf));
    check_round_trip(pass_signed, dg_buf_bytes(&signed_buf));
    check_round_trip(pass_invitation, dg_buf_bytes(&invitation_buf));
}

static void truncation_at_every_byte_is_refused(void **state)
{
    (void)state;
    check_truncation(pass_certificate, organ_bytes(), true);
    check_truncation(pass_adoption, dg_buf_bytes(&adoption_buf), true);
    check_truncation(pass_invitation, dg_buf_bytes(&invitation_buf), true);
    /* Here a cut before the optional fields at the end leaves another good message. */
    check_truncation(pass_certificate, unit_bytes(), false);
    check_truncation(pass_signed, dg_buf_bytes(&signed_buf), false);
}

static void every_flipped_bit_is_refused_or_canonical(void **state)
{
    (void)state;
    check_bit_flips(pass_certificate, unit_bytes(), true);
    check_bit_flips(pass_certificate, organ_bytes(), true);
    check_bit_flips(pass_adoption, dg_buf_bytes(&adoption_buf), true);
    check_bit_flips(pass_signed, dg_buf_bytes(&signed_buf), true);
}

static void want_of_memory_is_a_clean_error(void **state)
{
    (void)state;
    check_memory_failures(pass_certificate, unit_bytes());
    check_memory_failures(pass_certificate, organ_bytes());
    check_memory_failures(pass_adoption, dg_buf_bytes(&adoption_buf));
    check_memory_failures(pass_signed, dg_buf_bytes(&signed_buf));
    check_memory_failures(pass_invitation, dg_buf_bytes(&invitation_buf));
}

static void other_encodings_of_the_same_certificate_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_repeated(pass_certificate, unit_bytes(), NAME, 2), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_repeated(pass_certificate, unit_bytes(), KEYS, 2), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_overlong(pass_certificate, unit_bytes(), SERIAL), DG_ERR_NOT_CANONICAL);
    assert_int_equal(decode_with_bytes(pass_certificate, unit_bytes(), ENDPOINT, ""), DG_ERR_NOT_CANONICAL);
    /* main of an adoption: any number but 0 is true to protobuf. */
    assert_int_equal(decode_with_number(pass_adoption, dg_buf_bytes(&adoption_buf), 7, 2),
                     DG_ERR_NOT_CANONICAL);
}

static void unknown_fields_are_refused_at_any_depth(void **state)
{
    (void)state;
    assert_int_equal(decode_with_unknown(pass_certificate, unit_bytes()), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown_in(pass_certificate, unit_bytes(), KEYS), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown(pass_adoption, dg_buf_bytes(&adoption_buf)), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_unknown(pass_signed, dg_buf_bytes(&signed_buf)), DG_ERR_MALFORMED);
}

static void values_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    assert_int_equal(decode_with_number(pass_certificate, unit_bytes(), VERSION, 2),
                     DG_ERR_UNSUPPORTED_VERSION);
    assert_int_equal(decode_with_number(pass_certificate, unit_bytes(), SUBJECT, 3), DG_ERR_UNSUPPORTED);
    assert_int_equal(decode_with_number(pass_certificate, unit_bytes(), SERIAL, 0), DG_ERR_MALFORMED);
    assert_int_equal(decode_with_number(pass_certificate, unit_bytes(), NOT_AFTER, SAMPLE_MS),
                     DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_number(pass_certificate, unit_bytes(), NOT_BEFORE, 1ull << 63),
                     DG_ERR_BAD_DATE);
    assert_int_equal(decode_with_bytes(pass_certificate, unit_bytes(), PARENT, "Bình Phước"),
                     DG_ERR_MALFORMED);
    assert_int_equal(decode_with_bytes(pass_certificate, unit_bytes(), NAME, "Ha\xCC\x80"), DG_ERR_BAD_TEXT);
    assert_int_equal(decode_with_repeated(pass_certificate, organ_bytes(), ROLE, DG_ROLES_MAX),
                     DG_ERR_TOO_LARGE);
    assert_int_equal(decode_with_bytes(pass_adoption, dg_buf_bytes(&adoption_buf), 9, "2000-01-01"),
                     DG_ERR_BAD_DATE);
}

static void roles_are_sorted_and_unique(void **state)
{
    (void)state;
    struct dg_certificate certificate = sample_organ_certificate();
    struct dg_bytes first = certificate.role[0];

    certificate.role[0] = certificate.role[1];
    assert_int_equal(recode(&certificate), DG_ERR_NOT_CANONICAL);
    certificate.role[1] = first;
    assert_int_equal(recode(&certificate), DG_ERR_NOT_CANONICAL);
}

static void a_subject_has_its_own_keys_and_no_others(void **state)
{
    (void)state;
    struct dg_certificate unit = sample_unit_certificate(), organ = sample_organ_certificate();

    unit.keys.has_transport = false;
    assert_int_equal(recode(&unit), DG_ERR_MALFORMED);
    unit = sample_unit_certificate();
    unit.keys.has_signing = true;
    unit.keys.signing = sample_key(15);
    assert_int_equal(recode(&unit), DG_ERR_MALFORMED);
    organ.keys.has_unit = true;
    organ.keys.unit = sample_key(11);
    assert_int_equal(recode(&organ), DG_ERR_MALFORMED);
    organ = sample_organ_certificate();
    organ.level = sample_text("district");
    assert_int_equal(recode(&organ), DG_ERR_MALFORMED);
    unit = sample_unit_certificate();
    unit.organ = sample_text("cap-uy");
    assert_int_equal(recode(&unit), DG_ERR_MALFORMED);
}

static void weak_and_doubled_keys_are_refused(void **state)
{
    (void)state;
    struct dg_certificate certificate = sample_unit_certificate();

    memset(&certificate.keys.log, 0, sizeof certificate.keys.log);
    assert_int_equal(recode(&certificate), DG_ERR_WEAK_KEY);
    certificate.keys.log = (struct dg_key){{1}}; /* verifies every message in careless libraries */
    assert_int_equal(recode(&certificate), DG_ERR_WEAK_KEY);
    certificate.keys.log = certificate.keys.cosigner;
    assert_int_equal(recode(&certificate), DG_ERR_WEAK_KEY);
    certificate = sample_unit_certificate();
    memset(&certificate.keys.transport, 0, sizeof certificate.keys.transport);
    assert_int_equal(recode(&certificate), DG_ERR_WEAK_KEY);
}

static void nobody_invites_the_root(void **state)
{
    (void)state;
    struct dg_certificate certificate = sample_unit_certificate();

    certificate.parent = dg_bytes_at(NULL, 0);
    assert_int_equal(recode(&certificate), DG_ERR_MALFORMED);
    certificate.invitation = dg_bytes_at(NULL, 0);
    assert_int_equal(recode(&certificate), DG_OK);
}

static void bytes_beyond_the_limit_are_refused(void **state)
{
    (void)state;
    static const uint8_t zeros[2 * DG_CERTIFICATE_MAX];
    struct dg_signed sealed = sample_signed();
    struct dg_buf bytes;

    assert_int_equal(decode_only(pass_certificate, dg_bytes_at(zeros, DG_CERTIFICATE_MAX + 1)),
                     DG_ERR_TOO_LARGE);
    sealed.body = dg_bytes_at(zeros, DG_CERTIFICATE_MAX + 1);
    dg_buf_init(&bytes, sizeof zeros);
    assert_int_equal(dg_signed_encode(&sealed, &bytes), DG_OK);
    assert_int_equal(decode_only(pass_signed, dg_buf_bytes(&bytes)), DG_ERR_TOO_LARGE);
    dg_buf_done(&bytes);
    assert_int_equal(decode_with_repeated(pass_signed, dg_buf_bytes(&signed_buf), 3, DG_POSSESSIONS_MAX + 1),
                     DG_ERR_TOO_LARGE);
}

/* --- links and signatures ------------------------------------------------------------------- */

/* The root, the district under it that the samples name, and an organ of the district. */
struct chain {
    struct dg_certificate root, district, organ;
    struct dg_cert_id root_id, district_id;
    struct dg_key federation;
};

static struct chain sample_chain(void)
{
    struct chain chain = {
        .root = sample_unit_certificate(),
        .district = sample_unit_certificate(),
        .organ = sample_organ_certificate(),
        .root_id = sample_cert_id(31),
        .district_id = sample_cert_id(32),
        .federation = sample_key(21),
    };

    chain.root.unit = sample_text("binh-phuoc");
    chain.root.parent = chain.root.invitation = dg_bytes_at(NULL, 0);
    memcpy(chain.root.issuer.b, chain.federation.b, sizeof chain.root.issuer.b);
    memcpy(chain.district.issuer.b, chain.root_id.b, sizeof chain.district.issuer.b);
    memcpy(chain.organ.issuer.b, chain.district_id.b, sizeof chain.organ.issuer.b);
    return chain;
}

static enum dg_err link_root(const struct chain *chain)
{
    return dg_certificate_link(&chain->root, NULL, NULL, &chain->federation, NULL);
}

static enum dg_err link_district(const struct chain *chain)
{
    return dg_certificate_link(&chain->district, &chain->root, &chain->root_id, &chain->federation, NULL);
}

static enum dg_err link_organ(const struct chain *chain)
{
    return dg_certificate_link(&chain->organ, &chain->district, &chain->district_id, &chain->federation,
                               NULL);
}

static void a_good_chain_links(void **state)
{
    (void)state;
    struct chain chain = sample_chain();

    assert_int_equal(link_root(&chain), DG_OK);
    assert_int_equal(link_district(&chain), DG_OK);
    assert_int_equal(link_organ(&chain), DG_OK);
}

static void a_root_of_another_federation_is_refused(void **state)
{
    (void)state;
    struct chain chain = sample_chain();

    chain.federation = sample_key(22);
    assert_int_equal(link_root(&chain), DG_ERR_BAD_CHAIN);
    chain = sample_chain();
    chain.root.federation = sample_text("other.example");
    assert_int_equal(link_district(&chain), DG_ERR_BAD_CHAIN);
}

static void only_the_root_may_lack_an_issuer(void **state)
{
    (void)state;
    struct chain chain = sample_chain();

    chain.root = chain.district;
    memcpy(chain.root.issuer.b, chain.federation.b, sizeof chain.root.issuer.b);
    assert_int_equal(link_root(&chain), DG_ERR_BAD_CHAIN);
    chain.root = chain.organ;
    assert_int_equal(link_root(&chain), DG_ERR_BAD_CHAIN);
}

static void a_wrong_issuer_is_refused(void **state)
{
    (void)state;
    struct chain chain = sample_chain();

    chain.root_id = sample_cert_id(99);
    assert_int_equal(link_district(&chain), DG_ERR_BAD_CHAIN);
    chain = sample_chain();
    chain.district.parent = sample_text("dong-nai");
    assert_int_equal(link_district(&chain), DG_ERR_BAD_CHAIN);
    chain = sample_chain();
    chain.district.unit = sample_text("binh-phuoc");
    assert_int_equal(link_district(&chain), DG_ERR_BAD_CHAIN);
    chain = sample_chain();
    chain.organ.unit = sample_text("loc-ninh");
    assert_int_equal(link_organ(&chain), DG_ERR_BAD_CHAIN);
    chain = sample_chain();
    chain.district = chain.organ; /* an organ issues nothing */
    assert_int_equal(link_organ(&chain), DG_ERR_BAD_CHAIN);
}

static void an_issuer_must_have_been_valid_at_issue(void **state)
{
    (void)state;
    struct chain chain = sample_chain();

    chain.district.not_after_ms += 1000; /* outliving the issuer is usual */
    assert_int_equal(link_district(&chain), DG_OK);
    chain.district.not_before_ms = chain.root.not_after_ms + 1;
    assert_int_equal(link_district(&chain), DG_ERR_BAD_CHAIN);
    chain.district.not_before_ms = chain.root.not_before_ms - 1;
    assert_int_equal(link_district(&chain), DG_ERR_BAD_CHAIN);
}

/* A unit that nobody admitted: it proves the possession of its keys in the certificate itself. */
static struct dg_certificate root_certificate(void)
{
    struct dg_certificate certificate = sample_unit_certificate();

    certificate.parent = certificate.invitation = dg_bytes_at(NULL, 0);
    return certificate;
}

/* Signs the sample's body as its issuer (seed 31) and each of its keys (seeds 11 to 13) would. */
static struct dg_signed seal_unit(void)
{
    struct dg_signed sealed = {.body = unit_bytes(), .possession_count = 3};
    struct dg_seed issuer = sample_seed(31);

    sealed.sig = dg_sign(&issuer, DG_CONTEXT_CERTIFICATE, sealed.body);
    for (uint8_t i = 0; i < 3; i++) {
        struct dg_seed seed = sample_seed((uint8_t)(11 + i));
        sealed.possession[i] = dg_sign(&seed, DG_CONTEXT_POSSESSION, sealed.body);
    }
    return sealed;
}

static enum dg_err verify(const struct dg_signed *sealed, const struct dg_certificate *certificate)
{
    struct dg_key issuer = sample_key(31);

    return dg_certificate_verify(sealed, certificate, &issuer, NULL);
}

static void a_certificate_needs_its_issuer_and_each_of_its_keys(void **state)
{
    (void)state;
    struct dg_certificate root = root_certificate();
    struct dg_signed sealed = seal_unit();

    assert_int_equal(verify(&sealed, &root), DG_OK);
    sealed.sig.b[0] ^= 1;
    assert_int_equal(verify(&sealed, &root), DG_ERR_BAD_SIGNATURE);
    for (size_t i = 0; i < 3; i++) {
        sealed = seal_unit();
        sealed.possession[i].b[0] ^= 1;
        assert_int_equal(verify(&sealed, &root), DG_ERR_NO_POSSESSION);
    }
    sealed = seal_unit();
    sealed.possession_count = 2;
    assert_int_equal(verify(&sealed, &root), DG_ERR_NO_POSSESSION);
}

static void an_admitted_unit_showed_possession_at_enrolment(void **state)
{
    (void)state;
    struct dg_certificate admitted = sample_unit_certificate();
    struct dg_signed sealed = seal_unit();

    assert_int_equal(dg_certificate_possessions(&admitted), 0);
    assert_int_equal(verify(&sealed, &admitted), DG_ERR_NO_POSSESSION);
    sealed.possession_count = 0;
    assert_int_equal(verify(&sealed, &admitted), DG_OK);
}

static void a_signature_of_another_kind_is_no_possession(void **state)
{
    (void)state;
    struct dg_certificate root = root_certificate();
    struct dg_signed sealed = seal_unit();
    struct dg_seed seed = sample_seed(11);

    sealed.possession[0] = dg_sign(&seed, DG_CONTEXT_CERTIFICATE, sealed.body);
    assert_int_equal(verify(&sealed, &root), DG_ERR_NO_POSSESSION);
}

static void signing_keys_come_in_their_order(void **state)
{
    (void)state;
    struct dg_certificate unit = sample_unit_certificate(), organ = sample_organ_certificate();
    struct dg_key keys[4];

    assert_int_equal(dg_certificate_signing_keys(&unit, keys), 3);
    assert_true(dg_key_equal(&keys[0], &unit.keys.unit));
    assert_true(dg_key_equal(&keys[2], &unit.keys.cosigner));
    assert_int_equal(dg_certificate_signing_keys(&organ, keys), 1);
    assert_true(dg_key_equal(&keys[0], &organ.keys.signing));
}

/* --- invitations ---------------------------------------------------------------------------- */

static void white_space_around_an_invitation_is_ignored(void **state)
{
    (void)state;
    struct dg_buf line;

    dg_buf_init(&line, 2 * DG_INVITATION_MAX);
    dg_buf_add_text(&line, " \r\n\t");
    dg_buf_add_bytes(&line, dg_buf_bytes(&invitation_buf));
    dg_buf_add_text(&line, "\r\n");
    assert_int_equal(decode_only(pass_invitation, dg_buf_bytes(&line)), DG_OK);
    dg_buf_done(&line);
}

static void a_bad_invitation_says_why(void **state)
{
    (void)state;
    const struct {
        const char *line, *what;
    } cases[] = {
        {"", "it is empty"},
        {"hello", "it does not begin with donggui-invitation-1:"},
        {"donggui-invitation-2:AAAA", "another version of donggui wrote it"},
        {"donggui-invitation-1:!!", "it is cut off or mistyped: copy the whole line"},
        {"donggui-invitation-1:AAAA", "its content is damaged (MALFORMED Invitation)"},
    };

    for (size_t i = 0; i < SAMPLE_COUNT(cases); i++) {
        struct dg_invitation invitation;
        struct dg_fault fault;
        struct dg_arena arena;
        dg_arena_init(&arena, 0);
        assert_int_equal(dg_invitation_read(&arena, sample_text(cases[i].line), &invitation, &fault),
                         DG_ERR_BAD_INVITATION);
        assert_string_equal(fault.what, cases[i].what);
        dg_arena_done(&arena);
    }
}

static void an_invitation_without_a_chain_is_refused(void **state)
{
    (void)state;
    struct dg_invitation invitation = sample_invitation();
    struct dg_buf line;

    invitation.chain_count = 0;
    dg_buf_init(&line, 2 * DG_INVITATION_MAX);
    assert_int_equal(dg_invitation_write(&invitation, &line), DG_OK);
    assert_int_equal(decode_only(pass_invitation, dg_buf_bytes(&line)), DG_ERR_BAD_INVITATION);
    dg_buf_done(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_encoded_decodes_to_the_same),
        cmocka_unit_test(truncation_at_every_byte_is_refused),
        cmocka_unit_test(every_flipped_bit_is_refused_or_canonical),
        cmocka_unit_test(want_of_memory_is_a_clean_error),
        cmocka_unit_test(other_encodings_of_the_same_certificate_are_refused),
        cmocka_unit_test(unknown_fields_are_refused_at_any_depth),
        cmocka_unit_test(values_that_make_no_sense_are_refused),
        cmocka_unit_test(roles_are_sorted_and_unique),
        cmocka_unit_test(a_subject_has_its_own_keys_and_no_others),
        cmocka_unit_test(weak_and_doubled_keys_are_refused),
        cmocka_unit_test(nobody_invites_the_root),
        cmocka_unit_test(bytes_beyond_the_limit_are_refused),
        cmocka_unit_test(a_good_chain_links),
        cmocka_unit_test(a_root_of_another_federation_is_refused),
        cmocka_unit_test(only_the_root_may_lack_an_issuer),
        cmocka_unit_test(a_wrong_issuer_is_refused),
        cmocka_unit_test(an_issuer_must_have_been_valid_at_issue),
        cmocka_unit_test(a_certificate_needs_its_issuer_and_each_of_its_keys),
        cmocka_unit_test(an_admitted_unit_showed_possession_at_enrolment),
        cmocka_unit_test(a_signature_of_another_kind_is_no_possession),
        cmocka_unit_test(signing_keys_come_in_their_order),
        cmocka_unit_test(white_space_around_an_invitation_is_ignored),
        cmocka_unit_test(a_bad_invitation_says_why),
        cmocka_unit_test(an_invitation_without_a_chain_is_refused),
    };

    return cmocka_run_group_tests(tests, make_samples, free_samples);
}
