#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CTerminalGuard.h"
#include "internal.h"

struct guard tg = {
    .terminal = -1, .output = -1, .errors = -1, .real_errors = -1,
    .pipe_read = -1, .pipe_write = -1,
};

static void restore_at_exit(void) {
  if (tg_restore()) tg_release_errors();
}

int tg_install(int terminal) {
  static bool registered;
  int ends[2];
  if (tcgetattr(terminal, &tg.saved) != 0) return errno;
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return errno;
  tg.pipe_read = ends[0];
  tg.pipe_write = ends[1];
  tg.terminal = fcntl(terminal, F_DUPFD_CLOEXEC, 3);
  tg.output = fcntl(terminal, F_DUPFD_CLOEXEC, 3);
  if (tg.terminal < 0 || tg.output < 0) return errno;
  // Without this one, messages land on the screen: no reason to refuse.
  tg.errors = memfd_create("errors", MFD_CLOEXEC);
  if (!registered) registered = atexit(restore_at_exit) == 0;
  return tg_take_signals();
}

int tg_output_descriptor(void) { return tg.output; }

void tg_arm(const char *undo, size_t length) {
  tg.undo_length = length < sizeof tg.undo ? length : sizeof tg.undo;
  memcpy(tg.undo, undo, tg.undo_length);
  tg_capture_errors();
  atomic_store(&tg.armed, true);
}

void tg_disarm(void) {
  if (atomic_exchange(&tg.armed, false)) tg_release_errors();
}

void tg_uninstall(void) {
  tg_disarm();
  tg_return_signals();
}

bool tg_restore(void) {
  if (!atomic_exchange(&tg.armed, false)) return false;
  // From the background, setting the modes would stop us in the middle.
  sigset_t background, before;
  sigemptyset(&background);
  sigaddset(&background, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &background, &before);
  tg_write_all(tg.terminal, tg.undo, tg.undo_length, 500);
  tcsetattr(tg.terminal, TCSANOW, &tg.saved);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return true;
}

void tg_write(const void *bytes, size_t length) { tg_write_all(tg.terminal, bytes, length, -1); }

void tg_write_all(int descriptor, const char *bytes, size_t length, int patience) {
  while (length > 0) {
    struct pollfd wanted = {.fd = descriptor, .events = POLLOUT};
    if (patience >= 0 && poll(&wanted, 1, patience) == 0) return;
    ssize_t written = write(descriptor, bytes, length);
    if (written > 0) {
      bytes += written;
      length -= (size_t)written;
    } else if (written < 0 && errno == EAGAIN) {
      // Somebody else made the terminal non-blocking, which it is then for all who share it.
      if (poll(&wanted, 1, patience) == 0) return;
    } else if (written < 0 && errno == EINTR) {
      // A terminal that takes nothing must not keep us from leaving.
      if (patience < 0 && atomic_load(&tg.leaving) > 0) return;
    } else {
      return;
    }
  }
}

void tg_capture_errors(void) {
  if (tg.errors < 0 || tg.real_errors >= 0 || !isatty(STDERR_FILENO)) return;
  if (ftruncate(tg.errors, 0) != 0 || lseek(tg.errors, 0, SEEK_SET) != 0) return;
  tg.real_errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (tg.real_errors >= 0) dup2(tg.errors, STDERR_FILENO);
}

bool tg_release_errors(void) {
  if (tg.real_errors < 0) return false;
  dup2(tg.real_errors, STDERR_FILENO);
  close(tg.real_errors);
  tg.real_errors = -1;
  char block[1024];
  off_t offset = 0;
  ssize_t length;
  while ((length = pread(tg.errors, block, sizeof block, offset)) > 0) {
    tg_write_all(STDERR_FILENO, block, (size_t)length, 500);
    offset += length;
  }
  return offset > 0;
}
