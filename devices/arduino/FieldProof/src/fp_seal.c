#include "fp_seal.h"

#include <string.h>

#include "fp_sign1.h"
#include "fp_tables.h"

/* A payload's head may take three bytes; the payload is written after room for them. */
enum { head_bytes_max = 3 };

size_t fp_header(uint8_t out[40], const uint8_t kid[FP_KID_BYTES], const char *typ)
{
    fp_cbor cbor;
    fp_cbor_begin(&cbor, out, 40);
    fp_cbor_map(&cbor, typ == NULL ? 2 : 3);
    fp_cbor_uint(&cbor, FP_HEADER_ALG);
    fp_cbor_int(&cbor, -8);
    fp_cbor_uint(&cbor, FP_HEADER_KID);
    fp_cbor_bytes(&cbor, kid, FP_KID_BYTES);
    if (typ != NULL) {
        fp_cbor_uint(&cbor, FP_HEADER_TYP);
        fp_cbor_text(&cbor, typ);
    }
    return cbor.length;
}

void fp_seal_begin(fp_seal *seal, uint8_t *out, size_t room, const char *kind, const char *network,
                   const uint8_t *header, size_t header_length)
{
    fp_cbor cbor;
    size_t at;
    fp_cbor_begin(&cbor, out, room);
    fp_sig_structure(&cbor, kind, network, header, header_length);
    at = cbor.length + head_bytes_max;
    seal->out = out;
    seal->room = room;
    seal->header_length = header_length;
    /* Where not even the header fits, the payload is only counted. */
    fp_cbor_begin(&seal->payload, at <= room ? out + at : out, at <= room ? room - at : 0);
}

/* Puts the payload's head before it and closes the gap; returns the end of the Sig_structure. */
static size_t close_payload(fp_seal *seal, size_t *head_at)
{
    fp_cbor cbor;
    size_t length = seal->payload.length;
    size_t at = (size_t)(seal->payload.out - seal->out) - head_bytes_max;
    fp_cbor_begin(&cbor, seal->out + at, head_bytes_max);
    fp_cbor_bytes_head(&cbor, length);
    memmove(seal->out + at + cbor.length, seal->payload.out, length);
    *head_at = at;
    return at + cbor.length + length;
}

size_t fp_seal_end(fp_seal *seal, const fp_key *key)
{
    uint8_t signature[FP_SIGNATURE_BYTES];
    uint8_t *out = seal->out;
    size_t header_at = fp_sig_header_at(seal->header_length);
    size_t header_head = fp_bytes_head_length(seal->header_length);
    size_t payload_at, end, header_size, payload_size, at;
    if (key->crypto == NULL || !fp_cbor_fits(&seal->payload) || seal->payload.room == 0)
        return 0;
    end = close_payload(seal, &payload_at);
    header_size = header_head + seal->header_length;
    payload_size = end - payload_at;
    at = 2 + header_size + 1 + payload_size + 2 + FP_SIGNATURE_BYTES;
    if (at > seal->room || at > FP_MESSAGE_BYTES_MAX)
        return 0;
    key->crypto->sign(signature, out, end, key->seed, key->public_key);
    /* Everything moves towards the beginning, so no part overwrites one that is still to move. */
    out[0] = 0xd2;
    out[1] = 0x84;
    memmove(out + 2, out + header_at - header_head, header_size);
    out[2 + header_size] = 0xa0;
    memmove(out + 3 + header_size, out + payload_at, payload_size);
    at = 3 + header_size + payload_size;
    out[at] = 0x58;
    out[at + 1] = FP_SIGNATURE_BYTES;
    memcpy(out + at + 2, signature, sizeof signature);
    return at + 2 + sizeof signature;
}
