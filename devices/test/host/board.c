/*
 * One board on a serial line, in a time of its own. What it writes is printed as it is; events are
 * printed with `! ` before them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fp_ed25519_ref10.h"
#include "fp_mqtt.h"
#include "host.h"
#include "memory.h"

static struct {
    memory memory;
    memory settings_memory;
    int is_new;
    fp_node node;
    fp_serial serial;
    fp_provision provision;
    char line[FP_LINE_BYTES];
    uint8_t outbox[FP_OUTBOX_BYTES(6, 600)];
} board = { .is_new = 1 };

static const uint8_t metrics[] = { FP_TEMPERATURE, FP_HUMIDITY };
static const fp_about about = { "FP-Host", "fieldproof-host", "1.0.0", metrics, 2, NULL, NULL };

static void write_out(void *context, const uint8_t *bytes, size_t length)
{
    (void)context;
    fwrite(bytes, 1, length, stdout);
}

static const fp_port port = { write_out, NULL };

static void print_event(void *context, fp_event event, const char *text)
{
    static const char *const names[] = { "time",    "enrolling", "configured", "accepted",    "refused",
                                         "kept",    "rotated",   "revoked",    "provisioned", "settings" };
    (void)context;
    printf("! %s%s%s\n", names[event], text == NULL ? "" : " ", text == NULL ? "" : text);
}

static void print_receipt(void *context, const fp_receipt *receipt)
{
    (void)context;
    printf("! receipt %" PRIu64 "\n", receipt->seq);
}

static int entropy(void *context, uint8_t out[FP_ENTROPY_BYTES])
{
    (void)context;
    memcpy(out, "entropy of the board, 32 bytes..", FP_ENTROPY_BYTES);
    return 1;
}

static void renew(void)
{
    memory_begin(&board.memory, 1);
    memory_begin(&board.settings_memory, 0);
    board.is_new = 0;
}

/* power NOW: the board starts, with what its memory holds. */
static void power(const host_command *command)
{
    static const fp_listener listener = { print_event, print_receipt, NULL };
    fp_serial_memory lent;
    fp_state state;
    if (board.is_new)
        renew();
    memory_restart(&board.memory);
    memory_restart(&board.settings_memory);
    lent.line = board.line;
    lent.line_bytes = sizeof board.line;
    lent.outbox = board.outbox;
    lent.outbox_bytes = sizeof board.outbox;
    lent.message_bytes = 600;
    state = fp_node_begin(&board.node, &fp_ed25519_ref10, &board.memory.storage, &about);
    memset(&board.provision, 0, sizeof board.provision);
    board.provision.entropy = entropy;
    board.provision.storage = &board.settings_memory.storage;
    printf("! state %d\n", (int)state);
    if (!fp_serial_begin(&board.serial, &board.node, &port, &lent, &listener, &board.provision,
                         (uint32_t)host_number(command, 1)))
        printf("! no memory\n");
}

/* install SEED: a key that the test knows. */
static void install(const host_command *command)
{
    uint8_t seed[FP_SEED_BYTES];
    fp_place place = { "", NULL, "", "" };
    host_bytes(command, 1, seed, sizeof seed);
    if (board.is_new)
        renew();
    memory_restart(&board.memory);
    (void)fp_node_begin(&board.node, &fp_ed25519_ref10, &board.memory.storage, &about);
    if (fp_node_install(&board.node, seed, &place) != FP_READY)
        host_fail("not installed");
}

/* rx BYTES */
static void receive(const host_command *command)
{
    static uint8_t bytes[16384];
    fp_serial_receive(&board.serial, bytes, host_hex(command, 1, bytes, sizeof bytes));
}

/* tick NOW [STEP]: in steps, so that nothing is late; one where no time has passed. */
static void tick(const host_command *command)
{
    uint32_t to = (uint32_t)host_number(command, 1);
    uint32_t step = command->count > 2 ? (uint32_t)host_number(command, 2) : 10;
    do {
        uint32_t left = to - board.serial.now_ms;
        fp_serial_tick(&board.serial, board.serial.now_ms + (left < step ? left : step));
    } while ((int32_t)(to - board.serial.now_ms) > 0);
}

/* send metric:m:e..: at the board's own time. */
static void send_values(const host_command *command)
{
    fp_value values[FP_RECORDS_MAX];
    size_t count = host_values(command, 1, values, FP_RECORDS_MAX);
    for (size_t i = 0; i < count; i++)
        values[i].time = (int64_t)(fp_node_time(&board.node) / 1000);
    if (!fp_serial_is_ready(&board.serial))
        printf("! not ready\n");
    if (!fp_serial_send(&board.serial, values, count))
        printf("! not sent\n");
    fp_serial_tick(&board.serial, board.serial.now_ms);
}

static void rotate(const host_command *command)
{
    uint8_t seed[FP_SEED_BYTES];
    host_bytes(command, 1, seed, sizeof seed);
    if (!fp_serial_rotate(&board.serial, seed))
        printf("! not rotated\n");
}

static void revoke(const host_command *command)
{
    (void)command;
    if (!fp_serial_revoke(&board.serial))
        printf("! not revoked\n");
}

/* show: what the board knows. */
static void show(const host_command *command)
{
    fp_settings settings;
    int found = fp_settings_load(&settings, &board.settings_memory.storage);
    (void)command;
    printf("device=%s boot=%" PRIu32 " next=%" PRIu64 " time=%" PRIu64 " interval=%" PRIu32 "\n",
           board.node.device, board.node.record.boot, fp_node_next_seq(&board.node),
           fp_node_time(&board.node), fp_node_interval(&board.node, 60));
    printf("writes=%lu waiting=%u settings=%s,%s,%s\n", board.memory.writes,
           (unsigned)board.serial.window.used, found ? settings.ssid : "", found ? settings.password : "",
           found ? settings.broker : "");
}

/* memory break|mend|unreadable|wipe|new; open: the owner's button. */
static void handle_memory(const host_command *command)
{
    const char *what = host_text(command, 1);
    if (strcmp(what, "break") == 0)
        board.memory.left = 0;
    else if (strcmp(what, "mend") == 0) {
        board.memory.left = -1;
        board.memory.unreadable = 0;
    } else if (strcmp(what, "unreadable") == 0)
        board.memory.unreadable = 1;
    else if (strcmp(what, "wipe") == 0)
        printf("! wiped %d\n", fp_node_wipe(&board.node));
    else if (strcmp(what, "new") == 0)
        renew();
}

static void open_up(const host_command *command)
{
    (void)command;
    board.provision.open = 1;
}

/* mqtt: topic, presence and Will, password. */
static void print_mqtt(const host_command *command)
{
    char topic[FP_TOPIC_BYTES], enrol[FP_TOPIC_BYTES], password[FP_PASSWORD_BYTES];
    char birth[FP_PRESENCE_BYTES], will[FP_PRESENCE_BYTES];
    (void)command;
    if (!fp_mqtt_topic(topic, sizeof topic, &board.node, "up/rd")
        || !fp_mqtt_enrol_topic(enrol, sizeof enrol, &board.node, "req")
        || !fp_mqtt_password(&board.node, password, sizeof password)
        || !fp_mqtt_presence(&board.node, birth, sizeof birth, 1)
        || !fp_mqtt_presence(&board.node, will, sizeof will, 0))
        host_fail("no room");
    printf("%s\n%s\n%s\n%s\n%s\n", topic, enrol, birth, will, password);
}

/* answer BYTES, enrolled BYTES: JSON of the gateway. */
static void print_answer(const host_command *command)
{
    static const char *const verdicts[] = { "none", "accepted", "retry", "dropped" };
    static char json[4096];
    uint64_t seq;
    size_t length = host_hex(command, 1, (uint8_t *)json, sizeof json);
    fp_verdict verdict = fp_mqtt_answer(json, length, &seq);
    printf("%s %" PRIu64 "\n", verdicts[verdict], seq);
}

static void print_enrolled(const host_command *command)
{
    static char json[4096];
    uint8_t key[FP_KEY_BYTES];
    fp_membership state = fp_mqtt_enrolled(json, host_hex(command, 1, (uint8_t *)json, sizeof json), key);
    printf("%d ", (int)state);
    host_print_hex(key, state == FP_MEMBER_NONE ? 0 : sizeof key);
}

int host_board(const host_command *command)
{
    static const struct {
        const char *name;
        void (*run)(const host_command *command);
    } commands[] = { { "power", power },   { "install", install }, { "rx", receive },
                     { "tick", tick },     { "send", send_values }, { "rotate", rotate },
                     { "revoke", revoke }, { "show", show },       { "memory", handle_memory },
                     { "open", open_up },     { "mqtt", print_mqtt },
                     { "answer", print_answer }, { "enrolled", print_enrolled } };
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(command->word[0], commands[i].name) == 0) {
            commands[i].run(command);
            return 1;
        }
    return 0;
}
