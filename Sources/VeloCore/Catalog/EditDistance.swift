/// How many slips of the finger lie between two words: a letter too many, one too few, a wrong one, two swapped.
struct EditDistance {
    private let target: [UInt8]
    private let letters: UInt64
    /// The rows of the table that are in use, kept so that thousands of words need no memory of their own.
    private var current: [Int]
    private var previous: [Int]
    private var beforePrevious: [Int]

    init(to target: String) {
        self.target = Array(target.utf8)
        letters = Self.letters(target.utf8)
        current = Array(repeating: 0, count: self.target.count + 1)
        previous = current
        beforePrevious = current
    }

    /// Which letters occur, as bits.
    private static func letters(_ word: String.UTF8View) -> UInt64 {
        word.reduce(0) { $0 | 1 << UInt64($1 & 63) }
    }

    /// Nil if it is above the limit.
    mutating func distance(from word: String, limit: Int) -> Int? {
        let utf8 = word.utf8
        guard abs(utf8.count - target.count) <= limit else { return nil }
        // A slip adds or takes two letters at most.
        guard (Self.letters(utf8) ^ letters).nonzeroBitCount <= 2 * limit else { return nil }
        for column in previous.indices { previous[column] = column }
        var row = 0
        var before: UInt8 = 0
        for letter in utf8 {
            current[0] = row + 1
            var least = row + 1
            for column in 0..<target.count {
                let wanted = target[column]
                var best = min(
                    previous[column + 1] + 1, current[column] + 1, previous[column] + (letter == wanted ? 0 : 1))
                if row > 0, column > 0, letter == target[column - 1], before == wanted {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current[column + 1] = best
                least = min(least, best)
            }
            guard least <= limit else { return nil }
            swap(&beforePrevious, &previous)
            swap(&previous, &current)
            before = letter
            row += 1
        }
        return previous[target.count] <= limit ? previous[target.count] : nil
    }
}

/// Names that somebody may have meant.
package enum NearestNames {
    /// The candidates that are most like a name, best first, at most three.
    package static func to(_ name: String, among candidates: some Sequence<String>) -> [String] {
        var wanted = EditDistance(to: name.lowercased())
        let limit = name.count <= 3 ? 1 : name.count <= 7 ? 2 : 3
        var found: [(name: String, distance: Int)] = []
        for candidate in candidates {
            let word = candidate.utf8.contains(where: { $0 &- 65 < 26 }) ? candidate.lowercased() : candidate
            if let distance = wanted.distance(from: word, limit: limit) { found.append((candidate, distance)) }
        }
        return found.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }
}
