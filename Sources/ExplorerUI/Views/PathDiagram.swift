internal import IOMMUHardware
internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// The hops of a request drawn as boxes, or as one line where there is less room.
struct PathDiagram {
  private let route: RouteDescription

  init(_ route: RouteDescription) { self.route = route }

  private func isBroken(after hop: Int) -> Bool { route.stop?.hop == hop }

  /// The device's own box takes what room the others leave.
  private func widths(in area: Rect) -> [Int] {
    let others = route.hops.dropFirst().map(\.width)
    let room = area.width - 2 - others.reduce(0, +) - 3 * others.count
    return [max(12, min(20, room))] + others
  }

  // MARK: Boxes

  func drawBoxes(in area: Rect, with pen: inout Pen) {
    let widths = widths(in: area)
    var column = 1
    var middles: [Int] = []
    var ends: [Int] = []
    for (index, hop) in route.hops.enumerated() {
      pen.write(hop.title, at: column + 1, 1, in: area)
      drawBox(hop, at: column, width: widths[index], in: area, with: &pen)
      middles.append(column + widths[index] / 2)
      column += widths[index]
      ends.append(column)
      guard index + 1 < route.hops.count else { continue }
      drawArrow(
        isLive: route.isLive(after: index), isBroken: isBroken(after: index), at: column, in: area,
        with: &pen)
      column += 3
    }
    if let bypass = route.bypass {
      drawBypass(
        bypass.why, from: middles[bypass.hop], to: middles[middles.count - 1], in: area, with: &pen)
    }
    if let stop = route.stop, !stop.words.isEmpty {
      let text = Prose("✗ \(stop.words)", .fault)
      // Under the arrow that it breaks, or where the boxes end.
      let place =
        stop.hop + 2 < route.hops.count
        ? ends[stop.hop] + 1 - text.width / 2 : column - text.width - 1
      pen.write(text, at: max(0, place), 6, in: area)
    }
  }

  private func drawBox(
    _ hop: RouteDescription.Hop, at column: Int, width: Int, in area: Rect, with pen: inout Pen
  ) {
    let glyphs = pen.glyphs
    let isLive = hop.isOnTheWay
    let style = pen.theme.style(isLive ? .live : .faint)
    let (across, down) =
      isLive
      ? (glyphs.horizontal, glyphs.vertical) : (glyphs.dashedHorizontal, glyphs.dashedVertical)
    let right = column + width - 1
    for place in column...right {
      pen.put(across, style, at: place, 2, in: area)
      pen.put(across, style, at: place, 5, in: area)
    }
    for row in 3...4 {
      pen.put(down, style, at: column, row, in: area)
      pen.put(down, style, at: right, row, in: area)
    }
    pen.put(glyphs.topLeft, style, at: column, 2, in: area)
    pen.put(glyphs.topRight, style, at: right, 2, in: area)
    pen.put(glyphs.bottomLeft, style, at: column, 5, in: area)
    pen.put(glyphs.bottomRight, style, at: right, 5, in: area)
    let inside = Rect(
      column: area.column + column + 1, row: area.row, width: width - 2, height: area.height)
    pen.write(hop.first.cut(to: width - 4, glyphs), at: 1, 3, in: inside)
    pen.write(hop.second, at: 1, 4, in: inside)
  }

  private func drawArrow(
    isLive: Bool, isBroken: Bool, at column: Int, in area: Rect, with pen: inout Pen
  ) {
    let glyphs = pen.glyphs
    let style = pen.theme.style(isBroken ? .fault : isLive ? .live : .faint)
    let dash = isLive ? glyphs.horizontal : glyphs.dashedHorizontal
    pen.put(dash, style, at: column, 3, in: area)
    pen.put(isBroken ? glyphs.refused : dash, style, at: column + 1, 3, in: area)
    pen.put(isBroken ? " " : glyphs.current, style, at: column + 2, 3, in: area)
  }

  private func drawBypass(
    _ why: String, from: Int, to: Int, in area: Rect, with pen: inout Pen
  ) {
    let style = pen.theme.style(.live)
    let glyphs = pen.glyphs
    pen.put(glyphs.teeDown, style, at: from, 5, in: area)
    pen.put(glyphs.teeUp, style, at: to, 5, in: area)
    for column in from...to { pen.put(glyphs.horizontal, style, at: column, 6, in: area) }
    pen.put(glyphs.bottomLeft, style, at: from, 6, in: area)
    pen.put(glyphs.bottomRight, style, at: to, 6, in: area)
    let text = Prose(" \(why) ", .live)
    pen.write(text, at: from + max(1, (to - from - text.width) / 2), 6, in: area)
  }

  // MARK: One line

  /// Draws the hops as one line, or as two where their names have no room in one, each with its
  /// details below; returns the row for what follows.
  func drawLine(in area: Rect, with pen: inout Pen) -> Int {
    let glyphs = pen.glyphs
    let width = area.width - 1
    let short = route.hops.indices.map { name(of: $0, cutTo: $0 == 0 ? 10 : 8, glyphs) }
    let count = short.count
    if area.width < PathView.tightWidth, short.total + (count - 1) * 4 > width, area.height >= 10 {
      let names = route.hops.indices.map { name(of: $0, cutTo: 12, glyphs) }
      var split = 1
      while split < count - 1, names.prefix(split + 1).total + (split + 1) * 5 <= width + 1 {
        split += 1
      }
      draw(0..<split, names, dashes: 2, at: 1, in: area, with: &pen)
      draw(split..<count, names, dashes: 2, at: 3, in: area, with: &pen)
      return 6
    }
    let dashes = short.total + (count - 1) * 5 <= width ? 2 : 1
    let names = fitted(short, in: width, dashes: dashes, glyphs)
    draw(0..<count, names, dashes: dashes, at: 1, in: area, with: &pen)
    return 4
  }

  /// Some of the hops from left to right, with the arrow that leads to each but the first of all.
  private func draw(
    _ hops: Range<Int>, _ names: [Prose], dashes: Int, at row: Int, in area: Rect,
    with pen: inout Pen
  ) {
    var column = 1
    for index in hops {
      if index > 0 { column = drawArrow(to: index, dashes, at: column, row, in: area, with: &pen) }
      pen.write(detail(of: route.hops[index], index), at: column, row + 1, in: area)
      column = pen.write(names[index], at: column, row, in: area) + 1
    }
  }

  private func drawArrow(
    to hop: Int, _ dashes: Int, at column: Int, _ row: Int, in area: Rect, with pen: inout Pen
  ) -> Int {
    let glyphs = pen.glyphs
    let isLive = route.isLive(after: hop - 1)
    let isBroken = isBroken(after: hop - 1)
    let style = pen.theme.style(isBroken ? .fault : isLive ? .live : .faint)
    let dash = isLive ? glyphs.horizontal : glyphs.dashedHorizontal
    let head = isBroken ? glyphs.refused : glyphs.current
    let line = String(repeating: dash, count: dashes)
    return pen.write("\(line)\(head) ", style: style, at: column, row, in: area)
  }

  private func name(of hop: Int, cutTo width: Int, _ glyphs: Glyphs) -> Prose {
    route.hops[hop].name.cut(to: width, glyphs)
  }

  /// The names of the hops, cut so that all of them fit.
  private func fitted(
    _ names: [Prose], in width: Int, dashes: Int, _ glyphs: Glyphs
  ) -> [Prose] {
    var names = names
    let room = width - (names.count - 1) * (dashes + 3)
    while names.total > room,
      let widest = names.indices.max(by: { names[$0].width < names[$1].width }),
      names[widest].width > 4
    {
      let shorter = names[widest].cut(to: names[widest].width - 1, glyphs)
      guard shorter.width < names[widest].width else { break }
      names[widest] = shorter
    }
    return names
  }

  /// Below a hop: what it says, where the request stops, or that it passes the rest by.
  private func detail(of hop: RouteDescription.Hop, _ index: Int) -> Prose {
    if let stop = route.stop, stop.hop <= index {
      return stop.hop == index ? Prose("✗ \(stop.short)", .fault) : ""
    }
    if let bypass = route.bypass, bypass.hop < index {
      return bypass.hop + 1 == index ? Prose("untranslated", .live) : ""
    }
    return hop.detail
  }
}

extension Sequence<Prose> {
  /// How wide all of them are.
  fileprivate var total: Int { reduce(0) { $0 + $1.width } }
}

extension Prose {
  /// The same words, cut at a width when they are one piece that is wider.
  fileprivate func cut(to width: Int, _ glyphs: Glyphs) -> Prose {
    guard pieces.count == 1, let piece = pieces.first else { return self }
    let text = DisplayWidth.truncate(piece.text, to: width, ellipsis: glyphs.cut)
    return Prose(text, piece.role, to: piece.target)
  }
}
