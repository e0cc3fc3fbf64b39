internal import IOMMUAPI
internal import IOMMUHardware
package import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// Taking a lesson: its pages, its questions, and playing in between.
extension Explorer {
  /// The lesson's text is on the screen, in the place of the tree.
  var isReading: Bool { lesson.map { !$0.showsTree } ?? false }

  /// What keys mean besides what they always do.
  var modes: Set<Binding.Mode> {
    var modes: Set<Binding.Mode> = []
    if isAmongTraffic { modes.insert(.traffic) }
    if lesson != nil { modes.insert(.lesson) }
    if isReading { modes.insert(.reading) }
    if let lesson, isReading, !lesson.run.isPlaying, !lesson.shownOptions.isEmpty {
      modes.insert(.choosing)
    }
    return modes
  }

  // MARK: Beginning and ending

  /// Takes in how far the learner was the last time.
  package mutating func learnt(_ progress: CourseProgress) { self.progress = progress }

  /// Says that the next start will know nothing of this one.
  package mutating func tellNotKept(_ problem: String) {
    notice = Prose("Your progress is not kept: \(problem).", .fault)
  }

  /// Begins a lesson, or says why that cannot be.
  package mutating func begin(_ lesson: Lesson, named name: String) {
    do throws(ParseError) {
      try take(lesson, named: name)
    } catch {
      notice = Prose("The lesson cannot begin: \(error.message)", .fault)
    }
  }

  /// Begins a lesson; questions that were missed in others come back before it.
  mutating func take(_ new: Lesson, named name: String) throws(ParseError) {
    var taken = TakenLesson(LessonRun(new, name: name))
    if !name.isEmpty {
      taken.reviews = Array(progress.missed(besides: name).prefix(Self.mostReviews))
      let before = progress[name]
      taken.firstPage = before.isDone ? 0 : max(0, min(before.pages, new.pages.count) - 1)
    }
    try start(&taken)
  }

  /// So many questions come back before a lesson.
  private static let mostReviews = 2

  mutating func start(_ taken: inout TakenLesson) throws(ParseError) {
    if let next = taken.reviews.first, taken.waiting.isEmpty, let lesson = try? next.lesson.lesson()
    {
      taken.reviews.removeFirst()
      guard lesson.pages[safe: next.page]?.question != nil else {
        // The lesson has changed since: there is nothing to come back to.
        progress.note(reviewOf: next.page, in: next.lesson.name, isMissed: false)
        return try start(&taken)
      }
      taken.waiting = [taken.run]
      taken.run = LessonRun(lesson, name: next.lesson.name)
      try open(&taken, atPage: next.page)
    } else {
      try open(&taken, atPage: taken.firstPage)
      if taken.firstPage > 0 { notice = "Here you left off; [ goes to the pages before." }
    }
  }

  private mutating func open(_ taken: inout TakenLesson, atPage page: Int) throws(ParseError) {
    let timeline = try taken.run.begin(atPage: page)
    try begin(timeline, title: taken.run.lesson.title)
    noteOpened()
    (taken.cursor, taken.top) = (0, nil)
    lesson = taken
    course = nil
    focus = .system
    showPage()
    noteProgress()
  }

  /// Keeps how far the learner is; a question that came back counts for the lesson it is from.
  mutating func noteProgress() {
    guard let lesson else { return }
    if lesson.isReview {
      let run = lesson.run
      if run.state.result != nil {
        progress.note(reviewOf: run.page, in: run.name, isMissed: run.state.isMissed)
      }
    } else {
      progress.note(lesson.run)
    }
  }

  /// Opens beside the text what the page asks for.
  mutating func showPage() {
    // Reading goes on, wherever one has looked.
    focus = .system
    guard let show = lesson?.run.current.show else { return }
    if show.view == .designs {
      notice = "d opens the comparison of the designs; Esc comes back here."
      return
    }
    traffic.isOpen = false
    switch show.name.flatMap({ machine.subject(named: $0) }) {
    case .iommu(let iommu)?: selection = .iommu(iommu)
    case .bank(let iommu, let bank)?: selection = .bank(iommu: iommu, bank: bank)
    case .domain(let name)?: selection = .domain(name)
    case nil: break
    }
    if let shown = show.view.shown { view = shown }
    resetCursors()
    guard let address = show.address else { return }
    if show.view == .memory {
      followWord(PhysicalAddress(address))
    } else if show.view == .registers, let iommu = Subject(selection, in: machine).iommu {
      follow(.register(iommu: iommu, offset: UInt32(truncatingIfNeeded: address)))
    } else {
      chosenAddress = IOVA(address)
      entryCursor.follow(
        IOVA(address), from: Subject(selection, in: machine).table, machine.platform.format,
        in: machine.board.memory)
    }
    focus = .system
    (visited, left) = ([], [])
  }

  // MARK: Actions

  mutating func perform(_ action: LessonAction) -> Effect {
    switch action {
    case .map: toggleCourse()
    case .pointAtLesson(let index): course?.cursor = index
    case .openLesson(let index): openLesson(index)
    case .resetProgress: resetProgress()
    default: return performInLesson(action)
    }
    return .none
  }

  private mutating func performInLesson(_ action: LessonAction) -> Effect {
    guard lesson != nil else { return .none }
    defer { noteProgress() }
    switch action {
    case .answer: return answer()
    case .choose(let index):
      focus = .system
      choose(index)
    case .hint: change { $0.help(&$1) }
    case .skip: skip()
    case .resume: resume()
    case .nextPage: turnPage(forward: true)
    case .previousPage: turnPage(forward: false)
    case .scroll(let lines): scrollLesson(lines)
    case .tree:
      focus = .system
      lesson?.showsTree.toggle()
    case .map, .pointAtLesson, .openLesson, .resetProgress: break
    }
    return .none
  }

  /// Changes the run together with the timeline, and looks again at both.
  mutating func change(_ body: (inout LessonRun, inout Timeline) -> Void) {
    guard var taken = lesson else { return }
    let before = (taken.run.state, taken.run.page)
    body(&taken.run, &timeline)
    if before.1 != taken.run.page { taken.cursor = 0 }
    if before != (taken.run.state, taken.run.page) { taken.top = nil }
    taken.cursor = max(0, min(taken.cursor, taken.shownOptions.count - 1))
    lesson = taken
    afterLessonChange()
  }

  private mutating func afterLessonChange() {
    tree = TreeState()
    forgetDrawn()
    enterWhereTimeStands()
    saved = timeline.entries.count
  }

  private mutating func answer() -> Effect {
    guard let taken = lesson else { return .none }
    guard taken.run.isAsking else {
      goOn()
      return .none
    }
    switch taken.run.question?.kind {
    case .choose?, .order?:
      if let option = taken.shownOptions[safe: taken.cursor] { choose(option) }
    case .type?: prompt = Prompt(.answer)
    case .point?: answerByPointing()
    case .reach?:
      notice = "o lists what can be done, : takes it as text. The goals tell when you are there."
    case nil: break
    }
    return .none
  }

  private mutating func choose(_ option: Int) {
    guard let question = lesson?.run.question else { return }
    switch question.kind {
    case .choose: change { $0.choose(option, &$1) }
    case .order:
      guard let item = question.shownOrder[safe: option] else { return }
      change { $0.place(item, &$1) }
    default: break
    }
  }

  /// Opens the answer with its first character, where a typed one is asked for: the one that hex
  /// numbers or errnos begin with.
  ///
  /// Other digits choose views, also in a lesson.
  mutating func beginAnswer(with key: Key) -> Bool {
    guard let run = lesson?.run, isReading, focus == .system, run.isAsking,
      case .type? = run.question?.kind, case .character(let first) = key.code, "0E-".contains(first)
    else { return false }
    prompt = Prompt(.answer)
    prompt?.insert(String(first))
    return true
  }

  /// In an order, takes back the item placed last; says whether there was one.
  mutating func takeBackItem() -> Bool {
    guard isReading, focus == .system, lesson?.run.state.placed.isEmpty == false else {
      return false
    }
    var isTaken = false
    change { run, _ in isTaken = run.unplace() }
    return isTaken
  }

  /// Takes a typed answer.
  mutating func answer(typed text: String) {
    change { $0.type(text, &$1) }
    noteProgress()
  }

  mutating func skip() {
    guard lesson?.run.isAsking ?? false else {
      notice = "No question waits here: n goes on."
      return
    }
    let asked = lesson?.run.question
    change { $0.reveal(&$1) }
    if let asked { show(answerOf: asked) }
  }

  private mutating func resume() {
    guard lesson?.run.isPlaying ?? false else {
      notice = "This is the lesson as it was."
      return
    }
    change { run, timeline in _ = run.resume(&timeline) }
    notice = "Back in the lesson, as it was."
  }

  mutating func scrollLesson(_ count: Int) {
    guard var taken = lesson else { return }
    let area = layout.system
    let lines = lines(of: taken, in: area)
    let height = max(1, area.height - 2)
    let top = LessonView.top(lines, taken, height: height)
    taken.top = max(0, min(lines.lines.count - height, top + count))
    lesson = taken
  }

  /// Scrolls to the question, where it does not fit below the text.
  mutating func showQuestion() {
    guard let run = lesson?.run, run.state == QuestionState(), !run.isPlaying else { return }
    scrollLesson(1000)
  }

  mutating func moveInLesson(_ direction: Direction) {
    guard let taken = lesson else { return }
    switch direction {
    case .up, .down:
      let count = taken.shownOptions.count
      let step = direction == .up ? -1 : 1
      if count > 0 {
        showQuestion()
        lesson?.cursor = max(0, min(count - 1, taken.cursor + step))
      } else {
        scrollLesson(step)
      }
    case .pageUp: scrollLesson(1 - max(2, layout.system.height - 2))
    case .pageDown: scrollLesson(max(2, layout.system.height - 2) - 1)
    case .left, .right: break
    }
  }
}

extension Lesson.View {
  /// The view of the inspector; the comparison of designs is none.
  var shown: ViewID? {
    switch self {
    case .path: .path
    case .registers: .registers
    case .pageTable: .pageTable
    case .walk: .walk
    case .tlb: .tlb
    case .memory: .memory
    case .faults: .faults
    case .domain: .domain
    case .problems: .problems
    case .designs: nil
    }
  }
}
