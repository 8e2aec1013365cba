/**
 * SHA-256 (FIPS 180-4). The library has its own because every board needs it, for the key's
 * thumbprint and to mix entropy, and the Ed25519 backends bring SHA-512 only.
 */
#ifndef FP_SHA256_H
#define FP_SHA256_H

#include "fp_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FP_SHA256_BYTES 32

typedef struct fp_sha256 {
    uint32_t state[8];
    uint8_t block[64];
    uint32_t length;
} fp_sha256;

void fp_sha256_begin(fp_sha256 *hash);
/** At most 2^29 bytes in all. */
void fp_sha256_add(fp_sha256 *hash, const void *bytes, size_t length);
/** Writes the hash and wipes the state. */
void fp_sha256_end(fp_sha256 *hash, uint8_t out[FP_SHA256_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
