#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "CTerminalGuard.h"
#include "internal.h"

// The loop deals with these when it comes round.
static const int loop_signals[] = {SIGTSTP, SIGCONT,   SIGWINCH, SIGHUP,  SIGINT,
                                   SIGTERM, SIGQUIT,   SIGUSR1,  SIGUSR2, SIGALRM,
                                   SIGPROF, SIGVTALRM, SIGXCPU,  SIGXFSZ, SIGIO,
                                   SIGPWR,  SIGSTKFLT};

// These end the process at once; the program itself is at fault.
static const int fatal_signals[] = {SIGSEGV, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSYS};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct sigaction previous[NSIG];

// A stack of its own for the handlers: they must also run when the ordinary one is used up.
static char handler_stack[64 * 1024];

static void say_what_happened(int signal) {
  char line[128];
  size_t length = 0;
  for (const char *c = program_invocation_short_name; *c && length < 80; c++) line[length++] = *c;
  for (const char *c = ": internal error, signal "; *c; c++) line[length++] = *c;
  if (signal >= 10) line[length++] = (char)('0' + signal / 10);
  line[length++] = (char)('0' + signal % 10);
  line[length++] = '\n';
  tg_write_all(STDERR_FILENO, line, length, 500);
}

static void on_fatal(int signal) {
  // The program's own words are better than ours, but optimised code traps without any.
  if (tg_restore() && !tg_release_errors()) say_what_happened(signal);
  // Whoever was here before goes on, be it a backtracer or the end of the process. The signal is
  // blocked until this handler returns.
  sigaction(signal, &previous[signal], NULL);
  raise(signal);
}

static bool asks_to_leave(int signal) {
  return signal != SIGTSTP && signal != SIGCONT && signal != SIGWINCH;
}

static void on_loop(int signal) {
  int error = errno;
  // A second request means that the loop does not come round any more.
  if (asks_to_leave(signal) && atomic_fetch_add(&tg.leaving, 1) > 0) {
    if (tg_restore()) tg_release_errors();
    tg_die(signal);
  }
  unsigned char byte = (unsigned char)signal;
  while (write(tg.pipe_write, &byte, 1) < 0 && errno == EINTR) continue;
  errno = error;
}

static void handle(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigfillset(&action.sa_mask);
  sigaction(signal, &action, &previous[signal]);
}

int tg_take_signals(void) {
  stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
  if (sigaltstack(&stack, NULL) != 0) return errno;
  for (size_t i = 0; i < COUNT(fatal_signals); i++) handle(fatal_signals[i], on_fatal, SA_ONSTACK);
  for (size_t i = 0; i < COUNT(loop_signals); i++) {
    int signal = loop_signals[i];
    handle(signal, on_loop, SA_ONSTACK);
    // Who started us with these ignored (nohup, a shell without job control) means it.
    if (previous[signal].sa_handler == SIG_IGN && (signal == SIGHUP || signal == SIGTSTP))
      sigaction(signal, &previous[signal], NULL);
  }
  // A terminal that is gone shows as a failing write.
  handle(SIGPIPE, SIG_IGN, 0);
  return 0;
}

void tg_return_signals(void) {
  for (size_t i = 0; i < COUNT(fatal_signals); i++)
    sigaction(fatal_signals[i], &previous[fatal_signals[i]], NULL);
  for (size_t i = 0; i < COUNT(loop_signals); i++)
    sigaction(loop_signals[i], &previous[loop_signals[i]], NULL);
  sigaction(SIGPIPE, &previous[SIGPIPE], NULL);
}

int tg_signal_descriptor(void) { return tg.pipe_read; }

int tg_next_signal(void) {
  unsigned char byte;
  return read(tg.pipe_read, &byte, 1) == 1 ? byte : 0;
}

// Whoever is asked to leave while the screen is not ours has nothing to give back.
static void leave_if_asked(void) {
  int signal;
  while ((signal = tg_next_signal()) != 0)
    if (asks_to_leave(signal)) tg_die(signal);
}

// A shell that ends a stopped job continues it first and sends the signal then; wait for that.
static void wait_in_background(void) {
  struct pollfd signals = {.fd = tg.pipe_read, .events = POLLIN};
  if (tcgetpgrp(tg.terminal) != getpgrp()) poll(&signals, 1, 100);
}

void tg_suspend(void) {
  struct sigaction stop;
  struct termios modes;
  sigaction(SIGTSTP, &previous[SIGTSTP], &stop);
  kill(0, SIGTSTP);
  // Continued in the background, the terminal is not ours yet. To change its modes, even to what
  // they are, is what the kernel stops us for until it is; asking first and stopping then would
  // miss a shell that gives us the terminal in between.
  do {
    leave_if_asked();
    wait_in_background();
    leave_if_asked();
    if (tcgetattr(tg.terminal, &modes) != 0) break;
  } while (tcsetattr(tg.terminal, TCSANOW, &modes) != 0 && errno == EINTR);
  leave_if_asked();
  sigaction(SIGTSTP, &stop, NULL);
}

_Noreturn void tg_die(int signal) {
  struct sigaction plain = {.sa_handler = SIG_DFL};
  sigset_t only;
  sigaction(signal, &plain, NULL);
  sigemptyset(&only);
  sigaddset(&only, signal);
  sigprocmask(SIG_UNBLOCK, &only, NULL);
  raise(signal);
  _exit(128 + signal);
}
