package import IOMMUHardware
package import IOMMULab
internal import TerminalCore

/// What a key or a click can mean.
///
/// Keys become actions, actions change the UI or do operations.
package enum Action: Hashable, Sendable {
  // MARK: Time
  case stepForward, stepBack, operationForward, operationBack, toStart, toEnd
  case jump(Timeline.Position)
  /// Opens what lies ahead and steps inside.
  case stepInto
  /// Opens or folds a line of the call tree.
  case fold(TreeFold)
  /// Keeps this point of time, and shows what differs between it and another.
  case mark, compare

  // MARK: Looking
  case select(Selection)
  case toggle(iommu: Int)
  case view(ViewID)
  case nextView
  case focus(Pane)
  case nextPane, previousPane
  case move(Direction)
  case open, goBack, goForward
  /// Goes to what a name or an address stands for.
  case follow(Prose.Target)
  /// Marks every name and address on the screen with letters, to go there by keys.
  case chooseLink
  case zoom
  /// Opens the list of all that has a name, an address or a text.
  case find
  /// Goes to what was found, or to a place of the history.
  case go(Found.Place)
  case revisit(Int)
  /// Takes an item of the open list; nil is none of them.
  case choose(Int?)
  /// Shows the whole why.
  case why

  // MARK: Panes
  /// Makes the focused pane wider or higher, by so many cells.
  case widen(Int)
  case heighten(Int)
  case moveDivider(Divider, to: Int)
  case evenPanes
  case secondView(ViewID)
  case nextSecondView, swapViews
  /// Pins the second inspector to what it shows, or lets it go; and a cursor in what is pinned.
  case pin
  case pointPinned(ViewCursor)
  case scrollSecond(Int)

  // MARK: Cursors
  /// Puts a view's cursor somewhere: a register, an entry, a line.
  case point(ViewCursor)
  case scroll(Pane, Int)
  case editAddress

  // MARK: Traffic
  /// Sets the devices going, or stops them.
  case run
  /// One tick of it.
  case tick
  case toggleTraffic
  case faster, slower, editSeed

  // MARK: Scenes and designs
  /// Lists the scenes that ship with the program.
  case scenes
  /// Compares the three designs over clients and platforms, or closes the comparison.
  case designs
  case designCell(DesignsCursor)
  /// Opens the run of the chosen cell as a session; the one with code about the platform, or the plain one.
  case openDesign(isHelped: Bool)

  // MARK: Lessons
  case lesson(LessonAction)

  // MARK: Operating
  /// Lists what can be done with what is selected.
  case operate
  /// Edits the word under the cursor.
  case editWord
  /// Goes to where the word under the cursor was written last.
  case lastChange
  /// A click into the list of operations, or into a form.
  case operating(OperatingClick)

  // MARK: The program
  /// Opens the prompt with a text in it.
  case compose(String)
  case command, help, leave, quit, suspend, redraw, toggleMouse
}

package enum Direction: Hashable, Sendable {
  case up, down, left, right, pageUp, pageDown
}

/// What can be opened in the call tree: a call, or a run of things alike, by the event it begins at.
package enum TreeFold: Hashable, Sendable {
  case call(Int)
  case run(Int)
}

/// The panes that can have the focus.
package enum Pane: Hashable, Sendable, CaseIterable {
  case system, inspector, timeline

  var title: String {
    switch self {
    case .system: "System"
    case .inspector: "Inspector"
    case .timeline: "Timeline"
    }
  }
}

/// A place inside a view.
package enum ViewCursor: Hashable, Sendable {
  case register(Int)
  case entry(level: Int, index: Int)
  case walkStep(Int)
  case line(Int)
  /// A word of memory; inside its page, arrows move among words.
  case word(PhysicalAddress, isInside: Bool)
}

/// The views of the inspector; a new one joins here.
package enum ViewID: Int, Hashable, Sendable, CaseIterable {
  case path = 1, registers, pageTable, walk, tlb, memory, faults, domain, problems

  package var title: String {
    switch self {
    case .path: "Path"
    case .registers: "Registers"
    case .pageTable: "Page table"
    case .walk: "Walk"
    case .tlb: "TLB"
    case .memory: "Memory"
    case .faults: "Faults"
    case .domain: "Domain"
    case .problems: "Problems"
    }
  }

  /// For panes that are not quite wide enough.
  var mediumTitle: String { self == .pageTable ? "Table" : title }

  /// For narrow panes.
  var shortTitle: String {
    switch self {
    case .path: "Path"
    case .registers: "Regs"
    case .pageTable: "Table"
    case .walk: "Walk"
    case .tlb: "TLB"
    case .memory: "Mem"
    case .faults, .domain: title
    case .problems: "Probs"
    }
  }

  var purpose: String {
    switch self {
    case .path: "from device to memory"
    case .registers: "registers and their fields, in words"
    case .pageTable: "all levels of tables, entry by entry"
    case .walk: "one address taken apart, step by step"
    case .tlb: "what is remembered, and what is no longer true"
    case .memory: "what memory is used for, word by word"
    case .faults: "what was stopped, and what the kernel said"
    case .domain: "what a domain maps, and what it costs"
    case .problems: "what is wrong now, and since when"
    }
  }
}

/// What the event loop has to do after an event.
package enum Effect: Hashable, Sendable {
  case none, quit, suspend, redraw
  case mouse(Bool)
  /// Lines were typed or filled in, and done: the history that outlives the program may keep them.
  case remember([String])
}

/// A place in the list of operations, or in a form.
package enum OperatingClick: Hashable, Sendable {
  case choose(Int), field(Int), suggestion(Int), bit(Int)
  case toggle(Character)
  /// A suggestion for a field that may not be the current one.
  case put(field: Int, Int)
  case run, asText, leave
  case next, nextField, nextSuggestion, flip
  /// Between all that means something.
  case nothing
}

extension Action {
  /// What it means for one of the keys that share it.
  func by(_ key: Key) -> Action {
    guard self == .lesson(.answer), case .character(let letter) = key.code,
      let value = letter.asciiValue
    else { return self }
    return .lesson(.choose(Int(value) - Int(UInt8(ascii: "a"))))
  }
}
