/*
 * Gives a board its key, and Wi-Fi and broker for MqttEsp32 or MqttEsp8266, by the cable. Flash it,
 * run `fieldproof provision`, then flash the sketch that measures: the record stays. Holding the BOOT
 * button (GPIO 0) for three seconds lets settings be changed later; ten seconds wipe the board.
 */
#include <FieldProof.h>
#include <fp_entropy.h>

#if defined(ESP32)
#include <fp_ed25519_sodium.h>
#include <fp_storage_esp32.h>
static const fp_crypto &crypto = fp_ed25519_sodium;
static FieldProofNvs storage("record");
static FieldProofNvs settings("settings");
#else
#include <fp_ed25519_rweather.h>
#include <fp_storage_file.h>
static const fp_crypto &crypto = fp_ed25519_rweather;
static FieldProofFile storage("/fieldproof");
static FieldProofFile settings("/settings");
#endif

static const uint8_t button = 0;
static const uint8_t metrics[] = { FP_TEMPERATURE, FP_HUMIDITY, FP_PRESSURE };
static const fp_about about = { "Provision", "fieldproof-provision", "0.1.0", metrics, 3, "", "" };
static FieldProofBoard<2, 400> board;
static uint32_t pressedMs;
static bool isPressed;

void setup()
{
    pinMode(button, INPUT_PULLUP);
    Serial.begin(115200);
    board.setEntropy(fp_board_entropy);
    board.setSettingsStorage(settings);
    board.begin(Serial, crypto, storage, about);
}

void loop()
{
    board.loop();
    bool isDown = digitalRead(button) == LOW;
    if (isDown && !isPressed)
        pressedMs = millis();
    if (!isDown && isPressed) {
        uint32_t heldMs = millis() - pressedMs;
        if (heldMs >= 10000)
            board.wipe();
        else if (heldMs >= 3000)
            board.openForSettings();
    }
    isPressed = isDown;
}
