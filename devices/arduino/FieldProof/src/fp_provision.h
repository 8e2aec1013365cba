/**
 * A key, Wi-Fi and broker by the cable (schemas/serial.md, "Provisioning"). A board takes them while
 * it has no key, and afterwards only while its owner keeps it open, by a button for example. Nothing
 * secret is ever sent back.
 */
#ifndef FP_PROVISION_H
#define FP_PROVISION_H

#include "fp_node.h"
#include "fp_reader.h"
#include "fp_sentence.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FP_SSID_BYTES_MAX 32
#define FP_PASSWORD_BYTES_MAX 64
#define FP_BROKER_BYTES_MAX 128
/** Least entropy of the board that goes into its key. */
#define FP_ENTROPY_BYTES 32

/** How a board without a cable reaches its gateway. Texts, NUL after them. */
typedef struct fp_settings {
    char ssid[FP_SSID_BYTES_MAX + 1];
    char password[FP_PASSWORD_BYTES_MAX + 1];
    /** `mqtt://host:port` or `mqtts://host:port`. */
    char broker[FP_BROKER_BYTES_MAX + 1];
} fp_settings;

typedef struct fp_provision {
    /** Fills 32 bytes from the board's noise; 0 where it has none. */
    int (*entropy)(void *context, uint8_t out[FP_ENTROPY_BYTES]);
    void *context;
    /** Where Wi-Fi and broker are kept; NULL: the board needs none. */
    const fp_storage *storage;
    fp_settings settings;
    /** Set by the owner's confirmation; a board without a key is open by itself. */
    uint8_t open;
} fp_provision;

/** The settings as they were saved; 0 where there are none. */
int fp_settings_load(fp_settings *settings, const fp_storage *storage);
int fp_settings_save(const fp_settings *settings, const fp_storage *storage);

typedef enum fp_provisioned {
    FP_PROVISION_NOTHING, /* not one of these lines */
    FP_PROVISION_KEY,
    FP_PROVISION_SETTINGS,
    FP_PROVISION_OTHER
} fp_provisioned;

/** Asks to be provisioned: what a board without a key says instead of hello. */
void fp_provision_ask(const fp_node *node, const fp_port *port);

/** Obeys and answers `$FPPV`, `$FPPS`, `$FPPE`. `provision` may be NULL. */
fp_provisioned fp_provision_take(fp_provision *provision, fp_node *node, const fp_port *port,
                                 fp_line *line);

#ifdef __cplusplus
}
#endif
#endif
