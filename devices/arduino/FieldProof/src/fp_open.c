#include "fp_open.h"

#include <string.h>

#include "fp_sign1.h"
#include "fp_tables.h"

enum { header_bytes = 13, header_alg_at = 2, header_kid_at = 5 };

/* {1: alg, 4: kid} has one spelling: a2 01 alg 04 48 kid. */
static int is_header(const uint8_t *header, size_t length, const uint8_t kid[FP_KID_BYTES])
{
    return length == header_bytes && header[0] == 0xa2 && header[1] == FP_HEADER_ALG
        && (header[header_alg_at] == 0x27 || header[header_alg_at] == 0x32)
        && header[3] == FP_HEADER_KID && header[4] == (0x40 | FP_KID_BYTES)
        && fp_equal(header + header_kid_at, kid, FP_KID_BYTES);
}

int fp_open(fp_cbor_read *payload, uint8_t *message, size_t length, const char *kind,
            const char *network, const fp_crypto *crypto, const uint8_t signer[FP_KEY_BYTES])
{
    uint8_t header[header_bytes];
    uint8_t signature[FP_SIGNATURE_BYTES];
    uint8_t kid[FP_KID_BYTES];
    fp_cbor_read in;
    fp_cbor cbor;
    size_t header_length, payload_length, signature_length;
    const uint8_t *part;
    const uint8_t *body;

    fp_read_begin(&in, message, length);
    fp_read_tag(&in, 18);
    fp_read_array(&in, 4);
    part = fp_read_bytes(&in, &header_length);
    fp_kid(kid, signer);
    if (in.bad || !is_header(part, header_length, kid))
        return 0;
    memcpy(header, part, sizeof header);
    fp_read_map(&in, 0);
    body = fp_read_bytes(&in, &payload_length);
    part = fp_read_bytes(&in, &signature_length);
    if (!fp_read_done(&in) || signature_length != sizeof signature)
        return 0;
    memcpy(signature, part, sizeof signature);

    /* The Sig_structure is shorter than the message: its end takes the signature's place. */
    fp_cbor_begin(&cbor, NULL, 0);
    fp_sig_structure(&cbor, kind, network, header, sizeof header);
    if (cbor.length + fp_bytes_head_length(payload_length) + payload_length > length)
        return 0;
    memmove(message + cbor.length + fp_bytes_head_length(payload_length), body, payload_length);
    fp_cbor_begin(&cbor, message, length);
    fp_sig_structure(&cbor, kind, network, header, sizeof header);
    fp_cbor_bytes_head(&cbor, payload_length);
    fp_read_begin(payload, message + cbor.length, payload_length);
    return crypto->verify(signature, message, cbor.length + payload_length, signer);
}
