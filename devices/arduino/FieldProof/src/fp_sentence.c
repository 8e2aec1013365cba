#include "fp_sentence.h"

#include <string.h>

#include "fp_crc16.h"

static void put(fp_sentence *sentence, const char *text, size_t length)
{
    sentence->crc = fp_crc16(sentence->crc, (const uint8_t *)text, length);
    sentence->port->write(sentence->port->context, (const uint8_t *)text, length);
}

static void write_text(const fp_port *port, const char *text)
{
    port->write(port->context, (const uint8_t *)text, strlen(text));
}

void fp_sentence_begin(fp_sentence *sentence, const fp_port *port, const char *type)
{
    sentence->port = port;
    sentence->crc = FP_CRC16_START;
    write_text(port, "$");
    put(sentence, "FP", 2);
    put(sentence, type, strlen(type));
}

void fp_sentence_text(fp_sentence *sentence, const char *field)
{
    put(sentence, ",", 1);
    put(sentence, field, strlen(field));
}

void fp_sentence_number(fp_sentence *sentence, uint64_t field)
{
    char digits[21];
    size_t length = fp_decimal(digits, field);
    put(sentence, ",", 1);
    put(sentence, digits, length);
}

void fp_sentence_bytes(fp_sentence *sentence, const uint8_t *field, size_t length)
{
    put(sentence, ",", 1);
    for (size_t at = 0; at < length; at += 3) {
        char group[4];
        put(sentence, group, fp_b64u_group(group, field + at, length - at < 3 ? length - at : 3));
    }
}

void fp_sentence_end(fp_sentence *sentence)
{
    static const char digits[] = "0123456789ABCDEF";
    char end[7];
    end[0] = '*';
    for (int i = 0; i < 4; i++)
        end[1 + i] = digits[(sentence->crc >> (12 - 4 * i)) & 15];
    end[5] = '\r';
    end[6] = '\n';
    sentence->port->write(sentence->port->context, (const uint8_t *)end, sizeof end);
}

void fp_log_line(const fp_port *port, const char *text, const char *more)
{
    write_text(port, "fieldproof: ");
    write_text(port, text);
    if (more != NULL)
        write_text(port, more);
    write_text(port, "\r\n");
}
