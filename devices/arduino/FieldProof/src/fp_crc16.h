/** CRC-16/CCITT-FALSE: polynomial 1021, start FFFF; "123456789" gives 29B1. */
#ifndef FP_CRC16_H
#define FP_CRC16_H

#include "fp_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FP_CRC16_START 0xffffu

uint16_t fp_crc16(uint16_t crc, const uint8_t *bytes, size_t length);

#ifdef __cplusplus
}
#endif
#endif
