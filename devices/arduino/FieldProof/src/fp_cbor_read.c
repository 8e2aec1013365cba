#include "fp_cbor_read.h"

enum { major_uint = 0, major_bytes = 2, major_text = 3, major_array = 4, major_map = 5,
       major_tag = 6 };

void fp_read_begin(fp_cbor_read *in, const uint8_t *bytes, size_t length)
{
    in->at = bytes;
    in->end = bytes + length;
    in->bad = 0;
}

int fp_read_done(const fp_cbor_read *in)
{
    return !in->bad && in->at == in->end;
}

static size_t left(const fp_cbor_read *in)
{
    return (size_t)(in->end - in->at);
}

/* The argument of a head of this major type, below 2^53 and in its shortest form. */
static uint64_t argument(fp_cbor_read *in, unsigned major)
{
    uint64_t n;
    size_t length;
    if (in->bad || left(in) == 0 || *in->at >> 5 != major || (*in->at & 31) > 27) {
        in->bad = 1;
        return 0;
    }
    n = *in->at++ & 31;
    if (n < 24)
        return n;
    length = (size_t)1 << (n - 24);
    if (left(in) < length) {
        in->bad = 1;
        return 0;
    }
    n = fp_get_be(in->at, length);
    in->at += length;
    /* Shorter forms end at 24, 2^8, 2^16 and 2^32. */
    if (n < (length == 1 ? 24 : (uint64_t)1 << (4 * length)) || n >> 53 != 0)
        in->bad = 1;
    return in->bad ? 0 : n;
}

static const uint8_t *string(fp_cbor_read *in, unsigned major, size_t *length)
{
    uint64_t n = argument(in, major);
    const uint8_t *bytes = in->at;
    *length = 0;
    if (in->bad || n > left(in)) {
        in->bad = 1;
        return bytes;
    }
    *length = (size_t)n;
    in->at += *length;
    return bytes;
}

uint64_t fp_read_uint(fp_cbor_read *in)
{
    return argument(in, major_uint);
}

const uint8_t *fp_read_bytes(fp_cbor_read *in, size_t *length)
{
    return string(in, major_bytes, length);
}

void fp_read_the_uint(fp_cbor_read *in, uint64_t n)
{
    if (argument(in, major_uint) != n)
        in->bad = 1;
}

void fp_read_the_text(fp_cbor_read *in, const char *text)
{
    size_t length;
    const uint8_t *bytes = string(in, major_text, &length);
    if (in->bad || !fp_is_text(text, bytes, length))
        in->bad = 1;
}

void fp_read_array(fp_cbor_read *in, size_t items)
{
    if (argument(in, major_array) != items)
        in->bad = 1;
}

void fp_read_map(fp_cbor_read *in, size_t pairs)
{
    if (argument(in, major_map) != pairs)
        in->bad = 1;
}

void fp_read_tag(fp_cbor_read *in, uint64_t tag)
{
    if (argument(in, major_tag) != tag)
        in->bad = 1;
}
