#include "fp_sign1.h"

#include <string.h>

#include "fp_tables.h"

static const uint8_t context[] = { 0x84, 0x6a, 'S', 'i', 'g', 'n', 'a', 't', 'u', 'r', 'e', '1' };

size_t fp_bytes_head_length(size_t length)
{
    return length < 24 ? 1 : length < 256 ? 2 : 3;
}

size_t fp_sig_header_at(size_t header_length)
{
    return sizeof context + fp_bytes_head_length(header_length);
}

void fp_sig_structure(fp_cbor *cbor, const char *kind, const char *network, const uint8_t *header,
                      size_t header_length)
{
    size_t network_length = strlen(network);
    fp_cbor_raw(cbor, context, sizeof context);
    fp_cbor_bytes(cbor, header, header_length);
    fp_cbor_bytes_head(cbor, 7 + network_length);
    fp_cbor_raw(cbor, (const uint8_t *)"FP1:", 4);
    fp_cbor_raw(cbor, (const uint8_t *)kind, 2);
    fp_cbor_raw(cbor, (const uint8_t *)":", 1);
    fp_cbor_raw(cbor, (const uint8_t *)network, network_length);
}
