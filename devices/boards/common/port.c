#include "port.h"

#include "board.h"

static void port_write(void *context, const uint8_t *bytes, size_t length)
{
    (void)context;
    board_write(bytes, length);
}

const fp_port board_port = { port_write, NULL };

void board_log(const char *text, uint64_t number)
{
    char digits[21];
    fp_decimal(digits, number);
    fp_log_line(&board_port, text, digits);
}
