#include "fp_tinyssh.h"

#if defined(FP_HAS_TINYSSH)

#include <string.h>

#include "fp_comb.h"
#include "fp_ed25519_tinyssh.h"
#include "fp_flash.h"
#include "fp_sha512.h"

static void neutral(ge25519 point)
{
    fe_0(point[0]);
    fe_1(point[1]);
    fe_1(point[2]);
    fe_0(point[3]);
}

/* Entry `n` of the comb. An AVR has no cache: the time does not tell which one. */
static void load_entry(ge25519 point, uint8_t n)
{
    memcpy_P(point[0], fp_comb[n], 32);
    memcpy_P(point[1], fp_comb[n] + 32, 32);
    fe_1(point[2]);
    fe25519_mul(point[3], point[0], point[1]);
}

static uint8_t bit(const uint8_t *scalar, uint16_t at)
{
    return (scalar[at >> 3] >> (at & 7)) & 1;
}

/* out = scalar * B, encoded; the scalar below 2^255. tinyssh's own takes 2 kB of stack more. */
static void multiply_base(uint8_t out[32], const uint8_t scalar[32])
{
    ge25519 sum, entry;
    neutral(sum);
    for (uint8_t at = FP_COMB_SPACING; at-- > 0;) {
        uint8_t n = 0;
        for (uint8_t tooth = FP_COMB_TEETH; tooth-- > 0;)
            n = (uint8_t)(n << 1 | bit(scalar, (uint16_t)(tooth * FP_COMB_SPACING + at)));
        fp_tinyssh_double(sum, sum);
        load_entry(entry, n);
        ge25519_add(sum, sum, entry);
    }
    ge25519_tobytes(out, sum);
    fp_wipe(sum, sizeof sum);
    fp_wipe(entry, sizeof entry);
}

/* RFC 8032 section 5.1.5: the scalar, and behind it the prefix. */
static void expand(uint8_t expanded[64], const uint8_t seed[FP_SEED_BYTES])
{
    fp_sha512 hash;
    fp_sha512_begin(&hash);
    fp_sha512_add(&hash, seed, FP_SEED_BYTES);
    fp_sha512_end(&hash, expanded);
    expanded[0] &= 248;
    expanded[31] &= 63;
    expanded[31] |= 64;
}

/* SHA-512 over one or two times 32 bytes and the message, modulo the group's order. */
static void hash_to_scalar(uint8_t out[64], const uint8_t first[32], const uint8_t *second,
                           const uint8_t *message, size_t length)
{
    fp_sha512 hash;
    fp_sha512_begin(&hash);
    fp_sha512_add(&hash, first, 32);
    if (second != NULL)
        fp_sha512_add(&hash, second, 32);
    fp_sha512_add(&hash, message, length);
    fp_sha512_end(&hash, out);
    sc25519_reduce(out);
}

static void make_public_key(uint8_t public_key[FP_KEY_BYTES], const uint8_t seed[FP_SEED_BYTES])
{
    uint8_t expanded[64];
    expand(expanded, seed);
    multiply_base(public_key, expanded);
    fp_wipe(expanded, sizeof expanded);
}

static void sign(uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message, size_t length,
                 const uint8_t seed[FP_SEED_BYTES], const uint8_t public_key[FP_KEY_BYTES])
{
    uint8_t expanded[64], nonce[64], challenge[64];
    expand(expanded, seed);
    hash_to_scalar(nonce, expanded + 32, NULL, message, length);
    multiply_base(signature, nonce);
    hash_to_scalar(challenge, signature, public_key, message, length);
    sc25519_muladd(signature + 32, challenge, expanded, nonce);
    fp_wipe(expanded, sizeof expanded);
    fp_wipe(nonce, sizeof nonce);
}

/* sum = S * B + challenge * minus_key, by both scalars' bits at once: nothing here is secret. */
static void multiply_both(ge25519 sum, const uint8_t s[32], const uint8_t challenge[32],
                          ge25519 minus_key)
{
    ge25519 base, both;
    load_entry(base, 1);
    ge25519_add(both, base, minus_key);
    neutral(sum);
    for (uint16_t at = 253; at-- > 0;) {
        uint8_t in_s = bit(s, at), in_challenge = bit(challenge, at);
        fp_tinyssh_double(sum, sum);
        if (in_s && in_challenge)
            ge25519_add(sum, sum, both);
        else if (in_s)
            ge25519_add(sum, sum, base);
        else if (in_challenge)
            ge25519_add(sum, sum, minus_key);
    }
}

static int verify(const uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message,
                  size_t length, const uint8_t public_key[FP_KEY_BYTES])
{
    uint8_t challenge[64];
    ge25519 minus_key, r;
    if (!fp_signature_is_strict(signature, public_key)
        || ge25519_frombytes_negate_vartime(minus_key, public_key) != 0)
        return 0;
    hash_to_scalar(challenge, signature, public_key, message, length);
    multiply_both(r, signature + 32, challenge, minus_key);
    ge25519_tobytes(challenge, r);
    return fp_equal(challenge, signature, 32);
}

const fp_crypto fp_ed25519_tinyssh = { make_public_key, sign, verify };

#else

/* ISO C wants a declaration in every file. */
typedef int fp_tinyssh_is_not_here;

#endif
