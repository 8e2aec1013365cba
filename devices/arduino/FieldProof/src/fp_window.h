/**
 * Messages on their way: kept in the caller's memory until they are answered, at most 4 at once on
 * the line, sent again after 500 ms doubling to 8 s, 5 times in all; then kept until the gateway
 * asks who is there.
 */
#ifndef FP_WINDOW_H
#define FP_WINDOW_H

#include "fp_sentence.h"
#include "fp_tables.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FP_WINDOW 4
#define FP_TRIES 5
#define FP_TIMEOUT_MS_MIN 500u
#define FP_TIMEOUT_MS_MAX 8000u
/** Memory that a message takes beside its bytes. */
#define FP_SLOT_OVERHEAD 3
/** Memory for `count` messages of at most `bytes` each. */
#define FP_OUTBOX_BYTES(count, bytes) ((count) * ((bytes) + FP_SLOT_OVERHEAD))

typedef enum fp_kind { FP_KIND_NONE = 0, FP_KIND_RD, FP_KIND_RO, FP_KIND_RV } fp_kind;

typedef struct fp_flight {
    uint16_t slot;
    uint8_t line;
    /** 0: not in use. */
    uint8_t tries;
    uint32_t sent_ms;
    uint32_t wait_ms;
} fp_flight;

typedef struct fp_window {
    uint8_t *memory;
    uint16_t slots;
    uint16_t slot_bytes;
    /** Oldest kept message, and how many slots from it are in use. */
    uint16_t first;
    uint16_t used;
    uint8_t next_line;
    /** Gave up; waits for `$FPID?`. */
    uint8_t asleep;
    fp_flight flight[FP_WINDOW];
} fp_window;

/** 0 where the memory does not hold one message of this size. */
int fp_window_begin(fp_window *window, uint8_t *memory, size_t bytes, size_t message_bytes);

/** Memory for the next message, `*room` bytes of it; NULL where all is in use. */
uint8_t *fp_window_place(fp_window *window, size_t *room);
/** Keeps the message that was put there. */
void fp_window_add(fp_window *window, fp_kind kind, size_t length);

/** Sends what may be sent now, and again what was not answered. */
void fp_window_pump(fp_window *window, const fp_port *port, uint32_t now_ms);

/** `$FPAK`: kind of the message that is done, FP_KIND_NONE where the line is not known. */
fp_kind fp_window_accepted(fp_window *window, unsigned line);

/** `$FPNK`: kind of the message that is dropped; FP_KIND_NONE where it goes out again. */
fp_kind fp_window_refused(fp_window *window, unsigned line, const char *reason, uint32_t now_ms);

/** `$FPID?`: all that is kept goes out again. */
void fp_window_wake(fp_window *window);

/** 1 where the message is sent again after this reason. */
int fp_is_retried(const char *reason);

#ifdef __cplusplus
}
#endif
#endif
