#include "semihosting.h"

#include <string.h>

enum { SYS_OPEN = 1, SYS_CLOSE = 2, SYS_WRITE = 5, SYS_READ = 6, SYS_REMOVE = 14, SYS_RENAME = 15 };
enum { MODE_READ_BINARY = 1, MODE_WRITE_BINARY = 5 };

static int32_t call(uint32_t operation, const void *arguments)
{
    register uint32_t r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = arguments;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

static int32_t open_file(const char *path, uint32_t mode)
{
    const uint32_t arguments[3] = { (uint32_t)path, mode, strlen(path) };
    return call(SYS_OPEN, arguments);
}

static void close_file(int32_t handle)
{
    const uint32_t arguments[1] = { (uint32_t)handle };
    call(SYS_CLOSE, arguments);
}

/* SYS_READ and SYS_WRITE answer with the number of bytes that were not moved. */
static size_t move_bytes(uint32_t operation, int32_t handle, const void *bytes, size_t length)
{
    const uint32_t arguments[3] = { (uint32_t)handle, (uint32_t)bytes, length };
    uint32_t left = (uint32_t)call(operation, arguments);
    return left > length ? 0 : length - left;
}

size_t semihosting_read_file(const char *path, uint8_t *out, size_t room)
{
    int32_t handle = open_file(path, MODE_READ_BINARY);
    if (handle < 0)
        return 0;
    size_t length = move_bytes(SYS_READ, handle, out, room);
    close_file(handle);
    return length;
}

int semihosting_write_file(const char *path, const uint8_t *bytes, size_t length)
{
    int32_t handle = open_file(path, MODE_WRITE_BINARY);
    if (handle < 0)
        return 0;
    size_t written = move_bytes(SYS_WRITE, handle, bytes, length);
    close_file(handle);
    return written == length;
}

int semihosting_rename(const char *from, const char *to)
{
    const uint32_t arguments[4] = { (uint32_t)from, strlen(from), (uint32_t)to, strlen(to) };
    return call(SYS_RENAME, arguments) == 0;
}

int semihosting_remove(const char *path)
{
    const uint32_t arguments[2] = { (uint32_t)path, strlen(path) };
    return call(SYS_REMOVE, arguments) == 0;
}
