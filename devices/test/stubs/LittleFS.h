#include <Arduino.h>

class File {
public:
    operator bool() const;
    int read(uint8_t *bytes, size_t length);
    size_t write(const uint8_t *bytes, size_t length);
    void close();
};

struct FS {
    bool begin();
    bool exists(const char *path);
    File open(const char *path, const char *mode);
    File open(const String &path, const char *mode);
    bool rename(const String &from, const String &to);
    bool format();
};
extern FS LittleFS;
