internal import IOMMUAPI
internal import IOMMUModel
internal import IOMMULab
internal import TerminalCore

/// Something that can be done here and now, for the list behind `?`.
///
/// Help, menu and command palette are one list. It is gathered in `Explorer.palette`; what else can
/// be done joins there.
struct PaletteItem: Hashable, Sendable {
  /// Under which heading it stands.
  let group: String
  /// The keys that do it without the list; empty where there are none.
  let keys: String
  /// What it does, as a sentence without its full stop.
  let words: String
  /// What it would come to, in a few words.
  var detail: Prose = ""
  /// Why it cannot be done now.
  var obstacle: String?
  let action: Action
}

extension Explorer {
  /// All that can be done here, in the order of the list.
  var palette: [PaletteItem] { keyItems + verbItems }

  /// What the table of keys offers in the pane and the view that have the focus, those first that
  /// mean something only here.
  private var keyItems: [PaletteItem] {
    // While traffic is looked at or a lesson is read, some keys are its own.
    let modes = modes
    let working = Keymap.bindings.filter { $0.works(in: focus, view, during: modes) }
    let taken = working.filter { $0.mode != nil }.flatMap(\.keys)
    let here = working.filter { binding in
      binding.mode != nil || !binding.keys.contains { taken.contains($0) }
    }
    let special = here.filter { $0.pane != nil || $0.view != nil }
    let general = here.filter { $0.pane == nil && $0.view == nil }
    let place = focus == .inspector ? "\(focus.title), \(view.title)" : focus.title
    return special.map { item($0, in: "in \(place)") }
      + Binding.Group.allCases.flatMap { group in
        general.filter { $0.group == group }.map { item($0, in: group.title) }
      }
  }

  private func item(_ binding: Binding, in group: String) -> PaletteItem {
    PaletteItem(
      group: group, keys: binding.label, words: binding.help, detail: outlook(binding.action),
      obstacle: obstacle(to: binding.action), action: binding.action)
  }

  /// The verbs of the language: choosing one opens the prompt with it.
  private var verbItems: [PaletteItem] {
    Verb.allCases.filter { $0 != .expect }.map { verb in
      PaletteItem(
        group: "what : understands", keys: ": \(verb.rawValue)",
        words: verb.purpose.prefix(1).uppercased() + verb.purpose.dropFirst(),
        detail: Prose(machine.words.usage(of: verb), .dim), action: .compose(start(of: verb)))
    }
  }

  /// The verb, and the domain that is selected where one comes next.
  private func start(of verb: Verb) -> String {
    guard case .domain(let name) = selection, machine.system.domain(named: name) != nil,
      verb != .alloc, machine.words.usage(of: verb).hasPrefix("\(verb.rawValue) DOMAIN")
    else { return verb.rawValue + " " }
    return "\(verb.rawValue) \(name) "
  }

  /// Why an action would do nothing now; nil where it does something.
  func obstacle(to action: Action) -> String? {
    switch action {
    case .stepForward, .operationForward, .toEnd:
      timeline.isAtEnd ? "already at the last" : nil
    case .stepBack, .operationBack, .toStart:
      timeline.isAtStart ? "already at the beginning" : nil
    case .move(.up) where focus == .inspector && view == .path,
      .move(.down) where focus == .inspector && view == .path:
      PathView(self, Subject(selection, in: machine)).lines.isEmpty
        ? "nothing to choose in this view" : nil
    case .move(.up) where focus == .timeline && !isInTree,
      .move(.pageUp) where focus == .timeline && !isInTree:
      timeline.isAtStart ? "already at the beginning" : nil
    case .move(.down) where focus == .timeline && !isInTree,
      .move(.pageDown) where focus == .timeline && !isInTree:
      timeline.isAtEnd ? "already at the last" : nil
    case .move(.left) where focus == .timeline:
      isInTree ? nil : "not in the call tree"
    case .move(.right) where focus == .timeline, .open where focus == .timeline:
      treeLines.isEmpty ? "no steps here" : nil
    case .goBack: visited.isEmpty ? "nothing was looked at before" : nil
    case .goForward: left.isEmpty ? "nothing was gone back from" : nil
    case .nextSecondView, .swapViews, .pin:
      layout.second == nil ? isZoomed ? "zoomed: z first" : "needs 180 columns" : nil
    case .widen, .heighten, .evenPanes:
      layout.shape != .panes ? "needs 80 columns and 24 rows" : isZoomed ? "zoomed: z first" : nil
    case .leave: canLeave ? nil : "nothing is open"
    case .why: layout.shape == .sentence ? "the screen is too small" : nil
    default: nil
    }
  }

  /// There is something that Esc would leave.
  private var canLeave: Bool {
    isZoomed || view == .pageTable && (entryTrail?.depth ?? 0) > 0
  }

  /// What an action would come to, where that is worth saying.
  private func outlook(_ action: Action) -> Prose {
    func operation(_ index: Int) -> Prose {
      guard timeline.entries.indices.contains(index) else { return "" }
      return Prose("to \(index + 1): ", .dim)
        + Prose(timeline.entries[index].operation.text, .dim)
    }
    switch action {
    case .operationForward:
      return operation(timeline.position.entry + (timeline.isOperationDone ? 1 : 0))
    case .operationBack:
      return timeline.position.entry > 0 ? operation(timeline.position.entry - 1) : ""
    case .view(let target): return view == target ? Prose("open", .dim) : ""
    case .zoom: return isZoomed ? Prose("zoomed", .dim) : ""
    case .toggleMouse: return Prose(isMouseOn ? "the mouse is here" : "the terminal has it", .dim)
    case .goBack: return visited.last.map { Prose(describe($0).text, .dim) } ?? ""
    case .goForward: return left.last.map { Prose(describe($0).text, .dim) } ?? ""
    case .nextSecondView:
      return layout.second == nil ? "" : Prose("now \(shownSecondView.title)", .dim)
    default: return ""
    }
  }
}

extension Binding.Group {
  var title: String {
    switch self {
    case .time: "move in time"
    case .traffic: "let the devices work"
    case .look: "look at things"
    case .act: "do something"
    case .screen: "the screen"
    case .lesson: "learn"
    case .program: "the program"
    }
  }
}
