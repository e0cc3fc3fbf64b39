#ifndef C_TERMINAL_GUARD_H
#define C_TERMINAL_GUARD_H

#include <stddef.h>

// Gives the terminal back on every way out: return, exit, trap, signal, stop.
//
// What runs in a signal handler must be async-signal-safe, and Swift cannot promise that: its
// globals may be initialised late. So the little that must work then is here, in C, and keeps its
// state in static memory. One process has one guard; only the main thread may call it.

// Remembers the modes of the terminal and takes over the signals.
//
// Call it before curses starts: curses leaves alone what is already handled. Returns 0, or the
// error number of what failed, and then nothing has changed.
int tg_install(int terminal);

// The descriptor that becomes readable when a signal has arrived; one byte each, its number.
int tg_signal_descriptor(void);

// Takes the next signal that has arrived, or returns 0. Never waits.
int tg_next_signal(void);

// A descriptor of the terminal for curses to write to.
int tg_output_descriptor(void);

// From now on the screen is ours: every way out sends `undo` and brings the modes back, and what is
// written to standard error is kept until then (unless that goes to a file, where it cannot hurt).
void tg_arm(const char *undo, size_t length);

// The screen has been given back in the ordinary way. Shows what was written to standard error.
void tg_disarm(void);

// Disarms and gives the signals back to whoever had them before.
void tg_uninstall(void);

// Stops the whole process group as Ctrl-Z does and returns when it has been continued in the
// foreground. The screen must have been given back before. Does not return if a signal asks the
// process to leave meanwhile.
void tg_suspend(void);

// Ends the process by a signal as if nobody had handled it, so that a shell sees 128 + signal.
_Noreturn void tg_die(int signal);

// Writes to the terminal at once.
void tg_write(const void *bytes, size_t length);

#endif
