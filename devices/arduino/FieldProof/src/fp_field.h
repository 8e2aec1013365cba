/**
 * Arithmetic modulo 2^255 - 19 on numbers of 32 bytes, the low one first. An AVR has it in assembly
 * (fp_field_avr.S). All take and give numbers below 2^255 + 2^12; `out` may be an argument. Time
 * does not depend on the numbers.
 */
#ifndef FP_FIELD_H
#define FP_FIELD_H

#include "fp_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

void fp_field_product(uint8_t product[64], const uint8_t a[32], const uint8_t b[32]);
/** Wipes the product. */
void fp_field_reduce(uint8_t out[32], uint8_t product[64]);
void fp_field_add(uint8_t out[32], const uint8_t a[32], const uint8_t b[32]);
void fp_field_sub(uint8_t out[32], const uint8_t a[32], const uint8_t b[32]);
/** out = in where mask is 255; where it is 0 out stays. */
void fp_field_move(uint8_t out[32], const uint8_t in[32], uint8_t mask);

#ifdef __cplusplus
}
#endif
#endif
