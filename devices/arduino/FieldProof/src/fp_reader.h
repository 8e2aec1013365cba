/**
 * Finds sentences in the bytes of a serial port, with the caller's memory and no more: what stands
 * before the last `$FP` of a line is left out, a sentence longer than the memory is skipped.
 */
#ifndef FP_READER_H
#define FP_READER_H

#include "fp_bytes.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Fields of a sentence; no line to a board has more than 5. */
#define FP_FIELDS_MAX 8
/** What the longest line to a board takes, `$FPPV` with all its fields; a settings line of 128 bytes too. */
#define FP_LINE_BYTES 320

typedef struct fp_reader {
    char *line;
    size_t room;
    /** Characters of the sentence, 0 where none has begun; `room` + 1: too long. */
    size_t length;
    uint8_t matched;
} fp_reader;

/** A sentence whose check value is right. Its texts lie in the reader's memory. */
typedef struct fp_line {
    /** Such as "RD" or "ID?". */
    char *type;
    char *field[FP_FIELDS_MAX];
    size_t fields;
} fp_line;

void fp_reader_begin(fp_reader *reader, char *memory, size_t room);

/** Takes one byte; 1 where it ended a good sentence, which stays in `line` until the next byte. */
int fp_reader_take(fp_reader *reader, uint8_t byte, fp_line *line);

/** A field of digits without leading zeros, at most `limit`; -1 where it is none. */
long fp_field_number(const char *field, long limit);

#ifdef __cplusplus
}
#endif
#endif
