/*
 * Declarations of Arduino's core and of the libraries that the examples name, as far as these use
 * them: enough to compile each example on a machine that has none of them. Nothing is ever linked.
 */
#ifndef STUB_ARDUINO_H
#define STUB_ARDUINO_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LOW 0
#define INPUT_PULLUP 2
#define A0 14

uint32_t millis();
uint32_t micros();
void delay(uint32_t ms);
int analogRead(uint8_t pin);
float analogReadTemp();
int digitalRead(uint8_t pin);
void pinMode(uint8_t pin, uint8_t mode);

class String {
public:
    String(const char *text = "");
    const char *c_str() const;
    int indexOf(const char *text) const;
    int lastIndexOf(char c) const;
    bool startsWith(const char *text) const;
    String substring(int from) const;
    String substring(int from, int to) const;
    long toInt() const;
};
String operator+(const String &a, const char *b);

class Stream {
public:
    virtual int available() = 0;
    virtual int read() = 0;
    virtual size_t write(const uint8_t *bytes, size_t length) = 0;
};

class HardwareSerial : public Stream {
public:
    void begin(unsigned long baud);
    void println(const char *text);
    int available() override;
    int read() override;
    size_t write(const uint8_t *bytes, size_t length) override;
};
extern HardwareSerial Serial;

struct EspClass {
    uint8_t *random(uint8_t *out, size_t length);
};
extern EspClass ESP;

#endif
