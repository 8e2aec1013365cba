/** Verifies a COSE_Sign1 of the gateway in place: the buffer that holds it is used to check it. */
#ifndef FP_OPEN_H
#define FP_OPEN_H

#include "fp_cbor_read.h"
#include "fp_key.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * 1 where the message has the form `18([h'{1: alg, 4: kid}', {}, payload, signature])`, alg -8 or
 * -19, kid and signature those of `signer`, for this kind and network. `payload` then reads the
 * payload. The message is overwritten in either case.
 */
int fp_open(fp_cbor_read *payload, uint8_t *message, size_t length, const char *kind,
            const char *network, const fp_crypto *crypto, const uint8_t signer[FP_KEY_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
