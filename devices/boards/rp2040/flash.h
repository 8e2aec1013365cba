/** The last 16 kB of a Pico's flash, erased and written through the ROM's functions (2.8.3). */
#ifndef FLASH_H
#define FLASH_H

#include <stdint.h>

#define FLASH_SECTOR_BYTES 4096u
#define FLASH_PAGE_BYTES 256u
#define FLASH_RECORD_SECTORS 4u

/** The byte at this offset from the start of the area, as it reads now. */
const uint8_t *flash_at(uint32_t offset);

/** Sets all bits of the sector that begins at this offset. */
void flash_erase_sector(uint32_t offset);

/** Writes the page that begins at this offset; bits can only be cleared. */
void flash_write_page(uint32_t offset, const uint8_t *bytes);

#endif
