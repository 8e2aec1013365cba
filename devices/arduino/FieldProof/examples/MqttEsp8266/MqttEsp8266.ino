/*
 * An ESP8266 with a DHT22 on GPIO 4, over Wi-Fi and MQTT. Without TLS: for a trusted network only, see README.
 *
 * Give the board its key, Wi-Fi and broker with the sketch Provision first. Needs "MQTT" by Joel
 * Gaehwiler (it publishes with QoS 1), "DHT sensor library" and rweather's "Crypto" from the Library Manager.
 */
#include <ESP8266WiFi.h>
#include <DHT.h>
#include <FieldProofMqtt.h>
#include <fp_ed25519_rweather.h>
#include <fp_storage_file.h>

static const uint8_t metrics[] = { FP_TEMPERATURE, FP_HUMIDITY };
static const fp_about about = { "MqttEsp8266", "fieldproof-mqtt", "0.1.0", metrics, sizeof metrics, "", "" };
static const fp_crypto &crypto = fp_ed25519_rweather;
static FieldProofFile storage("/fieldproof");
static FieldProofFile settingsStorage("/settings");
static DHT dht(4, DHT22);

static fp_value valueOf(fp_metric metric, float value, int64_t time)
{
    fp_value of = { static_cast<uint8_t>(metric), -1, lroundf(value * 10), time };
    return of;
}

static void beginSensor()
{
    dht.begin();
}

static size_t measured(fp_value *values, int64_t time)
{
    float temperature = dht.readTemperature(), humidity = dht.readHumidity();
    if (isnan(temperature) || isnan(humidity))
        return 0;
    values[0] = valueOf(FP_TEMPERATURE, temperature, time);
    values[1] = valueOf(FP_HUMIDITY, humidity, time);
    return 2;
}

static fp_value values[sizeof metrics];
static FieldProofMqtt device(crypto, about, storage, settingsStorage, values, measured);

static WiFiClient plain;

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
    device.connect(plain);
}

void loop()
{
    device.loop();
}
