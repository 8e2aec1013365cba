#include "memory.h"

#include <string.h>

static int read_cells(void *context, uint32_t offset, uint8_t *bytes, size_t length)
{
    memory *of = (memory *)context;
    memcpy(bytes, of->cells + offset, length);
    return !of->unreadable;
}

static int is_powered(memory *of)
{
    if (of->left < 0)
        return 1;
    if (of->left == 0)
        return 0;
    of->left--;
    return 1;
}

static int write_cells(void *context, uint32_t offset, const uint8_t *bytes, size_t length)
{
    memory *of = (memory *)context;
    of->writes++;
    for (size_t i = 0; i < length; i++) {
        uint8_t *cell = &of->cells[offset + i];
        if (!is_powered(of))
            return 0;
        if (of->is_flash && *cell != 0xff)
            of->wrong++;
        /* Flash can only clear bits. */
        *cell = of->is_flash ? *cell & bytes[i] : bytes[i];
    }
    return 1;
}

static int erase_cells(void *context, uint32_t offset)
{
    memory *of = (memory *)context;
    if (offset % MEMORY_PAGE_BYTES != 0)
        of->wrong++;
    for (size_t i = 0; i < MEMORY_PAGE_BYTES; i++) {
        if (!is_powered(of))
            return 0;
        of->cells[offset + i] = 0xff;
    }
    return 1;
}

void memory_begin(memory *of, int is_flash)
{
    memset(of, 0, sizeof *of);
    memset(of->cells, is_flash ? 0xff : 0, sizeof of->cells);
    of->is_flash = is_flash;
    of->left = -1;
    of->medium.read = read_cells;
    of->medium.write = write_cells;
    of->medium.erase = is_flash ? erase_cells : NULL;
    of->medium.context = of;
    of->medium.bytes = MEMORY_BYTES;
    of->medium.page_bytes = MEMORY_PAGE_BYTES;
    memory_restart(of);
}

void memory_restart(memory *of)
{
    (void)fp_ring_begin(&of->ring, &of->medium, &of->storage);
}
