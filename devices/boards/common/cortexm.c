/** What a Cortex-M board is without its chip: vector table, memory, painted stack, tick, received bytes. */
#include "cortexm.h"

#include "board.h"
#include "stack.h"

extern uint32_t stack_top[];
extern uint32_t data_load[], data_start[], data_end[], bss_start[], bss_end[];

int main(void);

ring cortexm_received;
static volatile uint32_t millis;

void start(void)
{
    for (uint32_t *from = data_load, *to = data_start; to < data_end;)
        *to++ = *from++;
    for (uint32_t *word = bss_start; word < bss_end;)
        *word++ = 0;
    uint32_t *here;
    __asm volatile("mov %0, sp" : "=r"(here));
    stack_paint(here);
    main();
    board_restart();
}

/* A fault ends in a new start: the window of unacknowledged readings is lost, the sequence is not. */
static void fault(void)
{
    board_restart();
}

static void tick(void)
{
    millis++;
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16 + 32] = {
    [0] = stack_top,
    [1] = (const void *)start,
    [2 ... 14] = (const void *)fault,
    [15] = (const void *)tick,
    [16 + CORTEXM_UART_IRQ] = (const void *)cortexm_uart_received,
};

void cortexm_start_tick(uint32_t clock_hz)
{
    SYST_RVR = clock_hz / 1000u - 1u;
    SYST_CVR = 0;
    SYST_CSR = 7u; /* processor clock, interrupt, on */
}

uint32_t board_millis(void)
{
    return millis;
}

int board_read(void)
{
    return ring_take(&cortexm_received);
}

void board_idle(void)
{
    __asm volatile("wfi");
}
