#ifdef ARDUINO

#include "FieldProof.h"

#include <string.h>

FieldProofBase::FieldProofBase(const fp_serial_memory &memory, fp_value *values, size_t valuesMax)
    : _lent(memory), _values(values), _valuesMax(valuesMax), _count(0), _stream(nullptr), _sentMs(0),
      _wasSent(false)
{
    _port.write = write;
    _port.context = this;
    memset(&_node, 0, sizeof _node);
    memset(&_serial, 0, sizeof _serial);
    memset(&_provision, 0, sizeof _provision);
    memset(&_listener, 0, sizeof _listener);
}

void FieldProofBase::write(void *context, const uint8_t *bytes, size_t length)
{
    static_cast<FieldProofBase *>(context)->_stream->write(bytes, length);
}

fp_state FieldProofBase::begin(Stream &stream, const fp_crypto &crypto, const fp_storage &storage,
                               const fp_about &about)
{
    _stream = &stream;
    fp_state state = fp_node_begin(&_node, &crypto, &storage, &about);
    if (state == FP_BAD_CRYPTO)
        fp_log_line(&_port, "Ed25519 fails its test; nothing is signed", nullptr);
    if (state == FP_BAD_STORAGE)
        fp_log_line(&_port, "key and counter cannot be kept; nothing is sent", nullptr);
    if (!fp_serial_begin(&_serial, &_node, &_port, &_lent, &_listener, &_provision, millis()))
        fp_log_line(&_port, "too little memory for messages", nullptr);
    return state;
}

void FieldProofBase::loop()
{
    // All that has come is looked at before something is taken for missing; but a port that is never
    // silent must not keep the rest of the sketch from running.
    for (int left = 1024; left > 0 && _stream->available() > 0; left--) {
        uint8_t byte = static_cast<uint8_t>(_stream->read());
        fp_serial_clock(&_serial, millis());
        fp_serial_receive(&_serial, &byte, 1);
    }
    fp_serial_tick(&_serial, millis());
}

bool FieldProofBase::isReady() const
{
    return fp_serial_is_ready(&_serial) != 0;
}

bool FieldProofBase::isDue(uint32_t seconds)
{
    uint32_t interval = fp_node_interval(&_node, seconds);
    return isReady() && (!_wasSent || millis() - _sentMs >= interval * 1000UL);
}

bool FieldProofBase::add(fp_metric metric, int32_t mantissa, int8_t exponent)
{
    if (_count == _valuesMax || fp_node_time(&_node) == 0)
        return false;
    fp_value &value = _values[_count++];
    value.metric = static_cast<uint8_t>(metric);
    value.e = exponent;
    value.m = mantissa;
    value.time = static_cast<int64_t>(fp_node_time(&_node) / 1000);
    return true;
}

bool FieldProofBase::addFloat(fp_metric metric, float value, uint8_t decimals)
{
    float scale = 1;
    if (decimals > 4)
        return false;
    for (uint8_t i = 0; i < decimals; i++)
        scale *= 10;
    float scaled = value * scale;
    // False for NaN too.
    if (!(scaled > -2000000000.0f && scaled < 2000000000.0f))
        return false;
    int32_t mantissa = static_cast<int32_t>(scaled < 0 ? scaled - 0.5f : scaled + 0.5f);
    return add(metric, mantissa, static_cast<int8_t>(-static_cast<int>(decimals)));
}

bool FieldProofBase::send()
{
    size_t count = _count;
    _count = 0;
    if (count == 0 || !fp_serial_send(&_serial, _values, count))
        return false;
    _sentMs = millis();
    fp_serial_tick(&_serial, _sentMs);
    _wasSent = true;
    return true;
}

void FieldProofBase::setEntropy(int (*entropy)(void *context, uint8_t out[FP_ENTROPY_BYTES]))
{
    _provision.entropy = entropy;
}

void FieldProofBase::setSettingsStorage(const fp_storage &storage)
{
    _provision.storage = &storage;
    (void)fp_settings_load(&_provision.settings, &storage);
}

void FieldProofBase::openForSettings()
{
    _provision.open = 1;
}

void FieldProofBase::listen(const fp_listener &listener)
{
    _listener = listener;
}

bool FieldProofBase::wipe()
{
    return fp_node_wipe(&_node) != 0;
}

#endif
