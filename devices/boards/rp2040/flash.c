#include "flash.h"

#define FLASH_BASE 0x10000000u
#define RECORDS_OFFSET (2048u * 1024u - FLASH_RECORD_SECTORS * FLASH_SECTOR_BYTES)
#define ERASE_4K 0x20u /* the flash chip's command for one sector */

typedef void action(void);
typedef void range_erase(uint32_t offset, uint32_t bytes, uint32_t block_bytes, uint8_t block_command);
typedef void range_program(uint32_t offset, const uint8_t *bytes, uint32_t length);

/** Where the ROM keeps the address of its table; from the linker script. */
extern const volatile uint16_t rom_table[];

/** Taken from the ROM while flash can be read: what follows runs without it. */
typedef struct rom {
    action *connect, *exit_xip, *flush_cache, *enter_xip;
    range_erase *erase;
    range_program *program;
} rom;

/* The ROM's table: pairs of a two-letter code and an address, the code 0 after the last. */
static uintptr_t rom_function(char first, char second)
{
    const uint16_t *entry = (const uint16_t *)(uintptr_t)rom_table[0];
    uint16_t code = (uint16_t)(first | second << 8);
    while (entry[0] != 0 && entry[0] != code)
        entry += 2;
    return entry[1];
}

static rom rom_functions(void)
{
    return (rom){
        .connect = (action *)rom_function('I', 'F'),
        .exit_xip = (action *)rom_function('E', 'X'),
        .erase = (range_erase *)rom_function('R', 'E'),
        .program = (range_program *)rom_function('R', 'P'),
        .flush_cache = (action *)rom_function('F', 'C'),
        .enter_xip = (action *)rom_function('C', 'X'),
    };
}

/* From RAM and without interrupts: while flash is written nothing can be fetched from it. */
__attribute__((section(".ramcode"), noinline)) static void change(const rom *does, uint32_t offset, const uint8_t *bytes)
{
    __asm volatile("cpsid i" ::: "memory");
    does->connect();
    does->exit_xip();
    if (bytes == 0)
        does->erase(offset, FLASH_SECTOR_BYTES, FLASH_SECTOR_BYTES, ERASE_4K);
    else
        does->program(offset, bytes, FLASH_PAGE_BYTES);
    does->flush_cache();
    does->enter_xip();
    __asm volatile("cpsie i" ::: "memory");
}

/** Called through a pointer: a branch does not reach from flash to RAM. */
static void (*const volatile change_in_ram)(const rom *, uint32_t, const uint8_t *) = change;

const uint8_t *flash_at(uint32_t offset)
{
    return (const uint8_t *)(uintptr_t)(FLASH_BASE + RECORDS_OFFSET + offset);
}

void flash_erase_sector(uint32_t offset)
{
    rom does = rom_functions();
    change_in_ram(&does, RECORDS_OFFSET + offset, 0);
}

void flash_write_page(uint32_t offset, const uint8_t *bytes)
{
    rom does = rom_functions();
    change_in_ram(&does, RECORDS_OFFSET + offset, bytes);
}
