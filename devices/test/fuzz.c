/*
 * libFuzzer target: the bytes of a serial port, as anybody may send them. The backend takes every
 * signature and signs with zeros, so that what stands behind a signature is reached too. The first
 * byte says whether the board has a key, and how large its memory is.
 */
#include <string.h>

#include "fp_serial.h"

static uint8_t kept[2][FP_RECORD_BYTES];
static int is_kept[2];

static int load(void *context, uint8_t record[FP_RECORD_BYTES])
{
    size_t which = *(const size_t *)context;
    memcpy(record, kept[which], FP_RECORD_BYTES);
    return is_kept[which];
}

static int save(void *context, const uint8_t record[FP_RECORD_BYTES])
{
    size_t which = *(const size_t *)context;
    memcpy(kept[which], record, FP_RECORD_BYTES);
    is_kept[which] = 1;
    return 1;
}

static int wipe(void *context)
{
    is_kept[*(const size_t *)context] = 0;
    return 1;
}

/* Right for the vector that the self-test asks for, zeros for all else. */
static const uint8_t test_key[FP_KEY_BYTES] = {
    0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
    0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c,
};
static const uint8_t test_signature[FP_SIGNATURE_BYTES] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
};

static void public_key(uint8_t out[FP_KEY_BYTES], const uint8_t seed[FP_SEED_BYTES])
{
    (void)seed;
    memcpy(out, test_key, FP_KEY_BYTES);
}

static void sign(uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message, size_t length,
                 const uint8_t seed[FP_SEED_BYTES], const uint8_t key[FP_KEY_BYTES])
{
    (void)message;
    (void)seed;
    (void)key;
    memcpy(signature, test_signature, FP_SIGNATURE_BYTES);
    if (length != 1)
        signature[0] ^= 1;
}

static int verify(const uint8_t signature[FP_SIGNATURE_BYTES], const uint8_t *message, size_t length,
                  const uint8_t key[FP_KEY_BYTES])
{
    uint8_t sum = 0;
    (void)key;
    /* All bytes that are to be verified are there. */
    for (size_t i = 0; i < length; i++)
        sum = (uint8_t)(sum + message[i]);
    return length != 1 || sum != 0x72 || fp_equal(signature, test_signature, FP_SIGNATURE_BYTES);
}

static void write_nowhere(void *context, const uint8_t *bytes, size_t length)
{
    uint8_t *sum = (uint8_t *)context;
    for (size_t i = 0; i < length; i++)
        *sum = (uint8_t)(*sum + bytes[i]);
}

static void hear(void *context, fp_event event, const char *text)
{
    uint8_t *sum = (uint8_t *)context;
    *sum = (uint8_t)(*sum + event + (text == NULL ? 0 : strlen(text)));
}

static void hear_receipt(void *context, const fp_receipt *receipt)
{
    *(uint8_t *)context = receipt->leaf[0];
}

static int entropy(void *context, uint8_t out[FP_ENTROPY_BYTES])
{
    (void)context;
    memset(out, 1, FP_ENTROPY_BYTES);
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const uint8_t metrics[] = { FP_TEMPERATURE };
    static const fp_about about = { "m", "f", "1", metrics, 1, NULL, NULL };
    static const fp_crypto crypto = { public_key, sign, verify };
    static size_t which[2] = { 0, 1 };
    static uint8_t sum;
    static const fp_port port = { write_nowhere, &sum };
    static const fp_listener listener = { hear, hear_receipt, &sum };
    fp_storage storage = { load, save, wipe, &which[0] };
    fp_storage settings = { load, save, wipe, &which[1] };
    fp_provision provision;
    fp_serial_memory memory;
    fp_node node;
    fp_serial serial;
    fp_place place = { "testnet", test_key, "", "" };
    char line[FP_LINE_BYTES];
    uint8_t outbox[FP_OUTBOX_BYTES(3, 400)];
    if (length == 0)
        return 0;
    is_kept[0] = is_kept[1] = 0;
    memset(&provision, 0, sizeof provision);
    provision.entropy = entropy;
    provision.storage = &settings;
    memory.line = line;
    memory.line_bytes = (bytes[0] & 2) != 0 ? sizeof line : 40;
    memory.outbox = outbox;
    memory.outbox_bytes = sizeof outbox;
    memory.message_bytes = (bytes[0] & 4) != 0 ? 400 : 120;
    (void)fp_node_begin(&node, &crypto, &storage, &about);
    if ((bytes[0] & 1) != 0)
        (void)fp_node_install(&node, test_key, &place);
    if (!fp_serial_begin(&serial, &node, &port, &memory, &listener, &provision, 0))
        return 0;
    for (size_t at = 1; at < length; at += 16) {
        fp_value value = { FP_TEMPERATURE, -1, (int64_t)at, 1762000000 };
        fp_serial_receive(&serial, bytes + at, length - at < 16 ? length - at : 16);
        fp_serial_tick(&serial, (uint32_t)(at * 40));
        (void)fp_serial_send(&serial, &value, 1);
    }
    return 0;
}
