#include <stddef.h>

/* libsodium 1.0. */
#ifdef __cplusplus
extern "C" {
#endif
int sodium_init(void);
int crypto_sign_seed_keypair(unsigned char *pk, unsigned char *sk, const unsigned char *seed);
int crypto_sign_detached(unsigned char *sig, unsigned long long *length, const unsigned char *m,
                         unsigned long long mlen, const unsigned char *sk);
int crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m,
                                unsigned long long mlen, const unsigned char *pk);
#ifdef __cplusplus
}
#endif
