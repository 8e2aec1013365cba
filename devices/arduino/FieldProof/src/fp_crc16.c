#include "fp_crc16.h"

/* Bit by bit: 8 steps a byte are nothing beside a signature, and a table takes 512 bytes. */
uint16_t fp_crc16(uint16_t crc, const uint8_t *bytes, size_t length)
{
    uint32_t value = crc;
    for (size_t i = 0; i < length; i++) {
        value ^= (uint32_t)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            value <<= 1;
            if ((value & 0x10000u) != 0)
                value ^= 0x11021u;
        }
    }
    return (uint16_t)value;
}
