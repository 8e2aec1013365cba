/*
 * An Arduino Mega 2560: 8 kB of RAM and a signature that takes a second. Needs tinyssh's sources in the
 * library (node devices/tools/tinyssh.mjs, on Debian), or rweather's "Crypto" from the Library Manager.
 * The value is the supply voltage, measured against the internal reference: nothing has to be wired.
 */
#include <FieldProof.h>
#include <avr/sleep.h>
#include <fp_ed25519_avr.h>
#include <fp_entropy.h>
#include <fp_serial_avr.h>
#include <fp_storage_eeprom.h>

static const uint8_t metrics[] = { FP_BATTERY };
static const fp_about about = { "Mega2560", "fieldproof-mega", "0.1.0", metrics, 1, "", "" };
/* All 4 kB of the EEPROM: the ring wears its cells evenly. */
static FieldProofEeprom storage(0, 16);
static FieldProofSerial port;
static FieldProofBoard<3, 360, 2> board;

/* Millivolts of the supply: the ratio of the 1.1 V reference to it. */
static int32_t supplyMillivolts()
{
    ADMUX = _BV(REFS0) | _BV(MUX4) | _BV(MUX3) | _BV(MUX2) | _BV(MUX1);
    delay(2);
    ADCSRA |= _BV(ADSC);
    while (ADCSRA & _BV(ADSC)) {
    }
    return 1100L * 1023 / ADC;
}

void setup()
{
    port.begin(115200);
    board.setEntropy(fp_board_entropy);
    board.begin(port, fp_ed25519_avr, storage, about);
}

void loop()
{
    board.loop();
    if (board.isDue(300)) {
        board.add(FP_BATTERY, supplyMillivolts(), -3);
        board.send();
    }
    /* Until the next interrupt, a millisecond at most. */
    sleep_mode();
}
