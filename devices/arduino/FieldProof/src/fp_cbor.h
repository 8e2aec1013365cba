/**
 * Writes deterministic CBOR (RFC 8949 section 4.2.1) into the caller's memory. Heads are always
 * shortest; the order of map keys is the caller's. What does not fit is counted, not written:
 * `length` beyond `room` means that the item is not whole.
 */
#ifndef FP_CBOR_H
#define FP_CBOR_H

#include "fp_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fp_cbor {
    uint8_t *out;
    size_t room;
    size_t length;
} fp_cbor;

void fp_cbor_begin(fp_cbor *cbor, uint8_t *out, size_t room);
/** 1 where all that was written fits. */
int fp_cbor_fits(const fp_cbor *cbor);

void fp_cbor_uint(fp_cbor *cbor, uint64_t n);
void fp_cbor_int(fp_cbor *cbor, int64_t n);
void fp_cbor_bytes(fp_cbor *cbor, const uint8_t *bytes, size_t length);
/** A text that ends with NUL. */
void fp_cbor_text(fp_cbor *cbor, const char *text);
void fp_cbor_array(fp_cbor *cbor, size_t items);
void fp_cbor_map(fp_cbor *cbor, size_t pairs);
void fp_cbor_tag(fp_cbor *cbor, uint64_t tag);
/** Bytes as they are: an encoded item. */
void fp_cbor_raw(fp_cbor *cbor, const uint8_t *bytes, size_t length);
/** Head of a byte string whose bytes the caller puts after it. */
void fp_cbor_bytes_head(fp_cbor *cbor, size_t length);

#ifdef __cplusplus
}
#endif
#endif
