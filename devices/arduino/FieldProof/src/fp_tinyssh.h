/**
 * For the files fp_tinyssh*.c only. FP_HAS_TINYSSH is defined where tinyssh's sources are there and
 * wanted: on an AVR, and where a test asks for them.
 */
#ifndef FP_TINYSSH_H
#define FP_TINYSSH_H

#if (defined(__AVR__) || defined(FP_TINYSSH)) && defined(__has_include)
#if __has_include("tinyssh/ge25519.h")
#define FP_HAS_TINYSSH

/* ref10, which may be in the library besides, has functions of these names. */
#define cleanup_ fp_tinyssh_cleanup_
#define fe_0 fp_tinyssh_fe_0
#define fe_1 fp_tinyssh_fe_1
#define fe_copy fp_tinyssh_fe_copy
#define fe_cmov fp_tinyssh_fe_cmov
#define fe_cswap fp_tinyssh_fe_cswap

#include "tinyssh/cleanup.h"
#include "tinyssh/fe25519.h"
#include "tinyssh/ge25519.h"
#include "tinyssh/sc25519.h"

void fp_tinyssh_double(ge25519 out, ge25519 point);

#endif
#endif

#endif
