/*
 * Temperature and humidity of a DHT22 on pin 2, over the USB cable. Needs Adafruit's "DHT sensor
 * library" from the Library Manager.
 */
#include <DHT.h>
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

static DHT dht(2, DHT22);
static const uint8_t metrics[] = { FP_TEMPERATURE, FP_HUMIDITY };
static const fp_about about = { "DHT22", "fieldproof-dht22", "0.1.0", metrics, 2, "", "" };
static FieldProofBoard<4, 360> board;

void setup()
{
    Serial.begin(115200);
    dht.begin();
    board.setEntropy(fp_board_entropy);
    board.begin(Serial, crypto, storage, about);
}

void loop()
{
    board.loop();
    if (!board.isDue(60))
        return;
    /* A sensor that does not answer gives NaN, which is not added. */
    board.addFloat(FP_TEMPERATURE, dht.readTemperature(), 1);
    board.addFloat(FP_HUMIDITY, dht.readHumidity(), 1);
    board.send();
}
