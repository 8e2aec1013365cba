/**
 * RP2040 (Cortex-M0+), chapters and addresses as in the RP2040 datasheet. The image starts where the
 * second boot stage of a Pico ends, with flash readable and the vector table at its start; it has no
 * such stage, so it runs in an emulator and is not for flashing. People's Picos run the Arduino core.
 */
#include "board.h"
#include "cortexm.h"

#define CLOCK_HZ 125000000u
#define CLEAR 0x3000u /* alias of a register where written ones clear bits (2.1.2) */

#define RESETS 0x4000c000u
#define RESET_DONE REGISTER(RESETS + 0x8u)
#define RESET_IO_BANK0 (1u << 5)
#define RESET_PADS_BANK0 (1u << 8)
#define RESET_PLL_SYS (1u << 12)
#define RESET_UART0 (1u << 22)

#define XOSC_CTRL REGISTER(0x40024000u)
#define XOSC_STATUS REGISTER(0x40024004u)
#define XOSC_STARTUP REGISTER(0x4002400cu)

#define PLL_SYS 0x40028000u
#define PLL_PWR_DOWN (1u << 0)
#define PLL_PWR_POSTDIV (1u << 3)
#define PLL_PWR_VCO (1u << 5)

#define CLK_REF_CTRL REGISTER(0x40008030u)
#define CLK_REF_SELECTED REGISTER(0x40008038u)
#define CLK_SYS_CTRL REGISTER(0x4000803cu)
#define CLK_SYS_SELECTED REGISTER(0x40008044u)
#define CLK_PERI_CTRL REGISTER(0x40008048u)

#define GPIO_CTRL(pin) REGISTER(0x40014004u + 8u * (pin))
#define GPIO_FUNCTION_UART 2u

/* PL011 (4.2). */
#define UART_DATA REGISTER(0x40034000u)
#define UART_FLAGS REGISTER(0x40034018u)
#define UART_BAUD_INTEGER REGISTER(0x40034024u)
#define UART_BAUD_FRACTION REGISTER(0x40034028u)
#define UART_LINE_CTRL REGISTER(0x4003402cu)
#define UART_CTRL REGISTER(0x40034030u)
#define UART_INTERRUPT_MASK REGISTER(0x40034038u)
#define UART_INTERRUPT_CLEAR REGISTER(0x40034044u)
#define TX_FULL (1u << 5)
#define RX_EMPTY (1u << 4)
#define RX_INTERRUPTS ((1u << 4) | (1u << 6)) /* FIFO half full, or a pause */

#define PSM_WDSEL REGISTER(0x40010008u)
#define WATCHDOG_CTRL REGISTER(0x40058000u)

#define ROSC_RANDOMBIT REGISTER(0x4006001cu)
/** Tries for one bit after which the oscillator is held to stand still. */
#define RANDOM_TRIES_MAX 1000

const char board_model[] = "rp2040";

void cortexm_uart_received(void)
{
    UART_INTERRUPT_CLEAR = RX_INTERRUPTS;
    while ((UART_FLAGS & RX_EMPTY) == 0)
        ring_put(&cortexm_received, (uint8_t)UART_DATA);
}

static void release(uint32_t parts)
{
    REGISTER(RESETS + CLEAR) = parts;
    while ((RESET_DONE & parts) != parts)
        ;
}

/* Crystal 12 MHz > PLL 1500 MHz / 6 / 2 > 125 MHz for the processor and the UART (2.15, 2.16, 2.18). */
static void start_clocks(void)
{
    XOSC_STARTUP = 47u; /* times 256 cycles: 1 ms */
    XOSC_CTRL = 0xfabaa0u;
    while ((XOSC_STATUS & 0x80000000u) == 0)
        ;
    CLK_REF_CTRL = 2u;
    while ((CLK_REF_SELECTED & 4u) == 0)
        ;
    release(RESET_PLL_SYS);
    REGISTER(PLL_SYS) = 1u;
    REGISTER(PLL_SYS + 0x8u) = 125u;
    REGISTER(PLL_SYS + 0x4u + CLEAR) = PLL_PWR_DOWN | PLL_PWR_VCO;
    while ((REGISTER(PLL_SYS) & 0x80000000u) == 0)
        ;
    REGISTER(PLL_SYS + 0xcu) = (6u << 16) | (2u << 12);
    REGISTER(PLL_SYS + 0x4u + CLEAR) = PLL_PWR_POSTDIV;
    CLK_SYS_CTRL = 1u;
    while ((CLK_SYS_SELECTED & 2u) == 0)
        ;
    CLK_PERI_CTRL = 1u << 11;
}

static void start_uart(void)
{
    release(RESET_IO_BANK0 | RESET_PADS_BANK0 | RESET_UART0);
    GPIO_CTRL(0) = GPIO_FUNCTION_UART;
    GPIO_CTRL(1) = GPIO_FUNCTION_UART;
    UART_BAUD_INTEGER = 67u; /* 125 MHz / 16 / 115200 = 67 + 52 / 64 */
    UART_BAUD_FRACTION = 52u;
    UART_LINE_CTRL = 0x70u; /* 8 bits, FIFOs */
    UART_CTRL = 0x301u;
    UART_INTERRUPT_MASK = RX_INTERRUPTS;
    NVIC_ISER = 1u << CORTEXM_UART_IRQ;
}

void board_start(void)
{
    start_clocks();
    start_uart();
    cortexm_start_tick(CLOCK_HZ);
}

void board_write(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        while ((UART_FLAGS & TX_FULL) != 0)
            ;
        UART_DATA = bytes[i];
    }
}

/* By the watchdog, as all but the oscillators (4.7): a reset of the processor alone keeps the UART's state. */
void board_restart(void)
{
    PSM_WDSEL = 0x1fffcu;
    WATCHDOG_CTRL = 0x80000000u;
    for (;;)
        ;
}

/* Of two bits that differ the first one (von Neumann): the oscillator's bits lean to one side (2.17.5). */
static uint8_t random_bit(void)
{
    for (int tries = 0; tries < RANDOM_TRIES_MAX; tries++) {
        uint32_t first = ROSC_RANDOMBIT & 1u;
        uint32_t second = ROSC_RANDOMBIT & 1u;
        if (first != second)
            return (uint8_t)first;
    }
    board_restart();
}

void board_entropy(uint8_t *out, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        out[i] = 0;
        for (int bit = 0; bit < 8; bit++)
            out[i] = (uint8_t)(out[i] << 1 | random_bit());
    }
}
