/**
 * Keeps the record in a ring of slots: a new one is written beside the old one, so a power cut
 * leaves one of the two, and each cell is worn once a round. Flash is erased page by page; EEPROM
 * needs no erasing.
 */
#ifndef FP_RING_H
#define FP_RING_H

#include "fp_storage.h"

#ifdef __cplusplus
extern "C" {
#endif

/** One slot: generation (4), record, check (4). */
#define FP_SLOT_BYTES (FP_RECORD_BYTES + 8)
FP_STATIC_ASSERT(FP_SLOT_BYTES == 256, slot_is_one_flash_page);

typedef struct fp_medium {
    /** Each returns 1 where it worked. Offsets are from the start of the board's area. */
    int (*read)(void *context, uint32_t offset, uint8_t *bytes, size_t length);
    /** On flash the cells were erased before. */
    int (*write)(void *context, uint32_t offset, const uint8_t *bytes, size_t length);
    /** Erases the `page_bytes` from here; NULL where cells can be written again and again. */
    int (*erase)(void *context, uint32_t offset);
    void *context;
    /** The area: a multiple of a page, at least two pages where there is `erase`, else two slots. */
    uint32_t bytes;
    /** A multiple of FP_SLOT_BYTES; not used without `erase`. */
    uint32_t page_bytes;
} fp_medium;

typedef struct fp_ring {
    const fp_medium *medium;
    uint32_t slot;
    uint32_t generation;
    int found;
} fp_ring;

/** Fills `storage` with a ring over a medium; 0 where the area is too small. Reads nothing yet. */
int fp_ring_begin(fp_ring *ring, const fp_medium *medium, fp_storage *storage);

#ifdef __cplusplus
}
#endif
#endif
