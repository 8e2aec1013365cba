/** The smallest image: says its name, then sends back what it receives. Tells a broken board part. */
#include "board.h"

#include <string.h>

int main(void)
{
    board_start();
    board_write((const uint8_t *)board_model, strlen(board_model));
    board_write((const uint8_t *)"\r\n", 2);
    for (;;) {
        int byte = board_read();
        if (byte < 0) {
            board_idle();
            continue;
        }
        uint8_t echo = (uint8_t)byte;
        board_write(&echo, 1);
    }
}
