/**
 * The library as a program for tests: commands on standard input, one a line; each is answered by
 * lines of its own and one with a dot. Words are separated by spaces; `-` is an empty one.
 */
#ifndef HOST_H
#define HOST_H

#include "fp_serial.h"

enum { HOST_WORDS_MAX = 400 };

/** The words of a command, its name first. */
typedef struct host_command {
    char *word[HOST_WORDS_MAX];
    size_t count;
} host_command;

/** Text of a word, "" for `-`. Ends the program where the word is missing: a test is wrong then. */
const char *host_text(const host_command *command, size_t at);
/** Bytes of a hex word; returns their count. */
size_t host_hex(const host_command *command, size_t at, uint8_t *out, size_t room);
/** Exactly so many bytes. */
void host_bytes(const host_command *command, size_t at, uint8_t *out, size_t length);
uint64_t host_number(const host_command *command, size_t at);
/** Values of words `metric:m:e:time` from `at` to the end; returns their count. */
size_t host_values(const host_command *command, size_t at, fp_value *out, size_t room);
void host_print_hex(const uint8_t *bytes, size_t length);
void host_fail(const char *what);

/** Each returns 1 where the command is one of its own. */
int host_encode(const host_command *command);
int host_board(const host_command *command);
int host_ring(const host_command *command);

#endif
