/**
 * Arm MPS2 with FPGA image AN385 (Cortex-M3), as QEMU's machine mps2-an385 has it. The real board has
 * no non-volatile memory of its own but an SD card, so its records are files of the host, through Arm
 * semihosting, in the folder where QEMU was started. They outlive a reset and a power cut.
 */
#include "board.h"
#include "cortexm.h"
#include "semihosting.h"

#define CLOCK_HZ 25000000u
#define BAUD 115200u

/* CMSDK APB UART 0 (Arm DDI 0479). */
#define UART_DATA REGISTER(0x40004000u)
#define UART_STATE REGISTER(0x40004004u)
#define UART_CTRL REGISTER(0x40004008u)
#define UART_INTCLEAR REGISTER(0x4000400cu)
#define UART_BAUDDIV REGISTER(0x40004010u)
#define TX_FULL 1u
#define RX_FULL 2u
#define RX_INTERRUPT 2u

#define SCB_AIRCR REGISTER(0xe000ed0cu)

const char board_model[] = "mps2-an385";

void cortexm_uart_received(void)
{
    UART_INTCLEAR = RX_INTERRUPT;
    while ((UART_STATE & RX_FULL) != 0)
        ring_put(&cortexm_received, (uint8_t)UART_DATA);
}

void board_start(void)
{
    UART_BAUDDIV = CLOCK_HZ / BAUD;
    UART_CTRL = 1u | 2u | 8u; /* transmit, receive, interrupt for what was received */
    NVIC_ISER = 1u << CORTEXM_UART_IRQ;
    cortexm_start_tick(CLOCK_HZ);
}

void board_write(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        while ((UART_STATE & TX_FULL) != 0)
            ;
        UART_DATA = bytes[i];
    }
}

void board_restart(void)
{
    __asm volatile("dsb");
    SCB_AIRCR = 0x05fa0004u; /* the key, and SYSRESETREQ */
    for (;;)
        ;
}

/* The machine has no random number generator; the host's serves. */
void board_entropy(uint8_t *out, size_t length)
{
    if (semihosting_read_file("/dev/urandom", out, length) != length)
        board_restart();
}

/* A file that is not whole cannot come about; one that is not there is no record yet. */
static int load(void *path, uint8_t record[FP_RECORD_BYTES])
{
    size_t length = semihosting_read_file(path, record, FP_RECORD_BYTES);
    return length == FP_RECORD_BYTES ? 1 : length == 0 ? 0 : -1;
}

/* Written beside the old one, then renamed over it, which the host does in one step. */
static int save(void *path, const uint8_t record[FP_RECORD_BYTES])
{
    return semihosting_write_file("new.bin", record, FP_RECORD_BYTES) && semihosting_rename("new.bin", path);
}

static int wipe(void *path)
{
    return semihosting_remove(path);
}

const fp_storage *board_record(void)
{
    static const fp_storage storage = { load, save, wipe, "record.bin" };
    return &storage;
}

const fp_storage *board_settings(void)
{
    static const fp_storage storage = { load, save, wipe, "settings.bin" };
    return &storage;
}
