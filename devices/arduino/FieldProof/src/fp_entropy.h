/**
 * Noise of the board for its key: 32 bytes, which the library hashes with 32 of the host. Pass
 * `fp_board_entropy` to `setEntropy`.
 */
#ifndef FP_ENTROPY_H
#define FP_ENTROPY_H

#include <Arduino.h>

#include "fp_provision.h"
#include "fp_sha256.h"

#if defined(ESP32)

#include <bootloader_random.h>
#include <esp_random.h>

/* Without radio the generator is fed by the bootloader's source. */
static int fp_board_entropy(void *, uint8_t out[FP_ENTROPY_BYTES])
{
    bootloader_random_enable();
    esp_fill_random(out, FP_ENTROPY_BYTES);
    bootloader_random_disable();
    return 1;
}

#elif defined(ESP8266)

static int fp_board_entropy(void *, uint8_t out[FP_ENTROPY_BYTES])
{
    return ESP.random(out, FP_ENTROPY_BYTES) != nullptr;
}

#elif defined(ARDUINO_ARCH_RP2040)

#include <pico/rand.h>

/* The ring oscillator, timers and the bus counters, mixed by the SDK. */
static int fp_board_entropy(void *, uint8_t out[FP_ENTROPY_BYTES])
{
    for (size_t at = 0; at < FP_ENTROPY_BYTES; at += 8)
        fp_put_be(out + at, get_rand_64(), 8);
    return 1;
}

#elif defined(__AVR__)

#include <avr/interrupt.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

static volatile uint8_t fp_wdt_fired;

ISR(WDT_vect)
{
    fp_wdt_fired = 1;
}

/*
 * The watchdog has an oscillator of its own; against the crystal it jitters by some ticks. 512 of its
 * ticks of 16 ms, with the fast timer read at each, are hashed: about 8 s, once in a board's life.
 */
static int fp_board_entropy(void *, uint8_t out[FP_ENTROPY_BYTES])
{
    fp_sha256 hash;
    fp_sha256_begin(&hash);
    cli();
    wdt_reset();
    WDTCSR = _BV(WDCE) | _BV(WDE);
    WDTCSR = _BV(WDIE);
    sei();
    for (uint16_t i = 0; i < 512; i++) {
        uint32_t seen;
        fp_wdt_fired = 0;
        while (!fp_wdt_fired)
            sleep_mode();
        seen = micros() ^ (static_cast<uint32_t>(TCNT0) << 24);
        fp_sha256_add(&hash, &seen, sizeof seen);
    }
    wdt_disable();
    fp_sha256_end(&hash, out);
    return 1;
}

#else
#error "no source of noise is known for this board: pass one of your own to setEntropy"
#endif

#endif
