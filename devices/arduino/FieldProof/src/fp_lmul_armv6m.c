/*
 * 64-bit multiplication for ARMv6-M (Cortex-M0, M0+), without branches. libgcc's __aeabi_lmul there
 * branches on its arguments, so a signature's time would tell about the key. This one takes its
 * place: the linker wants one definition and finds it here first.
 */
#if defined(__ARM_ARCH_6M__)

#include <stdint.h>

int64_t __aeabi_lmul(int64_t a, int64_t b);

/* a in r1:r0, b in r3:r2. Four 16-bit products make the low 64 bits; the rest wraps (AAPCS, RTABI 4.2). */
__attribute__((naked)) int64_t __aeabi_lmul(int64_t a, int64_t b)
{
    (void)a;
    (void)b;
    __asm__(".syntax unified\n\t"
            "push {r4, lr}\n\t"
            "muls r1, r2, r1\n\t"   /* a1 b0 */
            "muls r3, r0, r3\n\t"   /* a0 b1 */
            "adds r1, r1, r3\n\t"
            "mov  r12, r1\n\t"      /* goes to the high word */
            "uxth r1, r0\n\t"       /* low and high half of a0 */
            "lsrs r0, r0, #16\n\t"
            "uxth r3, r2\n\t"       /* and of b0 */
            "lsrs r2, r2, #16\n\t"
            "mov  r4, r1\n\t"
            "muls r4, r3, r4\n\t"   /* low low */
            "muls r3, r0, r3\n\t"   /* high low */
            "muls r0, r2, r0\n\t"   /* high high */
            "muls r1, r2, r1\n\t"   /* low high */
            "movs r2, #0\n\t"
            "adds r3, r3, r1\n\t"
            "adcs r2, r2\n\t"       /* carry of the middle, worth 2^48 */
            "lsls r2, r2, #16\n\t"
            "adds r2, r2, r0\n\t"
            "lsls r0, r3, #16\n\t"
            "lsrs r1, r3, #16\n\t"
            "adds r0, r0, r4\n\t"
            "adcs r1, r2\n\t"
            "add  r1, r1, r12\n\t"
            "pop  {r4, pc}\n\t");
}

#else

/* ISO C wants a declaration in every file. */
typedef int fp_lmul_is_the_compilers;

#endif
