internal import TerminalCore

/// How the rows of a form are shared out, for a size of screen.
///
/// It depends on the form alone, not on what is typed: nothing jumps.
struct FormLayout {
  let area: Rect
  /// Where the first field is, how many show, and how far apart they are.
  let fieldsTop: Int
  private(set) var fieldRows: Int
  private(set) var spacing = 1
  /// The divider above the suggestions, and how many rows there are for them; 0 is none.
  private(set) var middle = 0
  private(set) var middleRows = 0
  /// The divider above what will happen.
  private(set) var happening = 0
  private(set) var effectRows = 0
  private(set) var hasKeys = false
  let isNarrow: Bool

  init(_ form: OperateForm, width: Int, height: Int, whyRows: Int) {
    let fields = form.form.fields.count
    let hasWord = form.form.fields.contains { $0.kind == .value }
    let areaWidth = min(width, 76)
    isNarrow = areaWidth < 66
    // Without status and keys, why, and the frame.
    var rest = max(3, height - 2 - whyRows - 2)
    fieldRows = max(1, min(fields, rest - 3))
    rest -= fieldRows + 3
    let diagram = form.bits == 64 ? 6 : 3
    let wanted = hasWord ? diagram + 4 : 6
    if rest >= 2 {
      middleRows = min(wanted, rest - 1)
      rest -= middleRows + 1
    }
    effectRows = max(0, min(3, rest))
    rest -= effectRows
    if rest >= 1 {
      hasKeys = true
      rest -= 1
    }
    var air = 0
    // Air above and under the fields and between them, and before the keys.
    if rest >= fieldRows + 3 {
      spacing = 2
      air = 1
      rest -= fieldRows + 3
    } else if rest >= 4 {
      air = 1
      rest -= 4
    }
    // What is left shows more fields of the word.
    if hasWord, middleRows == wanted { middleRows += max(0, min(rest, 3)) }
    fieldsTop = air
    var row = air + fieldRows * spacing + (spacing == 1 ? air : 0) + 1
    if middleRows > 0 {
      middle = row
      row += 1 + middleRows + air
    }
    happening = row
    row += 1 + 2 + effectRows + air
    let total = min(row + (hasKeys ? 1 : 0) + 1, max(3, height - 2))
    let top = max(1, (height - whyRows - total) / 2)
    area = Rect(column: max(0, (width - areaWidth) / 2), row: top, width: areaWidth, height: total)
  }
}
