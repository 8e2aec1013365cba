/**
 * The messages that a device signs. Each function writes one into `out` and returns its length; 0
 * where it does not fit, a field is not of its form, or the key does not sign.
 */
#ifndef FP_MESSAGES_H
#define FP_MESSAGES_H

#include "fp_pack.h"
#include "fp_seal.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A sequence number is below 2^53. */
#define FP_SEQ_LIMIT ((uint64_t)1 << 53)

/** What a device says of itself when it enrols. Texts end with NUL. */
typedef struct fp_about {
    const char *model;
    const char *firmware;
    const char *version;
    /** Metrics that it measures, each once. */
    const uint8_t *metrics;
    size_t metric_count;
    /** Account that earns (0x and 40 hex digits) and H3 cell; NULL or "" for none. */
    const char *owner;
    const char *cell;
} fp_about;

/** `rd`: a reading of 1 to 64 values. */
size_t fp_reading(uint8_t *out, size_t room, const fp_key *key, const char *network, uint64_t seq,
                  const fp_value *values, size_t count);

/** `en`: the enrolment proof; the nonce may be empty. */
size_t fp_enrolment(uint8_t *out, size_t room, const fp_key *key, const char *network,
                    const fp_about *about, const uint8_t *nonce, size_t nonce_length);

/** `co`: the connect token, whose b64u is the MQTT password. exp: Unix seconds, 0 for none. */
size_t fp_connect_token(uint8_t *out, size_t room, const fp_key *key, const char *network,
                        uint64_t exp);

/** `ro`: the change from one key to another. iat: Unix seconds. */
size_t fp_rotation(uint8_t *out, size_t room, const fp_key *old_key, const fp_key *new_key,
                   const char *network, const char *device, uint64_t iat, uint64_t seq);

/** `rv`: the device takes itself out for ever. */
size_t fp_revocation(uint8_t *out, size_t room, const fp_key *key, const char *network,
                     const char *device, uint64_t iat, uint64_t seq);

#ifdef __cplusplus
}
#endif
#endif
