#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "CTerminalGuard.h"
#include "internal.h"

// Curses writes once for every movement of the cursor. A terminal that is woken up a hundred times
// shows a hundred half-drawn screens, so while a frame is drawn, its descriptor leads to memory.

static bool drawing;

void tg_frame_begin(void) {
  if (tg.frame < 0 || lseek(tg.frame, 0, SEEK_SET) != 0) return;
  drawing = dup3(tg.frame, tg.output, O_CLOEXEC) >= 0;
}

size_t tg_frame_end(const char *before, const char *after) {
  static char *buffer;
  static size_t capacity;
  if (!drawing) return 0;
  drawing = false;
  off_t end = lseek(tg.frame, 0, SEEK_CUR);
  dup3(tg.terminal, tg.output, O_CLOEXEC);
  if (end <= 0) return 0;
  size_t length = (size_t)end, head = strlen(before), tail = strlen(after);
  if (head + length + tail > capacity) {
    free(buffer);
    capacity = 2 * (head + length + tail);
    buffer = malloc(capacity);
    if (!buffer) abort();
  }
  memcpy(buffer, before, head);
  ssize_t count = pread(tg.frame, buffer + head, length, 0);
  if (count <= 0) return 0;
  memcpy(buffer + head + count, after, tail);
  tg_write(buffer, head + (size_t)count + tail);
  return (size_t)count;
}
