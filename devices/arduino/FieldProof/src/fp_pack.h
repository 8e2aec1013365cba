/** Metrics, and the SenML-CBOR pack (RFC 8428) of a reading. */
#ifndef FP_PACK_H
#define FP_PACK_H

#include "fp_cbor.h"
#include "fp_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FP_METRIC_ROW(name, wire, unit, secondary, decimals) FP_##name,
/** FP_TEMPERATURE, FP_HUMIDITY, ... of schemas/metrics.json. */
typedef enum fp_metric { FP_METRICS(FP_METRIC_ROW) FP_METRIC_COUNT } fp_metric;
#undef FP_METRIC_ROW

/** One measured value: m * 10^e. 21.5 is m 215, e -1; e is from -9 to 0. */
typedef struct fp_value {
    uint8_t metric;
    int8_t e;
    int64_t m;
    /** Unix seconds. */
    int64_t time;
} fp_value;

/** Wire name of a metric, such as "t"; NULL for none. */
const char *fp_metric_wire(unsigned metric);
const char *fp_metric_unit(unsigned metric);

/**
 * Writes 1 to 64 values; the first one's time is the base time. Decimals that end in 0 are
 * shortened, as the protocol wants them. 0 where a value is none: metric, e, m of 2^53 and more, a
 * time that is relative or more than a week from the first.
 */
int fp_pack(fp_cbor *cbor, const fp_value *values, size_t count);

#ifdef __cplusplus
}
#endif
#endif
