/**
 * Ed25519 for an AVR: tinyssh's curve and scalars (CC0), which `node devices/tools/tinyssh.mjs` puts
 * into src/tinyssh/ from Debian's source, over the library's own SHA-512, field and multiples of
 * the base point. A signature takes about a second of a Mega 2560.
 */
#ifndef FP_ED25519_TINYSSH_H
#define FP_ED25519_TINYSSH_H

#include "fp_key.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const fp_crypto fp_ed25519_tinyssh;

#ifdef __cplusplus
}
#endif
#endif
