/// The figures as a table for people.
package enum BenchReport {
  package static let heading = """
    One generic call for each page of 4 KiB, in order; lookups at random addresses. The plain loop is
    C over a flat array with one word a page (for tables of four levels: over such tables), in turn
    with ours. Least of several rounds.
    """

  package static func table(of rows: [Bench.Row], pages: Int) -> String {
    let head = ["\(pages) pages", "ours", "plain", "ratio", "goal", ""]
    return ([head] + rows.map(cells)).map { "\n" + line($0) }.joined()
  }

  private static func cells(of row: Bench.Row) -> [String] {
    let amounts = [row.ours, row.plain].map {
      switch row.unit {
      case .nanoseconds: "\(decimal($0, 2)) ns"
      case .bytes: "\(decimal($0 / 1024, 0)) KiB"
      }
    }
    let goal = row.goal.map { "≤ \(decimal($0, $0 == $0.rounded() ? 0 : 1))x" } ?? ""
    let verdict = row.goal == nil ? "" : row.isMet ? "met" : "missed"
    return [row.name] + amounts + ["\(decimal(row.ratio, 2))x", goal, verdict]
  }

  private static func line(_ cells: [String]) -> String {
    let widths = [44, 12, 12, 9, 8, 8]
    let line = zip(cells, widths).enumerated().map { index, pair in
      let space = String(repeating: " ", count: max(0, pair.1 - pair.0.count))
      return index == 0 ? pair.0 + space : index == 5 ? "  " + pair.0 : space + pair.0
    }.joined()
    return String(line.reversed().drop { $0 == " " }.reversed())
  }

  /// A number with so many digits after the point.
  private static func decimal(_ value: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
    let rounded = Int((value * Double(scale)).rounded())
    guard digits > 0 else { return "\(rounded)" }
    let fraction = "\(rounded % scale)"
    return "\(rounded / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
