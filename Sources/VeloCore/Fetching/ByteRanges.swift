/// Which bytes of a file are there: disjoint ranges in order, none touching the next.
package struct ByteRanges: Sendable, Equatable {
    package private(set) var ranges: [Range<Int>] = []
    /// Of all ranges together.
    package private(set) var count = 0

    package init() {}

    /// Nil when a range is empty, or they overlap or stand in another order.
    package init?(_ ranges: [Range<Int>]) {
        var end = -1
        for range in ranges {
            guard !range.isEmpty, range.lowerBound > end else { return nil }
            end = range.upperBound
            count += range.count
        }
        self.ranges = ranges
    }

    package var isEmpty: Bool { ranges.isEmpty }

    /// How many bytes are there from the beginning on without a gap.
    package var prefix: Int { ranges.first.flatMap { $0.lowerBound == 0 ? $0.upperBound : nil } ?? 0 }

    /// Where the last byte ends.
    package var end: Int { ranges.last?.upperBound ?? 0 }

    package mutating func insert(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        // Those that it touches become one with it.
        let first = ranges.firstIndex { $0.upperBound >= range.lowerBound } ?? ranges.endIndex
        let last = ranges[first...].firstIndex { $0.lowerBound > range.upperBound } ?? ranges.endIndex
        var merged = range
        for touched in ranges[first..<last] {
            merged = min(merged.lowerBound, touched.lowerBound)..<max(merged.upperBound, touched.upperBound)
            count -= touched.count
        }
        count += merged.count
        ranges.replaceSubrange(first..<last, with: CollectionOfOne(merged))
    }

    /// The first bytes below `limit` that are missing; nil when none are.
    package func firstGap(below limit: Int) -> Range<Int>? {
        var position = 0
        for range in ranges {
            if range.lowerBound > position { break }
            position = range.upperBound
        }
        guard position < limit else { return nil }
        let next = ranges.first { $0.lowerBound > position }?.lowerBound ?? limit
        return position..<min(next, limit)
    }
}
