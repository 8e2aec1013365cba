/* Generated from schemas/ by schemas/firmware.ts; edit the sources, then `npm run generate`. */
#ifndef FP_TABLES_H
#define FP_TABLES_H

/* Limits (gateway/core/limits.ts). */
#define FP_MESSAGE_BYTES_MAX 2048 /* a signed message */
#define FP_SERIAL_MESSAGE_BYTES_MAX 755 /* a signed message on a serial line */
#define FP_LINE_CHARS_MAX 1024 /* a serial line from $ to CR LF */
#define FP_RECORDS_MAX 64 /* values in one message */
#define FP_EXPONENT_MIN (-9) /* decimals of a value, negative */
#define FP_OFFSET_SEC_MAX 604800L /* between the times of two values of a message */
#define FP_TIME_SEC_MIN 268435456L /* times below are relative in SenML */
#define FP_MODEL_CHARS_MAX 32 /* name of the board */
#define FP_FIRMWARE_CHARS_MAX 32 /* name, and version, of the firmware */
#define FP_NONCE_BYTES_MAX 32 /* nonce of an enrolment */
#define FP_INTERVAL_SEC_MIN 1 /* between two readings */
#define FP_INTERVAL_SEC_MAX 86400L /* between two readings */

/* Labels of headers, records and claims (labels.json). */
#define FP_HEADER_ALG 1
#define FP_HEADER_CONTENT_TYPE 3
#define FP_HEADER_KID 4
#define FP_HEADER_CWT_CLAIMS 15
#define FP_HEADER_TYP 16
#define FP_SENML_N 0
#define FP_SENML_U 1
#define FP_SENML_V 2
#define FP_SENML_T 6
#define FP_SENML_BVER (-1)
#define FP_SENML_BT (-3)
#define FP_CLAIM_NETWORK 3
#define FP_CLAIM_EXP 4
#define FP_CLAIM_CTI 7
#define FP_CLAIM_CNF 8
#define FP_CLAIM_NONCE 10
#define FP_CLAIM_MODEL 259
#define FP_CLAIM_FIRMWARE 270
#define FP_CLAIM_VERSION 271
#define FP_CLAIM_OWNER (-70001L)
#define FP_CLAIM_CELL (-70002L)
#define FP_CLAIM_WIRES (-70003L)
#define FP_STATEMENT_DEVICE 2
#define FP_STATEMENT_IAT 6
#define FP_STATEMENT_SEQ 7
#define FP_DOWNLINK_DEVICE 1
#define FP_DOWNLINK_NUMBER 2
#define FP_DOWNLINK_IAT 3
#define FP_DOWNLINK_SETTINGS 4
#define FP_DOWNLINK_NONCE 5
#define FP_DOWNLINK_INSTANT 6
#define FP_DOWNLINK_LEAF 7

/* Metrics (metrics.json): X(name, wire name, unit, unit is a secondary one, decimals). */
#define FP_METRICS(X) \
    X(TEMPERATURE, "t", "Cel", 0, 1) \
    X(HUMIDITY, "h", "%RH", 0, 1) \
    X(PRESSURE, "p", "Pa", 0, 0) \
    X(CO2, "co2", "ppm", 1, 0) \
    X(ILLUMINANCE, "lux", "lx", 0, 0) \
    X(WIND_SPEED, "ws", "m/s", 0, 1) \
    X(PM1, "pm1", "ug/m3", 1, 1) \
    X(PM25, "pm25", "ug/m3", 1, 1) \
    X(PM10, "pm10", "ug/m3", 1, 1) \
    X(NOISE, "laeq", "dB", 0, 1) \
    X(BATTERY, "v", "V", 0, 2) \
    X(RAIN, "rn", "mm", 1, 1)

/* Reasons of a refusal (reasons.json): X(code, 1 where the message is sent again). */
#define FP_REASONS(X) \
    X("overloaded", 1) \
    X("malformed", 0) \
    X("unknown-device", 0) \
    X("revoked", 0) \
    X("suspended", 0) \
    X("replayed", 0) \
    X("bad-signature", 0) \
    X("equivocation", 0) \
    X("out-of-profile", 0) \
    X("bad-time", 0) \
    X("frame", 1) \
    X("crc", 1)

#endif
