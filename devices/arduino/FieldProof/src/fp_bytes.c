#include "fp_bytes.h"

void fp_wipe(void *secret, size_t length)
{
    /* volatile: the writes are seen by nobody, and a compiler would leave them out. */
    volatile uint8_t *at = (volatile uint8_t *)secret;
    while (length-- > 0)
        *at++ = 0;
}

int fp_equal(const uint8_t *a, const uint8_t *b, size_t length)
{
    uint8_t difference = 0;
    for (size_t i = 0; i < length; i++)
        difference = (uint8_t)(difference | (a[i] ^ b[i]));
    return difference == 0;
}

int fp_is_zero(const uint8_t *bytes, size_t length)
{
    uint8_t any = 0;
    for (size_t i = 0; i < length; i++)
        any = (uint8_t)(any | bytes[i]);
    return any == 0;
}

int fp_is_text(const char *text, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0' || (uint8_t)text[i] != bytes[i])
            return 0;
    return text[length] == '\0';
}

size_t fp_text_length(const char *text, size_t limit)
{
    size_t length = 0;
    if (text == NULL)
        return 0;
    while (length < limit && text[length] != '\0')
        length++;
    return length;
}

void fp_put_be(uint8_t *out, uint64_t n, size_t length)
{
    while (length > 0) {
        out[--length] = (uint8_t)(n & 0xff);
        n >>= 8;
    }
}

uint64_t fp_get_be(const uint8_t *in, size_t length)
{
    uint64_t n = 0;
    for (size_t i = 0; i < length; i++)
        n = (n << 8) | in[i];
    return n;
}

size_t fp_be_length(uint64_t n)
{
    size_t length = 1;
    while (n > 0xff) {
        n >>= 8;
        length++;
    }
    return length;
}

size_t fp_decimal(char out[21], uint64_t n)
{
    char digits[20];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + (char)(n % 10));
        n /= 10;
    } while (n > 0);
    for (size_t i = 0; i < count; i++)
        out[i] = digits[count - 1 - i];
    out[count] = '\0';
    return count;
}
