import VeloFormula

/// Searching a catalog: a line of lower-case text for each formula, read from end to end.
///
/// ```
/// name ␁ alias ␁ alias ␂ description ␃ rival ␁ rival ␄
/// ```
/// The letters between are the control characters 1 to 4; rivals are the formulae it cannot be beside.
enum CatalogSearch {
    static let nameEnd: UInt8 = 1
    static let namesEnd: UInt8 = 2
    static let descriptionEnd: UInt8 = 3
    static let lineEnd: UInt8 = 4

    static func line(for formula: CatalogFormula) -> [UInt8] {
        let names = ([formula.name] + formula.aliases).map { Array($0.lowercased().utf8) }
        let rivals = formula.conflictsWith.map { Array($0.utf8) }
        return Array(names.joined(separator: [nameEnd])) + [namesEnd]
            + Array((formula.desc ?? "").lowercased().utf8.filter { $0 > lineEnd }) + [descriptionEnd]
            + Array(rivals.joined(separator: [nameEnd]))
    }

    /// A record and how well it fits; less is better.
    struct Hit: Comparable {
        var rank: Int
        var record: Int

        static func < (left: Hit, right: Hit) -> Bool { (left.rank, left.record) < (right.rank, right.record) }
    }

    /// The records that have to do with a text, best first: by name, by the start of a name, by a part of one, by a
    /// word of the description, by a part of it.
    static func hits(_ text: String, in lines: [UInt8]) -> [Hit] {
        let wanted = Array(text.lowercased().utf8)
        var best: [Hit] = []
        eachLine(of: lines) { record, line in
            let names = end(of: line, namesEnd)
            if let rank = rank(of: wanted, inNames: line, names) {
                best.append(Hit(rank: rank, record: record))
            } else if let rank = rank(of: wanted, inDescription: line, names + 1..<end(of: line, descriptionEnd)) {
                best.append(Hit(rank: rank, record: record))
            }
        }
        return best.sorted()
    }

    /// The records that name a formula as one they cannot be beside.
    static func rivals(of name: String, in lines: [UInt8]) -> [Int] {
        let wanted = Array(name.utf8)
        var found: [Int] = []
        eachLine(of: lines) { record, line in
            let start = end(of: line, descriptionEnd) + 1
            guard start < line.endIndex else { return }
            if line[start...].split(separator: nameEnd).contains(where: { $0.elementsEqual(wanted) }) {
                found.append(record)
            }
        }
        return found
    }

    private static func eachLine(of lines: [UInt8], _ body: (Int, ArraySlice<UInt8>) -> Void) {
        guard !lines.isEmpty else { return }
        var record = 0
        var start = 0
        for index in lines.indices where lines[index] == lineEnd {
            body(record, lines[start..<index])
            record += 1
            start = index + 1
        }
        body(record, lines[start...])
    }

    private static func end(of line: ArraySlice<UInt8>, _ mark: UInt8) -> Int {
        line.firstIndex(of: mark) ?? line.endIndex
    }

    private static func rank(of wanted: [UInt8], inNames line: ArraySlice<UInt8>, _ end: Int) -> Int? {
        var best: Int?
        var index = line.startIndex
        while let found = find(wanted, line, index..<end) {
            let startsName = found == line.startIndex || line[found - 1] == nameEnd
            let behind = found + wanted.count
            let endsName = behind == end || line[behind] == nameEnd
            let rank = startsName && endsName ? 0 : startsName ? 1 : 2
            best = min(best ?? rank, rank)
            if best == 0 { return 0 }
            index = found + 1
        }
        return best
    }

    private static func rank(of wanted: [UInt8], inDescription line: ArraySlice<UInt8>, _ range: Range<Int>) -> Int? {
        var index = range.lowerBound
        var isPart = false
        while let found = find(wanted, line, index..<range.upperBound) {
            let behind = found + wanted.count
            let startsWord = found == range.lowerBound || !isWordByte(line[found - 1])
            let endsWord = behind == range.upperBound || !isWordByte(line[behind])
            if startsWord && endsWord { return 3 }
            isPart = true
            index = found + 1
        }
        return isPart ? 4 : nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte &- 48 < 10 || (byte | 0x20) &- 97 < 26
    }

    /// Where `wanted` begins within a range of a line.
    private static func find(_ wanted: [UInt8], _ line: ArraySlice<UInt8>, _ range: Range<Int>) -> Int? {
        guard let first = wanted.first, range.count >= wanted.count else { return nil }
        var index = range.lowerBound
        let last = range.upperBound - wanted.count
        while index <= last {
            if line[index] == first {
                var offset = 1
                while offset < wanted.count, line[index + offset] == wanted[offset] { offset += 1 }
                if offset == wanted.count { return index }
            }
            index += 1
        }
        return nil
    }
}
