/** Received bytes between the interrupt that puts them in and the program that takes them out. */
#ifndef RING_H
#define RING_H

#include <stdint.h>

/**
 * A signature keeps the program away for 45 ms, in which 518 bytes come at 115200 Bd; while it runs
 * the gateway has at most the answers to four readings and one downlink to send.
 */
#define RING_BYTES 1024u

typedef struct ring {
    volatile uint32_t in, out;
    uint8_t bytes[RING_BYTES];
} ring;

/** From the interrupt. A byte without room is lost: its line's CRC will say so. */
static inline void ring_put(ring *r, uint8_t byte)
{
    if (r->in - r->out == RING_BYTES)
        return;
    r->bytes[r->in % RING_BYTES] = byte;
    r->in++;
}

/** From the program: the oldest byte, or -1. */
static inline int ring_take(ring *r)
{
    if (r->in == r->out)
        return -1;
    uint8_t byte = r->bytes[r->out % RING_BYTES];
    r->out++;
    return byte;
}

#endif
