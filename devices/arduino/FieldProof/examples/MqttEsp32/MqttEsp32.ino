/*
 * An ESP32 with a BME280 (I2C), over Wi-Fi and MQTT; with TLS where the broker's address is mqtts://.
 *
 * Give the board its key, Wi-Fi and broker with the sketch Provision first. Needs "MQTT" by Joel
 * Gaehwiler (it publishes with QoS 1), "Adafruit BME280 Library" from the Library Manager.
 */
#include <WiFi.h>
#include <WiFiClientSecure.h>
#include <Adafruit_BME280.h>
#include <FieldProofMqtt.h>
#include <fp_ed25519_sodium.h>
#include <fp_storage_esp32.h>

static const uint8_t metrics[] = { FP_TEMPERATURE, FP_HUMIDITY, FP_PRESSURE };
static const fp_about about = { "MqttEsp32", "fieldproof-mqtt", "0.1.0", metrics, sizeof metrics, "", "" };
static const fp_crypto &crypto = fp_ed25519_sodium;
static FieldProofNvs storage("record");
static FieldProofNvs settingsStorage("settings");
static Adafruit_BME280 bme;

/* The certificate of the authority that signed the broker's, in PEM; needed for mqtts:// only. */
static const char authority[] = "";

static fp_value valueOf(fp_metric metric, float value, int64_t time)
{
    fp_value of = { static_cast<uint8_t>(metric), -1, lroundf(value * 10), time };
    return of;
}

static void beginSensor()
{
    if (!bme.begin(0x76))
        bme.begin(0x77);
}

static size_t measured(fp_value *values, int64_t time)
{
    values[0] = valueOf(FP_TEMPERATURE, bme.readTemperature(), time);
    values[1] = valueOf(FP_HUMIDITY, bme.readHumidity(), time);
    values[2] = valueOf(FP_PRESSURE, bme.readPressure(), time);
    return 3;
}

static fp_value values[sizeof metrics];
static FieldProofMqtt device(crypto, about, storage, settingsStorage, values, measured);

/* One client for each kind of broker; the certificate is checked against `authority`. */
static WiFiClient plain;
static WiFiClientSecure secure;

static Client &network()
{
    if (!device.wantsTls())
        return plain;
    secure.setCACert(authority);
    return secure;
}

void setup()
{
    Serial.begin(115200);
    if (!device.begin()) {
        Serial.println("no key or no settings yet: flash Provision, run fieldproof provision");
        while (true)
            delay(1000);
    }
    beginSensor();
    WiFi.mode(WIFI_STA);
    WiFi.begin(device.settings().ssid, device.settings().password);
    device.connect(network());
}

void loop()
{
    device.loop();
}
