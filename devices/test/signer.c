/*
 * The Ed25519 backend for an AVR on this machine, for a test that compares it: a command a line,
 * words in hex, an answer a line.
 *
 *   k SEED | s SEED KEY MESSAGE | v SIGNATURE KEY MESSAGE | h MESSAGE
 */
#include <stdio.h>
#include <string.h>

#include "fp_ed25519_tinyssh.h"
#include "fp_sha512.h"

static size_t bytes_of(const char *hex, uint8_t *out)
{
    size_t length = 0;
    unsigned byte;
    while (hex != NULL && sscanf(hex + 2 * length, "%2x", &byte) == 1)
        out[length++] = (uint8_t)byte;
    return length;
}

static void print(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

int main(void)
{
    static char line[4096];
    static uint8_t first[64], key[64], message[2048], out[64];
    while (fgets(line, sizeof line, stdin) != NULL) {
        const char *command = strtok(line, " \n");
        const char *word = strtok(NULL, " \n");
        size_t length = 0;
        if (command[0] == 'h') {
            fp_sha512 hash;
            length = bytes_of(word, message);
            fp_sha512_begin(&hash);
            fp_sha512_add(&hash, message, length);
            fp_sha512_end(&hash, out);
            print(out, sizeof out);
            continue;
        }
        bytes_of(word, first);
        if (command[0] == 'k') {
            fp_ed25519_tinyssh.public_key(out, first);
            print(out, FP_KEY_BYTES);
            continue;
        }
        bytes_of(strtok(NULL, " \n"), key);
        length = bytes_of(strtok(NULL, " \n"), message);
        if (command[0] == 's') {
            fp_ed25519_tinyssh.sign(out, message, length, first, key);
            print(out, sizeof out);
        } else
            printf("%d\n", fp_ed25519_tinyssh.verify(first, message, length, key));
    }
    printf("test %d\n", fp_crypto_test(&fp_ed25519_tinyssh));
    return 0;
}
