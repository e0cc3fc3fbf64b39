#ifndef CVTERM_SHIM_H
#define CVTERM_SHIM_H

#include <gnu/libc-version.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <vterm.h>
#include <wchar.h>

// Hidden by their headers without X/Open or GNU flags, which a module map cannot set.
extern int wcwidth(wchar_t character);
extern int posix_openpt(int flags);
extern int grantpt(int fd);
extern int unlockpt(int fd);
extern int ptsname_r(int fd, char *name, size_t length);
extern int pipe2(int ends[2], int flags);

// The palette index of a colour, -1 for the terminal's own, -2 for red, green and blue.
static inline int vt_color_index(const VTermColor *color) {
  if (VTERM_COLOR_IS_DEFAULT_FG(color) || VTERM_COLOR_IS_DEFAULT_BG(color)) return -1;
  return VTERM_COLOR_IS_INDEXED(color) ? color->indexed.idx : -2;
}

static inline int vt_set_window_size(int fd, int columns, int rows) {
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  return ioctl(fd, TIOCSWINSZ, &size);
}

#endif
