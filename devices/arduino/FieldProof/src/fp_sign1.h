/** The fixed bytes of COSE_Sign1 and of its Sig_structure, shared by who makes and who reads it. */
#ifndef FP_SIGN1_H
#define FP_SIGN1_H

#include "fp_cbor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of the head of a byte string. */
size_t fp_bytes_head_length(size_t length);

/**
 * Writes the Sig_structure (RFC 9052 section 4.4) up to its payload: context, header, and
 * `FP1:<kind>:<network>`. The header's bytes may already stand in `cbor` where they belong.
 */
void fp_sig_structure(fp_cbor *cbor, const char *kind, const char *network, const uint8_t *header,
                      size_t header_length);

/** Offset of the header's bytes in a Sig_structure, after its head. */
size_t fp_sig_header_at(size_t header_length);

#ifdef __cplusplus
}
#endif
#endif
