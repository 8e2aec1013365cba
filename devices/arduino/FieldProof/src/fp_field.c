#include "fp_field.h"

#if defined(__AVR__)

/* ISO C wants a declaration in every file; the functions are in fp_field_avr.S. */
typedef int fp_field_is_assembly;

#else

void fp_field_product(uint8_t product[64], const uint8_t a[32], const uint8_t b[32])
{
    uint32_t sum = 0;
    /* 32 products of 16 bits and a carry fit. */
    for (unsigned at = 0; at < 63; at++) {
        for (unsigned i = at < 32 ? 0 : at - 31; i <= at && i < 32; i++)
            sum += (uint32_t)a[i] * b[at - i];
        product[at] = (uint8_t)sum;
        sum >>= 8;
    }
    product[63] = (uint8_t)sum;
}

/* What is above 2^255, `top` * 2^256 among it, counts 19 times at the bottom. */
static void fold(uint8_t out[32], unsigned top)
{
    unsigned carry = 19 * (top << 1 | out[31] >> 7);
    out[31] &= 0x7f;
    for (unsigned i = 0; i < 32; i++) {
        carry += out[i];
        out[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

void fp_field_reduce(uint8_t out[32], uint8_t product[64])
{
    unsigned carry = 0;
    for (unsigned i = 0; i < 32; i++) {
        carry += product[i] + 38u * product[i + 32];
        out[i] = (uint8_t)carry;
        carry >>= 8;
    }
    fp_wipe(product, 64);
    fold(out, carry);
}

void fp_field_add(uint8_t out[32], const uint8_t a[32], const uint8_t b[32])
{
    unsigned carry = 0;
    for (unsigned i = 0; i < 32; i++) {
        carry += (unsigned)a[i] + b[i];
        out[i] = (uint8_t)carry;
        carry >>= 8;
    }
    fold(out, carry);
}

/* a + 2 p - b, where 2 p is 2^256 - 38. */
void fp_field_sub(uint8_t out[32], const uint8_t a[32], const uint8_t b[32])
{
    unsigned borrow = 38;
    for (unsigned i = 0; i < 32; i++) {
        unsigned left = 0x200u + a[i] - b[i] - borrow;
        out[i] = (uint8_t)left;
        borrow = 2 - (left >> 8);
    }
    fold(out, 1 - borrow);
}

void fp_field_move(uint8_t out[32], const uint8_t in[32], uint8_t mask)
{
    for (unsigned i = 0; i < 32; i++)
        out[i] ^= (uint8_t)((out[i] ^ in[i]) & mask);
}

#endif
