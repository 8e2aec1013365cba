/**
 * SHA-512 (FIPS 180-4), for an Ed25519 backend whose own wants the whole message in memory twice.
 * On an AVR its table stays in flash.
 */
#ifndef FP_SHA512_H
#define FP_SHA512_H

#include "fp_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FP_SHA512_BYTES 64

typedef struct fp_sha512 {
    uint64_t state[8];
    uint8_t block[128];
    uint32_t length;
} fp_sha512;

void fp_sha512_begin(fp_sha512 *hash);
/** At most 2^29 bytes in all. */
void fp_sha512_add(fp_sha512 *hash, const void *bytes, size_t length);
/** Writes the hash and wipes the state. */
void fp_sha512_end(fp_sha512 *hash, uint8_t out[FP_SHA512_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
