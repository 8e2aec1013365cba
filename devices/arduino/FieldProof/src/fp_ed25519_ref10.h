/**
 * Ed25519 by ref10, for Cortex-M, RISC-V and hosts: the sources that `node devices/tools/ed25519.mjs`
 * puts into src/ed25519/. Compile them with -fwrapv where flags can be given. Not for an AVR: the
 * tables alone take 30 kB of RAM there.
 */
#ifndef FP_ED25519_REF10_H
#define FP_ED25519_REF10_H

#ifndef ED25519_NO_SEED
#define ED25519_NO_SEED
#endif
#include "ed25519/ed25519.h"
#include "ed25519/sha512.h"
#include "fp_key.h"

static void fp_ref10_public_key(uint8_t public_key[FP_KEY_BYTES], const uint8_t seed[FP_SEED_BYTES])
{
    uint8_t expanded[64];
    ed25519_create_keypair(public_key, expanded, seed);
    fp_wipe(expanded, sizeof expanded);
}

static void fp_ref10_sign(uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message, size_t length,
                          const uint8_t seed[FP_SEED_BYTES], const uint8_t public_key[FP_KEY_BYTES])
{
    /* RFC 8032 section 5.1.5: the library wants the hash of the seed, with its bits set. */
    uint8_t expanded[64];
    sha512(seed, FP_SEED_BYTES, expanded);
    expanded[0] &= 248;
    expanded[31] &= 63;
    expanded[31] |= 64;
    ed25519_sign(signature, message, length, public_key, expanded);
    fp_wipe(expanded, sizeof expanded);
}

static int fp_ref10_verify(const uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message,
                           size_t length, const uint8_t public_key[FP_KEY_BYTES])
{
    return fp_signature_is_strict(signature, public_key)
        && ed25519_verify(signature, message, length, public_key);
}

static const fp_crypto fp_ed25519_ref10 = { fp_ref10_public_key, fp_ref10_sign, fp_ref10_verify };

#endif
