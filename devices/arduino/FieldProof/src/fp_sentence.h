/**
 * Writes sentences `$FP<type>,<field>,...*<CRC>` CR LF piece by piece: binary fields are encoded on
 * the way out, so no line is ever held in memory.
 */
#ifndef FP_SENTENCE_H
#define FP_SENTENCE_H

#include "fp_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The board's serial port. `write` takes all bytes, waiting where it must. */
typedef struct fp_port {
    void (*write)(void *context, const uint8_t *bytes, size_t length);
    void *context;
} fp_port;

typedef struct fp_sentence {
    const fp_port *port;
    uint16_t crc;
} fp_sentence;

/** type: such as "RD". */
void fp_sentence_begin(fp_sentence *sentence, const fp_port *port, const char *type);
void fp_sentence_text(fp_sentence *sentence, const char *field);
void fp_sentence_number(fp_sentence *sentence, uint64_t field);
void fp_sentence_bytes(fp_sentence *sentence, const uint8_t *field, size_t length);
void fp_sentence_end(fp_sentence *sentence);

/** A line of the board's log, which must not hold `$FP`; shown by the gateway. */
void fp_log_line(const fp_port *port, const char *text, const char *more);

#ifdef __cplusplus
}
#endif
#endif
