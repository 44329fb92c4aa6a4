/// How many slips of the finger lie between two words: a letter too many, one too few, a wrong one, two swapped.
struct EditDistance {
    private let target: [UInt8]

    init(to target: String) { self.target = Array(target.utf8) }

    /// Nil if it is above the limit.
    func distance(from word: String, limit: Int) -> Int? {
        let word = Array(word.utf8)
        guard abs(word.count - target.count) <= limit else { return nil }
        var beforePrevious: [Int] = []
        var previous = Array(0...target.count)
        for (row, letter) in word.enumerated() {
            var current = [row + 1]
            current.reserveCapacity(target.count + 1)
            for (column, wanted) in target.enumerated() {
                var best = min(
                    previous[column + 1] + 1, current[column] + 1, previous[column] + (letter == wanted ? 0 : 1))
                if row > 0, column > 0, letter == target[column - 1], word[row - 1] == wanted {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            guard current.contains(where: { $0 <= limit }) else { return nil }
            beforePrevious = previous
            previous = current
        }
        return previous[target.count] <= limit ? previous[target.count] : nil
    }
}

/// Names that somebody may have meant.
package enum NearestNames {
    /// The candidates that are most like a name, best first, at most three.
    package static func to(_ name: String, among candidates: some Sequence<String>) -> [String] {
        let wanted = EditDistance(to: name.lowercased())
        let limit = name.count <= 3 ? 1 : name.count <= 7 ? 2 : 3
        let found = candidates.compactMap { candidate in
            wanted.distance(from: candidate.lowercased(), limit: limit).map { (name: candidate, distance: $0) }
        }
        return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }
}
