/*
 * tinyssh's curve and scalars as they come, over the field of fp_tinyssh_field.c. They are not files
 * of their own to the compiler: it would warn, and their names would meet those of ref10.
 */
#include "fp_tinyssh.h"

#if defined(FP_HAS_TINYSSH)

#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-parameter"

#include "tinyssh/ge25519.inc"
#include "tinyssh/sc25519.inc"

void fp_tinyssh_double(ge25519 out, ge25519 point)
{
    dbl(out, point);
}

#else

/* ISO C wants a declaration in every file. */
typedef int fp_tinyssh_curve_is_not_here;

#endif
