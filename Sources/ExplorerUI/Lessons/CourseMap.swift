internal import IOMMULab
internal import TerminalCore

/// The cursor in the map of the course, while it is open.
struct CourseCursor: Hashable, Sendable {
  var cursor = 0
  /// The person asked once to forget all progress; asking again does it.
  var asksToReset = false
  /// The lesson that was asked for while there was something to lose; asking again takes it.
  var asked: Int?
}

/// The map of the course: all lessons, and how far one is with each.
extension Explorer {
  mutating func toggleCourse() {
    if course != nil {
      course = nil
    } else if Course.lessons.isEmpty {
      notice = "No lessons ship with this program."
    } else {
      openCourse(after: lesson?.run.name)
    }
  }

  /// Opens the map with its cursor on the lesson to take next.
  package mutating func openCourse(after name: String? = nil) {
    let lessons = Course.lessons
    guard !lessons.isEmpty else { return }
    let here = lessons.firstIndex { $0.name == name }
    let isHereDone = here.map { progress[lessons[$0].name].isDone } ?? false
    let next =
      here.map { isHereDone ? min($0 + 1, lessons.count - 1) : $0 }
      ?? lessons.firstIndex { !progress[$0.name].isDone } ?? 0
    course = CourseCursor(cursor: next)
  }

  /// A key while the map is open.
  mutating func handleInCourse(_ key: Key) -> Effect {
    let count = Course.lessons.count
    if case .character("R") = key.code {
      resetProgress()
      return .none
    }
    course?.asksToReset = false
    let action = Keymap.action(for: key, in: .inspector, .path)
    if action != .open { course?.asked = nil }
    switch (key.code, key.modifiers) {
    case (.character("l"), []), (.character("L"), _): return perform(.leave)
    default: break
    }
    switch action {
    case .move(.up): moveInCourse(-1)
    case .move(.down): moveInCourse(1)
    case .move(.pageUp), .toStart: course?.cursor = 0
    case .move(.pageDown), .toEnd: course?.cursor = count - 1
    case .open: openLesson(course?.cursor ?? 0)
    default: return performOverPanes(action)
    }
    return .none
  }

  mutating func moveInCourse(_ step: Int) {
    guard let cursor = course?.cursor else { return }
    course?.cursor = max(0, min(Course.lessons.count - 1, cursor + step))
  }

  mutating func openLesson(_ index: Int) {
    guard let entry = Course.lessons[safe: index] else { return }
    // What is done within a lesson is tried out only.
    guard lesson != nil || unsavedCount == 0 || course?.asked == index else {
      course?.asked = index
      notice = Prose("\(unsavedWords), and would be gone: Enter again takes the lesson.", .fault)
      return
    }
    do {
      try take(try entry.lesson(), named: entry.name)
    } catch {
      notice = Prose("\(entry.title) cannot be read: it has a mistake.", .fault)
    }
  }

  /// Asks first; asked again, it forgets.
  mutating func resetProgress() {
    guard course?.asksToReset ?? true else {
      course?.asksToReset = true
      notice = "R again forgets all progress; any other key keeps it."
      return
    }
    progress.reset()
    course?.asksToReset = false
    notice = "All progress is forgotten: every lesson is new again."
  }
}

/// Draws the map.
struct CourseView {
  private enum Row: Hashable {
    case part(String)
    case lesson(Int)
    case gap

    var isLesson: Bool { if case .lesson = self { true } else { false } }
  }

  private let explorer: Explorer
  private let map: CourseCursor
  private let lessons = Course.lessons

  init(_ explorer: Explorer, _ map: CourseCursor) { (self.explorer, self.map) = (explorer, map) }

  private var rows: [Row] {
    var rows: [Row] = []
    for (index, lesson) in lessons.enumerated() {
      let title = Course.partTitles[safe: lesson.part - 1] ?? "More"
      if !rows.contains(.part("\(lesson.part)  \(title)")) {
        if !rows.isEmpty { rows.append(.gap) }
        rows.append(.part("\(lesson.part)  \(title)"))
      }
      rows.append(.lesson(index))
    }
    // Where not all fit, the air goes first.
    return rows.count + 6 > explorer.height ? rows.filter { $0 != .gap } : rows
  }

  func draw(with pen: inout Pen) {
    pen.recede()
    let rows = rows
    let columns = min(explorer.width, 84)
    let height = max(3, min(explorer.height - 2, rows.count + 5))
    let area = Rect(
      column: (explorer.width - columns) / 2, row: max(1, (explorer.height - 1 - height) / 2),
      width: columns, height: height)
    pen.link(Rect(column: 0, row: 0, width: explorer.width, height: explorer.height), to: .leave)
    pen.clear(area)
    let done = lessons.count { explorer.progress[$0.name].isDone }
    let about = height >= 14 ? 3 : 0
    let list = LineList(
      count: rows.count, cursor: rows.firstIndex(of: .lesson(map.cursor)) ?? 0,
      height: height - 2 - about)
    let hidden = lessons.count - rows[list.visible].count { $0.isLesson }
    let inside = pen.frame(
      area, title: Prose("The course", .strong), focused: true,
      right: Prose(
        (hidden > 0 ? "\(hidden) more ↑↓   " : "") + "\(done) of \(lessons.count) done", .dim),
      bottom: "\(live: "●") done  \(Prose("◐", .accent)) begun  \(dim: "○") to come  "
        + Prose("≠", .stale) + Prose(" missed questions, which come back", .text))
    pen.cover(area, with: .lesson(.pointAtLesson(map.cursor)))
    for (line, index) in list.visible.enumerated() {
      draw(rows[index], at: line, in: inside, with: &pen)
    }
    if about > 0, let lesson = lessons[safe: map.cursor] {
      let words: Prose =
        map.asksToReset
        ? Prose("R again forgets all progress; any other key keeps it.", .fault)
        : map.asked != nil
          ? Prose(
            "\(explorer.unsavedWords), and would be gone: Enter again takes the lesson.", .fault)
          : LessonText.prose(lesson.about, on: explorer.machine)
      for (row, line) in Wrapped(words, width: inside.width - 4).lines.prefix(2).enumerated() {
        pen.write(line, at: 2, inside.height - 2 + row, in: inside)
      }
    }
    pen.ground(area)
  }

  private func draw(_ row: Row, at line: Int, in area: Rect, with pen: inout Pen) {
    switch row {
    case .gap: break
    case .part(let title): pen.write(title, .strong, at: 2, line, in: area)
    case .lesson(let index):
      let lesson = lessons[index]
      let entry = explorer.progress[lesson.name]
      let number = String(lesson.number)
      var prose =
        entry.isDone
        ? Prose("● ", .live) : entry.pages > 0 ? Prose("◐ ", .accent) : Prose("○ ", .dim)
      prose += Prose(String(repeating: " ", count: max(0, 2 - number.count)) + number + "  ", .dim)
      prose += Prose(lesson.title, index == map.cursor ? .strong : .text)
      pen.write(prose, at: 4, line, in: area)
      var right = Prose()
      if !entry.missed.isEmpty { right += Prose("≠ \(entry.missed.count)  ", .stale) }
      right += Prose(lesson.name, .dim)
      pen.writeRight(right, inset: 2, line, in: area)
      if index == map.cursor { pen.select(row: line, in: area, focused: true) }
      let cells = area.rows(from: line, count: 1)
      pen.link(
        cells,
        to: index == map.cursor ? .lesson(.openLesson(index)) : .lesson(.pointAtLesson(index)))
    }
  }
}
