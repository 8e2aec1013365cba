/**
 * Makes a COSE_Sign1 (RFC 9052) in one buffer. First the bytes to be signed are laid out in it, the
 * payload last; after signing, the parts move into their places in the message, which is longer than
 * what was signed. So nothing is held twice.
 */
#ifndef FP_SEAL_H
#define FP_SEAL_H

#include "fp_cbor.h"
#include "fp_key.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a message has besides header and payload: frame, heads, signature. */
#define FP_SEAL_BYTES 74

typedef struct fp_seal {
    uint8_t *out;
    size_t room;
    size_t header_length;
    /** The caller writes the payload here between begin and end. */
    fp_cbor payload;
} fp_seal;

/** kind: two letters such as "rd". header: the encoded protected header, 1 to 255 bytes. */
void fp_seal_begin(fp_seal *seal, uint8_t *out, size_t room, const char *kind, const char *network,
                   const uint8_t *header, size_t header_length);

/** Signs. Length of the message, 0 where it does not fit or the key does not sign. */
size_t fp_seal_end(fp_seal *seal, const fp_key *key);

/** Writes `{1: -8, 4: kid}`, plus 16 where there is a typ; returns its length, at most 40. */
size_t fp_header(uint8_t out[40], const uint8_t kid[FP_KID_BYTES], const char *typ);

#ifdef __cplusplus
}
#endif
#endif
