#include "fp_downlink.h"

#include <string.h>

/* Opens a message and reads claim 1, the device. */
static int open_for(const fp_downlink *from, uint8_t *message, size_t length, const char *kind,
                    size_t pairs, fp_cbor_read *in)
{
    if (!fp_open(in, message, length, kind, from->network, from->crypto, from->gateway_key))
        return 0;
    fp_read_map(in, pairs);
    fp_read_the_uint(in, FP_DOWNLINK_DEVICE);
    fp_read_the_text(in, from->device);
    return !in->bad;
}

int fp_read_time(const fp_downlink *from, uint8_t *message, size_t length,
                 const uint8_t nonce[FP_TIME_NONCE_BYTES], uint64_t *unix_ms)
{
    fp_cbor_read in;
    const uint8_t *echo;
    size_t echo_length;
    uint64_t sec, ms;
    if (!open_for(from, message, length, "tm", 3, &in))
        return 0;
    fp_read_the_uint(&in, FP_DOWNLINK_NONCE);
    echo = fp_read_bytes(&in, &echo_length);
    fp_read_the_uint(&in, FP_DOWNLINK_INSTANT);
    fp_read_array(&in, 2);
    sec = fp_read_uint(&in);
    ms = fp_read_uint(&in);
    if (!fp_read_done(&in) || echo_length != FP_TIME_NONCE_BYTES
        || !fp_equal(echo, nonce, FP_TIME_NONCE_BYTES) || sec < FP_TIME_SEC_MIN || ms > 999)
        return 0;
    *unix_ms = sec * 1000 + ms;
    return 1;
}

int fp_read_configuration(const fp_downlink *from, uint8_t *message, size_t length,
                          fp_configuration *configuration)
{
    fp_cbor_read in;
    uint64_t number, interval, records;
    if (!open_for(from, message, length, "cm", 4, &in))
        return 0;
    fp_read_the_uint(&in, FP_DOWNLINK_NUMBER);
    number = fp_read_uint(&in);
    fp_read_the_uint(&in, FP_DOWNLINK_IAT);
    (void)fp_read_uint(&in);
    fp_read_the_uint(&in, FP_DOWNLINK_SETTINGS);
    fp_read_map(&in, 2);
    fp_read_the_text(&in, "iv");
    interval = fp_read_uint(&in);
    fp_read_the_text(&in, "nr");
    records = fp_read_uint(&in);
    if (!fp_read_done(&in) || interval < FP_INTERVAL_SEC_MIN || interval > FP_INTERVAL_SEC_MAX
        || records < 1 || records > FP_RECORDS_MAX)
        return 0;
    configuration->number = number;
    configuration->interval_sec = (uint32_t)interval;
    configuration->records = (uint8_t)records;
    return 1;
}

int fp_read_receipt(const fp_downlink *from, uint8_t *message, size_t length, fp_receipt *receipt)
{
    fp_cbor_read in;
    const uint8_t *leaf;
    size_t leaf_length;
    if (!open_for(from, message, length, "rc", 4, &in))
        return 0;
    fp_read_the_uint(&in, FP_DOWNLINK_NUMBER);
    receipt->seq = fp_read_uint(&in);
    fp_read_the_uint(&in, FP_DOWNLINK_IAT);
    receipt->iat = fp_read_uint(&in);
    fp_read_the_uint(&in, FP_DOWNLINK_LEAF);
    leaf = fp_read_bytes(&in, &leaf_length);
    if (!fp_read_done(&in) || leaf_length != sizeof receipt->leaf)
        return 0;
    memcpy(receipt->leaf, leaf, sizeof receipt->leaf);
    return 1;
}
