#ifndef STUB_WIFI_H
#define STUB_WIFI_H

#include <Arduino.h>

#define WL_CONNECTED 3
#define WIFI_STA 1

class Client {
public:
    virtual ~Client();
};

class WiFiClient : public Client {};

struct WiFiClass {
    int status();
    void mode(int mode);
    void begin(const char *ssid, const char *password);
};
extern WiFiClass WiFi;

#endif
