internal import IOMMUAPI
package import IOMMUValues

/// Who writes down what a client does: the kernel's records, or nobody.
package protocol Recorder {
  mutating func note(_ change: ClientChange)
  mutating func enter(_ function: Label, _ subject: Subject)
  mutating func leave(_ value: Int64)
  mutating func ask(_ question: Label, _ answer: Bool) -> Bool
}

extension System: Recorder {}

/// Writes down nothing.
package struct NoRecorder: Recorder {
  package init() {}
  package mutating func note(_ change: ClientChange) {}
  package mutating func enter(_ function: Label, _ subject: Subject) {}
  package mutating func leave(_ value: Int64) {}
  package mutating func ask(_ question: Label, _ answer: Bool) -> Bool { answer }
}
