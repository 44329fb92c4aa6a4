/// Columns by display width, two blanks apart; the last one is cut where the line would be too long.
struct Table {
    private var rows: [[String]] = []

    mutating func add(_ cells: String...) { rows.append(cells) }

    /// Lines without blanks at their ends. Nil for the width leaves them whole.
    func lines(width: Int?) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { $0.count > column ? DisplayWidth.of($0[column]) : 0 }.max() ?? 0
        }
        return rows.map { row in
            var line = ""
            for (index, cell) in row.enumerated() {
                line += index + 1 < row.count ? cell + blanks(widths[index] - DisplayWidth.of(cell) + 2) : cell
            }
            while line.last == " " { line.removeLast() }
            return width.map { DisplayWidth.fitted(line, to: $0) } ?? line
        }
    }

    private func blanks(_ count: Int) -> String { String(repeating: " ", count: count) }
}
