/** How deep the stack went: start-up paints what is free, and what lost its paint was used. */
#ifndef STACK_H
#define STACK_H

#include <stddef.h>
#include <stdint.h>

#define STACK_PAINT 0xa5a5a5a5u

/** Paints the stack below `top`, the stack pointer at start-up. */
void stack_paint(uint32_t *top);

/** Bytes of the stack used since `stack_paint`. */
size_t stack_used(void);

#endif
