/** base64url without padding (`b64u`) and base32 in lower case, RFC 4648. */
#ifndef FP_BASE_H
#define FP_BASE_H

#include "fp_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Characters of `length` bytes as b64u. */
#define FP_B64U_CHARS(length) (((length) * 4 + 2) / 3)
/** Characters of a device id: 8 bytes in base32. */
#define FP_DEVICE_ID_CHARS 13

/** Writes the b64u of up to 3 bytes, 2 to 4 characters; returns how many. */
size_t fp_b64u_group(char out[4], const uint8_t *in, size_t length);

/** Writes `FP_B64U_CHARS(length)` characters and NUL; returns how many without it. */
size_t fp_b64u(char *out, const uint8_t *in, size_t length);

/**
 * Bytes of strict b64u (no padding, no other alphabet, trailing bits zero), or -1. `out` may be
 * where the text is: bytes are never ahead of the characters they come from.
 */
long fp_from_b64u(uint8_t *out, size_t room, const char *text, size_t chars);

/** Writes the base32 of `length` bytes and NUL; returns the characters without it. */
size_t fp_base32(char *out, const uint8_t *in, size_t length);

#ifdef __cplusplus
}
#endif
#endif
