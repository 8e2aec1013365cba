/** Files of the host, by Arm semihosting (Arm DUI 0471): the emulator carries the calls out. */
#ifndef SEMIHOSTING_H
#define SEMIHOSTING_H

#include <stddef.h>
#include <stdint.h>

/** Reads at most `room` bytes from the start of a file; how many, 0 where it cannot be read. */
size_t semihosting_read_file(const char *path, uint8_t *out, size_t room);

/** Replaces a file's content; 1 where all of it was written. */
int semihosting_write_file(const char *path, const uint8_t *bytes, size_t length);

/** Renames a file over another; 1 where it was done. */
int semihosting_rename(const char *from, const char *to);

/** Removes a file; 1 where it is gone. */
int semihosting_remove(const char *path);

#endif
