/**
 * The record in an AVR's EEPROM: a ring of slots from `offset` on. 2 slots take 512 bytes; 16 fill
 * the 4 kB of a Mega 2560, and as each cell lives 100,000 writes, they last 1.6 million boots.
 *
 *   static FieldProofEeprom storage(0, 16);
 */
#ifndef FP_STORAGE_EEPROM_H
#define FP_STORAGE_EEPROM_H

#include <EEPROM.h>

#include "fp_ring.h"

class FieldProofEeprom : public fp_storage {
public:
    FieldProofEeprom(int offset, uint8_t slots) : _offset(offset)
    {
        _medium.read = read;
        _medium.write = write;
        _medium.erase = nullptr;
        _medium.context = this;
        _medium.bytes = static_cast<uint32_t>(slots) * FP_SLOT_BYTES;
        _medium.page_bytes = 0;
        (void)fp_ring_begin(&_ring, &_medium, this);
    }

private:
    static int read(void *context, uint32_t offset, uint8_t *bytes, size_t length)
    {
        int at = static_cast<FieldProofEeprom *>(context)->_offset + static_cast<int>(offset);
        for (size_t i = 0; i < length; i++)
            bytes[i] = EEPROM.read(at + static_cast<int>(i));
        return 1;
    }

    /* `update` spares cells that hold the byte already. */
    static int write(void *context, uint32_t offset, const uint8_t *bytes, size_t length)
    {
        int at = static_cast<FieldProofEeprom *>(context)->_offset + static_cast<int>(offset);
        for (size_t i = 0; i < length; i++)
            EEPROM.update(at + static_cast<int>(i), bytes[i]);
        return 1;
    }

    int _offset;
    fp_medium _medium;
    fp_ring _ring;
};

#endif
