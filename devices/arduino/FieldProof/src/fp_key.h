/**
 * The board's Ed25519 key and what is named after it. The library knows no crypto library: whoever
 * builds a board passes an `fp_crypto`, see fp_ed25519_*.h.
 */
#ifndef FP_KEY_H
#define FP_KEY_H

#include "fp_base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FP_SEED_BYTES 32
#define FP_KEY_BYTES 32
#define FP_KID_BYTES 8
#define FP_SIGNATURE_BYTES 64

/** Ed25519 as in RFC 8032 section 5.1. A secure element may take the seed as the number of a slot. */
typedef struct fp_crypto {
    void (*public_key)(uint8_t public_key[FP_KEY_BYTES], const uint8_t seed[FP_SEED_BYTES]);
    void (*sign)(uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message, size_t length,
                 const uint8_t seed[FP_SEED_BYTES], const uint8_t public_key[FP_KEY_BYTES]);
    /** 1 where the signature is good. */
    int (*verify)(const uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message, size_t length,
                  const uint8_t public_key[FP_KEY_BYTES]);
} fp_crypto;

/** A key that can sign. `crypto` is NULL until the self-test has passed: then nothing is signed. */
typedef struct fp_key {
    const fp_crypto *crypto;
    uint8_t seed[FP_SEED_BYTES];
    uint8_t public_key[FP_KEY_BYTES];
    uint8_t kid[FP_KID_BYTES];
} fp_key;

/**
 * 1 where the backend makes key and signature of RFC 8032 section 7.1, test 2, byte for byte, takes
 * that signature and refuses it with one bit changed.
 */
int fp_crypto_test(const fp_crypto *crypto);

/** Makes the key of a seed, by a backend that has passed its test: that takes seconds on an AVR. */
void fp_key_make(fp_key *key, const fp_crypto *crypto, const uint8_t seed[FP_SEED_BYTES]);

/** The same after a test. 0, and a key that does not sign, where the backend fails it. */
int fp_key_open(fp_key *key, const fp_crypto *crypto, const uint8_t seed[FP_SEED_BYTES]);

/** Wipes the seed; the key signs no more. */
void fp_key_close(fp_key *key);

/** First 8 bytes of the RFC 9679 thumbprint of a public key. */
void fp_kid(uint8_t kid[FP_KID_BYTES], const uint8_t public_key[FP_KEY_BYTES]);

/** RFC 9679 COSE Key Thumbprint. */
void fp_thumbprint(uint8_t out[32], const uint8_t public_key[FP_KEY_BYTES]);

/** 13 characters and NUL: the device id, of the kid of its first key; also a gateway's id. */
void fp_device_id(char out[FP_DEVICE_ID_CHARS + 1], const uint8_t kid[FP_KID_BYTES]);

/**
 * 1 where libsodium's criterion, which is the protocol's, does not already refuse a signature or key
 * by its form: S < L, neither R nor the key of small order, both canonical. For backends that check
 * the equation only.
 */
int fp_signature_is_strict(const uint8_t signature[FP_SIGNATURE_BYTES],
                           const uint8_t public_key[FP_KEY_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
