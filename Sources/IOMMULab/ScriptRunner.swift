internal import IOMMUAPI
internal import IOMMUClients
internal import IOMMUHardware
package import IOMMUModel

/// Runs a script without a screen and says of each operation what came of it.
package struct ScriptRunner {
  package struct Options: Sendable {
    /// One JSON object a line; else lines for people.
    package var isJSON: Bool
    /// Adds every event of each operation.
    package var showsEvents: Bool

    package init(isJSON: Bool, showsEvents: Bool) {
      (self.isJSON, self.showsEvents) = (isJSON, showsEvents)
    }
  }

  /// An answer that was not expected, at a place of the script.
  package struct Failure: Hashable, Sendable {
    package let line: Int
    package let column: Int
    package let reason: String

    package init(line: Int, column: Int, reason: String) {
      (self.line, self.column, self.reason) = (line, column, reason)
    }
  }

  /// The most events shown of one operation: 128 MiB of them.
  ///
  /// A longer one says that it was cut.
  package static let mostEvents = 4_000_000

  private let options: Options
  private let registers: RegisterMap
  private var machine: Machine
  private var faults = FaultLog()

  /// A runner on the machine that a script's start names, before its first line.
  package init(_ machine: Machine, registers: RegisterMap, options: Options) {
    self.machine = machine
    self.registers = registers
    self.options = options
    self.machine.setRecording(options.showsEvents, capacity: Self.mostEvents)
    _ = self.machine.takeRecording()
  }

  /// Runs all of it, handing the output to `write` piece by piece; line ends are part of it.
  ///
  /// - Returns: What was not as expected; the exit status is 0 when there is nothing.
  package mutating func run(_ script: Script, write: (String) -> Void) -> [Failure] {
    var failures: [Failure] = []
    for (index, line) in script.lines.enumerated() {
      let before = ClientNews.Mark(machine.clients)
      let outcome = machine.apply(line.operation)
      let recording = machine.takeRecording()
      let news = ClientNews(
        since: before, in: machine, line.operation, outcome, recording.hazards)
      faults.note(line.operation, outcome, line: line.number)
      if options.isJSON {
        let isLast = index == script.lines.count - 1
        writeJSON(line, outcome, news, recording, isLast: isLast, write)
      } else {
        writeText(line, outcome, news, recording, write)
      }
      failures += check(line, outcome)
    }
    if !options.isJSON { ClientNews.leaks(in: machine).forEach { write("      \($0)\n") } }
    return failures
  }

  private func check(_ line: Script.Line, _ outcome: Outcome) -> [Failure] {
    if line.expectations.isEmpty, !outcome.isOK {
      return [
        Failure(
          line: line.number, column: 1,
          reason: "\(line.operation.text): \(outcome.words(in: machine))")
      ]
    }
    return line.expectations.filter { !$0.holds(for: outcome) }.map {
      Failure(
        line: $0.line, column: $0.column,
        reason: "expected \($0.text) of \"\(line.operation.text)\", got "
          + outcome.words(in: machine))
    }
  }

  private func report(of dump: Operation.Dump) -> DumpReport {
    DumpReport(dump, machine: machine, registers: registers, faults: faults)
  }

  // MARK: Lines for people

  private func writeText(
    _ line: Script.Line, _ outcome: Outcome, _ news: ClientNews, _ recording: Recording,
    _ write: (String) -> Void
  ) {
    let number = String(line.number)
    var text = String(repeating: " ", count: max(0, 4 - number.count)) + number + "  "
    text += line.operation.text
    text += String(repeating: " ", count: max(2, 48 - line.operation.text.count))
    text += outcome.words(for: line.operation, in: machine)
    write(text + "\n")
    for line in news.lines { write("      \(line)\n") }
    if outcome.isOK, case .dump(let dump) = line.operation {
      report(of: dump).writeLines { write($0 + "\n") }
    }
    for event in recording.events {
      write(
        String(repeating: "  ", count: Int(event.depth) + 4)
          + event.change.words(in: machine, registers: registers) + "\n")
    }
    if !recording.isComplete { write("        … and more than can be shown\n") }
  }

  // MARK: JSON

  /// Writes one object.
  ///
  /// Its events go out one by one, since there may be millions of them.
  private func writeJSON(
    _ line: Script.Line, _ outcome: Outcome, _ news: ClientNews, _ recording: Recording,
    isLast: Bool, _ write: (String) -> Void
  ) {
    var json = json(line, outcome)
    news.add(to: &json)
    let forgotten = isLast ? ClientNews.stillMapped(in: machine) : []
    if !forgotten.isEmpty { json.add("stillMapped", forgotten) }
    if outcome.isOK, case .dump(let dump) = line.operation {
      report(of: dump).writeJSON(after: json, write)
    } else {
      write(json.text)
    }
    guard options.showsEvents else {
      write("}\n")
      return
    }
    write(",\"events\":[")
    for (index, event) in recording.events.enumerated() {
      write((index > 0 ? "," : "") + event.json(in: machine, registers: registers).closed)
    }
    write(recording.isComplete ? "]}\n" : "],\"eventsCut\":true}\n")
  }

  private func json(_ line: Script.Line, _ outcome: Outcome) -> JSONText {
    var json = JSONText()
    json.add("line", line.number)
    json.add("op", line.operation.verb.rawValue)
    json.add("ok", outcome.isOK)
    switch outcome {
    case .done(let value):
      // A dump has keys of its own, which follow.
      if line.operation.verb != .dump { json.add("result", value.hex) }
    case .reached(let address, let isBypass, let word):
      json.add("result", address.value.hex)
      json.add("word", word.hex8)
      if isBypass { json.add("bypass", true) }
    case .traffic(let result):
      json.add("result", result.reached.hex)
      json.add("hits", Int(result.hits))
      json.add("misses", Int(result.misses))
      json.add("faults", Int(result.faults))
      json.add("bypassed", Int(result.bypassed))
      json.add("stalled", Int(result.stalled))
    case .refused(let errno, let reason):
      json.add("errno", errno.name)
      json.add("reason", reason)
    case .fault(let fault): json.add("fault", fault.json(in: machine))
    case .stalled: json.add("stalled", true)
    case .error(let message): json.add("error", message)
    }
    if case .walk(let written) = line.operation, let steps = try? walkSteps(written) {
      json.add("steps", steps)
    }
    return json
  }

  private func walkSteps(_ written: Operation.DeviceRequest) throws(Machine.Stop) -> [JSONText] {
    var trace = WalkTrace()
    let request = try machine.request(written)
    _ = machine.board.walk(request, watcher: &trace)
    return trace.steps.map { step in
      var json = JSONText()
      switch step {
      case .route(let offset, let value, let bank):
        json.add("step", "route")
        json.add("offset", UInt64(offset).hex(digits: 5))
        json.add("value", value.hex8)
        json.add("context", bank)
      case .control(let offset, let value, let isOn):
        json.add("step", "control")
        json.add("offset", UInt64(offset).hex(digits: 5))
        json.add("value", value.hex8)
        json.add("translates", isOn)
      case .probe(let slot, let vmid, let asid):
        json.add("step", "tlb")
        json.add("hit", slot != nil)
        json.add("vmid", Int(vmid))
        json.add("asid", Int(asid))
      case .routing(let entry):
        json.add("step", entry.kind == .root ? "root" : "context")
        if entry.isCached {
          json.add("cached", true)
        } else {
          json.add("address", entry.address.value.hex8)
        }
        json.add("high", entry.high.hex(digits: 16))
        json.add("low", entry.low.hex(digits: 16))
      case .read(let word, let address, let level):
        json.add("step", "read")
        json.add("level", level)
        json.add("address", address.value.hex8)
        json.add("value", word.hex8)
      case .check(_, let isAllowed):
        json.add("step", "permission")
        json.add("allowed", isAllowed)
      }
      return json
    }
  }
}
