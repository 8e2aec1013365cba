#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void host_fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(2);
}

const char *host_text(const host_command *command, size_t at)
{
    if (at >= command->count)
        host_fail("a word is missing");
    return strcmp(command->word[at], "-") == 0 ? "" : command->word[at];
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t host_hex(const host_command *command, size_t at, uint8_t *out, size_t room)
{
    const char *text = host_text(command, at);
    size_t length = strlen(text) / 2;
    if (length > room)
        host_fail("hex is too long");
    for (size_t i = 0; i < length; i++) {
        int high = digit(text[2 * i]);
        int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            host_fail("no hex");
        out[i] = (uint8_t)(high * 16 + low);
    }
    return length;
}

void host_bytes(const host_command *command, size_t at, uint8_t *out, size_t length)
{
    if (host_hex(command, at, out, length) != length)
        host_fail("hex is too short");
}

uint64_t host_number(const host_command *command, size_t at)
{
    return strtoull(host_text(command, at), NULL, 10);
}

static uint8_t metric_of(const char *name, size_t length)
{
    static const char *const names[] = {
#define NAME_ROW(name, wire, unit, secondary, decimals) #name,
        FP_METRICS(NAME_ROW)
#undef NAME_ROW
    };
    for (uint8_t i = 0; i < FP_METRIC_COUNT; i++) {
        size_t same = 0;
        while (same < length && names[i][same] != '\0' && (names[i][same] | 0x20) == (name[same] | 0x20))
            same++;
        if (same == length && names[i][length] == '\0')
            return i;
    }
    /* Also what is none, so that a test can ask for it. */
    return FP_METRIC_COUNT;
}

size_t host_values(const host_command *command, size_t at, fp_value *out, size_t room)
{
    size_t count = 0;
    for (; at < command->count; at++) {
        const char *word = command->word[at];
        size_t name = strcspn(word, ":");
        char *end;
        if (count == room)
            host_fail("too many values");
        out[count].metric = metric_of(word, name);
        out[count].m = strtoll(word + name + 1, &end, 10);
        out[count].e = (int8_t)strtol(end + 1, &end, 10);
        out[count].time = *end == ':' ? strtoll(end + 1, NULL, 10) : 0;
        count++;
    }
    return count;
}

void host_print_hex(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

int main(void)
{
    static char line[65536];
    while (fgets(line, sizeof line, stdin) != NULL) {
        host_command command = { { NULL }, 0 };
        for (char *word = strtok(line, " \n"); word != NULL; word = strtok(NULL, " \n")) {
            if (command.count == HOST_WORDS_MAX)
                host_fail("too many words");
            command.word[command.count++] = word;
        }
        if (command.count == 0)
            continue;
        if (!host_encode(&command) && !host_board(&command) && !host_ring(&command))
            host_fail(command.word[0]);
        printf(".\n");
        fflush(stdout);
    }
    return 0;
}
