/*
 * The temperature sensor inside a Raspberry Pi Pico, over the USB cable. For Earle Philhower's core;
 * choose a flash layout with a file system, 64 kB are plenty. Put the Ed25519 sources into the
 * library first: `fieldproof devices export-arduino` makes a zip that has them.
 */
#include <FieldProof.h>
#include <fp_ed25519_ref10.h>
#include <fp_entropy.h>
#include <fp_storage_file.h>

static const uint8_t metrics[] = { FP_TEMPERATURE };
static const fp_about about = { "Pico", "fieldproof-pico", "0.1.0", metrics, 1, "", "" };
static FieldProofFile storage("/fieldproof");
static FieldProofBoard<16, 400> board;

void setup()
{
    Serial.begin(115200);
    board.setEntropy(fp_board_entropy);
    board.begin(Serial, fp_ed25519_ref10, storage, about);
}

void loop()
{
    board.loop();
    if (!board.isDue(60))
        return;
    board.addFloat(FP_TEMPERATURE, analogReadTemp(), 1);
    board.send();
}
