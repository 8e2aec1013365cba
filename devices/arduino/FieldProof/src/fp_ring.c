#include "fp_ring.h"

#include <string.h>

#include "fp_sha256.h"

enum { check_bytes = 4 };

/* SHA-256, for a torn slot may hold anything, also what was there before. */
static void check_of(uint8_t check[check_bytes], const uint8_t *slot)
{
    uint8_t digest[FP_SHA256_BYTES];
    fp_sha256 hash;
    fp_sha256_begin(&hash);
    fp_sha256_add(&hash, "FP1:slot", 8);
    fp_sha256_add(&hash, slot, FP_SLOT_BYTES - check_bytes);
    fp_sha256_end(&hash, digest);
    memcpy(check, digest, check_bytes);
}

static uint32_t slots(const fp_ring *ring)
{
    return ring->medium->bytes / FP_SLOT_BYTES;
}

static int read_slot(const fp_ring *ring, uint32_t index, uint8_t slot[FP_SLOT_BYTES])
{
    const fp_medium *medium = ring->medium;
    return medium->read(medium->context, index * FP_SLOT_BYTES, slot, FP_SLOT_BYTES);
}

static int is_whole(const uint8_t slot[FP_SLOT_BYTES])
{
    uint8_t check[check_bytes];
    check_of(check, slot);
    return fp_equal(check, slot + FP_SLOT_BYTES - check_bytes, check_bytes);
}

/*
 * Finds the newest whole slot. 0 where a slot cannot be read: it could be the newest, and with an
 * older boot count sequences would come twice.
 */
static int find(fp_ring *ring, uint8_t slot[FP_SLOT_BYTES])
{
    ring->found = 0;
    for (uint32_t i = 0; i < slots(ring); i++) {
        uint32_t generation;
        if (!read_slot(ring, i, slot))
            return 0;
        if (!is_whole(slot))
            continue;
        generation = (uint32_t)fp_get_be(slot, 4);
        if (ring->found && generation <= ring->generation)
            continue;
        ring->found = 1;
        ring->slot = i;
        ring->generation = generation;
    }
    return 1;
}

static int ring_load(void *context, uint8_t record[FP_RECORD_BYTES])
{
    fp_ring *ring = (fp_ring *)context;
    uint8_t slot[FP_SLOT_BYTES];
    int readable = find(ring, slot);
    if (readable && ring->found)
        readable = read_slot(ring, ring->slot, slot) && is_whole(slot);
    if (readable && ring->found)
        memcpy(record, slot + 4, FP_RECORD_BYTES);
    fp_wipe(slot, sizeof slot);
    return readable ? ring->found : -1;
}

/* 1 where the bytes of a slot are as erasing left them. */
static int is_erased(const fp_ring *ring, uint32_t index)
{
    uint8_t slot[FP_SLOT_BYTES];
    int erased = read_slot(ring, index, slot);
    for (size_t i = 0; erased && i < FP_SLOT_BYTES; i++)
        erased = slot[i] == 0xff;
    fp_wipe(slot, sizeof slot);
    return erased;
}

/*
 * The slot to write next. On flash it must be erased: the rest of a page that was torn is skipped,
 * and a page is erased when the ring comes to its first slot. The newest record is never in it,
 * because there are two pages.
 */
static int next_slot(const fp_ring *ring, uint32_t *index)
{
    const fp_medium *medium = ring->medium;
    uint32_t per_page = medium->page_bytes / FP_SLOT_BYTES;
    uint32_t at = ring->found ? (ring->slot + 1) % slots(ring) : 0;
    *index = at;
    if (medium->erase == NULL)
        return 1;
    if (at % per_page != 0 && is_erased(ring, at))
        return 1;
    if (at % per_page != 0)
        at = (at / per_page + 1) * per_page % slots(ring);
    *index = at;
    return medium->erase(medium->context, at * FP_SLOT_BYTES);
}

static int ring_save(void *context, const uint8_t record[FP_RECORD_BYTES])
{
    fp_ring *ring = (fp_ring *)context;
    const fp_medium *medium = ring->medium;
    uint8_t slot[FP_SLOT_BYTES];
    uint8_t written[FP_SLOT_BYTES];
    uint32_t index;
    int same;
    if (!next_slot(ring, &index))
        return 0;
    fp_put_be(slot, ring->found ? (uint64_t)ring->generation + 1 : 1, 4);
    memcpy(slot + 4, record, FP_RECORD_BYTES);
    check_of(slot + FP_SLOT_BYTES - check_bytes, slot);
    /* Read back: worn cells do not report that they failed. */
    same = medium->write(medium->context, index * FP_SLOT_BYTES, slot, FP_SLOT_BYTES)
        && read_slot(ring, index, written) && fp_equal(slot, written, FP_SLOT_BYTES);
    if (same) {
        ring->generation = (uint32_t)fp_get_be(slot, 4);
        ring->slot = index;
        ring->found = 1;
    }
    fp_wipe(slot, sizeof slot);
    fp_wipe(written, sizeof written);
    return same;
}

static int ring_wipe(void *context)
{
    fp_ring *ring = (fp_ring *)context;
    const fp_medium *medium = ring->medium;
    uint8_t empty[FP_SLOT_BYTES];
    uint32_t step = medium->erase != NULL ? medium->page_bytes : FP_SLOT_BYTES;
    int done = 1;
    memset(empty, 0xff, sizeof empty);
    for (uint32_t at = 0; at < medium->bytes; at += step)
        done &= medium->erase != NULL ? medium->erase(medium->context, at)
                                      : medium->write(medium->context, at, empty, sizeof empty);
    ring->found = 0;
    ring->generation = 0;
    return done;
}

int fp_ring_begin(fp_ring *ring, const fp_medium *medium, fp_storage *storage)
{
    uint32_t step = medium->erase != NULL ? medium->page_bytes : FP_SLOT_BYTES;
    memset(ring, 0, sizeof *ring);
    ring->medium = medium;
    storage->load = ring_load;
    storage->save = ring_save;
    storage->wipe = ring_wipe;
    storage->context = ring;
    return step != 0 && step % FP_SLOT_BYTES == 0 && medium->bytes % step == 0
        && medium->bytes / step >= 2;
}
