internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The devices at work: what each asked for, how often the TLB knew, and where the accesses went.
struct TrafficView {
  private let explorer: Explorer
  private let machine: Machine
  private let totals: TrafficTotals
  private let names: [String]

  init(_ explorer: Explorer) {
    self.explorer = explorer
    machine = explorer.machine
    totals = explorer.timeline.traffic
    names = explorer.trafficDevices
  }

  func draw(in area: Rect, with pen: inout Pen) {
    pen.link(area, to: .focus(.inspector))
    let focused = explorer.focus == .inspector
    let speed = explorer.traffic.speed
    let isNarrow = area.width < 70
    let perSecond = speed.ticksPerSecond
    let rate =
      isNarrow
      ? "\(perSecond)/s x\(speed.accesses)"
      : "\(perSecond) tick\(perSecond == 1 ? "" : "s")/s  "
        + "about \(speed.accesses.grouped) access\(speed.accesses == 1 ? "" : "es") a device"
    let inside = pen.frame(
      area, title: Prose("Traffic", .strong), focused: focused,
      right: Prose("seed \(explorer.traffic.seed)", .text) + Prose("  \(rate)", .dim))
    explorer.drawTabs(nil, in: inside, isSecond: false, with: &pen)
    let body = Rect(
      column: inside.column, row: inside.row + 1, width: inside.width,
      height: max(0, inside.height - 1))
    guard !names.isEmpty else {
      pen.write("No device is attached, so nobody asks.", .dim, at: 2, 1, in: body)
      pen.write(":attach DOMAIN DEVICE attaches one.", .dim, at: 2, 2, in: body)
      return
    }
    // Each device is worth more than how deep the walks went.
    let isTight = body.height < min(names.count, Self.leastDevices) + ways(isTight: false).count + 3
    let ways = ways(isTight: isTight)
    let isAiry = body.height >= names.count + ways.count + 7
    let room = max(1, body.height - (isAiry ? 7 : 3) - ways.count)
    var row = isAiry ? 1 : 0
    let pitch = body.height >= 2 * names.count + ways.count + 8 ? 2 : 1
    drawDevices(from: &row, room: room, pitch: pitch, in: body, with: &pen)
    if isAiry { row += 1 }
    guard row + 1 < body.height else { return }
    pen.divider(
      Prose("Where the accesses went", .strong), row: body.row - area.row + row, in: area,
      focused: focused)
    row += isAiry ? 2 : 1
    for way in ways where row < body.height {
      draw(way, row, in: body, with: &pen)
      row += 1
    }
  }

  // MARK: Devices

  /// So many devices show before the walks are told apart.
  private static let leastDevices = 4

  private struct Columns {
    let name: Int, domain: Int, curve: Int, curveEnd: Int
    let accesses: Int, hit: Int, faults: Int

    init(width: Int) {
      let isNarrow = width < 70
      name = 3
      domain = isNarrow ? 17 : 20
      curve = isNarrow ? 23 : 30
      // Right edges, so that numbers end below each other.
      faults = width - 2
      hit = faults - (isNarrow ? 6 : 10)
      accesses = hit - (isNarrow ? 7 : 10)
      curveEnd = accesses - (isNarrow ? 7 : 11)
    }
  }

  /// Rows from one device to the next are `pitch`.
  private func drawDevices(
    from row: inout Int, room: Int, pitch: Int, in area: Rect, with pen: inout Pen
  ) {
    let columns = Columns(width: area.width)
    let isNarrow = area.width < 70
    let ticks = explorer.timeline.latestTicks(max(0, columns.curveEnd - columns.curve))
    pen.write("context", .dim, at: columns.name, row, in: area)
    pen.write("domain", .dim, at: columns.domain, row, in: area)
    if !isNarrow {
      pen.write(
        "last \(ticks.count) tick\(ticks.count == 1 ? "" : "s")", .dim, at: columns.curve, row,
        in: area)
    }
    write(isNarrow ? "asked" : "accesses", .dim, endingAt: columns.accesses, row, area, &pen)
    write(isNarrow ? "hit" : "TLB hit", .dim, endingAt: columns.hit, row, area, &pen)
    write(isNarrow ? "fault" : "faults", .dim, endingAt: columns.faults, row, area, &pen)
    row += 1
    // One scale for all, so that who asks more stands higher.
    let busiest = ticks.flatMap { $0.totals.devices.map(\.result.accesses) }.max() ?? 0
    let selected = names.firstIndex { explorer.place(of: $0) == explorer.selection }
    let first = min(max(0, names.count - room), max(0, (selected ?? 0) - room / 2))
    for index in first..<min(names.count, first + room) {
      row += pitch - 1
      draw(names[index], ticks, busiest, columns, row, in: area, with: &pen)
      if index == selected {
        pen.select(row: row, in: area, focused: explorer.focus == .inspector)
      }
      row += 1
    }
    row += pitch - 1
    let hidden = names.count - min(names.count, room)
    pen.write(
      hidden > 0 ? "all \(names.count), \(hidden) not shown" : "all", .dim, at: columns.name, row,
      in: area)
    draw(totals.sum, columns, row, .strong, in: area, with: &pen)
    row += 1
  }

  private func draw(
    _ name: String, _ ticks: [TrafficTick], _ busiest: UInt64, _ columns: Columns, _ row: Int,
    in area: Rect,
    with pen: inout Pen
  ) {
    let line = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
    if let place = explorer.place(of: name) {
      pen.link(line, to: .point(.line(explorer.trafficDevices.firstIndex(of: name) ?? 0)))
      let subject = Subject(place, in: machine)
      if let status = subject.status { pen.write(status.dot, at: 1, row, in: area) }
      let room = columns.curve - columns.domain - 1
      let domain = subject.domainName.map {
        Prose(
          DisplayWidth.truncate($0, to: room, ellipsis: pen.glyphs.cut), .domain, to: .named($0))
      }
      pen.write(domain ?? Prose("none", .dim), at: columns.domain, row, in: area)
    }
    let room = columns.domain - columns.name - 1
    pen.write(
      Prose(
        DisplayWidth.truncate(name, to: room, ellipsis: pen.glyphs.cut), .text, to: .named(name)),
      at: columns.name, row, in: area)
    let counts = ticks.map { $0.totals[name]?.accesses ?? 0 }
    let curve = String(counts.map { pen.glyphs.bar($0, of: busiest) })
    pen.write(curve, .accent, at: columns.curveEnd - counts.count, row, in: area)
    draw(totals[name] ?? TrafficResult(), columns, row, .text, in: area, with: &pen)
  }

  private func draw(
    _ result: TrafficResult, _ columns: Columns, _ row: Int, _ role: Prose.Role, in area: Rect,
    with pen: inout Pen
  ) {
    write(result.accesses.grouped, role, endingAt: columns.accesses, row, area, &pen)
    let hit = result.hitsPerMille.map { $0 == 1000 ? "100 %" : "\($0 / 10).\($0 % 10) %" } ?? "-"
    write(hit, role, endingAt: columns.hit, row, area, &pen)
    let faults = result.faults.grouped
    write(
      result.faults > 0 ? "✗ \(faults)" : "0", result.faults > 0 ? .fault : .dim,
      endingAt: columns.faults, row, area, &pen)
  }

  private func write(
    _ text: String, _ role: Prose.Role, endingAt end: Int, _ row: Int, _ area: Rect,
    _ pen: inout Pen
  ) {
    pen.write(text, role, at: end - DisplayWidth.of(text), row, in: area)
  }

  // MARK: Where the accesses went

  private struct Way {
    let name: String
    let count: UInt64
    let words: String
    let role: Prose.Role
  }

  /// What can become of an access; what this machine's walker cannot do is left out.
  private func ways(isTight: Bool) -> [Way] {
    let sum = totals.sum
    let places = ["the first table", "the second table", "the third table", "a later table"]
    var ways = [Way(name: "TLB hit", count: sum.hits, words: "no table read", role: .live)]
    if isTight {
      ways.append(Way(name: "walk", count: sum.misses, words: "found in the tables", role: .half))
    }
    let levels = isTight ? 0 : min(TrafficResult.Walks.most, machine.platform.format.levels.count)
    for reads in 1..<levels + 1 {
      ways.append(
        Way(
          name: "\(reads) read\(reads == 1 ? "" : "s")", count: sum.walks[reads],
          words: "found in \(places[reads - 1])", role: .half))
    }
    ways.append(Way(name: "fault", count: sum.faults, words: "stopped", role: .fault))
    ways.append(Way(name: "bypass", count: sum.bypassed, words: "not translated", role: .accent))
    if sum.stalled > 0 {
      ways.append(Way(name: "stalled", count: sum.stalled, words: "waits", role: .fault))
    }
    return ways
  }

  private func draw(_ way: Way, _ row: Int, in area: Rect, with pen: inout Pen) {
    let isNarrow = area.width < 70
    pen.write(way.name, way.count > 0 ? .text : .dim, at: 3, row, in: area)
    let start = 13
    let words = isNarrow ? 0 : 29
    let end = area.width - 2 - words - 10
    let width = max(0, end - start)
    let sum = totals.sum.accesses
    // However rare, what happened shows.
    let share = sum == 0 ? 0 : Int(Double(width) * Double(way.count) / Double(sum))
    let filled = way.count == 0 ? 0 : max(1, share)
    let bar = String(repeating: pen.glyphs.section, count: filled)
    let next = pen.write(bar, way.role, at: start, row, in: area)
    pen.write(
      String(repeating: pen.glyphs.unmapped, count: max(0, width - filled)), .faint, at: next, row,
      in: area)
    write(way.count.grouped, way.count > 0 ? .text : .dim, endingAt: end + 10, row, area, &pen)
    if !isNarrow { pen.write(way.words, .dim, at: end + 13, row, in: area) }
  }
}
