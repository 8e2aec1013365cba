#include "WiFi.h"

class MQTTClient;
typedef void (*MQTTClientCallbackAdvanced)(MQTTClient *client, char topic[], char bytes[], int length);

/* 256dpi/arduino-mqtt 2.5. */
class MQTTClient {
public:
    explicit MQTTClient(int bytes);
    void begin(const char *host, int port, Client &client);
    void onMessageAdvanced(MQTTClientCallbackAdvanced callback);
    void setWill(const char topic[], const char payload[], bool retained, int qos);
    void clearWill();
    bool connect(const char id[], const char user[], const char password[]);
    bool publish(const char topic[], const char payload[], bool retained, int qos);
    bool publish(const char topic[], const char payload[], int length, bool retained, int qos);
    bool subscribe(const char topic[], int qos);
    bool loop();
    bool connected();
    bool disconnect();
};
