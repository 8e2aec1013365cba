/**
 * Ed25519 by libsodium, which the ESP32 core of Arduino and ESP-IDF bring along: <sodium.h>. Include
 * it in one file of a sketch and pass `&fp_ed25519_sodium`.
 */
#ifndef FP_ED25519_SODIUM_H
#define FP_ED25519_SODIUM_H

#include <sodium.h>
#include <string.h>

#include "fp_key.h"

static void fp_sodium_public_key(uint8_t public_key[FP_KEY_BYTES], const uint8_t seed[FP_SEED_BYTES])
{
    uint8_t secret[64];
    (void)sodium_init();
    (void)crypto_sign_seed_keypair(public_key, secret, seed);
    fp_wipe(secret, sizeof secret);
}

static void fp_sodium_sign(uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message, size_t length,
                           const uint8_t seed[FP_SEED_BYTES], const uint8_t public_key[FP_KEY_BYTES])
{
    /* libsodium's secret key is the seed followed by the public key. */
    uint8_t secret[64];
    memcpy(secret, seed, FP_SEED_BYTES);
    memcpy(secret + FP_SEED_BYTES, public_key, FP_KEY_BYTES);
    (void)crypto_sign_detached(signature, NULL, message, length, secret);
    fp_wipe(secret, sizeof secret);
}

static int fp_sodium_verify(const uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message,
                            size_t length, const uint8_t public_key[FP_KEY_BYTES])
{
    return crypto_sign_verify_detached(signature, message, length, public_key) == 0;
}

static const fp_crypto fp_ed25519_sodium = { fp_sodium_public_key, fp_sodium_sign, fp_sodium_verify };

#endif
