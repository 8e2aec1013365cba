#include "fp_window.h"

#include <string.h>

FP_STATIC_ASSERT(FP_WINDOW <= 255, a_line_number_is_free);

/* A slot: kind, length (2), message. */
static uint8_t *slot_at(const fp_window *window, uint16_t slot)
{
    return window->memory + (size_t)slot * window->slot_bytes;
}

static uint16_t slot_after(const fp_window *window, uint16_t slot, uint16_t count)
{
    return (uint16_t)(((uint32_t)slot + count) % window->slots);
}

int fp_window_begin(fp_window *window, uint8_t *memory, size_t bytes, size_t message_bytes)
{
    size_t slot_bytes = message_bytes + FP_SLOT_OVERHEAD;
    memset(window, 0, sizeof *window);
    window->memory = memory;
    if (message_bytes > FP_SERIAL_MESSAGE_BYTES_MAX)
        return 0;
    window->slot_bytes = (uint16_t)slot_bytes;
    window->slots = (uint16_t)(bytes / slot_bytes > 0xffff ? 0xffff : bytes / slot_bytes);
    return window->slots > 0;
}

uint8_t *fp_window_place(fp_window *window, size_t *room)
{
    *room = 0;
    if (window->used == window->slots)
        return NULL;
    *room = (size_t)window->slot_bytes - FP_SLOT_OVERHEAD;
    return slot_at(window, slot_after(window, window->first, window->used)) + FP_SLOT_OVERHEAD;
}

void fp_window_add(fp_window *window, fp_kind kind, size_t length)
{
    uint8_t *slot = slot_at(window, slot_after(window, window->first, window->used));
    slot[0] = (uint8_t)kind;
    fp_put_be(slot + 1, length, 2);
    window->used++;
}

static int is_flying(const fp_window *window, uint16_t slot)
{
    for (int i = 0; i < FP_WINDOW; i++)
        if (window->flight[i].tries > 0 && window->flight[i].slot == slot)
            return 1;
    return 0;
}

/* The oldest kept message that is not on its way; `slots` where there is none. */
static uint16_t next_waiting(const fp_window *window)
{
    for (uint16_t i = 0; i < window->used; i++) {
        uint16_t slot = slot_after(window, window->first, i);
        if (slot_at(window, slot)[0] != FP_KIND_NONE && !is_flying(window, slot))
            return slot;
    }
    return window->slots;
}

static int is_line_in_use(const fp_window *window, uint8_t line)
{
    for (int i = 0; i < FP_WINDOW; i++)
        if (window->flight[i].tries > 0 && window->flight[i].line == line)
            return 1;
    return 0;
}

static void transmit(fp_flight *flight, const fp_window *window, const fp_port *port, uint32_t now_ms)
{
    static const char types[][3] = { "RD", "RO", "RV" };
    const uint8_t *slot = slot_at(window, flight->slot);
    fp_sentence sentence;
    flight->wait_ms = flight->tries == 0 ? FP_TIMEOUT_MS_MIN
        : flight->wait_ms > FP_TIMEOUT_MS_MAX / 2 ? FP_TIMEOUT_MS_MAX
                                                  : flight->wait_ms * 2;
    flight->tries++;
    flight->sent_ms = now_ms;
    fp_sentence_begin(&sentence, port, types[slot[0] - FP_KIND_RD]);
    fp_sentence_number(&sentence, flight->line);
    fp_sentence_bytes(&sentence, slot + FP_SLOT_OVERHEAD, (size_t)fp_get_be(slot + 1, 2));
    fp_sentence_end(&sentence);
}

static void fall_asleep(fp_window *window)
{
    for (int i = 0; i < FP_WINDOW; i++)
        window->flight[i].tries = 0;
    window->asleep = 1;
}

void fp_window_pump(fp_window *window, const fp_port *port, uint32_t now_ms)
{
    for (int i = 0; i < FP_WINDOW && !window->asleep; i++) {
        fp_flight *flight = &window->flight[i];
        if (flight->tries > 0 && (uint32_t)(now_ms - flight->sent_ms) < flight->wait_ms)
            continue;
        if (flight->tries == FP_TRIES) {
            fall_asleep(window);
            return;
        }
        if (flight->tries == 0) {
            uint16_t slot = next_waiting(window);
            if (slot == window->slots)
                continue;
            while (is_line_in_use(window, window->next_line))
                window->next_line++;
            flight->slot = slot;
            flight->line = window->next_line++;
        }
        transmit(flight, window, port, now_ms);
    }
}

static fp_flight *flight_of(fp_window *window, unsigned line)
{
    for (int i = 0; i < FP_WINDOW; i++)
        if (window->flight[i].tries > 0 && window->flight[i].line == line)
            return &window->flight[i];
    return NULL;
}

/* Forgets the message of a flight, and frees the slots up to the oldest one that is still kept. */
static fp_kind land(fp_window *window, fp_flight *flight)
{
    uint8_t *slot = slot_at(window, flight->slot);
    fp_kind kind = (fp_kind)slot[0];
    slot[0] = FP_KIND_NONE;
    flight->tries = 0;
    while (window->used > 0 && slot_at(window, window->first)[0] == FP_KIND_NONE) {
        window->first = slot_after(window, window->first, 1);
        window->used--;
    }
    return kind;
}

fp_kind fp_window_accepted(fp_window *window, unsigned line)
{
    fp_flight *flight = flight_of(window, line);
    return flight == NULL ? FP_KIND_NONE : land(window, flight);
}

int fp_is_retried(const char *reason)
{
    static const struct {
        const char *code;
        uint8_t retried;
    } reasons[] = {
#define REASON_ROW(code, retry) { code, retry },
        FP_REASONS(REASON_ROW)
#undef REASON_ROW
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (strcmp(reason, reasons[i].code) == 0)
            return reasons[i].retried;
    return 0;
}

fp_kind fp_window_refused(fp_window *window, unsigned line, const char *reason, uint32_t now_ms)
{
    fp_flight *flight = flight_of(window, line);
    if (flight == NULL)
        return FP_KIND_NONE;
    if (!fp_is_retried(reason))
        return land(window, flight);
    /* Damaged on the way: at once again. Overloaded: not before its time is up. */
    if (strcmp(reason, "overloaded") != 0)
        flight->sent_ms = now_ms - flight->wait_ms;
    return FP_KIND_NONE;
}

void fp_window_wake(fp_window *window)
{
    for (int i = 0; i < FP_WINDOW; i++)
        window->flight[i].tries = 0;
    window->asleep = 0;
}
