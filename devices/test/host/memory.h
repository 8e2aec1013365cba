/** Flash or EEPROM in memory, with power cuts: after so many more bytes nothing is written or erased. */
#ifndef MEMORY_H
#define MEMORY_H

#include "fp_ring.h"

enum { MEMORY_PAGE_BYTES = 1024, MEMORY_BYTES = 2048 };

typedef struct memory {
    uint8_t cells[MEMORY_BYTES];
    int is_flash;
    /** Bytes that can still be written; -1: no cut. */
    long left;
    /** Writes that touched a cell of flash that was not erased. */
    unsigned wrong;
    unsigned long writes;
    /** Reads fail. */
    int unreadable;
    fp_medium medium;
    fp_ring ring;
    fp_storage storage;
} memory;

/** New, all cells 0xff (flash as delivered) or 0 (an EEPROM that something used before). */
void memory_begin(memory *memory, int is_flash);
/** The board starts: nothing is remembered but the cells. */
void memory_restart(memory *memory);

#endif
