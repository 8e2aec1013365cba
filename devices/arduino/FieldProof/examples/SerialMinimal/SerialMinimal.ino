/*
 * The least that a board on a cable has to do: one value, here of an analog pin. Works on boards with
 * an EEPROM or an ESP32's NVS; see PicoTemperature for the Pico.
 *
 * 1. Flash it. 2. Plug it into the gateway's machine. 3. Run `fieldproof provision`.
 */
#include <FieldProof.h>
#include <fp_entropy.h>

#if defined(ESP32)
#include <fp_ed25519_sodium.h>
#include <fp_storage_esp32.h>
static const fp_crypto &crypto = fp_ed25519_sodium;
static FieldProofNvs storage("record");
#elif defined(__AVR__)
#include <fp_ed25519_rweather.h>
#include <fp_storage_eeprom.h>
static const fp_crypto &crypto = fp_ed25519_rweather;
static FieldProofEeprom storage(0, 4);
#else
#include <fp_ed25519_ref10.h>
#include <fp_storage_file.h>
static const fp_crypto &crypto = fp_ed25519_ref10;
static FieldProofFile storage("/fieldproof");
#endif

static const uint8_t metrics[] = { FP_BATTERY };
static const fp_about about = { "SerialMinimal", "fieldproof-serial", "0.1.0", metrics, 1, "", "" };
static FieldProofBoard<4, 360> board;

void setup()
{
    Serial.begin(115200);
    board.setEntropy(fp_board_entropy);
    board.begin(Serial, crypto, storage, about);
}

void loop()
{
    board.loop();
    if (!board.isDue(60))
        return;
    /* Half of the battery's voltage, by two equal resistors, in hundredths of a volt. */
    int32_t hundredths = analogRead(A0) * 2L * 500 / 1023;
    board.add(FP_BATTERY, hundredths, -2);
    board.send();
}
