#include "fp_pack.h"

#define BVER_SECONDARY 26
#define TAG_DECIMAL 4

typedef struct metric_row {
    const char *wire;
    const char *unit;
    uint8_t secondary;
} metric_row;

#define METRIC_ROW(name, wire, unit, secondary, decimals) { wire, unit, secondary },
static const metric_row metrics[] = { FP_METRICS(METRIC_ROW) };
#undef METRIC_ROW

static const int64_t mantissa_limit = (int64_t)1 << 53;

const char *fp_metric_wire(unsigned metric)
{
    return metric < FP_METRIC_COUNT ? metrics[metric].wire : NULL;
}

const char *fp_metric_unit(unsigned metric)
{
    return metric < FP_METRIC_COUNT ? metrics[metric].unit : NULL;
}

static int is_value(const fp_value *value, int64_t base_time)
{
    int64_t offset = value->time - base_time;
    return value->metric < FP_METRIC_COUNT && value->e <= 0 && value->e >= FP_EXPONENT_MIN
        && value->m < mantissa_limit && value->m > -mantissa_limit && value->time >= FP_TIME_SEC_MIN
        && value->time < mantissa_limit && offset <= FP_OFFSET_SEC_MAX && -offset <= FP_OFFSET_SEC_MAX;
}

/* The one form of m * 10^e: no zeros at the end, and an integer where it is one. */
static void write_decimal(fp_cbor *cbor, int64_t m, int e)
{
    while (e < 0 && m % 10 == 0) {
        m /= 10;
        e++;
    }
    if (e < 0) {
        fp_cbor_tag(cbor, TAG_DECIMAL);
        fp_cbor_array(cbor, 2);
        fp_cbor_int(cbor, e);
    }
    fp_cbor_int(cbor, m);
}

/* Keys in bytewise order of their encodings: 0, 1, 2, 6, then -1 (20), -3 (22). */
static void write_record(fp_cbor *cbor, const fp_value *value, const int64_t *base_time, int64_t first,
                         int secondary)
{
    const metric_row *metric = &metrics[value->metric];
    int timed = value->time != first;
    fp_cbor_map(cbor, 3 + (timed ? 1u : 0u) + (secondary ? 1u : 0u) + (base_time != NULL ? 1u : 0u));
    fp_cbor_int(cbor, FP_SENML_N);
    fp_cbor_text(cbor, metric->wire);
    fp_cbor_int(cbor, FP_SENML_U);
    fp_cbor_text(cbor, metric->unit);
    fp_cbor_int(cbor, FP_SENML_V);
    write_decimal(cbor, value->m, value->e);
    if (timed) {
        fp_cbor_int(cbor, FP_SENML_T);
        fp_cbor_int(cbor, value->time - first);
    }
    if (secondary) {
        fp_cbor_int(cbor, FP_SENML_BVER);
        fp_cbor_int(cbor, BVER_SECONDARY);
    }
    if (base_time != NULL) {
        fp_cbor_int(cbor, FP_SENML_BT);
        fp_cbor_int(cbor, *base_time);
    }
}

int fp_pack(fp_cbor *cbor, const fp_value *values, size_t count)
{
    int secondary = 0;
    if (count == 0 || count > FP_RECORDS_MAX)
        return 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_value(&values[i], values[0].time))
            return 0;
        secondary |= metrics[values[i].metric].secondary;
    }
    fp_cbor_array(cbor, count);
    for (size_t i = 0; i < count; i++)
        write_record(cbor, &values[i], i == 0 ? &values[0].time : NULL, values[0].time,
                     i == 0 && secondary);
    return 1;
}
