#include "fp_serial.h"

#include <string.h>

static void tell(const fp_serial *serial, fp_event event, const char *text)
{
    if (serial->listener.event != NULL)
        serial->listener.event(serial->listener.context, event, text);
}

static void hello(const fp_serial *serial)
{
    const fp_node *node = serial->node;
    fp_sentence sentence;
    if (node->state == FP_EMPTY) {
        fp_provision_ask(node, serial->port);
        return;
    }
    if (node->state != FP_READY)
        return;
    fp_sentence_begin(&sentence, serial->port, "HI");
    fp_sentence_number(&sentence, 1);
    fp_sentence_text(&sentence, node->device);
    fp_sentence_text(&sentence, node->about->model);
    fp_sentence_text(&sentence, node->about->version);
    fp_sentence_number(&sentence, node->record.boot);
    fp_sentence_number(&sentence, fp_node_next_seq(node));
    fp_sentence_text(&sentence, serial->listener.receipt != NULL ? "rd+en+tq+cf+rc" : "rd+en+tq+cf");
    fp_sentence_end(&sentence);
}

static void ask_time(fp_serial *serial)
{
    uint8_t nonce[FP_TIME_NONCE_BYTES];
    fp_sentence sentence;
    fp_node_ask_time(serial->node, nonce);
    fp_sentence_begin(&sentence, serial->port, "TQ");
    fp_sentence_bytes(&sentence, nonce, sizeof nonce);
    fp_sentence_end(&sentence);
    serial->asked_ms = serial->now_ms;
}

/* Puts the change of key that waits for its answer among the messages. */
static int add_rotation(fp_serial *serial)
{
    size_t room, length;
    uint8_t *place = fp_window_place(&serial->window, &room);
    if (place == NULL)
        return 0;
    length = fp_node_rotation(serial->node, place, room);
    if (length == 0)
        return 0;
    fp_window_add(&serial->window, FP_KIND_RO, length);
    return 1;
}

/* A board that knows no gateway could not check the answer. */
static void begin_asking(fp_serial *serial)
{
    if (!fp_node_is_pinned(serial->node) || fp_node_time(serial->node) != 0)
        return;
    ask_time(serial);
    serial->ask_ms = FP_TIMEOUT_MS_MIN;
}

int fp_serial_begin(fp_serial *serial, fp_node *node, const fp_port *port,
                    const fp_serial_memory *memory, const fp_listener *listener,
                    fp_provision *provision, uint32_t now_ms)
{
    memset(serial, 0, sizeof *serial);
    serial->node = node;
    serial->port = port;
    serial->provision = provision;
    serial->now_ms = now_ms;
    if (listener != NULL)
        serial->listener = *listener;
    fp_reader_begin(&serial->reader, memory->line, memory->line_bytes);
    if (!fp_window_begin(&serial->window, memory->outbox, memory->outbox_bytes, memory->message_bytes))
        return 0;
    fp_node_tick(node, now_ms);
    if (fp_node_is_rotating(node) && !add_rotation(serial))
        return 0;
    hello(serial);
    begin_asking(serial);
    return 1;
}

/* Decodes a field of bytes where it stands; its length, 0 where it is none. */
static size_t bytes_of(char *field)
{
    size_t chars = strlen(field);
    long length = fp_from_b64u((uint8_t *)field, chars, field, chars);
    return length < 0 ? 0 : (size_t)length;
}

static void take_answer(fp_serial *serial, fp_kind kind, int accepted, const char *reason)
{
    if (kind == FP_KIND_NONE)
        return;
    if (kind == FP_KIND_RO) {
        int opened = fp_node_rotated(serial->node, accepted);
        tell(serial, accepted && opened ? FP_EVENT_ROTATED : FP_EVENT_REFUSED, reason);
    } else if (!accepted)
        tell(serial, FP_EVENT_REFUSED, reason);
    else
        tell(serial, kind == FP_KIND_RV ? FP_EVENT_REVOKED : FP_EVENT_ACCEPTED, NULL);
}

/* `$FPEQ,<nonce>,<network>,<gateway key>`: pins the gateway, shows the code, answers. */
static void enrol(fp_serial *serial, fp_line *line)
{
    uint8_t gateway[FP_KEY_BYTES];
    char code[FP_CODE_CHARS + 1];
    size_t nonce_length, room, length;
    uint8_t *place;
    fp_sentence sentence;
    const uint8_t *nonce = (const uint8_t *)line->field[0];
    if (line->fields != 3 || serial->node->state != FP_READY)
        return;
    if (fp_from_b64u(gateway, sizeof gateway, line->field[2], strlen(line->field[2]))
        != (long)sizeof gateway)
        return;
    nonce_length = bytes_of(line->field[0]);
    if (!fp_node_pin(serial->node, line->field[1], gateway)) {
        fp_log_line(serial->port, "enrolment: another gateway or network than mine asks; wipe me first",
                    NULL);
        return;
    }
    fp_enrolment_code(code, gateway, serial->node->key.public_key, nonce, nonce_length);
    fp_log_line(serial->port, "enrolment code ", code);
    tell(serial, FP_EVENT_ENROLLING, code);
    /* Made in the memory of the next message; that is free until it is added. */
    place = fp_window_place(&serial->window, &room);
    length = place == NULL ? 0 : fp_node_enrolment(serial->node, place, room, nonce, nonce_length);
    if (length == 0) {
        fp_log_line(serial->port, "enrolment: no memory for the proof", NULL);
        return;
    }
    fp_sentence_begin(&sentence, serial->port, "EN");
    fp_sentence_bytes(&sentence, place, length);
    fp_sentence_end(&sentence);
    /* Asked at the next tick: this one's time is from before the signature. */
    if (fp_node_time(serial->node) == 0)
        serial->ask_ms = 0;
}

static void take_receipt(fp_serial *serial, char *field)
{
    fp_receipt receipt;
    if (serial->listener.receipt != NULL
        && fp_node_take_receipt(serial->node, (uint8_t *)field, bytes_of(field), &receipt))
        serial->listener.receipt(serial->listener.context, &receipt);
}

static void take_time(fp_serial *serial, char *field)
{
    if (!fp_node_take_time(serial->node, (uint8_t *)field, bytes_of(field)))
        return;
    serial->ask_ms = 0;
    tell(serial, FP_EVENT_TIME, NULL);
}

static void wake(fp_serial *serial)
{
    hello(serial);
    fp_window_wake(&serial->window);
    begin_asking(serial);
}

static int take_provisioning(fp_serial *serial, fp_line *line)
{
    switch (fp_provision_take(serial->provision, serial->node, serial->port, line)) {
    case FP_PROVISION_NOTHING:
        return 0;
    case FP_PROVISION_KEY:
        tell(serial, FP_EVENT_PROVISIONED, serial->node->device);
        hello(serial);
        begin_asking(serial);
        return 1;
    case FP_PROVISION_SETTINGS:
        tell(serial, FP_EVENT_SETTINGS, NULL);
        return 1;
    default:
        return 1;
    }
}

static int is(const fp_line *line, const char *type, size_t fields)
{
    return line->fields == fields && strcmp(line->type, type) == 0;
}

static void obey(fp_serial *serial, fp_line *line)
{
    fp_window *window = &serial->window;
    char **field = line->field;
    if (is(line, "ID?", 0))
        wake(serial);
    else if (is(line, "AK", 1) || is(line, "NK", 2)) {
        long number = fp_field_number(field[0], 255);
        if (number < 0)
            return;
        if (line->fields == 1)
            take_answer(serial, fp_window_accepted(window, (unsigned)number), 1, NULL);
        else
            take_answer(serial, fp_window_refused(window, (unsigned)number, field[1], serial->now_ms),
                        0, field[1]);
    } else if (is(line, "TM", 1))
        take_time(serial, field[0]);
    else if (is(line, "CF", 1)) {
        if (fp_node_take_configuration(serial->node, (uint8_t *)field[0], bytes_of(field[0])))
            tell(serial, FP_EVENT_CONFIGURED, NULL);
    } else if (is(line, "RC", 1))
        take_receipt(serial, field[0]);
    else if (strcmp(line->type, "EQ") == 0)
        enrol(serial, line);
    else
        (void)take_provisioning(serial, line);
}

void fp_serial_receive(fp_serial *serial, const uint8_t *bytes, size_t length)
{
    fp_line line;
    for (size_t i = 0; i < length; i++)
        if (fp_reader_take(&serial->reader, bytes[i], &line))
            obey(serial, &line);
}

static void tick_time(fp_serial *serial)
{
    uint32_t since = serial->now_ms - serial->asked_ms;
    if (!fp_node_is_pinned(serial->node))
        return;
    if (serial->ask_ms == 0) {
        if (fp_node_time(serial->node) == 0 || since >= FP_RESYNC_MS) {
            ask_time(serial);
            serial->ask_ms = FP_TIMEOUT_MS_MIN;
        }
    } else if (since >= serial->ask_ms) {
        ask_time(serial);
        serial->ask_ms = serial->ask_ms > FP_TIMEOUT_MS_MAX / 2 ? FP_TIMEOUT_MS_MAX : serial->ask_ms * 2;
    }
}

void fp_serial_clock(fp_serial *serial, uint32_t now_ms)
{
    serial->now_ms = now_ms;
    fp_node_tick(serial->node, now_ms);
}

void fp_serial_tick(fp_serial *serial, uint32_t now_ms)
{
    fp_serial_clock(serial, now_ms);
    if (serial->node->state != FP_READY)
        return;
    tick_time(serial);
    fp_window_pump(&serial->window, serial->port, now_ms);
    if (serial->window.asleep && !serial->was_asleep)
        tell(serial, FP_EVENT_KEPT, NULL);
    serial->was_asleep = serial->window.asleep;
}

int fp_serial_is_ready(const fp_serial *serial)
{
    const fp_node *node = serial->node;
    return fp_node_is_pinned(node) && fp_node_time(node) != 0 && !fp_node_is_rotating(node)
        && serial->window.used < serial->window.slots;
}

int fp_serial_send(fp_serial *serial, const fp_value *values, size_t count)
{
    size_t room, length;
    uint8_t *place = fp_window_place(&serial->window, &room);
    if (place == NULL)
        return 0;
    length = fp_node_reading(serial->node, place, room, values, count);
    if (length == 0)
        return 0;
    fp_window_add(&serial->window, FP_KIND_RD, length);
    return 1;
}

int fp_serial_rotate(fp_serial *serial, const uint8_t seed[FP_SEED_BYTES])
{
    size_t room;
    if (fp_window_place(&serial->window, &room) == NULL || !fp_node_rotate(serial->node, seed))
        return 0;
    if (add_rotation(serial))
        return 1;
    (void)fp_node_rotated(serial->node, 0);
    return 0;
}

int fp_serial_revoke(fp_serial *serial)
{
    size_t room, length;
    uint8_t *place = fp_window_place(&serial->window, &room);
    if (place == NULL)
        return 0;
    length = fp_node_revocation(serial->node, place, room);
    if (length == 0)
        return 0;
    fp_window_add(&serial->window, FP_KIND_RV, length);
    return 1;
}
