internal import IOMMUAPI
internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// Below the traffic: how it went over the last ticks, and the last accesses one by one.
struct TrafficPlots {
  private let explorer: Explorer

  init(_ explorer: Explorer) { self.explorer = explorer }

  func draw(in area: Rect, with pen: inout Pen) {
    let focused = explorer.focus == .timeline
    pen.link(area, to: .focus(.timeline))
    let isSingle = explorer.layout.shape == .single
    let inside = pen.frame(
      area, title: Prose("Last ticks", .strong), focused: focused,
      right: Prose("all devices", .dim))
    let wide = inside.width >= 160
    let listWidth = isSingle ? 0 : wide ? 62 : min(46, inside.width / 2)
    let plots = Rect(
      column: inside.column, row: inside.row, width: inside.width - listWidth - (isSingle ? 0 : 1),
      height: inside.height)
    drawPlots(in: plots, with: &pen)
    guard !isSingle else { return }
    let edge = plots.width + 1
    let style = pen.theme.frame(focused: focused)
    pen.put(pen.glyphs.teeDown, style, at: edge, 0, in: area)
    pen.put(pen.glyphs.teeUp, style, at: edge, area.height - 1, in: area)
    for row in 1..<max(1, area.height - 1) {
      pen.put(pen.glyphs.vertical, style, at: edge, row, in: area)
    }
    pen.write(
      Prose(" ", .text) + Prose("Last accesses", .strong) + " ", at: edge + 2, 0, in: area)
    drawLast(
      in: Rect(
        column: inside.column + edge, row: inside.row, width: listWidth, height: inside.height),
      with: &pen)
  }

  // MARK: Plots

  /// How the three curves share a place: beside each other, above each other, or a row each.
  private enum Shape {
    case columns, stack, rows

    init(_ area: Rect) {
      self = area.width >= 60 ? .columns : area.height >= 12 ? .stack : .rows
    }

    /// Where one of the three is.
    func place(_ index: Int, in area: Rect) -> Rect {
      switch self {
      case .columns:
        let width = area.width / 3
        return Rect(
          column: area.column + index * width, row: area.row, width: width, height: area.height)
      case .stack:
        let height = area.height / 3
        return Rect(
          column: area.column, row: area.row + index * height, width: area.width, height: height)
      case .rows:
        return Rect(column: area.column, row: area.row + index, width: area.width, height: 1)
      }
    }
  }

  private func drawPlots(in area: Rect, with pen: inout Pen) {
    let shape = Shape(area)
    let width = shape.place(0, in: area).width
    let capacity =
      shape == .rows
      ? PlotRow.capacity(width: width)
      : Plot.capacity(width: width, isASCII: explorer.glyphs.isASCII)
    let ticks = explorer.timeline.latestTicks(capacity)
    guard let first = ticks.first, let last = ticks.last else {
      pen.write(
        "Nothing has run yet. Space sets all attached devices going.", .dim, at: 1, 0, in: area)
      return
    }
    let ends = (first.number.grouped, last.number.grouped)
    for (index, plot) in plots(of: ticks.map(\.totals.sum), ends).enumerated() {
      let place = shape.place(index, in: area)
      if shape == .rows {
        PlotRow(plot: plot, name: ["accesses", "TLB hit", "faults"][index])
          .draw(in: place, with: &pen)
      } else {
        plot.draw(in: place, with: &pen)
      }
    }
    if shape == .rows, area.height > 3 {
      PlotRow.drawAxis(ends, count: ticks.count, in: shape.place(3, in: area), with: &pen)
    }
  }

  /// What was asked for, what the TLB knew of it, and what was stopped.
  private func plots(of sums: [TrafficResult], _ ends: (String, String)) -> [Plot] {
    let busiest = Self.round(sums.map(\.accesses).max() ?? 1)
    let worst = Self.round(max(4, sums.map(\.faults).max() ?? 1))
    return [
      Plot(
        title: "accesses a tick",
        points: sums.map { Plot.Point(value: $0.accesses, isMarked: $0.faults > 0) },
        top: busiest, topLabel: busiest.grouped, bottomLabel: "0", ends: ends, role: .live),
      Plot(
        title: "TLB hit rate",
        points: sums.map { Plot.Point(value: $0.hitsPerMille.map { UInt64($0) }, isMarked: false) },
        top: 1000, topLabel: "100 %", bottomLabel: "0 %", ends: ends, role: .accent),
      Plot(
        title: "faults a tick",
        points: sums.map { Plot.Point(value: $0.faults, isMarked: false) }, top: worst,
        topLabel: worst.grouped, bottomLabel: "0", ends: ends, role: .fault),
    ]
  }

  /// A number as one would write it at an axis, one digit and zeros, no smaller than what it is for.
  private static func round(_ number: UInt64) -> UInt64 {
    var unit: UInt64 = 1
    while unit < 1 << 56 {
      for step in [1, 2, 3, 4, 5, 6, 8].map({ $0 * unit }) where step >= number { return step }
      unit *= 10
    }
    return number
  }

  // MARK: The last accesses

  private func drawLast(in area: Rect, with pen: inout Pen) {
    let machine = explorer.machine
    let accesses = explorer.timeline.latestAccesses(area.height)
    for (row, past) in accesses.enumerated() {
      let line = Rect(column: area.column, row: area.row + row, width: area.width, height: 1)
      pen.link(
        line, to: .jump(Timeline.Position(entry: past.entry, events: past.access.end)))
      pen.write(prose(of: past, in: machine, width: area.width), at: 1, row, in: area)
    }
  }

  private func prose(
    of past: Timeline.PastAccess, in machine: Machine, width: Int
  ) -> Prose {
    let access = past.access
    let name = machine.system.name(of: access.device)
    var prose = Prose()
    if width >= 44 {
      let tick = String(past.tick)
      prose += Prose(String(repeating: " ", count: max(0, 5 - tick.count)) + tick + " ", .dim)
    }
    // Without a tick, what is left beside the longest words that can follow.
    let room = width >= 60 ? 15 : width >= 44 ? 12 : max(9, min(12, width - 27))
    let cut = DisplayWidth.truncate(name, to: room, ellipsis: explorer.glyphs.cut)
    prose += Prose(cut, .text, to: .named(name))
    prose += Prose(String(repeating: " ", count: max(1, room + 1 - DisplayWidth.of(cut))))
    prose += Prose(access.isWrite ? "w " : "r ", .dim)
    prose += Prose(
      access.iova.value.hex8, .iova, to: .access(device: name, iova: access.iova.value))
    if width >= 60 {
      prose += Prose(" → ", .dim)
      prose += access.physical.map { Prose($0.value.hex8, .physical) } ?? Prose("nowhere   ", .dim)
    }
    prose += " "
    guard case .fault = access.outcome else { return prose + access.outcome.prose }
    return prose + Prose(access.outcome.prose.text, .fault, to: .operation(past.entry))
  }
}
