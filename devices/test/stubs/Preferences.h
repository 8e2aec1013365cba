#include <Arduino.h>

class Preferences {
public:
    bool begin(const char *name, bool readOnly);
    bool isKey(const char *key);
    size_t getBytes(const char *key, void *bytes, size_t length);
    size_t putBytes(const char *key, const void *bytes, size_t length);
    bool remove(const char *key);
};
