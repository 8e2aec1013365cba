/**
 * Where a board keeps its one record over a power cut. Thin adapters implement it for a board's
 * memory; fp_ring.h does so over flash or EEPROM.
 */
#ifndef FP_STORAGE_H
#define FP_STORAGE_H

#include "fp_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FP_RECORD_BYTES 248

typedef struct fp_storage {
    /** The record saved last: 1. 0 where there is none, -1 where the memory cannot be read. */
    int (*load)(void *context, uint8_t record[FP_RECORD_BYTES]);
    /** 1 once the record is what `load` gives, whatever happens next; the one before until then. */
    int (*save)(void *context, const uint8_t record[FP_RECORD_BYTES]);
    /** Leaves no copy of any record; 1 where that worked. */
    int (*wipe)(void *context);
    void *context;
} fp_storage;

#ifdef __cplusplus
}
#endif
#endif
