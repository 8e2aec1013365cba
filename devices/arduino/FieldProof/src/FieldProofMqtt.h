/**
 * A device over MQTT, for a sketch that includes it: logs in, enrols, asks for the time, and sends one
 * reading after the other, each until it is answered. Needs "MQTT" by Joel Gaehwiler, which publishes
 * with QoS 1. The sketch gives sensor, network and memory.
 *
 *   static fp_value values[sizeof metrics];
 *   static FieldProofMqtt device(crypto, about, storage, settingsStorage, values, measured);
 */
#ifndef FIELDPROOF_MQTT_H
#define FIELDPROOF_MQTT_H

#include <MQTT.h>

#include "FieldProof.h"

class FieldProofMqtt {
public:
    /** Fills `values` with what was measured at `time` (Unix s); says how many there are. */
    typedef size_t (*Measure)(fp_value *values, int64_t time);

    FieldProofMqtt(const fp_crypto &crypto, const fp_about &about, const fp_storage &storage,
                   const fp_storage &settingsStorage, fp_value *values, Measure measure)
        : _crypto(crypto), _about(about), _storage(storage), _settingsStorage(settingsStorage),
          _values(values), _measure(measure), _mqtt(1024)
    {
    }

    /** Reads key and settings; false where the sketch Provision and `fieldproof provision` were not there yet. */
    bool begin()
    {
        return fp_node_begin(&_node, &_crypto, &_storage, &_about) == FP_READY
               && fp_settings_load(&_settings, &_settingsStorage);
    }

    const fp_settings &settings() const
    {
        return _settings;
    }

    bool wantsTls() const
    {
        return strncmp(_settings.broker, "mqtts", 5) == 0;
    }

    /** Goes on over this network, once Wi-Fi was begun. There is one such device in a sketch. */
    void connect(Client &network)
    {
        int port;
        if (!broker(_host, port))
            return;
        self() = this;
        _mqtt.begin(_host.c_str(), port, network);
        _mqtt.onMessageAdvanced(received);
        _isMember = fp_node_is_pinned(&_node);
        _triedMs = millis() - 5000;
    }

    /** To be called again and again. */
    void loop()
    {
        fp_node_tick(&_node, millis());
        _mqtt.loop();
        if (!_mqtt.connected()) {
            login();
            return;
        }
        if (!_isMember)
            return;
        if (fp_node_time(&_node) == 0) {
            if (millis() - _askedMs > 8000)
                askTime();
            return;
        }
        uint32_t interval = fp_node_interval(&_node, 60) * 1000UL;
        if (_messageLength == 0 && (_messageSeq == 0 || millis() - _measuredMs >= interval))
            take();
        if (_messageLength > 0 && millis() - _sentMs >= 8000) {
            publish("up/rd", _message, _messageLength);
            _sentMs = millis();
        }
    }

private:
    /* The MQTT library's callback is a plain function. */
    static FieldProofMqtt *&self()
    {
        static FieldProofMqtt *one = nullptr;
        return one;
    }

    /* mqtt://host:port or mqtts://host:port, as `fieldproof provision` wrote it. */
    bool broker(String &host, int &port) const
    {
        String text(_settings.broker);
        int from = text.indexOf("://") + 3;
        int colon = text.lastIndexOf(':');
        host = colon > from ? text.substring(from, colon) : text.substring(from);
        port = colon > from ? text.substring(colon + 1).toInt() : wantsTls() ? 8883 : 1883;
        return from > 3;
    }

    void publish(const char *leaf, const uint8_t *bytes, size_t length)
    {
        char topic[FP_TOPIC_BYTES];
        if (fp_mqtt_topic(topic, sizeof topic, &_node, leaf) > 0)
            _mqtt.publish(topic, reinterpret_cast<const char *>(bytes), static_cast<int>(length), false, 1);
    }

    void askTime()
    {
        uint8_t nonce[FP_TIME_NONCE_BYTES];
        fp_node_ask_time(&_node, nonce);
        publish("up/tq", nonce, sizeof nonce);
        _askedMs = millis();
    }

    static bool endsWith(const char *topic, const char *leaf)
    {
        size_t length = strlen(topic), end = strlen(leaf);
        return length >= end && strcmp(topic + length - end, leaf) == 0;
    }

    void answered(const char *json, size_t length)
    {
        uint64_t seq;
        fp_verdict verdict = fp_mqtt_answer(json, length, &seq);
        if (seq == _messageSeq && (verdict == FP_VERDICT_ACCEPTED || verdict == FP_VERDICT_DROPPED))
            _messageLength = 0;
    }

    /* The gateway's word on the enrolment. The first one names its key, which the board then obeys. */
    void enrolled(const char *json, size_t length)
    {
        uint8_t key[FP_KEY_BYTES];
        fp_membership state = fp_mqtt_enrolled(json, length, key);
        if (state == FP_MEMBER_NONE || !fp_node_pin(&_node, _node.record.network, key))
            return;
        /* The role is fixed at login, so a member logs in again. */
        _isMember = state == FP_MEMBER_ACTIVE;
        if (_isMember)
            _mqtt.disconnect();
    }

    static void received(MQTTClient *, char topic[], char bytes[], int length)
    {
        FieldProofMqtt *one = self();
        uint8_t *body = reinterpret_cast<uint8_t *>(bytes);
        size_t size = static_cast<size_t>(length);
        if (endsWith(topic, "/dn/ak"))
            one->answered(bytes, size);
        else if (endsWith(topic, "/dn/tm"))
            fp_node_take_time(&one->_node, body, size);
        else if (endsWith(topic, "/dn/cm"))
            fp_node_take_configuration(&one->_node, body, size);
        else if (endsWith(topic, "/res"))
            one->enrolled(bytes, size);
    }

    void enrol()
    {
        char topic[FP_TOPIC_BYTES];
        uint8_t proof[400];
        fp_mqtt_enrol_topic(topic, sizeof topic, &_node, "res");
        _mqtt.subscribe(topic, 1);
        size_t length = fp_node_enrolment(&_node, proof, sizeof proof, nullptr, 0);
        fp_mqtt_enrol_topic(topic, sizeof topic, &_node, "req");
        _mqtt.publish(topic, reinterpret_cast<const char *>(proof), static_cast<int>(length), false, 1);
    }

    void greet()
    {
        char topic[FP_TOPIC_BYTES], presence[FP_PRESENCE_BYTES];
        fp_mqtt_topic(topic, sizeof topic, &_node, "dn/#");
        _mqtt.subscribe(topic, 1);
        fp_mqtt_topic(topic, sizeof topic, &_node, "st");
        fp_mqtt_presence(&_node, presence, sizeof presence, 1);
        _mqtt.publish(topic, presence, true, 1);
        askTime();
    }

    /* Logs in as a member; where that is refused, as a candidate with the same token. */
    void login()
    {
        char password[FP_PASSWORD_BYTES], topic[FP_TOPIC_BYTES], will[FP_PRESENCE_BYTES];
        if (WiFi.status() != WL_CONNECTED || millis() - _triedMs < 5000)
            return;
        _triedMs = millis();
        if (fp_mqtt_password(&_node, password, sizeof password) == 0)
            return;
        if (_isMember && fp_mqtt_topic(topic, sizeof topic, &_node, "st") > 0
            && fp_mqtt_presence(&_node, will, sizeof will, 0) > 0)
            _mqtt.setWill(topic, will, true, 1);
        else
            _mqtt.clearWill();
        bool isIn = _mqtt.connect(_node.device, _node.device, password);
        fp_wipe(password, sizeof password);
        if (!isIn) {
            _isMember = !_isMember;
            return;
        }
        if (_isMember)
            greet();
        else
            enrol();
    }

    void take()
    {
        size_t count = _measure(_values, static_cast<int64_t>(fp_node_time(&_node) / 1000));
        _measuredMs = millis();
        _messageSeq = fp_node_next_seq(&_node);
        _messageLength = fp_node_reading(&_node, _message, sizeof _message, _values, count);
        _sentMs = millis() - 8000;
    }

    const fp_crypto &_crypto;
    const fp_about &_about;
    const fp_storage &_storage;
    const fp_storage &_settingsStorage;
    fp_value *_values;
    Measure _measure;
    MQTTClient _mqtt;
    String _host;
    fp_node _node = {};
    fp_settings _settings = {};
    bool _isMember = false;
    uint32_t _measuredMs = 0, _triedMs = 0, _askedMs = 0, _sentMs = 0;
    /* The one message that waits for its answer; the same bytes go out again until it comes. */
    uint8_t _message[512] = {};
    size_t _messageLength = 0;
    uint64_t _messageSeq = 0;
};

#endif
