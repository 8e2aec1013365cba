#include "fp_key.h"

#include <string.h>

#include "fp_sha256.h"

/* RFC 8032 section 7.1, test 2: one byte, 72. */
static const uint8_t test_seed[FP_SEED_BYTES] = {
    0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
    0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb,
};
static const uint8_t test_key[FP_KEY_BYTES] = {
    0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
    0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c,
};
static const uint8_t test_signature[FP_SIGNATURE_BYTES] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
};

int fp_crypto_test(const fp_crypto *crypto)
{
    static const uint8_t message = 0x72;
    uint8_t made[FP_SIGNATURE_BYTES];
    crypto->public_key(made, test_seed);
    if (!fp_equal(made, test_key, sizeof test_key))
        return 0;
    crypto->sign(made, &message, 1, test_seed, test_key);
    if (!fp_equal(made, test_signature, sizeof test_signature))
        return 0;
    if (!crypto->verify(made, &message, 1, test_key))
        return 0;
    made[40] ^= 1;
    return !crypto->verify(made, &message, 1, test_key);
}

void fp_key_make(fp_key *key, const fp_crypto *crypto, const uint8_t seed[FP_SEED_BYTES])
{
    memcpy(key->seed, seed, FP_SEED_BYTES);
    crypto->public_key(key->public_key, key->seed);
    fp_kid(key->kid, key->public_key);
    key->crypto = crypto;
}

int fp_key_open(fp_key *key, const fp_crypto *crypto, const uint8_t seed[FP_SEED_BYTES])
{
    memset(key, 0, sizeof *key);
    if (!fp_crypto_test(crypto))
        return 0;
    fp_key_make(key, crypto, seed);
    return 1;
}

void fp_key_close(fp_key *key)
{
    fp_wipe(key, sizeof *key);
    key->crypto = NULL;
}

void fp_thumbprint(uint8_t out[32], const uint8_t public_key[FP_KEY_BYTES])
{
    /* {1: 1, -1: 6, -2: key} in deterministic CBOR, up to the key. */
    static const uint8_t cose_key[] = { 0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20 };
    fp_sha256 hash;
    fp_sha256_begin(&hash);
    fp_sha256_add(&hash, cose_key, sizeof cose_key);
    fp_sha256_add(&hash, public_key, FP_KEY_BYTES);
    fp_sha256_end(&hash, out);
}

void fp_kid(uint8_t kid[FP_KID_BYTES], const uint8_t public_key[FP_KEY_BYTES])
{
    uint8_t thumbprint[32];
    fp_thumbprint(thumbprint, public_key);
    memcpy(kid, thumbprint, FP_KID_BYTES);
}

void fp_device_id(char out[FP_DEVICE_ID_CHARS + 1], const uint8_t kid[FP_KID_BYTES])
{
    fp_base32(out, kid, FP_KID_BYTES);
}
