/** Places in a program at which an emulator takes the time. Nothing elsewhere. */
#ifndef MARK_H
#define MARK_H

#if defined(BOARD_MARKS)
#define MARK(code) __asm volatile("bkpt %0" ::"i"(code) : "memory")
#else
#define MARK(code) ((void)0)
#endif

#endif
