#include "Crypto.h"

/* rweather/Crypto 0.4. */
class Ed25519 {
public:
    static void sign(uint8_t signature[64], const uint8_t privateKey[32], const uint8_t publicKey[32],
                     const void *message, size_t len);
    static bool verify(const uint8_t signature[64], const uint8_t publicKey[32], const void *message,
                       size_t len);
    static void derivePublicKey(uint8_t publicKey[32], const uint8_t privateKey[32]);
};
