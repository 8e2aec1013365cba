/** Bytes and texts: comparing, wiping, integers in big-endian order, lengths with a limit. */
#ifndef FP_BYTES_H
#define FP_BYTES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Fails to compile where a limit does not hold; `name` tells which. */
#define FP_STATIC_ASSERT(condition, name) typedef char fp_assert_##name[(condition) ? 1 : -1]

/** Overwrites secrets; not optimised away. */
void fp_wipe(void *secret, size_t length);

/** 1 where both have the same bytes; the time does not depend on where they differ. */
int fp_equal(const uint8_t *a, const uint8_t *b, size_t length);

/** 1 where all bytes are 0. */
int fp_is_zero(const uint8_t *bytes, size_t length);

/** 1 where the text is exactly `length` characters of `bytes`. */
int fp_is_text(const char *text, const uint8_t *bytes, size_t length);

/** Characters of a text, at most `limit`; 0 for no text (NULL). */
size_t fp_text_length(const char *text, size_t limit);

/** `length` (1 to 8) bytes of a number, most significant first. */
void fp_put_be(uint8_t *out, uint64_t n, size_t length);

/** The number of `length` (1 to 8) bytes. */
uint64_t fp_get_be(const uint8_t *in, size_t length);

/** Bytes that a number takes: 1 to 8; 0 takes one. */
size_t fp_be_length(uint64_t n);

/** Decimal digits of a number, at most 20, NUL after them; returns their count. */
size_t fp_decimal(char out[21], uint64_t n);

#ifdef __cplusplus
}
#endif
#endif
