/*
 * ring flash|eeprom SAVES: cuts the power after every single byte that a save may write, restarts,
 * and asks for the record. It must be the one before or the new one, whole; then saving must work.
 */
#include <stdio.h>
#include <string.h>

#include "host.h"
#include "memory.h"

static void fill(uint8_t record[FP_RECORD_BYTES], unsigned number)
{
    memset(record, (int)(number * 37 & 0xff), FP_RECORD_BYTES);
    fp_put_be(record, number, 4);
}

static unsigned loaded(memory *of, unsigned expected)
{
    uint8_t record[FP_RECORD_BYTES], whole[FP_RECORD_BYTES];
    unsigned number;
    memory_restart(of);
    if (of->storage.load(of->storage.context, record) != 1)
        return 0;
    number = (unsigned)fp_get_be(record, 4);
    fill(whole, number);
    if (!fp_equal(record, whole, sizeof whole) || number > expected)
        host_fail("a record that was never saved");
    return number;
}

/* Saves `number` with a cut after `left` bytes in a copy of the memory; returns 1 where it was done. */
static int cut_at(const memory *from, unsigned number, long left, unsigned long *cuts)
{
    static memory copy;
    uint8_t record[FP_RECORD_BYTES];
    unsigned found;
    int saved;
    copy = *from;
    copy.medium.context = &copy;
    (void)loaded(&copy, number);
    fill(record, number);
    copy.left = left;
    saved = copy.storage.save(copy.storage.context, record);
    copy.left = -1;
    found = loaded(&copy, number);
    if (found != number && (saved || found + 1 != number))
        host_fail("a record is lost");
    fill(record, number + 1);
    if (!copy.storage.save(copy.storage.context, record) || loaded(&copy, number + 1) != number + 1)
        host_fail("nothing can be saved after a cut");
    if (copy.wrong > 0)
        host_fail("flash was written twice");
    (*cuts)++;
    return saved;
}

int host_ring(const host_command *command)
{
    static memory real;
    unsigned long cuts = 0;
    uint8_t record[FP_RECORD_BYTES];
    if (strcmp(command->word[0], "ring") != 0)
        return 0;
    memory_begin(&real, strcmp(host_text(command, 1), "flash") == 0);
    for (unsigned number = 1; number <= host_number(command, 2); number++) {
        long left = 0;
        while (!cut_at(&real, number, left, &cuts))
            left++;
        (void)loaded(&real, number);
        fill(record, number);
        if (!real.storage.save(real.storage.context, record))
            host_fail("not saved");
    }
    if (!real.storage.wipe(real.storage.context) || loaded(&real, 0) != 0)
        host_fail("not wiped");
    for (size_t i = 0; i < sizeof real.cells; i++)
        if (real.cells[i] != 0xff)
            host_fail("something is left");
    printf("%lu cuts\n", cuts);
    return 1;
}
