#include "fp_mqtt.h"

#include <string.h>

#include "fp_window.h"

/* A text that grows in the caller's memory; what does not fit is counted only. */
typedef struct text {
    char *out;
    size_t room;
    size_t length;
} text;

static void add(text *to, const char *part)
{
    size_t length = strlen(part);
    if (to->length < to->room && length < to->room - to->length)
        memcpy(to->out + to->length, part, length + 1);
    to->length += length;
}

static void add_number(text *to, uint64_t n)
{
    char digits[21];
    fp_decimal(digits, n);
    add(to, digits);
}

static size_t done(const text *of)
{
    return of->length < of->room ? of->length : 0;
}

static size_t topic(char *out, size_t room, const fp_node *node, const char *branch, const char *leaf)
{
    text to = { NULL, 0, 0 };
    to.out = out;
    to.room = room;
    add(&to, "fp1/");
    add(&to, node->record.network);
    add(&to, branch);
    add(&to, node->device);
    add(&to, "/");
    add(&to, leaf);
    return done(&to);
}

size_t fp_mqtt_topic(char *out, size_t room, const fp_node *node, const char *leaf)
{
    return topic(out, room, node, "/d/", leaf);
}

size_t fp_mqtt_enrol_topic(char *out, size_t room, const fp_node *node, const char *leaf)
{
    return topic(out, room, node, "/enrol/", leaf);
}

size_t fp_mqtt_password(const fp_node *node, char *out, size_t room)
{
    uint8_t token[FP_PASSWORD_BYTES * 3 / 4];
    size_t length = fp_node_token(node, token, sizeof token);
    size_t chars = 0;
    if (length > 0 && FP_B64U_CHARS(length) < room)
        chars = fp_b64u(out, token, length);
    fp_wipe(token, sizeof token);
    return chars;
}

size_t fp_mqtt_presence(const fp_node *node, char *out, size_t room, int on)
{
    text to = { NULL, 0, 0 };
    to.out = out;
    to.room = room;
    add(&to, on ? "{\"on\":1,\"bc\":" : "{\"on\":0,\"bc\":");
    add_number(&to, node->record.boot);
    if (on) {
        add(&to, ",\"fw\":\"");
        add(&to, node->about->version);
        add(&to, "\"");
    }
    add(&to, "}");
    return done(&to);
}

/* The end of the string that begins at `at`, after its opening quote; `end` where it has none. */
static const char *string_end(const char *at, const char *end)
{
    while (at < end && *at != '"')
        at += *at == '\\' && end - at > 1 ? 2 : 1;
    return at < end ? at : end;
}

/*
 * The value of a member of this name, at any depth: a string without its quotes, or the characters
 * up to the next comma or brace. The gateway writes JSON without spaces.
 */
static int find(const char *json, size_t length, const char *name, const char **value, size_t *size)
{
    const char *end = json + length;
    for (const char *at = json; at < end; at++) {
        const char *from, *to;
        int is_name;
        if (*at != '"')
            continue;
        from = at + 1;
        to = string_end(from, end);
        is_name = fp_is_text(name, (const uint8_t *)from, (size_t)(to - from));
        at = to;
        if (!is_name || end - to < 3 || to[1] != ':')
            continue;
        from = to + 2;
        if (*from == '"')
            to = string_end(++from, end);
        else
            for (to = from; to < end && *to != ',' && *to != '}';)
                to++;
        *value = from;
        *size = (size_t)(to - from);
        return 1;
    }
    return 0;
}

static int is(const char *value, size_t size, const char *wanted)
{
    return fp_is_text(wanted, (const uint8_t *)value, size);
}

fp_verdict fp_mqtt_answer(const char *json, size_t length, uint64_t *seq)
{
    char reason[24];
    const char *value;
    size_t size;
    *seq = FP_SEQ_LIMIT;
    if (!find(json, length, "seq", &value, &size))
        return FP_VERDICT_NONE;
    if (!is(value, size, "null")) {
        *seq = 0;
        for (size_t i = 0; i < size; i++) {
            if (value[i] < '0' || value[i] > '9' || size > 16)
                return FP_VERDICT_NONE;
            *seq = *seq * 10 + (uint64_t)(value[i] - '0');
        }
    }
    if (!find(json, length, "verdict", &value, &size))
        return FP_VERDICT_NONE;
    if (is(value, size, "accepted"))
        return FP_VERDICT_ACCEPTED;
    if (!find(json, length, "reason", &value, &size) || size >= sizeof reason)
        return FP_VERDICT_NONE;
    memcpy(reason, value, size);
    reason[size] = '\0';
    return fp_is_retried(reason) ? FP_VERDICT_RETRY : FP_VERDICT_DROPPED;
}

fp_membership fp_mqtt_enrolled(const char *json, size_t length, uint8_t gateway_key[FP_KEY_BYTES])
{
    static const char *const states[] = { "pending", "active", "suspended", "revoked", "refused" };
    const char *value;
    size_t size;
    if (!find(json, length, "key", &value, &size)
        || fp_from_b64u(gateway_key, FP_KEY_BYTES, value, size) != FP_KEY_BYTES
        || !find(json, length, "state", &value, &size))
        return FP_MEMBER_NONE;
    for (int i = 0; i < 5; i++)
        if (is(value, size, states[i]))
            return (fp_membership)(FP_MEMBER_PENDING + i);
    return FP_MEMBER_NONE;
}
