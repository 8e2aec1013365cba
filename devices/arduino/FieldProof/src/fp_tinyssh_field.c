/*
 * What tinyssh's curve (tinyssh/ge25519.c) stands on, in place of its own fe.c, fe25519.c and
 * cleanup.c: those take words of 64 bits, which on an 8-bit processor is some ten times slower. The
 * declarations are tinyssh's. Its words are the little-endian ones of the processor.
 */
#include "fp_tinyssh.h"

#if defined(FP_HAS_TINYSSH)

#include "fp_field.h"

#include <string.h>

static uint8_t *bytes(fe x)
{
    return (uint8_t *)x;
}

static const uint8_t *bytes_in(const fe x)
{
    return (const uint8_t *)x;
}

void cleanup_(void *secret, long long length)
{
    fp_wipe(secret, (size_t)length);
}

void fe_0(fe o)
{
    memset(o, 0, sizeof(fe));
}

void fe_1(fe o)
{
    fe_0(o);
    o[0] = 1;
}

void fe_copy(fe o, const fe x)
{
    memcpy(o, x, sizeof(fe));
}

void fe_cmov(fe o, const fe x, crypto_uint32 is_wanted)
{
    fp_field_move(bytes(o), bytes_in(x), (uint8_t)(0 - (uint8_t)is_wanted));
}

void fe25519_mul(fe o, const fe a, const fe b)
{
    uint8_t product[64];
    fp_field_product(product, bytes_in(a), bytes_in(b));
    fp_field_reduce(bytes(o), product);
}

void fe25519_sq(fe o, const fe a)
{
    fe25519_mul(o, a, a);
}

void fe25519_add(fe o, const fe a, const fe b)
{
    fp_field_add(bytes(o), bytes_in(a), bytes_in(b));
}

void fe25519_sub(fe o, const fe a, const fe b)
{
    fp_field_sub(bytes(o), bytes_in(a), bytes_in(b));
}

void fe25519_neg(fe o, const fe x)
{
    fe zero;
    fe_0(zero);
    fe25519_sub(o, zero, x);
}

/* o = x^(2^count) */
static void square(fe o, const fe x, uint8_t count)
{
    fe25519_sq(o, x);
    while (--count > 0)
        fe25519_sq(o, o);
}

/* o = x^(2^250 - 1), and x^11 */
static void power(fe o, fe x11, const fe x)
{
    fe t;
    square(t, x, 3);
    fe25519_mul(t, t, x); /* 9 */
    square(o, x, 1);
    fe25519_mul(x11, t, o);
    square(o, x11, 1);
    fe25519_mul(o, o, t); /* 2^5 - 1 */
    square(t, o, 5);
    fe25519_mul(o, t, o); /* 2^10 - 1 */
    fe ten;
    fe_copy(ten, o);
    square(t, o, 10);
    fe25519_mul(o, t, o); /* 2^20 - 1 */
    square(t, o, 20);
    fe25519_mul(o, t, o); /* 2^40 - 1 */
    square(o, o, 10);
    fe25519_mul(o, o, ten); /* 2^50 - 1 */
    fe_copy(ten, o);
    square(t, o, 50);
    fe25519_mul(o, t, o); /* 2^100 - 1 */
    square(t, o, 100);
    fe25519_mul(o, t, o); /* 2^200 - 1 */
    square(o, o, 50);
    fe25519_mul(o, o, ten); /* 2^250 - 1 */
    fp_wipe(t, sizeof t);
    fp_wipe(ten, sizeof ten);
}

/* o = x^(p - 2), where p - 2 = (2^250 - 1) * 2^5 + 11 */
void fe25519_inv(fe o, const fe x)
{
    fe t, x11;
    power(t, x11, x);
    square(t, t, 5);
    fe25519_mul(o, t, x11);
    fp_wipe(t, sizeof t);
    fp_wipe(x11, sizeof x11);
}

/* o = x^((p - 5) / 8), where that is (2^250 - 1) * 2^2 + 1 */
void fe25519_pow22523(fe o, const fe x)
{
    fe t, x11;
    power(t, x11, x);
    square(t, t, 2);
    fe25519_mul(o, t, x);
    fp_wipe(t, sizeof t);
    fp_wipe(x11, sizeof x11);
}

/* The number below p: 19 more overflows 2^255 where it is not below. */
void fe25519_tobytes(unsigned char *out, const fe x)
{
    unsigned carry = 19;
    uint8_t less[32];
    memcpy(out, x, 32);
    carry = (uint8_t)(out[31] >> 7) * 19u;
    out[31] &= 0x7f;
    for (uint8_t i = 0; i < 32; i++) {
        carry += out[i];
        out[i] = (uint8_t)carry;
        carry >>= 8;
    }
    carry = 19;
    for (uint8_t i = 0; i < 32; i++) {
        carry += out[i];
        less[i] = (uint8_t)carry;
        carry >>= 8;
    }
    carry = less[31] >> 7;
    less[31] &= 0x7f;
    fp_field_move(out, less, (uint8_t)(0 - carry));
    fp_wipe(less, sizeof less);
}

void fe25519_frombytes(fe o, const unsigned char *in)
{
    memcpy(o, in, 32);
    bytes(o)[31] &= 0x7f;
}

int fe25519_isnonzero(const fe x)
{
    uint8_t out[32];
    fe25519_tobytes(out, x);
    return fp_is_zero(out, sizeof out) ? 0 : -1;
}

int fe25519_isnegative(const fe x)
{
    uint8_t out[32];
    fe25519_tobytes(out, x);
    return out[0] & 1;
}

#else

/* ISO C wants a declaration in every file. */
typedef int fp_tinyssh_field_is_not_here;

#endif
