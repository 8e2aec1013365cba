/**
 * Measures what the library takes on a board: signs with eight keys as many messages of one length
 * (an emulator compares the cycles), then makes a reading, a proof and a token, and says how deep the
 * stack went. Interrupts are off all the while, so that nothing else is counted.
 */
#include "board.h"
#include "fp_ed25519_ref10.h"
#include "fp_node.h"
#include "fp_sentence.h"
#include "fp_sha256.h"
#include "mark.h"
#include "port.h"
#include "stack.h"

#define PAIRS 8
#define MESSAGE_BYTES 100

static const uint8_t metrics[] = { FP_TEMPERATURE };
static const fp_about about = { board_model, "signing", "1.0.0", metrics, sizeof metrics, NULL, NULL };
static fp_node node;
static uint8_t message[320];

/* Unlike each other, and the same in every run. */
static void fill(uint8_t *out, size_t length, uint8_t what, uint8_t pair)
{
    uint8_t digest[FP_SHA256_BYTES];
    for (size_t i = 0; i < length; i++) {
        const uint8_t source[3] = { what, pair, (uint8_t)(i / sizeof digest) };
        fp_sha256 hash;
        fp_sha256_begin(&hash);
        fp_sha256_add(&hash, source, sizeof source);
        fp_sha256_end(&hash, digest);
        out[i] = digest[i % sizeof digest];
    }
}

static void sign_pairs(void)
{
    for (uint8_t pair = 0; pair < PAIRS; pair++) {
        uint8_t seed[FP_SEED_BYTES], public_key[FP_KEY_BYTES], signature[FP_SIGNATURE_BYTES];
        fill(seed, sizeof seed, 's', pair);
        fill(message, MESSAGE_BYTES, 'm', pair);
        fp_ed25519_ref10.public_key(public_key, seed);
        MARK(1);
        fp_ed25519_ref10.sign(signature, message, MESSAGE_BYTES, seed, public_key);
        MARK(2);
    }
}

/* The board's own record stays as it is: this one is nowhere. */
static int load_nothing(void *context, uint8_t record[FP_RECORD_BYTES])
{
    (void)context;
    (void)record;
    return 0;
}

static int save_nowhere(void *context, const uint8_t record[FP_RECORD_BYTES])
{
    (void)context;
    (void)record;
    return 1;
}

static const fp_storage nowhere = { load_nothing, save_nowhere, NULL, NULL };

static void use_node(void)
{
    static const uint8_t seed[FP_SEED_BYTES] = { 1 };
    static const uint8_t gateway[FP_KEY_BYTES] = { 1 };
    static const fp_place place = { "testnet", gateway, NULL, NULL };
    const fp_value value = { .metric = FP_TEMPERATURE, .e = -1, .m = 215, .time = 1762000000 };
    MARK(3);
    fp_node_begin(&node, &fp_ed25519_ref10, &nowhere, &about);
    MARK(4);
    fp_node_install(&node, seed, &place);
    fp_node_set_time(&node, 1762000000000u);
    MARK(5);
    fp_node_reading(&node, message, sizeof message, &value, 1);
    MARK(6);
    fp_node_enrolment(&node, message, sizeof message, gateway, 16);
    fp_node_token(&node, message, sizeof message);
}

int main(void)
{
    board_start();
    __asm volatile("cpsid i" ::: "memory");
    sign_pairs();
    use_node();
    board_log("stack ", stack_used());
    board_log("node ", sizeof node);
    MARK(7);
    for (;;)
        board_idle();
}
