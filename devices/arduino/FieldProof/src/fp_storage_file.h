/**
 * The record as a file of LittleFS, for ESP8266 and the Pico: written beside the old one, then
 * renamed over it, which LittleFS does as one step. Choose a flash layout with a file system.
 *
 *   static FieldProofFile storage("/fieldproof");
 */
#ifndef FP_STORAGE_FILE_H
#define FP_STORAGE_FILE_H

#include <LittleFS.h>

#include "fp_storage.h"

class FieldProofFile : public fp_storage {
public:
    explicit FieldProofFile(const char *path) : _path(path), _mounted(false)
    {
        load = loadFile;
        save = saveFile;
        wipe = wipeFile;
        context = this;
    }

private:
    bool mount()
    {
        if (!_mounted)
            _mounted = LittleFS.begin();
        return _mounted;
    }

    static int loadFile(void *context, uint8_t record[FP_RECORD_BYTES])
    {
        FieldProofFile *self = static_cast<FieldProofFile *>(context);
        if (!self->mount())
            return -1;
        if (!LittleFS.exists(self->_path))
            return 0;
        File file = LittleFS.open(self->_path, "r");
        if (!file)
            return -1;
        int length = file.read(record, FP_RECORD_BYTES);
        file.close();
        return length == FP_RECORD_BYTES ? 1 : -1;
    }

    static int saveFile(void *context, const uint8_t record[FP_RECORD_BYTES])
    {
        FieldProofFile *self = static_cast<FieldProofFile *>(context);
        String beside = String(self->_path) + ".new";
        if (!self->mount())
            return 0;
        File file = LittleFS.open(beside, "w");
        if (!file)
            return 0;
        size_t length = file.write(record, FP_RECORD_BYTES);
        file.close();
        return length == FP_RECORD_BYTES && LittleFS.rename(beside, self->_path);
    }

    /* The file system keeps old blocks until it needs them, so all of it goes. */
    static int wipeFile(void *context)
    {
        FieldProofFile *self = static_cast<FieldProofFile *>(context);
        self->_mounted = false;
        return LittleFS.format();
    }

    const char *_path;
    bool _mounted;
};

#endif
