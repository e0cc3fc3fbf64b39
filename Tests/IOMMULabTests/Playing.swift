import IOMMULab
import IOMMUModel
import Testing

/// The machine after a script whose expectations all hold.
func play(_ text: String) throws -> Machine {
  let script = try Script(parsing: text, platforms: Library.platformNames)
  var machine = try Library.machine(for: script)
  for line in script.lines {
    let outcome = machine.apply(line.operation)
    for expectation in line.expectations {
      #expect(expectation.holds(for: outcome), "line \(line.number): \(outcome)")
    }
  }
  return machine
}
