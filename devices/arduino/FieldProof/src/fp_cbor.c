#include "fp_cbor.h"

#include <string.h>

enum { major_uint = 0, major_negative = 1, major_bytes = 2, major_text = 3, major_array = 4,
       major_map = 5, major_tag = 6 };

void fp_cbor_begin(fp_cbor *cbor, uint8_t *out, size_t room)
{
    cbor->out = out;
    cbor->room = room;
    cbor->length = 0;
}

int fp_cbor_fits(const fp_cbor *cbor)
{
    return cbor->length <= cbor->room;
}

void fp_cbor_raw(fp_cbor *cbor, const uint8_t *bytes, size_t length)
{
    if (length > 0 && cbor->length <= cbor->room && length <= cbor->room - cbor->length)
        memcpy(cbor->out + cbor->length, bytes, length);
    cbor->length += length;
}

static void head(fp_cbor *cbor, unsigned major, uint64_t n)
{
    uint8_t bytes[9];
    size_t length = 0;
    unsigned info = (unsigned)(n < 24 ? n : 24);
    if (n >= 24) {
        length = 1;
        while (length < 8 && n >> (8 * length) != 0) {
            length *= 2;
            info++;
        }
        fp_put_be(bytes + 1, n, length);
    }
    bytes[0] = (uint8_t)(major << 5 | info);
    fp_cbor_raw(cbor, bytes, length + 1);
}

void fp_cbor_uint(fp_cbor *cbor, uint64_t n)
{
    head(cbor, major_uint, n);
}

void fp_cbor_int(fp_cbor *cbor, int64_t n)
{
    /* -1 - n, which cannot overflow. */
    if (n < 0)
        head(cbor, major_negative, (uint64_t)(-1 - n));
    else
        head(cbor, major_uint, (uint64_t)n);
}

void fp_cbor_bytes_head(fp_cbor *cbor, size_t length)
{
    head(cbor, major_bytes, length);
}

void fp_cbor_bytes(fp_cbor *cbor, const uint8_t *bytes, size_t length)
{
    head(cbor, major_bytes, length);
    fp_cbor_raw(cbor, bytes, length);
}

void fp_cbor_text(fp_cbor *cbor, const char *text)
{
    size_t length = strlen(text);
    head(cbor, major_text, length);
    fp_cbor_raw(cbor, (const uint8_t *)text, length);
}

void fp_cbor_array(fp_cbor *cbor, size_t items)
{
    head(cbor, major_array, items);
}

void fp_cbor_map(fp_cbor *cbor, size_t pairs)
{
    head(cbor, major_map, pairs);
}

void fp_cbor_tag(fp_cbor *cbor, uint64_t tag)
{
    head(cbor, major_tag, tag);
}
