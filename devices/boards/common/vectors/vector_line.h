/**
 * Makes the messages of schemas/vectors from their inputs, which come as lines of words, one message
 * a line; what is answered is the sentence that holds the message. `-` is an empty word.
 *
 *   rd SEED NETWORK SEQ METRIC:M:E:TIME ...
 *   en SEED NETWORK NONCE MODEL FIRMWARE VERSION OWNER CELL METRIC ...
 *   co SEED NETWORK EXP
 *   ro SEED NEXT-SEED NETWORK DEVICE IAT SEQ
 *   rv SEED NETWORK DEVICE IAT SEQ
 *
 * A line is taken word by word and never held: 64 values are 2 kB of text, and a board may have 8 kB.
 * Included by one program of a board: images/vectors.c, or a sketch.
 */
#ifndef VECTOR_LINE_H
#define VECTOR_LINE_H

#include <string.h>

#include "fp_messages.h"
#include "fp_sentence.h"

/** The longest word: a seed in hex. */
#define VECTOR_WORD_CHARS_MAX 64
/** Words that are kept as texts: those of an enrolment. */
#define VECTOR_TEXTS_MAX 9
#define VECTOR_TEXT_CHARS_MAX 256

typedef struct vector_line {
    const fp_crypto *crypto;
    const fp_port *port;
    char word[VECTOR_WORD_CHARS_MAX + 1];
    uint8_t word_length;
    uint8_t words;
    char text[VECTOR_TEXT_CHARS_MAX];
    uint16_t text_length;
    /** Where word `i` begins in `text`. */
    uint16_t text_at[VECTOR_TEXTS_MAX];
    fp_key key, next_key;
    fp_value values[FP_RECORDS_MAX];
    uint8_t metrics[FP_METRIC_COUNT];
    uint8_t count;
    uint8_t message[FP_MESSAGE_BYTES_MAX];
    uint32_t readings;
} vector_line;

static int64_t vector_signed(const char **at)
{
    int negative = **at == '-';
    uint64_t n = 0;
    if (negative)
        (*at)++;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        n = n * 10u + (uint64_t)(**at - '0');
    return negative ? -(int64_t)n : (int64_t)n;
}

static size_t vector_hex(const char *from, uint8_t *out, size_t room)
{
    size_t length = 0;
    for (; from[0] != '\0' && from[1] != '\0' && length < room; from += 2) {
        unsigned byte = 0;
        for (int i = 0; i < 2; i++)
            byte = byte << 4 | (unsigned)(from[i] <= '9' ? from[i] - '0' : from[i] - 'a' + 10);
        out[length++] = (uint8_t)byte;
    }
    return length;
}

static uint8_t vector_metric(const char *wire, size_t length)
{
    for (uint8_t metric = 0; metric < FP_METRIC_COUNT; metric++)
        if (fp_is_text(fp_metric_wire(metric), (const uint8_t *)wire, length))
            return metric;
    return FP_METRIC_COUNT;
}

static const char *vector_text(const vector_line *line, uint8_t index)
{
    const char *text = line->text + line->text_at[index];
    return strcmp(text, "-") == 0 ? text + 1 : text;
}

static uint64_t vector_number(const vector_line *line, uint8_t index)
{
    const char *at = vector_text(line, index);
    return (uint64_t)vector_signed(&at);
}

static int vector_is(const vector_line *line, const char *op)
{
    return strcmp(vector_text(line, 0), op) == 0;
}

/* A key that is there already stays: on some boards it takes a second. */
static void vector_key(vector_line *line, fp_key *key)
{
    uint8_t seed[FP_SEED_BYTES];
    vector_hex(line->word, seed, sizeof seed);
    if (key->crypto == NULL || !fp_equal(seed, key->seed, sizeof seed))
        fp_key_make(key, line->crypto, seed);
}

static void vector_value(vector_line *line)
{
    const char *at = strchr(line->word, ':');
    fp_value *value = &line->values[line->count];
    if (at == NULL || line->count == FP_RECORDS_MAX)
        return;
    line->count++;
    value->metric = vector_metric(line->word, (size_t)(at - line->word));
    at++;
    value->m = vector_signed(&at);
    at++;
    value->e = (int8_t)vector_signed(&at);
    at++;
    value->time = vector_signed(&at);
}

static void vector_keep(vector_line *line)
{
    if (line->words == VECTOR_TEXTS_MAX
        || line->text_length + line->word_length + 1u > VECTOR_TEXT_CHARS_MAX)
        return;
    line->text_at[line->words] = line->text_length;
    memcpy(line->text + line->text_length, line->word, line->word_length + 1u);
    line->text_length = (uint16_t)(line->text_length + line->word_length + 1u);
}

/* A word is over: seeds, values and metrics are taken for what they are, the rest is kept. */
static void vector_take(vector_line *line)
{
    uint8_t index = line->words;
    if (line->word_length == 0)
        return;
    line->word[line->word_length] = '\0';
    if (index == 1)
        vector_key(line, &line->key);
    else if (index == 2 && vector_is(line, "ro"))
        vector_key(line, &line->next_key);
    else if (index >= 4 && vector_is(line, "rd"))
        vector_value(line);
    else if (index >= 9 && line->count < FP_METRIC_COUNT)
        line->metrics[line->count++] = vector_metric(line->word, line->word_length);
    else
        vector_keep(line);
    line->words++;
    line->word_length = 0;
}

static size_t vector_enrolment(vector_line *line)
{
    uint8_t nonce[FP_NONCE_BYTES_MAX];
    size_t nonce_length = vector_hex(vector_text(line, 3), nonce, sizeof nonce);
    fp_about about;
    about.model = vector_text(line, 4);
    about.firmware = vector_text(line, 5);
    about.version = vector_text(line, 6);
    about.metrics = line->metrics;
    about.metric_count = line->count;
    about.owner = vector_text(line, 7);
    about.cell = vector_text(line, 8);
    return fp_enrolment(line->message, sizeof line->message, &line->key, vector_text(line, 2),
                        &about, nonce, nonce_length);
}

static void vector_answer(vector_line *line, const char *type, size_t length)
{
    fp_sentence sentence;
    fp_sentence_begin(&sentence, line->port, type);
    if (strcmp(type, "RD") == 0)
        fp_sentence_number(&sentence, line->readings++);
    fp_sentence_bytes(&sentence, line->message, length);
    fp_sentence_end(&sentence);
}

static void vector_obey(vector_line *line)
{
    uint8_t *out = line->message;
    size_t room = sizeof line->message;
    const fp_key *key = &line->key;
    const char *network = vector_text(line, 2);
    if (vector_is(line, "rd"))
        vector_answer(line, "RD", fp_reading(out, room, key, network, vector_number(line, 3), line->values, line->count));
    else if (vector_is(line, "en"))
        vector_answer(line, "EN", vector_enrolment(line));
    else if (vector_is(line, "co"))
        vector_answer(line, "CO", fp_connect_token(out, room, key, network, vector_number(line, 3)));
    else if (vector_is(line, "ro"))
        vector_answer(line, "RO", fp_rotation(out, room, key, &line->next_key, vector_text(line, 3), vector_text(line, 4), vector_number(line, 5), vector_number(line, 6)));
    else if (vector_is(line, "rv"))
        vector_answer(line, "RV", fp_revocation(out, room, key, network, vector_text(line, 3), vector_number(line, 4), vector_number(line, 5)));
}

/** Says `ready`, or what is wrong with the signer. `line` is all zero. */
static void vector_begin(vector_line *line, const fp_crypto *crypto, const fp_port *port)
{
    line->crypto = crypto;
    line->port = port;
    fp_log_line(port, fp_crypto_test(crypto) ? "ready" : "Ed25519 fails", NULL);
}

/** Takes the next byte of the serial line; answers where it ends a line. */
static void vector_byte(vector_line *line, uint8_t byte)
{
    if (byte != ' ' && byte != '\n' && byte != '\r') {
        if (line->word_length < VECTOR_WORD_CHARS_MAX)
            line->word[line->word_length++] = (char)byte;
        return;
    }
    vector_take(line);
    if (byte != '\n')
        return;
    if (line->words >= 4)
        vector_obey(line);
    line->words = 0;
    line->text_length = 0;
    line->count = 0;
}

#endif
