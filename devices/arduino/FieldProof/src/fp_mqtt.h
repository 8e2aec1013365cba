/** What a device says and reads over MQTT: topics, login, presence, answers. No client of its own. */
#ifndef FP_MQTT_H
#define FP_MQTT_H

#include "fp_node.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Longest topic of a device: `fp1/<network>/enrol/<deviceId>/req`, NUL with it. */
#define FP_TOPIC_BYTES 80
/** Longest password: a connect token as b64u, NUL with it. */
#define FP_PASSWORD_BYTES 360
/** Longest presence message. */
#define FP_PRESENCE_BYTES 80

/** `fp1/<network>/d/<deviceId>/<leaf>`, such as "up/rd" or "dn/#"; 0 where it does not fit. */
size_t fp_mqtt_topic(char *out, size_t room, const fp_node *node, const char *leaf);

/** `fp1/<network>/enrol/<deviceId>/<leaf>`: "req" or "res". */
size_t fp_mqtt_enrol_topic(char *out, size_t room, const fp_node *node, const char *leaf);

/** The password of this login; the user name and client id are `node->device`. */
size_t fp_mqtt_password(const fp_node *node, char *out, size_t room);

/** Presence for `st`, retained: on 1 at login, on 0 as the Will. */
size_t fp_mqtt_presence(const fp_node *node, char *out, size_t room, int on);

typedef enum fp_verdict {
    FP_VERDICT_NONE,     /* no answer to a message of ours */
    FP_VERDICT_ACCEPTED, /* on the gateway's disk */
    FP_VERDICT_RETRY,    /* to be sent again */
    FP_VERDICT_DROPPED   /* refused for good */
} fp_verdict;

/** Reads `dn/ak`. `seq`: which message it answers; FP_SEQ_LIMIT where the gateway could not read it. */
fp_verdict fp_mqtt_answer(const char *json, size_t length, uint64_t *seq);

typedef enum fp_membership {
    FP_MEMBER_NONE,
    FP_MEMBER_PENDING,
    FP_MEMBER_ACTIVE,
    FP_MEMBER_SUSPENDED,
    FP_MEMBER_REVOKED,
    FP_MEMBER_REFUSED
} fp_membership;

/** Reads `enrol/<self>/res`; the gateway's key, 32 bytes, is to be pinned with `fp_node_pin`. */
fp_membership fp_mqtt_enrolled(const char *json, size_t length, uint8_t gateway_key[FP_KEY_BYTES]);

#ifdef __cplusplus
}
#endif
#endif
