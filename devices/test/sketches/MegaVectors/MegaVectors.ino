/* Makes the messages of schemas/vectors on a Mega 2560: see devices/boards/common/vectors. */
#include <FieldProof.h>
#include <fp_ed25519_tinyssh.h>
#include <vector_line.h>

static vector_line line;

static void writeBytes(void *, const uint8_t *bytes, size_t length)
{
    Serial.write(bytes, length);
}

static const fp_port port = { writeBytes, NULL };

void setup()
{
    Serial.begin(115200);
    vector_begin(&line, &fp_ed25519_tinyssh, &port);
}

void loop()
{
    if (Serial.available() > 0)
        vector_byte(&line, static_cast<uint8_t>(Serial.read()));
}
