import IOMMULab
import TerminalCore
import Testing

@testable import ExplorerUI

/// Each key of the table, pressed where it works: what it says is what happens.
@Suite struct `What each key does` {
  struct Trial: CustomTestStringConvertible, Sendable {
    /// How the key is called in the table, and in which pane.
    let label: String
    var pane: Pane?
    /// What is pressed before, to stand where it works.
    let before: String
    var size = (80, 24)
    /// What goes on while it means this.
    var mode: Binding.Mode?
    let holds: @Sendable (_ before: Session, _ after: Session) -> Bool

    var testDescription: String { "\(pane.map { "\($0) " } ?? "")\(label)" }
  }

  private static func step(_ by: Int) -> @Sendable (Session, Session) -> Bool {
    { $1.explorer.timeline.step == $0.explorer.timeline.step + by }
  }

  private static func view(_ view: ViewID) -> @Sendable (Session, Session) -> Bool {
    { $1.explorer.view == view }
  }

  private static func entry(_ by: Int) -> @Sendable (Session, Session) -> Bool {
    { $1.explorer.timeline.position.entry == $0.explorer.timeline.position.entry + by }
  }

  private static func columns(_ by: Int) -> @Sendable (Session, Session) -> Bool {
    { $1.explorer.layout.system.width == $0.explorer.layout.system.width + by }
  }

  private static func rows(_ by: Int) -> @Sendable (Session, Session) -> Bool {
    { $1.explorer.layout.system.height == $0.explorer.layout.system.height + by }
  }

  static let trials: [Trial] =
    time + looking + moving + screen + traffic + lessons + program

  private static let time: [Trial] = [
    Trial(label: "n", before: "", holds: step(1)),
    Trial(label: "p", before: "", holds: step(-1)),
    Trial(label: "N", before: "") { $1.explorer.timeline.isOperationDone },
    Trial(label: "P", before: "", holds: entry(-1)),
    Trial(label: "Home", before: "") { $1.explorer.timeline.isAtStart },
    Trial(label: "End", before: "") { $1.explorer.timeline.isAtEnd },
    Trial(label: "i", before: "p", holds: step(1)),
    Trial(label: "v", before: "") { $1.explorer.marked != nil && $0.explorer.marked == nil },
    Trial(label: "V", before: "vn") { $1.explorer.comparison != nil },
  ]

  private static let looking: [Trial] = [
    Trial(label: "1", before: "2", holds: view(.path)),
    Trial(label: "2", before: "", holds: view(.registers)),
    Trial(label: "3", before: "", holds: view(.pageTable)),
    Trial(label: "4", before: "", holds: view(.walk)),
    Trial(label: "5", before: "", holds: view(.tlb)),
    Trial(label: "6", before: "", holds: view(.memory)),
    Trial(label: "7", before: "", holds: view(.faults)),
    Trial(label: "8", before: "", holds: view(.domain)),
    Trial(label: "9", before: "", holds: view(.problems)),
    Trial(label: "↵", before: "") { $1.explorer.focus == .inspector },
    Trial(label: "Backspace [", before: "2", holds: view(.path)),
    Trial(label: "]", before: "2<BS>", holds: view(.registers)),
    Trial(label: "f", before: "") { $1.explorer.linkChoice != nil },
    Trial(label: "Tab", before: "") { $1.explorer.focus == .inspector },
    Trial(label: "Shift-Tab", before: "") { $1.explorer.focus == .timeline },
    Trial(label: "w", before: "") { $1.screen.contains("─ Why ─") },
    Trial(label: "/", before: "") { $1.screen.contains("─ Find ─") },
    Trial(label: "d", before: "") { $1.screen.contains("─ The three designs ─") },
    Trial(label: "O", before: "") { $1.screen.contains("─ Scenes: short narrated") },
    Trial(label: ":", before: "") { $1.explorer.prompt?.purpose == .operation },
    Trial(label: "o", before: "") { $1.screen.contains("─ Operate ─") },
    Trial(label: "=", pane: .inspector, before: "2<Tab>") { $1.screen.contains("Bit by bit") },
    Trial(label: "c", pane: .inspector, before: "2<Tab>") {
      $1.explorer.timeline.position < $0.explorer.timeline.position
    },
    Trial(label: "e", before: "") { $1.explorer.prompt?.purpose == .address },
  ]

  private static let moving: [Trial] = [
    Trial(label: "↑ k", pane: .system, before: "") {
      $1.explorer.selection == .bank(iommu: 2, bank: 0)
        && $0.explorer.selection != $1.explorer.selection
    },
    Trial(label: "↓ j", pane: .system, before: "<Up>") {
      $1.explorer.selection == .bank(iommu: 2, bank: 1)
    },
    Trial(label: "← h", pane: .system, before: "") { $1.explorer.selection == .iommu(2) },
    Trial(label: "→ l", pane: .system, before: "<Left><Left>") {
      !$0.explorer.isOpen(2) && $1.explorer.isOpen(2)
    },
    Trial(label: "↑ k", pane: .inspector, before: "2<Tab><Down>") {
      $1.explorer.registerCursor == $0.explorer.registerCursor - 1
    },
    Trial(label: "↓ j", pane: .inspector, before: "2<Tab>") {
      $1.explorer.registerCursor == $0.explorer.registerCursor + 1
    },
    Trial(label: "← h", pane: .inspector, before: "3<Tab><Right>") {
      $1.explorer.entryCursor != $0.explorer.entryCursor
    },
    Trial(label: "→ l", pane: .inspector, before: "3<Tab>") {
      $1.explorer.entryCursor != $0.explorer.entryCursor
    },
    Trial(label: "↑ k", pane: .timeline, before: "<Tab><Tab>", holds: entry(-1)),
    Trial(label: "↓ j", pane: .timeline, before: "<Tab><Tab>P", holds: entry(1)),
    Trial(label: "← h", pane: .timeline, before: "<Tab><Tab><Right>") {
      $0.explorer.isInTree
        && (!$1.explorer.isInTree || $1.explorer.treeLine < $0.explorer.treeLine)
    },
    Trial(label: "→ l", pane: .timeline, before: "<Tab><Tab>") {
      !$0.explorer.isInTree && $1.explorer.isInTree
    },
    Trial(label: "PgUp", before: "") { $1.explorer.selection != $0.explorer.selection },
    Trial(label: "PgDn", before: "") { $1.explorer.selection != $0.explorer.selection },
  ]

  private static let screen: [Trial] = [
    Trial(label: "z", before: "") { $1.explorer.layout.system.width == 80 },
    Trial(label: ">", before: "", holds: columns(2)),
    Trial(label: "<", before: "", holds: columns(-2)),
    Trial(label: "+", before: "-", holds: rows(1)),
    Trial(label: "-", before: "", holds: rows(-1)),
    Trial(label: "=", before: ">>-") {
      $1.explorer.dividers == Dividers() && $0.explorer.dividers != Dividers()
    },
    Trial(label: "s", before: "", size: (180, 40)) {
      $1.explorer.shownSecondView != $0.explorer.shownSecondView
    },
    Trial(label: "S", before: "", size: (180, 40)) {
      $1.explorer.view == $0.explorer.shownSecondView
        && $1.explorer.shownSecondView == $0.explorer.view
    },
    Trial(label: ".", before: "", size: (180, 40)) {
      $0.explorer.pinned == nil && $1.explorer.pinned?.selection == $0.explorer.selection
    },
  ]

  private static let traffic: [Trial] = [
    Trial(label: "Space", before: "<End>") { $1.explorer.traffic.isRunning },
    Trial(label: "t", before: "<End>") { $1.explorer.traffic.isOpen },
    Trial(label: "+", before: "<End>t", mode: .traffic) {
      $1.explorer.traffic.speedIndex > $0.explorer.traffic.speedIndex
    },
    Trial(label: "-", before: "<End>t", mode: .traffic) {
      $1.explorer.traffic.speedIndex < $0.explorer.traffic.speedIndex
    },
    Trial(label: "S", before: "<End>t", mode: .traffic) {
      $1.explorer.prompt?.purpose == .seed
    },
  ]

  /// In a lesson whose second page asks for a choice, of which the second is right.
  private static let lessons: [Trial] = [
    Trial(label: "L", before: "") { $1.screen.contains("─ The course ─") },
    Trial(label: "a-f", pane: .system, before: "]", mode: .choosing) {
      $1.explorer.lesson?.run.state != $0.explorer.lesson?.run.state
        || $1.screen == $0.screen
    },
    Trial(label: "↵", pane: .system, before: "]", mode: .reading) {
      $1.explorer.lesson?.run.state.wrongTries == 1
    },
    Trial(label: "↑ k", pane: .system, before: "]<Down>", mode: .reading) {
      ($0.explorer.lesson?.cursor, $1.explorer.lesson?.cursor) == (1, 0)
    },
    Trial(label: "↓ j", pane: .system, before: "]", mode: .reading) {
      $1.explorer.lesson?.cursor == 1
    },
    Trial(label: "h", pane: .system, before: "]", mode: .reading) {
      $1.screen.contains("hint  It is there")
    },
    Trial(label: "x", before: "]", mode: .lesson) {
      $1.explorer.lesson?.run.state.result == .shown
    },
    Trial(label: "b", before: "]:'alloc mine'<Enter><Tab>", mode: .lesson) {
      $0.explorer.lesson?.run.isPlaying == true && $1.explorer.lesson?.run.isPlaying == false
    },
    Trial(label: "[", pane: .system, before: "]", mode: .reading) {
      $1.explorer.lesson?.run.page == 0
    },
    Trial(label: "]", pane: .system, before: "", mode: .reading) {
      $1.explorer.lesson?.run.page == 1
    },
    Trial(label: "T", before: "", mode: .lesson) {
      $1.screen.contains("─ System ─") && !$0.screen.contains("─ System ─")
    },
  ]

  private static let program: [Trial] = [
    Trial(label: "?", before: "") { $1.screen.contains("─ What works here ─") },
    Trial(label: "m", before: "") { $1.effect == .mouse(false) },
    Trial(label: "Esc", before: "z") { $0.explorer.isZoomed && !$1.explorer.isZoomed },
    Trial(label: "Ctrl-L", before: "") { $1.effect == .redraw },
    Trial(label: "Ctrl-Z", before: "") { $1.effect == .suspend },
    Trial(label: "q", before: "") { $1.effect == .quit },
    Trial(label: "Ctrl-C", before: "") { $1.effect == .quit },
  ]

  @Test(arguments: trials)
  func `it does what the table says`(trial: Trial) throws {
    let isLesson = trial.mode.map { $0 != .traffic } ?? false
    let start =
      try isLesson
      ? Session(lesson: Session.shortLesson, trial.before, size: trial.size)
      : Session(trial.before, size: trial.size)
    let binding = try #require(
      Keymap.bindings.first {
        $0.label == trial.label && (trial.pane == nil || $0.pane == trial.pane)
          && $0.mode == trial.mode
      })
    #expect(
      binding.works(
        in: start.explorer.focus, start.explorer.view, during: start.explorer.modes))
    #expect(start.explorer.obstacle(to: binding.action) == nil)
    for key in binding.keys {
      var session = start
      session.send(.key(key))
      #expect(trial.holds(start, session), "\(key)\n\(session.screen)")
    }
  }

  @Test func `no key of the table is left out`() {
    for binding in Keymap.bindings {
      let trials = Self.trials.filter {
        $0.label == binding.label && $0.pane == binding.pane
          && $0.mode == binding.mode
      }
      #expect(trials.count == 1, "\(binding.label) \(binding.place)")
    }
  }
}
