/** Makes the messages of schemas/vectors: see vector_line.h. */
#include "board.h"
#include "fp_ed25519_ref10.h"
#include "port.h"
#include "vector_line.h"

static vector_line line;

int main(void)
{
    board_start();
    vector_begin(&line, &fp_ed25519_ref10, &board_port);
    for (;;) {
        int byte = board_read();
        if (byte < 0)
            board_idle();
        else
            vector_byte(&line, (uint8_t)byte);
    }
}
