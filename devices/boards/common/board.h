/**
 * What a board gives to the programs in images/. One folder beside this one holds each board's part:
 * start-up, clock, serial line, randomness, and the place where a record outlives a reset.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

#include "fp_storage.h"

/** Of the form that `$FPHI` wants. */
extern const char board_model[];

/** Clocks, serial line at 115200 8N1, a tick every millisecond. Called once, first. */
void board_start(void);

/** Since the start; begins again at 0 after 2^32 ms. */
uint32_t board_millis(void);

/** The next byte from the serial line, or -1 where none has come. */
int board_read(void);

/** Hands bytes to the serial line and waits until it has taken them. */
void board_write(const uint8_t *bytes, size_t length);

/** Sleeps until an interrupt: the next millisecond at the latest. */
void board_idle(void);

/** Bytes that nobody can foresee, from the board's own source. */
void board_entropy(uint8_t *out, size_t length);

/** Where the board keeps its key and counter; it outlives a reset and a power cut. */
const fp_storage *board_record(void);

/** Where it keeps what it was told of Wi-Fi and broker. */
const fp_storage *board_settings(void);

/** Starts the board again, with what it has saved. */
__attribute__((noreturn)) void board_restart(void);

#endif
