#include "fp_record.h"

#include <string.h>

/* Offsets; the rest of the record is 0. */
enum { at_magic = 0, at_boot = 4, at_seed = 8, at_first_kid = 40, at_gateway = 48, at_command = 80,
       at_interval = 88, at_records = 92, at_network = 93, at_owner = 126, at_cell = 169,
       at_rotation_seq = 185, at_rotation_iat = 193, at_next_seed = 201, record_end = 233 };

FP_STATIC_ASSERT(record_end <= FP_RECORD_BYTES, record_fits);
FP_STATIC_ASSERT(at_owner - at_network == FP_NETWORK_CHARS_MAX + 1, network_fits);
FP_STATIC_ASSERT(at_cell - at_owner == FP_OWNER_CHARS + 1, owner_fits);
FP_STATIC_ASSERT(at_rotation_seq - at_cell == FP_CELL_CHARS + 1, cell_fits);

static const uint8_t magic[4] = { 'F', 'P', 'R', 1 };

void fp_record_encode(uint8_t out[FP_RECORD_BYTES], const fp_record *record)
{
    memset(out, 0, FP_RECORD_BYTES);
    memcpy(out + at_magic, magic, sizeof magic);
    fp_put_be(out + at_boot, record->boot, 4);
    memcpy(out + at_seed, record->seed, FP_SEED_BYTES);
    memcpy(out + at_first_kid, record->first_kid, FP_KID_BYTES);
    memcpy(out + at_gateway, record->gateway_key, FP_KEY_BYTES);
    fp_put_be(out + at_command, record->command, 8);
    fp_put_be(out + at_interval, record->interval_sec, 4);
    out[at_records] = record->records;
    memcpy(out + at_network, record->network, sizeof record->network);
    memcpy(out + at_owner, record->owner, sizeof record->owner);
    memcpy(out + at_cell, record->cell, sizeof record->cell);
    fp_put_be(out + at_rotation_seq, record->rotation_seq, 8);
    fp_put_be(out + at_rotation_iat, record->rotation_iat, 8);
    memcpy(out + at_next_seed, record->next_seed, FP_SEED_BYTES);
}

int fp_record_decode(fp_record *record, const uint8_t in[FP_RECORD_BYTES])
{
    if (!fp_equal(in + at_magic, magic, sizeof magic))
        return 0;
    record->boot = (uint32_t)fp_get_be(in + at_boot, 4);
    memcpy(record->seed, in + at_seed, FP_SEED_BYTES);
    memcpy(record->first_kid, in + at_first_kid, FP_KID_BYTES);
    memcpy(record->gateway_key, in + at_gateway, FP_KEY_BYTES);
    record->command = fp_get_be(in + at_command, 8);
    record->interval_sec = (uint32_t)fp_get_be(in + at_interval, 4);
    record->records = in[at_records];
    memcpy(record->network, in + at_network, sizeof record->network);
    memcpy(record->owner, in + at_owner, sizeof record->owner);
    memcpy(record->cell, in + at_cell, sizeof record->cell);
    record->network[FP_NETWORK_CHARS_MAX] = '\0';
    record->owner[FP_OWNER_CHARS] = '\0';
    record->cell[FP_CELL_CHARS] = '\0';
    record->rotation_seq = fp_get_be(in + at_rotation_seq, 8);
    record->rotation_iat = fp_get_be(in + at_rotation_iat, 8);
    memcpy(record->next_seed, in + at_next_seed, FP_SEED_BYTES);
    return 1;
}

int fp_record_save(const fp_record *record, const fp_storage *storage)
{
    uint8_t bytes[FP_RECORD_BYTES];
    int saved;
    fp_record_encode(bytes, record);
    saved = storage->save(storage->context, bytes);
    fp_wipe(bytes, sizeof bytes);
    return saved == 1;
}
