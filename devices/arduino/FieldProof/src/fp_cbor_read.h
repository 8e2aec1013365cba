/**
 * Reads deterministic CBOR item by item. The first thing that is not as expected makes the reader
 * bad, and it stays bad: callers look once, at the end.
 */
#ifndef FP_CBOR_READ_H
#define FP_CBOR_READ_H

#include "fp_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fp_cbor_read {
    const uint8_t *at;
    const uint8_t *end;
    int bad;
} fp_cbor_read;

void fp_read_begin(fp_cbor_read *in, const uint8_t *bytes, size_t length);
/** 1 where everything was as expected and nothing is left. */
int fp_read_done(const fp_cbor_read *in);

/** An unsigned integer below 2^53, in its shortest form. */
uint64_t fp_read_uint(fp_cbor_read *in);
/** A byte string, a view; `length` 0 where there is none. */
const uint8_t *fp_read_bytes(fp_cbor_read *in, size_t *length);
/** Exactly this unsigned integer: a label or a constant. */
void fp_read_the_uint(fp_cbor_read *in, uint64_t n);
/** Exactly this text. */
void fp_read_the_text(fp_cbor_read *in, const char *text);
void fp_read_array(fp_cbor_read *in, size_t items);
void fp_read_map(fp_cbor_read *in, size_t pairs);
void fp_read_tag(fp_cbor_read *in, uint64_t tag);

#ifdef __cplusplus
}
#endif
#endif
