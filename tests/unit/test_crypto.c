/* Hashes, signatures, weak keys and base64, against published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "common/crypto.h"

static void read_hex(const char *hex, uint8_t *ret, size_t size)
{
    assert_true(dg_unhex(dg_bytes_of(hex), ret, size));
}

static struct dg_key key_of_hex(const char *hex)
{
    struct dg_key key;
    read_hex(hex, key.b, sizeof key.b);
    return key;
}

static struct dg_curve_key curve_key_of_hex(const char *hex)
{
    struct dg_curve_key key;
    read_hex(hex, key.b, sizeof key.b);
    return key;
}

static void assert_hash_is(struct dg_hash hash, const char *want)
{
    char got[DG_HEX_BYTES];
    dg_hex(hash.b, sizeof hash.b, got);
    assert_string_equal(got, want);
}

static void the_library_passes_its_self_test_and_may_start_twice(void **state)
{
    (void)state;
    struct dg_fault fault;
    assert_int_equal(dg_crypto_start(&fault), DG_OK);
    assert_int_equal(dg_crypto_start(NULL), DG_OK);
}

static void sha256_agrees_with_fips_180(void **state)
{
    (void)state;
    assert_hash_is(dg_sha256(dg_bytes_at(NULL, 0)),
                   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_hash_is(dg_sha256(dg_bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
                   "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void parts_hash_like_their_concatenation(void **state)
{
    (void)state;
    const struct dg_bytes parts[] = {dg_bytes_of("a"), dg_bytes_at(NULL, 0), dg_bytes_of("bc")};
    struct dg_bytes whole = dg_bytes_of("abc");
    uint8_t of_parts[16], of_whole[16];

    assert_hash_is(dg_sha256_parts(parts, 3),
                   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    dg_check16(parts, 3, of_parts);
    dg_check16(&whole, 1, of_whole);
    assert_memory_equal(of_parts, of_whole, 16);
}

/* BLAKE2b with a 16-byte result, computed by coreutils' b2sum -l 128. */
static void check16_is_blake2b_of_16_bytes(void **state)
{
    (void)state;
    struct dg_bytes abc = dg_bytes_of("abc");
    uint8_t want[16], got[16];
    read_hex("cf4ab791c62b8d2b2109c90275287816", want, sizeof want);
    dg_check16(&abc, 1, got);
    assert_memory_equal(got, want, sizeof want);
}

static void *hash_many(void *arg)
{
    size_t *wrong = arg;
    struct dg_hash first = dg_sha256(dg_bytes_of("abc"));
    for (int i = 0; i < 2000; i++) {
        struct dg_hash again = dg_sha256(dg_bytes_of("abc"));
        *wrong += !dg_hash_equal(&first, &again);
    }
    return NULL;
}

static void threads_hash_at_the_same_time(void **state)
{
    (void)state;
    pthread_t thread[4];
    size_t wrong[4] = {0};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, hash_many, &wrong[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(thread[i], NULL), 0);
        assert_int_equal(wrong[i], 0);
    }
}

/* RFC 8032, section 7.1, tests 1 and 3. */
static void ed25519_agrees_with_rfc_8032(void **state)
{
    (void)state;
    static const struct {
        const char *seed, *key, *message, *sig;
        size_t message_size;
    } vectors[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25"
         "bf5"
         "f0595bbe24655141438e7a100b",
         0},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7"
         "c15"
         "e9716ed28dc027beceea1ec40a",
         2},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct dg_seed seed;
        struct dg_sig want;
        struct dg_bytes message = dg_bytes_at(vectors[i].message, vectors[i].message_size);
        struct dg_key key = key_of_hex(vectors[i].key);
        read_hex(vectors[i].seed, seed.b, sizeof seed.b);
        read_hex(vectors[i].sig, want.b, sizeof want.b);

        struct dg_key made = dg_key_of(&seed);
        struct dg_sig sig = dg_sign(&seed, "", message);
        assert_memory_equal(made.b, key.b, sizeof key.b);
        assert_memory_equal(sig.b, want.b, sizeof want.b);
        assert_true(dg_verify(&key, "", message, &sig));
        assert_int_equal(dg_key_check(&key), DG_OK);
    }
}

static void a_signature_covers_its_context_line(void **state)
{
    (void)state;
    struct dg_seed seed;
    struct dg_key key;
    struct dg_bytes message = dg_bytes_of("body");
    dg_keypair(&key, &seed);

    struct dg_sig sig = dg_sign(&seed, DG_CONTEXT_REPORT, message);
    assert_true(dg_verify(&key, DG_CONTEXT_REPORT, message, &sig));
    assert_true(dg_verify(&key, "", dg_bytes_of(DG_CONTEXT_REPORT "\nbody"), &sig));
    assert_false(dg_verify(&key, DG_CONTEXT_STATE, message, &sig));
    assert_false(dg_verify(&key, "", message, &sig));
}

static void a_long_message_is_signed_like_a_short_one(void **state)
{
    (void)state;
    static uint8_t message[5000];
    struct dg_seed seed;
    struct dg_key key;
    dg_keypair(&key, &seed);
    for (size_t size = 2020; size < sizeof message; size += size < 2060 ? 1 : 700) {
        struct dg_sig sig = dg_sign(&seed, DG_CONTEXT_REPORT, dg_bytes_at(message, size));
        assert_true(dg_verify(&key, DG_CONTEXT_REPORT, dg_bytes_at(message, size), &sig));
        assert_false(dg_verify(&key, DG_CONTEXT_REPORT, dg_bytes_at(message, size - 1), &sig));
    }
}

static void every_flipped_bit_of_a_signature_or_key_is_refused(void **state)
{
    (void)state;
    struct dg_seed seed;
    struct dg_key key;
    struct dg_bytes message = dg_bytes_of("body");
    dg_keypair(&key, &seed);
    struct dg_sig sig = dg_sign(&seed, DG_CONTEXT_TRAIL, message);

    for (size_t bit = 0; bit < 8 * sizeof sig.b; bit++) {
        struct dg_sig bad = sig;
        bad.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(dg_verify(&key, DG_CONTEXT_TRAIL, message, &bad));
    }
    for (size_t bit = 0; bit < 8 * sizeof key.b; bit++) {
        struct dg_key bad = key;
        bad.b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(dg_verify(&bad, DG_CONTEXT_TRAIL, message, &sig));
    }
}

/* S + L makes the same equation hold, so a verifier that allows it allows a second signature. */
static void a_signature_with_s_beyond_the_order_is_refused(void **state)
{
    (void)state;
    struct dg_seed seed;
    struct dg_key key;
    uint8_t order[32];
    dg_keypair(&key, &seed);
    struct dg_sig sig = dg_sign(&seed, "", dg_bytes_of("body"));

    read_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", order, sizeof order);
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof order; i++) {
        carry += (unsigned)sig.b[32 + i] + order[i];
        sig.b[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(carry, 0);
    assert_false(dg_verify(&key, "", dg_bytes_of("body"), &sig));
}

static void a_key_that_verifies_everything_is_refused(void **state)
{
    (void)state;
    struct dg_key identity = {{1}};
    struct dg_sig sig = {{1}}; /* R the identity, S zero */
    assert_false(dg_verify(&identity, "", dg_bytes_of("anything"), &sig));
    assert_int_equal(dg_key_check(&identity), DG_ERR_WEAK_KEY);
}

static void weak_signing_keys_are_refused(void **state)
{
    (void)state;
    static const char *const weak[] = {
        /* small order: 1, 2, 4, 4, 8, 8 */
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        /* not canonical */
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        /* the base point plus the point of order two (CVE-2025-69277) */
        "9599999999999999999999999999999999999999999999999999999999999999",
        /* on the curve, outside the main subgroup */
        "4dc95e3c28d78c48a60531525e6327e259b7ba0d2f5c81b694052c766a14b625",
        /* not on the curve */
        "0200000000000000000000000000000000000000000000000000000000000000",
    };
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        struct dg_key key = key_of_hex(weak[i]);
        assert_int_equal(dg_key_check(&key), DG_ERR_WEAK_KEY);
    }
    struct dg_key base = key_of_hex("5866666666666666666666666666666666666666666666666666666666666666");
    assert_int_equal(dg_key_check(&base), DG_OK);
}

static void weak_curve_keys_are_refused(void **state)
{
    (void)state;
    static const char *const weak[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        /* a second encoding of a good point: 9 with the top bit, 9 plus the field's order */
        "0900000000000000000000000000000000000000000000000000000000000080",
        "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++) {
        struct dg_curve_key key = curve_key_of_hex(weak[i]);
        assert_int_equal(dg_curve_key_check(&key), DG_ERR_WEAK_KEY);
    }
}

static void fresh_keys_are_strong_and_belong_to_their_seed(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct dg_seed seed;
        struct dg_key key;
        struct dg_curve_key curve_key;

        dg_keypair(&key, &seed);
        struct dg_key same = dg_key_of(&seed);
        assert_true(dg_key_equal(&key, &same));
        assert_int_equal(dg_key_check(&key), DG_OK);

        dg_curve_keypair(&curve_key, &seed);
        struct dg_curve_key same_curve = dg_curve_key_of(&seed);
        assert_true(dg_curve_key_equal(&curve_key, &same_curve));
        assert_int_equal(dg_curve_key_check(&curve_key), DG_OK);
    }
}

/* RFC 7748, section 5.2: X25519(9, 9) is the first of the iterated vectors. */
static void curve_keys_agree_with_rfc_7748(void **state)
{
    (void)state;
    struct dg_seed nine = {{9}};
    struct dg_curve_key want =
        curve_key_of_hex("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079");
    struct dg_curve_key got = dg_curve_key_of(&nine);
    assert_true(dg_curve_key_equal(&got, &want));
}

static void a_wiped_secret_is_gone(void **state)
{
    (void)state;
    static const struct dg_seed zero;
    struct dg_seed seed;
    dg_random(seed.b, sizeof seed.b);
    assert_memory_not_equal(seed.b, zero.b, sizeof zero.b);
    dg_wipe(seed.b, sizeof seed.b);
    assert_memory_equal(seed.b, zero.b, sizeof zero.b);
}

static void base64_agrees_with_rfc_4648(void **state)
{
    (void)state;
    static const char *const vectors[][2] = {{"", ""},        {"f", "Zg=="},          {"fo", "Zm8="},
                                             {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "+/8="}};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct dg_buf out;
        uint8_t decoded[16];
        size_t size;
        dg_buf_init(&out, 64);
        dg_base64(dg_bytes_of(vectors[i][0]), &out);
        assert_true(dg_bytes_is(dg_buf_bytes(&out), vectors[i][1]));
        assert_true(dg_unbase64(dg_buf_bytes(&out), decoded, sizeof decoded, &size));
        assert_true(dg_bytes_is(dg_bytes_at(decoded, size), vectors[i][0]));
        dg_buf_done(&out);
    }
}

static void base64_of_every_length_reads_back(void **state)
{
    (void)state;
    uint8_t bytes[600], decoded[600];
    struct dg_buf out;
    size_t got;
    dg_random(bytes, sizeof bytes);
    dg_buf_init(&out, 1024);

    for (size_t size = 0; size <= sizeof bytes; size++) {
        dg_buf_reset(&out);
        dg_base64(dg_bytes_at(bytes, size), &out);
        assert_int_equal(out.size, (size + 2) / 3 * 4);
        assert_true(dg_unbase64_exact(dg_buf_bytes(&out), decoded, size));
        assert_memory_equal(decoded, bytes, size);
        if (size > 0)
            assert_false(dg_unbase64(dg_buf_bytes(&out), decoded, size - 1, &got));

        dg_buf_reset(&out);
        dg_base64url(dg_bytes_at(bytes, size), &out);
        assert_true(dg_unbase64url(dg_buf_bytes(&out), decoded, sizeof decoded, &got));
        assert_int_equal(got, size);
        assert_memory_equal(decoded, bytes, size);
    }
    dg_buf_done(&out);
}

static void base64_that_is_not_canonical_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"Zg",     "Zg=",   "Zg===", "Zh==",  "Zm9=",     "Zm8",
                                      "Zm9v\n", " Zm9v", "Zm9v ", "Zm 9v", "Zm9v====", "=Zm9",
                                      "Z===",   "Z",     "====",  "Zm-_",  "Zm9v=",    "Zg==Zg=="};
    uint8_t decoded[16];
    size_t size;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(dg_unbase64(dg_bytes_of(bad[i]), decoded, sizeof decoded, &size));
    assert_false(dg_unbase64(dg_bytes_at("Zm9\0", 4), decoded, sizeof decoded, &size));
    for (unsigned high = 0x80; high <= 0xff; high++) { /* libsodium reads these as '/' */
        char text[5] = {'/', '/', '/', (char)high, '\0'};
        assert_false(dg_unbase64(dg_bytes_of(text), decoded, sizeof decoded, &size));
        assert_false(dg_unbase64url(dg_bytes_of(text), decoded, sizeof decoded, &size));
    }
    assert_false(dg_unbase64_exact(dg_bytes_of("Zm8="), decoded, 3));

    static const char *const bad_url[] = {"Zg==", "Zh", "Zm9", "Zm+/", "Z", "Zm9v\n"};
    for (size_t i = 0; i < sizeof bad_url / sizeof bad_url[0]; i++)
        assert_false(dg_unbase64url(dg_bytes_of(bad_url[i]), decoded, sizeof decoded, &size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_agrees_with_fips_180), /* also before dg_crypto_start */
        cmocka_unit_test(the_library_passes_its_self_test_and_may_start_twice),
        cmocka_unit_test(sha256_agrees_with_fips_180),
        cmocka_unit_test(parts_hash_like_their_concatenation),
        cmocka_unit_test(check16_is_blake2b_of_16_bytes),
        cmocka_unit_test(threads_hash_at_the_same_time),
        cmocka_unit_test(ed25519_agrees_with_rfc_8032),
        cmocka_unit_test(a_signature_covers_its_context_line),
        cmocka_unit_test(a_long_message_is_signed_like_a_short_one),
        cmocka_unit_test(every_flipped_bit_of_a_signature_or_key_is_refused),
        cmocka_unit_test(a_signature_with_s_beyond_the_order_is_refused),
        cmocka_unit_test(a_key_that_verifies_everything_is_refused),
        cmocka_unit_test(weak_signing_keys_are_refused),
        cmocka_unit_test(weak_curve_keys_are_refused),
        cmocka_unit_test(fresh_keys_are_strong_and_belong_to_their_seed),
        cmocka_unit_test(curve_keys_agree_with_rfc_7748),
        cmocka_unit_test(a_wiped_secret_is_gone),
        cmocka_unit_test(base64_agrees_with_rfc_4648),
        cmocka_unit_test(base64_of_every_length_reads_back),
        cmocka_unit_test(base64_that_is_not_canonical_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
