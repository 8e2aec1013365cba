#include "stack.h"

/* From the linker script: the stack grows from `stack_top` down to `stack_end`. */
extern uint32_t stack_top[], stack_end[];

void stack_paint(uint32_t *top)
{
    for (volatile uint32_t *word = stack_end; word < (volatile uint32_t *)top; word++)
        *word = STACK_PAINT;
}

size_t stack_used(void)
{
    const volatile uint32_t *word = stack_end;
    while (word < (const volatile uint32_t *)stack_top && *word == STACK_PAINT)
        word++;
    return (size_t)((uintptr_t)stack_top - (uintptr_t)word);
}
