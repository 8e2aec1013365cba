#include "fp_base.h"

/* Computed rather than looked up: on an AVR a table would stand in RAM. */
static char b64u_digit(uint32_t value)
{
    value &= 63;
    if (value < 26)
        return (char)('A' + (char)value);
    if (value < 52)
        return (char)('a' + (char)(value - 26));
    if (value < 62)
        return (char)('0' + (char)(value - 52));
    return value == 62 ? '-' : '_';
}

static int b64u_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    if (digit == '-')
        return 62;
    return digit == '_' ? 63 : -1;
}

size_t fp_b64u_group(char out[4], const uint8_t *in, size_t length)
{
    uint32_t n = (uint32_t)in[0] << 16;
    if (length > 1)
        n |= (uint32_t)in[1] << 8;
    if (length > 2)
        n |= in[2];
    out[0] = b64u_digit(n >> 18);
    out[1] = b64u_digit(n >> 12);
    if (length > 1)
        out[2] = b64u_digit(n >> 6);
    if (length > 2)
        out[3] = b64u_digit(n);
    return length + 1;
}

size_t fp_b64u(char *out, const uint8_t *in, size_t length)
{
    size_t chars = 0;
    for (size_t at = 0; at < length; at += 3)
        chars += fp_b64u_group(out + chars, in + at, length - at < 3 ? length - at : 3);
    out[chars] = '\0';
    return chars;
}

long fp_from_b64u(uint8_t *out, size_t room, const char *text, size_t chars)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t length = 0;
    if (chars % 4 == 1)
        return -1;
    for (size_t i = 0; i < chars; i++) {
        int value = b64u_value(text[i]);
        if (value < 0)
            return -1;
        bits = (bits << 6) | (uint32_t)value;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        if (length == room)
            return -1;
        out[length++] = (uint8_t)(bits >> held);
        bits &= ((uint32_t)1 << held) - 1;
    }
    return bits == 0 ? (long)length : -1;
}

static char base32_digit(uint32_t value)
{
    value &= 31;
    return value < 26 ? (char)('a' + (char)value) : (char)('2' + (char)(value - 26));
}

size_t fp_base32(char *out, const uint8_t *in, size_t length)
{
    uint32_t bits = 0;
    unsigned held = 0;
    size_t chars = 0;
    for (size_t i = 0; i < length; i++) {
        bits = (bits << 8) | in[i];
        held += 8;
        while (held >= 5) {
            held -= 5;
            out[chars++] = base32_digit(bits >> held);
        }
    }
    if (held > 0)
        out[chars++] = base32_digit(bits << (5 - held));
    out[chars] = '\0';
    return chars;
}
