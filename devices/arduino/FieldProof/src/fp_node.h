/**
 * A device without its wire: key, record, sequence, clock, and the messages made from them. Serial
 * boards put fp_serial.h on top of it, MQTT boards fp_mqtt.h.
 */
#ifndef FP_NODE_H
#define FP_NODE_H

#include "fp_downlink.h"
#include "fp_messages.h"
#include "fp_record.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Characters of the code that a person compares: xxxx-xxxx. */
#define FP_CODE_CHARS 9

typedef enum fp_state {
    /** Has a key and a sequence of its own. */
    FP_READY = 1,
    /** Has no key yet: waits to be provisioned. */
    FP_EMPTY = 0,
    /** The Ed25519 backend fails its test: nothing is signed. */
    FP_BAD_CRYPTO = -1,
    /** The boot counter cannot be read or saved: nothing is sent, or a sequence would come twice. */
    FP_BAD_STORAGE = -2
} fp_state;

typedef struct fp_node {
    const fp_crypto *crypto;
    const fp_storage *storage;
    const fp_about *about;
    fp_state state;
    fp_record record;
    fp_key key;
    char device[FP_DEVICE_ID_CHARS + 1];
    /** Sequences taken since the start, and nonces. */
    uint32_t taken;
    uint32_t nonces;
    uint8_t nonce[FP_TIME_NONCE_BYTES];
    uint8_t nonce_is_open;
    /** Unix ms at `clock_at_ms` of the board's own clock; 0: not known. */
    uint64_t unix_ms;
    uint32_t clock_at_ms;
} fp_node;

/**
 * Tests the backend, loads the record, counts this boot and saves it: the one write of a boot.
 * `about` and the others must outlive the node; its owner and cell stand in for the record's.
 */
fp_state fp_node_begin(fp_node *node, const fp_crypto *crypto, const fp_storage *storage,
                       const fp_about *about);

/** What a board is told when it gets its key. */
typedef struct fp_place {
    /** "" or NULL: it takes that of the gateway which first asks it to enrol. */
    const char *network;
    /** NULL: likewise. */
    const uint8_t *gateway_key;
    const char *owner;
    const char *cell;
} fp_place;

/**
 * Makes the key: SHA-256 over the board's entropy (at least 32 bytes) and 32 bytes of the host, so
 * that neither a weak board nor a bad host alone decides it. Only where the node is empty.
 */
fp_state fp_node_provision(fp_node *node, const uint8_t *entropy, size_t length, const uint8_t host[32],
                           const fp_place *place);

/** The same with a seed that was made elsewhere. */
fp_state fp_node_install(fp_node *node, const uint8_t seed[FP_SEED_BYTES], const fp_place *place);

/** Wipes key and counter; the node is empty then. */
int fp_node_wipe(fp_node *node);

/** Sequence that the next message gets. */
uint64_t fp_node_next_seq(const fp_node *node);

/** The board's milliseconds; called at least once in 49 days. */
void fp_node_tick(fp_node *node, uint32_t now_ms);

/** Unix milliseconds, 0 where the time is not known. */
uint64_t fp_node_time(const fp_node *node);

/** For a board with a clock of its own. */
void fp_node_set_time(fp_node *node, uint64_t unix_ms);

/** Seconds between readings as the operator set them; `otherwise` where he did not. */
uint32_t fp_node_interval(const fp_node *node, uint32_t otherwise);

/**
 * Obeys this gateway from now on, in this network; saved once. 0 where it already obeys another, or
 * was provisioned for another network.
 */
int fp_node_pin(fp_node *node, const char *network, const uint8_t gateway_key[FP_KEY_BYTES]);

/** 1 where it knows its gateway and network. */
int fp_node_is_pinned(const fp_node *node);

/* Messages: length, 0 where none can be made. */

/** Takes a sequence. 0 also while a change of key is not answered. */
size_t fp_node_reading(fp_node *node, uint8_t *out, size_t room, const fp_value *values, size_t count);
size_t fp_node_enrolment(const fp_node *node, uint8_t *out, size_t room, const uint8_t *nonce,
                         size_t nonce_length);
/** With an end in half an hour where the time is known. */
size_t fp_node_token(const fp_node *node, uint8_t *out, size_t room);
size_t fp_node_revocation(fp_node *node, uint8_t *out, size_t room);

/** Begins a change of key: saves the new seed first, so that a reset loses neither key. */
int fp_node_rotate(fp_node *node, const uint8_t seed[FP_SEED_BYTES]);
/** 1 while a change of key waits for its answer. */
int fp_node_is_rotating(const fp_node *node);
/** The same `ro`, byte for byte, until it is answered. */
size_t fp_node_rotation(const fp_node *node, uint8_t *out, size_t room);
/** Ends the change: with the new key where it was accepted, else with the old one. */
int fp_node_rotated(fp_node *node, int accepted);

/** A nonce for a time query; it is good for one answer. */
void fp_node_ask_time(fp_node *node, uint8_t nonce[FP_TIME_NONCE_BYTES]);

/* Downlinks, overwritten while they are checked: 1 where obeyed. */
int fp_node_take_time(fp_node *node, uint8_t *message, size_t length);
int fp_node_take_configuration(fp_node *node, uint8_t *message, size_t length);
int fp_node_take_receipt(const fp_node *node, uint8_t *message, size_t length, fp_receipt *receipt);

/**
 * The code that gateway and board show at an enrolment (schemas/enrolment.md): who sees the same on
 * both knows that this board asks this gateway.
 */
void fp_enrolment_code(char out[FP_CODE_CHARS + 1], const uint8_t gateway_key[FP_KEY_BYTES],
                       const uint8_t device_key[FP_KEY_BYTES], const uint8_t *nonce,
                       size_t nonce_length);

#ifdef __cplusplus
}
#endif
#endif
