/** What Cortex-M boards share. `CORTEXM_UART_IRQ` comes from the board's build flags. */
#ifndef CORTEXM_H
#define CORTEXM_H

#include <stdint.h>

#include "ring.h"

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define SYST_CSR REGISTER(0xe000e010u)
#define SYST_RVR REGISTER(0xe000e014u)
#define SYST_CVR REGISTER(0xe000e018u)
#define NVIC_ISER REGISTER(0xe000e100u)

/** The board's handler of its serial line's interrupt: it puts bytes into `cortexm_received`. */
void cortexm_uart_received(void);

/** Bytes that `board_read` takes out. */
extern ring cortexm_received;

/** An interrupt every millisecond from now on. */
void cortexm_start_tick(uint32_t clock_hz);

#endif
