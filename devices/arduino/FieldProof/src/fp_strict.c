/*
 * The checks that libsodium makes before the equation (crypto_sign_ed25519_verify_detached): what
 * all of them refuse is refused here, so that a board and a gateway agree on every signature.
 */
#include "fp_key.h"

/* Order of the base point, least significant byte first. */
static const uint8_t order[32] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
};

/* y of the points of order 8; the other small ones are 0, 1 and p - 1. */
static const uint8_t order8[2][32] = {
    { 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
      0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
    { 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
      0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};

static int is_below_order(const uint8_t *s)
{
    for (int i = 31; i >= 0; i--)
        if (s[i] != order[i])
            return s[i] < order[i];
    return 0;
}

static int middle_is(const uint8_t *point, uint8_t byte)
{
    for (int i = 1; i < 31; i++)
        if (point[i] != byte)
            return 0;
    return 1;
}

/* Neither of small order nor beyond p = 2^255 - 19; the sign bit does not matter. */
static int is_sound(const uint8_t *point)
{
    uint8_t top = point[31] & 0x7f;
    if (middle_is(point, 0) && top == 0 && point[0] <= 1)
        return 0;
    /* From p - 1 = ec ff .. ff 7f on: order 2, and encodings that are not canonical. */
    if (middle_is(point, 0xff) && top == 0x7f && point[0] >= 0xec)
        return 0;
    for (int which = 0; which < 2; which++)
        if (top == order8[which][31] && fp_equal(point, order8[which], 31))
            return 0;
    return 1;
}

int fp_signature_is_strict(const uint8_t signature[FP_SIGNATURE_BYTES],
                           const uint8_t public_key[FP_KEY_BYTES])
{
    return is_below_order(signature + 32) && is_sound(signature) && is_sound(public_key);
}
