/*
 * What a Mega 2560 computes, for a test that computes it too: field arithmetic on 1,000 pairs of
 * numbers, as one check value per 100, then keys and signatures. `<` and `>` are sent right before
 * and after a signature, with nothing else going on: an emulator counts the cycles between.
 */
#include <FieldProof.h>
#include <fp_ed25519_tinyssh.h>
#include <fp_field.h>
#include <fp_sha512.h>

static uint32_t state = 1;
static uint8_t a[32], b[32], out[32], product[64], seed[32], key[32], message[100], signature[64];

/* Marsaglia's xorshift. */
static uint8_t next()
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return static_cast<uint8_t>(state >> 8);
}

/* A number that the field takes: any, one of few different bytes, or one at the upper end. */
static void number(uint8_t n[32])
{
    uint8_t kind = next() & 7;
    for (uint8_t i = 0; i < 32; i++) {
        n[i] = next();
        if (kind < 2)
            n[i] = n[i] & 1 ? 255 : 0;
        else if (kind == 2)
            n[i] = 255;
        else if (kind == 3 && i >= 2)
            n[i] = 0;
    }
    if (kind == 3) {
        n[1] &= 15;
        n[31] = 128;
    } else
        n[31] &= 127;
}

/* FNV-1a. */
static uint32_t checked(uint32_t check, const uint8_t bytes[32])
{
    for (uint8_t i = 0; i < 32; i++)
        check = (check ^ bytes[i]) * 16777619UL;
    return check;
}

static uint32_t computed(uint32_t check)
{
    number(a);
    number(b);
    fp_field_product(product, a, b);
    fp_field_reduce(out, product);
    check = checked(check, out);
    fp_field_add(out, a, b);
    check = checked(check, out);
    fp_field_sub(out, a, b);
    check = checked(check, out);
    fp_field_move(out, a, static_cast<uint8_t>(0 - (next() & 1)));
    return checked(check, out);
}

static void print(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        Serial.print(bytes[i] >> 4, HEX);
        Serial.print(bytes[i] & 15, HEX);
    }
    Serial.print(' ');
}

static void fill(uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = next();
}

static void sign()
{
    fill(seed, sizeof seed);
    fill(message, sizeof message);
    fp_ed25519_tinyssh.public_key(key, seed);
    Serial.flush();
    TIMSK0 = 0;
    Serial.write('<');
    Serial.flush();
    fp_ed25519_tinyssh.sign(signature, message, sizeof message, seed, key);
    Serial.write('>');
    Serial.flush();
    TIMSK0 = _BV(TOIE0);
    print(seed, sizeof seed);
    print(message, sizeof message);
    print(key, sizeof key);
    print(signature, sizeof signature);
    Serial.println();
}

void setup()
{
    Serial.begin(115200);
    for (uint8_t hundred = 0; hundred < 10; hundred++) {
        uint32_t check = 2166136261UL;
        for (uint8_t i = 0; i < 100; i++)
            check = computed(check);
        Serial.println(check);
    }
    for (uint8_t i = 0; i < 3; i++)
        sign();
    Serial.println(fp_ed25519_tinyssh.verify(signature, message, sizeof message, key));
    Serial.println("end");
}

void loop()
{
}
