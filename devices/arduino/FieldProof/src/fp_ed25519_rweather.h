/**
 * Ed25519 by rweather's Crypto library (Library Manager: "Crypto"), which also fits an AVR and an
 * ESP8266. C++ only: include it in one file of a sketch and pass `&fp_ed25519_rweather`.
 */
#ifndef FP_ED25519_RWEATHER_H
#define FP_ED25519_RWEATHER_H

#include <Crypto.h>
#include <Ed25519.h>

#include "fp_key.h"

static void fp_rweather_public_key(uint8_t public_key[FP_KEY_BYTES], const uint8_t seed[FP_SEED_BYTES])
{
    Ed25519::derivePublicKey(public_key, seed);
}

static void fp_rweather_sign(uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message,
                             size_t length, const uint8_t seed[FP_SEED_BYTES],
                             const uint8_t public_key[FP_KEY_BYTES])
{
    Ed25519::sign(signature, seed, public_key, message, length);
}

static int fp_rweather_verify(const uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message,
                              size_t length, const uint8_t public_key[FP_KEY_BYTES])
{
    return fp_signature_is_strict(signature, public_key)
        && Ed25519::verify(signature, public_key, message, length);
}

static const fp_crypto fp_ed25519_rweather = { fp_rweather_public_key, fp_rweather_sign,
                                               fp_rweather_verify };

#endif
