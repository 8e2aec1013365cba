#include "fp_messages.h"

#include <string.h>

#define SENML_CBOR 112

static void put_seq(fp_cbor *cbor, uint64_t seq)
{
    uint8_t bytes[8];
    size_t length = fp_be_length(seq);
    fp_put_be(bytes, seq, length);
    fp_cbor_bytes(cbor, bytes, length);
}

static void put_cnf(fp_cbor *cbor, const fp_key *key)
{
    fp_cbor_uint(cbor, FP_CLAIM_CNF);
    fp_cbor_map(cbor, 1);
    fp_cbor_uint(cbor, 1);
    fp_cbor_map(cbor, 3);
    fp_cbor_int(cbor, 1);
    fp_cbor_int(cbor, 1);
    fp_cbor_int(cbor, -1);
    fp_cbor_int(cbor, 6);
    fp_cbor_int(cbor, -2);
    fp_cbor_bytes(cbor, key->public_key, FP_KEY_BYTES);
}

size_t fp_reading(uint8_t *out, size_t room, const fp_key *key, const char *network, uint64_t seq,
                  const fp_value *values, size_t count)
{
    uint8_t header[32];
    fp_cbor cbor;
    fp_seal seal;
    if (seq >= FP_SEQ_LIMIT)
        return 0;
    fp_cbor_begin(&cbor, header, sizeof header);
    fp_cbor_map(&cbor, 4);
    fp_cbor_uint(&cbor, FP_HEADER_ALG);
    fp_cbor_int(&cbor, -8);
    fp_cbor_uint(&cbor, FP_HEADER_CONTENT_TYPE);
    fp_cbor_uint(&cbor, SENML_CBOR);
    fp_cbor_uint(&cbor, FP_HEADER_KID);
    fp_cbor_bytes(&cbor, key->kid, FP_KID_BYTES);
    fp_cbor_uint(&cbor, FP_HEADER_CWT_CLAIMS);
    fp_cbor_map(&cbor, 1);
    fp_cbor_uint(&cbor, FP_CLAIM_CTI);
    put_seq(&cbor, seq);
    fp_seal_begin(&seal, out, room, "rd", network, header, cbor.length);
    return fp_pack(&seal.payload, values, count) ? fp_seal_end(&seal, key) : 0;
}

static int has_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Keys in bytewise order: 3, 8, 10, 259, 270, 271, then -70001, -70002, -70003. */
size_t fp_enrolment(uint8_t *out, size_t room, const fp_key *key, const char *network,
                    const fp_about *about, const uint8_t *nonce, size_t nonce_length)
{
    uint8_t header[40];
    fp_seal seal;
    fp_cbor *cbor = &seal.payload;
    size_t pairs = 7 + (has_text(about->owner) ? 1u : 0u) + (has_text(about->cell) ? 1u : 0u);
    if (nonce_length > FP_NONCE_BYTES_MAX || about->metric_count == 0)
        return 0;
    fp_seal_begin(&seal, out, room, "en", network, header, fp_header(header, key->kid, "fp-enrol+cwt"));
    fp_cbor_map(cbor, pairs);
    fp_cbor_int(cbor, FP_CLAIM_NETWORK);
    fp_cbor_text(cbor, network);
    put_cnf(cbor, key);
    fp_cbor_int(cbor, FP_CLAIM_NONCE);
    fp_cbor_bytes(cbor, nonce, nonce_length);
    fp_cbor_int(cbor, FP_CLAIM_MODEL);
    fp_cbor_bytes(cbor, (const uint8_t *)about->model, strlen(about->model));
    fp_cbor_int(cbor, FP_CLAIM_FIRMWARE);
    fp_cbor_text(cbor, about->firmware);
    fp_cbor_int(cbor, FP_CLAIM_VERSION);
    fp_cbor_array(cbor, 1);
    fp_cbor_text(cbor, about->version);
    if (has_text(about->owner)) {
        fp_cbor_int(cbor, FP_CLAIM_OWNER);
        fp_cbor_text(cbor, about->owner);
    }
    if (has_text(about->cell)) {
        fp_cbor_int(cbor, FP_CLAIM_CELL);
        fp_cbor_text(cbor, about->cell);
    }
    fp_cbor_int(cbor, FP_CLAIM_WIRES);
    fp_cbor_array(cbor, about->metric_count);
    for (size_t i = 0; i < about->metric_count; i++) {
        const char *wire = fp_metric_wire(about->metrics[i]);
        if (wire == NULL)
            return 0;
        fp_cbor_text(cbor, wire);
    }
    return fp_seal_end(&seal, key);
}

size_t fp_connect_token(uint8_t *out, size_t room, const fp_key *key, const char *network,
                        uint64_t exp)
{
    uint8_t header[40];
    fp_seal seal;
    fp_cbor *cbor = &seal.payload;
    fp_seal_begin(&seal, out, room, "co", network, header,
                  fp_header(header, key->kid, "fp-connect+cwt"));
    fp_cbor_map(cbor, exp == 0 ? 2 : 3);
    fp_cbor_int(cbor, FP_CLAIM_NETWORK);
    fp_cbor_text(cbor, network);
    if (exp != 0) {
        fp_cbor_int(cbor, FP_CLAIM_EXP);
        fp_cbor_uint(cbor, exp);
    }
    put_cnf(cbor, key);
    return fp_seal_end(&seal, key);
}

static void put_statement(fp_cbor *cbor, const char *device, uint64_t iat, uint64_t seq)
{
    fp_cbor_int(cbor, FP_STATEMENT_DEVICE);
    fp_cbor_text(cbor, device);
    fp_cbor_int(cbor, FP_STATEMENT_IAT);
    fp_cbor_uint(cbor, iat);
    fp_cbor_int(cbor, FP_STATEMENT_SEQ);
    put_seq(cbor, seq);
}

size_t fp_rotation(uint8_t *out, size_t room, const fp_key *old_key, const fp_key *new_key,
                   const char *network, const char *device, uint64_t iat, uint64_t seq)
{
    uint8_t header[40];
    fp_seal outer, inner;
    fp_cbor *place = &outer.payload;
    size_t length;
    if (seq >= FP_SEQ_LIMIT)
        return 0;
    fp_seal_begin(&outer, out, room, "ro", network, header, fp_header(header, new_key->kid, NULL));
    /* The inner message is made where the outer one's payload stands. */
    fp_seal_begin(&inner, place->out, place->room, "ro", network, header,
                  fp_header(header, old_key->kid, NULL));
    fp_cbor_map(&inner.payload, 4);
    put_statement(&inner.payload, device, iat, seq);
    put_cnf(&inner.payload, new_key);
    length = fp_seal_end(&inner, old_key);
    if (length == 0)
        return 0;
    place->length = length;
    return fp_seal_end(&outer, new_key);
}

size_t fp_revocation(uint8_t *out, size_t room, const fp_key *key, const char *network,
                     const char *device, uint64_t iat, uint64_t seq)
{
    uint8_t header[40];
    fp_seal seal;
    if (seq >= FP_SEQ_LIMIT)
        return 0;
    fp_seal_begin(&seal, out, room, "rv", network, header, fp_header(header, key->kid, NULL));
    fp_cbor_map(&seal.payload, 3);
    put_statement(&seal.payload, device, iat, seq);
    return fp_seal_end(&seal, key);
}
