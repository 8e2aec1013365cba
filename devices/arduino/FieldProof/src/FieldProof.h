/**
 * The library's face for sketches: a board on a serial cable. Pick an Ed25519 backend and a storage
 * for your board, see examples/.
 *
 *   #include <FieldProof.h>
 *   #include <fp_ed25519_ref10.h>
 *   #include <fp_storage_eeprom.h>
 */
#ifndef FIELDPROOF_H
#define FIELDPROOF_H

#include <Arduino.h>

#include "fp_mqtt.h"
#include "fp_serial.h"

/** What all boards share, whatever memory they have; use FieldProofBoard. */
class FieldProofBase {
public:
    /**
     * Says hello. FP_READY where the board has a key, FP_EMPTY where it waits for one: run
     * `fieldproof provision`. Otherwise the backend or the storage is at fault, and nothing is sent.
     */
    fp_state begin(Stream &stream, const fp_crypto &crypto, const fp_storage &storage,
                   const fp_about &about);

    /** Reads the port, repeats what was not answered. Call it often from `loop`. */
    void loop();

    /** Key, time and room are there: a reading can be sent. */
    bool isReady() const;

    /** True once per interval, which the operator may have set, while `isReady`. */
    bool isDue(uint32_t seconds = 60);

    /** Adds mantissa * 10^exponent to the next reading, as of now: 21.5 is 215, -1. */
    bool add(fp_metric metric, int32_t mantissa, int8_t exponent = 0);

    /** Adds a float rounded to so many decimals (0 to 4); false for NaN and what does not fit. */
    bool addFloat(fp_metric metric, float value, uint8_t decimals);

    /** Signs what was added and keeps it until it is answered. */
    bool send();

    /** Where the board makes its key from noise; call before `begin`. See fp_entropy.h. */
    void setEntropy(int (*entropy)(void *context, uint8_t out[FP_ENTROPY_BYTES]));

    /** Where Wi-Fi and broker are kept that come by the cable; call before `begin`. */
    void setSettingsStorage(const fp_storage &storage);

    /** The owner confirms, by a button for example: settings may be changed by the cable. */
    void openForSettings();

    /** Events and receipts; call before `begin`. */
    void listen(const fp_listener &listener);

    /** Wipes key and counter; the board then waits to be provisioned again. */
    bool wipe();

    /** Device id; "" before there is a key. */
    const char *id() const { return _node.device; }

    /** For all else that the core can do. */
    fp_node &node() { return _node; }
    fp_serial &serial() { return _serial; }

protected:
    FieldProofBase(const fp_serial_memory &memory, fp_value *values, size_t valuesMax);

private:
    static void write(void *context, const uint8_t *bytes, size_t length);

    fp_serial_memory _lent;
    fp_value *_values;
    size_t _valuesMax;
    size_t _count;
    Stream *_stream;
    fp_port _port;
    fp_node _node;
    fp_serial _serial;
    fp_provision _provision;
    fp_listener _listener;
    uint32_t _sentMs;
    bool _wasSent;
};

/**
 * A board with memory for `Messages` unanswered messages of at most `MessageBytes` bytes, and for
 * `Values` values in one message. Each value takes about 25 bytes, a message 100 besides; an
 * enrolment takes up to 330.
 */
template <size_t Messages = 6, size_t MessageBytes = 400, size_t Values = 8>
class FieldProofBoard : public FieldProofBase {
    static_assert(MessageBytes <= FP_SERIAL_MESSAGE_BYTES_MAX, "a serial line holds 755 bytes");
    static_assert(Values <= FP_RECORDS_MAX, "a message holds 64 values");

public:
    FieldProofBoard() : FieldProofBase(lent(_memory), _memory.values, Values) {}

private:
    struct Memory {
        char line[FP_LINE_BYTES];
        uint8_t outbox[FP_OUTBOX_BYTES(Messages, MessageBytes)];
        fp_value values[Values];
    };

    static fp_serial_memory lent(Memory &memory)
    {
        fp_serial_memory lent;
        lent.line = memory.line;
        lent.line_bytes = sizeof memory.line;
        lent.outbox = memory.outbox;
        lent.outbox_bytes = sizeof memory.outbox;
        lent.message_bytes = MessageBytes;
        return lent;
    }

    Memory _memory;
};

#endif
