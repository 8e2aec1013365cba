/** The records, each in a ring over two sectors of flash. */
#include "board.h"
#include "flash.h"
#include "fp_ring.h"

#define RING_SECTORS 2u

/** Where a ring begins, from the start of the area. */
typedef struct place {
    uint32_t offset;
} place;

static int medium_read(void *context, uint32_t offset, uint8_t *bytes, size_t length)
{
    const uint8_t *from = flash_at(((const place *)context)->offset + offset);
    for (size_t i = 0; i < length; i++)
        bytes[i] = from[i];
    return 1;
}

/* Flash takes whole pages: what is not written of one keeps its bits by writing ones. */
static int medium_write(void *context, uint32_t offset, const uint8_t *bytes, size_t length)
{
    uint32_t at = ((const place *)context)->offset + offset;
    while (length > 0) {
        uint8_t page[FLASH_PAGE_BYTES];
        uint32_t inside = at % FLASH_PAGE_BYTES;
        size_t part = FLASH_PAGE_BYTES - inside < length ? FLASH_PAGE_BYTES - inside : length;
        for (size_t i = 0; i < sizeof page; i++)
            page[i] = 0xffu;
        for (size_t i = 0; i < part; i++)
            page[inside + i] = bytes[i];
        flash_write_page(at - inside, page);
        at += (uint32_t)part;
        bytes += part;
        length -= part;
    }
    return 1;
}

static int medium_erase(void *context, uint32_t offset)
{
    flash_erase_sector(((const place *)context)->offset + offset);
    return 1;
}

#define MEDIUM(place) \
    { medium_read, medium_write, medium_erase, (void *)&(place), RING_SECTORS * FLASH_SECTOR_BYTES, FLASH_SECTOR_BYTES }

static const place record_place = { 0 };
static const place settings_place = { RING_SECTORS * FLASH_SECTOR_BYTES };
static const fp_medium record_medium = MEDIUM(record_place);
static const fp_medium settings_medium = MEDIUM(settings_place);

const fp_storage *board_record(void)
{
    static fp_ring ring;
    static fp_storage storage;
    fp_ring_begin(&ring, &record_medium, &storage);
    return &storage;
}

const fp_storage *board_settings(void)
{
    static fp_ring ring;
    static fp_storage storage;
    fp_ring_begin(&ring, &settings_medium, &storage);
    return &storage;
}
