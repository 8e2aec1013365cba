/**
 * The serial port of an AVR for a board that is busy for seconds: each millisecond a timer's
 * interrupt takes what has come out of the core's buffer of 64 bytes, so that no line is lost while
 * the board signs or verifies. The timer is that of `millis`, with its compare channel A: PWM on
 * that pin (13 of a Mega) is not to be used besides. Include it in one file of a sketch.
 *
 *   static FieldProofSerial port;
 *   port.begin(115200);
 *   board.begin(port, ...);
 */
#ifndef FP_SERIAL_AVR_H
#define FP_SERIAL_AVR_H

#include <Arduino.h>
#include <util/atomic.h>

/** As many bytes as a gateway may send during one verification: two downlinks and some answers. */
#ifndef FP_SERIAL_AVR_BYTES
#define FP_SERIAL_AVR_BYTES 512
#endif

static uint8_t fp_came[FP_SERIAL_AVR_BYTES];
static volatile uint16_t fp_came_first, fp_came_count;

/* The line's own interrupt must not wait for this one. */
ISR(TIMER0_COMPA_vect, ISR_NOBLOCK)
{
    while (fp_came_count < FP_SERIAL_AVR_BYTES && Serial.available() > 0) {
        fp_came[(fp_came_first + fp_came_count) % FP_SERIAL_AVR_BYTES]
            = static_cast<uint8_t>(Serial.read());
        fp_came_count++;
    }
}

class FieldProofSerial : public Stream {
public:
    void begin(unsigned long baud)
    {
        Serial.begin(baud);
        OCR0A = 128;
        TIMSK0 |= _BV(OCIE0A);
    }

    int available() override
    {
        uint16_t count;
        ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
        {
            count = fp_came_count;
        }
        return static_cast<int>(count);
    }

    int peek() override { return available() > 0 ? fp_came[fp_came_first] : -1; }

    int read() override
    {
        int byte = peek();
        if (byte < 0)
            return -1;
        ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
        {
            fp_came_first = (fp_came_first + 1) % FP_SERIAL_AVR_BYTES;
            fp_came_count--;
        }
        return byte;
    }

    size_t write(uint8_t byte) override { return Serial.write(byte); }
    using Print::write;
};

#endif
