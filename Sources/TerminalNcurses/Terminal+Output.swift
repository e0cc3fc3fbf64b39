import CTerminalGuard
package import TerminalCore

extension Terminal {
  /// Shows a canvas from the upper left corner on, and the cursor, if there is to be one.
  ///
  /// Only the difference to the last frame is sent, in one write; nothing if there is none. What the
  /// canvas does not cover is blank, and what does not fit is cut off.
  package mutating func present(_ canvas: borrowing Canvas, cursor: Point?) {
    let place = cursor.flatMap { position in
      let isInside = (0..<width).contains(position.column) && (0..<height).contains(position.row)
      return isInside ? position : nil
    }
    let isFitting = canvas.width == width && canvas.height == height
    let fitting = isFitting ? copy canvas : canvas.cut(width: width, height: height)
    let frame = painter.frame(fitting, cursor: place)
    if frame.isEmpty { return }
    let whole = modes.beforeFrame + frame + modes.afterFrame
    whole.withUnsafeBytes { tg_write($0.baseAddress, $0.count) }
  }
}

extension Canvas {
  /// The upper left corner of it, in a canvas of another size.
  fileprivate borrowing func cut(width: Int, height: Int) -> Canvas {
    var result = Canvas(width: width, height: height)
    for row in 0..<min(height, self.height) {
      for column in 0..<min(width, self.width) {
        let cell = self[column, row]
        if !cell.isContinuation { result[column, row] = cell }
      }
    }
    return result
  }
}
