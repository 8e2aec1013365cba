/** The serial line of a board as the library writes to it. */
#ifndef PORT_H
#define PORT_H

#include <stdint.h>

#include "fp_sentence.h"

extern const fp_port board_port;

/** A line of the board's log: a text, then a number in decimal. */
void board_log(const char *text, uint64_t number);

#endif
