#ifndef CNCURSES_SHIM_H
#define CNCURSES_SHIM_H

// What of curses Swift needs and cannot import by itself.
//
// The wide functions exist only if this is defined before the header; the flags that the library's
// own .pc file has for it are refused by the package manager.
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <sys/ioctl.h>

// Declared by headers that define macros as common as `lines`, or hidden without X/Open flags.
extern int setupterm(const char *term, int fd, int *error);
extern char *tiparm(const char *format, ...);

// Global variables are shared mutable state to Swift; functions are not.
static inline int nc_lines(void) { return LINES; }
static inline int nc_columns(void) { return COLS; }

// A string of the terminal's description, or NULL: curses has a second way to say that it is absent.
static inline const char *nc_string(const char *capability) {
  const char *value = tigetstr(capability);
  return value == (const char *)-1 ? (const char *)0 : value;
}

// Puts numbers into a string of the description; what it returns lasts until the next call.
static inline const char *nc_filled(const char *format, int first, int second) {
  return tiparm(format, first, second);
}

// Asks the kernel for the size in cells; -1 when it does not know.
static inline int nc_window_size(int fd, int *columns, int *rows) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) return -1;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}

#endif
