#include <Arduino.h>

class Adafruit_BME280 {
public:
    bool begin(uint8_t address);
    float readTemperature();
    float readHumidity();
    float readPressure();
};
