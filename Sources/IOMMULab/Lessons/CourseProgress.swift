/// What a learner has done of the course, as a text that outlives the program.
///
/// One line a lesson: its name, how many pages were seen, `done` if it was finished, and after
/// `missed` the pages of the questions to come back to.
package struct CourseProgress: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var pages = 0
    package var isDone = false
    package var missed: Set<Int> = []

    package init() {}
  }

  /// By the lesson's name.
  package private(set) var lessons: [String: Entry] = [:]

  package init() {}

  /// Reads what was written; lines that mean nothing are left out.
  package init(text: String) {
    for line in text.split(whereSeparator: \.isNewline).prefix(1000) {
      let words = line.split(separator: " ")
      guard words.count >= 2, let pages = Int(words[1]), (0...1000).contains(pages) else {
        continue
      }
      var entry = Entry()
      entry.pages = pages
      var rest = words.dropFirst(2)
      if rest.first == "done" {
        entry.isDone = true
        rest.removeFirst()
      }
      if rest.first == "missed" {
        entry.missed = Set(
          rest.dropFirst().compactMap { Int($0) }.filter { (1...1000).contains($0) }
            .map { $0 - 1 })
      }
      lessons[String(words[0])] = entry
    }
  }

  /// As it is written, lessons by their names; pages count from 1.
  package var text: String {
    lessons.sorted { $0.key < $1.key }.map { name, entry in
      var words = [name, String(entry.pages)]
      if entry.isDone { words.append("done") }
      if !entry.missed.isEmpty {
        words.append("missed")
        words += entry.missed.sorted().map { String($0 + 1) }
      }
      return words.joined(separator: " ") + "\n"
    }.joined()
  }

  package subscript(name: String) -> Entry { lessons[name] ?? Entry() }

  /// Keeps what a run has come to.
  package mutating func note(_ run: LessonRun) {
    guard !run.name.isEmpty else { return }
    var entry = self[run.name]
    entry.pages = max(entry.pages, run.furthest + 1)
    entry.isDone = entry.isDone || run.isDone
    entry.missed.formUnion(run.missed)
    entry.missed.subtract(run.mastered)
    lessons[run.name] = entry
  }

  /// Notes how a question went that came back.
  package mutating func note(reviewOf page: Int, in name: String, isMissed: Bool) {
    guard var entry = lessons[name] else { return }
    if isMissed { entry.missed.insert(page) } else { entry.missed.remove(page) }
    lessons[name] = entry
  }

  /// The questions missed in other lessons, in the order of the course.
  package func missed(besides name: String) -> [(lesson: Course.Entry, page: Int)] {
    Course.lessons.filter { $0.name != name }.flatMap { lesson in
      self[lesson.name].missed.sorted().map { (lesson, $0) }
    }
  }

  package mutating func reset() { lessons = [:] }

  /// Takes over the lessons that differ between two states, and forgets those that are gone.
  package mutating func take(_ new: CourseProgress, changedFrom old: CourseProgress) {
    for name in Set(new.lessons.keys).union(old.lessons.keys)
    where new.lessons[name] != old.lessons[name] {
      lessons[name] = new.lessons[name]
    }
  }
}
