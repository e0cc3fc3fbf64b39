internal import IOMMULab
internal import IOMMUModel
internal import TerminalCore

/// A long script on its way in: the screen goes on living, and tells how far it is.
struct Loading: Sendable {
  /// What it is read for.
  enum Purpose: Hashable, Sendable {
    case open(path: String)
    case reset
  }

  let purpose: Purpose
  /// What the session will be called.
  let title: String
  let text: String
  let platform: String
  /// Where to stop at the end.
  let position: Timeline.Position?
  /// Nil until it has been read.
  var player: ScriptPlayer?

  /// A text of more bytes is not played while a person waits for the answer to a key.
  static let longest = 1 << 20
  /// So many operations go between two pictures.
  static let stride = 8192
}

extension Explorer {
  mutating func load(_ loading: Loading) {
    self.loading = loading
    traffic.isRunning = false
    notice = loadingWords("reading", of: loading)
  }

  /// Goes on with it for a moment.
  mutating func goOnLoading() {
    guard let loading else { return }
    guard loading.player != nil else {
      do throws(ParseError) {
        let script = try Script(parsing: loading.text, platforms: Library.platformNames)
        self.loading?.player = try ScriptPlayer(script, on: loading.platform)
      } catch {
        self.loading = nil
        notice = Prose("✗ \(loading.title.shown):\(error.line):\(error.column): ", .fault)
        notice? += Prose(error.message, .fault)
      }
      return
    }
    playOn()
  }

  private mutating func playOn() {
    self.loading?.player?.play(Loading.stride)
    guard let loading, let player = loading.player else { return }
    guard player.isDone else {
      notice = loadingWords(player.progress.words, of: loading)
      return
    }
    self.loading = nil
    do throws(ParseError) {
      switch loading.purpose {
      case .open(let path):
        try finishOpening(player.timeline, title: loading.title, path: path, at: loading.position)
      case .reset:
        try finishReset(player.timeline, title: loading.title, at: loading.position)
      }
    } catch {
      notice = Prose("✗ \(error.message)", .fault)
    }
  }

  private func loadingWords(_ progress: String, of loading: Loading) -> Prose {
    Prose("▶ Opening ", .live) + Prose(loading.title.shown, .strong)
      + Prose(": \(progress). ", .text) + Prose("Esc", .key) + Prose(" stays here.", .dim)
  }

  /// Keys while a script comes in: one can leave it, or the program.
  mutating func handleWhileLoading(_ event: TerminalEvent) -> Effect {
    switch event {
    case .tick: return perform(.tick)
    case .key(let key) where key == Key(.escape):
      loading = nil
      notice = "Left: everything is as it was."
    case .key(let key) where key == Key(.character("c"), .control): return .quit
    case .key(let key) where key == Key(.character("z"), .control): return .suspend
    case .key(let key) where key == Key(.character("l"), .control): return .redraw
    default: break
    }
    return .none
  }
}
