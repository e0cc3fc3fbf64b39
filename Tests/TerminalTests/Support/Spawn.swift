import CVTerm
import Glibc

/// Starts a program in a session of its own, with a terminal as its input, output and errors.
///
/// The first terminal that the leader of a new session opens becomes its controlling terminal, which
/// is what makes Ctrl-Z and the change of size work. Nothing is forked: a test process has threads.
func spawn(_ words: [String], environment: [String: String], terminal: [CChar]) throws -> Int32 {
  try spawn(words, environment: environment, ownSession: true) { actions in
    posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
  }
}

/// What a program did that had no terminal.
struct PlainRun {
  var ending: PtySession.Ending
  var output: String
  var errors: String

  /// Runs a program to its end with nothing to read.
  init(_ words: [String], environment: [String: String] = PtySession.plainEnvironment) throws {
    let (output, errors) = (try Pipe(), try Pipe())
    let process = try spawn(words, environment: environment, ownSession: false) { actions in
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
      posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
      posix_spawn_file_actions_adddup2(&actions, errors.writing, 2)
    }
    self.output = output.readToEnd()
    self.errors = errors.readToEnd()
    var status: Int32 = 0
    waitpid(process, &status, 0)
    ending = status & 0x7F == 0 ? .status(Int(status >> 8 & 0xFF)) : .signal(status & 0x7F)
  }
}

private struct Pipe {
  let reading: Int32
  let writing: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe2(&ends, O_CLOEXEC) == 0 else { throw PtyFailure("no pipe: errno \(errno)") }
    (reading, writing) = (ends[0], ends[1])
  }

  /// Reads until the program has closed its end, which ours must not outlive.
  func readToEnd() -> String {
    close(writing)
    defer { close(reading) }
    var result: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(reading, &block, block.count)
      if count <= 0 { return String(decoding: result, as: UTF8.self) }
      result += block.prefix(count)
    }
  }
}

private func spawn(
  _ words: [String],
  environment: [String: String],
  ownSession: Bool,
  _ prepare: (inout posix_spawn_file_actions_t) -> Void
) throws -> Int32 {
  var actions = posix_spawn_file_actions_t()
  var attributes = posix_spawnattr_t()
  posix_spawn_file_actions_init(&actions)
  posix_spawnattr_init(&attributes)
  defer {
    posix_spawn_file_actions_destroy(&actions)
    posix_spawnattr_destroy(&attributes)
  }
  prepare(&actions)

  // Signals as a login shell would hand them on, whatever the test process has done to its own.
  var (none, all) = (sigset_t(), sigset_t())
  sigemptyset(&none)
  sigfillset(&all)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setsigdefault(&attributes, &all)
  let newSession: Int32 = 0x80
  let flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (ownSession ? newSession : 0)
  posix_spawnattr_setflags(&attributes, Int16(flags))

  var arguments = words.map { strdup($0) } + [nil]
  var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for string in arguments + variables { free(string) } }
  var process: pid_t = 0
  let error = posix_spawn(&process, words[0], &actions, &attributes, &arguments, &variables)
  guard error == 0 else { throw PtyFailure("\(words[0]) does not start: errno \(error)") }
  return process
}
