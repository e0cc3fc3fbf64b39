#ifndef TERMINAL_GUARD_INTERNAL_H
#define TERMINAL_GUARD_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

// What the handlers need, all of it filled in before they are.
struct guard {
  int terminal;            // a duplicate of the descriptor given to us, never redirected
  int output;              // what curses writes to
  int errors;              // memory for what is written to standard error; -1 where there is none
  int real_errors;         // standard error itself while `errors` stands in its place, or -1
  int pipe_read, pipe_write;
  struct termios saved;
  char undo[256];
  size_t undo_length;
  atomic_bool armed;
  atomic_int leaving;      // how many signals have asked us to leave
};

extern struct guard tg;

// Gives the screen back, once; safe in a signal handler. False if it was not ours.
bool tg_restore(void);

// Writes all of it, unless the terminal is gone or, with `patience` not negative, does not take any
// for that many milliseconds.
void tg_write_all(int descriptor, const char *bytes, size_t length, int patience);

void tg_capture_errors(void);

// Puts standard error back and shows what was kept; false if that was nothing.
bool tg_release_errors(void);

int tg_take_signals(void);
void tg_return_signals(void);

#endif
