/* Messages, downlinks, sentences: functions without a state. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fp_crc16.h"
#include "fp_ed25519_ref10.h"
#include "fp_sha256.h"
#include "host.h"

static const fp_crypto *const crypto = &fp_ed25519_ref10;

static void open_key(const host_command *command, size_t at, fp_key *key)
{
    uint8_t seed[FP_SEED_BYTES];
    host_bytes(command, at, seed, sizeof seed);
    if (!fp_key_open(key, crypto, seed))
        host_fail("the backend fails its test");
}

/*
 * Prints the message that `make` gives. It is made in memory of exactly its length, and must not be
 * made in less: the sanitizer sees a byte too far.
 */
typedef size_t maker(const host_command *command, uint8_t *out, size_t room);

static void print_made(const host_command *command, maker *make)
{
    uint8_t *out = (uint8_t *)malloc(FP_MESSAGE_BYTES_MAX);
    size_t length = make(command, out, FP_MESSAGE_BYTES_MAX);
    free(out);
    if (length == 0) {
        printf("none\n");
        return;
    }
    out = (uint8_t *)malloc(length);
    if (make(command, out, length) != length)
        host_fail("another length in less memory");
    host_print_hex(out, length);
    free(out);
    for (size_t less = 1; less <= 3; less++) {
        size_t room = less == 3 ? length / 2 : length - less;
        out = (uint8_t *)malloc(room);
        if (make(command, out, room) != 0)
            host_fail("made in too little memory");
        free(out);
    }
}

/* rd SEED NETWORK SEQ metric:m:e:time.. */
static size_t make_reading(const host_command *command, uint8_t *out, size_t room)
{
    static fp_value values[FP_RECORDS_MAX + 1];
    fp_key key;
    open_key(command, 1, &key);
    return fp_reading(out, room, &key, host_text(command, 2), host_number(command, 3), values,
                      host_values(command, 4, values, FP_RECORDS_MAX + 1));
}

/* en SEED NETWORK NONCE MODEL FIRMWARE VERSION OWNER CELL metric.. */
static size_t make_enrolment(const host_command *command, uint8_t *out, size_t room)
{
    uint8_t nonce[64];
    uint8_t metrics[FP_RECORDS_MAX];
    fp_value values[FP_RECORDS_MAX];
    fp_about about;
    fp_key key;
    open_key(command, 1, &key);
    about.model = host_text(command, 4);
    about.firmware = host_text(command, 5);
    about.version = host_text(command, 6);
    about.owner = host_text(command, 7);
    about.cell = host_text(command, 8);
    about.metrics = metrics;
    about.metric_count = host_values(command, 9, values, FP_RECORDS_MAX);
    for (size_t i = 0; i < about.metric_count; i++)
        metrics[i] = values[i].metric;
    return fp_enrolment(out, room, &key, host_text(command, 2), &about, nonce,
                        host_hex(command, 3, nonce, sizeof nonce));
}

/* co SEED NETWORK EXP */
static size_t make_token(const host_command *command, uint8_t *out, size_t room)
{
    fp_key key;
    open_key(command, 1, &key);
    return fp_connect_token(out, room, &key, host_text(command, 2), host_number(command, 3));
}

/* ro OLD-SEED NEW-SEED NETWORK DEVICE IAT SEQ */
static size_t make_rotation(const host_command *command, uint8_t *out, size_t room)
{
    fp_key old_key, new_key;
    open_key(command, 1, &old_key);
    open_key(command, 2, &new_key);
    return fp_rotation(out, room, &old_key, &new_key, host_text(command, 3), host_text(command, 4),
                       host_number(command, 5), host_number(command, 6));
}

/* rv SEED NETWORK DEVICE IAT SEQ */
static size_t make_revocation(const host_command *command, uint8_t *out, size_t room)
{
    fp_key key;
    open_key(command, 1, &key);
    return fp_revocation(out, room, &key, host_text(command, 2), host_text(command, 3),
                         host_number(command, 4), host_number(command, 5));
}

/* key SEED */
static void print_key(const host_command *command)
{
    uint8_t thumbprint[32];
    char device[FP_DEVICE_ID_CHARS + 1];
    fp_key key;
    open_key(command, 1, &key);
    fp_thumbprint(thumbprint, key.public_key);
    fp_device_id(device, key.kid);
    host_print_hex(key.public_key, sizeof key.public_key);
    host_print_hex(thumbprint, sizeof thumbprint);
    printf("%s\n", device);
}

/* down KIND GATEWAY-KEY NETWORK DEVICE NONCE MESSAGE */
static void print_downlink(const host_command *command)
{
    const char *kind = host_text(command, 1);
    uint8_t gateway[FP_KEY_BYTES], nonce[FP_TIME_NONCE_BYTES], all[FP_MESSAGE_BYTES_MAX];
    size_t length = host_hex(command, 6, all, sizeof all);
    uint8_t *message = (uint8_t *)malloc(length + 1);
    fp_downlink from;
    fp_configuration told;
    fp_receipt receipt;
    uint64_t unix_ms;
    int taken = 0;
    memcpy(message, all, length);
    host_bytes(command, 2, gateway, sizeof gateway);
    host_bytes(command, 5, nonce, sizeof nonce);
    from.crypto = crypto;
    from.gateway_key = gateway;
    from.network = host_text(command, 3);
    from.device = host_text(command, 4);
    if (strcmp(kind, "tm") == 0 && (taken = fp_read_time(&from, message, length, nonce, &unix_ms)) != 0)
        printf("%" PRIu64 "\n", unix_ms);
    if (strcmp(kind, "cm") == 0 && (taken = fp_read_configuration(&from, message, length, &told)) != 0)
        printf("%" PRIu64 " %" PRIu32 " %u\n", told.number, told.interval_sec, told.records);
    if (strcmp(kind, "rc") == 0 && (taken = fp_read_receipt(&from, message, length, &receipt)) != 0) {
        printf("%" PRIu64 " %" PRIu64 " ", receipt.seq, receipt.iat);
        host_print_hex(receipt.leaf, sizeof receipt.leaf);
    }
    if (!taken)
        printf("ignored\n");
    free(message);
}

static void write_out(void *context, const uint8_t *bytes, size_t length)
{
    (void)context;
    fwrite(bytes, 1, length, stdout);
}

/* sentence TYPE field..: a field that begins with # is hex. */
static void print_sentence(const host_command *command)
{
    fp_port port = { write_out, NULL };
    fp_sentence sentence;
    fp_sentence_begin(&sentence, &port, host_text(command, 1));
    for (size_t i = 2; i < command->count; i++) {
        host_command field = { { command->word[i] + 1 }, 1 };
        uint8_t bytes[FP_MESSAGE_BYTES_MAX];
        if (command->word[i][0] == '#')
            fp_sentence_bytes(&sentence, bytes, host_hex(&field, 0, bytes, sizeof bytes));
        else
            fp_sentence_text(&sentence, host_text(command, i));
    }
    fp_sentence_end(&sentence);
}

/* read ROOM BYTES: each sentence, its fields after commas. */
static void print_read(const host_command *command)
{
    static uint8_t bytes[16384];
    size_t length = host_hex(command, 2, bytes, sizeof bytes);
    size_t room = (size_t)host_number(command, 1);
    char *memory = (char *)malloc(room);
    fp_reader reader;
    fp_line line;
    fp_reader_begin(&reader, memory, room);
    for (size_t i = 0; i < length; i++) {
        if (!fp_reader_take(&reader, bytes[i], &line))
            continue;
        printf("%s", line.type);
        for (size_t field = 0; field < line.fields; field++)
            printf(",%s", line.field[field]);
        printf("\n");
    }
    free(memory);
}

/* code GATEWAY-KEY DEVICE-KEY NONCE */
static void print_code(const host_command *command)
{
    uint8_t gateway[FP_KEY_BYTES], device[FP_KEY_BYTES], nonce[64];
    char code[FP_CODE_CHARS + 1];
    host_bytes(command, 1, gateway, sizeof gateway);
    host_bytes(command, 2, device, sizeof device);
    fp_enrolment_code(code, gateway, device, nonce, host_hex(command, 3, nonce, sizeof nonce));
    printf("%s\n", code);
}

/* verify KEY SIGNATURE MESSAGE */
static void print_verdict(const host_command *command)
{
    uint8_t key[FP_KEY_BYTES], signature[FP_SIGNATURE_BYTES], message[FP_MESSAGE_BYTES_MAX];
    host_bytes(command, 1, key, sizeof key);
    host_bytes(command, 2, signature, sizeof signature);
    printf("%d\n", crypto->verify(signature, message, host_hex(command, 3, message, sizeof message), key));
}

/* text KIND WORD: b64u HEX, unb64u TEXT, base32 HEX, crc HEX, sha HEX. */
static void print_text(const host_command *command)
{
    static uint8_t bytes[4096];
    static char text[8192];
    const char *kind = host_text(command, 1);
    if (strcmp(kind, "unb64u") == 0) {
        long length = fp_from_b64u(bytes, sizeof bytes, host_text(command, 2), strlen(host_text(command, 2)));
        if (length < 0)
            printf("none\n");
        else
            host_print_hex(bytes, (size_t)length);
        return;
    }
    size_t length = host_hex(command, 2, bytes, sizeof bytes);
    if (strcmp(kind, "crc") == 0)
        printf("%04X\n", fp_crc16(FP_CRC16_START, bytes, length));
    else if (strcmp(kind, "sha") == 0) {
        uint8_t digest[FP_SHA256_BYTES];
        fp_sha256 hash;
        fp_sha256_begin(&hash);
        fp_sha256_add(&hash, bytes, length);
        fp_sha256_end(&hash, digest);
        host_print_hex(digest, sizeof digest);
    } else {
        if (strcmp(kind, "b64u") == 0)
            fp_b64u(text, bytes, length);
        else
            fp_base32(text, bytes, length);
        printf("%s\n", text);
    }
}

int host_encode(const host_command *command)
{
    static const struct {
        const char *name;
        maker *make;
    } makers[] = { { "rd", make_reading },
                   { "en", make_enrolment },
                   { "co", make_token },
                   { "ro", make_rotation },
                   { "rv", make_revocation } };
    static const struct {
        const char *name;
        void (*print)(const host_command *command);
    } printers[] = { { "key", print_key },       { "down", print_downlink }, { "sentence", print_sentence },
                     { "read", print_read },     { "code", print_code },     { "verify", print_verdict },
                     { "text", print_text } };
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (strcmp(command->word[0], makers[i].name) == 0) {
            print_made(command, makers[i].make);
            return 1;
        }
    for (size_t i = 0; i < sizeof printers / sizeof printers[0]; i++)
        if (strcmp(command->word[0], printers[i].name) == 0) {
            printers[i].print(command);
            return 1;
        }
    return 0;
}
