/**
 * The record in the ESP32's NVS, as one blob: NVS writes a new entry before it drops the old one.
 *
 *   static FieldProofNvs storage("record");
 */
#ifndef FP_STORAGE_ESP32_H
#define FP_STORAGE_ESP32_H

#include <Preferences.h>

#include "fp_storage.h"

class FieldProofNvs : public fp_storage {
public:
    explicit FieldProofNvs(const char *key) : _key(key)
    {
        load = loadBlob;
        save = saveBlob;
        wipe = wipeBlob;
        context = this;
    }

private:
    static int loadBlob(void *context, uint8_t record[FP_RECORD_BYTES])
    {
        const char *key = static_cast<FieldProofNvs *>(context)->_key;
        Preferences nvs;
        // Opened for writing: only then is a missing namespace told from a broken partition.
        if (!nvs.begin("fieldproof", false))
            return -1;
        if (!nvs.isKey(key))
            return 0;
        return nvs.getBytes(key, record, FP_RECORD_BYTES) == FP_RECORD_BYTES ? 1 : -1;
    }

    static int saveBlob(void *context, const uint8_t record[FP_RECORD_BYTES])
    {
        Preferences nvs;
        return nvs.begin("fieldproof", false)
            && nvs.putBytes(static_cast<FieldProofNvs *>(context)->_key, record, FP_RECORD_BYTES)
            == FP_RECORD_BYTES;
    }

    static int wipeBlob(void *context)
    {
        const char *key = static_cast<FieldProofNvs *>(context)->_key;
        Preferences nvs;
        if (!nvs.begin("fieldproof", false))
            return 0;
        return !nvs.isKey(key) || nvs.remove(key);
    }

    const char *_key;
};

#endif
