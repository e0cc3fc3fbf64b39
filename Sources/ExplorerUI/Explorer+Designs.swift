internal import IOMMULab
internal import IOMMUModel
internal import IOMMUValues
internal import TerminalCore

/// A cell of the comparison of designs: a client on a platform, under a design.
package struct DesignsCursor: Hashable, Sendable {
  /// Clients, platform after platform.
  var row = 0
  var design = Design.a

  private static var clients: [DesignComparison.Client] { DesignComparison.Client.allCases }

  static var rowCount: Int {
    (DesignComparison.shipped?.platforms.count ?? 0) * clients.count
  }

  /// The platform and the client of a row.
  static func subject(ofRow row: Int) -> (platform: String, client: DesignComparison.Client)? {
    guard let platforms = DesignComparison.shipped?.platforms, row >= 0,
      platforms.indices.contains(row / clients.count)
    else { return nil }
    return (platforms[row / clients.count], clients[row % clients.count])
  }

  var cell: DesignComparison.Cell? {
    Self.subject(ofRow: row).flatMap {
      DesignComparison.shipped?[design, $0.client, $0.platform]
    }
  }

  mutating func move(_ direction: Direction) {
    let all = Design.allCases
    let column = (all.firstIndex(of: design) ?? 0) + direction.steps(across: 1, down: 0)
    design = all[max(0, min(all.count - 1, column))]
    row = max(0, min(Self.rowCount - 1, row + direction.steps(across: 0, down: 1)))
  }
}

/// The three designs of 2010 compared, cell by cell, each of which was run and can be opened.
extension Explorer {
  mutating func toggleDesigns() {
    guard designs == nil else {
      designs = nil
      return
    }
    guard DesignComparison.shipped != nil else {
      notice = "A platform that ships with the program has a mistake: nothing can be compared."
      return
    }
    designs = DesignsCursor()
  }

  mutating func pointAtDesign(_ cell: DesignsCursor) {
    guard designs != nil, cell.cell != nil else { return }
    designs = cell
  }

  /// A key while the comparison is open.
  mutating func handleInDesigns(_ key: Key) -> Effect {
    switch (key.code, key.modifiers) {
    case (.character("c"), []): return openDesign(isHelped: true)
    case (.escape, _): return perform(.leave)
    default: break
    }
    let action = Keymap.action(for: key, in: .inspector, .path)
    switch action {
    case .move(let direction): moveInDesigns(direction)
    case .toStart: designs?.row = 0
    case .toEnd: designs?.row = max(0, DesignsCursor.rowCount - 1)
    case .open: return openDesign(isHelped: false)
    case .designs: designs = nil
    case .command: return perform(.command)
    default: return performOverPanes(action)
    }
    return .none
  }

  mutating func moveInDesigns(_ direction: Direction) { designs?.move(direction) }

  /// Opens a run of the chosen cell as a session: at the step where it fails, else at its end.
  mutating func openDesign(isHelped: Bool) -> Effect {
    guard let cell = designs?.cell else { return .none }
    guard !isHelped || cell.helped != nil else {
      notice = "There is no second run: the plain one works, or no code could help it."
      return .none
    }
    return open(shipped: cell.name + (isHelped ? "/helped" : ""))
  }
}
