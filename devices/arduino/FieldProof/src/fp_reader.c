#include "fp_reader.h"

#include <string.h>

#include "fp_crc16.h"

enum { check_chars = 5, start_chars = 3 };

static const char start[] = "$FP";

void fp_reader_begin(fp_reader *reader, char *memory, size_t room)
{
    reader->line = memory;
    reader->room = room;
    reader->length = 0;
    reader->matched = 0;
}

static int hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* 1 where `*` and the CRC of what stands between `$` and it are at the end. */
static int is_checked(const char *line, size_t length)
{
    const char *check = line + length - check_chars;
    uint16_t crc = 0;
    if (length < start_chars + check_chars || check[0] != '*')
        return 0;
    for (int i = 1; i < check_chars; i++) {
        int value = hex_value(check[i]);
        if (value < 0)
            return 0;
        crc = (uint16_t)((uint16_t)(crc << 4) | (uint16_t)value);
    }
    return crc == fp_crc16(FP_CRC16_START, (const uint8_t *)line + 1, length - 1 - check_chars);
}

/* Printable ASCII without a space, a second start or check mark. */
static int is_body(const char *body, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (body[i] < '!' || body[i] > '~' || body[i] == '$' || body[i] == '*')
            return 0;
    return 1;
}

/* Two capitals, perhaps a question mark. */
static int is_type(const char *type)
{
    return type[0] >= 'A' && type[0] <= 'Z' && type[1] >= 'A' && type[1] <= 'Z'
        && (type[2] == '\0' || (type[2] == '?' && type[3] == '\0'));
}

static int split(fp_reader *reader, fp_line *line)
{
    char *at = reader->line;
    size_t length = reader->length;
    if (length > 0 && at[length - 1] == '\r')
        length--;
    if (!is_checked(at, length) || !is_body(at + 1, length - 1 - check_chars))
        return 0;
    at[length - check_chars] = '\0';
    line->type = at + start_chars;
    line->fields = 0;
    for (at = line->type; *at != '\0'; at++) {
        if (*at != ',')
            continue;
        if (line->fields == FP_FIELDS_MAX)
            return 0;
        *at = '\0';
        line->field[line->fields++] = at + 1;
    }
    return is_type(line->type);
}

int fp_reader_take(fp_reader *reader, uint8_t byte, fp_line *line)
{
    if (byte == '\n') {
        int good = reader->length > 0 && reader->length <= reader->room && split(reader, line);
        reader->length = 0;
        reader->matched = 0;
        return good;
    }
    if (reader->length > 0 && reader->length <= reader->room) {
        if (reader->length < reader->room)
            reader->line[reader->length] = (char)byte;
        reader->length++;
    }
    if (byte == (uint8_t)start[reader->matched])
        reader->matched++;
    else
        reader->matched = byte == (uint8_t)start[0] ? 1 : 0;
    if (reader->matched == start_chars) {
        /* A later start makes all before it the log. */
        reader->matched = 0;
        reader->length = reader->room >= start_chars ? start_chars : 0;
        memcpy(reader->line, start, reader->length);
    }
    return 0;
}

long fp_field_number(const char *field, long limit)
{
    long n = 0;
    if (field[0] == '\0' || (field[0] == '0' && field[1] != '\0'))
        return -1;
    for (; *field != '\0'; field++) {
        if (*field < '0' || *field > '9')
            return -1;
        n = n * 10 + (*field - '0');
        if (n > limit)
            return -1;
    }
    return n;
}
