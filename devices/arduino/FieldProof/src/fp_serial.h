/**
 * A board on a serial line: hello, time, enrolment, configuration, receipts, and messages that are
 * repeated until they are answered. Bytes go in by `fp_serial_receive`, time by `fp_serial_tick`.
 */
#ifndef FP_SERIAL_H
#define FP_SERIAL_H

#include "fp_node.h"
#include "fp_provision.h"
#include "fp_reader.h"
#include "fp_window.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum fp_event {
    FP_EVENT_TIME,        /* the time is known */
    FP_EVENT_ENROLLING,   /* text: the code to compare */
    FP_EVENT_CONFIGURED,  /* interval or records changed */
    FP_EVENT_ACCEPTED,    /* a reading is on the gateway's disk */
    FP_EVENT_REFUSED,     /* text: why a message was dropped */
    FP_EVENT_KEPT,        /* no answer: messages are kept until the gateway asks */
    FP_EVENT_ROTATED,     /* the new key is in use */
    FP_EVENT_REVOKED,     /* the gateway knows that this device is out */
    FP_EVENT_PROVISIONED, /* the board has a key now */
    FP_EVENT_SETTINGS     /* Wi-Fi and broker settings were saved */
} fp_event;

/** What a board may want to know; each may be NULL. */
typedef struct fp_listener {
    void (*event)(void *context, fp_event event, const char *text);
    void (*receipt)(void *context, const fp_receipt *receipt);
    void *context;
} fp_listener;

typedef struct fp_serial {
    fp_node *node;
    const fp_port *port;
    fp_listener listener;
    fp_provision *provision;
    fp_reader reader;
    fp_window window;
    uint32_t now_ms;
    uint32_t asked_ms;
    /** Wait before the next time query; 0: none is due. */
    uint32_t ask_ms;
    uint8_t was_asleep;
} fp_serial;

/** Time is asked for again after this, for clocks that drift. */
#define FP_RESYNC_MS 21600000uL

/** Memory of a serial board; all of it must outlive it. */
typedef struct fp_serial_memory {
    char *line;
    size_t line_bytes;
    uint8_t *outbox;
    size_t outbox_bytes;
    /**
     * Longest message: 200 for one value, about 25 more for each other. A change of key takes 300, a
     * proof of the key with owner and cell 330: with less, a provisioned board cannot enrol.
     */
    size_t message_bytes;
} fp_serial_memory;

/**
 * Says hello. `node` was begun before; `provision` NULL where the board takes no key by cable.
 * 0 where the memory does not do.
 */
int fp_serial_begin(fp_serial *serial, fp_node *node, const fp_port *port,
                    const fp_serial_memory *memory, const fp_listener *listener,
                    fp_provision *provision, uint32_t now_ms);

/**
 * Says what time it is, and does nothing yet. A board that takes seconds to verify calls it before each
 * byte: what a line leads to is then timed from the line on.
 */
void fp_serial_clock(fp_serial *serial, uint32_t now_ms);

/** Takes bytes of the port. */
void fp_serial_receive(fp_serial *serial, const uint8_t *bytes, size_t length);

/** Does what is due; called often. */
void fp_serial_tick(fp_serial *serial, uint32_t now_ms);

/** 1 where a reading can be made now: key, time and room. */
int fp_serial_is_ready(const fp_serial *serial);

/**
 * Signs a reading and keeps it until it is answered; 0 where that is not possible now. It goes out at
 * the next tick, so that the time to sign it is not taken for a missing answer.
 */
int fp_serial_send(fp_serial *serial, const fp_value *values, size_t count);

/** Changes to the key of this seed; until that is answered nothing else is sent. */
int fp_serial_rotate(fp_serial *serial, const uint8_t seed[FP_SEED_BYTES]);

/** Takes the device out for ever. */
int fp_serial_revoke(fp_serial *serial);

#ifdef __cplusplus
}
#endif
#endif
