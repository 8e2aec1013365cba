/** Constants that an AVR reads out of its flash; elsewhere they are memory like any other. */
#ifndef FP_FLASH_H
#define FP_FLASH_H

#if defined(__AVR__)
#include <avr/pgmspace.h>
#else
#include <string.h>
#define PROGMEM
#define memcpy_P memcpy
#endif

#endif
