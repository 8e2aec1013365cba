#include <stdint.h>
#include <string.h>

/* Compiled with -fno-tree-loop-distribute-patterns, or these loops would become calls of themselves. */

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    while (length-- > 0)
        *out++ = *in++;
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if (out <= in)
        return memcpy(to, from, length);
    while (length-- > 0)
        out[length] = in[length];
    return to;
}

void *memset(void *at, int byte, size_t length)
{
    uint8_t *out = at;
    while (length-- > 0)
        *out++ = (uint8_t)byte;
    return at;
}

int memcmp(const void *a, const void *b, size_t length)
{
    const uint8_t *left = a, *right = b;
    for (size_t i = 0; i < length; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        length++;
    return length;
}

void *memchr(const void *at, int byte, size_t length)
{
    const uint8_t *in = at;
    for (size_t i = 0; i < length; i++)
        if (in[i] == (uint8_t)byte)
            return (void *)(uintptr_t)(in + i);
    return NULL;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

char *strchr(const char *text, int character)
{
    for (; *text != (char)character; text++)
        if (*text == '\0')
            return NULL;
    return (char *)(uintptr_t)text;
}
