/**
 * What a gateway says to a device. A message is taken only where the pinned gateway key signed it
 * for this network and device; it is overwritten while it is checked. All return 1 where taken.
 */
#ifndef FP_DOWNLINK_H
#define FP_DOWNLINK_H

#include "fp_open.h"
#include "fp_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FP_TIME_NONCE_BYTES 4

/** Whose word counts, and for whom. */
typedef struct fp_downlink {
    const fp_crypto *crypto;
    const uint8_t *gateway_key;
    const char *network;
    const char *device;
} fp_downlink;

/** `tm`, the answer to exactly this nonce. unix_ms: milliseconds since 1970. */
int fp_read_time(const fp_downlink *from, uint8_t *message, size_t length,
                 const uint8_t nonce[FP_TIME_NONCE_BYTES], uint64_t *unix_ms);

typedef struct fp_configuration {
    uint64_t number;
    uint32_t interval_sec;
    uint8_t records;
} fp_configuration;

/** `cm`. Whether its number is above the last one obeyed is the caller's to ask. */
int fp_read_configuration(const fp_downlink *from, uint8_t *message, size_t length,
                          fp_configuration *configuration);

typedef struct fp_receipt {
    uint64_t seq;
    uint64_t iat;
    uint8_t leaf[32];
} fp_receipt;

/** `rc`: the gateway accepted the reading of this sequence, whose SHA-256(00 || bytes) is `leaf`. */
int fp_read_receipt(const fp_downlink *from, uint8_t *message, size_t length, fp_receipt *receipt);

#ifdef __cplusplus
}
#endif
#endif
