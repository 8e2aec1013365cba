/**
 * A board as people have it, with a sensor that is made up: it says hello, enrols, asks for the time,
 * and signs a reading of two values every few seconds, as often as its operator wants.
 *
 * For tests: FIRMWARE_PERIOD_MS fixes the time between two readings, which an operator sets to a
 * second at least; FIRMWARE_READINGS ends them after so many; FIRMWARE_AWAITS_KEY leaves the board
 * without a key until somebody provisions it.
 */
#include "board.h"
#include "fp_ed25519_ref10.h"
#include "fp_serial.h"
#include "port.h"
#include "stack.h"

#ifndef FIRMWARE_READINGS
#define FIRMWARE_READINGS UINT32_MAX
#endif
/** Seconds between two readings until the operator has set them. */
#define INTERVAL_SEC 10
/** The longest message is the proof of its key, with owner and cell in it. */
#define MESSAGE_BYTES 360
#define MESSAGES 16

static const uint8_t metrics[] = { FP_TEMPERATURE, FP_HUMIDITY };
static fp_about about = { board_model, "fieldproof-board", "1.0.0", metrics, sizeof metrics, NULL, NULL };
static fp_node node;
static fp_serial serial;
static fp_provision provision;
static char line[FP_LINE_BYTES];
static uint8_t outbox[FP_OUTBOX_BYTES(MESSAGES, MESSAGE_BYTES)];
static uint32_t made, due_ms;

static void event(void *context, fp_event what, const char *text)
{
    (void)context;
    if (what == FP_EVENT_TIME)
        board_log("time is known: ", fp_node_time(&node) / 1000u);
    else if (what == FP_EVENT_CONFIGURED)
        board_log("a reading every s: ", fp_node_interval(&node, INTERVAL_SEC));
    else if (what == FP_EVENT_REFUSED)
        fp_log_line(&board_port, "refused: ", text);
    else if (what == FP_EVENT_KEPT)
        fp_log_line(&board_port, "no answer, readings are kept", NULL);
    else if (what == FP_EVENT_PROVISIONED)
        fp_log_line(&board_port, "provisioned as ", text);
}

static int entropy(void *context, uint8_t out[FP_ENTROPY_BYTES])
{
    (void)context;
    board_entropy(out, FP_ENTROPY_BYTES);
    return 1;
}

/* A board that nobody provisions makes its key from its own entropy, as the examples do. */
static void make_key(void)
{
#ifndef FIRMWARE_AWAITS_KEY
    static const uint8_t no_host[32];
    static const fp_place anywhere;
    uint8_t noise[FP_ENTROPY_BYTES];
    board_entropy(noise, sizeof noise);
    fp_node_provision(&node, noise, sizeof noise, no_host, &anywhere);
    fp_wipe(noise, sizeof noise);
#endif
}

/* A day at 20 degrees and 55 percent, going up and down by a quarter in 20 readings. */
static void measure(fp_value values[2])
{
    int32_t wave = (int32_t)(made % 40u) - 20;
    int64_t now = (int64_t)(fp_node_time(&node) / 1000u);
    wave = wave < 0 ? -wave : wave;
    values[0] = (fp_value){ .metric = FP_TEMPERATURE, .e = -1, .m = 200 + wave * 5, .time = now };
    values[1] = (fp_value){ .metric = FP_HUMIDITY, .e = -1, .m = 550 - wave * 10, .time = now };
}

static uint32_t period_ms(void)
{
#ifdef FIRMWARE_PERIOD_MS
    return FIRMWARE_PERIOD_MS;
#else
    return fp_node_interval(&node, INTERVAL_SEC) * 1000u;
#endif
}

static void read_sensor(uint32_t now_ms)
{
    fp_value values[2];
    if (made == FIRMWARE_READINGS || !fp_serial_is_ready(&serial) || (int32_t)(now_ms - due_ms) < 0)
        return;
    due_ms = now_ms + period_ms();
    measure(values);
    if (fp_serial_send(&serial, values, 2))
        made++;
    if (made == FIRMWARE_READINGS)
        board_log("all readings made, bytes of stack used: ", stack_used());
}

int main(void)
{
    static const fp_listener listener = { event, NULL, NULL };
    static const fp_serial_memory memory = { line, sizeof line, outbox, sizeof outbox, MESSAGE_BYTES };
    board_start();
    provision.entropy = entropy;
    provision.storage = board_settings();
    fp_state state = fp_node_begin(&node, &fp_ed25519_ref10, board_record(), &about);
    if (state == FP_EMPTY)
        make_key();
    else if (state != FP_READY)
        fp_log_line(&board_port, state == FP_BAD_CRYPTO ? "Ed25519 fails its test" : "the record cannot be read or saved", NULL);
    fp_serial_begin(&serial, &node, &board_port, &memory, &listener, &provision, board_millis());
    for (;;) {
        int byte = board_read();
        if (byte >= 0) {
            uint8_t one = (uint8_t)byte;
            fp_serial_receive(&serial, &one, 1);
            continue;
        }
        uint32_t now_ms = board_millis();
        fp_serial_tick(&serial, now_ms);
        read_sensor(now_ms);
        board_idle();
    }
}
