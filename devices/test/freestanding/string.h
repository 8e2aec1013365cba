/* What the library takes of <string.h>, for compilers that come without a C library. */
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

void *memchr(const void *bytes, int byte, size_t length);
void *memcpy(void *to, const void *from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int strcmp(const char *a, const char *b);
size_t strlen(const char *text);

#endif
