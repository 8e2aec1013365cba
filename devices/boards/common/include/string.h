/** The few functions of <string.h> that the library and the compiler ask for: no C library needed. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *at, int byte, size_t length);
int memcmp(const void *a, const void *b, size_t length);
void *memchr(const void *at, int byte, size_t length);
size_t strlen(const char *text);
char *strchr(const char *text, int character);
int strcmp(const char *a, const char *b);

#endif
