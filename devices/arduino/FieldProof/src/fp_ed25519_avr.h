/**
 * Ed25519 for an AVR, `fp_ed25519_avr`: with tinyssh's sources, where devices/tools/tinyssh.mjs has
 * put them into the library, else with rweather's "Crypto" from the Library Manager.
 */
#ifndef FP_ED25519_AVR_H
#define FP_ED25519_AVR_H

#if __has_include("tinyssh/ge25519.h")
#include "fp_ed25519_tinyssh.h"
#define fp_ed25519_avr fp_ed25519_tinyssh
#else
#include "fp_ed25519_rweather.h"
#define fp_ed25519_avr fp_ed25519_rweather
#endif

#endif
