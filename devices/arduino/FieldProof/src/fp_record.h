/**
 * The one record of a board: key, boot counter, and what it was told for good. Wiping it wipes all,
 * so no key can ever come back with an older counter.
 */
#ifndef FP_RECORD_H
#define FP_RECORD_H

#include "fp_key.h"
#include "fp_storage.h"
#include "fp_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FP_NETWORK_CHARS_MAX 32
#define FP_OWNER_CHARS 42
#define FP_CELL_CHARS 15
/** Sequences are boot << 32 | n and stay below 2^53. */
#define FP_BOOT_LIMIT ((uint32_t)1 << 21)

typedef struct fp_record {
    uint32_t boot;
    uint8_t seed[FP_SEED_BYTES];
    /** kid of the device's first key, which gives its id. */
    uint8_t first_kid[FP_KID_BYTES];
    /** The gateway that it obeys; all 0 until it is known. */
    uint8_t gateway_key[FP_KEY_BYTES];
    /** Number of the last configuration obeyed, and what it said; interval 0: none yet. */
    uint64_t command;
    uint32_t interval_sec;
    uint8_t records;
    /** Texts, NUL after them; empty: not known. */
    char network[FP_NETWORK_CHARS_MAX + 1];
    char owner[FP_OWNER_CHARS + 1];
    char cell[FP_CELL_CHARS + 1];
    /** A change of key that was signed but not yet answered; seq 0: none. */
    uint64_t rotation_seq;
    uint64_t rotation_iat;
    uint8_t next_seed[FP_SEED_BYTES];
} fp_record;

/** The bytes of a record. */
void fp_record_encode(uint8_t out[FP_RECORD_BYTES], const fp_record *record);

/** 0 where the bytes are no record of this version. */
int fp_record_decode(fp_record *record, const uint8_t in[FP_RECORD_BYTES]);

/** Encodes and saves; 1 once it is durable. */
int fp_record_save(const fp_record *record, const fp_storage *storage);

#ifdef __cplusplus
}
#endif
#endif
